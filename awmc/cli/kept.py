"""Diagnostics as plain data and back: the warnings of a spec that is not compiled again."""

from __future__ import annotations

from typing import Any

from msgspec import convert, to_builtins
from msgspec.structs import replace

from awmc.diagnostics import Diagnostic


def stored(diagnostic: Diagnostic) -> dict[str, Any]:
    """As data that JSON takes."""
    data: dict[str, Any] = to_builtins(diagnostic)
    return data


def restored(data: dict[str, Any], source: str) -> Diagnostic:
    """From such data; `source` is the name of the spec in this run."""
    return replace(convert(data, Diagnostic), source=source)
