"""What each word of a text is, for its colour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from awmc.lsp.outline import comments
from awmc.lsp.snapshot import Snapshot
from awmc.semantics.symbols import Kind, Use
from awmc.source import Span
from awmc.syntax.tokens import Token

TYPES: Final = (
    "namespace", "type", "class", "enum", "struct", "parameter", "variable", "property", "enumMember", "event",
    "function", "method", "decorator", "keyword", "comment", "string", "number",
)  # fmt: skip
MODIFIERS: Final = ("declaration", "modification", "defaultLibrary", "readonly")

_OF: Final[dict[Kind, str]] = {
    "env": "namespace", "enum": "enum", "value": "enumMember", "record": "struct", "part": "property",
    "entity": "class", "field": "property", "scope": "decorator", "shape": "struct", "member": "property",
    "fn": "function", "tool": "method", "action": "method", "param": "parameter", "local": "variable",
    "invariant": "event", "task": "event", "label": "variable", "code": "enumMember", "function": "function",
    "constant": "variable", "type": "type", "attribute": "decorator", "item": "method",
}  # fmt: skip
_TOKENS: Final = {"STRING": "string", "INT": "number", "DURATION": "number", "MOMENT": "number"}

Coloured = tuple[Span, str, tuple[str, ...]]


def colours(snapshot: Snapshot) -> list[Coloured]:
    """Spans that do not overlap, in order, each with its type and modifiers."""
    uses = {span.start: (use, span) for use, span in _shown(snapshot)}
    starts = sorted(uses)
    found: list[Coloured] = [(span, "comment", ()) for span in comments(snapshot)]
    at = 0
    before: Token | None = None
    for place, token in enumerate(snapshot.tokens):
        while at < len(starts) and starts[at] < token.start:
            at += 1
        behind = snapshot.tokens[place + 1] if place + 1 < len(snapshot.tokens) else None
        if token.kind == "STRING":
            inside = []
            while at < len(starts) and starts[at] < token.end:
                inside.append(uses[starts[at]])
                at += 1
            found += _text(token, inside)
        elif token.start in uses and uses[token.start][1].end <= token.end:
            found.append(_coloured(*uses[token.start]))
        elif token.kind in _TOKENS:
            found.append((token.span, _TOKENS[token.kind], ()))
        elif token.word:
            found.append((token.span, "property" if _is_name(token, before, behind) else "keyword", ()))
        elif token.kind == "TYPE":
            found.append((token.span, "class", ()))
        before = token
    return sorted(found, key=lambda coloured: coloured[0].start)


def _shown(snapshot: Snapshot) -> Iterator[tuple[Use, Span]]:
    for use in snapshot.uses.all:
        span = snapshot.whole.shown(use.span)
        if span is not None:
            yield use, span


def _coloured(use: Use, span: Span) -> Coloured:
    symbol = use.symbol
    modifiers = []
    if use.role == "declared":
        modifiers.append("declaration")
    elif use.role == "written":
        modifiers.append("modification")
    if symbol.span is None:
        modifiers.append("defaultLibrary")
    if symbol.kind in ("value", "constant", "label"):
        modifiers.append("readonly")
    return span, _OF[symbol.kind], tuple(modifiers)


def _text(token: Token, inside: list[tuple[Use, Span]]) -> Iterator[Coloured]:
    """A text and the names that are filled into it."""
    at = token.start
    for use, span in inside:
        if span.start > at:
            yield Span(at, span.start), "string", ()
        yield _coloured(use, span)
        at = span.end
    if at < token.end:
        yield Span(at, token.end), "string", ()


def _is_name(token: Token, before: Token | None, behind: Token | None) -> bool:
    """Whether a word that is also a keyword is a name where it stands."""
    return (before is not None and before.text in (".", "@")) or (behind is not None and behind.text == ":")
