"""A small clinic as IR written by hand, with a bit of everything: a natural key, a formatted id, references that may be
null, a tree, many to many, computed columns, a table and columns with the names of keywords. And short constructors."""

from __future__ import annotations

from typing import Any

import apsw
from msgspec import structs

from awmc.ir import nodes as n
from awmc.runtime.functions import register

PLACE = n.Place(line=1, text="")


def kind(of: str, nullable: bool = False, **more: Any) -> n.Type:
    return n.Type(kind=of, nullable=nullable, **more)  # type: ignore[arg-type]


TEXT, INT, NUMBER, MONEY, BOOL = kind("text"), kind("int"), kind("number"), kind("money"), kind("bool")
DATE, TIME, DATETIME, DURATION = kind("date"), kind("time"), kind("datetime"), kind("duration")
SPECIALTY, STATUS = kind("enum", name="Specialty"), kind("enum", name="Visit.status")


def maybe(type: n.Type) -> n.Type:
    return n.Type(kind=type.kind, nullable=True, name=type.name, element=type.element, fields=type.fields)


def row(entity: str, nullable: bool = False) -> n.Type:
    return kind("row", nullable, name=entity)


def many(element: n.Type) -> n.Type:
    return kind("list", element=element)


def record_type(**fields: n.Type) -> n.Type:
    return kind("record", fields=tuple(n.TypeField(name=name, type=type) for name, type in fields.items()))


# ---- Expressions


def const(value: Any, type: n.Type | None = None) -> n.Const:
    by_value = {bool: BOOL, int: INT, float: NUMBER, str: TEXT, type_of_null: kind("null", True)}
    return n.Const(type=type or by_value[value.__class__], value=value)


type_of_null = type(None)


def duration(months: int = 0, seconds: int = 0) -> n.Const:
    return n.Const(type=DURATION, value=n.Duration(months=months, seconds=seconds))


def local(name: str, type: n.Type) -> n.Local:
    return n.Local(type=type, name=name)


NOW = n.Now(type=DATETIME)
ME = n.Me(type=row("Patient"))


def var(name: str, entity: str) -> n.Var:
    return n.Var(type=row(entity), name=name)


def element(name: str, type: n.Type) -> n.Var:
    return n.Var(type=type, name=name)


def part(of: n.Expr, name: str, type: n.Type) -> n.Part:
    return n.Part(type=type, of=of, name=name)


def col(of: n.Expr, path: str) -> n.Expr:
    """`col(visit, "slot.doctor.fee")`: a path of columns."""
    for name in path.split("."):
        entity = ENTITIES[of.type.name]
        columns = {column.name: column.type for column in entity.columns}
        columns |= {column.name: column.type for column in entity.computed}
        type = maybe(columns[name]) if of.type.nullable else columns[name]
        of = n.Column(type=type, of=of, entity=entity.name, column=name)
    return of


def apply(fn: str, type: n.Type, *args: n.Expr) -> n.Apply:
    return n.Apply(type=type, fn=fn, args=args)  # type: ignore[arg-type]


def test(fn: str, *args: n.Expr) -> n.Apply:
    return apply(fn, BOOL, *args)


def eq(a: n.Expr, b: n.Expr) -> n.Apply:
    return test("eq", a, b)


def status(of: n.Expr, state: str) -> n.Apply:
    return eq(col(of, "status"), const(state, STATUS))


def source(alias: str, entity: str) -> n.From:
    return n.From(alias=alias, type=row(entity), of=n.EntitySource(entity=entity))


def elements(alias: str, of: n.Expr) -> n.From:
    assert of.type.element is not None
    return n.From(alias=alias, type=of.type.element, of=n.ListSource(of=of))


def query(
    *sources: n.From, where: Any = (), order: Any = (), limit: Any = None, offset: Any = None
) -> n.Query:
    """`where`: tests, or pairs of a test and the locals that may be missing. `order`: keys, or pairs (key, True)
    for descending ones."""
    terms = [term if isinstance(term, tuple) else (term, ()) for term in where]
    keys = [key if isinstance(key, tuple) else (key, False) for key in order]
    return n.Query(
        type=many(sources[0].type),
        sources=sources,
        where=tuple(n.Term(test=term, given=tuple(given)) for term, given in terms),
        order=tuple(n.OrderKey(key=key, descending=descending) for key, descending in keys),
        limit=const(limit) if isinstance(limit, int) else limit,
        offset=const(offset) if isinstance(offset, int) else offset,
    )


def aggregate(fn: str, of: n.Query, value: n.Expr | None = None, type: n.Type | None = None) -> n.Aggregate:
    element_type = of.sources[0].type
    types: dict[str, n.Type] = {
        "count": INT,
        "exists": BOOL,
        "any": BOOL,
        "all": BOOL,
        "list": many(value.type if value else element_type),
        "first": maybe(element_type),
        "min_by": maybe(element_type),
        "max_by": maybe(element_type),
    }
    found = type or types.get(fn) or (value.type if value else element_type)
    return n.Aggregate(type=found, fn=fn, query=of, value=value)  # type: ignore[arg-type]


def count(of: n.Query) -> n.Aggregate:
    return aggregate("count", of)


def item(of: n.Expr, index: int | n.Expr) -> n.Item:
    assert of.type.element is not None
    return n.Item(type=maybe(of.type.element), of=of, index=const(index) if isinstance(index, int) else index)


def record(**fields: n.Expr) -> n.RecordOf:
    return n.RecordOf(
        type=record_type(**{name: value.type for name, value in fields.items()}),
        fields=tuple(n.Key(name=name, value=value) for name, value in fields.items()),
    )


def list_of(*items: n.Expr) -> n.ListOf:
    return n.ListOf(type=many(items[0].type), items=items)


def group(
    of: n.Query, keys: dict[str, n.Expr], totals: dict[str, tuple[str, n.Expr | None, n.Type]]
) -> n.Group:
    fields = {name: key.type for name, key in keys.items()} | {
        name: total[2] for name, total in totals.items()
    }
    return n.Group(
        type=many(record_type(**fields)),
        query=of,
        keys=tuple(n.Key(name=name, value=value) for name, value in keys.items()),
        totals=tuple(
            n.Total(name=name, fn=fn, value=value, type=type)  # type: ignore[arg-type]
            for name, (fn, value, type) in totals.items()
        ),
        names=tuple(fields),
    )


# ---- Declarations


def column(name: str, type: n.Type, **more: Any) -> n.StoredColumn:
    references = type.name if type.kind == "row" else ""
    return n.StoredColumn(name=name, field=name, type=type, references=references, **more)


def entity(name: str, table: str, *columns: n.StoredColumn, key: str = "id", **more: Any) -> n.Entity:
    natural = key != "id"
    return n.Entity(
        name=name,
        table=table,
        singular=table,
        plural=f"{table}s",
        id_column=key,
        natural_key=natural,
        columns=columns if natural else (column("id", INT), *columns),
        place=PLACE,
        **more,
    )


SELF_ORDER, SELF_LINE, SELF_PATIENT = var("self", "Order"), var("self", "Line"), var("self", "Patient")
MOVES = (
    n.Move(source="booked", targets=("done", "cancelled")),
    n.Move(source="done", targets=()),
    n.Move(source="cancelled", targets=("booked",)),
)

_ENTITIES = (
    entity("Clinic", "clinic", column("code", TEXT), column("name", TEXT), key="code"),
    entity(
        "Doctor",
        "doctor",
        column("name", TEXT, search=True),
        column("specialty", SPECIALTY),
        column("fee", MONEY),
        column("clinic", row("Clinic", nullable=True)),
        column("senior", row("Doctor", nullable=True)),
        column("rating", maybe(NUMBER)),
    ),
    entity(
        "Slot", "slot", column("doctor", row("Doctor")), column("starts", DATETIME), column("minutes", INT)
    ),
    entity(
        "Patient",
        "patient",
        column("name", TEXT),
        column("balance", MONEY),
        column("born", maybe(DATE)),
        column("vip", BOOL),
        column("address_street", TEXT),
        column("address_city", TEXT),
    ),
    entity(
        "Visit",
        "visit",
        column("patient", row("Patient")),
        column("slot", row("Slot")),
        column("reason", TEXT),
        column("fee", MONEY),
        column("status", STATUS, moves=MOVES),
        column("referrer", row("Doctor", nullable=True)),
        column("due", maybe(DATETIME)),
        links=(
            n.ManyToMany(name="tags", entity="Tag", table="visit_tags", of_column="visit", to_column="tag"),
        ),
    ),
    entity("Tag", "tag", column("name", TEXT)),
    entity(
        "Order",
        "order",
        column("patient", row("Patient")),
        column("check", maybe(TEXT)),
        column("urgent", maybe(BOOL)),
        id_format="ORD-{n:05}",
    ),
    entity(
        "Line",
        "line",
        column("order", row("Order")),
        column("product", TEXT),
        column("qty", INT),
        column("price", MONEY),
    ),
)
ENTITIES = {entity.name: entity for entity in _ENTITIES}


def computed(name: str, entity: str, type: n.Type, value: n.Expr) -> None:
    """Adds a computed column, which may use those before it."""
    of = ENTITIES[entity]
    more = n.ComputedColumn(name=name, type=type, value=value)
    ENTITIES[entity] = structs.replace(of, computed=(*of.computed, more))


LINES_OF_SELF = query(source("line", "Line"), where=[eq(col(var("line", "Line"), "order"), SELF_ORDER)])
computed("amount", "Line", MONEY, apply("mul", MONEY, col(SELF_LINE, "price"), col(SELF_LINE, "qty")))
computed("total", "Order", MONEY, aggregate("sum", LINES_OF_SELF, col(var("line", "Line"), "amount")))
computed(
    "title",
    "Order",
    TEXT,
    apply(
        "concat",
        TEXT,
        const("Order of "),
        col(SELF_ORDER, "patient.name"),
        const(": "),
        col(SELF_ORDER, "check"),
    ),
)


def scope(entity: str, name: str, test: n.Expr) -> None:
    of = ENTITIES[entity]
    ENTITIES[entity] = structs.replace(of, scopes=(*of.scopes, n.Scope(name=name, test=test)))


scope("Visit", "my", eq(col(var("self", "Visit"), "patient"), ME))

SELF = {name: var("self", name) for name in ENTITIES}


def member(name: str, value: n.Expr, shape: str = "") -> n.Member:
    return n.Member(name=name, type=value.type, value=value, shape=shape)


def shape(name: str, entity: str, *members: n.Member) -> n.Shape:
    return n.Shape(name=name, entity=entity, members=members)


def columns_of(entity: str) -> tuple[n.Member, ...]:
    of = SELF[entity]
    return tuple(member(column.name, col(of, column.name)) for column in ENTITIES[entity].columns)


def key(of: n.Expr) -> n.Apply:
    return apply("key", kind("id", of.type.nullable, name=of.type.name), of)


SHAPES = (
    shape("Patient", "Patient", *columns_of("Patient")),
    shape("Visit", "Visit", *columns_of("Visit")),
    shape(
        "SlotCard",
        "Slot",
        member("id", key(SELF["Slot"])),
        member("starts", col(SELF["Slot"], "starts")),
        member("doctor", col(SELF["Slot"], "doctor.name")),
        member("fee", col(SELF["Slot"], "doctor.fee")),
        member("clinic", col(SELF["Slot"], "doctor.clinic.name")),
    ),
    shape(
        "DoctorCard",
        "Doctor",
        member("name", col(SELF["Doctor"], "name")),
        member("fee", col(SELF["Doctor"], "fee")),
    ),
    shape(
        "VisitCard",
        "Visit",
        member("id", key(SELF["Visit"])),
        member("slot", col(SELF["Visit"], "slot"), "SlotCard"),
        member("referrer", col(SELF["Visit"], "referrer"), "DoctorCard"),
        member(
            "tags",
            n.Query(
                type=many(row("Tag")),
                sources=(
                    n.From(
                        alias="tag",
                        type=row("Tag"),
                        of=n.LinkSource(
                            entity="Tag",
                            link="visit_tags",
                            of=SELF["Visit"],
                            of_column="visit",
                            to_column="tag",
                        ),
                    ),
                ),
            ),
        ),
    ),
    shape(
        "LineCard",
        "Line",
        member("product", col(SELF_LINE, "product")),
        member("amount", col(SELF_LINE, "amount")),
    ),
    shape(
        "OrderCard",
        "Order",
        member("id", key(SELF_ORDER)),
        member("urgent", col(SELF_ORDER, "urgent")),
        member("total", col(SELF_ORDER, "total")),
        member("lines", LINES_OF_SELF, "LineCard"),
        member(
            "address",
            record(street=col(SELF_ORDER, "patient.address_street"), vip=col(SELF_ORDER, "patient.vip")),
        ),
    ),
)


def values(*wires: str) -> tuple[n.EnumValue, ...]:
    return tuple(n.EnumValue(name=wire, wire=wire) for wire in wires)


ENVIRONMENT = n.Environment(
    name="clinic",
    about="",
    clock="2026-03-02T08:00:00",
    enums=(
        n.Enum(name="Specialty", values=values("general", "cardiology", "dermatology")),
        n.Enum(name="Visit.status", values=values("booked", "done", "cancelled"), inline=True),
    ),
    entities=tuple(ENTITIES.values()),
    shapes=SHAPES,
)

SCHEMA = """
CREATE TABLE clinic (code TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL) STRICT;
CREATE TABLE doctor (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, specialty TEXT NOT NULL,
  fee INTEGER NOT NULL, clinic TEXT REFERENCES clinic, senior INTEGER REFERENCES doctor, rating REAL) STRICT;
CREATE TABLE slot (id INTEGER PRIMARY KEY AUTOINCREMENT, doctor INTEGER NOT NULL REFERENCES doctor,
  starts TEXT NOT NULL, minutes INTEGER NOT NULL) STRICT;
CREATE TABLE patient (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, balance INTEGER NOT NULL, born TEXT,
  vip INTEGER NOT NULL, address_street TEXT NOT NULL, address_city TEXT NOT NULL) STRICT;
CREATE TABLE visit (id INTEGER PRIMARY KEY AUTOINCREMENT, patient INTEGER NOT NULL REFERENCES patient,
  slot INTEGER NOT NULL REFERENCES slot, reason TEXT NOT NULL, fee INTEGER NOT NULL,
  status TEXT NOT NULL DEFAULT 'booked', referrer INTEGER REFERENCES doctor, due TEXT) STRICT;
CREATE TABLE tag (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL) STRICT;
CREATE TABLE visit_tags (visit INTEGER NOT NULL REFERENCES visit ON DELETE CASCADE,
  tag INTEGER NOT NULL REFERENCES tag ON DELETE CASCADE, PRIMARY KEY (visit, tag)) STRICT;
CREATE TABLE "order" (id INTEGER PRIMARY KEY AUTOINCREMENT, patient INTEGER NOT NULL REFERENCES patient,
  "check" TEXT, urgent INTEGER) STRICT;
CREATE TABLE line (id INTEGER PRIMARY KEY AUTOINCREMENT, "order" INTEGER NOT NULL REFERENCES "order",
  product TEXT NOT NULL, qty INTEGER NOT NULL, price INTEGER NOT NULL) STRICT;
INSERT INTO clinic VALUES ('NORTH', 'North Clinic'), ('SOUTH', 'South Clinic');
INSERT INTO doctor VALUES
  (1, 'Dr. Lee', 'cardiology', 12000, 'NORTH', NULL, 4.5),
  (2, 'Dr. Roy', 'general', 6000, NULL, 1, NULL),
  (3, 'Dr. Sun', 'cardiology', 9550, 'SOUTH', 1, 3.9);
INSERT INTO slot VALUES
  (1, 2, '2026-03-02T14:00:00', 30), (2, 1, '2026-03-03T09:00:00', 30), (3, 3, '2026-03-03T09:00:00', 45),
  (4, 1, '2026-03-01T09:00:00', 30), (5, 3, '2026-03-09T10:00:00', 60);
INSERT INTO patient VALUES
  (1, 'Ana Flores', 30000, '1990-05-31', 1, '1 Elm St', 'Springfield'),
  (2, 'Ben Okoye', 8000, NULL, 0, '2 Oak Ave', 'Shelbyville');
INSERT INTO visit VALUES
  (1, 1, 1, 'Yearly check-up', 6000, 'booked', NULL, NULL),
  (2, 2, 2, 'Chest pain', 12000, 'booked', 2, '2026-03-05T00:00:00'),
  (3, 1, 4, 'Chest pain again', 12000, 'done', 2, '2026-03-04T00:00:00'),
  (4, 1, 3, 'Rash', 9550, 'cancelled', 3, NULL);
INSERT INTO tag VALUES (1, 'urgent'), (2, 'follow-up'), (3, 'remote');
INSERT INTO visit_tags VALUES (1, 2), (2, 1), (2, 3);
INSERT INTO "order" VALUES (1, 1, 'ok', 1), (2, 2, NULL, NULL), (3, 1, 'late', 0);
INSERT INTO line VALUES (1, 1, 'mask', 2, 150), (2, 1, 'gloves', 1, 999), (3, 2, 'mask', 10, 145);
"""


def database() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    register(connection)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(SCHEMA)
    return connection
