"""Specs of full size, from the start of a process to written files."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from awmc.cli.work import Job, run
from awmc.emit import Artefact
from awmc.source import read_source
from awmc.syntax.parse import parse
from bench.measure import python, times
from bench.table import Figure, Table, compared
from bench.vary import vary

LIBRARIES = "import pydantic, jinja2, sqlglot, apsw, typer"
JOBS = 2


def one_spec(spec: Path, repeat: int) -> Table:
    """One spec: cold, unchanged, and checked in a process that has already checked one."""
    with TemporaryDirectory() as folder:
        cache, output = Path(folder, "cache"), Path(folder, "build")
        compile_it = partial(python, "-m", "awmc", "compile", str(spec), "--output", str(output), cache=cache)
        first = compile_it()
        unchanged = min(compile_it() for _ in range(repeat))
        cold = min(_cold(compile_it, cache, output) for _ in range(repeat))

    source = read_source(spec)
    artefacts = run(Job(source, "compile")).artefacts
    checks = times(lambda: run(Job(source, "check")), repeat)
    start = Figure("python -c pass", min(python("-c", "pass") for _ in range(repeat)))
    libraries = compared(
        f'python -c "{LIBRARIES}"', min(python("-c", LIBRARIES) for _ in range(repeat)), start
    )
    bytes_ = Figure(
        "reading the spec and writing the bytes of its build",
        times(lambda: _copy(spec, artefacts), repeat)[0],
    )
    parsing = Figure("parsing alone, warm", times(lambda: parse(source), repeat)[0])
    size = len(source.text)
    return Table(
        f"{spec.name}, {size:,} characters",
        (
            start,
            libraries,
            bytes_,
            parsing,
            compared("awmc --version", min(python("-m", "awmc", "--version") for _ in range(repeat)), start),
            compared("awmc compile, cold", cold, libraries, limit=1.0),
            compared("awmc compile, with an empty cache", first, libraries),
            compared("awmc compile, nothing changed", unchanged, start, limit=0.2),
            # The target is for a spec of 25 KB.
            compared("check, warm, best", checks[0], parsing, limit=0.1 * max(1.0, size / 25_000)),
            compared("check, warm, median", median(checks), parsing),
        ),
    )


def many_specs(specs: list[Path], count: int, repeat: int) -> Table:
    """Several specs on two processes, and what a thousand of them come to."""
    texts = [spec.read_text(encoding="utf-8") for spec in specs]
    two = min(_batch(texts, 2) for _ in range(repeat))
    all_ = min(_batch(texts, count) for _ in range(repeat)) if count > 2 else two
    start = Figure("2 specs on 2 processes", two)
    each = (all_ - two) / (count - 2) if count > 2 else two / 2
    said = compared(f"{count} specs on {JOBS} processes", all_, start, limit=180.0 if count == 1000 else None)
    more = Figure("each further spec", each, start.what, each / two)
    rows = [start, said, more]
    if count < 1000:
        rows.append(compared("1000 specs, extrapolated", two + 998 * each, start, limit=180.0))
    return Table(f"variants of {', '.join(spec.name for spec in specs)}", tuple(rows))


def _cold(compile_it: partial[float], cache: Path, output: Path) -> float:
    shutil.rmtree(output)
    # The tables of the parser stay: they change with the grammar, not with the spec.
    shutil.rmtree(cache / "awmc" / "builds")
    return compile_it()


def _copy(spec: Path, artefacts: tuple[Artefact, ...]) -> None:
    spec.read_bytes()
    with TemporaryDirectory() as folder:
        for artefact in artefacts:
            Path(folder, Path(artefact.path).name).write_bytes(artefact.data)


def _batch(texts: list[str], count: int) -> float:
    with TemporaryDirectory() as folder:
        specs = Path(folder, "specs")
        specs.mkdir()
        for number in range(count):
            Path(specs, f"{number:04}.awm").write_text(
                vary(texts[number % len(texts)], number), encoding="utf-8"
            )
        arguments = ("compile", str(specs), "--output", str(Path(folder, "build")), "--jobs", str(JOBS))
        return python("-m", "awmc", *arguments, cache=Path(folder, "cache"))
