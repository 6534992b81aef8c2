"""Expressions of the IR in the language, as an author would write them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from awmc.ir import nodes
from awmc.oracle.trees import walk
from awmc.runtime.values import money_text, number_text

_BINARY: Final[Mapping[str, tuple[str, int]]] = {
    "or": ("or", 1), "and": ("and", 2), "eq": ("==", 4), "ne": ("!=", 4), "lt": ("<", 4), "le": ("<=", 4),
    "gt": (">", 4), "ge": (">=", 4), "contains": ("contains", 4), "coalesce": ("??", 5), "add": ("+", 6),
    "sub": ("-", 6), "mul": ("*", 7), "div": ("/", 7), "mod": ("%", 7),
}  # fmt: skip
_NOT, _COMPARED, _SIGNED, _WHOLE = 3, 4, 8, 9
_UNITS: Final = ((604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


class Unspelled(Exception):
    """An expression that the language has no short form for."""


class Speller:
    """Of one environment."""

    def __init__(self, environment: nodes.Environment) -> None:
        self._entities = {entity.name: entity for entity in environment.entities}
        self._enums = {enum.name: enum for enum in environment.enums}
        self._scope: list[str] = []

    def spelled(self, expr: nodes.Expr, within: int = 0) -> str:
        """The expression, in parentheses where what it stands in binds tighter. Raises `Unspelled`."""
        text, binds = self._one(expr)
        return f"({text})" if binds < within else text

    def _one(self, expr: nodes.Expr) -> tuple[str, int]:
        match expr:
            case nodes.Const():
                return self._const(expr), _WHOLE
            case nodes.Local():
                return expr.name, _WHOLE
            case nodes.Now():
                return "now", _WHOLE
            case nodes.Me():
                return "me", _WHOLE
            case nodes.Var():
                return expr.name, _WHOLE
            case nodes.Column():
                return self._column(expr), _WHOLE
            case nodes.Part():
                return f"{self.spelled(expr.of, _WHOLE)}.{expr.name}", _WHOLE
            case nodes.Apply():
                return self._applied(expr)
            case nodes.Query():
                return self._query(expr), 0
            case nodes.Aggregate():
                return self._aggregate(expr), _WHOLE
            case nodes.Item():
                return f"{self.spelled(expr.of, _WHOLE)}[{self.spelled(expr.index)}]", _WHOLE
            case nodes.ListOf():
                return f"[{', '.join(map(self.spelled, expr.items))}]", _WHOLE
        raise Unspelled(type(expr).__name__)

    def _const(self, expr: nodes.Const) -> str:
        value = expr.value
        if isinstance(value, nodes.Duration):
            return _duration(value)
        match expr.type.kind:
            case "enum":
                found = [one.name for one in self._enums[expr.type.name].values if one.wire == value]
                return found[0] if found else json.dumps(value)
            case "money" if isinstance(value, int):
                return money_text(value)
            case "date" | "time" | "datetime" if isinstance(value, str):
                return value
        if value is None or isinstance(value, bool):
            return json.dumps(value)
        return quoted(value) if isinstance(value, str) else number_text(value)

    def _column(self, expr: nodes.Column) -> str:
        field = self.field(expr.entity, expr.column)
        if isinstance(expr.of, nodes.Var) and self._scope and expr.of.name == self._scope[-1]:
            return f".{field}"
        return f"{self.spelled(expr.of, _WHOLE)}.{field}"

    def field(self, entity: str, column: str) -> str:
        """A column's path in the spec."""
        return next((one.field for one in self._entities[entity].columns if one.name == column), column)

    def _applied(self, expr: nodes.Apply) -> tuple[str, int]:
        args = expr.args
        if expr.fn in _BINARY and len(args) > 1:
            sign, binds = _BINARY[expr.fn]
            # Comparisons do not chain, and what follows `-` or `/` must bind tighter than it.
            left = binds + 1 if binds == _COMPARED else binds
            first, *rest = (
                self.spelled(one, left if place == 0 else binds + 1) for place, one in enumerate(args)
            )
            return f" {sign} ".join((first, *rest)), binds
        match expr.fn:
            case "not":
                return self._denied(args[0])
            case "neg":
                return f"-{self.spelled(args[0], _SIGNED)}", _SIGNED
            case "is_null":
                return f"{self.spelled(args[0], _COMPARED + 1)} is null", _COMPARED
            case "in_list":
                items = ", ".join(map(self.spelled, args[1:]))
                return f"{self.spelled(args[0], _COMPARED + 1)} in [{items}]", _COMPARED
            case "between":
                value, low, high = (self.spelled(one, _COMPARED + 1) for one in args)
                return f"{value} in {low} .. {high}", _COMPARED
            case "if":
                test, then, otherwise = map(self.spelled, args)
                return f"if {test} then {then} else {otherwise}", 0
            case "to_number" | "to_money":
                return self._one(args[0])
            case "key":
                return f"{self.spelled(args[0], _WHOLE)}.id", _WHOLE
            case "concat" | "place":
                raise Unspelled(expr.fn)
        return f"{expr.fn}({', '.join(map(self.spelled, args))})", _WHOLE

    def _denied(self, expr: nodes.Expr) -> tuple[str, int]:
        if isinstance(expr, nodes.Apply) and expr.fn in ("is_null", "in_list", "between"):
            text, binds = self._applied(expr)
            word, denied = (" is null", " is not null") if expr.fn == "is_null" else (" in ", " not in ")
            # What stands before the word binds tighter than it, and so holds it in parentheses alone.
            value = self.spelled(expr.args[0], _COMPARED + 1)
            return value + text[len(value) :].replace(word, denied, 1), binds
        return f"not {self.spelled(expr, _NOT)}", _NOT

    def _aggregate(self, expr: nodes.Aggregate) -> str:
        text = self._query(expr.query, expr.value)
        if expr.value is None:
            return f"{expr.fn}({text})"
        with self._in(expr.query):
            return f"{expr.fn}({text}, {self.spelled(expr.value)})"

    def _query(self, query: nodes.Query, value: nodes.Expr | None = None) -> str:
        """`value`: what an aggregate takes of its rows."""
        joined = len(query.sources) > 1
        text = " join ".join(
            f"{self._source(source)} as {source.alias}"
            if joined or _must_be_named(query, value, source.alias)
            else self._source(source)
            for source in query.sources
        )
        with self._in(query):
            terms = [self.spelled(term.test, _NOT) for term in query.where]
            text += f" where {' and '.join(terms)}" if terms else ""
            keys = [f"{self.spelled(key.key)}{' desc' if key.descending else ''}" for key in query.order]
            text += f" order by {' then '.join(keys)}" if keys else ""
        for word, end in (("limit", query.limit), ("offset", query.offset)):
            text += f" {word} {self.spelled(end)}" if end is not None else ""
        return text

    def _source(self, source: nodes.From) -> str:
        of = source.of
        if isinstance(of, nodes.EntitySource):
            return of.entity
        if isinstance(of, nodes.ListSource):
            return self.spelled(of.of, _WHOLE)
        for entity in self._entities.values():
            for link in entity.links:
                if (link.table, link.of_column) == (of.link, of.of_column):
                    return f"{self.spelled(of.of, _WHOLE)}.{link.name}"
        raise Unspelled(of.link)

    @contextmanager
    def _in(self, query: nodes.Query) -> Iterator[None]:
        """In here `.field` is of the query's row."""
        self._scope.append(query.sources[0].alias if len(query.sources) == 1 else "")
        try:
            yield
        finally:
            self._scope.pop()


def _must_be_named(query: nodes.Query, value: nodes.Expr | None, alias: str) -> bool:
    """Whether the query's row needs a name: a query within this one speaks of it, or it stands there as a whole."""
    parts = list(walk((query.where, query.order, value)))
    inner = [node for one in parts if isinstance(one, nodes.Query) for node in walk(one)]
    of_columns = {id(node.of) for node in parts if isinstance(node, nodes.Column)}
    return any(isinstance(node, nodes.Var) and node.name == alias for node in inner) or any(
        isinstance(node, nodes.Var) and node.name == alias and id(node) not in of_columns for node in parts
    )


def quoted(text: str) -> str:
    """As a text of the language."""
    return json.dumps(text.replace("{", "{{"), ensure_ascii=False)


def _duration(value: nodes.Duration) -> str:
    if value.months:
        return f"{value.months // 12}y" if value.months % 12 == 0 else f"{value.months}mo"
    return next(
        (
            f"{value.seconds // size}{unit}"
            for size, unit in _UNITS
            if value.seconds % size == 0 and value.seconds
        ),
        "0s",
    )
