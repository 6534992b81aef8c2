"""Clocks: of calls in this process, and of whole processes. They tell the time on the wall, or, where others work on
the machine too, the time that its cores worked for what is measured.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter, process_time


class Clock:
    """`of_cores`: whether it tells the time of the cores, all processes of a measurement together."""

    of_cores = False

    @classmethod
    def here(cls) -> float:
        """The seconds of this process."""
        return process_time() if cls.of_cores else perf_counter()

    @classmethod
    def below(cls) -> float:
        """The seconds of the processes that it starts, and of those that they start."""
        if not cls.of_cores:
            return perf_counter()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime


def times(call: Callable[[], object], repeat: int) -> list[float]:
    """The seconds of each call, the quickest first."""
    found = []
    for _ in range(repeat):
        begin = Clock.here()
        call()
        found.append(Clock.here() - begin)
    return sorted(found)


def python(*arguments: str, cache: Path | None = None, shown: bool = False) -> float:
    """The seconds of a Python process from start to end; it must succeed. `cache`: its user's cache folder; `shown`:
    what it writes to standard error, such as how far it is, goes to ours.
    """
    begin = Clock.below()
    run(arguments, {"XDG_CACHE_HOME": str(cache)} if cache else {}, shown=shown)
    return Clock.below() - begin


def run(arguments: Sequence[str], environment: Mapping[str, str], *, shown: bool = False) -> str:
    """What a Python process wrote to standard error, unless that is shown; RuntimeError where it failed."""
    # A user's process finds the modules compiled.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=None if shown else subprocess.PIPE,
        text=True,
        check=False,
        env={**inherited, **environment},
    )
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} failed:\n{done.stdout}{done.stderr or ''}")
    return done.stderr or ""
