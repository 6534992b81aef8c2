"""The tables of a compiled world, row by row: taken over into the interpreter, and compared with it."""

from __future__ import annotations

from typing import Any

import apsw

from awmc.semantics.model import Entity, Field
from awmc.semantics.types import Type
from tests.reference.expressions import Expressions
from tests.reference.interpreter import Interpreter
from tests.reference.values import Row
from tests.reference.wire import plain

Stored = dict[str, Any]


def take_over(interpreter: Interpreter, connection: apsw.Connection) -> None:
    """Gives the interpreter's world the rows of a database."""
    world = interpreter.world
    expressions = Expressions(world, interpreter.now, interpreter.me, lambda *_: None)
    for entity in interpreter.model.entities.values():
        key = entity.id_field.name
        for stored in _rows(connection, entity.table):
            row = {
                f.name: _read(expressions, f, stored) for f in entity.fields.values() if f.kind == "stored"
            }
            world.tables[entity.name][stored[key]] = row
        numbers = [number for number in world.tables[entity.name] if isinstance(number, int)]
        world.last[entity.name] = max(numbers, default=0)
    for of, name in world.links:
        world.links[of, name] = _links(interpreter, connection, of, name)


def _rows(connection: apsw.Connection, table: str) -> list[Stored]:
    cursor = connection.cursor()
    names = [str(name) for (name,) in cursor.execute("SELECT name FROM pragma_table_info(?)", (table,))]
    return [dict(zip(names, row, strict=True)) for row in cursor.execute(f'SELECT * FROM "{table}"')]


def _read(expressions: Expressions, field: Field, stored: Stored) -> Any:
    if field.type.kind != "record":
        return expressions.constant(field.type, stored[field.name])
    parts = {
        name: expressions.constant(part, stored[f"{field.name}_{name}"]) for name, part in field.type.fields
    }
    return None if field.type.nullable and all(part is None for part in parts.values()) else parts


def _links(interpreter: Interpreter, connection: apsw.Connection, of: str, name: str) -> set[tuple[Any, Any]]:
    entity = interpreter.model.entities[of]  # the end that the table is named by
    element = entity.fields[name].type.element
    assert element is not None
    other = name if element.name == of else interpreter.model.entities[element.name].table
    rows = _rows(connection, f"{entity.table}_{name}")
    return {(row[entity.table], row[other]) for row in rows}


def differences(interpreter: Interpreter, connection: apsw.Connection) -> list[str]:
    """Where the tables of a database are not those of the interpreter's world."""
    found: list[str] = []
    world = interpreter.world
    for entity in interpreter.model.entities.values():
        there = {row[entity.id_field.name]: row for row in _rows(connection, entity.table)}
        here = {key: _columns(entity, key, row) for key, row in world.tables[entity.name].items()}
        for key in sorted(there.keys() | here.keys()):
            if key not in there or key not in here or not alike(there[key], here[key]):
                found.append(f"{entity.name} {key}: compiled {there.get(key)}, interpreted {here.get(key)}")
    for of, name in world.links:
        compiled = _links(interpreter, connection, of, name)
        if compiled != world.links[of, name]:
            found.append(f"{of}.{name}: compiled {compiled}, interpreted {world.links[of, name]}")
    return found


def _columns(entity: Entity, key: int | str, row: dict[str, Any]) -> Stored:
    """A row as the database has it."""
    columns: Stored = {entity.id_field.name: key}
    for name, value in row.items():
        kind = entity.fields[name].type
        if kind.kind == "record":
            for part, inner in kind.fields:
                columns[f"{name}_{part}"] = _stored(inner, (value or {}).get(part))
        else:
            columns[name] = _stored(kind, value)
    return columns


def _stored(kind: Type, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Row):
        return value.key
    match kind.kind:
        case "money":
            return int(value * 100)
        case "bool":
            return int(value)
    return plain(value)


def alike(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, numbers within a billionth of their size."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        size = max(abs(one), abs(other))
        if isinstance(one, int) and isinstance(other, int) and size < 2**53:
            return one == other
        return abs(one - other) <= 1e-9 * size
    return type(one) is type(other) and bool(one == other)
