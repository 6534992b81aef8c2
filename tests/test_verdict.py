"""Verdicts: runs on a small database against what a task asks of them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awmc.runtime import diff
from awmc.runtime.case import (
    Answer,
    Case,
    Condition,
    Created,
    Deleted,
    Ensure,
    Free,
    FreeLinks,
    May,
    Moment,
    New,
    Outcome,
    Timed,
    Updated,
)
from awmc.runtime.run import Run
from awmc.runtime.tables import Tables
from awmc.runtime.verdict import Verdict, decide

SCHEMA = """
CREATE TABLE customer (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, credit INTEGER NOT NULL,
  last_order INTEGER REFERENCES "order"(id), rating REAL, views INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE "order" (id INTEGER PRIMARY KEY AUTOINCREMENT, customer INTEGER NOT NULL REFERENCES customer(id),
  status TEXT NOT NULL, placed_at TEXT NOT NULL, note TEXT) STRICT;
CREATE TABLE line (id INTEGER PRIMARY KEY AUTOINCREMENT, "order" INTEGER NOT NULL REFERENCES "order"(id),
  sku TEXT NOT NULL REFERENCES product(sku), qty INTEGER NOT NULL) STRICT;
CREATE TABLE product (sku TEXT NOT NULL PRIMARY KEY, price INTEGER NOT NULL) STRICT;
CREATE TABLE tag (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL) STRICT;
CREATE TABLE order_tag ("order" INTEGER NOT NULL REFERENCES "order"(id) ON DELETE CASCADE,
  tag INTEGER NOT NULL REFERENCES tag(id) ON DELETE CASCADE, PRIMARY KEY ("order", tag)) STRICT;
INSERT INTO product VALUES ('pen', 150), ('ink', 900), ('pad', 320);
INSERT INTO customer (name, credit, rating) VALUES ('Ana', 5000, 4.5), ('Ben', 800, 3.0);
INSERT INTO "order" (customer, status, placed_at) VALUES
  (1, 'open', '2026-03-01T09:00:00'), (1, 'sent', '2026-02-20T10:00:00'), (2, 'open', '2026-03-01T12:00:00');
INSERT INTO line ("order", sku, qty) VALUES (1, 'pen', 2), (2, 'ink', 1), (3, 'pad', 5);
INSERT INTO tag (name) VALUES ('gift'), ('rush'), ('bulk');
INSERT INTO order_tag VALUES (1, 1);
"""
CLOCK = "2026-03-02T08:00:00"


def column(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "field": name, "type": {"kind": kind}, **more}


def reference(name: str, to: str) -> dict[str, Any]:
    return {**column(name, "row", references=to), "type": {"kind": "row", "name": to}}


TABLES = Tables.read(
    {
        "entities": [
            {
                "name": "Customer",
                "table": "customer",
                "id_column": "id",
                "columns": [
                    column("id", "id"),
                    column("name", "text"),
                    column("credit", "money"),
                    reference("last_order", "Order"),
                    column("rating", "number"),
                    column("views", "int", untracked=True),
                ],
            },
            {
                "name": "Order",
                "table": "order",
                "id_column": "id",
                "id_format": "ORD-{n:04}",
                "columns": [
                    column("id", "id"),
                    reference("customer", "Customer"),
                    column("status", "enum"),
                    column("placed_at", "datetime"),
                    column("note", "text"),
                ],
                "links": [{"table": "order_tag", "entity": "Tag", "of_column": "order", "to_column": "tag"}],
            },
            {
                "name": "Line",
                "table": "line",
                "id_column": "id",
                "columns": [
                    column("id", "id"),
                    reference("order", "Order"),
                    reference("sku", "Product"),
                    column("qty", "int"),
                ],
            },
            {
                "name": "Product",
                "table": "product",
                "id_column": "sku",
                "columns": [column("sku", "text"), column("price", "money")],
            },
            {
                "name": "Tag",
                "table": "tag",
                "id_column": "id",
                "columns": [column("id", "id"), column("name", "text")],
            },
        ]
    }
)


def fresh() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    connection.execute(SCHEMA)
    return connection


def judged(
    case: Case, sql: str = "", message: str | None = None, *, calls: int = 1, ended: bool = False
) -> Verdict:
    """The verdict on what a script of SQL does."""
    connection = fresh()
    recording = diff.Recording(connection, TABLES)
    connection.execute(sql)
    run = Run(
        task="task",
        changes=recording.changes(connection),
        calls=calls,
        ended=ended,
        message=message,
        clock=CLOCK,
        now="2026-03-02T08:00:05",
        me=1,
        tables=TABLES,
        final=connection,
        untouched=fresh,
    )
    return decide(run, case)


def asking(*outcomes: Outcome, **more: Any) -> Case:
    return Case("Do it.", outcomes, **more)


ORDER = Created(
    "order",
    {"customer": 1, "status": "open", "placed_at": Moment("2026-03-02T08:00:02"), "note": None},
)
TWO_LINES = (
    Created("line", {"order": New(0), "sku": "pen", "qty": 2}),
    Created("line", {"order": New(0), "sku": "ink", "qty": 1}),
)
BUY = asking(
    Outcome(
        calls=2,
        created=(ORDER, *TWO_LINES),
        updated=(Updated("customer", 1, {"credit": 3800, "last_order": New(0)}),),
    )
)


def buying(
    lines: Iterable[tuple[str, int]] = (("pen", 2), ("ink", 1)),
    *,
    at: str = "2026-03-02T08:00:02",
    credit: int = 3800,
    order: int = 4,
) -> str:
    script = [
        f"INSERT INTO \"order\" (id, customer, status, placed_at) VALUES ({order}, 1, 'open', '{at}');",
        f"UPDATE customer SET credit = {credit}, last_order = {order} WHERE id = 1;",
    ]
    script += [f"INSERT INTO line (\"order\", sku, qty) VALUES ({order}, '{s}', {n});" for s, n in lines]
    return "".join(script)


def test_the_outcome_itself_passes() -> None:
    assert judged(BUY, buying()) == Verdict(1.0, 1.0, True)


def test_new_rows_are_paired_whatever_their_ids_and_order() -> None:
    assert judged(BUY, buying([("ink", 1), ("pen", 2)], order=90)).passed


@pytest.mark.parametrize(
    ("at", "calls", "passed"),
    [
        ("2026-03-02T08:00:09", 9, True),
        ("2026-03-02T08:00:04", 1, True),
        ("2026-03-02T08:00:05", 1, False),
        ("2026-03-02T09:00:02", 9, False),
    ],
)
def test_a_moment_may_differ_by_as_many_seconds_as_the_longer_run_has_calls(
    at: str, calls: int, passed: bool
) -> None:
    verdict = judged(BUY, buying(at=at), calls=calls)
    assert verdict.passed == passed
    if not passed:
        assert verdict.reasons == (f"Order ORD-0004: placed_at should be about 2026-03-02 08:00:02, is {at}",)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("", "nothing has changed"),
        (buying([("pen", 2)]), "no Line with sku ink, qty 1 was created"),
        (buying([("pen", 2), ("ink", 3)]), "Line 5: qty should be 1, is 3"),
        (
            buying([("pen", 2), ("ink", 1), ("pad", 1)]),
            "Line 6 was created, which the task does not ask for",
        ),
        (buying(credit=4000), "Customer 1: credit should be 38.00, is 40.00"),
        (
            buying() + "UPDATE customer SET name = 'Eve' WHERE id = 1;",
            'Customer 1 had its name changed from "Ana" to "Eve", which the task does not ask for',
        ),
        (
            buying() + "DELETE FROM line WHERE id = 3;",
            "Line 3 was deleted, which the task does not ask for",
        ),
        (
            buying() + "INSERT INTO order_tag VALUES (3, 2);",
            "link of order_tag 3, 2 was created, which the task does not ask for",
        ),
        (
            buying() + "UPDATE customer SET last_order = 2 WHERE id = 1;",
            "Customer 1: last_order should be the new Order, is ORD-0002",
        ),
        (
            buying().replace("(4, 'ink'", "(1, 'ink'"),
            "Line 5: order should be the new Order, is ORD-0001",
        ),
    ],
)
def test_a_wrong_end_is_rejected_and_the_reason_says_why(script: str, reason: str) -> None:
    verdict = judged(BUY, script)
    assert not verdict.passed
    assert verdict.reward == 0.0
    assert verdict.reasons == (reason,)
    assert verdict.score < 1.0


def test_untracked_columns_never_count() -> None:
    assert judged(BUY, buying() + "UPDATE customer SET views = 9;").passed


def test_the_score_grows_with_what_is_met_and_falls_with_what_is_not_asked() -> None:
    nothing = judged(BUY, "").score
    order = judged(BUY, buying([], credit=5000)).score
    more = judged(BUY, buying([("pen", 2)])).score
    most = judged(BUY, buying([("pen", 2), ("ink", 2)])).score
    assert 0.0 == nothing < order < more < most < 1.0
    assert judged(BUY, buying() + "DELETE FROM line WHERE id = 3;").score < 1.0


def test_references_among_new_rows_decide_which_is_which() -> None:
    case = asking(
        Outcome(
            calls=4,
            created=(
                Created("tag", {"name": "a"}),
                Created("order", {**ORDER.values, "note": "x"}),
                Created("order", {**ORDER.values, "note": "x"}),
                Created("line", {"order": New(1), "sku": "pen", "qty": 1}),
                Created("line", {"order": New(2), "sku": "pen", "qty": 2}),
                Created("line", {"order": New(2), "sku": "pen", "qty": 2}),
                Created("order_tag", {"order": New(1), "tag": New(0)}),
            ),
        )
    )

    def script(first: int, second: int, tagged: int) -> str:
        at = "'open', '2026-03-02T08:00:02', 'x'"
        return (
            f"INSERT INTO \"order\" VALUES (7, 1, {at}), (8, 1, {at}); INSERT INTO tag VALUES (9, 'a');"
            f"INSERT INTO line (\"order\", sku, qty) VALUES ({first}, 'pen', 2), ({first}, 'pen', 2),"
            f" ({second}, 'pen', 1); INSERT INTO order_tag VALUES ({tagged}, 9);"
        )

    assert judged(case, script(7, 8, 8)).passed
    assert judged(case, script(8, 7, 7)).passed
    assert not judged(case, script(8, 7, 8)).passed
    assert not judged(case, script(7, 7, 7)).passed


def test_many_alike_rows_are_judged_at_once() -> None:
    # Each order fits each place; only the last line tells that no pairing does.
    count = 40
    orders = tuple(ORDER for _ in range(count))
    lines = tuple(Created("line", {"order": New(n), "sku": "pen", "qty": 1}) for n in range(count))
    case = asking(Outcome(calls=1, created=orders + lines))

    def script(last: int) -> str:
        rows = ", ".join(f"({100 + n}, 1, 'open', '2026-03-02T08:00:02', NULL)" for n in range(count))
        owners = [*range(100, 100 + count - 1), last]
        added = ", ".join(f"({owner}, 'pen', 1)" for owner in owners)
        return f'INSERT INTO "order" VALUES {rows}; INSERT INTO line ("order", sku, qty) VALUES {added};'

    assert judged(case, script(100 + count - 1)).passed
    assert not judged(case, script(100)).passed


def test_deleted_rows_and_links_are_asked_for() -> None:
    case = asking(Outcome(calls=1, deleted=(Deleted("line", 1), Deleted("order_tag", (1, 1)))))
    assert judged(case, "DELETE FROM line WHERE id = 1; DELETE FROM order_tag;").passed
    verdict = judged(case, "DELETE FROM line WHERE id = 1")
    assert verdict.reasons == ("link of order_tag 1, 1 should be gone, but is still there",)
    assert verdict.score == 0.5


def test_a_row_that_should_change_may_not_be_deleted() -> None:
    case = asking(Outcome(calls=1, updated=(Updated("line", 1, {"qty": 3}),)))
    assert judged(case, "DELETE FROM line WHERE id = 1").reasons == (
        "Line 1 should have been changed, but was deleted",
    )


def test_numbers_are_compared_as_floats_and_timed_values_must_be_set() -> None:
    case = asking(Outcome(calls=1, updated=(Updated("customer", 2, {"rating": 0.3, "name": Timed()}),)))
    assert judged(case, "UPDATE customer SET rating = 0.1 + 0.2, name = 'x' WHERE id = 2").passed
    assert not judged(case, "UPDATE customer SET rating = 0.31, name = 'x' WHERE id = 2").passed


# ---- What is allowed beside

NOTE = Created("order", {**ORDER.values, "note": "please hurry"})
HURRIED = Condition('SELECT 1 FROM "order" WHERE id = :self AND note LIKE :like', {"like": "%hurry%"})


def note(text: str) -> str:
    return f"INSERT INTO \"order\" VALUES (9, 1, 'open', '2026-03-02T08:00:02', {text});"


@pytest.mark.parametrize(
    ("where", "text", "passed"),
    [
        (None, "NULL", True),
        (None, "'anything'", True),
        (HURRIED, "'do hurry'", True),
        (HURRIED, "'no haste'", False),
        (HURRIED, "NULL", False),
    ],
)
def test_a_free_column_may_hold_anything_for_which_its_condition_holds(
    where: Condition | None, text: str, passed: bool
) -> None:
    case = asking(Outcome(calls=2, created=(NOTE,)), free=(Free("order", ("note",), where),))
    assert judged(case, note(text)).passed == passed


def test_a_free_column_is_free_only_in_rows_that_the_outcome_made_or_changed() -> None:
    case = asking(
        Outcome(calls=1, updated=(Updated("order", 1, {"status": "sent"}),)), free=(Free("order", ("note",)),)
    )
    sent = "UPDATE \"order\" SET status = 'sent', note = 'x' WHERE id = 1;"
    assert judged(case, sent).passed
    assert not judged(case, sent + "UPDATE \"order\" SET note = 'x' WHERE id = 2;").passed


def test_free_links_are_any_of_the_outcomes_rows() -> None:
    case = asking(
        Outcome(
            calls=1,
            created=(ORDER, Created("order_tag", {"order": New(0), "tag": 2})),
            deleted=(Deleted("order_tag", (1, 1)),),
        ),
        free=(FreeLinks("order_tag", "order", 0),),
    )
    ordered = "INSERT INTO \"order\" VALUES (9, 1, 'open', '2026-03-02T08:00:02', NULL);"
    assert judged(case, ordered).passed
    assert judged(case, ordered + "INSERT INTO order_tag VALUES (9, 1), (9, 3), (1, 2);").passed
    verdict = judged(case, ordered + "INSERT INTO order_tag VALUES (2, 1);")
    assert verdict.reasons == ("link of order_tag 2, 1 was created, which the task does not ask for",)


SOLD = Condition("SELECT 1 FROM line WHERE id = :self AND qty > :least", {"least": 4})


@pytest.mark.parametrize(
    ("may", "script", "passed"),
    [
        (May("create", "line"), "INSERT INTO line (\"order\", sku, qty) VALUES (3, 'pen', 1);", True),
        (May("create", "line", SOLD), "INSERT INTO line (\"order\", sku, qty) VALUES (3, 'pen', 9);", True),
        (May("create", "line", SOLD), "INSERT INTO line (\"order\", sku, qty) VALUES (3, 'pen', 1);", False),
        (May("update", "line"), "UPDATE line SET qty = 7 WHERE id = 1;", True),
        (May("update", "line", SOLD), "UPDATE line SET qty = 7 WHERE id = 1;", True),
        (May("update", "line", SOLD), "UPDATE line SET qty = 3 WHERE id = 1;", False),
        (May("update", "line"), "DELETE FROM line WHERE id = 1;", False),
        (May("delete", "line", SOLD), "DELETE FROM line WHERE id = 3;", True),
        (May("delete", "line", SOLD), "DELETE FROM line WHERE id = 1;", False),
        (May("update", "order", links={"order_tag": 0}), "INSERT INTO order_tag VALUES (1, 2);", True),
        (May("create", "order", links={"order_tag": 0}), "INSERT INTO order_tag VALUES (1, 2);", False),
        (
            May("create", "order", links={"order_tag": 0}),
            note("NULL") + "INSERT INTO order_tag VALUES (9, 2);",
            True,
        ),
        (May("delete", "tag", links={"order_tag": 1}), "DELETE FROM tag WHERE id = 1;", True),
    ],
)
def test_may_allows_more_than_the_outcome(may: May, script: str, passed: bool) -> None:
    script = "PRAGMA foreign_keys = ON;" + buying() + script
    assert judged(asking(*BUY.outcomes, may=(may,)), script).passed == passed


def test_a_row_that_no_may_allows_is_the_one_that_is_paired() -> None:
    case = asking(
        Outcome(calls=1, created=(Created("line", {"order": 3, "sku": "pen", "qty": Timed()}),)),
        may=(May("create", "line", SOLD),),
    )
    script = "INSERT INTO line (\"order\", sku, qty) VALUES (3, 'pen', 9), (3, 'pen', 1);"
    assert judged(case, script).passed


def test_what_is_ensured_must_hold() -> None:
    rich = Condition("SELECT credit >= :old_1 FROM customer WHERE id = :me", {"old_1": 3800})
    case = asking(*BUY.outcomes, ensure=(Ensure("me.credit >= old(…)", rich),))
    assert judged(case, buying()).passed
    verdict = judged(case, buying(credit=3000))
    assert "what the task ensures does not hold: me.credit >= old(…)" in verdict.reasons


def test_a_handoff_counts_as_a_change() -> None:
    case = asking(Outcome(calls=1, handoff=True))
    assert judged(case, ended=True).passed
    assert judged(case).reasons == ("nothing has changed",)
    assert not judged(BUY, buying(), ended=True).passed


# ---- Answers and several outcomes


def test_changes_and_answer_must_be_of_the_same_outcome() -> None:
    def sending(order: int) -> Outcome:
        return Outcome(
            calls=1,
            updated=(Updated("order", order, {"status": "sent"}),),
            answer=(Answer("text", f"ORD-000{order}", ("ORD-0001", "ORD-0003")),),
        )

    case = asking(sending(1), sending(3))
    script = "UPDATE \"order\" SET status = 'sent' WHERE id = 3"
    assert judged(case, script, "Answer: ORD-0003") == Verdict(1.0, 1.0, True, (), 1)
    verdict = judged(case, script, "Answer: ORD-0001")
    assert verdict.outcome == 1
    assert verdict.reasons == (
        'the answer does not state "ORD-0003"',
        'the answer states "ORD-0001"',
    )
    assert not judged(case, script, "Answer: ORD-0001 or ORD-0003").passed


def test_an_answer_may_be_read_in_the_world_as_the_run_leaves_it() -> None:
    spent = Condition("SELECT :old_1 - credit FROM customer WHERE id = :me", {"old_1": 5000})
    tags = Condition("SELECT json_group_array(name ORDER BY id) FROM tag")
    keys = Condition('SELECT json_group_array(id) FROM "order" WHERE customer = :me')
    case = asking(
        Outcome(
            calls=2,
            created=BUY.outcomes[0].created,
            updated=BUY.outcomes[0].updated,
            answer=(
                Answer("money", spent),
                Answer("text", tags, many=True),
                Answer("text", keys, many=True, form="ORD-{n:04}"),
                Answer("text", New(0), form="ORD-{n:04}"),
            ),
        )
    )
    said = "Answer: $12.00; gift, rush and bulk; ORD-0001, ORD-0002 and ORD-0007"
    assert judged(case, buying(order=7), said).passed
    assert not judged(case, buying(order=8), said).passed
    assert "the new row that the answer names was not created" in judged(case, "", said).reasons


def test_a_task_that_only_asks_is_judged_by_its_answer() -> None:
    case = asking(Outcome(calls=1, answer=(Answer("int", 3, (2, 4)),)))
    assert judged(case, message="There are three orders. Answer: 3").passed
    assert judged(case).score == 0.0
    assert not judged(case, "DELETE FROM order_tag", "Answer: 3").passed


# ---- Properties

CHANGES: dict[str, Callable[[int], str]] = {
    "credit": lambda n: f"UPDATE customer SET credit = {n * 100} WHERE id = 1;",
    "status": lambda n: f"UPDATE \"order\" SET status = 's{n}' WHERE id = 2;",
    "line": lambda n: f"INSERT INTO line (\"order\", sku, qty) VALUES (1, 'pen', {n});",
    "drop": lambda n: f"DELETE FROM line WHERE id = {n % 3 + 1};",
    "tag": lambda n: f"INSERT OR IGNORE INTO order_tag VALUES ({n % 3 + 1}, {n % 2 + 2});",
}
scripts = st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.integers(1, 6)), max_size=6).map(
    lambda steps: "".join(CHANGES[name](n) for name, n in steps)
)


def outcome_of(script: str) -> Outcome:
    """What the script changes, as an outcome."""
    connection = fresh()
    recording = diff.Recording(connection, TABLES)
    connection.execute(script)
    found = recording.changes(connection)
    return Outcome(
        calls=1,
        created=tuple(
            Created(c.table, {k: v for k, v in (c.after or {}).items() if k != "id"})
            for c in found
            if c.kind == "create"
        ),
        updated=tuple(Updated(c.table, c.key, dict(c.after or {})) for c in found if c.kind == "update"),  # type: ignore[arg-type]
        deleted=tuple(Deleted(c.table, c.key) for c in found if c.kind == "delete"),
    )


def content(script: str) -> Iterator[Any]:
    """All rows, new ones without their ids."""
    connection = fresh()
    connection.execute(script)
    for table, known in (("customer", 2), ("order", 3), ("line", 3)):
        for key, *rest in connection.execute(f'SELECT * FROM "{table}"'):
            yield table, key if key <= known else 0, *rest
    yield from connection.execute("SELECT * FROM order_tag")


@given(scripts, scripts)
def test_a_run_passes_exactly_if_it_leaves_the_same_world(first: str, second: str) -> None:
    same = sorted(map(str, content(first))) == sorted(map(str, content(second)))
    verdict = judged(asking(outcome_of(first)), second)
    assert verdict.passed == same
    assert (verdict.score == 1.0) == same
    assert bool(verdict.reasons) != same
    assert 0.0 <= verdict.score <= 1.0
