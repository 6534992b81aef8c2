"""Each operator and function of the language that is not SQL's own, defined once, for SQL and Python alike.

All take and give stored values (`awmc.runtime.values`). Null, a value of another type, or one outside the
domain gives null; none raises. A result is never an int beyond 64 bits, a float that is not finite, a moment
outside the years 0001 to 9999, or a text beyond `MAX_TEXT`: these are null too, and counted in `overflows`, by
which a session knows that a call went out of all bounds. ``FUNCTIONS[name].call`` is the Python side,
``register(connection)`` the SQL side.

What stays SQL's own is in `PYTHON_OPERATORS`, for evaluation outside the database. Beyond 64 bits integer
arithmetic goes on as numbers, as SQLite has it. What leaves an expression as an int or a number is closed in
``awm_int(...)`` or ``awm_number(...)``, which count such a value as an overflow.
"""

from __future__ import annotations

import calendar
import datetime
import math
import operator
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import apsw

from awmc.runtime import matching
from awmc.runtime.values import (
    MAX_INT,
    MIN_INT,
    Stored,
    compile_pattern,
    exact_ratio,
    id_format,
    money_text,
    number_text,
    round_half_away,
)

MAX_TEXT: Final = 1_000_000
"""Code points that a text made by a function may have."""

Call = Callable[..., Stored]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of SQL and Python: its SQL name, its meaning, its number of arguments (-1: one or more)."""

    name: str
    call: Call
    arity: int


FUNCTIONS: Final[dict[str, Function]] = {}

_NUMBER = (int, float)
_ANY = (str, int, float)


class _Overflows(threading.local):
    """How many results of this thread could not be held so far."""

    count = 0


overflows: Final = _Overflows()


def _beyond() -> Stored:
    """Null, for a result that cannot be held."""
    overflows.count += 1
    return None


def _storable(result: Stored) -> Stored:
    """The result as SQLite can hold it, or None."""
    if isinstance(result, int):
        return int(result) if MIN_INT <= result <= MAX_INT else _beyond()
    if isinstance(result, float):
        return result + 0.0 if math.isfinite(result) else _beyond()  # + 0.0: there is no -0.0
    return result if result is None or len(result) <= MAX_TEXT else _beyond()


def _total(call: Call, *kinds: type | tuple[type, ...]) -> Call:
    """`call` made total: null for null, for types other than `kinds`, for a result that cannot be stored."""

    def total(*arguments: Stored) -> Stored:
        for argument, kind in zip(arguments, kinds, strict=True):
            if not isinstance(argument, kind):
                return None
            if type(argument) is float and not math.isfinite(argument):
                return _beyond()
        try:
            return _storable(call(*arguments))
        except OverflowError:
            return _beyond()
        except ZeroDivisionError:
            return None

    total.__name__, total.__doc__ = call.__name__, call.__doc__
    return total


def _define(name: str, *kinds: type | tuple[type, ...], remembered: bool = False) -> Callable[[Call], Call]:
    """`remembered`: the last answers are kept, of a function that statements ask the same again and again, and
    whose arguments are short.
    """

    def define(call: Call) -> Call:
        found = _total(call, *kinds)
        if remembered:
            found = _remembering(found)
        FUNCTIONS[name] = Function(name, found, len(kinds))
        return found

    return define


def _remembering(call: Call) -> Call:
    @lru_cache(maxsize=2048, typed=True)
    def known(*arguments: Stored) -> tuple[Stored, int]:
        before = overflows.count
        found = call(*arguments)
        beyond, overflows.count = overflows.count - before, before
        return found, beyond

    def remembering(*arguments: Stored) -> Stored:
        found, beyond = known(*arguments)
        if beyond:  # counted each time that it is asked, not only the first
            overflows.count += beyond
        return found

    remembering.__name__, remembering.__doc__ = call.__name__, call.__doc__
    return remembering


def register(connection: apsw.Connection) -> None:
    """Makes every function known to the connection: deterministic, allowed in CHECKs, indexes and views."""
    for function in FUNCTIONS.values():
        connection.create_scalar_function(
            function.name, function.call, function.arity, deterministic=True, flags=apsw.SQLITE_INNOCUOUS
        )
    connection.create_aggregate_function("awm_sum", _Sum, 1, flags=apsw.SQLITE_INNOCUOUS)


def whole_sum(values: Iterable[int]) -> Stored:
    """The sum of ints. Beyond 64 bits it goes on as a number, as SQLite's `+` has it; its `sum` raises there."""
    found = sum(values)
    return found if MIN_INT <= found <= MAX_INT else float(found)


class _Sum:
    """`awm_sum`: `whole_sum` of what is not null, or null where there is nothing. Beyond 64 bits it is an overflow."""

    def __init__(self) -> None:
        self._values: list[int] = []

    def step(self, *values: Stored) -> None:
        self._values += [value for value in values if isinstance(value, (int, float))]  # type: ignore[misc]

    def final(self) -> Stored:
        found = whole_sum(self._values) if self._values else None
        if isinstance(found, float):
            overflows.count += 1
        return found


# ---------------------------------------------------------------- arithmetic


@_define("awm_int", _ANY)
def as_int(value: str | float) -> Stored:
    """`value` if it is an int, else null: closes integer arithmetic, whose overflows SQLite makes floats."""
    return value if isinstance(value, int) else _beyond()


@_define("awm_number", _NUMBER)
def as_number(value: float) -> Stored:
    """`value` as a finite float: closes arithmetic over numbers."""
    return float(value)


@_define("awm_div", _NUMBER, _NUMBER)
def div(a: float, b: float) -> Stored:
    """a / b as a number, for ints too, and for money by money (their ratio); null where b is 0."""
    return a / b


@_define("awm_mod", _NUMBER, _NUMBER)
def mod(a: float, b: float) -> Stored:
    """a % b with the sign of b: an int of ints (cents, of money), else a number; null where b is 0."""
    return a % b


@_define("awm_money_mul", int, _NUMBER)
def money_mul(cents: int, factor: float) -> Stored:
    """Money times a number (the decimal that people read): whole cents, half away from zero."""
    numerator, denominator = exact_ratio(factor)
    return round_half_away(cents * numerator, denominator)


@_define("awm_money_div", int, _NUMBER)
def money_div(cents: int, divisor: float) -> Stored:
    """Money by a number: whole cents, half away from zero; null where the divisor is 0."""
    numerator, denominator = exact_ratio(divisor)
    if numerator == 0:
        return None
    return round_half_away(cents * denominator * (1 if numerator > 0 else -1), abs(numerator))


@_define("awm_round", _NUMBER, int)
def round_number(value: float, digits: int) -> Stored:
    """Rounded to `digits` decimals (negative: tens, hundreds), half away from zero on the decimal text of
    the value: round(2.675, 2) is 2.68. An int stays an int, a number a number.
    """
    if digits > 330 or (isinstance(value, int) and digits >= 0):
        return value
    if digits < -330:
        return 0 if isinstance(value, int) else 0.0
    numerator, denominator = exact_ratio(value)
    if digits >= 0:
        return round_half_away(numerator * 10**digits, denominator) / int(10**digits)
    step = 10**-digits
    rounded = round_half_away(numerator, denominator * step) * step
    return rounded if isinstance(value, int) else float(rounded)


@_define("awm_floor", _NUMBER)
def floor(value: float) -> Stored:
    """The greatest int that is not above a number."""
    return math.floor(value)


@_define("awm_ceil", _NUMBER)
def ceil(value: float) -> Stored:
    """The least int that is not below a number."""
    return math.ceil(value)


@_define("awm_abs", _NUMBER)
def absolute(value: float) -> Stored:
    """The distance from 0, for ints, numbers and money."""
    return abs(value)


@_define("awm_money_round", int, int)
def money_round(cents: int, digits: int) -> Stored:
    """Money rounded to `digits` decimals of a unit, half away from zero; from 2 on it stays as it is."""
    return round_number(cents, digits - 2)


@_define("awm_money_floor", int)
def money_floor(cents: int) -> Stored:
    """The greatest whole amount of units that is not above, as money: 1.50 gives 1.00, -1.50 gives -2.00."""
    return cents // 100 * 100


@_define("awm_money_ceil", int)
def money_ceil(cents: int) -> Stored:
    """The least whole amount of units that is not below, as money: 1.50 gives 2.00, -1.50 gives -1.00."""
    return -(-cents // 100) * 100


def _extreme(choose: Callable[[tuple[Any, ...]], Any]) -> Call:
    def extreme(*values: Stored) -> Stored:
        if all(isinstance(value, _NUMBER) for value in values) or all(
            isinstance(value, str) for value in values
        ):
            return _storable(choose(values)) if values else None
        return None

    return extreme


# The least and the greatest of values of one type; null if any is null.
FUNCTIONS["awm_min"] = Function("awm_min", _extreme(min), -1)
FUNCTIONS["awm_max"] = Function("awm_max", _extreme(max), -1)


# ---------------------------------------------------------------- texts


@_define("awm_len", str)
def length(text: str) -> Stored:
    """The number of code points."""
    return len(text)


@_define("awm_lower", str)
def lower(text: str) -> Stored:
    """Lower case, of every script."""
    return text.lower()


@_define("awm_upper", str)
def upper(text: str) -> Stored:
    """Upper case, of every script."""
    return text.upper()


@_define("awm_trim", str)
def trim(text: str) -> Stored:
    """Without white space at both ends."""
    return text.strip()


@_define("awm_replace", str, str, str)
def replace(text: str, old: str, new: str) -> Stored:
    """Each `old` replaced by `new`, from the left; an empty `old` replaces nothing."""
    if not old:
        return text
    # Measured first: the text itself could be of any size.
    size = len(text) + text.count(old) * (len(new) - len(old))
    return text.replace(old, new) if size <= MAX_TEXT else _beyond()


@_define("awm_left", str, int)
def left(text: str, count: int) -> Stored:
    """The first `count` code points; none where `count` is negative."""
    return text[: max(count, 0)]


@_define("awm_right", str, int)
def right(text: str, count: int) -> Stored:
    """The last `count` code points; none where `count` is negative."""
    return text[max(len(text) - max(count, 0), 0) :]


@_define("awm_contains", str, str)
def contains(text: str, part: str) -> Stored:
    """1 if `part` stands anywhere in `text`, whatever the case; the empty text is part of every text."""
    return int(part.casefold() in text.casefold())


@_define("awm_starts_with", str, str)
def starts_with(text: str, part: str) -> Stored:
    """1 if `text` begins with `part`, whatever the case."""
    return int(text.casefold().startswith(part.casefold()))


@_define("awm_matches", str, str)
def matches(text: str, words: str) -> Stored:
    """1 if each of `words` equals or begins a word of `text` (`awmc.runtime.matching.matches`)."""
    return int(matching.matches(text, words))


@_define("awm_relevance", str, str)
def relevance(text: str, words: str) -> Stored:
    """How many of `words` equal a word of `text` (`awmc.runtime.matching.relevance`)."""
    return matching.relevance(text, words)


@_define("awm_regex", str, str)
def regex(text: str, pattern: str) -> Stored:
    """1 if the whole text matches the regular expression (`awmc.runtime.values.compile_pattern`); null if
    it is none.
    """
    compiled = compile_pattern(pattern)
    return None if compiled is None else int(compiled.fullmatch(text) is not None)


# ---------------------------------------------------------------- moments

_MINUTE, _DAY = 60, 86_400


def _moment(text: str) -> datetime.datetime | None:
    """A stored date (its first instant) or datetime; None for any other text."""
    try:
        if len(text) == 19 and text[4] == text[7] == "-" and text[10] == "T" and text[13] == text[16] == ":":
            return datetime.datetime.fromisoformat(text)
        if len(text) == 10 and text[4] == text[7] == "-":
            return datetime.datetime.fromisoformat(text)
    except ValueError:
        pass
    return None


def _time(text: str) -> int | None:
    """A stored time of day in seconds from midnight; None for any other text."""
    if len(text) == 5 and text[2] == ":" and text.isascii() and (text[:2] + text[3:]).isdigit():
        hour, minute = int(text[:2]), int(text[3:])
        return hour * 3600 + minute * _MINUTE if hour < 24 and minute < 60 else None
    return None


@_define("awm_add", str, int, int, remembered=True)
def add(moment: str, months: int, seconds: int) -> Stored:
    """A moment later by months, clamped to the month's end, and then by seconds; earlier where they are
    negative.

    A date moves by whole days only (36 hours are one day, -36 hours minus one); a time of day by whole
    minutes, around midnight, and not by months. Null outside the years 0001 to 9999.
    """
    if (time := _time(moment)) is not None:
        if months:
            return None
        minutes = (time + _toward_zero(seconds, _MINUTE) * _MINUTE) % _DAY // _MINUTE
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    if (start := _moment(moment)) is None:
        return None
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return _beyond()
    start = start.replace(
        year=year, month=month + 1, day=min(start.day, calendar.monthrange(year, month + 1)[1])
    )
    if len(moment) == 10:
        return (start.date() + datetime.timedelta(days=_toward_zero(seconds, _DAY))).isoformat()
    return (start + datetime.timedelta(seconds=seconds)).isoformat()


def _toward_zero(seconds: int, unit: int) -> int:
    return seconds // unit if seconds >= 0 else -(-seconds // unit)


@_define("awm_seconds_between", str, str)
def seconds_between(start: str, end: str) -> Stored:
    """Seconds from `start` to `end`: two datetimes or dates (from their first instant), or two times of
    day.
    """
    times = _time(start), _time(end)
    if times[0] is not None and times[1] is not None:
        return times[1] - times[0]
    first, last = _moment(start), _moment(end)
    if first is None or last is None:
        return None
    elapsed = last - first
    return elapsed.days * _DAY + elapsed.seconds


@_define("awm_days_between", str, str)
def days_between(start: str, end: str) -> Stored:
    """Calendar days from the date of `start` to that of `end`; negative where `end` is earlier."""
    first, last = _moment(start), _moment(end)
    return None if first is None or last is None else last.toordinal() - first.toordinal()


@_define("awm_date", str, remembered=True)
def date(moment: str) -> Stored:
    """The date of a datetime or date."""
    return None if _moment(moment) is None else moment[:10]


@_define("awm_time", str)
def time_of_day(moment: str) -> Stored:
    """The time of day of a datetime, ``HH:MM``; 00:00 of a date."""
    found = _moment(moment)
    return None if found is None else f"{found.hour:02d}:{found.minute:02d}"


@_define("awm_year", str)
def year(moment: str) -> Stored:
    """The year of a datetime or date."""
    found = _moment(moment)
    return None if found is None else found.year


@_define("awm_month", str)
def month(moment: str) -> Stored:
    """The month of a datetime or date, 1 to 12."""
    found = _moment(moment)
    return None if found is None else found.month


@_define("awm_weekday", str)
def weekday(moment: str) -> Stored:
    """The day of the week of a datetime or date, from Monday (1) to Sunday (7), as in ISO 8601."""
    found = _moment(moment)
    return None if found is None else found.isoweekday()


# ---------------------------------------------------------------- text forms


@_define("awm_text", _ANY)
def text_form(value: str | float) -> Stored:
    """A text, an int, a number or a moment as it stands in a text (`awmc.runtime.values.text_of`)."""
    return value if isinstance(value, str) else number_text(value)


@_define("awm_text_money", int, remembered=True)
def text_money(cents: int) -> Stored:
    """``1234.50``."""
    return money_text(cents)


@_define("awm_text_bool", int)
def text_bool(value: int) -> Stored:
    """``true`` or ``false``."""
    return "true" if value else "false"


@_define("awm_format_id", int, str, remembered=True)
def format_id(number: int, form: str) -> Stored:
    """A numbered id by its format: ``ORD-00012``; null if the format is none."""
    try:
        return id_format(form).format(number)
    except ValueError:
        return None


# ---------------------------------------------------------------- what is SQL's own


def _arithmetic(call: Callable[..., Any], operands: int = 2) -> Call:
    def going_on(*values: Any) -> Any:
        found = call(*values)
        is_beyond = isinstance(found, int) and not MIN_INT <= found <= MAX_INT
        return call(*map(float, values)) if is_beyond else found

    return _total(going_on, *[_NUMBER] * operands)


def _comparison(call: Callable[[Any, Any], bool]) -> Call:
    def compare(a: Stored, b: Stored) -> Stored:
        if (isinstance(a, _NUMBER) and isinstance(b, _NUMBER)) or (isinstance(a, str) and isinstance(b, str)):
            return int(call(a, b))
        return None

    return compare


def _and(a: Stored, b: Stored) -> Stored:
    if a == 0 or b == 0:
        return 0
    return None if a is None or b is None else 1


def _or(a: Stored, b: Stored) -> Stored:
    if (a is not None and a != 0) or (b is not None and b != 0):
        return 1
    return None if a is None or b is None else 0


PYTHON_OPERATORS: Final[dict[str, Call]] = {
    # Null equals null, as SQL's IS; comparing it otherwise gives null.
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": _comparison(operator.lt),
    "<=": _comparison(operator.le),
    ">": _comparison(operator.gt),
    ">=": _comparison(operator.ge),
    "and": _and,
    "or": _or,
    "not": lambda a: None if a is None else int(not a),
    "is null": lambda a: int(a is None),
    "is not null": lambda a: int(a is not None),
    "??": lambda a, b: b if a is None else a,
    # Ints stay ints, with a float they are numbers.
    "+": _arithmetic(operator.add),
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
    "neg": _arithmetic(operator.neg, 1),
}
"""The operators that are SQL's own, by their spelling in the language ("neg" is unary minus), over stored
values.
"""
