"""What a name of a spec stands for: what is declared where, which locals are in scope, what knows the parts of a wire
object.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from awmc.semantics import typed
from awmc.semantics.functions import RESERVED
from awmc.semantics.model import Entity, Field, Model, ParamModel, ShapeModel, ToolModel
from awmc.semantics.symbols import Kind, Symbol, Use
from awmc.semantics.types import Type
from awmc.source import Span
from awmc.syntax import ast


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What an observer of `analyse` collects: the typed form of expressions by their place, and those that make an
    object of named parts, `group(…)` and records.
    """

    forms: dict[Span, typed.Expr] = field(default_factory=dict)
    made: dict[Span, ast.Call | ast.RecordOf] = field(default_factory=dict)

    def observe(self, _context: object, node: ast.Expr, _expected: object, found: typed.Expr) -> None:
        self.forms[node.span] = found
        if isinstance(node, ast.RecordOf) or (isinstance(node, ast.Call) and node.name.text == "group"):
            self.made[node.span] = node

    def get(self, span: Span) -> typed.Expr | None:
        return self.forms.get(span)


Parts = ShapeModel | ast.Call | ast.RecordType | ast.RecordOf | None
"""What knows the parts of an object on the wire: a shape, a `group(…)`, an inline record, a record as it is made."""


class Meanings:
    """The names of one spec; `uses` collects what is found of them, `types` those of locals."""

    def __init__(self, model: Model, seen: Seen) -> None:
        self.model = model
        self.seen = seen
        self.uses: list[Use] = []
        self.types: dict[Symbol, Type] = {}
        self._scopes: list[dict[str, Symbol]] = [{}]
        self._parts: dict[Symbol, Parts] = {}
        self._rows: dict[int, Parts] = {}
        self._members: dict[Span, ast.ShapeMember] = {}
        self._values: dict[tuple[str, str], Span] = {}
        self._labels: dict[tuple[str, str], Span] = {}
        self._codes: dict[str, Span] = {}
        for item in model.spec.items:
            self._declare(item)

    # ---- What is declared where ----

    def _declare(self, item: Any) -> None:
        match item:
            case ast.Enum():
                for value in item.values:
                    self._values.setdefault((item.name.text, value.name.text), value.name.span)
            case ast.Entity():
                for field in item.fields:
                    owner = f"{item.name.text}.{field.name.text}"
                    if isinstance(field.type, ast.States):
                        for move in field.type.transitions:
                            for name in (move.source, *move.targets):
                                self._values.setdefault((owner, name.text), name.span)
                    else:
                        self._inline(field.type, owner)
            case ast.Record():
                self._inline_parts(item.fields, item.name.text)
            case ast.Fn():
                self._inline_parts(item.params, item.name.text)
            case ast.Tool():
                self._inline_parts(item.params, item.name.text)
                self._block_codes(item.body)
                if item.result is not None:
                    self._shape_members_in(item.result.shape or ())
            case ast.Tools():
                for derived in item.items:
                    self._block_codes(ast.Block(derived.span, derived.requires))
            case ast.Shape():
                self._shape_members_in(item.members)
            case ast.Seed():
                for row in item.rows:
                    if row.label is not None:
                        self._labels.setdefault((item.entity.text, row.label.text), row.label.span)

    def _block_codes(self, block: ast.Block) -> None:
        """The errors that statements answer."""
        for statement in block.statements:
            match statement:
                case ast.Require() | ast.Let():
                    if isinstance(statement.otherwise, ast.Otherwise):
                        self._codes.setdefault(statement.otherwise.code.text, statement.otherwise.code.span)
                case ast.Fail():
                    self._codes.setdefault(statement.code.text, statement.code.span)
                case ast.For():
                    self._block_codes(statement.body)
                case ast.If():
                    self._block_codes(statement.then)
                    if statement.otherwise is not None:
                        self._block_codes(statement.otherwise)

    def _shape_members_in(self, members: Sequence[ast.ShapeMember]) -> None:
        for member in members:
            self._members[member.span] = member
            self._shape_members_in(member.nested or ())

    def _inline(self, node: Any, owner: str) -> None:
        if isinstance(node, ast.EnumType):
            for value in node.values:
                self._values.setdefault((owner, value.name.text), value.name.span)
        elif isinstance(node, ast.RecordType):
            self._inline_parts(node.fields, owner)
        elif isinstance(node, ast.ListType):
            self._inline(node.element, owner)

    def _inline_parts(self, params: Sequence[ast.Param], owner: str) -> None:
        for param in params:
            self._inline(param.type, f"{owner}.{param.name.text}")

    # ---- Symbols ----

    def _use(self, span: Span, symbol: Symbol | None, role: str = "read", entry: str = "") -> None:
        if symbol is None:
            return
        if symbol.span == span and role == "read":
            role = "declared"
        self.uses.append(Use(span, symbol, role, entry))  # type: ignore[arg-type]

    def _upper(self, name: str) -> Symbol | None:
        """What an `Upper` name stands for."""
        model = self.model
        if name in model.entities:
            return Symbol("entity", name, span=model.entities[name].span)
        if name in model.enums:
            return Symbol("enum", name, span=model.enums[name].span)
        if name in model.records:
            return Symbol("record", name, span=model.records[name].span)
        shape = model.shapes.get(name)
        return Symbol("shape", name, span=shape.span) if shape is not None and not shape.implicit else None

    def _field(self, field: Field) -> Symbol:
        span = None if field.kind == "id" else field.span
        return Symbol("field", field.name, field.entity, span)

    def _field_named(self, entity: Entity | None, name: str) -> Symbol | None:
        if entity is None:
            return None
        field = entity.fields.get(name)
        if field is None and name == "id":
            field = entity.key
        return self._field(field) if field is not None else None

    def _scope(self, entity: str, name: str) -> Symbol | None:
        symbol = self.model.entities.get(entity)
        if symbol is None:
            return None
        for attribute in symbol.node.attributes:
            if attribute.name.text == "scope" and attribute.args:
                value = attribute.args[0].value
                if isinstance(value, ast.Ref) and value.name == name:
                    return Symbol("scope", name, entity, value.span)
        return Symbol("scope", name, entity) if name == "my" and symbol.node.owner else None

    def _value(self, enum: str, name: str) -> Symbol | None:
        if enum not in self.model.enums or self.model.enums[enum].wire(name) is None:
            return None
        return Symbol("value", name, enum, self._values.get((enum, name)))

    def _label(self, entity: str, name: str) -> Symbol | None:
        span = self._labels.get((entity, name))
        return Symbol("label", name, entity, span) if span is not None else None

    def _code(self, name: str) -> Symbol:
        return Symbol("code", name, "", self._codes.get(name))

    def _callee(self, name: str) -> Symbol | None:
        model = self.model
        if name in model.tools:
            tool = model.tools[name]
            return Symbol("action" if tool.hidden else "tool", name, "", tool.span)
        if name in model.offered:
            return Symbol("tool", name, "", self._offer_span(name))
        if name in model.fns:
            return Symbol("fn", name, "", model.fns[name].span)
        return Symbol("function", name) if name in RESERVED else None

    def _offer_span(self, name: str) -> Span | None:
        offers = self.model.env.offers if self.model.env is not None else ()
        return next((o.alias.span for o in offers if o.alias is not None and o.alias.text == name), None)

    def _param(self, callee: str, name: ast.Name) -> None:
        """A parameter named in a call. One that a derived tool takes from a column is that column, under its own name
        or with `min_`, `max_`, `_from`, `_to` about it.
        """
        tool = self.model.tools.get(callee) or self.model.offered.get(callee)
        fn = self.model.fns.get(callee)
        params: Sequence[ParamModel] = (
            tool.params if tool is not None else fn.params if fn is not None else ()
        )
        param = next((p for p in params if p.name == name.text), None)
        if param is None:
            return
        if tool is not None and tool.derived_from:
            entity = self.model.entities.get(tool.derived_from.partition(".")[0])
            for before, behind in (("", ""), ("min_", ""), ("max_", ""), ("", "_from"), ("", "_to")):
                if name.text.startswith(before) and name.text.endswith(behind):
                    inner = name.text.removeprefix(before).removesuffix(behind)
                    if entity is not None and inner in entity.fields:
                        start = name.span.start + len(before)
                        self._use(Span(start, start + len(inner)), self._field(entity.fields[inner]))
                        return
        offered = callee in self.model.offered
        self._use(name.span, Symbol("param", name.text, callee, None if offered else param.span))

    # ---- Scopes of locals ----

    @contextmanager
    def _scoped(self) -> Iterator[None]:
        self._scopes.append({})
        try:
            yield
        finally:
            self._scopes.pop()

    def _bind(
        self, name: ast.Name, kind: Type | None, parts: Parts = None, what: Kind = "local", owner: str = ""
    ) -> None:
        symbol = Symbol(what, name.text, owner, name.span)
        self._scopes[-1][name.text] = symbol
        self._use(name.span, symbol, "declared")
        if kind is not None:
            self.types[symbol] = kind
        self._parts[symbol] = parts

    def _local(self, name: str) -> Symbol | None:
        return next((scope[name] for scope in reversed(self._scopes) if name in scope), None)

    # ---- Parts of what goes over the wire ----

    def _parts_of(self, expr: typed.Expr | None) -> Parts:
        while True:
            match expr:
                case typed.ToolCall():
                    return expr.tool.shape or self._returned(expr.tool)
                case typed.Local():
                    symbol = self._local(expr.name)
                    return self._parts.get(symbol) if symbol is not None else None
                case typed.Bound():
                    return self._rows.get(id(expr.binder))
                case typed.GroupOf() | typed.RecordOf():
                    return self.seen.made.get(expr.span)
                case typed.ShapedOf():
                    return expr.shape
                case typed.ItemOf():
                    expr = expr.of
                case typed.QueryOf():
                    expr = expr.sources[0].of
                case typed.AggregateOf():
                    if expr.fn not in ("first", "min_by", "max_by", "list") or (
                        expr.fn == "list" and expr.value
                    ):
                        return None
                    expr = expr.query
                case typed.PartOf():
                    return self._part(expr)[1]
                case _:
                    return None

    def _part(self, expr: typed.PartOf) -> tuple[Symbol | None, Parts]:
        """A part of a record or of an object on the wire, and what knows its own parts."""
        of = expr.of.type
        if of.kind == "record" and of.name in self.model.records:
            part = next((p for p in self.model.records[of.name].parts if p.name == expr.name), None)
            return (Symbol("part", part.name, of.name, part.span) if part else None), None
        if of.kind == "list" and expr.name == "total":
            return Symbol("constant", "total"), None
        match self._parts_of(expr.of):
            case ShapeModel() as shape:
                return self._member(shape, expr.name)
            case ast.Call() as group:
                arg = next((a.name for a in group.args if a.name and a.name.text == expr.name), None)
                return (Symbol("part", arg.text, "group", arg.span) if arg else None), None
            case ast.RecordType() as record:
                param = next((p for p in record.fields if p.name.text == expr.name), None)
                return (Symbol("part", param.name.text, "", param.name.span) if param else None), None
            case ast.RecordOf() as made:
                entry = next((e for e in made.entries if e.name.text == expr.name), None)
                return (Symbol("part", entry.name.text, "", entry.name.span) if entry else None), None
        return None, None

    def _returned(self, tool: ToolModel) -> Parts:
        """What a tool returns that is neither rows nor a plain value."""
        for statement in tool.body:
            if isinstance(statement, typed.Return):
                value: typed.Expr = statement.value
                if isinstance(value, typed.QueryOf):
                    value = value.sources[0].of
                if isinstance(value, (typed.GroupOf, typed.RecordOf)):
                    return self.seen.made.get(value.span)
        return None

    def _member(self, shape: ShapeModel, name: str) -> tuple[Symbol | None, Parts]:
        member = next((m for m in shape.members if m.name == name), None)
        if member is None:
            return None, None
        node = self._members.get(member.span)
        if node is not None and node.name is not None:
            return Symbol("member", name, shape.name, node.name.span), member.nested
        match member.value:
            case typed.ColumnOf() | typed.RelationOf():
                return self._field(member.value.field), member.nested
            case typed.PartOf():
                return self._part(member.value)
        return None, member.nested

    def _rows_of(self, query: typed.Expr | None) -> None:
        if isinstance(query, typed.QueryOf):
            for source in query.sources:
                self._rows[id(source.binder)] = self._parts_of(source.of)
