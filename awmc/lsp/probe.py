"""A look at the place of the cursor through the checker's eyes: the spec with a name put there is analysed, and what
the checker knew when it came to that name is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from awmc.lsp.prefix import MARK, Prefix, read_filled, read_prefix
from awmc.lsp.snapshot import Piece, Snapshot, compose
from awmc.semantics import typed
from awmc.semantics.check import analyse
from awmc.semantics.meanings import Seen
from awmc.semantics.model import Model
from awmc.semantics.types import Type
from awmc.syntax import ast
from awmc.syntax.parse import parse
from awmc.syntax.tokens import WRONG, tokenize

_WORD = re.compile(r"[A-Za-z0-9_]*\Z")


@dataclass(frozen=True)
class Place:
    """What an expression may name where the cursor is: `rows` have a name, `row` is the innermost query's."""

    locals: dict[str, Type] = field(default_factory=dict)
    rows: tuple[typed.Binder, ...] = ()
    row: Type | None = None
    labels: bool = False
    clock: bool = False
    generators: bool = False
    wire: bool = False
    old: bool = False
    calls: bool = False
    has_self: bool = False
    expected: Type | None = None


@dataclass(frozen=True)
class Probe:
    """`start`: where the word under the cursor begins, `word`: what there is of it. `accepted`: the terminals that
    may stand there; `heads`: a declaration begins there. `path`: the nodes from the declaration down to the name in
    the cursor's place; `model` and `seen` are of the spec with that name in it.
    """

    start: int
    word: str
    accepted: frozenset[str] = frozenset()
    heads: bool = False
    path: tuple[ast.Node, ...] = ()
    model: Model | None = None
    seen: Seen = field(default_factory=Seen)
    place: Place | None = None


def probe(snapshot: Snapshot, offset: int) -> Probe | None:
    """What is known of the cursor's place; None inside a comment, a text or a number."""
    word = _WORD.search(snapshot.text, 0, offset)
    assert word is not None
    start = word.start()
    if word.group()[:1].isdigit():
        return None
    piece = _piece(snapshot, start)
    line = snapshot.text[snapshot.text.rfind("\n", 0, start) + 1 : start]
    quote = _open_quote(line)
    if quote is None and "#" in _without_texts(line):
        return None
    if piece is None or start <= piece.span.start:
        return None if quote is not None else Probe(start, word.group(), heads=True)
    before = snapshot.text[piece.span.start : start]
    if quote is not None:
        found = read_filled(before, len(before) - len(line) + quote)
        if found is None:
            return None
    else:
        found = read_prefix(before)
    if found is None:
        return Probe(start, word.group())
    return _looked(snapshot, piece, found, Probe(start, word.group(), found.accepted))


def _piece(snapshot: Snapshot, start: int) -> Piece | None:
    """The declaration that a place is in. Behind the end of a sound one there is none."""
    piece = snapshot.piece_at(max(start - 1, 0))
    if piece is None:
        return None
    if (
        piece.item is not None
        and start >= piece.span.end
        and snapshot.text[piece.span.end - 1 : piece.span.end] == "}"
    ):
        return None
    between = snapshot.text[piece.span.end : start] if start > piece.span.end else ""
    if "\n" in between and not snapshot.text[start - 1 : start].isspace():
        return None
    first_column = start == 0 or snapshot.text[start - 1] == "\n"
    return None if first_column and _is_between(snapshot, piece, start) else piece


def _is_between(snapshot: Snapshot, piece: Piece, start: int) -> bool:
    """Whether all brackets of a declaration are closed before a place."""
    tokens = tokenize(snapshot.text[piece.span.start : start])
    return sum((t.text in "([{") - (t.text in ")]}") for t in tokens if t.kind not in ("STRING", "$END")) <= 0


def _open_quote(line: str) -> int | None:
    """Where on its line the text begins that is not closed there."""
    for token in tokenize(line):
        if token.kind == WRONG and token.text == '"':
            return token.start
    return None


def _without_texts(line: str) -> str:
    return re.sub(r'"([^"\\]|\\.)*"', '""', line)


def _looked(snapshot: Snapshot, piece: Piece, prefix: Prefix, probe_: Probe) -> Probe:
    if prefix.text is None:
        return replace(probe_, model=snapshot.model, seen=snapshot.seen)
    found = _analysed(snapshot, piece, prefix.text, probe_)
    if found.place is None and prefix.open and prefix.open[-1].text == "(":
        # The checker does not look into a call that lacks an argument.
        again = _analysed(snapshot, piece, prefix.text.replace(MARK, f"{MARK}, x", 1), probe_)
        return again if again.place is not None else found
    return found


def _analysed(snapshot: Snapshot, piece: Piece, text: str, probe_: Probe) -> Probe:
    head = piece.key[0]
    instead = {p.key: "" for p in snapshot.pieces if not _concerns(p.key[0], head)}
    instead[piece.key] = text
    source = compose(snapshot, instead).source
    spec, _ = parse(source)
    seen = Seen()
    places: list[Place] = []

    def observe(cx: Any, node: ast.Expr, expected: Type | None, found: typed.Expr) -> None:
        seen.observe(cx, node, expected, found)
        if _is_mark(node):
            places.append(_place(cx, expected))

    model = analyse(spec, source, observe)
    path = next((found for item in spec.items if (found := _path(item))), ())
    return replace(probe_, path=path, model=model, seen=seen, place=places[-1] if places else None)


def _concerns(other: str, head: str) -> bool:
    """Whether declarations of a kind bring names into those of another: labels are of tasks and seeds, and tools are
    only called by tools and tasks.
    """
    match other:
        case "task" | "invariant":
            return False
        case "seed":
            return head in ("task", "seed", "env")
        case "tool" | "action" | "tools":
            return head in ("task", "tool", "action", "tools")
    return True


def _is_mark(node: Any) -> bool:
    match node:
        case ast.Ref(name=name):
            return bool(name == MARK)
        case ast.Column(field=field) | ast.Attr(field=field):
            return bool(field.text == MARK)
        case ast.Call(name=name):
            return bool(name.text == MARK)
    return False


def _place(cx: Any, expected: Type | None) -> Place:
    return Place(
        dict(cx.locals),
        tuple(binder for frame in cx.frames for binder in frame if binder.name),
        cx.frames[-1][0].type if cx.frames else cx.self_binder.type if cx.self_binder else None,
        cx.labels,
        cx.clock,
        cx.generators,
        cx.wire,
        cx.old,
        not cx.calls,
        cx.self_binder is not None,
        expected,
    )


def _path(node: Any) -> tuple[ast.Node, ...]:
    """The nodes down to the name in the cursor's place."""
    stack: list[tuple[Any, tuple[ast.Node, ...]]] = [(node, ())]
    while stack:
        current, above = stack.pop()
        if isinstance(current, tuple):
            stack.extend((child, above) for child in current)
        elif isinstance(current, ast.Node):
            here = (*above, current)
            if isinstance(current, (ast.Name, ast.Ref)) and MARK in (
                current.text if isinstance(current, ast.Name) else current.name
            ):
                return here
            stack.extend((child, here) for child in _children(current))
    return ()


def _children(node: ast.Node) -> Iterator[Any]:
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if isinstance(value, (ast.Node, tuple)):
            yield value
