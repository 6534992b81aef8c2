"""Whether the order in which a tool answers its rows says which of them is meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awmc.ir import nodes
from awmc.runtime.functions import FUNCTIONS


class GivenOrder:
    """Of the tools of one environment."""

    def __init__(self, environment: nodes.Environment) -> None:
        self._searched = {
            entity.name: tuple(column.name for column in entity.columns if column.search)
            for entity in environment.entities
        }

    def says(self, tool: nodes.Tool, arguments: Mapping[str, Any], rows: list[Any]) -> bool:
        """Whether the first of the rows that a call answered comes before the second by more than its id: the tool
        has an order, or was asked for one. Where a tool returns no query, that is taken for granted.
        """
        last = tool.body[-1] if tool.body else None
        if not isinstance(last, nodes.Return) or not isinstance(last.value, nodes.Query):
            return True
        entity, _, item = tool.derived_from.partition(".")
        if item != "list":
            return bool(last.value.order)
        if arguments.get("sort") is not None:
            return True
        words = arguments.get("query")
        return isinstance(words, str) and self._differ(self._searched[entity], words, rows)

    def _differ(self, columns: tuple[str, ...], words: str, rows: list[Any]) -> bool:
        """Whether the first of the rows matches better than the second; true where they do not show it."""
        first = [row for row in rows[:2] if isinstance(row, dict) and all(name in row for name in columns)]
        if len(first) < 2:
            return True
        relevance = FUNCTIONS["awm_relevance"].call
        one, other = (relevance(" ".join(row[name] or "" for name in columns), words) for row in first)
        return bool(one != other)
