"""Names and paths: locals, rows of queries, enum values, labels; `of.field`, `of[i]`, `x?`."""

from __future__ import annotations

from awmc.diagnostics.model import Fix
from awmc.diagnostics.suggest import nearest, translate
from awmc.semantics import typed
from awmc.semantics.context import Context
from awmc.semantics.expressions import infer, poison, require, rule, unhandled_null
from awmc.semantics.functions import AGGREGATES
from awmc.semantics.model import Field
from awmc.semantics.typeexprs import entity_named, report_unknown_field, scope_exists
from awmc.semantics.types import (
    DATETIME,
    INT,
    Type,
    list_of,
    row_of,
)  # fmt: skip
from awmc.source import Span
from awmc.syntax import ast


@rule(ast.Ref)
def ref_rule(cx: Context, node: ast.Ref, expected: Type | None) -> typed.Expr:
    name = node.name
    if name in cx.locals:
        cx.used.add(name)
        return typed.Local(node.span, cx.locals[name], name)
    for frame in reversed(cx.frames):
        for binder in frame:
            if binder.name == name:
                return typed.Bound(node.span, binder.type, binder)
    if expected is not None and expected.kind == "enum":
        wire = cx.model.enums[expected.name].wire(name)
        if wire is not None:
            return typed.Const(node.span, Type("enum", name=expected.name), wire, name)
    if name in ("me", "now", "self", "clock"):
        special = _special(cx, node)
        if special is not None:
            return special
    if cx.labels and name in cx.model.label_entities:
        return _label(cx, node, expected)
    return _unknown_name(cx, node, expected)


def _special(cx: Context, node: ast.Ref) -> typed.Expr | None:
    match node.name:
        case "self":
            if cx.self_binder is None:
                rows = [n for n, kind in cx.locals.items() if kind.kind == "row"]
                help_text = "name the row itself" + (f": `{rows[0]}`" if rows else "")
                cx.report("AWM221", node.span, where=cx.where, help=help_text)
                return poison(node.span)
            return typed.Bound(node.span, cx.self_binder.type, cx.self_binder)
        case "clock":
            return typed.Const(node.span, DATETIME, cx.model.clock, "clock") if cx.clock else None
        case "now":
            if cx.pure:
                cx.report("AWM409", node.span, word="now", where=cx.where)
                return poison(node.span)
            return typed.Now(node.span, DATETIME)
    if cx.pure:
        cx.report("AWM409", node.span, word="me", where=cx.where)
        return poison(node.span)
    if cx.model.actor is None:
        env = cx.model.env.name.text if cx.model.env else ""
        cx.report(
            "AWM220",
            node.span,
            env=env,
            help="name the row that the agent acts for: `actor Entity label` in `env`",
        )
        return poison(node.span)
    return typed.Me(node.span, row_of(cx.model.actor[0]))


def _label(cx: Context, node: ast.Ref, expected: Type | None) -> typed.Expr:
    entities = cx.model.label_entities[node.name]
    if expected is not None and expected.kind in ("row", "id"):
        if expected.name in entities:
            return typed.Label(node.span, row_of(expected.name), node.name)
        hint = nearest(node.name, cx.model.labels.get(expected.name, {}))
        cx.report("AWM211", node.span, entity=expected.name, name=node.name, hint=hint)
        return poison(node.span)
    if len(entities) > 1:
        cx.report("AWM212", node.span, name=node.name, first=entities[0], second=entities[1])
        return poison(node.span)
    return typed.Label(node.span, row_of(entities[0]), node.name)


def _unknown_name(cx: Context, node: ast.Ref, expected: Type | None) -> typed.Expr:
    name = node.name
    if expected is not None and expected.kind == "error":
        return poison(node.span)
    literal = translate(name, "literal")
    if literal is not None and literal != name and name not in cx.model.label_entities:
        fix = Fix(node.span, literal, f"write `{literal}`")
        cx.report("AWM041", node.span, word=name, written=literal, fixes=(fix,))
        return poison(node.span)
    if expected is not None and expected.kind == "enum":
        symbol = cx.model.enums[expected.name]
        values = [n for n, _, _ in symbol.values]
        hint = nearest(name, [*values, *cx.locals])
        fixes = (Fix(node.span, hint, f"write `{hint}`"),) if hint else ()
        help_text = None if hint else "write one of " + ", ".join(f"`{v}`" for v in values)
        if symbol.states:
            cx.report(
                "AWM215", node.span, field=symbol.states, state=name, hint=hint, fixes=fixes, help=help_text
            )
        else:
            cx.report(
                "AWM208", node.span, enum=expected.name, value=name, hint=hint, fixes=fixes, help=help_text
            )
        return poison(node.span)
    if not cx.labels and name in cx.model.label_entities:
        cx.report("AWM231", node.span, name=name)
        return poison(node.span)
    if expected is not None and expected.kind in ("row", "id") and cx.labels:
        hint = nearest(name, cx.model.labels.get(expected.name, {}))
        cx.report("AWM211", node.span, entity=expected.name, name=name, hint=hint)
        return poison(node.span)
    rows = cx.frames[-1][:1] if cx.frames else (cx.self_binder,)
    row = next((b for b in rows if b is not None and b.type.kind == "row"), None)
    if row is not None and name in cx.model.entities[row.type.name].fields:
        fix = Fix(node.span, f".{name}", f"write `.{name}`")
        cx.report("AWM205", node.span, name=name, hint=f".{name}", fixes=(fix,))
        return poison(node.span)
    enums = sorted(
        e.name for e in cx.model.enums.values() if e.wire(name) is not None and not e.name.endswith(".sort")
    )
    if len(enums) > 1:
        cx.report("AWM233", node.span, value=name, enums=", ".join(f"`{e}`" for e in enums))
        return poison(node.span)
    names = [*cx.locals, *(b.name for frame in cx.frames for b in frame if b.name), "me", "now"]
    names += cx.model.label_entities if cx.labels else ()
    names += ["true", "false"] if expected is not None and expected.kind == "bool" else []
    hint = nearest(name, names)
    fixes = (Fix(node.span, hint, f"write `{hint}`"),) if hint else ()
    cx.report("AWM205", node.span, name=name, hint=hint, fixes=fixes)
    return poison(node.span)


@rule(ast.EntityRef)
def entity_ref_rule(cx: Context, node: ast.EntityRef, expected: Type | None) -> typed.Expr:
    entity = entity_named(cx.model, ast.Name(node.span, node.name))
    if entity is None:
        return poison(node.span)
    if not cx.stored:
        cx.report("AWM624", node.span, entity=node.name)
        return poison(node.span)
    return typed.AllOf(node.span, list_of(row_of(node.name)), entity, "")


@rule(ast.Scoped)
def scoped_rule(cx: Context, node: ast.Scoped, expected: Type | None) -> typed.Expr:
    entity = cx.model.entities.get(node.entity.text)
    if entity is None:
        return entity_ref_rule(cx, ast.EntityRef(node.entity.span, node.entity.text), expected)
    if not scope_exists(cx.model, entity.name, node.scope):
        return poison(node.span)
    if not cx.stored:
        cx.report("AWM624", node.span, entity=entity.name)
        return poison(node.span)
    return typed.AllOf(node.span, list_of(row_of(entity.name)), entity, node.scope.text)


@rule(ast.Column)
def column_rule(cx: Context, node: ast.Column, expected: Type | None) -> typed.Expr:
    if not cx.frames:
        if cx.self_binder is not None:
            return member(
                cx, typed.Bound(node.span, cx.self_binder.type, cx.self_binder), node.field, node.span
            )
        rows = [n for n, kind in cx.locals.items() if kind.kind == "row"] or (
            ["me"] if cx.model.actor else []
        )
        help_text = f"write whose it is before the point: `{(rows or ['book'])[0]}.{node.field.text}`"
        cx.report("AWM222", node.span, field=node.field.text, help=help_text)
        return poison(node.span)
    binder = cx.frames[-1][0]
    return member(cx, typed.Bound(Span.at(node.span.start), binder.type, binder), node.field, node.span)


@rule(ast.Attr)
def attr_rule(cx: Context, node: ast.Attr, expected: Type | None) -> typed.Expr:
    if isinstance(node.of, ast.EntityRef) and node.of.name in cx.model.enums:
        value = node.field.text
        known = cx.model.enums[node.of.name].wire(value) is not None
        help_text = f"write `{value}` alone" if known else None
        fixes = (Fix(node.span, value, f"write `{value}`"),) if known else ()
        cx.report(
            "AWM226",
            node.of.span,
            name=node.of.name,
            found="an enum",
            expected="an entity",
            help=help_text,
            fixes=fixes,
        )
        return poison(node.span)
    return member(cx, infer(cx, node.of), node.field, node.span)


def member(cx: Context, of: typed.Expr, name: ast.Name, span: Span) -> typed.Expr:
    """`of.name`: a column or relation of a row, a part of a record, `total` of a page."""
    kind = of.type
    if kind.kind == "error":
        return poison(span)
    if kind.kind == "row":
        return _of_row(cx, of, name, span)
    if kind.kind == "record":
        part = kind.field(name.text)
        if part is None:
            names = [n for n, _ in kind.fields]
            hint = nearest(name.text, names)
            fixes = (Fix(name.span, hint, f"write `{hint}`"),) if hint else ()
            help_text = None if hint else "write one of " + ", ".join(f"`{n}`" for n in names)
            tool = tool_of(cx, of) if cx.wire else ""
            if tool:
                cx.report(
                    "AWM218", name.span, tool=tool, field=name.text, hint=hint, fixes=fixes, help=help_text
                )
            elif kind.scope == "group":
                cx.report("AWM234", name.span, name=name.text, hint=hint, fixes=fixes, help=help_text)
            elif kind.name and not cx.wire:
                cx.report(
                    "AWM204",
                    name.span,
                    record=kind.name,
                    part=name.text,
                    hint=hint,
                    fixes=fixes,
                    help=help_text,
                )
            else:
                shape = cx.model.text(of.span) or "the row"
                cx.report(
                    "AWM235", name.span, shape=shape, field=name.text, hint=hint, fixes=fixes, help=help_text
                )
            return poison(span)
        return typed.PartOf(span, part.or_null(kind.nullable), of, name.text)
    if kind.kind == "list" and name.text == "total" and kind.paged:
        return typed.PartOf(span, INT, of, "total")
    if kind.kind == "list" and kind.element is not None and kind.element.kind in ("row", "record"):
        help_text = "take one of them with `first(…)` or `[0]`, or loop over them"
        called = name.text if name.text in AGGREGATES else translate(name.text, "function")
        if called in ("count", "sum", "avg", "first", "exists", "len"):
            called = "count" if called == "len" else called
            help_text = f"write `{called}({cx.model.text(of.span)})`"
        elif name.text in ("filter", "where"):
            help_text = f"write `{cx.model.text(of.span)} where …`"
        if cx.model.source.text[of.span.end : of.span.end + 1].isspace():
            # `slots .free`: the point does not belong to what stands before it.
            help_text = f"write `where .{name.text}` to ask for some of them"
        cx.report(
            "AWM311",
            of.span if of.span.end > of.span.start else span,
            expr=cx.model.text(of.span),
            help=help_text,
        )
        return poison(span)
    cx.report("AWM219", name.span, expr=cx.model.text(of.span), found=kind.a, field=name.text)
    return poison(span)


def tool_of(cx: Context, expr: typed.Expr) -> str:
    """The tool whose result an expression takes from, or `""`."""
    while True:
        match expr:
            case typed.ToolCall():
                return expr.tool.name
            case typed.Local():
                return cx.results.get(expr.name, "")
            case typed.PartOf() | typed.ItemOf():
                expr = expr.of
            case typed.AggregateOf():
                expr = expr.query
            case typed.QueryOf():
                expr = expr.sources[0].of
            case typed.Bound():
                return cx.results.get(f"row {id(expr.binder)}", "")
            case _:
                return ""


def _of_row(cx: Context, of: typed.Expr, name: ast.Name, span: Span) -> typed.Expr:
    entity = cx.model.entities[of.type.name]
    field: Field | None = entity.fields.get(name.text)
    if field is None and name.text == "id":
        field = entity.key
        assert field is not None
        return typed.ColumnOf(span, Type("id", of.type.nullable, entity.name), of, field)
    if field is None:
        report_unknown_field(cx.model, entity.name, name)
        return poison(span)
    if field.type.kind == "error":
        return poison(span)
    if field.kind in ("relation", "link"):
        if of.type.nullable and not cx.lenient:
            unhandled_null(cx, of)
            return poison(span)
        return typed.RelationOf(span, field.type.present, of, field)
    return typed.ColumnOf(span, field.type.or_null(of.type.nullable), of, field)


@rule(ast.IfGiven)
def if_given_rule(cx: Context, node: ast.IfGiven, expected: Type | None) -> typed.Expr:
    found = infer(cx, node.of, expected)
    if found.type.kind == "error":
        return found
    text = cx.model.text(node.of.span)
    if not isinstance(found, typed.Local) or found.name not in cx.optional:
        cx.report(
            "AWM330", node.span, name=text, help="leave its `?` out, or write `?` behind the parameter's type"
        )
        return poison(node.span)
    if cx.given is None:
        cx.report(
            "AWM331", node.span, name=text,
            help="put it into an `and`-term of a `where`, or an assignment of an `update`",
        )  # fmt: skip
        return poison(node.span)
    if found.name not in cx.given:
        cx.given.append(found.name)
    return typed.Local(node.span, found.type.present, found.name)


@rule(ast.Index)
def index_rule(cx: Context, node: ast.Index, expected: Type | None) -> typed.Expr:
    of = infer(cx, node.of)
    index = require(cx, node.index, INT, "an index")
    if of.type.kind == "error":
        return of
    if of.type.kind != "list" or of.type.element is None:
        cx.report("AWM309", of.span, expr=cx.model.text(of.span), found=of.type.a)
        return poison(node.span)
    return typed.ItemOf(node.span, of.type.element.or_null(not cx.lenient), of, index)
