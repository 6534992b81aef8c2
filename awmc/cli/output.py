"""Printing: diagnostics in the form that is asked for, and how far the work is."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO, TypeVar

if TYPE_CHECKING:
    from awmc.cli.options import Format
    from awmc.diagnostics import Diagnostic
    from awmc.source import Source

_WIDTH = 110
_PATIENCE = 2.0
"""Seconds of work without a progress bar."""

T = TypeVar("T")


def show(
    diagnostics: Sequence[Diagnostic], sources: Mapping[str, Source], form: Format, to: TextIO | None = None
) -> None:
    """Prints diagnostics, on standard output by default. The forms for programs are whole documents without
    any too.
    """
    if not diagnostics and form in ("human", "concise"):
        return
    from awmc.diagnostics import render

    to = to or sys.stdout
    if form == "human":
        width = shutil.get_terminal_size((_WIDTH, 0)).columns if to.isatty() else _WIDTH
        text = render.render_human(diagnostics, sources, color=has_color(to), width=width)
    elif form == "concise":
        text = render.render_concise(diagnostics, sources)
    elif form == "json":
        text = render.render_json(diagnostics, sources)
    else:
        text = render.render_sarif(diagnostics, sources)
    _write(text, to)


def summary(parts: Iterable[str]) -> None:
    """One line on standard error: the parts that are not empty."""
    said = ", ".join(part for part in parts if part)
    if said:
        sys.stderr.write(f"{said}\n")


def counted(count: int, noun: str) -> str:
    """`1 spec`, `3 specs`, and nothing for 0."""
    return f"{count} {noun}{'s' * (count != 1)}" if count else ""


def has_color(to: TextIO) -> bool:
    """Whether colours are wanted there: on a terminal, unless NO_COLOR is set (https://no-color.org)."""
    return to.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def progress(items: Iterator[T], total: int, *, doing: str = "compiling") -> Iterator[T]:
    """The items as they come; on a terminal with a bar on standard error, if they take longer than two
    seconds.
    """
    if not sys.stderr.isatty() or total < 2:
        yield from items
        return
    begin = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        if time.monotonic() - begin > _PATIENCE and done < total:
            break
    else:
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, completed=done)
        for item in items:
            yield item
            bar.advance(task)


def _write(text: str, to: TextIO) -> None:
    # A path or a text may hold what the terminal's encoding cannot: it is escaped instead of failing.
    encoding = to.encoding or "utf-8"
    to.write(text.encode(encoding, errors="backslashreplace").decode(encoding))
