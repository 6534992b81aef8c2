"""`awmc expand`: what `tools …` stands for."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from awmc.cli import status
from awmc.cli.inputs import read_specs
from awmc.cli.output import show


def run(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help="A spec, or - for standard input.")],
) -> None:
    """Print a spec with its derived tools written out, in the language itself."""
    from awmc.cli.work import bug_in, trace_of
    from awmc.pipeline import expand_source

    sources, problems = read_specs([spec])
    if len(sources) == 1 and not problems:
        try:
            text, found = expand_source(sources[0])
        except Exception as error:
            sys.stderr.write(trace_of(error))
            text, found = "", (bug_in(sources[0], error),)
        problems += found
        sys.stdout.write(text)
    show(problems, {source.name: source for source in sources}, "human", sys.stderr)
    if any(problem.code.startswith("AWM9") for problem in problems):
        raise typer.Exit(status.BUG)
    raise typer.Exit(status.WRONG if any(problem.is_error for problem in problems) else status.OK)
