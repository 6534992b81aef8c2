"""One copy of a world's data, and the record of what differs in it from the untouched world.

All that is done to it stands in one transaction, which is never committed: rolling it back is some ten times quicker
than another copy, prepared statements stay good, and ids count from where they did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal
from weakref import WeakSet

from awmc.runtime.diff import Change, Recording

if TYPE_CHECKING:
    from awmc.runtime.world import World

Reset = Literal["rollback", "clone"]
"""How a database comes back: by rolling back, or as another copy of the image."""

FEW: Final = 64
"""So many databases of a process keep all their prepared statements, which weigh more than the data; those that come
after them keep the last ones alone, so that thousands fit.
"""
ALL, LAST = 512, 16

_live: WeakSet[Database] = WeakSet()


class Database:
    """A database in memory that is the untouched world until something is done on its `connection`."""

    __slots__ = ("__weakref__", "_how", "_recording", "_world", "connection")

    def __init__(self, world: World, how: Reset = "rollback") -> None:
        self._world = world
        self._how = how
        self.connection = world.connect(ALL if len(_live) < FEW else LAST)
        world.copy_to(self.connection)
        self._recording = Recording(self.connection, world.tables)
        self.connection.execute("BEGIN")
        _live.add(self)

    def reset(self) -> None:
        """Back to the untouched world."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        if self._how == "clone":
            self._world.copy_to(self.connection)
        self._recording.forget()
        self.connection.execute("BEGIN")

    def changes(self) -> tuple[Change, ...]:
        """What differs from the untouched world."""
        return self._recording.changes(self.connection)

    def close(self) -> None:
        """Frees the memory."""
        _live.discard(self)
        self.connection.close()
