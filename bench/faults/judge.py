"""What the diagnostics of a faulty spec are worth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from time import perf_counter

from awmc.diagnostics import Diagnostic
from awmc.diagnostics.render import render_concise
from awmc.pipeline import check_source
from awmc.source import Source
from bench.faults.corpus import Fault


@dataclass(frozen=True, slots=True)
class Verdict:
    """`on_line`: one of what is told stands on a line of the fault; `names_mend`: and says there what to write;
    `alone`: nothing else is told. `shown`: the concise lines.
    """

    fault: Fault
    on_line: bool
    names_mend: bool
    alone: bool
    seconds: float
    shown: str


def judge(fault: Fault) -> Verdict:
    """Checks the faulty spec. Its errors count; its warnings only where it has no error."""
    source = Source(fault.spec, fault.text)
    begin = perf_counter()
    found = check_source(source)
    seconds = perf_counter() - begin
    told = [each for each in found if each.is_error] or list(found)
    there = [each for each in told if source.position(each.span.start)[0] in fault.lines]
    named = any(names_mend(each, source, fault.mends) for each in there)
    shown = render_concise(told, {source.name: source})
    return Verdict(fault, bool(there), named, len(told) == 1, seconds, shown)


def names_mend(diagnostic: Diagnostic, source: Source, mends: tuple[str, ...]) -> bool:
    """Whether its one line says one of the mends.

    What is to be written counts only in backticks, there as whole words; or as what a fix writes. A word of prose
    (`comma`) counts as it stands, and `@12:3` is a place that is pointed at.
    """
    line = render_concise([diagnostic], {source.name: source})
    said = line.split(": ", 2)[-1]
    quoted = re.findall(r"`([^`]+)`", said) + [fix.replacement.strip() for fix in diagnostic.fixes]
    for mend in mends:
        if re.fullmatch(r"@\d+:\d+", mend):
            if re.search(rf"(?<!\d){mend[1:]}(?!\d)", said):
                return True
        elif mend in _PROSE or mend[0].isupper():
            if re.search(rf"\b{mend}\b", said):
                return True
        elif re.search(r"\w", mend):
            if any(re.search(rf"(?<!\w){re.escape(mend)}(?!\w)", piece) for piece in quoted):
                return True
        elif any(re.search(rf"(?<!\S){re.escape(mend)}(?!\S)", piece) for piece in quoted):
            return True
    return False


_PROSE = ("comma", "quote", "double quotes", "before", "leave", "not")
