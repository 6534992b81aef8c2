"""The last check of the verifiers, on the world as it is built: do they accept what they must, and reject the rest?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import ModuleType

from awmc.oracle.problem import Problem, in_order
from awmc.oracle.sessions import Sessions
from awmc.oracle.solve import Instance, SolvedRun
from awmc.runtime.run import Run
from awmc.runtime.session import Session
from awmc.runtime.verdict import Verdict, judge
from awmc.runtime.world import TaskInfo


def check_verifiers(sessions: Sessions, instances: Iterable[Instance], verify_py: str) -> tuple[Problem, ...]:
    """What is wrong: a `solve` that is rejected, an untouched world or a `wrong` that is accepted.

    `verify_py`: the text of a `verify.py` with the verifiers of these instances. The untouched world must be rejected
    without an answer always, and with the right one wherever `solve` changes something.
    """
    module = ModuleType(f"{sessions.world.name}.verify")
    exec(compile(verify_py, "verify.py", "exec"), module.__dict__)
    problems: list[Problem] = []
    for instance in instances:
        line = instance.line
        session = sessions.fresh(line.actor)
        session.task = TaskInfo(line.id, line.task, line.instruction, line.actor, line.policy)
        problems += _Check(session, module.VERIFIERS[line.task]).problems(instance)
    return in_order(problems)


class _Check:
    def __init__(self, session: Session, verifier: Callable[[Run], Verdict]) -> None:
        self._session = session
        self._verifier = verifier

    def problems(self, instance: Instance) -> Iterator[Problem]:
        task, id_ = instance.task, instance.line.id
        if self._is_done(instance):
            yield Problem("AWM611", task.place, {"task": task.name}, task=id_)
            return
        answers = dict.fromkeys(run.answer for run in instance.solves)
        for run in instance.solves:
            verdict = self._judged(run, run.answer)
            if not verdict.passed:
                reason = f"the verifier of task `{id_}` rejects its `solve`"
                yield Problem("AWM901", run.place, {"reason": reason}, "; ".join(verdict.reasons), id_)
        for run in instance.wrongs:
            if any(self._judged(run, answer).passed for answer in answers):
                yield Problem("AWM619", run.place, {"task": task.name}, task=id_)

    def _is_done(self, instance: Instance) -> bool:
        if judge(self._verifier, self._session, None).passed:
            return True
        changing = [run for run in instance.solves if run.changes]
        return any(judge(self._verifier, self._session, run.answer).passed for run in changing)

    def _judged(self, run: SolvedRun, answer: str | None) -> Verdict:
        self._session.reset()
        for call in run.calls:
            self._session.call(call.tool, call.arguments)
        return judge(self._verifier, self._session, answer)
