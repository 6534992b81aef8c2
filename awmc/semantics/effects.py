"""What expressions read and what bodies write, and from that the errors that come by themselves."""

from __future__ import annotations

from typing import Any

from awmc.semantics import typed
from awmc.semantics.model import (
    Effects,
    Entity,
    Field,
    Invariant,
    Model,
    ParamModel,
    ShapeModel,
    ToolModel,
)
from awmc.semantics.types import Type

AUTOMATIC = (
    "invalid_arguments", "not_found", "conflict", "check_failed", "in_use", "illegal_move",
    "invariant_violated", "ended",
    "invalid_expression", "internal",
)  # fmt: skip


class Reads:
    """Entities and columns that an expression reads, through computed columns, `fn`s, scopes and shapes."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._seen: set[int] = set()
        self.entities: set[str] = set()
        self.columns: set[tuple[str, str]] = set()

    def add(self, node: Any) -> None:
        self.of(typed.walk(node))

    def of(self, nodes: list[Any]) -> None:
        """Adds what these read by themselves."""
        for node in nodes:
            self._one(node)

    def _one(self, node: Any) -> None:
        match node:
            case typed.ColumnOf():
                self.entities.add(node.field.entity)
                self.columns.add((node.field.entity, node.field.name))
                if node.field.value is not None and self._first(node.field):
                    self.add(node.field.value)
            case typed.RelationOf():
                element = node.field.type.element
                assert element is not None
                self.entities |= {node.field.entity, element.name}
                if node.field.kind == "link":
                    self.entities.add(link_name(node.field))
                else:
                    self.columns.add((element.name, node.field.via))
            case typed.AllOf():
                self.entities.add(node.entity.name)
                if node.scope:
                    rule = node.entity.scopes.get(node.scope)
                    if rule is not None and self._first(rule):
                        self.add(rule.test)
            case typed.FnCall():
                if node.fn.value is not None and self._first(node.fn):
                    self.add(node.fn.value)
            case typed.ShapedOf():
                self.shape(node.shape)

    def shape(self, shape: ShapeModel | None) -> None:
        if shape is None or not self._first(shape):
            return
        self.entities.add(shape.entity.name)
        for member in shape.members:
            self.add(member.value)
            self.shape(member.nested)

    def _first(self, thing: object) -> bool:
        if id(thing) in self._seen:
            return False
        self._seen.add(id(thing))
        return True


def link_name(field: Field) -> str:
    """A many-to-many relation in effects: `Entity.field`, of the end that it was declared at."""
    if field.via and field.type.element is not None:
        return f"{field.type.element.name}.{field.via}"
    return f"{field.entity}.{field.name}"


def effects_of(model: Model, tool: ToolModel) -> None:
    """Fills in the effects, calls and codes of a tool whose body is typed."""
    effects = tool.effects
    reads = Reads(model)
    for statement in tool.body:
        nodes = typed.walk(statement)
        for node in nodes:
            if isinstance(node, typed.ToolCall):
                effects.add(node.tool.effects)
                tool.automatic |= node.tool.automatic - {"not_found"}
                for code, message in node.tool.codes.items():
                    tool.codes.setdefault(code, message)
                if node.tool.name not in tool.calls:
                    tool.calls.append(node.tool.name)
            else:
                _write(model, effects, node)
        reads.of(nodes)
    reads.shape(tool.shape)
    for param in tool.params:
        _param_reads(model, reads, param)
    effects.reads |= reads.entities


def _param_reads(model: Model, reads: Reads, param: ParamModel) -> None:
    kind = param.type
    for row in _rows_in(kind):
        entity = model.entities[row.name]
        reads.entities.add(row.name)
        if row.scope in entity.scopes:
            reads.add(entity.scopes[row.scope].test)


def _rows_in(kind: Type) -> list[Type]:
    if kind.kind == "row":
        return [kind]
    if kind.kind == "list" and kind.element is not None:
        return _rows_in(kind.element)
    return [row for _, part in kind.fields for row in _rows_in(part)]


def _write(model: Model, effects: Effects, node: Any) -> None:
    match node:
        case typed.Create():
            effects.creates.add(node.entity.name)
            effects.creates |= {link_name(f) for f, _ in node.links}
            for child in node.children:
                assert child.field.type.element is not None
                effects.creates.add(child.field.type.element.name)
        case typed.Update():
            for assign in node.assigns:
                if assign.op == "+=":
                    effects.creates.add(link_name(assign.field))
                elif assign.op == "-=":
                    effects.deletes.add(link_name(assign.field))
                else:
                    effects.updates.add((node.entity.name, assign.field.name))
        case typed.Delete():
            effects.deletes |= cascaded(model, node.entity)


def cascaded(model: Model, entity: Entity) -> set[str]:
    """What goes with a deleted row: rows that refer to it by `@cascade`, and links of either end."""
    found = {entity.name}
    edge = [entity.name]
    while edge:
        for field in model.referrers(edge.pop()):
            if field.kind == "link":
                found.add(link_name(field))
            elif field.cascade and field.entity not in found:
                found.add(field.entity)
                edge.append(field.entity)
    return found


class Invariants:
    """The invariants of a spec, by what they read."""

    def __init__(self, model: Model) -> None:
        self.reads = {
            name: _invariant_reads(model, invariant) for name, invariant in model.invariants.items()
        }
        self._places = {name: place for place, name in enumerate(self.reads)}
        self._readers: dict[str | tuple[str, str], list[str]] = {}
        for name, reads in self.reads.items():
            for read in _union(reads.entities, reads.columns):
                self._readers.setdefault(read, []).append(name)

    def broken_by(self, effects: Effects) -> tuple[str, ...]:
        """Those that a call with these effects may break, in the order of the spec."""
        written = _union(effects.creates | effects.deletes, effects.updates)
        found = {name for what in written for name in self._readers.get(what, [])}
        return tuple(sorted(found, key=self._places.__getitem__))


def _union(entities: set[str], columns: set[tuple[str, str]]) -> set[str | tuple[str, str]]:
    return {*entities, *columns}


def _invariant_reads(model: Model, invariant: Invariant) -> Reads:
    reads = Reads(model)
    reads.add(invariant.test)
    if invariant.entity is not None:
        reads.entities.add(invariant.entity.name)
    return reads


def automatic_codes(model: Model, tool: ToolModel) -> None:
    """The errors that a call may answer by itself. `invariant_violated` is no answer to plan on, and not
    among them.
    """
    codes = tool.automatic
    if tool.params:
        codes.add("invalid_arguments")
    if any(_rows_in(p.type) for p in tool.params) or any(_scoped(model, name) for name in tool.calls):
        codes.add("not_found")
    effects = tool.effects
    for name in effects.creates:
        entity = model.entities.get(name)
        if entity is not None:
            _row_codes(entity, None, codes)
    for name, column in effects.updates:
        entity = model.entities[name]
        _row_codes(entity, column, codes)
        if entity.fields[column].moves:
            codes.add("illegal_move")
    for name in effects.deletes:
        if name in model.entities and _referred(model, name):
            codes.add("in_use")
    if tool.result is not None and tool.result.kind == "row" and tool.result.name in effects.deletes:
        codes.add("not_found")
    codes |= {c for c in tool.codes if c in AUTOMATIC}


def _scoped(model: Model, name: str) -> bool:
    """Whether a tool, or one that it calls, takes rows of a scope."""
    tool = model.tools[name]
    return any(row.scope for p in tool.params for row in _rows_in(p.type)) or any(
        _scoped(model, called) for called in tool.calls
    )


def _row_codes(entity: Entity, column: str | None, codes: set[str]) -> None:
    for rule in entity.uniques:
        if column is None or column in {f.name for f in rule.fields} or rule.test is not None:
            codes.add("conflict")
    for field in entity.fields.values():
        if column not in (None, field.name) or field.kind != "stored":
            continue
        if field.unique or field.natural_key:
            codes.add("conflict")
        if _is_limited(field.type):
            codes.add("check_failed")
    for rule in entity.checks:
        used = {n.field.name for n in typed.walk(rule.test) if isinstance(n, typed.ColumnOf)}
        if column is None or column in used:
            codes.add("check_failed")


def _is_limited(kind: Type) -> bool:
    """Whether a column of the type, or a part of a record, takes some values only."""
    limits = (kind.low, kind.high, kind.pattern)
    return any(limit is not None for limit in limits) or any(_is_limited(part) for _, part in kind.fields)


def _referred(model: Model, name: str) -> bool:
    return any(field.kind == "stored" and not field.cascade for field in model.referrers(name))
