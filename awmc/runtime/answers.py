"""The judging of a final message: does it state what is expected, and nothing of another outcome?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, cast

from awmc.runtime import matching
from awmc.runtime.hedges import MANY, MANY_IN_ALL, second_answers
from awmc.runtime.matching import states_value
from awmc.runtime.mentions import Span, durations, read
from awmc.runtime.values import Kind, Stored, text_of

Value = Stored | tuple[Any, ...]

_NUMERIC: Final = ("int", "number", "money")


@dataclass(frozen=True, slots=True)
class Expected:
    """One value that the message must state.

    `value` and each distractor are stored values (an id in its wire form: `kind` "text" where it has a
    format); a tuple is a list, whose elements must all be stated, in any order; None, or an empty list, is
    "none".
    """

    kind: Kind | Literal["duration"]
    value: Value
    distractors: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerVerdict:
    """Whether the message answers, and if not, why, in words."""

    ok: bool
    reasons: tuple[str, ...] = ()


def judge_answer(
    message: str | None, expected: Sequence[Expected], *, instruction: str, clock: str
) -> AnswerVerdict:
    """Judges the last ``Answer:`` line of `message`, or all of it where there is none.

    Each expected value must be stated in a form that people write. A distractor stated beside it makes the
    answer wrong, unless the instruction states it, or it is an expected value too; so does any number, day or time
    that is put as an alternative to it (`awmc.runtime.hedges`). `clock`, a datetime,
    gives dates their year. Where nothing is expected every message will do.
    """
    if not expected:
        return AnswerVerdict(True)
    judged = answer_part(message or "")
    if not judged.strip():
        return AnswerVerdict(False, ("the final message is empty",))
    claims = _claims(tuple(expected), instruction, clock)
    reading = _Reading(judged, clock)
    most = MANY if _LINE.search(message or "") else MANY_IN_ALL
    reasons: list[str] = []
    stated = []
    for kind, value in claims.wanted:
        if not reading.states(kind, value, claims):
            reasons.append(f"the answer does not state {_said(kind, value)}")
        else:
            stated.append(_said(kind, value))
    beside = f" beside {' and '.join(stated)}" if stated else ""
    strays = list(reading.strays(claims)) or list(reading.second_answers(claims, instruction, most))
    reasons.extend(f"the answer states {other}{beside}" for other in strays)
    return AnswerVerdict(not reasons, tuple(dict.fromkeys(reasons)))


_LINE = re.compile(
    r"^[^\w\n]*(?:(?:my|the|final)\s+)*answer\b[*_`'\" ]*[:：](?P<rest>.*)$", re.IGNORECASE | re.MULTILINE
)


def answer_part(message: str) -> str:
    """What is judged: what follows the last ``Answer:``, to the end of its line (of the message, where the
    line has nothing more), without Markdown's marks; the whole message where there is no such line.
    """
    lines = list(_LINE.finditer(message))
    part = message
    if lines:
        part = lines[-1]["rest"]
        if not re.search(r"\w", part):
            part += message[lines[-1].end() :]
    return re.sub(r"[*`~|]+|(?<!\w)_+|_+(?!\w)", " ", part)


# ---------------------------------------------------------------- what is expected


@dataclass(frozen=True, slots=True)
class _Claims:
    """The expected values one by one, and the distractors that count against an answer."""

    wanted: tuple[tuple[str, Stored], ...]
    others: tuple[tuple[str, Stored], ...]
    shadows: tuple[tuple[str, str], ...]
    """All texts that are not expected: the longest name that stands at a place is the one stated."""

    @classmethod
    def of(cls, expected: Sequence[Expected], instruction: str, clock: str) -> _Claims:
        wanted = tuple(dict.fromkeys((item.kind, one) for item in expected for one in _elements(item.value)))
        keys = {_key(kind, value) for kind, value in wanted}
        others = dict.fromkeys(
            (item.kind, one)
            for item in expected
            for distractor in item.distractors
            for one in _elements(distractor)
            if one not in (None, "") and item.kind != "bool" and _key(item.kind, one) not in keys
        )
        counted = tuple(other for other in others if not states_value(instruction, *other, clock=clock))
        return cls(wanted, counted, tuple((kind, one) for kind, one in others if isinstance(one, str)))


@lru_cache(maxsize=128)
def _claims(expected: tuple[Expected, ...], instruction: str, clock: str) -> _Claims:
    """Many messages are judged by the same claims: of one task, by all runs of it."""
    return _Claims.of(expected, instruction, clock)


def _elements(value: Value) -> tuple[Stored, ...]:
    if isinstance(value, (tuple, list)):
        return tuple(element for part in value for element in _elements(part)) or (None,)
    return (value,)


def _key(kind: str, value: Stored) -> Any:
    """Equal for values that no text tells apart."""
    if kind in _NUMERIC and isinstance(value, (int, float)):
        return matching.exact(kind, value)
    return matching.words(value) or value if isinstance(value, str) else (kind, value)


def _said(kind: str, value: Stored) -> str:
    if value is None or value == "":
        return '"none"'
    match kind:
        case "bool":
            return '"yes"' if value else '"no"'
        case "text" | "enum" | "email" | "url":
            return f'"{value}"'
        case "datetime" if isinstance(value, str):
            return value.replace("T", " ")
        case "duration":
            return f"{value} seconds"
    return text_of(cast(Kind, kind), value)


# ---------------------------------------------------------------- what is said

_YES = re.compile(r"\b(?:yes|true|yep|yeah)\b", re.IGNORECASE)
_NO = re.compile(r"\b(?:no|false|nope)\b(?!\.\s*\d)", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|cannot|never|none)\b|n['’]t\b", re.IGNORECASE)
_NONE = re.compile(
    r"\b(?:no|none|nothing|null|nil|nobody|no-one|never|not|without|unassigned|unset|empty)\b(?!\.\s*\d)"
    r"|\bn/a\b|n['’]t\b",
    re.IGNORECASE,
)


class _Reading:
    """A judged text with the places where it states values; the dates in it are near `clock`."""

    def __init__(self, text: str, clock: str) -> None:
        self.text, self.clock, self.year = text, clock, int(clock[:4])
        self._found: dict[tuple[str, str], list[Span]] = {}

    def states(self, kind: str, value: Stored, claims: _Claims) -> bool:
        """Whether the text states an expected value, and not only a part of another name."""
        if value is None or value == "":
            return _NONE.search(self.text) is not None
        if kind == "bool":
            yes, no = _YES.search(self.text), _NO.search(self.text)
            if yes or no:
                return (yes is None) != bool(value) and (no is None) == bool(value)
            return not value and _NOT.search(self.text) is not None
        if kind in _NUMERIC and value == 0 and _NONE.search(self.text):
            return True
        if isinstance(value, str) and kind not in ("date", "time", "datetime"):
            longer = [span for shadow in claims.shadows for span in self._places(*shadow)]
            return any(not _inside(span, longer) for span in self._places(kind, value))
        return states_value(self.text, kind, value, clock=self.clock)

    def strays(self, claims: _Claims) -> Iterator[str]:
        """What the text states that belongs to another outcome, in words."""
        taken = [
            span
            for kind, value in claims.wanted
            if isinstance(value, str) and kind not in ("date", "time", "datetime")
            for span in self._places(kind, value)
        ]
        for kind, value in claims.others:
            if isinstance(value, (int, float)):
                stray = self._stray_number(kind, value, claims)
            elif kind in ("date", "time", "datetime"):
                stray = self._stray_moment(kind, str(value), claims)
            else:
                stray = any(not _within(span, taken) for span in self._places(kind, str(value)))
            if stray:
                yield _said(kind, value)

    def second_answers(self, claims: _Claims, instruction: str, most: int) -> Iterator[str]:
        """What the text states as an alternative to what is expected, though nothing is known to hold it."""
        return second_answers(
            self.text,
            claims.wanted,
            instruction,
            year=self.year,
            most=most,
            in_name=lambda span: self._in_text(span, claims),
        )

    def _places(self, kind: str, value: str) -> list[Span]:
        """Where a text stands; each is looked for once."""
        places = self._found.get((kind, value))
        if places is None:
            find = matching.address_occurrences if kind in ("email", "url") else matching.occurrences
            places = self._found[kind, value] = list(find(self.text, value))
        return places

    def _stray_number(self, kind: str, value: int | float, claims: _Claims) -> bool:
        if kind == "duration":
            wanted = {one for said, one in claims.wanted if said == kind}
            return any(seconds == value and seconds not in wanted for seconds, _ in durations(self.text))
        numbers = [
            (said, one) for said, one in claims.wanted if said in _NUMERIC and isinstance(one, (int, float))
        ]
        return any(
            matching.number_is(number.values, 0, kind, value)
            and not any(matching.number_is(number.values, number.decimals, *one) for one in numbers)
            for number in read(self.text).numbers
            if not number.weak and not self._in_text(number.span, claims)
        )

    def _in_text(self, span: Span, claims: _Claims) -> bool:
        """Whether the number is part of an expected name, such as "Room 12"."""
        return any(
            _within(span, self._places(kind, one))
            for kind, one in claims.wanted
            if isinstance(one, str) and kind in ("text", "enum", "email", "url")
        )

    def _stray_moment(self, kind: str, value: str, claims: _Claims) -> bool:
        wanted = [(said, one) for said, one in claims.wanted if isinstance(one, str)]
        mentions = read(self.text)
        if kind == "date":
            days = [one[:10] for said, one in wanted if said in ("date", "datetime")]
            return any(
                matching.date_is(date, value, self.year)
                and not any(matching.date_is(date, day, self.year) for day in days)
                for date in mentions.dates
            )
        if kind == "time":
            clocks = [
                one[-8:] if said == "datetime" else one
                for said, one in wanted
                if said in ("time", "datetime")
            ]
            return any(
                matching.time_is(time, value) and not any(matching.time_is(time, one) for one in clocks)
                for time in mentions.times
            )
        moments = [one for said, one in wanted if said == "datetime"]
        return any(
            self._is(date, time, value) and not any(self._is(date, time, one) for one in moments)
            for date, time in matching.moments_in(self.text)
        )

    def _is(self, date: Any, time: Any, moment: str) -> bool:
        return matching.date_is(date, moment[:10], self.year) and matching.time_is(time, moment[11:])


def _inside(span: Span, longer: list[Span]) -> bool:
    """Whether the span is a part, and not all, of one of the others."""
    return any(start <= span[0] and span[1] <= end and (start, end) != span for start, end in longer)


def _within(span: Span, others: list[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in others)
