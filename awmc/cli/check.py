"""`awmc check`: what is wrong with specs, without writing anything."""

from __future__ import annotations

import sys

import typer

from awmc.cli import status
from awmc.cli.inputs import read_specs
from awmc.cli.options import FormatOption, Jobs, Specs, WorldSeed
from awmc.cli.output import counted, progress, show, summary


def run(specs: Specs, jobs: Jobs = 0, world_seed: WorldSeed = 0, form: FormatOption = "human") -> None:
    """Check specs without writing anything: names, types, the rules of the world, its seeds, and every
    task.
    """
    from awmc.cli.work import Job, run_all

    sources, problems = read_specs(specs)
    work = [Job(source, "check", world_seed) for source in sources]
    for outcome in progress(run_all(work, jobs), len(work)):
        problems += outcome.diagnostics
        sys.stderr.write(outcome.trace)
    show(problems, {source.name: source for source in sources}, form)
    errors = sum(problem.is_error for problem in problems)
    summary(
        (
            f"{counted(len(sources), 'spec') or 'no spec'} checked",
            counted(errors, "error"),
            counted(len(problems) - errors, "warning"),
        )
    )
    if any(problem.code.startswith("AWM9") for problem in problems):
        raise typer.Exit(status.BUG)
    raise typer.Exit(status.WRONG if errors else status.OK)
