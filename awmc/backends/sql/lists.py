"""Lists: of a query, of a value in hand, in a condition."""

from __future__ import annotations

from sqlglot import expressions as exp

from awmc.backends.sql import groups, queries, rows
from awmc.backends.sql import tree as t
from awmc.backends.sql.scalars import FUNCTIONS, equal, is_null_constant, plain
from awmc.backends.sql.scope import Output, Scope, translates
from awmc.ir import nodes


@translates("query")
def _query(scope: Scope, expr: nodes.Query) -> exp.Expr:
    return queries.array(scope, expr, rows.value, is_json=expr.sources[0].type.kind in ("record", "list"))


def elements(
    scope: Scope, expr: nodes.Expr, output: Output = rows.value, *, is_ordered: bool = True
) -> exp.Select:
    """`SELECT output FROM …`: one column, a row an element of a list, in the list's order."""
    match expr:
        case nodes.Query():
            q = queries.opened(scope, expr)
            return q.select([output(q.scope, q.row)], is_ordered=is_ordered)
        case nodes.Aggregate(fn="list", value=value) if value is not None:
            q = queries.opened(scope, expr.query)
            return q.select([q.scope.tree(value)], is_ordered=is_ordered)
        case nodes.Group():
            table, record, order = groups.group_objects(
                scope, expr, lambda _, tree, type: rows.member(tree, type)
            )
            return queries.over(
                table, [record], order=exp.Order(expressions=order) if order and is_ordered else None
            )
        case _:
            each = exp.Table(this=t.call("json_each", scope.tree(expr)))
            return exp.Select(
                expressions=[queries.name("value")],
                from_=exp.From(this=each),
                order=exp.Order(expressions=[queries.ordered(queries.name("key"))]) if is_ordered else None,
            )


def _in_list(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    value, *items = expr.args
    if len(items) == 1 and items[0].type.kind == "list":
        if not isinstance(items[0], nodes.ListOf):
            found = t.within_query(plain(scope, value), elements(scope, items[0], is_ordered=False))
            of = items[0].type.element
            may_be_null = scope.is_nullable(value) or (of is not None and of.nullable)
            return t.coalesce(found, exp.false()) if may_be_null else found
        items = [*items[0].items]
    if scope.is_nullable(value) or any(scope.is_nullable(item) or is_null_constant(item) for item in items):
        return t.any_of(equal(scope, value, item) for item in items)
    return t.within(plain(scope, value), [plain(scope, item) for item in items])


FUNCTIONS["in_list"] = _in_list
