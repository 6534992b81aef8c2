"""`awmc fuzz`: what is wrong with a world is found by random calls, shrunk to the fewest, and told with its remedy."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awmc import cli
from awmc.backends.sql import Compiler
from awmc.fuzz.breach import LEVELS
from awmc.fuzz.draws import Draws
from awmc.fuzz.episode import Made, Step
from awmc.fuzz.fuzzer import Fuzzer, Outcome
from awmc.fuzz.patterns import matching
from awmc.fuzz.promises import promises_of
from awmc.fuzz.report import as_data, told
from awmc.fuzz.shrink import Shrinker, plainer_values
from awmc.fuzz.spelling import Speller
from awmc.fuzz.watch import Watch
from awmc.ir import codec
from awmc.ir.lower import lower
from awmc.pipeline import compile_source
from awmc.runtime import World
from awmc.runtime.values import compile_pattern
from awmc.semantics.check import analyse
from awmc.source import Source, read_source
from awmc.syntax.parse import parse
from tests.compiled import SPECS, compiled, write
from tests.faults import FAULTS, Fault, without_require
from tests.golden import CASES, check_golden

AWMC = [sys.executable, "-m", "awmc"]
CLINIC = SPECS / "clinic.awm"
SHIPPED = sorted(path.stem for path in SPECS.glob("*.awm"))


def fuzzed(files: Mapping[str, str], calls: int = 1_000, seed: int = 0) -> Outcome:
    return Fuzzer(files, seed=seed).fuzz(calls)


def files_of(source: Source, world_seed: int = 0) -> dict[str, str]:
    done = compile_source(source, world_seed=world_seed)
    assert done.environment is not None, [problem.title for problem in done.diagnostics if problem.is_error]
    return {artefact.path: artefact.text for artefact in done.artefacts}


def keys(outcome: Outcome) -> set[tuple[str, str, str]]:
    return {finding.breach.key for finding in outcome.findings}


# ---- Sound worlds


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_sound_and_its_tools_are_reached(name: str) -> None:
    outcome = fuzzed(compiled(name), 1_000)
    assert [finding for finding in outcome.findings if finding.level == "error"] == []
    assert (outcome.calls, outcome.interrupted) == (1_000, False)
    assert sum(codes["ok"] for codes in outcome.codes.values() if "ok" in codes) > 300
    answered = {code for codes in outcome.codes.values() for code in codes}
    assert {"ok", "invalid_arguments", "not_found"} <= answered


def test_other_worlds_of_a_spec_are_sound() -> None:
    for world_seed in (1, 2):
        outcome = fuzzed(files_of(read_source(CLINIC), world_seed), 800)
        assert [finding for finding in outcome.findings if finding.level == "error"] == []


def test_the_seed_says_which_calls_are_made() -> None:
    first, again, other = (as_data(fuzzed(compiled("clinic"), 600, seed)) for seed in (0, 0, 1))
    assert first == again
    assert first["digest"] != other["digest"]


def test_another_process_finds_the_same(tmp_path: Path) -> None:
    folder = write(tmp_path / "clinic", without_require(compiled("clinic")))
    command = [*AWMC, "fuzz", str(folder), "--calls", "400", "--format", "json"]
    found = [
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert found[0] == found[1]
    assert json.loads(found[0])[0]["calls"] == 400


# ---- Planted faults


@cache
def found_of(fault: Fault) -> Outcome:
    return fuzzed(fault.plant(compiled("clinic")))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found_and_shrunk(fault: Fault) -> None:
    outcome = found_of(fault)
    (finding,) = (
        one for one in outcome.findings if one.breach.key == (fault.kind, fault.tool, fault.subject)
    )
    assert fault.said in finding.breach.what
    assert len(finding.calls) == fault.calls
    assert finding.level == LEVELS.get(finding.breach.kind, "error")
    # What else is found comes of it: a tool that fails keeps others from succeeding, a visit that is booked again meets
    # another of its slot.
    others = [one for one in outcome.findings if one is not finding]
    assert {one.level for one in others} <= {"warning"}
    tool = next(
        one for one in codec.load(compiled("clinic")["env.json"]).tools if one.name == finding.breach.tool
    )
    assert finding.line == tool.place.line
    if finding.calls:
        assert finding.calls[-1].tool == fault.tool


def test_the_calls_of_a_finding_show_it_again() -> None:
    fault = next(fault for fault in FAULTS if fault.name == "a move that is not checked")
    finding = next(one for one in found_of(fault).findings if one.breach.kind == fault.kind)
    assert [call.tool for call in finding.calls] == ["book_visit", "cancel_visit", "cancel_visit"]
    with World.from_artefacts(fault.plant(compiled("clinic"))).session(actor=finding.actor) as session:
        for call in finding.calls:
            assert session.call(call.tool, call.arguments).text == call.answer
    # The row that the first call made is named by the others, and no argument is more than it must be.
    first, *cancelled = finding.calls
    assert first.arguments["reason"] == "aaa"
    visit = json.loads(first.answer)["id"]
    assert [call.arguments for call in cancelled] == [{"visit": visit}] * 2


# ---- A require that is missing

MISSING = sorted((CASES / "fuzz").glob("*.awm"))


@cache
def missing_of(path: Path) -> Outcome:
    return fuzzed(files_of(read_source(path)), 2_000)


@pytest.mark.parametrize("path", MISSING, ids=lambda path: path.stem)
def test_what_is_told_is_golden(path: Path, update_golden: bool) -> None:
    shown = told(missing_of(path), path.stem, path.name, details=True)
    check_golden(path.with_suffix(".txt"), shown, update=update_golden)


@pytest.mark.parametrize("path", MISSING, ids=lambda path: path.stem)
def test_a_spec_with_the_requires_that_were_proposed_lacks_none(path: Path) -> None:
    proposed = [finding.missing for finding in missing_of(path).findings if finding.missing is not None]
    assert len(proposed) > 5
    lines = path.read_text(encoding="utf-8").splitlines()
    assert all(missing.text and missing.before in lines[missing.line - 1] for missing in proposed)
    for missing in sorted(proposed, key=lambda missing: -missing.line):
        lines.insert(missing.line - 1, missing.text)
    outcome = fuzzed(files_of(Source(path.name, "\n".join(lines))), 2_000)
    assert {finding.breach.kind for finding in outcome.findings} <= {"never_ok"}
    codes = {missing.text.partition(" else ")[2].split()[0] for missing in proposed}
    assert codes <= {code for answered in outcome.codes.values() for code in answered}


@pytest.mark.parametrize("name", SHIPPED)
def test_expressions_are_spelt_as_the_language_reads_them(name: str) -> None:
    """Each invariant, spelt from the IR and compiled again, is the same."""
    text = (SPECS / f"{name}.awm").read_text(encoding="utf-8")
    environment = codec.load(compiled(name)["env.json"])
    speller = Speller(environment)
    for place, invariant in enumerate(environment.invariants):
        on = f" on {invariant.entity}" if invariant.entity else ""
        text += f'\ninvariant again_{place} "Again."{on}: {speller.spelled(invariant.test)}'
    source = Source(f"{name}.awm", text)
    model = analyse(parse(source)[0], source)
    assert not [problem for problem in model.problems if problem.is_error]
    again = lower(model, 0).invariants
    compiler = Compiler(environment)
    count = len(environment.invariants)
    assert count
    for old, new in zip(again[:count], again[count:], strict=True):
        assert compiler.invariant(new).text == compiler.invariant(old).text


# ---- Shrinking


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=60), st.sets(st.integers(0, 50), min_size=1, max_size=4)
)
@settings(max_examples=60)
def test_calls_that_matter_are_what_is_left(numbers: list[int], wanted: set[int]) -> None:
    last = max(wanted)
    steps = [Step(place, "tool", {"n": number}) for place, number in enumerate([*numbers, *sorted(wanted)])]

    def shows(some: Sequence[Step]) -> bool:
        return {step.arguments.get("n") for step in some} >= wanted and some[-1].arguments.get("n") == last

    found = Shrinker(shows).shrink(steps)
    assert shows(found)
    assert sorted(step.arguments["n"] for step in found) == sorted(wanted)


def test_shrinking_stops_when_its_budget_is_spent() -> None:
    tried: list[int] = []

    def shows(some: Sequence[Step]) -> bool:
        tried.append(len(some))
        return True

    steps = [Step(place, "tool", {"text": "x" * 500}) for place in range(100)]
    found = Shrinker(shows, budget=120).shrink(steps)
    assert sum(tried) <= 120 + max(tried)
    assert len(found) < 100


WIRE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@given(WIRE, st.randoms(use_true_random=False))
def test_making_a_value_plainer_comes_to_an_end(value: Any, random: Random) -> None:
    for _ in range(2_000):
        choices = list(plainer_values(value))
        if not choices:
            return
        value = random.choice(choices)
    raise AssertionError(value)


def test_a_row_that_a_run_made_is_no_value_to_make_plainer() -> None:
    assert list(plainer_values(Made(0, "Visit", 0))) == []


# ---- Draws


PATTERNS = [
    r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}",
    r"(Mr|Ms)\. [a-z]+",
    r"\d{3}-\d{4}",
    r"[^a-z]{3}",
    r"a?b*c+?.",
    r"x{2,}",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_are_made_for_patterns(pattern: str) -> None:
    compiled_pattern = compile_pattern(pattern)
    assert compiled_pattern is not None
    random = Random(0)
    assert all(compiled_pattern.fullmatch(matching(pattern, random)) for _ in range(50))


@pytest.mark.parametrize("name", SHIPPED)
def test_arguments_are_legal_mostly_and_wrong_in_many_ways(name: str) -> None:
    files = compiled(name)
    promises = promises_of(World.from_artefacts(files), codec.load(files["env.json"]))
    draws = Draws(promises, Random(0))
    watch = Watch(promises)
    refused = 0
    kinds = set()
    for _ in range(600):
        tool, arguments = draws.call(watch)
        json.dumps(arguments, allow_nan=False)
        kinds |= {type(value).__name__ for value in arguments.values()}
        observed = watch.call(tool, arguments)
        assert observed.result is not None
        error = observed.result.error
        refused += error is not None and error["code"] == "invalid_arguments"
    watch.close()
    assert 20 < refused < 200
    assert kinds >= {"str", "int", "float", "bool", "NoneType", "list", "dict"}


# ---- From the command line


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Runs `awmc` in this process, in an empty folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["awmc", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(leaving.value.code or 0), out, err

    return call


def test_builds_and_specs_are_fuzzed(run: Any) -> None:
    write(Path("build/clinic"), compiled("clinic"))
    status, out, err = run("fuzz", "--calls", 300)
    assert (status, err) == (0, "1 world fuzzed, 300 calls\n")
    assert out.startswith("clinic: 300 calls in ")
    assert out.endswith("% succeeded; nothing found\n")
    status, out, err = run("fuzz", CLINIC, "--world-seeds", "1..2", "--calls", 200, "--jobs", 2)
    assert (status, err) == (0, "2 worlds fuzzed, 400 calls\n")
    assert [line.partition(":")[0] for line in out.splitlines()] == [
        f"{CLINIC}, world 1",
        f"{CLINIC}, world 2",
    ]


def test_errors_fail_and_warnings_only_where_it_is_strict(run: Any) -> None:
    write(Path("build/clinic"), without_require(compiled("clinic")))
    status, out, err = run("fuzz", "--calls", 500)
    assert (status, err) == (0, "1 world fuzzed, 500 calls, 1 warning\n")
    assert "warning: book_visit is held back by the invariant one_visit_per_slot alone" in out
    assert "\n  at clinic.awm:57" in out
    assert (
        "    require not exists(Visit where .slot == slot and .status == booked) else one_visit_per_slot"
        in out
    )
    assert run("fuzz", "--calls", 500, "--strict")[0] == 1
    broken = next(fault for fault in FAULTS if fault.kind == "undeclared_code")
    write(Path("build/clinic"), broken.plant(compiled("clinic")))
    status, out, err = run("fuzz", "--calls", 500, "--format", "json")
    assert (status, err) == (1, "1 world fuzzed, 500 calls, 1 error\n")
    (world,) = json.loads(out)
    assert world["build"] == "build/clinic"
    (finding,) = world["findings"]
    assert (finding["kind"], finding["level"], finding["line"]) == ("undeclared_code", "error", 67)
    assert finding["calls"][-1]["tool"] == "cancel_visit"
    assert world["tools"]["cancel_visit"]["too_late"] > 0


def test_details_tell_what_each_tool_answered(run: Any) -> None:
    out = run("fuzz", CASES / "fuzz" / "missing_requires.awm", "--calls", 400, "--details")[1]
    assert "note: scrap is held back by what refers to Machine alone" in out
    assert "\n  list_machines  ok  " in out
    assert "note:" not in run("fuzz", CASES / "fuzz" / "missing_requires.awm", "--calls", 400)[1]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("gone",), 1, "there is no folder gone"),
        (("empty",), 1, "empty holds neither builds nor specs"),
        (("--world-seeds", "7", "build"), 2, "name specs instead of builds"),
        (("--world-seeds", "x", str(CLINIC)), 2, "`x` names no seeds"),
        (("--calls", "0"), 2, "Invalid value for '--calls'"),
        (("build/clinic",), 1, "tools.py is not as it was written"),
        (("wrong.awm",), 1, "error[AWM"),
    ],
)
def test_what_cannot_be_fuzzed_is_said(run: Any, arguments: tuple[str, ...], status: int, said: str) -> None:
    folder = write(Path("build/clinic"), compiled("clinic"))
    (folder / "tools.py").write_text("# edited\n", encoding="utf-8")
    Path("empty").mkdir()
    Path("wrong.awm").write_text("entity Nothing {", encoding="utf-8")
    code, out, err = run("fuzz", *arguments)
    assert (code, out) == (status, "")
    assert said in err


# ---- Interrupted, and how far it is


def test_interrupting_gives_what_was_found_so_far() -> None:
    def progress(done: int) -> None:
        if done >= 700:
            raise KeyboardInterrupt

    outcome = Fuzzer(without_require(compiled("clinic")), progress=progress).fuzz(5_000)
    assert outcome.interrupted
    assert outcome.calls == 700
    (finding,) = outcome.findings
    assert finding.breach.kind == "guarded_by_invariant"
    # It is not shrunk: that would take its time.
    assert len(finding.calls) == finding.shrunk_from


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_tells_what_was_found_and_leaves(tmp_path: Path, jobs: str) -> None:
    write(tmp_path / "a" / "clinic", without_require(compiled("clinic")))
    for name in ("one", "two", "three", "four"):
        write(tmp_path / "b" / name, compiled("food_delivery"))
    # The first ends soon; nobody waits for the others.
    process = subprocess.Popen(
        [*AWMC, "fuzz", str(tmp_path / "a"), str(tmp_path / "b"), "--calls", "2000", "--jobs", jobs],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while lines[-1] and not lines[-1].startswith("    require "):
        lines.append(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert lines[0].startswith("clinic: 2,000 calls in ")
    assert lines[2].startswith("warning: book_visit is held back by the invariant")
    assert "1 warning, interrupted" in err


def test_progress_is_shown_on_a_terminal_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "clinic", compiled("clinic"))
    patient = "import awmc.cli, awmc.cli.fuzz as fuzz; fuzz._PATIENCE = 0; awmc.cli.main()"
    command = [sys.executable, "-c", patient, "fuzz", str(folder), "--calls", "300"]
    leader, follower = pty.openpty()
    terminal = {**os.environ, "TERM": "xterm"}
    shown = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=follower, env=terminal, check=True, text=True
    )
    os.close(follower)
    told_there = os.read(leader, 10_000).decode()
    os.close(leader)
    plain = subprocess.run(command, capture_output=True, check=True, text=True)
    assert "\r\x1b[Kfuzzing clinic (1 of 1): 100 calls" in told_there
    assert told_there.replace("\r\n", "\n").endswith("\r\x1b[K1 world fuzzed, 300 calls\n")
    assert plain.stderr == "1 world fuzzed, 300 calls\n"
    assert plain.stdout == shown.stdout


# ---- What the runtime answers


def test_what_cannot_be_held_refuses_the_call() -> None:
    text = """
    env sums "Sums." { clock 2026-03-02T08:00 }
    entity Row { n: int  total: int? }
    tools Row { list }
    tool product(row: Row, by: int) { return { value: row.n * by, day: date(now) } }
    tool later(day: date) { return { day: day + 1mo } }
    tool ratio(a: number, b: number) { return { value: a * b } }
    tool keep(row: Row, by: int) -> Row { update row set total = row.n * by  return row }
    tool sum_all(by: int) { return { sum: sum(Row, .n * by) } }
    seed Row (n) { 4 }
    task t "Which number is there?" { solve { list_rows() } answer 4 }
    """
    with World.from_artefacts(files_of(Source("sums.awm", text))).session() as session:
        for tool, arguments in [
            ("product", {"row": 1, "by": 2**62}),
            ("later", {"day": "9999-12-31"}),
            ("ratio", {"a": 1e300, "b": 1e300}),
            ("keep", {"row": 1, "by": 2**62}),
            ("sum_all", {"by": 2**62}),
        ]:
            error = session.call(tool, arguments).error
            assert error is not None, tool
            assert error["code"] == "invalid_arguments"
            assert error["message"].endswith("would be out of all bounds.")
        assert session.diff() == ()
        assert session.call("product", {"row": 1, "by": 3}).value == {"value": 12, "day": "2026-03-02"}


def test_who_acts_for_a_row_that_is_gone_can_do_nothing_more() -> None:
    text = """
    env leaving "Leaving." { clock 2026-03-02T08:00  actor User ana }
    entity User { name: text }
    tools User { list, get, delete }
    tool both(a: User, b: User) -> User { delete b  return a }
    seed User (name) {
      ana: "Ana"
      ben: "Ben"
    }
    task t "Who is there but me?" { solve { list_users() } answer "Ben" }
    """
    with World.from_artefacts(files_of(Source("leaving.awm", text))).session() as session:
        refused = session.call("both", {"a": 2, "b": 2})
        assert refused.error == {"code": "not_found", "message": "What this would answer is there no more."}
        assert session.call("delete_user", {"user": 1}).ok
        for tool, arguments in [("list_users", {}), ("get_user", {"user": 2})]:
            error = session.call(tool, arguments).error
            assert error is not None
            assert (error["code"], error["message"]) == (
                "ended", "The User that you act for is gone; nothing more can be done.",
            )  # fmt: skip
        # It is no handoff, and another run begins anew.
        assert not session.ended
        session.reset()
        assert session.call("list_users").ok


def test_an_answer_can_be_written_whatever_the_arguments_hold() -> None:
    with World.from_artefacts(compiled("clinic")).session() as session:
        result = session.call("get_doctor", {"doctor": "\ud800"})
        assert result.error is not None
        assert result.error["code"] == "invalid_arguments"
        assert json.loads(result.text.encode("utf-8")) == {"error": result.error}
