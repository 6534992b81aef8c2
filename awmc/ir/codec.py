"""The IR as JSON: `dump` and `load` (`env.json`), and its JSON Schema."""

from __future__ import annotations

from typing import Any

import msgspec

from awmc.ir import nodes


class FormatError(ValueError):
    """A text that is no `env.json`, or one of another format."""


class _Head(msgspec.Struct):
    format: int


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `env.json`."""
    found = msgspec.json.schema(nodes.Environment)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def load(text: str | bytes) -> nodes.Environment:
    """Reads `env.json`. Raises FormatError if it is not one of this format."""
    try:
        head = msgspec.json.decode(text, type=_Head)
        if head.format != nodes.FORMAT:
            raise FormatError(f"it is of format {head.format}, not {nodes.FORMAT}")
        return msgspec.json.decode(text, type=nodes.Environment)
    except msgspec.DecodeError as error:
        raise FormatError(str(error)) from error


def dump(environment: nodes.Environment) -> str:
    """`env.json`: fields that hold their default are left out. One declaration a line, so that a difference
    shows which one changed.
    """
    lines = [f'"format": {nodes.FORMAT}']
    for name in environment.__struct_fields__:
        value = getattr(environment, name)
        if name == "format" or value is None or value in ((), {}):
            continue
        lines.append(f'"{name}": {_lines(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def content(node: nodes.Node) -> bytes:
    """All that a node says: the same for equal nodes, and for no others."""
    return msgspec.json.encode(node)


def _lines(value: Any) -> str:
    if isinstance(value, tuple):
        return "[\n" + ",\n".join(_compact(item) for item in value) + "\n]"
    if isinstance(value, dict):
        return "{\n" + ",\n".join(f"{_compact(key)}: {_compact(item)}" for key, item in value.items()) + "\n}"
    return _compact(value)


def _compact(value: Any) -> str:
    return msgspec.json.encode(value).decode()
