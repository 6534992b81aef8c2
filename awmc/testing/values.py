"""Strategies for arguments on the wire, a function a type.

What depends on the world when the call is made, an id or a moment, is drawn as a stand-in (`Row`, `Moment`) that the
machine resolves then: so the same draw shrinks and replays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Given = Mapping[str, Any]
"""Arguments of one call, with stand-ins."""

Strategy = SearchStrategy[Any]

_LETTERS = st.characters(codec="utf-8", exclude_characters="\0")
_FEW = st.sampled_from("aeorst ABéß0123-_'%{}\"\\")
_MOST_INT = 2**63 - 1
_MOST_MONEY = 10**11
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Row:
    """The id of a live row: the `place`-th of the entity, counted round, below 0 from the newest; of none where it is
    None."""

    entity: str
    place: int | None


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment so many seconds from the world's instant."""

    kind: Literal["date", "time", "datetime"]
    seconds: int


class LeftOut:
    """Stands for an argument that is not given."""

    def __repr__(self) -> str:
        return "LEFT_OUT"


LEFT_OUT = LeftOut()


def text(low: int | None = None, high: int | None = None, pattern: str | None = None) -> Strategy:
    """A text of `low` to `high` characters; with a pattern, one that all of it matches."""
    if pattern is not None:
        return st.from_regex(pattern, fullmatch=True).filter(
            lambda value: (
                "\0" not in value and (low or 0) <= len(value) <= (high if high is not None else 10**6)
            )
        )
    least = low or 0
    most = max(least, min(high if high is not None else least + 40, least + 40))
    return st.text(_FEW, min_size=least, max_size=most) | st.text(_LETTERS, min_size=least, max_size=most)


def email() -> Strategy:
    """An address; few different ones, so that they meet again."""
    names = st.text(st.sampled_from("abcde.+"), min_size=1, max_size=6).map(
        lambda name: f"a{name.strip('.')}"
    )
    return (
        st.tuples(names, st.sampled_from(["example.com", "mail.example.org"]))
        .map("@".join)
        .filter(_single_dots)
    )


def _single_dots(address: str) -> bool:
    return ".." not in address


def url() -> Strategy:
    """An address on the web."""
    return st.text(st.sampled_from("abc/?=&1"), max_size=12).map(lambda path: f"https://example.com/{path}")


def integer(low: int | None = None, high: int | None = None) -> Strategy:
    """A whole number; without bounds mostly a small one."""
    if low is not None and high is not None:
        return st.integers(low, high)
    wide = st.integers(-_MOST_INT - 1 if low is None else low, _MOST_INT if high is None else high)
    near = st.integers(
        low if low is not None else min(-5, (high or 0) - 20),
        high if high is not None else max(20, (low or 0) + 20),
    )
    return st.one_of(near, near, near, wide)


def number(low: float | None = None, high: float | None = None) -> Strategy:
    """A finite number, whole or not."""
    wide = st.floats(low, high, allow_nan=False, allow_infinity=False)
    least, most = (low if low is not None else -10.0), (high if high is not None else (low or 0.0) + 100.0)
    near = (
        st.integers(0, 100).map(lambda part: least + (most - least) * part / 100) if least <= most else wide
    )
    return st.one_of(near, near, wide)


def money(low: int | None = None, high: int | None = None) -> Strategy:
    """An amount, from bounds in cents."""
    least = low if low is not None else -_MOST_MONEY
    most = high if high is not None else _MOST_MONEY
    near = st.integers(max(least, min(0, most)), min(most, max(least, 0) + 50_000))
    return st.one_of(near, near, near, st.integers(least, most)).map(lambda cents: cents / 100)


def boolean() -> Strategy:
    return st.booleans()


def choice(*values: str) -> Strategy:
    """One of an enum's values, by their text on the wire."""
    return st.sampled_from(values)


def date() -> Strategy:
    """A day, most often near the world's."""
    return _moment("date")


def time() -> Strategy:
    """A time of day."""
    return _moment("time")


def datetime() -> Strategy:
    """An instant, most often near the world's."""
    return _moment("datetime")


def _moment(kind: Literal["date", "time", "datetime"]) -> Strategy:
    near = st.integers(-40, 40).map(lambda half_days: half_days * _DAY // 2)
    far = st.integers(-20_000 * _DAY, 20_000 * _DAY)
    return st.one_of(near, near, near, far).map(lambda seconds: Moment(kind, seconds))


def row(entity: str) -> Strategy:
    """The id of a row that lives when the call is made; now and then one of none."""
    places = st.integers(0, 40)
    newest = st.sampled_from([-1, -2, -3])
    return st.one_of(places, places, newest, st.none()).map(lambda place: Row(entity, place))


def list_of(element: Strategy, low: int | None = None, high: int | None = None) -> Strategy:
    """A list of `low` to `high` elements; not of many."""
    least = low or 0
    return st.lists(
        element, min_size=least, max_size=max(least, min(high if high is not None else least + 4, least + 4))
    )


def record(**parts: Strategy) -> Strategy:
    """An object; parts that are `optional` may be left out."""
    return st.fixed_dictionaries(parts).map(_given)


def nullable(value: Strategy) -> Strategy:
    """A value, or null."""
    return st.one_of(value, value, st.none())


def optional(value: Strategy) -> Strategy:
    """A value, or nothing at all."""
    return st.one_of(st.just(LEFT_OUT), value)


def formula() -> Strategy:
    """Something to calculate, or not."""
    return st.text(st.sampled_from("0123456789.+-*/() "), min_size=1, max_size=20)


def _given(values: Given) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not LEFT_OUT}


_JUNK: Strategy = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [
            0,
            -1,
            2**63,
            10**30,
            0.5,
            1e308,
            "",
            " ",
            "1",
            "\0",
            "\ud800",
            "x" * 5_000,
            "2026-02-30",
            [],
            {},
            [None],
            {"id": 1},
        ]
    ),
)


@st.composite
def _arguments(draw: st.DrawFn, parts: dict[str, Strategy]) -> Given:
    given = _given(draw(st.fixed_dictionaries(parts)))
    if draw(st.integers(0, 4)) < 4:
        return given
    rows = sorted(name for name, value in given.items() if isinstance(value, Row))
    fault = draw(st.sampled_from(["left out", "unknown", "junk", *(["no row"] if rows else [])]))
    if fault == "no row":
        name = draw(st.sampled_from(rows))
        return {**given, name: Row(given[name].entity, None)}
    if fault == "unknown" or not given:
        return {**given, draw(st.sampled_from(["id_", "unknown", ""])): draw(_JUNK)}
    name = draw(st.sampled_from(sorted(given)))
    if fault == "left out":
        return {other: value for other, value in given.items() if other != name}
    return {**given, name: draw(_JUNK)}


def arguments(**parts: Strategy) -> SearchStrategy[Given]:
    """The arguments of one call: legal ones four times of five, else with one fault in them."""
    return _arguments(parts)
