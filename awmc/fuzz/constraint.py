"""What the database itself refuses, by what the agent is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from awmc.ir import nodes
from awmc.runtime import constraints
from awmc.runtime.tables import Tables


@dataclass(frozen=True, slots=True)
class Constraint:
    """One of an entity. `message`: of the refusal; `what`: the column, the columns, or nothing."""

    kind: Literal["range", "check", "unique", "in_use"]
    code: str
    message: str
    of: nodes.Entity
    what: str = ""
    column: nodes.StoredColumn | None = None
    unique: nodes.Unique | None = None
    check: nodes.Check | None = None

    def __str__(self) -> str:
        """As an author knows it."""
        name = self.of.name
        match self.kind:
            case "range":
                return f"the range of {name}.{self.what}"
            case "check":
                return f"a @@check of {name}"
            case "unique":
                return f"the unique key {name}({self.what})"
            case "in_use":
                return f"what refers to {name}"


def constraints_of(environment: nodes.Environment, tables: Tables) -> Mapping[tuple[str, str], Constraint]:
    """Every constraint of a world, by code and message."""
    found = (one for entity in environment.entities for one in _of(entity, tables))
    return {(one.code, one.message): one for one in found}


def _of(entity: nodes.Entity, tables: Tables) -> Iterator[Constraint]:
    table = tables.by_entity[entity.name]
    for check in entity.checks:
        yield Constraint("check", "check_failed", check.message, entity, check=check)
    uniques = list(entity.uniques)
    for column in entity.columns:
        if column.type.low is not None or column.type.high is not None:
            kind = "length" if column.type.kind in ("text", "email", "url") else "range"
            message = constraints.column_message(table, table.column(column.name), kind)
            yield Constraint("range", "check_failed", message, entity, column.field, column=column)
        if column.unique or (column.name == entity.id_column and entity.natural_key):
            uniques.append(nodes.Unique(name="", columns=(column.name,)))
    for unique in uniques:
        message = constraints.conflict_message(table, unique.columns)
        fields = ", ".join(table.column(name).field for name in unique.columns)
        yield Constraint("unique", "conflict", message, entity, fields, unique=unique)
    yield Constraint("in_use", "in_use", constraints.in_use_message(entity.name, tables), entity)
