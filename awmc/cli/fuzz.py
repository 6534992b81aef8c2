"""`awmc fuzz`: random calls at worlds, each held against all that the build promises."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from awmc.cli import status
from awmc.cli.inputs import builds_and_specs, read_specs
from awmc.cli.options import Jobs
from awmc.cli.output import counted, show, summary
from awmc.source import Source

if TYPE_CHECKING:
    from awmc.diagnostics import Diagnostic
    from awmc.fuzz.fuzzer import Outcome

Form = Literal["human", "json"]

_CALLS = 10_000
_PATIENCE = 2.0
"""Seconds of work without a word of it."""


def run(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[BUILDS|SPECS]...", help="Folders of builds, or specs; by default build/*."),
    ] = None,
    calls: Annotated[int, typer.Option(min=1, help="Calls at each world.")] = _CALLS,
    seed: Annotated[int, typer.Option(min=0, help="Fixes which calls are made.")] = 0,
    world_seeds: Annotated[
        str | None, typer.Option(metavar="1..20", help="Fuzz the specs in these worlds of theirs.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where there are warnings too.")
    ] = False,
    details: Annotated[
        bool,
        typer.Option(
            "--details", help="Tell how often each tool answered what, and what constraints alone hold back."
        ),
    ] = False,
    jobs: Jobs = 0,
    form: Annotated[Form, typer.Option("--format", help="For people, or findings as JSON.")] = "human",
) -> None:
    """Call tools at random, legally and not, and look after each call whether the world is sound.

    What is found is shown by the fewest calls that bring it about, with the `require` that a tool lacks. Nothing is
    written.
    """
    builds, specs, unknown = builds_and_specs(what or ["build"])
    for problem in unknown:
        sys.stderr.write(f"awmc fuzz: {problem}\n")
    seeds: tuple[int, ...] = (0,)
    if world_seeds is not None:
        seeds = _seeds(world_seeds)
        if builds:
            _leave("--world-seeds compiles other worlds of specs; name specs instead of builds")
    sources, problems = read_specs(specs)
    work: list[_Build | _World] = [_Build(folder, calls, seed) for folder in builds]
    work += [_World(source, number, calls, seed) for source in sources for number in seeds]
    fuzzing = _Fuzzing(form, details=details, several_worlds=world_seeds is not None)
    fuzzing.problems += problems
    interrupted = False
    try:
        interrupted = fuzzing.run(work, jobs)
    except KeyboardInterrupt:
        interrupted = True
    fuzzing.report(sources, work, failed=bool(unknown), strict=strict, interrupted=interrupted)


def _seeds(text: str) -> tuple[int, ...]:
    from awmc.prove.seeds import seeds_of

    try:
        return seeds_of(text)
    except ValueError:
        _leave(f"`{text}` names no seeds: write --world-seeds 1..20, or 3,7")


def _leave(message: str) -> NoReturn:
    sys.stderr.write(f"awmc fuzz: {message}\n")
    raise typer.Exit(status.USAGE)


# ---- What the processes do


@dataclass(frozen=True, slots=True)
class _Build:
    folder: Path
    calls: int
    seed: int

    @property
    def name(self) -> str:
        return self.folder.name


@dataclass(frozen=True, slots=True)
class _World:
    source: Source
    world_seed: int
    calls: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.source.name}, world {self.world_seed}" if self.world_seed else self.source.name


@dataclass(frozen=True, slots=True)
class _Found:
    """`outcome`: None where there is none, for which `problem`, `diagnostics` or `bug` is the reason."""

    work: _Build | _World
    outcome: Outcome | None = None
    problem: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    bug: Diagnostic | None = None
    trace: str = ""


def _fuzz(work: _Build | _World, progress: Callable[[int], None] = lambda done: None) -> _Found:
    """Fuzzes one world. It never raises: a bug is a diagnostic."""
    from awmc.fuzz.fuzzer import Fuzzer
    from awmc.runtime import BuildError

    try:
        where = ""
        if isinstance(work, _Build):
            files, where = _files_of(work.folder), str(work.folder)
        else:
            from awmc.pipeline import compile_source

            done = compile_source(work.source, world_seed=work.world_seed)
            if done.environment is None:
                return _Found(work, diagnostics=done.diagnostics)
            files = {artefact.path: artefact.text for artefact in done.artefacts}
        fuzzer = Fuzzer(files, where=where, seed=work.seed, progress=progress)
        return _Found(work, fuzzer.fuzz(work.calls))
    except BuildError as error:
        return _Found(work, problem=str(error))
    except Exception as error:
        return _failed(work, error)


def _files_of(folder: Path) -> dict[str, str]:
    """The texts of a build. Raises `BuildError` where it is none, or was edited."""
    from awmc.ir import codec
    from awmc.runtime import BuildError, load
    from awmc.runtime.build import NEEDED

    load(folder)
    files = {name: (folder / name).read_text(encoding="utf-8") for name in NEEDED}
    try:
        codec.load(files["env.json"])
    except codec.FormatError as error:
        raise BuildError(
            f"The env.json of {folder} cannot be read: {error}. Compile the spec again."
        ) from None
    return files


def _failed(work: _Build | _World, error: Exception) -> _Found:
    from awmc.cli.work import bug_in, trace_of

    return _Found(work, bug=bug_in(None, error), trace=trace_of(error))


# ---- What the parent does


class _Fuzzing:
    """One run over all builds and worlds."""

    def __init__(self, form: Form, *, details: bool, several_worlds: bool) -> None:
        self.form = form
        self.details = details
        self.several_worlds = several_worlds
        self.problems: list[Diagnostic] = []
        self.found: list[_Found] = []

    def run(self, work: Sequence[_Build | _World], processes: int) -> bool:
        """Whether it was interrupted."""
        for found in self._outcomes(work, processes):
            _line("")
            self.found.append(found)
            self._tell(found)
            if found.outcome is not None and found.outcome.interrupted:
                return True
        return False

    def _outcomes(self, work: Sequence[_Build | _World], processes: int) -> Iterator[_Found]:
        begin = time.monotonic()
        if processes == 1 or len(work) < 2:
            for number, one in enumerate(work, 1):
                yield _fuzz(one, partial(_progress, begin, f"fuzzing {one.name} ({number} of {len(work)})"))
            return
        from awmc.cli.pool import spread

        _line(f"fuzzing {len(work)} worlds")
        for number, found in enumerate(spread(_fuzz, work, processes, _failed), 1):
            yield found
            _line(f"fuzzed {number} of {len(work)} worlds")

    def _tell(self, found: _Found) -> None:
        """Says at once what was found at one world."""
        sys.stderr.write(found.trace)
        if found.problem:
            sys.stderr.write(f"awmc fuzz: {found.problem}\n")
        if found.outcome is not None and self.form == "human":
            from awmc.fuzz.report import told

            work = found.work
            spec = work.source.name if isinstance(work, _World) else f"{found.outcome.environment}.awm"
            name = work.name if self.several_worlds else found.outcome.environment
            sys.stdout.write(told(found.outcome, name, spec, details=self.details))
            sys.stdout.flush()

    def report(
        self,
        sources: Sequence[Source],
        work: Sequence[_Build | _World],
        *,
        failed: bool,
        strict: bool,
        interrupted: bool,
    ) -> NoReturn:
        """Prints what there is to say of all, and leaves with the exit status."""
        _line("")
        said: dict[Diagnostic, None] = {}
        for found in self.found:
            said |= dict.fromkeys([found.bug] if found.bug is not None else [])
            said |= dict.fromkeys(one for one in found.diagnostics if one.is_error)
        self.problems += said
        show(self.problems, {source.name: source for source in sources}, "human", sys.stderr)
        if self.form == "json":
            print(json.dumps([_as_data(found) for found in self.found], indent=2))
        outcomes = [found.outcome for found in self.found if found.outcome is not None]
        levels = [finding.level for outcome in outcomes for finding in outcome.findings]
        summary(
            (
                f"{counted(len(outcomes), 'world') or 'no world'} fuzzed",
                counted(sum(outcome.calls for outcome in outcomes), "call"),
                counted(levels.count("error"), "error"),
                counted(levels.count("warning"), "warning"),
                f"{len(self.found) - len(outcomes)} could not be fuzzed" if len(outcomes) < len(self.found) else "",
                f"interrupted: {len(work) - len(self.found)} not begun or not ended"
                if interrupted and len(self.found) < len(work)
                else "interrupted" if interrupted else "",
            )
        )  # fmt: skip
        if interrupted:
            raise typer.Exit(status.INTERRUPTED)
        if any(problem.code.startswith("AWM9") for problem in self.problems):
            raise typer.Exit(status.BUG)
        counts = "error" in levels or (strict and "warning" in levels)
        wrong = failed or self.problems or counts or len(outcomes) < len(self.found)
        raise typer.Exit(status.WRONG if wrong else status.OK)


def _as_data(found: _Found) -> dict[str, Any]:
    """What was found, with where it is from, or what is wrong."""
    from awmc.fuzz.report import as_data

    work = found.work
    where: dict[str, Any] = (
        {"build": str(work.folder)}
        if isinstance(work, _Build)
        else {"spec": work.source.name, "world_seed": work.world_seed}
    )
    if found.outcome is None:
        said = [one.title for one in found.diagnostics if one.is_error]
        bug = [found.bug.title] if found.bug is not None else []
        return {**where, "error": found.problem or "; ".join([*said, *bug])}
    return {**where, **as_data(found.outcome)}


def _progress(begin: float, text: str, done: int) -> None:
    if time.monotonic() - begin > _PATIENCE:
        _line(f"{text}: {done:,} calls")


def _line(text: str) -> None:
    """A line on standard error that the next one replaces; only on a terminal."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
