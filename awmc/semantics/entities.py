"""Records, entities and their fields: types, attributes, relations; what needs expressions comes later
(`columns`).
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from awmc.diagnostics.foreign import ATTRIBUTES
from awmc.diagnostics.model import Fix, Label
from awmc.diagnostics.suggest import nearest
from awmc.semantics import typeexprs
from awmc.semantics.declare import plural_of
from awmc.semantics.model import Entity, EnumSymbol, Field, Model
from awmc.semantics.types import ERROR, TEXTUAL, Type, id_of
from awmc.syntax import ast

FIELD_ATTRIBUTES = (
    "unique",
    "search",
    "hidden",
    "computed",
    "via",
    "match",
    "untracked",
    "cascade",
    "id",
    "many",
)
ENTITY_ATTRIBUTES = ("unique", "check", "scope", "names", "id")
_ID_FORM = re.compile(r"[^{}]*\{n(?::0[1-9][0-9]?)?\}[^{}]*")


def resolve_records(model: Model) -> None:
    """The parts of every record; a record in a record is allowed, in a circle it is not."""
    declared = (item for item in model.spec.items if isinstance(item, ast.Record))
    pending = {item.name.text: item for item in declared if item.name.text in model.records}
    for item in list(pending.values()):
        _record(model, item, pending, ())


def _record(model: Model, item: ast.Record, pending: dict[str, ast.Record], path: tuple[str, ...]) -> None:
    if item.name.text not in pending:
        return
    for param in item.fields:
        if isinstance(param.type, ast.RowType) and param.type.name.text in pending:
            inner = param.type.name.text
            if inner == item.name.text or inner in path:
                model.report("AWM505", param.type.span, name=inner)
                del pending[item.name.text]
                return
            _record(model, pending[inner], pending, (*path, item.name.text))
    del pending[item.name.text]
    symbol = model.records[item.name.text]
    symbol.parts = tuple(typeexprs.parts(model, item.fields, item.name.text))
    for part in symbol.parts:
        if part.type.kind in ("row", "list", "record") and part.type.kind != "error":
            model.report(
                "AWM324",
                part.span,
                field=part.name,
                what=f"a part of record `{symbol.name}`",
                thing=f"type {part.type}",
            )


def resolve_entities(model: Model) -> None:
    """The fields of every entity."""
    for entity in model.entities.values():
        _names_and_id(model, entity)
    late: list[tuple[Entity, ast.Field]] = []
    for entity in model.entities.values():
        for node in entity.node.fields:
            if isinstance(node.type, ast.ColumnType):
                late.append((entity, node))
            _field(model, entity, node)
    for entity, node in late:
        _borrowed(model, entity, node)
    for entity in model.entities.values():
        _key(model, entity)
        _relations(model, entity)


def _names_and_id(model: Model, entity: Entity) -> None:
    for attribute in entity.node.attributes:
        name = attribute.name.text
        if name == "names":
            values = [a.value for a in attribute.args]
            if len(values) == 2 and all(isinstance(v, ast.Ref) for v in values):
                entity.singular, entity.plural = (v.name for v in values if isinstance(v, ast.Ref))
            else:
                model.report(
                    "AWM410",
                    attribute.span,
                    attribute="@@names",
                    expected="the singular and the plural, as two names",
                )
        elif name == "id":
            form = typeexprs.one_text(attribute)
            if form is None:
                model.report(
                    "AWM410", attribute.span, attribute="@@id", expected='a form such as `"ORD-{n:05}"`'
                )
            elif not _ID_FORM.fullmatch(form):
                model.report("AWM411", attribute.args[0].span, form=form)
            elif entity.id_format:
                model.report("AWM112", attribute.span, owner=entity.name, attribute="@@id")
            else:
                entity.id_format = form
        elif name not in ENTITY_ATTRIBUTES:
            hint = nearest(name, ENTITY_ATTRIBUTES)
            if name in FIELD_ATTRIBUTES:
                model.report(
                    "AWM232", attribute.span, attribute=f"@@{name}", expected="a column", found="an entity"
                )
            else:
                known = ", ".join(f"`@@{each}`" for each in ENTITY_ATTRIBUTES)
                advice = ATTRIBUTES.get(name.replace("_", "").lower())
                model.report(
                    "AWM214", attribute.name.span, attribute=name, hint=f"@@{hint}" if hint else None,
                    fixes=(Fix(attribute.name.span, hint, f"write `@@{hint}`"),) if hint else (),
                    help=None if hint else advice or f"write one of {known}",
                )  # fmt: skip
    if not [a for a in entity.node.attributes if a.name.text == "names"]:
        entity.plural = plural_of(entity.singular)


def _field(model: Model, entity: Entity, node: ast.Field) -> None:
    name = node.name.text
    if name in entity.fields:
        model.report(
            "AWM104", node.name.span, entity=entity.name, field=name,
            secondary=(Label(entity.fields[name].span, "it is declared here"),),
        )  # fmt: skip
        return
    if name == "id":
        model.report("AWM127", node.name.span, entity=entity.name, field=name)
        return
    if len(node.docs) > 1:
        model.report("AWM118", node.docs[1].span, what=f"field `{name}`", clause="doc")
    owner = f"{entity.name}.{name}"
    field = Field(name, entity.name, "stored", ERROR, node.name.span, node=node)
    field.doc = node.docs[0].value if node.docs else ""
    entity.fields[name] = field
    if isinstance(node.type, ast.States):
        field.type = _states(model, owner, node.type, field)
    elif not isinstance(node.type, ast.ColumnType):
        field.type = typeexprs.resolve(model, node.type, owner)
    _attributes(model, entity, field, node)


def _states(model: Model, owner: str, node: ast.States, field: Field) -> Type:
    names: dict[str, ast.Name] = {}
    moves: dict[str, list[str]] = {}
    for transition in node.transitions:
        names.setdefault(transition.source.text, transition.source)
        for target in transition.targets:
            names.setdefault(target.text, target)
            if target.text in moves.setdefault(transition.source.text, []):
                model.report(
                    "AWM120", target.span, field=field.name, start=transition.source.text, end=target.text
                )
            else:
                moves[transition.source.text].append(target.text)
    values = tuple((name, name, "") for name in names)
    model.enums[owner] = EnumSymbol(owner, node.span, values, inline=True, states=field.name)
    field.moves = {name: tuple(moves.get(name, ())) for name in names}
    first = next(iter(names))
    reached, edge = {first}, [first]
    while edge:
        for end in field.moves[edge.pop()]:
            if end not in reached:
                reached.add(end)
                edge.append(end)
    for state, place in names.items():
        if state not in reached:
            model.report("AWM421", place.span, first=first, state=state, field=field.name)
    return Type("enum", name=owner)


def _attributes(model: Model, entity: Entity, field: Field, node: ast.Field) -> None:
    seen: set[str] = set()
    for attribute in node.attributes:
        name = attribute.name.text
        if name not in FIELD_ATTRIBUTES:
            if name in ENTITY_ATTRIBUTES:
                model.report(
                    "AWM232",
                    attribute.span,
                    attribute=f"@{name}",
                    expected="an entity, as `@@`",
                    found="a column",
                )
                continue
            hint = typeexprs.unknown_attribute(model, attribute, FIELD_ATTRIBUTES)
            if hint is None or attribute.args:
                # What the column is cannot be told: nothing that follows from that is said.
                field.type = ERROR if attribute.args else field.type
                continue
            attribute, name = replace(attribute, name=ast.Name(attribute.name.span, hint)), hint
        if name in seen:
            model.report("AWM112", attribute.span, owner=f"{entity.name}.{field.name}", attribute=f"@{name}")
            continue
        seen.add(name)
        if name in ("unique", "search", "hidden", "untracked", "cascade", "id", "many") and attribute.args:
            model.report("AWM410", attribute.span, attribute=f"@{name}", expected="nothing")
        _attribute(model, entity, field, attribute)
    if field.type.kind == "list" and field.kind == "stored":
        field.kind = "link" if "many" in seen else "relation"
    elif "many" in seen and field.type.kind != "error":
        model.report("AWM416", node.name.span, field=field.name, found=field.type.a)


def _attribute(model: Model, entity: Entity, field: Field, attribute: ast.Attribute) -> None:
    kind = field.type.kind
    match attribute.name.text:
        case "unique":
            field.unique = True
        case "hidden":
            field.hidden = True
        case "untracked":
            field.untracked = True
        case "computed":
            field.kind = "computed"
            if len(attribute.args) != 1:
                model.report("AWM410", attribute.span, attribute="@computed", expected="one expression")
        case "search":
            field.search = kind in TEXTUAL
            if kind not in (*TEXTUAL, "error"):
                model.report(
                    "AWM322", attribute.span, attribute="@search", field=field.name, found=field.type.a
                )
        case "cascade":
            field.cascade = True
            if kind not in ("row", "error"):
                model.report(
                    "AWM322", attribute.span, attribute="@cascade", field=field.name, found=field.type.a
                )
        case "match":
            field.type = typeexprs.match_of(model, field.type, attribute, field.name)
        case "id":
            field.natural_key = True
            if kind not in ("text", "error") or field.type.nullable:
                model.report("AWM322", attribute.span, attribute="@id", field=field.name, found=field.type.a)
            elif entity.key is not None:
                model.report("AWM412", attribute.span, entity=entity.name)
            else:
                entity.key = field
        case "via":
            value = attribute.args[0].value if len(attribute.args) == 1 else None
            if not isinstance(value, ast.Ref):
                model.report("AWM410", attribute.span, attribute="@via", expected="the name of one field")
            else:
                field.via = value.name


def _borrowed(model: Model, entity: Entity, node: ast.Field) -> None:
    """A field whose type is another column's. The other may borrow as well, up to a circle."""
    field = entity.fields.get(node.name.text)
    if field is None or field.node is not node:
        return
    seen = {(entity.name, field.name)}
    target = node.type
    while isinstance(target, ast.ColumnType):
        other = model.entities.get(target.entity.text)
        found = other.fields.get(target.field.text) if other else None
        if found is None or found.node is None or not isinstance(found.node.type, ast.ColumnType):
            break
        if (found.entity, found.name) in seen:
            model.report("AWM505", node.type.span, name=f"{entity.name}.{field.name}")
            return
        seen.add((found.entity, found.name))
        target = found.node.type
    assert isinstance(target, ast.ColumnType)
    resolved = typeexprs.resolve(model, target, f"{entity.name}.{field.name}")
    assert isinstance(node.type, ast.ColumnType)
    field.type = replace(resolved, nullable=node.type.optional)


def _key(model: Model, entity: Entity) -> None:
    for field in entity.fields.values():
        if field.kind == "stored" and field.type.kind in ("list", "record") and not field.type.name:
            model.report("AWM323", field.span, field=field.name, entity=entity.name, found=field.type.a)
    if entity.key is not None:
        if entity.id_format:
            model.report("AWM412", entity.key.span, entity=entity.name)
        return
    entity.key = Field("id", entity.name, "id", id_of(entity.name), entity.span)


def _relations(model: Model, entity: Entity) -> None:
    for field in entity.fields.values():
        if field.kind not in ("relation", "link"):
            if field.via:
                model.report("AWM322", field.span, attribute="@via", field=field.name, found=field.type.a)
            continue
        element = field.type.element
        if element is None or element.kind != "row":
            if element is not None and element.kind != "error":
                code = "AWM416" if field.kind == "link" else "AWM323"
                details = {"field": field.name, "found": field.type.a}
                if code == "AWM323":
                    details["entity"] = entity.name
                model.report(code, field.span, **details)
            field.type = ERROR
            continue
        target = model.entities[element.name]
        if field.kind == "link":
            _other_end(model, entity, field, target)
            continue
        _relation(model, entity, field, target)


def _other_end(model: Model, entity: Entity, field: Field, target: Entity) -> None:
    """A many-to-many relation `@via` the field at its other end is the same relation."""
    back = [f for f in _links_to(target, entity) if f is not field]
    if not field.via:
        twin = next((f for f in back if not any(g.via == f.name for g in _links_to(entity, target))), None)
        if twin is not None and entity.span.start > target.span.start:
            model.report(
                "AWM417", field.span, field=f"{entity.name}.{field.name}", other=f"{target.name}.{twin.name}",
                help=f"write `{field.name}: [{target.name}] @many @via({twin.name})` if they are one",
            )  # fmt: skip
        return
    if field.via in {f.name for f in back}:
        return
    if field.via not in target.fields:
        hint = nearest(field.via, [f.name for f in back])
        model.report("AWM203", field.span, entity=target.name, field=field.via, hint=hint)
    else:
        model.report("AWM407", field.span, target=target.name, field=field.via, entity=entity.name)
    field.type = ERROR


def _links_to(entity: Entity, target: Entity) -> list[Field]:
    """The many-to-many relations of an entity to another that are declared there."""
    return [
        f
        for f in entity.fields.values()
        if f.kind == "link"
        and f.type.element is not None
        and f.type.element.name == target.name
        and not f.via
    ]


def _relation(model: Model, entity: Entity, field: Field, target: Entity) -> None:
    back = [
        f.name
        for f in target.fields.values()
        if f.kind == "stored" and f.type.kind == "row" and f.type.name == entity.name
    ]
    if field.via:
        if field.via not in back:
            if field.via not in target.fields:
                hint = nearest(field.via, back)
                model.report("AWM203", field.span, entity=target.name, field=field.via, hint=hint)
            else:
                model.report("AWM407", field.span, target=target.name, field=field.via, entity=entity.name)
            field.type = ERROR
    elif len(back) == 1:
        field.via = back[0]
    elif not back and any(f.type.kind == "error" for f in target.fields.values()):
        # One of those may be the reference.
        field.type = ERROR
    elif not back:
        model.report(
            "AWM405", field.span, target=target.name, entity=entity.name,
            help=f"add `{entity.singular}: {entity.name}` to `{target.name}`, or `@many` here",
        )  # fmt: skip
        field.type = ERROR
    else:
        fields = " and ".join(f"`{name}`" for name in back)
        model.report(
            "AWM406", field.span, target=target.name, entity=entity.name, fields=fields,
            help=f"say which by `@via({back[0]})`",
        )  # fmt: skip
        field.type = ERROR
