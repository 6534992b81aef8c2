"""A broken text cut into its declarations, and which brackets of one belong together."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from awmc.diagnostics import nearest, translate
from awmc.source import Source
from awmc.syntax.tokens import Token

HEADS = (
    "env",
    "enum",
    "record",
    "entity",
    "shape",
    "fn",
    "tools",
    "tool",
    "action",
    "invariant",
    "seed",
    "task",
)

CLOSERS = {"(": ")", "[": "]", "{": "}"}
OPENERS = {close: opened for opened, close in CLOSERS.items()}
_NAMES = ("NAME", "TYPE")


class Layout:
    """Lines of a source: which token begins one, and how far it is indented."""

    def __init__(self, source: Source) -> None:
        self._text = source.text
        self._starts = [0]
        at = self._text.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = self._text.find("\n", at + 1)

    def line(self, place: int) -> int:
        """The number of the line of a place, from 0."""
        return bisect_right(self._starts, place) - 1

    def begins_line(self, token: Token) -> bool:
        """Whether only white space stands before it on its line."""
        at = token.start - 1
        while at >= 0 and self._text[at] in " \t\r":
            at -= 1
        return at < 0 or self._text[at] == "\n"

    def indent(self, place: int) -> int:
        """How many blanks the line of a place begins with; a tab counts as one."""
        start = self._starts[self.line(place)]
        piece = self._text[start : start + 400]
        return len(piece) - len(piece.lstrip(" \t"))


def cut(tokens: list[Token], layout: Layout) -> list[list[Token]]:
    """The tokens of each declaration. One begins at its keyword where no bracket is open, and in the first column even
    where one is: then its closing half is missing.
    """
    found: list[list[Token]] = []
    open_brackets: list[str] = []
    current: list[Token] = []
    for at, token in enumerate(tokens[:-1]):
        if current and _begins(tokens, at, layout, bool(open_brackets), current[-1]):
            found.append(current)
            current, open_brackets = [], []
        current.append(token)
        if token.text in CLOSERS and token.kind != "STRING":
            open_brackets.append(token.text)
        elif token.text in OPENERS and token.kind != "STRING" and open_brackets:
            opened = OPENERS[token.text]
            if opened in open_brackets:
                while open_brackets.pop() != opened:
                    pass
            elif open_brackets[-1] != "{":
                open_brackets.pop()
    if current:
        found.append(current)
    return found


def _begins(tokens: list[Token], at: int, layout: Layout, inside: bool, before: Token) -> bool:
    token, after = tokens[at], tokens[at + 1]
    if token.kind not in _NAMES or not (layout.begins_line(token) or before.text == "}"):
        return False
    first_column = layout.begins_line(token) and layout.indent(token.start) == 0
    if inside:
        return first_column and token.text in HEADS and after.kind in _NAMES
    if token.text in HEADS:
        if first_column:
            return after.text not in (":", ",", ".")
        return after.kind in (*_NAMES, "STRING", "$END") or after.text == "{" or layout.begins_line(after)
    if not first_column or (after.kind not in (*_NAMES, "STRING") and after.text not in ("{", "(")):
        return False
    return before.text == "}" or stands_for(token) is not None


def stands_for(token: Token) -> str | None:
    """The keyword of a declaration that a first word most likely stands for."""
    return translate(token.text, "declaration") or (
        nearest(token.text, HEADS) if len(token.text) > 3 else None
    )


@dataclass(slots=True)
class Brackets:
    """The brackets of a declaration, by their places among its tokens: `pairs` from opening to closing one, those
    without another half, and pairs of two kinds.
    """

    pairs: dict[int, int] = field(default_factory=dict)
    unclosed: set[int] = field(default_factory=set)
    unopened: set[int] = field(default_factory=set)
    mismatched: dict[int, int] = field(default_factory=dict)
    indents: dict[int, int] = field(default_factory=dict)
    """How far the line is indented with which the construct of an opening bracket begins."""


def match_brackets(tokens: list[Token], layout: Layout) -> Brackets:
    """Pairs the brackets. A `}` that begins its line closes the `{` whose line is indented like it, if there is one."""
    found = Brackets()
    stack: list[int] = []

    def close(place: int, at: int) -> None:
        found.unclosed.update(stack[place + 1 :])
        found.pairs[stack[place]] = at
        del stack[place:]

    for at, token in enumerate(tokens):
        if token.kind == "STRING":
            continue
        if token.text in CLOSERS:
            found.indents[at] = layout.indent(token.start if stack else tokens[0].start)
            stack.append(at)
        elif token.text in OPENERS:
            opened = OPENERS[token.text]
            places = [place for place, other in enumerate(stack) if tokens[other].text == opened]
            if token.text == "}" and places and layout.begins_line(token):
                indent = layout.indent(token.start)
                if found.indents[stack[places[-1]]] != indent:
                    places = [place for place in places if found.indents[stack[place]] == indent] or places
            if places:
                close(places[-1], at)
            elif stack and _mismatch(tokens, stack[-1], at, layout):
                found.mismatched[stack[-1]] = at
                close(len(stack) - 1, at)
            else:
                found.unopened.add(at)
    found.unclosed.update(stack)
    return found


def _mismatch(tokens: list[Token], opened: int, at: int, layout: Layout) -> bool:
    """Whether a bracket is closed by another kind, and not by its own kind farther on the line."""
    first, close = tokens[opened], tokens[at]
    line = layout.line(close.start)
    if first.text == "{" and layout.begins_line(close) and tokens[at + 1 : at + 2]:
        # Alone on a line, and as far from its beginning as what the `{` belongs to.
        alone = layout.line(tokens[at + 1].start) > line
        return alone and layout.indent(close.start) == layout.indent(first.start)
    if first.text == "{" and layout.begins_line(close):
        return layout.indent(close.start) == layout.indent(first.start)
    if "{" in (first.text, *OPENERS[close.text]) and layout.line(first.start) != line:
        return False
    depth = 0
    for place in range(at + 1, len(tokens)):
        token = tokens[place]
        if layout.line(token.start) != line or depth < 0:
            break
        if token.kind == "STRING":
            continue
        if depth == 0 and token.text == CLOSERS[first.text]:
            return False
        depth += (token.text in CLOSERS) - (token.text in OPENERS)
    return True


def where_missing(tokens: list[Token], opened: int, indent: int, layout: Layout) -> int:
    """The place among the tokens where the `}` of an unclosed `{` is missing: before the first line that is indented no
    more than its construct, or at the end.
    """
    first_line = layout.line(tokens[opened].start)
    for at in range(opened + 1, len(tokens)):
        token = tokens[at]
        if (
            layout.line(token.start) > first_line
            and layout.begins_line(token)
            and layout.indent(token.start) <= indent
        ):
            return at
    return len(tokens)
