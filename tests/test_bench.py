"""The benchmarks run, and what they are run on is valid; how long it takes is their own business."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from awmc import pipeline
from awmc.source import Source
from bench.__main__ import main
from bench.grow import grow
from bench.serve import serving
from bench.table import Figure, Table, as_text, compared
from bench.vary import vary

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted((ROOT / "specs").glob("*.awm"))


def compiled(text: str) -> pipeline.Compilation:
    return pipeline.compile_source(Source("bench.awm", text))


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_variants_are_other_valid_specs(spec: Path) -> None:
    text = spec.read_text(encoding="utf-8")
    variants = [vary(text, number) for number in (3, 8)]
    assert vary(text, 3) == variants[0]
    found = [compiled(variant) for variant in variants]
    assert [[p.title for p in one.diagnostics if p.is_error] for one in found] == [[], []]
    names = [one.environment.name for one in found if one.environment is not None]
    assert names == [f"{spec.stem}_0003", f"{spec.stem}_0008"]
    assert len({tuple(artefact.text for artefact in one.artefacts) for one in found}) == 2


@pytest.mark.parametrize("entities", [5, 15])
def test_grown_specs_are_valid_and_as_large_as_asked(entities: int) -> None:
    text = grow(entities, seed=1)
    assert text == grow(entities, seed=1) != grow(entities, seed=2)
    environment = compiled(text).environment
    assert environment is not None
    assert len(environment.entities) == entities
    written = {tool.name for tool in environment.tools if not tool.derived_from}
    assert len(written) >= entities
    assert all(environment.rows[entity.table] for entity in environment.entities)


def test_benchmarks_print_tables(capsys: pytest.CaptureFixture[str]) -> None:
    main(["phases", "imports", "growth", "--specs", str(ROOT / "specs" / "clinic.awm"), "--sizes", "5", "10",
          "--repeat", "1", "--format", "json"])  # fmt: skip
    phases, imports, growth = json.loads(capsys.readouterr().out)
    assert {"analyse", "lower", "run the solves", "all phases"} <= {row["what"] for row in phases["figures"]}
    assert {"sqlglot", "import awmc.pipeline"} <= {row["what"] for row in imports["figures"]}
    small, large = growth["figures"]
    assert large["ratio"] == pytest.approx(large["seconds"] / small["seconds"])
    assert large["most"] == pytest.approx(2.4)


def test_proofs_are_timed_beside_their_calls(capsys: pytest.CaptureFixture[str]) -> None:
    main(["prove", "--specs", str(ROOT / "specs" / "clinic.awm"), "--repeat", "1", "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)
    assert found["title"].startswith("clinic.awm: 5 tasks, ")
    calls, proving, *_, ten = found["figures"]
    assert calls["what"].endswith(" calls, bare")
    assert calls["seconds"] < proving["seconds"]
    assert ten["limit"] == 5.0


def test_formatting_is_timed_beside_parsing(capsys: pytest.CaptureFixture[str]) -> None:
    main(["format", "--specs", str(ROOT / "specs" / "clinic.awm"), "--repeat", "1", "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)
    parsing, *_, whole = found["figures"]
    assert parsing["what"] == "parse"
    assert (whole["limit"], whole["of"]) == (0.2, "parse")


def test_sessions_are_measured_beside_their_bare_sql(capsys: pytest.CaptureFixture[str]) -> None:
    main(["runtime", "--specs", str(ROOT / "specs" / "clinic.awm"), "--repeat", "1", "--format", "json"])
    times, weights = json.loads(capsys.readouterr().out)
    rows = {row["what"]: row for row in times["figures"]}
    call, floor = rows["a call of book_visit"], rows["the bare SQL of book_visit"]
    assert call["of"] == floor["what"]
    assert call["ratio"] == pytest.approx(call["seconds"] / floor["seconds"])
    assert call["limit"] == pytest.approx(80e-6)
    assert any(what.startswith("the episode, ") and rows[what]["most"] == 3 for what in rows)
    bare, sessions = weights["figures"]
    assert bare["unit"] == sessions["unit"] == "MiB"
    assert min(bare["seconds"], sessions["seconds"]) > 10
    assert weights["title"] == "clinic.awm: a process with 16 instances"


def test_editing_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["editing", "--specs", str(ROOT / "specs" / "clinic.awm"), "--repeat", "1", "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)
    floor, *answers = found["figures"]
    assert floor["what"] == "parse and analyse"
    assert {"a change, diagnostics", "a change, completion"} <= {row["what"] for row in answers}
    assert {row["limit"] for row in answers} == {0.1}


def test_random_calls_are_timed_beside_their_bare_cost(capsys: pytest.CaptureFixture[str]) -> None:
    main(["fuzz", "--specs", str(ROOT / "specs" / "clinic.awm"), "--repeat", "1", "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)
    assert found["title"].startswith("clinic.awm: 3,000 random calls, 6,000 with those")
    bare, watched, *_ = found["figures"]
    assert (bare["what"], watched["of"]) == ("a call, bare", "a call, bare")
    assert watched["ratio"] > 1


def test_serving_is_timed_and_answers_well() -> None:
    calls, creating, many, malformed, workers = serving(repeat=1, seconds=0.5, malformed=40)
    assert [figure.most for figure in calls.figures] == [None, 1.3, 1.3, 1.3] * 2
    assert creating.figures[1].limit == 0.003
    assert "calls a second, none wrong" in many.title
    assert malformed.title.startswith(
        "40 malformed requests: 0 without a well-formed error; 0 instances fewer; then "
    )
    assert workers.title.count("none wrong") == 2


def test_processes_are_timed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compile", "many", "--specs", str(ROOT / "specs" / "clinic.awm"), "--count", "2", "--repeat", "1"])
    found = capsys.readouterr().out
    assert "awmc compile, nothing changed" in found
    assert "2 specs on 2 processes" in found


def test_targets_are_judged() -> None:
    floor = Figure("floor", 0.5)
    met = compared("quick", 0.9, floor, limit=1.0)
    missed = compared("steep", 2.0, floor, most=3)
    half = compared("both", 0.000_5, floor, limit=0.000_4, most=3)
    heavy = Figure("heavy", 1200.0, limit=2000, unit="MiB")
    found = (floor, met, missed, half, heavy)
    assert [one.is_met for one in found] == [None, True, False, False, True]
    lines = as_text([Table("t", found)]).splitlines()
    assert [line.split() for line in lines[-6:-1]] == [
        ["floor", "500.0", "ms"],
        ["quick", "900.0", "ms", "1.80", "×", "floor", "1.00", "s", "met"],
        ["steep", "2.00", "s", "4.00", "×", "floor", "3", "×", "missed"],
        ["both", "500.0", "µs", "0.00", "×", "floor", "400.0", "µs,", "3", "×", "missed"],
        ["heavy", "1,200", "MiB", "2,000", "MiB", "met"],
    ]
