"""What a session may take: for hosts that serve agents they do not trust."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import apsw

CODE: Final = "limit_exceeded"
"""The error that answers a call beyond a limit."""

_STEPS: Final = 5000
"""Instructions of SQLite's machine between two looks at the time: some tenths of a millisecond."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a session may take; None is no limit. A call beyond one answers `limit_exceeded`, and nothing has
    changed.

    `seconds`: how long a call may run; SQLite is stopped in the midst of a statement, a function of the language
    is not. `result_bytes`: of a result, as JSON in UTF-8. `calls`: of a session; those beyond stand in no log,
    and the clock does not move.
    """

    seconds: float | None = None
    result_bytes: int | None = None
    calls: int | None = None

    def __post_init__(self) -> None:
        for name in ("seconds", "result_bytes", "calls"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"a limit of {name} must be above 0, not {value}")


class Stopwatch:
    """Stops what a connection does once the time of a call is over: the statement that runs, or the next one,
    raises `apsw.InterruptError`.
    """

    def __init__(self, connection: apsw.Connection, seconds: float) -> None:
        self.seconds = seconds
        self._end: float | None = None
        connection.set_progress_handler(self._is_over, _STEPS)

    def start(self) -> None:
        self._end = monotonic() + self.seconds

    def stop(self) -> None:
        self._end = None

    def _is_over(self) -> bool:
        return self._end is not None and monotonic() > self._end

    def watched(self, execute: Callable[..., apsw.Cursor]) -> Callable[..., apsw.Cursor]:
        """`execute`, which looks at the time first: many short statements take long too."""

        def run(*arguments: Any) -> apsw.Cursor:
            if self._is_over():
                raise apsw.InterruptError("the time of the call is over")
            return execute(*arguments)

        return run
