"""Conditions on rows: invariants, scopes, the conditions of a task, and bare expressions for CHECKs and
partial indexes."""

from __future__ import annotations

from sqlglot import expressions as exp

from awmc.backends.sql import queries, rows
from awmc.backends.sql import tree as t
from awmc.backends.sql.scope import Block, Scope, Statement, TableRow
from awmc.ir import nodes

SELF = "self"


def _open(statement: Statement, entity: str) -> tuple[Block, Scope, TableRow]:
    table = statement.world.entities[entity].table
    statement.tables.add(table)
    block = Block(None)
    row = TableRow(block, block.add_table(table, SELF), entity)
    return block, Scope(statement, block, {SELF: row}), row


def invariant(statement: Statement, invariant: nodes.Invariant) -> exp.Expr:
    """The keys of the rows that break it; of an invariant of the whole world, 1 if it is broken."""
    if not invariant.entity:
        return exp.Select(
            expressions=[t.number(1)], where=exp.Where(this=t.negate(Scope(statement).tree(invariant.test)))
        )
    block, scope, row = _open(statement, invariant.entity)
    broken = t.negate(scope.tree(invariant.test))
    block.conditions.append(broken)
    return block.select([rows.key(scope, row)], order=[queries.ordered(rows.key(scope, row))])


def of_one_row(statement: Statement, entity: str, test: nodes.Expr | None, key: str) -> exp.Expr:
    """`SELECT 1` if the row whose key is bound as `key` exists and meets the test."""
    block, scope, row = _open(statement, entity)
    local = nodes.Local(type=nodes.Type(kind="row", name=entity), name=key)
    block.conditions.append(t.binary(exp.EQ, rows.key(scope, row), statement.bind(local)))
    if test is not None:
        block.conditions += queries.conjuncts(scope, test)
    return block.select([t.number(1)])


def bare(statement: Statement, expr: nodes.Expr, self_alias: str | None) -> exp.Expr:
    """An expression over the columns of the row `self`, which are named without a table or by an alias."""
    block = Block(None, joins=False)
    entity = _entity_of_self(expr)
    row = TableRow(block, block.alias(self_alias or SELF), entity)
    tree = Scope(statement, block, {SELF: row} if entity else {}).tree(expr)
    if self_alias is None:
        for column in block.columns:
            column.args["table"] = None
    return tree


def _entity_of_self(node: object) -> str:
    """The entity of the variable `self` in an expression; `""` if it is not named."""
    if isinstance(node, nodes.Var) and node.name == SELF:
        return node.type.name
    if isinstance(node, tuple):
        return next((found for part in node if (found := _entity_of_self(part))), "")
    if isinstance(node, nodes.Node):
        return _entity_of_self(tuple(getattr(node, name) for name in node.__struct_fields__))
    return ""
