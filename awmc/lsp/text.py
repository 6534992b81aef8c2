"""A document of an editor: its text, and places in it counted in the units that the client counts in.

Lines end at `\\n`, `\\r\\n` or `\\r`, and nowhere else, as the protocol has it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from lsprotocol import types as lsp

from awmc.source import Span

Units = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Text:
    """A text and the units of its columns. Places outside of it mean the nearest one inside."""

    text: str
    units: Units = "utf-16"

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @property
    def line_count(self) -> int:
        return len(self._starts)

    def line(self, number: int) -> str:
        """A line, counted from 0, without its end."""
        start = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def offset(self, position: lsp.Position) -> int:
        """The place of a position in code points; one inside a character means before it."""
        if position.line < 0:
            return 0
        if position.line >= self.line_count:
            return len(self.text)
        line, start = self.line(position.line), self._starts[position.line]
        wanted = max(0, position.character)
        if self.units == "utf-32" or line.isascii():
            return start + min(wanted, len(line))
        counted = 0
        for place, char in enumerate(line):
            counted += self.width(char)
            if counted > wanted:
                return start + place
        return start + len(line)

    def position(self, offset: int) -> lsp.Position:
        """The position of a place in code points; one inside a line end means before it."""
        offset = max(0, min(offset, len(self.text)))
        number = bisect_right(self._starts, offset) - 1
        return lsp.Position(number, self.width(self.line(number)[: offset - self._starts[number]]))

    def range(self, span: Span) -> lsp.Range:
        return lsp.Range(self.position(span.start), self.position(max(span.start, span.end)))

    def span(self, range_: lsp.Range) -> Span:
        """The span of a range; one that ends before it begins is empty."""
        start = self.offset(range_.start)
        return Span(start, max(start, self.offset(range_.end)))

    def width(self, text: str) -> int:
        """How many units a text has."""
        if self.units == "utf-32" or text.isascii():
            return len(text)
        if self.units == "utf-8":
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text) + sum(char > "\uffff" for char in text)

    def changed(self, change: lsp.TextDocumentContentChangeEvent) -> Text:
        """The text after one change of the client."""
        if isinstance(change, lsp.TextDocumentContentChangePartial):
            span = self.span(change.range)
            return Text(self.text[: span.start] + change.text + self.text[span.end :], self.units)
        return Text(change.text, self.units)
