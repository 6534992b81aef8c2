"""The runtime, with a world written by hand: what a build says, and what calls do to it."""

import hashlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awmc.runtime import BuildError, Change, Session, UnknownTask, UnknownTool, World, load

SCHEMA = """
CREATE TABLE ward (
  code TEXT NOT NULL PRIMARY KEY,
  floor INTEGER NOT NULL CONSTRAINT ward_floor_range CHECK (floor >= 0)
) STRICT;
CREATE TABLE bed (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  ward TEXT NOT NULL REFERENCES ward(code),
  place INTEGER NOT NULL CONSTRAINT bed_place_range CHECK (place BETWEEN 1 AND 99),
  price INTEGER NOT NULL,
  views INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT cheap CHECK (price < 100000)
) STRICT;
CREATE TABLE stay (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  bed INTEGER NOT NULL REFERENCES bed(id),
  guest TEXT NOT NULL,
  status TEXT NOT NULL,
  since TEXT NOT NULL
) STRICT;
CREATE TABLE bed_tag (bed INTEGER NOT NULL REFERENCES bed(id) ON DELETE CASCADE, tag INTEGER NOT NULL,
  PRIMARY KEY (bed, tag)) STRICT;
CREATE UNIQUE INDEX bed_ward_place ON bed (ward, place);
"""

SEED = """
INSERT INTO ward VALUES ('A', 0), ('B', 1);
INSERT INTO bed (ward, place, price) VALUES ('A', 1, 5000), ('A', 2, 5050), ('B', 1, 7000);
INSERT INTO stay (bed, guest, status, since) VALUES (3, 'Ana', 'open', '2026-03-01T08:00:00');
INSERT INTO bed_tag VALUES (1, 7);
"""

TOOLS = '''
"""The tools of `ward`."""

from typing import Annotated, Literal

from awmc.runtime import (
    Call, Int, Invariant, Json, Length, Money, NoParameters, Parameters, Range, Ref, Rows, Text, tool,
)

BED = Rows("Bed", "SELECT 1 FROM bed WHERE id = :key")
WARD = Rows("Ward", "SELECT 1 FROM ward WHERE code = :key")
CROWDED = "SELECT bed FROM stay GROUP BY bed HAVING count(*) > 1"
ONE_STAY = Invariant("one_stay", "A bed holds one guest.", CROWDED)


class GetBed(Parameters):
    bed: Annotated[int, Ref("Bed", "B-{n:03}")]


@tool(GetBed, rows={"bed": BED})
def get_bed(call: Call, bed: int) -> Json:
    sql = "SELECT json_object('id', id, 'price', price / 100.0) FROM bed WHERE id = :bed"
    return call.json(sql, bed=bed)


class Part(Parameters):
    bed: Annotated[int, Ref("Bed", "B-{n:03}")]
    nights: Annotated[Int, Range(1, 9)] = 1


class Admit(Parameters):
    guest: Annotated[Text, Length(2, 20)]
    beds: Annotated[list[Part], Length(1, 2)]
    kind: Literal["short", "long"] = "short"
    limit: Annotated[Money, Range(0, 99.5)] | None = None


@tool(Admit, rows={"beds.bed": BED}, writes=("stay",), checks=(ONE_STAY,))
def admit(call: Call, guest: str, beds: list[dict[str, int]], kind: str, limit: int | None) -> Json:
    for part in beds:
        call.insert(
            "INSERT INTO stay (bed, guest, status, since) VALUES (:bed, :guest, 'open', :now) RETURNING id",
            bed=part["bed"], guest=guest,
        )
    if limit is not None and limit < 1000:
        call.refuse("too_dear", f"{limit} cents are not enough.")
    return call.json("SELECT json_object('items', json(:beds), 'me', :me)", beds=beds)


class Move(Parameters):
    bed: Annotated[int, Ref("Bed", "B-{n:03}")]
    place: Int
    ward: Annotated[str, Ref("Ward")] | None = None


@tool(Move, rows={"bed": BED, "ward": WARD}, writes=("bed",))
def move(call: Call, bed: int, place: int, ward: str | None) -> None:
    sql = "UPDATE bed SET place = :place, ward = coalesce(:ward, ward) WHERE id = :bed"
    call.update(sql, bed=bed, place=place, ward=ward)


@tool(NoParameters, writes=("bed",))
def swap(call: Call) -> None:
    call.update("UPDATE bed SET place = 3 - place WHERE ward = 'A'")


@tool(NoParameters, writes=("bed",))
def crowd(call: Call) -> None:
    call.update("UPDATE bed SET place = 4")


class View(Parameters):
    bed: Annotated[int, Ref("Bed", "B-{n:03}")]
    price: Money | None = None


@tool(View, rows={"bed": BED}, writes=("bed",))
def view(call: Call, bed: int, price: int | None) -> None:
    sql = "UPDATE bed SET views = views + 1, price = coalesce(:price, price) WHERE id = :bed"
    call.update(sql, bed=bed, price=price)


@tool(View, name="drop", rows={"bed": BED}, writes=("bed",))
def drop_(call: Call, bed: int, price: int | None) -> None:
    call.delete("Bed", "DELETE FROM bed WHERE id = :bed", bed=bed)


@tool(NoParameters, writes=("stay",))
def leave(call: Call) -> None:
    call.check_moves("Stay", "status", "SELECT id, status FROM stay WHERE status <> 'open'")
    call.update("UPDATE stay SET status = 'closed'")


@tool(NoParameters, writes=("stay",))
def crash(call: Call) -> None:
    call.update("UPDATE stay SET guest = 'nobody'")
    raise ZeroDivisionError


@tool(NoParameters)
def when(call: Call) -> Json:
    return call.json("SELECT json_object('value', :now)")
'''


def _column(name: str, kind: str, **more: Any) -> dict[str, Any]:
    type_ = {"kind": kind, **{end: more.pop(end) for end in ("low", "high") if end in more}}
    return {"name": name, "field": name, "type": type_, **more}


def _entity(name: str, columns: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"name": name, "table": name.lower(), "id_column": columns[0]["name"], "columns": columns, **more}


ENVIRONMENT = {
    "format": 1,
    "name": "ward",
    "about": "Beds and guests.",
    "policy": "Be kind.",
    "clock": "2026-03-02T08:00:00",
    "actor": {"entity": "Ward", "key": "A"},
    "labels": {"Ward": {"second": "B"}},
    "offers": [
        {"kind": "calculate", "name": "calculate"},
        {"kind": "think", "name": "ponder"},
        {"kind": "handoff", "name": "transfer_to_agent"},
    ],
    "entities": [
        _entity("Ward", [_column("code", "text"), _column("floor", "int", low=0)]),
        _entity(
            "Bed",
            [
                _column("id", "int"),
                _column("ward", "row", references="Ward"),
                _column("place", "int", low=1, high=99),
                _column("price", "money"),
                _column("views", "int", untracked=True),
            ],
            id_format="B-{n:03}",
            uniques=[{"name": "bed_ward_place", "columns": ["ward", "place"]}],
            checks=[{"name": "cheap", "message": "A bed costs less than 1000.00."}],
            links=[
                {"name": "tags", "entity": "Tag", "table": "bed_tag", "of_column": "bed", "to_column": "tag"}
            ],
        ),
        _entity(
            "Stay",
            [
                _column("id", "int"),
                _column("bed", "row", references="Bed"),
                _column("guest", "text"),
                _column("status", "enum", moves=[{"source": "open", "targets": ["closed"]}]),
                _column("since", "datetime"),
            ],
        ),
    ],
}

NAMES = ("get_bed", "admit", "move", "swap", "crowd", "view", "drop", "leave", "crash", "when")
OBJECT = {"type": "object"}
DEFINITIONS = [
    {"name": name, "description": name, "inputSchema": OBJECT, "outputSchema": OBJECT, "annotations": {}}
    for name in (*NAMES, "calculate", "ponder", "transfer_to_agent")
]
TASKS: list[dict[str, Any]] = [
    {"id": "look", "task": "look", "instruction": "Look at bed 1."},
    {
        "id": "other[B]",
        "task": "other",
        "instruction": "Look.",
        "actor": {"entity": "Ward", "key": "B"},
        "policy": "Be quick.",
        "user": ["You are Ben.", "You hurry."],
        "answer": None,
        "oracle": [{"tool": "get_bed", "arguments": {"bed": "B-001"}}],
    },
]
FILES = {
    "env.json": json.dumps(ENVIRONMENT),
    "schema.sql": SCHEMA,
    "seed.sql": SEED,
    "tools.json": json.dumps({"tools": DEFINITIONS}),
    "tools.py": TOOLS,
    "verify.py": "VERIFIERS = {}\n",
    "tasks.jsonl": "".join(json.dumps(task) + "\n" for task in TASKS),
}


@pytest.fixture(scope="module")
def world() -> World:
    return World.from_artefacts(FILES)


@pytest.fixture
def session(world: World) -> Iterator[Session]:
    with world.session() as session:
        yield session


def refused(session: Session, tool: str, arguments: dict[str, Any] | None = None) -> tuple[str, str]:
    """The code and the message of a call that must be refused, and must change nothing."""
    before = session.diff()
    result = session.call(tool, arguments)
    assert not result.ok
    assert result.error is not None
    assert json.loads(result.text) == {"error": result.error}
    assert session.diff() == before
    return result.error["code"], result.error["message"]


# ---- Calls


def test_a_result_is_json_in_wire_form(session: Session) -> None:
    result = session.call("get_bed", {"bed": "B-002"})
    assert result.ok
    assert result.text == '{"id":2,"price":50.5}'
    assert result.value == {"id": 2, "price": 50.5}
    assert session.call("swap").text == '{"ok":true}'


def test_the_clock_moves_a_second_as_each_call_begins_and_nothing_else_moves_it(session: Session) -> None:
    assert session.now == "2026-03-02T08:00:00"
    assert session.call("when").value == {"value": "2026-03-02T08:00:01"}
    refused(session, "get_bed", {"bed": 1})
    with pytest.raises(UnknownTool, match="Unknown tool: fly"):
        session.call("fly")
    assert session.call("when").value == {"value": "2026-03-02T08:00:03"}
    assert session.now == "2026-03-02T08:00:03"


def test_the_log_holds_every_call(session: Session) -> None:
    session.call("get_bed", {"bed": "B-001"})
    session.call("get_bed", {"bed": "B-009"})
    assert [(e.tool, e.arguments, e.result.ok, e.now) for e in session.log] == [
        ("get_bed", {"bed": "B-001"}, True, "2026-03-02T08:00:01"),
        ("get_bed", {"bed": "B-009"}, False, "2026-03-02T08:00:02"),
    ]


BEDS = [{"bed": "B-001"}]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "`guest` is required. `beds` is required."),
        (
            {"guest": "x", "beds": []},
            '`guest` should have at least 2 characters, but is "x". `beds` should have at least 1 element.',
        ),
        ({"beds": [{"bed": "B-001", "nights": 10}]}, "`beds[0].nights` should be at most 9, but is 10."),
        (
            {"beds": [{"bed": "B-001", "nights": True}]},
            "`beds[0].nights` should be a whole number, but is true.",
        ),
        ({"beds": [{"bed": 1}]}, "`beds[0].bed` should be a text, but is 1."),
        (
            {"beds": [{"bed": "B-1"}]},
            '`beds[0].bed` should be the id of one Bed, such as B-001, but is "B-1".',
        ),
        ({"beds": [{"bed": "B-001", "size": 1}]}, "`beds[0].size` is not a known part."),
        ({"beds": [3]}, "`beds[0]` should be an object, but is 3."),
        ({"beds": BEDS, "kind": "mid"}, "`kind` should be 'short' or 'long', but is \"mid\"."),
        ({"beds": BEDS, "limit": 99.51}, "`limit` should be at most 99.5, but is 99.51."),
        ({"beds": BEDS, "limit": 1.001}, "`limit` should have at most two decimals, but is 1.001."),
        (
            {"beds": BEDS, "colour": 1},
            "There is no parameter `colour`; the parameters are `guest`, `beds`, `kind`, `limit`.",
        ),
    ],
)
def test_wrong_arguments_are_told_in_words(session: Session, arguments: dict[str, Any], message: str) -> None:
    given = arguments and {"guest": "Ana", **arguments}
    assert refused(session, "admit", given) == ("invalid_arguments", message)


def test_an_id_that_names_no_row_is_not_found(session: Session) -> None:
    assert refused(session, "get_bed", {"bed": "B-099"}) == ("not_found", "There is no Bed with id B-099.")
    assert refused(session, "move", {"bed": "B-001", "place": 5, "ward": "Z"}) == (
        "not_found",
        "There is no Ward with code Z.",
    )
    beds = [{"bed": "B-001"}, {"bed": "B-044"}]
    assert refused(session, "admit", {"guest": "Ana", "beds": beds})[1] == "There is no Bed with id B-044."


def test_records_reach_the_tool_as_stored_values(session: Session) -> None:
    result = session.call(
        "admit", {"guest": "Ann", "beds": [{"bed": "B-001", "nights": 2}, {"bed": "B-002"}]}
    )
    assert result.value == {"items": [{"bed": 1, "nights": 2}, {"bed": 2, "nights": 1}], "me": "A"}


def test_a_refusal_undoes_what_the_call_did(session: Session) -> None:
    call = {"guest": "Ann", "beds": [{"bed": "B-001"}], "limit": 5}
    assert refused(session, "admit", call) == ("too_dear", "500 cents are not enough.")


def test_an_invariant_that_would_not_hold_refuses_the_call(session: Session) -> None:
    call = {"guest": "Ann", "beds": [{"bed": "B-003"}]}
    assert refused(session, "admit", call) == ("invariant_violated", "A bed holds one guest.")


def test_constraints_speak_the_words_of_the_world(session: Session) -> None:
    assert refused(session, "move", {"bed": "B-001", "place": 2}) == (
        "conflict",
        "A Bed with this ward and place already exists.",
    )
    assert refused(session, "move", {"bed": "B-001", "place": 100}) == (
        "check_failed",
        "The place of a Bed must be 1 to 99.",
    )
    assert refused(session, "view", {"bed": "B-001", "price": 1000}) == (
        "check_failed",
        "A bed costs less than 1000.00.",
    )
    assert refused(session, "drop", {"bed": "B-003"}) == (
        "in_use",
        "This Bed cannot be deleted: a Stay refers to it.",
    )


def test_unique_keys_are_checked_when_the_statement_ends(session: Session) -> None:
    assert session.call("swap").ok
    assert [(change.key, change.after) for change in session.diff()] == [(1, {"place": 2}), (2, {"place": 1})]
    assert refused(session, "crowd")[0] == "conflict"
    # The indexes are back, and still hold.
    assert refused(session, "move", {"bed": "B-001", "place": 1})[0] == "conflict"
    assert session.call("swap").ok
    assert session.diff() == ()


def test_a_state_moves_along_its_legal_moves_alone(session: Session) -> None:
    assert session.call("leave").ok
    assert refused(session, "leave") == (
        "illegal_move",
        "The status of Stay 1 is closed: it cannot change any more.",
    )


def test_a_crash_is_an_internal_error_and_tells_the_agent_nothing(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="awmc.runtime"):
        assert refused(session, "crash") == ("internal", "The tool failed unexpectedly. Nothing was changed.")
    assert "ZeroDivisionError" in caplog.text


# ---- Offers


def test_calculate_and_think(session: Session) -> None:
    assert session.call("calculate", {"expression": "0.1 + 0.2"}).value == {"value": 0.3}
    assert refused(session, "calculate", {"expression": "1 / 0"})[0] == "invalid_expression"
    assert session.call("ponder", {"thought": "Hm."}).value == {"ok": True}
    assert session.diff() == ()


def test_after_a_handoff_every_call_answers_ended(session: Session) -> None:
    assert session.call("transfer_to_agent", {"summary": "Too hard."}).ok
    assert session.ended
    assert refused(session, "when")[0] == "ended"
    assert refused(session, "transfer_to_agent", {"summary": "Again."})[0] == "ended"
    session.reset()
    assert not session.ended
    assert session.call("when").ok


# ---- Diff


def test_the_diff_holds_what_was_created_updated_and_deleted(session: Session) -> None:
    session.call("view", {"bed": "B-002"})
    assert session.diff() == (), "untracked columns never count"
    session.call("view", {"bed": "B-002", "price": 60})
    session.call("admit", {"guest": "Ann", "beds": [{"bed": "B-002"}]})
    session.call("drop", {"bed": "B-001"})
    assert session.diff() == (
        Change(
            kind="delete",
            entity="Bed",
            table="bed",
            key=1,
            before={"id": 1, "ward": "A", "place": 1, "price": 5000},
            after=None,
        ),
        Change(
            kind="update", entity="Bed", table="bed", key=2, before={"price": 5050}, after={"price": 6000}
        ),
        Change(
            kind="create",
            entity="Stay",
            table="stay",
            key=2,
            before=None,
            after={"id": 2, "bed": 2, "guest": "Ann", "status": "open", "since": "2026-03-02T08:00:03"},
        ),
        Change(
            kind="delete", entity="", table="bed_tag", key=(1, 7), before={"bed": 1, "tag": 7}, after=None
        ),
    )


def test_reset_gives_back_the_untouched_world(session: Session) -> None:
    session.call("admit", {"guest": "Ann", "beds": [{"bed": "B-002"}]})
    session.reset()
    assert (session.diff(), session.log, session.now) == ((), (), "2026-03-02T08:00:00")
    session.call("admit", {"guest": "Ann", "beds": [{"bed": "B-002"}]})
    assert [change.key for change in session.diff()] == [2], "ids count from where they did"


def test_sessions_do_not_see_each_other(world: World) -> None:
    with world.session() as one, world.session() as other:
        one.call("leave")
        assert len(one.diff()) == 1
        assert other.diff() == ()


# ---- Worlds


def test_a_task_names_its_actor_and_policy(world: World) -> None:
    with world.session() as free, world.session("look") as look, world.session("other[B]") as other:
        assert (free.instruction, free.policy, free.me) == ("", "Be kind.", "A")
        assert (look.instruction, look.policy, look.me) == ("Look at bed 1.", "Be kind.", "A")
        assert (other.instruction, other.policy, other.me) == ("Look.", "Be quick.", "B")
        assert other.task is not None
        assert [call["tool"] for call in other.task.oracle] == ["get_bed"]
        assert other.task.user == "You are Ben. You hurry."
    with world.session(actor="second") as by_label:
        assert by_label.me == "B"
    with pytest.raises(UnknownTask, match=r"The tasks are: look, other\[B\]"):
        world.session("nothing")


def test_free_play_cannot_be_judged(session: Session) -> None:
    with pytest.raises(ValueError, match="no task"):
        session.verify("Answer: 4")


def test_a_world_says_what_its_database_lacks() -> None:
    with pytest.raises(BuildError, match=r"The database of ward could not be made: .*no such table: nowhere"):
        World.from_artefacts(FILES | {"seed.sql": "INSERT INTO nowhere VALUES (1);"})
    with pytest.raises(BuildError, match=r"schema\.sql is missing"):
        World.from_artefacts({name: text for name, text in FILES.items() if name != "schema.sql"})
    with pytest.raises(BuildError, match="do not define the same tools"):
        World.from_artefacts(FILES | {"tools.json": json.dumps({"tools": DEFINITIONS[1:]})})


@pytest.fixture
def build(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in FILES.items()}
    manifest = {"format": 1, "compiler": "0.1.0", "files": hashes}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_a_build_folder_opens_as_a_world(build: Path) -> None:
    world = load(build)
    assert world.name == "ward"
    assert [tool.name for tool in world.tools] == [*NAMES, "calculate", "ponder", "transfer_to_agent"]
    assert world.session("look").call("when").ok


def test_what_is_no_build_is_told_in_words(build: Path) -> None:
    with pytest.raises(BuildError, match=r"There is no folder .*nothing"):
        load(build / "nothing")
    with pytest.raises(BuildError, match="is a file"):
        load(build / "tools.py")
    (build / "sub").mkdir()
    with pytest.raises(BuildError, match="is not a build: it has no manifest"):
        load(build / "sub")


def test_a_build_that_was_edited_is_refused(build: Path) -> None:
    (build / "tools.py").write_text(TOOLS + "\n# mine\n", encoding="utf-8")
    with pytest.raises(BuildError, match=r"tools\.py is not as it was written"):
        load(build)
    (build / "tools.py").unlink()
    with pytest.raises(BuildError, match=r"tools\.py cannot be read"):
        load(build)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"format": 1, "compiler": "0.1.0"}', "is damaged"),
        ('{"format": 2, "compiler": "9.0.0", "files": {}}', r"made by awmc 9\.0\.0, in format 2"),
        (
            '{"format": 1, "compiler": "0.1.0", "files": {}}',
            r"is not complete: its manifest has no env\.json",
        ),
    ],
)
def test_a_manifest_that_cannot_be_read_is_told_in_words(build: Path, manifest: str, message: str) -> None:
    (build / "manifest.json").write_text(manifest)
    with pytest.raises(BuildError, match=message):
        load(build)
