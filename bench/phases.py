"""Where the time of a compilation goes: by phase in a warm process, and by library when they are imported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

from awmc import pipeline
from awmc.emit.write import write_build
from awmc.source import read_source
from bench.measure import run
from bench.table import Figure, Table

# The functions that the pipeline calls, where it finds them; the rest of it is "everything else". Of a phase that
# runs within another, each is shown without what it calls of the others.
PHASES = (
    ("awmc.syntax.parse:tokenize", "tokens"),
    ("awmc.syntax.parse:Parse.run", "parse"),
    ("awmc.syntax.parse:Builder.__call__", "build the AST"),
    ("awmc.pipeline:analyse", "analyse"),
    ("awmc.pipeline:lower", "lower"),
    ("awmc.backends.schema:render", "schema.sql"),
    ("awmc.pipeline:seed_world", "make the rows"),
    ("awmc.backends.seed:render", "seed.sql"),
    ("awmc.ir.codec:dump", "env.json"),
    ("awmc.backends.json_schema:tools_json", "tools.json"),
    ("awmc.backends.tools:module", "tools.py, its SQL"),
    ("awmc.pipeline:render", "templates"),
    ("awmc.pipeline:World.from_artefacts", "open the world"),
    ("awmc.pipeline:solve_tasks", "run the solves"),
    ("awmc.backends.verifiers:module", "verify.py"),
    ("awmc.pipeline:check_verifiers", "run the verifiers"),
    ("awmc.backends.tasks:render", "tasks.jsonl"),
    ("awmc.backends.property_tests:module", "the property tests"),
    ("awmc.backends.docs:page", "README.md"),
    ("awmc.pipeline:manifest", "manifest.json"),
)
WRITE = "write the files"


def phases(spec: Path, output: Path, repeat: int) -> Table:
    """The time of each phase, at its best; the ratio is to the whole."""
    source = read_source(spec)
    pipeline.compile_source(source)
    best: dict[str, float] = {}
    total = float("inf")
    for _ in range(repeat):
        clock = _Clock()
        begin = perf_counter()
        with clock.watching():
            artefacts = pipeline.compile_source(source).artefacts
            clock.timed(WRITE, write_build)(output, artefacts)
        whole = perf_counter() - begin
        total = min(total, whole)
        clock.seconds["everything else"] = whole - sum(clock.seconds.values())
        for name, seconds in clock.seconds.items():
            best[name] = min(best.get(name, seconds), seconds)
    all_ = Figure("all phases", total)
    rows = [Figure(name, seconds, all_.what, seconds / total) for name, seconds in best.items()]
    return Table(f"{spec.name} by phase, warm", (*sorted(rows, key=lambda row: -row.seconds), all_))


class _Clock:
    """Seconds by phase. `_running`: how long the phases that began within each running one took."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._running: list[float] = []

    def timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, with a clock at its side."""

        def clocked(*args: Any, **kwargs: Any) -> Any:
            begin = perf_counter()
            self._running.append(0.0)
            try:
                return call(*args, **kwargs)
            finally:
                spent = perf_counter() - begin
                self.seconds[name] += spent - self._running.pop()
                if self._running:
                    self._running[-1] += spent

        return clocked

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Clocks at all phases as long as it lasts."""
        with ExitStack() as stack:
            for place, name in PHASES:
                module, _, path = place.partition(":")
                owner: Any = import_module(module)
                *outer, attribute = path.split(".")
                for part in outer:
                    owner = getattr(owner, part)
                stack.enter_context(
                    patch.object(owner, attribute, self.timed(name, getattr(owner, attribute)))
                )
            yield


def imports(top: int) -> Table:
    """What importing the pipeline costs, by library; each without what it imports of others."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for line in run(("-X", "importtime", "-c", "import awmc.pipeline"), {}).splitlines():
        own, _, module = (
            line.removeprefix("import time:").split("|") if line.count("|") == 2 else ("", "", "")
        )
        if own.strip().isdigit():
            seconds[module.strip().partition(".")[0]] += int(own) / 1e6
    total = sum(seconds.values())
    all_ = Figure("import awmc.pipeline", total)
    rows = [
        Figure(name, spent, all_.what, spent / total)
        for name, spent in sorted(seconds.items(), key=lambda item: -item[1])[:top]
    ]
    return Table("imports by library, cold", (*rows, all_))
