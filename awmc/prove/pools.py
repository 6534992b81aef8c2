"""What a world holds that arguments can be taken from: ids in scope, texts of columns."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, Final

import apsw

from awmc.ir import nodes
from awmc.oracle.evaluate import Terms
from awmc.prove.ends import quoted
from awmc.prove.values import TEXTS, fits

_TEXTS: Final = 12
"""Texts of one name that are kept."""


class Pool:
    """Of one world at one instant, as one actor sees it. What is asked is remembered."""

    def __init__(self, terms: Terms, connection: apsw.Connection, *, now: str, me: Any) -> None:
        self._terms = terms
        self._connection = connection
        self.now = now
        self._bound = {"now": now, "me": me}
        self._keys: dict[tuple[str, str], list[Any]] = {}
        self._texts: dict[str, list[str]] = {}

    def ids(self, type_: nodes.Type) -> Sequence[Any]:
        """The ids that a parameter of this type takes, as an agent writes them, in order."""
        place = (type_.name, type_.scope)
        if place not in self._keys:
            self._keys[place] = [self._terms.id_text(type_, key) for key in self._in_scope(*place)]
        return self._keys[place]

    def _in_scope(self, entity: str, scope: str) -> list[Any]:
        described = self._terms.entities[entity]
        key = quoted(described.id_column)
        keys = [
            found
            for (found,) in self._connection.execute(
                f"SELECT {key} FROM {quoted(described.table)} ORDER BY {key}"
            )
        ]
        if not scope:
            return keys
        sql = self._terms.once(
            described, f"in {scope}", lambda: self._terms.compiler.in_scope(entity, scope, "key")
        )
        execute = self._connection.cursor().execute
        return [found for found in keys if execute(sql.text, {**self._bound, "key": found}).get is not None]

    def texts(self, name: str, type_: nodes.Type) -> list[str]:
        """Texts that columns of this name hold, and that the type allows."""
        if name not in self._texts:
            found: dict[str, None] = {}
            for entity in self._terms.environment.entities:
                for column in entity.columns:
                    if column.name == name and column.type.kind in TEXTS:
                        sql = f"SELECT DISTINCT {quoted(name)} FROM {quoted(entity.table)} ORDER BY 1"
                        found |= dict.fromkeys(text for (text,) in self._connection.execute(sql) if text)
            self._texts[name] = list(found)[:_TEXTS]
        return [text for text in self._texts[name] if fits(type_, text)]

    def members(self, type_: nodes.Type) -> tuple[str, ...]:
        """The wire texts of an enum."""
        found = next(enum for enum in self._terms.environment.enums if enum.name == type_.name)
        return tuple(value.wire for value in found.values)


class Pools:
    """Several worlds as one: before a run, and after it."""

    def __init__(self, *pools: Pool) -> None:
        self._pools = pools
        self.now = pools[-1].now

    def ids(self, type_: nodes.Type) -> list[Any]:
        """The ids of all of them, those of the last first."""
        return list(dict.fromkeys(key for pool in reversed(self._pools) for key in pool.ids(type_)))

    def new_ids(self, type_: nodes.Type) -> list[Any]:
        """The ids that the first does not have."""
        known = set(self._pools[0].ids(type_))
        return [key for key in self.ids(type_) if key not in known]

    def texts(self, name: str, type_: nodes.Type) -> list[str]:
        return list(dict.fromkeys(text for pool in self._pools for text in pool.texts(name, type_)))

    def members(self, type_: nodes.Type) -> tuple[str, ...]:
        return self._pools[0].members(type_)


def shuffled(items: Sequence[Any], random: Random) -> list[Any]:
    """A shuffled copy."""
    found = list(items)
    random.shuffle(found)
    return found
