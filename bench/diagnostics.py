"""`python -m bench.diagnostics`: how many faults are told where they are, alone, and with their mend."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from bench.faults.corpus import draw
from bench.faults.judge import Verdict, judge
from bench.faults.sound import Sound

SPECS = Path(__file__).resolve().parent.parent / "specs"
ON_LINE, NAMED = 0.95, 0.80
"""The targets: shares of the corpus."""


def main(arguments: list[str] | None = None) -> None:
    """Prints a table by kind for each seed."""
    parser = argparse.ArgumentParser(prog="python -m bench.diagnostics", description=main.__doc__)
    parser.add_argument("--count", type=int, default=300, help="how many faults")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 6], help="a corpus for each")
    parser.add_argument("--specs", nargs="+", type=Path, default=sorted(SPECS.glob("*.awm")))
    parser.add_argument(
        "--misses", action="store_true", help="show what is said of each fault that misses a target"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args(arguments)
    specs = [Sound(path.name, path.read_text(encoding="utf-8")) for path in options.specs]
    reports = []
    for seed in options.seeds:
        corpus = draw(specs, seed, options.count)
        verdicts = [judge(fault) for fault in corpus.faults]
        reports.append({"seed": seed, "same": corpus.same, **shares(verdicts)})
        if options.format == "text":
            print(_table(verdicts, seed, corpus.same), flush=True)
            if options.misses:
                print(_misses(verdicts), flush=True)
    if options.format == "json":
        print(json.dumps(reports, indent=2))


def shares(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Of all faults: how many there are, the shares told on their line, with the mend, and alone, and the mean time."""
    count = max(len(verdicts), 1)
    return {
        "faults": len(verdicts),
        "on_line": sum(each.on_line for each in verdicts) / count,
        "names_mend": sum(each.names_mend for each in verdicts) / count,
        "alone": sum(each.alone for each in verdicts) / count,
        "seconds": sum(each.seconds for each in verdicts) / count,
    }


def _table(verdicts: Sequence[Verdict], seed: int, same: int) -> str:
    title = f"{len(verdicts)} faulty specs, seed {seed}; {same} more mean the same as the sound one and are left out"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("kind")
    for column in ("faults", "on its line", "names the mend", "one error", "time"):
        table.add_column(column, justify="right")
    for kind in dict.fromkeys(each.fault.kind for each in verdicts):
        table.add_row(kind, *_cells([each for each in verdicts if each.fault.kind == kind]))
    table.add_section()
    table.add_row("all", *_cells(verdicts))
    found = shares(verdicts)
    met = [
        "met" if found[key] >= least else "missed"
        for key, least in (("on_line", ON_LINE), ("names_mend", NAMED))
    ]
    table.add_row("target", "", f"{ON_LINE:.0%} {met[0]}", f"{NAMED:.0%} {met[1]}")
    console = Console(width=120, highlight=False, markup=False, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _cells(verdicts: Sequence[Verdict]) -> list[str]:
    found = shares(verdicts)
    counted = [f"{found[key]:.0%}" for key in ("on_line", "names_mend", "alone")]
    return [str(len(verdicts)), *counted, f"{found['seconds'] * 1000:.0f} ms"]


def _misses(verdicts: Sequence[Verdict]) -> str:
    lines = []
    for each in verdicts:
        missed = [
            what
            for what, met in (("line", each.on_line), ("mend", each.names_mend), ("alone", each.alone))
            if not met
        ]
        if missed:
            fault = each.fault
            told = "\n".join(f"    {line}" for line in each.shown.splitlines()[:4]) or "    nothing is told"
            where = ", ".join(map(str, sorted(fault.lines)[:4]))
            lines.append(f"{fault.kind} [{' '.join(missed)}] {fault.spec}:{where}: {fault.change}\n{told}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
