"""Why a wrong run was accepted, or a right one rejected: the clause, its place in the spec, and what to add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from awmc.ir import nodes
from awmc.oracle.solve import Instance
from awmc.runtime.case import Case
from awmc.runtime.session import Session
from awmc.runtime.verdict import decide, judge

_OF_ANSWERS: Mapping[str, tuple[str, str]] = {
    "empty": ("an empty message passes", "ask for an `answer` that has a value"),
    "question": (
        "the instruction itself states the answer",
        "ask for something that the instruction does not say, or leave the value out of it",
    ),
    "other_value": (
        "the value of another row is read as the right one",
        "ask for a value that tells the rows apart, such as one more part of the answer",
    ),
    "off_by_one": ("a value next to the right one is read as it", "ask for the value in another form"),
    "part_left_out": ("a part of the answer is not looked for", "ask for parts that do not say the same"),
    "other_solve": (
        "the answer of another right end passes with this one",
        "let the answer name something that differs between the `solve`s",
    ),
    "hedged": (
        "a wrong value beside the right one is not counted against the answer",
        "ask for a value of a column or a field, whose other values are known to be wrong",
    ),
    "two_answers": (
        "a second, wrong answer is not counted against the right one",
        "ask for a value of a column or a field, whose other values are known to be wrong",
    ),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """`clause`: what let the run through; `place`: where it stands; `advice`: what to add."""

    clause: str
    place: nodes.Place
    advice: str

    def data(self) -> dict[str, Any]:
        return {"because": self.clause, "line": self.place.line, "text": self.place.text, "add": self.advice}


def why_accepted(kind: str, session: Session, message: str | None, instance: Instance) -> Reason:
    """Of a run that stands in the session. `kind`: the mutant's, or `wrong`, `prefix`, `untouched`."""
    task, case = instance.task, instance.case
    if not _passes(session, message, case):
        return Reason(
            "verify.py accepts what the task in env.json does not",
            task.place,
            "compile the spec again; if that does not help, it is a bug of awmc",
        )
    if kind in _OF_ANSWERS:
        clause, advice = _OF_ANSWERS[kind]
        return Reason(clause, task.answer[0].place if task.answer else task.place, advice)
    for clause, place, less in _clauses(case, task):
        if not _passes(session, message, less):
            return Reason(
                f"`{place.text}` lets it through",
                place,
                f"narrow this {clause} by a `where`, or add an `ensure` that such a run breaks",
            )
    if not task.ensure and (case.free or case.may):
        return Reason(
            "`free` and `may` together let it through, and no `ensure` forbids it",
            task.place,
            "add an `ensure` that such a run breaks",
        )
    return Reason(
        "it leaves what the task asks, by all that its verifier looks at",
        task.place,
        "let the `solve` change something that such a run does not, or add an `ensure`",
    )


def _clauses(case: Case, task: nodes.Task) -> Iterator[tuple[str, nodes.Place, Case]]:
    """Each clause, where it stands, and the case without it."""
    for place, free in enumerate(task.free):
        less = (*case.free[:place], *case.free[place + 1 :])
        yield "`free`", free.place, replace(case, free=less)
    for place, may in enumerate(task.may):
        fewer = (*case.may[:place], *case.may[place + 1 :])
        yield "`may`", may.place, replace(case, may=fewer)


def why_rejected(session: Session, message: str | None, instance: Instance) -> Reason:
    """Of a run that comes to a right end and stands in the session."""
    task = instance.task
    assert session.task is not None
    verdict = judge(session.world.verifier(session.task.task), session, message)
    if _passes(session, message, instance.case):
        return Reason(
            "verify.py rejects what the task in env.json accepts",
            task.place,
            "compile the spec again; if that does not help, it is a bug of awmc",
        )
    return Reason(
        f"the verifier says: {'; '.join(verdict.reasons)}",
        task.place,
        "if such a run is right, say so by a further `solve`, a `free` or a `may`",
    )


def late_reason(instance: Instance, what: str) -> Reason:
    """Of a `solve` that works at once and not a minute later."""
    return Reason(
        what,
        instance.task.place,
        "put the clock further from what the seeds, or the day, place near it: an agent may take a minute",
    )


def _passes(session: Session, message: str | None, case: Case) -> bool:
    return judge(lambda run: decide(run, case), session, message).passed
