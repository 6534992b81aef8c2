"""The same world in SQLite, in PostgreSQL and in DuckDB: the same rows, and the same refusals."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from awmc.backends import portable, schema, seed
from awmc.backends.dialects import dialect
from awmc.ir import nodes
from awmc.pipeline import compile_source
from awmc.runtime import functions
from awmc.semantics.patterns import problem_of
from awmc.source import Source
from tests import postgres
from tests import schema_world as world
from tests.test_schema import ROWS, TEXTS, of_values

pytestmark = pytest.mark.xdist_group("postgres")

Rows = dict[str, list[tuple[Any, ...]]]
FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with postgres.cluster() as conninfo:
        yield conninfo


@pytest.fixture
def elephant(server: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to PostgreSQL."""
    with psycopg.connect(server, autocommit=True) as connection:
        yield connection


def fill_postgres(connection: psycopg.Connection[Any], environment: nodes.Environment) -> None:
    connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    connection.execute(schema.render(environment, "postgres").encode())
    connection.execute(seed.render(environment, "postgres").encode())


def filled_duckdb(environment: nodes.Environment) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(schema.render(environment, "duckdb"))
    connection.execute(seed.render(environment, "duckdb"))
    return connection


def filled_sqlite(environment: nodes.Environment) -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    functions.register(connection)
    connection.execute("PRAGMA foreign_keys = ON; BEGIN")
    connection.execute(schema.render(environment) + seed.render(environment) + "COMMIT")
    return connection


def stored(value: Any) -> Any:
    """A value of PostgreSQL or DuckDB in storage form."""
    match value:
        case bool():
            return int(value)
        case datetime.datetime():
            return value.isoformat(timespec="seconds")
        case datetime.date():
            return value.isoformat()
        case datetime.time():
            return value.isoformat("minutes")
        case _:
            return value


def tables(environment: nodes.Environment) -> list[str]:
    links = [link.table for _, link in schema.links(environment)]
    return [entity.table for entity in environment.entities] + links


def contents(environment: nodes.Environment, query: Callable[[str], list[tuple[Any, ...]]]) -> Rows:
    """Every row of every table, in storage form, with the type of each value."""
    return {
        table: [
            tuple((type(stored(value)), stored(value)) for value in row)
            for row in sorted(query(f'SELECT * FROM "{table}"'), key=lambda row: row[:2])
        ]
        for table in tables(environment)
    }


def assert_the_same_everywhere(environment: nodes.Environment, elephant: psycopg.Connection[Any]) -> None:
    sqlite = filled_sqlite(environment)
    duck = filled_duckdb(environment)
    fill_postgres(elephant, environment)
    expected = contents(environment, lambda sql: sqlite.execute(sql).fetchall())
    assert {table: len(rows) for table, rows in expected.items()} == {
        table: len(environment.rows.get(table, ())) for table in tables(environment)
    }
    assert contents(environment, lambda sql: elephant.execute(sql.encode()).fetchall()) == expected
    assert contents(environment, lambda sql: duck.execute(sql).fetchall()) == expected
    duck.close()


def test_the_same_rows_everywhere(elephant: psycopg.Connection[Any]) -> None:
    assert_the_same_everywhere(world.ENVIRONMENT, elephant)


SPECS = sorted(Path(__file__).resolve().parent.parent.glob("specs/*.awm"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_every_spec_has_the_same_rows_everywhere(spec: Path, elephant: psycopg.Connection[Any]) -> None:
    compiled = compile_source(Source(spec.name, spec.read_text(encoding="utf-8")))
    assert compiled.environment is not None, compiled.diagnostics
    assert len(compiled.environment.rows) > 3
    assert_the_same_everywhere(compiled.environment, elephant)


@FEW
@given(rows=ROWS)
def test_any_values_survive_the_trip_everywhere(
    rows: tuple[tuple[nodes.Scalar, ...], ...], elephant: psycopg.Connection[Any]
) -> None:
    assert_the_same_everywhere(of_values(rows), elephant)


def test_ids_go_on_after_the_seeds(elephant: psycopg.Connection[Any]) -> None:
    fill_postgres(elephant, world.ENVIRONMENT)
    insert = "INSERT INTO guests (email) VALUES ('new@example.com') RETURNING id"
    assert elephant.execute(insert).fetchall() == [(8,)]
    assert elephant.execute("INSERT INTO logs (text) VALUES ('x') RETURNING id").fetchall() == [(1,)]
    with filled_duckdb(world.ENVIRONMENT) as duck:
        assert duck.execute(insert).fetchall() == [(8,)]
        assert duck.execute("INSERT INTO logs (text) VALUES ('x') RETURNING id").fetchall() == [(1,)]


# ---- Refusals

REFUSED = [
    # statement, PostgreSQL's error, its constraint, whether DuckDB refuses it too
    ("UPDATE cities SET name = ''", "CheckViolation", "cities_name_length", True),
    (f"UPDATE cities SET name = '{'é' * 41}'", "CheckViolation", "cities_name_length", True),
    ("INSERT INTO cities VALUES ('lis', 'x')", "CheckViolation", "cities_code_pattern", True),
    ("INSERT INTO cities VALUES ('LISB', 'x')", "CheckViolation", "cities_code_pattern", True),
    ("INSERT INTO cities VALUES ('LIS', 'x')", "UniqueViolation", "cities_pkey", True),
    ("UPDATE trips SET title = NULL", "NotNullViolation", None, True),
    ("UPDATE trips SET price = -1", "CheckViolation", "trips_price_range", True),
    ("UPDATE trips SET people = 10", "CheckViolation", "trips_people_range", True),
    ("UPDATE trips SET rating = 5.1", "CheckViolation", "trips_rating_range", True),
    ("UPDATE trips SET pin = '12a4'", "CheckViolation", "trips_pin_pattern", True),
    ("UPDATE trips SET level = 'Low'", "CheckViolation", "trips_level_values", True),
    ("UPDATE trips SET status = 'gone'", "CheckViolation", "trips_status_values", True),
    ("UPDATE trips SET booked_at = '2019-12-31T23:59:59'", "CheckViolation", "trips_booked_at_range", True),
    ("UPDATE trips SET ends = '05:59'", "CheckViolation", "trips_ends_range", True),
    ('UPDATE trips SET "to" = "from"', "CheckViolation", "trips_order", True),
    (
        "UPDATE trips SET people = 1, leader = 1, is_main = true WHERE id = 5",
        "CheckViolation",
        "trips_main_has_leader",
        True,
    ),
    (f"UPDATE trips SET note = '{'x' * 51}' WHERE id = 5", "CheckViolation", "trips_note_fits", True),
    ("UPDATE trips SET leaves = '11:31' WHERE id = 5", "CheckViolation", "trips_hours", True),
    ("UPDATE guests SET email = 'ana@example.com' WHERE id = 2", "UniqueViolation", "guests_email_key", True),
    ("INSERT INTO trip_guests VALUES (1, 1)", "UniqueViolation", "trip_guests_pkey", True),
    ("INSERT INTO trip_guests VALUES (1, 99)", "ForeignKeyViolation", "trip_guests_guest_fkey", True),
    ("INSERT INTO guests (email, city) VALUES ('x', 'XXX')", "ForeignKeyViolation", "guests_city_fkey", True),
    ("DELETE FROM cities WHERE code = 'LIS'", "ForeignKeyViolation", "trips_home_fkey", True),
    # DuckDB knows neither partial indexes nor references in circles.
    ("UPDATE trips SET is_main = true WHERE id = 5", "UniqueViolation", "trips_home_is_main_key", False),
    (
        "UPDATE trips SET leader = 2, status = 'planned' WHERE id > 1",
        "UniqueViolation",
        "trips_leader_status_key",
        False,
    ),
    ("UPDATE trips SET leader = 99 WHERE id = 1", "ForeignKeyViolation", "trips_leader_fkey", False),
    ("UPDATE trips SET parent = 99", "ForeignKeyViolation", "trips_parent_fkey", False),
]


@pytest.fixture(scope="module")
def filled(server: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS travel")
        connection.execute("CREATE DATABASE travel")
        with psycopg.connect(server, dbname="travel", autocommit=True) as travel:
            fill_postgres(travel, world.ENVIRONMENT)
            yield travel


@pytest.mark.parametrize(("statement", "error", "constraint", "_duck"), REFUSED)
def test_postgres_refuses(
    filled: psycopg.Connection[Any], statement: str, error: str, constraint: str | None, _duck: bool
) -> None:
    with pytest.raises(psycopg.IntegrityError) as refused, filled.transaction():
        filled.execute(statement.encode())
    assert type(refused.value).__name__ == error
    assert refused.value.diag.constraint_name == constraint


@pytest.mark.parametrize("statement", [refused[0] for refused in REFUSED if refused[3]])
def test_duckdb_refuses(statement: str) -> None:
    with filled_duckdb(world.ENVIRONMENT) as duck, pytest.raises(duckdb.ConstraintException):
        duck.execute(statement)


def test_postgres_has_every_constraint_that_sqlite_has_but_those_left_out() -> None:
    def named(text: str) -> set[str]:
        return set(re.findall(r"(?:CONSTRAINT|INDEX) (\w+) (?:CHECK|ON)", text))

    sqlite = named(schema.render(world.ENVIRONMENT))
    elsewhere = schema.render(world.ENVIRONMENT, "postgres")
    lacking = sqlite - named(elsewhere)
    own_type = {name for name in lacking if name.endswith("_format")} | {"trips_is_main_values"}
    assert lacking - own_type == set(re.findall(r"Left out: (\w+)", elsewhere)) == {"trips_said"}


def test_postgres_deletes_cascade(filled: psycopg.Connection[Any]) -> None:
    with filled.transaction(force_rollback=True):
        filled.execute("UPDATE trips SET leader = NULL, parent = NULL")
        filled.execute("DELETE FROM trips WHERE id = 5")
        assert filled.execute("SELECT id FROM guests ORDER BY id").fetchall() == [(1,), (2,)]
        assert filled.execute("SELECT count(*) FROM trip_guests").fetchall() == [(2,)]
        assert filled.execute('SELECT id FROM "order"').fetchall() == [(1,)]


# ---- Names


def test_any_keyword_may_name_a_table_and_a_column(elephant: psycopg.Connection[Any]) -> None:
    words = {str(word) for (word,) in elephant.execute("SELECT word FROM pg_get_keywords()")}
    with duckdb.connect() as duck:
        found = duck.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()
        words |= {str(word) for (word,) in found}
    # A table has columns of PostgreSQL's own, which no other may be named after.
    columns = sorted(words - {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
    assert len(columns) > 400
    wide = world.entity(
        "Wide", "wide", tuple(world.column(name, "int", nullable=True, low=0) for name in columns)
    )
    entities = (wide, *(world.entity(f"A{name}", name, ()) for name in columns))
    rows: dict[str, tuple[tuple[nodes.Scalar, ...], ...]] = dict.fromkeys(columns, ((3,),))
    rows["wide"] = ((1, *range(len(columns))),)
    assert_the_same_everywhere(structs.replace(of_values(()), entities=entities, rows=rows), elephant)


def test_long_names_stay_apart_in_postgres(elephant: psycopg.Connection[Any]) -> None:
    columns = tuple(
        world.column(f"a_column_with_a_name_that_goes_on_and_on_{end}", "int", low=low, unique=True)
        for low, end in enumerate(("at_first", "at_last"))
    )
    entity = world.entity("Long", "a_table_with_a_name_as_well", columns)
    environment = structs.replace(of_values(()), entities=(entity,), rows={entity.table: ((1, 2, 3),)})
    assert_the_same_everywhere(environment, elephant)
    names = elephant.execute("SELECT conname FROM pg_constraint WHERE contype = 'c'").fetchall()
    assert len({name for (name,) in names if name.startswith(entity.table)}) == 2


# ---- Checks


def _check(test: nodes.Expr) -> nodes.Check:
    return nodes.Check(name="holds", test=test, message="")


_A, _B = world.column("a", "int", nullable=True), world.column("b", "int")
_D, _U = world.column("d", "date"), world.column("u", "date", nullable=True)
_M, _T = world.column("m", "datetime"), world.column("t", "time")
_S, _F = world.column("s", "text"), world.column("f", "number")
_ON, _E = world.column("is_on", "bool"), world.column("e", "enum", of="Level")
COLUMNS = (_A, _B, _D, _U, _M, _T, _S, _F, _ON, _E)


def _own(column: nodes.StoredColumn) -> nodes.Column:
    return world.own("Thing", column)


def _later(column: nodes.StoredColumn, fn: nodes.Function = "add", **by: int) -> nodes.Apply:
    return world.apply(fn, _own(column), world.const("duration", nodes.Duration(**by)), kind=column.type.kind)


def _int(value: int) -> nodes.Const:
    return world.const("int", value)


CHECKS: dict[str, nodes.Expr] = {
    "null equals null": world.apply("eq", _own(_A), world.const("int", None)),
    "nullable eq": world.apply("eq", _own(_A), _own(_B)),
    "nullable ne": world.apply("ne", _own(_A), _int(3)),
    "bools are equal": world.apply("eq", _own(_ON), world.apply("is_null", _own(_A))),
    "bool ne": world.apply("ne", _own(_ON), world.const("bool", True)),
    "if": world.apply("if", _own(_ON), world.apply("gt", _own(_B), _int(0)), world.const("bool", True)),
    "not or": world.apply("not", world.apply("or", _own(_ON), world.apply("lt", _own(_B), _int(0)))),
    "in list": world.apply("in_list", _own(_B), _int(1), _int(-5)),
    "between": world.apply("between", _own(_B), world.apply("neg", _int(2), kind="int"), _int(2)),
    "arithmetic": world.apply(
        "le",
        world.apply("sub", world.apply("mul", _own(_B), _int(5), kind="int"), _int(7), kind="int"),
        world.apply("abs", _own(_B), kind="int"),
    ),
    "coalesce": world.apply("ge", world.apply("coalesce", _own(_A), _own(_B), kind="int"), _int(1)),
    "to number": world.apply("lt", world.apply("to_number", _own(_B), kind="number"), _own(_F)),
    "number": world.apply("eq", _own(_F), world.const("number", 0.1)),
    "min": world.apply("eq", world.apply("min", _own(_B), _int(1), kind="int"), _own(_B)),
    "place": world.apply("gt", world.apply("place", _own(_E), kind="int"), _int(0)),
    "text order": world.apply("lt", _own(_S), world.const("text", "b")),
    "length": world.apply("le", world.apply("len", _own(_S), kind="int"), _int(2)),
    "concat": world.apply(
        "eq", world.apply("concat", _own(_S), world.const("text", "'"), kind="text"), world.const("text", "a'")
    ),
    "days on": world.apply("ge", _later(_D, seconds=10 * world.SECONDS), world.const("date", "2026-03-05")),
    "half days are none": world.apply(
        "eq", _later(_D, "sub", seconds=129_600), world.const("date", "2026-02-27")
    ),
    "month end": world.apply("eq", _later(_D, months=1), world.const("date", "2026-02-28")),
    "months back": world.apply("lt", _later(_M, "sub", months=12), world.const("datetime", "2025-03-01T12:00:00")),
    "hours on": world.apply("gt", _later(_M, seconds=7200), world.const("datetime", "2026-03-01T12:00:00")),
    "time wraps": world.apply("lt", _later(_T, seconds=6 * 3600 + 59), world.const("time", "07:00")),
    "date of": world.apply("eq", world.apply("date", _own(_M), kind="date"), _own(_D)),
    "year": world.apply("eq", world.apply("year", _own(_D), kind="int"), _int(2026)),
    "month": world.apply("eq", world.apply("month", _own(_M), kind="int"), _int(2)),
    "weekday": world.apply("le", world.apply("weekday", _own(_M), kind="int"), _int(5)),
    "days between": world.apply(
        "lt", world.apply("days_between", _own(_D), _own(_M), kind="int"), _int(2)
    ),
    "is null": world.apply("is_null", _own(_U)),
}  # fmt: skip

THINGS: tuple[tuple[nodes.Scalar, ...], ...] = (
    (None, 1, "2026-01-31", None, "2026-02-28T23:30:00", "23:59", "a", 0.1, True, "low"),
    (3, -5, "2026-02-28", "2026-03-01", "2026-03-01T10:00:01", "00:00", "b", -5.5, False, "very high"),
    (1, 1, "2024-02-29", "2024-02-29", "2024-02-29T00:00:00", "01:01", "é", 1e300, True, "very high"),
    (0, 3, "2026-12-31", None, "2025-02-28T12:00:00", "12:30", "", 3.0000000000000004, False, "low"),
    (None, 0, "2027-01-01", "2026-03-04", "2026-03-01T10:00:00", "18:00", "Zoë", 0.1, False, "low"),
    (
        -2,
        -2,
        "2026-02-23",
        None,
        "2026-03-29T02:30:00",
        "00:30",
        "🗼🗼",
        0.30000000000000004,
        True,
        "very high",
    ),
)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_takes_the_same_rows_everywhere(name: str, elephant: psycopg.Connection[Any]) -> None:
    thing = world.entity("Thing", "things", COLUMNS, checks=(_check(CHECKS[name]),))
    environment = structs.replace(world.ENVIRONMENT, entities=(thing,), tools=(), rows={})
    sqlite, duck = filled_sqlite(environment), filled_duckdb(environment)
    fill_postgres(elephant, environment)
    verdicts: list[list[bool]] = []
    for row in THINGS:
        one = structs.replace(environment, rows={"things": ((None, *row),)})

        def taken(run: Callable[[str], Any], text: str) -> bool:
            insert = text[text.index("INSERT") :].replace("(id, ", "(").replace("(NULL, ", "(", 1)
            try:
                run(insert.partition(";")[0])
            except (apsw.ConstraintError, duckdb.ConstraintException, psycopg.errors.CheckViolation):
                return False
            return True

        verdicts.append(
            [
                taken(sqlite.execute, seed.render(one)),
                taken(lambda sql: elephant.execute(sql.encode()), seed.render(one, "postgres")),
                taken(duck.execute, seed.render(one, "duckdb")),
            ]
        )
    assert [len(set(row)) for row in verdicts] == [1] * len(THINGS), verdicts
    assert {row[0] for row in verdicts} == {True, False}


_HOUR, _CENTS = world.const("duration", nodes.Duration(seconds=3600)), world.const("money", 5)


@pytest.mark.parametrize(
    "test",
    [
        world.apply("contains", _own(_S), world.const("text", "x")),
        world.apply("eq", world.apply("lower", _own(_S), kind="text"), _own(_S)),
        world.apply("eq", world.apply("mod", _own(_B), _int(2), kind="int"), _int(0)),
        world.apply("gt", world.apply("sub", _own(_D), _own(_M), kind="duration"), _HOUR),
        world.apply("eq", world.apply("mul", _CENTS, _own(_F), kind="money"), _CENTS),
    ],
)
@pytest.mark.parametrize("name", ["postgres", "duckdb"])
def test_what_means_something_else_is_left_out_and_said(name: Any, test: nodes.Expr) -> None:
    thing = world.entity("Thing", "things", COLUMNS, checks=(_check(test),))
    environment = structs.replace(world.ENVIRONMENT, entities=(thing,), tools=(), rows={})
    text = schema.render(environment, name)
    assert "CONSTRAINT holds" not in text
    assert f"-- Left out: holds, since {dialect(name).title} has nothing that means the same as " in text


# ---- Patterns

_ATOMS = st.sampled_from(
    [
        *[
            "a",
            "b",
            ".",
            r"\d",
            r"\w",
            r"\s",
            r"\S",
            r"\W",
            r"\.",
            r"\-",
            r"\n",
            "é",
            "_",
            r"\_",
            "-",
            "}",
            "{",
            "]",
        ],
        *[
            ":",
            " ",
            "[ab]",
            "[^a]",
            r"[\d_]",
            r"[^\s]",
            "[a-c-]",
            "[]a]",
            "[^]b]",
            "[[:a]",
            r"[\]\\]",
            "[.*]",
        ],
        *["[^^b]", r"[\s.]"],
    ]
)
_QUANTIFIERS = st.sampled_from(
    ["", "", "*", "+", "?", "{2}", "{1,}", "{,2}", "{0,3}", "*?", "+?", "??", "{1,2}?", "{,}"]
)
# A group is not repeated without end: Python would try every way to share a text among nested repetitions.
_GROUPS = st.tuples(
    st.sampled_from(["(", "(?:"]), st.sampled_from(["", "", "?", "??", "{2}", "{,2}", "{1,2}?"])
)
_PATTERNS = st.recursive(
    st.builds("".join, st.lists(st.builds(str.__add__, _ATOMS, _QUANTIFIERS), max_size=4)),
    lambda inner: st.builds(
        lambda parts, group: f"{group[0]}{'|'.join(parts)}){group[1]}",
        st.lists(inner, min_size=1, max_size=3),
        _GROUPS,
    ),
    max_leaves=4,
)
_SUBJECTS = st.text(st.sampled_from("aabbc0_-.:é \n\t\v]}{^[\\x"), max_size=6) | TEXTS


@settings(FEW, max_examples=200)
@given(pattern=_PATTERNS, data=st.data())
def test_a_pattern_matches_the_same_texts_everywhere(
    pattern: str, data: st.DataObject, server: str, one_connection: psycopg.Connection[Any]
) -> None:
    assume(problem_of(pattern) is None)
    written = portable.portable_pattern(pattern, 255)
    subjects = data.draw(st.lists(st.from_regex(pattern, fullmatch=True) | _SUBJECTS, min_size=3, max_size=6))
    for subject in (text.replace("\0", "") for text in subjects):
        try:
            subject.encode()
        except UnicodeEncodeError:
            continue
        expected = bool(functions.regex(subject, pattern))
        found = one_connection.execute('SELECT %s::text COLLATE "C" ~ %s', (subject, f"^(?:{written})$"))
        assert found.fetchone() == (expected,), (subject, written)
        duck = _DUCK.execute("SELECT regexp_full_match(?::varchar, ?)", (subject, written))
        assert duck.fetchone() == (expected,), (subject, written)


_DUCK = duckdb.connect()


@pytest.fixture(scope="module")
def one_connection(server: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(server, autocommit=True) as connection:
        yield connection


def test_a_repetition_without_bounds_is_a_star() -> None:
    assert portable.portable_pattern("a{,}b{,2}c{3}d{4,}{", 255) == r"a{0,}b{0,2}c{3}d{4,}\{"


@pytest.mark.parametrize("pattern", ["a++", "a{300}", r"\x41", r"a\u0041", r"[\S]", "a^b", "(a|$)b"])
def test_a_pattern_that_cannot_be_said_is_left_out(pattern: str) -> None:
    with pytest.raises(portable.Untranslatable):
        portable.portable_pattern(pattern, 255)
    entity = world.entity("Thing", "things", (world.column("s", "text", pattern=pattern),))
    environment = structs.replace(world.ENVIRONMENT, entities=(entity,), tools=(), rows={})
    assert "-- Left out: things_s_pattern, since PostgreSQL" in schema.render(environment, "postgres")
    assert "things_s_pattern" in schema.render(environment)


# ---- The cluster


def test_a_missing_postgres_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(postgres, "INSTALLED", Path("/nonexistent"))
    with pytest.raises(RuntimeError, match="the package `postgresql` must be installed"), postgres.cluster():
        pass
