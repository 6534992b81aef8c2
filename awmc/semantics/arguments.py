"""Arguments of calls: by place or by name, held to the parameters."""

from __future__ import annotations

from collections.abc import Sequence

from awmc.diagnostics.model import Fix, Label
from awmc.diagnostics.suggest import nearest
from awmc.semantics import typed
from awmc.semantics.context import Context
from awmc.semantics.expressions import convert, infer, require, wire_fits
from awmc.semantics.model import ParamModel
from awmc.semantics.types import Type, fits
from awmc.source import Span
from awmc.syntax import ast


def by_place(cx: Context, node: ast.Call, fewest: int, most: int, expected: str) -> list[ast.Expr] | None:
    """The arguments of a call that takes them by place; None, and a report, if they are not so."""
    for arg in node.args:
        if arg.name is not None:
            cx.report("AWM210", arg.name.span, callee=node.name.text, parameter=arg.name.text)
            return None
    if not fewest <= len(node.args) <= most:
        found = {0: "nothing", 1: "one argument"}.get(len(node.args), f"{len(node.args)} arguments")
        cx.report(
            "AWM228", node.span, callee=node.name.text, expected=expected, found=found,
            help=leave_out(cx, node.args, most),
        )  # fmt: skip
        return None
    return [arg.value for arg in node.args]


def leave_out(cx: Context, args: Sequence[ast.Arg], most: int) -> str | None:
    """What to do about arguments that are too many: `count(Book, .copies > 0)` has a `where` in mind."""
    extra = args[most:]
    if not extra:
        return None
    first, value = args[0].value, extra[0].value
    condition = isinstance(value, (ast.Binary, ast.Within, ast.IsNull))
    if len(args) == 2 and condition and isinstance(first, (ast.EntityRef, ast.Scoped, ast.Attr)):
        return f"write `{cx.model.text(first.span)} where {cx.model.text(value.span)}`"
    return f"leave `{cx.model.text(Span(extra[0].span.start, extra[-1].span.end))}` out"


def _meant_parameter(cx: Context, value: ast.Expr, params: Sequence[ParamModel]) -> str:
    """The first of the parameters that a value without a name fits, the first of all where it fits none."""
    before = len(cx.model.problems)
    found = infer(cx, value).type
    del cx.model.problems[before:]
    fitting = [param for param in params if fits(found, param.type)]
    fitting += [param for param in params if cx.wire and wire_fits(cx, found, param.type)]
    return (fitting or [*params])[0].name if params else ""


def require_kind(cx: Context, value: typed.Expr, kind: Type) -> typed.Expr:
    return convert(cx, value, kind, "an argument")


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
                meant = _meant_parameter(cx, arg.value, [p for p in params if p.name not in found])
                fix = Fix(Span.at(arg.span.start), f"{meant}: ", f"write `{meant}:` before it")
                help_text = (
                    f"write `{meant}: {cx.model.text(arg.value.span)}`" if meant else "it takes nothing"
                )
                cx.report("AWM229", arg.span, callee=callee, help=help_text, fixes=(fix,) if meant else ())
                if meant:
                    found[meant] = arg.value
                fine = False
                continue
            if named:
                cx.report("AWM230", arg.span)
                fine = False
            elif i >= len(names):
                count = f"{len(names)} argument{'s' if len(names) != 1 else ''}"
                cx.report(
                    "AWM228", arg.span, callee=callee, expected=count, found=str(len(args)),
                    help=leave_out(cx, args, i),
                )  # fmt: skip
                return None
            else:
                found[names[i]] = arg.value
            continue
        named = True
        if arg.name.text not in names:
            hint = nearest(arg.name.text, names)
            fixes = (Fix(arg.name.span, hint, f"write `{hint}`"),) if hint else ()
            listed = None if hint or not names else "write one of " + ", ".join(f"`{n}`" for n in names)
            cx.report(
                "AWM210",
                arg.name.span,
                callee=callee,
                parameter=arg.name.text,
                hint=hint,
                fixes=fixes,
                help=listed,
            )
            fine = False
        elif arg.name.text in found:
            first = next(a.name for a in args if a.name is not None and a.name.text == arg.name.text)
            cx.report(
                "AWM110", arg.name.span, callee=callee, argument=arg.name.text,
                secondary=(Label(first.span, "it is given here"),),
            )  # fmt: skip
            fine = False
        else:
            found[arg.name.text] = arg.value
    return found if fine else None


def arguments(
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
        elif param.required and param.type.kind != "error":
            cx.report("AWM227", node.span, callee=node.name.text, parameter=param.name)
            return None
    return tuple(values)
