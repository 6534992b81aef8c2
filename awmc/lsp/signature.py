"""The parameters of the call around the cursor."""

from __future__ import annotations

from dataclasses import dataclass

from awmc.lsp.snapshot import Snapshot
from awmc.lsp.words import describe, signature
from awmc.semantics.symbols import Symbol
from awmc.syntax.tokens import Token, tokenize

_OPENERS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Help:
    """`label`: the whole call; `params`: where each parameter stands in it, and its doc; `active`: the one at the
    cursor, None where there is none.
    """

    label: str
    doc: str
    params: tuple[tuple[tuple[int, int], str], ...]
    active: int | None


def signature_help(snapshot: Snapshot, offset: int) -> Help | None:
    """Help with the innermost call whose parentheses the cursor is in."""
    piece = snapshot.piece_at(offset)
    start = piece.span.start if piece is not None else 0
    tokens = tokenize(snapshot.text[start:offset])[:-1]
    found = _call(tokens)
    if found is None:
        return None
    name, arguments = found
    known = signature(snapshot.model, name)
    if known is None:
        return None
    result, params = known
    label, places = f"{name}(", []
    for place, (text, doc) in enumerate(params):
        label += ", " if place else ""
        places.append(((len(label), len(label) + len(text)), doc))
        label += text
    kind = "action" if name in snapshot.model.tools and snapshot.model.tools[name].hidden else "tool"
    symbol = Symbol(kind if name in snapshot.model.tools else "function", name)  # type: ignore[arg-type]
    doc = snapshot.model.tools[name].about if name in snapshot.model.tools else describe(snapshot, symbol)[1]
    return Help(f"{label}){result}", doc, tuple(places), _active(arguments, [text for text, _ in params]))


def _call(tokens: list[Token]) -> tuple[str, list[list[Token]]] | None:
    """The name that is called around the end of the tokens, and the tokens of each argument so far."""
    stack: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind == "STRING":
            continue
        if token.text in _OPENERS:
            stack.append(at)
        elif stack and token.text == _OPENERS[tokens[stack[-1]].text]:
            stack.pop()
    for opened in reversed(stack):
        before = tokens[opened - 1] if opened else None
        if tokens[opened].text == "(" and before is not None and before.kind == "NAME":
            if opened > 1 and tokens[opened - 2].text in ("tool", "action", "fn"):
                return None
            return before.text, _split(tokens[opened + 1 :])
        if tokens[opened].text == "{" and before is not None and before.text == ")":
            return None
    return None


def _split(tokens: list[Token]) -> list[list[Token]]:
    arguments: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in _OPENERS) - (token.text in _OPENERS.values()) if token.kind != "STRING" else 0
        if token.text == "," and not depth:
            arguments.append([])
        else:
            arguments[-1].append(token)
    return arguments


def _active(arguments: list[list[Token]], params: list[str]) -> int | None:
    """A named argument is its parameter; any other counts by place."""
    last = arguments[-1]
    names = [text.partition(":")[0] for text in params]
    if len(last) > 1 and last[1].text == ":" and last[0].text in names:
        return names.index(last[0].text)
    place = len(arguments) - 1
    if place < len(params):
        return place
    return len(params) - 1 if params and params[-1] == "…" else None
