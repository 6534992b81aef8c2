"""What the texts of a task tell an agent: does the instruction, the policy or the user state this value?"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from awmc.ir import nodes
from awmc.oracle.operators import seconds
from awmc.runtime.matching import dates_in, exact, fold, states_value, stems, words
from awmc.runtime.mentions import read

_ORDINALS: Final = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
)
_AMOUNTS: Final = {
    "half": ("2", "0.5"),
    "halve": ("2", "0.5"),
    "double": ("2",),
    "twice": ("2",),
    "both": ("2",),
    "pair": ("2",),
    "couple": ("2",),
    "triple": ("3",),
    "quarter": ("4", "0.25"),
    **dict.fromkeys(("a", "an", "one", "once", "another", "single"), ("1",)),
    **{word: (str(place + 1),) for place, word in enumerate(_ORDINALS)},
}
"""Numbers that words of English state beside the numerals."""
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_OF_YEAR = re.compile(rf"\b({'|'.join(_MONTHS)})\b(?:\s+(?:of\s+)?(\d{{4}})\b)?")
_TO_MATCH: Final = 5
"""Letters that a word must share with an enum's value to state it: "monthly" states "month"."""


class Stated:
    """All the texts that an agent is told, read together. `clock`: the world's first instant."""

    def __init__(self, texts: tuple[str, ...], clock: str) -> None:
        self.text = "\n".join(texts)
        self._clock = clock

    def states(self, type_: nodes.Type, value: Any) -> bool:
        """Whether the texts state a value in hand. Nulls and bools need no stating, 0 means "none"."""
        if value is None or type_.kind in ("bool", "null") or value == 0:
            return True
        match type_.kind:
            case "list":
                return all(self.states(type_.element or type_, element) for element in value)
            case "record":
                types = {part.name: part.type for part in type_.fields}
                return all(self.states(types[name], part) for name, part in value.items() if name in types)
            case "int" | "number" | "money":
                return self._states_number(type_.kind, value)
            case "duration":
                return states_value(self.text, "duration", seconds(value), clock=self._clock)
            case "date":
                return value in self._days
            case "datetime":
                return self._states_moment(value)
            case "time":
                return states_value(self.text, "time", value, clock=self._clock)
            case "email" | "url":
                return states_value(self.text, type_.kind, value, clock=self._clock)
            case "row" | "id":
                return (
                    self._states_number("int", value) if isinstance(value, int) else self.states_text(value)
                )
            case "enum":
                return self.states_choice(value)
        return self.states_text(value)

    def states_text(self, value: str) -> bool:
        """Whether the words of `value` stand in the texts one after the other, but for English plurals."""
        asked = words(value)
        if not asked:
            return fold(value.strip()) in fold(self.text)
        there = self._words
        return any(
            all(_same(there[place + step], word) for step, word in enumerate(asked))
            for place in range(len(there) - len(asked) + 1)
        )

    def states_choice(self, value: str) -> bool:
        """Whether the texts name an enum's value: each of its words, in some form."""
        return all(any(_kin(there, word) for there in self._words) for word in words(value))

    def mentions(self, name: str) -> bool:
        """Whether a word of a parameter's name stands in the texts: what its being true or false is about."""
        return any(word in fold(self.text) for word in words(name) if len(word) > 2)

    def states_place(self, index: int) -> bool:
        """Whether the texts speak of the first, the second … of several, of which `index` counts from 0."""
        return index < len(_ORDINALS) and _ORDINALS[index] in self._words

    def quotes(self) -> Iterator[str]:
        """The texts in quotation marks, without the stop or comma that a sentence puts inside of them."""
        for match in _QUOTED.finditer(self.text):
            found = next(group for group in match.groups() if group is not None).strip()
            if words(found):
                yield found

    # ---- Numbers and days

    def _states_number(self, kind: str, value: Any) -> bool:
        if states_value(self.text, kind, value, clock=self._clock):
            return True
        return exact(kind, value) in self._numbers

    @cached_property
    def _words(self) -> tuple[str, ...]:
        return words(self.text)

    @cached_property
    def _numbers(self) -> frozenset[Decimal]:
        """Numbers that follow from words, percentages and dates."""
        found = {Decimal(number) for word in self._words for number in _AMOUNTS.get(word, ())}
        for mention in read(self.text).numbers:
            for share in mention.values[1:]:
                found |= {1 + share, 1 - share}
        found |= {Decimal(_MONTHS.index(month) + 1) for month, _ in _MONTH_OF_YEAR.findall(self.text)}
        found |= {Decimal(_WEEKDAYS.index(word) + 1) for word in self._words if word in _WEEKDAYS}
        for readings, _ in dates_in(self.text, int(self._clock[:4])):
            for day in readings:
                found |= {Decimal(part) for part in day.split("-")}
        return frozenset(found)

    @cached_property
    def _days(self) -> frozenset[str]:
        """The days that are stated, by date or from the clock: today, tomorrow, Friday; the ends of a
        month.
        """
        year = int(self._clock[:4])
        found = {day for readings, _ in dates_in(self.text, year) for day in readings}
        today = datetime.date.fromisoformat(self._clock[:10])
        spoken = set(self._words)
        near = {"today": 0, "tonight": 0, "now": 0, "tomorrow": 1, "yesterday": -1}
        ahead = [days for word, days in near.items() if word in spoken]
        if "day after tomorrow" in fold(self.text):
            ahead.append(2)
        for place, weekday in enumerate(_WEEKDAYS):
            if weekday in spoken:
                until = (place - today.weekday()) % 7
                ahead += [until, until + 7, until - 7]
        found |= {(today + datetime.timedelta(days=days)).isoformat() for days in ahead}
        for month, stated in _MONTH_OF_YEAR.findall(self.text):
            first = datetime.date(int(stated or year), _MONTHS.index(month) + 1, 1)
            after = (first + datetime.timedelta(days=31)).replace(day=1)
            found |= {first.isoformat(), (after - datetime.timedelta(days=1)).isoformat(), after.isoformat()}
        return frozenset(found)

    def _states_moment(self, value: str) -> bool:
        if states_value(self.text, "datetime", value, clock=self._clock):
            return True
        at = value[11:]
        ends_day = at in ("00:00:00", "23:59:00", "23:59:59")
        return value[:10] in self._days and (
            ends_day or states_value(self.text, "time", at[:5], clock=self._clock)
        )


_QUOTED = re.compile(r"“([^”\n]+)”|\"([^\"\n]+)\"|(?<!\w)'([^'\n]+)'(?!\w)|‘([^’\n]+)’(?!\w)")


def _same(there: str, asked: str) -> bool:
    return there == asked or not stems(there).isdisjoint(stems(asked))


def _kin(there: str, asked: str) -> bool:
    """Whether two words are forms of one: equal, or with the same beginning."""
    if _same(there, asked):
        return True
    shared = min(len(there), len(asked))
    beginning = max(shared - 1, _TO_MATCH - 1)
    return shared >= _TO_MATCH - 1 and there[:beginning] == asked[:beginning]
