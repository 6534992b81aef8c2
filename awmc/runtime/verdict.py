"""Is the task done? What a run has changed, and its final message, against what the task's outcomes ask.

A run passes if it comes to one of the outcomes: all that the outcome changed has changed (`must`), nothing
else has but what `may` allows, and the message states the outcome's answer. New rows are paired one to one
with the outcome's, so that all their columns agree, references to new rows included; numbered ids do not
count. A moment that came from the clock must be set, and may differ by as many seconds as the longer run
has calls.

`score` is, for the outcome that came nearest, the share of what it asks that is met::

    met / (asked + unasked)

Asked are each new row (met in the share of its columns that agree), each changed column, each deleted row,
a handoff, and the answer; unasked are each change beyond these, and each broken `ensure`. It is 1 exactly
where the run passes. The form is AppWorld's (Trivedi et al., ACL 2024): what must change is within what has
changed, which is within what may.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awmc.runtime.case import Case
from awmc.runtime.changed import Changed
from awmc.runtime.comparison import Comparison
from awmc.runtime.run import Run

if TYPE_CHECKING:
    import apsw

    from awmc.runtime.session import Session


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reward`: 1.0 where the run passes, else 0.0. `score`: 0 to 1, for shaping. `reasons`: why it does
    not pass, in words, by the outcome that came nearest, whose place is `outcome`.
    """

    reward: float
    score: float
    passed: bool
    reasons: tuple[str, ...] = ()
    outcome: int = 0


def judge(verifier: Callable[[Run], Verdict], session: Session, answer: str | None) -> Verdict:
    """The verdict of a task's verifier on what a session has done, with `answer` as the final message."""
    assert session.task is not None
    opened: list[apsw.Connection] = []

    def untouched() -> apsw.Connection:
        connection = session.world.connect()
        session.world.copy_to(connection)
        opened.append(connection)
        return connection

    run = Run(
        task=session.task.id,
        changes=session.diff(),
        calls=len(session.log),
        ended=session.ended,
        message=answer,
        clock=session.world.clock,
        now=session.now,
        me=session.me,
        tables=session.world.tables,
        final=session.connection,
        untouched=untouched,
    )
    try:
        return verifier(run)
    finally:
        for connection in opened:
            connection.close()


def decide(run: Run, case: Case) -> Verdict:
    """The verdict on a run by what its task asks. With several outcomes, changes and answer must be of the
    same one.
    """
    broken = [ensure.text for ensure in case.ensure if not run.value(ensure.test)]
    changed = Changed(run, case)
    best: Verdict | None = None
    for place, outcome in enumerate(case.outcomes):
        found = Comparison(changed, case, outcome, broken)
        passed = not found.reasons
        verdict = Verdict(float(passed), found.score, passed, tuple(found.reasons), place)
        if passed:
            return verdict
        if best is None or verdict.score > best.score:
            best = verdict
    assert best is not None, "a case has at least one outcome"
    return best
