"""Constants, operators and functions.

What SQL and Python must agree on beyond SQL's own operators is a function of `awmc/runtime/functions.py`,
registered under the name `awm_…`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlglot import expressions as exp

from awmc.backends.sql import durations
from awmc.backends.sql import tree as t
from awmc.backends.sql.scope import Scope, translates
from awmc.ir import nodes

_TEXTS = frozenset({"text", "email", "url", "date", "time", "datetime", "enum"})
"""Kinds whose stored form is the text that is written."""

_SIMPLE: Final = {
    "lower": "awm_lower",
    "upper": "awm_upper",
    "trim": "awm_trim",
    "replace": "awm_replace",
    "left": "awm_left",
    "right": "awm_right",
    "contains": "awm_contains",
    "starts_with": "awm_starts_with",
    "matches": "awm_matches",
    "relevance": "awm_relevance",
    "abs": "awm_abs",
    "mod": "awm_mod",
    "date": "awm_date",
    "time": "awm_time",
    "year": "awm_year",
    "month": "awm_month",
    "weekday": "awm_weekday",
    "days_between": "awm_days_between",
}
"""Functions of the language that are one function of the runtime."""

_COMPARISONS: Final[dict[str, type[exp.Binary]]] = {"lt": exp.LT, "le": exp.LTE, "gt": exp.GT, "ge": exp.GTE}
_ARITHMETIC: Final[dict[str, type[exp.Binary]]] = {"add": exp.Add, "sub": exp.Sub, "mul": exp.Mul}

Translation = Callable[[Scope, nodes.Apply], exp.Expr]


# ---- Constants, records, lists -----------------------------------------------------------------------------


@translates("const")
def _const(scope: Scope, expr: nodes.Const) -> exp.Expr:
    if isinstance(expr.value, nodes.Duration):
        return durations.stored(scope, expr)
    if expr.type.kind == "number" and isinstance(expr.value, int):
        return t.number(float(expr.value))
    return t.literal(expr.value)


@translates("list")
def _list(scope: Scope, expr: nodes.ListOf) -> exp.Expr:
    return t.call("json_array", *(_member(scope, item) for item in expr.items))


@translates("record")
def _record(scope: Scope, expr: nodes.RecordOf) -> exp.Expr:
    return t.json_object((field.name, _member(scope, field.value)) for field in expr.fields)


def _member(scope: Scope, expr: nodes.Expr) -> exp.Expr:
    tree = scope.tree(expr)
    return t.as_json(tree) if expr.type.kind in ("record", "list") else tree


# ---- Enums -------------------------------------------------------------------------------------------------


def place(scope: Scope, type: nodes.Type, tree: exp.Expr) -> exp.Expr:
    """The place of an enum's value, from 0."""
    places = scope.world.places[type.name]
    if isinstance(tree, exp.Literal):
        return t.number(places.index(tree.name))
    if isinstance(tree, exp.Null):
        return tree
    return t.case(((t.text(wire), t.number(n)) for n, wire in enumerate(places)), of=tree)


def value_at(scope: Scope, type: nodes.Type, place: exp.Expr) -> exp.Expr:
    """The enum's value at a place."""
    wires = t.call("json_array", *(t.text(wire) for wire in scope.world.places[type.name]))
    return t.part(wires, place)


def ordering(scope: Scope, expr: nodes.Expr) -> exp.Expr:
    """What SQL orders and compares instead of a value: the place of an enum's."""
    if expr.type.kind == "duration":
        return durations.seconds(scope, expr)
    if expr.type.kind != "enum":
        return plain(scope, expr)
    if isinstance(expr, nodes.Apply) and expr.fn == "if":
        test, then, otherwise = expr.args
        return t.case([(holds(scope, test), ordering(scope, then))], ordering(scope, otherwise))
    return place(scope, expr.type, scope.tree(expr))


def plain(scope: Scope, expr: nodes.Expr) -> exp.Expr:
    """A value where an int serves as well as the number that is equal to it."""
    if isinstance(expr, nodes.Apply) and expr.fn == "to_number":
        return plain(scope, expr.args[0])
    return scope.tree(expr)


# ---- Logic and comparison ----------------------------------------------------------------------------------


def _and(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    return t.all_of(scope.tree(arg) for arg in expr.args) or exp.true()


def _or(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    return t.any_of(scope.tree(arg) for arg in expr.args)


def _not(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    return t.negate(scope.tree(expr.args[0]))


def _is_null(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    return t.is_null(scope.tree(expr.args[0]))


def is_null_constant(expr: nodes.Expr) -> bool:
    return isinstance(expr, nodes.Const) and expr.value is None


def equal(scope: Scope, left: nodes.Expr, right: nodes.Expr) -> exp.Expr:
    """Null equals null; `=` where neither side can be null."""
    if is_null_constant(right):
        return t.is_null(scope.tree(left))
    if is_null_constant(left):
        return t.is_null(scope.tree(right))
    nullable = scope.is_nullable(left) or scope.is_nullable(right)
    operator = exp.NullSafeEQ if nullable else exp.EQ
    return t.binary(operator, _comparable(scope, left), _comparable(scope, right))


def _comparable(scope: Scope, expr: nodes.Expr) -> exp.Expr:
    if expr.type.kind == "duration":
        return durations.seconds(scope, expr)
    return t.as_json(scope.tree(expr)) if expr.type.kind in ("record", "list") else plain(scope, expr)


def holds(scope: Scope, expr: nodes.Expr) -> exp.Expr:
    """A condition where null counts as false, as in WHERE: there `=` serves though one side can be null."""
    if isinstance(expr, nodes.Apply):
        if expr.fn == "and":
            return t.all_of(holds(scope, arg) for arg in expr.args) or exp.true()
        if expr.fn == "or":
            return t.any_of(holds(scope, arg) for arg in expr.args)
        if expr.fn == "eq" and not any(is_null_constant(arg) for arg in expr.args):
            left, right = expr.args
            if not (scope.is_nullable(left) and scope.is_nullable(right)):
                return t.binary(exp.EQ, _comparable(scope, left), _comparable(scope, right))
    return scope.tree(expr)


def _equal(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    return equal(scope, *expr.args)


def _differ(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    return t.negate(equal(scope, *expr.args))


def _compare(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    left, right = expr.args
    return t.binary(_COMPARISONS[expr.fn], ordering(scope, left), ordering(scope, right))


def _between(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    value, low, high = expr.args
    return t.between(ordering(scope, value), ordering(scope, low), ordering(scope, high))


def _if(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    test, then, otherwise = expr.args
    return t.case([(holds(scope, test), scope.tree(then))], scope.tree(otherwise))


def _coalesce(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    first, *others = (scope.tree(arg) for arg in expr.args)
    return t.coalesce(first, *others)


def _place(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    return ordering(scope, expr.args[0])


# ---- Arithmetic --------------------------------------------------------------------------------------------


def _kind(expr: nodes.Expr) -> str:
    return expr.type.kind


def _sum(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    """`+` and `-`; moments with durations, which are months and seconds, or seconds where they are
    compared."""
    left, right = expr.args
    if _kind(right) == "duration" and _kind(left) != "duration":
        sign = 1 if expr.fn == "add" else -1
        return t.call("awm_add", scope.tree(left), *durations.parts(scope, right, sign))
    if _kind(left) == "duration" and _kind(right) != "duration":
        return t.call("awm_add", scope.tree(right), *durations.parts(scope, left, 1))
    if _kind(expr) == "duration":
        return durations.stored(scope, expr)
    return t.binary(_ARITHMETIC[expr.fn], plain(scope, left), plain(scope, right))


def _mul(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    left, right = expr.args
    if _kind(expr) == "duration":
        return durations.stored(scope, expr)
    trees = plain(scope, left), plain(scope, right)
    if _kind(expr) != "money" or not (_is_real(left) or _is_real(right)):
        return t.binary(exp.Mul, *trees)
    money, factor = trees if _kind(left) == "money" else reversed(trees)
    return t.call("awm_money_mul", money, factor)


def _is_real(expr: nodes.Expr) -> bool:
    """Whether a factor is a number that is not an int widened to one."""
    return _kind(expr) == "number" and not (
        isinstance(expr, nodes.Apply) and expr.fn == "to_number" and _kind(expr.args[0]) == "int"
    )


def _div(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    left, right = (plain(scope, arg) for arg in expr.args)
    return t.call("awm_money_div" if _kind(expr) == "money" else "awm_div", left, right)


def _neg(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    if _kind(expr) == "duration":
        return durations.stored(scope, expr)
    return t.negative(scope.tree(expr.args[0]))


def _round(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    value, *digits = expr.args
    by = scope.tree(digits[0]) if digits else t.number(0)
    rounded = t.call("awm_money_round" if _kind(value) == "money" else "awm_round", scope.tree(value), by)
    return t.call("awm_floor", rounded) if _kind(expr) == "int" and _kind(value) == "number" else rounded


def _floor(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    kind = "money_" if _kind(expr.args[0]) == "money" else ""
    return t.call(f"awm_{kind}{expr.fn}", scope.tree(expr.args[0]))


def _extreme(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    chosen = t.call(f"awm_{expr.fn}", *(ordering(scope, arg) for arg in expr.args))
    return value_at(scope, expr.type, chosen) if _kind(expr) == "enum" else chosen


def _to_number(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    value = expr.args[0]
    if isinstance(value, nodes.Const) and isinstance(value.value, int):
        return t.number(float(value.value))
    return t.real(scope.tree(value)) if _kind(value) == "int" else scope.tree(value)


def _to_money(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    value = expr.args[0]
    if _kind(value) == "int":
        return t.binary(exp.Mul, scope.tree(value), t.number(100))
    return t.call("awm_money_mul", t.number(100), plain(scope, value))


# ---- Texts -------------------------------------------------------------------------------------------------


def _concat(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    first, *others = (scope.tree(arg) for arg in expr.args)
    for other in others:
        first = t.binary(exp.DPipe, first, other)
    return first


def _text(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    """The written form; of null, the empty text."""
    value = expr.args[0]
    tree = _written(scope, value)
    return t.coalesce(tree, t.text("")) if scope.is_nullable(value) else tree


def _written(scope: Scope, value: nodes.Expr) -> exp.Expr:
    kind, tree = _kind(value), plain(scope, value)
    if kind in _TEXTS:
        return tree
    if kind in ("row", "id"):
        return id_text(scope, value.type.name, tree)
    return t.call({"money": "awm_text_money", "bool": "awm_text_bool"}.get(kind, "awm_text"), tree)


def id_text(scope: Scope, entity: str, key: exp.Expr) -> exp.Expr:
    """The id of a row as it is written."""
    of = scope.world.entities[entity]
    if of.natural_key:
        return key
    return t.call("awm_format_id", key, t.text(of.id_format)) if of.id_format else t.call("awm_text", key)


def _len(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    value = expr.args[0]
    return t.call("json_array_length" if _kind(value) == "list" else "awm_len", scope.tree(value))


def _key(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    return scope.tree(expr.args[0])


def _simple(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    return t.call(_SIMPLE[expr.fn], *(plain(scope, arg) for arg in expr.args))


FUNCTIONS: Final[dict[str, Translation]] = {
    **dict.fromkeys(_SIMPLE, _simple),
    "and": _and,
    "or": _or,
    "not": _not,
    "eq": _equal,
    "ne": _differ,
    "lt": _compare,
    "le": _compare,
    "gt": _compare,
    "ge": _compare,
    "is_null": _is_null,
    "between": _between,
    "if": _if,
    "coalesce": _coalesce,
    "add": _sum,
    "sub": _sum,
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "round": _round,
    "floor": _floor,
    "ceil": _floor,
    "min": _extreme,
    "max": _extreme,
    "concat": _concat,
    "text": _text,
    "len": _len,
    "to_number": _to_number,
    "to_money": _to_money,
    "key": _key,
    "place": _place,
}


"""By the name of the function; `in_list` is with the queries."""


@translates("apply")
def _apply(scope: Scope, expr: nodes.Apply) -> exp.Expr:
    return FUNCTIONS[expr.fn](scope, expr)
