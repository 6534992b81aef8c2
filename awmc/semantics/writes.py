"""Statements that write: `create`, `update`, `delete`."""

from __future__ import annotations

from awmc.diagnostics.suggest import nearest
from awmc.semantics import nulls, typed
from awmc.semantics.context import Context
from awmc.semantics.declarations import check_limits
from awmc.semantics.expressions import convert, infer, poison, present, require
from awmc.semantics.model import Entity, Field, Model
from awmc.semantics.operators import operate
from awmc.semantics.typeexprs import entity_named, meant_fields, report_unknown_field
from awmc.semantics.types import Type, list_of
from awmc.source import Span
from awmc.syntax import ast


def create(cx: Context, node: ast.Create, name: str) -> typed.Create | None:
    """`create Entity { … }`; every column is given, by a value or by its default."""
    entity = entity_named(cx.model, node.entity)
    if entity is None:
        for entry in node.values.entries:
            if entry.value is not None:
                infer(cx, entry.value)
        return None
    values, links, children = _row_values(cx, entity, node.values, skip=None, where=f"create {entity.name}")
    meant = meant_fields((entry.name.text for entry in node.values.entries), entity.fields)
    _leaves_out(cx, entity, {f.name for f, _ in values} | meant, node.span, skip=None)
    cx.forget({(entity.name, "*")})
    return typed.Create(node.span, name, entity, tuple(values), tuple(links), tuple(children))


def _row_values(
    cx: Context, entity: Entity, record: ast.RecordOf, *, skip: Field | None, where: str
) -> tuple[list[tuple[Field, typed.Expr]], list[tuple[Field, typed.Expr]], list[typed.Children]]:
    values: list[tuple[Field, typed.Expr]] = []
    links: list[tuple[Field, typed.Expr]] = []
    children: list[typed.Children] = []
    seen: set[str] = set()
    for entry in record.entries:
        field_ = settable(cx.model, entity, entry.name, creating=where)
        value = entry.value if entry.value is not None else ast.Ref(entry.name.span, entry.name.text)
        if field_ is None:
            infer_quietly(cx, value)
            continue
        if field_.name in seen:
            cx.report("AWM111", entry.span, statement="create", field=field_.name)
            continue
        seen.add(field_.name)
        if field_.kind == "relation":
            made = _children(cx, field_, value)
            if made is not None:
                children.append(made)
        elif field_.kind == "link":
            links.append((field_, require(cx, value, field_.type, f"`{entity.name}.{field_.name}`")))
        else:
            values.append((field_, assigned(cx, entity, field_, value)))
    return values, links, children


def infer_quietly(cx: Context, node: ast.Expr) -> None:
    """Reads an expression whose place is wrong, so that its names count as used; reports nothing."""
    before = len(cx.model.problems)
    infer(cx, node)
    del cx.model.problems[before:]


def assigned(cx: Context, entity: Entity, field_: Field, value: ast.Expr) -> typed.Expr:
    """A value for a column, converted and held to the column's limits where it is a constant."""
    found = require(cx, value, field_.type, f"`{entity.name}.{field_.name}`")
    check_limits(cx.model, found, field_.type, f"`{entity.name}.{field_.name}`")
    return found


def settable(model: Model, entity: Entity, name: ast.Name, *, creating: str = "") -> Field | None:
    """The field of this name if a statement may set it; reports why not."""
    field_ = entity.fields.get(name.text)
    if field_ is None:
        if name.text == "id":
            model.report("AWM508", name.span, field="id", entity=entity.name, what="given by the world")
            return None
        report_unknown_field(model, entity.name, name)
        return None
    if field_.type.kind == "error":
        return None
    if field_.kind == "computed":
        model.report("AWM508", name.span, field=name.text, entity=entity.name, what="computed")
        return None
    if field_.natural_key and not creating:
        model.report("AWM508", name.span, field=name.text, entity=entity.name, what="a key")
        return None
    if field_.moves and creating:
        first = next(iter(field_.moves))
        model.report("AWM422", name.span, entity=entity.name, field=name.text, state=first)
        return None
    return field_


def _leaves_out(cx: Context, entity: Entity, given: set[str], span: Span, *, skip: Field | None) -> None:
    for field_ in entity.fields.values():
        if field_.kind != "stored" or field_.name in given or field_ is skip or field_.moves:
            continue
        if field_.default is None and not field_.type.nullable and field_.type.kind != "error":
            if field_.node is not None and field_.node.default is not None:
                continue
            cx.report("AWM507", span, entity=entity.name, field=field_.name)


def _children(cx: Context, field_: Field, value: ast.Expr) -> typed.Children | None:
    element = field_.type.element
    assert element is not None
    child = cx.model.entities[element.name]
    back = child.fields[field_.via]
    where = f"create {child.name}"
    if isinstance(value, ast.ListOf):
        rows: list[tuple[tuple[Field, typed.Expr], ...]] = []
        for item in value.items:
            if not isinstance(item, ast.RecordOf):
                cx.report(
                    "AWM301",
                    item.span,
                    what=f"an item of `{field_.name}`",
                    found="a value",
                    expected="a record",
                )
                continue
            values, links, nested = _row_values(cx, child, item, skip=back, where=where)
            if links or nested:
                cx.report("AWM511", item.span, statement="create", where="rows made with another row")
            meant = meant_fields((entry.name.text for entry in item.entries), child.fields)
            _leaves_out(cx, child, {f.name for f, _ in values} | meant, item.span, skip=back)
            rows.append(tuple(values))
        return typed.Children(field_, tuple(rows))
    rows_ = infer(cx, value)
    if rows_.type.kind == "error":
        return None
    if rows_.type.kind != "list" or rows_.type.element is None or rows_.type.element.kind != "record":
        cx.report(
            "AWM301", value.span, what=f"`{field_.name}`", found=rows_.type.a, expected="a list of records"
        )
        return None
    record = rows_.type.element
    local = f"{field_.name}_element"
    made = typed.Local(value.span, record, local)
    parts: list[tuple[Field, typed.Expr]] = []
    for name, kind in record.fields:
        target = settable(cx.model, child, ast.Name(value.span, name), creating=where)
        if target is None:
            continue
        part = typed.PartOf(value.span, kind, made, name)
        parts.append((target, convert(cx, part, target.type, f"`{child.name}.{name}`")))
    _leaves_out(cx, child, {f.name for f, _ in parts}, value.span, skip=back)
    return typed.Children(field_, (), rows_, local, tuple(parts))


def _target(cx: Context, node: ast.Expr, statement: str) -> tuple[typed.Expr, typed.Binder, Entity] | None:
    rows = present(cx, infer(cx, node))
    if rows.type.kind == "error":
        return None
    row = rows.type.element if rows.type.kind == "list" else rows.type
    if row is None or row.kind != "row":
        cx.report("AWM509", node.span, statement=statement, found=rows.type.a)
        return None
    binder = rows.sources[0].binder if isinstance(rows, typed.QueryOf) else typed.Binder("", row)
    return rows, binder, cx.model.entities[row.name]


def update(cx: Context, node: ast.Update) -> typed.Update | None:
    target = _target(cx, node.rows, "update")
    if target is None:
        for assign in node.assigns:
            infer_quietly(cx, assign.value)
        return None
    rows, binder, entity = target
    assigns: list[typed.Assign] = []
    seen: set[str] = set()
    with cx.framed(binder), cx.knowing(nulls.where_facts(rows)):
        for item in node.assigns:
            found = _assign(cx, entity, binder, rows, item, seen)
            if found is not None:
                assigns.append(found)
    written = {(entity.name, a.field.name) for a in assigns}
    cx.forget(written)
    path = nulls.path_of(rows)
    if path is not None:
        for done in assigns:
            if done.op == "=" and not done.part and not done.given and not done.value.type.nullable:
                cx.facts |= {(*path, (entity.name, done.field.name))}
    return typed.Update(node.span, entity, binder, rows, tuple(assigns))


def _assign(
    cx: Context, entity: Entity, binder: typed.Binder, rows: typed.Expr, node: ast.Assign, seen: set[str]
) -> typed.Assign | None:
    field_ = settable(cx.model, entity, node.path[0])
    dotted = ".".join(n.text for n in node.path)
    if field_ is None:
        infer_quietly(cx, node.value)
        return None
    if field_.kind == "relation":
        cx.report("AWM508", node.path[0].span, field=dotted, entity=entity.name, what="a relation")
        return None
    if dotted in seen and field_.kind != "link":
        cx.report("AWM111", node.span, statement="update", field=dotted)
        return None
    seen.add(dotted)
    kind = field_.type
    for part in node.path[1:]:
        inner = kind.field(part.text) if kind.kind == "record" else None
        if inner is None:
            names = [n for n, _ in kind.fields]
            if kind.kind == "record":
                hint = nearest(part.text, names)
                cx.report("AWM204", part.span, record=kind.name or field_.name, part=part.text, hint=hint)
            else:
                cx.report("AWM219", part.span, expr=field_.name, found=kind.a, field=part.text)
            return None
        kind = inner
    if len(node.path) > 1 and _column(cx, binder, rows, field_, node.path[0].span).type.kind == "error":
        infer_quietly(cx, node.value)
        return None
    given: list[str] = []
    what = f"`{entity.name}.{dotted}`"
    with cx.collecting(given):
        if field_.kind == "link":
            return _relink(cx, field_, node, given)
        if node.op == "=":
            value = require(cx, node.value, kind, what)
            check_limits(cx.model, value, kind, what)
            if field_.moves:
                _possible_move(cx, field_, value)
        else:
            value = _step(cx, binder, rows, field_, kind, node, what)
    return typed.Assign(field_, tuple(n.text for n in node.path[1:]), "=", value, tuple(given))


def _possible_move(cx: Context, field_: Field, value: typed.Expr) -> None:
    if isinstance(value, typed.Const):
        targets = {t for moves in field_.moves.values() for t in moves}
        if value.value not in targets:
            cx.report("AWM420", value.span, field=field_.name, state=str(value.value))


def _column(cx: Context, binder: typed.Binder, rows: typed.Expr, field_: Field, span: Span) -> typed.Expr:
    """The column of an updated row, which must hold a value; what is known of the row's nulls outside holds of it."""
    old = typed.ColumnOf(span, field_.type, typed.Bound(span, binder.type, binder), field_)
    path = nulls.path_of(rows)
    if path is not None and (*path, (field_.entity, field_.name)) in cx.facts:
        return nulls.with_type(old, old.type.present)
    return present(cx, nulls.narrowed(cx, old))


def _step(
    cx: Context,
    binder: typed.Binder,
    rows: typed.Expr,
    field_: Field,
    kind: Type,
    node: ast.Assign,
    what: str,
) -> typed.Expr:
    """`a += e` as `a + e`."""
    if kind.kind not in ("int", "number", "money", "date", "datetime"):
        cx.report("AWM522", node.span, operator=node.op, field=field_.name, found=kind.a)
        infer(cx, node.value)
        return poison(node.span)
    span = node.path[0].span
    old = _column(cx, binder, rows, field_, span)
    path = nulls.path_of(rows)
    for part in node.path[1:]:
        old = typed.PartOf(span, kind, old, part.text)
        if path is not None and (*path, (field_.entity, field_.name), part.text) in cx.facts:
            old = nulls.with_type(old, kind.present)
        old = present(cx, nulls.narrowed(cx, old))
    step = present(cx, infer(cx, node.value, kind.present if kind.kind in ("money", "number") else None))
    if "error" in (old.type.kind, step.type.kind):
        return poison(node.span)
    return convert(cx, operate(cx, node.span, node.op[0], old, step), kind, what)


def _relink(cx: Context, field_: Field, node: ast.Assign, given: list[str]) -> typed.Assign | None:
    element = field_.type.element
    assert element is not None
    if node.op == "=":
        cx.report(
            "AWM522", node.span, operator="=", field=field_.name, found="many to many",
            help=f"add with `{field_.name} += …`, take away with `{field_.name} -= …`",
        )  # fmt: skip
        return None
    value = infer(cx, node.value, element)
    wanted = list_of(element) if value.type.kind == "list" else element
    value = convert(cx, value, wanted, f"what `{field_.name} {node.op}` takes", node.value)
    return typed.Assign(field_, (), node.op, value, tuple(given))


def delete(cx: Context, node: ast.Delete) -> typed.Delete | None:
    target = _target(cx, node.rows, "delete")
    if target is None:
        return None
    rows, _, entity = target
    cx.forget({(entity.name, "*")})
    return typed.Delete(node.span, entity, rows)
