"""One row of the seeds: its values, and whether they are what its entity allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from awmc.ir import nodes
from awmc.oracle.evaluate import Evaluator
from awmc.oracle.problem import Problem
from awmc.runtime.functions import FUNCTIONS
from awmc.runtime.values import from_wire, text_of

_TEXTS = ("text", "email", "url")
_PARSED = (*_TEXTS, "date", "time", "datetime", "int", "number")
"""Kinds whose stored form is their wire form."""


class Row(Struct):
    """A row of the seeds, with all its columns. `name`: how a message calls it."""

    entity: nodes.Entity
    key: int | str
    values: dict[str, Any]
    place: nodes.Place
    label: str = ""
    links: list[tuple[str, tuple[int | str, int | str]]] = field(default_factory=list)
    """Rows of many-to-many tables: the table, and the keys of both ends."""

    @property
    def name(self) -> str:
        return f"`{self.label}`" if self.label else f"{self.entity.name} {self.key}"


def breaches(row: Row, evaluator: Evaluator) -> Iterator[Problem]:
    """What the row's own values break: nulls, forms, ranges, checks."""
    sound = True
    for column in row.entity.columns:
        value = row.values[column.name]
        problem = _breach(row, column, value)
        if problem is not None:
            sound = False
            yield problem
    if not sound:
        return
    for check in row.entity.checks:
        if not evaluator.of_new_row(check.test, row.entity, row.values):
            parts = {"row": row.name, "entity": row.entity.name}
            yield Problem("AWM436", row.place, parts, note=check.message)


def _breach(row: Row, column: nodes.StoredColumn, value: Any) -> Problem | None:
    kind = column.type
    if value is None:
        assert kind.nullable, "a null for a column that has none is refused before any row is made"
        return None
    form = "int" if kind.kind == "money" else kind.kind  # money is stored in whole cents
    if form in _PARSED:
        try:
            from_wire(form, value)  # type: ignore[arg-type] # narrowed by the test
        except ValueError:
            return Problem("AWM319", row.place, {"value": _said(kind, value), "type": kind.kind})
    if kind.pattern is not None and not FUNCTIONS["awm_regex"].call(value, kind.pattern):
        return Problem("AWM320", row.place, {"value": _said(kind, value), "field": column.field})
    measure: Any = len(value) if kind.kind in _TEXTS else value
    low: Any = kind.low
    high: Any = kind.high
    if (low is not None and measure < low) or (high is not None and measure > high):
        what = f"`{column.field}` of {row.name}"
        shown = f"{measure} characters long" if kind.kind in _TEXTS else _said(kind, value)
        return Problem("AWM313", row.place, {"what": what, "value": shown, "range": _range(kind)})
    return None


def _said(kind: nodes.Type, value: Any) -> str:
    return text_of("text" if isinstance(value, str) else kind.kind, value)  # type: ignore[arg-type]


def _range(kind: nodes.Type) -> str:
    ends = [
        "" if end is None else str(end) if kind.kind in _TEXTS else _said(kind, end)
        for end in (kind.low, kind.high)
    ]
    return "..".join(ends)


class Uniques:
    """The unique keys that rows have taken, by the row that has them."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._taken: dict[tuple[str, str], dict[tuple[Any, ...], Row]] = {}

    def hit(self, row: Row) -> tuple[Sequence[str], Row] | None:
        """The columns of a unique key that another row has already, and that row."""
        for name, columns, where in _unique_keys(row.entity):
            values = tuple(row.values[column] for column in columns)
            if None in values or (where is not None and not self._holds(where, row)):
                continue
            other = self._taken.get((row.entity.name, name), {}).get(values)
            if other is not None:
                return columns, other
        return None

    def take(self, row: Row) -> None:
        for name, columns, where in _unique_keys(row.entity):
            values = tuple(row.values[column] for column in columns)
            if None not in values and (where is None or self._holds(where, row)):
                self._taken.setdefault((row.entity.name, name), {}).setdefault(values, row)

    def _holds(self, where: nodes.Expr, row: Row) -> bool:
        return bool(self._evaluator.of_new_row(where, row.entity, row.values))


def _unique_keys(entity: nodes.Entity) -> Iterator[tuple[str, tuple[str, ...], nodes.Expr | None]]:
    yield "", (entity.id_column,), None
    for column in entity.columns:
        if column.unique:
            yield f".{column.name}", (column.name,), None
    for unique in entity.uniques:
        yield unique.name, unique.columns, unique.where


def completed(
    entity: nodes.Entity,
    key: int | str | None,
    given: Mapping[str, Any],
    enums: Mapping[str, tuple[str, ...]],
    value: Callable[[nodes.Expr], Any],
) -> dict[str, Any]:
    """All columns of a row, in order: those given, else defaults; a state starts at its first."""
    values: dict[str, Any] = {}
    for column in entity.columns:
        if column.name in given:
            values[column.name] = given[column.name]
        elif column.name == entity.id_column:
            values[column.name] = key
        elif column.default is not None:
            values[column.name] = value(column.default)
        elif column.moves:
            values[column.name] = enums[column.type.name][0]
        else:
            values[column.name] = None
        if values[column.name] is not None and column.type.kind in _MADE:
            values[column.name] = _MADE[column.type.kind](values[column.name])
    return values


# An expression may give 1 for true, and an int for a whole number.
_MADE: Mapping[str, Callable[[Any], Any]] = {"bool": bool, "number": float}
