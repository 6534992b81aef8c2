"""Where each name of a spec is declared and used: one walk over the AST, with what `analyse` found beside it."""

from __future__ import annotations

from collections.abc import Sequence

from awmc.semantics.meanings import Seen
from awmc.semantics.model import Entity, Field, Model
from awmc.semantics.name_uses import Expressions, record_in
from awmc.semantics.symbols import Symbol, Uses
from awmc.syntax import ast


def find_uses(model: Model, seen: Seen) -> Uses:
    """The uses of all names in a spec; names that mean nothing are left out."""
    walk = _Walk(model, seen)
    for item in model.spec.items:
        walk.declaration(item)
    return Uses.of(walk.uses, walk.types)


class _Walk(Expressions):
    def declaration(self, node: ast.Declaration) -> None:
        with self._scoped():
            match node:
                case ast.Env():
                    self._env(node)
                case ast.Enum():
                    self._use(node.name.span, self._upper(node.name.text))
                    self._enum_values(node.values, node.name.text)
                case ast.Record():
                    self._use(node.name.span, self._upper(node.name.text))
                    self._record_fields(node.fields, node.name.text)
                case ast.Entity():
                    self._entity(node)
                case ast.Shape():
                    self._use(node.name.span, self._upper(node.name.text))
                    self._use(node.entity.span, self._upper(node.entity.text))
                    self._shape_members(
                        node.members, self.model.entities.get(node.entity.text), node.name.text
                    )
                case ast.Fn():
                    self._use(node.name.span, self._callee(node.name.text))
                    self._params(node.params, node.name.text)
                    if node.type is not None:
                        self._type(node.type, node.name.text)
                    self._expr(node.value)
                case ast.Invariant():
                    self._use(node.name.span, Symbol("invariant", node.name.text, "", node.name.span))
                    if node.entity is not None:
                        self._use(node.entity.span, self._upper(node.entity.text))
                    self._expr(node.test)
                case ast.Tools():
                    self._tools(node)
                case ast.Tool():
                    self._tool(node)
                case ast.Seed():
                    self._seed(node)
                case ast.Generate():
                    self._use(node.entity.span, self._upper(node.entity.text))
                    self._row_entries(node.values, self.model.entities.get(node.entity.text))
                case ast.Task():
                    self._task(node)

    def _env(self, node: ast.Env) -> None:
        self._use(node.name.span, Symbol("env", node.name.text, "", node.name.span))
        for actor in node.actors:
            self._use(actor.entity.span, self._upper(actor.entity.text))
            self._use(actor.label.span, self._label(actor.entity.text, actor.label.text))
        for offered in node.offers:
            self._use(offered.name.span, Symbol("function", offered.name.text))
            if offered.alias is not None:
                self._use(offered.alias.span, Symbol("tool", offered.alias.text, "", offered.alias.span))

    def _entity(self, node: ast.Entity) -> None:
        self._use(node.name.span, self._upper(node.name.text))
        entity = self.model.entities.get(node.name.text)
        if entity is None or entity.node is not node:
            return
        self._path(node.owner, entity)
        for field in node.fields:
            found = entity.fields.get(field.name.text)
            self._use(field.name.span, self._field_named(entity, field.name.text))
            if isinstance(field.type, ast.States):
                for move in field.type.transitions:
                    for name in (move.source, *move.targets):
                        self._use(name.span, self._value(f"{entity.name}.{field.name.text}", name.text))
            else:
                self._type(field.type, f"{entity.name}.{field.name.text}")
            if field.default is not None:
                self._expr(field.default)
            element = found.type.element if found is not None else None
            target = self.model.entities.get(element.name) if element is not None else None
            self._attributes(field.attributes, target)
        for attribute in node.attributes:
            self._block_attribute(attribute, entity)

    def _block_attribute(self, attribute: ast.Attribute, entity: Entity) -> None:
        name = attribute.name.text
        self._use(attribute.name.span, Symbol("attribute", name, "entity"))
        for place, arg in enumerate(attribute.args):
            value = arg.value
            if name == "names":
                continue
            if name == "unique" and arg.name is None and isinstance(value, ast.Ref):
                self._use(value.span, self._field_named(entity, value.name))
            elif name == "scope" and place == 0 and isinstance(value, ast.Ref):
                self._use(value.span, self._scope(entity.name, value.name))
            else:
                self._expr(value)

    def _shape_members(self, members: Sequence[ast.ShapeMember], entity: Entity | None, owner: str) -> None:
        for member in members:
            if member.name is not None:
                self._use(member.name.span, Symbol("member", member.name.text, owner, member.name.span))
            if member.value is not None:
                self._expr(member.value)
                continue
            last = self._path(member.path, entity)
            if member.nested is not None and isinstance(last, Field):
                row = last.type.element if last.type.kind == "list" else last.type
                inner = self.model.entities.get(row.name) if row is not None else None
                self._shape_members(member.nested, inner, f"{owner}.{member.path[-1].text}")

    def _tools(self, node: ast.Tools) -> None:
        entity = self.model.entities.get(node.entity.text)
        if node.scope is not None:
            self._use(node.scope.span, self._scope(node.entity.text, node.scope.text))
        self._use(node.entity.span, self._upper(node.entity.text))
        if node.shape is not None:
            self._use(node.shape.span, self._upper(node.shape.text))
        for item in node.items:
            name = item.alias or item.kind
            for tool in self.model.tools.values():
                if tool.span == name.span:
                    self._use(name.span, Symbol("tool", tool.name, "", tool.span), "declared")
            if item.alias is not None:
                self._use(item.kind.span, Symbol("item", item.kind.text))
            for column in item.names:
                self._use(column.span, self._field_named(entity, column.text))
            for require in item.requires:
                self._statement(require)

    def _params(self, params: Sequence[ast.Param], owner: str) -> None:
        tool = self.model.tools.get(owner)
        fn = self.model.fns.get(owner)
        models = tool.params if tool is not None else fn.params if fn is not None else []
        types = {p.span: p.type for p in models}
        for param in params:
            self._type(param.type, f"{owner}.{param.name.text}")
            if param.default is not None:
                self._expr(param.default)
            self._attributes(param.attributes, None)
            self._bind(param.name, types.get(param.name.span), record_in(param.type), "param", owner)

    def _tool(self, node: ast.Tool) -> None:
        self._use(node.name.span, self._callee(node.name.text))
        self._params(node.params, node.name.text)
        if node.result is not None:
            self._type(node.result.element, f"{node.name.text}.result")
            if node.result.shape is not None and isinstance(node.result.element, ast.RowType):
                entity = self.model.entities.get(node.result.element.name.text)
                self._shape_members(node.result.shape, entity, f"{node.name.text}.result")
        self._block(node.body)

    def _seed(self, node: ast.Seed) -> None:
        self._use(node.entity.span, self._upper(node.entity.text))
        entity = self.model.entities.get(node.entity.text)
        for column in node.columns:
            self._use(column.name.span, self._field_named(entity, column.name.text), "written")
            if column.constant is not None:
                self._cell(column.constant, entity, column.name.text)
        free = [c.name.text for c in node.columns if c.constant is None]
        for row in node.rows:
            if row.label is not None:
                self._use(row.label.span, self._label(node.entity.text, row.label.text), "declared")
            one = row.cells[0] if len(row.cells) == 1 else None
            if isinstance(one, ast.RecordOf) and (
                len(free) != 1 or free[0] in {e.name.text for e in one.entries}
            ):
                self._row_entries(one, entity)
                continue
            for place, cell in enumerate(row.cells):
                self._cell(cell, entity, free[place] if place < len(free) else "")

    def _row_entries(self, node: ast.RecordOf, entity: Entity | None) -> None:
        for entry in node.entries:
            self._use(entry.name.span, self._field_named(entity, entry.name.text), "written")
            if entry.value is not None:
                self._cell(entry.value, entity, entry.name.text)

    def _cell(self, node: ast.Expr, entity: Entity | None, column: str) -> None:
        field = entity.fields.get(column) if entity is not None else None
        element = field.type.element if field is not None and field.kind == "link" else None
        if element is not None and node.span not in self.seen.forms:
            for item in node.items if isinstance(node, ast.ListOf) else (node,):
                if isinstance(item, ast.Ref):
                    self._use(item.span, self._label(element.name, item.name))
            return
        self._expr(node)

    def _task(self, node: ast.Task) -> None:
        self._use(node.name.span, Symbol("task", node.name.text, "", node.name.span))
        if node.actor is not None and self.model.actor is not None:
            self._use(node.actor.span, self._label(self.model.actor[0], node.actor.text))
        if node.loop is not None:
            self._loop(node.loop)
        for part in node.parts:
            if isinstance(part, ast.TaskLet):
                self._expr(part.value)
                self._bind_value(part.name, part.value)
        self._expr(node.instruction)
        told: dict[str, Symbol] = {}
        for part in node.parts:
            with self._scoped():
                self._task_part(part, told)

    def _task_part(self, part: ast.TaskPart, told: dict[str, Symbol]) -> None:
        match part:
            case ast.Solve() | ast.Wrong():
                if isinstance(part, ast.Solve) and part.loop is not None:
                    self._loop(part.loop)
                before = len(self.uses)
                self._block(part.body)
                if isinstance(part, ast.Solve):
                    for use in self.uses[before:]:
                        if use.role == "declared" and use.symbol.kind == "local":
                            told.setdefault(use.symbol.name, use.symbol)
                    for name, symbol in self._scopes[-1].items():
                        told.setdefault(name, symbol)
            case ast.User():
                self._expr(part.text)
            case ast.Free():
                self._type(part.column, "")
                if part.where is not None:
                    self._expr(part.where)
            case ast.May():
                self._use(part.entity.span, self._upper(part.entity.text))
                if part.where is not None:
                    self._expr(part.where)
            case ast.Ensure():
                self._expr(part.test)
            case ast.Answer():
                self._scopes[-1].update({n: s for n, s in told.items() if self._local(n) is None})
                for value in part.values:
                    self._expr(value)
