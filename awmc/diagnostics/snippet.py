"""Lines of a source with marks under them, as rows to be painted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from textwrap import wrap
from typing import Literal

from msgspec import Struct

from awmc.diagnostics.cells import cell_count, layout, printable
from awmc.source import Source, Span

Style = Literal["source", "primary", "secondary", "elided"]

# A span over more lines than this shows its first and its last.
_MOST_LINES = 3


class Mark(Struct, frozen=True):
    """A span to be underlined, by `^` if it is the primary one and `-` if not, and the text beside the
    line.
    """

    span: Span
    text: str
    primary: bool

    @property
    def style(self) -> Style:
        return "primary" if self.primary else "secondary"


class Row(Struct, frozen=True):
    """One row of output: the line's number, None below it, and what stands right of the gutter."""

    number: int | None
    text: str
    style: Style


class _Piece(Struct, frozen=True):
    """What of a mark lies in one line: characters `start` to `end` of it; the text belongs to the last
    piece.
    """

    line: int
    start: int
    end: int
    mark: Mark
    text: str


def snippet(source: Source, marks: Sequence[Mark], width: int) -> list[Row]:
    """The rows that show `marks`, in the order of the lines; no row is wider than `width` cells (at least
    20).
    """
    width = max(width, 20)
    pieces: list[_Piece] = []
    elided: set[int] = set()
    for mark in marks:
        pieces += _pieces(source, mark, elided)
    rows: list[Row] = []
    for line in sorted({piece.line for piece in pieces}):
        here = sorted(
            (piece for piece in pieces if piece.line == line),
            key=lambda piece: (piece.start, not piece.mark.primary, piece.end),
        )
        rows += _line_rows(source.line_text(line), line, here, width)
        if line in elided:
            rows.append(Row(None, "…", "elided"))
    return rows


def _pieces(source: Source, mark: Mark, elided: set[int]) -> list[_Piece]:
    """The mark cut at line ends; a line after which lines of it are left out is added to `elided`."""
    start = max(0, min(mark.span.start, len(source.text)))
    end = max(start, min(mark.span.end, len(source.text)))
    first, column = source.position(start)
    last, _ = source.position(max(start, end - 1))
    lines = list(range(first, last + 1)) if last - first < _MOST_LINES else [first, last]
    if len(lines) == 2 and last - first > 1:
        elided.add(first)
    pieces = []
    for line in lines:
        span, text = source.line_span(line), source.line_text(line)
        left = column - 1 if line == first else len(text) - len(text.lstrip())
        right = end - span.start if line == last else len(text.rstrip())
        # An empty piece is still shown, by one mark: an insertion point, a line end, the end of the file.
        pieces.append(_Piece(line, left, max(left + 1, right), mark, mark.text if line == last else ""))
    return pieces


def _line_rows(line: str, number: int, pieces: Sequence[_Piece], width: int) -> list[Row]:
    shown = layout(line)
    edges = [0, *accumulate(cells for _, cells in shown)]
    # Columns in cells; the place after the last character is one cell wide.
    edges.append(edges[-1] + 1)
    places = [(edges[min(piece.start, len(line))], edges[min(piece.end, len(line) + 1)]) for piece in pieces]
    focus = next((i for i, piece in enumerate(pieces) if piece.mark.primary), 0)
    left, right = _window(places[focus], edges[-1], width)
    text = _cut(shown, left, right, cut_right=right < edges[-2])
    rows = [Row(number, text.rstrip(), "source")]
    for piece, (start, end) in zip(pieces, places, strict=True):
        start = max(0, min(start, right - 1) - left)
        end = max(start + 1, min(end, right) - left)
        marks = " " * start + ("^" if piece.mark.primary else "-") * (end - start)
        rows += [Row(None, row, piece.mark.style) for row in _labelled(marks, start, piece.text, width)]
    return rows


def _window(place: tuple[int, int], total: int, width: int) -> tuple[int, int]:
    """The cells of a line that are shown: all of it where that fits, else `width` cells around `place`."""
    if total <= width:
        return 0, total
    start, end = place
    # Where the place itself is too wide, its beginning is what counts.
    left = start - max(4, (width - (end - start)) // 2)
    left = max(0, min(left, total - width))
    return left, left + width


def _cut(shown: Sequence[tuple[str, int]], left: int, right: int, *, cut_right: bool) -> str:
    """The cells `left` to `right`, with `…` where the line goes on; half of a wide character is a blank."""
    at = 0
    visible: list[tuple[str, int]] = []
    for text, cells in shown:
        begin, at = at, at + cells
        inside = min(at, right) - max(begin, left)
        if cells == 0:
            visible += [(text, 0)] if left < at <= right else []
        elif inside > 0:
            visible.append((text, cells) if inside == cells else (" " * inside, inside))
    if left and visible:
        visible[0] = ("…" + " " * (visible[0][1] - 1), visible[0][1])
    if cut_right and visible:
        while visible[-1][1] == 0:
            visible.pop()
        visible[-1] = (" " * (visible[-1][1] - 1) + "…", visible[-1][1])
    return "".join(text for text, _ in visible)


def _labelled(marks: str, start: int, text: str, width: int) -> list[str]:
    """The row of marks with its label behind, or below where there is no room behind."""
    text = printable(text)
    if not text:
        return [marks]
    if len(marks) + 1 + cell_count(text) <= width:
        return [f"{marks} {text}"]
    indent = min(start, max(0, width - cell_count(text)))
    return [marks, *(" " * indent + row for row in wrap(text, max(width - indent, 20)))]
