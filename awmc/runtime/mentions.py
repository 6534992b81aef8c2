"""Numbers, dates, times and durations in English text, in the forms that people write, each with its place.

A text is read in one order, and what one step has read the next ones do not see: addresses, dates, times,
ids, numbers. So a number inside a date, a time, an id (``ORD-00012``, ``CS101``), a version or an address
does not count, and ``1,234.50`` is one number. An ambiguous mention has every reading: ``02/03/2026`` is in
February and in March.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

Span = tuple[int, int]


class NumberMention(NamedTuple):
    """A number; ``12%`` has the values 12 and 0.12. `decimals` are those written. A weak mention, such as
    the word "one" or the 1 of a numbered list, may state a value but need not mean one.
    """

    values: tuple[Decimal, ...]
    span: Span
    decimals: int = 0
    weak: bool = False


class DateMention(NamedTuple):
    """A day: its readings as (year or None where it is left out, month, day)."""

    readings: tuple[tuple[int | None, int, int], ...]
    span: Span


class TimeMention(NamedTuple):
    """A time of day: its readings as (hour, minute, second or None where it is left out)."""

    readings: tuple[tuple[int, int, int | None], ...]
    span: Span


class Mentions(NamedTuple):
    """All that one text mentions, each kind in the order of the text."""

    text: str
    numbers: tuple[NumberMention, ...]
    dates: tuple[DateMention, ...]
    times: tuple[TimeMention, ...]


# Letter for letter, so that places stay: other minus signs, white space, full-width punctuation.
_PLAIN: Final = str.maketrans({"−": "-", "‐": "-", "‑": "-", "：": ":", "，": ",", "．": "."})

_ADDRESS = re.compile(r"https?://\S+|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)

# ---------------------------------------------------------------- dates

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# "may" in lower case is most often the verb.
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|(?-i:May|MAY)|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?<![\d:])\d{1,2}(?!\d|[.:]\d|,\d{3})"
_ORDINAL = r"(?:\s?(?:st|nd|rd|th)\b)?"
_YEAR = r"(?:1[89]|2[01])\d\d(?!\d|[.,]\d)"
_ISO_DATE = re.compile(r"(?<![\w-])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:T(?=\d\d:\d\d)|(?![\w-]))")
_NUMERIC_DATE = re.compile(
    r"(?<![\w./-])(\d{1,2})(?:([/.-])(\d{1,2})\2(\d{4})|/(\d{1,2})/(\d{2}))(?![\w/-]|\.\d)"
)
_WRITTEN_DATE = re.compile(
    rf"\b(?P<month>{_MONTH})[\s-]*(?:the\s+)?(?P<day>{_DAY}){_ORDINAL}"
    rf"(?:(?:\s*,\s*|\s+of\s+|[\s-]+)(?P<year>{_YEAR}))?"
    rf"|(?<![\w,-])(?P<day2>{_DAY}){_ORDINAL}[\s-]+(?:day\s+)?(?:of\s+)?(?P<month2>{_MONTH})"
    rf"(?:(?:\s*,\s*|[\s-]+)(?P<year2>{_YEAR}))?"
    rf"|\b{_MONTH}(?:\s*,\s*|\s+of\s+|[\s-]+){_YEAR}",
    re.IGNORECASE,
)


def _is_day(year: int | None, month: int, day: int) -> bool:
    try:
        datetime.date(2000 if year is None else year, month, day)
    except ValueError:
        return False
    return True


def _iso_date(match: re.Match[str]) -> list[tuple[int | None, int, int]]:
    return [(int(match[1]), int(match[3]), int(match[4]))]


def _numeric_date(match: re.Match[str]) -> list[tuple[int | None, int, int]]:
    first, second = int(match[1]), int(match[3] or match[5])
    year = int(match[4]) if match[4] else 2000 + int(match[6])
    return [(year, first, second), (year, second, first)]


def _written_date(match: re.Match[str]) -> list[tuple[int | None, int, int]]:
    name, day, year = (match[key] or match[key + "2"] for key in ("month", "day", "year"))
    if name is None:
        return []  # a month of a year is no day, but its number is no number either
    return [(int(year) if year else None, _MONTHS.index(name[:3].lower()) + 1, int(day))]


def _dates(text: str) -> Iterator[DateMention]:
    for pattern, read in (
        (_ISO_DATE, _iso_date),
        (_WRITTEN_DATE, _written_date),
        (_NUMERIC_DATE, _numeric_date),
    ):
        for match in pattern.finditer(text):
            readings = read(match)
            days = tuple(dict.fromkeys(reading for reading in readings if _is_day(*reading)))
            if days or not readings:
                yield DateMention(days, match.span())
        text = _without(text, (match.span() for match in pattern.finditer(text)))


# ---------------------------------------------------------------- times

_HALF = r"(?P<half{0}>[ap]\.?\s?m\b\.?)"
_PART = r"(?:\s+(?:in\s+the\s+(?P<part{0}>morning|afternoon|evening)|at\s+(?P<night{0}>night)))"
_TIME = re.compile(
    r"(?<![\w.])(?<!\d:)(?P<hour1>\d{1,2}):(?P<minute1>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d+)?)?(?:Z\b)?(?![\d:])"
    rf"(?:\s*{_HALF.format(1)}|{_PART.format(1)})?"
    rf"|(?<![\w.])(?<!\d:)(?P<hour2>\d{{1,2}})(?:\.(?P<minute2>[0-5]\d))?\s*{_HALF.format(2)}"
    rf"|(?<![\w.])(?<!\d:)(?P<hour3>\d{{1,2}})\s+o['’]clock\b(?:\s*{_HALF.format(3)}|{_PART.format(3)})?"
    r"|\b(?:12\s+)?(?P<noon>noon|midday)\b|\b(?:12\s+)?(?P<midnight>midnight)\b",
    re.IGNORECASE,
)


def _time(match: re.Match[str]) -> TimeMention | None:
    said = match.groupdict()
    if said["noon"] or said["midnight"]:
        return TimeMention(((12 if said["noon"] else 0, 0, None),), match.span())
    form = next(form for form in "123" if said["hour" + form])
    hour, minute = int(said["hour" + form]), int(said.get("minute" + form) or 0)
    second = int(said["second"]) if said["second"] and form == "1" else None
    half = said["half" + form]
    part = said.get("part" + form) or said.get("night" + form)
    if hour > 23 or (half and not 1 <= hour <= 12):
        return None
    if half:
        hours = [hour % 12 + (12 if half[0] in "pP" else 0)]
    elif part:
        early = part.lower() == "morning" or (part.lower() == "night" and hour < 5)
        hours = [hour + (12 if hour < 12 and not early else 0)]
    elif form == "3" and hour <= 12:
        hours = [hour % 24, (hour + 12) % 24]
    else:
        hours = [hour]
    return TimeMention(tuple((reading, minute, second) for reading in hours), match.span())


# ---------------------------------------------------------------- numbers

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES: Final = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_WORDS: Final = (
    {word: value for value, word in enumerate(_ONES + _TEENS)}
    | {word: 20 + 10 * place for place, word in enumerate(_TENS)}
    | {"a": 1, "an": 1}
)

_SMALL = (
    rf"(?:(?:{'|'.join(_TENS)})(?:[\s-]+(?:{'|'.join(_ONES[1:])})\b)?|{'|'.join(_TEENS)}|{'|'.join(_ONES)})\b"
)
# Each begins with the one before it, or with an "a" that its own word follows; written so that it stands in the pattern
# as seldom as can be, for a pattern costs by its length.
_HUNDREDS = rf"(?:{_SMALL}|a\b(?=[\s-]+hundred\b))(?:[\s-]+hundred\b(?:\s+(?:and\s+)?{_SMALL})?)?"
_THOUSANDS = rf"(?:{_HUNDREDS}|a\b(?=[\s-]+thousand\b))(?:[\s-]+thousand\b(?:\s+(?:and\s+)?{_HUNDREDS})?)?"
_MILLIONS = (
    rf"(?:{_HUNDREDS}|a\b(?=[\s-]+(?:million|thousand)\b))"
    rf"(?:[\s-]+million\b(?:\s+(?:and\s+)?{_THOUSANDS})?|[\s-]+thousand\b(?:\s+(?:and\s+)?{_HUNDREDS})?)?"
)
_CURRENCY = r"(?:[$€£¥₹]|\b(?:usd|eur|gbp|chf|inr|rs)\.?)"
_NUMBER = re.compile(
    rf"(?:(?P<sign>(?<![\w)\],.'\"])-(?={_CURRENCY}?\s?\.?\d)|\b(?:minus|negative)\s+)?(?:{_CURRENCY}\s?(?P<inner>-)?)?)"
    r"(?<![\d.])(?:(?P<euro>\d{1,3}(?:\.\d{3})+),(?P<cents>\d{1,2})(?!\d)"
    r"|(?P<whole>\d{1,3}(?:,\d{3})+(?!\d)|\d{1,3}(?:[\u00a0\u202f\u2009'’]\d{3})+(?!\d)|\d+)"
    r"(?P<part>\.\d+)?|(?P<point>\.\d+))"
    r"(?:\s*(?P<scale>hundred|thousand|million|billion|dozen)\b)?(?P<percent>\s?%|\s+per\s?cent\b)?"
    rf"|\b(?P<minus>(?:minus|negative)\s+)?(?:(?P<half>half\s+a\s+dozen)\b|(?P<dozens>(?:{_SMALL}|a\b))\s+dozen\b"
    rf"|(?P<couple>a\s+couple|a\s+pair)\b|(?P<words>{_MILLIONS}))(?P<percent2>\s+per\s?cent\b)?",
    re.IGNORECASE,
)
_ENUMERATION = re.compile(r"^[ \t>*_-]*(\d+)[.)]\s", re.MULTILINE)

# A word, with what hyphens join to it, and points and commas between digits.
_TOKEN = re.compile(r"(?<!\w)\w(?:\w|[.,](?=\d)(?<=\d.)|-(?=\w))*")
_UNITS = (
    r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?|x|k?g|k?m|cm|mm|km|lbs?|oz|l|ml|[kmg]b|pts?"
    r"|usd|eur|gbp)"
)
_PLAIN_NUMBER = re.compile(
    rf"(?:usd|eur|gbp|chf|inr|rs)?(?!0\d+$)[\d,.]+(?:-(?!0\d)[\d,.]+)?{_UNITS}?(?:-(?-i:[a-z]{{2,}}))*(?<![.,])|\d+h\d+m?",
    re.IGNORECASE,
)
_VERSION = re.compile(r"\d+(?:\.\d+){2,}")


def _is_id(token: str) -> bool:
    """Whether a word with digits is a name and no number: not ``24h``, ``5-10``, ``30-day``, ``1,234.50``."""
    if not any(letter.isdecimal() for letter in token):
        return False
    return _PLAIN_NUMBER.fullmatch(token) is None or _VERSION.fullmatch(token) is not None


def _worded(words: str) -> Decimal:
    total = group = 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word == "hundred":
            group *= 100
        elif word in _SCALES:
            total, group = total + group * _SCALES[word], 0
        else:
            group += _WORDS.get(word, 0)  # "and" adds nothing
    return Decimal(total + group)


def _number(match: re.Match[str], enumerated: set[int]) -> NumberMention:
    said = match.groupdict()
    part, weak, start = "", False, match.start()
    if said["half"] or said["couple"]:
        value, weak = Decimal(6 if said["half"] else 2), bool(said["couple"])
    elif said["dozens"]:
        value = 12 * _worded(said["dozens"])
    elif said["words"]:
        value = _worded(said["words"])
        weak = value == 1
    else:
        digits = said["euro"] or said["whole"] or "0"
        part = "." + said["cents"] if said["cents"] else said["part"] or said["point"] or ""
        value = Decimal(re.sub(r"\D", "", digits) + part)
        start = min(match.start(key) for key in ("euro", "whole", "point") if said[key])
        weak = start in enumerated
        if said["scale"]:
            value, part = value * _SCALES[said["scale"].lower()], ""
    if said["sign"] or said["inner"] or said["minus"]:
        value, start = -value, match.start()
    values = (value, value.scaleb(-2)) if said["percent"] or said["percent2"] else (value,)
    return NumberMention(values, (start, match.end()), max(len(part) - 1, 0), weak)


# ---------------------------------------------------------------- the reading of a text


def _without(text: str, spans: Iterator[Span]) -> str:
    """The text with what was read, in its order, blanked out; every other letter keeps its place."""
    pieces, place = [], 0
    for start, end in spans:
        pieces += [text[place:start], " " * (end - start)]
        place = end
    return "".join([*pieces, text[place:]])


@lru_cache(maxsize=512)
def read(text: str) -> Mentions:
    """Everything that `text` mentions. Spans are of `text` itself."""
    rest = text.translate(_PLAIN)
    rest = _without(rest, (match.span() for match in _ADDRESS.finditer(rest)))
    dates = sorted(_dates(rest), key=lambda mention: mention.span)
    rest = _without(rest, (mention.span for mention in dates))
    times = [time for match in _TIME.finditer(rest) if (time := _time(match))]
    rest = _without(rest, (mention.span for mention in times))
    rest = _without(rest, (match.span() for match in _TOKEN.finditer(rest) if _is_id(match[0])))
    enumerated = {match.start(1) for match in _ENUMERATION.finditer(rest)}
    numbers = [_number(match, enumerated) for match in _NUMBER.finditer(rest)]
    return Mentions(text, tuple(numbers), tuple(date for date in dates if date.readings), tuple(times))


_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION_UNIT = re.compile(
    r"[\s-]*(?P<unit>s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)(?![^\W\d_])",
    re.IGNORECASE,
)
_SINGLE = re.compile(r"\ban?\s+(?P<unit>second|minute|hour|day|week)\b", re.IGNORECASE)
_JOINT = re.compile(r"\s*,?\s*(?:and\s+)?", re.IGNORECASE)


def durations(text: str) -> tuple[tuple[Decimal, Span], ...]:
    """Lengths of time in seconds: "24 hours", "90 min", "an hour", "1 day and 12 hours" (which is one)."""
    parts = [(Decimal(1), match["unit"], match.span()) for match in _SINGLE.finditer(text)]
    for number in read(text).numbers:
        if match := _DURATION_UNIT.match(text, number.span[1]):
            parts.append((number.values[0], match["unit"], (number.span[0], match.end())))
    found: list[tuple[Decimal, Span]] = []
    last = 0
    for count, name, (start, end) in sorted(parts, key=lambda part: part[2]):
        unit = _SECONDS[name[0].lower()]
        # Only a smaller unit goes on with the duration before it; "24 hours, 2 days" are two.
        if found and unit < last and _JOINT.fullmatch(text, found[-1][1][1], start):
            before, (begin, _) = found.pop()
            found.append((before + count * unit, (begin, end)))
        else:
            found.append((count * unit, (start, end)))
        last = unit
    return tuple(found)
