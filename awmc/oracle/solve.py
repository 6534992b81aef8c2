"""The tasks of a world, solved: every instance, what it asks, and how it was found out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any

from msgspec import Struct

from awmc.backends.sql import Compiler
from awmc.backends.tasks import OracleCall, TaskLine
from awmc.diagnostics.registry import lookup
from awmc.ir import codec, nodes
from awmc.oracle.evaluate import Evaluator, Terms
from awmc.oracle.play import Made
from awmc.oracle.problem import Problem, in_order
from awmc.oracle.sessions import Sessions
from awmc.oracle.solving import Solver, Solving
from awmc.oracle.stated import Stated
from awmc.oracle.watch import STEPS, TooLong
from awmc.runtime.case import Case


class SolvedRun(Struct, frozen=True):
    """The calls of a `solve` or a `wrong`. `answer`: what its message may say; `changes`: whether it changes the
    world; `place`: where it stands."""

    calls: tuple[Made, ...]
    answer: str | None
    changes: bool
    place: nodes.Place


class Instance(Struct, frozen=True):
    """A task, or one of the rows that it is for. `solves`: a run for each outcome of the case, in its order."""

    task: nodes.Task
    line: TaskLine
    case: Case
    solves: tuple[SolvedRun, ...]
    wrongs: tuple[SolvedRun, ...]


class SolvedTasks(Struct, frozen=True):
    """`instances`: those that were solved without an error. `problems`: what is wrong with the others, and
    warnings. Both in the order of the spec.
    """

    instances: tuple[Instance, ...]
    problems: tuple[Problem, ...]


class SolvedTask(Struct, frozen=True):
    """One task, solved by itself. `instances`: those that came to an end; `instructions`: of all, by their ids."""

    instances: tuple[Instance, ...]
    instructions: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]


def solve_tasks(
    environment: nodes.Environment,
    sessions: Sessions,
    compiler: Compiler,
    known: MutableMapping[bytes, SolvedTask] | None = None,
) -> SolvedTasks:
    """Runs every `solve` and `wrong` of every task instance in the world. `known`: what was found before in this very
    world, by the tasks' content; what is found now is added.
    """
    known = {} if known is None else known
    solved = []
    untouched = sessions.world.connect()
    sessions.world.copy_to(untouched)
    tasks = _Tasks(environment, Solver(Terms(environment, compiler), sessions, untouched))
    try:
        for task in environment.tasks:
            content = codec.content(task)
            found = known.get(content) or tasks.solve(task)
            known[content] = found
            solved.append((task, found))
    finally:
        # Verifiers play in these sessions next, and nobody counts their steps anew.
        sessions.unwatch()
    untouched.close()
    problems = [*_told_twice(solved), *(problem for _, found in solved for problem in found.problems)]
    failed = {problem.task for problem in problems if lookup(problem.code).level == "error"}
    instances = (instance for _, found in solved for instance in found.instances)
    return SolvedTasks(
        tuple(instance for instance in instances if instance.line.id not in failed), in_order(problems)
    )


def _told_twice(solved: Iterable[tuple[nodes.Task, SolvedTask]]) -> Iterator[Problem]:
    """The instances whose instruction is another one's too."""
    first: dict[str, str] = {}
    for task, found in solved:
        for id_, instruction in found.instructions:
            if instruction.strip() and first.setdefault(instruction, id_) != id_:
                yield Problem("AWM116", task.place, {"first": first[instruction], "second": id_}, task=id_)


class _Tasks:
    def __init__(self, environment: nodes.Environment, solver: Solver) -> None:
        self._environment = environment
        self._terms = solver.terms
        self._solver = solver
        self._labels = {
            entity: {key: label for label, key in labels.items()}
            for entity, labels in environment.labels.items()
        }
        self._instructions: list[tuple[str, str]] = []
        self._problems: list[Problem] = []

    def solve(self, task: nodes.Task) -> SolvedTask:
        """Every instance of a task."""
        self._instructions, self._problems = [], []
        actor = task.actor or self._environment.actor
        before = self._solver.before(actor)
        found: list[Instance] = []
        for id_, given in self._rows(task, before):
            for let in task.lets:
                given[let.name] = before.value(let.value, given)
            solving = self._solving(task, id_, actor, before, given)
            self._solver.watch.begin()
            try:
                instance = self._instance(solving)
            except TooLong:
                parts = {"task": task.name, "what": "what it is judged by", "limit": f"{STEPS:,}"}
                self._report("AWM639", task.place, id_, **parts)
                continue
            self._problems += solving.problems
            if instance is not None:
                found.append(instance)
        return SolvedTask(tuple(found), tuple(self._instructions), tuple(self._problems))

    def _rows(self, task: nodes.Task, before: Evaluator) -> Iterator[tuple[str, dict[str, Any]]]:
        """The id and the first local of each instance."""
        if task.loop is None:
            yield task.name, {}
            return
        keys = before.rows(task.loop.over, {})
        if not keys:
            self._report("AWM621", task.place, task.name, task=task.name)
        entity = task.loop.type.name
        labels = self._labels.get(entity, {})
        for key in keys:
            name = labels.get(key, self._terms.id_text(task.loop.type, key))
            yield f"{task.name}.{name}", {task.loop.name: key}

    def _solving(
        self,
        task: nodes.Task,
        id_: str,
        actor: nodes.Actor | None,
        before: Evaluator,
        given: dict[str, Any],
    ) -> Solving:
        instruction = str(before.value(task.instruction, given))
        user = tuple(str(before.value(text, given)) for text in task.user)
        stated = Stated((instruction, self._environment.policy, *user), self._environment.clock)
        if not instruction.strip():
            self._report("AWM629", task.place, id_, task=task.name)
        self._instructions.append((id_, instruction))
        return Solving(self._solver, task, id_, actor, given, instruction, user, stated)

    def _instance(self, solving: Solving) -> Instance | None:
        """None where no `solve` of it runs to its end."""
        reached = solving.reach()
        if not reached:
            return None
        task, actor = solving.task, solving.actor
        solves = tuple(
            SolvedRun(tuple(end.played.calls), end.answer, end.changes_world, end.place) for end in reached
        )
        wrongs = tuple(
            SolvedRun(tuple(played.calls), None, True, place) for place, played in solving.play_wrongs()
        )
        line = TaskLine(
            id=solving.id,
            task=task.name,
            instruction=solving.instruction,
            actor=actor.key if actor is not None else None,
            policy="",
            user=solving.user,
            oracle=tuple(OracleCall(call.tool, call.arguments, call.code) for call in solves[0].calls),
            answer=solves[0].answer,
        )
        return Instance(task, line, solving.case(reached), solves, wrongs)

    def _report(self, code: str, place: nodes.Place, of: str, /, **parts: object) -> None:
        self._problems.append(Problem(code, place, parts, task=of))
