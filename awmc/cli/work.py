"""Compiling and checking many specs, on one process or on several; what comes back is in the order of the
specs.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from awmc.cli import relax
from awmc.cli.pool import spread
from awmc.diagnostics import Diagnostic, diagnose
from awmc.emit import Artefact
from awmc.source import Source, Span

if TYPE_CHECKING:
    from awmc.backends.dialects import DialectName


_NOWHERE = Span.at(0)


class Job(Struct, frozen=True):
    """One spec, and what is wanted of it."""

    source: Source
    verb: Literal["compile", "check", "stats"]
    world_seed: int = 0
    dialects: tuple[DialectName, ...] = ()


class Outcome(Struct, frozen=True):
    """What a job gave. `environment` is empty, and there are no artefacts, where the spec has errors.
    `name_at`: where the environment's name stands. `trace`: of a bug, where that is wanted.
    """

    source: Source
    environment: str = ""
    name_at: Span = _NOWHERE
    artefacts: tuple[Artefact, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    trace: str = ""


def run_all(jobs: Sequence[Job], processes: int) -> Iterator[Outcome]:
    """The outcomes, in the order of the jobs. `processes`: 0 for one per core."""
    return spread(run, jobs, processes, lambda job, error: _failed(job.source, error))


def run(job: Job) -> Outcome:
    """Does one job. It never raises: a bug of the compiler is a diagnostic that names the spec."""
    try:
        return _run(job)
    except Exception as error:
        return _failed(job.source, error)


def _run(job: Job) -> Outcome:
    relax()  # for a process of `--jobs`
    from awmc.pipeline import check_source, compile_source, counts

    if job.verb == "check":
        return Outcome(job.source, diagnostics=check_source(job.source, world_seed=job.world_seed))
    done = compile_source(job.source, world_seed=job.world_seed, dialects=job.dialects)
    if done.environment is None:
        return Outcome(job.source, diagnostics=done.diagnostics)
    return Outcome(
        job.source,
        environment=done.environment.name,
        name_at=done.name_at,
        artefacts=done.artefacts if job.verb == "compile" else (),
        diagnostics=done.diagnostics,
        counts=counts(done.environment),
    )


def _failed(source: Source, error: Exception) -> Outcome:
    return Outcome(source, diagnostics=(bug_in(source, error),), trace=trace_of(error))


def bug_in(source: Source | None, error: Exception) -> Diagnostic:
    """The diagnostic of an exception that nobody foresaw."""
    said = str(error).partition("\n")[0]
    reason = f"{type(error).__name__}: {said}" if said else type(error).__name__
    note = None if os.environ.get("AWMC_DEBUG") else "`awmc --verbose …` shows where"
    name = source.name if source else ""
    return diagnose("AWM901", Span.at(0), source=name, note=note, reason=reason)


def trace_of(error: Exception) -> str:
    """The traceback, where it is wanted."""
    return "".join(traceback.format_exception(error)) if os.environ.get("AWMC_DEBUG") else ""
