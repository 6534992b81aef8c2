"""`awmc fmt`: specs in their canonical form."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awmc.cli import status
from awmc.cli.inputs import STDIN, read_specs
from awmc.cli.options import Specs
from awmc.cli.output import counted, progress, show, summary
from awmc.source import Source, Span

if TYPE_CHECKING:
    from awmc.diagnostics import Diagnostic
    from awmc.syntax.mend import Canonical


def run(
    specs: Specs,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; name the specs that would change, and exit with 1."),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show what would change, and exit with 1.")
    ] = False,
) -> None:
    """Write specs in the one canonical form, and mend what is certainly meant, such as `text 1..80?`.

    A spec with another mistake of syntax is left as it is. What comes on standard input goes, formatted, to
    standard output.
    """
    sources, problems = read_specs(specs)
    work = _Format(sources, problems, check=check, diff=diff)
    work.run()
    work.report()


class _Format:
    """One run over all specs. `problems` and the counts grow as it goes."""

    def __init__(
        self, sources: Sequence[Source], problems: list[Diagnostic], *, check: bool, diff: bool
    ) -> None:
        self.sources = sources
        self.problems = problems
        self.check = check
        self.diff = diff
        self.changed = self.unchanged = self.mended = 0

    def run(self) -> None:
        done = progress(self._canonical(), len(self.sources), doing="formatting")
        for source, found in zip(self.sources, done, strict=True):
            if found.diagnostics:
                self.problems += found.diagnostics
                continue
            there = _bytes(source)
            same = found.text.encode() == there
            if same:
                self.unchanged += 1
            if self.diff:
                sys.stdout.write(_diff(source.name, there, found.text))
            if self.check and not same:
                sys.stdout.write(f"{source.name}\n")
            if not (self.check or self.diff) and not self._write(source, found.text, same):
                continue
            self.changed += not same
            self.mended += found.mended

    def report(self) -> None:
        """Prints all that there is to say and leaves with its exit status."""
        show(self.problems, {source.name: source for source in self.sources}, "human", sys.stderr)
        dry = self.check or self.diff
        changed, mended = counted(self.changed, "spec"), counted(self.mended, "mistake")
        unchanged = counted(self.unchanged, "spec")
        summary(
            (
                changed and f"{changed} {'to format' if dry else 'formatted'}",
                unchanged and f"{unchanged} unchanged",
                mended and f"{mended} {'to mend' if dry else 'mended'}",
                counted(len(self.problems), "error"),
            )
        )
        if any(problem.code.startswith("AWM9") for problem in self.problems):
            raise typer.Exit(status.BUG)
        raise typer.Exit(status.WRONG if self.problems or (dry and self.changed) else status.OK)

    def _canonical(self) -> Iterator[Canonical]:
        from awmc.cli.work import bug_in, trace_of
        from awmc.syntax.mend import Canonical, canonical

        for source in self.sources:
            try:
                yield canonical(source)
            except Exception as error:
                sys.stderr.write(trace_of(error))
                yield Canonical("", (bug_in(source, error),))

    def _write(self, source: Source, text: str, same: bool) -> bool:
        """Puts the text where it came from; whether that could be done."""
        if source.name == STDIN:
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode())
            return True
        if same:
            return True
        from awmc.diagnostics import diagnose
        from awmc.emit.replace import WriteError, replace_text

        try:
            replace_text(Path(source.name), text)
        except WriteError as error:
            self.problems.append(diagnose(error.code, Span.at(0), source=source.name, **error.parts))
            return False
        return True


def _bytes(source: Source) -> bytes:
    """What lies there, with the line ends and the byte order mark that a source does not show."""
    if source.name == STDIN:
        return source.text.encode()
    try:
        return Path(source.name).read_bytes()
    except OSError:  # it went away; writing it says so
        return b""


def _diff(name: str, there: bytes, text: str) -> str:
    before = there.decode("utf-8", errors="replace").splitlines(keepends=True)
    lines = unified_diff(before, text.splitlines(keepends=True), fromfile=name, tofile=f"{name} (formatted)")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
