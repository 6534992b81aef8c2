"""Sessions: limits, snapshots, forks, pools, threads. The same calls on a fresh world give the same bytes, by whatever
way the session came there."""

import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import awmc
from awmc.runtime import (
    Limits,
    Mark,
    Session,
    SessionClosed,
    Snapshot,
    SnapshotError,
    UnknownTask,
    UnknownTool,
    World,
)
from awmc.runtime.database import Reset

BUILDS = Path(__file__).resolve().parent.parent / "build"

SCHEMA = """
CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX item_n_key ON item (n);
CREATE TABLE word (code TEXT PRIMARY KEY NOT NULL) STRICT;
"""
TOOLS = """
from typing import Annotated, Any

from awmc.runtime import Call, Int, Json, NoParameters, Parameters, Range, Text, tool

ENDLESS = "WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up) "


class Add(Parameters):
    n: Int
    words: list[Text] = []


@tool(Add, writes=("item", "word"))
def add(call: Call, n: int, words: list[str]) -> Json:
    item = call.insert("INSERT INTO item (n) VALUES (:n) RETURNING id", n=n)
    call.execute("INSERT INTO word SELECT value FROM json_each(:words)", words=words)
    return call.json("SELECT json_object('id', :item, 'at', :now)", item=item)


@tool(NoParameters, writes=("item",))
def swap(call: Call) -> None:
    call.update("UPDATE item SET n = 3 - n WHERE n IN (1, 2)")


@tool(NoParameters)
def spin(call: Call) -> Json:
    return call.json(ENDLESS + "SELECT json_object('value', count(*)) FROM up")


@tool(NoParameters, writes=("item",))
def spin_writing(call: Call) -> None:
    call.execute("DELETE FROM item")
    call.execute(ENDLESS + "INSERT INTO item (n) SELECT -n FROM up")


@tool(NoParameters, writes=("item",))
def spin_shortly(call: Call) -> None:
    call.execute("DELETE FROM item")
    while True:
        call.test("SELECT 1")


class Say(Parameters):
    text: Text
    times: Annotated[Int, Range(1, None)] = 1


SAID = "SELECT json_object('value', replace(printf('%.*c', :times, 'x'), 'x', :text))"


@tool(Say)
def say(call: Call, text: str, times: int) -> Json:
    return call.json(SAID, text=text, times=times)


@tool(Say, writes=("item",))
def say_and_add(call: Call, text: str, times: int) -> Json:
    call.execute("INSERT INTO item (n) VALUES (99)")
    return call.json(SAID, text=text, times=times)
"""
NAMES = ("add", "swap", "spin", "spin_writing", "spin_shortly", "say", "say_and_add")
OBJECT = {"type": "object"}


def _entity(name: str, columns: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "table": name.lower(), "id_column": columns[0]["name"], "columns": columns}


FILES = {
    "env.json": json.dumps(
        {
            "format": 1,
            "name": "items",
            "about": "Items.",
            "clock": "2026-03-02T08:00:00",
            "offers": [{"kind": "handoff", "name": "hand_over"}],
            "entities": [
                _entity(
                    "Item",
                    [
                        {"name": "id", "field": "id", "type": {"kind": "id", "name": "Item"}},
                        {"name": "n", "field": "n", "type": {"kind": "int"}},
                    ],
                ),
                _entity("Word", [{"name": "code", "field": "code", "type": {"kind": "text"}}]),
            ],
        }
    ),
    "schema.sql": SCHEMA,
    "seed.sql": "INSERT INTO item (n) VALUES (1), (2); INSERT INTO word VALUES ('one');",
    "tools.json": json.dumps(
        {
            "tools": [
                {
                    "name": name,
                    "description": name,
                    "inputSchema": OBJECT,
                    "outputSchema": OBJECT,
                    "annotations": {},
                }
                for name in (*NAMES, "hand_over")
            ]
        }
    ),
    "tools.py": TOOLS,
    "tasks.jsonl": json.dumps({"id": "one", "task": "one", "instruction": "Do it."}),
    "verify.py": "VERIFIERS = {}",
}
BRIEF = Limits(seconds=0.05)


@cache
def load(name: str) -> World:
    return awmc.load(BUILDS / name)


@pytest.fixture(scope="module")
def items() -> World:
    return World.from_artefacts(FILES)


@pytest.fixture(params=["rollback", "clone"])
def reset(request: pytest.FixtureRequest) -> Reset:
    found: Reset = request.param
    return found


def state(session: Session) -> Any:
    """All that can be seen of a session, and what the next call of it answers."""
    with session.fork() as forked:
        following = [forked.call("add", {"n": 7000 + place}).text for place in range(2)]
    log = [(entry.tool, entry.arguments, entry.result.text, entry.now) for entry in session.log]
    return session.now, session.ended, log, session.diff(), following


# ---- By whatever way


Call = tuple[str, Mapping[str, Any]]


@cache
def calls_of(name: str) -> tuple[Call, ...]:
    """All that the solutions of a world call, and some that is refused."""
    found = [(call["tool"], call["arguments"]) for task in load(name).tasks for call in task.oracle]
    wrong = [(tool, {"no_such": 1}) for tool, _ in found[:2]]
    return (*found, *wrong)


class Played:
    """A session beside the calls that made it."""

    def __init__(self, session: Session, calls: tuple[Call, ...] = ()) -> None:
        self.session, self.calls = session, calls

    def holds(self, world: World) -> None:
        """As a fresh session after the same calls."""
        with world.session() as fresh:
            texts = [fresh.call(*call).text for call in self.calls]
            assert [entry.result.text for entry in self.session.log] == texts
            assert self.session.log == tuple(
                replace_result(entry, mine) for entry, mine in zip(fresh.log, self.session.log, strict=True)
            )
            assert (self.session.now, self.session.ended) == (fresh.now, fresh.ended)
            assert self.session.diff() == fresh.diff()


def replace_result(entry: Any, other: Any) -> Any:
    """A result is equal to itself alone: its text was compared."""
    return entry._replace(result=other.result)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["call", "call", "call", "snapshot", "restore", "reset", "fork", "reload"]),
        st.integers(0, 10_000),
    ),
    max_size=25,
)


@pytest.mark.parametrize("name", ["clinic", "food_delivery"])
@settings(max_examples=20, deadline=None)
@given(steps=STEPS, way=st.sampled_from(["rollback", "clone", "pool"]))
def test_reset_restore_and_fork_lead_where_the_same_calls_lead(
    name: str, steps: list[tuple[str, int]], way: str
) -> None:
    world, calls = load(name), calls_of(name)
    with world.pool() as pool:
        opened = pool.session() if way == "pool" else world.session(reset=way)  # type: ignore[arg-type]
        sessions = [Played(opened)]
        snapshots: list[tuple[Snapshot, tuple[Call, ...]]] = []
        for step, number in steps:
            played = sessions[number % len(sessions)]
            session = played.session
            match step:
                case "call":
                    call = calls[number % len(calls)]
                    session.call(*call)
                    played.calls += (call,)
                case "snapshot":
                    snapshots.append((session.snapshot(), played.calls))
                case "restore" if snapshots:
                    snapshot, played.calls = snapshots[number % len(snapshots)]
                    session.restore(snapshot)
                case "reload" if snapshots:
                    snapshot, played.calls = snapshots[number % len(snapshots)]
                    session.restore(Snapshot.load(snapshot.dump()))
                case "reset":
                    session.reset()
                    played.calls = ()
                case "fork" if len(sessions) < 4:
                    sessions.append(Played(session.fork(), played.calls))
        for played in sessions:
            played.holds(world)
            played.session.close()


@pytest.mark.parametrize("name", ["retail_bank", "university"])
def test_every_solution_can_be_gone_back_into_at_each_of_its_steps(name: str) -> None:
    world = load(name)
    for task in max(world.tasks, key=lambda task: len(task.oracle)), world.tasks[-1]:
        with world.session(task.id) as session:
            snapshots, texts = [], []
            for call in task.oracle:
                snapshots.append(session.snapshot())
                texts.append(session.call(call["tool"], call["arguments"]).text)
            verdict, diff = session.verify(task.answer), session.diff()
            for place in reversed(range(len(snapshots))):
                session.restore(snapshots[place])
                for call, text in zip(task.oracle[place:], texts[place:], strict=True):
                    assert session.call(call["tool"], call["arguments"]).text == text
                assert session.diff() == diff
                assert session.verify(task.answer) == verdict
                assert verdict.passed


def test_ids_count_on_from_where_they_were(items: World, reset: Reset) -> None:
    with items.session(reset=reset) as session:
        session.call("add", {"n": 3})
        snapshot = session.snapshot()
        assert session.call("add", {"n": 4}).value["id"] == 4
        session.restore(snapshot)
        assert session.call("add", {"n": 5}).value["id"] == 4
        session.reset()
        assert session.call("add", {"n": 5}).value["id"] == 3


def test_a_snapshot_holds_keys_that_changed_places(items: World) -> None:
    with items.session() as session:
        assert session.call("swap").ok
        snapshot = session.snapshot()
        session.reset()
        session.restore(snapshot)
        assert [(change.key, change.after) for change in session.diff()] == [(1, {"n": 2}), (2, {"n": 1})]


def test_a_snapshot_outlives_its_session(items: World) -> None:
    with items.session("one") as session:
        session.call("add", {"n": 3, "words": ["two", "drei"]})
        session.call("hand_over", {"summary": "Enough."})
        snapshot, seen = session.snapshot(), state(session)
    assert seen[1]
    dumped = snapshot.dump()
    assert Snapshot.load(dumped).dump() == dumped
    with items.session("one") as other:
        for taken in (snapshot, Snapshot.load(dumped)):
            other.restore(taken)
            assert state(other) == seen
    # The world of the same build in another process, as it were.
    with World.from_artefacts(FILES).session("one") as elsewhere:
        elsewhere.restore(snapshot)
        assert state(elsewhere) == seen


def test_forks_go_their_own_ways(items: World) -> None:
    with items.session() as session:
        session.call("add", {"n": 3})
        with session.fork() as first, session.fork() as second:
            first.call("add", {"n": 4})
            second.call("swap")
            assert [change.key for change in first.diff()] == [3, 4]
            assert [change.key for change in second.diff()] == [1, 2, 3]
            assert [change.key for change in session.diff()] == [3]
            assert [len(one.log) for one in (session, first, second)] == [1, 2, 2]


def test_the_log_does_not_change_with_what_the_caller_gave(items: World) -> None:
    with items.session() as session:
        given: dict[str, Any] = {"n": 3, "words": ["two"]}
        session.call("add", given)
        given["words"].append("one")
        given["n"] = 1
        assert session.log[0].arguments == {"n": 3, "words": ["two"]}
        with session.fork() as forked:
            assert forked.diff() == session.diff()


# ---- Limits


@pytest.mark.parametrize("tool", ["spin", "spin_writing", "spin_shortly"])
def test_a_call_that_runs_away_is_stopped_and_has_changed_nothing(
    items: World, tool: str, reset: Reset
) -> None:
    with items.session(limits=BRIEF, reset=reset) as session, items.session() as alone:
        for one in (session, alone):
            one.call("add", {"n": 3, "words": ["two"]})
            assert not one.call("add", {"n": 3}).ok
        before = session.diff()
        result = session.call(tool)
        assert result.error == {
            "code": "limit_exceeded",
            "message": "The call took longer than 0.05 seconds and was stopped. Nothing was changed.",
        }
        assert session.diff() == before == alone.diff()
        assert session.log[-1].result is result
        # The clock moved, as with every call; ids count on from where they were.
        alone.call("say", {"text": ""})
        assert session.now == alone.now
        for n in (4, 5):
            assert session.call("add", {"n": n}).text == alone.call("add", {"n": n}).text
        assert session.diff() == alone.diff()


def test_marks_are_gone_after_a_writing_call_was_stopped(items: World) -> None:
    with items.session(limits=BRIEF) as session:
        session.call("add", {"n": 3})
        mark = session.mark()
        session.call("spin_writing")
        with pytest.raises(ValueError, match="this mark is gone"):
            session.back(mark)
        assert [change.key for change in session.diff()] == [3]


@pytest.mark.parametrize("tool", ["say", "say_and_add"])
def test_a_result_that_is_too_long_is_refused(items: World, tool: str, reset: Reset) -> None:
    # {"value":"…"} has twelve bytes beside the text.
    with items.session(limits=Limits(result_bytes=32), reset=reset) as session:
        assert session.call("say", {"text": "ö" * 10}).ok
        assert session.call("say", {"text": "a" * 20}).ok
        for arguments in ({"text": "ö" * 11}, {"text": "a" * 21}, {"text": "a", "times": 500_000}):
            result = session.call(tool, arguments)
            assert result.error == {
                "code": "limit_exceeded",
                "message": "The result is longer than 32 bytes. Ask for less at a time.",
            }
        assert session.diff() == ()


def test_calls_beyond_the_limit_are_no_calls(items: World) -> None:
    with items.session(limits=Limits(calls=2)) as session:
        assert session.call("add", {"n": 3}).ok
        assert not session.call("add", {"n": "x"}).ok
        before = state_of_calls(session)
        refused = session.call("add", {"n": 4})
        assert refused.error == {"code": "limit_exceeded", "message": "No more than 2 calls may be made."}
        assert state_of_calls(session) == before
        with session.fork() as forked:
            assert not forked.call("swap").ok
        session.reset()
        assert session.call("add", {"n": 4}).ok


def state_of_calls(session: Session) -> Any:
    return session.now, len(session.log), session.diff()


@pytest.mark.parametrize("limit", [{"seconds": 0}, {"result_bytes": -1}, {"calls": 0}])
def test_a_limit_is_above_nothing(limit: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"a limit of {next(iter(limit))} must be above 0"):
        Limits(**limit)


# ---- What goes wrong


@pytest.mark.parametrize("when", ["in its body", "after it was done"])
def test_an_interrupted_call_has_not_been(items: World, when: str) -> None:
    with items.session() as session:
        session.call("add", {"n": 3})
        before = state(session)
        tool = items.definitions["swap"]
        broken: Any = patch("awmc.runtime.session.Result", side_effect=KeyboardInterrupt)
        if when == "in its body":
            definitions = {**items.definitions, "swap": replace(tool, body=_interrupted)}
            broken = patch.object(items, "definitions", definitions)
        with broken, pytest.raises(KeyboardInterrupt):
            session.call("swap")
        assert state(session) == before


def _interrupted(call: Any) -> None:
    call.update("UPDATE item SET n = n + 100")
    raise KeyboardInterrupt


USES: list[Callable[[Session], object]] = [
    lambda session: session.call("swap"),
    Session.diff,
    lambda session: session.verify("x"),
    Session.reset,
    Session.snapshot,
    Session.fork,
    Session.mark,
    lambda session: session.back(Mark(0, 0, False)),
    lambda session: session.restore(_taken(session.world)),
]


def _taken(world: World) -> Snapshot:
    with world.session("one") as session:
        return session.snapshot()


@pytest.mark.parametrize("use", USES)
def test_a_closed_session_cannot_be_used(items: World, use: Callable[[Session], object]) -> None:
    session = items.session("one")
    session.close()
    session.close()
    with pytest.raises(SessionClosed, match="this session is closed"):
        use(session)


def test_a_snapshot_of_something_else_is_refused_and_nothing_changes(items: World) -> None:
    other = World.from_artefacts(FILES | {"seed.sql": "INSERT INTO item (n) VALUES (1);"})
    clinic = load("clinic")
    task, another = clinic.tasks[0].id, clinic.tasks[1].id
    cases = [
        (items.session(), clinic.session(), "is of the world items; the session's is clinic"),
        (items.session(), other.session(), "is of another build of items"),
        (clinic.session(task), clinic.session(another), f"is of the task {task}; the session's is"),
        (clinic.session(task), clinic.session(), f"is of the task {task}; the session's is no task"),
        (
            clinic.session(actor=1),
            clinic.session(actor=2),
            r"is of the actor 1; the session's is 2\.",
        ),
    ]
    for taken, into, message in cases:
        with taken, into:
            tool = next(tool.name for tool in into.tools)
            into.call(tool, {"no_such": 1})
            with pytest.raises(SnapshotError, match=message.replace("[", r"\[")):
                into.restore(taken.snapshot())
            assert len(into.log) == 1


def test_bytes_that_are_no_snapshot_are_refused(items: World) -> None:
    with items.session() as session:
        session.call("add", {"n": 3})
        dumped = session.snapshot().dump()
    for damaged in (b"", b"{}", dumped[:-1], dumped.replace(b'"n":3', b'"n":4')):
        with pytest.raises(SnapshotError, match="no snapshot, or a damaged one"):
            Snapshot.load(damaged)


def test_what_is_asked_of_a_world_that_it_does_not_have(items: World) -> None:
    with items.pool() as pool:
        with pytest.raises(UnknownTask, match=r"Unknown task: two\. The tasks are: one\."):
            pool.session("two")
        with pool.session() as session, pytest.raises(UnknownTool):
            session.call("fly")
        with pool.session() as session, pytest.raises(ValueError, match="no task to be judged by"):
            session.verify()
    with pytest.raises(ValueError, match="a session is reset by rollback or clone, not copy"):
        items.session(reset="copy")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a pool keeps one database or more, not 0"):
        items.pool(0)


# ---- Pools


def test_a_pool_keeps_databases_and_nothing_of_what_was_done(items: World) -> None:
    with items.pool(1) as pool:
        with pool.session() as first:
            connection = first.connection
            first.call("add", {"n": 3})
            first.call("hand_over", {"summary": "Enough."})
        with pool.session("one") as second, pool.session() as third:
            assert second.connection is connection is not third.connection
            for session in (second, third):
                assert (session.log, session.diff(), session.ended) == ((), (), False)
                assert session.call("add", {"n": 3}).value["id"] == 3
    with pytest.raises(RuntimeError, match="this pool is closed"):
        pool.session()


def test_a_session_outlives_its_pool(items: World) -> None:
    with items.pool() as pool:
        session = pool.session()
    assert session.call("add", {"n": 3}).ok
    session.close()


# ---- Threads


@pytest.fixture
def fresh_world() -> World:
    """A world of which nothing was used yet, so that threads come first to all that is made late."""
    return awmc.load(BUILDS / "clinic")


def test_threads_with_a_session_each_answer_as_one_alone(fresh_world: World) -> None:
    world = fresh_world
    begin = threading.Barrier(16)

    def play(number: int, open_session: Callable[[str], Session]) -> list[Any]:
        begin.wait()
        seen: list[Any] = []
        for turn in range(6):
            task = world.tasks[(number + turn) % len(world.tasks)]
            with open_session(task.id) as session:
                for _ in range(2):
                    seen += [session.call(call["tool"], call["arguments"]).text for call in task.oracle]
                    seen += [session.verify(task.answer), session.diff()]
                    session.reset()
        return seen

    with ThreadPoolExecutor(16) as threads, world.pool(4) as pool:
        ways = [world.session, pool.session]
        found = list(threads.map(lambda number: play(number, ways[number % 2]), range(16)))
    begin = threading.Barrier(1)
    assert found == [play(number, load("clinic").session) for number in range(16)]


def test_threads_may_share_a_session(items: World) -> None:
    with items.session() as session, ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda n: session.call("add", {"n": n}), range(10, 74)))
        assert all(result.ok for result in results)
        assert sorted(result.value["id"] for result in results) == list(range(3, 67))
        assert len(session.log) == len(session.diff()) == 64
