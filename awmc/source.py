"""The text of a spec and places in it."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from os import PathLike, fspath
from pathlib import Path

from msgspec import Struct

MAX_BYTES = 4 * 1024 * 1024


class Span(Struct, frozen=True, order=True, gc=False):
    """The characters `start` to `end`, end excluded, counted in code points from the beginning of the
    text.
    """

    start: int
    end: int

    @staticmethod
    def at(pos: int) -> Span:
        """The empty span before the character `pos`."""
        return Span(pos, pos)

    def to(self, other: Span) -> Span:
        """The span from the first to the last character of both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


class Source(Struct, frozen=True):
    """A spec as it was read: its name as it was given on the command line, and its text with `\\n` as line
    end.

    Lines and columns count from 1; an offset outside the text means its nearer end.
    """

    name: str
    text: str

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    @property
    def line_count(self) -> int:
        """How many lines there are; the empty one after a last line end counts too."""
        return len(_line_starts(self.text))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at `offset`."""
        offset = max(0, min(offset, len(self.text)))
        starts = _line_starts(self.text)
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line_span(self, line: int) -> Span:
        """The span of a line, its line end left out."""
        starts = _line_starts(self.text)
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        return Span(starts[line - 1], end)

    def line_text(self, line: int) -> str:
        """The text of a line without its line end."""
        span = self.line_span(line)
        return self.text[span.start : span.end]


@lru_cache(maxsize=16)
def _line_starts(text: str) -> list[int]:
    starts, at = [0], text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


class SourceError(Exception):
    """A file that cannot be read as a spec.

    `code` is its diagnostic, `parts` are the named parts of that one's title, `path` is as it was given;
    `awmc.diagnostics.diagnose_unread` puts them into words.
    """

    def __init__(self, code: str, path: str, **parts: object) -> None:
        self.code = code
        self.path = path
        self.parts: dict[str, object] = {"path": path, **parts}
        super().__init__(f"{code} {self.parts}")


def read_source(path: str | PathLike[str]) -> Source:
    """Read a spec: UTF-8, with or without a byte order mark, with `\\n` or `\\r\\n` as line end, at most 4
    MiB.

    Raises SourceError where the file is missing, no file, unreadable, too large or not text.
    """
    name = fspath(path)
    try:
        with Path(name).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SourceError("AWM701", name) from None
    except IsADirectoryError:
        raise SourceError("AWM702", name) from None
    except OSError as error:
        raise SourceError("AWM703", name, reason=_reason(error)) from None
    except ValueError:  # a NUL in the path
        raise SourceError("AWM701", name) from None
    if len(data) > MAX_BYTES:
        raise SourceError("AWM706", name, limit=f"{MAX_BYTES // 1024 // 1024} MiB")
    return Source(name, decode(data, name))


def decode(data: bytes, name: str) -> str:
    """The text of a spec of these bytes; SourceError where they are no text."""
    nul = data.find(0)
    if nul >= 0:
        raise SourceError("AWM705", name, offset=nul)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError("AWM704", name, offset=error.start) from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
