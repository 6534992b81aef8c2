"""Texts that a regular expression matches, drawn at random.

Patterns of the language have no look-around and no back-references, so a walk through the parsed pattern gives one.
"""

from __future__ import annotations

import re._constants as sre
import re._parser as sre_parser
from collections.abc import Iterable
from functools import lru_cache
from random import Random
from typing import Any, Final

_MORE: Final = 3
"""How often an open repetition goes on beyond its least."""
_ANY: Final = "abz019 -_.éß"
_CATEGORIES: Final = {
    sre.CATEGORY_DIGIT: "0123456789",
    sre.CATEGORY_SPACE: " \t",
    sre.CATEGORY_WORD: "abzABZ019_",
    sre.CATEGORY_NOT_DIGIT: "abzAZ -",
    sre.CATEGORY_NOT_SPACE: "abzAZ019-",
    sre.CATEGORY_NOT_WORD: " -.,:",
}


def matching(pattern: str, random: Random) -> str:
    """A text that all of the pattern should match; rarely one that does not, where the pattern is odd."""
    return "".join(_texts(_parsed(pattern), random))


@lru_cache(maxsize=256)
def _parsed(pattern: str) -> Any:
    return sre_parser.parse(pattern)


def _texts(parts: Iterable[Any], random: Random) -> Iterable[str]:
    for op, value in parts:
        if op is sre.LITERAL:
            yield chr(value)
        elif op is sre.NOT_LITERAL:
            yield random.choice([letter for letter in _ANY if letter != chr(value)])
        elif op is sre.ANY:
            yield random.choice(_ANY)
        elif op is sre.IN:
            yield _one_of(value, random)
        elif op is sre.BRANCH:
            yield from _texts(random.choice(value[1]), random)
        elif op is sre.SUBPATTERN:
            yield from _texts(value[-1], random)
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            low, high, inner = value
            for _ in range(random.randint(low, max(low, min(int(high), low + _MORE)))):
                yield from _texts(inner, random)


def _one_of(choices: list[Any], random: Random) -> str:
    if choices[0][0] is sre.NEGATE:
        fitting = [letter for letter in _ANY + "AZ#" if not any(_holds(one, letter) for one in choices[1:])]
        return random.choice(fitting or ["~"])
    op, value = random.choice(choices)
    if op is sre.RANGE:
        return chr(random.randint(*value))
    return random.choice(_CATEGORIES[value]) if op is sre.CATEGORY else chr(value)


def _holds(choice: Any, letter: str) -> bool:
    op, value = choice
    if op is sre.RANGE:
        return bool(value[0] <= ord(letter) <= value[1])
    return letter in _CATEGORIES[value] if op is sre.CATEGORY else ord(letter) == value
