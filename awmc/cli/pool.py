"""Work on several processes; what comes back is in the order of the work."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


def spread(
    do: Callable[[Item], Found],
    items: Sequence[Item],
    processes: int,
    failed: Callable[[Item, Exception], Found],
) -> Iterator[Found]:
    """What `do`, a function of a module, gives for each item. `processes`: 0 for one per core; `failed`: what is given
    where a process has died.
    """
    wanted = min(processes or _cores(), len(items))
    if wanted < 2:
        yield from map(do, items)
        return
    pool = ProcessPoolExecutor(wanted, mp_context=get_context("spawn"))
    try:
        with _uninterrupted():
            futures = deque(pool.submit(do, item) for item in items)
        for item in items:
            try:
                found = futures.popleft().result()
            except BrokenProcessPool as error:
                found = failed(item, error)
            yield found
    except BaseException:
        # Nobody waits for the rest. These processes only compute; what is written is written by their parent.
        for process in active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes that start in here never hear of Ctrl-C: their parent does, and ends them."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
