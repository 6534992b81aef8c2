"""Shapes: what is shown of a row, written, nested, or by default."""

from __future__ import annotations

from awmc.diagnostics.suggest import nearest
from awmc.semantics import typed, typeexprs
from awmc.semantics.context import Context
from awmc.semantics.expressions import infer
from awmc.semantics.model import (
    Entity,
    MemberModel,
    Model,
    ShapeModel,
)
from awmc.semantics.names import member
from awmc.semantics.types import row_of
from awmc.source import Span
from awmc.syntax import ast


def declare_shapes(model: Model) -> None:
    """Every shape by name, still without members: shapes may use each other."""
    for item in model.spec.items:
        if not isinstance(item, ast.Shape) or item.name.text in model.shapes:
            continue
        if (
            item.name.text in model.entities
            or item.name.text in model.enums
            or item.name.text in model.records
        ):
            continue
        entity = typeexprs.entity_named(model, item.entity)
        if entity is None:
            model.broken.add(item.name.text)
            continue
        binder = typed.Binder("", row_of(entity.name), is_self=True)
        model.shapes[item.name.text] = ShapeModel(item.name.text, item.name.span, entity, binder, node=item)


def resolve_shapes(model: Model) -> None:
    """The members of every declared shape."""
    for shape in list(model.shapes.values()):
        if shape.node is not None:
            fill_shape(model, shape, shape.node.members)


def fill_shape(model: Model, shape: ShapeModel, members: tuple[ast.ShapeMember, ...]) -> None:
    """Gives a shape its members; nested ones become implicit shapes of their own."""
    names: set[str] = set()
    for node in members:
        name = node.name.text if node.name is not None else node.path[-1].text
        if name in names:
            model.report("AWM122", node.span, what=f"`{shape.name}`", field=name)
            continue
        names.add(name)
        found = _member(model, shape, name, node)
        if found is not None:
            shape.members.append(found)
        else:
            shape.lost |= {name, nearest(name, shape.entity.fields) or name}


def _member(model: Model, shape: ShapeModel, name: str, node: ast.ShapeMember) -> MemberModel | None:
    cx = Context(model, "a shape", self_binder=shape.binder, calls="a shape calls no tool")
    doc = ""
    if node.value is not None:
        value = infer(cx, node.value)
    else:
        value = typed.Bound(Span.at(node.span.start), shape.binder.type, shape.binder)
        for part in node.path:
            value = member(cx, value, part, node.path[0].span.to(part.span))
    if value.type.kind == "error":
        return None
    if isinstance(value, typed.ShapedOf):
        return MemberModel(name, node.span, value.of, value.shape, doc)
    if isinstance(value, typed.ColumnOf):
        doc = value.field.doc
        if value.field.hidden:
            model.report(
                "AWM517", node.span, field=value.field.name, entity=value.field.entity,
                help="leave it out, or drop its `@hidden`",
            )  # fmt: skip
            return None
    row = value.type.element if value.type.is_rows else value.type
    if node.nested is not None:
        if row is None or row.kind != "row":
            model.report(
                "AWM219", node.path[-1].span, expr=name, found=value.type.a, field=_first(node.nested)
            )
            return None
        nested = _nested(model, f"{shape.name}.{name}", node, model.entities[row.name])
        fill_shape(model, nested, node.nested)
        return MemberModel(name, node.span, value, nested, doc)
    if value.type.is_rows and not isinstance(value, typed.ColumnOf):
        assert row is not None
        return MemberModel(name, node.span, value, default_shape(model, model.entities[row.name]), doc)
    if value.type.kind == "duration":
        model.report(
            "AWM523", node.span, found="a duration", help="show days with `days_between(…)`, or the moments"
        )
        return None
    return MemberModel(name, node.span, value, None, doc)


def _first(members: tuple[ast.ShapeMember, ...]) -> str:
    first = members[0]
    return first.name.text if first.name is not None else first.path[-1].text


def _nested(model: Model, name: str, node: ast.ShapeMember, entity: Entity) -> ShapeModel:
    binder = typed.Binder("", row_of(entity.name), is_self=True)
    unique = name
    count = 2
    while unique in model.shapes:
        unique = f"{name}_{count}"
        count += 1
    shape = ShapeModel(unique, node.span, entity, binder, implicit=True, used=True)
    model.shapes[unique] = shape
    return shape


def inline_shape(
    model: Model, name: str, span: Span, entity: Entity, members: tuple[ast.ShapeMember, ...]
) -> ShapeModel:
    """The shape written in a tool's result."""
    binder = typed.Binder("", row_of(entity.name), is_self=True)
    shape = ShapeModel(name, span, entity, binder, implicit=True, used=True)
    model.shapes[name] = shape
    fill_shape(model, shape, members)
    return shape


def default_shape(model: Model, entity: Entity) -> ShapeModel:
    """All columns but the hidden, references as ids."""
    if entity.default_shape is not None:
        return entity.default_shape
    binder = typed.Binder("", row_of(entity.name), is_self=True)
    shape = ShapeModel(entity.name, entity.span, entity, binder, implicit=True, used=True)
    entity.default_shape = shape
    model.shapes[entity.name] = shape
    row = typed.Bound(entity.span, binder.type, binder)
    key = entity.id_field
    first = [] if key.natural_key else [key]
    for field in (*first, *entity.fields.values()):
        if not field.is_column or field.hidden or field.type.kind == "error":
            continue
        if field.kind == "computed" and field.value is None:
            continue
        shape.members.append(
            MemberModel(
                field.name, field.span, typed.ColumnOf(field.span, field.type, row, field), None, field.doc
            )
        )
    return shape
