"""What a run of `solve` has changed, as an outcome that others are judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from awmc.backends.schema import links
from awmc.ir import nodes
from awmc.runtime.case import Answer, Created, Deleted, Moment, New, Outcome, Timed, Updated, Value
from awmc.runtime.diff import Change
from awmc.runtime.functions import FUNCTIONS


class _Column(Struct, frozen=True):
    kind: str
    references: str = ""


class Outcomes:
    """Makes the outcomes of one environment."""

    def __init__(self, environment: nodes.Environment) -> None:
        self._entities = {entity.table: entity for entity in environment.entities}
        self._tables = {entity.name: entity.table for entity in environment.entities}
        self._columns = {
            entity.table: {
                column.name: _Column(column.type.kind, column.references) for column in entity.columns
            }
            for entity in environment.entities
        }
        for entity, link in links(environment):
            ends = {link.of_column: entity.name, link.to_column: link.entity}
            self._columns[link.table] = {name: _Column("row", end) for name, end in ends.items()}

    def derive(
        self,
        changes: Sequence[Change],
        later: Sequence[Change],
        *,
        calls: int,
        handoff: bool,
        answer: tuple[Answer, ...] = (),
    ) -> Outcome:
        """The outcome of a run. `later`: the changes of the same run a second later."""
        made = [change for change in changes if change.kind == "create"]
        new = {(change.table, change.key): place for place, change in enumerate(made)}
        timed = self._timed(changes, later)
        created, updated, deleted = [], [], []
        for change in changes:
            values = self._values(change, new, timed)
            match change.kind:
                case "create":
                    created.append(Created(change.table, values))
                case "update":
                    assert not isinstance(change.key, tuple)
                    updated.append(Updated(change.table, change.key, values))
                case "delete":
                    deleted.append(Deleted(change.table, change.key))
        return Outcome(calls, tuple(created), tuple(updated), tuple(deleted), handoff, answer)

    def new_row(self, changes: Sequence[Change], entity: str, key: Any) -> New | None:
        """The new row of an entity with this key, if the run made it."""
        made = [change for change in changes if change.kind == "create"]
        places = (place for place, change in enumerate(made) if change.entity == entity and change.key == key)
        return next((New(place) for place in places), None)

    def _values(
        self, change: Change, new: Mapping[tuple[str, Any], int], timed: Mapping[tuple[str, Any, str], Value]
    ) -> dict[str, Value]:
        entity = self._entities.get(change.table)
        found: dict[str, Value] = {}
        for name, value in (change.after or {}).items():
            if entity is not None and name == entity.id_column and not entity.natural_key:
                continue
            column = self._columns[change.table][name]
            place = new.get((self._tables.get(column.references, ""), value))
            if place is not None:
                found[name] = New(place)
            elif (change.table, change.key, name) in timed:
                found[name] = timed[change.table, change.key, name]
            else:
                found[name] = bool(value) if column.kind == "bool" and value is not None else value
        return found

    def _timed(self, changes: Sequence[Change], later: Sequence[Change]) -> dict[tuple[str, Any, str], Value]:
        """The values that the second between two runs moved."""
        found: dict[tuple[str, Any, str], Value] = {}
        others = {(change.table, change.key): change.after or {} for change in later}
        for change in changes:
            other = others.get((change.table, change.key), {})
            for name, value in (change.after or {}).items():
                if name not in other or other[name] == value:
                    continue
                moved = FUNCTIONS["awm_add"].call(value, 0, 1) if isinstance(value, str) else None
                is_moment = self._columns[change.table][name].kind == "datetime" and moved == other[name]
                found[change.table, change.key, name] = Moment(str(value)) if is_moment else Timed()
        return found
