"""One row or element out of a query: the first, the least, the one at a place."""

from __future__ import annotations

from msgspec.structs import replace
from sqlglot import expressions as exp

from awmc.backends.sql import queries, rows
from awmc.backends.sql import tree as t
from awmc.backends.sql.scalars import ordering
from awmc.backends.sql.scope import Meaning, Output, PickRow, Row, Scope, finds_row, translates
from awmc.ir import nodes


def pick(scope: Scope, expr: nodes.Aggregate | nodes.Item, output: Output) -> exp.Expr:
    """`(SELECT output FROM … LIMIT 1)` of `first`, `min_by`, `max_by`, or of an index into a query."""
    if isinstance(expr, nodes.Item):
        assert isinstance(expr.of, nodes.Query)
        return at_place(scope, expr.of, expr.index, output)
    if expr.value is None:
        return at_place(scope, expr.query, None, output)
    q = queries.opened(scope, expr.query)
    by = ordering(q.scope, expr.value)
    descending = expr.fn == "max_by"
    nullable = expr.value.type.nullable
    item = output(q.scope, q.row)
    if not queries.is_cut(expr.query):
        first = [queries.ordered(by, descending, nullable=nullable)]
        if isinstance(expr.value, nodes.Const):
            first = []  # an int would be the place of a column
        return t.subquery(q.select([item], first, limit=t.number(1)))
    window = exp.Window(this=t.call("row_number"), order=exp.Order(expressions=q.order()))
    inner = q.select(
        [queries.named(item, "item"), queries.named(by, "value"), queries.named(window, "place")]
    )
    order = [
        queries.ordered(queries.name("value"), descending, nullable=nullable),
        queries.ordered(queries.name("place")),
    ]
    return t.subquery(
        queries.over(
            inner,
            [queries.name("item")],
            order=exp.Order(expressions=order),
            limit=exp.Limit(expression=t.number(1)),
        )
    )


def at_place(scope: Scope, query: nodes.Query, index: nodes.Expr | None, output: Output) -> exp.Expr:
    if isinstance(index, nodes.Const) and isinstance(index.value, int) and index.value < 0:
        return exp.Null()
    q = queries.opened(scope, query)
    item = output(q.scope, q.row)
    at, limit = _place_in(q.scope, index)
    if not queries.is_cut(query):
        return t.subquery(q.cut([item], q.order(), limit, at))
    if index is None and isinstance(query.limit, nodes.Const) and query.limit.value != 0:
        return t.subquery(q.select([item], limit=limit))
    inner = q.select([queries.named(item, "item")])
    return t.subquery(
        queries.over(
            inner,
            [queries.name("item")],
            limit=exp.Limit(expression=limit),
            offset=at and exp.Offset(expression=at),
        )
    )


def _place_in(scope: Scope, index: nodes.Expr | None) -> tuple[exp.Expr | None, exp.Expr]:
    """OFFSET and LIMIT of the element at `index`; SQLite takes a negative OFFSET for 0."""
    if index is None or (isinstance(index, nodes.Const) and index.value == 0):
        return None, t.number(1)
    if isinstance(index, nodes.Const):
        return scope.tree(index), t.number(1)
    return scope.tree(index), t.binary(exp.GTE, scope.tree(index), t.number(0))


@finds_row("aggregate")
def _row_of_aggregate(scope: Scope, expr: nodes.Aggregate) -> Row | None:
    return _picked(scope, expr) if expr.fn in ("first", "min_by", "max_by") else None


@finds_row("item")
def _row_of_item(scope: Scope, expr: nodes.Item) -> Row | None:
    return _picked(scope, expr) if isinstance(expr.of, nodes.Query) else None


def _picked(scope: Scope, expr: nodes.Aggregate | nodes.Item) -> Row:
    return PickRow(lambda at, output: pick(replace(scope, block=at.block), expr, output), expr.type.name)


def element(inner: Scope, expr: nodes.Aggregate, row: Meaning) -> exp.Expr:
    """What an aggregate takes of each row."""
    return rows.value(inner, row) if expr.value is None else inner.tree(expr.value)


@translates("item")
def _item(scope: Scope, expr: nodes.Item) -> exp.Expr:
    of, index = expr.of, expr.index
    if isinstance(of, nodes.Query):
        return pick(scope, expr, rows.value)
    if isinstance(of, nodes.Aggregate) and of.fn == "list":
        return at_place(scope, of.query, index, lambda inner, row: element(inner, of, row))
    # SQLite counts a negative index from the end.
    found = t.part(scope.tree(of), scope.tree(index))
    if isinstance(index, nodes.Const) and isinstance(index.value, int):
        return found if index.value >= 0 else exp.Null()
    return t.case([(t.binary(exp.GTE, scope.tree(index), t.number(0)), found)])
