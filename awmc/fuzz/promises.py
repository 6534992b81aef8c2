"""What a build promises of its world: which errors a tool may answer, what its results look like, what it may change,
and what holds whatever is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import apsw
import jsonschema_rs

from awmc.backends.sql import Compiler
from awmc.fuzz.constraint import Constraint, constraints_of
from awmc.fuzz.rows import Reader
from awmc.ir import nodes
from awmc.runtime import World

ALWAYS: Final = frozenset({"invalid_arguments"})
"""What any call may answer."""
_MANY: Final = 1_000
_OFFERED: Final[Mapping[str, frozenset[str]]] = {"calculate": frozenset({"invalid_expression"})}


class Schema(Protocol):
    """A JSON Schema, compiled."""

    def is_valid(self, instance: object) -> bool: ...
    def iter_errors(self, instance: object) -> Iterator[jsonschema_rs.ValidationError]: ...


@dataclass(frozen=True, slots=True)
class Truth:
    """An invariant. `sql` gives the rows of which it does not hold; `tables`: those that it reads, as SQLite says."""

    invariant: nodes.Invariant
    sql: str
    tables: frozenset[str]


@dataclass(frozen=True, slots=True)
class States:
    """The states of a column. `moves`: the states that may follow each; `first`: that of a new row."""

    column: str
    place: int
    first: str
    moves: Mapping[str, tuple[str, ...]]

    def reachable(self, source: str, moves: int) -> set[str]:
        """The states that a row may be in after so many moves or fewer."""
        found = {source}
        for _ in range(min(moves, len(self.moves))):
            found |= {target for state in found for target in self.moves.get(state, ())}
        return found


@dataclass(frozen=True, slots=True)
class Promise:
    """Of one tool. `codes`: the errors that it may answer beside `ALWAYS`; `made`, `deleted`: the tables whose rows it
    may make or delete; `changed`: the columns, as `table.column`, that it may change; `moves`: how often it may move
    one row's state, by `Entity.column`. `tool` is None of a ready-made one."""

    name: str
    codes: frozenset[str]
    output: Schema
    reads_only: bool
    tool: nodes.Tool | None = None
    made: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    moves: Mapping[str, int] = field(default_factory=dict)

    def says(self, code: str) -> bool:
        """Whether the spec itself has the tool answer this code."""
        return self.tool is not None and any(error.own and error.code == code for error in self.tool.errors)


@dataclass(frozen=True, slots=True)
class Promises:
    """`reader` reads the world's tables; `states` are by table, `constraints` by code and message; `guards`: the names
    of the invariants that the tools check, by what is said where one would not hold."""

    world: World
    environment: nodes.Environment
    tools: Mapping[str, Promise]
    truths: tuple[Truth, ...]
    states: Mapping[str, tuple[States, ...]]
    constraints: Mapping[tuple[str, str], Constraint]
    guards: Mapping[str, str]
    reader: Reader = field(repr=False)


def promises_of(world: World, environment: nodes.Environment) -> Promises:
    """Those of a world. Its invariants are compiled anew from the IR: what the world's own tools check counts for
    nothing here."""
    by_name = {tool.name: tool for tool in environment.tools}
    kinds = {offer.name: offer.kind for offer in environment.offers}
    tools = {}
    for info in world.tools:
        output = jsonschema_rs.validator_for(dict(info.output_schema))
        reads_only = bool(info.annotations.get("readOnlyHint"))
        if info.name in by_name:
            tools[info.name] = _promise(by_name[info.name], by_name, output, reads_only)
        else:
            codes = _OFFERED.get(kinds.get(info.name, ""), frozenset())
            tools[info.name] = Promise(info.name, codes, output, reads_only)
    return Promises(
        world=world,
        environment=environment,
        tools=tools,
        truths=_truths(world, environment),
        states={entity.table: tuple(_states(entity)) for entity in environment.entities},
        constraints=constraints_of(environment, world.tables),
        guards={check.about: check.name for tool in world.definitions.values() for check in tool.checks},
        reader=Reader(world.tables),
    )


def _promise(
    tool: nodes.Tool, by_name: Mapping[str, nodes.Tool], output: Schema, reads_only: bool
) -> Promise:
    moves: dict[str, int] = {}
    for statement, repeated in statements(tool, by_name):
        if isinstance(statement, nodes.Update):
            for column in statement.moves:
                place = f"{statement.entity}.{column}"
                moves[place] = moves.get(place, 0) + (_MANY if repeated else 1)
    effects = tool.effects
    return Promise(
        name=tool.name,
        codes=frozenset(error.code for error in tool.errors),
        output=output,
        reads_only=reads_only,
        tool=tool,
        made=frozenset(effects.creates),
        changed=frozenset(effects.updates),
        deleted=frozenset(effects.deletes),
        moves=moves,
    )


def statements(tool: nodes.Tool, by_name: Mapping[str, nodes.Tool]) -> Iterator[tuple[nodes.Statement, bool]]:
    """The statements of a tool and of those that it calls, in order, and whether each may run more than once."""

    def walk(body: tuple[nodes.Statement, ...], repeated: bool) -> Iterator[tuple[nodes.Statement, bool]]:
        for statement in body:
            yield statement, repeated
            match statement:
                case nodes.For():
                    yield from walk(statement.body, True)
                case nodes.If():
                    yield from walk(statement.then, repeated)
                    yield from walk(statement.otherwise, repeated)
                case nodes.LetOrCreate():
                    yield statement.create, repeated
                case nodes.Call():
                    yield from walk(by_name[statement.tool].body, repeated)

    yield from walk(tool.body, False)


def _states(entity: nodes.Entity) -> Iterator[States]:
    for place, column in enumerate(entity.columns):
        if column.moves:
            moves = {move.source: move.targets for move in column.moves}
            yield States(column.name, place, _first(column), moves)


def _first(column: nodes.StoredColumn) -> str:
    """The state of a new row."""
    if isinstance(column.default, nodes.Const):
        return str(column.default.value)
    return column.moves[0].source


def _truths(world: World, environment: nodes.Environment) -> tuple[Truth, ...]:
    compiler = Compiler(environment)
    connection = world.connect()
    try:
        connection.deserialize("main", world.image)
        found = []
        for invariant in environment.invariants:
            sql = compiler.invariant(invariant).text
            found.append(Truth(invariant, sql, _tables_of(connection, sql)))
        return tuple(found)
    finally:
        connection.close()


def _tables_of(connection: apsw.Connection, sql: str) -> frozenset[str]:
    """The tables that a statement reads."""
    found: set[str] = set()

    def seen(action: int, table: str | None, *_: str | None) -> int:
        if action == apsw.SQLITE_READ and table is not None:
            found.add(table)
        return apsw.SQLITE_OK

    connection.authorizer = seen
    try:
        connection.execute(sql).fetchall()
    finally:
        connection.authorizer = None
    return frozenset(found)
