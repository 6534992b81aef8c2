"""Diagnostics as text: for people, and in one line each; `report` has the forms for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from textwrap import wrap

from awmc.diagnostics.cells import printable
from awmc.diagnostics.model import Diagnostic
from awmc.diagnostics.report import render_json, render_sarif
from awmc.diagnostics.snippet import Mark, Row, snippet
from awmc.source import Source

__all__ = ["render_concise", "render_human", "render_json", "render_sarif", "summarise"]

_PAINT = {
    "error": "1;31",
    "warning": "1;33",
    "title": "1",
    "gutter": "34",
    "secondary": "34",
    "hint": "32",
}


def render_human(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], *, color: bool, width: int
) -> str:
    """Each diagnostic as a title, the lines that it is about and what may mend it; a blank line between
    two.

    `sources` are the texts by their names; `width` is in cells. Sorted; ends with a line end, empty
    without any.
    """
    blocks = [_human(diagnostic, sources, color, width) for diagnostic in sorted(diagnostics)]
    return "\n".join(blocks)


def render_concise(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """One line each, `path:line:col: error[AWM203]: …; did you mean …?`, with all that is needed to mend
    it.
    """
    return "".join(f"{_concise(diagnostic, sources)}\n" for diagnostic in sorted(diagnostics))


def summarise(diagnostics: Iterable[Diagnostic]) -> str:
    """How many there are of each level: `2 errors and 1 warning`, `""` without any."""
    levels = [diagnostic.level for diagnostic in diagnostics]
    counts = [(levels.count(level), level) for level in ("error", "warning")]
    return " and ".join(f"{count} {level}{'s' * (count > 1)}" for count, level in counts if count)


def _human(diagnostic: Diagnostic, sources: Mapping[str, Source], color: bool, width: int) -> str:
    def paint(text: str, style: str) -> str:
        return f"\x1b[{_PAINT[style]}m{text}\x1b[0m" if color and style in _PAINT and text else text

    marks = _marks_by_source(diagnostic)
    shown = {name: sources[name] for name in marks if name in sources}
    gutter = len(str(max((_last_line(shown[name], marks[name]) for name in shown), default=1)))
    blank = " " * gutter
    bar = f"{blank}{paint('│', 'gutter')}"
    lines = [
        paint(f"{diagnostic.level}[{diagnostic.code}]", diagnostic.level)
        + paint(f": {printable(diagnostic.title)}", "title")
    ]
    for name, found in marks.items():
        place = _place(name, found[0].span.start, shown)
        lines += [bar] if len(lines) > 1 else []
        lines += [f"{blank}{paint('┌─', 'gutter')} {place}"] if place else []
        if name in shown:
            rows = snippet(shown[name], found, width - gutter - 2)
            lines += [bar, *(_row(row, gutter, bar, paint, diagnostic.level) for row in rows)]
        else:
            lines += [f"{bar} {printable(mark.text)}" for mark in found if mark.text]
    remarks = _remarks(diagnostic)
    lines += [bar] if remarks and shown else []
    for style, remark in remarks:
        first, *rest = _wrapped(remark, width - gutter - 3)
        lines.append(f"{blank}{paint('=', 'gutter')} {paint(first, style)}")
        lines += [f"{blank}  {paint(text, style)}" for text in rest]
    return "".join(f"{line}\n" for line in lines)


def _wrapped(text: str, width: int) -> list[str]:
    """At least one row; line ends are kept."""
    rows: list[str] = []
    for line in text.split("\n"):
        rows += wrap(printable(line), max(width, 20), break_long_words=False, break_on_hyphens=False)
    return rows or [""]


def _last_line(source: Source, marks: Iterable[Mark]) -> int:
    return max(source.position(max(mark.span.start, mark.span.end - 1))[0] for mark in marks)


def _marks_by_source(diagnostic: Diagnostic) -> dict[str, list[Mark]]:
    """The primary mark first; the diagnostic's own source is always there."""
    marks = {diagnostic.source: [Mark(diagnostic.span, diagnostic.label, primary=True)]}
    for label in diagnostic.secondary:
        name = diagnostic.source if label.source_name is None else label.source_name
        marks.setdefault(name, []).append(Mark(label.span, label.text, primary=False))
    return marks


def _row(row: Row, gutter: int, bar: str, paint: Callable[[str, str], str], level: str) -> str:
    head = bar if row.number is None else paint(f"{row.number:>{gutter}}│", "gutter")
    style = level if row.style == "primary" else row.style
    return f"{head} {paint(row.text, style)}" if row.text else head


def _place(name: str, offset: int, sources: Mapping[str, Source]) -> str:
    """`path:line:col`, the path alone where its text is not at hand, nothing where there is no path."""
    if name not in sources:
        return printable(name)
    line, column = sources[name].position(offset)
    return f"{printable(name)}:{line}:{column}"


def _remarks(diagnostic: Diagnostic) -> list[tuple[str, str]]:
    """What stands below the lines, each with its style."""
    remarks = [("hint", f"did you mean `{diagnostic.hint}`?")] if diagnostic.hint else []
    if diagnostic.help:
        remarks.append(("help", f"help: {diagnostic.help}"))
    elif not diagnostic.hint:
        remarks += [("help", f"help: {fix.description}") for fix in diagnostic.fixes]
    return [*remarks, ("note", f"note: {diagnostic.note}")] if diagnostic.note else remarks


def _concise(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    place = _place(diagnostic.source, diagnostic.span.start, sources)
    said = [diagnostic.title]
    if not diagnostic.hint:
        # With a hint the line can be mended already; without one each remark may be what is needed.
        said += [diagnostic.label] if diagnostic.label else []
        for label in diagnostic.secondary:
            name = diagnostic.source if label.source_name is None else label.source_name
            where = _place(name, label.span.start, sources)
            # Within one file the line and the column will do.
            where = where.removeprefix(f"{printable(diagnostic.source)}:")
            said += [f"{label.text} at {where}"] if label.text else []
    said += [remark for _, remark in _remarks(diagnostic)]
    head, message = f"{diagnostic.level}[{diagnostic.code}]: ", printable("; ".join(said).replace("\n", " "))
    return f"{place}: {head}{message}" if place else f"{head}{message}"
