"""Planted defects: believable worlds with one fault each, caught by the stage that should catch it, in its words.

A folder of `cases/planted` is a world: `sound.awm` passes everything; each other spec is the same but for one fault,
and begins with two comments that say which stage must catch it and what it is. `<fault>.txt` holds what an author is
told; `pytest --update` rewrites it.
"""

from __future__ import annotations

import difflib
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from awmc.diagnostics import Diagnostic
from awmc.diagnostics.render import render_human
from awmc.emit import Artefact
from awmc.fuzz import report
from awmc.fuzz.fuzzer import Fuzzer
from awmc.pipeline import compile_source
from awmc.prove.report import table, told
from awmc.prove.seeds import prove_spec
from awmc.prove.subject import of_artefacts
from awmc.prove.world import prove
from awmc.source import Source
from tests.golden import CASES, check_golden

WORLDS = sorted(path for path in (CASES / "planted").iterdir() if path.is_dir())
FAULTS = [path for world in WORLDS for path in sorted(world.glob("*.awm")) if path.name != "sound.awm"]
HEADER = re.compile(r"# stage: (?P<stage>\w+)\n# fault: (?P<fault>.+)\n")
STAGES: Final = ("parse", "names", "types", "rules", "seeds", "tasks", "prove", "worlds", "fuzz")
SEEDS: Final = range(1, 7)
"""The other worlds in which a spec is proved."""
BUDGET: Final = 80
CALLS: Final = 2_000
"""Random calls at a world."""
CHANGED: Final = 12
"""Lines in which a fault may differ from its sound world, at most."""


def header(path: Path) -> str:
    """The stage that a spec says must catch it."""
    found = HEADER.match(path.read_text(encoding="utf-8"))
    assert found is not None, f"{path.name} does not begin with `# stage: …` and `# fault: …`"
    assert found["stage"] in STAGES
    return found["stage"]


def stage_of(code: str) -> str:
    """The stage that gives a diagnostic."""
    if code.startswith("AWM43") or code == "AWM440":
        return "seeds"
    if code == "AWM116":  # two instances may have the same text
        return "tasks"
    return {"0": "parse", "1": "names", "2": "names", "3": "types", "6": "tasks"}.get(code[3], "rules")


@cache
def compiled(path: Path) -> tuple[tuple[Diagnostic, ...], tuple[Artefact, ...]]:
    done = compile_source(Source(path.name, path.read_text(encoding="utf-8")))
    return done.diagnostics, done.artefacts


def proved(path: Path) -> str:
    """The errors and warnings of `awmc prove`; nothing where all is well."""
    certificate = prove(of_artefacts({one.path: one.text for one in compiled(path)[1]}), budget=BUDGET)
    paragraphs = told(certificate).split("\n\n")
    return "\n".join(one.rstrip("\n") + "\n" for one in paragraphs if one.startswith(("error:", "warning:")))


def proved_elsewhere(path: Path) -> str:
    """What `awmc prove --world-seeds` says of the worlds in which not all holds; nothing where it does."""
    source = Source(path.name, path.read_text(encoding="utf-8"))
    worlds = [prove_spec(source, number, budget=1, seed=0) for number in SEEDS]
    shown = table(path.name, worlds)
    whole = re.compile(rf"^  \w+ +{len(SEEDS)}/{len(SEEDS)}$")
    lines = shown.splitlines()
    good = lines[0].endswith(f"in {len(SEEDS)} of {len(SEEDS)} worlds") and all(map(whole.match, lines[1:]))
    return "" if good else shown


def fuzzed(path: Path) -> str:
    """What random calls bring to light, errors and warnings; nothing where there are none."""
    outcome = Fuzzer({one.path: one.text for one in compiled(path)[1]}).fuzz(CALLS)
    if all(finding.level == "note" for finding in outcome.findings):
        return ""
    return report.told(outcome, path.stem, path.name, details=False)


def caught(path: Path, *, elsewhere: bool) -> tuple[str, str]:
    """The first stage that finds something, and what it says. `elsewhere`: in other worlds too."""
    diagnostics, artefacts = compiled(path)
    if diagnostics:
        stage = min((stage_of(one.code) for one in diagnostics), key=STAGES.index)
        sources = {path.name: Source(path.name, path.read_text(encoding="utf-8"))}
        shown = render_human(diagnostics, sources, color=False, width=100)
        return stage, shown
    assert artefacts
    found = proved(path)
    if found:
        return "prove", found
    found = proved_elsewhere(path) if elsewhere else ""
    return ("worlds", found) if found else ("fuzz", fuzzed(path))


def test_there_is_a_fault_of_every_stage() -> None:
    stages = [header(path) for path in FAULTS]
    assert set(stages) == set(STAGES)
    assert len(stages) - stages.count("fuzz") >= 45
    assert stages.count("prove") >= 8


@pytest.mark.parametrize("world", WORLDS, ids=lambda path: path.name)
def test_without_its_fault_a_world_passes_everything(world: Path) -> None:
    sound = world / "sound.awm"
    diagnostics, _ = compiled(sound)
    assert [(one.code, one.title) for one in diagnostics] == []
    assert proved(sound) == ""
    assert fuzzed(sound) == ""
    if any(header(path) == "worlds" for path in world.glob("*.awm") if path != sound):
        assert proved_elsewhere(sound) == ""


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_fault_is_caught_where_it_should_be(path: Path, update_golden: bool) -> None:
    sound = (path.parent / "sound.awm").read_text(encoding="utf-8").splitlines()
    faulty = HEADER.sub("", path.read_text(encoding="utf-8"), count=1).splitlines()
    changes = [line for line in difflib.ndiff(sound, faulty) if line[:2] in ("- ", "+ ")]
    assert 0 < len(changes) <= CHANGED, "one fault changes a line or few"
    stage, shown = caught(path, elsewhere=header(path) == "worlds")
    check_golden(path.with_suffix(".txt"), shown, update=update_golden)
    assert stage == header(path), shown
