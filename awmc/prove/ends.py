"""The end of a run: what every table holds then, read in full, as what differs from the untouched world.

Nothing of the verifier serves here, neither its record of changes nor its comparison: what is proved of it would
otherwise be proved by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import apsw

from awmc.runtime.session import Session
from awmc.runtime.tables import Key, Table
from awmc.runtime.values import Stored
from awmc.runtime.world import World

Row = tuple[str, Key | tuple[Key, ...]]
"""A table's name, and a key: of a many-to-many relation those of both ends."""
Cells = Mapping[str, Stored]


@dataclass(frozen=True, slots=True)
class End:
    """`made`: new rows, by all their columns; `changed`: rows of the untouched world, by the columns that hold
    something else; `gone`: those that are no more. Columns that never count are in none. `ended`: handed over to a
    person.
    """

    made: Mapping[Row, Cells]
    changed: Mapping[Row, Cells]
    gone: frozenset[Row]
    ended: bool
    calls: int

    @property
    def is_untouched(self) -> bool:
        return not (self.made or self.changed or self.gone or self.ended)


class _Table:
    """How a table is read, and what it holds before any run."""

    def __init__(self, table: Table, untouched: apsw.Connection) -> None:
        self.name = table.name
        self.columns = tuple(
            column.name for column in table.columns if not column.untracked or column.name in table.key
        )
        self.places = tuple(self.columns.index(name) for name in table.key)
        self.sql = f"SELECT {', '.join(map(quoted, self.columns))} FROM {quoted(table.name)}"
        self.rows: list[tuple[Any, ...]] = untouched.execute(self.sql).fetchall()
        self.known = frozenset(self.rows)
        self.by_key = {self.key(row): row for row in self.rows}

    def key(self, row: tuple[Any, ...]) -> Any:
        if len(self.places) == 1:
            return row[self.places[0]]
        return tuple(row[place] for place in self.places)


class Ends:
    """Of one world. `untouched`: a connection to it before any run, for who asks about that."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.untouched = world.connect()
        world.copy_to(self.untouched)
        self._tables = [_Table(table, self.untouched) for table in world.tables]
        self._by_name = {table.name: table for table in self._tables}

    def close(self) -> None:
        self.untouched.close()

    def of(self, session: Session) -> End:
        """Where a session stands."""
        made: dict[Row, Cells] = {}
        changed: dict[Row, Cells] = {}
        gone: set[Row] = set()
        execute = session.connection.cursor().execute
        for table in self._tables:
            rows = execute(table.sql).fetchall()
            if rows == table.rows:
                continue
            now = frozenset(rows)
            left = {table.key(row) for row in table.known - now}
            for row in now - table.known:
                key = table.key(row)
                before = table.by_key.get(key)
                left.discard(key)
                if before is None:
                    made[table.name, key] = dict(zip(table.columns, row, strict=True))
                else:
                    changed[table.name, key] = {
                        name: new
                        for name, old, new in zip(table.columns, before, row, strict=True)
                        if old != new
                    }
            gone.update((table.name, key) for key in left)
        return End(made, changed, frozenset(gone), session.ended, len(session.log))

    def before(self, row: Row, column: str) -> Stored:
        """What a row of the untouched world holds there."""
        table = self._by_name[row[0]]
        value: Stored = table.by_key[row[1]][table.columns.index(column)]
        return value

    def stored(self, table: str) -> list[tuple[Any, ...]]:
        """All columns of a table's rows before any run."""
        return self.untouched.execute(f"SELECT * FROM {quoted(table)}").fetchall()


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
