"""One copy of a world's data, and the record of what differs in it from the untouched world.

All that is done to it stands in one transaction, which is never committed: rolling it back is some twenty times
quicker than another copy, prepared statements stay good, and ids count from where they did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from awmc.runtime.diff import Change, Recording

if TYPE_CHECKING:
    from awmc.runtime.world import World

Reset = Literal["rollback", "clone"]
"""How a database comes back: by rolling back, or as another copy of the image."""

STATEMENTS: Final = 512
"""Prepared statements that a connection keeps."""


class Database:
    """A database in memory that is the untouched world until something is done on its `connection`."""

    __slots__ = ("_how", "_image", "_recording", "connection")

    def __init__(self, world: World, how: Reset = "rollback") -> None:
        self._how = how
        self._image = world.image
        self.connection = world.connect(STATEMENTS)
        self.connection.deserialize("main", self._image)
        self._recording = Recording(self.connection, world.tables)
        self.connection.execute("BEGIN")

    def reset(self) -> None:
        """Back to the untouched world."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        if self._how == "clone":
            self.connection.deserialize("main", self._image)
        self._recording.forget()
        self.connection.execute("BEGIN")

    def changes(self) -> tuple[Change, ...]:
        """What differs from the untouched world."""
        return self._recording.changes(self.connection)

    def close(self) -> None:
        """Frees the memory."""
        self.connection.close()
