"""One task instance on trial: its runs played, judged by its verifier, and compared with what is right.

Whether a run is right is decided by `awmc.prove.likeness`, over the full state that it leaves; the verifier is what is
tried. Runs share what they have in common: a session is marked after each call of a `solve`, and every mutant that
goes on from there begins at the mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from awmc.oracle.play import Made
from awmc.oracle.solve import Instance
from awmc.oracle.watch import Watch
from awmc.prove.answers import Part, message, right_parts
from awmc.prove.breaches import Breaches
from awmc.prove.certificate import FATES
from awmc.prove.differences import Words
from awmc.prove.doubts import Doubts
from awmc.prove.ends import Ends
from awmc.prove.explain import late_reason, why_accepted, why_rejected
from awmc.prove.likeness import Judge, Likeness, Target
from awmc.prove.mutants import Mutant, Tools
from awmc.prove.runs import Calls, as_data, make, play, wait, works
from awmc.runtime.session import Session
from awmc.runtime.verdict import judge

REORDERINGS: Final = 200
LATE: Final = 60
"""Seconds, and calls, that an agent may have let pass before it does what a `solve` does."""
_TOLD: Final = 10
"""Survivors, rejected runs and the like that are written down of one task, at most."""
_FRESH: Final = 12
"""Mutants that begin at one mark: SQLite's record of changes grows with every row that was ever touched, and with it
the time that a verdict takes."""

_LATER: Final = "the solve, a minute later"

Fate = Literal["killed", "survived", "equivalent", "allowed", "failed"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a session stands: beside which `solve` it is right (`place`, `likeness`), or beside which it is judged.
    `text`: the right final message there."""

    place: int
    likeness: Likeness | None
    text: str | None


class Trial:
    """`session`: of the instance's task; `targets`: the ends of its `solve`s; `watch` is over the session."""

    def __init__(
        self,
        instance: Instance,
        session: Session,
        ends: Ends,
        judge_: Judge,
        targets: Sequence[Target],
        tools: Tools,
        breaches: Breaches,
        watch: Watch,
    ) -> None:
        self.instance = instance
        self.session = session
        self.targets = targets
        self._ends, self._judge = ends, judge_
        self._words = Words(ends)
        self._tools, self._breaches, self._watch = tools, breaches, watch
        changed = {
            row[0] for target in targets for row in (*target.end.made, *target.end.changed, *target.end.gone)
        }
        self.doubts = Doubts(instance, judge_, frozenset(changed))
        self.survivors: list[dict[str, Any]] = []
        self.rejected: list[dict[str, Any]] = []
        self.reordered: list[dict[str, Any]] = []
        self.allowed: dict[str, int] = {}
        self.counts: dict[str, dict[str, int]] = {}
        self.faults = 0
        self._accepted: list[int] = []

    # ---- Where a run ends

    def stand(self, own: int) -> Standing:
        """Where the session stands; `own` is the `solve` that the run is made from."""
        end = self._ends.of(self.session)
        best: tuple[int, Likeness] | None = None
        for place in (own, *(other for other in range(len(self.targets)) if other != own)):
            found = self._judge.likeness(self.session, end, self.targets[place])
            if found is not None and (found.is_same or self._judge.ensured(self.session)):
                best = best or (place, found)
                if found.is_same:
                    best = (place, found)
                    break
        if best is None:
            return Standing(own, None, message(self.parts(own)))
        return Standing(*best, message(self.parts(best[0], best[1].pairs)))

    def parts(self, place: int, pairs: Mapping[Any, Any] | None = None) -> tuple[Part, ...]:
        """The right answer, read where the session stands."""
        outcome = self.instance.case.outcomes[place]
        return right_parts(outcome, self.targets[place], self._judge, self.session, pairs)

    def passes(self, text: str | None) -> bool:
        """The verifier's word on where the session stands."""
        assert self.session.task is not None
        return judge(self.session.world.verifier(self.session.task.task), self.session, text).passed

    # ---- What must be accepted, and what rejected

    def prove_solves(self) -> int:
        """How many `solve`s are accepted."""
        for place, run in enumerate(self.instance.solves):
            self.session.reset()
            play(self.session, run.calls)
            text = message(self.parts(place))
            if self.passes(text):
                self._accepted.append(place)
            else:
                self._tell_rejected("solve", "the solve itself", run.calls, text)
        return len(self._accepted)

    def prove_late(self) -> int:
        """How many of the `solve`s that are accepted do the same a minute later, after so many calls that were
        refused."""
        held = 0
        for place in self._accepted:
            run = self.instance.solves[place]
            self.session.reset()
            wait(self.session, LATE)
            if not play(self.session, run.calls):
                self._tell_refused(run.calls)
            elif (found := self.stand(place)).likeness is None:
                end = self._ends.of(self.session)
                self._tell_late(run.calls, self._words.differences(end, self.targets[place]))
            elif self.passes(found.text):
                held += 1
            else:
                self._tell_rejected("late", _LATER, run.calls, found.text)
        return held

    def prove_prefixes(self) -> dict[str, int]:
        """Stops each `solve` early, also before its first call. `{"other", "same"}`: how many of these runs end
        otherwise, and must be rejected, or leave what a `solve` leaves, and must be accepted with the right answer
        alone."""
        counts = {"other": 0, "same": 0}
        for place, run in enumerate(self.instance.solves):
            self.session.reset()
            for count, call in enumerate(run.calls):
                found = self.stand(place)
                kind = "prefix" if count else "untouched"
                what = f"it stops after {count} call{'s' * (count > 1)}" if count else "nothing is done"
                calls = run.calls[:count]
                if found.likeness is None:
                    counts["other"] += 1
                    self.doubts.wrong_run(self.session)
                    for text in dict.fromkeys((None, found.text)):
                        self._must_fail(kind, what, calls, text, place)
                else:
                    counts["same"] += 1
                    if found.text is not None:
                        self._must_fail(kind, what, calls, None, place)
                    if not self.passes(found.text):
                        self._tell_rejected(kind, what, calls, found.text)
                make(self.session, call)
        return counts

    def prove_wrongs(self) -> int:
        """How many `wrong`s are rejected, whatever they answer."""
        rejected = 0
        for number, run in enumerate(self.instance.wrongs, 1):
            self.session.reset()
            play(self.session, run.calls)
            texts = dict.fromkeys(message(self.parts(place)) for place in range(len(self.targets)))
            rejected += all(
                self._must_fail("wrong", f"the wrong {number}, on line {run.place.line}", run.calls, text, 0)
                for text in texts
            )
        return rejected

    def _must_fail(self, kind: str, what: str, calls: Calls, text: str | None, place: int) -> bool:
        if not self.passes(text):
            return True
        self._tell_survivor(kind, what, calls, text, place)
        return False

    def prove_reorderings(self, writes: Sequence[bool]) -> dict[str, int]:
        """Plays the first `solve` in other orders of the calls that change something (`writes`, per call); the others
        keep their places. `{"same", "other"}`: how many work and end the same, and must be accepted, or otherwise,
        and must be rejected."""
        calls = self.instance.solves[0].calls
        counts = {"same": 0, "other": 0}
        slots = [place for place, one in enumerate(writes) if one]
        if len(slots) < 2:
            return counts
        self.session.reset()
        order = [calls[place] for place in slots]
        for run in self._orders(calls, slots, order, (), REORDERINGS + 1):
            if run == calls:
                continue
            found = self.stand(0)
            if found.likeness is not None:
                counts["same"] += 1
                if not self.passes(found.text):
                    self._tell_rejected("reordering", "the same calls in another order", run, found.text)
            else:
                counts["other"] += 1
                if self.passes(found.text):
                    self._tell_survivor("reordering", "the same calls in another order", run, found.text, 0)
                elif len(self.reordered) < _TOLD:
                    end = self._ends.of(self.session)
                    differs = self._words.differences(end, self.targets[0])
                    self.reordered.append({"calls": as_data(run), "differs": differs})
        return counts

    def _orders(
        self, calls: Calls, slots: Sequence[int], left: Sequence[Made], made: Calls, quota: int
    ) -> Iterator[Calls]:
        """The orders that work, each when the session stands at its end. The quota is shared out evenly among the
        calls that come next, so that all of them have their turn."""
        at = len(made)
        fixed = calls[at : slots[len(slots) - len(left)]] if left else calls[at:]
        mark = self.session.mark()
        if not play(self.session, fixed):
            return
        made = (*made, *fixed)
        if not left:
            yield made
            return
        mark = self.session.mark()
        following = [
            place for place, call in enumerate(left) if not any(_same(call, other) for other in left[:place])
        ]
        for place in following[:quota]:
            call = left[place]
            if works(call, make(self.session, call)):
                rest = [*left[:place], *left[place + 1 :]]
                share = max(1, quota // len(following))
                yield from self._orders(calls, slots, rest, (*made, call), share)
            self.session.back(mark)

    # ---- Mutants

    def try_mutants(self, own: int, mutants: Sequence[Mutant]) -> None:
        """Plays and judges the mutants of one `solve`."""
        calls = self.instance.solves[own].calls
        by_place: dict[int, list[Mutant]] = {}
        for mutant in mutants:
            by_place.setdefault(mutant.at, []).append(mutant)
        for at, following in sorted(by_place.items()):
            for first in range(0, len(following), _FRESH):
                self.session.reset()
                play(self.session, calls[:at])
                mark = self.session.mark()
                for mutant in following[first : first + _FRESH]:
                    fate = self._fate(own, mutant)
                    of_kind = self.counts.setdefault(mutant.kind, dict.fromkeys(FATES, 0))
                    of_kind[fate] += 1
                    if mutant.rest:
                        self.session.back(mark)

    def _fate(self, own: int, mutant: Mutant) -> Fate:
        self._watch.begin()
        if not play(self.session, mutant.rest):
            self._breaches.see(self.session)
            return "failed"
        calls = (*self.instance.solves[own].calls[: mutant.at], *mutant.rest)
        if mutant.message is not None:
            if not self.passes(mutant.message):
                return "killed"
            self._tell_survivor(mutant.kind, mutant.what, calls, mutant.message, own)
            return "survived"
        found = self.stand(own)
        passed = self.passes(found.text)
        if found.likeness is None:
            self.doubts.wrong_run(self.session)
            if not passed:
                return "killed"
            self._tell_survivor(mutant.kind, mutant.what, calls, found.text, own)
            return "survived"
        if not passed:
            self._tell_rejected(mutant.kind, mutant.what, calls, found.text)
        if found.likeness.is_same:
            if mutant.kind == "left_out" and self._does(own, mutant.at):
                self.doubts.needless(mutant, own)
            return "equivalent"
        differs = self._words.differences(self._ends.of(self.session), self.targets[found.place])
        self.doubts.let_in(mutant, found.likeness.clauses, calls, differs)
        for clause in found.likeness.clauses:
            place = f"line {clause.place.line}: {clause.place.text}"
            self.allowed[place] = self.allowed.get(place, 0) + 1
        return "allowed"

    def _does(self, own: int, at: int) -> bool:
        """Whether a call of a `solve` was made to change something that counts."""
        call = self.instance.solves[own].calls[at]
        return not call.code and self._tools.counts(call.tool)

    # ---- Telling

    def _tell_survivor(self, kind: str, what: str, calls: Calls, text: str | None, place: int) -> None:
        self.faults += 1
        if len(self.survivors) < _TOLD:
            reason = why_accepted(kind, self.session, text, self.instance)
            differs = self._words.differences(self._ends.of(self.session), self.targets[place])
            self.survivors.append(self._told(kind, what, calls, text, differs) | reason.data())

    def _tell_rejected(self, kind: str, what: str, calls: Calls, text: str | None) -> None:
        self.faults += 1
        if len(self.rejected) < _TOLD:
            reason = why_rejected(self.session, text, self.instance)
            self.rejected.append(self._told(kind, what, calls, text, []) | reason.data())

    def _tell_refused(self, calls: Calls) -> None:
        """The last call was refused a minute later, and not before."""
        last = self.session.log[-1]
        error = last.result.error or {"code": "", "message": ""}
        reason = late_reason(
            self.instance, f"`{last.tool}` answers `{error['code']}` then: {error['message']}"
        )
        self.faults += 1
        self.rejected.append(self._told("late", _LATER, calls, None, []) | reason.data())

    def _tell_late(self, calls: Calls, differs: Sequence[str]) -> None:
        reason = late_reason(self.instance, "the same calls end otherwise then")
        self.faults += 1
        self.rejected.append(self._told("late", _LATER, calls, None, differs) | reason.data())

    def _told(
        self, kind: str, what: str, calls: Calls, text: str | None, differs: Sequence[str]
    ) -> dict[str, Any]:
        return {
            "kind": kind,
            "what": what,
            "calls": as_data(calls),
            "message": text,
            "differs": list(differs),
        }


def _same(call: Made, other: Made) -> bool:
    return (call.tool, call.arguments) == (other.tool, other.arguments)
