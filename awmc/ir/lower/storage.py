"""How fields are stored: types, columns of records, tables of many-to-many relations."""

from __future__ import annotations

from functools import lru_cache

from awmc.ir import nodes
from awmc.semantics import types
from awmc.semantics.model import Entity, Field, Model


def type_of(kind: types.Type) -> nodes.Type:
    """The IR's form of a type."""
    if kind.element is None and not kind.fields:
        return _plain(kind, kind.low, kind.high, kind.pattern, kind.scope)
    return _make(kind)


@lru_cache(maxsize=4096)
def _plain(kind: types.Type, *limits: object) -> nodes.Type:
    """`limits` tell apart what types, for which limits are no part of their identity, do not."""
    return _make(kind)


def _make(kind: types.Type) -> nodes.Type:
    return nodes.Type(
        kind=kind.kind,  # type: ignore[arg-type]
        nullable=kind.nullable and kind.kind != "null",
        name=kind.name,
        low=kind.low,
        high=kind.high,
        pattern=kind.pattern,
        element=type_of(kind.element) if kind.element is not None else None,
        paged=kind.paged,
        fields=tuple(
            nodes.TypeField(name=n, type=type_of(t), required=not t.nullable) for n, t in kind.fields
        ),
        scope=kind.scope,
    )


def columns_of(field: Field) -> list[tuple[str, str, types.Type]]:
    """The columns of a stored field: name, path in the spec, type. The parts of a nullable record may all be
    null.
    """
    if field.type.kind != "record":
        return [(field.name, field.name, field.type)]
    return [
        (f"{field.name}_{part}", f"{field.name}.{part}", kind.or_null(field.type.nullable))
        for part, kind in field.type.fields
    ]


def part_column(field: Field, part: str) -> str:
    """The column of one part of a record field."""
    return f"{field.name}_{part}"


def witnesses(field: Field) -> tuple[str, ...]:
    """The columns of a nullable record that are all null just where the record is: its first part that may not be
    null, or, where each may be, all of them.
    """
    fields = field.type.fields
    names = [name for name, kind in fields if not kind.nullable][:1] or [name for name, _ in fields]
    return tuple(part_column(field, name) for name in names)


def link_of(model: Model, field: Field) -> nodes.ManyToMany:
    """The table of a many-to-many field; with `@via`, that of the field at the other end, read from here."""
    entity = model.entities[field.entity]
    assert field.type.element is not None
    other = model.entities[field.type.element.name]
    if field.via:
        same = link_of(model, other.fields[field.via])
        return nodes.ManyToMany(
            name=field.name,
            entity=other.name,
            table=same.table,
            of_column=same.to_column,
            to_column=same.of_column,
        )
    to_column = other.table if other is not entity else field.name
    return nodes.ManyToMany(
        name=field.name,
        entity=other.name,
        table=f"{entity.table}_{field.name}",
        of_column=entity.table,
        to_column=to_column,
    )


def key_of(model: Model, entity: str, label: str) -> int | str:
    """The key of a labelled seed row."""
    return model.labels[entity][label]


class Tables:
    """The tables of entities and, by `Entity.field`, of links; in the order of the spec."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._tables: dict[str, str] = {}
        for entity in model.entities.values():
            self._tables[entity.name] = entity.table
            for field in entity.fields.values():
                if field.kind == "link" and not field.via:
                    self._tables[f"{entity.name}.{field.name}"] = link_of(model, field).table
        self._places = {name: place for place, name in enumerate(self._tables)}

    def of(self, names: set[str]) -> tuple[str, ...]:
        """The tables of entities and links."""
        return tuple(self._tables[name] for name in self._in_order(names))

    def columns(self, updates: set[tuple[str, str]]) -> tuple[str, ...]:
        """`table.column` for the columns of fields, each by its entity's name and its own."""
        return tuple(
            f"{self._tables[name]}.{column}"
            for name in self._in_order({name for name, _ in updates})
            for field in self._model.entities[name].fields.values()
            if (name, field.name) in updates
            for column, _, _ in columns_of(field)
        )

    def _in_order(self, names: set[str]) -> list[str]:
        return sorted(names & self._places.keys(), key=self._places.__getitem__)


def ordered(model: Model) -> list[Entity]:
    """Entities so that a row refers to earlier ones, where there is no circle; else in source order."""
    done: dict[str, Entity] = {}
    busy: set[str] = set()

    def visit(entity: Entity) -> None:
        if entity.name in done or entity.name in busy:
            return
        busy.add(entity.name)
        for field in entity.fields.values():
            if field.kind == "stored" and field.type.kind == "row" and field.type.name in model.entities:
                visit(model.entities[field.type.name])
        done[entity.name] = entity

    for entity in model.entities.values():
        visit(entity)
    return list(done.values())
