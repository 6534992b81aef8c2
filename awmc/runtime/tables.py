"""What a world's tables are, as far as the runtime must know: read from `env.json` as plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any

from awmc.runtime.values import Stored, id_format, money_text, number_text

Key = int | str
"""The key of a row, in storage form."""


@dataclass(frozen=True, slots=True)
class Column:
    """A stored column. `type` is the IR's, as JSON; `references`: the entity that it refers to."""

    name: str
    field: str
    type: Mapping[str, Any]
    untracked: bool = False
    hidden: bool = False
    references: str = ""
    cascade: bool = False
    moves: Mapping[str, tuple[str, ...]] | None = None

    def allowed(self, constraint: str) -> str:
        """What a constraint of the column allows (`range`, `length`, `pattern`, `values`, `format`), in
        words: `must be 10 to 120`.
        """
        if constraint not in ("range", "length"):
            pattern = self.type.get("pattern")
            return (
                f"must match the pattern {pattern}"
                if constraint == "pattern"
                else f"must be a {self.type['kind']}"
            )
        kind, low, high = self.type["kind"], self.type.get("low"), self.type.get("high")
        verb, unit = ("have", " characters") if kind in ("text", "email", "url") else ("be", "")
        ends = [None if end is None else _end(kind, end) for end in (low, high)]
        if ends[0] is None or ends[1] is None:
            return f"must {verb} at {'most' if ends[0] is None else 'least'} {ends[0] or ends[1]}{unit}"
        return f"must {verb} {ends[0]} to {ends[1]}{unit}"


def _end(kind: str, end: int | float | str) -> str:
    if kind == "money":
        return money_text(int(end))
    return end if isinstance(end, str) else number_text(end)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of an entity, or (`entity` is empty) of a many-to-many relation. `key`: its primary key's
    columns. `tracked`: the columns whose changes count, each with its place in a row.
    """

    name: str
    entity: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    id_format: str = ""
    uniques: Mapping[str, tuple[str, ...]] | None = None
    checks: Mapping[str, str] | None = None
    tracked: tuple[tuple[str, int], ...] = field(init=False, repr=False, compare=False)
    _by_name: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = enumerate(self.columns)
        tracked = tuple((column.name, place) for place, column in places if not column.untracked)
        object.__setattr__(self, "tracked", tracked)
        object.__setattr__(self, "_by_name", {column.name: column for column in self.columns})

    def column(self, name: str) -> Column:
        return self._by_name[name]

    @property
    def key_places(self) -> tuple[int, ...]:
        """Where the columns of the key stand in a row."""
        names = [column.name for column in self.columns]
        return tuple(map(names.index, self.key))

    def wire_key(self, key: Key) -> Stored:
        """The key as the agent sees it."""
        return id_format(self.id_format).format(int(key)) if self.id_format else key


@dataclass(frozen=True)
class Tables:
    """All tables, by name, in the order of the schema: entities, then many-to-many relations."""

    by_name: Mapping[str, Table]

    @classmethod
    def read(cls, environment: Mapping[str, Any]) -> Tables:
        """From the JSON of `env.json`, whose defaults are left out."""
        entities = environment.get("entities", ())
        found = [_entity_table(entity) for entity in entities]
        by_name = {table.name: table for table in found}
        for entity in entities:
            for link in entity.get("links", ()):
                # A relation that both ends name is one table, with the columns in the first one's order.
                by_name.setdefault(link["table"], _link_table(link))
        return cls(by_name)

    def __iter__(self) -> Iterator[Table]:
        return iter(self.by_name.values())

    @cached_property
    def by_entity(self) -> Mapping[str, Table]:
        return {table.entity: table for table in self if table.entity}

    @cached_property
    def order(self) -> Mapping[str, int]:
        """Each table's place in the schema."""
        return {name: place for place, name in enumerate(self.by_name)}

    @cached_property
    def key_of(self) -> Mapping[str, Callable[[Sequence[Any]], Any]]:
        """Of each table, what picks the key out of a whole row: one value, or a tuple of them."""
        return {
            table.name: itemgetter(*(table.columns.index(table.column(name)) for name in table.key))
            for table in self
        }

    @cached_property
    def numbered(self) -> frozenset[str]:
        """The tables whose key is a numbered id, which is SQLite's rowid."""
        return frozenset(
            table.name
            for table in self
            if len(table.key) == 1 and table.column(table.key[0]).type["kind"] == "id"
        )

    @cached_property
    def row_of(self) -> Mapping[str, str]:
        """Of each table, the statement that reads the whole row of a key."""
        return {table.name: _row_of(table) for table in self}

    def referrers(self, entity: str) -> list[str]:
        """The entities whose rows can keep one of `entity` from being deleted, directly or by a cascade."""
        reached = [entity]
        found: list[str] = []
        for target in reached:
            for table in self:
                for column in table.columns:
                    if column.references != target or not table.entity:
                        continue
                    kept = reached if column.cascade else found
                    if table.entity not in kept:
                        kept.append(table.entity)
        return found


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _row_of(table: Table) -> str:
    columns = ", ".join(quoted(column.name) for column in table.columns)
    key = " AND ".join(f"{quoted(name)} = ?" for name in table.key)
    return f"SELECT {columns} FROM {quoted(table.name)} WHERE {key}"


def _entity_table(entity: Mapping[str, Any]) -> Table:
    return Table(
        name=entity["table"],
        entity=entity["name"],
        key=(entity["id_column"],),
        columns=tuple(_column(column) for column in entity["columns"]),
        id_format=entity.get("id_format", ""),
        uniques={unique["name"]: tuple(unique["columns"]) for unique in entity.get("uniques", ())},
        checks={check["name"]: check["message"] for check in entity.get("checks", ())},
    )


def _column(column: Mapping[str, Any]) -> Column:
    moves = {move["source"]: tuple(move["targets"]) for move in column.get("moves", ())}
    return Column(
        name=column["name"],
        field=column["field"],
        type=column["type"],
        untracked=column.get("untracked", False),
        hidden=column.get("hidden", False),
        references=column.get("references", ""),
        cascade=column.get("cascade", False),
        moves=moves or None,
    )


def _link_table(link: Mapping[str, Any]) -> Table:
    ends = (link["of_column"], link["to_column"])
    columns = tuple(Column(name=end, field=end, type={"kind": "row"}, cascade=True) for end in ends)
    return Table(name=link["table"], entity="", key=ends, columns=columns)
