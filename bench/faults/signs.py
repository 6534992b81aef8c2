"""Signs and words that are left out, or are one too many."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from random import Random

from bench.faults.sound import Change, Kind, Sound

_ONLY_ONE = frozenset(
    [
        "where",
        "else",
        "set",
        "in",
        "by",
        "on",
        "with",
        "owned",
        "then",
        "let",
        "for",
        "require",
        "update",
        "order",
    ]
)


def _lost(sound: Sound, *texts: str) -> Iterator[Change]:
    for token in sound.tokens:
        if token.text in texts and token.kind != "STRING":
            yield Change(token.start, token.end, "", (token.text,))


def brace_not_closed(sound: Sound, random: Random) -> Iterator[Change]:
    """A `}` lost."""
    del random
    yield from _lost(sound, "}")


def brace_not_opened(sound: Sound, random: Random) -> Iterator[Change]:
    """A `{` lost."""
    del random
    yield from _lost(sound, "{")


def bracket_not_closed(sound: Sound, random: Random) -> Iterator[Change]:
    """A `)` or `]` lost."""
    del random
    yield from _lost(sound, ")", "]")


def bracket_not_opened(sound: Sound, random: Random) -> Iterator[Change]:
    """A `(` or `[` lost; a blank keeps the words around it apart."""
    del random
    for change in _lost(sound, "(", "["):
        yield Change(change.start, change.end, " ", change.mends)


def bracket_of_another_kind(sound: Sound, random: Random) -> Iterator[Change]:
    """`[a, b)`"""
    closers = [")", "]", "}"]
    for token in sound.tokens:
        if token.text in closers and token.kind != "STRING":
            other = random.choice([close for close in closers if close != token.text])
            yield Change(token.start, token.end, other, (token.text,))


def quote_lost(sound: Sound, random: Random) -> Iterator[Change]:
    """`"Fee` or `Fee"`"""
    for token in sound.tokens:
        if token.kind == "STRING" and len(token.text) > 2:
            start = random.choice([token.start, token.end - 1])
            yield Change(start, start + 1, "", ('"', "quote"))


def comma_lost(sound: Sound, random: Random) -> Iterator[Change]:
    """`(a b)`"""
    del random
    for token in sound.tokens:
        if token.text == ",":
            yield Change(token.start, token.end, "", (",", "comma"))


def comma_added(sound: Sound, random: Random) -> Iterator[Change]:
    """A comma at the end of a column, statement or row, as JSON and many a language has it."""
    del random
    for token, after in zip(sound.tokens, sound.tokens[1:], strict=False):
        ends = sound.line(after.start) > sound.line(token.start)
        if ends and token.text not in ("{", "(", "[", ","):
            yield Change(token.end, token.end, ",", ("comma",))


def colon_lost(sound: Sound, random: Random) -> Iterator[Change]:
    """`doctor Doctor`"""
    del random
    for token in sound.tokens:
        if token.text == ":":
            yield Change(token.start, token.end, "", (":",))


def sign_lost(sound: Sound, random: Random) -> Iterator[Change]:
    """`->`, `=`, `==`, `..` and the like left out."""
    del random
    yield from _lost(sound, "->", "=", "==", "..", "<", ">=", "<=", "!=", "+=", "-=", "@", "@@")
    for token, after in pairwise(sound.tokens):
        if token.text == ".":
            yield Change(token.start, token.end, " ", (f".{after.text}", "."))


def word_lost(sound: Sound, random: Random) -> Iterator[Change]:
    """A keyword left out, without which there is no sentence: `Visit .slot == slot`."""
    del random
    for token in sound.tokens:
        if token.word and token.kind == token.word and token.text in _ONLY_ONE:
            end = token.end + 1 if sound.text[token.end : token.end + 1] == " " else token.end
            yield Change(token.start, end, "", (token.text,))


def head_lost(sound: Sound, random: Random) -> Iterator[Change]:
    """The keyword of a declaration left out: `Patient { … }`."""
    del random
    for item in sound.spec.items:
        word = sound.of(item.span).split(None, 1)[0]
        yield Change(item.span.start, item.span.start + len(word) + 1, "", (word,))


KINDS: dict[str, Kind] = {
    "} lost": brace_not_closed,
    "{ lost": brace_not_opened,
    ") or ] lost": bracket_not_closed,
    "( or [ lost": bracket_not_opened,
    "bracket of another kind": bracket_of_another_kind,
    "quote lost": quote_lost,
    "comma lost": comma_lost,
    "comma too many": comma_added,
    "colon lost": colon_lost,
    "sign lost": sign_lost,
    "keyword lost": word_lost,
    "first keyword lost": head_lost,
}
