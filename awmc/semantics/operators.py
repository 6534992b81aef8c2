"""Operators: logic, comparison, arithmetic, membership, null."""

from __future__ import annotations

from awmc.semantics import nulls, typed
from awmc.semantics.context import Context
from awmc.semantics.expressions import (
    condition,
    convert,
    converted,
    infer,
    mend,
    poison,
    present,
    require,
    rule,
)
from awmc.semantics.types import (
    BOOL,
    DURATION,
    ERROR,
    MOMENTS,
    MONEY,
    NUMERIC,
    SCALARS,
    TEXT,
    TEXTUAL,
    Type,
    common,
)  # fmt: skip
from awmc.source import Span
from awmc.syntax import ast

COMPARISONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
ARITHMETIC = {"+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod"}
ORDERED = (*NUMERIC, *MOMENTS, *TEXTUAL, "time", "duration", "enum", "id", "bool")


@rule(ast.Unary)
def unary_rule(cx: Context, node: ast.Unary, expected: Type | None) -> typed.Expr:
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


@rule(ast.Binary)
def binary_rule(cx: Context, node: ast.Binary, expected: Type | None) -> typed.Expr:
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
        node.span, kind, "coalesce", (converted(cx, left, kind.or_null()), converted(cx, right, kind))
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
        help_text = _unquoted(left, right) or mend(left.type, right.type) or mend(right.type, left.type)
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
    return typed.Op(node.span, BOOL, fn, (converted(cx, left, kind), converted(cx, right, kind)))


def _unquoted(left: typed.Expr, right: typed.Expr) -> str | None:
    """The help where one side is a text written out, and the other is of a type whose values stand without quotes."""
    for text, other in ((left, right), (right, left)):
        if isinstance(text, typed.Const) and text.type.kind == "text" and other.type.kind in SCALARS:
            return f"a value of type `{other.type.kind}` is written without quotes"
    return None


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


@rule(ast.Within)
def within_rule(cx: Context, node: ast.Within, expected: Type | None) -> typed.Expr:
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
        cx.report("AWM310", node.low.span, construct="`in`", found=rows.type.a)
        return poison(node.span)
    value = convert(
        cx, infer(cx, node.value, rows.type.element), rows.type.element, "what is looked for", node.value
    )
    if value.type.kind == "error":
        return poison(node.span)
    return in_list(cx, node.span, value, rows, negated=node.negated)


@rule(ast.IsNull)
def is_null_rule(cx: Context, node: ast.IsNull, expected: Type | None) -> typed.Expr:
    of = infer(cx, node.of)
    if of.type.kind == "error":
        return of
    if not of.type.nullable and not cx.lenient:
        cx.report("AWM334", of.span, expr=cx.model.text(of.span))
    test = typed.Op(node.span, BOOL, "is_null", (of,))
    return typed.Op(node.span, BOOL, "not", (test,)) if node.negated else test


@rule(ast.Condition)
def condition_rule(cx: Context, node: ast.Condition, expected: Type | None) -> typed.Expr:
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
    return typed.Op(node.span, kind, "if", (test, converted(cx, then, kind), converted(cx, otherwise, kind)))


def _arithmetic(cx: Context, node: ast.Binary, expected: Type | None) -> typed.Expr:
    guide = expected if expected is not None and expected.kind in NUMERIC and node.op in "+-" else None
    left = infer(cx, node.left, guide)
    if node.op in "+-":
        guide = left.type.present if left.type.kind in ("money", "number") else guide
        # `now + "24h"` is read as what it was meant for.
        guide = DURATION if left.type.kind in MOMENTS and isinstance(node.right, ast.Literal) else guide
    right = infer(cx, node.right, guide)
    if (
        node.op in "+-"
        and isinstance(left, typed.Const)
        and right.type.kind == "money"
        and left.type.kind == "number"
    ):
        left = infer(cx, node.left, right.type.present)
    if node.op == "*" and expected is not None and expected.kind == "money":
        left, right = _amount(cx, node.left, left, right), _amount(cx, node.right, right, left)
    left, right = present(cx, left), present(cx, right)
    if "error" in (left.type.kind, right.type.kind):
        return poison(node.span)
    return operate(cx, node.span, node.op, left, right)


def _amount(cx: Context, node: ast.Expr, factor: typed.Expr, other: typed.Expr) -> typed.Expr:
    """Where money is expected of `n * 2.50`, the decimal is an amount."""
    if isinstance(factor, typed.Const) and factor.type.kind == "number" and other.type.kind == "int":
        return infer(cx, node, MONEY)
    return factor


def operate(cx: Context, span: Span, op: str, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """`left op right` for present operands."""
    kind = arithmetic_type(op, left.type.kind, right.type.kind)
    if kind is None:
        kinds, hint = {left.type.kind, right.type.kind}, None
        if op == "+" and "text" in kinds:
            hint = 'put texts together as `"{a} and {b}"`'
        elif op in "+-" and kinds & set(MOMENTS) and kinds & set(NUMERIC):
            hint = f"write the unit too: `now {op} 3d`, `now {op} 24h`"
        cx.report("AWM302", span, operator=op, left=left.type.a, right=right.type.a, help=hint)
        return poison(span)
    if op in "+-" and kind in ("number", "money"):
        left, right = converted(cx, left, Type(kind)), converted(cx, right, Type(kind))
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
