"""Rows of a seed that are not one a line, each as wide as its head: what was meant."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from awmc.diagnostics.model import Fix, Label
from awmc.semantics.model import Model
from awmc.source import Source, Span
from awmc.syntax import ast
from awmc.syntax.lenient import Reader


def check_layout(model: Model, rows: Iterable[ast.SeedRow], columns: list[str]) -> set[Span]:
    """Reports rows that share a line, and a row that goes on over the next. The spans of the rows of which nothing else
    is to be said. `columns`: those that a row gives a value.
    """
    told: set[Span] = set()
    lines: dict[int, list[ast.SeedRow]] = {}
    for row in rows:
        lines.setdefault(model.source.position(row.span.start)[0], []).append(row)
        if _goes_on(model, row, len(columns)):
            told.add(row.span)
    for shared in lines.values():
        if len(shared) > 1 and not _mended(model, shared, columns):
            for first, second in itertools.pairwise(shared):
                another = Label(first.span, "another row")
                model.report("AWM431", second.span, secondary=(another,), help="begin a line with each row")
            continue
        if len(shared) > 1:
            told.update(row.span for row in shared)
    return told


def _goes_on(model: Model, row: ast.SeedRow, width: int) -> bool:
    """A row that a comma at its end joins to the next."""
    if not 0 < width < len(row.cells):
        return False
    last, after = row.cells[width - 1].span.end, row.cells[width].span.start
    if "\n" not in model.source.text[last:after]:
        return False
    comma = Span(place := model.source.text.index(",", last), place + 1)
    model.report("AWM024", comma, what="rows", fixes=(Fix(comma, "", "leave the comma out"),))
    return True


def _mended(model: Model, shared: list[ast.SeedRow], columns: list[str]) -> bool:
    """Whether the rows of a line are one that was misread, and that was reported."""
    first, second = shared[0], shared[1]
    start, end = first.span.start, shared[-1].span.end
    # The same text as the parser reads it that looks for mistakes: `12days`, `""" """`.
    reader = Reader(Source(model.source.name, " " * start + model.source.text[start:end]))
    if reader.problems:
        model.problems += reader.problems
        return True
    width = sum(len(row.cells) for row in shared)
    labelled = any(row.label is not None for row in shared[1:])
    number = Span(first.cells[-1].span.start, second.cells[0].span.end)
    if re.fullmatch(r"[0-9]+ [0-9]+", model.text(number)) and width - 1 == len(columns) and not labelled:
        text = model.text(number)
        good = text.replace(" ", ".")
        model.report("AWM009", number, text=text, fixes=(Fix(number, good, f"write `{good}`"),))
        return True
    if width == len(columns) and not labelled:
        for row in shared[:-1]:
            place = Span.at(row.span.end)
            model.report("AWM023", place, fixes=(Fix(place, ",", "write a comma"),))
        return True
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} +[0-9]{1,2}:[0-9]{2}", model.text(number)) and not labelled:
        day, hour = model.text(number).split()
        good = f"{day}T{hour:0>5}"
        fix = Fix(number, good, f"write `{good}`")
        model.report("AWM011", number, kind="moment", text=model.text(number), fixes=(fix,))
        return True
    alone = first.label is None and len(first.cells) == 1 and isinstance(first.cells[0], ast.Ref)
    if alone and len(shared) == 2 and width - 1 == len(columns) and not labelled:
        place = Span.at(first.span.end)
        found = f"`{model.text(second.cells[0].span)}`"
        model.report("AWM002", place, expected="`:`", found=found, fixes=(Fix(place, ":", "write `:`"),))
        return True
    return False
