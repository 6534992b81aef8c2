"""The fewest and plainest calls that still show what was found.

Calls are left out by delta debugging (Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002),
then arguments are left out and made plainer, one at a time, until nothing more can go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from awmc.fuzz.episode import Made, Step

BUDGET: Final = 4_000
"""Calls that shrinking one run may cost."""

Steps = Sequence[Step]


class Shrinker:
    """`shows`: whether a run of these steps still shows it; the last step is the one that does."""

    def __init__(self, shows: Callable[[Steps], bool], budget: int = BUDGET) -> None:
        self._shows = shows
        self._left = budget
        self._known: dict[str, bool] = {}

    def shrink(self, steps: Steps) -> list[Step]:
        """The steps that are left, which show it."""
        found = list(steps)
        while self._left > 0:
            before = repr(found)
            found = self._fewer(found)
            found = self._plainer(found)
            if repr(found) == before:
                break
        return found

    def _still(self, steps: Steps) -> bool:
        said = repr(steps)
        if said not in self._known:
            if self._left <= 0:
                return False
            self._left -= len(steps)
            self._known[said] = self._shows(steps)
        return self._known[said]

    def _fewer(self, steps: list[Step]) -> list[Step]:
        """Leaves calls out, large parts first; never the last."""
        size = max(1, (len(steps) - 1) // 2)
        while True:
            start = len(steps) - 1 - size
            while start > -size:
                less = steps[: max(start, 0)] + steps[start + size :]
                if len(less) < len(steps) and self._still(less):
                    steps = less
                start -= size
            if size == 1:
                return steps
            size = max(1, size // 2)

    def _plainer(self, steps: list[Step]) -> list[Step]:
        """Makes arguments plainer, those of the last call first."""
        for place in reversed(range(len(steps))):
            again = True
            while again:
                again = False
                for arguments in _plainer_arguments(steps[place].arguments):
                    other = [*steps[:place], replace(steps[place], arguments=arguments), *steps[place + 1 :]]
                    if self._still(other):
                        steps, again = other, True
                        break
        return steps


def _plainer_arguments(arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in arguments:
        yield {other: value for other, value in arguments.items() if other != name}
    for name, value in arguments.items():
        for plainer in plainer_values(value):
            yield {**arguments, name: plainer}


def plainer_values(value: Any) -> Iterator[Any]:
    """Values that are shorter or nearer to nothing, the plainest first. Taking one again and again ends."""
    match value:
        case Made() | bool() | None:
            return
        case int():
            yield from (plain for plain in (0, 1, 2, 3, 10, value // 2, value - 1) if abs(plain) < abs(value))
        case float():
            whole = float(round(value)) if abs(value) < 1e15 else 1e15
            near = (whole, round(value / 2, 2), round(value, 1), round(value, 2))
            size = (abs(value), len(repr(value)))
            yield from (plain for plain in (0.0, 1.0, 10.0, *near) if (abs(plain), len(repr(plain))) < size)
        case str():
            yield from _plainer_texts(value)
        case list():
            if value:
                yield []
            for place in range(len(value)):
                yield [*value[:place], *value[place + 1 :]]
            for place, element in enumerate(value):
                for plainer in plainer_values(element):
                    yield [*value[:place], plainer, *value[place + 1 :]]
        case dict():
            yield from _plainer_arguments(value)


def _plainer_texts(text: str) -> Iterator[str]:
    if text:
        yield ""
    half = len(text) // 2
    while half:
        yield text[:half]
        half //= 2
    if len(text) > 1:
        yield text[:-1]
    if text.strip("a"):
        plain = "a" * len(text)
        if plain != text:
            yield plain
        # Letter by letter, where all at once is too much.
        for place, letter in enumerate(text[:60]):
            if letter.isalpha() and letter != "a":
                yield f"{text[:place]}a{text[place + 1 :]}"
