"""Well-typed expressions of the language, drawn as text, over an entity with a column of every type."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Protocol

WORLD = """\
env awkward "Rows that are awkward." {
  clock 2028-02-29T23:59
  actor Row one
}

enum Size { small, big = "a BIG one", huge }

entity Row {
  text: text
  text_o: text?
  int: int
  int_o: int?
  number: number
  number_o: number?
  money: money
  money_o: money?
  bool: bool
  bool_o: bool?
  date: date
  date_o: date?
  datetime: datetime
  datetime_o: datetime?
  time: time
  time_o: time?
  size: Size
  size_o: Size?
  row_o: Row?
  rows: [Row] @via(row_o)
  tags: [Tag] @many
  half: money @computed(.money / 2)
}

entity Tag { code: text @id }

seed Tag (code) {
  accent: "É"
  plain: "e"
  long: "z z"
}
seed Row (text, int, number, money, bool, date, datetime, time, size) {
  one: "Ünïcode Straße", 0, 0.5, 0.05, true, 2028-02-29, 2028-02-29T23:59, 00:00, small
  two: "", -3, -2.5, -0.05, false, 2027-12-31, 2027-12-31T00:00, 23:59, huge
  three: { text: "boxes of café's ÇA", text_o: "Box", int: 7, int_o: 0, number: 0.1, number_o: 0.2, money: 19.99,
    money_o: 0.01, bool: true, bool_o: false, date: 2028-01-31, date_o: 2028-03-31, datetime: 2028-01-31T08:30,
    datetime_o: 2028-02-29T23:59, time: 08:30, time_o: 08:30, size: big, size_o: small, row_o: one,
    tags: [accent, plain] }
  four: { text: " a, B ", text_o: "", int: 3000000000, int_o: -7, number: 2.675, number_o: -0.0, money: 1000000.01,
    money_o: -1.50, bool: false, bool_o: true, date: 2024-02-29, date_o: 2024-02-29, datetime: 2027-02-28T12:00,
    datetime_o: 2028-12-31T23:59, time: 12:00, time_o: 00:01, size: small, size_o: huge, row_o: one, tags: [long] }
  five: { text: "ÜNÏCODE strasse", int: -3, int_o: 3, number: 1000000.5, money: 0, bool: true, date: 2028-02-29,
    datetime: 2028-03-01T00:00, time: 00:00, size: huge, row_o: five }
}
"""
"""Nulls, accents, negative amounts and halves of a cent, the ends of months, leap days, empty texts, large ints."""

KINDS = ("text", "int", "number", "money", "bool", "date", "datetime", "time", "size")

_TEXTS = ("", "a", "É", "straße", "box", "cafe", "CA unicode", " x", "{", '"')
_DURATIONS = ("30s", "24h", "36h", "7d", "1mo", "13mo", "1y", "2w", "90min")
_DATES = ("2028-02-29", "2027-12-31", "2028-01-30", "2100-03-01")


@dataclass(frozen=True)
class Place:
    """Where an expression stands: the names of the rows in scope, innermost last, and how deep it may still go."""

    rows: tuple[str, ...]
    depth: int

    @property
    def inside(self) -> Place:
        return replace(self, depth=self.depth - 1)


class Value(Protocol):
    """Writes a value of a kind, by default that of the expression that it is for, one deeper."""

    def __call__(self, of: str = ...) -> str: ...


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("{", "{{").replace("}", "}}")


class Writer:
    """Writes expressions, by the choices of `random`, which may be Hypothesis's own."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def one_of(self, *choices: Any) -> Any:
        """One of them; if that is a function, what it gives."""
        found = self.random.choice(choices)
        return found() if callable(found) else found

    def chance(self, of: int) -> bool:
        return self.random.randrange(of) == 0

    def expression(self, depth: int) -> str:
        """An expression over the row `r0`, null or not, of any kind."""
        place = Place(("r0",), depth)
        kind = self.one_of(*KINDS)
        return self.nullable(kind, place) if self.chance(4) else self.value(kind, place)

    # ---- Rows

    def path(self, place: Place) -> str:
        """A row in scope and the dot behind it."""
        return f"{self.one_of('', *place.rows)}."

    def column(self, kind: str, place: Place) -> str:
        if kind == "money" and self.chance(6):
            return f"{self.path(place)}half"
        return f"{self.path(place)}{kind}"

    def nullable(self, kind: str, place: Place) -> str:
        """An expression that may be null."""
        inner = place.inside
        found: list[Any] = [
            lambda: f"{self.path(place)}{kind}_o",
            lambda: f"{self.path(place)}row_o.{self.one_of(kind, kind + '_o')}",
        ]
        if place.depth > 0:
            found += [lambda: self._picked(kind, place)] * 2
            if kind != "bool":
                found.append(lambda: self.over("min", kind, place))
                found.append(lambda: self.over("max", kind, place))
            if kind == "number":
                found.append(lambda: self.over("avg", self.one_of("int", "number"), place))
                found.append(lambda: f"({self.value('int', inner)} / {self.column('int', place)})")
                found.append(lambda: f"({self.value('money', inner)} / {self.column('money', place)})")
            if kind == "money":
                found.append(lambda: self.over("avg", "money", place))
                found.append(lambda: f"({self.value('money', inner)} / {self.column('int', place)})")
                found.append(lambda: f"({self.value('money', inner)} / {self.column('number', place)})")
                found.append(lambda: f"({self.value('money', inner)} % {self.column('money', place)})")
            if kind == "int":
                found.append(lambda: f"({self.value('int', inner)} % {self.column('int', place)})")
            found.append(lambda: f"{self.over('list', kind, place)}[{self.one_of(0, 1, 9, '-1')}]")
        return str(self.one_of(*found))

    def _picked(self, kind: str, place: Place) -> str:
        inner, query = self.query(place)
        fn = self.one_of("first", "min_by", "max_by")
        by = self.one_of(*KINDS)
        key = "" if fn == "first" else f", {self.one_of(f'{inner.rows[-1]}.{by}_o', self.value(by, inner))}"
        return f"{fn}({query}{key}).{self.one_of(kind, kind + '_o')}"

    def over(self, fn: str, kind: str, place: Place) -> str:
        """An aggregate of a value over a query's rows."""
        inner, query = self.query(place)
        return f"{fn}({query}, {self.value(kind, inner)})"

    def query(self, place: Place) -> tuple[Place, str]:
        """A query, and the place of an expression over its rows."""
        name = f"r{len(place.rows)}"
        inner = Place((*place.rows, name), place.depth - 1)
        text = f"{self.one_of('Row', 'Row', f'{place.rows[-1]}.rows')} as {name}"
        if self.chance(2):
            text += f" where {self.value('bool', inner)}"
        if self.chance(3):
            text += f" order by {self._key(inner)}"
            if self.chance(2):
                text += f" then {self._key(inner)}"
        if self.chance(4):
            text += f" limit {self.one_of(0, 1, 2)}{self.one_of('', ' offset 1', ' offset 2')}"
        return inner, text

    def _key(self, place: Place) -> str:
        kind = self.one_of(*KINDS)
        key = self.one_of(lambda: self.value(kind, place), f"{place.rows[-1]}.{kind}_o")
        return f"{key}{self.one_of('', ' desc')}"

    # ---- Values

    def value(self, kind: str, place: Place) -> str:
        """An expression of a kind that is never null."""
        if place.depth <= 0:
            return self.column(kind, place)
        own = getattr(self, f"_{kind}")
        return str(
            self.one_of(
                *[lambda: own(place, lambda of=kind: self.value(of, place.inside))] * 5,
                lambda: self.column(kind, place),
                lambda: f"({self.nullable(kind, place.inside)} ?? {self.value(kind, place.inside)})",
                lambda: self._condition(kind, place.inside),
            )
        )

    def _condition(self, kind: str, place: Place) -> str:
        if self.chance(3):
            of = f"{place.rows[-1]}.{kind}_o"
            return f"(if {of} is not null then {of} else {self.value(kind, place)})"
        test = self.value("bool", place)
        return f"(if {test} then {self.value(kind, place)} else {self.value(kind, place)})"

    def _int(self, place: Place, v: Value) -> str:
        return str(
            self.one_of(
                lambda: self.one_of("0", "1", "2", "10", "-4"),
                lambda: f"({v()} {self.one_of('+', '-', '*')} {v()})",
                lambda: f"({v()} % {self.one_of('3', '-3', '7')})",
                lambda: f"-{self.column('int', place)}",
                lambda: f"len({v('text')})",
                lambda: f"abs({v()})",
                lambda: f"{self.one_of('min', 'max')}({v()}, {v()})",
                lambda: f"{self.one_of('round', 'floor', 'ceil')}({v('number')})",
                lambda: f"round({v()}, {self.one_of('-1', '0', '2')})",
                lambda: f"{self.one_of('year', 'month', 'weekday')}({v(self.one_of('date', 'datetime'))})",
                lambda: (
                    f"days_between({v(self.one_of('date', 'datetime'))}, {v(self.one_of('date', 'datetime'))})"
                ),
                lambda: f"relevance({v('text')}, {v('text')})",
                lambda: f"count({self.query(place)[1]})",
                lambda: self.over("sum", "int", place),
                lambda: f"len({self.over('list', 'text', place)})",
            )
        )

    def _number(self, place: Place, v: Value) -> str:
        return str(
            self.one_of(
                lambda: self.one_of("0.5", "1.25", "-2.5", "0.1"),
                lambda: f"({v()} {self.one_of('+', '-', '*')} {v()})",
                lambda: f"({v()} {self.one_of('+', '-', '*')} {v('int')})",
                lambda: f"({v(self.one_of('int', 'number'))} / {self.one_of('3', '4', '0.5')})",
                lambda: f"({v()} % {self.one_of('3', '0.5', '-2')})",
                lambda: f"round({v()}, {self.one_of('1', '2', '-1', '3')})",
                lambda: f"abs({v()})",
                lambda: f"-{self.column('number', place)}",
                lambda: f"{self.one_of('min', 'max')}({v()}, {v(self.one_of('int', 'number'))})",
                lambda: self.over("sum", "number", place),
            )
        )

    def _money(self, place: Place, v: Value) -> str:
        return str(
            self.one_of(
                lambda: f"({v()} {self.one_of('+', '-')} {v()})",
                lambda: f"({v()} {self.one_of('+', '-')} {self.one_of('2.50', '0.01', '3')})",
                lambda: f"({v()} * {v('int')})",
                lambda: f"({v()} * {self.one_of('0.5', '1.005', '0.1', '-0.5')})",
                lambda: f"({v()} * {v('number')})",
                lambda: f"({v()} / {self.one_of('2', '3', '-4', '0.5')})",
                lambda: f"round({v()}, {self.one_of('0', '1', '2', '-1')})",
                lambda: f"{self.one_of('floor', 'ceil', 'abs')}({v()})",
                lambda: f"-{self.column('money', place)}",
                lambda: f"{self.one_of('min', 'max')}({v()}, {v()})",
                lambda: self.over("sum", "money", place),
            )
        )

    def _text(self, place: Place, v: Value) -> str:
        def choose() -> str:
            return f'choose({v("size")}, small: {v()}, big: {v()}, huge: "")'

        def filled() -> str:
            plain = v(self.one_of(*KINDS))
            # No text stands within a text.
            return f'"<{{{self.column("money", place) if chr(34) in plain else plain}}}, {{{self.path(place)}id}}>"'

        return str(
            self.one_of(
                lambda: quoted(self.one_of(*_TEXTS)),
                lambda: f"{self.one_of('lower', 'upper', 'trim')}({v()})",
                lambda: f"replace({v()}, {v()}, {quoted(self.one_of(*_TEXTS))})",
                lambda: f"{self.one_of('left', 'right')}({v()}, {v('int')})",
                lambda: f"text({v(self.one_of(*KINDS))})",
                filled,
                choose,
            )
        )

    def _bool(self, place: Place, v: Value) -> str:
        inner, row = place.inside, place.rows[-1]
        kind = self.one_of(*KINDS)
        ordered = self.one_of(*KINDS)
        either = self.one_of("==", "!=")
        compared = self.one_of("<", "<=", ">", ">=")
        not_ = self.one_of("", "not ")
        return str(
            self.one_of(
                lambda: self.one_of("true", "false"),
                lambda: f"({v()} {self.one_of('and', 'or')} {v()})",
                lambda: f"(not {v()})",
                lambda: f"({v(kind)} {either} {v(kind)})",
                lambda: f"({self.nullable(kind, inner)} {either} {v(kind)})",
                lambda: f"({self.nullable(kind, inner)} {either} {self.nullable(kind, inner)})",
                lambda: f"({v(ordered)} {compared} {v(ordered)})",
                lambda: f"({v('int')} {compared} {v('number')})",
                lambda: f"({v(ordered)} {not_}in {v(ordered)} .. {v(ordered)})",
                lambda: f"({v(kind)} {not_}in [{v(kind)}, {v(kind)}])",
                lambda: f"({self.nullable(kind, inner)} is {not_}null)",
                lambda: f"({v('text')} contains {v('text')})",
                lambda: f"{self.one_of('starts_with', 'matches')}({v('text')}, {v('text')})",
                lambda: f"exists({self.query(place)[1]})",
                lambda: self.over(self.one_of("any", "all"), "bool", place),
                lambda: f"({row}.row_o {either} {self.one_of('me', row, row + '.row_o.row_o', 'null')})",
                lambda: f"({row} {not_}in {self.one_of('me', row)}.rows)",
                lambda: f"({row}.size {self.one_of('==', '<', '>=')} {self.one_of('small', 'big', 'huge')})",
                lambda: f"({self._span(v)} {self.one_of('<', '>=', '==')} {self.one_of(*_DURATIONS)})",
                lambda: f"({row}.id {self.one_of('==', '<', '>')} {v('int')})",
                lambda: f"({v('text')} {not_}in list({row}.tags, .code))",
                lambda: f"({v(kind)} {not_}in {self.over('list', kind, place)})",
                lambda: f"({row}.date_o is null or {row}.date_o > {v('date')})",
            )
        )

    def _span(self, v: Value) -> str:
        """A duration."""
        kind = self.one_of("date", "datetime")
        return f"({v(kind)} - {v(kind)})"

    def _moment(self, v: Value) -> str:
        return str(
            self.one_of(
                lambda: f"({v()} {self.one_of('+', '-')} {self.one_of(*_DURATIONS)})",
                lambda: f"({v()} + {self._span(v)})",
                lambda: f"{self.one_of('min', 'max')}({v()}, {v()})",
            )
        )

    def _date(self, place: Place, v: Value) -> str:
        return str(
            self.one_of(
                lambda: self.one_of(*_DATES),
                lambda: f"date({v(self.one_of('date', 'datetime'))})",
                lambda: self._moment(v),
                lambda: self._moment(v),
            )
        )

    def _datetime(self, place: Place, v: Value) -> str:
        return str(
            self.one_of(
                lambda: f"{self.one_of(*_DATES)}T{self.one_of('00:00', '23:59')}",
                "now",
                lambda: self._moment(v),
                lambda: self._moment(v),
            )
        )

    def _time(self, place: Place, v: Value) -> str:
        return str(
            self.one_of(
                lambda: self.one_of("00:00", "08:30"),
                lambda: f"time({v('datetime')})",
                lambda: f"{self.one_of('min', 'max')}({v()}, {v()})",
            )
        )

    def _size(self, place: Place, v: Value) -> str:
        return self._condition("size", place.inside)


def spec(texts: list[str]) -> str:
    """A spec with a tool for each expression, which gives its value for every row."""
    tools = [f"tool t{n}() {{ return list(Row as r0, {text}) }}" for n, text in enumerate(texts)]
    return "\n".join([WORLD, "tool tags() -> [Tag] { return Tag }", *tools, ""])
