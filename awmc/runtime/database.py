"""One copy of a world's data, and SQLite's record of what differs in it from the untouched world.

All that is done to it stands in one transaction, which is never committed: rolling it back is some twenty times
quicker than another copy, prepared statements stay good, and ids count from where they did.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal

import apsw

if TYPE_CHECKING:
    from awmc.runtime.world import World

Reset = Literal["rollback", "clone"]
"""How a database comes back: by rolling back, or as another copy of the image."""

STATEMENTS: Final = 512
"""Prepared statements that a connection keeps."""

_FLAGS: Final = apsw.SQLITE_CHANGESETAPPLY_FKNOACTION | apsw.SQLITE_CHANGESETAPPLY_NOSAVEPOINT
"""A record holds what a cascade did too, so that none may act again."""


class Database:
    """A database in memory that is the untouched world until something is done on its `connection`."""

    __slots__ = ("_image", "_recording", "connection", "how")

    def __init__(self, world: World, how: Reset = "rollback") -> None:
        self.how = how
        self._image = world.image
        self.connection = world.connect(STATEMENTS)
        self.connection.deserialize("main", self._image)
        self._begin()

    def _begin(self) -> None:
        self.connection.execute("BEGIN")
        self._recording = apsw.Session(self.connection, "main")
        self._recording.attach()

    def reset(self) -> None:
        """Back to the untouched world."""
        self._recording.close()
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        if self.how == "clone":
            self.connection.deserialize("main", self._image)
        self._begin()

    def changeset(self) -> bytes:
        """What differs from the untouched world, as SQLite writes it."""
        return self._recording.changeset()

    def counters(self) -> Mapping[str, int]:
        """The last id that each table gave out."""
        return dict(self.connection.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name"))

    def change(self, changeset: bytes, counters: Mapping[str, int]) -> None:
        """From the untouched world to another state of it: what `changeset` and `counters` gave there."""
        if changeset:
            apsw.Changeset.apply(changeset, self.connection, flags=_FLAGS)
        if counters != self.counters():
            self.connection.execute("DELETE FROM sqlite_sequence")
            self.connection.executemany("INSERT INTO sqlite_sequence VALUES (?, ?)", counters.items())

    def close(self) -> None:
        """Frees the memory."""
        self._recording.close()
        self.connection.close()
