"""All that is known of one text of a spec, made of the text and of what was known of the one before.

Names are looked up in the *whole* text: the present one, in which each declaration that does not parse at this moment
is put back as it last did. Places in it are told from places in the present text by `Whole`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from awmc.diagnostics import Diagnostic
from awmc.semantics.check import analyse
from awmc.semantics.meanings import Seen
from awmc.semantics.model import Model
from awmc.semantics.symbols import Symbol, Use, Uses
from awmc.semantics.uses import find_uses
from awmc.source import Source, Span
from awmc.syntax import ast
from awmc.syntax.cut import Layout, cut
from awmc.syntax.parse import parse
from awmc.syntax.tokens import Token, tokenize

LONGEST = 1_000_000
"""Characters; of a longer text nothing is known at once, it is only checked in the background."""

Key = tuple[str, str, int]
"""The keyword of a declaration, its name, and how many of the same stand before it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A declaration in the present text; `item` is None where it does not parse."""

    key: Key
    span: Span
    item: ast.Declaration | None


@dataclass(frozen=True, slots=True)
class _Segment:
    """A stretch of the whole text (`inner`) and the one of the present text (`shown`) that it stands for. They are
    alike in their first `ahead` and in their last `behind` characters.
    """

    inner: Span
    shown: Span
    ahead: int
    behind: int


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole text, and where its places are in the present one."""

    source: Source
    segments: tuple[_Segment, ...]

    def shown(self, span: Span) -> Span | None:
        """The place in the present text of a span; None for what stands there no longer."""
        if len(self.segments) == 1:
            return span
        at = bisect_right(self.segments, span.start, key=lambda segment: segment.inner.start) - 1
        segment = self.segments[max(at, 0)]
        from_start, to_end = span.end - segment.inner.start, segment.inner.end - span.start
        if from_start <= segment.ahead:
            by = segment.shown.start - segment.inner.start
        elif to_end <= segment.behind:
            by = segment.shown.end - segment.inner.end
        else:
            return None
        return Span(span.start + by, span.end + by)

    def inner(self, span: Span) -> Span | None:
        """The place in the whole text of a span of the present one; None for what is new."""
        at = bisect_right(self.segments, span.start, key=lambda segment: segment.shown.start) - 1
        segment = self.segments[max(at, 0)]
        if span.end - segment.shown.start <= segment.ahead:
            by = segment.inner.start - segment.shown.start
        elif segment.shown.end - span.start <= segment.behind:
            by = segment.inner.end - segment.shown.end
        else:
            return None
        return Span(span.start + by, span.end + by)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """`problems`: what is wrong with the syntax, or, where nothing is, with names and types. `is_sound`: whether the
    text parses. `good`: the text of each declaration as it last parsed.
    """

    source: Source
    spec: ast.Spec
    syntax: tuple[Diagnostic, ...]
    pieces: tuple[Piece, ...]
    good: Mapping[Key, str] = field(repr=False)

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def is_sound(self) -> bool:
        return not self.syntax

    @cached_property
    def problems(self) -> tuple[Diagnostic, ...]:
        return self.syntax or tuple(self.model.problems)

    @cached_property
    def tokens(self) -> list[Token]:
        """The tokens of the present text, the end left out."""
        return tokenize(self.text)[:-1]

    @cached_property
    def whole(self) -> Whole:
        """The whole text."""
        if self.is_sound:
            everything = Span(0, len(self.text))
            return Whole(self.source, (_Segment(everything, everything, len(self.text), len(self.text)),))
        return compose(self, {})

    @cached_property
    def _analysed(self) -> tuple[Model, Seen]:
        spec = self.spec if self.is_sound else parse(self.whole.source)[0]
        seen = Seen()
        return analyse(spec, self.whole.source, seen.observe), seen

    @property
    def model(self) -> Model:
        """The Model of the whole text."""
        return self._analysed[0]

    @property
    def seen(self) -> Seen:
        """The typed form of each expression of the whole text."""
        return self._analysed[1]

    @cached_property
    def uses(self) -> Uses:
        """The uses of all names of the whole text."""
        return find_uses(self.model, self.seen)

    def at(self, offset: int) -> Iterator[tuple[Use, Span]]:
        """What the name at a place of the present text stands for, and where the name stands there. Of a name in what
        does not parse: what the declaration, or else the spec, last knew under it.
        """
        inner = self.whole.inner(Span.at(offset))
        found = self.uses.at(inner.start) if inner is not None else []
        places = [(use, self.whole.shown(use.span)) for use in found]
        exact = [(use, place) for use, place in places if place is not None]
        if exact or self.is_sound:
            yield from exact
            return
        token = next(
            (t for t in self.tokens if t.start <= offset <= t.end and t.kind in ("NAME", "TYPE")), None
        )
        if token is not None:
            use = self._remembered(token)
            if use is not None:
                yield use, token.span

    def _remembered(self, token: Token) -> Use | None:
        """A use of a name like this, in the same declaration as it last parsed or anywhere."""
        segment = next((s for s in self.whole.segments if s.shown.start <= token.start < s.shown.end), None)
        alike = [use for use in self.uses.all if use.symbol.name == token.text]
        if segment is not None:
            near = [u for u in alike if segment.inner.start <= u.span.start < segment.inner.end]
            alike = near or alike
        symbols = {use.symbol for use in alike}
        return (
            alike[0] if len(symbols) == 1 or (alike and alike[0].symbol.kind in ("local", "param")) else None
        )

    def places(self, symbol: Symbol) -> list[tuple[Use, Span]]:
        """The uses of a symbol in the present text."""
        found = [(use, self.whole.shown(use.span)) for use in self.uses.named(symbol)]
        return [(use, span) for use, span in found if span is not None]

    def declared(self, symbol: Symbol) -> Span | None:
        """Where a symbol is declared in the present text; an `id` that the world gives is declared with its entity."""
        span = symbol.span
        if span is None and symbol.kind == "field" and symbol.owner in self.model.entities:
            span = self.model.entities[symbol.owner].span
        return self.whole.shown(span) if span is not None else None

    def piece_at(self, offset: int) -> Piece | None:
        """The declaration that a place is in, or behind which it is the first."""
        at = bisect_right(self.pieces, offset, key=lambda piece: piece.span.start) - 1
        return self.pieces[at] if at >= 0 else None


def take(source: Source, before: Snapshot | None = None) -> Snapshot:
    """The snapshot of a text. `before`: that of the text it was made from."""
    if len(source.text) > LONGEST:
        return Snapshot(source, ast.Spec(Span.at(0), ()), (), (), {})
    spec, problems = parse(source)
    pieces = _pieces_of(spec) if not problems else _cut(spec, source)
    good = {
        piece.key: source.text[piece.span.start : piece.span.end]
        for piece in pieces
        if piece.item is not None
    }
    if before is not None and problems:
        good = {**_kept(before, pieces), **good}
    return Snapshot(source, spec, problems, pieces, good)


def compose(snapshot: Snapshot, instead: Mapping[Key, str]) -> Whole:
    """The whole text of a snapshot; `instead`: other texts for some declarations."""
    parts: list[str] = []
    segments: list[_Segment] = []
    length = 0

    def add(shown: Span, inner: str) -> None:
        nonlocal length
        text = snapshot.text[shown.start : shown.end]
        ahead = behind = len(text)
        if text != inner:
            ahead = _alike(text, inner)
            behind = _alike(text[::-1], inner[::-1])
        segments.append(_Segment(Span(length, length + len(inner)), shown, ahead, behind))
        parts.append(inner)
        length += len(inner)

    at = 0
    for piece in snapshot.pieces:
        present = snapshot.text[piece.span.start : piece.span.end]
        add(Span(at, piece.span.start), snapshot.text[at : piece.span.start])
        known = present if piece.item is not None else snapshot.good.get(piece.key, "")
        add(piece.span, instead.get(piece.key, known))
        at = piece.span.end
    add(Span(at, len(snapshot.text)), snapshot.text[at:])
    return Whole(Source(snapshot.source.name, "".join(parts)), tuple(segments))


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _pieces_of(spec: ast.Spec) -> tuple[Piece, ...]:
    keys = _Keys()
    return tuple(Piece(keys.next(*_head_of(item)), item.span, item) for item in spec.items)


def _head_of(item: ast.Declaration) -> tuple[str, str]:
    """The keyword and the name of a declaration."""
    match item:
        case ast.Tools():
            return (
                "tools",
                f"{item.scope.text} {item.entity.text}" if item.scope is not None else item.entity.text,
            )
        case ast.Seed() | ast.Generate():
            return "seed", item.entity.text
        case ast.Tool():
            return "action" if item.hidden else "tool", item.name.text
        case _:
            return type(item).__name__.lower(), item.name.text


def _cut(spec: ast.Spec, source: Source) -> tuple[Piece, ...]:
    """The declarations of a text that does not parse."""
    items = {item.span.start: item for item in spec.items}
    keys = _Keys()
    found = []
    for tokens in cut(tokenize(source.text), Layout(source)):
        start = tokens[0].start
        names: list[str] = []
        for token in tokens[1:]:
            if token.kind not in ("NAME", "TYPE") or (names and tokens[0].text != "tools"):
                break
            names.append(token.text)
        key = keys.next(tokens[0].text, " ".join(names))
        found.append(Piece(key, Span(start, max(start, tokens[-1].end)), items.get(start)))
    return tuple(found)


class _Keys:
    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def next(self, head: str, name: str) -> Key:
        number = self._counts.get((head, name), 0)
        self._counts[head, name] = number + 1
        return head, name, number


def _kept(before: Snapshot, pieces: tuple[Piece, ...]) -> dict[Key, str]:
    """What was known of the declarations that are still there; one whose head changed is known by its place."""
    keys = {piece.key for piece in pieces}
    kept = {key: text for key, text in before.good.items() if key in keys}
    if len(before.pieces) == len(pieces):
        for old, new in zip(before.pieces, pieces, strict=True):
            if new.key not in kept and old.key not in keys and old.key in before.good:
                kept[new.key] = before.good[old.key]
    return kept
