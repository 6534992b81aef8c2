"""A slow and simple interpreter of the Model, written from the language's reference alone.

It shares nothing with what the compiler makes of a Model: no intermediate form, no SQL, no function of the runtime.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from awmc.semantics import typed
from awmc.semantics.model import Entity, Field, Model, ParamModel, ToolModel
from awmc.semantics.types import Type
from tests.reference import values as v
from tests.reference import wire
from tests.reference.expressions import Expressions, Names
from tests.reference.values import Member, Row
from tests.reference.world import Refusal, Values, World, allowed


class Answer:
    """What a call answers: a value in wire form, or an error's code and, of the spec's own, its message."""

    def __init__(self, value: Any = None, code: str = "", message: str = "") -> None:
        self.value = value
        self.code = code
        self.message = message

    def __repr__(self) -> str:
        return f"{self.code}: {self.message}" if self.code else repr(self.value)


class _Returned(Exception):
    def __init__(self, node: typed.Return, names: Names) -> None:
        self.node = node
        self.names = names


class Interpreter:
    """A world that changes by tool calls alone."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.world = World(model)
        self._before = self.world.snapshot()
        self.now = dt.datetime.fromisoformat(model.clock)
        self.me: Row | None = None
        if model.actor is not None:
            entity, label = model.actor
            self.me = Row(entity, model.labels[entity][label])

    def call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        """One transaction: at any error nothing has changed. The clock moves one second as it begins."""
        self.now += dt.timedelta(seconds=1)
        self._before = before = self.world.snapshot()
        held = len(v.beyond)
        try:
            if self.me is not None and not self.world.exists(self.me):
                raise Refusal("ended")
            value = self._call(self.model.tools[name], arguments)
            if self.world.tables != before[0] or self.world.links != before[1]:
                self._check_invariants()
            return Answer(value)
        except Refusal as refusal:
            self.world.restore(before)
            return Answer(code=refusal.code, message=refusal.message)
        finally:
            self.world.beyond = len(v.beyond) > held

    def undo(self) -> None:
        """Takes back what the last call did."""
        self.world.restore(self._before)

    @property
    def expressions(self) -> Expressions:
        return Expressions(self.world, self.now, self.me, self._called)

    def value(self, node: typed.Expr, names: Names) -> Any:
        return self.expressions.value(node, names)

    # ---- A call from outside

    def _call(self, tool: ToolModel, arguments: Mapping[str, Any]) -> Any:
        known = {param.name for param in tool.params}
        if not arguments.keys() <= known:
            raise wire.refused()
        given: Values = {}
        for param in tool.params:
            if param.name in arguments:
                given[param.name] = wire.read(self.model, param.type, arguments[param.name])
            elif param.required:
                raise wire.refused()
            else:
                given[param.name] = self._default(param)
        for param in tool.params:
            if param.name in arguments:
                self._must_exist(param.type, given[param.name])
        try:
            self._block(tool.body, Names(given))
        except _Returned as returned:
            return self._written(tool, returned)
        return {"ok": True}

    def _default(self, param: ParamModel) -> Any:
        return None if param.default is None else self.value(param.default, Names())

    def _must_exist(self, kind: Type, value: Any) -> None:
        if value is None:
            return
        if kind.kind == "list":
            assert kind.element is not None
            for item in value:
                self._must_exist(kind.element, item)
        if kind.kind == "record":
            for name, part in kind.fields:
                self._must_exist(part, value[name])
        if kind.kind == "row":
            scope = self.model.entities[kind.name].scopes[kind.scope] if kind.scope else None
            if not self.world.exists(value) or (scope and not self.expressions.holds(scope, value)):
                raise Refusal("not_found")

    def _written(self, tool: ToolModel, returned: _Returned) -> Any:
        if tool.result is None:
            return {"ok": True}
        value = self.value(returned.node.value, returned.names)
        if tool.result.kind == "row" and not tool.result.nullable and not self.world.exists(value):
            raise Refusal("not_found")
        written = wire.Writer(self.expressions).value(tool.result, value, tool.shape)
        if tool.result.kind == "list":
            answer = {"items": written}
            if tool.paged:
                answer["total"] = len(self._whole(returned.node.value, returned.names, value))
            return answer
        return written if isinstance(written, dict) else {"value": written}

    def _whole(self, node: typed.Expr, names: Names, value: list[Any]) -> list[Any]:
        return self.expressions.found(node, names, whole=True) if isinstance(node, typed.QueryOf) else value

    def _check_invariants(self) -> None:
        for invariant in self.model.invariants.values():
            if invariant.entity is None or invariant.binder is None:
                places = [Names()]
            else:
                rows = self.world.rows(invariant.entity.name)
                places = [Names().with_row(invariant.binder, row) for row in rows]
            if any(self.value(invariant.test, names) is not True for names in places):
                raise Refusal("invariant_violated")

    # ---- A call from a tool

    def _called(self, node: typed.ToolCall, names: Names) -> Any:
        """Calls of tools and actions from within: rows in, rows out, held to the same ranges and scopes."""
        args = dict(node.args)
        given: Values = {}
        for param in node.tool.params:
            if param.name in args:
                given[param.name] = self.value(args[param.name], names)
                if not allowed(param.type, given[param.name]):
                    raise wire.refused()
            else:
                given[param.name] = self._default(param)
        for param in node.tool.params:
            if param.name in args:
                self._must_exist(param.type, given[param.name])
        try:
            self._block(node.tool.body, Names(given))
        except _Returned as returned:
            return self.value(returned.node.value, returned.names)
        return None

    # ---- Statements

    def _block(self, statements: tuple[typed.Statement, ...], names: Names) -> None:
        names = Names(dict(names.locals), names.bound)  # its names end with it
        for statement in statements:
            self._statement(statement, names)

    def _statement(self, node: typed.Statement, names: Names) -> None:
        match node:
            case typed.Let():
                value = self.value(node.value, names)
                if value is None and isinstance(node.otherwise, typed.Failure):
                    self._fail(node.otherwise, names)
                if value is None and isinstance(node.otherwise, typed.Create):
                    value = self._create(node.otherwise, names)
                names.locals[node.name] = value
            case typed.Require():
                if self.value(node.test, names) is not True:
                    self._fail(node.otherwise, names)
            case typed.Create():
                row = self._create(node, names)
                if node.name:
                    names.locals[node.name] = row
            case typed.Update():
                self._update(node, names)
            case typed.Delete():
                self.world.delete(self._rows(node.rows, names))
            case typed.For():
                for element in self.value(node.over, names):
                    self._block(node.body, Names({**names.locals, node.name: element}))
            case typed.If():
                holds = self.value(node.test, names) is True
                self._block(node.then if holds else node.otherwise, names)
            case typed.Fail():
                self._fail(node.failure, names)
            case typed.Return():
                if node.made is not None:
                    names.locals[node.made.name] = self._create(node.made, names)
                value = node.value
                if isinstance(value, typed.ToolCall):
                    names.locals["returned"] = self.value(value, names)
                    value = typed.Local(value.span, value.type, "returned")
                raise _Returned(typed.Return(node.span, value), names)
            case typed.Call():
                result = self.value(node.call, names)
                if node.name:
                    names.locals[node.name] = result
            case _:
                raise AssertionError(f"{type(node).__name__} stands in no tool")

    def _fail(self, failure: typed.Failure, names: Names) -> None:
        raise Refusal(failure.code, str(self.value(failure.message, names)))

    def _rows(self, node: typed.Expr, names: Names) -> list[Row]:
        """The rows of a query, a list or a row, each once."""
        value = self.value(node, names)
        return list(dict.fromkeys(value if isinstance(value, list) else [value] if value is not None else []))

    # ---- Statements that write

    def _create(self, node: typed.Create, names: Names) -> Row:
        given = {field.name: self.value(value, names) for field, value in node.values}
        links = [(field, self.value(value, names)) for field, value in node.links]
        children: list[tuple[Field, list[Values]]] = []
        for child in node.children:
            rows = [{f.name: self.value(value, names) for f, value in row} for row in child.rows]
            for element in self.value(child.each, names) if child.each is not None else ():
                inner = Names({**names.locals, child.element: element}, names.bound)
                rows.append({f.name: self.value(value, inner) for f, value in child.values})
            children.append((child.field, rows))
        row = self._insert(node.entity, given)
        for field, others in links:
            self.world.link(field, row, others)
        for field, rows in children:
            assert field.type.element is not None
            for values in rows:
                self._insert(self.model.entities[field.type.element.name], {**values, field.via: row})
        return row

    def _insert(self, entity: Entity, given: Values) -> Row:
        values: Values = {}
        for field in entity.fields.values():
            if field.kind != "stored":
                continue
            if field.name in given:
                values[field.name] = given[field.name]
            elif field.default is not None:
                values[field.name] = self.value(field.default, Names())
            elif field.moves:
                values[field.name] = self._state(field, next(iter(field.moves)))
            else:
                values[field.name] = None
        return self.world.insert(entity, _in_parts(entity, values), self.expressions.holds)

    def _state(self, field: Field, name: str) -> Member:
        symbol = self.model.enums[field.type.name]
        names = [n for n, _, _ in symbol.values]
        return Member(names.index(name), symbol.values[names.index(name)][1])

    def _update(self, node: typed.Update, names: Names) -> None:
        rows = self._rows(node.rows, names)
        changes: list[tuple[Row, Values]] = []
        links: list[tuple[typed.Assign, Row, list[Row]]] = []
        for row in rows:
            values: Values = {}
            inner = names.with_row(node.binder, row)
            for assign in node.assigns:
                if any(names.locals[name] is None for name in assign.given):
                    continue
                value = self.value(assign.value, inner)
                if assign.field.kind == "link":
                    links.append((assign, row, value if isinstance(value, list) else [value]))
                elif assign.part:
                    whole = values.get(assign.field.name) or self.world.column(row, assign.field.name)
                    values[assign.field.name] = {**whole, assign.part[0]: value}
                else:
                    values[assign.field.name] = value
            changes.append((row, _in_parts(node.entity, values)))
        for row, values in changes:
            for name, value in values.items():
                field = node.entity.fields[name]
                if (
                    field.moves
                    and self.world.exists(row)
                    and not self._may_move(field, self.world.column(row, name), value)
                ):
                    raise Refusal("illegal_move")
        self.world.update(node.entity, changes, self.expressions.holds)
        for assign, row, others in links:
            change = self.world.link if assign.op == "+=" else self.world.unlink
            change(assign.field, row, others)

    def _may_move(self, field: Field, old: Member, new: Member) -> bool:
        symbol = self.model.enums[field.type.name]
        names = [name for name, _, _ in symbol.values]
        return names[new.place] in field.moves[names[old.place]]


def _in_parts(entity: Entity, values: Values) -> Values:
    """The values as columns have them: a record is stored in parts, so one that may be null and has none is null."""
    return {
        name: None if _is_empty(entity.fields[name].type, value) else value for name, value in values.items()
    }


def _is_empty(kind: Type, value: Any) -> bool:
    return kind.kind == "record" and kind.nullable and value is not None and set(value.values()) == {None}
