"""The name that was meant: a near one among those that exist, or the language's own for a foreign word."""

from __future__ import annotations

from collections.abc import Iterable

from awmc.diagnostics.foreign import FOREIGN, Place

# Beyond this a name is not a slip of the pen, and comparing costs more than it tells.
_LONGEST = 64


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` most likely stands for, None where none is near.

    In this order: the same but for case and underscores (`dueDate`), the same but for singular and plural,
    at most a third of the letters mistyped, all words of the one among the words of the other (`due` for
    `due_date`). Ties go to the fewer mistyped letters, then to swapped ones, then to the same first letter,
    which is seldom mistyped, then to the alphabet: never to the order of candidates.
    """
    if len(name) > _LONGEST:
        return None
    ranked = ((_rank(name, other), other) for other in set(candidates) - {name} if len(other) <= _LONGEST)
    near = [(rank, other) for rank, other in ranked if rank is not None]
    return min(near)[1] if near else None


def meant(name: str, candidates: Iterable[str], place: Place | None = None) -> str | None:
    """Like `nearest`, but a word that another language has for it in this place goes first, where it is
    offered.
    """
    offered = set(candidates)
    foreign = translate(name, place) if place else None
    return foreign if foreign in offered else nearest(name, offered)


def translate(word: str, place: Place) -> str | None:
    """What the language says in this place for a word of other languages, None where it is no such word."""
    return FOREIGN[place].get(word) or FOREIGN[place].get(word.lower())


def _rank(name: str, other: str) -> tuple[int, int, bool, bool] | None:
    plain, other_plain = _plain(name), _plain(other)
    if plain == other_plain:
        return 0, edits(name, other, _LONGEST), False, False
    if _singular(plain) == _singular(other_plain):
        return 1, edits(plain, other_plain, _LONGEST), False, False
    bound = max(len(plain), len(other_plain)) // 3
    distance = edits(plain, other_plain, bound)
    if distance <= bound:
        return 2, distance, sorted(plain) != sorted(other_plain), plain[:1] != other_plain[:1]
    words, other_words = set(_words(name)), set(_words(other))
    if words and other_words and (words <= other_words or other_words <= words):
        return 3, abs(len(plain) - len(other_plain)), False, False
    return None


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _words(name: str) -> list[str]:
    """`due_date`, `dueDate` and `DueDate` are the words due and date."""
    spaced = "".join(f"_{c}" if c.isupper() else c for c in name)
    return [_singular(word) for word in spaced.lower().split("_") if word]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("ses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def edits(left: str, right: str, bound: int) -> int:
    """How many letters must be put in, left out, changed or swapped with their neighbour; `bound + 1` if
    more.

    The optimal string alignment distance (Damerau 1964), given up as soon as it must exceed `bound`.

    >>> edits("copeis", "copies", 2), edits("kitten", "sitting", 2)
    (1, 3)
    """
    if abs(len(left) - len(right)) > bound:
        return bound + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > bound and min(before) > bound:
            return bound + 1
    return min(row[-1], bound + 1)
