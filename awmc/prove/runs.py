"""Runs: calls with fixed arguments, played on a session."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from awmc.oracle.play import Made
from awmc.oracle.solve import SolvedRun
from awmc.oracle.watch import TooLong
from awmc.prove.ends import Ends, Row
from awmc.prove.likeness import Target
from awmc.runtime.log import Result
from awmc.runtime.session import Session

Calls = tuple[Made, ...]


class Endless(Exception):
    """A call keeps the database busy for longer than any should."""

    def __init__(self, call: Made) -> None:
        super().__init__(call.tool)
        self.call = call


def make(session: Session, call: Made) -> Result:
    """Makes one call. Raises `Endless`; the session must be reset then."""
    try:
        return session.call(call.tool, call.arguments)
    except TooLong:
        raise Endless(call) from None


def works(call: Made, result: Result) -> bool:
    """Whether a call was answered, or was refused as its run means it to be."""
    return result.error is None or result.error["code"] == call.code


def play(session: Session, calls: Iterable[Made]) -> bool:
    """Makes the calls; False where one is refused that is not meant to be: there it stops.

    A refused call leaves the world as it was, so what would follow is another run, the one without it.
    """
    return all(works(call, make(session, call)) for call in calls)


def wait(session: Session, seconds: int) -> None:
    """Lets time pass, by calls that are refused."""
    name = session.tools[0].name
    for _ in range(seconds):
        refused = session.call(name, {"no parameter": None})
        assert not refused.ok, "an argument that no tool has is refused"


def target(run: SolvedRun, session: Session, ends: Ends) -> Target:
    """The end of a `solve`; what the clock moves in it is found by making the same calls a second later."""
    session.reset()
    play(session, run.calls)
    end = ends.of(session)
    session.reset()
    wait(session, 1)
    play(session, run.calls)
    later = ends.of(session)
    moved: dict[tuple[Row, str], bool] = {}
    for cells, others in ((end.made, later.made), (end.changed, later.changed)):
        for row, values in cells.items():
            for column, value in values.items():
                other = others.get(row, {}).get(column, value)
                if other != value:
                    kind = session.world.tables.by_name[row[0]].column(column).type["kind"]
                    moved[row, column] = kind == "datetime" and _apart(value, other) == 1
    return Target(end, moved)


def _apart(first: Any, second: Any) -> float:
    """The seconds between two moments."""
    between = datetime.fromisoformat(second) - datetime.fromisoformat(first)
    return between.total_seconds()


def as_data(calls: Sequence[Made]) -> list[dict[str, Any]]:
    """The calls as JSON writes them."""
    return [
        {"tool": call.tool, "arguments": dict(call.arguments), **({"error": call.code} if call.code else {})}
        for call in calls
    ]
