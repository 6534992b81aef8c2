"""Arguments and options that several verbs share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import typer

Format = Literal["human", "concise", "json", "sarif"]


class Dialect(StrEnum):
    """Databases that schema and seed are written for beside SQLite."""

    POSTGRES = "postgres"
    DUCKDB = "duckdb"


Specs = Annotated[
    list[str],
    typer.Argument(metavar="SPECS...", help="Specs, folders of specs (*.awm), or - for standard input."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How diagnostics are printed.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=0, help="Processes to work on; 0: one per core.")]
WorldSeed = Annotated[
    int, typer.Option("--world-seed", min=0, help="Another seed is another world of the same spec.")
]
