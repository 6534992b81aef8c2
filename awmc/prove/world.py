"""All tasks of a world, proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final

from awmc.ir import nodes
from awmc.oracle.play import Made
from awmc.oracle.solve import Instance
from awmc.oracle.watch import STEPS, Watch
from awmc.prove import BUDGET
from awmc.prove.answers import Wrong
from awmc.prove.asked import asked
from awmc.prove.breaches import Breaches
from awmc.prove.certificate import certificate, kill_score
from awmc.prove.ends import Ends
from awmc.prove.likeness import Clause, Judge
from awmc.prove.mutants import Changes, Extra, Mutant, Tools, chosen, run_key
from awmc.prove.pools import Pool, Pools
from awmc.prove.runs import Endless, make, play, target
from awmc.prove.subject import Subject, Unprovable
from awmc.prove.trial import Trial
from awmc.prove.values import CannotDraw, key_of
from awmc.runtime.session import Session
from awmc.runtime.tables import Key
from awmc.runtime.world import TaskInfo

_MUTATED: Final = 3
"""The `solve`s of a task of which mutants are made."""
_DRAWS: Final = 8
"""Draws of arguments for a call to be added, for each tool and each world."""
_EXTRAS: Final = 3
"""Calls of one tool to be added, found in one world."""


def prove(
    subject: Subject, *, budget: int = BUDGET, seed: int = 0, progress: Callable[[], None] | None = None
) -> dict[str, Any]:
    """The certificate of a world (`awmc.prove.certificate`). `budget`: mutants of each task; `seed`: fixes which, and
    their order; `progress` is called as each task is done."""
    with _Proving(subject, budget, seed) as proving:
        tasks = []
        for instance in subject.instances:
            try:
                tasks.append(proving.task(instance))
            except Endless as endless:
                raise Unprovable(_endless(subject, instance, endless.call)) from None
            if progress is not None:
                progress()
    return certificate(
        subject.environment.name,
        broken=proving.breaches.data(),
        world_seed=subject.environment.world_seed,
        files=subject.files,
        budget=budget,
        seed=seed,
        tasks=tasks,
    )


class _Proving:
    """What the tasks of one world share: a session for each actor, so that each statement is prepared once."""

    def __init__(self, subject: Subject, budget: int, seed: int) -> None:
        self._subject = subject
        self._environment = subject.environment
        self._budget, self._seed = budget, seed
        self._ends = Ends(subject.world)
        self._tools = Tools(subject.environment)
        self._members = {
            enum.name: [value.wire for value in enum.values] for enum in subject.environment.enums
        }
        self._links = _links(subject.environment)
        self._infos = {task.id: task for task in subject.world.tasks}
        self.breaches = Breaches(subject.environment, self._tools)
        self._watch = Watch()
        self._sessions: dict[Key | None, Session] = {}
        self._before: dict[Key | None, tuple[Pool, Mapping[str, Sequence[Extra]]]] = {}

    def __enter__(self) -> _Proving:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions.values():
            session.close()
        self._ends.close()

    def _session(self, info: TaskInfo) -> Session:
        if info.actor not in self._sessions:
            self._sessions[info.actor] = Session(self._subject.world, info, info.actor)
            self._watch.over(self._sessions[info.actor].connection)
        session = self._sessions[info.actor]
        session.task = info
        return session

    # ---- One task

    def task(self, instance: Instance) -> dict[str, Any]:
        """What is found of a task, as `proof.json` holds it."""
        session = self._session(self._infos[instance.line.id])
        self._watch.begin()
        targets = [target(run, session, self._ends) for run in instance.solves]
        judge = Judge(self._ends, self._links, _clauses(instance), instance.case.ensure)
        trial = Trial(instance, session, self._ends, judge, targets, self._tools, self.breaches, self._watch)
        solves, late = trial.prove_solves(), trial.prove_late()
        prefixes, wrongs = trial.prove_prefixes(), trial.prove_wrongs()
        first = instance.solves[0].calls
        reorderings = trial.prove_reorderings([self._tools.writes(call.tool) for call in first])
        self._mutate(instance, trial)
        score = kill_score(
            *(sum(kind[fate] for kind in trial.counts.values()) for fate in ("killed", "survived"))
        )
        return {
            "id": instance.line.id,
            "task": instance.task.name,
            "line": instance.task.place.line,
            "certified": not trial.faults,
            "asks": asked(instance.task, first, targets[0].end, self._environment),
            "solves": solves,
            "late": late,
            "prefixes": prefixes,
            "reorderings": reorderings,
            "wrongs": wrongs,
            "mutants": {kind: dict(fates) for kind, fates in sorted(trial.counts.items())},
            "kill_score": score,
            "allowed": dict(sorted(trial.allowed.items())),
            "reordered": trial.reordered,
            "survivors": trial.survivors,
            "rejected": trial.rejected,
            "warnings": trial.doubts.data(),
        }

    def _mutate(self, instance: Instance, trial: Trial) -> None:
        seen: set[str] = set()
        places = _spread(len(instance.solves), _MUTATED)
        for turn, place in enumerate(places):
            random = Random(f"{self._seed} {instance.line.id} {place}")
            budget = self._budget // len(places) + (turn < self._budget % len(places))
            trial.try_mutants(place, self._mutants(instance, trial, place, budget, random, seen))

    def _mutants(
        self, instance: Instance, trial: Trial, place: int, budget: int, random: Random, seen: set[str]
    ) -> list[Mutant]:
        calls = instance.solves[place].calls
        session = trial.session
        before, extras = self._at_start(session)
        session.reset()
        play(session, calls)
        after = self._pool(session)
        pools = Pools(before, after)
        rights = [trial.parts(other) for other in range(len(instance.solves))]
        wrong = Wrong(instance.task, self._members, instance.line.instruction, rights, place, session)
        later = self._extras(session, pools, random, len(calls), new_first=True)
        both = {name: [*extras.get(name, ()), *later.get(name, ())] for name in self._tools.writing}
        streams = [*Changes(self._tools, calls, pools, both, random).streams(), *wrong.streams(calls)]
        seen.add(run_key(calls))  # the `solve` itself is no mutant of it
        return chosen(streams, calls, budget, seen)

    # ---- What the world holds

    def _pool(self, session: Session) -> Pool:
        return Pool(self._subject.terms, session.connection, now=session.now, me=session.me)

    def _at_start(self, session: Session) -> tuple[Pool, Mapping[str, Sequence[Extra]]]:
        """What an actor finds in the untouched world: ids, and calls that work on it."""
        if session.me not in self._before:
            pool = Pool(self._subject.terms, self._ends.untouched, now=session.world.clock, me=session.me)
            session.reset()
            random = Random(f"{self._seed} {session.me}")
            self._before[session.me] = pool, self._extras(session, Pools(pool), random, 0)
        return self._before[session.me]

    def _extras(
        self, session: Session, pools: Pools, random: Random, first: int, *, new_first: bool = False
    ) -> dict[str, list[Extra]]:
        """Calls of each writing tool that work where the session stands, and change something there."""
        found: dict[str, list[Extra]] = {}
        mark = session.mark()
        for name in self._tools.writing:
            calls: dict[str, Made] = {}
            for _ in range(_DRAWS):
                try:
                    call = Made(name, self._tools.arguments(name, pools, random, new_first=new_first))
                except CannotDraw:
                    break
                changes = session.connection.total_changes()
                self._watch.begin()
                works = make(session, call).ok
                if not works:
                    self.breaches.see(session)
                if works and session.connection.total_changes() > changes:
                    calls[str(call.arguments)] = call
                session.back(mark)
                if len(calls) >= _EXTRAS:
                    break
            found[name] = [Extra(call, first) for call in calls.values()]
        return found


def _endless(subject: Subject, instance: Instance, call: Made) -> str:
    shown = ", ".join(f"{name}: {key_of(value)}" for name, value in call.arguments.items())
    return (
        f"{subject.environment.name}: a run of {instance.line.id} does not end: {call.tool}({shown}) takes the "
        f"database more than {STEPS:,} steps. Narrow what it goes over, such as by a `limit`."
    )


def _clauses(instance: Instance) -> list[Clause]:
    task, case = instance.task, instance.case
    return [
        *(Clause(what, node.place) for what, node in zip(case.free, task.free, strict=True)),
        *(Clause(what, node.place) for what, node in zip(case.may, task.may, strict=True)),
    ]


def _links(environment: nodes.Environment) -> dict[str, tuple[str, str]]:
    """The tables that each many-to-many relation joins, in the order of its columns."""
    tables = {entity.name: entity.table for entity in environment.entities}
    found: dict[str, tuple[str, str]] = {}
    for entity in environment.entities:
        for link in entity.links:
            found.setdefault(link.table, (entity.table, tables[link.entity]))
    return found


def _spread(count: int, most: int) -> list[int]:
    """Some of so many places, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(place * (count - 1) / (most - 1)) for place in range(most)})
