"""A small environment made by hand, with every feature that a schema or a seed can have."""

from __future__ import annotations

from typing import Any

from awmc.ir import nodes as n

PLACE = n.Place(line=1, text="")
BOOL = n.Type(kind="bool")
INT = n.Type(kind="int")
TEXT = n.Type(kind="text")
SECONDS = 86_400


def column(name: str, kind: n.Kind, **more: Any) -> n.StoredColumn:
    """A column; `nullable`, `low`, `high`, `pattern` and `of` (the type's name) go to its type."""
    of = str(more.pop("of", ""))
    parts = {key: more.pop(key) for key in ("nullable", "low", "high", "pattern") if key in more}
    if kind == "row":
        more["references"] = of
    return n.StoredColumn(name=name, field=name, type=n.Type(kind=kind, name=of, **parts), **more)


def const(kind: n.Kind, value: n.Scalar | n.Duration, of: str = "") -> n.Const:
    return n.Const(type=n.Type(kind=kind, name=of, nullable=value is None), value=value)


def apply(fn: n.Function, *args: n.Expr, kind: n.Kind = "bool", nullable: bool = False) -> n.Apply:
    return n.Apply(type=n.Type(kind=kind, nullable=nullable), fn=fn, args=args)


def own(entity: str, of: n.StoredColumn) -> n.Column:
    """A column of `self`."""
    row = n.Var(type=n.Type(kind="row", name=entity), name="self")
    return n.Column(type=of.type, of=row, entity=entity, column=of.name)


def entity(name: str, table: str, columns: tuple[n.StoredColumn, ...], **more: Any) -> n.Entity:
    singular = name.lower()
    head = (
        ()
        if more.get("natural_key")
        else (n.StoredColumn(name="id", field="id", type=n.Type(kind="id", name=name)),)
    )
    more.setdefault("id_column", "id")
    return n.Entity(
        name=name, table=table, singular=singular, plural=table, columns=head + columns, place=PLACE, **more
    )


# ---- The entities

CITY = entity(
    "City",
    "cities",
    (
        column("code", "text", pattern="[A-Z]{3}"),
        column("name", "text", low=1, high=40, doc="As\n  people   say it"),
    ),
    natural_key=True,
    id_column="code",
    about="A place, by its\ncode.",
)

_start, _end = column("from", "date"), column("to", "date", nullable=True)
_status = column(
    "status",
    "enum",
    of="Trip.status",
    moves=(n.Move(source="planned", targets=("done",)), n.Move(source="done", targets=())),
)
_is_main = column("is_main", "bool", default=const("bool", True))
_price, _people = (
    column("price", "money", low=0, default=const("money", 1050)),
    column("people", "int", low=1, high=9),
)
_note = column("note", "text", nullable=True, high=200)
_home = column("home", "row", of="City")
_parent = column("parent", "row", of="Trip", nullable=True)
_leader = column("leader", "row", of="Guest", nullable=True)
_leaves, _ends = column("leaves", "time"), column("ends", "time", low="06:00")

TRIP = entity(
    "Trip",
    "trips",
    (
        column("title", "text", low=3, default=const("text", "it's \\ here"), doc="What it is called"),
        _start,
        _end,
        column("booked_at", "datetime", low="2020-01-01T00:00:00"),
        _leaves,
        _ends,
        _status,
        _is_main,
        _price,
        _people,
        column("rating", "number", nullable=True, low=0.0, high=5.0),
        column("site", "url", nullable=True),
        column("pin", "text", nullable=True, pattern=r"[0-9]{4}"),
        column("level", "enum", of="Level", default=const("enum", "very high", "Level")),
        _note,
        _home,
        _parent,
        _leader,
    ),
    about="A journey: what people book.",
    uniques=(
        n.Unique(name="trips_home_from_key", columns=("home", "from")),
        n.Unique(name="trips_home_is_main_key", columns=("home",), where=own("Trip", _is_main)),
        n.Unique(
            name="trips_leader_status_key",
            columns=("leader",),
            where=apply("ne", own("Trip", _status), const("enum", "done", "Trip.status")),
        ),
    ),
    checks=(
        n.Check(
            name="trips_order",
            test=apply(
                "or",
                apply("is_null", own("Trip", _end)),
                apply("lt", own("Trip", _start), own("Trip", _end)),
            ),
            message="A trip ends after it begins.",
        ),
        n.Check(
            name="trips_main_has_leader",
            test=apply(
                "or",
                apply("not", own("Trip", _is_main)),
                apply("eq", own("Trip", _leader), const("null", None)),
                apply("ge", own("Trip", _people), const("int", 2)),
            ),
            message="",
        ),
        n.Check(
            name="trips_note_fits",
            test=apply(
                "le",
                apply(
                    "len", apply("coalesce", own("Trip", _note), const("text", ""), kind="text"), kind="int"
                ),
                apply("mul", own("Trip", _people), const("int", 50), kind="int"),
            ),
            message="A note has at most 50 letters a person.",
        ),
        n.Check(
            name="trips_hours",
            test=apply(
                "ge",
                own("Trip", _ends),
                apply("add", own("Trip", _leaves), const("duration", n.Duration(seconds=1800)), kind="time"),
            ),
            message="",
        ),
        n.Check(
            name="trips_said",
            test=apply(
                "not",
                apply(
                    "contains",
                    apply("coalesce", own("Trip", _note), const("text", ""), kind="text"),
                    const("text", "TODO"),
                ),
            ),
            message="",
        ),
    ),
    links=(
        n.ManyToMany(name="guests", entity="Guest", table="trip_guests", of_column="trip", to_column="guest"),
    ),
)

GUEST = entity(
    "Guest",
    "guests",
    (
        column("email", "email", unique=True, doc="How to write to them"),
        column("city", "row", of="City", nullable=True),
        column("trip", "row", of="Trip", nullable=True, cascade=True, doc="Being on"),
    ),
    links=(
        n.ManyToMany(name="trips", entity="Trip", table="trip_guests", of_column="guest", to_column="trip"),
        n.ManyToMany(
            name="visited", entity="City", table="guest_visited", of_column="guest", to_column="city"
        ),
    ),
    id_format="G-{n:03}",
)

TICKET = entity(
    "Order",
    "order",
    (
        column("trip", "row", of="Trip", cascade=True),
        column("guest", "row", of="Guest"),
        column("user", "text"),
    ),
    scopes=(
        n.Scope(
            name="my",
            test=apply(
                "eq",
                own("Order", column("guest", "row", of="Guest")),
                n.Me(type=n.Type(kind="row", name="Guest")),
            ),
        ),
    ),
)

EMPTY = entity("Log", "logs", (column("text", "text"),))


def find_orders() -> n.Tool:
    """A tool that looks orders up by their user."""
    order = n.Type(kind="row", name="Order")
    user = n.Column(type=TEXT, of=n.Var(type=order, name="order_1"), entity="Order", column="user")
    query = n.Query(
        type=n.Type(kind="list", element=order),
        sources=(n.From(alias="order_1", type=order, of=n.EntitySource(entity="Order")),),
        where=(n.Term(test=apply("eq", user, n.Local(type=TEXT, name="user"))),),
    )
    param = n.Param(name="user", type=TEXT, required=True)
    return n.Tool(
        name="find_orders", about="", params=(param,), body=(n.Return(place=PLACE, value=query),), place=PLACE
    )


ENUMS = (
    n.Enum(
        name="Trip.status",
        values=(n.EnumValue(name="planned", wire="planned"), n.EnumValue(name="done", wire="done")),
        inline=True,
    ),
    n.Enum(
        name="Level",
        values=(n.EnumValue(name="low", wire="low"), n.EnumValue(name="very_high", wire="very high")),
    ),
)

ROWS: dict[str, tuple[tuple[n.Scalar, ...], ...]] = {
    "cities": (("LIS", "Lisboa"), ("ORD", "O'Hare \\ Chicago"), ("東京".replace("東京", "TYO"), "東京 🗼")),
    "trips": (
        (
            1,
            "A first trip",
            "2026-03-02",
            "2026-03-09",
            "2026-02-01T08:00:00",
            "08:30",
            "18:00",
            "planned",
            True,
            0,
            2,
            0.1,
            "https://example.com/a?b=c#d",
            "0042",
            "low",
            "one\ntwo\r\nthree\t'four'",
            "LIS",
            2,
            1,
        ),
        (
            2,
            "The second",
            "2026-04-01",
            None,
            "2026-02-01T08:00:01",
            "00:00",
            "23:59",
            "done",
            False,
            123456789,
            9,
            4.999999999999999,
            None,
            None,
            "very high",
            None,
            "TYO",
            None,
            2,
        ),
        (
            5,
            '% :x ? $1 "q" `b`',
            "2024-02-29",
            "2024-03-01",
            "2026-02-28T23:59:59",
            "09:00",
            "12:00",
            "planned",
            False,
            5,
            1,
            None,
            None,
            None,
            "low",
            "",
            "LIS",
            5,
            None,
        ),
    ),
    "guests": (
        (1, "ana@example.com", "LIS", 1),
        (2, "ben@example.com", None, None),
        (7, "zoe@example.com", "ORD", 5),
    ),
    "order": ((1, 1, 1, "ana"), (2, 5, 7, "zoe; DROP TABLE trips; --")),
    "trip_guests": ((1, 1), (1, 2), (5, 7)),
    "guest_visited": ((1, "ORD"), (7, "LIS"), (7, "TYO")),
}

ENVIRONMENT = n.Environment(
    name="travel",
    about="Trips and their guests.",
    clock="2026-03-02T08:00:00",
    enums=ENUMS,
    entities=(CITY, TRIP, GUEST, TICKET, EMPTY),
    tools=(find_orders(),),
    rows=ROWS,
)
