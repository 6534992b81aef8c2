"""Lists in hand.

A `Listed` remembers what only a `solve` asks about: how many elements a page leaves out, and by what its elements are
sorted, so that taking one of several that tie is seen; and whether it is what a tool answered, as it came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class Unsound(Exception):
    """A `solve` takes what is not there, or what another run of chance could have given. `code`: the
    diagnostic's.
    """

    def __init__(self, code: str, **parts: object) -> None:
        super().__init__(code)
        self.code, self.parts = code, parts


class Listed(list[Any]):
    """A list in hand. `total`: how many elements there are, where the list is a page of them. `keys`: what
    each element is sorted by, where it is sorted. `taken`: is told the place at which one was taken, and of how many,
    where the list came from a tool in an order that says nothing.
    """

    def __init__(self, elements: Iterable[Any] = (), total: int | None = None) -> None:
        super().__init__(elements)
        self.total = total
        self.keys: list[Any] | None = None
        self.taken: Callable[[int, int], None] | None = None

    @property
    def is_page(self) -> bool:
        return self.total is not None and self.total > len(self)

    def check_whole(self) -> None:
        """Reckoning with a part of a list is unsound."""
        if self.is_page:
            raise Unsound("AWM608", shown=len(self), total=self.total)

    def take(self, index: int) -> None:
        """One element is taken by its place."""
        count = len(self) if self.total is None else self.total
        if self.taken is not None and count > 1:
            self.taken(index, count)

    def check_ties(self, start: int, end: int) -> None:
        """Taking the elements from `start` to `end` is unsound where one within ties with one outside."""
        if self.keys is None or start >= end:
            return
        for inside, outside in ((start, start - 1), (end - 1, end)):
            if 0 <= outside < len(self.keys) and self.keys[inside] == self.keys[outside]:
                raise Unsound("AWM607", count=self.keys.count(self.keys[inside]))
