"""Diagnostics as plain data and back: the warnings of a spec that is not compiled again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from awmc.diagnostics import Diagnostic, Fix, Label
from awmc.source import Span


def stored(diagnostic: Diagnostic) -> dict[str, Any]:
    """As data that JSON takes."""
    return asdict(diagnostic)


def restored(data: dict[str, Any], source: str) -> Diagnostic:
    """From such data; `source` is the name of the spec in this run."""
    labels = [
        Label(Span(**label["span"]), label["text"], label["source_name"]) for label in data["secondary"]
    ]
    fixes = [Fix(Span(**fix["span"]), fix["replacement"], fix["description"]) for fix in data["fixes"]]
    parts = {
        "source": source,
        "span": Span(**data["span"]),
        "secondary": tuple(labels),
        "fixes": tuple(fixes),
    }
    return Diagnostic(**{**data, **parts})
