"""`awmc compile`: specs to builds."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from awmc.cli import status
from awmc.cli.inputs import read_specs
from awmc.cli.options import Dialect, Format, FormatOption, Jobs, Specs, WorldSeed
from awmc.cli.output import counted, progress, show, summary
from awmc.emit import manifest, memo
from awmc.source import Source, Span

if TYPE_CHECKING:
    from awmc.backends.dialects import DialectName
    from awmc.cli.work import Outcome
    from awmc.diagnostics import Diagnostic


def run(
    specs: Specs,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder that holds a folder per environment.")
    ] = Path("build"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 and a diff where a build is stale.")
    ] = False,
    jobs: Jobs = 0,
    world_seed: WorldSeed = 0,
    dialect: Annotated[
        list[Dialect] | None,
        typer.Option(help="Write schema.DIALECT.sql and seed.DIALECT.sql too; repeatable."),
    ] = None,
    form: FormatOption = "human",
) -> None:
    """Compile specs to builds.

    Each environment gets a folder: database, tools, verifiers, tests, server and documentation. A spec that
    did not change is not compiled again; one with errors does not stop the others.
    """
    sources, problems = read_specs(specs)
    task = _Compile(sources, problems, output, check, world_seed, _names(dialect or []))
    task.run(jobs, quiet=form not in ("human", "concise"))
    task.report(form)


def _names(dialects: list[Dialect]) -> tuple[DialectName, ...]:
    """In one order, each once."""
    names: dict[Dialect, DialectName] = {Dialect.DUCKDB: "duckdb", Dialect.POSTGRES: "postgres"}
    return tuple(name for dialect, name in names.items() if dialect in dialects)


class _Named(Struct, frozen=True):
    """Where an environment that was compiled is named."""

    source: Source
    at: Span


class _Compile:
    """One run over all specs. `problems` and the counts grow as the outcomes come."""

    def __init__(
        self,
        sources: Sequence[Source],
        problems: list[Diagnostic],
        output: Path,
        check: bool,
        world_seed: int,
        dialects: tuple[DialectName, ...],
    ) -> None:
        self.sources = sources
        self.problems = problems
        self.output = output
        self.check = check
        self.world_seed = world_seed
        self.dialects = dialects
        self.named: dict[str, _Named] = {}
        self.compiled = self.unchanged = self.stale = 0

    def run(self, processes: int, *, quiet: bool) -> None:
        keys = {id(source): self._key(source) for source in self.sources}
        known = {} if self.check else self._unchanged(keys)
        changed = [source for source in self.sources if id(source) not in known]
        outcomes = progress(self._outcomes(changed, processes), len(changed))
        for source in self.sources:
            found = known.get(id(source))
            if found is not None:
                self._keep(source, found)
            else:
                self._take(next(outcomes), keys[id(source)], quiet)

    def report(self, form: Format) -> None:
        """Prints all that there is to say and leaves with its exit status."""
        show(self.problems, {source.name: source for source in self.sources}, form)
        errors = sum(problem.is_error for problem in self.problems)
        summary(
            (
                (counted(self.compiled, "spec") and f"{counted(self.compiled, 'spec')} compiled")
                if not self.check
                else f"{counted(self.compiled, 'build') or 'no build'} up to date",
                f"{self.stale} stale" if self.stale else "",
                f"{self.unchanged} unchanged" if self.unchanged else "",
                counted(errors, "error"),
                counted(len(self.problems) - errors, "warning"),
            )
        )
        if any(problem.code.startswith("AWM9") for problem in self.problems):
            raise typer.Exit(status.BUG)
        raise typer.Exit(status.WRONG if errors else status.OK)

    def _key(self, source: Source) -> str:
        return memo.key_of(source.text, world_seed=self.world_seed, dialects=self.dialects)

    def _unchanged(self, keys: dict[int, str]) -> dict[int, memo.Memo]:
        found = {}
        for source in self.sources:
            kept = memo.recall(keys[id(source)])
            if kept is not None and memo.is_current(self.output / kept.environment, kept):
                found[id(source)] = kept
        return found

    def _outcomes(self, changed: Sequence[Source], processes: int) -> Iterator[Outcome]:
        if not changed:
            return
        from awmc.cli.work import Job, run_all

        jobs = [Job(source, "compile", self.world_seed, self.dialects) for source in changed]
        yield from run_all(jobs, processes)

    def _keep(self, source: Source, found: memo.Memo) -> None:
        """Counts a spec whose build is as it would be written."""
        if not self._name(found.environment, source, Span(*found.name_at)):
            return
        self.unchanged += 1
        if found.warnings:
            from awmc.cli.kept import restored

            self.problems += [restored(data, source.name) for data in found.warnings]

    def _take(self, outcome: Outcome, key: str, quiet: bool) -> None:
        """Writes, or compares, what a spec was compiled to."""
        self.problems += outcome.diagnostics
        sys.stderr.write(outcome.trace)
        if not outcome.environment:
            return
        if not self._name(outcome.environment, outcome.source, outcome.name_at):
            return
        if self.check:
            self._compare(outcome, quiet)
        else:
            self._write(outcome, key)

    def _name(self, environment: str, source: Source, at: Span) -> bool:
        """Whether the environment is the first of its name."""
        first = self.named.setdefault(environment, _Named(source, at))
        if first.source is source:
            return True
        from awmc.diagnostics import Label, diagnose

        self.problems.append(
            diagnose(
                "AWM125",
                at,
                source=source.name,
                label="and here",
                secondary=[Label(first.at, f"`{environment}` is described here", first.source.name)],
                env=environment,
            )
        )
        return False

    def _write(self, outcome: Outcome, key: str) -> None:
        from awmc.cli.kept import stored
        from awmc.diagnostics import diagnose
        from awmc.emit.write import WriteError, write_build

        try:
            write_build(self.output / outcome.environment, outcome.artefacts)
        except WriteError as error:
            self.problems.append(diagnose(error.code, Span.at(0), source=outcome.source.name, **error.parts))
            return
        self.compiled += 1
        memo.remember(
            key,
            memo.Memo(
                environment=outcome.environment,
                name_at=(outcome.name_at.start, outcome.name_at.end),
                manifest=manifest.digest(outcome.artefacts[-1].data),
                warnings=tuple(stored(diagnostic) for diagnostic in outcome.diagnostics),
            ),
        )

    def _compare(self, outcome: Outcome, quiet: bool) -> None:
        from awmc.diagnostics import diagnose
        from awmc.emit.compare import stale_files, unformatted

        stale = stale_files(self.output / outcome.environment, outcome.artefacts)
        if not quiet:
            sys.stdout.writelines(file.diff for file in stale)
        self.problems += [
            diagnose("AWM711", Span.at(0), source=str(file.path), path=str(file.path)) for file in stale
        ]
        self.problems += [
            diagnose(
                "AWM901",
                Span.at(0),
                source=outcome.source.name,
                reason=f"the `{path}` of `{outcome.environment}` is not as black writes it",
            )
            for path in unformatted(outcome.artefacts)
        ]
        if stale:
            self.stale += 1
        else:
            self.compiled += 1
