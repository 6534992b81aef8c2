"""The names in expressions, statements and types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from awmc.semantics import typed
from awmc.semantics.functions import AGGREGATES, CONSTANT_NAMES
from awmc.semantics.meanings import Meanings
from awmc.semantics.model import Entity, Field
from awmc.semantics.symbols import Symbol, Use
from awmc.semantics.types import SCALARS, Type
from awmc.source import Span
from awmc.syntax import ast


class Expressions(Meanings):
    """Walks expressions and statements, each in the scope that it stands in."""

    # ---- Types ----

    def _type(self, node: ast.TypeExpr, owner: str) -> None:
        match node:
            case ast.BaseType():
                if node.name.text in SCALARS:
                    self._use(node.name.span, Symbol("type", node.name.text))
            case ast.RowType():
                if node.scope is not None:
                    self._use(node.scope.span, self._scope(node.name.text, node.scope.text))
                self._use(node.name.span, self._upper(node.name.text))
            case ast.ColumnType():
                self._use(node.entity.span, self._upper(node.entity.text))
                entity = self.model.entities.get(node.entity.text)
                self._use(node.field.span, self._field_named(entity, node.field.text))
            case ast.EnumType():
                self._enum_values(node.values, owner)
            case ast.RecordType():
                self._record_fields(node.fields, owner)
            case ast.ListType():
                self._type(node.element, owner)

    def _enum_values(self, values: Sequence[ast.EnumValue], owner: str) -> None:
        for value in values:
            self._use(value.name.span, self._value(owner, value.name.text))

    def _record_fields(self, params: Sequence[ast.Param], owner: str) -> None:
        named = owner if owner in self.model.records else ""
        for param in params:
            self._use(param.name.span, Symbol("part", param.name.text, named, param.name.span))
            self._type(param.type, f"{owner}.{param.name.text}")
            self._attributes(param.attributes, None)

    def _attributes(self, attributes: Sequence[ast.Attribute], target: Entity | None) -> None:
        for attribute in attributes:
            self._use(attribute.name.span, Symbol("attribute", attribute.name.text, "field"))
            for arg in attribute.args:
                if attribute.name.text == "via" and isinstance(arg.value, ast.Ref):
                    self._use(arg.value.span, self._field_named(target, arg.value.name))
                else:
                    self._expr(arg.value)

    def _path(self, path: Sequence[ast.Name], entity: Entity | None) -> typed.Expr | Field | None:
        """The fields along a path from a row of the entity; the last one."""
        field: Field | None = None
        for place, name in enumerate(path):
            if field is not None and field.type.kind == "record":
                record = self.model.records.get(field.type.name)
                part = next((p for p in record.parts if p.name == name.text), None) if record else None
                self._use(name.span, Symbol("part", part.name, field.type.name, part.span) if part else None)
                return field
            self._use(name.span, self._field_named(entity, name.text))
            field = entity.fields.get(name.text) if entity is not None else None
            if field is None:
                return None
            row = field.type.element if field.type.kind == "list" else field.type
            entity = self.model.entities.get(row.name) if row is not None and row.kind == "row" else None
            if entity is None and place + 1 < len(path) and field.type.kind != "record":
                return None
        return field

    # ---- Statements ----

    def _block(self, block: ast.Block) -> None:
        with self._scoped():
            for statement in block.statements:
                self._statement(statement)

    def _statement(self, node: ast.Statement) -> None:
        match node:
            case ast.Let():
                with self._scoped():
                    self._expr(node.value)
                    self._otherwise(node.otherwise)
                if isinstance(node.value, ast.Create):
                    self._bind(node.name, Type("row", name=node.value.entity.text))
                else:
                    self._bind_value(node.name, node.value)
                    symbol = self._local(node.name.text)
                    if node.otherwise is not None and symbol is not None and symbol in self.types:
                        self.types[symbol] = self.types[symbol].present
            case ast.Require():
                self._expr(node.test)
                self._otherwise(node.otherwise)
            case ast.Create():
                self._expr(node)
            case ast.Update():
                with self._scoped():
                    self._expr(node.rows)
                    self._assigns(node)
            case ast.Delete():
                self._expr(node.rows)
            case ast.For():
                with self._scoped():
                    self._loop(ast.Loop(node.span, node.name, node.over))
                    self._block(node.body)
            case ast.If():
                self._expr(node.test)
                self._block(node.then)
                if node.otherwise is not None:
                    self._block(node.otherwise)
            case ast.Fail():
                self._use(node.code.span, self._code(node.code.text))
                self._expr(node.message)
            case ast.Return():
                self._expr(node.value)
            case ast.CallStatement():
                self._expr(node.call)
            case ast.Fails():
                self._expr(node.call)
                self._use(node.code.span, self._code(node.code.text))

    def _otherwise(self, node: ast.Otherwise | ast.Create | None) -> None:
        if isinstance(node, ast.Otherwise):
            self._use(node.code.span, self._code(node.code.text))
            self._expr(node.message)
        elif node is not None:
            self._expr(node)

    def _assigns(self, node: ast.Update) -> None:
        rows = self.seen.get(node.rows.span)
        kind = rows.type if rows is not None else None
        row = kind.element if kind is not None and kind.kind == "list" else kind
        entity = self.model.entities.get(row.name) if row is not None and row.kind == "row" else None
        for assign in node.assigns:
            before = len(self.uses)
            self._path(assign.path, entity)
            self.uses[before:] = [
                Use(use.span, use.symbol, "written", use.entry) for use in self.uses[before:]
            ]
            self._expr(assign.value)

    # ---- Expressions ----

    def _expr(self, node: Any, record: ast.RecordType | None = None) -> None:
        match node:
            case ast.Ref():
                self._ref(node.span, node.name)
            case ast.EntityRef():
                self._use(node.span, self._upper(node.name))
            case ast.Scoped():
                self._use(node.scope.span, self._scope(node.entity.text, node.scope.text))
                self._use(node.entity.span, self._upper(node.entity.text))
            case ast.Column() | ast.Attr():
                if isinstance(node, ast.Attr):
                    self._expr(node.of)
                self._member_use(node.field, self.seen.get(node.span))
            case ast.Interpolation():
                for part in node.parts:
                    if not isinstance(part, str):
                        self._expr(part)
            case ast.Call():
                self._call(node)
            case ast.Apply():
                self._use(node.name.span, self._upper(node.name.text))
                for arg in node.args:
                    self._expr(arg.value)
            case ast.Create():
                self._use(node.entity.span, self._upper(node.entity.text))
                self._entries(node.values, self.model.entities.get(node.entity.text))
            case ast.RecordOf():
                self._record(node, record)
            case ast.ListOf():
                for item in node.items:
                    self._expr(item, record)
            case ast.Query():
                with self._scoped():
                    self._query(node)
            case ast.Literal() | ast.Text():
                pass
            case ast.Node():
                for name in node.__struct_fields__:
                    value = getattr(node, name)
                    if isinstance(value, ast.Node):
                        self._expr(value)

    def _ref(self, span: Span, name: str, entry: str = "") -> None:
        match self.seen.get(span):
            case typed.Const() as const if const.type.kind == "enum" and const.written == name:
                symbol = self._value(const.type.name, name)
            case typed.Label() as label:
                symbol = self._label(label.type.name, name)
            case typed.Now() | typed.Me():
                symbol = Symbol("constant", name)
            case _:
                symbol = self._local(name)
                if symbol is None and name in CONSTANT_NAMES:
                    symbol = Symbol("constant", name)
        self._use(span, symbol, "read", entry)

    def _member_use(self, name: ast.Name, found: typed.Expr | None) -> None:
        match found:
            case typed.ColumnOf() | typed.RelationOf():
                self._use(name.span, self._field(found.field))
            case typed.PartOf():
                self._use(name.span, self._part(found)[0])

    def _call(self, node: ast.Call) -> None:
        name = node.name.text
        self._use(node.name.span, self._callee(name))
        found = self.seen.get(node.span)
        if isinstance(found, (typed.AggregateOf, typed.GroupOf, typed.GeneratorOf)):
            self._rows_of(found.query)
        tool = self.model.tools.get(name)
        kinds = {p.name.text: p.type for p in tool.node.params} if tool is not None else {}
        chosen: typed.Expr | None = None
        with self._scoped():
            for place, arg in enumerate(node.args):
                if arg.name is not None and name == "group":
                    self._use(arg.name.span, Symbol("part", arg.name.text, "group", arg.name.span))
                elif arg.name is not None and name == "choose":
                    if chosen is not None and chosen.type.kind == "enum":
                        self._use(arg.name.span, self._value(chosen.type.name, arg.name.text))
                elif arg.name is not None:
                    self._param(name, arg.name)
                if name == "fake" and isinstance(arg.value, ast.Ref):
                    continue
                if isinstance(arg.value, ast.Query) and (name in AGGREGATES or name == "group"):
                    # The rows that the query names are known in the arguments behind it.
                    self._query(arg.value)
                else:
                    self._expr(arg.value, record_in(kinds.get(arg.name.text)) if arg.name else None)
                if place == 0:
                    chosen = self.seen.get(arg.value.span)

    def _query(self, node: ast.Query) -> None:
        found = self.seen.get(node.span)
        self._expr(node.source)
        for join in node.joins:
            self._expr(join.of)
        self._rows_of(found)
        names = [node.alias, *(join.alias for join in node.joins)]
        sources = found.sources if isinstance(found, typed.QueryOf) else ()
        for place, alias in enumerate(names):
            if alias is not None:
                kind = sources[place].binder.type if place < len(sources) else None
                parts = self._rows.get(id(sources[place].binder)) if place < len(sources) else None
                self._bind(alias, kind, parts)
        for part in (node.where, *(key.key for key in node.order), node.limit, node.offset):
            if part is not None:
                self._expr(part)

    def _entries(self, node: ast.RecordOf, entity: Entity | None) -> None:
        """The values of a row that is made; a relation holds the rows to be made with it."""
        for entry in node.entries:
            short = entry.value is None
            symbol = self._field_named(entity, entry.name.text)
            self._use(entry.name.span, symbol, "written", "name" if short else "")
            if entry.value is None:
                self._ref(entry.name.span, entry.name.text, "value")
                continue
            field = entity.fields.get(entry.name.text) if entity is not None else None
            element = field.type.element if field is not None and field.kind == "relation" else None
            target = self.model.entities.get(element.name) if element is not None else None
            for item in entry.value.items if isinstance(entry.value, ast.ListOf) and target else ():
                if isinstance(item, ast.RecordOf):
                    self._entries(item, target)
                else:
                    self._expr(item)
            if target is None or not isinstance(entry.value, ast.ListOf):
                self._expr(entry.value)

    def _record(self, node: ast.RecordOf, inline: ast.RecordType | None) -> None:
        found = self.seen.get(node.span)
        record = self.model.records.get(found.type.name) if found is not None else None
        spans = {p.name: p.span for p in record.parts} if record is not None else {}
        owner = record.name if record is not None else ""
        if record is None and inline is not None:
            spans = {p.name.text: p.name.span for p in inline.fields}
        elif record is None and isinstance(found, typed.RecordOf):
            spans = {e.name.text: e.name.span for e in node.entries}
        for entry in node.entries:
            name, short = entry.name.text, entry.value is None
            if name in spans:
                symbol = Symbol("part", name, owner, spans[name])
                self._use(entry.name.span, symbol, "written", "name" if short else "")
            if entry.value is None:
                self._ref(entry.name.span, name, "value")
            else:
                self._expr(entry.value)

    def _loop(self, node: ast.Loop) -> None:
        self._expr(node.over)
        over = self.seen.get(node.over.span)
        element = over.type.element if over is not None else None
        self._bind(node.name, element, self._parts_of(over))

    def _bind_value(self, name: ast.Name, value: ast.Expr) -> None:
        found = self.seen.get(value.span)
        self._bind(name, found.type if found is not None else None, self._parts_of(found))


def record_in(node: ast.TypeExpr | None) -> ast.RecordType | None:
    """The inline record of a list's elements."""
    element = node.element if isinstance(node, ast.ListType) else node
    return element if isinstance(element, ast.RecordType) else None
