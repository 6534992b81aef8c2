"""How a verdict speaks of rows, columns and their values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from awmc.runtime.case import Created, Moment, New, Timed, Value
from awmc.runtime.tables import Tables
from awmc.runtime.values import text_of

_SHOWN = 80
"""Characters of a text that a reason repeats."""


@dataclass(frozen=True, slots=True)
class Wording:
    """`created`: the new rows that `New` counts in."""

    tables: Tables
    created: Sequence[Created]

    def name(self, table: str) -> str:
        return self.tables.by_name[table].entity or f"link of {table}"

    def row(self, table: str, key: Any) -> str:
        """`Visit 3`; `link of issue_tags 3, 8`."""
        if isinstance(key, tuple):
            return f"{self.name(table)} {', '.join(map(str, key))}"
        return f"{self.name(table)} {self.tables.by_name[table].wire_key(key)}"

    def field(self, table: str, column: str) -> str:
        return self.tables.by_name[table].column(column).field

    def value(self, table: str, column: str, value: Value) -> str:
        match value:
            case None:
                return "empty"
            case New(row):
                return f"the new {self.name(self.created[row].table)}"
            case Moment(at):
                return f"about {at.replace('T', ' ')}"
            case Timed():
                return "set"
        found = self.tables.by_name[table].column(column)
        kind = found.type["kind"]
        if found.references and not isinstance(value, float):
            return str(self.tables.by_entity[found.references].wire_key(value))
        if kind in ("text", "email", "url") or kind not in _WRITTEN:
            shown = str(value)
            shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"
            return json.dumps(shown, ensure_ascii=False)
        return text_of(kind, value)

    def new_row(self, created: Created) -> str:
        """`Visit with slot 3, reason "cough"`: what is known of it before it is made."""
        shown = [
            f"{self.field(created.table, column)} {self.value(created.table, column, value)}"
            for column, value in created.values.items()
            if value is not None and not isinstance(value, (New, Moment, Timed))
        ]
        return f"{self.name(created.table)} with {', '.join(shown)}" if shown else self.name(created.table)


_WRITTEN = frozenset(("int", "number", "money", "bool", "date", "time", "datetime", "enum", "row", "id"))
