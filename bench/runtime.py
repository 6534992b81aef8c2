"""Sessions: what calls, resets and verdicts take beside the bare SQL of the same calls, and what instances weigh."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from unittest.mock import patch

import apsw

from awmc import pipeline
from awmc.emit.write import write_build
from awmc.runtime import Session, World, load
from awmc.source import read_source
from bench.episodes import Episode, episode_of
from bench.measure import run
from bench.table import Figure, Table, compared

READ, WRITE, ROLLBACK, CLONE, VERDICT = 25e-6, 80e-6, 15e-6, 150e-6, 200e-6
"""Seconds that a call, a reset and a verdict may take."""

EPISODE = 3.0
"""How many times the bare SQL of its calls an episode may take."""

INSTANCES, WEIGHT = 1024, 400.0
"""So many instances that have each been used may weigh so many MiB, the whole process."""

Statement = tuple[str, Any]


def runtime(spec: Path, repeat: int) -> Iterator[Table]:
    """The tables of one world."""
    done = pipeline.compile_source(read_source(spec))
    assert done.environment is not None
    with TemporaryDirectory() as folder:
        build = Path(folder, done.environment.name)
        write_build(build, done.artefacts)
        world = load(build)
        yield _times(world, spec.name, 40 * repeat)
        yield _weights(build, spec.name, INSTANCES if repeat > 1 else 16)


# ---------------------------------------------------------------- times


def _times(world: World, name: str, rounds: int) -> Table:
    episode = episode_of(world)
    session, cloned = world.session(episode.task), world.session(episode.task, reset="clone")
    bare = Bare(world, bare_statements(world, episode))
    measured = _best([lambda: _ours(session, episode), bare.run], rounds)
    whole, floor = _best([lambda: [_whole(session, episode)], lambda: [bare.whole()]], rounds)
    ours, theirs = measured
    clone, copy = _best([lambda: _clone(cloned, episode), bare.copied], rounds)
    rows: list[Figure] = []
    for place, (tool, _) in enumerate(episode.calls):
        if any(row.what.endswith(f" {tool}") for row in rows):
            continue
        limit = WRITE if world.definitions[tool].writes else READ if tool.startswith("get_") else None
        rows.append(Figure(f"the bare SQL of {tool}", theirs[place]))
        rows.append(compared(f"a call of {tool}", ours[place], rows[-1], limit=limit))
    rows.append(Figure("bare ROLLBACK, BEGIN", theirs[-1]))
    rows.append(compared("reset by rollback", ours[-1], rows[-1], limit=ROLLBACK))
    rows.append(Figure("a bare copy of the image", copy[0]))
    rows.append(compared("reset by clone", clone[0], rows[-1], limit=CLONE))
    rows.append(compared("the first call after it", clone[1], rows[-2]))
    verdicts = [_verdict(world, task, rounds) for task in (task.id for task in world.tasks)]
    rows.append(Figure("the bare reads of what changed", theirs[-2]))
    rows.append(compared("the episode's verdict", ours[-2], rows[-1], limit=VERDICT))
    rows.append(Figure("verdict on a solved task, the median of all", median(verdicts), limit=VERDICT))
    rows.append(Figure("verdict on a solved task, the longest", max(verdicts)))
    rows.append(Figure(f"the bare SQL of the episode, {1 / floor[0]:,.0f} a second", floor[0]))
    rows.append(
        compared(f"the episode, {1 / whole[0]:,.0f} a second", whole[0], rows[-1], limit=1e-3, most=EPISODE)
    )
    session.close()
    cloned.close()
    return Table(f"{name}: {len(episode.calls)} calls, in process", tuple(rows))


def _best(runs: Sequence[Callable[[], list[float]]], rounds: int) -> list[list[float]]:
    """The least of each figure of each run, the runs taking turns."""
    found = [call() for call in runs]
    for _ in range(rounds):
        for place, call in enumerate(runs):
            found[place] = list(map(min, found[place], call()))
    return found


def _ours(session: Session, episode: Episode) -> list[float]:
    """The seconds of each call, of the verdict and of the reset after them."""
    seconds = []
    for tool, arguments in episode.calls:
        begin = perf_counter()
        result = session.call(tool, arguments)
        seconds.append(perf_counter() - begin)
        assert result.ok, result
    begin = perf_counter()
    session.verify()
    seconds.append(perf_counter() - begin)
    begin = perf_counter()
    session.reset()
    seconds.append(perf_counter() - begin)
    return seconds


def _clone(session: Session, episode: Episode) -> list[float]:
    """The seconds of a reset, and of the first call after it."""
    for tool, arguments in episode.calls:
        session.call(tool, arguments)
    begin = perf_counter()
    session.reset()
    middle = perf_counter()
    session.call(*episode.calls[0])
    return [middle - begin, perf_counter() - middle]


def _whole(session: Session, episode: Episode) -> float:
    begin = perf_counter()
    session.reset()
    for tool, arguments in episode.calls:
        session.call(tool, arguments)
    session.verify()
    return perf_counter() - begin


def _verdict(world: World, task: str, rounds: int) -> float:
    """The seconds of the verdict on a task's solution."""
    least = 1.0
    with world.session(task) as session:
        assert session.task is not None
        for _ in range(max(rounds // 4, 1)):
            session.reset()
            for call in session.task.oracle:
                session.call(call["tool"], call["arguments"])
            begin = perf_counter()
            verdict = session.verify(session.task.answer)
            least = min(least, perf_counter() - begin)
            assert verdict.passed
    return least


# ---------------------------------------------------------------- the floor


def bare_statements(world: World, episode: Episode) -> list[list[Statement]]:
    """What the bodies of the tools run, call by call, and the reads of what they changed at last: without
    validation, checks of ids, savepoints and invariants.
    """
    definitions = {
        name: replace(tool, rows={}, checks=(), writes=()) for name, tool in world.definitions.items()
    }
    noted: list[list[Statement]] = []

    def note(cursor: apsw.Cursor, sql: str, values: Any) -> bool:
        if isinstance(values, dict):
            values = {
                name: json.dumps(value) if isinstance(value, list) else value
                for name, value in values.items()
            }
        noted[-1].append((sql, values))
        return True

    with patch.object(world, "definitions", definitions), world.session(episode.task) as session:
        session.connection.exec_trace = note
        for tool, arguments in episode.calls:
            noted.append([])
            session.call(tool, arguments)
        noted.append([])
        session._changes = None
        session.diff()
        session.connection.exec_trace = None
    return noted


class Bare:
    """A connection that runs statements, and nothing else."""

    def __init__(self, world: World, statements: list[list[Statement]]) -> None:
        self.connection = world.connect(512)
        world.copy_to(self.connection)
        self.world, self.statements = world, statements
        self.copy = world.connect(1)
        self.cursor = self.connection.cursor()
        self.cursor.execute("BEGIN")

    def run(self) -> list[float]:
        """The seconds of each call, of the reads of what changed, and of coming back."""
        execute, seconds = self.cursor.execute, []
        for call in self.statements:
            begin = perf_counter()
            for sql, values in call:
                execute(sql, values).fetchall()
            seconds.append(perf_counter() - begin)
        begin = perf_counter()
        execute("ROLLBACK")
        execute("BEGIN")
        seconds.append(perf_counter() - begin)
        return seconds

    def copied(self) -> list[float]:
        """The seconds of a copy of the image."""
        begin = perf_counter()
        self.world.copy_to(self.copy)
        return [perf_counter() - begin]

    def whole(self) -> float:
        """The seconds of the calls and of coming back."""
        begin = perf_counter()
        self.play()
        self.cursor.execute("ROLLBACK")
        self.cursor.execute("BEGIN")
        return perf_counter() - begin

    def play(self) -> None:
        """Runs the statements of the calls."""
        execute = self.cursor.execute
        for call in self.statements[:-1]:
            for sql, values in call:
                execute(sql, values).fetchall()


# ---------------------------------------------------------------- weights


def _weights(build: Path, name: str, count: int) -> Table:
    """Each in a process of its own."""

    def weigh(what: str) -> float:
        return float(json.loads(run(["-m", "bench.instances", what, str(count), str(build)], {})))

    floor = Figure("bare connections, a copy each, the same statements", weigh("bare"), unit="MiB")
    limit = WEIGHT if count == INSTANCES else None
    used = compared("sessions that played the episode, judged", weigh("sessions"), floor, limit=limit)
    return Table(f"{name}: a process with {count:,} instances", (floor, used))
