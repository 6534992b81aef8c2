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
    """`env.json`: fields that hold their default are left out, but for the discriminators. One declaration a
    line, so that a difference shows which one changed.
    """
    lines = [f"{json.dumps(key)}: {_lines(value)}" for key, value in to_json(environment).items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _lines(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(_compact(item) for item in value) + "\n]"
    if isinstance(value, dict) and value:
        return (
            "{\n" + ",\n".join(f"{json.dumps(key)}: {_compact(item)}" for key, item in value.items()) + "\n}"
        )
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_TAGS = ("op", "do", "source", "format")
_NONE: Any = object()


_LAYOUTS: dict[type, tuple[tuple[str, Any], ...]] = {}


def _layout(kind: type) -> tuple[tuple[str, Any], ...]:
    """The fields of a node's class with their defaults; `_NONE` for those always written."""
    if kind not in _LAYOUTS:
        layout = []
        for field in dataclasses.fields(kind):
            default = field.default
            if field.name in _TAGS or (
                default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            ):
                default = _NONE
            elif default is dataclasses.MISSING:
                default = {}
            layout.append((field.name, default))
        _LAYOUTS[kind] = tuple(layout)
    return _LAYOUTS[kind]


def to_json(node: Any) -> Any:
    """A node as JSON-ready data, keys in the order of the fields."""
    if isinstance(node, (str, int, float)) or node is None:
        return node
    if isinstance(node, tuple):
        return [to_json(item) for item in node]
    if isinstance(node, dict):
        return {key: to_json(value) for key, value in node.items()}
    data: dict[str, Any] = {}
    for name, default in _layout(type(node)):
        value = getattr(node, name)
        if default is _NONE or value != default or type(value) is not type(default):
            data[name] = to_json(value)
    return data
