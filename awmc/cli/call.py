"""`awmc call`: one call of a tool on a fresh world."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from awmc.cli import status


def run(
    build: Annotated[
        Path, typer.Argument(metavar="BUILD", help="The folder of one environment: build/clinic.")
    ],
    tool: Annotated[str, typer.Argument(metavar="TOOL", help="The tool's name.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE...|JSON]", help="The arguments, one by one or as one JSON object."
        ),
    ] = None,
    actor: Annotated[
        str | None, typer.Option(help="The key or the seed label of another row to act for.", metavar="KEY")
    ] = None,
) -> None:
    """Call one tool on a fresh world and print its result as JSON; exit with 1 where it is refused."""
    from awmc.runtime import BuildError, load

    try:
        world = load(build)
    except BuildError as error:
        _leave(str(error), status.WRONG)
    schemas = {info.name: info.input_schema for info in world.tools}
    if tool not in schemas:
        from awmc.diagnostics import nearest

        near = nearest(tool, schemas)
        meant = f"did you mean {near}?" if near else f"it has {', '.join(schemas)}"
        _leave(f"{world.name} has no tool {tool}; {meant}", status.USAGE)
    given = _arguments(arguments or [], schemas[tool])
    with world.session(actor=_key(actor)) as session:
        result = session.call(tool, given)
    print(json.dumps(result.value, indent=2, ensure_ascii=False))
    raise typer.Exit(status.OK if result.ok else status.WRONG)


def _arguments(words: list[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    if len(words) == 1 and words[0].lstrip().startswith("{"):
        try:
            given = json.loads(words[0])
        except ValueError as error:
            _leave(f"the arguments are not JSON: {error}", status.USAGE)
        return dict(given)
    properties = schema.get("properties", {})
    found: dict[str, Any] = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign or not name:
            _leave(f"`{word}` is neither NAME=VALUE nor a JSON object", status.USAGE)
        if name in found:
            _leave(f"`{name}` is given twice", status.USAGE)
        found[name] = text if "string" in _types(properties.get(name, {}), schema) else _value(text)
    return found


def _types(described: Mapping[str, Any], schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that a parameter may have."""
    if "$ref" in described:
        name = str(described["$ref"]).rpartition("/")[2]
        return _types(schema.get("$defs", {}).get(name, {}), schema)
    found: set[str] = set()
    for option in (*described.get("anyOf", ()), *described.get("oneOf", ()), *described.get("allOf", ())):
        found |= _types(option, schema)
    named = described.get("type", [])
    found |= {named} if isinstance(named, str) else set(named)
    return found | {"string"} if all(isinstance(v, str) for v in described.get("enum", [0])) else found


def _value(text: str) -> Any:
    """What is JSON as what it says, all else as a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _key(actor: str | None) -> str | int | None:
    return int(actor) if actor is not None and actor.isdecimal() else actor


def _leave(message: str, code: int) -> Any:
    sys.stderr.write(f"awmc call: {message}\n")
    raise typer.Exit(code)
