"""Expressions: names, paths, operators, conversions. Queries and calls have files of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awmc.diagnostics.model import Fix
from awmc.diagnostics.suggest import nearest
from awmc.semantics import literals, nulls, typed
from awmc.semantics.context import Context
from awmc.semantics.model import Entity, Field
from awmc.semantics.typeexprs import entity_named, report_unknown_field, scope_exists
from awmc.semantics.types import (
    BOOL,
    DATETIME,
    DURATION,
    ERROR,
    INT,
    MOMENTS,
    NULL,
    NUMERIC,
    SCALARS,
    TEXT,
    TEXTUAL,
    TIME,
    Type,
    common,
    fits,
    list_of,
    row_of,
    same,
)  # fmt: skip
from awmc.source import Span
from awmc.syntax import ast

COMPARISONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod"}
ORDERED = (*NUMERIC, *MOMENTS, *TEXTUAL, "time", "duration", "enum", "id", "bool")


def infer(cx: Context, node: ast.Expr, expected: Type | None = None) -> typed.Expr:
    """The typed form of an expression. `expected` guides literals, enum values and records; it is not
    enforced.
    """
    head, cx.head = cx.head, False
    if isinstance(node, (ast.Call, ast.Attr, ast.Index, ast.Query)):
        cx.head = head
    found = _RULES[type(node)](cx, node, expected)
    cx.head = False
    return nulls.narrowed(cx, found)


def require(cx: Context, node: ast.Expr, wanted: Type, what: str) -> typed.Expr:
    """An expression that must fit `wanted`; converted if need be. `what` names the place in messages."""
    return convert(cx, infer(cx, node, wanted), wanted, what, node)


def convert(
    cx: Context, expr: typed.Expr, wanted: Type, what: str, node: ast.Expr | None = None
) -> typed.Expr:
    """`expr` as a value of `wanted`, or a report and poison."""
    found = expr.type
    if "error" in (found.kind, wanted.kind):
        return expr
    if found.nullable and not wanted.nullable and not cx.lenient:
        if found.kind == "null":
            cx.report("AWM306", expr.span, what=what)
        else:
            unhandled_null(cx, expr)
        return poison(expr.span)
    if not fits(found, wanted) and not (cx.wire and _wire_fits(cx, found, wanted)):
        if found.kind == "list" and wanted.kind == "row" and found.element and same(found.element, wanted):
            cx.report(
                "AWM311", expr.span, expr=cx.model.text(expr.span),
                help="take one of them with `first(…)`, or loop over them",
            )  # fmt: skip
        else:
            cx.report(
                "AWM301", expr.span, what=what, found=found.a, expected=wanted.a, help=_mend(found, wanted)
            )
        return poison(expr.span)
    return _converted(cx, expr, wanted)


def _converted(cx: Context, expr: typed.Expr, wanted: Type) -> typed.Expr:
    kinds = (expr.type.kind, wanted.kind)
    if kinds == ("int", "number"):
        target = Type("number", expr.type.nullable)
        if isinstance(expr, typed.Const):
            return typed.Const(expr.span, target, float(expr.value), expr.written)
        return typed.Op(expr.span, target, "to_number", (expr,))
    if kinds == ("int", "money"):
        target = Type("money", expr.type.nullable)
        if isinstance(expr, typed.Const):
            return typed.Const(expr.span, target, expr.value * 100, expr.written)
        return typed.Op(expr.span, target, "to_money", (expr,))
    if expr.type.kind == "null" and isinstance(expr, typed.Const):
        return typed.Const(expr.span, wanted.or_null(), None, expr.written)
    return expr


def _wire_fits(cx: Context, found: Type, wanted: Type) -> bool:
    """In a `solve`, a row is asked for by its id: what a result showed, or what the instruction states."""
    if wanted.kind == "list" and found.kind == "list" and wanted.element and found.element:
        return fits(found.element, wanted.element) or _wire_fits(cx, found.element, wanted.element)
    if wanted.kind == found.kind == "record":
        return all(
            (given := found.field(name)) is not None and (fits(given, part) or _wire_fits(cx, given, part))
            for name, part in wanted.fields
            if not part.nullable or found.field(name) is not None
        )
    if wanted.kind in TEXTUAL and found.kind in (*TEXTUAL, "enum"):
        return True
    if wanted.kind == "enum" and found.kind == "text":
        return True
    if wanted.kind not in ("row", "id"):
        return False
    if found.kind == "id":
        return found.name == wanted.name
    entity = cx.model.entities[wanted.name]
    if entity.id_field.natural_key or entity.id_format:
        return found.kind == "text"
    return found.kind == "int"


def _mend(found: Type, wanted: Type) -> str | None:
    if found.kind == "datetime" and wanted.kind == "date":
        return "take its day with `date(…)`"
    if wanted.kind == "text" and found.kind in SCALARS:
        return "write it as a text with `text(…)`"
    if found.kind == "number" and wanted.kind == "int":
        return "make it whole with `floor(…)`, `ceil(…)` or `round(…)`"
    if found.kind == "id" and wanted.kind == "row":
        return "give the row itself, without `.id`"
    if found.kind == "row" and wanted.kind == "id":
        return "add `.id`"
    return None


def poison(span: Span) -> typed.Poison:
    return typed.Poison(span, ERROR)


def unhandled_null(cx: Context, expr: typed.Expr) -> None:
    """AWM305 at an expression that may be null."""
    text = cx.model.text(expr.span)
    cx.report(
        "AWM305", expr.span, expr=text, label="may be null",
        help=f"give a value for it with `{text} ?? …`, or test it first with `{text} is not null and …` or a "
        "`require`",
    )  # fmt: skip


def present(cx: Context, expr: typed.Expr) -> typed.Expr:
    """The expression, reported if it may be null here."""
    if expr.type.nullable and not cx.lenient:
        if expr.type.kind == "null":
            cx.report("AWM306", expr.span, what="`null` as an operand")
        else:
            unhandled_null(cx, expr)
        return poison(expr.span)
    return expr


def condition(cx: Context, node: ast.Expr, what: str = "a condition") -> typed.Expr:
    """A test: a bool that is not null."""
    return require(cx, node, BOOL, what)


# ---- Literals ------------------------------------------------------------------------------------------------------


def _literal(cx: Context, node: ast.Literal, expected: Type | None) -> typed.Expr:
    written = cx.model.text(node.span)
    kind = expected.kind if expected is not None else ""
    match node.kind:
        case "int" if kind == "money":
            return typed.Const(node.span, Type("money"), int(node.value or 0) * 100, written)
        case "int" if kind == "number":
            return typed.Const(node.span, Type("number"), float(node.value or 0), written)
        case "int":
            return typed.Const(node.span, INT, int(node.value or 0), written)
        case "decimal" if kind == "money":
            value = literals.cents(node)
            if value is None:
                cx.report("AWM317", node.span, what="an amount", value=written)
                return poison(node.span)
            return typed.Const(node.span, Type("money"), value, written)
        case "decimal":
            return typed.Const(node.span, Type("number"), float(str(node.value)), written)
        case "text":
            return _text(cx, node, expected, written)
        case "date" | "datetime" | "time":
            moment = literals.moment(node)
            if moment is None:
                cx.report("AWM011", node.span, kind=node.kind, text=written)
                return poison(node.span)
            if node.kind == "date" and kind == "datetime":
                return typed.Const(node.span, DATETIME, f"{moment}T00:00:00", written)
            return typed.Const(node.span, TIME if node.kind == "time" else Type(node.kind), moment, written)
        case "duration":
            return typed.Const(node.span, DURATION, literals.duration(node), written)
        case "bool":
            return typed.Const(node.span, BOOL, bool(node.value), written)
    return typed.Const(node.span, NULL, None, written)


def _text(cx: Context, node: ast.Literal, expected: Type | None, written: str) -> typed.Expr:
    value = str(node.value)
    if expected is not None and expected.kind == "enum" and not cx.wire:
        symbol = cx.model.enums[expected.name]
        named = next((n for n, wire, _ in symbol.values if value in (n, wire)), None)
        if named is not None:
            cx.report(
                "AWM318", node.span, what=f"a value of `{expected.name}`", hint=named,
                fixes=(Fix(node.span, named, f"write `{named}`"),),
            )  # fmt: skip
            return poison(node.span)
    if expected is not None and expected.kind in ("email", "url"):
        return typed.Const(node.span, Type(expected.kind), value, written)
    return typed.Const(node.span, TEXT, value, written)


def _interpolation(cx: Context, node: ast.Interpolation, expected: Type | None) -> typed.Expr:
    parts: list[typed.Expr] = []
    for part in node.parts:
        if isinstance(part, str):
            parts.append(typed.Const(node.span, TEXT, part, part))
        else:
            parts.append(as_text(cx, part))
    return typed.Op(node.span, TEXT, "concat", tuple(parts))


def as_text(cx: Context, node: ast.Expr) -> typed.Expr:
    """A value as it is written in a text."""
    value = present(cx, infer(cx, node))
    if value.type.kind == "error" or value.type.kind == "text":
        return value
    if value.type.kind == "row":
        entity = cx.model.entities[value.type.name]
        cx.report(
            "AWM328", value.span, found=value.type.a,
            help=f"name what to show of it, such as `{cx.model.text(value.span)}.{_shown(entity)}`",
        )  # fmt: skip
        return poison(value.span)
    if value.type.kind not in (*SCALARS, "enum", "id"):
        cx.report("AWM328", value.span, found=value.type.a)
        return poison(value.span)
    return typed.Op(value.span, TEXT, "text", (value,))


def _shown(entity: Entity) -> str:
    return next((f.name for f in entity.fields.values() if f.is_column and f.type.kind == "text"), "id")


# ---- Names ---------------------------------------------------------------------------------------------------------


def _ref(cx: Context, node: ast.Ref, expected: Type | None) -> typed.Expr:
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
                cx.report("AWM221", node.span, where=cx.where)
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
    if expected is not None and expected.kind == "enum":
        symbol = cx.model.enums[expected.name]
        values = [n for n, _, _ in symbol.values]
        hint = nearest(name, [*values, *cx.locals])
        fixes = (Fix(node.span, hint, f"write `{hint}`"),) if hint else ()
        help_text = None if hint else "its values are " + ", ".join(f"`{v}`" for v in values)
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
    row = next((b for frame in reversed(cx.frames) for b in frame if b.type.kind == "row"), None)
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
    hint = nearest(name, names)
    fixes = (Fix(node.span, hint, f"write `{hint}`"),) if hint else ()
    cx.report("AWM205", node.span, name=name, hint=hint, fixes=fixes)
    return poison(node.span)


def _entity_ref(cx: Context, node: ast.EntityRef, expected: Type | None) -> typed.Expr:
    entity = entity_named(cx.model, ast.Name(node.span, node.name))
    if entity is None:
        return poison(node.span)
    if not cx.stored:
        cx.report("AWM624", node.span, entity=node.name)
        return poison(node.span)
    return typed.AllOf(node.span, list_of(row_of(node.name)), entity, "")


def _scoped(cx: Context, node: ast.Scoped, expected: Type | None) -> typed.Expr:
    entity = cx.model.entities.get(node.entity.text)
    if entity is None:
        return _entity_ref(cx, ast.EntityRef(node.entity.span, node.entity.text), expected)
    if not scope_exists(cx.model, entity.name, node.scope):
        return poison(node.span)
    if not cx.stored:
        cx.report("AWM624", node.span, entity=entity.name)
        return poison(node.span)
    return typed.AllOf(node.span, list_of(row_of(entity.name)), entity, node.scope.text)


# ---- Paths ---------------------------------------------------------------------------------------------------------


def _column(cx: Context, node: ast.Column, expected: Type | None) -> typed.Expr:
    if not cx.frames:
        if cx.self_binder is not None:
            return member(
                cx, typed.Bound(node.span, cx.self_binder.type, cx.self_binder), node.field, node.span
            )
        cx.report("AWM222", node.span, field=node.field.text)
        return poison(node.span)
    binder = cx.frames[-1][0]
    return member(cx, typed.Bound(Span.at(node.span.start), binder.type, binder), node.field, node.span)


def _attr(cx: Context, node: ast.Attr, expected: Type | None) -> typed.Expr:
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
            help_text = None if hint else "there is " + ", ".join(f"`{n}`" for n in names)
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
        cx.report(
            "AWM311", of.span if of.span.end > of.span.start else span, expr=cx.model.text(of.span),
            help="take one of them with `first(…)` or `[0]`, or loop over them",
        )  # fmt: skip
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


def _if_given(cx: Context, node: ast.IfGiven, expected: Type | None) -> typed.Expr:
    found = infer(cx, node.of, expected)
    if found.type.kind == "error":
        return found
    text = cx.model.text(node.of.span)
    if not isinstance(found, typed.Local) or found.name not in cx.optional:
        cx.report(
            "AWM330", node.span, name=text, help="`?` follows a parameter that may be left out: `name: type?`"
        )
        return poison(node.span)
    if cx.given is None:
        cx.report(
            "AWM331", node.span, name=text,
            help="it leaves out an `and`-term of a `where`, or an assignment of an `update`",
        )  # fmt: skip
        return poison(node.span)
    if found.name not in cx.given:
        cx.given.append(found.name)
    return typed.Local(node.span, found.type.present, found.name)


def _index(cx: Context, node: ast.Index, expected: Type | None) -> typed.Expr:
    of = infer(cx, node.of)
    index = require(cx, node.index, INT, "an index")
    if of.type.kind == "error":
        return of
    if of.type.kind != "list" or of.type.element is None:
        cx.report("AWM309", of.span, expr=cx.model.text(of.span), found=of.type.a)
        return poison(node.span)
    return typed.ItemOf(node.span, of.type.element.or_null(not cx.lenient), of, index)


# ---- Operators -----------------------------------------------------------------------------------------------------


def _unary(cx: Context, node: ast.Unary, expected: Type | None) -> typed.Expr:
    if node.op == "not":
        of = present(cx, infer(cx, node.of, BOOL))
        if of.type.kind not in ("bool", "error"):
            cx.report("AWM303", node.span, operator="not", found=of.type.a)
            return poison(node.span)
        return typed.Op(node.span, BOOL, "not", (of,))
    of = present(cx, infer(cx, node.of, expected))
    if of.type.kind not in (*NUMERIC, "duration", "error"):
        cx.report("AWM303", node.span, operator="-", found=of.type.a)
        return poison(node.span)
    if isinstance(of, typed.Const) and isinstance(of.value, typed.Duration):
        return typed.Const(
            node.span, DURATION, typed.Duration(-of.value.months, -of.value.seconds), f"-{of.written}"
        )
    if isinstance(of, typed.Const):
        return typed.Const(node.span, of.type, -of.value, f"-{of.written}")
    return typed.Op(node.span, Type(of.type.kind), "neg", (of,))


def _binary(cx: Context, node: ast.Binary, expected: Type | None) -> typed.Expr:
    if node.op in ("and", "or"):
        left = condition(cx, node.left, f"a side of `{node.op}`")
        with cx.knowing(nulls.facts(left, node.op == "and")):
            right = condition(cx, node.right, f"a side of `{node.op}`")
        return typed.Op(node.span, BOOL, node.op, (left, right))
    if node.op == "??":
        return _coalesce(cx, node, expected)
    if node.op in COMPARISONS:
        return _compare(cx, node)
    if node.op == "contains":
        return _contains(cx, node)
    return _arithmetic(cx, node, expected)


def _coalesce(cx: Context, node: ast.Binary, expected: Type | None) -> typed.Expr:
    left = infer(cx, node.left, expected)
    right = infer(cx, node.right, left.type if left.type.kind != "null" else expected)
    if "error" in (left.type.kind, right.type.kind):
        return poison(node.span)
    if not left.type.nullable and not cx.lenient:
        cx.report("AWM334", left.span, expr=cx.model.text(left.span))
    kind = common(left.type.present, right.type)
    if kind is None:
        cx.report("AWM307", node.span, construct="`??`", left=left.type.present.a, right=right.type.a)
        return poison(node.span)
    return typed.Op(
        node.span, kind, "coalesce", (_converted(cx, left, kind.or_null()), _converted(cx, right, kind))
    )


def pair(cx: Context, left: ast.Expr, right: ast.Expr) -> tuple[typed.Expr, typed.Expr]:
    """Two operands, each read in the light of the other: the one that is a bare name or literal last."""
    bare = (ast.Ref, ast.Literal, ast.ListOf, ast.RecordOf)
    known = isinstance(left, ast.Ref) and (
        left.name in cx.locals or any(b.name == left.name for f in cx.frames for b in f)
    )
    if isinstance(left, bare) and not known and not isinstance(right, ast.Literal):
        second = infer(cx, right)
        return infer(cx, left, second.type.present if second.type.kind != "error" else ERROR), second
    first = infer(cx, left)
    return first, infer(cx, right, first.type.present if first.type.kind != "error" else ERROR)


def _compare(cx: Context, node: ast.Binary) -> typed.Expr:
    left, right = pair(cx, node.left, node.right)
    if "error" in (left.type.kind, right.type.kind):
        return poison(node.span)
    fn = COMPARISONS[node.op]
    if fn not in ("eq", "ne"):
        left, right = present(cx, left), present(cx, right)
    kind = comparable(cx, left.type, right.type)
    if kind is None:
        help_text = _mend(left.type, right.type) or _mend(right.type, left.type)
        cx.report("AWM304", node.span, left=left.type.a, right=right.type.a, help=help_text)
        return poison(node.span)
    if fn not in ("eq", "ne") and kind.kind not in ORDERED:
        if kind.kind != "error":
            cx.report("AWM302", node.span, operator=node.op, left=left.type.a, right=right.type.a)
        return poison(node.span)
    for side in (left, right):
        if side.type.kind == "null" and not (left.type.nullable and right.type.nullable):
            other = right if side is left else left
            cx.report("AWM334", other.span, expr=cx.model.text(other.span))
    return typed.Op(node.span, BOOL, fn, (_converted(cx, left, kind), _converted(cx, right, kind)))


def comparable(cx: Context, left: Type, right: Type) -> Type | None:
    """The type that two values are compared as."""
    kind = common(left, right)
    if kind is not None:
        return None if kind.kind in ("record", "list") else kind
    if {left.kind, right.kind} == {"number", "money"}:
        return None
    for one, other in ((left, right), (right, left)):
        if one.kind == "id":
            entity = cx.model.entities[one.name]
            wanted = "text" if entity.id_field.natural_key or (entity.id_format and cx.wire) else "int"
            if other.kind == wanted:
                return other
        if cx.wire and one.kind in ("row", "id") and other.kind in ("row", "id") and one.name == other.name:
            return Type("id", name=one.name)
        if cx.wire and one.kind == "enum" and other.kind == "text":
            return other
    return None


def _contains(cx: Context, node: ast.Binary) -> typed.Expr:
    left = present(cx, infer(cx, node.left))
    if left.type.kind == "list" and left.type.element is not None:
        item = require(cx, node.right, left.type.element, "what a list may contain")
        return in_list(cx, node.span, item, left, negated=False)
    right = present(cx, infer(cx, node.right, TEXT))
    if "error" in (left.type.kind, right.type.kind):
        return poison(node.span)
    if left.type.kind not in TEXTUAL or right.type.kind not in TEXTUAL:
        cx.report("AWM302", node.span, operator="contains", left=left.type.a, right=right.type.a)
        return poison(node.span)
    return typed.Op(node.span, BOOL, "contains", (left, right))


def in_list(cx: Context, span: Span, value: typed.Expr, rows: typed.Expr, *, negated: bool) -> typed.Expr:
    """`value in rows`, for rows or a list that is computed: `exists` of an equal one."""
    element = rows.type.element
    assert element is not None
    binder = typed.Binder("", element)
    test = typed.Op(span, BOOL, "eq", (typed.Bound(span, element, binder), value))
    query = typed.QueryOf(
        span, rows.type, (typed.Source(binder, rows),), (typed.Term(test, ()),), (), None, None
    )
    found = typed.AggregateOf(span, BOOL, "exists", query, binder, None)
    return typed.Op(span, BOOL, "not", (found,)) if negated else found


def _within(cx: Context, node: ast.Within, expected: Type | None) -> typed.Expr:
    if node.high is not None:
        value = present(cx, infer(cx, node.value))
        low = require(cx, node.low, value.type, "an end of the range")
        high = require(cx, node.high, value.type, "an end of the range")
        if "error" in (value.type.kind, low.type.kind, high.type.kind):
            return poison(node.span)
        if value.type.kind not in ORDERED:
            cx.report("AWM303", node.span, operator="in", found=value.type.a)
            return poison(node.span)
        test = typed.Op(node.span, BOOL, "between", (value, low, high))
    elif isinstance(node.low, ast.ListOf):
        value = present(cx, infer(cx, node.value))
        items = tuple(require(cx, item, value.type, "an item of the list") for item in node.low.items)
        if value.type.kind == "error" or any(i.type.kind == "error" for i in items):
            return poison(node.span)
        if value.type.kind in ("record", "list"):
            cx.report("AWM303", node.span, operator="in", found=value.type.a)
            return poison(node.span)
        if not items:
            return typed.Const(node.span, BOOL, node.negated, "")
        test = typed.Op(node.span, BOOL, "in_list", (value, *items))
    else:
        return _among(cx, node)
    return typed.Op(node.span, BOOL, "not", (test,)) if node.negated else test


def _among(cx: Context, node: ast.Within) -> typed.Expr:
    cx_stored_list = infer(cx, node.low)
    rows = present(cx, cx_stored_list)
    if rows.type.kind == "error":
        return poison(node.span)
    if rows.type.kind in TEXTUAL:
        cx.report("AWM303", node.span, operator="in", found=rows.type.a, help="write `text contains part`")
        return poison(node.span)
    if rows.type.kind != "list" or rows.type.element is None:
        cx.report("AWM310", node.low.span, construct="in", found=rows.type.a)
        return poison(node.span)
    value = convert(
        cx, infer(cx, node.value, rows.type.element), rows.type.element, "what is looked for", node.value
    )
    if value.type.kind == "error":
        return poison(node.span)
    return in_list(cx, node.span, value, rows, negated=node.negated)


def _is_null(cx: Context, node: ast.IsNull, expected: Type | None) -> typed.Expr:
    of = infer(cx, node.of)
    if of.type.kind == "error":
        return of
    if not of.type.nullable and not cx.lenient:
        cx.report("AWM334", of.span, expr=cx.model.text(of.span))
    test = typed.Op(node.span, BOOL, "is_null", (of,))
    return typed.Op(node.span, BOOL, "not", (test,)) if node.negated else test


def _condition(cx: Context, node: ast.Condition, expected: Type | None) -> typed.Expr:
    test = condition(cx, node.test)
    with cx.knowing(nulls.facts(test, True)):
        then = infer(cx, node.then, expected)
    guide = (
        expected if expected is not None else (then.type if then.type.kind not in ("null", "error") else None)
    )
    with cx.knowing(nulls.facts(test, False)):
        otherwise = infer(cx, node.otherwise, guide)
    if "error" in (then.type.kind, otherwise.type.kind, test.type.kind):
        return poison(node.span)
    if isinstance(then, typed.Const) and then.type.kind == "number" and otherwise.type.kind == "money":
        then = infer(cx, node.then, otherwise.type.present)
    kind = common(then.type, otherwise.type)
    if kind is None:
        cx.report("AWM307", node.span, construct="`if`", left=then.type.a, right=otherwise.type.a)
        return poison(node.span)
    return typed.Op(
        node.span, kind, "if", (test, _converted(cx, then, kind), _converted(cx, otherwise, kind))
    )


def _arithmetic(cx: Context, node: ast.Binary, expected: Type | None) -> typed.Expr:
    guide = expected if expected is not None and expected.kind in NUMERIC and node.op in "+-" else None
    left = infer(cx, node.left, guide)
    if node.op in "+-":
        guide = left.type.present if left.type.kind in ("money", "number") else guide
    right = infer(cx, node.right, guide)
    if (
        node.op in "+-"
        and isinstance(left, typed.Const)
        and right.type.kind == "money"
        and left.type.kind == "number"
    ):
        left = infer(cx, node.left, right.type.present)
    left, right = present(cx, left), present(cx, right)
    if "error" in (left.type.kind, right.type.kind):
        return poison(node.span)
    return operate(cx, node.span, node.op, left, right)


def operate(cx: Context, span: Span, op: str, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """`left op right` for present operands."""
    kind = arithmetic_type(op, left.type.kind, right.type.kind)
    if kind is None:
        hint = (
            'a text is put together as `"{a} and {b}"`'
            if op == "+" and "text" in (left.type.kind, right.type.kind)
            else None
        )
        cx.report("AWM302", span, operator=op, left=left.type.a, right=right.type.a, help=hint)
        return poison(span)
    if op in "+-" and kind in ("number", "money"):
        left, right = _converted(cx, left, Type(kind)), _converted(cx, right, Type(kind))
    nullable = op in "/%" and not (isinstance(right, typed.Const) and right.value not in (0, 0.0))
    return typed.Op(span, Type(kind, nullable), ARITHMETIC[op], (left, right))


def arithmetic_type(op: str, left: str, right: str) -> str | None:
    """The kind of `left op right`, or None if the operator does not work on them."""
    kinds = {left, right}
    if op in "+-":
        if kinds <= set(NUMERIC):
            return (
                None
                if kinds == {"money", "number"}
                else ("money" if "money" in kinds else max(kinds, key=NUMERIC.index))
            )
        if left in MOMENTS and right == "duration":
            return left
        if left == right == "duration":
            return "duration"
        if op == "+" and left == "duration" and right in MOMENTS:
            return right
        if op == "-" and left == right and left in MOMENTS:
            return "duration"
        return None
    if not kinds <= set(NUMERIC):
        return None
    if op == "*":
        return (
            None
            if left == right == "money"
            else ("money" if "money" in kinds else max(kinds, key=NUMERIC.index))
        )
    if op == "/":
        return (
            "money"
            if left == "money" and right != "money"
            else ("number" if right != "money" or left == "money" else None)
        )
    if "money" in kinds:
        return "money" if left == right else None
    return max(kinds, key=NUMERIC.index)


# ---- Lists and records ---------------------------------------------------------------------------------------------


def _list(cx: Context, node: ast.ListOf, expected: Type | None) -> typed.Expr:
    element = expected.element if expected is not None and expected.kind == "list" else None
    items: list[typed.Expr] = []
    kind: Type | None = element
    for item in node.items:
        found = (
            require(cx, item, element, "an item of the list")
            if element is not None
            else infer(cx, item, kind)
        )
        if found.type.kind == "error":
            return poison(node.span)
        if element is None:
            joined = found.type if kind is None else common(kind, found.type)
            if joined is None:
                assert kind is not None
                cx.report("AWM307", node.span, construct="list", left=kind.a, right=found.type.a)
                return poison(node.span)
            kind = joined
        items.append(found)
    if kind is None:
        cx.report("AWM325", node.span, what="an empty list")
        return poison(node.span)
    return typed.ListOf(node.span, list_of(kind), tuple(_converted(cx, i, kind) for i in items))


def _record(cx: Context, node: ast.RecordOf, expected: Type | None) -> typed.Expr:
    wanted = expected if expected is not None and expected.kind == "record" else None
    fields: dict[str, typed.Expr] = {}
    for entry in node.entries:
        name = entry.name.text
        if name in fields:
            cx.report(
                "AWM110",
                entry.span,
                callee=wanted.name if wanted and wanted.name else "the record",
                argument=name,
            )
            continue
        part = wanted.field(name) if wanted is not None else None
        value_node = entry.value if entry.value is not None else ast.Ref(entry.name.span, name)
        if wanted is not None and part is None:
            hint = nearest(name, [n for n, _ in wanted.fields])
            cx.report("AWM204", entry.name.span, record=wanted.name or "here", part=name, hint=hint)
            fields[name] = poison(entry.span)
            continue
        fields[name] = (
            require(cx, value_node, part, f"`{name}`") if part is not None else infer(cx, value_node)
        )
    if wanted is not None:
        for name, part in wanted.fields:
            if name not in fields:
                if not part.nullable:
                    cx.report("AWM326", node.span, record=wanted.name or "here", part=name)
                    return poison(node.span)
                fields[name] = typed.Const(Span.at(node.span.end), part, None, "")
        fields = {name: fields[name] for name, _ in wanted.fields if name in fields}
    if any(f.type.kind == "error" for f in fields.values()):
        return poison(node.span)
    kind = (
        wanted.present if wanted is not None
        else Type("record", fields=tuple((n, f.type) for n, f in fields.items()))
    )  # fmt: skip
    return typed.RecordOf(node.span, kind, tuple(fields.items()))


def _create(cx: Context, node: ast.Create, expected: Type | None) -> typed.Expr:
    cx.report("AWM511", node.span, statement="create", where="an expression")
    return poison(node.span)


_RULES: dict[type, Callable[[Context, Any, Type | None], typed.Expr]] = {
    ast.Literal: _literal,
    ast.Interpolation: _interpolation,
    ast.Ref: _ref,
    ast.EntityRef: _entity_ref,
    ast.Scoped: _scoped,
    ast.Column: _column,
    ast.Attr: _attr,
    ast.IfGiven: _if_given,
    ast.Index: _index,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Within: _within,
    ast.IsNull: _is_null,
    ast.Condition: _condition,
    ast.ListOf: _list,
    ast.RecordOf: _record,
    ast.Create: _create,
}


def rule(kind: type) -> Callable[[Callable[[Context, Any, Type | None], typed.Expr]], None]:
    """Registers the rule of a node kind that has a file of its own."""

    def register(function: Callable[[Context, Any, Type | None], typed.Expr]) -> None:
        _RULES[kind] = function

    return register
