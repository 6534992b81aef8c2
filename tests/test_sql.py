"""IR to SQL: what each node means, on a real database; and the SQL itself, as golden files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from awmc.backends.sql import Compiler, Sql, identifier, must_quote, write
from awmc.ir import nodes as n
from awmc.runtime.functions import FUNCTIONS, PYTHON_OPERATORS
from tests.sql_world import (
    BOOL,
    DATE,
    DATETIME,
    DURATION,
    ENVIRONMENT,
    INT,
    LINES_OF_SELF,
    ME,
    MONEY,
    NOW,
    NUMBER,
    PLACE,
    SELF,
    SPECIALTY,
    STATUS,
    TEXT,
    TIME,
    aggregate,
    apply,
    col,
    const,
    count,
    database,
    duration,
    element,
    elements,
    eq,
    group,
    item,
    key,
    kind,
    list_of,
    local,
    many,
    maybe,
    part,
    query,
    record,
    record_type,
    row,
    source,
    status,
    var,
)
from tests.sql_world import test as check

CASES = Path(__file__).parent / "cases" / "sql"
COMPILER = Compiler(ENVIRONMENT)

VISIT, SLOT, DOCTOR, ORDER = (local(of.lower(), row(of)) for of in ("Visit", "Slot", "Doctor", "Order"))
V, S, D, P, T, THE_ORDER = (
    var(of.lower(), of) for of in ("Visit", "Slot", "Doctor", "Patient", "Tag", "Order")
)  # fmt: skip
VISITS, SLOTS, DOCTORS, ORDERS = (
    query(source(of.lower(), of)) for of in ("Visit", "Slot", "Doctor", "Order")
)


@pytest.fixture(name="db")
def _db() -> Iterator[apsw.Connection]:
    connection = database()
    yield connection
    connection.close()


def run(db: apsw.Connection, sql: Sql, **values: Any) -> list[Any]:
    """The rows of a statement, those of one column as that column. Lists and records are bound as JSON."""
    values = {"now": "2026-03-02T08:00:00", "me": 1} | values
    bound = {bind.name: values[bind.name] for bind in sql.binds}
    bound = {name: json.dumps(v) if isinstance(v, (list, dict)) else v for name, v in bound.items()}
    return [found[0] if len(found) == 1 else found for found in db.execute(sql.text, bound)]


def value(db: apsw.Connection, expr: n.Expr, **values: Any) -> Any:
    found = run(db, COMPILER.value(expr), **values)
    assert len(found) <= 1
    return found[0] if found else None


def wire(db: apsw.Connection, expr: n.Expr, shape: str = "", paged: bool = False, **values: Any) -> Any:
    found = run(db, COMPILER.wire(expr, expr.type, shape, paged), **values)
    return json.loads(found[0]) if found and found[0] is not None else None


def where(of: n.Query, *tests: Any, **more: Any) -> n.Query:
    changed = query(*of.sources, where=tests, **more)
    return changed


# ---- Scalars: every operator and function

NULL = const(None)
NULL_INT, NULL_DATETIME = const(None, maybe(INT)), const(None, maybe(DATETIME))
MOMENT, DAY, CLOCK = const("2026-01-31T09:30:00", DATETIME), const("2024-02-29", DATE), const("23:30", TIME)
CARDIOLOGY, GENERAL = const("cardiology", SPECIALTY), const("general", SPECIALTY)
TRUE, FALSE = const(True), const(False)


def cents(amount: int) -> n.Const:
    return const(amount, MONEY)


SCALARS: list[tuple[n.Expr, Any]] = [
    (const(None), None),
    (const("it's"), "it's"),
    (const("a\nb"), "a\nb"),
    (const(-5), -5),
    (const(2.5), 2.5),
    (n.Const(type=NUMBER, value=3), 3.0),
    (TRUE, 1),
    (NOW, "2026-03-02T08:00:00"),
    (ME, 1),
    (local("x", INT), 7),
    (part(local("rec", record_type(a=INT)), "a", INT), 4),
    # logic
    (check("and", TRUE, FALSE), 0),
    (check("and", TRUE, TRUE, TRUE), 1),
    (check("or", FALSE, FALSE, TRUE), 1),
    (check("not", check("or", FALSE, TRUE)), 0),
    (check("not", check("and", TRUE, FALSE)), 1),
    (check("not", TRUE), 0),
    (check("not", check("not", TRUE)), 1),
    (check("and", check("or", TRUE, FALSE), check("not", FALSE)), 1),
    # comparison
    (eq(const(1), const(1)), 1),
    (eq(NULL_INT, NULL), 1),
    (eq(NULL, NULL_INT), 1),
    (eq(NULL_INT, const(1)), 0),
    (eq(NULL_INT, local("none", maybe(INT))), 1),
    (check("ne", NULL_INT, const(1)), 1),
    (check("ne", const("a"), const("A")), 1),
    (check("lt", const(2), const(10)), 1),
    (check("le", const("b"), const("a")), 0),
    (check("gt", const("é"), const("z")), 1),
    (check("ge", const(1.5), apply("to_number", NUMBER, const(1))), 1),
    (check("gt", CARDIOLOGY, GENERAL), 1),
    (check("lt", CARDIOLOGY, const("dermatology", SPECIALTY)), 1),
    (check("is_null", NULL_INT), 1),
    (check("not", check("is_null", const(1))), 1),
    (check("in_list", const(2), const(1), const(2)), 1),
    (check("not", check("in_list", const(2), const(1), const(2))), 0),
    (check("in_list", NULL_INT, const(1)), 0),
    (check("in_list", NULL_INT, const(1), NULL), 1),
    (check("in_list", const(1), const(2), NULL_INT), 0),
    (check("in_list", const(2), local("xs", many(INT))), 1),
    (check("in_list", const(9), local("xs", many(INT))), 0),
    (check("in_list", const(2), list_of(const(1), const(2))), 1),
    (check("in_list", local("x", row("Slot")), SLOTS), 0),
    (
        check(
            "not", check("in_list", const(9, row("Doctor")), aggregate("list", VISITS, col(V, "referrer")))
        ),
        1,
    ),
    (check("in_list", const(2, row("Doctor")), aggregate("list", VISITS, col(V, "referrer"))), 1),
    (check("between", const(5), const(1), const(5)), 1),
    (check("not", check("between", const(5), const(1), const(4))), 1),
    (check("between", CARDIOLOGY, GENERAL, CARDIOLOGY), 1),
    (apply("if", TEXT, TRUE, const("a"), const("b")), "a"),
    (apply("if", TEXT, FALSE, const("a"), apply("if", TEXT, TRUE, const("b"), const("c"))), "b"),
    (apply("coalesce", INT, NULL_INT, const(3)), 3),
    # arithmetic
    (apply("add", INT, const(1), apply("mul", INT, const(2), const(3))), 7),
    (apply("mul", INT, apply("add", INT, const(1), const(2)), const(3)), 9),
    (apply("sub", INT, const(1), apply("sub", INT, const(2), const(3))), 2),
    (apply("neg", INT, apply("add", INT, const(1), const(2))), -3),
    (apply("neg", INT, const(-1)), 1),
    (apply("sub", INT, const(1), const(-1)), 2),
    (apply("div", maybe(NUMBER), const(1), const(2)), 0.5),
    (apply("div", maybe(NUMBER), const(1), const(0)), None),
    (apply("div", NUMBER, cents(300), cents(200)), 1.5),
    (apply("div", MONEY, cents(1001), const(2)), 501),
    (apply("mul", MONEY, cents(333), const(3)), 999),
    (apply("mul", MONEY, const(1.5), cents(333)), 500),
    (apply("mul", MONEY, cents(333), apply("to_number", NUMBER, const(2))), 666),
    (apply("mod", INT, const(-7), const(3)), 2),
    (apply("round", NUMBER, const(2.675), const(2)), 2.68),
    (apply("round", INT, const(2.5)), 3),
    (apply("round", MONEY, cents(1250)), 1300),
    (apply("round", MONEY, cents(1254), const(1)), 1250),
    (apply("floor", INT, const(-1.5)), -2),
    (apply("ceil", INT, const(1.2)), 2),
    (apply("floor", MONEY, cents(150)), 100),
    (apply("ceil", MONEY, cents(150)), 200),
    (apply("abs", INT, const(-3)), 3),
    (apply("min", INT, const(3), const(2), const(5)), 2),
    (apply("max", TEXT, const("a"), const("b")), "b"),
    (apply("max", SPECIALTY, CARDIOLOGY, GENERAL), "cardiology"),
    (apply("to_number", NUMBER, local("x", INT)), 7.0),
    (apply("to_number", NUMBER, const(2)), 2.0),
    (apply("to_money", MONEY, local("x", INT)), 700),
    (apply("to_money", MONEY, const(1.005)), 101),
    # texts
    (apply("concat", TEXT, const("a"), const("b"), const("c")), "abc"),
    (apply("concat", TEXT, const("n: "), apply("text", TEXT, apply("add", INT, const(1), const(2)))), "n: 3"),
    (apply("text", TEXT, cents(123450)), "1234.50"),
    (apply("text", TEXT, TRUE), "true"),
    (apply("text", TEXT, const(3.0)), "3"),
    (apply("text", TEXT, MOMENT), "2026-01-31T09:30:00"),
    (apply("text", TEXT, NULL_INT), ""),
    (apply("text", TEXT, const(12, row("Order"))), "ORD-00012"),
    (apply("text", TEXT, const("SFO", row("Clinic"))), "SFO"),
    (apply("text", TEXT, const(3, kind("id", name="Slot"))), "3"),
    (apply("len", INT, const("naïve")), 5),
    (apply("len", INT, local("xs", many(INT))), 3),
    (apply("lower", TEXT, const("ÀB")), "àb"),
    (apply("upper", TEXT, const("àb")), "ÀB"),
    (apply("trim", TEXT, const(" a ")), "a"),
    (apply("replace", TEXT, const("abab"), const("b"), const("c")), "acac"),
    (apply("left", TEXT, const("abc"), const(2)), "ab"),
    (apply("right", TEXT, const("abc"), const(2)), "bc"),
    (check("contains", const("Chest PAIN"), const("pain")), 1),
    (check("starts_with", const("Chest"), const("CH")), 1),
    (check("matches", const("red shoes"), const("shoe")), 1),
    (apply("relevance", INT, const("red shoes"), const("red")), 1),
    # moments and durations
    (apply("add", DATETIME, MOMENT, duration(months=1)), "2026-02-28T09:30:00"),
    (apply("sub", DATETIME, MOMENT, duration(seconds=3600)), "2026-01-31T08:30:00"),
    (apply("add", DATETIME, duration(seconds=60), MOMENT), "2026-01-31T09:31:00"),
    (apply("add", DATE, DAY, duration(months=12)), "2025-02-28"),
    (apply("add", TIME, CLOCK, duration(seconds=3600)), "00:30"),
    (apply("sub", DURATION, NOW, MOMENT), '{"months":0,"seconds":2586600}'),
    (duration(months=1, seconds=2), '{"months":1,"seconds":2}'),
    (apply("neg", DURATION, duration(months=1)), '{"months":-1,"seconds":0}'),
    (apply("mul", DURATION, const(3), duration(months=1, seconds=2)), '{"months":3,"seconds":6}'),
    (apply("add", DATETIME, MOMENT, local("span", DURATION)), "2026-02-28T09:31:00"),
    (apply("sub", DATETIME, MOMENT, local("span", DURATION)), "2025-12-31T09:29:00"),
    (check("gt", local("span", DURATION), duration(seconds=86400)), 1),
    (eq(local("span", DURATION), duration(months=1, seconds=60)), 1),
    (
        check(
            "lt",
            apply("sub", DURATION, NOW, MOMENT),
            apply("mul", DURATION, duration(months=1), local("x", INT)),
        ),
        1,
    ),
    (check("gt", apply("sub", DURATION, NOW, MOMENT), duration(seconds=86400)), 1),
    (check("lt", apply("sub", DURATION, NOW, MOMENT), duration(months=1)), 1),
    (
        apply("add", DATETIME, MOMENT, apply("add", DURATION, duration(months=1), duration(seconds=60))),
        "2026-02-28T09:31:00",
    ),
    (apply("add", DATETIME, MOMENT, apply("sub", DURATION, NOW, MOMENT)), "2026-03-02T08:00:00"),
    (apply("sub", DATETIME, NOW, apply("sub", DURATION, NOW, MOMENT)), "2026-01-31T09:30:00"),
    (apply("sub", DATETIME, MOMENT, apply("neg", DURATION, duration(seconds=60))), "2026-01-31T09:31:00"),
    (apply("add", DATETIME, NULL_DATETIME, duration(seconds=1)), None),
    (apply("date", DATE, MOMENT), "2026-01-31"),
    (apply("time", TIME, MOMENT), "09:30"),
    (apply("year", INT, DAY), 2024),
    (apply("month", INT, DAY), 2),
    (apply("weekday", INT, NOW), 1),
    (apply("days_between", INT, DAY, NOW), 732),
    (apply("place", INT, const("dermatology", SPECIALTY)), 2),
    (apply("place", INT, local("specialty", SPECIALTY)), 1),
    (key(SLOT), 2),
    # records and lists
    (record(a=const(1), b=record(c=const("x"))), '{"a":1,"b":{"c":"x"}}'),
    (part(record(a=const(1)), "a", INT), 1),
    (eq(record(a=const(1)), local("same", record_type(a=INT))), 1),
    (part(item(local("recs", many(record_type(a=INT))), 1), "a", INT), 2),
    (list_of(const(1), const(2)), "[1,2]"),
    (item(local("xs", many(INT)), 0), 1),
    (item(local("xs", many(INT)), 3), None),
    (item(local("xs", many(INT)), -1), None),
    (item(local("xs", many(INT)), local("minus", INT)), None),
    (item(local("recs", many(record_type(a=INT))), local("one", INT)), '{"a":2}'),
]
HANDED: dict[str, Any] = {
    "x": 7,
    "xs": [1, 2, 3],
    "none": None,
    "rec_a": 4,
    "minus": -1,
    "one": 1,
    "same": {"a": 1},
    "specialty": "cardiology",
    "slot": 2,
    "span": {"months": 1, "seconds": 60},
    "recs": [{"a": 1}, {"a": 2}],
}


@pytest.mark.parametrize(("expr", "expected"), SCALARS)
def test_a_scalar(db: apsw.Connection, expr: n.Expr, expected: Any) -> None:
    found = value(db, expr, **HANDED)
    assert (found, type(found)) == (expected, type(expected))


def test_every_function_of_the_ir_has_a_case() -> None:
    named = {node.fn for expr, _ in SCALARS for node in _nodes(expr) if isinstance(node, n.Apply)}
    assert named == set(n.Function.__args__)  # type: ignore[attr-defined]


def test_every_function_that_the_sql_calls_is_registered() -> None:
    called = {name for expr, _ in SCALARS for name in _called(COMPILER.value(expr).text)}
    assert "awm_money_mul" in called
    assert called <= FUNCTIONS.keys()


def _nodes(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        for each in node:
            yield from _nodes(each)
    elif isinstance(node, n.Node):
        yield node
        for name in node.__struct_fields__:
            yield from _nodes(getattr(node, name))


def _called(text: str) -> set[str]:
    return {word for word in text.replace("(", " ").split() if word.startswith("awm_")}


# ---- Paths and columns

PATHS: list[tuple[n.Expr, dict[str, Any], Any]] = [
    (col(SLOT, "starts"), {"slot": 2}, "2026-03-03T09:00:00"),
    (col(SLOT, "id"), {"slot": 2}, 2),
    (col(SLOT, "doctor"), {"slot": 2}, 1),
    (col(SLOT, "doctor.fee"), {"slot": 2}, 12000),
    (col(VISIT, "slot.doctor.clinic.name"), {"visit": 2}, "North Clinic"),
    (col(VISIT, "slot.doctor.clinic.name"), {"visit": 1}, None),
    (col(VISIT, "slot.doctor.clinic"), {"visit": 2}, "NORTH"),
    (col(VISIT, "referrer.name"), {"visit": 1}, None),
    (col(VISIT, "referrer.senior.name"), {"visit": 2}, "Dr. Lee"),
    (col(VISIT, "referrer.senior.senior.name"), {"visit": 2}, None),
    (col(local("visit", row("Visit", True)), "slot.starts"), {"visit": None}, None),
    (col(local("visit", row("Visit", True)), "slot.starts"), {"visit": 2}, "2026-03-03T09:00:00"),
    (col(ME, "balance"), {}, 30000),
    (
        col(part(local("item", record_type(slot=row("Slot"))), "slot", row("Slot")), "minutes"),
        {"item_slot": 3},
        45,
    ),
    (col(const(3, row("Slot")), "minutes"), {}, 45),
    (check("ge", col(ME, "balance"), col(SLOT, "doctor.fee")), {"slot": 2}, 1),
    (eq(col(VISIT, "patient"), ME), {"visit": 2}, 0),
    (check("is_null", col(VISIT, "referrer.clinic")), {"visit": 4}, 0),
    # computed columns
    (col(ORDER, "total"), {"order": 1}, 1299),
    (col(ORDER, "total"), {"order": 3}, 0),
    (col(local("order", row("Order", True)), "total"), {"order": 2}, 1450),
    (col(local("order", row("Order", True)), "total"), {"order": None}, None),
    (col(ORDER, "title"), {"order": 1}, "Order of Ana Flores: ok"),
    (col(local("line", row("Line")), "order.total"), {"line": 2}, 1299),
    (col(local("line", row("Line")), "amount"), {"line": 1}, 300),
    # the row that an expression gives
    (col(apply("if", row("Slot"), TRUE, SLOT, const(1, row("Slot"))), "minutes"), {"slot": 3}, 45),
    (
        col(apply("coalesce", row("Doctor"), col(VISIT, "referrer"), col(VISIT, "slot.doctor")), "name"),
        {"visit": 1},
        "Dr. Roy",
    ),
    (
        col(aggregate("first", query(source("slot", "Slot"), order=[col(S, "starts")])), "doctor.name"),
        {},
        "Dr. Lee",
    ),
    (col(aggregate("min_by", DOCTORS, col(D, "fee")), "name"), {}, "Dr. Roy"),
    (col(aggregate("max_by", DOCTORS, col(D, "fee")), "clinic.name"), {}, "North Clinic"),
    (col(aggregate("max_by", ORDERS, col(THE_ORDER, "total")), "total"), {}, 1450),
    (col(aggregate("first", where(ORDERS, FALSE)), "total"), {}, None),
    (col(item(SLOTS, 1), "starts"), {}, "2026-03-03T09:00:00"),
    (col(item(VISITS, 1), "referrer.name"), {}, "Dr. Roy"),
    # a row may be tested for null in the statement that reads it
    (
        check(
            "or",
            check("is_null", local("doctor", row("Doctor", True))),
            check("gt", col(DOCTOR, "fee"), cents(10000)),
        ),
        {"doctor": None},
        1,
    ),
    (
        check(
            "or",
            check("is_null", local("doctor", row("Doctor", True))),
            check("gt", col(DOCTOR, "fee"), cents(10000)),
        ),
        {"doctor": 2},
        0,
    ),
]


@pytest.mark.parametrize(("expr", "handed", "expected"), PATHS)
def test_a_path(db: apsw.Connection, expr: n.Expr, handed: dict[str, Any], expected: Any) -> None:
    assert value(db, expr, **handed) == expected


def test_a_deleted_row_is_no_row(db: apsw.Connection) -> None:
    assert value(db, col(SLOT, "starts"), slot=99) is None
    assert wire(db, VISIT, "Visit", visit=99) is None


# ---- Queries

F, G = var("f", "Slot"), var("g", "Slot")
BOOKED = status(V, "booked")
XS = elements("x", local("xs", many(INT)))
RECS = elements("r", local("recs", many(record_type(doctor=row("Doctor"), n=INT))))
R = element("r", record_type(doctor=row("Doctor"), n=INT))
TAGS_OF_VISIT = n.Query(
    type=many(row("Tag")),
    sources=(
        n.From(
            alias="tag",
            type=row("Tag"),
            of=n.LinkSource(entity="Tag", link="visit_tags", of=VISIT, of_column="visit", to_column="tag"),
        ),
    ),
)
BY_STATUS = group(
    VISITS,
    {"status": col(V, "status")},
    {
        "n": ("count", None, INT),
        "total": ("sum", col(V, "fee"), MONEY),
        "mean": ("avg", col(V, "fee"), MONEY),
        "first": ("min", col(V, "slot.starts"), DATETIME),
        "best": ("max", col(V, "slot.doctor.specialty"), SPECIALTY),
    },
)
assert BY_STATUS.type.element is not None
BY_STATUS_ROW = element("g", BY_STATUS.type.element)
BY_REFERRER = group(
    VISITS,
    {"referrer": col(V, "referrer"), "patient": col(V, "patient")},
    {"n": ("count", None, INT)},
)

ROWS: list[tuple[n.Expr, dict[str, Any], list[Any]]] = [
    (SLOTS, {}, [1, 2, 3, 4, 5]),
    (query(source("clinic", "Clinic")), {}, ["NORTH", "SOUTH"]),
    (query(source("slot", "Slot"), order=[col(S, "starts")]), {}, [4, 1, 2, 3, 5]),
    (query(source("slot", "Slot"), order=[(col(S, "starts"), True)]), {}, [5, 2, 3, 1, 4]),
    (query(source("slot", "Slot"), order=[(key(S), True)]), {}, [5, 4, 3, 2, 1]),
    (query(source("visit", "Visit"), order=[col(V, "due")]), {}, [3, 2, 1, 4]),
    (query(source("visit", "Visit"), order=[(col(V, "due"), True)]), {}, [2, 3, 1, 4]),
    (query(source("doctor", "Doctor"), order=[col(D, "specialty")]), {}, [2, 1, 3]),
    (query(source("doctor", "Doctor"), order=[(col(D, "specialty"), True), col(D, "name")]), {}, [1, 3, 2]),
    (query(source("slot", "Slot"), limit=2, offset=1), {}, [2, 3]),
    (query(source("slot", "Slot"), offset=3), {}, [4, 5]),
    (query(source("slot", "Slot"), limit=local("k", INT)), {"k": -1}, []),
    (query(source("slot", "Slot"), limit=local("k", maybe(INT))), {"k": None}, [1, 2, 3, 4, 5]),
    (where(VISITS, BOOKED), {}, [1, 2]),
    (where(VISITS, check("and", BOOKED, eq(col(V, "patient"), ME))), {}, [1]),
    (where(VISITS, check("or", BOOKED, eq(col(V, "fee"), cents(9550)))), {}, [1, 2, 4]),
    (where(VISITS, eq(col(V, "referrer"), local("doctor", row("Doctor", True)))), {"doctor": None}, [1]),
    (
        where(VISITS, (eq(col(V, "referrer"), local("doctor", row("Doctor", True))), ["doctor"])),
        {"doctor": None},
        [1, 2, 3, 4],
    ),
    (
        where(VISITS, (eq(col(V, "referrer"), local("doctor", row("Doctor", True))), ["doctor"])),
        {"doctor": 3},
        [4],
    ),
    (where(VISITS, eq(col(V, "slot.doctor.specialty"), CARDIOLOGY)), {}, [2, 3, 4]),
    (where(VISITS, eq(col(V, "referrer.clinic.name"), const("South Clinic"))), {}, [4]),
    (where(VISITS, check("ne", col(V, "referrer.clinic.name"), const("South Clinic"))), {}, [1, 2, 3]),
    (
        where(SLOTS, check("not", aggregate("exists", where(VISITS, eq(col(V, "slot"), S), BOOKED)))),
        {},
        [3, 4, 5],
    ),
    (where(DOCTORS, check("gt", count(where(SLOTS, eq(col(S, "doctor"), D))), const(1))), {}, [1, 3]),
    (
        where(
            ORDERS, check("gt", col(THE_ORDER, "total"), cents(0)), order=[(col(THE_ORDER, "total"), True)]
        ),
        {},
        [2, 1],
    ),
    (TAGS_OF_VISIT, {"visit": 2}, [1, 3]),
    # pairs: in the order of the ids of both
    (
        query(
            source("f", "Slot"),
            source("g", "Slot"),
            where=[eq(col(F, "starts"), col(G, "starts")), check("ne", F, G)],
        ),
        {},
        [2, 3],
    ),
    (
        query(
            source("f", "Slot"),
            source("g", "Slot"),
            where=[check("lt", col(F, "doctor.fee"), col(G, "doctor.fee")), eq(G, SLOT)],
        ),
        {"slot": 2},
        [1, 3, 5],
    ),
    (query(source("f", "Slot"), source("g", "Slot"), limit=6), {}, [1, 1, 1, 1, 1, 2]),
    # lists
    (query(elements("slot", local("rows", many(row("Slot"))))), {"rows": [3, 1, 3]}, [3, 1, 3]),
    (
        query(
            elements("slot", local("rows", many(row("Slot")))),
            where=[check("gt", col(S, "starts"), NOW)],
            order=[col(S, "doctor.name")],
        ),
        {"rows": [5, 4, 3, 2]},
        [2, 5, 3],
    ),
    (
        query(elements("slot", query(source("slot", "Slot"), order=[(key(S), True)], limit=3)), limit=1),
        {},
        [5],
    ),
    (local("rows", many(row("Slot"))), {"rows": [2, 1]}, [2, 1]),
    (aggregate("list", VISITS, col(V, "slot")), {}, [1, 2, 4, 3]),
    (list_of(SLOT, const(5, row("Slot"))), {"slot": 1}, [1, 5]),
    (SLOT, {"slot": 4}, [4]),
    (local("slot", row("Slot", True)), {"slot": None}, []),
    (aggregate("first", where(SLOTS, FALSE)), {}, []),
    (aggregate("first", SLOTS), {}, [1]),
    (col(VISIT, "referrer"), {"visit": 1}, []),
]


@pytest.mark.parametrize(("expr", "handed", "expected"), ROWS)
def test_rows(db: apsw.Connection, expr: n.Expr, handed: dict[str, Any], expected: list[Any]) -> None:
    assert run(db, COMPILER.rows(expr), **handed) == expected
    if expr.type.kind == "list":
        assert json.loads(value(db, expr, **handed)) == expected
        assert expr.type.element is not None
        if expr.type.element.name != "Order":  # its ids have a form of their own
            assert wire(db, expr, **handed) == {"items": expected}


def limited(of: n.Query, limit: int = 3) -> n.Query:
    return query(*of.sources, order=[col(V, "fee")], limit=limit)  # fees 6000, 9550, 12000 (visit 2), 12000


AGGREGATES: list[tuple[n.Expr, dict[str, Any], Any]] = [
    (count(VISITS), {}, 4),
    (count(where(VISITS, FALSE)), {}, 0),
    (count(limited(VISITS)), {}, 3),
    (count(query(XS)), {"xs": [4, 5]}, 2),
    (aggregate("exists", where(VISITS, BOOKED)), {}, 1),
    (aggregate("exists", where(VISITS, FALSE)), {}, 0),
    (aggregate("exists", query(source("visit", "Visit"), offset=4)), {}, 0),
    (aggregate("sum", VISITS, col(V, "fee")), {}, 39550),
    (aggregate("sum", where(VISITS, FALSE), col(V, "fee")), {}, 0),
    (aggregate("sum", where(DOCTORS, FALSE), col(D, "rating"), NUMBER), {}, 0.0),
    (aggregate("sum", limited(VISITS), col(V, "fee")), {}, 27550),
    (aggregate("sum", query(XS), element("x", INT)), {"xs": [4, 5]}, 9),
    (aggregate("sum", query(source("line", "Line")), col(var("line", "Line"), "amount")), {}, 2749),
    (aggregate("avg", VISITS, col(V, "fee"), maybe(MONEY)), {}, 9888),
    (aggregate("avg", where(VISITS, FALSE), col(V, "fee"), maybe(MONEY)), {}, None),
    (aggregate("avg", limited(VISITS), col(V, "fee"), maybe(MONEY)), {}, 9183),
    (aggregate("avg", SLOTS, col(S, "minutes"), maybe(NUMBER)), {}, 39.0),
    (aggregate("min", SLOTS, col(S, "starts")), {}, "2026-03-01T09:00:00"),
    (aggregate("max", where(SLOTS, FALSE), col(S, "starts")), {}, None),
    (aggregate("min", DOCTORS, col(D, "specialty")), {}, "general"),
    (aggregate("max", DOCTORS, col(D, "specialty")), {}, "cardiology"),
    (aggregate("first", query(source("slot", "Slot"), order=[col(S, "starts")])), {}, 4),
    (aggregate("first", query(source("slot", "Slot"), limit=2, offset=2)), {}, 3),
    (aggregate("first", query(source("slot", "Slot"), limit=local("k", INT))), {"k": 0}, None),
    (aggregate("first", query(XS)), {"xs": [4, 5]}, 4),
    (aggregate("min_by", VISITS, col(V, "fee")), {}, 1),
    (aggregate("max_by", VISITS, col(V, "fee")), {}, 2),
    (aggregate("max_by", query(source("visit", "Visit"), order=[(key(V), True)]), col(V, "fee")), {}, 3),
    (aggregate("max_by", limited(VISITS), col(V, "fee")), {}, 2),
    (
        aggregate("min_by", query(source("visit", "Visit"), order=[(key(V), True)], limit=3), col(V, "fee")),
        {},
        4,
    ),
    (aggregate("max_by", DOCTORS, col(D, "specialty")), {}, 1),
    (aggregate("max_by", DOCTORS, col(D, "rating")), {}, 1),
    (aggregate("min_by", query(XS), apply("neg", INT, element("x", INT))), {"xs": [4, 9, 5]}, 9),
    (aggregate("any", VISITS, BOOKED), {}, 1),
    (aggregate("any", where(VISITS, FALSE), BOOKED), {}, 0),
    (aggregate("any", limited(VISITS), eq(col(V, "fee"), cents(7))), {}, 0),
    (aggregate("all", VISITS, BOOKED), {}, 0),
    (aggregate("all", where(VISITS, FALSE), BOOKED), {}, 1),
    (
        aggregate(
            "all",
            VISITS,
            check("and", check("gt", col(V, "fee"), cents(0)), check("lt", col(V, "fee"), cents(99999))),
        ),
        {},
        1,
    ),
    (aggregate("all", limited(VISITS, 1), BOOKED), {}, 1),
    (aggregate("all", limited(VISITS, 2), BOOKED), {}, 0),
    (check("not", aggregate("any", VISITS, eq(col(V, "fee"), cents(1)))), {}, 1),
    (item(SLOTS, 4), {}, 5),
    (item(SLOTS, 5), {}, None),
    (item(SLOTS, -1), {}, None),
    (item(SLOTS, local("k", INT)), {"k": 2}, 3),
    (item(SLOTS, local("k", INT)), {"k": -1}, None),
    (item(query(source("slot", "Slot"), offset=1, limit=2), 1), {}, 3),
    (item(query(source("slot", "Slot"), offset=1, limit=2), 2), {}, None),
    (item(aggregate("list", VISITS, col(V, "reason")), 3), {}, "Rash"),
    (item(local("rows", many(row("Slot"))), 1), {"rows": [4, 2]}, 2),
    (col(item(local("rows", many(row("Slot"))), 1), "doctor.name"), {"rows": [4, 2]}, "Dr. Lee"),
    (apply("len", INT, aggregate("list", VISITS, col(V, "reason"))), {}, 4),
    (
        part(aggregate("first", query(RECS, where=[check("gt", part(R, "n", INT), const(1))])), "n", INT),
        {"recs": [{"doctor": 1, "n": 1}, {"doctor": 2, "n": 5}]},
        5,
    ),
    (
        aggregate(
            "sum",
            query(RECS),
            apply("mul", MONEY, col(part(R, "doctor", row("Doctor")), "fee"), part(R, "n", INT)),
        ),
        {"recs": [{"doctor": 1, "n": 1}, {"doctor": 2, "n": 5}]},
        42000,
    ),
    (
        count(
            query(
                elements("g", BY_STATUS),
                where=[check("gt", part(BY_STATUS_ROW, "n", INT), const(1))],
            )
        ),
        {},
        1,
    ),
]


@pytest.mark.parametrize(("expr", "handed", "expected"), AGGREGATES)
def test_an_aggregate(db: apsw.Connection, expr: n.Expr, handed: dict[str, Any], expected: Any) -> None:
    assert value(db, expr, **handed) == expected


OTHERS = query(source("other", "Visit"), order=[(key(var("other", "Visit")), True)])
PER_VISIT: list[tuple[n.Expr, Any]] = [
    (count(replace(OTHERS, limit=col(V, "patient"))), [1, 2, 1, 1]),
    (count(replace(OTHERS, offset=col(V, "id"))), [3, 2, 1, 0]),
    (count(replace(OTHERS, limit=local("k", maybe(INT)), offset=col(V, "id"))), [3, 2, 1, 0]),
    (count(replace(OTHERS, limit=col(V, "referrer"))), [4, 2, 2, 3]),
    (item(OTHERS, col(V, "patient")), [3, 2, 3, 3]),
    (item(OTHERS, apply("sub", INT, col(V, "patient"), const(2))), [None, 4, None, None]),
    (col(aggregate("first", replace(OTHERS, offset=col(V, "patient"))), "fee"), [12000, 12000, 12000, 12000]),
]


@pytest.mark.parametrize(("of", "expected"), PER_VISIT)
def test_a_limit_or_place_may_be_of_another_row(db: apsw.Connection, of: n.Expr, expected: list[Any]) -> None:
    assert run(db, COMPILER.elements(aggregate("list", VISITS, of)), k=None) == expected


ELEMENTS: list[tuple[n.Expr, dict[str, Any], list[Any]]] = [
    (local("xs", many(INT)), {"xs": [3, 1, 2]}, [3, 1, 2]),
    (local("recs", many(record_type(n=INT))), {"recs": [{"n": 1}]}, ['{"n":1}']),
    (
        query(XS, where=[check("gt", element("x", INT), const(1))], order=[(element("x", INT), True)]),
        {"xs": [3, 1, 2]},
        [3, 2],
    ),
    (aggregate("list", VISITS, col(V, "fee")), {}, [6000, 12000, 12000, 9550]),
    (
        aggregate("list", query(source("visit", "Visit"), order=[(key(V), True)], limit=2), col(V, "fee")),
        {},
        [9550, 12000],
    ),
    (
        aggregate("list", VISITS, record(v=V, fee=col(V, "fee"))),
        {},
        ['{"v":1,"fee":6000}', '{"v":2,"fee":12000}', '{"v":3,"fee":12000}', '{"v":4,"fee":9550}'],
    ),
    (list_of(const("a"), const("b")), {}, ["a", "b"]),
    (
        BY_STATUS,
        {},
        [
            '{"status":"booked","n":2,"total":18000,"mean":9000,"first":"2026-03-02T14:00:00","best":"cardiology"}',
            '{"status":"done","n":1,"total":12000,"mean":12000,"first":"2026-03-01T09:00:00","best":"cardiology"}',
            '{"status":"cancelled","n":1,"total":9550,"mean":9550,"first":"2026-03-03T09:00:00","best":"cardiology"}',
        ],
    ),
    (
        BY_REFERRER,
        {},
        [
            '{"referrer":2,"patient":1,"n":1}',
            '{"referrer":2,"patient":2,"n":1}',
            '{"referrer":3,"patient":1,"n":1}',
            '{"referrer":null,"patient":1,"n":1}',
        ],
    ),
    (
        replace(BY_STATUS, query=query(source("visit", "Visit"), order=[col(V, "fee")], limit=1)),
        {},
        ['{"status":"booked","n":1,"total":6000,"mean":6000,"first":"2026-03-02T14:00:00","best":"general"}'],
    ),
    (
        group(where(VISITS, FALSE), {}, {"n": ("count", None, INT), "total": ("sum", col(V, "fee"), MONEY)}),
        {},
        ['{"n":0,"total":0}'],
    ),
    (
        query(
            elements("g", BY_STATUS),
            where=[check("ge", part(BY_STATUS_ROW, "total", MONEY), cents(12000))],
        ),
        {},
        [
            '{"status":"booked","n":2,"total":18000,"mean":9000,"first":"2026-03-02T14:00:00","best":"cardiology"}',
            '{"status":"done","n":1,"total":12000,"mean":12000,"first":"2026-03-01T09:00:00","best":"cardiology"}',
        ],
    ),
]


@pytest.mark.parametrize(("expr", "handed", "expected"), ELEMENTS)
def test_elements(db: apsw.Connection, expr: n.Expr, handed: dict[str, Any], expected: list[Any]) -> None:
    assert run(db, COMPILER.elements(expr), **handed) == expected
    as_one = json.loads(value(db, expr, **handed))
    assert as_one == [json.loads(e) if isinstance(e, str) and e[:1] == "{" else e for e in expected]


# ---- The wire

SLOT_2 = {
    "id": 2,
    "starts": "2026-03-03T09:00:00",
    "doctor": "Dr. Lee",
    "fee": 120.0,
    "clinic": "North Clinic",
}
SLOT_1 = {"id": 1, "starts": "2026-03-02T14:00:00", "doctor": "Dr. Roy", "fee": 60.0, "clinic": None}
ORDER_1 = {
    "id": "ORD-00001",
    "urgent": True,
    "total": 12.99,
    "lines": [{"product": "mask", "amount": 3.0}, {"product": "gloves", "amount": 9.99}],
    "address": {"street": "1 Elm St", "vip": True},
}
SPENT = record_type(name=TEXT, cents=MONEY, ok=BOOL)

WIRE: list[tuple[n.Expr, str, dict[str, Any], Any]] = [
    (const(3), "", {}, {"value": 3}),
    (col(ME, "balance"), "", {}, {"value": 300.0}),
    (TRUE, "", {}, {"value": True}),
    (check("lt", const(2), const(1)), "", {}, {"value": False}),
    (local("flag", maybe(BOOL)), "", {"flag": None}, {"value": None}),
    (local("flag", maybe(BOOL)), "", {"flag": False}, {"value": False}),
    (VISIT, "", {"visit": 2}, {"value": 2}),
    (key(ORDER), "", {"order": 2}, {"value": "ORD-00002"}),
    (SLOT, "SlotCard", {"slot": 2}, SLOT_2),
    (
        VISIT,
        "VisitCard",
        {"visit": 2},
        {"id": 2, "slot": SLOT_2, "referrer": {"name": "Dr. Roy", "fee": 60.0}, "tags": [1, 3]},
    ),
    (VISIT, "VisitCard", {"visit": 1}, {"id": 1, "slot": SLOT_1, "referrer": None, "tags": [2]}),
    (local("slot", row("Slot", True)), "SlotCard", {"slot": None}, None),
    (local("slot", row("Slot", True)), "SlotCard", {"slot": 2}, SLOT_2),
    (col(VISIT, "slot"), "SlotCard", {"visit": 2}, SLOT_2),
    (col(VISIT, "referrer"), "DoctorCard", {"visit": 1}, None),
    (aggregate("first", query(source("slot", "Slot"), offset=1)), "SlotCard", {}, SLOT_2),
    (aggregate("first", where(SLOTS, FALSE)), "SlotCard", {}, None),
    (ORDER, "OrderCard", {"order": 1}, ORDER_1),
    (query(source("order", "Order"), limit=1), "OrderCard", {}, {"items": [ORDER_1]}),
    (
        where(SLOTS, check("le", S, const(2, row("Slot"))), order=[(key(S), True)]),
        "SlotCard",
        {},
        {"items": [SLOT_2, SLOT_1]},
    ),
    (local("rows", many(row("Slot"))), "SlotCard", {"rows": [2, 1]}, {"items": [SLOT_2, SLOT_1]}),
    (aggregate("list", where(VISITS, BOOKED), col(V, "slot")), "SlotCard", {}, {"items": [SLOT_1, SLOT_2]}),
    (list_of(SLOT, const(1, row("Slot"))), "SlotCard", {"slot": 2}, {"items": [SLOT_2, SLOT_1]}),
    (
        query(elements("order", local("rows", many(row("Order"))))),
        "",
        {"rows": [3]},
        {"items": ["ORD-00003"]},
    ),
    (local("rows", many(row("Order"))), "", {"rows": [3]}, {"items": ["ORD-00003"]}),
    (aggregate("list", VISITS, col(V, "fee")), "", {}, {"items": [60.0, 120.0, 120.0, 95.5]}),
    (
        aggregate("list", VISITS, record(n=col(V, "fee"), urgent=BOOKED)),
        "",
        {},
        {
            "items": [
                {"n": 60.0, "urgent": True},
                {"n": 120.0, "urgent": True},
                {"n": 120.0, "urgent": False},
                {"n": 95.5, "urgent": False},
            ]
        },
    ),
    (local("amounts", many(MONEY)), "", {"amounts": [5, 250]}, {"items": [0.05, 2.5]}),
    (
        query(elements("m", local("amounts", many(MONEY))), limit=1),
        "",
        {"amounts": [5, 250]},
        {"items": [0.05]},
    ),
    (local("texts", many(TEXT)), "", {"texts": ["a", "b"]}, {"items": ["a", "b"]}),
    (
        record(
            a=const(1),
            slot=SLOT,
            due=const(None, maybe(DATETIME)),
        ),
        "",
        {"slot": 2},
        {"a": 1, "slot": 2, "due": None},
    ),
    (record(mine=aggregate("list", where(VISITS, BOOKED), col(V, "fee"))), "", {}, {"mine": [60.0, 120.0]}),
    (
        local("spent", SPENT),
        "",
        {"spent": {"name": "x", "cents": 150, "ok": 1}},
        {"name": "x", "cents": 1.5, "ok": True},
    ),
    (local("spent", replace(SPENT, nullable=True)), "", {"spent": None}, None),
    (
        local("all", many(SPENT)),
        "",
        {"all": [{"name": "x", "cents": 150, "ok": False}]},
        {"items": [{"name": "x", "cents": 1.5, "ok": False}]},
    ),
    (local("plain", record_type(a=TEXT)), "", {"plain": {"a": "b"}}, {"a": "b"}),
    (
        local("nested", record_type(all=kind("list", True, element=MONEY))),
        "",
        {"nested": {"all": None}},
        {"all": None},
    ),
    (
        local("nested", record_type(all=kind("list", True, element=MONEY))),
        "",
        {"nested": {"all": [1]}},
        {"all": [0.01]},
    ),
    (
        replace(BY_STATUS, names=("status", "n", "total", "mean", "first", "best")),
        "",
        {},
        {
            "items": [
                {
                    "status": "booked",
                    "n": 2,
                    "total": 180.0,
                    "mean": 90.0,
                    "first": "2026-03-02T14:00:00",
                    "best": "cardiology",
                },
                {
                    "status": "done",
                    "n": 1,
                    "total": 120.0,
                    "mean": 120.0,
                    "first": "2026-03-01T09:00:00",
                    "best": "cardiology",
                },
                {
                    "status": "cancelled",
                    "n": 1,
                    "total": 95.5,
                    "mean": 95.5,
                    "first": "2026-03-03T09:00:00",
                    "best": "cardiology",
                },
            ]
        },
    ),
    (
        query(elements("g", BY_STATUS), limit=1),
        "",
        {},
        {
            "items": [
                {
                    "status": "booked",
                    "n": 2,
                    "total": 180.0,
                    "mean": 90.0,
                    "first": "2026-03-02T14:00:00",
                    "best": "cardiology",
                }
            ]
        },
    ),
]


@pytest.mark.parametrize(("expr", "shape", "handed", "expected"), WIRE)
def test_the_wire(
    db: apsw.Connection, expr: n.Expr, shape: str, handed: dict[str, Any], expected: Any
) -> None:
    assert wire(db, expr, shape, **handed) == expected


def test_a_page_comes_with_the_total_of_all(db: apsw.Connection) -> None:
    page = query(
        source("slot", "Slot"),
        where=[check("gt", col(S, "starts"), NOW)],
        order=[(col(S, "starts"), True)],
        limit=local("limit", INT),
        offset=local("offset", INT),
    )
    assert wire(db, page, paged=True, limit=2, offset=1) == {"items": [2, 3], "total": 4}
    assert wire(db, page, paged=True, limit=2, offset=9) == {"items": [], "total": 4}
    rows = local("rows", many(row("Slot")))
    assert wire(db, rows, paged=True, rows=[1, 2]) == {"items": [1, 2], "total": 2}


# ---- Writing


def create(entity: str, **values: n.Expr) -> n.Create:
    return n.Create(
        place=PLACE,
        entity=entity,
        values=tuple(n.ColumnValue(column=name, value=of) for name, of in values.items()),
    )


def update(
    entity: str, rows: n.Expr, *assigns: tuple[Any, ...], alias: str = "", moves: tuple[str, ...] = ()
) -> n.Update:
    return n.Update(
        place=PLACE,
        entity=entity,
        alias=alias or entity.lower(),
        rows=rows,
        assigns=tuple(n.Assign(column=name, value=of, given=tuple(rest)) for name, of, *rest in assigns),
        moves=moves,
    )


def change(db: apsw.Connection, of: n.Update, **values: Any) -> None:
    sql = COMPILER.update(of)
    assert sql is not None
    assert run(db, sql, **values) == []


def column(db: apsw.Connection, table: str, name: str) -> list[Any]:
    return [found[0] for found in db.execute(f"SELECT {name} FROM {table} ORDER BY 1, rowid")]


def test_insert_returns_the_key(db: apsw.Connection) -> None:
    fee = col(SLOT, "doctor.fee")
    new = create("Visit", patient=ME, slot=SLOT, reason=const("x"), fee=fee, status=const("booked", STATUS))
    assert run(db, COMPILER.insert(new), slot=2) == [5]
    assert db.execute("SELECT patient, slot, fee, due FROM visit WHERE id = 5").get == (1, 2, 12000, None)
    new = create("Clinic", code=const("EAST"), name=const("East"))
    assert run(db, COMPILER.insert(new)) == ["EAST"]


def test_insert_of_nothing_but_an_id(db: apsw.Connection) -> None:
    db.execute("DROP TABLE visit_tags; DROP TABLE tag; CREATE TABLE tag (id INTEGER PRIMARY KEY) STRICT")
    assert run(db, COMPILER.insert(create("Tag"))) == [1]


def test_update_of_one_row(db: apsw.Connection) -> None:
    less = apply("sub", MONEY, col(P, "balance"), local("fee", MONEY))
    change(db, update("Patient", ME, ("balance", less)), fee=500)
    assert column(db, "patient", "balance") == [8000, 29500]
    assert COMPILER.update(update("Patient", ME)) is None


def test_a_missing_argument_keeps_the_column(db: apsw.Connection) -> None:
    given = update(
        "Patient",
        ME,
        ("name", local("name", maybe(TEXT)), "name"),
        ("address_city", apply("upper", TEXT, local("city", TEXT)), "city"),
    )
    change(db, given, name=None, city=None)
    assert column(db, "patient", "name || address_city") == ["Ana FloresSpringfield", "Ben OkoyeShelbyville"]
    change(db, given, name="Zoe", city="rome")
    assert column(db, "patient", "name || address_city") == ["Ben OkoyeShelbyville", "ZoeROME"]


@pytest.mark.parametrize(
    ("rows", "handed", "changed"),
    [
        (VISITS, {}, [1, 2, 3, 4]),
        (where(VISITS, BOOKED), {}, [1, 2]),
        (where(VISITS, eq(col(V, "slot.doctor"), DOCTOR)), {"doctor": 1}, [2, 3]),
        (limited(VISITS, 2), {}, [1, 4]),
        (local("rows", many(row("Visit"))), {"rows": [4, 1]}, [1, 4]),
        (aggregate("list", VISITS, V), {}, [1, 2, 3, 4]),
        (VISIT, {"visit": 3}, [3]),
        (local("visit", row("Visit", True)), {"visit": None}, []),
        (
            query(
                source("visit", "Visit"),
                source("d", "Doctor"),
                where=[eq(var("d", "Doctor"), col(V, "referrer"))],
            ),
            {},
            [2, 3, 4],
        ),
    ],
)
def test_which_rows_are_written(
    db: apsw.Connection, rows: n.Expr, handed: dict[str, Any], changed: list[int]
) -> None:
    change(db, update("Visit", rows, ("reason", const("!"))), **handed)
    assert column(db, "visit", "CASE reason WHEN '!' THEN id END") == [None] * (4 - len(changed)) + changed
    db.execute("UPDATE visit SET reason = 'x'")
    delete = n.Delete(place=PLACE, entity="Visit", rows=rows)
    run(db, COMPILER.delete(delete), **handed)
    assert column(db, "visit", "id") == [key for key in (1, 2, 3, 4) if key not in changed]


def test_right_sides_are_read_before_any_row_changes(db: apsw.Connection) -> None:
    w = var("w", "Visit")
    dearest = aggregate("max", query(source("w", "Visit")), col(w, "fee"))
    more = apply("add", MONEY, dearest, const(1, MONEY))
    change(db, update("Visit", VISITS, ("fee", more)))
    assert column(db, "visit", "fee") == [12001] * 4
    # A chain of references within the table: each takes its senior's old fee.
    fee, senior = col(D, "fee"), col(D, "senior.fee")
    change(
        db,
        update("Doctor", where(DOCTORS, check("not", check("is_null", col(D, "senior")))), ("fee", senior)),
    )
    assert column(db, "doctor", "fee") == [12000, 12000, 12000]
    swapped = update("Doctor", DOCTORS, ("fee", apply("add", MONEY, fee, cents(1))), ("rating", const(1.0)))
    change(db, swapped)
    assert column(db, "doctor", "fee") == [12001] * 3


def test_the_rows_are_chosen_before_any_changes(db: apsw.Connection) -> None:
    w = var("w", "Visit")
    lowest = aggregate("min", query(source("w", "Visit")), col(w, "fee"))
    rows = where(VISITS, check("gt", col(V, "fee"), lowest))
    change(db, update("Visit", rows, ("fee", cents(1))))
    assert column(db, "visit", "fee") == [1, 1, 1, 6000]


MOVE = update("Visit", VISITS, ("status", local("to", STATUS)), moves=("status",))


@pytest.mark.parametrize(
    ("of", "handed", "illegal"),
    [
        (MOVE, {"to": "done"}, [(3, "done"), (4, "cancelled")]),
        (MOVE, {"to": "booked"}, [(1, "booked"), (2, "booked"), (3, "done")]),
        (
            update("Visit", VISIT, ("status", const("done", STATUS)), moves=("status",)),
            {"visit": 1},
            [],
        ),
        (
            update("Visit", VISITS, ("status", const("cancelled", STATUS)), moves=("status",)),
            {},
            [(3, "done"), (4, "cancelled")],
        ),
        (
            update("Visit", VISITS, ("status", local("to", maybe(STATUS)), "to"), moves=("status",)),
            {"to": None},
            [],
        ),
        (
            update("Visit", limited(VISITS, 2), ("status", const("booked", STATUS)), moves=("status",)),
            {},
            [(1, "booked")],
        ),
    ],
)
def test_illegal_moves(
    db: apsw.Connection, of: n.Update, handed: dict[str, Any], illegal: list[tuple[int, str]]
) -> None:
    (sql,) = COMPILER.moves(of)
    assert run(db, sql, **handed) == illegal


def links(db: apsw.Connection) -> list[tuple[int, int]]:
    return list(db.execute("SELECT visit, tag FROM visit_tags ORDER BY 1, 2"))


TAG = local("tag", row("Tag"))
ADD = n.LinkChange(link="visit_tags", of_column="visit", to_column="tag", add=True, rows=TAG)


@pytest.mark.parametrize(
    ("of", "rows", "handed", "pairs"),
    [
        (VISIT, TAG, {"visit": 2, "tag": 3}, [(2, 3)]),
        (VISIT, local("tags", many(row("Tag"))), {"visit": 2, "tags": [1, 2]}, [(2, 1), (2, 2)]),
        (where(VISITS, BOOKED), TAG, {"tag": 2}, [(1, 2), (2, 2)]),
        (where(VISITS, BOOKED), query(source("tag", "Tag"), limit=1), {}, [(1, 1), (2, 1)]),
        (limited(VISITS, 2), TAG, {"tag": 3}, [(1, 3), (4, 3)]),
        (
            local("rows", many(row("Visit"))),
            query(source("tag", "Tag")),
            {"rows": [4]},
            [(4, 1), (4, 2), (4, 3)],
        ),
        (VISIT, local("tag", row("Tag", True)), {"visit": 2, "tag": None}, []),
    ],
)
def test_links(
    db: apsw.Connection, of: n.Expr, rows: n.Expr, handed: dict[str, Any], pairs: list[tuple[int, int]]
) -> None:
    before = links(db)
    changed = replace(ADD, rows=rows)
    run(db, COMPILER.link(changed, of), **handed)
    assert links(db) == sorted({*before, *pairs})
    run(db, COMPILER.unlink(changed, of), **handed)
    assert links(db) == sorted({*before} - {*pairs})


def test_links_of_a_new_row_and_rows_that_speak_of_the_row(db: apsw.Connection) -> None:
    values = n.LinkValues(
        link="visit_tags", of_column="visit", to_column="tag", rows=query(source("tag", "Tag"))
    )
    run(db, COMPILER.link(values, VISIT), visit=3)
    assert [tag for visit, tag in links(db) if visit == 3] == [1, 2, 3]
    same = query(source("tag", "Tag"), where=[eq(T, const(2, row("Tag"))), eq(col(V, "fee"), cents(9550))])
    run(db, COMPILER.link(replace(ADD, rows=same), VISITS, "visit"))
    assert (4, 2) in links(db)
    assert (2, 2) not in links(db)


# ---- Conditions


def test_scopes(db: apsw.Connection) -> None:
    assert run(db, COMPILER.in_scope("Visit", "my", "visit"), visit=1) == [1]
    assert run(db, COMPILER.in_scope("Visit", "my", "visit"), visit=2) == []
    assert run(db, COMPILER.in_scope("Visit", "", "key"), key=2) == [1]
    assert run(db, COMPILER.in_scope("Clinic", "", "key"), key="WEST") == []


def test_predicates(db: apsw.Connection) -> None:
    of = SELF["Visit"]
    pain = check(
        "and",
        check("contains", col(of, "reason"), const("PAIN")),
        eq(col(of, "slot.doctor.name"), const("Dr. Lee")),
    )
    assert [run(db, COMPILER.predicate("Visit", pain), self=key) for key in (1, 2, 3)] == [[], [1], [1]]


def invariant(test: n.Expr, entity: str = "") -> n.Invariant:
    return n.Invariant(name="i", about="", entity=entity, test=test, tables=(), place=PLACE)


ONE_VISIT_PER_SLOT = invariant(
    check("le", count(where(VISITS, eq(col(V, "slot"), SELF["Slot"]), BOOKED)), const(1)), "Slot"
)


def test_invariants(db: apsw.Connection) -> None:
    assert run(db, COMPILER.invariant(ONE_VISIT_PER_SLOT)) == []
    db.execute("UPDATE visit SET slot = 1, status = 'booked' WHERE id < 3")
    assert run(db, COMPILER.invariant(ONE_VISIT_PER_SLOT)) == [1]
    rich = check("or", col(SELF["Patient"], "vip"), check("gt", col(SELF["Patient"], "balance"), cents(9000)))
    assert run(db, COMPILER.invariant(invariant(rich, "Patient"))) == [2]
    few = check("le", count(VISITS), const(3))
    assert run(db, COMPILER.invariant(invariant(few))) == [1]
    db.execute("DELETE FROM visit WHERE id = 4")
    assert run(db, COMPILER.invariant(invariant(few))) == []


def test_bare_expressions(db: apsw.Connection) -> None:
    of = SELF["Order"]
    test = check(
        "and", check("ge", col(of, "id"), const(0)), check("not", check("is_null", col(of, "check")))
    )
    assert write(COMPILER.expression(test)) == 'id >= 0 AND "check" IS NOT NULL'
    assert write(COMPILER.expression(test, "o")) == 'o.id >= 0 AND o."check" IS NOT NULL'
    assert write(COMPILER.expression(const(True))) == "TRUE"
    db.execute(f'CREATE UNIQUE INDEX i ON "order" (patient, id) WHERE {write(COMPILER.expression(test))}')


# ---- The text


def test_names_are_quoted_where_sqlite_needs_it() -> None:
    assert apsw.keywords >= {name.upper() for name in ("order", "left", "match")}
    for keyword in sorted(apsw.keywords):
        name = write(identifier(keyword.lower()))
        assert name == f'"{keyword.lower()}"' if must_quote(keyword) else keyword.lower()
        connection = apsw.Connection(":memory:")
        connection.execute(
            f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {name} INTEGER CHECK ({name} > 0)) STRICT"
        )
        connection.execute(f"INSERT INTO {name} (id, {name}) VALUES (1, 2) RETURNING id")
        connection.execute(f"UPDATE {name} SET {name} = {name} + 1 WHERE NOT {name} IS NULL AND {name} > 1")
        rows = connection.execute(
            f"SELECT {name}.{name} FROM {name} JOIN {name} AS x ON x.id = {name}.id ORDER BY {name}.{name}"
        )
        assert rows.get == 3
        assert connection.execute(f"SELECT count({name}) AS {name} FROM {name} GROUP BY {name}").get == 1


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=200))
def test_a_text_comes_back_as_it_is(text: str) -> None:
    connection = apsw.Connection(":memory:")
    wide = record(a=const(text), b=record(c=const("x" * 100), d=const(text)))
    assert run(connection, COMPILER.value(const(text))) == [text]
    found = json.loads(run(connection, COMPILER.value(wide))[0])
    assert found == {"a": text, "b": {"c": "x" * 100, "d": text}}


_INTS = st.integers(-50, 50).map(const)
_NUMERIC = st.recursive(
    _INTS,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["add", "sub", "mul"]), inner, inner).map(
            lambda a: apply(a[0], INT, a[1], a[2])
        ),
        inner.map(lambda a: apply("neg", INT, a)),
        st.tuples(inner, inner).map(lambda a: apply("coalesce", INT, a[0], a[1])),
    ),
    max_leaves=6,
)
_LOGIC = st.recursive(
    st.one_of(
        st.booleans().map(const),
        st.tuples(st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]), _NUMERIC, _NUMERIC).map(
            lambda a: check(a[0], a[1], a[2])
        ),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or", "eq", "ne"]), inner, inner).map(
            lambda a: check(a[0], a[1], a[2])
        ),
        inner.map(lambda a: check("not", a)),
        st.tuples(inner, _NUMERIC, _NUMERIC).map(lambda a: check("ge", apply("if", INT, *a), const(0))),
        st.tuples(_NUMERIC, _NUMERIC, _NUMERIC).map(lambda a: check("not", check("between", *a))),
        st.tuples(_NUMERIC, _NUMERIC, _NUMERIC).map(lambda a: check("not", check("in_list", *a))),
    ),
    max_leaves=12,
)
_SPELLED = {
    "add": "+", "sub": "-", "mul": "*", "neg": "neg", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">",
    "ge": ">=", "and": "and", "or": "or", "not": "not", "coalesce": "??",
}  # fmt: skip


def _in_python(expr: n.Expr) -> Any:
    if isinstance(expr, n.Const):
        return int(expr.value) if isinstance(expr.value, bool) else expr.value
    assert isinstance(expr, n.Apply)
    args = [_in_python(arg) for arg in expr.args]
    match expr.fn:
        case "if":
            return args[1] if args[0] else args[2]
        case "between":
            return int(args[1] <= args[0] <= args[2])
        case "in_list":
            return int(args[0] in args[1:])
        case _:
            return PYTHON_OPERATORS[_SPELLED[expr.fn]](*args)


@given(st.one_of(_NUMERIC, _LOGIC))
def test_parentheses_stand_where_the_meaning_needs_them(expr: n.Expr) -> None:
    assert run(apsw.Connection(":memory:"), COMPILER.value(expr)) == [_in_python(expr)]


@given(_LOGIC)
def test_a_condition_and_its_opposite(expr: n.Expr) -> None:
    connection = apsw.Connection(":memory:")
    broken = run(connection, COMPILER.invariant(invariant(expr)))
    assert broken == ([] if _in_python(expr) else [1])


# ---- Golden statements

FREE = query(
    source("s", "Slot"),
    where=[
        check("gt", col(var("s", "Slot"), "starts"), NOW),
        (eq(col(var("s", "Slot"), "doctor.specialty"), local("specialty", maybe(SPECIALTY))), ["specialty"]),
        check("not", aggregate("exists", where(VISITS, eq(col(V, "slot"), var("s", "Slot")), BOOKED))),
    ],
    order=[col(var("s", "Slot"), "starts")],
    limit=local("limit", kind("int", low=1, high=50)),
)

LINES_OF = replace(LINES_OF_SELF, where=(n.Term(test=eq(col(var("line", "Line"), "order"), THE_ORDER)),))

GOLDEN: dict[str, Any] = {
    "find_slots": lambda: COMPILER.wire(FREE, FREE.type, "SlotCard", False),
    "page_of_slots": lambda: COMPILER.wire(FREE, FREE.type, "SlotCard", True),
    "rows": lambda: COMPILER.rows(FREE),
    "visit_card": lambda: COMPILER.wire(VISIT, VISIT.type, "VisitCard", False),
    "visit_columns": lambda: COMPILER.wire(VISIT, VISIT.type, "Visit", False),
    "orders": lambda: COMPILER.wire(ORDERS, ORDERS.type, "OrderCard", False),
    "require_credit": lambda: COMPILER.value(check("ge", col(ME, "balance"), local("fee", MONEY))),
    "require_time": lambda: COMPILER.value(
        check("gt", col(VISIT, "slot.starts"), apply("add", DATETIME, NOW, duration(seconds=86400)))
    ),
    "fee": lambda: COMPILER.value(col(SLOT, "doctor.fee")),
    "computed": lambda: COMPILER.value(col(ORDER, "total")),
    "first_free": lambda: COMPILER.value(aggregate("first", replace(FREE, limit=None))),
    "group": lambda: COMPILER.wire(BY_STATUS, BY_STATUS.type, "", False),
    "book": lambda: COMPILER.insert(
        create(
            "Visit",
            patient=ME,
            slot=SLOT,
            reason=local("reason", TEXT),
            fee=col(SLOT, "doctor.fee"),
            status=const("booked", STATUS),
            referrer=NULL,
            due=apply("add", DATETIME, NOW, duration(months=1)),
        )
    ),
    "pay": lambda: COMPILER.update(
        update("Patient", ME, ("balance", apply("sub", MONEY, col(P, "balance"), local("fee", MONEY))))
    ),
    "raise_all": lambda: COMPILER.update(
        update("Doctor", DOCTORS, ("fee", apply("coalesce", MONEY, col(D, "senior.fee"), col(D, "fee"))))
    ),
    "optional": lambda: COMPILER.update(
        update(
            "Patient",
            ME,
            ("name", local("name", maybe(TEXT)), "name"),
            ("address_city", apply("upper", TEXT, local("city", TEXT)), "city"),
        )
    ),
    "moves": lambda: COMPILER.moves(MOVE)[0],
    "cancel_of_doctor": lambda: COMPILER.update(
        update(
            "Visit",
            where(VISITS, eq(col(V, "slot.doctor"), DOCTOR), BOOKED),
            ("status", const("cancelled", STATUS)),
        )
    ),
    "delete": lambda: COMPILER.delete(
        n.Delete(place=PLACE, entity="Order", rows=where(ORDERS, eq(count(LINES_OF), const(0))))
    ),
    "link": lambda: COMPILER.link(ADD, where(VISITS, BOOKED)),
    "unlink": lambda: COMPILER.unlink(ADD, where(VISITS, BOOKED)),
    "scope": lambda: COMPILER.in_scope("Visit", "my", "visit"),
    "invariant": lambda: COMPILER.invariant(ONE_VISIT_PER_SLOT),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(db: apsw.Connection, name: str, update_golden: bool) -> None:
    sql: Sql = GOLDEN[name]()
    text = f"{sql.text};\n-- {', '.join(f':{bind.name}' for bind in sql.binds)}".rstrip("- ") + "\n"
    file = CASES / f"{name}.sql"
    if update_golden:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
    assert GOLDEN[name]() == sql
    db.execute(f"EXPLAIN {sql.text}", {bind.name: None for bind in sql.binds})


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in CASES.glob("*.sql")} == GOLDEN.keys()
