"""Literals to storage values."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from awmc.semantics.typed import Duration
from awmc.syntax import ast

_DURATION = re.compile(r"([0-9]+)(s|min|h|d|w|mo|y)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_MONTHS = {"mo": 1, "y": 12}


def moment(literal: ast.Literal) -> str | None:
    """ISO text of a date, datetime (with seconds) or time literal; None if there is no such moment."""
    text = str(literal.value)
    try:
        if literal.kind == "date":
            return dt.date.fromisoformat(text).isoformat()
        if literal.kind == "datetime":
            return dt.datetime.fromisoformat(text).isoformat()
        hours, minutes = text.split(":")
        if len(hours) > 2 or len(minutes) != 2:
            return None
        return dt.time(int(hours), int(minutes)).strftime("%H:%M")
    except ValueError:
        return None


def duration(literal: ast.Literal) -> Duration:
    """The months and seconds of a literal such as `24h` or `3mo`."""
    match = _DURATION.fullmatch(str(literal.value))
    assert match is not None
    count, unit = int(match.group(1)), match.group(2)
    return Duration(count * _MONTHS.get(unit, 0), count * _SECONDS.get(unit, 0))


def cents(literal: ast.Literal) -> int | None:
    """Whole cents of a number literal; None if it has a part of a cent."""
    scaled = Decimal(str(literal.value)) * 100
    return int(scaled) if scaled == scaled.to_integral_value() else None
