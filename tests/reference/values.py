"""Values of the language and every operator and function on them, each in the plainest way.

| type                    | here                                             |
|-------------------------|--------------------------------------------------|
| text, email, url        | `str`                                            |
| int, id                 | `int` (`str` for a natural key)                  |
| number                  | `float`                                          |
| money                   | `Decimal` with two places                        |
| bool                    | `bool`                                           |
| date, time, datetime    | `date`, `time`, `datetime` of the library        |
| duration                | `Duration`                                       |
| enum                    | `Member`                                         |
| a row                   | `Row`                                            |
| record, list            | `dict`, `list`                                   |

Null is None, and gives None. Nothing raises: what a function gives and cannot be held (an int or cents beyond 64 bits,
a number that is not finite, a moment outside the years 1 to 9999) is None, and counted in `beyond`. `+ - *` on ints,
and on money, have no end here; SQL's own go on as numbers there.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

MONTH = 30 * 86_400
"""Seconds that a month counts where durations are compared."""


beyond: list[Any] = []
"""What could not be held so far."""


def held_not(value: Any = None) -> None:
    """Stands for a result that cannot be held."""
    beyond.append(value)


@dataclass(frozen=True)
class Duration:
    months: int
    seconds: int


@dataclass(frozen=True)
class Member:
    """A value of an enum: its place among them, and its text on the wire."""

    place: int
    wire: str


@dataclass(frozen=True)
class Row:
    entity: str
    key: int | str


def ordering(value: Any) -> Any:
    """What values of one type are compared by."""
    match value:
        case Member():
            return value.place
        case Duration():
            return value.months * MONTH + value.seconds
        case Row():
            return value.key
    return value


def in_order(items: list[Any], keys: list[Any], descending: bool) -> list[Any]:
    """The items by their keys; nulls last either way, those with equal keys as they were."""
    pairs = list(zip(items, keys, strict=True))
    there = [pair for pair in pairs if pair[1] is not None]
    there.sort(key=lambda pair: ordering(pair[1]), reverse=descending)
    return [item for item, _ in there] + [item for item, key in pairs if key is None]


# ---- Numbers -------------------------------------------------------------------------------------------------------


def integer(value: int) -> int | None:
    """The value, if it can be stored."""
    return value if -(2**63) <= value < 2**63 else None


def storable(value: Any) -> Any:
    """What a function gives, if it can be stored."""
    whole = int(value * 100) if isinstance(value, Decimal) else value
    return held_not(value) if isinstance(whole, int) and integer(whole) is None else value


def number(value: float) -> float | None:
    return value + 0.0 if math.isfinite(value) else held_not(value)


def read_as(value: float | Decimal) -> Fraction:
    """The decimal that people read, exactly."""
    return Fraction(Decimal(repr(value)) if isinstance(value, float) else value)


def half_away(value: Fraction) -> int:
    """The nearest whole number; halves go away from zero."""
    nearest = math.floor(abs(value) + Fraction(1, 2))
    return nearest if value >= 0 else -nearest


def money(units: Fraction | int) -> Decimal:
    """An amount in whole cents."""
    with localcontext() as context:
        context.prec = 200
        return Decimal(half_away(Fraction(units) * 100)) / 100


def of_kind(kind: str, value: Any) -> Any:
    """The result of arithmetic as a value of a type."""
    if value is None:
        return None
    if kind == "money":
        return money(Fraction(value))
    return int(value) if kind == "int" else number(float(value))


def arithmetic(fn: str, kind: str, left: Any, right: Any) -> Any:
    """`+ - * / %` on two values; `kind` is the result's."""
    if isinstance(left, (dt.date, Duration)) or isinstance(right, (dt.date, Duration)):
        return _of_moments(fn, left, right)
    numbers = isinstance(left, float) or isinstance(right, float)
    if fn in ("add", "sub", "mul") and (kind != "money" or fn != "mul"):
        try:
            if numbers:
                left, right = float(left), float(right)
            else:
                left, right = Fraction(left), Fraction(right)
            found = {"add": left + right, "sub": left - right, "mul": left * right}[fn]
        except OverflowError:
            return held_not()
        return of_kind(kind, found) if not numbers or math.isfinite(found) else held_not(found)
    if fn == "mul":
        if numbers:
            return storable(money(read_as(left) * read_as(right)))
        return money(Fraction(left) * Fraction(right))
    if right == 0:
        return None
    if fn == "div":
        if kind == "money":
            return storable(money(read_as(left) / read_as(right)))
        return number(left / right) if numbers else number(float(Fraction(left) / Fraction(right)))
    if numbers:
        return number(float(left) % float(right))
    rest = Fraction(left) - math.floor(Fraction(left) / Fraction(right)) * Fraction(right)
    return storable(of_kind(kind, rest))


def rounded(value: Any, digits: int, kind: str) -> Any:
    """Half away from zero at so many decimals; below 0 at tens, hundreds."""
    digits = max(min(digits, 400), -400)
    scale = Fraction(10) ** digits
    return storable(of_kind(kind, Fraction(half_away(read_as(value) * scale)) / scale))


def whole(value: Any, kind: str, *, up: bool) -> Any:
    """`floor` and `ceil`."""
    exact = Fraction(value)
    return storable(of_kind(kind, Fraction(math.ceil(exact) if up else math.floor(exact))))


# ---- Moments -------------------------------------------------------------------------------------------------------


def negative(value: Any) -> Any:
    if isinstance(value, Duration):
        return Duration(-value.months, -value.seconds)
    if isinstance(value, float):
        return number(-value)
    return money(-Fraction(value)) if isinstance(value, Decimal) else -value


def _of_moments(fn: str, left: Any, right: Any) -> Any:
    if fn == "sub" and isinstance(right, dt.date):
        return Duration(0, int((left - right).total_seconds()))
    if isinstance(left, Duration) and isinstance(right, dt.date):
        return later(right, left)
    by = right if fn == "add" else negative(right)
    if isinstance(left, Duration):
        return Duration(left.months + by.months, left.seconds + by.seconds)
    return later(left, by)


def later(moment: Any, by: Duration) -> Any:
    """Later by months, clamped to the month's end, then by seconds; a date by whole days of them."""
    months = moment.year * 12 + moment.month - 1 + by.months
    year, month = months // 12, months % 12 + 1
    if not 1 <= year <= 9999:
        return held_not(year)
    day = min(moment.day, calendar.monthrange(year, month)[1])
    try:
        moved = moment.replace(year=year, month=month, day=day)
        if isinstance(moment, dt.datetime):
            return moved + dt.timedelta(seconds=by.seconds)
        return moved + dt.timedelta(days=int(Fraction(by.seconds, 86_400)))
    except OverflowError:
        return held_not()


def day_of(moment: dt.date) -> dt.date:
    return dt.date(moment.year, moment.month, moment.day)


def days_between(start: dt.date, end: dt.date) -> int:
    return (day_of(end) - day_of(start)).days


# ---- Texts ---------------------------------------------------------------------------------------------------------


def as_text(value: Any) -> str:
    """A value as it stands in a text."""
    match value:
        case bool():
            return "true" if value else "false"
        case Member():
            return value.wire
        case float():
            plain = f"{Decimal(repr(value)):f}"
            return plain.rstrip("0").rstrip(".") if "." in plain else plain
        case Decimal():
            return f"{value:.2f}"
        case dt.datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
        case dt.date():
            return value.isoformat()
        case dt.time():
            return value.strftime("%H:%M")
    return str(value)


def contains(text: str, part: str) -> bool:
    return part.casefold() in text.casefold()


def starts_with(text: str, part: str) -> bool:
    return text.casefold().startswith(part.casefold())


def replaced(text: str, old: str, new: str) -> str:
    return new.join(text.split(old)) if old else text


def first_letters(text: str, count: int) -> str:
    return "".join(letter for place, letter in enumerate(text) if place < count)


def last_letters(text: str, count: int) -> str:
    return "".join(letter for place, letter in enumerate(text) if len(text) - place <= count)


_PLAIN = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}


def words(text: str) -> list[str]:
    """The words of letters and digits, without case and accents."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(_PLAIN.get(letter, letter) for letter in apart if not unicodedata.combining(letter))
    return re.findall(r"[^\W_]+", plain)


def singulars(word: str) -> set[str]:
    """What a word may be the plural of, or itself: the S-stemmer of Harman (1991), and `-es` after a hiss or an o."""
    if len(word) < 3:
        return {word}
    found: set[str] = set()
    if word.endswith("ies") and word[-4:] not in ("eies", "aies"):
        found.add(word[:-3] + "y")
    elif (word.endswith("es") and word[-3:] not in ("aes", "ees", "oes")) or (
        word.endswith("s") and word[-2:] not in ("us", "ss")
    ):
        found.add(word[:-1])
    else:
        found.add(word)
    if re.search(r"(s|x|z|ch|sh|o)es$", word):
        found.add(word[:-2])
    return found


def equal_words(one: str, other: str) -> bool:
    return bool(singulars(one) & singulars(other))


def matches(text: str, asked: str) -> bool:
    """Whether each word asked for equals or begins a word of the text."""
    there = words(text)
    return all(any(equal_words(one, word) or word.startswith(one) for word in there) for one in words(asked))


def relevance(text: str, asked: str) -> int:
    """How many of the words asked for stand in the text as whole words."""
    there = words(text)
    return sum(any(equal_words(one, word) for word in there) for one in set(words(asked)))
