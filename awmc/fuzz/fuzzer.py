"""Many runs of random calls at one world.

Each run begins in the untouched world, as the environment's actor or as another row of its kind, and makes up to some
hundred calls; in every other run calls of a task's solution stand among them, so that deep places are reached too. All
that a run answered must come again when it is played in a fresh copy of the world.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from awmc.fuzz.breach import Breach, Level
from awmc.fuzz.draws import Draws
from awmc.fuzz.episode import Births, Played, Step, play
from awmc.fuzz.promises import promises_of
from awmc.fuzz.require import Missing, missing_require
from awmc.fuzz.shrink import Shrinker
from awmc.fuzz.watch import Watch, failures_kept, texts_of
from awmc.ir import codec
from awmc.runtime import TaskInfo, World
from awmc.runtime.tables import Key

CALLS: Final = 10_000
"""Calls at each world, without those that play runs again and shrink them."""
_LENGTHS: Final = (5, 20, 60, 150)
"""How many calls a run makes at most."""
_RARE: Final = 0.15
"""The part of the runs that are mostly of one tool, the one that has succeeded least."""
_ACTORS: Final = 6
_PART: Final = 500
"""After so many calls the runs so far are played again."""
_ENOUGH: Final = 100
"""Calls with legal arguments after which a tool should have succeeded."""
_AGAIN: Final = 3
"""How often a run is played to see whether it answers the same."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the run that shows a finding, and what it answered."""

    tool: str
    arguments: Mapping[str, Any]
    answer: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`breach`: what was found; `calls`: the fewest that show it, as `actor`; `shrunk_from`: how many it were; `count`:
    how often it was seen; `line`: of the tool in the spec; `missing`: the `require` that a tool lacks, where one
    does."""

    breach: Breach
    line: int
    actor: Key | None = None
    calls: tuple[Call, ...] = ()
    shrunk_from: int = 0
    count: int = 1
    missing: Missing | None = None

    @property
    def level(self) -> Level:
        return self.breach.level


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found at one world. `codes`: by tool, how often it answered what; the code of a success is `ok`;
    `digest`: of all calls and answers, the same on any machine; `interrupted`: that not all calls were made."""

    environment: str
    calls: int
    runs: int
    codes: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]
    digest: str
    interrupted: bool = False


@dataclass(slots=True)
class _Seen:
    """A breach, and the run that shows it; without steps where no run does by itself."""

    breach: Breach
    actor: Key | None
    steps: tuple[Step, ...]
    count: int = 1


@dataclass(slots=True)
class _Run:
    """Steps, the calls that they were, and what these answered."""

    actor: Key | None
    steps: list[Step] = field(default_factory=list)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class Fuzzer:
    """Of one build. `files`: its texts, by name, of which `World.from_artefacts` makes worlds."""

    def __init__(
        self,
        files: Mapping[str, str],
        *,
        where: str = "",
        seed: int = 0,
        progress: Callable[[int], None] = lambda done: None,
    ) -> None:
        environment = codec.load(files["env.json"])
        self.promises = promises_of(World.from_artefacts(files, where), environment)
        # Of modules of its own: what a tool remembers from call to call is not the same there.
        self._again = World.from_artefacts(files, where)
        self._random = Random(f"{environment.name} {environment.world_seed} {seed}")
        self._progress = progress
        self._draws = Draws(self.promises, self._random)
        self._watches: dict[Key | None, Watch] = {}
        self._seen: dict[tuple[str, str, str], _Seen] = {}
        self._codes: dict[str, Counter[str]] = {name: Counter() for name in self.promises.tools}
        self._digest = hashlib.sha256()
        self._actors = self._some_actors()
        self._calls = self._runs = 0

    def fuzz(self, calls: int = CALLS) -> Outcome:
        """Makes so many calls, and tells what they brought to light. Interrupting it gives what was found so far."""
        interrupted = False
        findings: tuple[Finding, ...] = ()
        with failures_kept():
            try:
                while self._calls < calls:
                    part = []
                    end = min(calls, self._calls + _PART)
                    while self._calls < end:
                        part.append(self._run(end - self._calls))
                    self._play_again(part)
                findings = self._findings(shrink=True)
            except KeyboardInterrupt:
                interrupted = True
                findings = self._findings(shrink=False)
            finally:
                for watch in self._watches.values():
                    watch.close()
                self._watches = {}
        return Outcome(
            environment=self.promises.environment.name,
            calls=self._calls,
            runs=self._runs,
            codes={name: dict(sorted(codes.items())) for name, codes in self._codes.items()},
            findings=findings,
            digest=self._digest.hexdigest(),
            interrupted=interrupted,
        )

    # ---- Runs

    def _some_actors(self) -> list[Key | None]:
        """The environment's, those of its tasks, and some others of their kind."""
        world = self.promises.world
        if world.actor is None:
            return [None]
        table = world.tables.by_entity[world.actor_entity]
        place = table.key_places[0]
        keys = [row[place] for row in self._watch(world.actor).rows[table.name]]
        found = {world.actor: None} | {task.actor: None for task in world.tasks if task.actor is not None}
        others = [key for key in keys if key not in found]
        return [*found, *self._random.sample(others, min(_ACTORS, len(others)))][: 2 * _ACTORS]

    def _watch(self, actor: Key | None) -> Watch:
        if actor not in self._watches:
            self._watches[actor] = Watch(self.promises, actor)
        return self._watches[actor]

    def _run(self, most: int) -> _Run:
        """One run of at most so many calls."""
        random = self._random
        task = (
            random.choice(self.promises.world.tasks)
            if self.promises.world.tasks and random.random() < 0.5
            else None
        )
        own = self.promises.world.actor
        actor = own if random.random() < 0.5 else random.choice(self._actors)
        if task is not None and task.actor is not None:
            actor = task.actor
        watch = self._watch(actor)
        watch.reset()
        births = Births(self.promises.world.tables)
        run = _Run(actor)
        script = _Script(task)
        rare = self._draws.rarest() if random.random() < _RARE else None
        self._runs += 1
        for number in range(min(most, random.choice(_LENGTHS))):
            tool, arguments = self._next(watch, script, rare)
            kinds = {param.name: param.type for param in self._draws.params(tool)}
            step = Step(
                number,
                tool,
                {
                    name: births.referring(kinds[name], value) if name in kinds else value
                    for name, value in arguments.items()
                },
            )
            observed = watch.call(tool, arguments)
            births.add(number, observed.changes)
            run.steps.append(step)
            run.calls.append((tool, arguments))
            run.texts.append(observed.text)
            self._note(run, tool, Played(tool, arguments, observed))
            if any(breach.level == "error" for breach in observed.breaches):
                break
            if watch.session.ended and random.random() < 0.5:
                break
        return run

    def _next(self, watch: Watch, script: _Script, rare: str | None) -> tuple[str, dict[str, Any]]:
        """The next call: drawn, or of the tool that succeeds most rarely, or one of the task's solution, as it is or
        changed."""
        if rare is not None and self._random.random() < 0.7:
            return rare, self._draws.arguments(rare, watch)
        if script.left and self._random.random() < 0.6:
            tool, arguments = script.left.pop(0)
            if self._random.random() < 0.25:
                arguments = self._draws.changed(tool, arguments, watch)
            return tool, arguments
        return self._draws.call(watch)

    def _note(self, run: _Run, tool: str, played: Played) -> None:
        observed = played.observed
        code = "raised"
        if observed.result is not None:
            code = "ok" if observed.result.error is None else observed.result.error["code"]
        self._codes[tool][code] += 1
        self._draws.succeeded[tool] += code == "ok"
        self._digest.update(
            f"{run.actor!r} {tool} {played.arguments!r} {observed.text}\n".encode("utf-8", "replace")
        )
        self._calls += 1
        for breach in observed.breaches:
            self._found(breach, run.actor, run.steps)
        if self._calls % 100 == 0:
            self._progress(self._calls)

    def _found(self, breach: Breach, actor: Key | None, steps: Sequence[Step]) -> None:
        known = self._seen.get(breach.key)
        if known is None:
            self._seen[breach.key] = _Seen(breach, actor, tuple(steps))
            return
        known.count += 1
        if len(steps) < len(known.steps):
            known.breach, known.actor, known.steps = breach, actor, tuple(steps)

    # ---- Again

    def _play_again(self, runs: Iterable[_Run]) -> None:
        """Plays runs in fresh copies of the world, the last one first: what one of them leaves behind outside its world
        then meets another."""
        for run in reversed(list(runs)):
            texts = texts_of(self._again, run.actor, run.calls)
            place = _differing(run.texts, texts)
            if place is not None:
                breach = _otherwise(run.calls[place][0], run.texts[place], texts[place])
                self._found(breach, run.actor, run.steps[: place + 1])

    def _unlike(self, actor: Key | None, steps: Sequence[Step]) -> Breach | None:
        """How the last of the steps answers otherwise when they are played again."""
        played = play(self._watch(actor), steps)
        texts = [one.observed.text for one in played]
        for _ in range(_AGAIN):
            again = texts_of(self._again, actor, [(one.tool, one.arguments) for one in played])
            place = _differing(texts, again)
            if place is not None and place == len(steps) - 1:
                return _otherwise(steps[place].tool, texts[place], again[place])
        return None

    # ---- Findings

    def _findings(self, *, shrink: bool) -> tuple[Finding, ...]:
        found = [self._finding(seen, shrink=shrink) for seen in self._seen.values()]
        if shrink:
            failing = {one.breach.tool for one in found if one.level == "error"}
            found += [one for one in self._never_ok() if one.breach.tool not in failing]
        grave = {"error": 0, "warning": 1, "note": 2}
        return tuple(sorted(found, key=lambda one: (grave[one.level], one.line, one.breach.key)))

    def _finding(self, seen: _Seen, *, shrink: bool) -> Finding:
        steps: Sequence[Step] = seen.steps
        breach = seen.breach
        actor = seen.actor
        if shrink:
            steps = Shrinker(lambda some: self._shows(breach, actor, some)).shrink(steps)
            own = self.promises.world.actor
            if actor != own and self._shows(breach, own, steps):
                actor = own
        played = play(self._watch(actor), steps)
        if breach.kind == "not_repeatable":
            breach = self._unlike(actor, steps) or breach
        for last in played[-1:]:
            breach = next((one for one in last.observed.breaches if one.key == breach.key), breach)
        calls = tuple(Call(one.tool, one.arguments, one.observed.text) for one in played)
        promise = self.promises.tools[breach.tool]
        return Finding(
            breach=breach,
            line=promise.tool.place.line if promise.tool is not None else 1,
            actor=actor,
            calls=calls,
            shrunk_from=len(seen.steps),
            count=seen.count,
            missing=missing_require(breach, self.promises),
        )

    def _shows(self, breach: Breach, actor: Key | None, steps: Sequence[Step]) -> bool:
        """Whether the last of the steps shows it."""
        if not steps:
            return False
        if breach.kind == "not_repeatable":
            return self._unlike(actor, steps) is not None
        played = play(self._watch(actor), steps)
        if len(played) < len(steps):
            return False
        return any(one.key == breach.key for one in played[-1].observed.breaches)

    def _never_ok(self) -> Iterable[Finding]:
        for name, codes in self._codes.items():
            promise = self.promises.tools[name]
            if not codes["ok"] and codes.total() - codes["invalid_arguments"] >= _ENOUGH:
                said = ", ".join(f"{code} {count}" for code, count in codes.most_common())
                breach = Breach(
                    "never_ok", name, "", f"did not succeed once in {codes.total()} calls: {said}"
                )
                yield Finding(breach, promise.tool.place.line if promise.tool is not None else 1)


class _Script:
    """The calls of a task's solution that are still to be made."""

    def __init__(self, task: TaskInfo | None) -> None:
        self.left = (
            [(call["tool"], dict(call["arguments"])) for call in task.oracle] if task is not None else []
        )


def _differing(texts: Sequence[str], others: Sequence[str]) -> int | None:
    """The first place where they differ."""
    return next(
        (at for at, (one, other) in enumerate(zip(texts, others, strict=False)) if one != other), None
    )


def _otherwise(tool: str, first: str, second: str) -> Breach:
    place = next(
        (at for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other),
        min(len(first), len(second)),
    )
    near = slice(max(0, place - 20), place + 40)
    what = f"answered otherwise in a fresh copy of the world: …{first[near]}… and then …{second[near]}…"
    return Breach("not_repeatable", tool, "", what)
