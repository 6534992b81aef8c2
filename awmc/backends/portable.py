"""Row-local expressions and regular expressions in PostgreSQL's and DuckDB's own terms.

A world runs on SQLite, which knows every function of the language. The other dialects have functions of their
own: written here is only what means the same there. All else raises `Untranslatable`, and the check that
needs it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sqlglot import expressions as exp

from awmc.backends.dialects import Dialect
from awmc.backends.sql import tree as t
from awmc.ir import nodes

_DAY: Final = 86_400
_COMPARISONS: Final[Mapping[str, type[exp.Binary]]] = {
    "eq": exp.EQ,
    "ne": exp.NEQ,
    "lt": exp.LT,
    "le": exp.LTE,
    "gt": exp.GT,
    "ge": exp.GTE,
}
_ARITHMETIC: Final[Mapping[str, type[exp.Binary]]] = {"add": exp.Add, "sub": exp.Sub, "mul": exp.Mul}


class Untranslatable(Exception):
    """The dialect has nothing that means the same; the message names what it lacks."""


class Translator:
    """Expressions over `self`, the row of one table, for one dialect."""

    def __init__(self, environment: nodes.Environment, entity: nodes.Entity, dialect: Dialect) -> None:
        self._entity = entity
        self._dialect = dialect
        self._computed = {column.name: column for column in entity.computed}
        self._places = {enum.name: tuple(value.wire for value in enum.values) for enum in environment.enums}

    def tree(self, expr: nodes.Expr) -> exp.Expr:
        """The expression over the bare columns of the table. Raises `Untranslatable`."""
        match expr:
            case nodes.Const():
                if isinstance(expr.value, nodes.Duration):
                    raise Untranslatable("a duration")
                return self._dialect.literal(expr.type.kind, expr.value)
            case nodes.Var(name="self"):
                return self._dialect.column(self._entity.id_column)
            case nodes.Column(of=nodes.Var(name="self")):
                computed = self._computed.get(expr.column)
                return self.tree(computed.value) if computed else self._dialect.column(expr.column)
            case nodes.Apply():
                return self._apply(expr)
            case _:
                raise Untranslatable(f"an expression such as this ({expr.op})")

    def _apply(self, expr: nodes.Apply) -> exp.Expr:
        args = expr.args
        match expr.fn:
            case "eq" | "ne" | "lt" | "le" | "gt" | "ge":
                return self._compare(expr.fn, args[0], args[1])
            case "add" | "sub" if args[0].type.kind in ("date", "time", "datetime"):
                return self._moved(expr)
            case "add" | "sub" | "mul" if expr.type.kind in ("int", "number") or (
                expr.type.kind == "money" and all(arg.type.kind in ("int", "money") for arg in args)
            ):
                return t.binary(_ARITHMETIC[expr.fn], self.tree(args[0]), self.tree(args[1]))
            case "min" | "max" if not any(arg.type.nullable for arg in args):
                return t.call("least" if expr.fn == "min" else "greatest", *map(self.tree, args))
            case "date" | "year" | "month" | "weekday" | "days_between":
                return self._time(expr)
            case "place":
                places = self._places[args[0].type.name]
                return t.case(
                    ((t.text(wire), t.number(place)) for place, wire in enumerate(places)),
                    of=self.tree(args[0]),
                )
            case _:
                return self._plain(expr.fn, list(map(self.tree, args)))

    def _plain(self, fn: str, args: list[exp.Expr]) -> exp.Expr:
        match fn, args:
            case "and", _:
                return t.all_of(args) or exp.true()
            case "or", _:
                return t.any_of(args)
            case "not", [value]:
                return t.negate(value)
            case "is_null", [value]:
                return t.is_null(value)
            case "in_list", [value, *items]:
                return t.within(value, items) if items else exp.false()
            case "between", [value, low, high]:
                return t.between(value, low, high)
            case "if", [test, then, otherwise]:
                return t.case([(test, then)], otherwise)
            case "coalesce", _:
                return t.coalesce(*args)
            case "neg", [value]:
                return t.negative(value)
            case "abs", [value]:
                return t.call("abs", value)
            case "len", [value]:
                return t.call("length", value)
            case "concat", [first, *others]:
                for other in others:
                    first = t.binary(exp.DPipe, first, other)
                return first
            case "to_number", [value]:
                return t.real(value)
            case "key", [value]:
                return value
            case _:
                raise Untranslatable(f"`{fn}`")

    def _compare(self, fn: str, left: nodes.Expr, right: nodes.Expr) -> exp.Expr:
        operator = _COMPARISONS[fn]
        if fn in ("eq", "ne") and (left.type.nullable or right.type.nullable):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, nodes.Const) and one.value is None:
                    test = t.is_null(self.tree(other))
                    return test if fn == "eq" else t.negate(test)
            operator = exp.NullSafeEQ if fn == "eq" else exp.NullSafeNEQ
        return t.binary(operator, self.tree(left), self.tree(right))

    def _moved(self, expr: nodes.Apply) -> exp.Expr:
        moment, by = expr.args
        if not (isinstance(by, nodes.Const) and isinstance(by.value, nodes.Duration)):
            raise Untranslatable("a difference of moments")
        sign = 1 if expr.fn == "add" else -1
        months, seconds = sign * by.value.months, sign * by.value.seconds
        kind = moment.type.kind
        if kind == "date":  # by whole days
            seconds = (abs(seconds) // _DAY * _DAY) * (1 if seconds > 0 else -1)
        elif kind == "time":  # by whole minutes
            seconds = (abs(seconds) // 60 * 60) * (1 if seconds > 0 else -1)
            if months:
                raise Untranslatable("months of a time of day")
        tree = self.tree(moment)
        for count, unit in ((months, "months"), (seconds, "seconds")):
            if count:
                step = exp.Interval(this=t.text(str(count)), unit=exp.Var(this=unit))
                tree = t.binary(exp.Add, tree, step)
        return exp.Cast(this=tree, to=self._dialect.type_of(kind))

    def _time(self, expr: nodes.Apply) -> exp.Expr:
        dates = [exp.Cast(this=self.tree(arg), to=self._dialect.type_of("date")) for arg in expr.args]
        if expr.fn == "date":
            return dates[0]
        if expr.fn == "days_between":
            return t.binary(exp.Sub, dates[1], dates[0])
        part = {"year": "year", "month": "month", "weekday": "isodow"}[expr.fn]
        return exp.Cast(
            this=exp.Extract(this=exp.Var(this=part), expression=dates[0]),
            to=exp.DataType(this=exp.DType.BIGINT),
        )


# ---- Regular expressions -------------------------------------------------------------------------------------------

_TOKEN: Final = re.compile(
    r"""
    (?P<escape> \\.)
  | (?P<repeat> \{ (?: [0-9]+ (?:,[0-9]*)? | ,[0-9]* ) \})
  | (?P<class>  \[ \^? \]? (?: \\. | [^]\\] )* \])
  | (?P<other>  .)
    """,
    re.DOTALL | re.VERBOSE,
)
# What stands in brackets for the classes of ASCII characters: the engines agree on these, but not on `\s`.
_CLASSES: Final = {"d": "0-9", "w": "0-9A-Za-z_", "s": r" \t\n\r\f\v"}
_MOST_REPEATS: Final = {"postgres": 255, "duckdb": 1000}


def matches(dialect: Dialect, column: exp.Expr, pattern: str) -> exp.Expr:
    """Whether a whole text matches a regular expression of `@match`. Raises `Untranslatable`."""
    if dialect.is_sqlite:
        return t.call("awm_regex", column, t.text(pattern))
    text = portable_pattern(pattern, _MOST_REPEATS[dialect.name])
    if dialect.name == "duckdb":
        return t.call("regexp_full_match", column, t.text(text))
    return exp.RegexpLike(this=column, expression=t.text(f"^(?:{text})$"))


def portable_pattern(pattern: str, most_repeats: int) -> str:
    """The regular expression in terms that Python, PostgreSQL and RE2 read alike: classes are spelled out, a dot is no
    line feed, a repetition has a lower bound. Raises `Untranslatable`."""
    written: list[str] = []
    quantified = False
    for token in _TOKEN.finditer(pattern):
        kind, text = token.lastgroup, token[0]
        quantifies = kind == "repeat" or text in ("*", "+", "?")
        if quantifies and quantified and text != "?":
            raise Untranslatable(f"the possessive `{text}` of a pattern")
        quantified = quantifies and not quantified
        if kind == "escape":
            written.append(_escape(text[1], inside=False))
        elif kind == "repeat":
            written.append(_repeat(text, most_repeats))
        elif kind == "class":
            written.append(_class(text[1:-1]))
        elif text == ".":
            written.append(r"[^\n]")
        elif text in ("^", "$"):
            raise Untranslatable(f"the `{text}` of a pattern")
        else:
            written.append(rf"\{text}" if text in "{}]" else text)
    return "".join(written)


def _class(body: str) -> str:
    negation = "^" if body.startswith("^") else ""
    written = [f"[{negation}"]
    for member in re.finditer(r"\\.|.", body.removeprefix("^"), re.DOTALL):
        text = member[0]
        if len(text) == 2:
            written.append(_escape(text[1], inside=True))
        else:
            # `[:alpha:]` and the like are classes elsewhere.
            written.append(rf"\{text}" if text in "[]^" else text)
    return f"{''.join(written)}]"


def _escape(letter: str, *, inside: bool) -> str:
    members = _CLASSES.get(letter.lower())
    if members is not None and (letter.islower() or not inside):
        return members if inside else f"[{'' if letter.islower() else '^'}{members}]"
    if letter in "tnrfv" or (letter.isascii() and not letter.isalnum() and letter != "_"):
        return rf"\{letter}"
    if not letter.isascii() or letter == "_":
        return letter
    raise Untranslatable(rf"the `\{letter}` of a pattern")


def _repeat(text: str, most: int) -> str:
    low, comma, high = text[1:-1].partition(",")
    if max(int(low or 0), int(high or 0)) > most:
        raise Untranslatable(f"the `{text}` of a pattern")
    return f"{{{low or 0}{comma}{high}}}"
