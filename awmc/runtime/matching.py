"""Does a text say this? Words for the search of `matches`, and values in the forms that people write.

`matches` and `relevance` are the language's search; `states_value` tells whether an instruction, a policy
or an answer states a stored value. Numbers, dates and times come from `awmc.runtime.mentions`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import lru_cache
from typing import Any, Final

from awmc.runtime.mentions import DateMention, Span, TimeMention, durations, read
from awmc.runtime.values import Kind, Stored

# ---------------------------------------------------------------- words

# Letters whose mark is no accent to Unicode's decomposition.
_BASE: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
_WORD = re.compile(r"[^\W_]+")
# As above, but a mark may belong to a letter: the grade A-, the language C++.
_MARKED_WORD = re.compile(r"(?<![^\W_])[^\W\d_](?:\+\+|[+#-])(?![^\W_])|[^\W_]+")


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The text without case and without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(_BASE)


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """The folded words of letters and digits, in the order of the text."""
    return tuple(_WORD.findall(fold(text)))


@lru_cache(maxsize=8192)
def stems(word: str) -> frozenset[str]:
    """The singulars of a folded word; two words are equal, but for their number, if they share one.

    D. Harman's S-stemmer ("How effective is suffixing?", JASIS 42(1), 1991) gives the first; where English
    adds "es", which it does not tell from "s" after an "e", the word without both is another: boxes,
    dishes, heroes.
    """
    if len(word) < 3:
        return frozenset((word,))
    found = {word}
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        found = {word[:-3] + "y"}
    elif (word.endswith("es") and not word.endswith(("aes", "ees", "oes"))) or (
        word.endswith("s") and not word.endswith(("us", "ss"))
    ):
        found = {word[:-1]}
    if word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        found.add(word[:-2])
    return frozenset(found)


@lru_cache(maxsize=4096)
def _all_stems(text: str) -> frozenset[str]:
    return frozenset(stem for word in words(text) for stem in stems(word))


@lru_cache(maxsize=8192)
def matches(text: str, query: str) -> bool:
    """Whether each word of `query` equals a word of `text` (but for an English plural) or begins one.

    No words asked for are in every text.
    """
    known, there = _all_stems(text), words(text)
    return all(
        not known.isdisjoint(stems(asked)) or any(word.startswith(asked) for word in there)
        for asked in words(query)
    )


def relevance(text: str, query: str) -> int:
    """How many different words of `query` equal a word of `text`, but for an English plural."""
    known = _all_stems(text)
    return sum(not known.isdisjoint(stems(asked)) for asked in dict.fromkeys(words(query)))


@lru_cache(maxsize=512)
def _marked_words(text: str) -> tuple[tuple[str, Span], ...]:
    return tuple((match[0], match.span()) for match in _MARKED_WORD.finditer(fold(text)))


def occurrences(text: str, value: str) -> Iterator[Span]:
    """Where `value` stands in `text` as whole words, whatever the case, accents, spacing and punctuation.

    Spans are of ``fold(text)``. ``_`` separates words, so ``in_progress`` is "in progress" too; a value
    without any letter or digit is looked for as it is.
    """
    there, asked = _marked_words(text), [word for word, _ in _marked_words(value)]
    if not asked:
        yield from (
            match.span() for match in re.finditer(re.escape(value.strip()), fold(text)) if value.strip()
        )
        return
    first = asked[0]
    for place in range(len(there) - len(asked) + 1):
        if there[place][0] == first and all(
            there[place + step][0] == word for step, word in enumerate(asked)
        ):
            yield there[place][1][0], there[place + len(asked) - 1][1][1]


def address_occurrences(text: str, value: str) -> Iterator[Span]:
    """Where an email or a URL stands in `text`, whole, whatever the case. Spans are of ``fold(text)``."""
    whole = re.escape(fold(value).rstrip("/"))
    yield from (
        match.span() for match in re.finditer(rf"(?<![\w.+@/-]){whole}(?![\w@-]|[./?#&=][\w])", fold(text))
    )


# ---------------------------------------------------------------- numbers, dates, times

_EXACT: Final = Context(prec=400)


def numbers_in(text: str) -> list[tuple[Decimal, Span]]:
    """The numbers that `text` states, in digits or in English words, with their places. ``12%`` is 12."""
    return [(mention.values[0], mention.span) for mention in read(text).numbers]


def dates_in(text: str, year_hint: int) -> list[tuple[tuple[str, ...], Span]]:
    """The days that `text` states, ``YYYY-MM-DD``, with their places: every reading of each.

    A day without a year is read in the year of `year_hint`, the one before, and the one after.
    """
    return [(_days(mention, year_hint), mention.span) for mention in read(text).dates]


def times_in(text: str) -> list[tuple[tuple[str, ...], Span]]:
    """The times of day that `text` states, ``HH:MM`` or ``HH:MM:SS``, with their places: every reading."""
    return [
        (tuple(_clock_text(*reading) for reading in mention.readings), mention.span)
        for mention in read(text).times
    ]


def moments_in(text: str) -> list[tuple[DateMention, TimeMention]]:
    """Each time of day with the day it belongs to: the one right behind it ("9 am on March 2"), else the
    last one before it, else the next. Times without any day are left out.
    """
    mentions = read(text)
    starts = [date.span[0] for date in mentions.dates]
    pairs = []
    for time in mentions.times:
        place = bisect(starts, time.span[0])
        before, after = mentions.dates[max(place - 1, 0) : place], mentions.dates[place : place + 1]
        if after and (not before or _BEHIND.fullmatch(text, time.span[1], after[0].span[0])):
            pairs.append((after[0], time))
        elif before:
            pairs.append((before[0], time))
    return pairs


_BEHIND = re.compile(r"(?:on\b|of\b|the\b|(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\W)*", re.IGNORECASE)


def _clock_text(hour: int, minute: int, second: int | None) -> str:
    return f"{hour:02d}:{minute:02d}" + ("" if second is None else f":{second:02d}")


def _days(mention: DateMention, year_hint: int) -> tuple[str, ...]:
    found = []
    for year, month, day in mention.readings:
        for candidate in (year,) if year is not None else (year_hint, year_hint - 1, year_hint + 1):
            leap = candidate % 4 == 0 and (candidate % 100 != 0 or candidate % 400 == 0)
            if 1 <= candidate <= 9999 and (leap or (month, day) != (2, 29)):
                found.append(f"{candidate:04d}-{month:02d}-{day:02d}")
    return tuple(found)


def date_is(mention: DateMention, value: str, year_hint: int) -> bool:
    """Whether the mention is of the stored date `value`."""
    return value in _days(mention, year_hint)


def time_is(mention: TimeMention, value: str) -> bool:
    """Whether the mention is of `value`, ``HH:MM`` or ``HH:MM:SS``; seconds count where both have them."""
    return any(
        text == value[: len(text)] or text == value + ":00"
        for text in (_clock_text(*said) for said in mention.readings)
    )


def exact(kind: Kind | str, value: int | float) -> Decimal:
    """The decimal of a stored int, number or money (in units)."""
    decimal = Decimal(repr(value)) if isinstance(value, float) else Decimal(int(value))
    return decimal.scaleb(-2, _EXACT) if kind == "money" else decimal


def number_is(said: tuple[Decimal, ...], decimals: int, kind: Kind | str, value: int | float) -> bool:
    """Whether a number as said is the stored `value`: exactly, or, for a `number` with more decimals than
    were said, rounded to the two or more that were.
    """
    wanted = exact(kind, value)
    if wanted in said:
        return True
    if kind != "number" or decimals < 2:
        return False
    with localcontext(_EXACT):
        # The other reading of a percentage has two decimals more.
        return any(
            number == wanted.quantize(Decimal(1).scaleb(-decimals - 2 * place), ROUND_HALF_UP)
            for place, number in enumerate(said)
        )


# ---------------------------------------------------------------- values


def states_value(
    text: str, kind: Kind | str, value: Stored | list[Any] | tuple[Any, ...], *, clock: str
) -> bool:
    """Whether `text` states the stored `value` of `kind`; of a list, every element.

    `clock`, a datetime, gives the year of dates without one. The kind ``duration`` takes seconds. Bools and
    null are never stated: yes and no mean nothing without their question.
    """
    if isinstance(value, (list, tuple)):
        return bool(value) and all(states_value(text, kind, element, clock=clock) for element in value)
    if value is None or kind == "bool":
        return False
    if isinstance(value, (int, float)):
        if kind == "duration":
            return any(seconds == value for seconds, _ in durations(text))
        return any(number_is(number.values, number.decimals, kind, value) for number in read(text).numbers)
    year = int(clock[:4])
    match kind:
        case "date":
            return any(date_is(date, value, year) for date in read(text).dates)
        case "time":
            return any(time_is(time, value) for time in read(text).times)
        case "datetime":
            return any(
                date_is(date, value[:10], year) and time_is(time, value[11:])
                for date, time in moments_in(text)
            )
        case "email" | "url":
            return any(True for _ in address_occurrences(text, value))
        case _:
            return any(True for _ in occurrences(text, value))
