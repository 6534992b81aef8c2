"""What the registry holds: one `Code` for each thing that awmc can say about a spec."""

from __future__ import annotations

from string import Formatter
from typing import Literal

from msgspec import Struct

Level = Literal["error", "warning"]


class Code(Struct, frozen=True):
    """A declared diagnostic.

    `code` is `AWM` and three digits and is never given to anything else; `name` is the same in words;
    `title` is a `str.format` template of named parts: one lower-case sentence without a stop. A part that
    the template puts in backticks is a bare name or a piece of the text; any other is a phrase in the
    language's words that brings its article and its quotes (``what="the default of `fee`"``,
    ``found="money"``).

    `help` is a template of the same parts: what to do where whoever reports it knows nothing better; empty where
    it always does.

    Explanation and examples stand in `awmc/diagnostics/pages/<code>.md`, see `awmc.diagnostics.explain`.
    """

    code: str
    level: Level
    name: str
    title: str
    help: str = ""

    @property
    def parts(self) -> frozenset[str]:
        """The named parts that `title` must be given."""
        return frozenset(field for _, field, _, _ in Formatter().parse(self.title) if field is not None)

    @property
    def outline(self) -> str:
        """The title with `…` for each of its parts."""
        return self.title.format_map(dict.fromkeys(self.parts, "…"))
