"""Proofs: what is certified is sound, and every fault that is planted is found, told and placed."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awmc import cli
from awmc.emit import Artefact, memo, proof
from awmc.emit.compare import stale_files
from awmc.emit.write import WriteError, write_build, write_proof
from awmc.ir import nodes
from awmc.oracle.play import Made
from awmc.pipeline import compile_source
from awmc.prove.certificate import FATES, kill_score, written
from awmc.prove.ends import End, Ends
from awmc.prove.likeness import Clause, Judge, Target
from awmc.prove.report import table, told
from awmc.prove.runs import play
from awmc.prove.seeds import prove_spec, records, seeds_of
from awmc.prove.subject import Unprovable, of_artefacts
from awmc.prove.values import fits, key_of, others
from awmc.prove.world import prove
from awmc.runtime import World
from awmc.runtime.case import Condition, Free, May
from awmc.source import Source
from tests import golden
from tests.compiled import SPECS, changed, compiled, write

FAULTS = golden.CASES / "planted"
CLINIC = str(SPECS / "clinic.awm")
AWMC = [sys.executable, "-m", "awmc"]
SHIPPED = sorted(path.stem for path in SPECS.glob("*.awm"))

DESK = """
env desk "A small help desk." {
  clock 2026-03-02T08:00
  actor Agent kim
}
entity Agent { name: text }
entity Ticket {
  title: text 1..60 @search
  prio: int 1..5 = 3
  views: int = 0 @untracked
  agent: Agent?
  status: states { open -> closed }
  opened_at: datetime = now
  tags: [Tag] @many
}
entity Tag { word: text @unique }
entity Log {
  ticket: Ticket @cascade
  text: text
}
tools Agent { list }
tools Ticket { list(status), create(title, prio), update(prio), delete }
tools Tag { list(word) }
tool view(ticket: Ticket) -> Ticket { update ticket set views += 1  return ticket }
tool tag(ticket: Ticket, tags: [Tag] 1..3) -> Ticket { update ticket set tags += tags  return ticket }
tool assign(ticket: Ticket) -> Ticket {
  require ticket.status == open else closed_already "It is closed."
  update ticket set agent = me
  return ticket
}
tool close(ticket: Ticket, why: text?) "Close it." -> Ticket {
  update ticket set status = closed
  create Log { ticket, text: why ?? "closed" }
  return ticket
}
seed Agent (name) { kim: "Kim" }
seed Ticket (title, prio) {
  printer: "Printer on fire", 5
  mouse: "Mouse lost", 2
  door: "Door stuck", 4
}
seed Tag (word) {
  "hot"
  "old"
}
seed Log (ticket, text) { door, "seen" }

task put_out "Tag the ticket about the printer on fire as hot, take it, and close it." {
  solve {
    let t = list_tickets(query: "printer on fire")[0]
    let g = list_tags(word: "hot")[0]
    tag(ticket: t.id, tags: [g.id])
    assign(ticket: t.id)
    close(ticket: t.id)
  }
  free Log.text where .text != "rude"
}
task two "Make two tickets: Lamp, and Desk with priority 1. Tell me the id of the ticket Desk." {
  solve {
    create_ticket(title: "Lamp")
    let d = create_ticket(title: "Desk", prio: 1)
  }
  answer d.id
}
task drop "Delete the ticket Mouse lost; you may change the priority of others." {
  solve {
    let t = list_tickets(query: "mouse lost")[0]
    delete_ticket(ticket: t.id)
  }
  may update Ticket where .title != "Door stuck"
  ensure max(Ticket, .prio) == old(max(Ticket, .prio))
}
"""


def files_of(text: str, world_seed: int = 0) -> dict[str, str]:
    done = compile_source(Source("spec.awm", text), world_seed=world_seed)
    assert done.environment is not None, [problem.title for problem in done.diagnostics]
    return {artefact.path: artefact.text for artefact in done.artefacts}


def proved(files: Mapping[str, str], budget: int = 150, seed: int = 0) -> dict[str, Any]:
    return prove(of_artefacts(files), budget=budget, seed=seed)


def task_of(certificate: Mapping[str, Any], id_: str) -> dict[str, Any]:
    return next(task for task in certificate["tasks"] if task["id"] == id_)


@pytest.fixture(scope="module")
def desk() -> dict[str, str]:
    return files_of(DESK)


# ---- What is sound is certified


@pytest.mark.parametrize("name", SHIPPED)
def test_every_spec_that_ships_is_certified(name: str) -> None:
    certificate = proved(compiled(name), budget=100)
    totals = certificate["totals"]
    assert certificate["certified"], told(certificate)
    assert totals["certified"] == totals["tasks"] > 0
    assert totals["kill_score"] == 1.0
    assert totals["killed"] >= (50 if name != "clinic" else 40) * totals["tasks"]
    assert totals["equivalent"] > totals["tasks"]


def test_a_sound_world_of_every_kind_of_change_is_certified(desk: dict[str, str]) -> None:
    certificate = proved(desk)
    assert certificate["certified"], told(certificate)
    put_out, two, drop = certificate["tasks"]
    assert put_out["reorderings"] == {"same": 2, "other": 0}  # it is assigned before it is closed
    assert put_out["prefixes"] == {"other": 5, "same": 0}
    assert two["reorderings"] == {"same": 1, "other": 0}  # though the ids of the new rows change places
    assert two["mutants"]["doubled"]["killed"] == 2
    assert two["mutants"]["left_out"]["killed"] == 2
    assert put_out["allowed"] == {'line 56: free Log.text where .text != "rude"': 2}
    assert list(drop["allowed"]) == ['line 70: may update Ticket where .title != "Door stuck"']


def test_what_a_task_asks_is_measured(desk: dict[str, str]) -> None:
    asks = proved(desk, budget=1)["tasks"][0]["asks"]
    assert asks == {
        "calls": 5,
        "tools": ["list_tickets", "list_tags", "tag", "assign", "close"],
        "reads": ["ticket", "tag"],
        "writes": ["ticket", "log", "ticket_tags"],
        "carried": 4,
        "left_out": ["close.why"],
    }


def test_a_proof_is_the_same_each_time_and_its_seed_chooses_the_mutants(desk: dict[str, str]) -> None:
    first = written(proved(desk, budget=40))
    assert first == written(proved(desk, budget=40))
    assert first != written(proved(desk, budget=40, seed=1))
    other = json.loads(written(proved(desk, budget=40, seed=1)))
    assert [task["asks"] for task in other["tasks"]] == [task["asks"] for task in json.loads(first)["tasks"]]


def test_the_counts_add_up(desk: dict[str, str]) -> None:
    certificate = proved(desk, budget=60)
    for task in certificate["tasks"]:
        assert sum(sum(fates.values()) for fates in task["mutants"].values()) <= 60
    totals = certificate["totals"]
    assert totals["mutants"] == sum(totals[fate] for fate in FATES)
    assert (kill_score(3, 1), kill_score(0, 0)) == (0.75, None)


def test_a_budget_is_kept_and_spent_on_every_kind(desk: dict[str, str]) -> None:
    task = task_of(proved(desk, budget=20), "put_out")
    assert sum(sum(fates.values()) for fates in task["mutants"].values()) == 20
    assert set(task["mutants"]) == {
        "added",
        "argument",
        "doubled",
        "left_out",
        "refused",
        "sibling",
        "swapped",
    }


# ---- Planted faults of verifiers


def test_a_verifier_that_is_blind_to_a_column_is_found() -> None:
    files = changed(compiled("clinic"), "verify.py", '                        "slot": 25,\n', "")
    certificate = proved(files)
    task = task_of(certificate, "book_cheapest_cardiologist")
    assert not certificate["certified"]
    assert certificate["totals"]["certified"] == 4
    assert task["kill_score"] < 1
    survivor = task["survivors"][0]
    assert survivor["kind"] == "argument"
    assert survivor["what"].startswith("book_visit: slot ")
    assert survivor["calls"][-1]["tool"] == "book_visit"
    assert any(line.startswith("Visit 2: slot is ") for line in survivor["differs"])
    assert survivor["because"] == "verify.py accepts what the task in env.json does not"
    assert (survivor["line"], task["line"]) == (91, 91)
    assert "compile the spec again" in survivor["add"]
    assert (
        "error: book_cheapest_cardiologist (clinic.awm:91) accepts a wrong run, argument: book_visit: slot"
        in told(certificate)
    )


def test_a_verifier_that_accepts_everything_is_found() -> None:
    files = changed(
        compiled("clinic"),
        "verify.py",
        "return decide(run, BOOK_CHEAPEST_CARDIOLOGIST)",
        "return Verdict(1.0, 1.0, True)",
    )
    task = task_of(proved(files), "book_cheapest_cardiologist")
    assert task["kill_score"] == 0.0
    assert {"untouched", "prefix"} <= {survivor["kind"] for survivor in task["survivors"]}
    assert len(task["survivors"]) == 10  # the first of them are written down, all are counted
    assert sum(fates["survived"] for fates in task["mutants"].values()) > 10


def test_a_verifier_that_does_not_mind_what_else_is_changed_is_found(desk: dict[str, str]) -> None:
    files = changed(desk, "verify.py", "            where=Condition(DROP_MAY_SQL),\n", "")
    task = task_of(proved(files), "drop")
    assert task["survivors"]
    assert any("Ticket 3: " in line for line in task["survivors"][0]["differs"])


def test_a_verifier_that_rejects_what_is_free_is_found() -> None:
    files = changed(
        compiled("clinic"),
        "verify.py",
        'Free("visit", ["reason"], where=Condition(BOOK_CHEAPEST_CARDIOLOGIST_FREE_SQL)),',
        "",
    )
    certificate = proved(files)
    task = task_of(certificate, "book_cheapest_cardiologist")
    assert not task["certified"]
    assert task["kill_score"] == 1.0
    assert task["rejected"][0]["because"] == "verify.py rejects what the task in env.json accepts"
    assert "rejects a right run, argument: book_visit: reason" in told(certificate)


def test_a_verifier_that_rejects_the_solve_is_found() -> None:
    files = changed(compiled("clinic"), "verify.py", '"fee": 9550', '"fee": 9551')
    task = task_of(proved(files), "book_cheapest_cardiologist")
    assert task["solves"] == 0
    assert task["rejected"][0]["kind"] == "solve"


# ---- Planted faults of specs, which compile

ANSWERS = """
env shop "A shop." {{ clock 2026-03-02T08:00 }}
entity Book {{
  title: text @search
  copies: int
}}
tools Book {{ list(copies) }}
seed Book (title, copies) {{
  emma: "Emma", 3
  dusk: "Dusk", 4
}}
task count "{instruction}" {{
  solve {{ let books = list_books(query: "Emma") }}
  answer {answer}
}}
"""


def test_an_answer_that_the_instruction_states_is_found() -> None:
    text = ANSWERS.format(instruction="Are there 3 copies of Emma? Say how many.", answer="books[0].copies")
    certificate = proved(files_of(text))
    (task,) = certificate["tasks"]
    survivor = next(one for one in task["survivors"] if one["kind"] == "question")
    assert survivor["because"] == "the instruction itself states the answer"
    assert survivor["text"] == "books[0].copies"
    assert survivor["line"] == 14
    assert "does not say" in survivor["add"]
    assert "spec.awm" not in told(certificate)
    assert "in: shop.awm:14: books[0].copies" in told(certificate)


def test_an_answer_that_no_message_can_hedge_is_certified() -> None:
    text = ANSWERS.format(instruction="How many copies of Emma are there?", answer="books[0].copies")
    (task,) = proved(files_of(text))["tasks"]
    assert task["certified"], task["survivors"]
    for kind in ("other_value", "off_by_one", "empty", "question", "hedged", "two_answers"):
        assert task["mutants"][kind]["killed"] > 0, kind


def test_a_name_that_the_solve_did_not_see_is_no_answer_either() -> None:
    text = ANSWERS.format(instruction="Which book has 3 copies?", answer="books[0].title")
    (task,) = proved(files_of(text.replace('query: "Emma"', "max_copies: 3")))["tasks"]
    assert task["certified"], task["survivors"]
    assert task["mutants"]["other_value"]["killed"] == 1
    assert task["mutants"]["hedged"]["killed"] >= 2


def test_a_refused_call_does_no_harm(desk: dict[str, str]) -> None:
    for task in proved(desk)["tasks"]:
        assert task["mutants"]["refused"] == {**dict.fromkeys(FATES, 0), "equivalent": 2}


def test_other_orders_that_end_otherwise_are_shown() -> None:
    text = (
        DESK.replace("task two", "task mouse")
        .replace(
            """    create_ticket(title: "Lamp")
    let d = create_ticket(title: "Desk", prio: 1)
  }
  answer d.id""",
            """    let t = list_tickets(query: "mouse lost")[0]
    update_ticket(ticket: t.id, prio: 4)
    update_ticket(ticket: t.id, prio: 1)
  }""",
        )
        .replace(
            "Make two tickets: Lamp, and Desk with priority 1. Tell me the id of the ticket Desk.",
            "Mouse lost: 4, then 1.",
        )
    )
    certificate = proved(files_of(text))
    task = task_of(certificate, "mouse")
    assert task["certified"]
    assert task["reorderings"] == {"same": 0, "other": 1}
    assert task["reordered"][0]["differs"] == ["Ticket 2: prio is 4 instead of 1"]
    assert "note: mouse (desk.awm:58) asks for an order" in told(certificate)


# ---- Equality of ends, on its own


class Bench:
    """The desk, with a judge of `two` or of another task, to play runs on."""

    def __init__(self, files: Mapping[str, str], clauses: tuple[Free | May, ...] = ()) -> None:
        self.world = World.from_artefacts(files)
        self.ends = Ends(self.world)
        place = nodes.Place(line=1, text="clause")
        found = [Clause(what, place) for what in clauses]
        self.judge = Judge(self.ends, {"ticket_tags": ("ticket", "tag")}, found, ())
        self.session = self.world.session()

    def end(self, *calls: tuple[str, dict[str, Any]]) -> End:
        self.session.reset()
        assert play(self.session, [Made(tool, arguments) for tool, arguments in calls])
        return self.ends.of(self.session)

    def alike(
        self, first: list[tuple[str, dict[str, Any]]], second: list[tuple[str, dict[str, Any]]]
    ) -> bool | None:
        """Whether the second run ends as the first, is allowed beside it (None), or ends otherwise."""
        moved = {(row, "opened_at"): True for row in self.end(*first).made if row[0] == "ticket"}
        target = Target(self.end(*first), moved)
        found = self.judge.likeness(self.session, self.end(*second), target)
        return False if found is None else True if found.is_same else None


def new(title: str, prio: int = 3) -> tuple[str, dict[str, Any]]:
    return "create_ticket", {"title": title, "prio": prio}


def test_numbered_ids_of_new_rows_do_not_count_but_what_refers_to_them_does(desk: dict[str, str]) -> None:
    bench = Bench(desk)
    assert bench.alike([new("A"), new("B")], [new("B"), new("A")]) is True
    assert bench.alike([new("A"), new("B")], [new("A"), new("C")]) is False
    assert bench.alike([new("A"), new("A")], [new("A")]) is False
    close4, close5 = ("close", {"ticket": 4}), ("close", {"ticket": 5})
    assert bench.alike([new("A"), new("B"), close4], [new("B"), new("A"), close5]) is True
    assert bench.alike([new("A"), new("B"), close4], [new("B"), new("A"), close4]) is False
    tag4, tag5 = ("tag", {"ticket": 4, "tags": [1]}), ("tag", {"ticket": 5, "tags": [1]})
    assert bench.alike([new("A"), new("B"), tag4], [new("B"), new("A"), tag5]) is True
    assert bench.alike([new("A"), new("B"), tag4], [new("B"), new("A"), tag4]) is False


def test_rows_that_are_alike_but_for_what_refers_to_them_are_told_apart(desk: dict[str, str]) -> None:
    bench = Bench(desk)
    twins = [new("A"), new("A"), new("A")]
    one, other = ("close", {"ticket": 4, "why": "x"}), ("close", {"ticket": 6, "why": "x"})
    assert bench.alike([*twins, one], [*twins, other]) is True
    assert bench.alike([*twins, one], [*twins, other, ("tag", {"ticket": 6, "tags": [2]})]) is False


def test_untracked_columns_and_passing_time_do_not_count(desk: dict[str, str]) -> None:
    bench = Bench(desk)
    look = ("list_tickets", {})
    assert bench.alike([new("A")], [("view", {"ticket": 1}), look, look, new("A")]) is True
    assert bench.end(("view", {"ticket": 1})).is_untouched
    far = Target(bench.end(new("A")), {(("ticket", 4), "opened_at"): True})
    late = bench.end(*[look] * 3, new("A"))
    assert bench.judge.likeness(bench.session, late, far) is not None
    unmoved = Target(far.end, {})
    assert bench.judge.likeness(bench.session, late, unmoved) is None


def test_rows_that_are_gone_and_their_cascades_count(desk: dict[str, str]) -> None:
    bench = Bench(desk)
    gone = bench.end(("delete_ticket", {"ticket": 3}))
    assert gone.gone == {("ticket", 3), ("log", 1)}
    assert bench.alike([("delete_ticket", {"ticket": 3})], [("delete_ticket", {"ticket": 2})]) is False


def test_what_clauses_allow_is_not_the_same(desk: dict[str, str]) -> None:
    lamp = Condition("SELECT 1 FROM ticket WHERE id = :self AND title = 'Lamp'")
    bench = Bench(desk, (Free("ticket", ["prio"]), May("create", "ticket", lamp)))
    assert bench.alike([new("A", 1)], [new("A", 2)]) is None
    assert bench.alike([new("A", 1)], [new("A", 1), new("Lamp")]) is None
    assert bench.alike([new("A", 1)], [new("A", 1), new("Desk")]) is False
    assert bench.alike([new("A", 1)], [new("B", 1)]) is False
    assert bench.alike([new("A", 1)], [new("A", 1)]) is True
    assert bench.alike([new("A", 1)], [new("Lamp", 1), new("A", 1)]) is None
    update = ("update_ticket", {"ticket": 1, "prio": 2})
    assert bench.alike([update], [("update_ticket", {"ticket": 1, "prio": 3})]) is None
    assert bench.alike([update], [("update_ticket", {"ticket": 3, "prio": 2})]) is False


CALLS = st.lists(
    st.one_of(
        st.builds(new, st.sampled_from("AB"), st.integers(1, 2)),
        st.builds(lambda k: ("close", {"ticket": k}), st.integers(1, 5)),
        st.builds(lambda k, t: ("tag", {"ticket": k, "tags": [t]}), st.integers(1, 5), st.integers(1, 2)),
        st.builds(lambda k: ("delete_ticket", {"ticket": k}), st.integers(1, 5)),
        st.builds(
            lambda k, p: ("update_ticket", {"ticket": k, "prio": p}), st.integers(1, 5), st.integers(1, 3)
        ),
    ),
    max_size=5,
)


@given(CALLS, CALLS)
def test_going_back_to_a_mark_is_as_good_as_a_fresh_run(first: list[Any], second: list[Any]) -> None:
    world = World.from_artefacts(files_of_desk())
    with world.session() as session, world.session() as fresh:
        ends = Ends(world)
        for tool, arguments in first:
            session.call(tool, arguments)
            fresh.call(tool, arguments)
        mark = session.mark()
        for _ in range(2):
            for tool, arguments in second:
                session.call(tool, arguments)
            session.back(mark)
        assert session.diff() == fresh.diff()
        assert (session.now, session.ended) == (fresh.now, fresh.ended)
        assert [entry.result.text for entry in session.log] == [entry.result.text for entry in fresh.log]
        assert ends.of(session) == ends.of(fresh)
        rows = {(change.table, change.key) for change in session.diff()}
        end = ends.of(session)
        assert rows == {*end.made, *end.changed, *end.gone}
        ends.close()


def test_a_mark_that_is_gone_is_refused(desk: dict[str, str]) -> None:
    with World.from_artefacts(desk).session() as session:
        first = session.mark()
        session.call("close", {"ticket": 1})
        second = session.mark()
        session.call("close", {"ticket": 2})
        session.back(second)
        assert len(session.diff()) == 2
        session.back(first)
        assert session.diff() == session.log == ()
        with pytest.raises(ValueError, match="this mark is gone"):
            session.back(second)
        session.reset()
        with pytest.raises(ValueError, match="this mark is gone"):
            session.back(first)


def files_of_desk() -> dict[str, str]:
    if not _DESK:
        _DESK.update(files_of(DESK))
    return _DESK


_DESK: dict[str, str] = {}


# ---- Values


class Shelf:
    """Ids, texts and members out of nothing."""

    now = "2026-03-02T08:00:00"

    def ids(self, type_: nodes.Type) -> list[int]:
        return [1, 2, 3]

    def texts(self, name: str, type_: nodes.Type) -> list[str]:
        return [text for text in ("from the world", "other") if fits(type_, text)]

    def members(self, type_: nodes.Type) -> tuple[str, ...]:
        return ("low", "high")


T = nodes.Type
CASES: list[tuple[nodes.Type, Any]] = [
    (T(kind="int", low=1, high=5), 5),
    (T(kind="money", low=0, high=5000), 4.5),
    (T(kind="number"), 0.5),
    (T(kind="bool"), True),
    (T(kind="enum", name="E"), "low"),
    (T(kind="row", name="R"), 2),
    (T(kind="text", low=3, high=12), "a text"),
    (T(kind="text", pattern="[0-9]{4}"), "5100"),
    (T(kind="email"), "ana@example.com"),
    (T(kind="url"), "https://example.com/a"),
    (T(kind="date"), "2026-03-02"),
    (T(kind="date", high="9999-12-31"), "9999-12-31"),
    (T(kind="datetime"), "2026-03-02T08:00:00"),
    (T(kind="time", low="09:00"), "09:00"),
    (T(kind="list", low=1, high=2, element=T(kind="row", name="R")), [1]),
    (
        T(kind="record", fields=(nodes.TypeField(name="street", type=T(kind="text", low=1)),)),
        {"street": "1 Quay"},
    ),
]


@pytest.mark.parametrize(("type_", "value"), CASES, ids=lambda case: getattr(case, "kind", None))
def test_other_values_are_legal_and_each_another(type_: nodes.Type, value: Any) -> None:
    found = others("name", type_, value, Shelf())
    assert found
    keys = [key_of(other) for other in found]
    assert key_of(value) not in keys
    assert len(set(keys)) == len(keys)
    if type_.kind not in ("bool", "enum", "row", "list", "record"):
        assert all(fits(type_, other) for other in found)
    if type_.kind == "list":
        assert all(1 <= len(other) <= 2 for other in found)


@given(st.integers(-(10**6), 10**6), st.integers(0, 10**6))
def test_other_numbers_keep_to_the_range(value: int, width: int) -> None:
    type_ = T(kind="int", low=value - width, high=value + width)
    found = others("n", type_, value, Shelf())
    assert all(value - width <= other <= value + width for other in found)
    assert bool(found) == (width > 0)


# ---- Certificates and builds


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Runs `awmc` in this process, in an empty folder."""
    monkeypatch.setattr(memo, "cache_dir", lambda: tmp_path / "memories")
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


def test_prove_writes_a_certificate_into_the_build_and_check_confirms_it(run: Any) -> None:
    assert run("compile", CLINIC)[0] == 0
    status, out, err = run("prove", "--budget", 30)
    assert (status, err) == (0, "1 world proved, 5 of 5 tasks certified\n")
    assert out.startswith("clinic: 5 tasks certified, kill score 1: ")
    path = Path("build/clinic/proof.json")
    certificate = json.loads(path.read_bytes())
    assert certificate["certified"]
    assert (certificate["budget"], certificate["seed"], certificate["world_seed"]) == (30, 0, 0)
    assert set(certificate["files"]) == set(proof.PROVED)
    assert sorted(found.name for found in path.parent.iterdir() if found.name.startswith(".")) == []
    assert run("prove", "--check", "build/clinic")[0] == 0
    # The build is the same with it, and compiling what did not change keeps it.
    assert run("compile", "--check", CLINIC)[0] == 0
    assert "unchanged" in run("compile", CLINIC)[2]
    text = path.read_text(encoding="utf-8")
    assert run("prove", "build/clinic", "--budget", 30, "-j", 2)[0] == 0
    assert path.read_text(encoding="utf-8") == text


def test_compiling_drops_a_certificate_that_no_longer_belongs_and_keeps_one_that_does(run: Any) -> None:
    Path("note.awm").write_text(Path(CLINIC).read_text(encoding="utf-8"), encoding="utf-8")
    run("compile", "note.awm")
    run("prove", "--budget", 5)
    path = Path("build/clinic/proof.json")
    kept = path.read_bytes()
    Path("note.awm").write_text(
        Path(CLINIC).read_text(encoding="utf-8") + "\n# A remark that changes nothing.\n", encoding="utf-8"
    )
    assert "1 spec compiled" in run("compile", "note.awm")[2]
    assert path.read_bytes() == kept
    assert run("compile", "--world-seed", 3, "note.awm")[0] == 0
    assert not path.exists()
    path.write_bytes(kept)
    status, out, err = run("compile", "--check", "--world-seed", 3, "note.awm")
    assert status == 1
    assert "proof.json is the certificate of another build" in out
    assert "1 stale" in err
    run("compile", "--world-seed", 3, "note.awm")
    assert not path.exists()


def test_what_is_not_a_certificate_is_left_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "clinic", compiled("clinic"))
    (folder / "proof.json").write_text("mine", encoding="utf-8")
    write(folder, {**compiled("clinic"), "server.py": "# other\n"})
    assert (folder / "proof.json").read_text(encoding="utf-8") == "mine"
    assert not any(stale.path.name == "proof.json" for stale in stale_files(folder, []))


@pytest.mark.parametrize("exchanges", [True, False])
def test_a_certificate_goes_with_the_build_that_it_was_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool
) -> None:
    if not exchanges:
        monkeypatch.setattr("awmc.emit.write._exchange", lambda one, other: False)
    folder = write(tmp_path / "clinic", compiled("clinic"))
    write_proof(folder, written(proved(compiled("clinic"), budget=1)))
    write(folder, {**compiled("clinic"), "server.py": "# other\n"})
    assert (folder / "proof.json").is_file()
    write(folder, {**compiled("clinic"), "tasks.jsonl": ""})
    assert not (folder / "proof.json").exists()


def test_a_certificate_is_not_written_into_a_build_that_changed_meanwhile(tmp_path: Path) -> None:
    folder = write(tmp_path / "clinic", compiled("clinic"))
    text = written(proved(compiled("clinic"), budget=1))
    write(folder, {**compiled("clinic"), "tasks.jsonl": ""})
    with pytest.raises(WriteError) as error:
        write_proof(folder, text)
    assert error.value.code == "AWM716"
    assert not any(path.name.endswith(".new") or path.name == "proof.json" for path in folder.iterdir())


def edited(path: Path, old: str, new_: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new_, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new_", "said"),
    [
        (
            '"killed": ',
            '"killed": 1',
            "does not hold: what it says of book_cheapest_cardiologist is not what comes out",
        ),
        ('"certified": true', '"certified": false', "does not hold: what it says is not what comes out"),
        ('"env.json": "', '"env.json": "0', "is the certificate of another build: env.json differ"),
        ('"awmc": "', '"awmc": "9', "was made by awmc 9"),
        ('"budget": 10', '"budget": "ten"', "is damaged"),
        ('"format": 2', '"format": 1', "is a certificate of format 1, this awmc reads format 2"),
        ('"broken": []', '"broken": [{}]', "does not hold: what it says is not what comes out"),
        ('"tasks": [\n', '"tasks": [{}, \n', "is damaged"),
        ("{", "", "is damaged"),
    ],
)
def test_a_certificate_that_does_not_hold_is_told(run: Any, old: str, new_: str, said: str) -> None:
    run("compile", CLINIC)
    run("prove", "--budget", 10)
    path = Path("build/clinic/proof.json")
    if old == '"killed": ':
        found = json.loads(path.read_text(encoding="utf-8"))
        found["tasks"][0]["kill_score"] = 0.5
        path.write_text(written(found), encoding="utf-8")
    else:
        edited(path, old, new_)
    status, _, err = run("prove", "--check")
    assert status == 1
    assert said in err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("verify.py", "verify.py is not as it was written"),
        ("seed.sql", "seed.sql is not as it was written"),
        ("env.json", "env.json is not as it was written"),
        ("manifest.json", ""),
    ],
)
def test_check_of_a_build_that_was_edited_is_told(run: Any, name: str, said: str) -> None:
    run("compile", CLINIC)
    run("prove", "--budget", 3)
    path = Path("build/clinic", name)
    path.write_text(path.read_text(encoding="utf-8")[:-3] + "\n", encoding="utf-8")
    kept = Path("build/clinic/proof.json").read_bytes()
    status, out, err = run("prove", "--check")
    assert (status, out) == (1, "")
    assert said in err
    assert "could not be proved" in err
    assert Path("build/clinic/proof.json").read_bytes() == kept


def test_a_certificate_of_another_build_is_told(run: Any) -> None:
    Path("other.awm").write_text(DESK, encoding="utf-8")
    run("compile", CLINIC, "other.awm")
    run("prove", "--budget", 3)
    certificate = Path("build/desk/proof.json").read_bytes()
    Path("build/clinic/proof.json").write_bytes(certificate)
    status, _, err = run("prove", "--check", "build/clinic", "build/desk")
    assert status == 1
    assert "build/clinic/proof.json is the certificate of another build: " in err
    assert "1 world proved, 3 of 3 tasks certified, 1 could not be proved" in err


@pytest.mark.parametrize("content", ["", "[]", '"text"', "{}", "\x00", '{"awmc": "0.1.0"}'])
def test_what_is_no_certificate_is_told(run: Any, content: str) -> None:
    run("compile", CLINIC)
    Path("build/clinic/proof.json").write_text(content, encoding="utf-8")
    status, _, err = run("prove", "--check")
    assert status == 1
    assert "proof.json is damaged. Prove the build again: awmc prove build/clinic" in err


def test_several_processes_write_the_same_certificates(run: Any) -> None:
    Path("other.awm").write_text(DESK, encoding="utf-8")
    run("compile", CLINIC, "other.awm")
    written_by = {}
    for jobs in (1, 2):
        status, out, _ = run("prove", "--budget", 20, "--jobs", jobs)
        assert status == 0
        files = [Path("build", name, "proof.json").read_bytes() for name in ("clinic", "desk")]
        written_by[jobs] = (out, files)
    assert written_by[1] == written_by[2]


def test_check_of_a_build_without_a_certificate_says_how_to_make_one(run: Any) -> None:
    run("compile", CLINIC)
    status, _, err = run("prove", "--check", "build/clinic")
    assert status == 1
    assert "build/clinic has no certificate. Make one: awmc prove build/clinic" in err


def test_a_certificate_that_says_that_a_task_fails_is_no_confirmation(run: Any, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "clinic", changed(compiled("clinic"), "verify.py", '"fee": 9550', '"fee": 9551')
    )
    status, out, err = run("prove", folder, "--budget", 5)
    assert status == 1
    assert "rejects a right run, solve" in out
    assert "4 of 5 tasks certified" in err
    status, _, err = run("prove", "--check", folder)
    assert status == 1
    assert "says that not all tasks are certified" in err


def other_rows(text: str) -> str:
    return text.replace("Dr. Lee", "Dr. Who", 1)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("seed.sql", other_rows, "The rows of doctor in "),
        ("seed.sql", lambda text: text.replace("INSERT", "INSRT", 1), "could not be made"),
        ("env.json", lambda text: text.replace('"format": 1', '"format": 2', 1), "it is of format 2"),
        ("env.json", lambda text: text[:-20], "is not JSON"),
        ("tasks.jsonl", lambda text: text.replace('"limit": 1', '"limit": 2', 1), "tells another way to do"),
        ("tasks.jsonl", lambda text: text.replace('"fee_of.lee"', '"fee_of.who"', 1), "knows no task fee_of.who"),
        ("tools.py", lambda text: text.replace("if not call.test(BOOK_VISIT_TAKEN", "if call.test(BOOK_VISIT_TAKEN"),
         "`book_visit` answers `taken` (AWM602)"),
    ],
)  # fmt: skip
def test_a_damaged_world_is_told(
    run: Any, tmp_path: Path, name: str, change: Callable[[str], str], said: str
) -> None:
    files = dict(compiled("clinic"))
    assert files[name] != change(files[name])
    folder = write(tmp_path / "clinic", {**files, name: change(files[name])})
    status, _, err = run("prove", folder)
    assert status == 1
    assert said in err
    assert not (folder / "proof.json").exists()


def test_a_build_that_was_edited_by_hand_is_told(run: Any) -> None:
    run("compile", CLINIC)
    edited(Path("build/clinic/verify.py"), '"fee": 9550', '"fee": 9551')
    status, _, err = run("prove")
    assert status == 1
    assert "verify.py is not as it was written: it was edited, or damaged." in err
    assert "1 could not be proved" in err


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 1, "there is no folder build; compile a spec first"),
        (("nowhere",), 1, "there is no folder nowhere"),
        (("empty",), 1, "empty holds neither builds nor specs"),
        (("--world-seeds", "9..1", CLINIC), 2, "`9..1` names no seeds"),
        (("--world-seeds", "many", CLINIC), 2, "`many` names no seeds"),
        (("--check", CLINIC), 2, "--check is for builds"),
        (("--budget", "0", CLINIC), 2, ""),
    ],
)
def test_what_cannot_be_proved_is_told(run: Any, arguments: tuple[str, ...], status: int, said: str) -> None:
    Path("empty").mkdir()
    found, _, err = run("prove", *arguments)
    assert found == status
    assert said in err


def test_a_spec_is_proved_without_writing_anything(run: Any) -> None:
    status, out, err = run("prove", CLINIC, "--budget", 5, "--format", "json")
    assert status == 0
    (found,) = json.loads(out)
    assert (found["spec"], found["certified"], found["budget"]) == (CLINIC, True, 5)
    assert list(Path().iterdir()) == []
    assert "\r" not in err


def test_a_spec_with_errors_is_told_and_the_others_are_proved(run: Any) -> None:
    Path("wrong.awm").write_text(
        'env wrong "Wrong." { clock 2026-03-02T08:00 }\nentity Item { name: txt }', encoding="utf-8"
    )
    status, out, err = run("prove", "wrong.awm", CLINIC, "--budget", 5)
    assert status == 1
    assert "clinic: 5 tasks certified" in out
    assert "error[AWM" in err
    assert "1 could not be proved" in err


# ---- Other worlds


def test_seeds_are_named_singly_and_by_ranges() -> None:
    assert seeds_of("1..4") == (1, 2, 3, 4)
    assert seeds_of("7") == (7,)
    assert seeds_of("1..2, 9,1") == (1, 2, 9)
    for text in ("", "a", "3..1", "-1", "1..", "1...3"):
        with pytest.raises(ValueError, match=r"names no seeds|invalid literal"):
            seeds_of(text)


LUCK = """
env luck "A shop with a few prices." { clock 2026-03-02T08:00 }
entity Item {
  name: text
  price: int
}
tools Item { list(price), delete }
seed Item * 4 { name: seq("Item {n}"), price: pick(1, 2, 3, 4, 5) }
task dearest "Delete the item of the highest price." {
  solve {
    let items = list_items()
    let item = max_by(items, .price)
    delete_item(item: item.id)
  }
}
task first "Delete Item 1." {
  solve {
    let items = list_items()
    delete_item(item: (items where .name == "Item 1")[0].id)
  }
}
"""


def test_a_task_that_fails_in_some_worlds_is_told_with_their_seeds() -> None:
    worlds = [prove_spec(Source("luck.awm", LUCK), number, budget=5, seed=0) for number in range(1, 13)]
    assert all(world.certificate is not None for world in worlds)
    tied = [world.world_seed for world in worlds if is_tied(world.world_seed)]
    assert 0 < len(tied) < 12
    found = {record.task: record for record in records(worlds)}
    assert found["first"].certified == list(range(1, 13))
    assert list(found["dearest"].failed) == tied
    assert all("takes one of" in reason for reason in found["dearest"].failed.values())
    shown = table("luck.awm", worlds)
    assert shown.startswith("luck.awm: 2 tasks in 12 of 12 worlds\n")
    assert f"  dearest  {12 - len(tied)}/12\n" in shown
    assert "  first    12/12\n" in shown
    assert f"seed {tied[0]}: left out: the `solve` of task `dearest` takes one of" in shown


def is_tied(seed: int) -> bool:
    """Whether two items share the highest price in the world of this seed."""
    text = LUCK.partition("task dearest")[0] + LUCK[LUCK.index("task first") :]
    done = compile_source(Source("luck.awm", text), world_seed=seed)
    assert done.environment is not None
    prices = sorted(int(str(row[2])) for row in done.environment.rows["item"])
    return prices[-1] == prices[-2]


def test_worlds_are_proved_from_the_command_line(run: Any) -> None:
    status, out, err = run("prove", CLINIC, "--world-seeds", "1..2", "--budget", 5, "-j", 2)
    assert (status, err) == (0, "2 worlds proved, 10 of 10 tasks certified\n")
    assert "3 tasks in 2 of 2 worlds" in out
    assert not Path("build").exists()


def test_progress_is_shown_on_a_terminal_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "clinic", compiled("clinic"))
    command = [*AWMC, "prove", str(folder), "--budget", "5"]
    leader, follower = pty.openpty()
    terminal = {**os.environ, "TERM": "xterm"}
    shown = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=follower, env=terminal, check=True, text=True
    )
    os.close(follower)
    told_there = os.read(leader, 10_000).decode()
    os.close(leader)
    plain = subprocess.run(command, capture_output=True, check=True, text=True)
    assert "\r\x1b[Kproving clinic (1 of 1): 5 tasks" in told_there
    assert told_there.replace("\r\n", "\n").endswith("\r\x1b[K1 world proved, 5 of 5 tasks certified\n")
    assert plain.stderr == "1 world proved, 5 of 5 tasks certified\n"
    assert plain.stdout == shown.stdout


# ---- Interrupted


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path, jobs: str) -> None:
    first = write(tmp_path / "builds" / "clinic", compiled("clinic"))
    second = write(tmp_path / "builds" / "food_delivery", compiled("food_delivery"))
    before = sorted(path.name for path in second.iterdir())
    process = subprocess.Popen(
        [*AWMC, "prove", str(tmp_path / "builds"), "--budget", "100000", "--jobs", jobs],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("clinic: 5 tasks certified")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "")
    assert json.loads((first / "proof.json").read_bytes())["certified"]
    assert sorted(path.name for path in second.iterdir()) == before


def test_the_lines_of_a_certificate_are_tasks(desk: dict[str, str]) -> None:
    text = written(proved(desk, budget=3))
    lines = text.splitlines()
    assert sum(line.startswith('    {"id": ') for line in lines) == 3
    assert all(one != two for one, two in pairwise(lines))
    assert json.loads(text)["environment"] == "desk"


def test_artefacts_of_a_build_are_not_touched_by_a_proof(tmp_path: Path) -> None:
    folder = write(tmp_path / "clinic", compiled("clinic"))
    artefacts = [Artefact(name, text) for name, text in compiled("clinic").items()]
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_proof(folder, written(proved(compiled("clinic"), budget=1)))
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {name: data for name, data in after.items() if name != "proof.json"} == before
    write_build(folder, artefacts)
    assert (folder / "proof.json").read_bytes() == after["proof.json"]


# ---- Runs that do not end, and runs that come late

ENDLESS = """
env market "A market." { clock 2026-03-02T08:00 }
entity Stall {
  name: text
  row: int
}
seed Stall * 400 { name: seq("Stall {n}"), row: n }
tool count_groups(whole: bool) "Count the groups of three stalls that add up to 500." {
  return count(
    Stall as a join Stall as b join Stall as c where (whole or a.row == 7) and a.row + b.row + c.row == 500)
}
task groups "How many groups of three stalls of which one is in row 7 add up to 500?" {
  solve { let found = count_groups(whole: false) }
  answer found
}
"""


def test_a_run_that_does_not_end_is_told_with_its_call() -> None:
    with pytest.raises(
        Unprovable, match=r"a run of groups does not end: count_groups\(whole: true\) takes the database"
    ):
        proved(files_of(ENDLESS))


LATE = """
env desk "A desk at night." {{ clock {clock} }}
entity Note {{
  text: text
  on: date
}}
tools Note {{ list }}
tool add_note(text: text) "Add a note of today." {{ create Note {{ text, on: date(now) }} }}
seed Note (text, on) {{ "Tea", 2026-03-01 }}
task milk "Make a note: Milk" {{ solve {{ add_note(text: "Milk") }} }}
"""


def test_a_solve_that_cannot_wait_a_minute_is_found() -> None:
    (task,) = proved(files_of(LATE.format(clock="2026-03-02T23:58")))["tasks"]
    assert (task["certified"], task["late"]) == (True, 1)
    (task,) = proved(files_of(LATE.format(clock="2026-03-02T23:59:30")))["tasks"]
    assert (task["certified"], task["late"]) == (False, 0)
    (rejected,) = task["rejected"]
    assert rejected["kind"] == "late"
    assert rejected["differs"] == ["Note 2: on is 2026-03-03 instead of 2026-03-02"]


def test_a_tool_that_an_invariant_has_to_stop_makes_the_world_uncertified(run: Any) -> None:
    spec = (FAULTS / "dentist" / "slot_taken_twice.awm").read_text(encoding="utf-8")
    Path("dentist.awm").write_text(spec, encoding="utf-8")
    assert run("compile", "dentist.awm")[0] == 0
    status, out, err = run("prove", "--budget", 40)
    assert status == 1
    assert "error: book_visit (dentist.awm:52) leaves it to invariant one_visit_a_slot to refuse" in out
    assert err == "1 world proved, 3 of 3 tasks certified, 1 tool at fault\n"
    certificate = json.loads(Path("build/dentist/proof.json").read_bytes())
    assert not certificate["certified"]
    (broken,) = certificate["broken"]
    assert (broken["tool"], broken["invariant"]) == ("book_visit", "one_visit_a_slot")
    status, _, err = run("prove", "--check")
    assert status == 1
    assert "proof.json says that a tool is at fault" in err
