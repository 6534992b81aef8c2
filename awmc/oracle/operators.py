"""Operators and functions on values in hand: which of `awmc.runtime.functions` each means, by the types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from awmc.ir import nodes
from awmc.oracle.listed import Listed
from awmc.runtime.functions import FUNCTIONS, PYTHON_OPERATORS
from awmc.runtime.values import text_of

Value = Callable[[nodes.Expr], Any]

_MONTH: Final = 30 * 86_400
"""Seconds that a month counts where durations are compared."""
_SAME: Final = frozenset(
    {
        *("len", "lower", "upper", "trim", "replace", "left", "right", "contains", "starts_with", "matches"),
        *("relevance", "abs", "mod", "date", "time", "year", "month", "weekday", "days_between"),
    }
)
"""Functions of the language that are one function of the runtime, `awm_…`."""
_COMPARISONS: Final = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}


class Names(Protocol):
    """What operators look up: the values of each enum, in order, and how an id is written."""

    @property
    def enums(self) -> Mapping[str, tuple[str, ...]]: ...

    def id_text(self, type_: nodes.Type, value: Any) -> Any: ...


def apply(expr: nodes.Apply, value: Value, names: Names) -> Any:
    """The value of an operator or function; `value` evaluates its arguments."""
    args = expr.args
    match expr.fn:
        case "and":
            return int(all(value(arg) for arg in args))
        case "or":
            return int(any(value(arg) for arg in args))
        case "if":
            return value(args[1]) if value(args[0]) else value(args[2])
        case "coalesce":
            return next((found for arg in args if (found := value(arg)) is not None), None)
        case "text":
            return _text(args[0], value(args[0]), names)
        case "place":
            return ordering(args[0].type, value(args[0]), names)
        case "to_number":
            found = value(args[0])
            return None if found is None else float(found)
        case "to_money":
            return FUNCTIONS["awm_money_mul"].call(100, value(args[0]))
        case "key":
            return value(args[0])
        case "is_null":
            return int(value(args[0]) is None)
        case "eq":
            return int(_same(value(args[0]), value(args[1])))
        case "ne":
            return int(not _same(value(args[0]), value(args[1])))
        case "in_list":
            return _in_list(args, value)
        case "not":
            return PYTHON_OPERATORS["not"](value(args[0]))
    return _calculate(expr, [value(arg) for arg in args], names)


def ordering(type_: nodes.Type, value: Any, names: Names) -> Any:
    """What is compared and sorted by instead of a value: an enum's place, a duration's seconds."""
    if value is None:
        return None
    if type_.kind == "enum":
        return names.enums[type_.name].index(value)
    return seconds(value) if type_.kind == "duration" else value


def seconds(value: Any) -> int:
    """A duration in seconds, a month counted as 30 days."""
    return value.months * _MONTH + value.seconds if isinstance(value, nodes.Duration) else int(value)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, nodes.Duration) or isinstance(right, nodes.Duration):
        return left is not None and right is not None and seconds(left) == seconds(right)
    return bool(left == right)


def _in_list(args: tuple[nodes.Expr, ...], value: Value) -> int:
    wanted = value(args[0])
    if len(args) == 2 and args[1].type.kind == "list" and args[0].type.kind != "list":
        return int(wanted in (value(args[1]) or ()))
    return int(any(_same(wanted, value(item)) for item in args[1:]))


def _text(expr: nodes.Expr, value: Any, names: Names) -> str:
    kind = expr.type.kind
    if kind in ("row", "id"):
        value, kind = names.id_text(expr.type, value), "text" if isinstance(value, str) else "int"
    if kind == "enum":
        kind = "text"
    return text_of(kind, value)  # type: ignore[arg-type] # the other kinds have no written form


def _calculate(expr: nodes.Apply, values: list[Any], names: Names) -> Any:
    kinds = [arg.type.kind for arg in expr.args]
    fn = expr.fn
    if any(value is None for value in values):
        return None
    if fn in _COMPARISONS or fn == "between":
        places = [ordering(arg.type, found, names) for arg, found in zip(expr.args, values, strict=True)]
        if fn == "between":
            low = PYTHON_OPERATORS[">="](places[0], places[1])
            return PYTHON_OPERATORS["and"](low, PYTHON_OPERATORS["<="](places[0], places[2]))
        return PYTHON_OPERATORS[_COMPARISONS[fn]](*places)
    if fn in ("add", "sub"):
        return _sum(fn, kinds, values)
    if fn == "mul":
        return _product(expr.type.kind, kinds, values)
    if fn == "div":
        return FUNCTIONS["awm_money_div" if expr.type.kind == "money" else "awm_div"].call(*values)
    if fn == "neg":
        if kinds[0] == "duration":
            return _duration(values[0], -1)
        return PYTHON_OPERATORS["neg"](*values)
    if fn == "round":
        digits = values[1] if len(values) > 1 else 0
        rounded = FUNCTIONS["awm_money_round" if kinds[0] == "money" else "awm_round"].call(values[0], digits)
        if expr.type.kind == "int" and isinstance(rounded, float):
            return FUNCTIONS["awm_floor"].call(rounded)
        return rounded
    if fn in ("floor", "ceil"):
        return FUNCTIONS[f"awm_money_{fn}" if kinds[0] == "money" else f"awm_{fn}"].call(*values)
    if fn in ("min", "max"):
        if expr.type.kind == "enum":
            places = [ordering(expr.type, found, names) for found in values]
            return names.enums[expr.type.name][min(places) if fn == "min" else max(places)]
        return FUNCTIONS[f"awm_{fn}"].call(*values)
    if fn == "concat":
        return "".join(values)
    if fn == "len" and kinds[0] == "list":
        if isinstance(values[0], Listed):
            values[0].check_whole()
        return len(values[0])
    assert fn in _SAME, fn
    return FUNCTIONS[f"awm_{fn}"].call(*values)


def _sum(fn: str, kinds: Sequence[str], values: list[Any]) -> Any:
    left, right = values
    sign = 1 if fn == "add" else -1
    if kinds[0] == kinds[1] == "duration":
        first, second = _duration(left, 1), _duration(right, sign)
        return nodes.Duration(months=first.months + second.months, seconds=first.seconds + second.seconds)
    if kinds[1] == "duration":
        moved = _duration(right, sign)
        return FUNCTIONS["awm_add"].call(left, moved.months, moved.seconds)
    if kinds[0] == "duration":
        return FUNCTIONS["awm_add"].call(right, left.months, left.seconds)
    if isinstance(left, str):
        apart = FUNCTIONS["awm_seconds_between"].call(right, left)
        return None if apart is None else nodes.Duration(seconds=int(apart))
    return PYTHON_OPERATORS["+" if fn == "add" else "-"](left, right)


def _duration(value: Any, sign: int) -> nodes.Duration:
    if not isinstance(value, nodes.Duration):
        value = nodes.Duration(seconds=int(value))
    return nodes.Duration(months=sign * value.months, seconds=sign * value.seconds)


def _product(kind: str, kinds: Sequence[str], values: list[Any]) -> Any:
    left, right = values
    if "duration" in kinds:
        duration, factor = (left, right) if kinds[0] == "duration" else (right, left)
        return nodes.Duration(months=duration.months * factor, seconds=duration.seconds * factor)
    if kind == "money" and (isinstance(left, float) or isinstance(right, float)):
        return FUNCTIONS["awm_money_mul"].call(*(values if kinds[0] == "money" else reversed(values)))
    return PYTHON_OPERATORS["*"](left, right)
