"""How wide a text is on a terminal, and what of it may be sent there."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, east_asian_width

_TAB = 4
_UNSHOWN = "\N{REPLACEMENT CHARACTER}"
_JOINERS = "\u200c\u200d"


@lru_cache(maxsize=4096)
def glyph(char: str) -> tuple[str, int]:
    """What stands for a character, and how many cells it takes: 0, 1 or 2.

    Controls show as their pictures; U+FFFD stands for what cannot be seen: foreign blanks, turns of the
    direction of writing, what is no character.
    """
    if " " <= char <= "~":
        return char, 1
    if char < " ":
        return chr(0x2400 + ord(char)), 1
    if char == "\x7f":
        return "\N{SYMBOL FOR DELETE}", 1
    if category(char) in ("Mn", "Me") or char in _JOINERS or "\u1160" <= char <= "\u11ff":
        return char, 0
    if not char.isprintable():
        return _UNSHOWN, 1
    return char, 2 if east_asian_width(char) in "WF" else 1


def layout(line: str) -> list[tuple[str, int]]:
    """A line as one pair of shown text and width for each of its characters; tabs go to every fourth cell."""
    at, shown = 0, []
    for char in line:
        text, cells = (" " * (_TAB - at % _TAB), _TAB - at % _TAB) if char == "\t" else glyph(char)
        shown.append((text, cells))
        at += cells
    return shown


def printable(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would obey."""
    return text if text.isascii() and text.isprintable() else "".join(shown for shown, _ in layout(text))


def cell_count(text: str) -> int:
    """How many cells a text takes on a terminal."""
    return len(text) if text.isascii() else sum(cells for _, cells in layout(text))
