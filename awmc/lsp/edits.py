"""Edits: the canonical form of a text, and the fixes of its diagnostics."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from awmc.diagnostics import Diagnostic, Fix
from awmc.lsp.snapshot import Snapshot
from awmc.source import Source, Span
from awmc.syntax.mend import canonical

Edit = tuple[Span, str]

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def formatted(snapshot: Snapshot, within: Span | None = None) -> list[Edit]:
    """The edits that bring a text into canonical form, of whole lines; `within`: those that touch a span. There are
    none for a text with a mistake of syntax that is not certainly mended.
    """
    wanted = canonical(Source(snapshot.source.name, snapshot.text.replace("\r\n", "\n"))).text
    if not wanted:
        return []
    if "\r\n" in snapshot.text:
        wanted = wanted.replace("\n", "\r\n")
    old, new = _LINE.findall(snapshot.text), _LINE.findall(wanted)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    edits: list[Edit] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        span = Span(starts[old_from], starts[old_to])
        if tag != "equal" and (within is None or (span.start <= within.end and within.start <= span.end)):
            edits.append((span, "".join(new[new_from:new_to])))
    return edits


@dataclass(frozen=True, slots=True)
class Action:
    """`mends`: the diagnostic that it is a fix of, None for all at once."""

    title: str
    edits: tuple[Edit, ...]
    mends: Diagnostic | None = None
    preferred: bool = False


def actions(problems: Sequence[Diagnostic], within: Span) -> Iterator[Action]:
    """The fixes of the diagnostics that a span touches, and, where there are several in the text, all of them."""
    for problem in problems:
        if problem.span.start <= within.end and within.start <= problem.span.end:
            for fix in problem.fixes:
                title = fix.description[:1].upper() + fix.description[1:]
                yield Action(title, (_edit(fix),), problem, len(problem.fixes) == 1)
    together = all_fixes(problems)
    if len(together) > 1:
        yield Action(f"Mend all {len(together)} that can be mended", tuple(together))


def all_fixes(problems: Sequence[Diagnostic]) -> list[Edit]:
    """The only fix of each diagnostic that has one, those that would overlap left out."""
    edits: list[Edit] = []
    for problem in sorted(problems):
        if len(problem.fixes) == 1:
            edit = _edit(problem.fixes[0])
            if all(edit[0].end < other.start or other.end < edit[0].start for other, _ in edits):
                edits.append(edit)
    return edits


def _edit(fix: Fix) -> Edit:
    return fix.span, fix.replacement
