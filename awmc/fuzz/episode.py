"""A run of calls that can be played again, with some of them left out: ids of rows that the run itself made are kept as
references to the call that made them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awmc.fuzz.rows import Change
from awmc.fuzz.values import no_key
from awmc.fuzz.watch import Observed, Watch
from awmc.ir import nodes
from awmc.runtime.tables import Key, Tables


@dataclass(frozen=True, slots=True)
class Made:
    """The id of the `nth` row of an entity that the step with this number made."""

    step: int
    entity: str
    nth: int


@dataclass(frozen=True, slots=True)
class Step:
    """One call. `number` stays its own when others are left out; in `arguments` a `Made` may stand anywhere."""

    number: int
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Played:
    """One call as it was made, in wire form, and what came of it."""

    tool: str
    arguments: Mapping[str, Any]
    observed: Observed


@dataclass(slots=True)
class Births:
    """The rows that a run has made so far."""

    tables: Tables
    _keys: dict[tuple[int, str], list[Key]] = field(default_factory=dict)
    _made: dict[tuple[str, Any], Made] = field(default_factory=dict)

    def add(self, number: int, changes: Iterable[Change]) -> None:
        """Notes those of a step."""
        for change in changes:
            table = change.table
            if change.before is None and change.after is not None and table.entity:
                key = change.after[table.key_places[0]]
                keys = self._keys.setdefault((number, table.entity), [])
                self._made[table.entity, table.wire_key(key)] = Made(number, table.entity, len(keys))
                keys.append(key)

    def referring(self, type_: nodes.Type, value: Any) -> Any:
        """The value with ids of such rows replaced by references."""
        if not self._made:
            return value
        match type_.kind:
            case "row" | "id" if isinstance(value, (int, str)) and not isinstance(value, bool):
                return self._made.get((type_.name, value), value)
            case "list" if isinstance(value, list) and type_.element is not None:
                return [self.referring(type_.element, one) for one in value]
            case "record" if isinstance(value, dict):
                kinds = {part.name: part.type for part in type_.fields}
                return {
                    name: self.referring(kinds[name], part) if name in kinds else part
                    for name, part in value.items()
                }
        return value

    def resolved(self, value: Any) -> Any:
        """The value with references replaced by ids; by one of no row where the row was not made."""
        if isinstance(value, Made):
            table = self.tables.by_entity[value.entity]
            keys = self._keys.get((value.step, value.entity), ())
            if value.nth < len(keys):
                return table.wire_key(keys[value.nth])
            return no_key(table)
        if isinstance(value, list):
            return [self.resolved(one) for one in value]
        if isinstance(value, dict):
            return {name: self.resolved(part) for name, part in value.items()}
        return value


def play(watch: Watch, steps: Sequence[Step]) -> list[Played]:
    """Plays the steps in the untouched world, up to the first that breaks a promise gravely."""
    watch.reset()
    births = Births(watch.promises.world.tables)
    played = []
    for step in steps:
        arguments = births.resolved(dict(step.arguments))
        observed = watch.call(step.tool, arguments)
        births.add(step.number, observed.changes)
        played.append(Played(step.tool, arguments, observed))
        if any(breach.level == "error" for breach in observed.breaches):
            break
    return played
