"""Text with choices of where its lines break, and the choosing.

A document is made of texts, possible breaks, groups that stand on one line or else break at all their breaks, and
fills that break only where a line is full. After Wadler's "A prettier printer" (2003), with the fills and the line
suffixes of Prettier's document commands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

WIDTH = 110
STEP = 2

_CLOSERS = frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a line may end: `flat` stands there if it does not. `hard`: it always does; `blank`: and an empty
    line follows; `hugs`: it never does where the line holds closing brackets and nothing else.
    """

    flat: str = " "
    hard: bool = False
    blank: bool = False
    hugs: bool = False


@dataclass(frozen=True, slots=True)
class Suffix:
    """A comment that goes to the end of the line, whatever else there will be on it."""

    text: str


@dataclass(frozen=True, slots=True)
class Either:
    """One text where the group around is on one line, another where it is broken."""

    flat: str
    broken: str


@dataclass(frozen=True, slots=True)
class Indented:
    doc: Doc
    by: int


@dataclass(frozen=True, slots=True)
class Group:
    doc: Doc


@dataclass(frozen=True, slots=True)
class Fill:
    """Pieces with a break between any two of them."""

    pieces: tuple[Doc, ...]
    flat: str = " "


@dataclass(frozen=True, slots=True)
class Lead:
    """A document behind a blank, or moved right at the beginning of the next line if it fits there and not here.
    `hugs`: one that fits nowhere stays, and breaks inside its brackets.
    """

    doc: Doc
    hugs: bool = False
    by: int = STEP


Doc = str | Break | Suffix | Either | Indented | Group | Fill | Lead | tuple["Doc", ...]

LINE = Break()
HUG = Break(hugs=True)
SOFT = Break("")
HARD = Break(hard=True)
BLANK = Break(hard=True, blank=True)


def indented(*docs: Doc, by: int = STEP) -> Doc:
    """The documents, their lines moved right."""
    return Indented(docs, by)


def group(*docs: Doc) -> Doc:
    """The documents on one line, or broken at each of their breaks."""
    return Group(docs)


def joined(separator: Doc, docs: Iterable[Doc]) -> Doc:
    """The documents with a separator between any two."""
    parts: list[Doc] = []
    for doc in docs:
        if parts:
            parts.append(separator)
        parts.append(doc)
    return tuple(parts)


def must_break(doc: Doc) -> bool:
    """Whether a document cannot stand on one line."""
    stack = [doc]
    while stack:
        part = stack.pop()
        match part:
            case Suffix():
                return True
            case Break():
                if part.hard:
                    return True
            case Group() | Indented() | Lead():
                stack.append(part.doc)
            case Fill():
                stack.extend(part.pieces)
            case tuple():
                stack.extend(part)
    return False


def flat(doc: Doc) -> str:
    """The text of a document on one line."""
    match doc:
        case str():
            return doc
        case tuple():
            return "".join(flat(part) for part in doc)
        case Fill():
            return doc.flat.join(flat(piece) for piece in doc.pieces)
        case Break() | Either():
            return doc.flat
        case Group() | Indented():
            return flat(doc.doc)
        case Lead():
            return f" {flat(doc.doc)}"
    return ""


def ended(doc: Doc, mark: str) -> Doc:
    """The document with a mark behind it, before the comments at its end."""
    return _ended(doc, mark) or (doc, mark)


def _ended(doc: Doc, mark: str) -> Doc | None:
    match doc:
        case str():
            return None if not doc or doc.startswith("#") else doc + mark
        case Group() | Indented() | Lead():
            inner = _ended(doc.doc, mark)
            return replace(doc, doc=inner) if inner is not None else None
        case Fill():
            pieces = _ended(doc.pieces, mark)
            return Fill(pieces, doc.flat) if isinstance(pieces, tuple) else None
        case tuple():
            for place in range(len(doc) - 1, -1, -1):
                inner = _ended(doc[place], mark)
                if inner is not None:
                    return (*doc[:place], inner, *doc[place + 1 :])
    return None


def render(doc: Doc) -> str:
    """The text of a document, its lines at most `WIDTH` characters long where that can be."""
    return _Renderer().run(doc)


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is left of a fill behind a piece of it."""

    pieces: tuple[Doc, ...]
    flat: str


_Command = tuple[int, bool, "Doc | _Rest"]
"""Indentation, whether breaks are taken, and what is to be written."""


class _Renderer:
    def __init__(self) -> None:
        self._out: list[str] = []
        self._column = 0
        self._indent = 0
        self._closing = False
        self._remark = False
        self._suffixes: list[str] = []
        self._forced: dict[int, bool] = {}

    def run(self, doc: Doc) -> str:
        stack: list[_Command] = [(0, True, doc)]
        while stack:
            indent, breaks, part = stack.pop()
            match part:
                case str():
                    self._write(part)
                case Suffix():
                    self._suffixes.append(part.text)
                case Either():
                    self._write(part.broken if breaks else part.flat)
                case Break():
                    hugged = part.hugs and self._closing and not self._suffixes
                    if part.hard or (breaks and not hugged):
                        self._end_line(indent, part.blank)
                    else:
                        self._write(part.flat)
                case Indented():
                    stack.append((indent + part.by, breaks, part.doc))
                case Lead():
                    stack.append(self._lead(indent, breaks, part, stack))
                case Group():
                    flat = not self._must_break(part) and self._fits((indent, False, part.doc), stack)
                    stack.append((indent, not flat, part.doc))
                case Fill():
                    if breaks:
                        stack.append((indent, True, _Rest(part.pieces[1:], part.flat)))
                        stack.append((indent, True, part.pieces[0]))
                    else:
                        stack.append((indent, False, joined(part.flat, part.pieces)))
                case _Rest():
                    if part.pieces:
                        self._next_piece(indent, part, stack)
                case tuple():
                    stack.extend((indent, breaks, inner) for inner in reversed(part))
        self._end_line(0, False)
        return "".join(self._out).strip("\n") + "\n"

    def _write(self, text: str) -> None:
        if not text:
            return
        if self._remark:
            # Nothing stands behind a comment.
            self._next_line(self._indent)
            text = text.lstrip()
        self._remark = text.startswith("#")
        if self._column < self._indent:
            self._out.append(" " * self._indent)
            self._column = self._indent
        self._closing = (self._closing or self._column == self._indent) and _CLOSERS.issuperset(text)
        self._out.append(text)
        self._column += len(text)

    def _end_line(self, indent: int, blank: bool) -> None:
        # A suffix on a line of its own is a comment in a place that nothing else stands in.
        for number, suffix in enumerate(self._suffixes):
            if number or self._remark:
                self._next_line(max(self._indent, indent))
            self._write(f"  {suffix}" if self._column else suffix)
            self._remark = False
        self._suffixes = []
        if blank:
            self._out.append("\n")
        self._next_line(indent)

    def _next_line(self, indent: int) -> None:
        self._out.append("\n")
        self._column = 0
        self._indent = indent
        self._closing = self._remark = False

    def _lead(self, indent: int, breaks: bool, part: Lead, rest: Sequence[_Command]) -> _Command:
        """What becomes of a lead, as a command."""
        here: Doc = (" ", part.doc)
        if not breaks:
            return (indent, False, here)
        forced = must_break(part.doc)
        if not self._suffixes and not forced and self._fits((indent, False, here), rest):
            return (indent, False, here)
        inner = indent + part.by
        if not part.hugs or (not forced and self._fits((inner, False, part.doc), rest, column=inner)):
            return (inner, True, (HARD, Group(part.doc)))
        return (indent, True, here)

    def _next_piece(self, indent: int, rest: _Rest, stack: list[_Command]) -> None:
        piece, left = rest.pieces[0], _Rest(rest.pieces[1:], rest.flat)
        stack.append((indent, True, left))
        flat = (
            not self._suffixes
            and not must_break(piece)
            and self._fits((indent, False, (rest.flat, piece)), stack)
        )
        if flat:
            stack.append((indent, False, (rest.flat, piece)))
        else:
            stack.append((indent, True, (HARD, piece)))

    def _must_break(self, part: Group) -> bool:
        key = id(part)
        if key not in self._forced:
            self._forced[key] = must_break(part)
        return self._forced[key]

    def _fits(self, command: _Command, rest: Sequence[_Command], *, column: int | None = None) -> bool:
        """Whether a document fits on the line, here or from a column on, with what follows it up to the next break that
        is taken.
        """
        left = WIDTH - (max(self._column, self._indent) if column is None else column)
        stack = [command]
        following = len(rest)
        while left >= 0:
            if not stack:
                if not following:
                    return True
                following -= 1
                stack.append(rest[following])
                continue
            indent, breaks, part = stack.pop()
            match part:
                case str():
                    left -= len(part)
                case Either():
                    left -= len(part.broken if breaks else part.flat)
                case Break():
                    if breaks or part.hard:
                        return True
                    left -= len(part.flat)
                case Indented():
                    stack.append((indent, breaks, part.doc))
                case Group():
                    # One that follows may break; one that is to be flat was looked into before.
                    stack.append((indent, breaks, part.doc))
                case Fill():
                    stack.append((indent, breaks, joined(Break(part.flat), part.pieces)))
                case Lead():
                    if breaks:
                        return True
                    stack.append((indent, False, (" ", part.doc)))
                case _Rest():
                    if part.pieces:
                        return True
                case tuple():
                    stack.extend((indent, breaks, inner) for inner in reversed(part))
        return False
