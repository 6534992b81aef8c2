"""Faulty specs made by mutation: a sample of those that `python -m bench.diagnostics` judges is told as well."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from bench.diagnostics import NAMED, ON_LINE, main, shares
from bench.faults.corpus import KINDS, Corpus, draw, faulty
from bench.faults.judge import judge
from bench.faults.sound import Change, Sound

SPECS = Path(__file__).resolve().parent.parent / "specs"


@cache
def sound(name: str) -> Sound:
    return Sound(f"{name}.awm", (SPECS / f"{name}.awm").read_text(encoding="utf-8"))


@cache
def sample() -> Corpus:
    """A fault of each kind that the smallest spec can have."""
    return draw([sound("clinic")], seed=5, count=len(KINDS))


def test_a_corpus_has_a_fault_of_each_kind_and_is_always_the_same() -> None:
    corpus = sample()
    # It has no `??`.
    assert {*KINDS} - {fault.kind for fault in corpus.faults} == {"null not dealt with"}
    few = draw([sound("clinic")], seed=7, count=12)
    assert few == draw([sound("clinic")], seed=7, count=12)
    assert few.faults != draw([sound("clinic")], seed=8, count=12).faults
    for fault in corpus.faults:
        assert fault.text != sound(fault.spec.removesuffix(".awm")).text
        assert fault.lines
        assert all(fault.mends)


def test_faults_are_told_on_their_line_and_with_their_mend() -> None:
    verdicts = [judge(fault) for fault in sample().faults]
    found = shares(verdicts)
    missed = "\n".join(f"{each.fault.kind}: {each.shown}" for each in verdicts if not each.names_mend)
    assert found["on_line"] >= ON_LINE, missed
    assert found["names_mend"] >= NAMED, missed
    assert found["alone"] >= 0.9, missed


def change(old: str, new: str, mend: str) -> Change:
    text = sound("clinic").text
    start = text.index(old)
    return Change(start, start + len(old), new, (mend,))


@pytest.mark.parametrize(
    ("old", "new", "mend", "expected"),
    [
        ("specialty: Specialty", "specialty: Specialt", "Specialty", (True, True)),
        ("specialty: Specialty", "specialty: Specialt", "Doctor", (True, False)),
        ("minutes: int", "minutes: imt", "in", (True, False)),
        ("limit limit", "limit limit,", "comma", (True, True)),
    ],
)
def test_a_mend_counts_only_as_a_whole_word(
    old: str, new: str, mend: str, expected: tuple[bool, bool]
) -> None:
    verdict = judge(faulty("a kind", sound("clinic"), change(old, new, mend)))
    assert (verdict.on_line, verdict.names_mend) == expected, verdict.shown


def test_what_means_the_same_is_no_fault() -> None:
    text = sound("clinic").text
    assert (
        sound("clinic").meaning
        == Sound("clinic.awm", text.replace("  limit limit\n", "\n  limit limit\n")).meaning
    )
    assert sound("clinic").meaning != Sound("clinic.awm", text.replace("limit limit", "limit 3")).meaning


def test_the_table_names_shares_and_targets(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--seeds", "1", "--count", "6", "--specs", str(SPECS / "clinic.awm"), "--misses"])
    shown = capsys.readouterr().out
    assert "6 faulty specs, seed 1" in shown
    assert "entity misspelt" in shown
    assert "95% met" in shown
