"""A run of an agent, as its judges see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from awmc.runtime.case import Condition
from awmc.runtime.diff import Change
from awmc.runtime.tables import Key, Tables, quoted
from awmc.runtime.values import Stored

if TYPE_CHECKING:
    import apsw


@dataclass(frozen=True)
class Run:
    """A run to be judged. `final`, `untouched`: the world after and before it. `calls`: how many were made,
    refused ones too. `now`: the instant of the last. `message`: the final one, or None.
    """

    task: str
    changes: tuple[Change, ...]
    calls: int
    ended: bool
    message: str | None
    clock: str
    now: str
    me: Key | None
    tables: Tables
    final: apsw.Connection
    untouched: Callable[[], apsw.Connection]

    @cached_property
    def before(self) -> apsw.Connection:
        """The untouched world."""
        return self.untouched()

    def value(self, condition: Condition, key: Stored = None, *, before: bool = False) -> Any:
        """The condition's value for the row `key`, in the world after the run, or before it."""
        values = {"self": key, "now": self.now, "me": self.me, **condition.values}
        connection = self.before if before else self.final
        return connection.execute(condition.sql, values).get

    def stored(self, table: str, key: Key, column: str) -> Stored:
        """What a row holds after the run."""
        found = self.tables.by_name[table]
        statement = f"SELECT {quoted(column)} FROM {quoted(table)} WHERE {quoted(found.key[0])} = ?"
        value: Stored = self.final.execute(statement, (key,)).get
        return value
