"""Tools and actions: parameters, results, and bodies, each after those it calls."""

from __future__ import annotations

from collections.abc import Sequence

from awmc.diagnostics.model import Label
from awmc.diagnostics.suggest import nearest
from awmc.semantics import typed, typeexprs
from awmc.semantics.context import Context
from awmc.semantics.declarations import params
from awmc.semantics.effects import AUTOMATIC, automatic_codes, effects_of
from awmc.semantics.functions import RESERVED
from awmc.semantics.model import Model, ParamModel, ToolModel
from awmc.semantics.shapes import default_shape, inline_shape
from awmc.semantics.statements import Body, check_block
from awmc.semantics.types import ERROR, NUMBER, TEXT, Type, common, fits, list_of, row_of
from awmc.source import Span
from awmc.syntax import ast


def declare_tools(model: Model, tools: Sequence[tuple[ast.Tool, str]]) -> None:
    """Every tool and action by name, derived ones (with what they are derived from) included."""
    for node, derived_from in tools:
        name = node.name.text
        kind = "an action" if node.hidden else "a tool"
        if name in RESERVED:
            model.report("AWM103", node.name.span, name=name, what="a function of the language")
            continue
        taken = model.tools.get(name)
        fn = model.fns.get(name)
        if taken is not None or fn is not None:
            other = taken if taken is not None else fn
            assert other is not None
            what = "a `fn`" if taken is None else ("an action" if taken.hidden else "a tool")
            if taken is not None and taken.derived_from:
                what = f"the tool that `tools {taken.derived_from.split('.')[0]}` derives"
            model.report(
                "AWM103",
                node.name.span,
                name=name,
                what=what,
                secondary=(Label(other.span, f"{kind} of this name"),),
            )
            continue
        offered = next((a for _, a in model.offers if a == name), None)
        if offered is not None:
            model.report("AWM103", node.name.span, name=name, what="a tool that `offer` brings")
            continue
        about = node.about.value if node.about is not None else ""
        model.tools[name] = ToolModel(name, node.name.span, node, about, node.hidden, derived_from)


_OFFERED = {"calculate": ("expression", NUMBER), "think": ("thought", None), "handoff": ("summary", None)}


def declare_offers(model: Model) -> None:
    """The ready-made tools, as a `solve` calls them."""
    assert model.env is not None
    for kind, name in model.offers:
        offered = next(o for o in model.env.offers if (o.alias or o.name).text == name)
        parameter, result = _OFFERED[kind]
        block = ast.Block(offered.span, ())
        node = ast.Tool(offered.span, offered.name, (), None, None, block, False)
        tool = ToolModel(name, offered.span, node, state="done", result=result)
        tool.params = [ParamModel(parameter, offered.span, TEXT, True, used=True)]
        tool.automatic = {"invalid_arguments"}
        if kind == "calculate":
            tool.codes = {"invalid_expression": ""}
        model.offered[name] = tool


def check_tools(model: Model) -> None:
    """The body of every tool and action."""
    for tool in list(model.tools.values()):
        finish_tool(model, tool, None)


def finish_tool(model: Model, tool: ToolModel, call: Span | None) -> bool:
    """Checks a tool unless it is done; false, and a report, for a call from inside itself."""
    if tool.state == "busy":
        assert call is not None
        model.report("AWM505", call, name=tool.name)
        return False
    if tool.state == "done":
        return True
    tool.state = "busy"
    tool.params = params(model, tool.name, tool.node.params)
    for param in tool.params:
        param.paging = param.name in ("limit", "offset", "sort")
    _result(model, tool)
    cx = Context(model, f"`{tool.name}`", locals={p.name: p.type for p in tool.params})
    cx.optional = {p.name for p in tool.params if p.type.nullable}
    body = Body(tool.name, tool)
    problems = len(model.problems)
    tool.body, tool.ends = check_block(cx, body, tool.node.body)
    _infer_result(model, tool, body)
    if not any(p.is_error for p in model.problems[problems:]):
        _unused(model, tool, cx)
    _mark_paging(tool)
    effects_of(model, tool)
    automatic_codes(model, tool)
    tool.state = "done"
    return True


def _result(model: Model, tool: ToolModel) -> None:
    node = tool.node.result
    if node is None:
        return
    tool.declared = True
    element = node.element
    shape = model.shapes.get(element.name.text) if isinstance(element, ast.RowType) else None
    # The implicit shape of an entity has its name; what is written behind that name still is a shape of its own.
    if isinstance(element, ast.RowType) and shape is not None and not shape.implicit:
        shape.used = True
        if node.shape is not None:
            model.report("AWM216", element.name.span, name=element.name.text)
        tool.shape = shape
        kind: Type = row_of(shape.entity.name).or_null(element.optional)
    else:
        if isinstance(element, ast.RowType) and element.name.text not in (
            *model.entities, *model.enums, *model.records
        ):  # fmt: skip
            names = [*model.entities, *(n for n in model.shapes if "." not in n)]
            model.report(
                "AWM216", element.name.span, name=element.name.text, hint=nearest(element.name.text, names)
            )
            kind = ERROR
        else:
            kind = typeexprs.resolve(model, element, f"{tool.name}.result")
        if kind.kind == "row":
            entity = model.entities[kind.name]
            tool.shape = (
                inline_shape(model, f"{tool.name}.result", node.span, entity, node.shape)
                if node.shape is not None
                else default_shape(model, entity)
            )
    tool.result = list_of(kind) if node.many else kind


def _infer_result(model: Model, tool: ToolModel, body: Body) -> None:
    returns = body.returns
    if tool.declared:
        wanted = tool.result
        assert wanted is not None
        if wanted.kind != "error" and not tool.ends:
            model.report(
                "AWM501", tool.span, tool=tool.name,
                help="end every path with `return …` or `fail …`",
            )  # fmt: skip
        for found in returns:
            if found.value.type.kind == "error" or wanted.kind == "error":
                continue
            if not fits(found.value.type, wanted) or (found.value.type.nullable and not wanted.nullable):
                model.report(
                    "AWM502", found.value.span, tool=tool.name, found=found.value.type.a, expected=wanted.a,
                    secondary=(Label(tool.node.result.span, "declared here"),) if tool.node.result else (),
                )  # fmt: skip
    elif returns:
        kind = returns[0].value.type
        for found in returns[1:]:
            joined = common(kind, found.value.type)
            if joined is None:
                model.report(
                    "AWM503", found.value.span, tool=tool.name, left=kind.a, right=found.value.type.a
                )
                kind = ERROR
                break
            kind = joined
        tool.result = kind
        if not tool.ends and kind.kind != "error":
            model.report(
                "AWM501", tool.span, tool=tool.name, help="end every path with `return …` or `fail …`"
            )
        row = kind.element if kind.is_rows else kind
        if body.shape is not None:
            tool.shape = body.shape
        elif row is not None and row.kind == "row":
            tool.shape = default_shape(model, model.entities[row.name])
    tool.paged = any(isinstance(f.value, typed.QueryOf) and f.value.offset is not None for f in returns)
    if tool.result is not None and not tool.hidden and tool.result.kind in ("duration", "null"):
        model.report("AWM523", tool.span, found=tool.result.a)


def _unused(model: Model, tool: ToolModel, cx: Context) -> None:
    for param in tool.params:
        param.used = param.name in cx.used
        if not param.used and not tool.derived_from:
            model.report(
                "AWM512", param.span, owner=tool.name, parameter=param.name,
                help="use it, or leave it out: an agent would set it in vain",
            )  # fmt: skip
    if not tool.node.body.statements:
        model.report("AWM521", tool.span, owner=tool.name)


def _mark_paging(tool: ToolModel) -> None:
    """Parameters that say how many or from where, by what they are used for."""
    if all(param.type.kind != "int" for param in tool.params):
        return
    used = {
        bound.name
        for statement in tool.body
        for node in typed.walk(statement)
        if isinstance(node, typed.QueryOf)
        for bound in (node.limit, node.offset)
        if isinstance(bound, typed.Local)
    }
    for param in tool.params:
        param.paging = param.paging or param.name in used


__all__ = ["AUTOMATIC", "check_tools", "declare_tools", "finish_tool"]
