"""What was measured, as text or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich import box
from rich.console import Console
from rich.table import Table as RichTable


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement. `of`: the figure of the same run that it is compared with, and `ratio` how many times that it
    takes; `limit` is the target in seconds, `most` the target of the ratio. Where `unit` is another than seconds, so
    is what `seconds` and `limit` count.
    """

    what: str
    seconds: float
    of: str = ""
    ratio: float | None = None
    limit: float | None = None
    most: float | None = None
    unit: str = "s"

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None without one."""
        found = []
        if self.limit is not None:
            found.append(self.seconds <= self.limit)
        if self.most is not None and self.ratio is not None:
            found.append(self.ratio <= self.most)
        return all(found) if found else None


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    figures: tuple[Figure, ...]


def compared(
    what: str, seconds: float, floor: Figure, *, limit: float | None = None, most: float | None = None
) -> Figure:
    """A figure beside its floor."""
    return Figure(what, seconds, floor.what, seconds / floor.seconds, limit, most, floor.unit)


def as_text(tables: Sequence[Table]) -> str:
    """One table below the other."""
    console = Console(width=120, highlight=False, markup=False, color_system=None)
    with console.capture() as captured:
        for table in tables:
            shown = RichTable(title=table.title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
            shown.add_column("")
            for column in ("time", "ratio"):
                shown.add_column(column, justify="right")
            for column in ("to", "target", ""):
                shown.add_column(column)
            for figure in table.figures:
                shown.add_row(*_cells(figure))
            console.print(shown)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def as_json(tables: Sequence[Table]) -> str:
    """A list of tables; times in seconds."""
    data = [
        {
            "title": table.title,
            "figures": [{**asdict(figure), "met": figure.is_met} for figure in table.figures],
        }
        for table in tables
    ]
    return json.dumps(data, indent=2) + "\n"


def _cells(figure: Figure) -> tuple[str, ...]:
    targets = []
    if figure.limit is not None:
        targets.append(_said(figure.limit, figure.unit))
    if figure.most is not None:
        targets.append(f"{figure.most:g} ×")
    met = {True: "met", False: "missed", None: ""}[figure.is_met]
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f} ×"
    return figure.what, _said(figure.seconds, figure.unit), ratio, figure.of, ", ".join(targets), met


def _said(amount: float, unit: str) -> str:
    if unit != "s":
        return f"{amount:,.0f} {unit}"
    if amount < 1e-3:
        return f"{amount * 1e6:.1f} µs"
    return f"{amount:.2f} s" if amount >= 1 else f"{amount * 1000:.1f} ms"
