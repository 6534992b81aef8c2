"""`awmc explain`: the page of a diagnostic."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from awmc.cli import status
from awmc.cli.output import show


def run(
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="A code such as AWM203, or its name: unknown-field.")
    ],
) -> None:
    """Explain a diagnostic, with a wrong and a right example."""
    from awmc.diagnostics import diagnose, nearest
    from awmc.diagnostics.explain import explain, find_code
    from awmc.diagnostics.registry import REGISTRY
    from awmc.source import Span

    found = find_code(code)
    if found is None:
        names = [name for entry in REGISTRY.values() for name in (entry.code, entry.name)]
        show([diagnose("AWM720", Span.at(0), hint=nearest(code, names), code=code)], {}, "human", sys.stderr)
        raise typer.Exit(status.USAGE)
    print(explain(found.code), end="")
