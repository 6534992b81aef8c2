"""Specs of full size, from the start of a process to written files, and checked in one that goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from itertools import count as numbers
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import track

from awmc import pipeline
from awmc.cli.work import Job, run
from awmc.emit import Artefact
from awmc.source import Source, read_source
from awmc.syntax import ast
from awmc.syntax.parse import parse
from bench.measure import Clock, python, times
from bench.table import Figure, Table, compared
from bench.vary import vary

LIBRARIES = "import pydantic, jinja2, sqlglot, apsw, typer"
JOBS = 2
FEW = 50
"""Specs that are compiled without a word of how far it is."""


def one_spec(spec: Path, repeat: int) -> Table:
    """One spec: cold, unchanged, and checked in a process that has checked it before."""
    with TemporaryDirectory() as folder:
        cache, output = Path(folder, "cache"), Path(folder, "build")
        compile_it = partial(python, "-m", "awmc", "compile", str(spec), "--output", str(output), cache=cache)
        first = compile_it()
        unchanged = min(compile_it() for _ in range(repeat))
        cold = min(_cold(compile_it, cache, output) for _ in range(repeat))

    source = read_source(spec)
    artefacts = run(Job(source, "compile")).artefacts
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
    # The target is for a spec of 25 KB.
    check = partial(compared, floor=parsing, limit=0.1 * max(1.0, size / 25_000))
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
            check("check, warm, after an edit of a task", _edited(source, ast.Task, repeat)),
            check("check, warm, after an edit of a tool", _edited(source, ast.Tool, repeat)),
            check("check, warm, of a spec not seen before", times(lambda: _anew(source), repeat)[0]),
        ),
    )


def _edited(source: Source, kind: type[ast.Task | ast.Tool], repeat: int) -> float:
    """The seconds of a check after each of some edits, at their best."""
    run(Job(source, "check"))
    edits = _edits(source, kind)
    return times(lambda: run(Job(next(edits), "check")), repeat)[0]


def _edits(source: Source, kind: type[ast.Task | ast.Tool]) -> Iterator[Source]:
    """The spec with ever more words in the first text of its first declaration of a kind."""
    spec, _ = parse(source)
    item = next(item for item in spec.items if isinstance(item, kind))
    at = source.text.index('"', item.span.start) + 1
    for number in numbers(1):
        yield Source(source.name, f"{source.text[:at]}{'Well, ' * number}{source.text[at:]}")


def _anew(source: Source) -> None:
    pipeline.forget()
    run(Job(source, "check"))


def many_specs(specs: list[Path], count: int, repeat: int) -> Table:
    """Several specs on two processes, and what a thousand of them come to."""
    texts = [spec.read_text(encoding="utf-8") for spec in specs]
    two = min(_batch(texts, 2) for _ in range(repeat))
    all_ = min(_batch(texts, count) for _ in range(repeat)) if count > 2 else two
    start = Figure("2 specs on 2 processes", two)
    each = (all_ - two) / (count - 2) if count > 2 else two / 2
    limit = 180.0 * (JOBS if Clock.of_cores else 1)
    said = compared(f"{count} specs on {JOBS} processes", all_, start, limit=limit if count == 1000 else None)
    more = Figure("each further spec", each, start.what, each / two)
    rows = [start, said, more]
    if count < 1000:
        rows.append(compared("1000 specs, extrapolated", two + 998 * each, start, limit=limit))
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
        console = Console(stderr=True)
        shown = count > FEW and console.is_terminal
        for number in track(
            range(count), "writing specs", console=console, transient=True, disable=not shown
        ):
            Path(specs, f"{number:04}.awm").write_text(
                vary(texts[number % len(texts)], number), encoding="utf-8"
            )
        arguments = ("compile", str(specs), "--output", str(Path(folder, "build")), "--jobs", str(JOBS))
        return python("-m", "awmc", *arguments, cache=Path(folder, "cache"), shown=shown)
