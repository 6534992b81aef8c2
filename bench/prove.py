"""Proofs: how long they take beside the bare cost of the calls that they make, each in one process."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from unittest.mock import patch

from awmc import pipeline
from awmc.emit.write import write_build
from awmc.prove.subject import open_build
from awmc.prove.world import prove
from awmc.runtime.session import Session
from awmc.source import read_source
from bench.measure import times
from bench.table import Figure, Table, compared

TEN_TASKS = 5.0
"""Seconds in which a world of ten tasks is to be proved, from opening its build."""


def proofs(spec: Path, repeat: int) -> Table:
    """Opening a build and proving all its tasks, at its best."""
    source = read_source(spec)
    done = pipeline.compile_source(source)
    assert done.environment is not None
    with TemporaryDirectory() as folder:
        build = Path(folder, done.environment.name)
        write_build(build, done.artefacts)
        opening = times(lambda: open_build(build), repeat)[0]
        subject = open_build(build)
        proving = times(lambda: prove(subject), repeat)[0]
    totals = prove(subject)["totals"]
    calls, seconds = min((_calls(subject) for _ in range(repeat)), key=lambda found: found[1])
    mutants, tasks = totals["mutants"], totals["tasks"]
    bare = Figure(f"{calls:,} calls, bare", seconds)
    whole = opening + proving
    return Table(
        f"{spec.name}: {tasks} tasks, {mutants:,} mutants, {totals['killed']:,} of them wrong and rejected; "
        f"{mutants / proving:,.0f} a second",
        (
            bare,
            compared("proving every task", proving, bare),
            compared("each mutant, with its part of all else", proving / mutants, bare),
            compared("opening the build, its solves played anew", opening, bare),
            compared("opening and proving", whole, bare),
            compared("the same for ten tasks", whole * 10 / tasks, bare, limit=TEN_TASKS),
        ),
    )


def _calls(subject: Any) -> tuple[int, float]:
    """How many calls a proof makes, and the seconds that they take."""
    count, seconds = 0, 0.0
    call = Session.call

    def timed(session: Session, name: str, arguments: Any = None) -> Any:
        nonlocal count, seconds
        begin = perf_counter()
        try:
            return call(session, name, arguments)
        finally:
            seconds += perf_counter() - begin
            count += 1

    with patch.object(Session, "call", timed):
        prove(subject)
    return count, seconds
