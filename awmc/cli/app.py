"""The verbs in one command."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from awmc import __version__
from awmc.cli import (
    call,
    check,
    compile,
    expand,
    explain,
    fmt,
    fuzz,
    guide,
    lsp,
    prove,
    schema,
    serve,
    stats,
)

app = typer.Typer(
    name="awmc",
    help="Compile compact specs of agent environments to databases, MCP tools, verifiers and tests.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (compile, check, prove, fuzz, serve, fmt, guide, expand, explain, schema, call, stats, lsp):
    app.command(verb.__name__.rpartition(".")[2])(verb.run)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"awmc {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show where in awmc a bug of awmc lies; so does AWMC_DEBUG=1.")
    ] = False,
) -> None:
    if verbose:
        # In the environment, so that the processes of `--jobs` know it too.
        os.environ["AWMC_DEBUG"] = "1"
