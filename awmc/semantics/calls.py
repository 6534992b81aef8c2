"""Calls: functions of the language, aggregates, `fn`s, tools and actions, shapes applied, generators of
seeds.
"""

from __future__ import annotations

from collections.abc import Callable

from awmc.diagnostics.foreign import CALLS
from awmc.diagnostics.model import Fix
from awmc.diagnostics.suggest import meant, nearest
from awmc.semantics import queries, typed
from awmc.semantics.arguments import arguments, by_place, require_kind
from awmc.semantics.context import Context
from awmc.semantics.expressions import infer, poison, present, rule
from awmc.semantics.functions import AGGREGATES, FUNCTIONS, GENERATORS, result_of
from awmc.semantics.generators import generator
from awmc.semantics.model import Fn, ShapeModel, ToolModel
from awmc.semantics.types import (
    BOOL,
    ERROR,
    INT,
    NULL,
    TEXT,
    TEXTUAL,
    Type,
    common,
)
from awmc.syntax import ast
from awmc.syntax.lenient import unit_of_time

Finisher = Callable[[Context, str], ToolModel | None]


@rule(ast.Call)
def call(cx: Context, node: ast.Call, expected: Type | None) -> typed.Expr:
    head, cx.head = cx.head, False
    name = node.name.text
    if name in GENERATORS and name not in cx.model.tools and name not in cx.model.fns:
        return generator(cx, node, expected)
    if name in AGGREGATES:
        return _aggregate(cx, node)
    if name == "group":
        return queries.group(cx, node)
    if name == "choose":
        return _choose(cx, node, expected)
    if name == "old":
        return _old(cx, node)
    if name in FUNCTIONS:
        return _function(cx, node)
    if name in cx.model.fns:
        return _fn(cx, node, cx.model.fns[name])
    if name in cx.model.tools or (cx.wire and name in cx.model.offered):
        if not head or cx.calls:
            cx.report(
                "AWM506", node.span, callee=name,
                help=cx.calls or f"give its result a name first: `let x = {name}(…)`",
            )  # fmt: skip
            return poison(node.span)
        return tool_call(cx, node)
    return _unknown(cx, node)


def _unknown(cx: Context, node: ast.Call) -> typed.Expr:
    name = node.name.text
    if name in cx.model.lost:
        return poison(node.span)
    known = (
        list(GENERATORS)
        if cx.generators
        else [*FUNCTIONS, *AGGREGATES, "group", "choose", *cx.model.fns, *cx.model.tools]
    )
    foreign = name.replace("_", "").lower() in CALLS
    hint = None if foreign else meant(name, known, "function")
    fixes = (Fix(node.name.span, hint, f"write `{hint}`"),) if hint else ()
    for arg in node.args:
        if isinstance(arg.value, ast.Call):
            infer(cx, arg.value)
    code = "AWM223" if cx.generators else "AWM207" if cx.wire else "AWM206"
    help_text = CALLS.get(name.replace("_", "").lower()) if hint is None else None
    unit = unit_of_time(name) if len(node.args) == 1 else None
    if unit is not None and isinstance(node.args[0].value, ast.Literal) and node.args[0].value.kind == "int":
        written = f"{node.args[0].value.value}{unit}"
        hint, help_text = None, f"write `{written}`"
        fixes = (Fix(node.span, written, help_text),)
    cx.report(code, node.name.span, name=name, hint=hint, fixes=fixes, help=help_text)
    return poison(node.span)


def _aggregate(cx: Context, node: ast.Call) -> typed.Expr:
    name = node.name.text
    if not node.args:
        cx.report("AWM329", node.span, function=name)
        return poison(node.span)
    for arg in node.args:
        if arg.name is not None:
            cx.report("AWM210", arg.name.span, callee=name, parameter=arg.name.text)
            return poison(node.span)
    if name in ("min", "max") and not _is_rows(cx, node.args[0].value):
        return _extreme(cx, node)
    return queries.aggregate(cx, node)


def _is_rows(cx: Context, node: ast.Expr) -> bool:
    """Whether an argument reads as rows or a list; looks without reporting."""
    if isinstance(node, (ast.Query, ast.EntityRef, ast.Scoped, ast.ListOf)):
        return True
    if isinstance(node, ast.Literal):
        return False
    before = len(cx.model.problems)
    used = set(cx.used)
    given = list(cx.given) if cx.given is not None else None
    found = infer(cx, node)
    del cx.model.problems[before:]
    cx.used.clear()
    cx.used.update(used)
    if given is not None and cx.given is not None:
        cx.given[:] = given
    return found.type.kind == "list"


def _extreme(cx: Context, node: ast.Call) -> typed.Expr:
    name = node.name.text
    args = by_place(cx, node, 2, 9, "a query, or two values or more")
    if args is None:
        return poison(node.span)
    values: list[typed.Expr] = []
    kind: Type | None = None
    for arg in args:
        value = present(cx, infer(cx, arg, kind))
        if value.type.kind == "error":
            return poison(node.span)
        if value.type.kind not in queries.ORDERABLE or value.type.kind in ("enum", "bool", "id"):
            cx.report("AWM308", value.span, function=name, found=value.type.a)
            return poison(node.span)
        joined = value.type if kind is None else common(kind, value.type)
        if joined is None:
            assert kind is not None
            cx.report("AWM304", node.span, left=kind.a, right=value.type.a)
            return poison(node.span)
        kind = joined
        values.append(value)
    assert kind is not None
    return typed.Op(node.span, Type(kind.kind), name, tuple(require_kind(cx, v, kind) for v in values))


def _function(cx: Context, node: ast.Call) -> typed.Expr:
    name = node.name.text
    signature = FUNCTIONS[name]
    args = by_place(cx, node, signature.fewest, len(signature.args), signature.wants)
    if args is None:
        return poison(node.span)
    values: list[typed.Expr] = []
    for arg, kinds in zip(args, signature.args, strict=False):
        value = present(cx, infer(cx, arg, TEXT if kinds == TEXTUAL else None))
        if value.type.kind == "error":
            return poison(node.span)
        if value.type.kind not in kinds:
            cx.report(
                "AWM308", value.span, function=name, found=value.type.a, help=f"give it {signature.wants}"
            )
            return poison(node.span)
        values.append(value)
    if name == "round" and len(values) == 1:
        values.append(typed.Const(node.span, INT, 0, "0"))
    kind = result_of(name, values[0].type)
    if name == "round" and values[0].type.kind == "number" and _whole(values[1]):
        kind = INT
    return typed.Op(node.span, kind, name, tuple(values))


def _whole(digits: typed.Expr) -> bool:
    return isinstance(digits, typed.Const) and digits.value == 0


def _choose(cx: Context, node: ast.Call, expected: Type | None) -> typed.Expr:
    if not node.args or node.args[0].name is not None:
        cx.report(
            "AWM228",
            node.span,
            callee="choose",
            expected="an enum and a value for each of its values",
            found="none",
        )
        return poison(node.span)
    chosen = present(cx, infer(cx, node.args[0].value))
    if chosen.type.kind == "error":
        return poison(node.span)
    if chosen.type.kind != "enum":
        cx.report("AWM308", chosen.span, function="choose", found=chosen.type.a, help="give it an enum first")
        return poison(node.span)
    symbol = cx.model.enums[chosen.type.name]
    values: dict[str, typed.Expr] = {}
    kind: Type | None = expected.present if expected is not None else None
    for arg in node.args[1:]:
        if arg.name is None:
            cx.report("AWM229", arg.span, callee="choose")
            return poison(node.span)
        if symbol.wire(arg.name.text) is None:
            names = [n for n, _, _ in symbol.values]
            hint = nearest(arg.name.text, names)
            cx.report(
                "AWM208", arg.name.span, enum=symbol.name, value=arg.name.text, hint=hint,
                help=None if hint else "write one of " + ", ".join(f"`{n}`" for n in names),
            )  # fmt: skip
            return poison(node.span)
        if arg.name.text in values:
            cx.report("AWM110", arg.name.span, callee="choose", argument=arg.name.text, help="leave one out")
            return poison(node.span)
        value = infer(cx, arg.value, kind)
        if value.type.kind == "error":
            return poison(node.span)
        joined = value.type if kind is None else common(kind, value.type)
        if joined is None:
            assert kind is not None
            cx.report("AWM307", node.span, construct="`choose`", left=kind.a, right=value.type.a)
            return poison(node.span)
        kind = joined
        values[arg.name.text] = value
    missing = next((n for n, _, _ in symbol.values if n not in values), None)
    if missing is not None:
        cx.report("AWM312", node.span, value=missing, enum=symbol.name)
        return poison(node.span)
    assert kind is not None
    names = [n for n, _, _ in symbol.values]
    result = require_kind(cx, values[names[-1]], kind)
    for name in reversed(names[:-1]):
        wire = typed.Const(node.span, chosen.type.present, symbol.wire(name), name)
        test = typed.Op(node.span, BOOL, "eq", (chosen, wire))
        result = typed.Op(node.span, kind, "if", (test, require_kind(cx, values[name], kind), result))
    return result


def _old(cx: Context, node: ast.Call) -> typed.Expr:
    if not cx.old:
        cx.report("AWM622", node.span)
        return poison(node.span)
    args = by_place(cx, node, 1, 1, "one expression")
    if args is None:
        return poison(node.span)
    frames, cx.frames = cx.frames, []
    cx.old = False
    try:
        of = infer(cx, args[0])
    finally:
        cx.frames, cx.old = frames, True
    return of if of.type.kind == "error" else typed.OldOf(node.span, of.type, of)


def _fn(cx: Context, node: ast.Call, fn: Fn) -> typed.Expr:
    from awmc.semantics.declarations import finish_fn

    fn.used = True
    finish_fn(cx.model, fn, node)
    if fn.type is None:
        return poison(node.span)
    values = arguments(cx, node, fn.params, place=True)
    if values is None or any(v.type.kind == "error" for _, v in values):
        return typed.Poison(node.span, ERROR)
    filled = dict(values)
    for param in fn.params:
        if param.name not in filled:
            default = (
                param.default
                if param.default is not None
                else typed.Const(node.span, param.type.or_null(), None, "")
            )
            filled[param.name] = default
    if (
        cx.pure
        and fn.value is not None
        and any(isinstance(n, (typed.Now, typed.Me)) for n in typed.walk(fn.value))
    ):
        cx.report("AWM409", node.span, word=fn.name, where=cx.where)
        return poison(node.span)
    return typed.FnCall(node.span, fn.type, fn, tuple(filled.items()))


def tool_call(cx: Context, node: ast.Call) -> typed.Expr:
    """A call of a tool or an action; in a `solve` its result is what the agent sees."""
    from awmc.semantics.bodies import finish_tool
    from awmc.semantics.wire import wire_result

    name = node.name.text
    tool = cx.model.offered[name] if name in cx.model.offered else cx.model.tools[name]
    if cx.wire and tool.hidden:
        cx.report("AWM623", node.name.span, name=tool.name, found="an action")
        return poison(node.span)
    if not finish_tool(cx.model, tool, node.name.span):
        return poison(node.span)
    if cx.wire:
        tool.used = True
    values = arguments(cx, node, tool.params, place=False)
    if values is None:
        return poison(node.span)
    kind = wire_result(cx.model, tool) if cx.wire else (tool.result or NULL)
    return typed.ToolCall(node.span, kind, tool, values)


@rule(ast.Apply)
def apply(cx: Context, node: ast.Apply, expected: Type | None) -> typed.Expr:
    from awmc.semantics.shapes import default_shape
    from awmc.semantics.wire import shaped_type

    shape: ShapeModel | None = cx.model.shapes.get(node.name.text)
    if shape is None and node.name.text in cx.model.entities:
        shape = default_shape(cx.model, cx.model.entities[node.name.text])
    if shape is None:
        hint = nearest(node.name.text, [*cx.model.shapes, *cx.model.entities])
        cx.report("AWM216", node.name.span, name=node.name.text, hint=hint)
        return poison(node.span)
    shape.used = True
    if len(node.args) != 1 or node.args[0].name is not None:
        cx.report(
            "AWM228",
            node.span,
            callee=node.name.text,
            expected="one row",
            found=f"{len(node.args)} arguments",
        )
        return poison(node.span)
    of = infer(cx, node.args[0].value)
    if of.type.kind == "error":
        return of
    row = of.type.element if of.type.is_rows else of.type
    if row is None or row.kind != "row" or row.name != shape.entity.name:
        cx.report("AWM518", of.span, shape=shape.name, entity=shape.entity.name, found=of.type.a)
        return poison(node.span)
    return typed.ShapedOf(node.span, shaped_type(cx.model, of.type, shape), of, shape)
