"""Which new row of a run stands for which new row of an outcome.

Rows of an outcome are places 0, 1, …; rows of the run are the `found` changes. A pairing is exact if each
place has a row of its own with which it agrees, references among the new rows lead to rows that are paired
so too, and every row that is `owed` (not allowed beside the outcome's) is taken. Rows that others refer to
are tried by backtracking; given these, the others are independent, and a bipartite matching by augmenting
paths (H. Kuhn, 1955) is exact and quick.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from awmc.runtime.diff import Change

_STEPS: Final = 2_000
"""Assignments of rows that others refer to that are tried at most."""
_NEAREST: Final = 200
"""Rows of the run that are looked at where there is no exact pairing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A new row of an outcome. `refers`: per column the place of the new row that it refers to. `key`: the
    key that it must have, because a row of the seeds refers to it; None if any will do.
    """

    table: str
    refers: Mapping[str, int]
    key: Any = None


def pair(
    wanted: Sequence[Wanted],
    found: Sequence[Change],
    *,
    agrees: Callable[[int, Change], bool],
    share: Callable[[int, Change], float],
    owed: Collection[int],
) -> dict[int, int]:
    """The index in `found` of the row for each place: an exact pairing, else one of rows that are most alike.

    `agrees`: whether all columns agree but the references to new rows; `share`: how much of them, 0 to 1.
    """
    if len(wanted) <= len(found) and len(owed) <= len(wanted):
        exact = _Search(wanted, found, agrees, owed).run()
        if exact is not None:
            return exact
    return _nearest(wanted, found, share)


def _nearest(
    wanted: Sequence[Wanted], found: Sequence[Change], share: Callable[[int, Change], float]
) -> dict[int, int]:
    scored = sorted(
        (-share(place, change), place, index)
        for place, row in enumerate(wanted)
        for index, change in enumerate(found[:_NEAREST])
        if change.table == row.table
    )
    pairing: dict[int, int] = {}
    taken: set[int] = set()
    for _, place, index in scored:
        if place not in pairing and index not in taken:
            pairing[place] = index
            taken.add(index)
    return pairing


class _Search:
    def __init__(
        self,
        wanted: Sequence[Wanted],
        found: Sequence[Change],
        agrees: Callable[[int, Change], bool],
        owed: Collection[int],
    ) -> None:
        self.wanted, self.found, self.owed = wanted, found, owed
        by_table: dict[str, list[int]] = {}
        for index, change in enumerate(found):
            by_table.setdefault(change.table, []).append(index)
        self.candidates = [
            [
                index
                for index in by_table.get(row.table, ())
                if (row.key is None or row.key == found[index].key) and agrees(place, found[index])
            ]
            for place, row in enumerate(wanted)
        ]
        self.targets = sorted({target for row in wanted for target in row.refers.values()})
        self.referrers: dict[int, list[int]] = {target: [] for target in self.targets}
        for place, row in enumerate(wanted):
            for target in row.refers.values():
                self.referrers[target].append(place)
        self.assigned: dict[int, int] = {}
        self.steps = 0

    def run(self) -> dict[int, int] | None:
        if not all(self.candidates):
            return None
        return self._assign(0)

    def _assign(self, depth: int) -> dict[int, int] | None:
        """Gives the targets from `depth` on their rows, then all other places theirs."""
        if depth == len(self.targets):
            return self._match_others()
        place = self.targets[depth]
        for index in self.candidates[place]:
            self.steps += 1
            if self.steps > _STEPS:
                return None
            if index in self.assigned.values():
                continue
            self.assigned[place] = index
            if self._fits(place, index) and all(map(self._has_candidate, self.referrers[place])):
                pairing = self._assign(depth + 1)
                if pairing is not None:
                    return pairing
            del self.assigned[place]
        return None

    def _fits(self, place: int, index: int) -> bool:
        """Whether a row's references lead to the rows that their targets have, as far as these are known."""
        after = self.found[index].after or {}
        return all(
            target not in self.assigned or after.get(column) == self.found[self.assigned[target]].key
            for column, target in self.wanted[place].refers.items()
        )

    def _has_candidate(self, place: int) -> bool:
        if place in self.assigned:
            return self._fits(place, self.assigned[place])
        return any(self._fits(place, index) for index in self.candidates[place])

    def _match_others(self) -> dict[int, int] | None:
        taken = set(self.assigned.values())
        places = [place for place in range(len(self.wanted)) if place not in self.assigned]
        open_to = {
            place: [i for i in self.candidates[place] if i not in taken and self._fits(place, i)]
            for place in places
        }
        wanted_by: dict[int, list[int]] = {}
        for place, indexes in open_to.items():
            for index in indexes:
                wanted_by.setdefault(index, []).append(place)
        # Rows that are owed first: an augmenting path leaves what is matched matched, on both sides
        # (Mendelsohn and Dulmage, 1958), so that the places can be filled afterwards.
        row_of: dict[int, int] = {}
        for index in self.owed:
            if index not in taken and not _augment(index, wanted_by, row_of, set()):
                return None
        place_of = {index: place for place, index in row_of.items()}
        for place in places:
            if place not in row_of and not _augment(place, open_to, place_of, set()):
                return None
        return self.assigned | {place: index for index, place in place_of.items()}


def _augment(node: int, edges: Mapping[int, list[int]], match_of: dict[int, int], seen: set[int]) -> bool:
    """Matches `node` to one of its edges' other ends, moving others' matches; `match_of` is by the other
    ends.
    """
    for end in edges.get(node, ()):
        if end not in seen:
            seen.add(end)
            if end not in match_of or _augment(match_of[end], edges, match_of, seen):
                match_of[end] = node
                return True
    return False
