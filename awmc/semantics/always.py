"""Tests that come out the same whatever the world holds: they ask for nothing, or let nothing through.

What is decided follows from the text alone: two sides that are the same expression, and numbers whose ranges do not
meet. A range of a column holds of every row, that of a parameter of every call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from awmc.semantics import typed
from awmc.semantics.model import Model

Bounds = tuple[float, float]

_ANYTHING: Final = (-math.inf, math.inf)
_NEGATED: Final = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "le": "gt", "gt": "le"}
_OF_ITSELF: Final = {"eq": True, "le": True, "ge": True, "ne": False, "lt": False, "gt": False}
_COMPARES: Final[Mapping[str, Callable[[Bounds, Bounds], bool]]] = {
    "lt": lambda a, b: a[1] < b[0],
    "le": lambda a, b: a[1] <= b[0],
    "gt": lambda a, b: a[0] > b[1],
    "ge": lambda a, b: a[0] >= b[1],
    "eq": lambda a, b: a[0] == a[1] == b[0] == b[1],
    "ne": lambda a, b: a[1] < b[0] or b[1] < a[0],
}
"""Whether a comparison holds of all numbers within two ranges."""


def check_always(model: Model) -> None:
    """Tests of invariants, checks, tools and tasks that are always true, or always false."""
    for test, if_so in _tests(model):
        for part in _conjuncts(test):
            found = _decided(part)
            if found is not None:
                model.report(
                    "AWM336",
                    part.span,
                    test=model.text(part.span),
                    value="true" if found else "false",
                    note=_because(model, part),
                    help=if_so if found else "write the test that is meant: nothing passes this one",
                )


def _tests(model: Model) -> Iterator[tuple[typed.Expr, str]]:
    """Each test that somebody wrote, and what to do where it is always true."""
    for invariant in model.invariants.values():
        yield invariant.test, "write what could be broken, or drop the invariant"
    for entity in model.entities.values():
        for check in entity.checks:
            if check.test is not None:
                yield check.test, "write what could be broken, or drop the check"
    for tool in model.tools.values():
        if tool.derived_from:  # its parts stand nowhere in the text
            continue
        for statement in tool.body:
            for node in typed.walk(statement):
                if isinstance(node, typed.Require):
                    yield node.test, "write what it is to refuse, or drop it: this `require` refuses nothing"
                elif isinstance(node, typed.If):
                    yield node.test, "drop the `if`, or write the test that is meant"
                elif isinstance(node, typed.Term) and not node.given:
                    yield node.test, "write what it is to leave out, or drop it: this leaves nothing out"
    for task in model.tasks.values():
        for ensure in task.ensures:
            yield ensure, "write what a wrong run breaks, or drop it: every run passes this `ensure`"


def _conjuncts(test: typed.Expr) -> Iterator[typed.Expr]:
    if isinstance(test, typed.Op) and test.fn == "and":
        for arg in test.args:
            yield from _conjuncts(arg)
    else:
        yield test


# ---- Deciding


def _decided(test: typed.Expr) -> bool | None:
    """What the test always is; None where that depends."""
    if isinstance(test, typed.Const) and isinstance(test.value, bool):
        return test.value
    if not isinstance(test, typed.Op):
        return None
    match test.fn, test.args:
        case "not", (of,):
            found = _decided(of)
            return None if found is None else not found
        case "and" | "or", args:
            stops = test.fn == "or"
            parts = [_decided(arg) for arg in args]
            if stops in parts:
                return stops
            return not stops if all(part is not None for part in parts) else None
        case "between", (value, low, high):
            above, below = _compared("ge", value, low), _compared("le", value, high)
            if above is False or below is False:
                return False
            return True if above and below else None
        case fn, (left, right) if fn in _COMPARES:
            return _compared(fn, left, right)
    return None


def _compared(fn: str, left: typed.Expr, right: typed.Expr) -> bool | None:
    if left.type.nullable or right.type.nullable:
        return None
    if _same(left, right):
        return _OF_ITSELF[fn]
    one, other = _bounds(left), _bounds(right)
    if _COMPARES[fn](one, other):
        return True
    return False if _COMPARES[_NEGATED[fn]](one, other) else None


def _bounds(expr: typed.Expr) -> Bounds:
    """Between which numbers the value lies, in storage form."""
    if isinstance(expr, typed.Const):
        value = expr.value
        return (value, value) if _is_number(value) else _ANYTHING
    if isinstance(expr, typed.AggregateOf) and expr.fn == "count":
        return (0, math.inf)
    if isinstance(expr, typed.Op):
        match expr.fn, expr.args:
            case "len", (of,):
                low, high = of.type.low, of.type.high
                return (low if _is_number(low) else 0, high if _is_number(high) else math.inf)  # type: ignore[return-value]
            case "abs", _:
                return (0, math.inf)
            case "add", (left, right) if expr.type.kind in ("int", "number", "money"):
                one, other = _bounds(left), _bounds(right)
                return (one[0] + other[0], one[1] + other[1])
        return _ANYTHING
    if isinstance(expr, (typed.ColumnOf, typed.Local)) and expr.type.kind in ("int", "number", "money"):
        low, high = expr.type.low, expr.type.high
        return (
            low if isinstance(low, (int, float)) else -math.inf,
            high if isinstance(high, (int, float)) else math.inf,
        )
    return _ANYTHING


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    """Whether two expressions are written alike, wherever they stand. What makes a row or draws has none."""
    if type(one) is not type(other):
        return False
    if isinstance(one, typed.Node):
        return all(
            _same(getattr(one, name), getattr(other, name))
            for name in one.__struct_fields__
            if name not in ("span", "type", "written")
        )
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, typed.Binder):
        return one is other
    return (
        bool(one == other) if not isinstance(one, Struct) or isinstance(one, typed.Duration) else one is other
    )


# ---- Saying why


def _because(model: Model, test: typed.Expr) -> str | None:
    """The range of what is compared, where that decides."""
    if not isinstance(test, typed.Op):
        return None
    shown = [
        f"`{model.text(arg.span)}` is {_range(arg, _bounds(arg))}"
        for arg in test.args
        if not isinstance(arg, typed.Const) and _bounds(arg) != _ANYTHING
    ]
    if shown:
        return " and ".join(shown)
    if len(test.args) == 2 and _same(*test.args):
        return "both sides are the same"
    return None


def _range(expr: typed.Expr, bounds: Bounds) -> str:
    low, high = (_number(expr.type.kind, end) for end in bounds)
    if high == "":
        return f"{low} or more"
    return f"{high} at most" if low == "" else f"{low} to {high}"


def _number(kind: str, end: float) -> str:
    if math.isinf(end):
        return ""
    return f"{end / 100:.2f}" if kind == "money" else f"{end:g}"
