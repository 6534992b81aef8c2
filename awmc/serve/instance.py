"""One instance: a session with the snapshots that were taken of it, and its journal where it is to last."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import anyio

from awmc.runtime import Entry, Limits, Result, Session, Snapshot
from awmc.serve.errors import ServeError
from awmc.serve.journal import Damaged, Header, Journal

if TYPE_CHECKING:
    from awmc.serve.catalogue import Served

_BY_CHANCE: Final = frozenset({"limit_exceeded", "internal"})
"""Errors that the same call need not give again: they hang on the time it took, the memory there was, the limits."""


class Instance:
    """What is done in it is done by one thread at a time, which holds `lock`. `used`: when a request last ended, by
    the monotonic clock; `waiting`: requests that are under way.
    """

    __slots__ = ("_snapshots", "closed", "id", "journal", "lock", "served", "session", "used", "waiting")

    def __init__(self, name: str, served: Served, session: Session, journal: Journal | None) -> None:
        self.id = name
        self.served = served
        self.session = session
        self.journal = journal
        self.lock = anyio.Lock(fast_acquire=True)
        self.used = monotonic()
        self.waiting = 0
        self.closed = False
        self._snapshots: dict[str, Snapshot] = {}

    @property
    def snapshots(self) -> tuple[str, ...]:
        """The ids of those that were taken, the oldest first."""
        return tuple(self._snapshots)

    # Each of these is done before it is written down, and written down before it is acknowledged. Raises
    # `NotWritten`: then session and journal no longer agree, and the instance must be read anew.

    def call(self, name: str, arguments: Mapping[str, Any]) -> Result:
        """As `Session.call`."""
        result = self.session.call(name, arguments)
        if self.journal is not None:
            if result.error is None or result.error["code"] not in _BY_CHANCE:
                self.journal.write({"call": name, "arguments": arguments, "crc": _crc(result)})
            elif (log := self.session.log) and log[-1].result is result:
                now = log[-1].now
                self.journal.write(
                    {"call": name, "arguments": arguments, "now": now, "error": dict(result.error)}
                )
        return result

    def reset(self) -> None:
        """As `Session.reset`; the snapshots stay."""
        self.session.reset()
        if self.journal is not None:
            if self._snapshots:
                self.journal.write({"reset": True})
            else:
                self.journal.restart()

    def snapshot(self, most: int) -> str:
        """The id of a snapshot of how it is now. Refuses (`too_many_snapshots`) more than `most`."""
        if len(self._snapshots) >= most:
            raise ServeError(
                "too_many_snapshots", f"An instance keeps {most} snapshots; delete one that is not needed."
            )
        name = secrets.token_urlsafe(6)
        self._snapshots[name] = self.session.snapshot()
        self._write({"snapshot": name})
        return name

    def restore(self, name: str) -> None:
        """Back to a snapshot. Refuses (`unknown_snapshot`)."""
        self.session.restore(self._found(name))
        self._write({"restore": name})

    def drop(self, name: str) -> None:
        """Forgets a snapshot. Refuses (`unknown_snapshot`)."""
        self._found(name)
        del self._snapshots[name]
        self._write({"drop": name})

    def _found(self, name: str) -> Snapshot:
        found = self._snapshots.get(name)
        if found is None:
            raise ServeError("unknown_snapshot", f"The instance has no snapshot {name[:100]!r}.")
        return found

    def _write(self, entry: Mapping[str, Any]) -> None:
        if self.journal is not None:
            self.journal.write(entry)

    def header(self) -> Header:
        """What its journal begins with."""
        session = self.session
        task = session.task.id if session.task else None
        return Header(session.world.name, self.served.world_seed, session.world.digest, task, session.me)

    def close(self) -> None:
        """Frees the session."""
        self.closed = True
        self.session.close()
        self._snapshots.clear()


def replayed(name: str, served: Served, journal: Journal, limits: Limits) -> Instance:
    """The instance that a journal tells of. Raises `Damaged` where it cannot have been written by this world."""
    header = journal.header
    # Without limits: they hold for what is asked, not for what was answered.
    with served.world.session(header.task, header.actor) as session:
        instance = Instance(name, served, session, None)
        for entry in journal.entries():
            try:
                _replay(instance, entry)
            except (ServeError, LookupError, ValueError, TypeError):
                raise Damaged from None
        kept = session.snapshot()
    found = Instance(name, served, served.world.session(header.task, header.actor, limits=limits), journal)
    found.session.restore(kept)
    found._snapshots = instance._snapshots
    return found


def _replay(instance: Instance, entry: Mapping[str, Any]) -> None:
    session = instance.session
    match entry:
        case {"call": str(tool), "arguments": dict(arguments), "crc": int(crc)}:
            if _crc(session.call(tool, arguments)) != crc:
                raise Damaged
        case {"call": str(tool), "arguments": dict(arguments), "now": str(now), "error": dict(error)}:
            answered = Entry(tool, arguments, Result.refused(error["code"], error["message"]), now)
            before = session.snapshot()
            session.restore(replace(before, now=now, log=(*before.log, answered)))
        case {"snapshot": str(name)}:
            instance._snapshots[name] = session.snapshot()
        case {"restore": str(name)}:
            instance.restore(name)
        case {"drop": str(name)}:
            instance.drop(name)
        case {"reset": True}:
            instance.reset()
        case {"state": str(text)}:
            session.restore(Snapshot.load(text.encode("utf-8", "surrogatepass")))
        case _:
            raise Damaged


def state(snapshot: Snapshot) -> dict[str, str]:
    """The line of a journal that holds a snapshot."""
    return {"state": snapshot.dump().decode("utf-8", "surrogatepass")}


def _crc(result: Result) -> int:
    return crc32(result.text.encode("utf-8", "surrogatepass"))
