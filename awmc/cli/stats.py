"""`awmc stats`: how large specs are."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Literal

import typer

from awmc.cli import status
from awmc.cli.inputs import read_specs
from awmc.cli.options import Jobs, Specs
from awmc.cli.output import progress, show

Form = Literal["human", "json"]

_WIDE = 1000


def run(
    specs: Specs,
    jobs: Jobs = 0,
    form: Annotated[Form, typer.Option("--format", help="A table, or a list of objects.")] = "human",
) -> None:
    """Count what specs hold: entities, tools, invariants, rows, tasks, characters."""
    from awmc.cli.work import Job, run_all

    sources, problems = read_specs(specs)
    work = [Job(source, "stats") for source in sources]
    found: list[dict[str, str | int]] = []
    for outcome in progress(run_all(work, jobs), len(work)):
        problems += [problem for problem in outcome.diagnostics if problem.is_error]
        sys.stderr.write(outcome.trace)
        if outcome.environment:
            counts = dict(outcome.counts)
            characters = len(outcome.source.text)
            found.append(
                {"spec": outcome.source.name, "env": outcome.environment, **counts, "characters": characters}
            )
    show(problems, {source.name: source for source in sources}, "human", sys.stderr)
    if form == "json":
        print(json.dumps(found, indent=2))
    elif found:
        _table(found)
    if any(problem.code.startswith("AWM9") for problem in problems):
        raise typer.Exit(status.BUG)
    raise typer.Exit(status.WRONG if problems else status.OK)


def _table(found: list[dict[str, str | int]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column, value in found[0].items():
        table.add_column(column, justify="left" if isinstance(value, str) else "right", no_wrap=True)
    for entry in found:
        table.add_row(*(value if isinstance(value, str) else f"{value:,}" for value in entry.values()))
    # A file or a pipe has no width to keep to.
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _WIDE).print(table)
