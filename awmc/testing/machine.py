"""The state machine behind a build's property tests."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from unittest import TestCase

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from awmc.fuzz.breach import Breach
from awmc.fuzz.promises import Promises, promises_of
from awmc.fuzz.require import missing_require
from awmc.fuzz.values import no_key
from awmc.fuzz.watch import Watch, failures_kept, texts_of
from awmc.ir import codec
from awmc.runtime import Result, load
from awmc.testing.values import Given, Moment, Row


@cache
def promises(build: Path) -> Promises:
    """Those of the build in a folder."""
    return promises_of(load(build), codec.load((build / "env.json").read_bytes()))


class Machine(RuleBasedStateMachine):
    """Calls tools in any order. `build`: the folder of the build that is tested.

    After each call, all that the build promises holds (`awmc.fuzz.watch`): the result is as its schema says, or the
    error is one that the tool declares; a refused call and a reading one have changed nothing, another no more than it
    says; every invariant, reference and state is sound. In the end the same calls answer the same in a fresh world.
    """

    build: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.promises = promises(self.build)
        self.watch = Watch(self.promises)
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.texts: list[str] = []

    @initialize(place=st.integers(0, 9))
    def choose_actor(self, place: int) -> None:
        """Acts for one row of the actors' entity, not always for the environment's own."""
        world = self.promises.world
        if world.actor is None or place < 5:
            return
        keys = self._keys(world.actor_entity)
        self.watch.close()
        self.watch = Watch(self.promises, keys[place % len(keys)])

    def teardown(self) -> None:
        try:
            self._play_again()
        finally:
            self.watch.close()

    def call(self, tool: str, given: Given) -> Result | None:
        """Makes one call and holds its outcome against all that the build promises."""
        result = self._call(tool, {name: self._resolved(value) for name, value in given.items()})
        if self.watch.session.ended:
            # A handoff ends the conversation, whatever is called; a fresh one begins.
            self._call(*self.calls[-1])
            self._play_again()
            self.watch.reset()
        return result

    def _call(self, tool: str, arguments: Mapping[str, Any]) -> Result | None:
        with failures_kept():
            observed = self.watch.call(tool, arguments)
        self.calls.append((tool, arguments))
        self.texts.append(observed.text)
        wrong = [breach for breach in observed.breaches if breach.level == "error" or breach.kind in _DEFECTS]
        assert not wrong, f"{tool}({arguments}) answered {observed.text}\n{self._told(wrong)}"
        return observed.result

    def _told(self, breaches: list[Breach]) -> str:
        """What is wrong, and where a `require` is missing."""
        lines = []
        for breach in breaches:
            tool = self.promises.tools[breach.tool].tool
            at = f" ({self.promises.environment.name}.awm:{tool.place.line})" if tool is not None else ""
            lines.append(f"{breach.tool}{at} {breach.what}")
            missing = missing_require(breach, self.promises)
            if missing is not None:
                add = missing.text or "a `require` that keeps it"
                lines.append(f"  missing in line {missing.line}, before `{missing.before}`: {add}")
        return "\n".join(lines)

    def _play_again(self) -> None:
        """The same calls answer the same in a fresh copy of the world."""
        texts = texts_of(self.promises.world, self.watch.session.me, self.calls)
        for (tool, arguments), first, second in zip(self.calls, self.texts, texts, strict=True):
            assert first == second, f"{tool}({arguments}) answered {first}, and in a fresh world {second}"
        self.calls.clear()
        self.texts.clear()

    def _keys(self, entity: str) -> list[Any]:
        table = self.promises.world.tables.by_entity[entity]
        place = table.key_places[0]
        return [row[place] for row in self.watch.rows[table.name]]

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
        keys = self._keys(row.entity)
        if row.place is not None and keys:
            return table.wire_key(keys[row.place % len(keys)])
        return no_key(table)

    def _moment(self, moment: Moment) -> str:
        now = datetime.datetime.fromisoformat(self.watch.session.now)
        then = now + datetime.timedelta(seconds=moment.seconds)
        if moment.kind == "date":
            return then.date().isoformat()
        return f"{then:%H:%M}" if moment.kind == "time" else then.isoformat()


_DEFECTS = frozenset({"guarded_by_invariant"})
"""What harms no world, and is a defect of the spec all the same: a `require` is missing."""


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
