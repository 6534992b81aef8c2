"""The corpus: faults of every kind in turn, at places drawn by a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bench.faults import foreign, meaning, names, order, signs
from bench.faults.sound import Change, Kind, Sound
from bench.faults.sound import meaning as compiled

KINDS: dict[str, Kind] = {**names.KINDS, **signs.KINDS, **order.KINDS, **foreign.KINDS, **meaning.KINDS}


@dataclass(frozen=True, slots=True)
class Fault:
    """A spec with one fault. `lines`: those of its text, from 1, on which it may rightly be told; `mends`: what has to
    be written or known, any of them.
    """

    kind: str
    spec: str
    text: str
    lines: frozenset[int]
    mends: tuple[str, ...]
    change: str


@dataclass(slots=True)
class Corpus:
    """`faults`, and how many that were drawn still mean the same and so are none."""

    faults: list[Fault]
    same: int = 0


def draw(specs: Sequence[Sound], seed: int, count: int) -> Corpus:
    """`count` faults, or as many as there are: one of each kind in turn, and of that from one spec after the other. The
    same arguments give the same corpus.
    """
    corpus = Corpus([])
    drawn = {kind: _drawn(kind, specs, seed, corpus) for kind in KINDS}
    while drawn and len(corpus.faults) < count:
        for kind, faults in list(drawn.items()):
            fault = next(faults, None)
            if fault is None:
                del drawn[kind]
            elif len(corpus.faults) < count:
                corpus.faults.append(fault)
    corpus.faults.sort(key=lambda fault: list(KINDS).index(fault.kind))
    return corpus


def _drawn(kind: str, specs: Sequence[Sound], seed: int, corpus: Corpus) -> Iterator[Fault]:
    random = Random(f"{seed} {kind}")
    places = []
    for spec in random.sample(specs, len(specs)):
        changes = list(KINDS[kind](spec, random))
        random.shuffle(changes)
        places.append((spec, changes))
    while any(changes for _, changes in places):
        for spec, changes in places:
            if not changes:
                continue
            change = changes.pop()
            fault = faulty(kind, spec, change)
            if compiled(fault.spec, fault.text) == spec.meaning:
                corpus.same += 1
            else:
                yield fault


def faulty(kind: str, spec: Sound, change: Change) -> Fault:
    """The fault that a change makes.

    It is right to tell it on the lines that were changed. Where something at the beginning of a line is gone, the end
    of the line before will do.
    """
    text = spec.text[: change.start] + change.text + spec.text[change.end :]
    first = text.count("\n", 0, change.start) + 1
    lines = set(range(first, first + change.text.strip("\n").count("\n") + 1))
    if change.text.startswith("\n"):
        lines = {line + 1 for line in lines}
    if not change.text and not text[text.rfind("\n", 0, change.start) + 1 : change.start].strip():
        lines.add(text.count("\n", 0, len(text[: change.start].rstrip())) + 1)
    shift = len(change.text) - (change.end - change.start)
    for place in change.also:
        lines.add(text.count("\n", 0, place if place < change.start else place + shift) + 1)
    mends = []
    for mend in change.mends:
        if mend[0] == "@" and mend[1:].isdecimal():
            place = int(mend[1:])
            line = spec.text.count("\n", 0, place) + 1
            mends.append(f"@{line}:{place - spec.text.rfind(chr(10), 0, place)}")
        else:
            mends.append(mend)
    old = spec.text[change.start : change.end]
    return Fault(
        kind, spec.name, text, frozenset(lines), tuple(mends), f"{_short(old)} → {_short(change.text)}"
    )


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return f"`{plain}`" if len(plain) <= 40 else f"`{plain[:39]}…`"
