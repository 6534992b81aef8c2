"""Expressions: inference and conversion, literals, texts, lists and records.

`names`, `operators`, `queries` and `calls` register the rules of the other nodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from awmc.diagnostics.model import Fix, Label
from awmc.diagnostics.suggest import nearest
from awmc.semantics import literals, nulls, typed
from awmc.semantics.context import Context
from awmc.semantics.model import Entity
from awmc.semantics.typeexprs import meant_fields
from awmc.semantics.types import (
    BOOL,
    DATETIME,
    DURATION,
    ERROR,
    INT,
    NULL,
    SCALARS,
    TEXT,
    TEXTUAL,
    TIME,
    Type,
    common,
    fits,
    list_of,
    same,
)  # fmt: skip
from awmc.source import Span
from awmc.syntax import ast
from awmc.syntax.tokens import tokenize

Rule = Callable[[Context, Any, Type | None], typed.Expr]


def infer(cx: Context, node: ast.Expr, expected: Type | None = None) -> typed.Expr:
    """The typed form of an expression. `expected` guides literals, enum values and records; it is not
    enforced.
    """
    head, cx.head = cx.head, False
    if isinstance(node, (ast.Call, ast.Attr, ast.Index, ast.Query)):
        cx.head = head
    found = nulls.narrowed(cx, _RULES[type(node)](cx, node, expected))
    cx.head = False
    if cx.model.observe is not None:
        cx.model.observe(cx, node, expected, found)
    return found


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
            help_text = (
                "leave it out, or write `?` behind the type" if what.startswith("the default") else None
            )
            cx.report("AWM306", expr.span, what=what, help=help_text)
        else:
            unhandled_null(cx, expr)
        return poison(expr.span)
    if not fits(found, wanted) and not (cx.wire and wire_fits(cx, found, wanted)):
        if found.kind == "list" and wanted.kind == "row" and found.element and same(found.element, wanted):
            cx.report(
                "AWM311", expr.span, expr=cx.model.text(expr.span),
                help="take one of them with `first(…)`, or loop over them",
            )  # fmt: skip
        else:
            cx.report(
                "AWM301", expr.span, what=what, found=found.a, expected=wanted.a,
                help=_date_written(cx, expr.span, wanted) or mend(found, wanted),
            )  # fmt: skip
        return poison(expr.span)
    return converted(cx, expr, wanted)


def converted(cx: Context, expr: typed.Expr, wanted: Type) -> typed.Expr:
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


def wire_fits(cx: Context, found: Type, wanted: Type) -> bool:
    """In a `solve`, a row is asked for by its id: what a result showed, or what the instruction states."""
    if wanted.kind == "list" and found.kind == "list" and wanted.element and found.element:
        return fits(found.element, wanted.element) or wire_fits(cx, found.element, wanted.element)
    if wanted.kind == found.kind == "record":
        return all(
            (given := found.field(name)) is not None and (fits(given, part) or wire_fits(cx, given, part))
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


_DIVIDED = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})")


def _date_written(cx: Context, span: Span, wanted: Type) -> str | None:
    """How `2026/03/02` and `2026-3-2`, which are a division and a difference, are written."""
    found = _DIVIDED.fullmatch(cx.model.text(span)) if wanted.kind in ("date", "datetime") else None
    return f"write `{found[1]}-{found[2]:0>2}-{found[3]:0>2}`" if found is not None else None


def mend(found: Type, wanted: Type) -> str | None:
    if found.kind == "datetime" and wanted.kind == "date":
        return "take its day with `date(…)`"
    if wanted.kind == "text" and found.kind in SCALARS:
        return "write it as a text with `text(…)`"
    if found.kind == "number" and wanted.kind == "int":
        return "make it whole with `floor(…)`, `ceil(…)` or `round(…)`"
    if found.kind == "id" and wanted.kind == "row" and found.name == wanted.name:
        return "give the row itself, without `.id`"
    if found.kind == "row" and wanted.kind == "id" and found.name == wanted.name:
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


_UNQUOTED = {
    "int": "a number", "number": "a number", "money": "an amount", "bool": "a bool", "date": "a date",
    "time": "a time", "datetime": "a moment", "duration": "a duration",
}  # fmt: skip


def _is_one(text: str, kind: str) -> bool:
    """Whether a text, were it not quoted, would be a literal that fits the kind."""
    words = [(token.kind, token.text) for token in tokenize(text)[:-1]]
    kinds = [name for name, _ in words]
    signs = "".join(written for name, written in words if name not in ("INT", "MOMENT", "DURATION"))
    match kind:
        case "bool":
            return text in ("true", "false")
        case "date" | "datetime":
            return kinds == ["MOMENT"]
        case "duration":
            return kinds == ["DURATION"]
        case "time":
            return kinds.count("INT") == 2 and signs == ":"
        case "int":
            return kinds.count("INT") == 1 and signs in ("", "-")
    return 0 < kinds.count("INT") < 3 and signs in ("", "-", ".", "-.")


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
    if expected is not None and expected.kind in _UNQUOTED and _is_one(value, expected.kind):
        cx.report(
            "AWM318", node.span, what=_UNQUOTED[expected.kind], hint=value,
            fixes=(Fix(node.span, value, f"write `{value}`"),),
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
    return typed.ListOf(node.span, list_of(kind), tuple(converted(cx, i, kind) for i in items))


def _record(cx: Context, node: ast.RecordOf, expected: Type | None) -> typed.Expr:
    wanted = expected if expected is not None and expected.kind == "record" else None
    fields: dict[str, typed.Expr] = {}
    for entry in node.entries:
        name = entry.name.text
        if name in fields:
            first = next(other for other in node.entries if other.name.text == name)
            cx.report(
                "AWM110",
                entry.span,
                callee=wanted.name if wanted and wanted.name else "the record",
                argument=name,
                secondary=(Label(first.span, "it is given here"),),
            )
            continue
        part = wanted.field(name) if wanted is not None else None
        value_node = entry.value if entry.value is not None else ast.Ref(entry.name.span, name)
        if wanted is not None and part is None:
            names = [n for n, _ in wanted.fields]
            hint = nearest(name, names)
            cx.report(
                "AWM204", entry.name.span, record=wanted.name or "here", part=name, hint=hint,
                fixes=(Fix(entry.name.span, hint, f"write `{hint}`"),) if hint else (),
                help=None if hint else "write one of " + ", ".join(f"`{n}`" for n in names),
            )  # fmt: skip
            fields[name] = poison(entry.span)
            continue
        fields[name] = (
            require(cx, value_node, part, f"`{name}`") if part is not None else infer(cx, value_node)
        )
    if wanted is not None:
        meant = meant_fields(fields, [name for name, _ in wanted.fields])
        for name, part in wanted.fields:
            if name not in fields and name not in meant:
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


_RULES: dict[type, Rule] = {
    ast.Literal: _literal,
    ast.Interpolation: _interpolation,
    ast.ListOf: _list,
    ast.RecordOf: _record,
    ast.Create: _create,
}


def rule(kind: type) -> Callable[[Rule], Rule]:
    """Registers the rule of a node kind that has a file of its own."""

    def register(function: Rule) -> Rule:
        _RULES[kind] = function
        return function

    return register
