"""Groups: the records that a query makes by keys."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import expressions as exp

from awmc.backends.sql import aggregates, queries, rows
from awmc.backends.sql import tree as t
from awmc.backends.sql.scope import Scope, derives, translates
from awmc.ir import nodes


@derives("group")
def group_select(scope: Scope, group: nodes.Group) -> exp.Select:
    """The table of a group: one column a name, one row per distinct keys, in no order."""
    q = queries.opened(scope, group.query)
    keys = {key.name: key.value for key in group.keys}
    totals = {total.name: total for total in group.totals}
    if queries.is_cut(group.query) or any(
        queries.is_outer(group.query, total.value) for total in totals.values()
    ):
        return _group_cut(q, group)
    outputs = [
        _output(q.scope.tree(keys[of]) if of in keys else _group_total(q.scope, totals[of], None), of)
        for of in group.names
    ]
    return q.block.select(outputs, group=_positions(group))


def _group_cut(q: queries.Opened, group: nodes.Group) -> exp.Select:
    """The same over a table of the rows: those that a LIMIT leaves."""
    outputs = [_output(q.scope.tree(key.value), key.name) for key in group.keys]
    outputs += [
        _output(q.scope.tree(total.value), total.name) for total in group.totals if total.value is not None
    ]
    totals = {total.name: total for total in group.totals}
    result = [
        queries.named(_group_total(q.scope, totals[of], of), of) if of in totals else queries.name(of)
        for of in group.names
    ]
    positions = _positions(group)
    return queries.over(
        q.select(outputs or [t.number(1)], is_ordered=False),
        result,
        group=positions and exp.Group(expressions=positions),
    )


def _group_total(scope: Scope, total: nodes.Total, column: str | None) -> exp.Expr:
    def value() -> exp.Expr:
        assert total.value is not None
        return scope.tree(total.value) if column is None else queries.name(column)

    return aggregates.total(
        scope, total.fn, total.type, total.value.type if total.value else total.type, value
    )


def _output(tree: exp.Expr, name: str) -> exp.Expr:
    return tree if isinstance(tree, exp.Column) and tree.name == name else queries.named(tree, name)


def _positions(group: nodes.Group) -> list[exp.Expr]:
    return [t.number(group.names.index(key.name) + 1) for key in group.keys]


def group_objects(
    scope: Scope, group: nodes.Group, member: Callable[[Scope, exp.Expr, nodes.Type], exp.Expr]
) -> tuple[exp.Select, exp.Expr, list[exp.Expr]]:
    """The table of a group, its record as a JSON object of `member`s, and its order."""
    record = t.json_object(
        (f.name, member(scope, queries.name(f.name), f.type)) for f in queries.fields_of(group.type)
    )
    return (
        group_select(scope, group),
        record,
        [queries.key_order(scope, key, queries.name(key.name)) for key in group.keys],
    )


def group_array(
    scope: Scope, group: nodes.Group, member: Callable[[Scope, exp.Expr, nodes.Type], exp.Expr]
) -> exp.Expr:
    table, record, order = group_objects(scope, group, member)
    return t.subquery(
        queries.over(
            table, [queries.aggregated(record, order) if order else t.call("json_group_array", record)]
        )
    )


@translates("group")
def _group(scope: Scope, expr: nodes.Group) -> exp.Expr:
    return group_array(scope, expr, lambda _, tree, type: rows.member(tree, type))
