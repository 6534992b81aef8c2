"""Durations: months and seconds. In store they are `{"months": m, "seconds": s}`; where they are compared, seconds."""

from __future__ import annotations

from typing import Final

from sqlglot import expressions as exp

from awmc.backends.sql import tree as t
from awmc.backends.sql.scope import Scope
from awmc.ir import nodes

_MONTH: Final = 30 * 86_400
"""Seconds that a month counts where durations are compared."""


def parts(scope: Scope, expr: nodes.Expr, sign: int) -> tuple[exp.Expr, exp.Expr]:
    """The two parts of a duration, times `sign`."""
    match expr:
        case nodes.Const(value=nodes.Duration() as duration):
            return t.number(sign * duration.months), t.number(sign * duration.seconds)
        case nodes.Apply(fn="neg", args=(of,)):
            return parts(scope, of, -sign)
        case nodes.Apply(fn="add" | "sub" as fn, args=(left, right)) if (
            left.type.kind == right.type.kind == "duration"
        ):
            first = parts(scope, left, sign)
            second = parts(scope, right, sign if fn == "add" else -sign)
            return _added(first[0], second[0]), _added(first[1], second[1])
        case nodes.Apply(fn="sub"):
            total = seconds(scope, expr)
            return t.number(0), total if sign > 0 else t.negative(total)
        case nodes.Apply(fn="mul", args=(left, right)):
            of, factor = (left, right) if left.type.kind == "duration" else (right, left)
            months, rest = parts(scope, of, sign)
            return _times(months, scope.tree(factor)), _times(rest, scope.tree(factor))
        case _:
            months, rest = (t.part(scope.tree(expr), name) for name in ("months", "seconds"))
            return (months, rest) if sign > 0 else (t.negative(months), t.negative(rest))


def _added(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    numbers = _whole(left), _whole(right)
    if numbers[0] is not None and numbers[1] is not None:
        return t.number(numbers[0] + numbers[1])
    return right if numbers[0] == 0 else left if numbers[1] == 0 else t.binary(exp.Add, left, right)


def _times(tree: exp.Expr, factor: exp.Expr) -> exp.Expr:
    numbers = _whole(tree), _whole(factor)
    if numbers[0] is not None and numbers[1] is not None:
        return t.number(numbers[0] * numbers[1])
    return tree if numbers[0] == 0 else t.binary(exp.Mul, tree, factor)


def _whole(tree: exp.Expr) -> int | None:
    if isinstance(tree, exp.Neg):
        inner = _whole(tree.this)
        return None if inner is None else -inner
    return int(tree.name) if isinstance(tree, exp.Literal) and tree.is_int else None


def seconds(scope: Scope, expr: nodes.Expr) -> exp.Expr:
    """A duration as a number of seconds, a month counted as 30 days."""
    match expr:
        case nodes.Const(value=nodes.Duration() as duration):
            return t.number(duration.months * _MONTH + duration.seconds)
        case nodes.Apply(fn="sub", args=(end, start)) if end.type.kind != "duration":
            return t.call("awm_seconds_between", scope.tree(start), scope.tree(end))
        case nodes.Apply(fn="add" | "sub" as fn, args=(left, right)):
            return t.binary(exp.Add if fn == "add" else exp.Sub, seconds(scope, left), seconds(scope, right))
        case nodes.Apply(fn="neg", args=(of,)):
            return t.negative(seconds(scope, of))
        case nodes.Apply(fn="mul", args=(left, right)):
            of, factor = (left, right) if left.type.kind == "duration" else (right, left)
            return _times(seconds(scope, of), scope.tree(factor))
        case _:
            months, rest = (t.part(scope.tree(expr), name) for name in ("months", "seconds"))
            return t.binary(exp.Add, t.binary(exp.Mul, months, t.number(_MONTH)), rest)


def stored(scope: Scope, expr: nodes.Expr) -> exp.Expr:
    """A duration in storage form."""
    months, rest = parts(scope, expr, 1)
    return t.json_object([("months", months), ("seconds", rest)])
