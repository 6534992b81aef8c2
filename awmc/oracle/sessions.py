"""The sessions that runs of one world are played in."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from awmc.runtime.session import Session
from awmc.runtime.tables import Key
from awmc.runtime.world import World


class Sessions:
    """One session an actor: each new one would read the whole schema, and prepare every statement, again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._of: dict[Key | None, Session] = {}

    def fresh(self, actor: Key | None) -> Session:
        """The actor's session, as good as new; what was played in it before is gone."""
        if actor in self._of:
            self._of[actor].reset()
        else:
            self._of[actor] = Session(self.world, None, actor)
        return self._of[actor]

    def unwatch(self) -> None:
        """Nothing looks at what the databases do any more."""
        for session in self._of.values():
            session.connection.set_progress_handler(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._of.values():
            session.close()
