"""The IR as JSON: `dump` and `load` (`env.json`), and its JSON Schema."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, with_config

from awmc.ir import nodes


@cache
def _adapter() -> TypeAdapter[nodes.Environment]:
    for value in vars(nodes).values():
        if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == nodes.__name__:
            with_config(ConfigDict(extra="forbid"))(value)
    return TypeAdapter(nodes.Environment)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `env.json`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_adapter().json_schema()}


def load(text: str | bytes) -> nodes.Environment:
    """Reads `env.json`. Raises pydantic's ValidationError if it is not one of this format."""
    return _adapter().validate_json(text)


def dump(environment: nodes.Environment) -> str:
    """`env.json`: fields that hold their default are left out, but for the discriminators. One declaration a line, so that
    a difference shows which one changed."""
    lines = [f"{json.dumps(key)}: {_lines(value)}" for key, value in to_json(environment).items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _lines(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(_compact(item) for item in value) + "\n]"
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(f"{json.dumps(key)}: {_compact(item)}" for key, item in value.items()) + "\n}"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_TAGS = ("op", "do", "source", "format")


@cache
def _fields(kind: type) -> tuple[tuple[str, Any, bool], ...]:
    return tuple(
        (f.name, () if f.default is dataclasses.MISSING else f.default, f.name in _TAGS)
        for f in dataclasses.fields(kind)
    )


@cache
def _has_default(kind: type) -> frozenset[str]:
    return frozenset(
        f.name
        for f in dataclasses.fields(kind)
        if f.default is not dataclasses.MISSING or f.default_factory is not dataclasses.MISSING
    )


def to_json(node: Any) -> Any:
    """A node as JSON-ready data, keys in the order of the fields."""
    if isinstance(node, (str, int, float)) or node is None:
        return node
    if isinstance(node, tuple):
        return [to_json(item) for item in node]
    if isinstance(node, dict):
        return {key: to_json(value) for key, value in node.items()}
    kind = type(node)
    data: dict[str, Any] = {}
    for name, default, tag in _fields(kind):
        value = getattr(node, name)
        if not tag and name in _has_default(kind) and (value == default or value == {}) and type(value) is not int:
            continue
        data[name] = to_json(value)
    return data
