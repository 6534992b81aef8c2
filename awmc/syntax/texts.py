"""String literals: their escapes, and where each character of them stands in the source."""

from __future__ import annotations

import json
import re

_PIECE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)
_UNFIT = re.compile(r"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


def unescape(literal: str) -> str:
    """The value of a string literal, which is one of JSON but for control characters, which may stand as they are."""
    if "\\" not in literal:
        return literal[1:-1]
    value: str = json.loads(literal, strict=False)
    return value


def escape(value: str) -> str:
    """The canonical string literal of a value."""
    return json.dumps(value, ensure_ascii=False)


def characters(literal: str, start: int) -> tuple[list[str], list[int]]:
    """The characters of a string literal at `start`, and the places in the source where they begin; one place more,
    that of the closing quote.
    """
    chars: list[str] = []
    places: list[int] = []
    for match in _PIECE.finditer(literal, 1, len(literal) - 1):
        piece = match.group()
        chars.append(piece if len(piece) == 1 else unescape(f'"{piece}"'))
        places.append(start + match.start())
    return chars, [*places, start + len(literal) - 1]


def unfit(literal: str) -> re.Match[str] | None:
    """The first escape that stands for no character of a text: NUL, or half of a surrogate pair."""
    if "\\u" not in literal:
        return None
    at = 0
    while found := _UNFIT.search(literal, at):
        before = found.start() - len(literal[: found.start()].rstrip("\\"))
        if before % 2:
            # The backslash is itself escaped: `\\u0000` is a backslash and four digits.
            at = found.start() + 1
            continue
        pair = _PAIR.match(literal, found.start())
        if pair is None:
            return found
        at = pair.end()
    return None


def closing(chars: list[str], start: int) -> int | None:
    """The place of the `}` that closes the `{` at `start`; texts between them are left alone."""
    depth, quoted, at = 0, False, start
    while at < len(chars):
        char = chars[at]
        if char == "\\" and quoted:
            at += 1
        elif char == '"':
            quoted = not quoted
        elif char == "{" and not quoted:
            depth += 1
        elif char == "}" and not quoted:
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return None
