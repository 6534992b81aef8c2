"""What running a spec brings to light: a diagnostic's code and parts, and where in the spec it belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from awmc.ir.nodes import Place


class Problem(Struct, frozen=True):
    """`parts` are those that the title of diagnostic `code` names; `note` says more, `help` what to write instead.
    `task`: the instance that it is of, or empty; `tasks`: all that have it in common.
    """

    code: str
    place: Place
    parts: Mapping[str, object] = field(default_factory=dict)
    note: str = ""
    task: str = ""
    tasks: tuple[str, ...] = ()
    help: str = ""


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """In the order of the spec; what several instances of a task have in common is one problem."""
    first: dict[tuple[object, ...], Problem] = {}
    tasks: dict[tuple[object, ...], dict[str, None]] = {}
    for problem in problems:
        place = (problem.code, problem.place.line, problem.place.text, tuple(problem.parts.items()))
        first.setdefault(place, problem)
        tasks.setdefault(place, {})[problem.task] = None
    found = [replace(problem, tasks=tuple(filter(None, tasks[place]))) for place, problem in first.items()]
    return tuple(sorted(found, key=lambda problem: problem.place.line))
