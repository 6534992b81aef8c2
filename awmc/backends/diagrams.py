"""Mermaid diagrams (https://mermaid.js.org): the entities and what refers to what, and the moves of state columns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from awmc.backends.schema import links
from awmc.ir import nodes

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# Words that Mermaid's state diagrams read as something else.
_TAKEN = frozenset(
    {"end", "state", "note", "direction", "default", "class", "classdef", "style", "click", "as"}
)


class States(Struct, frozen=True):
    """The state diagram of one column; `title` is `Visit.status`."""

    title: str
    diagram: str


def entities(environment: nodes.Environment) -> str:
    """An `erDiagram` of all entities, their columns and their references."""
    return "\n".join(["erDiagram", *_entities(environment), *_references(environment)])


def states(environment: nodes.Environment) -> tuple[States, ...]:
    """A `stateDiagram-v2` for each state column."""
    enums = {enum.name: enum for enum in environment.enums}
    return tuple(
        States(f"{entity.name}.{column.field}", "\n".join(_moves(column, enums[column.type.name])))
        for entity in environment.entities
        for column in entity.columns
        if column.moves
    )


def _entities(environment: nodes.Environment) -> Iterator[str]:
    for entity in environment.entities:
        yield f"  {entity.name} {{"
        for column in entity.columns:
            marks = [
                mark
                for mark, holds in (
                    ("PK", column.name == entity.id_column),
                    ("FK", bool(column.references)),
                    ("UK", _is_unique(entity, column)),
                )
                if holds
            ]
            type_ = (
                "int" if column.name == entity.id_column and not entity.natural_key else _type(column.type)
            )
            yield f"    {type_} {column.name}{' ' if marks else ''}{', '.join(marks)}"
        yield "  }"


def _is_unique(entity: nodes.Entity, column: nodes.StoredColumn) -> bool:
    keys = {unique.columns for unique in entity.uniques if unique.where is None}
    return column.name != entity.id_column and (column.unique or (column.name,) in keys)


def _type(type_: nodes.Type) -> str:
    if type_.kind in ("row", "id") and type_.name:
        return type_.name
    if type_.kind == "enum" and _NAME.fullmatch(type_.name):
        return type_.name
    return type_.kind


def _references(environment: nodes.Environment) -> Iterator[str]:
    tables = links(environment)
    for entity in environment.entities:
        for column in entity.columns:
            if column.references:
                many = "|o" if _is_unique(entity, column) else "}o"
                one = "o|" if column.type.nullable else "||"
                yield f"  {entity.name} {many}--{one} {column.references} : {column.name}"
        for link in entity.links:
            if (entity, link) in tables and link.of_column != link.to_column:
                yield f"  {entity.name} }}o--o{{ {link.entity} : {link.name}"


def _moves(column: nodes.StoredColumn, enum: nodes.Enum) -> Iterator[str]:
    names = {value.wire: _state(value.wire, place) for place, value in enumerate(enum.values)}
    yield "stateDiagram-v2"
    for wire, name in names.items():
        if name != wire:
            yield f'  state "{wire.replace(chr(34), chr(39))}" as {name}'
    yield f"  [*] --> {names[enum.values[0].wire]}"
    moving = {move.source for move in column.moves if move.targets}
    for move in column.moves:
        for target in move.targets:
            yield f"  {names[move.source]} --> {names[target]}"
    for value in enum.values:
        if value.wire not in moving:
            yield f"  {names[value.wire]} --> [*]"


def _state(wire: str, place: int) -> str:
    """A name that Mermaid takes."""
    return wire if _NAME.fullmatch(wire) and wire.lower() not in _TAKEN else f"s{place}"
