"""In words: how the end of a run differs from the end of a `solve`, and what a run has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from awmc.prove.ends import Cells, End, Ends, Row
from awmc.prove.likeness import Target
from awmc.runtime.tables import Key, Tables
from awmc.runtime.wording import Wording

_LISTED: Final = 8


class Words:
    """Of one world."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._tables: Tables = ends.world.tables
        self._words = Wording(self._tables, ())
        self._moved: Mapping[tuple[Row, str], bool] = {}

    def differences(self, found: End, target: Target) -> list[str]:
        """What a run has left otherwise than a `solve`; new rows are compared by their keys, and what the clock moves
        is left out."""
        wanted = target.end
        self._moved = target.moved
        lines = [*self._made(found, wanted), *self._changed(found, wanted), *self._gone(found, wanted)]
        if found.ended != wanted.ended:
            lines.append("the conversation was " + ("" if found.ended else "not ") + "handed over")
        more = len(lines) - _LISTED
        return [*lines[:_LISTED], f"and {more} more"] if more > 0 else lines

    def _made(self, found: End, wanted: End) -> Iterator[str]:
        for row in self._sorted(found.made.keys() | wanted.made.keys()):
            asked, held = wanted.made.get(row), found.made.get(row)
            if isinstance(row[1], tuple):
                if asked is None or held is None:
                    yield f"{self._link(row, row[1])} were {'not ' if held is None else ''}linked"
            elif asked is None and held is not None:
                yield f"{self._row(row)} was made{self._with(row, held)}"
            elif held is None and asked is not None:
                yield f"{self._row(row)} was not made{self._with(row, asked)}"
            elif asked is not None and held is not None:
                yield from self._cells(row, held, asked)

    def _changed(self, found: End, wanted: End) -> Iterator[str]:
        for row in self._sorted(found.changed.keys() | wanted.changed.keys()):
            asked, held = wanted.changed.get(row, {}), found.changed.get(row, {})
            if row in found.gone or row in wanted.gone:
                continue
            names = dict.fromkeys((*asked, *held))
            before = {name: self._ends.before(row, name) for name in names}
            yield from self._cells(row, {**before, **held}, {**before, **asked})

    def _gone(self, found: End, wanted: End) -> Iterator[str]:
        for row in self._sorted(found.gone ^ wanted.gone):
            if isinstance(row[1], tuple):
                yield f"{self._link(row, row[1])} are {'not' if row in found.gone else 'still'} linked"
                continue
            yield f"{self._row(row)} {'was deleted' if row in found.gone else 'is still there'}"

    def _cells(self, row: Row, held: Cells, asked: Cells) -> Iterator[str]:
        for column, value in held.items():
            if column in asked and value != asked[column] and (row, column) not in self._moved:
                field = self._words.field(row[0], column)
                shown, meant = (self._words.value(row[0], column, one) for one in (value, asked[column]))
                yield f"{self._row(row)}: {field} is {shown} instead of {meant}"

    def _with(self, row: Row, cells: Cells) -> str:
        shown = [
            f"{self._words.field(row[0], column)} {self._words.value(row[0], column, value)}"
            for column, value in cells.items()
            if column not in self._tables.by_name[row[0]].key and value is not None
        ]
        return f" with {', '.join(shown)}" if shown else ""

    def _link(self, row: Row, ends: tuple[Key, ...]) -> str:
        columns = self._tables.by_name[row[0]].columns
        shown = [f"{column.name} {key}" for column, key in zip(columns, ends, strict=True)]
        return f"{' and '.join(shown)} ({row[0]})"

    def _row(self, row: Row) -> str:
        return self._words.row(*row)

    def _sorted(self, rows: Any) -> list[Row]:
        return sorted(rows, key=lambda row: (self._tables.order[row[0]], row[1]))
