"""The types of what goes over the wire, as a `solve` sees them."""

from __future__ import annotations

from msgspec.structs import replace

from awmc.semantics.model import Model, ShapeModel, ToolModel
from awmc.semantics.types import BOOL, ERROR, Type, id_of, list_of


def wire_result(model: Model, tool: ToolModel) -> Type:
    """What a call of the tool gives an agent: an object, a list (the items), or a plain value."""
    if tool.result is None:
        return Type("record", fields=(("ok", BOOL),))
    return shaped_type(model, tool.result, tool.shape, paged=tool.paged)


def shaped_type(model: Model, kind: Type, shape: ShapeModel | None, *, paged: bool = False) -> Type:
    """A storage type as it goes out: rows as objects of `shape`, or without one as their ids."""
    if kind.kind == "list" and kind.element is not None:
        return replace(list_of(shaped_type(model, kind.element, shape), paged=paged), nullable=kind.nullable)
    if kind.kind == "row":
        if shape is None:
            return replace(id_of(kind.name), nullable=kind.nullable)
        return Type("record", kind.nullable, fields=shape_fields(model, shape))
    if kind.kind == "record":
        return replace(kind, fields=tuple((n, shaped_type(model, t, None)) for n, t in kind.fields))
    return replace(kind, low=None, high=None, pattern=None, scope="")


def shape_fields(model: Model, shape: ShapeModel) -> tuple[tuple[str, Type], ...]:
    """The members of a shape with their types on the wire; those that are faulty may be anything."""
    shown = {m.name: shaped_type(model, m.value.type, m.nested) for m in shape.members}
    lost = [*shape.lost, *(f.name for f in shape.entity.fields.values() if f.type.kind == "error")]
    return (*shown.items(), *((name, ERROR) for name in lost if name not in shown))
