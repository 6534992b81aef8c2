"""What a session has changed: SQLite's own record of it (https://sqlite.org/sessionintro.html), in the
world's terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import apsw

from awmc.runtime.tables import Key, Table, Tables
from awmc.runtime.values import Stored

Values = Mapping[str, Stored]

_KINDS: dict[str, Literal["create", "update", "delete"]] = {
    "INSERT": "create",
    "UPDATE": "update",
    "DELETE": "delete",
}


@dataclass(frozen=True, slots=True)
class Change:
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


def changes(changeset: bytes, tables: Tables) -> tuple[Change, ...]:
    """The changes of a changeset, in the order of the tables, then of the keys."""
    found = []
    for row in apsw.Changeset.iter(changeset):
        table = tables.by_name[row.name]
        change = _change(row, table)
        if change is not None:
            found.append(change)
    found.sort(key=lambda change: (tables.order[change.table], change.key))
    return tuple(found)


def _change(row: apsw.TableChange, table: Table) -> Change | None:
    old: tuple[Any, ...] | None = row.old
    new: tuple[Any, ...] | None = row.new
    # An update holds the key among the old values only; the other columns that did not change are in neither.
    values = old if old is not None else new
    assert values is not None
    places = {column.name: place for place, column in enumerate(table.columns)}
    keys = tuple(values[places[name]] for name in table.key)
    before: Values | None = None
    after: Values | None = None
    if row.op == "UPDATE":
        assert old is not None
        assert new is not None
        changed = [
            (column.name, place)
            for place, column in enumerate(table.columns)
            if new[place] is not apsw.no_change and not column.untracked
        ]
        if not changed:
            return None
        before = {name: old[place] for name, place in changed}
        after = {name: new[place] for name, place in changed}
    elif old is not None:
        before = _tracked(table, old)
    elif new is not None:
        after = _tracked(table, new)
    return Change(
        kind=_KINDS[row.op],
        entity=table.entity,
        table=table.name,
        key=keys if len(keys) > 1 else keys[0],
        before=before,
        after=after,
    )


def _tracked(table: Table, values: tuple[Stored, ...]) -> Values:
    pairs = zip(table.columns, values, strict=True)
    return {column.name: value for column, value in pairs if not column.untracked}
