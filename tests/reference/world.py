"""The rows of a world in memory, and what must hold of them when a statement ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from awmc.semantics.model import Entity, Field, Model, Rule
from awmc.semantics.types import Type
from tests.reference.values import Row, integer

Values = dict[str, Any]
Link = tuple[str, str]
"""A many-to-many field: its entity and its name."""

Test = Callable[[Rule, Row], bool]
"""Whether a rule of an entity holds of a row."""


class Refusal(Exception):
    """Ends a call. `message` is empty where it is not the spec's own."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class World:
    """`tables`: the rows of each entity by key, each its columns by name. `links`: the pairs of keys of each
    many-to-many relation. `last`: the greatest id that was ever given.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.tables: dict[str, dict[int | str, Values]] = {name: {} for name in model.entities}
        self.links: dict[Link, set[tuple[Any, Any]]] = {
            (entity.name, field.name): set()
            for entity in model.entities.values()
            for field in entity.fields.values()
            if field.kind == "link" and not field.via
        }
        self.beyond = False
        """Whether something came up in the last call that cannot be held. It is refused then, unless it was not needed;
        what is needed is SQLite's to say."""
        self.last: dict[str, int] = dict.fromkeys(model.entities, 0)

    # ---- Reading

    def rows(self, entity: str) -> list[Row]:
        """All of them, in the order of their ids."""
        return [Row(entity, key) for key in sorted(self.tables[entity])]  # type: ignore[type-var]

    def exists(self, row: Row) -> bool:
        return row.key in self.tables[row.entity]

    def column(self, row: Row, name: str) -> Any:
        """The value of a stored column; null of a row that is gone."""
        return self.tables[row.entity].get(row.key, {}).get(name)

    def linked(self, row: Row, field: Field) -> list[Row]:
        """The rows that a many-to-many field of a row holds, in the order of their ids."""
        assert field.type.element is not None
        keys = {to for of, to in self.pairs(field) if of == row.key}
        return [Row(field.type.element.name, key) for key in sorted(keys)]

    def pairs(self, field: Field) -> set[tuple[Any, Any]]:
        """The keys that a many-to-many field pairs, its own end first; `@via` is the same relation from the other."""
        if not field.via:
            return self.links[field.entity, field.name]
        assert field.type.element is not None
        return {(to, of) for of, to in self.links[field.type.element.name, field.via]}

    def referring(self, entity: str) -> Iterator[tuple[Entity, Field]]:
        """The columns that refer to rows of an entity."""
        for other in self.model.entities.values():
            for field in other.fields.values():
                if field.kind == "stored" and field.type.kind == "row" and field.type.name == entity:
                    yield other, field

    # ---- Writing

    def snapshot(self) -> Any:
        tables = {name: {key: dict(row) for key, row in rows.items()} for name, rows in self.tables.items()}
        return tables, {link: set(pairs) for link, pairs in self.links.items()}, dict(self.last)

    def restore(self, snapshot: Any) -> None:
        self.tables, self.links, self.last = snapshot

    def insert(self, entity: Entity, values: Values, test: Test) -> Row:
        """A new row; every stored column is given but a numbered id."""
        key_field = entity.id_field
        key: Any
        if key_field.natural_key:
            key = values[key_field.name]
            if key in self.tables[entity.name]:
                self.check_row(entity, values)
                raise Refusal("conflict")
        else:
            key = self.last[entity.name] + 1
            self.last[entity.name] = key
        self.tables[entity.name][key] = dict(values)
        row = Row(entity.name, key)
        self.check(entity, [row], test)
        return row

    def update(self, entity: Entity, changes: list[tuple[Row, Values]], test: Test) -> None:
        """All at once: the new values were read before any row changes."""
        for row, values in changes:
            if self.exists(row):
                self.tables[entity.name][row.key].update(values)
        self.check(entity, [row for row, _ in changes if self.exists(row)], test)

    def link(self, field: Field, row: Row, others: Iterable[Row]) -> None:
        others = list(others)
        if not all(map(self.exists, [row, *others] if others else [])):
            raise Refusal("not_found")
        self._pair(field, row, others, set.update)

    def unlink(self, field: Field, row: Row, others: Iterable[Row]) -> None:
        self._pair(field, row, others, set.difference_update)

    def _pair(self, field: Field, row: Row, others: Iterable[Row], change: Callable[..., None]) -> None:
        assert field.type.element is not None
        if field.via:
            change(self.links[field.type.element.name, field.via], {(other.key, row.key) for other in others})
        else:
            change(self.links[field.entity, field.name], {(row.key, other.key) for other in others})

    def delete(self, rows: Iterable[Row]) -> None:
        """With them go the rows that refer to them by `@cascade`, and the links of either end."""
        gone: list[Row] = []
        edge = [row for row in rows if self.exists(row)]
        while edge:
            row = edge.pop()
            if row in gone:
                continue
            gone.append(row)
            for other, field in self.referring(row.entity):
                if field.cascade:
                    edge += [r for r in self.rows(other.name) if self.column(r, field.name) == row]
        for row in gone:
            del self.tables[row.entity][row.key]
            for (of, name), pairs in self.links.items():
                element = self.model.entities[of].fields[name].type.element
                assert element is not None
                if of == row.entity:
                    pairs -= {pair for pair in pairs if pair[0] == row.key}
                if element.name == row.entity:
                    pairs -= {pair for pair in pairs if pair[1] == row.key}
        for row in gone:
            for other, field in self.referring(row.entity):
                if any(self.column(r, field.name) == row for r in self.rows(other.name)):
                    raise Refusal("in_use")

    # ---- What must hold when a statement ends

    def check(self, entity: Entity, rows: list[Row], test: Test) -> None:
        """Ranges and checks of the rows that were written, then the entity's unique keys."""
        for row in rows:
            self.check_row(entity, self.tables[entity.name][row.key])
            for rule in entity.checks:
                if not test(rule, row):
                    raise Refusal("check_failed")
        for field in entity.fields.values():
            if field.unique:
                self._unique(entity, (field,), self.rows(entity.name))
        for rule in entity.uniques:
            meant = [row for row in self.rows(entity.name) if rule.test is None or test(rule, row)]
            self._unique(entity, rule.fields, meant)
        for row in rows:
            for value in self.tables[entity.name][row.key].values():
                if isinstance(value, Row) and not self.exists(value):
                    raise Refusal("not_found")

    def check_row(self, entity: Entity, values: Values) -> None:
        for field in entity.fields.values():
            if field.kind == "stored" and not allowed(field.type, values[field.name]):
                raise Refusal("check_failed")

    def _unique(self, entity: Entity, fields: tuple[Field, ...], rows: list[Row]) -> None:
        seen: list[list[Any]] = []
        for row in rows:
            key = [self.column(row, field.name) for field in fields]
            if any(part is None for part in key):
                continue  # as in SQL, a null is like no other
            if key in seen:
                raise Refusal("conflict")
            seen.append(key)


def allowed(kind: Type, value: Any) -> bool:
    """Whether a value is within what its type allows: null, range or length, pattern."""
    if value is None:
        return kind.nullable
    if kind.kind == "record":
        return all(allowed(part, value.get(name)) for name, part in kind.fields)
    if kind.kind == "list":
        inside = _between(len(value), kind.low, kind.high)
        return inside and all(allowed(kind.element, item) for item in value if kind.element is not None)
    if isinstance(value, str):
        fits = kind.pattern is None or re.fullmatch(kind.pattern, value, re.ASCII) is not None
        return fits and _between(len(value), kind.low, kind.high)
    if kind.kind == "money":
        cents = int(value * 100)
        return integer(cents) is not None and _between(cents, kind.low, kind.high)
    if kind.kind in ("date", "datetime"):
        return _between(value.isoformat(), kind.low, kind.high)
    if isinstance(value, int) and integer(value) is None:
        return False
    return _between(value, kind.low, kind.high)


def _between(value: Any, low: Any, high: Any) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)
