"""Numbers and durations as other languages write them."""

from __future__ import annotations

from awmc.diagnostics import Diagnostic, Fix
from awmc.source import Span
from awmc.syntax.failure import Failure, Mend
from awmc.syntax.grammar import END
from awmc.syntax.habits.brackets import closed
from awmc.syntax.lenient import unit_of_time
from awmc.syntax.tokens import tokenize


def bare_point(failure: Failure) -> Mend | None:
    """`.5`"""
    token, before = failure.token, failure.back(1)
    place = failure.at
    if token.kind == "INT" and before is not None and before.kind == "DOT" and failure.kind(-2) != "INT":
        place -= 1
    elif token.kind != "DOT" or failure.kind(1) != "INT" or not failure.accepts("INT"):
        return None
    point, digits = failure.tokens[place], failure.tokens[place + 1]
    if point.end != digits.start:
        return None
    said = _bad_number(failure, point.start, digits.end, f"0.{digits.text}")
    return Mend(said, place, place + 1)


def open_point(failure: Failure) -> Mend | None:
    """`5.`"""
    before = failure.back(1)
    if before is None or before.kind != "DOT" or failure.kind(-2) != "INT" or failure.accepted != {"INT"}:
        return None
    digits = failure.tokens[failure.at - 2]
    bracket = failure.open_bracket()
    if bracket is not None and bracket in failure.brackets.unclosed and failure.tokens[bracket].text == "[":
        return closed(failure, bracket, failure.at - 1)
    if digits.end < before.start:
        return None
    said = _bad_number(failure, digits.start, before.end, digits.text)
    return Mend(said, failure.at - 1, failure.at)


def two_points(failure: Failure) -> Mend | None:
    """`1.2.3`"""
    token, before = failure.token, failure.back(1)
    if (
        token.kind != "DOT"
        or before is None
        or before.kind != "INT"
        or failure.kind(1) != "INT"
        or before.end < token.start
    ):
        return None
    first = (
        failure.tokens[failure.at - 3] if failure.kind(-2) == "DOT" and failure.kind(-3) == "INT" else before
    )
    last = failure.ahead(1)
    text = failure.source.text[first.start : last.end]
    return Mend(failure.say("AWM009", first.start, last.end, text=text), failure.at, failure.at + 2)


def signed(failure: Failure) -> Mend | None:
    """`+5`, where only a duration may follow the sign."""
    token, before = failure.token, failure.back(1)
    if token.kind != "INT" or before is None or before.kind != "PLUS" or failure.accepted != {"DURATION"}:
        return None
    said = _bad_number(failure, before.start, token.end, token.text)
    return Mend(said, failure.at - 1, failure.at)


def unit_apart(failure: Failure) -> Mend | None:
    """`3 months`: the unit was read as the name of a call."""
    waiting = failure.token.kind == "INT" and failure.accepted == {"DURATION"}
    for place in (failure.at + 1,) if waiting else (failure.at, failure.at - 1):
        unit = unit_of_time(failure.tokens[place].text) if place > 0 else None
        digits = failure.tokens[place - 1]
        if unit is None or digits.kind != "INT" or not failure.one_line(digits, failure.tokens[place]):
            continue
        span = Span(digits.start, failure.tokens[place].end)
        good = f"{digits.text}{unit}"
        text = failure.source.text[span.start : span.end]
        fix = Fix(span, good, f"write `{good}`")
        said = failure.say("AWM012", span.start, span.end, text=text, help=f"write `{good}`", fixes=[fix])
        return Mend(said, place - 1, place + 1, failure.written(good, digits))
    return None


def quoted_duration(failure: Failure) -> Mend | None:
    """`+"6h"`, `+hours(6)`: what only a duration may follow."""
    token = failure.token
    if not failure.accepts("DURATION") or failure.accepts("STRING"):
        return None
    if token.kind == "STRING" and [each.kind for each in tokenize(token.text[1:-1])] == ["DURATION", END]:
        good = token.text[1:-1]
        fix = Fix(token.span, good, f"write `{good}`")
        said = failure.say("AWM318", token.start, token.end, what="a duration", hint=good, fixes=[fix])
        return Mend(said, failure.at, failure.at + 1, failure.written(good, token))
    unit = unit_of_time(token.text)
    if unit is not None and failure.text(1) == "(" and failure.kind(2) == "INT" and failure.text(3) == ")":
        span = Span(token.start, failure.ahead(3).end)
        good = f"{failure.text(2)}{unit}"
        fix = Fix(span, good, f"write `{good}`")
        text = failure.source.text[span.start : span.end]
        said = failure.say("AWM012", span.start, span.end, text=text, help=f"write `{good}`", fixes=[fix])
        return Mend(said, failure.at, failure.at + 4, failure.written(good, token))
    return None


def foreign_bounds(failure: Failure) -> Mend | None:
    """`int 1-50`"""
    token, before = failure.token, failure.back(1)
    if (
        token.kind != "MINUS"
        or before is None
        or before.kind != "INT"
        or failure.kind(1) != "INT"
        or not failure.accepts("DOTS")
        or failure.accepts("EQ")
    ):
        return None
    last = failure.ahead(1)
    good = f"{before.text}..{last.text}"
    fix = Fix(token.span, "..", f"write `{good}`")
    found = failure.source.text[before.start : last.end]
    said = failure.say("AWM048", before.start, last.end, written=good, found=found, fixes=[fix])
    return Mend(said, failure.at, failure.at + 1, failure.written("..", token))


def moment_apart(failure: Failure) -> Mend | None:
    """`2026-03-02 08:00`"""
    token, before = failure.token, failure.back(1)
    if before is None or before.kind != "MOMENT" or token.kind != "INT" or failure.text(1) != ":":
        return None
    if "T" in before.text or failure.kind(2) != "INT":
        return None
    span = Span(before.start, failure.ahead(2).end)
    good = f"{before.text}T{token.text:0>2}:{failure.text(2)}"
    fix = Fix(span, good, f"write `{good}`")
    said = failure.say(
        "AWM011", span.start, span.end, kind="moment", text=failure.source.text[span.start : span.end],
        help=f"join date and time by `T`: `{good}`", fixes=[fix],
    )  # fmt: skip
    return Mend(said, failure.at - 1, failure.at + 3, failure.written(good, before))


def _bad_number(failure: Failure, start: int, end: int, good: str) -> Diagnostic:
    fix = Fix(Span(start, end), good, f"write `{good}`")
    text = failure.source.text[start:end]
    return failure.say("AWM009", start, end, text=text, help=f"write `{good}`", fixes=[fix])
