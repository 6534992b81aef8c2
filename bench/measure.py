"""Clocks: of calls in this process, and of whole processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter


def times(call: Callable[[], object], repeat: int) -> list[float]:
    """The seconds of each call, the quickest first."""
    found = []
    for _ in range(repeat):
        begin = perf_counter()
        call()
        found.append(perf_counter() - begin)
    return sorted(found)


def python(*arguments: str, cache: Path | None = None) -> float:
    """The seconds of a Python process from start to end; it must succeed. `cache`: its user's cache folder."""
    begin = perf_counter()
    run(arguments, {"XDG_CACHE_HOME": str(cache)} if cache else {})
    return perf_counter() - begin


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """What a Python process wrote to standard error; RuntimeError where it failed."""
    # A user's process finds the modules compiled.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**inherited, **environment},
    )
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stderr
