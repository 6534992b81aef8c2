"""Rows: their keys, their columns, and the paths from one to the next.

A path that starts at a row of a SELECT becomes JOINs of that SELECT. One that starts at a key (a row in
hand, or the row that an expression finds) becomes a SELECT of its own, in which finding no row means
null.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from sqlglot import expressions as exp

from awmc.backends.sql import tree as t
from awmc.backends.sql.names import identifier
from awmc.backends.sql.scope import (
    Block,
    Element,
    GroupRecord,
    KeyRow,
    Meaning,
    PathRow,
    PickRow,
    Row,
    Scope,
    TableRow,
    finds_row,
    is_in_hand,
    translates,
)
from awmc.ir import nodes


@finds_row("var")
def _row_of_var(scope: Scope, expr: nodes.Var) -> Row | None:
    meaning = scope.names[expr.name]
    return None if isinstance(meaning, (Element, GroupRecord)) else meaning


@finds_row("column")
def _row_of_column(scope: Scope, expr: nodes.Column) -> Row | None:
    if (expr.entity, expr.column) not in scope.world.stored:
        return None
    of = scope.row(expr.of)
    return PathRow(of, expr.column, expr.type.name, nullable=expr.type.nullable or is_nullable(of))


def is_nullable(row: Row) -> bool:
    """Whether there may be no such row."""
    match row:
        case TableRow():
            return row.left
        case KeyRow() | PathRow():
            return row.nullable
        case PickRow():
            return True


def key(scope: Scope, row: Row) -> exp.Expr:
    match row:
        case TableRow():
            return scope.column(row.block, row.alias, scope.world.entities[row.entity].id_column)
        case KeyRow():
            return replace(row.scope, block=scope.block).tree(row.expr)
        case PathRow():
            return stored(scope, row.of, row.column)
        case PickRow():
            return row.select(scope, value)


def stored(scope: Scope, row: Row, column: str) -> exp.Expr:
    """A stored column of a row; null if there is no row."""
    if column == scope.world.entities[row.entity].id_column:
        return key(scope, row)
    if (found := reached(scope, row)) is not None:
        return scope.column(found.block, found.alias, column)
    return lookup(scope, row, lambda inner, found: stored(inner, found, column))


def column(scope: Scope, row: Row, entity: str, name: str) -> exp.Expr:
    """A stored or computed column of a row; null if there is no row."""
    if (entity, name) in scope.world.stored:
        return stored(scope, row, name)
    if is_nullable(row):
        return lookup(scope, row, lambda inner, found: column(inner, found, entity, name))
    # The value is over `self` alone, so no other name of this scope can be meant.
    value = scope.world.computed[entity, name].value
    return replace(scope, names={"self": row}).tree(value)


def reached(scope: Scope, row: Row) -> TableRow | None:
    """The row as one of a table that is being read already, or that can be joined to one; None if it
    needs a SELECT of its own."""
    match row:
        case TableRow():
            return row
        case KeyRow():
            return _hoisted(scope, row)
        case PathRow():
            start = reached(scope, row.of)
            return _joined(scope, start, row) if start is not None and start.block.joins else None
        case PickRow():
            return None


def _hoisted(scope: Scope, row: KeyRow) -> TableRow | None:
    """A row in hand, read by the outermost SELECT."""
    statement, block = scope.statement, scope.block
    if block is None or not block.outermost or row.nullable or not statement.is_certain(row.expr):
        return None
    bound = statement.bind(row.expr)
    found = statement.hoisted.get(bound.name)
    if found is None:
        table = scope.world.entities[row.entity].table
        statement.tables.add(table)
        found = TableRow(block, block.add_table(table, bound.name), row.entity)
        block.conditions.append(t.binary(exp.EQ, key(scope, found), bound))
        statement.hoisted[bound.name] = found
    return found


def _joined(scope: Scope, start: TableRow, path: PathRow) -> TableRow:
    """The row that a column of `start` refers to, joined once a SELECT."""
    block = start.block
    joined = block.paths.get((start.alias, path.column))
    if joined is None:
        entity = scope.world.entities[path.entity]
        scope.statement.tables.add(entity.table)
        optional = scope.world.stored[start.entity, path.column].type.nullable
        left = (optional or start.left) and not path.required
        taken = block.is_visible(path.column) or path.column in block.below
        alias = block.alias(f"{start.alias}_{path.column}" if taken else path.column, entity.table)
        inside = replace(scope, block=block)
        on = t.binary(
            exp.EQ,
            inside.column(block, alias, entity.id_column),
            inside.column(block, start.alias, path.column),
        )
        block.add(t.table(identifier(entity.table), identifier(alias)), on, left=left)
        joined = TableRow(block, alias, path.entity, left)
        block.paths[start.alias, path.column] = joined
    return joined


def lookup(scope: Scope, row: Row, output: Callable[[Scope, Row], exp.Expr]) -> exp.Expr:
    """`(SELECT output FROM … WHERE id = key)`: null if there is no row."""
    steps: list[PathRow] = []
    start = row
    while isinstance(start, PathRow) and reached(scope, start.of) is None:
        steps.append(start)
        start = start.of
    if isinstance(start, PickRow):
        return start.select(scope, lambda inner, found: output(inner, _again(_row(found), steps)))
    entity = scope.world.entities[start.entity]
    scope.statement.tables.add(entity.table)
    block = Block(scope.block, lookup=True)
    wanted = entity.table
    if isinstance(start, KeyRow) and is_in_hand(start.expr):
        wanted = scope.statement.bind(start.expr).name
    found = TableRow(block, block.add_table(entity.table, wanted), start.entity)
    inside = scope.inside(block)
    block.conditions.append(t.binary(exp.EQ, key(inside, found), key(inside, start)))
    end = _again(found, steps, required=True)
    reached(inside, end)
    return t.subquery(block.select([output(inside, end)]))


def _again(found: Row, steps: list[PathRow], *, required: bool = False) -> Row:
    """The steps of a path, innermost last, from another start."""
    for step in reversed(steps):
        found = PathRow(found, step.column, step.entity, nullable=False, required=required)
    return found


def value(scope: Scope, meaning: Meaning) -> exp.Expr:
    """What a name stands for, in storage form: a key, a scalar, JSON text."""
    match meaning:
        case Element():
            return scope.column(meaning.block, meaning.alias, "value")
        case GroupRecord():
            columns = ((f, scope.column(meaning.block, meaning.alias, f.name)) for f in meaning.fields)
            return t.json_object((f.name, member(column, f.type)) for f, column in columns)
        case _:
            return key(scope, meaning)


def member(tree: exp.Expr, type: nodes.Type) -> exp.Expr:
    """A value in storage form as a member of a JSON object or array."""
    return t.as_json(tree) if type.kind in ("record", "list") else tree


def _row(meaning: Meaning) -> Row:
    assert not isinstance(meaning, (Element, GroupRecord))
    return meaning


@translates("column")
def _column(scope: Scope, expr: nodes.Column) -> exp.Expr:
    return column(scope, scope.row(expr.of), expr.entity, expr.column)


@translates("var")
def _var(scope: Scope, expr: nodes.Var) -> exp.Expr:
    return value(scope, scope.names[expr.name])


@translates("part")
def _part(scope: Scope, expr: nodes.Part) -> exp.Expr:
    if is_in_hand(expr):
        return scope.statement.bind(expr)
    if isinstance(expr.of, nodes.RecordOf):
        return scope.tree(next(field.value for field in expr.of.fields if field.name == expr.name))
    if isinstance(expr.of, nodes.Var) and isinstance(record := scope.names[expr.of.name], GroupRecord):
        return scope.column(record.block, record.alias, expr.name)
    return t.part(scope.tree(expr.of), expr.name)


@translates("local")
@translates("now")
@translates("me")
def _in_hand(scope: Scope, expr: nodes.Local | nodes.Now | nodes.Me) -> exp.Expr:
    return scope.statement.bind(expr)
