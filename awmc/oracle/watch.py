"""A bound on what the database may do for one call or one expression, so that none runs for ever.

It counts the steps of SQLite's virtual machine and no time, so that a spec that compiles here compiles everywhere.
"""

from __future__ import annotations

from typing import Final

import apsw

STEPS: Final = 50_000_000
"""Steps of the database for one call: what takes a second."""
_EVERY: Final = 100_000


class TooLong(BaseException):
    """A statement took more than `STEPS`. It is no `Exception`, so that no tool answers it as an error of its own.
    Where the statement wrote, SQLite has given up the transaction: a session must be reset.
    """


class Watch:
    """Watches connections; `begin` starts to count anew."""

    def __init__(self) -> None:
        self._left = STEPS

    def over(self, connection: apsw.Connection) -> None:
        """From now on raises `TooLong` within what this connection runs."""
        connection.set_progress_handler(self._tick, _EVERY)

    def begin(self) -> None:
        self._left = STEPS

    def _tick(self) -> bool:
        self._left -= _EVERY
        if self._left < 0:
            raise TooLong
        return False
