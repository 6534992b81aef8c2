"""Typed statements to IR: calls taken out of expressions, defaults filled in, records in parts."""

from __future__ import annotations

from collections.abc import Iterable

from awmc.ir import nodes
from awmc.ir.lower.expressions import Unit, complete, split
from awmc.ir.lower.storage import link_of, part_column, type_of
from awmc.semantics import typed
from awmc.semantics.model import Entity, Field, Model, ToolModel
from awmc.source import Span


def place_of(model: Model, span: Span) -> nodes.Place:
    """Where a declaration or statement stands, with its first line."""
    line, _ = model.source.position(span.start)
    text = model.text(span).split("\n", 1)[0].strip()
    return nodes.Place(line=line, text=text)


class Bodies:
    """Translates the statements of one body. `names`: locals that are in use, so that those made here differ."""

    def __init__(self, model: Model, names: Iterable[str]) -> None:
        self._model = model
        self._names = set(names)
        self._calls: list[nodes.Statement] = []

    def block(self, statements: Iterable[typed.Statement]) -> tuple[nodes.Statement, ...]:
        found: list[nodes.Statement] = []
        for statement in statements:
            found.extend(self._statement(statement))
        return tuple(found)

    def _statement(self, node: typed.Statement) -> list[nodes.Statement]:
        outer, self._calls = self._calls, []
        last = self._translate(node)
        before, self._calls = self._calls, outer
        return [*before, *last]

    def _unit(self) -> Unit:
        return Unit(self._model)

    def _value(self, unit: Unit, node: typed.Expr, place: nodes.Place) -> nodes.Expr:
        """An expression; a call at its head becomes a statement before it."""
        call = next((n for n in typed.walk(node) if isinstance(n, typed.ToolCall)), None)
        if call is None:
            return unit.expr(node)
        name = self._fresh(f"{call.tool.name}_result")
        self._calls.append(self._call(unit, call, name, place))
        return _Called.within(unit, call, name).expr(node)

    def _fresh(self, base: str) -> str:
        name, count = base, 2
        while name in self._names:
            name, count = f"{base}_{count}", count + 1
        self._names.add(name)
        return name

    def _call(self, unit: Unit, node: typed.ToolCall, name: str, place: nodes.Place) -> nodes.Call:
        return nodes.Call(place=place, name=name, tool=node.tool.name, args=_arguments(unit, node))

    def _failure(self, unit: Unit, node: typed.Failure) -> nodes.Failure:
        return nodes.Failure(code=node.code, message=unit.expr(node.message))

    def _translate(self, node: typed.Statement) -> list[nodes.Statement]:
        place = place_of(self._model, node.span)
        unit = self._unit()
        match node:
            case typed.Let():
                return [self._let(unit, node, place)]
            case typed.Require():
                test = unit.expr(node.test)
                return [
                    nodes.Require(
                        place=place, test=test, otherwise=self._failure(self._unit(), node.otherwise)
                    )
                ]
            case typed.Create():
                return [self._create(node, place)]
            case typed.Update():
                return [self._update(unit, node, place)]
            case typed.Delete():
                return [nodes.Delete(place=place, entity=node.entity.name, rows=unit.expr(node.rows))]
            case typed.For():
                over = self._value(unit, node.over, place)
                self._names.add(node.name)
                body = self.block(node.body)
                return [nodes.For(place=place, name=node.name, type=type_of(node.type), over=over, body=body)]
            case typed.If():
                then, otherwise = self.block(node.then), self.block(node.otherwise)
                return [nodes.If(place=place, test=unit.expr(node.test), then=then, otherwise=otherwise)]
            case typed.Fail():
                return [nodes.Fail(place=place, failure=self._failure(unit, node.failure))]
            case typed.Return():
                made: list[nodes.Statement] = (
                    [self._create(node.made, place)] if node.made is not None else []
                )
                return [*made, nodes.Return(place=place, value=self._value(unit, node.value, place))]
            case typed.Call():
                self._names.add(node.name)
                return [self._call(unit, node.call, node.name, place)]
            case typed.Fails():
                args = _arguments(unit, node.call)
                return [nodes.Fails(place=place, tool=node.call.tool.name, args=args, code=node.code)]

    def _let(self, unit: Unit, node: typed.Let, place: nodes.Place) -> nodes.Statement:
        value = self._value(unit, node.value, place)
        self._names.add(node.name)
        if isinstance(node.otherwise, typed.Create):
            made = self._create(node.otherwise, place)
            return nodes.LetOrCreate(place=place, name=node.name, value=value, create=made)
        otherwise = self._failure(self._unit(), node.otherwise) if node.otherwise is not None else None
        return nodes.Let(place=place, name=node.name, value=value, otherwise=otherwise)

    def _create(self, node: typed.Create, place: nodes.Place) -> nodes.Create:
        unit = self._unit()
        if node.name:
            self._names.add(node.name)
        links = []
        for field, rows in node.links:
            link = link_of(self._model, field)
            links.append(
                nodes.LinkValues(
                    link=link.table, of_column=link.of_column, to_column=link.to_column, rows=unit.expr(rows)
                )
            )
        return nodes.Create(
            place=place,
            name=node.name,
            entity=node.entity.name,
            values=self._row(unit, node.entity, node.values),
            links=tuple(links),
            children=tuple(self._children(child) for child in node.children),
        )

    def _row(
        self, unit: Unit, entity: Entity, values: Iterable[tuple[Field, typed.Expr]], skip: str = ""
    ) -> tuple[nodes.ColumnValue, ...]:
        given: dict[str, nodes.Expr] = {}
        for field, value in values:
            given.update(split(unit, field, value))
        return complete(self._model, entity, given, skip)

    def _children(self, node: typed.Children) -> nodes.Children:
        element = node.field.type.element
        assert element is not None
        child = self._model.entities[element.name]
        via = node.field.via
        if node.each is None:
            rows = tuple(nodes.ChildRow(values=self._row(self._unit(), child, row, via)) for row in node.rows)
            return nodes.Children(entity=child.name, via=via, rows=rows)
        return nodes.Children(
            entity=child.name,
            via=via,
            each=self._unit().expr(node.each),
            element=node.element,
            values=self._row(self._unit(), child, node.values, via),
        )

    def _update(self, unit: Unit, node: typed.Update, place: nodes.Place) -> nodes.Update:
        rows = unit.expr(node.rows)
        if isinstance(node.rows, typed.QueryOf) and isinstance(rows, nodes.Query):
            alias = rows.sources[0].alias
        else:
            alias = unit.bind(node.binder, node.entity.table)
        assigns: list[nodes.Assign] = []
        links: list[nodes.LinkChange] = []
        moves: list[str] = []
        for assign in node.assigns:
            if assign.field.kind == "link":
                link = link_of(self._model, assign.field)
                change = nodes.LinkChange(
                    link=link.table, of_column=link.of_column, to_column=link.to_column, add=assign.op == "+=",
                    rows=unit.expr(assign.value), given=assign.given,
                )  # fmt: skip
                links.append(change)
                continue
            if assign.part:
                columns = [(part_column(assign.field, assign.part[0]), unit.expr(assign.value))]
            else:
                columns = split(unit, assign.field, assign.value)
            assigns.extend(nodes.Assign(column=c, value=v, given=assign.given) for c, v in columns)
            if assign.field.moves:
                moves.append(assign.field.name)
        return nodes.Update(
            place=place, entity=node.entity.name, alias=alias, rows=rows, assigns=tuple(assigns), links=tuple(links),
            moves=tuple(moves),
        )  # fmt: skip


class _Called(Unit, kw_only=True):
    """A unit in which one call stands for the local that its result is bound to."""

    call: typed.ToolCall
    name: str

    @classmethod
    def within(cls, unit: Unit, call: typed.ToolCall, name: str) -> _Called:
        return cls(unit.model, unit.aliases, unit.taken, unit.values, unit.binders, call=call, name=name)

    def expr(self, node: typed.Expr) -> nodes.Expr:
        if node is self.call:
            return nodes.Local(type=type_of(node.type), name=self.name)
        return super().expr(node)


def _arguments(unit: Unit, node: typed.ToolCall) -> tuple[nodes.Key, ...]:
    return tuple(nodes.Key(name=name, value=unit.expr(value)) for name, value in node.args)


def tool_body(model: Model, tool: ToolModel) -> tuple[nodes.Statement, ...]:
    """The body of a tool or an action."""
    return Bodies(model, (p.name for p in tool.params)).block(tool.body)
