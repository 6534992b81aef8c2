"""The values of a world: how each type is stored, spoken on the wire, and written in a text.

| kind                    | stored (SQLite, values in hand)  | wire (JSON)                      |
|-------------------------|----------------------------------|----------------------------------|
| text, email, url        | str without NUL or surrogates    | the same                         |
| int                     | int of 64 bits                   | the same                         |
| number                  | float, finite, whole ones too    | number                           |
| money                   | int, whole cents                 | number of units: ``1234.5``      |
| bool                    | 0 or 1 (Python's bool is one)    | ``true``, ``false``              |
| date                    | ``2026-03-02``                   | the same                         |
| time                    | ``09:30``                        | the same                         |
| datetime                | ``2026-03-02T08:00:00``          | the same; seconds may be left out|
| enum                    | the member's text on the wire    | the same                         |
| numbered id             | int from 1                       | int, or text by an `IdFormat`    |

Null is None everywhere. Every parser raises `ValueError` (pydantic's `PydanticCustomError`, which is one),
so the same function serves the compiler, the tools and the seeds.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

Kind = Literal["text", "int", "number", "money", "bool", "date", "time", "datetime", "email", "url", "enum"]
Stored = str | int | float | None
Wire = str | int | float | bool | None

MIN_INT: Final = -(2**63)
MAX_INT: Final = 2**63 - 1
MAX_CENTS: Final = 10**15 - 1
"""The most cents, either side of 0, that a JSON number tells apart: a double carries 15 decimal digits."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"(?=.{{1,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_URL = re.compile(
    rf"https?://{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?(?:[/?#][!-~]*)?", re.IGNORECASE | re.ASCII
)
_ID_FORMAT = re.compile(r"([^{}]*)\{n(?::0([1-9][0-9]?))?\}([^{}]*)")


def _refusal(code: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(cast(Any, code), cast(Any, message))


# ---------------------------------------------------------------- numbers and money


def exact_ratio(value: int | float) -> tuple[int, int]:
    """The fraction (numerator, denominator > 0) that the shortest decimal text of `value` names.

    So 0.1 is 1/10, as people read it, and not the double nearest to it. `value` must be finite.
    """
    if isinstance(value, int):
        return int(value), 1
    return Decimal(repr(value)).as_integer_ratio()


def round_half_away(numerator: int, denominator: int) -> int:
    """The whole number nearest to numerator/denominator (> 0); halves go away from zero."""
    nearest = (2 * abs(numerator) + denominator) // (2 * denominator)
    return nearest if numerator >= 0 else -nearest


def money_to_cents(amount: object) -> int:
    """Whole cents of an amount in units; refused if more than 0.001 of a cent off, or beyond `MAX_CENTS`."""
    if isinstance(amount, bool) or not isinstance(amount, (int, float)):
        raise _refusal("money_type", "Input should be an amount of money, such as 49.9")
    if not 100 * abs(amount) <= MAX_CENTS:  # so is nan
        raise _refusal("money_range", "Input should be an amount of money of at most 15 digits")
    numerator, denominator = exact_ratio(amount)
    cents = round_half_away(100 * numerator, denominator)
    if abs(100 * numerator - cents * denominator) * 1000 > denominator:
        raise _refusal("money_cents", "Input should have at most two decimals")
    return cents


def cents_to_money(cents: int) -> float:
    """The amount in units that goes over the wire; within `MAX_CENTS`, `money_to_cents` is its inverse."""
    return cents / 100


def parse_number(value: object) -> float:
    """A finite float; an int becomes one. Bools are refused."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _refusal("number_type", "Input should be a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _refusal("number_range", "Input should be a finite number")
    return number + 0.0  # -0.0 is 0.0


def parse_int(value: object) -> int:
    """An int of 64 bits. Bools and floats, whole ones too, are refused."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refusal("int_type", "Input should be a whole number")
    if not MIN_INT <= value <= MAX_INT:
        raise _refusal("int_range", "Input should be a whole number of at most 64 bits")
    return value


def parse_bool(value: object) -> int:
    """0 or 1 from a bool, or from 0 or 1 itself."""
    if not isinstance(value, int) or value not in (0, 1):
        raise _refusal("bool_type", "Input should be true or false")
    return int(value)


# ---------------------------------------------------------------- texts and moments


def parse_text(value: object) -> str:
    """The text itself, if SQLite can hold it: no NUL, no lone surrogate."""
    if not isinstance(value, str):
        raise _refusal("text_type", "Input should be a text")
    if "\0" in value:
        raise _refusal("text_nul", "Input should not contain a NUL character")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _refusal("text_surrogate", "Input should be Unicode text without lone surrogates")
    return value


def parse_date(value: object) -> str:
    """``2026-03-02``, a day of the years 0001 to 9999."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            datetime.date.fromisoformat(value)
            return value
        except ValueError:
            pass
    raise _refusal("date", "Input should be a date such as 2026-03-02")


def parse_time(value: object) -> str:
    """``09:30``, on a clock of 24 hours."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        return value
    raise _refusal("time", "Input should be a time such as 09:30")


def parse_datetime(value: object) -> str:
    """``2026-03-02T08:00:00`` from itself or from ``2026-03-02T08:00``; there are no time zones."""
    if isinstance(value, str) and (match := _DATETIME.fullmatch(value)):
        try:
            datetime.datetime.fromisoformat(value)
            return value if match[1] else value + ":00"
        except ValueError:
            pass
    raise _refusal("datetime", "Input should be a date and time such as 2026-03-02T08:00:00")


def parse_email(value: object) -> str:
    """``local@domain``: RFC 5322's atoms with dots, up to 64 letters; two host labels or more; 254 in all."""
    if isinstance(value, str) and _EMAIL.fullmatch(value):
        return value
    raise _refusal("email", "Input should be an email address such as ana@example.com")


def parse_url(value: object) -> str:
    """``http(s)://host[:port][/path][?query][#fragment]`` in printable ASCII, at most 2,048 letters."""
    if isinstance(value, str) and len(value) <= 2048 and _URL.fullmatch(value):
        return value
    raise _refusal("url", "Input should be a URL such as https://example.com/page")


# ---------------------------------------------------------------- ids


@dataclass(frozen=True, slots=True)
class IdFormat:
    """The written form of a numbered id: ``IdFormat.of("ORD-{n:05}").format(12) == "ORD-00012"``."""

    prefix: str
    width: int
    suffix: str

    @classmethod
    def of(cls, text: str) -> IdFormat:
        """Reads a form with exactly one ``{n}`` or ``{n:0WIDTH}``; anything else raises ValueError."""
        match = _ID_FORMAT.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is no id format: it needs exactly one {{n}} or {{n:05}}")
        return cls(match[1], int(match[2] or 1), match[3])

    def format(self, number: int) -> str:
        return f"{self.prefix}{number:0{self.width}d}{self.suffix}"

    def parse(self, text: str) -> int | None:
        """The number (1 or more) whose form is exactly `text`, else None."""
        digits = text[len(self.prefix) : len(text) - len(self.suffix)]
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
            return None
        number = int(digits)
        return number if 1 <= number <= MAX_INT and self.format(number) == text else None

    @property
    def pattern(self) -> str:
        """A regular expression (JSON Schema's dialect) of the texts that `format` writes."""
        return f"^{re.escape(self.prefix)}[0-9]{{{self.width},}}{re.escape(self.suffix)}$"


@lru_cache(maxsize=256)
def id_format(text: str) -> IdFormat:
    """`IdFormat.of`, remembered."""
    return IdFormat.of(text)


_SHORT: Final = 64
"""Characters of an id that is worth remembering."""


@lru_cache(maxsize=4096)
def _number_of(form: str, text: str) -> int | None:
    """`IdFormat.parse`, remembered: agents name the same rows again and again."""
    return id_format(form).parse(text)


# ---------------------------------------------------------------- by kind

_PARSERS: Final[dict[str, Callable[[object], Stored]]] = {
    "text": parse_text,
    "int": parse_int,
    "number": parse_number,
    "money": money_to_cents,
    "bool": parse_bool,
    "date": parse_date,
    "time": parse_time,
    "datetime": parse_datetime,
    "email": parse_email,
    "url": parse_url,
    "enum": parse_text,
}


def from_wire(kind: Kind, value: object) -> Stored:
    """The stored value of a wire value; None stays None; anything not of the kind raises ValueError."""
    return None if value is None else _PARSERS[kind](value)


def to_wire(kind: Kind, value: Stored) -> Wire:
    """The wire value of a stored value; None stays None."""
    if value is None or isinstance(value, str):
        return value
    match kind:
        case "money":
            return cents_to_money(int(value))
        case "bool":
            return bool(value)
        case "number":
            return float(value)
        case _:
            return value


def number_text(value: int | float) -> str:
    """Plain decimals without an exponent, and no ``.0`` at a whole number: ``3``, ``0.1``, ``-12.5``."""
    if isinstance(value, int):
        return str(int(value))
    text = format(Decimal(repr(value)), "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"


def money_text(cents: int) -> str:
    """``1234.50``, ``-0.05``."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def text_of(kind: Kind, value: Stored) -> str:
    """The value as it stands in a text: error messages, instructions, ``text(x)``. Null is the text ""."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    match kind:
        case "money":
            return money_text(int(value))
        case "bool":
            return "true" if value else "false"
        case _:
            return number_text(value)


# ---------------------------------------------------------------- parameters of tools


class Parameters(BaseModel):
    """The base of a tool's parameter model: strict wire JSON in, stored values out, no other keys."""

    model_config = ConfigDict(strict=True, extra="forbid")


_Schema = dict[str, Any]


class _Scalar:
    """Annotation that gives a type its core schema and says in JSON Schema what the core schema cannot."""

    def __init__(self, core: CoreSchema, parse: Callable[[Any], Any] | None = None, **said: Any) -> None:
        self.core, self.parse, self.said = core, parse, said

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        leaf = cast(CoreSchema, {**self.core})  # a copy: `Range` and `Length` write into it
        return leaf if self.parse is None else core_schema.no_info_after_validator_function(self.parse, leaf)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        said = handler(schema)
        if (said.get("minimum"), said.get("maximum")) == (MIN_INT, MAX_INT):
            del said["minimum"], said["maximum"]
        elif said.get("minimum") == MIN_INT:
            del said["minimum"]
        elif said.get("maximum") == MAX_INT:
            del said["maximum"]
        return {**said, **self.said}


_STR: Final = core_schema.str_schema(strict=True)
_FLOAT: Final = core_schema.float_schema(strict=True, allow_inf_nan=False)
_INT: Final = core_schema.int_schema(strict=True, ge=MIN_INT, le=MAX_INT)

Text = Annotated[str, _Scalar(_STR, parse_text)]
Int = Annotated[int, _Scalar(_INT)]
Number = Annotated[float, _Scalar(_FLOAT)]
Money = Annotated[int, _Scalar(_FLOAT, money_to_cents)]
Bool = Annotated[bool, _Scalar(core_schema.bool_schema(strict=True))]
Date = Annotated[str, _Scalar(_STR, parse_date, format="date")]
Time = Annotated[str, _Scalar(_STR, parse_time, pattern=f"^{_TIME.pattern}$")]
DateTime = Annotated[str, _Scalar(_STR, parse_datetime, pattern=f"^{_DATETIME.pattern}$")]
Email = Annotated[str, _Scalar(_STR, parse_email, format="email")]
Url = Annotated[str, _Scalar(_STR, parse_url, format="uri")]


def _leaf(schema: CoreSchema) -> _Schema:
    """The innermost schema under after-validators: the one that checks the wire value itself."""
    inner = cast(_Schema, schema)
    while inner["type"] == "function-after":
        inner = inner["schema"]
    return inner


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends allowed, None is open; in wire form: units for `Money`, texts for `Date`, `Time` and
    `DateTime`.

    ``Annotated[Int, Range(1, 50)]``, ``Annotated[Money, Range(0, None)]``, ``Annotated[Date,
    Range("2026-01-01", None)]``.
    """

    low: int | float | str | None
    high: int | float | str | None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        leaf = _leaf(schema)
        if leaf["type"] == "str":
            return core_schema.no_info_after_validator_function(self._between, schema)
        leaf |= {key: end for key, end in (("ge", self.low), ("le", self.high)) if end is not None}
        return schema

    def _between(self, value: str) -> str:
        # Canonical dates, times and datetimes are in order as texts.
        if isinstance(self.low, str) and value < self.low:
            raise PydanticKnownError("greater_than_equal", {"ge": self.low})
        if isinstance(self.high, str) and value > self.high:
            raise PydanticKnownError("less_than_equal", {"le": self.high})
        return value


@dataclass(frozen=True, slots=True)
class Length:
    """The number of characters of a text, or of elements: ``Annotated[list[Int], Length(1, 5)]``."""

    low: int | None
    high: int | None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        ends = (("min_length", self.low), ("max_length", self.high))
        _leaf(schema).update((key, end) for key, end in ends if end is not None)
        return schema


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> re.Pattern[str] | None:
    r"""A ``@match`` expression, compiled, or None: ``\d \w \s`` are ASCII's, as in JSON Schema."""
    try:
        return re.compile(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Match:
    """The whole text matches the regular expression: ``Annotated[Text, Match("[A-Z]{3}")]``."""

    pattern: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        compiled = compile_pattern(self.pattern)
        if compiled is None:
            raise ValueError(f"{self.pattern!r} is no regular expression")

        def whole(value: str) -> str:
            if compiled.fullmatch(value) is None:
                raise PydanticKnownError("string_pattern_mismatch", {"pattern": self.pattern})
            return value

        return core_schema.no_info_after_validator_function(whole, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


@dataclass(frozen=True, slots=True)
class Ref:
    """The id of a row. ``Annotated[int, Ref("Slot")]`` numbered, ``Annotated[int, Ref("Order",
    "ORD-{n:05}")]`` a number written by a format, ``Annotated[str, Ref("Airport")]`` a natural key. Whether
    the row exists is asked later.
    """

    entity: str
    format: str | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if self.format is not None:
            stored = core_schema.simple_ser_schema("int")
            return core_schema.no_info_after_validator_function(self._number, {**_STR}, serialization=stored)
        if source is str:
            return core_schema.no_info_after_validator_function(parse_text, {**_STR})
        return {**_INT}

    def _number(self, text: str) -> int:
        form = self.format or "{n}"
        number = _number_of(form, text) if len(text) <= _SHORT else id_format(form).parse(text)
        if number is None:
            example = id_format(form).format(1)
            raise _refusal("id_format", f"Input should be the id of one {self.entity}, such as {example}")
        return number

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        if self.format is not None:
            return {"type": "string", "pattern": id_format(self.format).pattern}
        return {"type": handler(schema)["type"]}
