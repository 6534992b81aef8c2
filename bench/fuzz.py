"""Fuzzing: how long a random call takes with all that is held against it, beside its bare cost, in one process."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

from awmc import pipeline
from awmc.fuzz.fuzzer import Fuzzer
from awmc.runtime.session import Session
from awmc.source import read_source
from bench.measure import times
from bench.table import Figure, Table, compared

CALLS = 3_000
MOST = 6.0
"""How many times the bare cost of a call it may take; two times are the call itself, made and played again."""


def fuzzing(spec: Path, repeat: int) -> Table:
    """Calls of one world, at their best."""
    done = pipeline.compile_source(read_source(spec))
    assert done.environment is not None
    files = {artefact.path: artefact.text for artefact in done.artefacts}
    opening = times(lambda: Fuzzer(files), repeat)[0]
    fuzzers = [Fuzzer(files) for _ in range(repeat)]
    whole = times(lambda: fuzzers.pop().fuzz(CALLS), repeat)[0]
    count, bare = min((_bare(files) for _ in range(repeat)), key=lambda found: found[1])
    floor = Figure("a call, bare", bare / count)
    return Table(
        f"{spec.name}: {CALLS:,} random calls, {count:,} with those that are played again; "
        f"{CALLS / whole:,.0f} a second",
        (
            floor,
            compared("a call that is watched and played again", whole / CALLS, floor, most=MOST),
            compared("opening the world", opening, floor),
            compared("10,000 calls", opening + whole * 10_000 / CALLS, floor),
        ),
    )


def _bare(files: dict[str, str]) -> tuple[int, float]:
    """How many calls fuzzing makes, and the seconds that the tools take for them."""
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
        Fuzzer(files).fuzz(CALLS)
    return count, seconds
