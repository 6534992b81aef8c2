"""Statements of tools, actions, `solve` and `wrong`: scopes of names, nulls along the flow, rules of writing."""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from awmc.diagnostics.suggest import nearest
from awmc.semantics import nulls, queries, typed
from awmc.semantics.context import Context
from awmc.semantics.expressions import as_text, condition, convert, infer, poison, present
from awmc.semantics.model import ShapeModel, ToolModel
from awmc.semantics.names import tool_of
from awmc.semantics.types import ERROR, TEXT, Type, row_of
from awmc.semantics.writes import create, delete, update
from awmc.source import Span
from awmc.syntax import ast


class Body(Struct):
    """What belongs to one body: `tool` is None for a `solve`. `locals`: every local with its type."""

    name: str
    tool: ToolModel | None
    returns: list[typed.Return] = field(default_factory=list)
    locals: dict[str, Type] = field(default_factory=dict)
    shape: ShapeModel | None = None
    """Of what is returned, where the tool declares no result."""


def check_block(cx: Context, body: Body, block: ast.Block) -> tuple[tuple[typed.Statement, ...], bool]:
    """The typed statements of a block, and whether it always returns or fails. Its names end with it."""
    outer = dict(cx.locals)
    problems = len(cx.model.problems)
    found: list[typed.Statement] = []
    lets: list[tuple[str, Span]] = []
    ended = False
    told = False
    for node in block.statements:
        if ended and not told:
            statement = cx.model.text(node.span).split()[0].split("(")[0]
            before = block.statements[block.statements.index(node) - 1]
            cx.report("AWM504", node.span, statement=cx.model.text(before.span).split()[0] or statement)
            told = True
        if isinstance(node, ast.Let):
            lets.append((node.name.text, node.name.span))
        statement_, ends = _statement(cx, body, node)
        if statement_ is not None:
            found.append(statement_)
        ended = ended or ends
    sound = not any(p.is_error for p in cx.model.problems[problems:])
    for name, span in lets:
        if name not in cx.used and body.tool is not None and not body.tool.derived_from and sound:
            cx.report("AWM516", span, name=name)
    for name in [n for n in cx.locals if n not in outer]:
        del cx.locals[name]
        cx.forget_local(name)
    return tuple(found), ended


def _statement(cx: Context, body: Body, node: ast.Statement) -> tuple[typed.Statement | None, bool]:
    in_solve = body.tool is None
    if in_solve and isinstance(node, (ast.Create, ast.Update, ast.Delete, ast.Return, ast.Fail)):
        word = cx.model.text(node.span).split()[0]
        cx.report(
            "AWM511",
            node.span,
            statement=word,
            where="a `solve`",
            help="call a tool: an agent has nothing else",
        )
        return None, False
    match node:
        case ast.Let():
            return _let(cx, body, node), False
        case ast.Require():
            test = condition(cx, node.test, "what `require` asks")
            failure = _failure(cx, body, node.otherwise)
            cx.facts |= nulls.facts(test, True)
            return typed.Require(node.span, test, failure), False
        case ast.Create():
            return create(cx, node, ""), False
        case ast.Update():
            return update(cx, node), False
        case ast.Delete():
            return delete(cx, node), False
        case ast.For():
            return _for(cx, body, node), False
        case ast.If():
            return _if(cx, body, node)
        case ast.Fail():
            code = ast.Otherwise(node.span, node.code, node.message)
            return typed.Fail(node.span, _failure(cx, body, code)), True
        case ast.Return():
            return _return(cx, body, node), True
        case ast.CallStatement():
            return _call(cx, node), False
        case ast.Fails():
            return _fails(cx, body, node), False


def _head(cx: Context, node: ast.Expr, expected: Type | None = None) -> typed.Expr:
    """An expression at whose head a tool or an action may be called."""
    cx.head = True
    value = infer(cx, node, expected)
    cx.head = False
    call = next((n for n in typed.walk(value) if isinstance(n, typed.ToolCall)), None)
    if call is not None:
        _written(cx, call)
    return value


def _written(cx: Context, call: typed.ToolCall) -> None:
    effects = call.tool.effects
    columns = set(effects.updates) | {(e, "*") for e in (*effects.creates, *effects.deletes)}
    cx.forget(columns)


def _failure(cx: Context, body: Body, node: ast.Otherwise) -> typed.Failure:
    message: typed.Expr
    if isinstance(node.message, ast.Text):
        message = typed.Const(node.message.span, TEXT, node.message.value, node.message.value)
        said = node.message.value
    else:
        parts = tuple(
            typed.Const(node.message.span, TEXT, p, p) if isinstance(p, str) else as_text(cx, p)
            for p in node.message.parts
        )
        message = typed.Op(node.message.span, TEXT, "concat", parts)
        said = cx.model.text(node.message.span)[1:-1]
    if body.tool is not None:
        body.tool.codes.setdefault(node.code.text, said)
    return typed.Failure(node.code.text, message)


def bind(cx: Context, body: Body, name: ast.Name, kind: Type) -> None:
    """Gives a local its name and type."""
    queries.free_name(cx, name)
    cx.forget_local(name.text)
    cx.locals[name.text] = kind
    body.locals[name.text] = kind


def _let(cx: Context, body: Body, node: ast.Let) -> typed.Let | typed.Create | typed.Call | None:
    if isinstance(node.value, ast.Create):
        made = create(cx, node.value, node.name.text)
        bind(cx, body, node.name, row_of(made.entity.name) if made is not None else ERROR)
        return made
    value = _head(cx, node.value)
    kind = value.type
    otherwise: typed.Failure | typed.Create | None = None
    if isinstance(node.otherwise, ast.Otherwise):
        if not kind.nullable and kind.kind != "error" and not cx.lenient:
            cx.report("AWM510", node.otherwise.span, name=node.name.text)
        otherwise = _failure(cx, body, node.otherwise)
        kind = kind.present
    elif isinstance(node.otherwise, ast.Create):
        otherwise = create(cx, node.otherwise, node.name.text)
        if otherwise is not None and kind.kind not in ("error",):
            if kind.kind != "row" or kind.name != otherwise.entity.name:
                cx.report(
                    "AWM301", node.value.span, what=f"`{node.name.text}`", found=kind.a,
                    expected=f"{row_of(otherwise.entity.name).a} or null",
                )  # fmt: skip
            elif not kind.nullable:
                cx.report("AWM510", node.otherwise.span, name=node.name.text)
        kind = kind.present
    if kind.kind == "null":
        what = f"`{node.name.text}`"
        if isinstance(value, typed.ToolCall):
            cx.report("AWM509", node.value.span, statement="let", found="a call without a result")
        else:
            cx.report("AWM325", node.value.span, what=what)
        kind = ERROR
    bind(cx, body, node.name, kind)
    if not kind.nullable:
        cx.facts |= nulls.row_facts(value, node.name.text)
    tool = tool_of(cx, value) if cx.wire else ""
    if tool:
        cx.results[node.name.text] = tool
    if isinstance(value, typed.ToolCall) and otherwise is None:
        return typed.Call(node.span, node.name.text, value)
    return typed.Let(node.span, node.name.text, value, otherwise)


# ---- Flow ----------------------------------------------------------------------------------------------------------


def _for(cx: Context, body: Body, node: ast.For) -> typed.For | None:
    over = _head(cx, node.over)
    element: Type = ERROR
    if over.type.kind != "error":
        over = present(cx, over)
        if over.type.kind == "list" and over.type.element is not None:
            element = over.type.element
        elif over.type.kind != "error":
            cx.report("AWM310", node.over.span, construct="`for`", found=over.type.a)
    outer = dict(cx.locals)
    # Facts that the body breaks do not hold at its beginning either, from the second round on.
    before = cx.facts
    problems = len(cx.model.problems)
    tool = tool_of(cx, over) if cx.wire else ""
    if tool:
        cx.results[node.name.text] = tool
    bind(cx, body, node.name, element)
    of_row = nulls.row_facts(over, node.name.text)
    cx.facts |= of_row
    check_block(cx, body, node.body)
    kept, still = cx.facts & before, cx.facts & of_row
    del cx.model.problems[problems:]
    cx.locals = dict(outer)
    bind(cx, body, node.name, element)
    # A row that a later round comes to may have been written in an earlier one.
    cx.facts = kept | still
    statements, _ = check_block(cx, body, node.body)
    cx.locals = outer
    cx.facts &= before
    return typed.For(node.span, node.name.text, element, over, statements)


def _if(cx: Context, body: Body, node: ast.If) -> tuple[typed.If, bool]:
    test = condition(cx, node.test, "what `if` asks")
    before = cx.facts
    cx.facts = before | nulls.facts(test, True)
    then, then_ends = check_block(cx, body, node.then)
    after_then = cx.facts
    cx.facts = before | nulls.facts(test, False)
    otherwise: tuple[typed.Statement, ...] = ()
    else_ends = False
    if node.otherwise is not None:
        otherwise, else_ends = check_block(cx, body, node.otherwise)
    after_else = cx.facts
    if then_ends:
        cx.facts = after_else
    elif else_ends:
        cx.facts = after_then
    else:
        cx.facts = after_then & after_else
    return typed.If(node.span, test, then, otherwise), then_ends and else_ends


def _return(cx: Context, body: Body, node: ast.Return) -> typed.Statement | None:
    wanted = body.tool.result if body.tool is not None else None
    if isinstance(node.value, ast.Create):
        made = create(cx, node.value, "")
        if made is None:
            return None
        name = made.entity.singular
        while name in cx.locals:
            name += "_"
        local = typed.Local(node.value.span, row_of(made.entity.name), name)
        found = typed.Return(node.span, local, replace(made, name=name))
        body.returns.append(found)
        return found
    value = _head(cx, node.value, wanted)
    if wanted is not None and wanted.kind != "error" and value.type.kind != "error":
        value = _fit_result(cx, body, value, wanted)
    if wanted is None and isinstance(value, typed.ShapedOf):
        body.shape, value = value.shape, value.of
    if value.type.kind == "null":
        cx.report("AWM325", node.value.span, what="what is returned")
        value = poison(node.value.span)
    found = typed.Return(node.span, value)
    body.returns.append(found)
    return found


def _fit_result(cx: Context, body: Body, value: typed.Expr, wanted: Type) -> typed.Expr:
    if wanted.kind in ("money", "number") and value.type.kind == "int":
        return convert(cx, value, wanted.or_null(value.type.nullable), "the result")
    if value.type.kind == "null" and wanted.nullable:
        return typed.Const(value.span, wanted, None, "null")
    if isinstance(value, typed.ShapedOf) and value.of.type.kind == wanted.kind:
        return value.of
    return value


def _call(cx: Context, node: ast.CallStatement) -> typed.Call | None:
    value = _head(cx, node.call)
    if value.type.kind == "error":
        return None
    if not isinstance(value, typed.ToolCall):
        cx.report(
            "AWM511",
            node.span,
            statement=node.call.name.text,
            where="the place of a statement",
            help="its value goes nowhere",
        )
        return None
    return typed.Call(node.span, "", value)


def _fails(cx: Context, body: Body, node: ast.Fails) -> typed.Fails | None:
    if body.tool is not None:
        cx.report("AWM511", node.span, statement="fails", where="a tool", help="it belongs to a `solve`")
        return None
    value = _head(cx, node.call)
    if not isinstance(value, typed.ToolCall):
        if value.type.kind != "error":
            cx.report("AWM623", node.call.name.span, name=node.call.name.text, found="no tool")
        return None
    possible = {*value.tool.codes, *value.tool.automatic}
    if node.code.text not in possible:
        hint = nearest(node.code.text, possible)
        help_text = None if hint else "write one of " + ", ".join(f"`{c}`" for c in sorted(possible))
        cx.report(
            "AWM605", node.code.span, tool=value.tool.name, code=node.code.text, hint=hint, help=help_text
        )
    return typed.Fails(node.span, value, node.code.text)
