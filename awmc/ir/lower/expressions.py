"""Typed expressions to IR: `fn`s put in, scopes and relations as queries, records as columns, aliases given."""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from awmc.ir import nodes
from awmc.ir.lower.storage import key_of, link_of, part_column, type_of, witnesses
from awmc.semantics import typed, types
from awmc.semantics.model import Entity, Field, Model, ShapeModel
from awmc.source import Span

BOOL = nodes.Type(kind="bool")


class Unit(Struct):
    """One statement or declaration: aliases are unique in it. `values`: what stands for a `fn`'s parameters,
    and for locals that were renamed.
    """

    model: Model
    aliases: dict[int, nodes.Expr] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    values: dict[str, nodes.Expr] = field(default_factory=dict)
    binders: list[typed.Binder] = field(default_factory=list)
    """Keeps binders alive, since they are told apart by identity."""

    def inner(self, values: dict[str, nodes.Expr]) -> Unit:
        """The unit within a `fn`: its parameters alone, fresh names for its binders."""
        return Unit(self.model, dict(self.aliases), self.taken, values, self.binders)

    def bind(self, binder: typed.Binder, base: str) -> str:
        """Gives a binder its alias."""
        alias, count = base, 2
        while alias in self.taken:
            alias, count = f"{base}_{count}", count + 1
        self.taken.add(alias)
        self.stand(binder, nodes.Var(type=type_of(binder.type), name=alias))
        return alias

    def stand(self, binder: typed.Binder, value: nodes.Expr) -> None:
        """Lets a value stand for a binder's row."""
        self.aliases[id(binder)] = value
        self.binders.append(binder)

    # ---- Expressions ----

    def expr(self, node: typed.Expr) -> nodes.Expr:
        """The IR of an expression."""
        kind = type_of(node.type)
        match node:
            case typed.Const():
                value = node.value
                if isinstance(value, typed.Duration):
                    return nodes.Const(
                        type=kind, value=nodes.Duration(months=value.months, seconds=value.seconds)
                    )
                return nodes.Const(type=kind, value=value)
            case typed.Label():
                return nodes.Const(type=kind, value=key_of(self.model, node.type.name, node.label))
            case typed.Shift():
                return self._shift(node, kind)
            case typed.Local():
                return self.values.get(node.name) or nodes.Local(type=kind, name=node.name)
            case typed.Now():
                return nodes.Now(type=kind)
            case typed.Me():
                return nodes.Me(type=kind)
            case typed.Bound():
                return replace(self.aliases[id(node.binder)], type=kind)
            case typed.ColumnOf():
                return self._column(node, kind)
            case typed.PartOf():
                return self._part(node, kind)
            case typed.Op():
                return self._op(node, kind)
            case typed.AllOf() | typed.RelationOf():
                binder = typed.Binder("", node.type.element or node.type)
                plain = typed.QueryOf(node.span, node.type, (typed.Source(binder, node),), (), (), None, None)
                return self.query(plain)
            case typed.QueryOf():
                return self.query(node)
            case typed.AggregateOf():
                query = self._query_of(node.query)
                value_ = self.expr(node.value) if node.value is not None else None
                return nodes.Aggregate(type=kind, fn=node.fn, query=query, value=value_)  # type: ignore[arg-type]
            case typed.GroupOf():
                return self._group(node, kind)
            case typed.ItemOf():
                return nodes.Item(type=kind, of=self.expr(node.of), index=self.expr(node.index))
            case typed.ListOf():
                return nodes.ListOf(type=kind, items=tuple(self.expr(i) for i in node.items))
            case typed.RecordOf():
                fields = tuple(nodes.Key(name=n, value=self.expr(v)) for n, v in node.fields)
                return nodes.RecordOf(type=kind, fields=fields)
            case typed.ShapedOf():
                return self._shaped(self.expr(node.of), node.of.type, node.shape)
            case typed.OldOf():
                return nodes.Old(type=kind, of=self.expr(node.of))
            case typed.FnCall():
                inner = self.inner({name: self.expr(value) for name, value in node.args})
                assert node.fn.value is not None
                found = inner.expr(node.fn.value)
                return replace(found, type=kind)
            case typed.GeneratorOf():
                drawn = self._query_of(node.query) if node.query is not None else None
                args = tuple(self.expr(a) for a in node.args)
                return nodes.Generator(type=kind, fn=node.fn, query=drawn, args=args)  # type: ignore[arg-type]
        raise AssertionError(f"no IR for {type(node).__name__} at {node.span}")

    def _shaped(self, of: nodes.Expr, kind: types.Type, shape: ShapeModel) -> nodes.Expr:
        """A row, or a list of rows, as records of the members of a shape."""
        if kind.kind == "list":
            assert kind.element is not None
            binder = typed.Binder("", kind.element)
            if not isinstance(of, nodes.Query):
                alias = self.bind(binder, shape.entity.table)
                of = nodes.Query(
                    type=type_of(kind), sources=(self._from(alias, binder, nodes.ListSource(of=of)),)
                )
            else:
                self.stand(binder, nodes.Var(type=type_of(kind.element), name=of.sources[0].alias))
            one = self._shaped(self.aliases[id(binder)], kind.element, shape)
            listed = replace(type_of(kind), element=one.type)
            return nodes.Aggregate(type=listed, fn="list", query=of, value=one)
        inner = self.inner(self.values)
        inner.stand(shape.binder, of)
        fields = []
        for member in shape.members:
            value = inner.expr(member.value)
            if member.nested is not None:
                value = inner._shaped(value, member.value.type, member.nested)
            fields.append(nodes.Key(name=member.name, value=value))
        parts = tuple(nodes.TypeField(name=f.name, type=f.value.type) for f in fields)
        record = nodes.RecordOf(type=nodes.Type(kind="record", fields=parts), fields=tuple(fields))
        if not kind.nullable:
            return record
        absent = nodes.Apply(type=BOOL, fn="is_null", args=(of,))
        nothing = nodes.Const(type=replace(record.type, nullable=True), value=None)
        return nodes.Apply(type=nothing.type, fn="if", args=(absent, nothing, record))

    def _shift(self, node: typed.Shift, kind: nodes.Type) -> nodes.Expr:
        clock = self.model.clock
        start = nodes.Const(type=kind, value=clock[:10] if kind.kind == "date" else clock)
        length = nodes.Const(
            type=nodes.Type(kind="duration"), value=nodes.Duration(months=node.months, seconds=node.seconds)
        )
        return nodes.Apply(type=kind, fn="add", args=(start, length))

    def _column(self, node: typed.ColumnOf, kind: nodes.Type) -> nodes.Expr:
        of = self.expr(node.of)
        field_ = node.field
        if field_ is self.model.entities[field_.entity].key and kind.kind == "id":
            return nodes.Apply(type=kind, fn="key", args=(of,))
        if field_.type.kind == "record":
            return self._record(of, field_, kind)
        return nodes.Column(type=kind, of=of, entity=field_.entity, column=field_.name)

    def _record(self, of: nodes.Expr, field_: Field, kind: nodes.Type) -> nodes.Expr:
        """A record that is stored in parts, read as a whole."""
        parts = tuple(
            nodes.Key(
                name=name,
                value=nodes.Column(
                    type=type_of(part.or_null(kind.nullable)),
                    of=of,
                    entity=field_.entity,
                    column=part_column(field_, name),
                ),
            )
            for name, part in field_.type.fields
        )
        whole = nodes.RecordOf(type=replace(kind, nullable=False), fields=parts)
        if not kind.nullable:
            return whole
        empty = self._is_null(of, field_)
        return nodes.Apply(type=kind, fn="if", args=(empty, nodes.Const(type=kind, value=None), whole))

    def _is_null(self, of: nodes.Expr, field_: Field) -> nodes.Expr:
        """Whether a record that is stored in parts is null."""
        text = nodes.Type(kind="text", nullable=True)
        empty = tuple(
            nodes.Apply(
                type=BOOL,
                fn="is_null",
                args=(nodes.Column(type=text, of=of, entity=field_.entity, column=column),),
            )
            for column in witnesses(field_)
        )
        return empty[0] if len(empty) == 1 else nodes.Apply(type=BOOL, fn="and", args=empty)

    def _part(self, node: typed.PartOf, kind: nodes.Type) -> nodes.Expr:
        if isinstance(node.of, typed.ColumnOf) and node.of.field.type.kind == "record":
            field_ = node.of.field
            return nodes.Column(
                type=kind,
                of=self.expr(node.of.of),
                entity=field_.entity,
                column=part_column(field_, node.name),
            )
        of = self.expr(node.of)
        if isinstance(of, nodes.RecordOf):
            return next(f.value for f in of.fields if f.name == node.name)
        return nodes.Part(type=kind, of=of, name=node.name)

    def _op(self, node: typed.Op, kind: nodes.Type) -> nodes.Expr:
        if node.fn == "is_null":
            of = node.args[0]
            if isinstance(of, typed.ColumnOf) and of.field.type.kind == "record":
                return self._is_null(self.expr(of.of), of.field)
        args = tuple(self.expr(a) for a in node.args)
        if kind.kind == "date" and node.fn in ("add", "sub") and not _draws(node.args[0]):
            date, by = args
            if isinstance(by, nodes.Generator) and by.fn == "spread":
                # Drawn among the days themselves: with parts of days, one end would hardly ever be drawn.
                ends = (nodes.Apply(type=kind, fn=node.fn, args=(date, end)) for end in by.args)  # type: ignore[arg-type]
                return replace(by, type=kind, args=tuple(ends))
        return nodes.Apply(type=kind, fn=node.fn, args=args)  # type: ignore[arg-type]

    # ---- Queries ----

    def _query_of(self, node: typed.Expr) -> nodes.Query:
        found = self.expr(node)
        assert isinstance(found, nodes.Query)
        return found

    def query(self, node: typed.QueryOf) -> nodes.Query:
        """A query over entities, links and lists; scopes, relations and plain inner queries melt into its
        `where`.
        """
        sources: list[nodes.From] = []
        where: list[nodes.Term] = []
        order: list[nodes.OrderKey] = []
        for source in node.sources:
            sources.append(self._source(source.binder, source.of, where))
        where.extend(map(self._term, node.where))
        order.extend(nodes.OrderKey(key=self.expr(o.key), descending=o.descending) for o in node.order)
        return nodes.Query(
            type=type_of(node.type),
            sources=tuple(sources),
            where=tuple(where),
            order=tuple(order),
            limit=self.expr(node.limit) if node.limit is not None else None,
            offset=self.expr(node.offset) if node.offset is not None else None,
        )

    def _term(self, node: typed.Term) -> nodes.Term:
        """A term of a `where`. In a `fn`, what `x?` asks of a parameter is asked of the value that stands for it."""
        test, given = self.expr(node.test), []
        for name in node.given:
            value = self.values.get(name)
            if value is None or isinstance(value, nodes.Local):
                given.append(name if value is None else value.name)
            elif value.type.nullable or value.type.kind == "null":
                missing = nodes.Apply(type=BOOL, fn="is_null", args=(value,))
                test = nodes.Apply(type=BOOL, fn="or", args=(missing, test))
        return nodes.Term(test=test, given=tuple(given))

    def _source(self, binder: typed.Binder, of: typed.Expr, where: list[nodes.Term]) -> nodes.From:
        match of:
            case typed.AllOf():
                alias = self.bind(binder, binder.name or of.entity.table)
                if of.scope:
                    rule = of.entity.scopes[of.scope]
                    assert rule.test is not None
                    inner = self.inner(self.values)
                    inner.stand(rule.binder, self.aliases[id(binder)])
                    where.append(nodes.Term(test=inner.expr(rule.test)))
                return self._from(alias, binder, nodes.EntitySource(entity=of.entity.name))
            case typed.RelationOf():
                return self._relation(binder, of, where)
            case typed.QueryOf() if (
                len(of.sources) == 1 and not of.order and of.limit is None and of.offset is None
            ):
                inner_binder = of.sources[0].binder
                found = self._source(inner_binder, of.sources[0].of, where)
                self.stand(binder, self.aliases[id(inner_binder)])
                where.extend(map(self._term, of.where))
                return found
        listed = self.expr(of)
        base = binder.name or (
            self.model.entities[binder.type.name].table if binder.type.kind == "row" else "item"
        )
        return self._from(self.bind(binder, base), binder, nodes.ListSource(of=listed))

    def _from(self, alias: str, binder: typed.Binder, of: nodes.Source) -> nodes.From:
        return nodes.From(alias=alias, type=type_of(binder.type), of=of)

    def _relation(self, binder: typed.Binder, of: typed.RelationOf, where: list[nodes.Term]) -> nodes.From:
        element = of.field.type.element
        assert element is not None
        child = self.model.entities[element.name]
        row = self.expr(of.of)
        alias = self.bind(binder, binder.name or child.table)
        if of.field.kind == "link":
            link = link_of(self.model, of.field)
            source = nodes.LinkSource(
                entity=child.name, link=link.table, of=row, of_column=link.of_column, to_column=link.to_column
            )
            return self._from(alias, binder, source)
        back = child.fields[of.field.via]
        column = nodes.Column(
            type=type_of(back.type), of=self.aliases[id(binder)], entity=child.name, column=back.name
        )
        where.append(nodes.Term(test=nodes.Apply(type=BOOL, fn="eq", args=(column, row))))
        return self._from(alias, binder, nodes.EntitySource(entity=child.name))

    def _group(self, node: typed.GroupOf, kind: nodes.Type) -> nodes.Group:
        query = self._query_of(node.query)
        keys: list[nodes.Key] = []
        totals: list[nodes.Total] = []
        for part in node.parts:
            value = self.expr(part.value) if part.value is not None else None
            if part.fn:
                totals.append(nodes.Total(name=part.name, fn=part.fn, value=value, type=type_of(part.type)))  # type: ignore[arg-type]
            else:
                assert value is not None
                keys.append(nodes.Key(name=part.name, value=value))
        names = tuple(p.name for p in node.parts)
        return nodes.Group(type=kind, query=query, keys=tuple(keys), totals=tuple(totals), names=names)


def _draws(node: typed.Expr) -> bool:
    return any(isinstance(part, typed.GeneratorOf) for part in typed.walk(node))


def over_self(model: Model, binder: typed.Binder | None, test: typed.Expr) -> nodes.Expr:
    """An expression over a declaration's row, which is called `self`."""
    unit = Unit(model)
    if binder is not None:
        unit.bind(binder, "self")
    return unit.expr(test)


def split(unit: Unit, field_: Field, value: typed.Expr) -> list[tuple[str, nodes.Expr]]:
    """The columns that a value of a field goes to, a record's in parts."""
    if field_.type.kind != "record":
        return [(field_.name, unit.expr(value))]
    whole = unit.expr(value)
    found: list[tuple[str, nodes.Expr]] = []
    for name, part in field_.type.fields:
        kind = type_of(part.or_null(field_.type.nullable))
        piece: nodes.Expr
        if isinstance(whole, nodes.RecordOf):
            piece = next(f.value for f in whole.fields if f.name == name)
        elif isinstance(whole, nodes.Const):
            piece = nodes.Const(type=kind, value=None)
        else:
            piece = nodes.Part(type=kind, of=whole, name=name)
        found.append((part_column(field_, name), piece))
    return found


def default_values(model: Model, field_: Field) -> list[tuple[str, nodes.Expr]]:
    """What the columns of a field hold in a row that does not give it: its default, its first state, or null."""
    if field_.default is not None:
        return split(Unit(model), field_, field_.default)
    if field_.moves:
        first = next(iter(field_.moves))
        wire = model.enums[field_.type.name].wire(first)
        return [(field_.name, nodes.Const(type=type_of(field_.type), value=wire))]
    return split(Unit(model), field_, typed.Const(Span.at(0), types.NULL, None))


def complete(
    model: Model, entity: Entity, given: dict[str, nodes.Expr], skip: str = ""
) -> tuple[nodes.ColumnValue, ...]:
    """A value for every stored column but a numbered id, in the table's order."""
    values: list[nodes.ColumnValue] = []
    for field_ in entity.columns:
        if field_.kind == "id" or field_.name == skip:
            continue
        for name, value in default_values(model, field_) if field_.name not in given else ():
            values.append(nodes.ColumnValue(column=name, value=given.get(name, value)))
        if field_.name in given:
            values.append(nodes.ColumnValue(column=field_.name, value=given[field_.name]))
    return tuple(values)
