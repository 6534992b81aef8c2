"""Second answers: a number, a day or a time put beside the expected one as if either might do.

What other rows hold is known, and counts against an answer wherever it stands (`awmc.runtime.answers`). What nothing
holds counts where it is an alternative (``4 or 5``, ``23, 24, 25``, ``9 to 10``), and numbers count where there are
many of them, so that no message states the right one by stating all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from awmc.runtime import matching
from awmc.runtime.mentions import DateMention, NumberMention, Span, TimeMention, read
from awmc.runtime.values import Stored

Mention = NumberMention | DateMention | TimeMention

MANY: Final = 5
"""Other numbers that an ``Answer:`` line may state beside the expected ones."""
MANY_IN_ALL: Final = 20
"""Other numbers that a message without such a line may state."""

_NUMERIC: Final = ("int", "number", "money")
_JOINED = re.compile(
    r"[\s,;:/|&.!?~$€£-]*(?:\b(?:and|to|through|until)\b)?[\s,;:/|&.!?~$€£-]*", re.IGNORECASE
)
_EITHER = re.compile(r"\b(?:or|maybe|perhaps|possibly|otherwise|alternatively|else)\b", re.IGNORECASE)
_WORDS: Final = 4
"""Words between two values that an "or" still joins."""


def second_answers(
    text: str,
    wanted: Sequence[tuple[str, Stored]],
    instruction: str,
    *,
    year: int,
    most: int,
    in_name: Callable[[Span], bool],
) -> Iterator[str]:
    """What `text` states as an alternative to an expected value, as it is written there.

    `wanted`: kinds and stored values; `most`: other numbers that may stand there. What the instruction states is no
    answer; nor is a number at a place that `in_name` says is part of an expected name.
    """
    mentions, asked = read(text), read(instruction)
    numbers = [(kind, one) for kind, one in wanted if kind in _NUMERIC and isinstance(one, (int, float))]
    days = [one[:10] for kind, one in wanted if kind in ("date", "datetime") and isinstance(one, str)]
    times = [
        one[-8:] if kind == "datetime" else one
        for kind, one in wanted
        if kind in ("time", "datetime") and isinstance(one, str)
    ]
    if numbers:
        said = {value for number in asked.numbers for value in number.values}
        found = [
            (number, any(matching.number_is(number.values, number.decimals, *one) for one in numbers))
            for number in mentions.numbers
            if not in_name(number.span)
        ]
        # A weak mention may be the right answer, but is no other one.
        strong = [number for number, right in found if right or not number.weak]
        is_right = [right for number, right in found if right or not number.weak]
        is_other = [
            not right and said.isdisjoint(number.values)
            for right, number in zip(is_right, strong, strict=True)
        ]
        yield from _beside(text, strong, is_right, is_other)
        others = {number.values for number, other in zip(strong, is_other, strict=True) if other}
        if len(others) > most:
            yield f"{len(others)} other numbers"
    if days:
        is_right = [any(matching.date_is(date, day, year) for day in days) for date in mentions.dates]
        asked_days = {reading for date in asked.dates for reading in date.readings}
        is_other = [
            not right and asked_days.isdisjoint(date.readings)
            for right, date in zip(is_right, mentions.dates, strict=True)
        ]
        yield from _beside(text, mentions.dates, is_right, is_other)
    if times:
        is_right = [any(matching.time_is(time, one) for one in times) for time in mentions.times]
        asked_times = {reading[:2] for time in asked.times for reading in time.readings}
        is_other = [
            not right and asked_times.isdisjoint(reading[:2] for reading in time.readings)
            for right, time in zip(is_right, mentions.times, strict=True)
        ]
        yield from _beside(text, mentions.times, is_right, is_other)


def _beside(
    text: str, mentions: Sequence[Mention], is_right: Sequence[bool], is_other: Sequence[bool]
) -> Iterator[str]:
    """The other values that stand next to a right one and are joined to it."""
    for place in range(len(mentions) - 1):
        pairs = ((place, place + 1), (place + 1, place))
        between = text[mentions[place].span[1] : mentions[place + 1].span[0]]
        for right, other in pairs:
            if is_right[right] and is_other[other] and _is_alternative(between):
                start, end = mentions[other].span
                yield text[start:end].strip()


def _is_alternative(between: str) -> bool:
    if _JOINED.fullmatch(between):
        return True
    return _EITHER.search(between) is not None and len(matching.words(between)) <= _WORDS
