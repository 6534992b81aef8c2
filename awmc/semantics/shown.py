"""What tools show of hidden columns: in results that are no rows, in errors, in shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from awmc.semantics import typed
from awmc.semantics.model import Model

_TELLS: Final = frozenset(
    ("text", "concat", "coalesce", "lower", "upper", "trim", "replace", "left", "right", "min", "max", "round",
     "floor", "ceil", "abs", "neg", "date", "time", "year", "month", "weekday", "to_number", "to_money")
)  # fmt: skip
"""Functions whose value tells that of an argument."""
_CHOOSES: Final = frozenset(("min", "max", "list", "first"))


def check_shown(model: Model) -> None:
    """No hidden column is shown to the agent, whichever way its value goes."""
    for tool in model.tools.values():
        for statement in tool.body:
            for node in typed.walk(statement):
                if isinstance(node, typed.Failure):
                    _report(model, node.message)
                elif isinstance(node, typed.Return) and not tool.hidden:
                    _report(model, node.value)
    for shape in model.shapes.values():
        for member in shape.members:
            _report(model, member.value)


def _report(model: Model, expr: typed.Expr) -> None:
    for column in _told(expr):
        model.report(
            "AWM517",
            column.span,
            field=column.field.name,
            entity=column.field.entity,
            help="leave it out, or drop its `@hidden`",
        )


def _told(expr: typed.Expr | None) -> Iterator[typed.ColumnOf]:
    """The hidden columns whose values the value of an expression tells."""
    match expr:
        case typed.ColumnOf() if expr.field.hidden:
            yield expr
        case typed.PartOf() | typed.ItemOf():
            yield from _told(expr.of)
        case typed.Op(fn="if", args=(_, *branches)):
            for branch in branches:
                yield from _told(branch)
        case typed.Op() if expr.fn in _TELLS:
            for arg in expr.args:
                yield from _told(arg)
        case typed.AggregateOf() if expr.fn in _CHOOSES:
            yield from _told(expr.value)
        case typed.GroupOf():
            for part in expr.parts:
                if part.fn in ("", *_CHOOSES):
                    yield from _told(part.value)
        case typed.ListOf():
            for item in expr.items:
                yield from _told(item)
        case typed.RecordOf():
            for _, value in expr.fields:
                yield from _told(value)
        case typed.FnCall():
            yield from _shown_by_fn(expr)


def _shown_by_fn(expr: typed.FnCall) -> Iterator[typed.ColumnOf]:
    """A `fn` is told at the place of its call: its own text may be sound elsewhere."""
    for column in _told(expr.fn.value):
        yield typed.ColumnOf(expr.span, column.type, column.of, column.field)
