"""All rows of a world, and how they differ after a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from awmc.runtime.tables import Table, Tables

Row = tuple[Any, ...]
Rows = Mapping[str, Sequence[Row]]
"""By table, in the order of the database; under `""` what SQLite itself keeps: the ids used, and the schema."""

_KEPT = "SELECT name, seq FROM sqlite_sequence UNION ALL SELECT name, sql FROM sqlite_schema ORDER BY 1, 2"
_KEPT_WITHOUT_IDS = "SELECT name, sql FROM sqlite_schema ORDER BY 1, 2"


@dataclass(frozen=True, slots=True)
class Change:
    """One row made (`before` is None), changed, or deleted (`after` is None)."""

    table: Table
    before: Row | None
    after: Row | None

    def columns(self) -> Iterator[str]:
        """Those whose values differ; none of a row made or deleted."""
        if self.before is not None and self.after is not None:
            for column, old, new in zip(self.table.columns, self.before, self.after, strict=True):
                if old != new:
                    yield column.name


class Reader:
    """Reads worlds of the same tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._queries = {table.name: _query(table) for table in tables}
        self._keys = {table.name: table.key_places for table in tables}

    def read(self, connection: apsw.Connection) -> Rows:
        execute = connection.cursor().execute
        found = {name: execute(query).fetchall() for name, query in self._queries.items()}
        counts = execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get is not None
        found[""] = execute(_KEPT if counts else _KEPT_WITHOUT_IDS).fetchall()
        return found

    def changes(self, before: Rows, after: Rows) -> list[Change]:
        """In the order of the schema; what SQLite itself keeps is not among them."""
        found: list[Change] = []
        for table in self._tables:
            old, new = before[table.name], after[table.name]
            if old == new:
                continue
            places = self._keys[table.name]
            was = {tuple(row[place] for place in places): row for row in old}
            for row in new:
                other = was.pop(tuple(row[place] for place in places), None)
                if other != row:
                    found.append(Change(table, other, row))
            found += [Change(table, row, None) for row in was.values()]
        return found


def _query(table: Table) -> str:
    columns = ", ".join(quoted(column.name) for column in table.columns)
    return f"SELECT {columns} FROM {quoted(table.name)}"


def quoted(name: str) -> str:
    """As an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'
