"""Texts in quotation marks: does the world hold them, or does a `solve` pass them on?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import apsw

from awmc.backends.sql import identifier
from awmc.ir import nodes
from awmc.oracle.play import Made
from awmc.runtime.matching import occurrences

_TEXTS = ("text", "email", "url", "enum")


class Quotes:
    """Of one environment; the texts of its world are read once."""

    def __init__(self, environment: nodes.Environment) -> None:
        self._environment = environment
        self._known: tuple[str, ...] | None = None

    def are_known(self, quote: str, world: apsw.Connection, calls: Sequence[Made]) -> bool:
        """Whether the quoted text stands in a text of the world, or in an argument of a call."""
        if self._known is None:
            self._known = tuple(self._texts(world))
        passed_on = [text for call in calls for text in _texts_in(call.arguments)]
        return any(_says(text, quote) for text in (*passed_on, *self._known))

    def _texts(self, world: apsw.Connection) -> Iterator[str]:
        for enum in self._environment.enums:
            for value in enum.values:
                yield from (value.wire, value.name)
        for entity in self._environment.entities:
            for column in entity.columns:
                if column.type.kind in _TEXTS:
                    name, table = identifier(column.name).sql(), identifier(entity.table).sql()
                    for (text,) in world.execute(
                        f"SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL"
                    ):
                        yield str(text)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _all_texts(value.values())
    elif isinstance(value, list):
        yield from _all_texts(value)


def _all_texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from _texts_in(value)


def _says(text: str, quote: str) -> bool:
    return next(iter(occurrences(text, quote)), None) is not None
