"""The state machine behind a build's property tests."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from unittest import TestCase

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize
from jsonschema import Draft202012Validator

from awmc.ir import codec
from awmc.runtime import Invariant, Result, World, load
from awmc.testing.values import Given, Moment, Row

Rows = Mapping[str, list[Any]]

_NO_ROW = 999_999_999
# What a call may answer whatever the tool: wrong arguments, and that the conversation is over.
_ALWAYS = frozenset({"invalid_arguments", "ended"})


@dataclass(frozen=True)
class Promises:
    """What a build says of its world. `errors`: by tool, the codes that it may answer; `results`: what its results
    look like; `reading`: the tools that change nothing; `invariants`: what always holds."""

    world: World
    errors: Mapping[str, frozenset[str]]
    results: Mapping[str, Draft202012Validator]
    reading: frozenset[str]
    invariants: tuple[Invariant, ...]


@cache
def promises(build: Path) -> Promises:
    """Those of the build in a folder."""
    world = load(build)
    environment = codec.load((build / "env.json").read_bytes())
    errors = {tool.name: frozenset(error.code for error in tool.errors) for tool in environment.tools}
    errors |= {
        offer.name: frozenset({"invalid_expression"} if offer.kind == "calculate" else ())
        for offer in environment.offers
    }
    checks = {check.name: check for tool in world.definitions.values() for check in tool.checks}
    return Promises(
        world=world,
        errors=errors,
        results={tool.name: Draft202012Validator(dict(tool.output_schema)) for tool in world.tools},
        reading=frozenset(tool.name for tool in world.tools if tool.annotations.get("readOnlyHint")),
        invariants=tuple(checks[name] for name in sorted(checks)),
    )


class Machine(RuleBasedStateMachine):
    """Calls tools in any order. `build`: the folder of the build that is tested.

    After each call: the result is as its schema says, or the error is one that the tool declares; a refused call and a
    reading one have changed nothing; every invariant and every reference holds.
    """

    build: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.promises = promises(self.build)
        self.session = self.promises.world.session()
        self.rows = self._read()

    @initialize(place=st.integers(0, 9))
    def choose_actor(self, place: int) -> None:
        """Acts for one row of the actors' entity, not always for the environment's own."""
        world = self.promises.world
        if world.actor is None or place < 5:
            return
        table = world.tables.by_entity[world.actor_entity]
        keys = [values[0] for values in self.rows[table.name]]
        self.session.close()
        self.session = world.session(actor=keys[place % len(keys)])

    def teardown(self) -> None:
        self.session.close()

    def call(self, tool: str, given: Given) -> Result:
        """Makes one call and holds its outcome against all that the build promises."""
        arguments = {name: self._resolved(value) for name, value in given.items()}
        result = self.session.call(tool, arguments)
        before, self.rows = self.rows, self._read()
        told = f"{tool}({arguments}) answered {result.text}"
        if result.ok:
            wrong = next(self.promises.results[tool].iter_errors(result.value), None)
            assert wrong is None, f"{told}, which breaks its schema: {wrong and wrong.message}"
        else:
            self._check_error(tool, told, result)
        if not result.ok or tool in self.promises.reading:
            assert self.rows == before, f"{told} and changed the world"
        self._check_world(told)
        if self.session.ended:
            self._check_end(tool, arguments)
        return result

    def _check_error(self, tool: str, told: str, result: Result) -> None:
        assert result.error is not None
        code = result.error["code"]
        assert code != "internal", f"{told}: the tool failed"
        assert code != "invariant_violated", f"{told}: a `require` is missing that keeps the invariant"
        assert code in self.promises.errors[tool] | _ALWAYS, f"{told}, a code that it does not declare"

    def _check_world(self, told: str) -> None:
        connection = self.session.connection
        dangling = connection.execute("PRAGMA foreign_key_check").fetchall()
        assert not dangling, f"after {told}, references dangle: {dangling}"
        for invariant in self.promises.invariants:
            broken = connection.execute(invariant.sql).fetchall()
            assert not broken, f"after {told}, `{invariant.name}` does not hold of {broken}"

    def _check_end(self, tool: str, arguments: dict[str, Any]) -> None:
        """A handoff ends the conversation; a fresh one begins."""
        after = self.session.call(tool, arguments)
        assert after.error is not None
        assert after.error["code"] == "ended"
        self.session.reset()
        self.rows = self._read()

    def _read(self) -> Rows:
        """All rows, by table, in the order of their keys."""
        connection = self.session.connection
        found: dict[str, list[Any]] = {}
        for table in self.promises.world.tables:
            name = table.name.replace('"', '""')
            found[table.name] = connection.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2').fetchall()
        return found

    def _resolved(self, value: Any) -> Any:
        """The value with its stand-ins replaced."""
        if isinstance(value, Row):
            return self._id(value)
        if isinstance(value, Moment):
            return self._moment(value)
        if isinstance(value, list):
            return [self._resolved(element) for element in value]
        if isinstance(value, dict):
            return {name: self._resolved(part) for name, part in value.items()}
        return value

    def _id(self, row: Row) -> Any:
        table = self.promises.world.tables.by_entity[row.entity]
        keys = [values[0] for values in self.rows[table.name]]
        if row.place is not None and keys:
            return table.wire_key(keys[row.place % len(keys)])
        natural = table.column(table.key[0]).type["kind"] != "int"
        return "no-such-row" if natural and not table.id_format else table.wire_key(_NO_ROW)

    def _moment(self, moment: Moment) -> str:
        now = datetime.datetime.fromisoformat(self.session.now)
        then = now + datetime.timedelta(seconds=moment.seconds)
        if moment.kind == "date":
            return then.date().isoformat()
        return f"{then:%H:%M}" if moment.kind == "time" else then.isoformat()


def as_test(machine: type[Machine], *, examples: int = 40, steps: int = 30) -> type[TestCase]:
    """The test of a machine: so many runs of so many calls, the same ones each time."""
    case: type[TestCase] = machine.TestCase
    case.settings = settings(  # type: ignore[attr-defined]
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    return case
