"""Databases that are kept from one session to the next: for batch work, with many short sessions."""

from __future__ import annotations

from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from awmc.runtime.database import Database
from awmc.runtime.limits import Limits
from awmc.runtime.session import Session
from awmc.runtime.tables import Key

if TYPE_CHECKING:
    from awmc.runtime.world import World


class Pool:
    """Sessions of a world on kept databases: a session that is closed gives its own back, rolled back and with its
    statements prepared, so that the next one begins in microseconds. Any thread may ask for sessions, and each
    has its database for itself.

    `size`: how many databases are kept while no session has them; there are as many as sessions at a time.
    """

    def __init__(self, world: World, size: int) -> None:
        if size < 1:
            raise ValueError(f"a pool keeps one database or more, not {size}")
        self.world = world
        self.size = size
        self._idle: list[Database] = []
        self._closed = False
        self._lock = Lock()

    def session(
        self, task: str | None = None, actor: Key | None = None, *, limits: Limits | None = None
    ) -> Session:
        """As `World.session`."""
        found, key = self.world.who(task, actor)
        return Session(self.world, found, key, limits=limits, take=self.take, release=self.give)

    def take(self) -> Database:
        """A database of the untouched world."""
        with self._lock:
            if self._closed:
                raise RuntimeError("this pool is closed")
            if self._idle:
                return self._idle.pop()
        return Database(self.world)

    def give(self, database: Database) -> None:
        """Takes a database back."""
        database.reset()
        with self._lock:
            if not self._closed and len(self._idle) < self.size:
                self._idle.append(database)
                return
        database.close()

    def close(self) -> None:
        """Frees the databases; those of sessions that are open, when they close."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for database in idle:
            database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
