"""Running a `solve` or a `wrong`: its statements, by calls on a session of the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from msgspec import Struct, field

from awmc.ir import nodes
from awmc.oracle.evaluate import Evaluator, Terms
from awmc.oracle.given_order import GivenOrder
from awmc.oracle.knowledge import Knowledge, Unknown
from awmc.oracle.listed import Listed, Unsound
from awmc.oracle.problem import Problem
from awmc.oracle.seen import Seen
from awmc.oracle.stated import Stated
from awmc.oracle.watch import STEPS, TooLong, Watch
from awmc.oracle.wire import WireTypes, from_result, to_argument
from awmc.runtime.session import Session

CALLS: Final = 200
"""Calls that one run may make."""
_STATEMENT: Final = 10
"""Steps that a statement counts as."""
RESULT: Final = 1_000_000
"""Characters that a call may answer."""


class Made(Struct, frozen=True):
    """A call that a run made. `code`: of the error that it answered, or empty."""

    tool: str
    arguments: Mapping[str, Any]
    code: str = ""


class Stopped(Exception):
    """The run cannot go on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Asking(Struct, frozen=True):
    """What a run is of: the task, the locals of its instance, and what its texts state. `loop`: the
    variable of `solve for`. `actor`: who acts.
    """

    task: nodes.Task
    instance: str
    given: Mapping[str, Any]
    stated: Stated
    actor: nodes.Actor | None
    loop: str = ""
    is_wrong: bool = False
    is_checked: bool = True


class Played(Struct):
    """What a run made and saw. `given`: the task's locals and its own."""

    calls: list[Made] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class Player:
    """Plays runs of one world. `before`: evaluates in the untouched world, in storage form. `watch`: is over the
    connections of both.
    """

    def __init__(self, terms: Terms, before: Evaluator, watch: Watch) -> None:
        self.terms = terms
        self.watch = watch
        self._before = before
        self._types = WireTypes(terms.environment)
        self._tools = {tool.name: tool for tool in terms.environment.tools}
        self._orders = GivenOrder(terms.environment)
        self.offered = frozenset(offer.name for offer in terms.environment.offers)

    def play(
        self, session: Session, asking: Asking, body: Iterable[nodes.Statement]
    ) -> tuple[Played, Seen, Problem | None]:
        """Runs the statements on a session as it stands. The problem, where there is one, is what stopped
        it.
        """
        run = _Run(self, session, asking)
        try:
            run.block(body)
        except Stopped as stopped:
            return run.played, run.seen, stopped.problem
        return run.played, run.seen, None

    def evaluator(self, actor: nodes.Actor | None) -> Evaluator:
        """Evaluates what an agent has in hand; rows of the task's locals are those of the untouched world."""
        before = self._before
        return Evaluator(self.terms, before.connection, now=before.now, me=actor, wire=True, before=before)

    def parameter(self, tool: str, name: str) -> nodes.Param | None:
        found = self._tools.get(tool)
        return (
            next((param for param in found.params if param.name == name), None) if found is not None else None
        )

    def writes(self, tool: str) -> bool:
        found = self._tools.get(tool)
        if found is None:
            return False
        return bool(found.effects.creates or found.effects.updates or found.effects.deletes)

    def is_in_order(self, tool: str, arguments: Mapping[str, Any], rows: Listed) -> bool:
        """Whether the order of the rows that a call answered says which of them is meant."""
        found = self._tools.get(tool)
        return found is None or self._orders.says(found, arguments, rows)

    def invariant(self, about: str) -> str:
        """The name of the invariant that says so."""
        return next((one.name for one in self.terms.environment.invariants if one.about == about), "")

    def result_type(self, tool: str) -> nodes.Type:
        return self._types.of(tool)


class _Run:
    def __init__(self, player: Player, session: Session, asking: Asking) -> None:
        self.player = player
        self.session = session
        self.asking = asking
        self.played = Played(given=dict(asking.given))
        self.seen = Seen(session.world.clock)
        self.evaluator = player.evaluator(asking.actor)
        names = frozenset(name for name in asking.given if name != asking.loop)
        self.knowledge = Knowledge(player.terms, asking.stated, self.seen, names, asking.loop)

    # ---- Statements

    def block(self, body: Iterable[nodes.Statement]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: nodes.Statement) -> None:
        try:
            self.evaluator.step(_STATEMENT)
        except Unsound as unsound:
            raise self._stopped(unsound.code, node.place, "", **unsound.parts) from None
        match node:
            case nodes.Let():
                self._check(node, node.name, node.value)
                self.played.given[node.name] = self._value(node.value, node.place)
            case nodes.Call():
                found = self._call(node)
                if node.name:
                    self.played.given[node.name] = found
                    self.knowledge.forget(node.name)
            case nodes.Fails():
                self._fails(node)
            case nodes.For():
                self._check(node, node.name, node.over)
                for element in list(self._value(node.over, node.place) or ()):
                    self.played.given[node.name] = element
                    self.block(node.body)
            case nodes.If():
                self._check(node, "", node.test)
                self.block(node.then if self._value(node.test, node.place) else node.otherwise)
            case _:
                raise TypeError(f"a solve has no statement `{node.do}`")

    def _value(self, expr: nodes.Expr, place: nodes.Place) -> Any:
        self.player.watch.begin()
        try:
            return self.evaluator.value(expr, self.played.given)
        except Unsound as unsound:
            raise self._stopped(unsound.code, place, "", **unsound.parts) from None
        except TooLong:
            raise self._stopped("AWM639", place, what="an expression", limit=f"{STEPS:,}") from None

    # ---- Calls

    def _call(self, node: nodes.Call) -> Any:
        arguments = self._arguments(node)
        result = self._run(node, arguments)
        if not result.ok:
            code, message = result.error["code"], result.error["message"]
            self.played.calls.append(Made(node.tool, arguments, code))
            wrong = "AWM618" if self.asking.is_wrong else "AWM602"
            help_ = self._help(node.tool, code, message)
            raise self._stopped(wrong, node.place, message, help_, tool=node.tool, code=code)
        self.played.calls.append(Made(node.tool, arguments))
        if len(result.text) > RESULT:
            raise self._stopped("AWM634", node.place, tool=node.tool, limit=f"{RESULT:,}")
        type_ = self.player.result_type(node.tool)
        found = from_result(type_, result.value)
        self.seen.add(type_, found)
        if isinstance(found, Listed) and not self.player.is_in_order(node.tool, arguments, found):
            found.taken = partial(self._takes_first, node)
        return found

    def _takes_first(self, node: nodes.Call, index: int, count: int) -> None:
        if self.asking.is_checked and not self.asking.stated.states_place(index):
            help_ = "let the instruction say which is meant and take that one, or sort them"
            self._problem("AWM636", node.place, help_, count=count, tool=node.tool)

    def _help(self, tool: str, code: str, message: str) -> str:
        """What to do where a call breaks an invariant."""
        if code != "invariant_violated":
            return ""
        return (
            f"`{tool}` would break invariant `{self.player.invariant(message)}`: mend what it writes, or add a "
            f"`require` that refuses this call"
        )

    def _fails(self, node: nodes.Fails) -> None:
        arguments = self._arguments(node)
        result = self._run(node, arguments)
        if result.ok:
            raise self._stopped("AWM603", node.place, tool=node.tool, code=node.code)
        code, message = result.error["code"], result.error["message"]
        self.played.calls.append(Made(node.tool, arguments, code))
        if code != node.code:
            help_ = self._help(node.tool, code, message)
            raise self._stopped(
                "AWM604", node.place, message, help_, tool=node.tool, found=code, code=node.code
            )
        self.seen.add_error(message)

    def _run(self, node: nodes.Call | nodes.Fails, arguments: Mapping[str, Any]) -> Any:
        if len(self.played.calls) >= CALLS:
            raise self._stopped("AWM631", node.place, limit=CALLS)
        try:
            self.player.watch.begin()
            return self.session.call(node.tool, arguments)
        except TooLong:
            parts = {"what": f"`{node.tool}`", "limit": f"{STEPS:,}"}
            raise self._stopped("AWM639", node.place, **parts) from None

    def _arguments(self, node: nodes.Call | nodes.Fails) -> dict[str, Any]:
        """The arguments as they go over the wire; nulls that may be left out are."""
        found: dict[str, Any] = {}
        for arg in node.args:
            param = self.player.parameter(node.tool, arg.name)
            # What an agent thinks, calculates and hands over is its own.
            if self.asking.is_checked and node.tool not in self.player.offered:
                self._check_argument(node, param, arg.value)
            type_ = param.type if param is not None else arg.value.type
            value = to_argument(type_, self._value(arg.value, node.place), self.player.terms)
            if value is not None:
                found[arg.name] = value
            elif param is not None and param.required and not param.type.nullable:
                raise self._stopped("AWM632", node.place, parameter=arg.name, tool=node.tool)
        return found

    # ---- What it may know, and problems

    def _check(self, node: nodes.Let | nodes.For | nodes.If, name: str, value: nodes.Expr) -> None:
        if self.asking.is_checked:
            self._report(
                node.place, self.knowledge.keep(name, value, lambda expr: self._value(expr, node.place))
            )

    def _check_argument(
        self, node: nodes.Call | nodes.Fails, param: nodes.Param | None, value: nodes.Expr
    ) -> None:
        unknown = self.knowledge.of_argument(param, value, lambda expr: self._value(expr, node.place))
        self._report(node.place, unknown)
        if self.player.writes(node.tool):
            for choice in self.knowledge.unstated_choices(param, value):
                self._problem("AWM610", node.place, value=choice)

    def _report(self, place: nodes.Place, unknown: Iterable[Unknown]) -> None:
        for one in unknown:
            self._problem("AWM609", place, value=one.shown)

    def _problem(self, code: str, place: nodes.Place, help_: str = "", /, **parts: object) -> None:
        named = {"task": self.asking.task.name, **parts}
        problem = Problem(code, place, named, task=self.asking.instance, help=help_)
        if problem not in self.played.problems:
            self.played.problems.append(problem)

    def _stopped(
        self, problem: str, place: nodes.Place, note: str = "", help_: str = "", /, **parts: object
    ) -> Stopped:
        named = {"task": self.asking.task.name, **parts}
        return Stopped(Problem(problem, place, named, note, self.asking.instance, help=help_))
