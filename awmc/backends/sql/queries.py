"""Queries: their sources, conditions and order, as a SELECT."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlglot import expressions as exp

from awmc.backends.sql import rows
from awmc.backends.sql import tree as t
from awmc.backends.sql.names import identifier
from awmc.backends.sql.scalars import holds, ordering, place
from awmc.backends.sql.scope import DERIVE, Block, Element, GroupRecord, Meaning, Output, Scope, TableRow
from awmc.ir import nodes

Order = Callable[[Scope], list[exp.Expr]]


class Opened(Struct, frozen=True):
    """A query whose sources and conditions are in place. `scope` names its sources; `row` is the first of
    them."""

    query: nodes.Query
    scope: Scope
    block: Block
    row: Meaning
    own_order: Order

    def order(self) -> list[exp.Expr]:
        keys = [
            ordered(ordering(self.scope, k.key), k.descending, nullable=k.key.type.nullable)
            for k in self.query.order
            if not isinstance(k.key, nodes.Const)  # SQLite would take an int for the place of a column
        ]
        decided = len(self.query.sources) == 1 and any(self._is_key(k.key) for k in self.query.order)
        return keys if decided else keys + self.own_order(self.scope)

    def _is_key(self, expr: nodes.Expr) -> bool:
        if isinstance(expr, nodes.Apply) and expr.fn == "key":
            expr = expr.args[0]
        elif isinstance(expr, nodes.Column):
            if expr.column != self.scope.world.entities[expr.entity].id_column:
                return False
            expr = expr.of
        return isinstance(expr, nodes.Var) and expr.name == self.query.sources[0].alias

    def select(
        self,
        outputs: list[exp.Expr],
        first: Sequence[exp.Expr] = (),
        *,
        is_ordered: bool = True,
        limit: exp.Expr | None = None,
    ) -> exp.Select:
        """The query's SELECT; `first` are order keys before its own, `limit` instead of its own."""
        query = self.query
        order = [*first, *self.order()] if is_ordered or is_cut(query) else None
        if limit is None and query.limit is not None:
            limit = _count(self.scope, query.limit, unlimited=-1)
        offset = None if query.offset is None else _count(self.scope, query.offset, unlimited=0)
        return self.cut(outputs, order, limit, offset)

    def cut(
        self,
        outputs: list[exp.Expr],
        order: list[exp.Expr] | None,
        limit: exp.Expr | None,
        offset: exp.Expr | None,
    ) -> exp.Select:
        """The SELECT with LIMIT and OFFSET. Where these are of another row, which SQLite does not take there, it
        counts the rows instead."""
        if not any(tree is not None and tree.find(exp.Column) for tree in (limit, offset)):
            return self.block.select(outputs, order=order, limit=limit, offset=offset)
        count = exp.Window(this=t.call("row_number"), order=exp.Order(expressions=order))
        outputs = [of if isinstance(of, (exp.Alias, exp.Column)) else named(of, "item") for of in outputs]
        counted = self.block.select([*outputs, named(count, "count")])
        before = offset or t.number(0)
        tests = [t.binary(exp.GT, name("count"), before)]
        if limit is not None:
            last = t.binary(exp.LTE, t.binary(exp.Sub, name("count"), before.copy()), limit)
            no_limit = t.binary(exp.LT, limit.copy(), t.number(0))
            tests.append(t.any_of([no_limit, last]) if isinstance(limit, exp.Coalesce) else last)
        return over(
            counted,
            [name(of.alias_or_name) for of in outputs],
            where=exp.Where(this=t.all_of(tests)),
            order=exp.Order(expressions=[ordered(name("count"))]),
        )


def is_cut(query: nodes.Query) -> bool:
    """Whether which rows a query holds depends on their order."""
    return query.limit is not None or query.offset is not None


def is_outer(query: nodes.Query, value: nodes.Expr | None) -> bool:
    """Whether a value over a query's rows is of outer rows alone: SQLite would take an aggregate of it for one of the
    outer SELECT.
    """
    names = set(_variables(value))
    return bool(names) and names.isdisjoint(source.alias for source in query.sources)


def _variables(value: Any) -> Iterator[str]:
    """The rows that an expression is over, by their names."""
    if isinstance(value, nodes.Var):
        yield value.name
    elif isinstance(value, tuple):
        for item in value:
            yield from _variables(item)
    elif isinstance(value, nodes.Node) and not isinstance(value, nodes.Type):
        for name in value.__struct_fields__:
            yield from _variables(getattr(value, name))


def ordered(tree: exp.Expr, descending: bool = False, *, nullable: bool = False) -> exp.Expr:
    """A key of ORDER BY, nulls last. SQLite puts nulls first, and last under DESC."""
    return exp.Ordered(this=tree, desc=descending or None, nulls_first=not (descending or nullable))


def _count(scope: Scope, expr: nodes.Expr, unlimited: int) -> exp.Expr:
    """A LIMIT or OFFSET: null stands for none, less than 0 for 0."""
    tree = scope.tree(expr)
    low = expr.value if isinstance(expr, nodes.Const) else expr.type.low
    if not (isinstance(low, int) and low >= 0):
        tree = t.call("max", tree, t.number(0))
    return t.coalesce(tree, t.number(unlimited)) if scope.is_nullable(expr) else tree


# ---- Opening -----------------------------------------------------------------------------------------


def opened(scope: Scope, query: nodes.Query, block: Block | None = None) -> Opened:
    """The query in a new block, or among the sources of one."""
    block = block or Block(scope.block)
    inside = scope.inside(block)
    orders: list[Order] = []
    first: Meaning | None = None
    for source in query.sources:
        meaning, order = _source(inside, block, source)
        inside = inside.naming(source.alias, meaning)
        first = first or meaning
        orders.append(order)
    assert first is not None
    for term in query.where:
        condition(inside, block, term)
    return Opened(query, inside, block, first, lambda at: [key for order in orders for key in order(at)])


def _source(scope: Scope, block: Block, source: nodes.From) -> tuple[Meaning, Order]:
    of = source.of
    if isinstance(of, nodes.ListSource):
        return _list_source(scope, block, source, of.of)
    row = _table(scope, block, source.alias, of.entity)
    if isinstance(of, nodes.LinkSource):
        scope.statement.tables.add(of.link)
        link = Block(block)
        alias = link.add_table(of.link, of.link)
        inside = scope.inside(link)
        link.conditions.append(t.binary(exp.EQ, inside.column(link, alias, of.of_column), inside.tree(of.of)))
        linked = link.select([inside.column(link, alias, of.to_column)])
        block.conditions.append(t.within_query(rows.key(scope, row), linked))
    return row, lambda at: [ordered(rows.key(at, row))]


def _table(scope: Scope, block: Block, alias: str, entity: str, on: exp.Expr | None = None) -> TableRow:
    table = scope.world.entities[entity].table
    scope.statement.tables.add(table)
    return TableRow(block, block.add_table(table, alias, on), entity)


def _list_source(scope: Scope, block: Block, source: nodes.From, of: nodes.Expr) -> tuple[Meaning, Order]:
    if isinstance(of, nodes.Group):
        derived = t.subquery(DERIVE[of.op](scope, of))
        alias = block.alias(source.alias)
        derived.set("alias", exp.TableAlias(this=identifier(alias)))
        block.add(derived)
        record = GroupRecord(block, alias, fields_of(of.type))
        return record, lambda at: [key_order(at, key, at.column(block, alias, key.name)) for key in of.keys]
    is_row = source.type.kind == "row"
    each = t.call("json_each", scope.tree(of))
    alias = block.alias(f"{source.alias}_each" if is_row else source.alias)
    block.add(exp.Table(this=each, alias=exp.TableAlias(this=identifier(alias))))

    def by_place(at: Scope) -> list[exp.Expr]:
        return [ordered(at.column(block, alias, "key"))]

    if not is_row:
        return Element(block, alias, source.type), by_place
    entity = scope.world.entities[source.type.name]
    scope.statement.tables.add(entity.table)
    name = block.alias(source.alias, entity.table)
    on = t.binary(exp.EQ, scope.column(block, name, entity.id_column), scope.column(block, alias, "value"))
    block.add(t.table(identifier(entity.table), identifier(name)), on)
    return TableRow(block, name, entity.name), by_place


def condition(scope: Scope, block: Block, term: nodes.Term) -> None:
    """Adds a term to WHERE, or to the ON of the source that it ties to an earlier one."""
    if term.given:
        test = t.all_of(conjuncts(replace(scope, given=scope.given | {*term.given}), term.test)) or exp.true()
        missing = [t.is_null(scope.statement.bind_local(name)) for name in term.given]
        block.conditions.append(t.any_of([*missing, test]))
        return
    for test_of in _terms(term.test):
        seen = len(block.columns)
        tree = holds(scope, test_of)
        _place(block, tree, {column.table for column in block.columns[seen:]})


def _place(block: Block, tree: exp.Expr, aliases: set[str]) -> None:
    later = [source for source in block.sources if isinstance(source, exp.Join)]
    sources = {source.this.alias for source in later} | {block.sources[0].alias}
    joined = {path.alias for path in block.paths.values()}
    tied = [source for source in later if source.this.alias in aliases and not source.args.get("on")]
    if tied and len(aliases) > 1 and aliases <= sources - joined:
        tied[-1].set("on", tree)
    else:
        block.conditions.append(tree)


def _terms(test: nodes.Expr) -> Iterator[nodes.Expr]:
    if isinstance(test, nodes.Apply) and test.fn == "and":
        for arg in test.args:
            yield from _terms(arg)
    elif not (isinstance(test, nodes.Const) and test.value is True):
        yield test


def conjuncts(scope: Scope, test: nodes.Expr) -> list[exp.Expr]:
    """The terms of a condition, for WHERE; none if it is always true."""
    return [holds(scope, term) for term in _terms(test)]


# ---- What a SELECT gives -----------------------------------------------------------------------------


def over(select: exp.Select, outputs: list[exp.Expr], **clauses: Any) -> exp.Select:
    """`SELECT outputs FROM (select)`."""
    return exp.Select(expressions=outputs, from_=exp.From(this=t.subquery(select)), **clauses)


def named(tree: exp.Expr, name: str) -> exp.Expr:
    return exp.Alias(this=tree, alias=identifier(name))


def name(of: str) -> exp.Expr:
    """A column of a derived table that stands alone."""
    return t.column(identifier(of))


def array(scope: Scope, query: nodes.Query, output: Output, *, is_json: bool = False) -> exp.Expr:
    """`(SELECT json_group_array(output ORDER BY …) FROM …)`. `is_json`: the output is a JSON object or
    array."""
    q = opened(scope, query)
    item = output(q.scope, q.row)
    if is_cut(query):
        # The aggregate takes the rows of a subquery with a LIMIT in the order in which they come.
        inner = q.select([named(item, "item")])
        item = name("item")
        return t.subquery(over(inner, [t.call("json_group_array", t.as_json(item) if is_json else item)]))
    return t.subquery(q.block.select([aggregated(t.as_json(item) if is_json else item, q.order())]))


def aggregated(item: exp.Expr, order: list[exp.Expr]) -> exp.Expr:
    return t.call("json_group_array", exp.Order(this=item, expressions=order))


def fields_of(type: nodes.Type) -> tuple[nodes.TypeField, ...]:
    return type.element.fields if type.element is not None else type.fields


def key_order(scope: Scope, key: nodes.Key, tree: exp.Expr) -> exp.Expr:
    of = key.value.type
    return ordered(place(scope, of, tree) if of.kind == "enum" else tree, nullable=of.nullable)
