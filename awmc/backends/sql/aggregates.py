"""Aggregates over a query: a number, a truth, a list, one row."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from sqlglot import expressions as exp

from awmc.backends.sql import picks, queries, rows
from awmc.backends.sql import tree as t
from awmc.backends.sql.scalars import place, value_at
from awmc.backends.sql.scope import Scope, translates
from awmc.ir import nodes


@translates("aggregate")
def _aggregate(scope: Scope, expr: nodes.Aggregate) -> exp.Expr:
    match expr.fn:
        case "first" | "min_by" | "max_by":
            return picks.pick(scope, expr, rows.value)
        case "exists":
            return t.exists(queries.opened(scope, expr.query).select([t.number(1)], is_ordered=False))
        case "any":
            return _any(scope, expr)
        case "all":
            assert expr.value is not None
            unmet = nodes.Apply(type=expr.type, fn="not", args=(expr.value,))
            return t.negate(_any(scope, replace(expr, value=unmet)))
        case "list":
            kind = expr.type.element.kind if expr.type.element else ""
            return queries.array(
                scope,
                expr.query,
                lambda inner, row: picks.element(inner, expr, row),
                is_json=kind in ("record", "list"),
            )
        case _:
            return _fold(scope, expr)


def _any(scope: Scope, expr: nodes.Aggregate) -> exp.Expr:
    assert expr.value is not None
    q = queries.opened(scope, expr.query)
    tests = queries.conjuncts(q.scope, expr.value)
    if queries.is_cut(expr.query):
        inner = q.select([queries.named(t.all_of(tests) or exp.true(), "value")])
        return t.exists(queries.over(inner, [t.number(1)], where=exp.Where(this=queries.name("value"))))
    q.block.conditions += tests
    return t.exists(q.select([t.number(1)], is_ordered=False))


def _fold(scope: Scope, expr: nodes.Aggregate) -> exp.Expr:
    q = queries.opened(scope, expr.query)
    of = expr.value

    def value() -> exp.Expr:
        return t.number(1) if of is None else q.scope.tree(of)

    kind = expr.type if of is None else of.type
    if queries.is_cut(expr.query) or queries.is_outer(expr.query, of):
        inner = q.select([value() if of is None else queries.named(value(), "value")], is_ordered=False)
        return t.subquery(
            queries.over(inner, [total(scope, expr.fn, expr.type, kind, lambda: queries.name("value"))])
        )
    return t.subquery(q.block.select([total(scope, expr.fn, expr.type, kind, value)]))


def total(scope: Scope, fn: str, type: nodes.Type, of: nodes.Type, value: Callable[[], exp.Expr]) -> exp.Expr:
    """An aggregate function over `value`, which makes a new tree at each call."""
    match fn:
        case "count":
            return exp.Count(this=exp.Star())
        case "sum":
            is_open = type.kind == "int" and (of.low is None or of.high is None)
            # SQLite's own would raise where the sum of ints is beyond 64 bits.
            found = t.call("awm_sum" if is_open else "sum", value())
            return t.coalesce(found, t.literal(0.0 if type.kind == "number" else 0))
        case "avg" if of.kind == "money":
            return t.call("awm_money_div", t.call("sum", value()), t.call("count", value()))
        case "avg":
            return t.call("avg", value())
        case _ if of.kind == "enum":
            return value_at(scope, of, t.call(fn, place(scope, of, value())))
        case _:
            return t.call(fn, value())
