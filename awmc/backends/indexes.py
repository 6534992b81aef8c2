"""Which columns deserve an index: references, and what the tools look rows up by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from awmc.ir import nodes
from awmc.ir.below import BELOW

# Of a bool or an enum there are too few values for an index to help; a number is seldom looked up.
_SELECTIVE: Final = frozenset({"row", "id", "text", "email", "url", "date", "datetime"})


def indexed(environment: nodes.Environment) -> dict[str, tuple[str, ...]]:
    """Per entity, in the order of its columns, those to index beside the unique keys: references, and what a
    query of a tool, a scope, an invariant, a computed column or a shape holds to one value, or to a list of
    values, whenever it runs. (A filter that may be left out cannot use an index.)
    """
    wanted = {
        entity.name: {c.name for c in entity.columns if c.references} for entity in environment.entities
    }
    for entity in environment.entities:
        own = {"self": entity.name}
        for scope in entity.scopes:
            _note(scope.test, own, wanted)
            _look(scope.test, wanted)
        _look(entity.computed, wanted)
    for part in (environment.tools, environment.invariants, environment.shapes):
        _look(part, wanted)
    return {entity.name: tuple(_missing(entity, wanted[entity.name])) for entity in environment.entities}


def _missing(entity: nodes.Entity, wanted: set[str]) -> Iterator[str]:
    """The wanted columns with which no unique key begins."""
    led = {entity.id_column} | {unique.columns[0] for unique in entity.uniques if unique.where is None}
    for column in entity.columns:
        if column.name in wanted and column.name not in led and not column.unique:
            yield column.name


def _look(node: Any, wanted: dict[str, set[str]]) -> None:
    """Notes the lookups of every query inside of `node`."""
    stack = [node]
    while stack:
        part = stack.pop()
        kind = type(part)
        if kind is tuple:
            stack += part
        elif (names := BELOW[kind]) is not None:
            if kind is nodes.Query:
                sources = {s.alias: s.of.entity for s in part.sources if isinstance(s.of, nodes.EntitySource)}
                for term in part.where:
                    if not term.given:
                        _note(term.test, sources, wanted)
            stack += [getattr(part, name) for name in names if name != "params"]


def _note(test: nodes.Expr, sources: dict[str, str], wanted: dict[str, set[str]]) -> None:
    """Notes the columns of `sources` that a term holds to one value or a list of values."""
    if not isinstance(test, nodes.Apply):
        return
    if test.fn == "and":
        for arg in test.args:
            _note(arg, sources, wanted)
    elif test.fn in ("eq", "in_list"):
        for side in test.args if test.fn == "eq" else test.args[:1]:
            if (
                isinstance(side, nodes.Column)
                and isinstance(side.of, nodes.Var)
                and side.type.kind in _SELECTIVE
            ):
                entity = sources.get(side.of.name)
                if entity is not None:
                    wanted[entity].add(side.column)
