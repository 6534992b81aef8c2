"""Text to tokens."""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct

from awmc.source import Span
from awmc.syntax.grammar import END, tables

WRONG = "$WRONG"
"""The kind of a character that begins no token."""


class Token(Struct, eq=False, gc=False):
    """A token: the name of its terminal, its text, and its place in characters, end excluded.

    `word` is the terminal that its text is a keyword for, "" if none. A word is a keyword only where the grammar
    expects it: the parser settles `kind`.
    """

    kind: str
    text: str
    start: int
    end: int
    word: str = ""

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Token({self.kind}, {self.text!r}, {self.start}, {self.end})"

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, white space and comments left out, and an END behind them. Where no token begins, a WRONG
    one of one character stands for it.
    """
    keywords, signs = tables().keywords, tables().signs
    found: list[Token] = []
    add = found.append
    for match in _pattern().finditer(text):
        kind = match.lastgroup
        if kind is None or kind == "LAST":
            break
        start, end = match.span(kind)
        piece = text[start:end]
        if kind == "NAME":
            add(Token(kind, piece, start, end, keywords.get(piece, "")))
        elif kind == "SIGN":
            add(Token(signs[piece], piece, start, end))
        else:
            add(Token(WRONG if kind == "OTHER" else kind, piece, start, end))
    add(Token(END, "", len(text), len(text)))
    return found


@cache
def _pattern() -> re.Pattern[str]:
    """One expression for all terminals; of two that begin alike, the longer one first."""
    patterns, signs = tables().patterns, tables().signs
    skipped = f"(?:{patterns['SPACE']}|{patterns['COMMENT']})*+"
    kinds = ("NAME", "TYPE", "STRING", "MOMENT", "DURATION", "INT")
    missing = patterns.keys() - {*kinds, "SPACE", "COMMENT"}
    if missing:
        raise ValueError(f"no place among the tokens is given to {sorted(missing)}")
    sign = "|".join(re.escape(text) for text in sorted(signs, key=len, reverse=True))
    tokens = [f"(?P<{kind}>{patterns[kind]})" for kind in kinds]
    tokens.insert(2, f"(?P<SIGN>{sign})")
    return re.compile(f"{skipped}(?:{'|'.join(tokens)}|(?P<LAST>\\Z)|(?P<OTHER>.))", re.DOTALL)
