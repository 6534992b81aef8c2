"""The declarations of a text as an outline, and what of it folds. Both work on a text that does not parse."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from awmc.lsp.snapshot import Piece, Snapshot
from awmc.source import Span
from awmc.syntax import ast
from awmc.syntax.cut import CLOSERS


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind`: of the symbol; `name_at`: where its name stands, within `span`."""

    name: str
    kind: str
    detail: str
    span: Span
    name_at: Span
    children: tuple[Entry, ...] = ()


def outline(snapshot: Snapshot) -> list[Entry]:
    """An entry for each declaration, in the order of the text."""
    return [_entry(snapshot, piece) for piece in snapshot.pieces]


def _entry(snapshot: Snapshot, piece: Piece) -> Entry:
    head, name, _ = piece.key
    name_at = piece.span
    children: tuple[Entry, ...] = ()
    detail = head
    match piece.item:
        case None:
            start = snapshot.text.find(name, piece.span.start, piece.span.end) if name else piece.span.start
            name_at = Span(start, start + len(name))
        case ast.Seed() | ast.Generate():
            name_at = piece.item.entity.span
            name = f"seed {piece.item.entity.text}"
            if isinstance(piece.item, ast.Seed):
                children = tuple(_leaf(row.label, "label", row.span) for row in piece.item.rows if row.label)
            else:
                detail = f"* {piece.item.count.value}"
        case ast.Tools():
            name_at = piece.item.entity.span
            name = f"tools {name}"
            children = tuple(_leaf(item.alias or item.kind, "tool", item.span) for item in piece.item.items)
        case ast.Tool() | ast.Fn():
            name_at = piece.item.name.span
            children = tuple(_leaf(param.name, "param", param.span) for param in piece.item.params)
        case ast.Entity() | ast.Record():
            name_at = piece.item.name.span
            kind = "field" if isinstance(piece.item, ast.Entity) else "part"
            children = tuple(_leaf(field.name, kind, field.span) for field in piece.item.fields)
        case ast.Enum():
            name_at = piece.item.name.span
            children = tuple(_leaf(value.name, "value", value.span) for value in piece.item.values)
        case _:
            name_at = piece.item.name.span
    return Entry(name or head, head, detail, piece.span, name_at, children)


def _leaf(name: ast.Name, kind: str, span: Span) -> Entry:
    return Entry(name.text, kind, "", span, name.span)


def folds(snapshot: Snapshot) -> Iterator[tuple[Span, bool]]:
    """What folds, from the line of its beginning to that of its end; whether it is a run of comments."""
    stack: list[tuple[str, int]] = []
    for token in snapshot.tokens:
        if token.kind == "STRING":
            continue
        if token.text in CLOSERS:
            stack.append((CLOSERS[token.text], token.start))
        elif any(close == token.text for close, _ in stack):
            while stack:
                close, start = stack.pop()
                if close == token.text:
                    yield Span(start, token.start), False
                    break
    run: list[Span] = []
    for comment in comments(snapshot):
        line_start = snapshot.text.rfind("\n", 0, comment.start) + 1
        alone = not snapshot.text[line_start : comment.start].strip()
        follows = (
            bool(run)
            and not snapshot.text[run[-1].end : comment.start].strip()
            and (snapshot.text.count("\n", run[-1].end, comment.start) == 1)
        )
        if run and not (alone and follows):
            yield Span(run[0].start, run[-1].end), True
            run = []
        if alone:
            run.append(comment)
    if run:
        yield Span(run[0].start, run[-1].end), True


def comments(snapshot: Snapshot) -> Iterator[Span]:
    """The comments of the text."""
    text, tokens = snapshot.text, snapshot.tokens
    start = text.find("#")
    while start >= 0:
        before = bisect_right(tokens, start, key=lambda token: token.start) - 1
        if before >= 0 and start < tokens[before].end:
            start = text.find("#", tokens[before].end)
            continue
        end = text.find("\n", start)
        end = end if end >= 0 else len(text)
        yield Span(start, end)
        start = text.find("#", end)
