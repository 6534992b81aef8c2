"""What a run has changed, by kind, and what `free` and `may` of its task say of single rows."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from awmc.runtime.case import Case, Condition, Free, FreeLinks, May
from awmc.runtime.diff import Change
from awmc.runtime.run import Run


class Changed:
    """The changes of a run by kind, and what `free` and `may` say of single rows, each asked once."""

    def __init__(self, run: Run, case: Case) -> None:
        self.run = run
        self.may = case.may
        self._free: dict[str, list[Free]] = {}
        self.free_links = [free for free in case.free if isinstance(free, FreeLinks)]
        self.linked_freely = {free.table for free in self.free_links}
        for free in case.free:
            if isinstance(free, Free):
                self._free.setdefault(free.table, []).append(free)
        self._holds: dict[tuple[int, Any, bool], bool] = {}
        self.created = [
            change
            for change in run.changes
            if change.kind == "create" and change.table not in self.linked_freely
        ]
        self.updated = {
            (change.table, change.key): change for change in run.changes if change.kind == "update"
        }
        self.deleted = {
            (change.table, change.key): change for change in run.changes if change.kind == "delete"
        }
        self._created_keys = {(change.table, change.key) for change in self.created}

    @cached_property
    def owed(self) -> list[int]:
        """The new rows, by their places in `created`, that no `may` allows beside an outcome's."""
        return [place for place, change in enumerate(self.created) if not self.is_allowed(change)]

    def is_free(self, table: str, column: str, key: Any) -> bool:
        """Whether the column of a row that the outcome made or changed may hold what it holds."""
        clauses = self._free.get(table)
        return clauses is not None and any(
            column in free.columns and self.speaks_of(free.where, key) for free in clauses
        )

    def is_allowed(self, change: Change) -> bool:
        """Whether a `may` allows a change that no outcome asks for."""
        return any(
            self._allows_link(may, change) if isinstance(change.key, tuple) else self._allows(may, change)
            for may in self.may
        )

    def _allows(self, may: May, change: Change) -> bool:
        if may.kind != change.kind or may.table != change.table:
            return False
        return self.speaks_of(may.where, change.key, before=change.kind == "delete")

    def _allows_link(self, may: May, change: Change) -> bool:
        if change.table not in may.links:
            return False
        end = change.key[may.links[change.table]]  # type: ignore[index] # a link's key is a tuple
        if may.kind == "create" and (may.table, end) not in self._created_keys:
            return False
        if may.kind == "delete" and (may.table, end) not in self.deleted:
            return False
        return self.speaks_of(may.where, end, before=may.kind == "delete")

    def speaks_of(self, where: Condition | None, key: Any, *, before: bool = False) -> bool:
        """Whether a row is one of those that a clause is about."""
        if where is None:
            return True
        asked = (id(where), key, before)
        if asked not in self._holds:
            self._holds[asked] = bool(self.run.value(where, key, before=before))
        return self._holds[asked]
