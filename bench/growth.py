"""How the time of a compilation grows with the spec."""

from __future__ import annotations

from itertools import pairwise

from awmc.cli.work import Job, run
from awmc.source import Source
from bench.grow import grow
from bench.measure import times
from bench.table import Figure, Table, compared

SIZES = (5, 50, 500)


def growth(sizes: tuple[int, ...], repeat: int) -> Table:
    """Specs of so many entities; ten times as many are to take at most twelve times as long."""
    _timed(5, 1)
    found = [Figure(*_timed(size, repeat if size < 200 else 1)) for size in sizes]
    rows = [
        compared(after.what, after.seconds, before, most=1.2 * size / smaller)
        for (before, after), (smaller, size) in zip(pairwise(found), pairwise(sizes), strict=True)
    ]
    return Table("growth, in one warm process", (found[0], *rows))


def _timed(entities: int, repeat: int) -> tuple[str, float]:
    source = Source("grown.awm", grow(entities))

    def compile_it() -> None:
        done = run(Job(source, "compile"))
        if not done.environment:
            raise RuntimeError(f"the spec of {entities} entities has errors: {done.diagnostics[0].title}")

    return f"{entities} entities, {len(source.text):,} characters", times(compile_it, repeat)[0]
