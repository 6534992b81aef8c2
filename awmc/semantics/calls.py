"""Calls: functions of the language, aggregates, `fn`s, tools and actions, shapes applied, generators of
seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from awmc.diagnostics.model import Fix
from awmc.diagnostics.suggest import nearest
from awmc.semantics import queries, typed
from awmc.semantics.context import Context
from awmc.semantics.expressions import infer, poison, present, require, rule
from awmc.semantics.functions import AGGREGATES, FUNCTIONS, GENERATORS, result_of
from awmc.semantics.model import Fn, ParamModel, ShapeModel, ToolModel
from awmc.semantics.types import (
    BOOL,
    DATETIME,
    DURATION,
    ERROR,
    INT,
    NULL,
    NUMERIC,
    TEXT,
    TEXTUAL,
    Type,
    common,
    list_of,
)
from awmc.syntax import ast

Finisher = Callable[[Context, str], ToolModel | None]


@rule(ast.Call)
def call(cx: Context, node: ast.Call, expected: Type | None) -> typed.Expr:
    head, cx.head = cx.head, False
    name = node.name.text
    if name in GENERATORS and name not in cx.model.tools and name not in cx.model.fns:
        return _generator(cx, node, expected)
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
    if name in cx.model.tools:
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
    known = (
        list(GENERATORS)
        if cx.generators
        else [*FUNCTIONS, *AGGREGATES, "group", "choose", *cx.model.fns, *cx.model.tools]
    )
    hint = nearest(name, known)
    fixes = (Fix(node.name.span, hint, f"write `{hint}`"),) if hint else ()
    for arg in node.args:
        if isinstance(arg.value, ast.Call):
            infer(cx, arg.value)
    code = "AWM223" if cx.generators else "AWM207" if cx.wire else "AWM206"
    cx.report(code, node.name.span, name=name, hint=hint, fixes=fixes)
    return poison(node.span)


def by_place(cx: Context, node: ast.Call, fewest: int, most: int, expected: str) -> list[ast.Expr] | None:
    """The arguments of a call that takes them by place; None, and a report, if they are not so."""
    for arg in node.args:
        if arg.name is not None:
            cx.report("AWM210", arg.name.span, callee=node.name.text, parameter=arg.name.text)
            return None
    if not fewest <= len(node.args) <= most:
        found = {0: "nothing", 1: "one argument"}.get(len(node.args), f"{len(node.args)} arguments")
        cx.report("AWM228", node.span, callee=node.name.text, expected=expected, found=found)
        return None
    return [arg.value for arg in node.args]


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


def require_kind(cx: Context, value: typed.Expr, kind: Type) -> typed.Expr:
    from awmc.semantics.expressions import convert

    return convert(cx, value, kind, "an argument")


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
                "AWM308", value.span, function=name, found=value.type.a, help=f"it takes {signature.wants}"
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
        cx.report(
            "AWM308", chosen.span, function="choose", found=chosen.type.a, help="it takes an enum first"
        )
        return poison(node.span)
    symbol = cx.model.enums[chosen.type.name]
    values: dict[str, typed.Expr] = {}
    kind: Type | None = expected
    for arg in node.args[1:]:
        if arg.name is None:
            cx.report("AWM229", arg.span, callee="choose")
            return poison(node.span)
        if symbol.wire(arg.name.text) is None:
            hint = nearest(arg.name.text, [n for n, _, _ in symbol.values])
            cx.report("AWM208", arg.name.span, enum=symbol.name, value=arg.name.text, hint=hint)
            return poison(node.span)
        if arg.name.text in values:
            cx.report("AWM110", arg.name.span, callee="choose", argument=arg.name.text)
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


def match_arguments(
    cx: Context, callee: str, params: Sequence[ParamModel], args: tuple[ast.Arg, ...], *, place: bool
) -> dict[str, ast.Expr] | None:
    """Arguments by the names of parameters; None, and reports, where they do not match."""
    found: dict[str, ast.Expr] = {}
    names = [p.name for p in params]
    fine = True
    named = False
    for i, arg in enumerate(args):
        if arg.name is None:
            if not place:
                help_text = f"write `{names[i]}: {cx.model.text(arg.value.span)}`" if i < len(names) else None
                cx.report("AWM229", arg.span, callee=callee, help=help_text)
                fine = False
                continue
            if named:
                cx.report("AWM230", arg.span)
                fine = False
            elif i >= len(names):
                count = f"{len(names)} argument{'s' if len(names) != 1 else ''}"
                cx.report("AWM228", arg.span, callee=callee, expected=count, found=str(len(args)))
                return None
            else:
                found[names[i]] = arg.value
            continue
        named = True
        if arg.name.text not in names:
            hint = nearest(arg.name.text, names)
            fixes = (Fix(arg.name.span, hint, f"write `{hint}`"),) if hint else ()
            help_text = None if hint or not names else "it takes " + ", ".join(f"`{n}`" for n in names)
            cx.report(
                "AWM210",
                arg.name.span,
                callee=callee,
                parameter=arg.name.text,
                hint=hint,
                fixes=fixes,
                help=help_text,
            )
            fine = False
        elif arg.name.text in found:
            cx.report("AWM110", arg.name.span, callee=callee, argument=arg.name.text)
            fine = False
        else:
            found[arg.name.text] = arg.value
    return found if fine else None


def _arguments(
    cx: Context, node: ast.Call, params: Sequence[ParamModel], *, place: bool
) -> tuple[tuple[str, typed.Expr], ...] | None:
    given = match_arguments(cx, node.name.text, params, node.args, place=place)
    if given is None:
        return None
    values: list[tuple[str, typed.Expr]] = []
    for param in params:
        if param.name in given:
            what = f"`{param.name}` of `{node.name.text}`"
            values.append((param.name, require(cx, given[param.name], param.type, what)))
        elif param.required:
            cx.report("AWM227", node.span, callee=node.name.text, parameter=param.name)
            return None
    return tuple(values)


def _fn(cx: Context, node: ast.Call, fn: Fn) -> typed.Expr:
    from awmc.semantics.declarations import finish_fn

    fn.used = True
    finish_fn(cx.model, fn, node)
    if fn.type is None:
        return poison(node.span)
    values = _arguments(cx, node, fn.params, place=True)
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

    tool = cx.model.tools[node.name.text]
    if cx.wire and tool.hidden:
        cx.report("AWM623", node.name.span, name=tool.name, found="an action")
        return poison(node.span)
    if not finish_tool(cx.model, tool, node.name.span):
        return poison(node.span)
    if cx.wire:
        tool.used = True
    values = _arguments(cx, node, tool.params, place=False)
    if values is None:
        return poison(node.span)
    kind = wire_result(cx.model, tool) if cx.wire else (tool.result or NULL)
    return typed.ToolCall(node.span, kind, tool, values)


@rule(ast.Apply)
def apply(cx: Context, node: ast.Apply, expected: Type | None) -> typed.Expr:
    from awmc.semantics.declarations import default_shape
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


# ---- Generators ----------------------------------------------------------------------------------------------------


def _generator(cx: Context, node: ast.Call, expected: Type | None) -> typed.Expr:
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


__all__ = ["DATETIME", "list_of"]
