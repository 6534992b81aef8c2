"""One task instance, solved: each `solve` and each row of a `solve for` run to its end, and made an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import apsw
from msgspec import Struct, structs

from awmc.ir import nodes
from awmc.oracle.clauses import Clauses
from awmc.oracle.evaluate import Evaluator, Terms
from awmc.oracle.expected import Answers, Ended, Found
from awmc.oracle.outcome import Outcomes
from awmc.oracle.play import Asking, Played, Player
from awmc.oracle.problem import Problem
from awmc.oracle.quotes import Quotes
from awmc.oracle.seen import Seen
from awmc.oracle.sessions import Sessions
from awmc.oracle.stated import Stated
from awmc.oracle.trees import walk
from awmc.oracle.watch import Watch
from awmc.oracle.wire import to_argument
from awmc.runtime.case import (
    Answer,
    Case,
    Condition,
    Created,
    Free,
    Moment,
    New,
    Outcome,
    Timed,
    Updated,
    Value,
)
from awmc.runtime.diff import Change
from awmc.runtime.session import Session
from awmc.runtime.values import text_of

DISTRACTORS: Final = 200
"""Other values that count against an answer at most."""


class Solver:
    """What the instances of one world share. `untouched`: the world before any run."""

    def __init__(self, terms: Terms, sessions: Sessions, untouched: apsw.Connection) -> None:
        self.terms = terms
        self.sessions = sessions
        self.world = sessions.world
        self.untouched = untouched
        self.outcomes = Outcomes(terms.environment)
        self.quotes = Quotes(terms.environment)
        self.watch = Watch()
        self.watch.over(untouched)

    def before(self, actor: nodes.Actor | None) -> Evaluator:
        """Evaluates in the untouched world."""
        return Evaluator(self.terms, self.untouched, now=self.world.clock, me=actor)

    def session(self, actor: nodes.Actor | None) -> Session:
        """A session as good as new."""
        session = self.sessions.fresh(self.world.actor if actor is None else actor.key)
        self.watch.over(session.connection)
        return session


class Reached(Struct, frozen=True):
    """An outcome, and the run that came to it."""

    outcome: Outcome
    played: Played
    found: tuple[Found, ...]
    place: nodes.Place

    @property
    def answer(self) -> str | None:
        return ", ".join(found.text for found in self.found) if self.found else None

    @property
    def changes_world(self) -> bool:
        end = self.outcome
        return bool(end.created or end.updated or end.deleted or end.handoff)


class Solving:
    """Solves one instance. `given`: the task's locals. `user`: what a simulated user says of it."""

    def __init__(
        self,
        solver: Solver,
        task: nodes.Task,
        id_: str,
        actor: nodes.Actor | None,
        given: Mapping[str, Any],
        instruction: str,
        user: tuple[str, ...],
        stated: Stated,
    ) -> None:
        self.task, self.id, self.actor = task, id_, actor
        self.instruction, self.user = instruction, user
        self.problems: list[Problem] = []
        self._solver = solver
        self._given = given
        self._stated = stated
        self._before = solver.before(actor)
        self._player = Player(solver.terms, self._before, solver.watch)
        self._clauses = Clauses(solver.terms, self._before)
        self._answers = Answers(solver.terms, self._clauses, solver.outcomes)

    # ---- Runs

    def reach(self) -> list[Reached]:
        """The outcomes of all runs that come to their end."""
        reached = [end for solve in self.task.solves for end in self._ends(solve)]
        for place, end in enumerate(reached):
            if any(_alike(end.outcome, other.outcome) for other in reached[:place]):
                self._report("AWM627", end.place, task=self.task.name)
        if reached:
            self._check_quotes(reached)
            self._check_free(reached)
        return reached

    def _ends(self, solve: nodes.Solve) -> Iterator[Reached]:
        for given, loop in self._starts(solve):
            asking = self._asking(given, loop)
            end = self._end(asking, solve)
            if end is not None:
                yield end

    def _starts(self, solve: nodes.Solve) -> Iterator[tuple[Mapping[str, Any], str]]:
        if solve.loop is None:
            yield self._given, ""
            return
        keys = self._before.rows(solve.loop.over, self._given)
        if not keys:
            self._report("AWM633", solve.place, task=self.task.name)
        for key in keys:
            yield {**self._given, solve.loop.name: key}, solve.loop.name

    def _asking(self, given: Mapping[str, Any], loop: str = "", *, is_wrong: bool = False) -> Asking:
        return Asking(self.task, self.id, given, self._stated, self.actor, loop, is_wrong, not is_wrong)

    def _end(self, asking: Asking, solve: nodes.Solve) -> Reached | None:
        session = self._solver.session(self.actor)
        played, seen, stopped = self._player.play(session, asking, solve.body)
        self.problems += played.problems
        if stopped is not None:
            self.problems.append(stopped)
            return None
        self._solver.watch.begin()
        changes, ended = session.diff(), session.ended
        after = Evaluator(
            self._solver.terms, session.connection, now=session.now, me=self.actor, before=self._before
        )
        self._check_ensured(after, asking.given)
        found, problems = self._answers.of(self._ended(asking, played, seen, changes, after))
        self.problems += problems
        if not self.task.answer and not changes and not ended:
            writes = any(self._player.writes(made.tool) for made in played.calls)
            self._report("AWM611" if writes else "AWM612", solve.place, task=self.task.name)
            return None
        later = self._changes_later(asking, solve) if changes else ()
        outcome = self._solver.outcomes.derive(
            changes,
            later,
            calls=len(played.calls),
            handoff=ended,
            answer=tuple(item.answer for item in found),
        )
        return Reached(outcome, played, tuple(found), solve.place)

    def _ended(
        self, asking: Asking, played: Played, seen: Seen, changes: tuple[Change, ...], after: Evaluator
    ) -> Ended:
        in_hand = Evaluator(
            self._solver.terms, after.connection, now=after.now, me=self.actor, wire=True, before=self._before
        )
        return Ended(asking, played, seen, changes, after, in_hand)

    def _changes_later(self, asking: Asking, solve: nodes.Solve) -> tuple[Change, ...]:
        """The changes of the same run after one call more, which is refused: a second later."""
        session = self._solver.session(self.actor)
        refused = session.call(session.tools[0].name, {"no parameter": None})
        assert not refused.ok, "an argument that no tool has is refused"
        _, _, stopped = self._player.play(session, structs.replace(asking, is_checked=False), solve.body)
        return session.diff() if stopped is None else ()

    def play_wrongs(self) -> Iterator[tuple[nodes.Place, Played]]:
        """Each `wrong` that runs to its end."""
        for wrong in self.task.wrongs:
            session = self._solver.session(self.actor)
            played, _, stopped = self._player.play(
                session, self._asking(self._given, is_wrong=True), wrong.body
            )
            if stopped is None:
                yield wrong.place, played
            else:
                self.problems.append(stopped)

    # ---- What is asked

    def case(self, reached: Sequence[Reached]) -> Case:
        """What a run is judged by."""
        return Case(
            instruction=self.instruction,
            outcomes=tuple(
                replace(end.outcome, answer=self._with_distractors(end, reached)) for end in reached
            ),
            free=tuple(self._clauses.free(free, self._given) for free in self.task.free),
            may=tuple(self._clauses.may(may, self._given) for may in self.task.may),
            ensure=tuple(self._clauses.ensure(ensure, self._given) for ensure in self.task.ensure),
        )

    def _with_distractors(self, end: Reached, reached: Sequence[Reached]) -> tuple[Answer, ...]:
        """The answers, the other outcomes' among their distractors."""
        answers = []
        for place, answer in enumerate(end.outcome.answer):
            others = dict.fromkeys(answer.distractors)
            for other in reached:
                value = other.outcome.answer[place].value if place < len(other.outcome.answer) else None
                if not isinstance(value, (New, Condition)):
                    others |= dict.fromkeys(
                        [value] if isinstance(value, str) or not isinstance(value, Sequence) else value
                    )
            known = tuple(value for value in others if value is not None and not isinstance(value, bool))
            is_alone = len(reached) == 1 and len(known) == 1 and known[0] == answer.value
            answers.append(replace(answer, distractors=() if is_alone else known[:DISTRACTORS]))
        return tuple(answers)

    # ---- Checks

    def _check_ensured(self, after: Evaluator, given: Mapping[str, Any]) -> None:
        for ensure in self.task.ensure:
            if not after.value(ensure.test, given):
                note = _sides(ensure.test, after, given)
                self._report("AWM620", ensure.place, note, task=self.task.name)

    def _check_quotes(self, reached: Sequence[Reached]) -> None:
        calls = [call for end in reached for call in end.played.calls]
        for quote in self._stated_by_instruction().quotes():
            if not self._solver.quotes.are_known(quote, self._before.connection, calls):
                self._report("AWM615", self.task.place, task=self.task.name, text=f"“{quote}”")

    def _stated_by_instruction(self) -> Stated:
        return Stated((self.instruction,), self._solver.world.clock)

    def _check_free(self, reached: Sequence[Reached]) -> None:
        for free in self.task.free:
            entity = self._solver.terms.entities[free.entity]
            columns = {column.name: column for column in entity.columns}
            clause = self._clauses.free(free, self._given)
            name = columns[free.columns[0]].field if isinstance(clause, Free) else self._link_name(free)
            parts: dict[str, object] = {
                "task": self.task.name,
                "entity": free.entity,
                "field": name.partition(".")[0],
            }
            rows: list[Created | Updated] = []
            for end in reached:
                rows += [r for r in end.outcome.created if r.table in (entity.table, clause.table)]
                rows += [r for r in end.outcome.updated if r.table == entity.table]
            gone = any(r.table == clause.table for end in reached for r in end.outcome.deleted)
            if not rows and not gone:
                self._report("AWM617", free.place, entity=parts["entity"], field=parts["field"])
            elif free.where is None and isinstance(clause, Free):
                stated = self._stated_by_instruction()
                cells = [(columns[name], row.values.get(name)) for row in rows for name in free.columns]
                if any(self._states(stated, column, value) for column, value in cells):
                    self._report("AWM616", free.place, **parts)
                elif any(self._is_found(reached, column, value) for column, value in cells):
                    help_ = "say by `where` which values are right, or solve for each of them: `solve for x in … { … }`"
                    self._report("AWM635", free.place, "", help_, **parts)

    def _link_name(self, free: nodes.Free) -> str:
        entity = self._solver.terms.entities[free.entity]
        return next(link.name for link in entity.links if link.table == free.columns[0])

    def _is_found(self, reached: Sequence[Reached], column: nodes.StoredColumn, value: Value | None) -> bool:
        """Whether a `solve` hands a value over that no text states: it has found it out."""
        if not value or isinstance(value, (New, Moment, Timed, bool)) or column.type.kind == "enum":
            return False
        if self._stated.states(column.type, value):
            return False
        wire = to_argument(column.type, value, self._solver.terms)
        return any(
            _holds(call.arguments, wire)
            for end in reached
            for call in end.played.calls
            if self._player.writes(call.tool)
        ) and not self._is_written(value)

    def _is_written(self, value: object) -> bool:
        """Whether a `solve` writes a value out."""
        bodies = [solve.body for solve in self.task.solves]
        return any(isinstance(n, nodes.Const) and n.value == value for n in walk(tuple(bodies)))

    def _states(self, stated: Stated, column: nodes.StoredColumn, value: Value | None) -> bool:
        """Whether a value that a `solve` writes out is what the instruction says."""
        if not value or isinstance(value, (New, Moment, Timed, bool)) or column.type.kind == "row":
            return False
        return self._is_written(value) and stated.states(column.type, value)

    def _report(
        self, code: str, place: nodes.Place, note: str = "", help_: str = "", /, **parts: object
    ) -> None:
        self.problems.append(Problem(code, place, parts, note, self.id, help=help_))


def _holds(argument: object, value: object) -> bool:
    """Whether a value stands anywhere in an argument."""
    if isinstance(argument, Mapping):
        return any(_holds(part, value) for part in argument.values())
    if isinstance(argument, list):
        return any(_holds(part, value) for part in argument)
    return type(argument) is type(value) and argument == value


def _sides(test: nodes.Expr, after: Evaluator, given: Mapping[str, Any]) -> str:
    """What stands on both sides of a comparison, where that can be shown."""
    if not isinstance(test, nodes.Apply) or test.fn not in _COMPARED:
        return ""
    shown = []
    for arg in test.args:
        value = after.value(arg, given)
        if value is None or arg.type.kind not in _SHOWN:
            return ""
        shown.append(text_of(arg.type.kind, value))
    return f"the `solve` leaves {shown[0]} on its left and {shown[1]} on its right"


_COMPARED: Final = ("eq", "ne", "lt", "le", "gt", "ge")
_SHOWN: Final = ("int", "number", "money", "text", "enum", "date", "time", "datetime")


def _alike(first: Outcome, second: Outcome) -> bool:
    """Whether two outcomes are the same, but for how long their runs took."""
    return _timeless(first) == _timeless(second)


def _timeless(outcome: Outcome) -> tuple[object, ...]:
    created = [(row.table, _set(row.values)) for row in outcome.created]
    updated = [(row.table, row.key, _set(row.values)) for row in outcome.updated]
    answers = [answer.value for answer in outcome.answer]
    return created, updated, outcome.deleted, outcome.handoff, answers


def _set(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: Timed() if isinstance(value, Moment) else value for name, value in values.items()}
