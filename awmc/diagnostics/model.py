"""A diagnostic as data: what is wrong, where, and how it is mended."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from awmc.diagnostics.registry import Level, lookup, standing_help, title
from awmc.source import SourceError, Span


class Label(Struct, frozen=True):
    """A remark on another place; `source_name` where that is in another file than the diagnostic's own."""

    span: Span
    text: str
    source_name: str | None = None


class Fix(Struct, frozen=True):
    """An edit that certainly mends the mistake: put `replacement` in place of `span`."""

    span: Span
    replacement: str
    description: str


class Diagnostic(Struct, frozen=True):
    """One thing to say. `source` is the name of the text that `span` counts in; `""` where there is no
    text.

    `hint` is the name that was meant (`copies`, without quotes or question), `help` what to do, `note`
    what to know.
    """

    code: str
    level: Level
    title: str
    source: str
    span: Span
    label: str = ""
    secondary: tuple[Label, ...] = ()
    help: str | None = None
    hint: str | None = None
    note: str | None = None
    fixes: tuple[Fix, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether it keeps the spec from being compiled."""
        return self.level == "error"

    @property
    def order(self) -> tuple[str, int, str, int, str]:
        """The key that diagnostics are sorted by: source, start, code; then end and title, for ties."""
        return (self.source, self.span.start, self.code, self.span.end, self.title)

    def __lt__(self, other: Diagnostic) -> bool:
        return self.order < other.order


def diagnose(
    code: str,
    span: Span,
    /,
    *,
    source: str = "",
    label: str = "",
    secondary: Iterable[Label] = (),
    help: str | None = None,
    hint: str | None = None,
    note: str | None = None,
    fixes: Iterable[Fix] = (),
    **parts: object,
) -> Diagnostic:
    """The diagnostic `code` at `span`; `parts` are the named parts of its title, no more and no fewer. Without help,
    hint and fix it gets the help that stands in the registry.

    An undeclared code raises KeyError, wrong parts TypeError: both are bugs of the compiler.
    """
    said, fixes = title(code, parts), tuple(fixes)
    if help is None and hint is None and not fixes:
        help = standing_help(code, parts)
    return Diagnostic(
        code=code,
        level=lookup(code).level,
        title=said,
        source=source,
        span=span,
        label=label,
        secondary=tuple(secondary),
        help=help,
        hint=hint,
        note=note,
        fixes=fixes,
    )


def diagnose_unread(error: SourceError) -> Diagnostic:
    """The diagnostic of a file that could not be read."""
    return Diagnostic(
        code=error.code,
        level=lookup(error.code).level,
        title=title(error.code, error.parts),
        source=error.path,
        span=Span.at(0),
    )
