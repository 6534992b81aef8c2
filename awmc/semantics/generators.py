"""Generators: what stands in a seed by rule."""

from __future__ import annotations

from collections.abc import Callable

from awmc.diagnostics.suggest import nearest
from awmc.semantics import queries, typed
from awmc.semantics.arguments import by_place, require_kind
from awmc.semantics.context import Context
from awmc.semantics.expressions import infer, poison, present
from awmc.semantics.model import ToolModel
from awmc.semantics.types import (
    DURATION,
    INT,
    NUMERIC,
    TEXT,
    Type,
    common,
)
from awmc.syntax import ast

Finisher = Callable[[Context, str], ToolModel | None]


def generator(cx: Context, node: ast.Call, expected: Type | None) -> typed.Expr:
    name = node.name.text
    if not cx.generators:
        cx.report("AWM441", node.span, generator=name)
        return poison(node.span)
    if name in ("each", "pick") and len(node.args) == 1:
        rows, _ = queries.infer_query(cx, node.args[0].value)
        if isinstance(rows, typed.Poison):
            return rows
        return typed.GeneratorOf(node.span, rows.sources[0].binder.type, name, rows, ())
    if name == "fake":
        return _fake(cx, node, expected)
    if name == "seq":
        args = by_place(cx, node, 0, 1, "the first number, or a text with `{n}`")
        if args is None:
            return poison(node.span)
        if not args:
            return typed.GeneratorOf(node.span, INT, name, None, (typed.Const(node.span, INT, 1, "1"),))
        first = infer(cx, args[0])
        if not isinstance(first, typed.Const) or first.type.kind not in ("int", "text"):
            cx.report("AWM332", args[0].span, what="the argument of `seq`")
            return poison(node.span)
        textual = first.type.kind == "text" and expected is not None and expected.kind in ("email", "url")
        return typed.GeneratorOf(
            node.span, expected.present if textual and expected else first.type, name, None, (first,)
        )
    if name == "spread":
        return _spread(cx, node, expected)
    args = by_place(
        cx,
        node,
        2 if name == "pick" else 1,
        99,
        "a query, or values to choose from" if name == "pick" else "a query",
    )
    if args is None or name == "each":
        if args is not None:
            cx.report("AWM228", node.span, callee=name, expected="one query", found=f"{len(args)} arguments")
        return poison(node.span)
    values: list[typed.Expr] = []
    kind: Type | None = expected
    for arg in args:
        value = infer(cx, arg, kind)
        joined = value.type if kind is None else common(kind, value.type)
        if joined is None or value.type.kind == "error":
            if joined is None and kind is not None:
                cx.report("AWM307", node.span, construct="`pick`", left=kind.a, right=value.type.a)
            return poison(node.span)
        kind = joined
        values.append(value)
    assert kind is not None
    return typed.GeneratorOf(node.span, kind, name, None, tuple(require_kind(cx, v, kind) for v in values))


FAKES = (
    "name", "first_name", "last_name", "full_name", "email", "phone", "username", "password", "street",
    "address", "city", "state",
    "country", "postcode", "zip", "company", "job", "word", "sentence", "text", "title", "url", "color",
    "iban", "uuid", "isbn",
    "license_plate", "vin", "quote", "domain", "ip", "language", "currency", "nationality", "university",
)  # fmt: skip


def _fake(cx: Context, node: ast.Call, expected: Type | None) -> typed.Expr:
    args = by_place(cx, node, 1, 1, "a kind, such as `name`")
    if args is None:
        return poison(node.span)
    kind = args[0].name if isinstance(args[0], ast.Ref) else (
        str(args[0].value) if isinstance(args[0], ast.Literal) and args[0].kind == "text" else "")  # fmt: skip
    if kind not in FAKES:
        hint = nearest(kind, FAKES)
        cx.report("AWM224", args[0].span, kind=kind or cx.model.text(args[0].span), hint=hint)
        return poison(node.span)
    result = Type("email") if kind == "email" else Type("url") if kind == "url" else TEXT
    return typed.GeneratorOf(node.span, result, "fake", None, (typed.Const(args[0].span, TEXT, kind, kind),))


def _spread(cx: Context, node: ast.Call, expected: Type | None) -> typed.Expr:
    args = by_place(cx, node, 2, 2, "two ends")
    if args is None:
        return poison(node.span)
    guide = expected if expected is not None and expected.kind in (*NUMERIC, "date", "datetime") else None
    if any(isinstance(arg, ast.Literal) and arg.kind == "text" for arg in args):
        guide = DURATION
    low = present(cx, infer(cx, args[0], guide))
    high = present(cx, infer(cx, args[1], guide or low.type))
    if "error" in (low.type.kind, high.type.kind):
        return poison(node.span)
    kind = common(low.type, high.type)
    if kind is None or kind.kind not in (*NUMERIC, "date", "datetime", "duration"):
        cx.report("AWM308", node.span, function="spread", found=(kind or low.type).a)
        return poison(node.span)
    if kind.kind == "duration" and expected is not None and expected.kind in ("date", "datetime"):
        kind = DURATION
    return typed.GeneratorOf(
        node.span, kind, "spread", None, (require_kind(cx, low, kind), require_kind(cx, high, kind))
    )
