"""`schema.sql` and `seed.sql` for SQLite: what they hold, and that the database refuses what it should."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from awmc.backends import schema, seed
from awmc.backends.dialects import DialectName
from awmc.backends.indexes import indexed
from awmc.ir import nodes
from awmc.runtime import functions
from tests import schema_world as world

CASES = Path(__file__).resolve().parent / "cases" / "schema"
DIALECTS: tuple[DialectName, ...] = get_args(DialectName)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("name", "render"), [("schema", schema.render), ("seed", seed.render)])
def test_golden(name: str, render: Any, dialect: DialectName, update_golden: bool) -> None:
    text = render(world.ENVIRONMENT, dialect)
    path = CASES / dialect / f"{name}.sql"
    if update_golden:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_line_is_of_one_row_and_no_line_ends_in_a_blank(dialect: DialectName) -> None:
    text = seed.render(world.ENVIRONMENT, dialect)
    rows = [line for line in text.splitlines() if line.startswith("  (")]
    assert len(rows) == sum(map(len, world.ROWS.values()))
    for line in (schema.render(world.ENVIRONMENT, dialect) + text).split("\n"):
        assert line == line.rstrip()


def connect() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    functions.register(connection)
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def load(environment: nodes.Environment) -> apsw.Connection:
    connection = connect()
    connection.execute("BEGIN")
    connection.execute(schema.render(environment))
    connection.execute(seed.render(environment))
    connection.execute("COMMIT")
    return connection


@pytest.fixture(scope="module")
def loaded() -> apsw.Connection:
    return load(world.ENVIRONMENT)


@pytest.fixture
def database(loaded: apsw.Connection) -> Iterator[apsw.Connection]:
    """The seeded world; what a test changes is undone."""
    loaded.execute("SAVEPOINT test")
    yield loaded
    loaded.execute("ROLLBACK TO test; RELEASE test")


def test_the_rows_are_there_and_nothing_else(database: apsw.Connection) -> None:
    for table, rows in world.ROWS.items():
        found = database.execute(f'SELECT * FROM "{table}" ORDER BY 1, 2').fetchall()
        assert found == sorted(rows, key=lambda row: row[:2]), table
    assert database.execute("SELECT count(*) FROM logs").get == 0
    assert database.pragma("foreign_key_check") is None
    assert database.pragma("integrity_check") == "ok"


def test_ids_go_on_after_the_seeds_and_are_never_used_twice(database: apsw.Connection) -> None:
    insert = "INSERT INTO guests (email) VALUES (?) RETURNING id"
    assert database.execute(insert, ("new@example.com",)).get == 8
    database.execute("DELETE FROM guests WHERE id = 8")
    assert database.execute(insert, ("new@example.com",)).get == 9


NEW_TRIP = (
    'INSERT INTO trips ("from", booked_at, leaves, ends, people, home, is_main) '
    "VALUES ('2027-01-01', '2026-01-01T00:00:00', '08:00', '09:00', 3, 'ORD', 0) RETURNING *"
)


def test_constant_defaults_stand_in_the_table(database: apsw.Connection) -> None:
    columns = [column.name for column in world.TRIP.columns]
    row = dict(zip(columns, database.execute(NEW_TRIP).get, strict=True))
    assert (row["id"], row["title"], row["status"], row["price"], row["level"]) == (
        6,
        "it's \\ here",
        "planned",
        1050,
        "very high",
    )
    assert row["to"] is row["rating"] is row["leader"] is None


REFUSED = [
    # statement, extended result code, what the message names
    ("UPDATE cities SET code = 'lis' WHERE code = 'ORD'", "CHECK", "cities_code_pattern"),
    ("UPDATE cities SET code = 'LISB' WHERE code = 'ORD'", "CHECK", "cities_code_pattern"),
    ("UPDATE cities SET name = ''", "CHECK", "cities_name_length"),
    (f"UPDATE cities SET name = '{'é' * 41}'", "CHECK", "cities_name_length"),
    ("UPDATE trips SET title = 'ab'", "CHECK", "trips_title_length"),
    ("UPDATE trips SET title = NULL", "NOTNULL", "trips.title"),
    ("UPDATE trips SET price = -1", "CHECK", "trips_price_range"),
    ("UPDATE trips SET price = 1.5", "DATATYPE", "trips.price"),
    ("UPDATE trips SET people = 10", "CHECK", "trips_people_range"),
    ("UPDATE trips SET rating = 5.1", "CHECK", "trips_rating_range"),
    ("UPDATE trips SET rating = 'good'", "DATATYPE", "trips.rating"),
    ("UPDATE trips SET pin = '12a4'", "CHECK", "trips_pin_pattern"),
    ("UPDATE trips SET level = 'Low'", "CHECK", "trips_level_values"),
    ("UPDATE trips SET status = 'gone'", "CHECK", "trips_status_values"),
    ("UPDATE trips SET is_main = 2", "CHECK", "trips_is_main_values"),
    ("UPDATE trips SET \"from\" = '2026-02-29'", "CHECK", "trips_from_format"),
    ("UPDATE trips SET \"from\" = '2026-3-02'", "CHECK", "trips_from_format"),
    ("UPDATE trips SET \"to\" = '2027-03-02T08:00:00'", "CHECK", "trips_to_format"),
    ("UPDATE trips SET booked_at = '2026-03-02'", "CHECK", "trips_booked_at_format"),
    ("UPDATE trips SET booked_at = '2026-03-02 08:00:00'", "CHECK", "trips_booked_at_format"),
    ("UPDATE trips SET booked_at = '2026-03-02T24:00:00'", "CHECK", "trips_booked_at_format"),
    ("UPDATE trips SET booked_at = '2019-12-31T23:59:59'", "CHECK", "trips_booked_at_range"),
    ("UPDATE trips SET leaves = '24:00'", "CHECK", "trips_leaves_format"),
    ("UPDATE trips SET leaves = '8:00'", "CHECK", "trips_leaves_format"),
    ("UPDATE trips SET ends = '23:60'", "CHECK", "trips_ends_format"),
    ("UPDATE trips SET ends = '05:59'", "CHECK", "trips_ends_range"),
    ('UPDATE trips SET "to" = "from"', "CHECK", "trips_order"),
    ("UPDATE trips SET is_main = 1 WHERE id = 1 OR people < 2", "UNIQUE", "trips.home"),
    ("UPDATE trips SET people = 1, leader = 1, is_main = 1 WHERE id = 5", "CHECK", "trips_main_has_leader"),
    (f"UPDATE trips SET note = '{'x' * 51}' WHERE id = 5", "CHECK", "trips_note_fits"),
    (f"UPDATE trips SET note = '{'x' * 201}', people = 9 WHERE id = 5", "CHECK", "trips_note_length"),
    ("UPDATE trips SET leaves = '11:31' WHERE id = 5", "CHECK", "trips_hours"),
    ("UPDATE trips SET note = 'a todo' WHERE id = 5", "CHECK", "trips_said"),
    ("UPDATE trips SET home = 'LIS', \"from\" = '2026-03-02'", "UNIQUE", "trips.home, trips.from"),
    ("UPDATE trips SET leader = 2, status = 'planned' WHERE id > 1", "UNIQUE", "trips.leader"),
    ("UPDATE guests SET email = 'ana@example.com' WHERE id = 2", "UNIQUE", "guests.email"),
    ("INSERT INTO cities VALUES ('LIS', 'Lisbon')", "PRIMARYKEY", "cities.code"),
    ("INSERT INTO trip_guests VALUES (1, 1)", "PRIMARYKEY", "trip_guests.trip, trip_guests.guest"),
    ("INSERT INTO trip_guests VALUES (1, NULL)", "NOTNULL", "trip_guests.guest"),
    ("INSERT INTO trip_guests VALUES (1, 99)", "FOREIGNKEY", ""),
    ("UPDATE trips SET home = 'XXX'", "FOREIGNKEY", ""),
    ("UPDATE trips SET leader = 99 WHERE id = 1", "FOREIGNKEY", ""),
    ("DELETE FROM cities WHERE code = 'LIS'", "FOREIGNKEY", ""),
    ("DELETE FROM guests WHERE id = 1", "FOREIGNKEY", ""),
]


@pytest.mark.parametrize(("statement", "code", "named"), REFUSED)
def test_sqlite_refuses(database: apsw.Connection, statement: str, code: str, named: str) -> None:
    with pytest.raises(apsw.ConstraintError) as refused:
        database.execute(statement)
    assert vars(refused.value)["extendedresult"] == getattr(apsw, f"SQLITE_CONSTRAINT_{code}")
    assert str(refused.value).endswith(named)


def test_every_named_check_is_broken_by_some_statement() -> None:
    text = schema.render(world.ENVIRONMENT)
    named = {line.split()[1] for line in text.splitlines() if line.startswith("  CONSTRAINT ")}
    assert named == {name for _, code, name in REFUSED if code == "CHECK"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trips SET is_main = 0",
        "UPDATE trips SET leader = 2, status = 'done'",
        'UPDATE trips SET note = NULL, "to" = NULL, rating = NULL, pin = NULL',
        "UPDATE trips SET \"from\" = '2028-02-29', \"to\" = '9999-12-31' WHERE id = 1",
        "UPDATE trips SET ends = '23:59', leaves = '00:00', rating = 5.0, people = 9, price = 0",
        f"UPDATE cities SET name = '{'🗼' * 40}'",
    ],
)
def test_sqlite_takes(database: apsw.Connection, statement: str) -> None:
    database.execute(statement)
    assert database.changes() > 0


def test_deletes_cascade_along_cascading_references_and_links(database: apsw.Connection) -> None:
    database.execute("UPDATE trips SET leader = NULL, parent = NULL")
    database.execute("DELETE FROM trips WHERE id = 5")
    assert database.execute("SELECT group_concat(id ORDER BY id) FROM guests").get == "1,2"
    assert database.execute("SELECT count(*) FROM trip_guests").get == 2
    assert database.execute("SELECT group_concat(city) FROM guest_visited").get == "ORD"
    assert database.execute('SELECT group_concat(id) FROM "order"').get == "1"


def test_a_reference_and_a_look_up_have_an_index_unless_a_unique_key_begins_with_it(
    database: apsw.Connection,
) -> None:
    assert indexed(world.ENVIRONMENT) == {
        "City": (),
        "Trip": ("parent", "leader"),
        "Guest": ("city", "trip"),
        "Order": ("trip", "guest", "user"),
        "Log": (),
    }
    for statement in (
        "SELECT * FROM trips WHERE home = 'LIS'",
        "SELECT * FROM \"order\" WHERE user = 'ana'",
        "SELECT * FROM trip_guests WHERE guest = 1",
    ):
        plan = str(database.execute(f"EXPLAIN QUERY PLAN {statement}").get)
        assert "USING INDEX" in plan or "USING COVERING INDEX" in plan


# ---- Values and names

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)
INTS = st.integers(-(2**63), 2**63 - 1)
DATES = st.dates().map(lambda date: date.isoformat())
TIMES = st.times().map(lambda time: time.isoformat("minutes"))
DATETIMES = st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds"))


def of_values(rows: tuple[tuple[nodes.Scalar, ...], ...]) -> nodes.Environment:
    """An environment of one table with a nullable column a kind, and these rows after their ids."""
    kinds: tuple[nodes.Kind, ...] = ("text", "int", "number", "money", "bool", "date", "time", "datetime")
    columns = tuple(world.column(f"a_{kind}", kind, nullable=True) for kind in kinds)
    numbered = tuple((number, *row) for number, row in enumerate(rows, 1))
    return nodes.Environment(
        name="values",
        about="",
        clock="2026-03-02T08:00:00",
        entities=(world.entity("Value", "select", columns),),
        rows={"select": numbered},
    )


ROW = st.tuples(
    *(st.none() | values for values in (TEXTS, INTS, NUMBERS, INTS, st.booleans(), DATES, TIMES, DATETIMES))
)
ROWS = st.lists(ROW, min_size=1, max_size=5).map(tuple)


@given(ROWS)
def test_values_survive_the_trip_to_sqlite(rows: tuple[tuple[nodes.Scalar, ...], ...]) -> None:
    environment = of_values(rows)
    database = load(environment)
    found = tuple(database.execute('SELECT * FROM "select" ORDER BY id'))
    assert found == environment.rows["select"]
    for row, original in zip(found, environment.rows["select"], strict=True):
        assert isinstance(row[3], float) or original[3] is None


def test_a_text_of_many_lines_survives_whole() -> None:
    text = "a line\r\n" * 5_000
    environment = of_values(((text, *[None] * 7),))
    assert load(environment).execute('SELECT a_text FROM "select"').get == text


@pytest.mark.parametrize("keyword", sorted(apsw.keywords, key=str))
def test_any_keyword_may_name_a_table_and_a_column(keyword: str) -> None:
    name = keyword.lower()
    parent = world.entity("Parent", name, (world.column(name, "text", unique=True, low=1),))
    child = world.entity("Child", f"{name}_2", (world.column(name, "row", of="Parent"),))
    environment = structs.replace(
        of_values(()), entities=(parent, child), rows={name: ((1, "x"),), f"{name}_2": ((1, 1),)}
    )
    assert load(environment).execute(f'SELECT * FROM "{name}_2"').get == (1, 1)


# ---- Cost


def test_rendering_is_quick() -> None:
    copies = tuple(
        structs.replace(world.GUEST, name=f"Guest{place}", table=f"guests_{place}", links=())
        for place in range(18)
    )
    rows: dict[str, tuple[tuple[nodes.Scalar, ...], ...]] = {
        entity.table: tuple((n, f"guest{n}@{entity.table}.example.com", "LIS", n % 7) for n in range(1, 131))
        for entity in copies
    }
    environment = structs.replace(
        world.ENVIRONMENT, entities=(*world.ENVIRONMENT.entities, *copies), rows=rows
    )
    schema.render(environment)  # imports
    best = 1.0
    for _ in range(5):
        start = time.process_time()
        schema.render(environment)
        seed.render(environment)
        best = min(best, time.process_time() - start)
    assert best < 0.1  # some 30 ms on a machine at rest


def test_sqlite_alone_imports_no_other_dialect() -> None:
    program = (
        "import sys; from awmc.backends import schema, seed; from tests.schema_world import ENVIRONMENT\n"
        "schema.render(ENVIRONMENT); seed.render(ENVIRONMENT)\n"
        "print(*[name for name in sys.modules if name.startswith('sqlglot.dialects.')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"sqlglot.dialects.dialect", "sqlglot.dialects.sqlite"}


def test_output_does_not_depend_on_hashing() -> None:
    program = (
        "from awmc.backends import schema, seed; from tests.schema_world import ENVIRONMENT\n"
        "print(schema.render(ENVIRONMENT), seed.render(ENVIRONMENT))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": hash_seed},
        ).stdout
        for hash_seed in ("0", "1", "77")
    }
    assert len(outputs) == 1
