"""What takes longer than a keystroke, in a process of its own: running a spec's world, and its rows."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context, parent_process
from typing import ParamSpec, TypeVar

from awmc.diagnostics import Diagnostic
from awmc.source import Source

LONGEST = 120.0
"""Seconds after which a check is given up."""

Given = ParamSpec("Given")
Found = TypeVar("Found")


def check(source: Source) -> tuple[Diagnostic, ...]:
    """All that `awmc check` says of a spec."""
    from awmc.pipeline import check_source

    return check_source(source)


def rows(source: Source, entity: str) -> str:
    """The rows of an entity in the world as it begins, as a table in Markdown; empty where the spec has errors."""
    from awmc.pipeline import compile_source

    environment = compile_source(source).environment
    found = (
        next((e for e in environment.entities if e.name == entity), None) if environment is not None else None
    )
    if environment is None or found is None:
        return ""
    names = [column.name for column in found.columns]
    lines = [f"# {entity}", "", _line(names), _line(["---"] * len(names))]
    for row in environment.rows.get(found.table, ()):
        kinds = [column.type.kind for column in found.columns]
        lines.append(_line([_cell(kind, value) for kind, value in zip(kinds, row, strict=True)]))
    return "\n".join(lines) + "\n"


def _cell(kind: str, value: object) -> str:
    if value is None:
        return ""
    if kind == "money" and isinstance(value, int):
        return f"{value // 100}.{value % 100:02}" if value >= 0 else f"-{-value // 100}.{-value % 100:02}"
    return ("true" if value else "false") if kind == "bool" else str(value)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


class Worker:
    """One process that does one thing after the other; it starts when it is first needed, and again when it died."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()

    async def run(
        self,
        do: Callable[Given, Found],
        wanted: Callable[[], bool],
        *args: Given.args,
        **kwargs: Given.kwargs,
    ) -> Found | None:
        """What a function of a module gives; None where it is no longer wanted when its turn comes, or where it died
        or took too long.
        """
        async with self._turn:
            if not wanted():
                return None
            if self._pool is None:
                self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin)
            try:
                future = self._pool.submit(do, *args, **kwargs)
                return await asyncio.wait_for(asyncio.wrap_future(future), LONGEST)
            except (BrokenProcessPool, TimeoutError):
                self.stop()
                return None

    def stop(self) -> None:
        """Ends the process, whatever it does."""
        if self._pool is not None:
            for process in active_children():
                process.terminate()
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _begin() -> None:
    """Ctrl-C is the parent's business; without a parent there is nothing to do here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(200_000, 20, 20)
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _outlive_nobody() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
