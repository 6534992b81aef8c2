"""Rules of the spec as a whole: what nothing reaches, what nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from awmc.diagnostics.suggest import nearest
from awmc.semantics import typed
from awmc.semantics.circles import circle_through
from awmc.semantics.model import Model
from awmc.semantics.typeexprs import entity_named
from awmc.semantics.types import Type
from awmc.syntax import ast


def resolve_actor(model: Model) -> None:
    """The entity of the actor; its label is looked up once the seeds have theirs."""
    if model.env is None or not model.env.actors:
        return
    actor = model.env.actors[0]
    if entity_named(model, actor.entity) is None:
        return
    model.actor = (actor.entity.text, actor.label.text)


def check_actor(model: Model) -> None:
    """The actor's row exists."""
    if model.actor is None or model.env is None:
        return
    entity, label = model.actor
    labels = model.labels.get(entity, {})
    if label not in labels:
        span = model.env.actors[0].label.span
        model.report("AWM211", span, entity=entity, name=label, hint=nearest(label, labels))


def check_storage(model: Model) -> None:
    """No two fields of an entity are stored in one column."""
    for entity in model.entities.values():
        columns: dict[str, str] = {}
        for field in entity.columns:
            for column in stored_names(field.name, field.type):
                if column in columns and columns[column] != field.name:
                    model.report(
                        "AWM126",
                        field.span,
                        first=columns[column],
                        second=field.name,
                        entity=entity.name,
                        column=column,
                    )
                columns.setdefault(column, field.name)


def stored_names(name: str, kind: Type) -> list[str]:
    """The columns that a field is stored in: one, or one for each part of a record."""
    if kind.kind != "record":
        return [name]
    return [f"{name}_{part}" for part, _ in kind.fields]


def check_circles(model: Model) -> None:
    """No row needs, directly or not, a row that needs it: there must be a first one to make."""
    needs = {
        entity.name: {
            f.type.name for f in entity.fields.values()
            if f.kind == "stored" and f.type.kind == "row" and not f.type.nullable and f.default is None
        }
        for entity in model.entities.values()
    }  # fmt: skip
    told: set[str] = set()
    for name, entity in model.entities.items():
        circle = circle_through(needs, name)
        if circle and not told & set(circle):
            told |= set(circle)
            names = " and ".join(f"`{n}`" for n in circle)
            model.report(
                "AWM415",
                entity.span,
                entities=names,
                help="let one of the references be null: `name: Entity?`",
            )


def check_reach(model: Model) -> None:
    """Every entity is read or written by a tool."""
    if not model.tools and not model.entities:
        return
    reached: set[str] = set()
    for tool in model.tools.values():
        if tool.hidden:
            continue
        effects = tool.effects
        reached |= (
            effects.reads | effects.creates | effects.deletes | {entity for entity, _ in effects.updates}
        )
    for entity in model.entities.values():
        if entity.name not in reached:
            model.report(
                "AWM404", entity.span, entity=entity.name,
                help=f"add `tools {entity.name} {{ list, get }}`, read it in a tool, or drop it",
            )  # fmt: skip


def check_use(model: Model) -> None:
    """Shapes, enums, records, actions and `fn`s that nothing uses; tools that no task uses."""
    for shape in model.shapes.values():
        if (
            not shape.used
            and not shape.implicit
            and not any(s.node is not shape.node and _uses(s, shape) for s in model.shapes.values())
        ):
            model.report("AWM513", shape.span, shape=shape.name)
    called = {name for tool in model.tools.values() for name in tool.calls}
    solved = {
        call.tool.name
        for task in model.tasks.values()
        for solve in (*task.solves, *task.wrongs)
        for statement in solve.body
        for call in typed.walk(statement)
        if isinstance(call, typed.ToolCall)
    }
    for tool in model.tools.values():
        if tool.hidden and tool.name not in called:
            model.report("AWM515", tool.span, kind="action", name=tool.name)
        elif not tool.hidden and model.tasks and tool.name not in solved | called:
            model.report("AWM514", tool.span, tool=tool.name)
    for fn in model.fns.values():
        if not fn.used:
            model.report("AWM515", fn.span, kind="fn", name=fn.name)
    named = set(_type_names(model))
    for enum in model.enums.values():
        if not enum.inline and enum.name not in named:
            model.report("AWM515", enum.span, kind="enum", name=enum.name)
    for record in model.records.values():
        if record.name not in named:
            model.report("AWM515", record.span, kind="record", name=record.name)


def _uses(shape: object, other: object) -> bool:
    members = getattr(shape, "members", ())
    return any(m.nested is other for m in members)


def _type_names(model: Model) -> Iterator[str]:
    for item in model.spec.items:
        yield from _names_in(item)


def _names_in(node: object) -> Iterator[str]:
    if isinstance(node, ast.RowType):
        yield node.name.text
    elif isinstance(node, tuple):
        for item in node:
            yield from _names_in(item)
    elif isinstance(
        node,
        (
            ast.Entity,
            ast.Record,
            ast.Fn,
            ast.Tool,
            ast.Field,
            ast.Param,
            ast.ListType,
            ast.RecordType,
            ast.ResultType,
        ),
    ):
        for name in node.__struct_fields__:
            if name not in ("span", "name", "body", "value", "default"):
                yield from _names_in(getattr(node, name))
