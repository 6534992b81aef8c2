"""Queries, and what is made of them: one row, an array, an aggregate, a group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import expressions as exp

from awmc.backends.sql import rows
from awmc.backends.sql import tree as t
from awmc.backends.sql.names import identifier
from awmc.backends.sql.scalars import FUNCTIONS, equal, is_null_constant, ordering, place, plain, value_at
from awmc.backends.sql.scope import (
    Block,
    Element,
    GroupRecord,
    Meaning,
    Output,
    PickRow,
    Row,
    Scope,
    TableRow,
    finds_row,
    translates,
)
from awmc.ir import nodes

Order = Callable[[Scope], list[exp.Expr]]


@dataclass(frozen=True, slots=True)
class Opened:
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
        return self.block.select(outputs, order=order, limit=limit, offset=offset)


def is_cut(query: nodes.Query) -> bool:
    """Whether which rows a query holds depends on their order."""
    return query.limit is not None or query.offset is not None


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


# ---- Opening -----------------------------------------------------------------------------------------------


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
        derived = t.subquery(group_select(scope, of))
        alias = block.alias(source.alias)
        derived.set("alias", exp.TableAlias(this=identifier(alias)))
        block.add(derived)
        record = GroupRecord(block, alias, _fields(of.type))
        return record, lambda at: [
            _group_order(at, key, at.column(block, alias, key.name)) for key in of.keys
        ]
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
        tree = scope.tree(test_of)
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
    """The terms of a condition; none if it is always true."""
    return [scope.tree(term) for term in _terms(test)]


# ---- One row, one array ------------------------------------------------------------------------------------


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
    return t.subquery(q.block.select([_group_array(t.as_json(item) if is_json else item, q.order())]))


def _group_array(item: exp.Expr, order: list[exp.Expr]) -> exp.Expr:
    return t.call("json_group_array", exp.Order(this=item, expressions=order))


def pick(scope: Scope, expr: nodes.Aggregate | nodes.Item, output: Output) -> exp.Expr:
    """`(SELECT output FROM … LIMIT 1)` of `first`, `min_by`, `max_by`, or of an index into a query."""
    if isinstance(expr, nodes.Item):
        assert isinstance(expr.of, nodes.Query)
        return _at(scope, expr.of, expr.index, output)
    if expr.value is None:
        return _at(scope, expr.query, None, output)
    q = opened(scope, expr.query)
    by = ordering(q.scope, expr.value)
    descending = expr.fn == "max_by"
    nullable = expr.value.type.nullable
    item = output(q.scope, q.row)
    if not is_cut(expr.query):
        return t.subquery(q.select([item], [ordered(by, descending, nullable=nullable)], limit=t.number(1)))
    window = exp.Window(this=t.call("row_number"), order=exp.Order(expressions=q.order()))
    inner = q.select([named(item, "item"), named(by, "value"), named(window, "place")])
    order = [ordered(name("value"), descending, nullable=nullable), ordered(name("place"))]
    return t.subquery(
        over(
            inner, [name("item")], order=exp.Order(expressions=order), limit=exp.Limit(expression=t.number(1))
        )
    )


def _at(scope: Scope, query: nodes.Query, index: nodes.Expr | None, output: Output) -> exp.Expr:
    if isinstance(index, nodes.Const) and isinstance(index.value, int) and index.value < 0:
        return exp.Null()
    at, limit = _place_in(scope, index)
    q = opened(scope, query)
    item = output(q.scope, q.row)
    if not is_cut(query):
        return t.subquery(q.block.select([item], order=q.order(), limit=limit, offset=at))
    if index is None and isinstance(query.limit, nodes.Const) and query.limit.value != 0:
        return t.subquery(q.select([item], limit=limit))
    inner = q.select([named(item, "item")])
    return t.subquery(
        over(
            inner,
            [name("item")],
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


@translates("query")
def _query(scope: Scope, expr: nodes.Query) -> exp.Expr:
    return array(scope, expr, rows.value, is_json=expr.sources[0].type.kind in ("record", "list"))


@translates("item")
def _item(scope: Scope, expr: nodes.Item) -> exp.Expr:
    of, index = expr.of, expr.index
    if isinstance(of, nodes.Query):
        return pick(scope, expr, rows.value)
    if isinstance(of, nodes.Aggregate) and of.fn == "list":
        return _at(scope, of.query, index, lambda inner, row: element(inner, of, row))
    # SQLite counts a negative index from the end.
    found = t.part(scope.tree(of), scope.tree(index))
    if isinstance(index, nodes.Const) and isinstance(index.value, int):
        return found if index.value >= 0 else exp.Null()
    return t.case([(t.binary(exp.GTE, scope.tree(index), t.number(0)), found)])


# ---- Aggregates --------------------------------------------------------------------------------------------


def element(inner: Scope, expr: nodes.Aggregate, row: Meaning) -> exp.Expr:
    """What an aggregate takes of each row."""
    return rows.value(inner, row) if expr.value is None else inner.tree(expr.value)


@translates("aggregate")
def _aggregate(scope: Scope, expr: nodes.Aggregate) -> exp.Expr:
    match expr.fn:
        case "first" | "min_by" | "max_by":
            return pick(scope, expr, rows.value)
        case "exists":
            return t.exists(opened(scope, expr.query).select([t.number(1)], is_ordered=False))
        case "any":
            return _any(scope, expr, lambda tests: tests)
        case "all":
            return t.negate(_any(scope, expr, lambda tests: [t.negate(t.all_of(tests) or exp.true())]))
        case "list":
            kind = expr.type.element.kind if expr.type.element else ""
            return array(
                scope,
                expr.query,
                lambda inner, row: element(inner, expr, row),
                is_json=kind in ("record", "list"),
            )
        case _:
            return _fold(scope, expr)


def _any(
    scope: Scope, expr: nodes.Aggregate, accepted: Callable[[list[exp.Expr]], list[exp.Expr]]
) -> exp.Expr:
    assert expr.value is not None
    q = opened(scope, expr.query)
    if is_cut(expr.query):
        tests = t.all_of(conjuncts(q.scope, expr.value)) or exp.true()
        inner = q.select([named(tests, "value")])
        condition = t.all_of(accepted([name("value")]))
        return t.exists(over(inner, [t.number(1)], where=exp.Where(this=condition)))
    q.block.conditions += accepted(conjuncts(q.scope, expr.value))
    return t.exists(q.select([t.number(1)], is_ordered=False))


def _fold(scope: Scope, expr: nodes.Aggregate) -> exp.Expr:
    q = opened(scope, expr.query)
    of = expr.value

    def value() -> exp.Expr:
        return t.number(1) if of is None else q.scope.tree(of)

    kind = expr.type if of is None else of.type
    if is_cut(expr.query):
        inner = q.select([value() if of is None else named(value(), "value")])
        return t.subquery(over(inner, [_total(scope, expr.fn, expr.type, kind, lambda: name("value"))]))
    return t.subquery(q.block.select([_total(scope, expr.fn, expr.type, kind, value)]))


def _total(
    scope: Scope, fn: str, type: nodes.Type, of: nodes.Type, value: Callable[[], exp.Expr]
) -> exp.Expr:
    """An aggregate function over `value`, which makes a new tree at each call."""
    match fn:
        case "count":
            return exp.Count(this=exp.Star())
        case "sum":
            return t.coalesce(t.call("sum", value()), t.literal(0.0 if type.kind == "number" else 0))
        case "avg" if of.kind == "money":
            return t.call("awm_money_div", t.call("sum", value()), t.call("count", value()))
        case "avg":
            return t.call("avg", value())
        case _ if of.kind == "enum":
            return value_at(scope, of, t.call(fn, place(scope, of, value())))
        case _:
            return t.call(fn, value())


# ---- Groups ------------------------------------------------------------------------------------------------


def group_select(scope: Scope, group: nodes.Group) -> exp.Select:
    """The table of a group: one column a name, one row per distinct keys, in no order."""
    q = opened(scope, group.query)
    keys = {key.name: key.value for key in group.keys}
    totals = {total.name: total for total in group.totals}
    if is_cut(group.query):
        return _group_cut(q, group)
    outputs = [
        _output(q.scope.tree(keys[of]) if of in keys else _group_total(q.scope, totals[of], None), of)
        for of in group.names
    ]
    return q.block.select(outputs, group=_positions(group))


def _group_cut(q: Opened, group: nodes.Group) -> exp.Select:
    """The same over the rows that a LIMIT leaves."""
    outputs = [_output(q.scope.tree(key.value), key.name) for key in group.keys]
    outputs += [
        _output(q.scope.tree(total.value), total.name) for total in group.totals if total.value is not None
    ]
    totals = {total.name: total for total in group.totals}
    result = [
        named(_group_total(q.scope, totals[of], of), of) if of in totals else name(of) for of in group.names
    ]
    positions = _positions(group)
    return over(
        q.select(outputs or [t.number(1)]), result, group=positions and exp.Group(expressions=positions)
    )


def _group_total(scope: Scope, total: nodes.Total, column: str | None) -> exp.Expr:
    def value() -> exp.Expr:
        assert total.value is not None
        return scope.tree(total.value) if column is None else name(column)

    return _total(scope, total.fn, total.type, total.value.type if total.value else total.type, value)


def _output(tree: exp.Expr, name: str) -> exp.Expr:
    return tree if isinstance(tree, exp.Column) and tree.name == name else named(tree, name)


def _positions(group: nodes.Group) -> list[exp.Expr]:
    return [t.number(group.names.index(key.name) + 1) for key in group.keys]


def _fields(type: nodes.Type) -> tuple[nodes.TypeField, ...]:
    return type.element.fields if type.element is not None else type.fields


def _group_order(scope: Scope, key: nodes.Key, tree: exp.Expr) -> exp.Expr:
    of = key.value.type
    return ordered(place(scope, of, tree) if of.kind == "enum" else tree, nullable=of.nullable)


def group_objects(
    scope: Scope, group: nodes.Group, member: Callable[[Scope, exp.Expr, nodes.Type], exp.Expr]
) -> tuple[exp.Select, exp.Expr, list[exp.Expr]]:
    """The table of a group, its record as a JSON object of `member`s, and its order."""
    record = t.json_object((f.name, member(scope, name(f.name), f.type)) for f in _fields(group.type))
    return (
        group_select(scope, group),
        record,
        [_group_order(scope, key, name(key.name)) for key in group.keys],
    )


def group_array(
    scope: Scope, group: nodes.Group, member: Callable[[Scope, exp.Expr, nodes.Type], exp.Expr]
) -> exp.Expr:
    table, record, order = group_objects(scope, group, member)
    return t.subquery(
        over(table, [_group_array(record, order) if order else t.call("json_group_array", record)])
    )


@translates("group")
def _group(scope: Scope, expr: nodes.Group) -> exp.Expr:
    return group_array(scope, expr, lambda _, tree, type: rows.member(tree, type))


# ---- Elements ----------------------------------------------------------------------------------------------


def elements(
    scope: Scope, expr: nodes.Expr, output: Output = rows.value, *, is_ordered: bool = True
) -> exp.Select:
    """`SELECT output FROM …`: one column, a row an element of a list, in the list's order."""
    match expr:
        case nodes.Query():
            q = opened(scope, expr)
            return q.select([output(q.scope, q.row)], is_ordered=is_ordered)
        case nodes.Aggregate(fn="list", value=value) if value is not None:
            q = opened(scope, expr.query)
            return q.select([q.scope.tree(value)], is_ordered=is_ordered)
        case nodes.Group():
            table, record, order = group_objects(scope, expr, lambda _, tree, type: rows.member(tree, type))
            return over(table, [record], order=exp.Order(expressions=order) if order and is_ordered else None)
        case _:
            each = exp.Table(this=t.call("json_each", scope.tree(expr)))
            return exp.Select(
                expressions=[name("value")],
                from_=exp.From(this=each),
                order=exp.Order(expressions=[ordered(name("key"))]) if is_ordered else None,
            )


def _in_list(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    value, *items = expr.args
    if len(items) == 1 and items[0].type.kind == "list":
        if not isinstance(items[0], nodes.ListOf):
            return t.within_query(plain(scope, value), elements(scope, items[0], is_ordered=False))
        items = [*items[0].items]
    if scope.is_nullable(value) or any(scope.is_nullable(item) or is_null_constant(item) for item in items):
        return t.any_of(equal(scope, value, item) for item in items)
    return t.within(plain(scope, value), [plain(scope, item) for item in items])


FUNCTIONS["in_list"] = _in_list
