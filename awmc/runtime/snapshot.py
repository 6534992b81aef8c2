"""A session as it was at one moment, to come back to."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final, Self

from awmc.runtime.errors import SnapshotError
from awmc.runtime.log import Entry, Result
from awmc.runtime.tables import Key

FORMAT: Final = 1
"""The version of what `dump` writes."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of a session at one moment: `Session.snapshot` takes it, `Session.restore` brings it back, as often as
    is wanted.

    `world`, `digest`: the world that it is of; `task`, `actor`: the session's. `now`: the instant; `ended`:
    whether the agent has handed over; `log`: the calls until then, which are all of its state, since the same
    calls always do the same.
    """

    world: str
    digest: str
    task: str | None
    actor: Key | None
    now: str
    ended: bool
    log: tuple[Entry, ...]

    def dump(self) -> bytes:
        """The snapshot as JSON after a line with its hash; it grows with the log."""
        body = json.dumps(
            {
                "format": FORMAT,
                "world": self.world,
                "digest": self.digest,
                "task": self.task,
                "actor": self.actor,
                "now": self.now,
                "ended": self.ended,
                "log": [_written(entry) for entry in self.log],
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode("utf-8", "surrogatepass")
        return _digest(body) + b"\n" + body

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Reads what `dump` wrote. Raises `SnapshotError` for anything else."""
        digest, _, body = data.partition(b"\n")
        if digest != _digest(body):
            raise SnapshotError("These bytes are no snapshot, or a damaged one.")
        found: dict[str, Any] = json.loads(body.decode("utf-8", "surrogatepass"))
        version = found.pop("format")
        if version != FORMAT:
            raise SnapshotError(f"This snapshot has format {version}; this awmc reads format {FORMAT}.")
        found["log"] = tuple(_read(*entry) for entry in found["log"])
        return cls(**found)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode("ascii")


def _written(entry: Entry) -> list[Any]:
    return [entry.tool, entry.arguments, entry.result.text, entry.result.error, entry.now]


def _read(tool: str, arguments: Any, text: str, error: Any, now: str) -> Entry:
    return Entry(tool, arguments, Result(text, error), now)
