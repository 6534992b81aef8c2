"""`awmc prove`: every task of a world certified, every verifier tried with runs that are wrong."""

from __future__ import annotations

import json
import os
import sys
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
from awmc.prove import BUDGET
from awmc.source import Source

if TYPE_CHECKING:
    from awmc.diagnostics import Diagnostic
    from awmc.prove.seeds import Proven

Form = Literal["human", "json"]


def run(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[BUILDS|SPECS]...", help="Folders of builds, or specs; by default build/*."),
    ] = None,
    budget: Annotated[int, typer.Option(min=1, help="Mutants of each task.")] = BUDGET,
    seed: Annotated[int, typer.Option(min=0, help="Fixes which mutants are tried.")] = 0,
    world_seeds: Annotated[
        str | None,
        typer.Option(metavar="1..20", help="Prove the specs in these worlds of theirs; nothing is written."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 where a certificate does not hold.")
    ] = False,
    jobs: Jobs = 0,
    form: Annotated[Form, typer.Option("--format", help="For people, or certificates as JSON.")] = "human",
) -> None:
    """Prove that each task can be done, is not done by doing nothing, and that its verifier rejects wrong runs.

    The certificate is written into the build, as proof.json; of a spec it is only shown.
    """
    builds, specs, unknown = builds_and_specs(what or ["build"])
    for problem in unknown:
        sys.stderr.write(f"awmc prove: {problem}\n")
    seeds: tuple[int, ...] = (0,)
    if world_seeds is not None:
        seeds = _seeds(world_seeds)
        if builds:
            _leave("--world-seeds compiles other worlds of specs; name specs instead of builds")
    if check and specs:
        _leave("--check is for builds, and a spec holds no certificate")
    sources, problems = read_specs(specs)
    work: list[_Build | _World] = [_Build(folder, budget, seed, check) for folder in builds]
    work += [_World(source, number, budget, seed) for source in sources for number in seeds]
    prover = _Prover(form, several_worlds=world_seeds is not None)
    prover.problems += problems
    prover.run(work, jobs)
    prover.report(sources, failed=bool(unknown))


def _seeds(text: str) -> tuple[int, ...]:
    from awmc.prove.seeds import seeds_of

    try:
        return seeds_of(text)
    except ValueError:
        _leave(f"`{text}` names no seeds: write --world-seeds 1..20, or 3,7")


def _leave(message: str) -> NoReturn:
    sys.stderr.write(f"awmc prove: {message}\n")
    raise typer.Exit(status.USAGE)


# ---- What the processes do


@dataclass(frozen=True, slots=True)
class _Build:
    folder: Path
    budget: int
    seed: int
    check: bool

    @property
    def name(self) -> str:
        return self.folder.name


@dataclass(frozen=True, slots=True)
class _World:
    source: Source
    world_seed: int
    budget: int
    seed: int

    @property
    def name(self) -> str:
        return self.source.name


@dataclass(frozen=True, slots=True)
class _Found:
    """`certificate`: None where there is none, for which `problem` or `bug` is the reason. `proven`: of a spec."""

    work: _Build | _World
    certificate: dict[str, Any] | None = None
    problem: str = ""
    bug: Diagnostic | None = None
    trace: str = ""
    proven: Proven | None = None


def _prove(work: _Build | _World, progress: Callable[[], None] | None = None) -> _Found:
    """Proves one world. It never raises: a bug is a diagnostic."""
    from awmc.prove.subject import Unprovable

    try:
        if isinstance(work, _World):
            from awmc.prove.seeds import prove_spec

            proven = prove_spec(work.source, work.world_seed, budget=work.budget, seed=work.seed)
            return _Found(work, dict(proven.certificate) if proven.certificate else None, proven=proven)
        return _check(work, progress) if work.check else _certify(work, progress)
    except Unprovable as error:
        return _Found(work, problem=str(error))
    except Exception as error:
        return _failed(work, error)


def _failed(work: _Build | _World, error: Exception) -> _Found:
    from awmc.cli.work import bug_in, trace_of

    return _Found(work, bug=bug_in(None, error), trace=trace_of(error))


def _certify(work: _Build, progress: Callable[[], None] | None) -> _Found:
    from awmc.prove.subject import open_build
    from awmc.prove.world import prove

    subject = open_build(work.folder)
    return _Found(work, prove(subject, budget=work.budget, seed=work.seed, progress=progress))


def _check(work: _Build, progress: Callable[[], None] | None) -> _Found:
    from awmc.prove.certificate import confirm

    certificate, problem = confirm(work.folder, progress)
    return _Found(work, certificate, problem)


# ---- What the parent does


class _Prover:
    """One run over all builds and worlds."""

    def __init__(self, form: Form, *, several_worlds: bool) -> None:
        self.form = form
        self.several_worlds = several_worlds
        self.problems: list[Diagnostic] = []
        self.found: list[_Found] = []

    def run(self, work: Sequence[_Build | _World], processes: int) -> None:
        for found in self._outcomes(work, processes):
            _progress("")
            if found.certificate is not None and isinstance(found.work, _Build) and not found.work.check:
                found = _written(found, found.certificate)
            self.found.append(found)
            self._tell(found)

    def _outcomes(self, work: Sequence[_Build | _World], processes: int) -> Iterator[_Found]:
        if processes == 1 or len(work) < 2:
            for number, one in enumerate(work):
                yield _prove(one, partial(_progress, f"proving {one.name} ({number + 1} of {len(work)})", []))
            return
        from awmc.cli.pool import spread

        _progress(f"proving {len(work)} worlds")
        for number, found in enumerate(spread(_prove, work, processes, _failed), 1):
            yield found
            _progress(f"proved {number} of {len(work)} worlds")

    def _tell(self, found: _Found) -> None:
        """Says at once what was found of one build."""
        sys.stderr.write(found.trace)
        if found.problem:
            sys.stderr.write(f"awmc prove: {found.problem}\n")
        if found.certificate is not None and self.form == "human" and not self.several_worlds:
            from awmc.prove.report import told

            sys.stdout.write(told(found.certificate))
            sys.stdout.flush()

    def report(self, sources: Sequence[Source], *, failed: bool) -> None:
        """Prints what there is to say of all, and leaves with the exit status."""
        for found in self.found:
            self.problems += [found.bug] if found.bug is not None else []
            if found.proven is not None and not (self.several_worlds and found.certificate is None):
                self.problems += [said for said in found.proven.diagnostics if said.is_error]
        show(self.problems, {source.name: source for source in sources}, "human", sys.stderr)
        if self.form == "json":
            print(json.dumps([_as_data(found) for found in self.found], indent=2, ensure_ascii=False))
        elif self.several_worlds:
            self._tables(sources)
        proved = [found.certificate for found in self.found if found.certificate is not None]
        tasks = sum(certificate["totals"]["tasks"] for certificate in proved)
        certified = sum(certificate["totals"]["certified"] for certificate in proved)
        summary(
            (
                f"{counted(len(proved), 'world') or 'no world'} proved",
                f"{certified} of {tasks} tasks certified",
                counted(sum(len(certificate["broken"]) for certificate in proved), "tool") + " at fault"
                if any(certificate["broken"] for certificate in proved)
                else "",
                f"{len(self.found) - len(proved)} could not be proved"
                if len(proved) < len(self.found)
                else "",
            )
        )
        if any(problem.code.startswith("AWM9") for problem in self.problems):
            raise typer.Exit(status.BUG)
        wrong = failed or self.problems or any(not _is_good(found) for found in self.found)
        raise typer.Exit(status.WRONG if wrong else status.OK)

    def _tables(self, sources: Sequence[Source]) -> None:
        from awmc.prove.report import table

        for source in sources:
            worlds = [found.proven for found in self.found if found.proven and found.work.name == source.name]
            sys.stdout.write(table(source.name, worlds))


def _is_good(found: _Found) -> bool:
    if found.certificate is None or found.problem or not found.certificate["certified"]:
        return False
    return found.proven is None or not any(said.code == "AWM630" for said in found.proven.diagnostics)


def _written(found: _Found, certificate: dict[str, Any]) -> _Found:
    """The same, once its certificate stands in the build."""
    from awmc.diagnostics import diagnose
    from awmc.emit.write import WriteError, write_proof
    from awmc.prove.certificate import written
    from awmc.source import Span

    assert isinstance(found.work, _Build)
    try:
        write_proof(found.work.folder, written(certificate))
    except WriteError as error:
        return _Found(found.work, problem=f"{diagnose(error.code, Span.at(0), **error.parts).title}.")
    return found


def _as_data(found: _Found) -> dict[str, Any]:
    """A certificate with where it is from, or what is wrong."""
    work = found.work
    where: dict[str, Any] = (
        {"build": str(work.folder)}
        if isinstance(work, _Build)
        else {"spec": work.source.name, "world_seed": work.world_seed}
    )
    if found.certificate is None:
        said = [said.title for said in found.proven.diagnostics if said.is_error] if found.proven else []
        bug = [found.bug.title] if found.bug is not None else []
        return {**where, "error": found.problem or "; ".join([*said, *bug])}
    return {**where, **({"error": found.problem} if found.problem else {}), **found.certificate}


def _progress(text: str, done: list[None] | None = None) -> None:
    """A line on standard error that the next one replaces; only on a terminal. `done` grows by one at each call."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return
    if done is not None:
        done.append(None)
        text = f"{text}: {len(done)} tasks"
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()
