"""`awmc guide`: what a model needs to write a spec."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer


class Step(StrEnum):
    """The steps of writing a spec that have a part of the guide to themselves."""

    TOOLS = "tools"
    SEEDS = "seeds"
    TASKS = "tasks"


def run(
    step: Annotated[
        Step | None, typer.Option("--for", help="Only what is needed for one step of writing a spec.")
    ] = None,
) -> None:
    """Print how to write a spec, as a page of Markdown for a language model."""
    from awmc.guide.page import guide

    sys.stdout.write(guide(step.value if step is not None else None))
