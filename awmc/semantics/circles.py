"""Circles in what needs what."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def circle_through(needs: Mapping[Key, Set[Key]], start: Key) -> list[Key]:
    """The keys of one circle that begins and ends at `start`, without the end; empty if there is none."""
    stack = [(start, [start])]
    seen: set[Key] = set()
    while stack:
        current, path = stack.pop()
        for other in sorted(needs.get(current, frozenset()), key=repr):
            if other == start:
                return path
            if other not in seen:
                seen.add(other)
                stack.append((other, [*path, other]))
    return []
