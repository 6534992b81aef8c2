"""What a session has changed: each row that SQLite writes is noted as it was before the first time
(https://sqlite.org/c3ref/preupdate_blobwrite.html), and compared with what stands there now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, cast

import apsw

from awmc.runtime.tables import Key, Table, Tables
from awmc.runtime.values import Stored

Values = Mapping[str, Stored]


class Change(NamedTuple):
    """One row that differs from the untouched world. Values are in storage form, untracked columns are left
    out.

    `key`: the row's; of a many-to-many relation (`entity` is empty) the keys of both its ends. `before` and
    `after`: all columns of a row that was deleted or created, the changed ones of one that was updated.
    """

    kind: Literal["create", "update", "delete"]
    entity: str
    table: str
    key: Key | tuple[Key, ...]
    before: Values | None
    after: Values | None


_INSERT, _DELETE = apsw.SQLITE_INSERT, apsw.SQLITE_DELETE

Row = tuple[Any, ...]
Keys = Key | tuple[Key, ...]


class Recording:
    """The rows of a connection that were written since it held the untouched world, as they were there."""

    def __init__(self, connection: apsw.Connection, tables: Tables) -> None:
        self._tables = tables
        self._before: dict[tuple[str, Keys], Row | None] = {}
        connection.preupdate_hook(self._note, id="awmc")

    def forget(self) -> None:
        """The connection holds the untouched world again."""
        self._before.clear()

    def _note(self, row: apsw.PreUpdate) -> None:
        table, before = row.table_name, self._before
        if table in self._tables.numbered:
            if row.opcode != _INSERT:
                place = (table, row.rowid)
                if place not in before:
                    before[place] = row.old
            if row.opcode != _DELETE:
                before.setdefault((table, row.rowid_new), None)
            return
        key_of = self._tables.key_of[table]
        if row.opcode != _INSERT:
            old = cast(Row, row.old)
            before.setdefault((table, key_of(old)), old)
        if row.opcode != _DELETE:
            # An update that changes the key itself makes a row where none was.
            before.setdefault((table, key_of(cast(Row, row.new))), None)

    def changes(self, connection: apsw.Connection) -> tuple[Change, ...]:
        """What differs from the untouched world, in the order of the tables, then of the keys."""
        found = []
        execute = connection.cursor().execute
        by_name, row_of = self._tables.by_name, self._tables.row_of
        for (table, key), before in self._before.items():
            after = execute(row_of[table], key if key.__class__ is tuple else (key,)).fetchone()
            if before != after:
                change = _change(by_name[table], key, before, after)
                if change is not None:
                    found.append(change)
        if len(found) > 1:
            order = self._tables.order
            found.sort(key=lambda change: (order[change.table], change.key))
        return tuple(found)


def _change(table: Table, key: Keys, before: Row | None, after: Row | None) -> Change | None:
    if before is not None and after is not None:
        changed = [(name, place) for name, place in table.tracked if before[place] != after[place]]
        if not changed:
            return None
        was: Values = {name: before[place] for name, place in changed}
        now: Values = {name: after[place] for name, place in changed}
        return Change("update", table.entity, table.name, key, was, now)
    if after is not None:
        return Change("create", table.entity, table.name, key, None, _tracked(table, after))
    assert before is not None
    return Change("delete", table.entity, table.name, key, _tracked(table, before), None)


def _tracked(table: Table, row: Row) -> Values:
    return {name: row[place] for name, place in table.tracked}
