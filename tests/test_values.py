"""Values: what is stored, what goes over the wire, what stands in a text, and what parameters accept."""

import datetime
import json
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from awmc.runtime.values import (
    MAX_CENTS,
    MAX_INT,
    MIN_INT,
    Bool,
    Date,
    DateTime,
    Email,
    IdFormat,
    Int,
    Kind,
    Length,
    Match,
    Money,
    Number,
    Parameters,
    Range,
    Ref,
    Text,
    Time,
    Url,
    cents_to_money,
    from_wire,
    money_to_cents,
    parse_date,
    parse_datetime,
    parse_email,
    parse_time,
    parse_url,
    text_of,
    to_wire,
)

CENTS = st.integers(-MAX_CENTS, MAX_CENTS)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


# ---------------------------------------------------------------- money


@given(CENTS)
def test_cents_survive_the_wire(cents: int) -> None:
    assert money_to_cents(json.loads(json.dumps(cents_to_money(cents)))) == cents


@given(CENTS, st.integers(-9, 9))
def test_money_is_whole_cents_within_a_thousandth(cents: int, tenths: int) -> None:
    cents %= 10**9
    near = float(Decimal(cents).scaleb(-2) + Decimal(tenths).scaleb(-6))
    assert money_to_cents(near) == cents
    far = float(Decimal(cents).scaleb(-2) + Decimal("0.0002"))
    with pytest.raises(ValueError, match="two decimals"):
        money_to_cents(far)


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (1234.5, 123450),
        (0.1, 10),
        (1.005 - 0.005, 100),
        (19.99, 1999),
        (-0.05, -5),
        (7, 700),
        (0, 0),
        (-0.0, 0),
    ],
)
def test_money_to_cents(amount: float, cents: int) -> None:
    assert money_to_cents(amount) == cents


@pytest.mark.parametrize(
    "amount",
    [True, "1", None, float("nan"), float("inf"), 1e16, 10**400, -(10**400), 0.005, 1.234, 1e-9 + 0.001],
)
def test_no_money(amount: object) -> None:
    with pytest.raises(ValueError, match="Input should"):
        money_to_cents(amount)


# ---------------------------------------------------------------- dates, times, addresses


@given(st.dates(), st.times())
def test_moments_are_read_back(day: datetime.date, time: datetime.time) -> None:
    moment = datetime.datetime.combine(day, time.replace(microsecond=0, tzinfo=None))
    assert parse_date(day.isoformat()) == day.isoformat()
    assert parse_datetime(moment.isoformat()) == moment.isoformat()
    minute = moment.replace(second=0)
    assert parse_datetime(minute.isoformat()[:16]) == minute.isoformat()
    assert parse_time(f"{time:%H:%M}") == f"{time:%H:%M}"


@pytest.mark.parametrize(
    ("parse", "texts"),
    [
        (
            parse_date,
            ["2026-02-29", "2026-2-1", "20260201", "2026-W01-1", "0000-01-01", "2026-03-02T00:00", "", 5],
        ),
        (parse_time, ["24:00", "9:30", "09:60", "09:30:00", "0930", "٠٩:٣٠", None]),
        (
            parse_datetime,
            [
                "2026-03-02",
                "2026-03-02 08:00",
                "2026-03-02T08",
                "2026-03-02T08:00Z",
                "2026-03-02T08:00:00+01:00",
                "2026-03-02T08:00+01",
                "2026-03-02T24:00",
                "2026-03-02T08:00:60",
                "2026-03-02T08:00:00.5",
                "2026-02-30T08:00",
            ],
        ),
        (
            parse_email,
            [
                "ana",
                "ana@host",
                "@a.b",
                "a@.b",
                "a b@c.de",
                "a..b@c.de",
                ".a@c.de",
                "a@c_d.de",
                "a@b@c.de",
                "x" * 65 + "@c.de",
            ],
        ),
        (
            parse_url,
            [
                "example.com",
                "ftp://a.b",
                "https://",
                "http:///x",
                "https://a b.c",
                "https://a.b/ c",
                "https://a.b\n",
                "//a.b",
            ],
        ),
    ],
)
def test_refused_texts(parse: Any, texts: list[object]) -> None:
    for text in texts:
        with pytest.raises(ValueError, match="Input should be a"):
            parse(text)


def test_accepted_addresses() -> None:
    for email in ("ana@example.com", "a.b+c@sub.example.co.uk", "o'brien@x-y.io"):
        assert parse_email(email) == email
    for url in (
        "http://localhost:8080",
        "https://example.com/a?b=c#d",
        "HTTPS://Example.com/",
        "https://e.com?q=%20",
    ):
        assert parse_url(url) == url


# ---------------------------------------------------------------- ids


@given(st.integers(1, MAX_INT), st.integers(1, 18), st.text("AZ-/ 0_é"), st.text("AZ-/ 0_é"))
def test_ids_are_read_back(number: int, width: int, prefix: str, suffix: str) -> None:
    form = IdFormat.of(f"{prefix}{{n:0{width}}}{suffix}")
    text = form.format(number)
    assert form.parse(text) == number
    assert form.parse(text + "x") is form.parse("x" + text) is None
    assert Draft202012Validator({"pattern": form.pattern}).is_valid(text)


def test_an_id_has_one_form() -> None:
    form = IdFormat.of("ORD-{n:05}")
    assert form.format(12) == "ORD-00012"
    assert form.format(123456) == "ORD-123456"
    for text in (
        "ORD-12",
        "ORD-000012",
        "ord-00012",
        "ORD-00000",
        "ORD--0001",
        "00012",
        "ORD-1234٥",
        "",
        "ORD",
    ):
        assert form.parse(text) is None
    assert IdFormat.of("{n}").parse("7") == 7
    for bad in ("ORD", "{n}{n}", "{m}", "{n:5}", "{n:0}", "{{n}}", "{n:05"):
        with pytest.raises(ValueError, match="no id format"):
            IdFormat.of(bad)


# ---------------------------------------------------------------- wire and text

STORED: dict[Kind, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "int": st.integers(MIN_INT, MAX_INT),
    "number": FLOATS,
    "money": CENTS,
    "bool": st.integers(0, 1),
    "date": st.dates().map(datetime.date.isoformat),
    "time": st.times().map(lambda time: f"{time:%H:%M}"),
    "datetime": st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat()),
    "enum": TEXTS,
}


@pytest.mark.parametrize("kind", STORED)
@given(st.data())
def test_wire_and_back(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(STORED[kind] | st.none())
    wire = json.loads(json.dumps(to_wire(kind, value)))
    assert from_wire(kind, wire) == value
    if kind == "bool" and value is not None:
        assert isinstance(wire, bool)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("money", 123450, "1234.50"),
        ("money", -5, "-0.05"),
        ("number", 3.0, "3"),
        ("number", -0.0, "0"),
        ("number", 0.1, "0.1"),
        ("number", 1e22, "10000000000000000000000"),
        ("number", 1e-7, "0.0000001"),
        ("int", 40, "40"),
        ("bool", 1, "true"),
        ("bool", False, "false"),
        ("datetime", "2026-03-02T08:00:00", "2026-03-02T08:00:00"),
        ("text", None, ""),
    ],
)
def test_text_forms(kind: Kind, value: Any, text: str) -> None:
    assert text_of(kind, value) == text


@given(FLOATS)
def test_the_text_of_a_number_names_it(number: float) -> None:
    text = text_of("number", number)
    assert float(text) == number
    assert "e" not in text
    assert not text.endswith((".", ".0"))


# ---------------------------------------------------------------- parameters


class Line(Parameters):
    product: Annotated[int, Ref("Product")]
    qty: Annotated[Int, Range(1, 99)]


class Booking(Parameters):
    slot: Annotated[int, Ref("Slot")]
    order: Annotated[int, Ref("Order", "ORD-{n:05}")]
    airport: Annotated[str, Ref("Airport")]
    reason: Annotated[Text, Length(3, 200)]
    limit: Annotated[Int, Range(1, 50)] = 10
    fee: Annotated[Money, Range(0, 49.9)] | None = None
    rate: Annotated[Number, Range(None, 1)] | None = None
    specialty: Literal["general", "cardiology"] | None = None
    code: Annotated[Text, Match("[A-Z]{3}")] | None = None
    urgent: Bool = False
    day: Annotated[Date, Range("2026-01-01", None)] | None = None
    at: Annotated[Time, Range("09:00", "17:00")] | None = None
    moment: DateTime | None = None
    mail: Email | None = None
    link: Url | None = None
    tags: Annotated[list[Text], Length(1, 2)] | None = None
    lines: Annotated[list[Line], Length(1, None)] | None = None


NEEDED = {"slot": 3, "order": "ORD-00012", "airport": "SFO", "reason": "chest pain"}


def test_wire_arguments_become_stored_values() -> None:
    given_arguments = {
        **NEEDED,
        "limit": 50,
        "fee": 49.9,
        "rate": 1,
        "specialty": "general",
        "code": "ABC",
        "urgent": True,
        "day": "2026-01-01",
        "at": "17:00",
        "moment": "2026-03-02T08:00",
        "mail": "ana@example.com",
        "link": "https://example.com",
        "tags": ["a", ""],
        "lines": [{"product": 1, "qty": 99}],
    }
    stored = {**given_arguments, "order": 12, "fee": 4990, "rate": 1.0, "moment": "2026-03-02T08:00:00"}
    assert Booking.model_validate(given_arguments).model_dump() == stored
    assert Booking.model_validate_json(json.dumps(given_arguments)).model_dump() == stored
    rate = Booking.model_validate({**NEEDED, "rate": 1}).rate
    assert isinstance(rate, float)
    assert Booking.model_validate(NEEDED).limit == 10


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("slot", "3", "valid integer"),
        ("slot", True, "valid integer"),
        ("slot", 3.0, "valid integer"),
        ("slot", 2**63, "less than or equal"),
        ("order", "ORD-12", "the id of one Order, such as ORD-00001"),
        ("order", 12, "valid string"),
        ("airport", 5, "valid string"),
        ("airport", "S\0O", "NUL"),
        ("reason", "ab", "at least 3 characters"),
        ("reason", "x" * 201, "at most 200 characters"),
        ("reason", "abc\0", "NUL"),
        ("reason", "abc\ud800", "unicode"),
        ("airport", "\ud800", "surrogates"),
        ("limit", 0, "greater than or equal to 1"),
        ("limit", 51, "less than or equal to 50"),
        ("limit", 2.0, "valid integer"),
        ("limit", None, "valid integer"),
        ("fee", -0.01, "greater than or equal to 0"),
        ("fee", 49.91, "less than or equal to 49.9"),
        ("fee", 1.005, "two decimals"),
        ("fee", "1.00", "valid number"),
        ("fee", True, "valid number"),
        ("rate", float("nan"), "finite"),
        ("rate", False, "valid number"),
        ("specialty", "surgery", "'general' or 'cardiology'"),
        ("code", "ABCD", "match pattern"),
        ("code", "ABC\n", "match pattern"),
        ("urgent", 1, "valid boolean"),
        ("urgent", "true", "valid boolean"),
        ("day", "2025-12-31", "greater than or equal to 2026-01-01"),
        ("day", "2026-02-29", "a date such as"),
        ("at", "17:01", "less than or equal to 17:00"),
        ("moment", "2026-03-02T08:00Z", "a date and time such as"),
        ("mail", "ana", "an email address"),
        ("link", "example.com", "a URL"),
        ("tags", [], "at least 1 item"),
        ("tags", ["a", "b", "c"], "at most 2 items"),
        ("tags", ("a",), "valid list"),
        ("lines", [{"product": 1, "qty": 0}], "greater than or equal to 1"),
        ("lines", [{"product": 1, "qty": 1, "price": 1}], "Extra inputs"),
        ("unknown", 1, "Extra inputs"),
    ],
)
def test_refused_arguments(name: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message) as refused:
        Booking.model_validate({**NEEDED, name: value})
    assert refused.value.errors()[0]["loc"][0] == name


def test_the_json_schema_says_what_is_accepted() -> None:
    properties = Booking.model_json_schema()["properties"]

    def said(name: str) -> dict[str, Any]:
        schema: dict[str, Any] = properties[name]
        schema = schema["anyOf"][0] if "anyOf" in schema else schema
        return {key: value for key, value in schema.items() if key not in ("title", "default")}

    assert said("slot") == {"type": "integer"}
    assert said("order") == {"type": "string", "pattern": "^ORD\\-[0-9]{5,}$"}
    assert said("airport") == {"type": "string"}
    assert said("reason") == {"type": "string", "minLength": 3, "maxLength": 200}
    assert said("limit") == {"type": "integer", "minimum": 1, "maximum": 50}
    assert said("fee") == {"type": "number", "minimum": 0, "maximum": 49.9}
    assert said("rate") == {"type": "number", "maximum": 1}
    assert said("code") == {"type": "string", "pattern": "^(?:[A-Z]{3})$"}
    assert said("day") == {"type": "string", "format": "date"}
    assert said("mail") == {"type": "string", "format": "email"}
    assert said("tags") == {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2}
    assert TypeAdapter(Int).json_schema() == {"type": "integer"}
    assert TypeAdapter(Annotated[Int, Range(5, None)]).json_schema() == {"type": "integer", "minimum": 5}
    assert TypeAdapter(Annotated[Int, Range(None, 5)]).json_schema() == {"type": "integer", "maximum": 5}
    Draft202012Validator.check_schema(Booking.model_json_schema())
    assert Draft202012Validator(Booking.model_json_schema()).is_valid({**NEEDED, "at": "09:30"})
    assert not Draft202012Validator(Booking.model_json_schema()).is_valid({**NEEDED, "at": "9:30"})


def test_a_range_does_not_leak_into_the_type() -> None:
    TypeAdapter(Annotated[Int, Range(1, 2)])
    TypeAdapter(Annotated[Money, Range(0, 1)])
    TypeAdapter(Annotated[Text, Length(0, 1)])
    assert TypeAdapter(Int).validate_python(-5) == -5
    assert TypeAdapter(Money).validate_python(-5) == -500
    assert TypeAdapter(Text).validate_python("long") == "long"


def test_a_pattern_that_is_none_is_refused_when_the_type_is_made() -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        TypeAdapter(Annotated[Text, Match("(")])
