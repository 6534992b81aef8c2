"""What a `solve` may know: whatever reaches an argument or a filter must come from an earlier result, or be
stated.

An expression is looked at from the top: a part that depends on no result is known if its value is stated;
if it is not, its own parts must be. Of what `solve for` goes over, a value that stood in an earlier result
is known too: each of its rows is an outcome of its own. What is not known may stand in a `let`; it is a
mistake only where it reaches a call, or a filter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct

from awmc.ir import nodes
from awmc.oracle.evaluate import Terms
from awmc.oracle.seen import Seen
from awmc.oracle.stated import Stated
from awmc.oracle.trees import walk
from awmc.runtime.values import text_of

Value = Callable[[nodes.Expr], Any]

_PAGING: Final = ("limit", "offset", "sort")


class Unknown(Struct, frozen=True):
    """A value that an agent could not know, as a message shows it."""

    shown: str
    is_filter: bool = False


class Knowledge:
    """Of one run. `task_names`: the locals of the task, whose values count only if they are stated; `loop`:
    the variable of `solve for`, or empty.
    """

    def __init__(
        self, terms: Terms, stated: Stated, seen: Seen, task_names: frozenset[str], loop: str
    ) -> None:
        self._terms = terms
        self._stated = stated
        self._seen = seen
        self._fixed = task_names | {loop} if loop else task_names
        self._loop = loop
        self._doubtful: dict[str, tuple[Unknown, ...]] = {}

    def forget(self, name: str) -> None:
        """The local now holds a result."""
        self._doubtful.pop(name, None)

    def keep(self, name: str, expr: nodes.Expr, value: Value) -> tuple[Unknown, ...]:
        """Remembers what of a local's value is not known, and gives what of it already stands in a filter; of a test,
        which has no name, all."""
        found = tuple(self._unknown(expr, value))
        if not name:
            return found
        doubtful = tuple(unknown for unknown in found if not unknown.is_filter)
        if doubtful:
            self._doubtful[name] = doubtful
        else:
            self._doubtful.pop(name, None)
        return tuple(unknown for unknown in found if unknown.is_filter)

    def of_argument(self, param: nodes.Param | None, expr: nodes.Expr, value: Value) -> tuple[Unknown, ...]:
        """What of an argument is not known. Paging and sorting are free."""
        if param is not None and (param.paging or param.name in _PAGING):
            return ()
        return tuple(self._unknown(expr, value))

    def unstated_choices(self, param: nodes.Param | None, expr: nodes.Expr) -> Iterator[str]:
        """Enum members and bools that are written out in an argument but not stated."""
        for node in walk(expr):
            if not isinstance(node, nodes.Const) or node.value is None:
                continue
            if node.type.kind == "enum" and not self._stated.states_choice(str(node.value)):
                yield str(node.value)
            elif node.type.kind == "bool" and param is not None and not self._stated.mentions(param.name):
                yield text_of("bool", bool(node.value))

    # ---- The parts of an expression

    def _unknown(self, expr: nodes.Expr, value: Value) -> Iterator[Unknown]:
        if self._is_fixed(expr):
            found = value(expr)
            if self._is_known(expr, found):
                return
            if isinstance(expr, (nodes.Const, nodes.Local, nodes.Column, nodes.Me, nodes.Now)) or _is_key(
                expr
            ):
                yield Unknown(shown(expr.type, found, self._terms))
                return
        match expr:
            case nodes.Local():
                yield from self._doubtful.get(expr.name, ())
            case nodes.Query():
                yield from self._in_query(expr, value)
            case nodes.Aggregate() | nodes.Group():
                yield from self._in_query(expr.query, value)
                for part in _values(expr):
                    yield from self._unknown(part, value)
            case nodes.Item():
                yield from self._unknown(expr.of, value)
            case nodes.Apply():
                for arg in expr.args:
                    yield from self._unknown(arg, value)
            case nodes.ListOf():
                for item in expr.items:
                    yield from self._unknown(item, value)
            case nodes.RecordOf():
                for field in expr.fields:
                    yield from self._unknown(field.value, value)
            case nodes.Part() | nodes.Column() | nodes.Old():
                yield from self._unknown(expr.of, value)

    def _in_query(self, query: nodes.Query, value: Value) -> Iterator[Unknown]:
        for source in query.sources:
            if isinstance(source.of, nodes.ListSource):
                yield from self._unknown(source.of.of, value)
        for term in query.where:
            for unknown in self._unknown(term.test, value):
                yield Unknown(unknown.shown, is_filter=True)

    def _is_fixed(self, expr: nodes.Expr) -> bool:
        """Whether the value is the same whatever the results are."""
        facts = self._terms.facts.of(expr)
        return not facts.free and facts.locals <= self._fixed

    def _is_known(self, expr: nodes.Expr, value: Any) -> bool:
        if expr.type.kind == "enum" or self._stated.states(expr.type, self._as_seen(expr.type, value)):
            return True
        is_me = isinstance(expr.args[0] if _is_key(expr) else expr, nodes.Me)  # type: ignore[union-attr]
        may_be_seen = is_me or self._loop in self._terms.facts.of(expr).locals
        return may_be_seen and self._seen.holds(expr.type, self._as_seen(expr.type, value))

    def _as_seen(self, type_: nodes.Type, value: Any) -> Any:
        return self._terms.id_text(type_, value) if type_.kind in ("row", "id") else value


def _is_key(expr: nodes.Expr) -> bool:
    return isinstance(expr, nodes.Apply) and expr.fn == "key"


def _values(expr: nodes.Aggregate | nodes.Group) -> list[nodes.Expr]:
    if isinstance(expr, nodes.Aggregate):
        return [] if expr.value is None else [expr.value]
    return [key.value for key in expr.keys] + [
        total.value for total in expr.totals if total.value is not None
    ]


def shown(type_: nodes.Type, value: Any, terms: Terms) -> str:
    """A value as a message shows it: `"chest pain"`, `1234.50`, `the id 4 of Slot`."""
    match type_.kind:
        case "row" | "id":
            return f"the id {terms.id_text(type_, value)} of {type_.name}"
        case "list" | "record" | "duration":
            return f"`{json.dumps(value, ensure_ascii=False, default=str)}`"
        case "text" | "email" | "url":
            return json.dumps(value, ensure_ascii=False)
    return f"`{text_of(type_.kind, value)}`"  # type: ignore[arg-type] # null is known, and not shown
