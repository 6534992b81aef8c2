"""What goes over the wire: arguments in, held to their types, and results out."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

from awmc.semantics.model import Model, ShapeModel
from awmc.semantics.types import Type
from tests.reference import values as v
from tests.reference.expressions import Expressions, Names
from tests.reference.values import Member, Row
from tests.reference.world import Refusal, allowed


def refused() -> Refusal:
    return Refusal("invalid_arguments")


def read(model: Model, kind: Type, value: Any) -> Any:
    """A value of a type from JSON; refused where it is none of it."""
    found = _read(model, kind, value)
    if not allowed(kind, found):
        raise refused()
    return found


def _read(model: Model, kind: Type, value: Any) -> Any:
    if value is None:
        if not kind.nullable:
            raise refused()
        return None
    if kind.kind in ("int", "id", "row") and isinstance(value, bool):
        raise refused()
    match kind.kind:
        case "list":
            assert kind.element is not None
            if not isinstance(value, list):
                raise refused()
            return [read(model, kind.element, item) for item in value]
        case "record":
            if not isinstance(value, dict) or not value.keys() <= {name for name, _ in kind.fields}:
                raise refused()
            return {name: read(model, part, value.get(name)) for name, part in kind.fields}
        case "row":
            return Row(kind.name, _key(model, kind.name, value))
        case "id":
            return _key(model, kind.name, value)
        case "enum":
            wires = [wire for _, wire, _ in model.enums[kind.name].values]
            if value not in wires:
                raise refused()
            return Member(wires.index(value), value)
        case "bool":
            if not isinstance(value, bool):
                raise refused()
            return value
        case "int":
            if not isinstance(value, int) or v.integer(value) is None:
                raise refused()
            return value
        case "number" | "money":
            return _amount(kind.kind, value)
    if not isinstance(value, str):
        raise refused()
    return _text(kind.kind, value)


def _key(model: Model, entity: str, value: Any) -> int | str:
    form = model.entities[entity].id_format
    if model.entities[entity].id_field.natural_key:
        return str(_text("text", value)) if isinstance(value, str) else _no_key()
    if not form:
        return value if isinstance(value, int) and v.integer(value) is not None else _no_key()
    if not isinstance(value, str):
        return _no_key()
    digits = re.search(r"[0-9]+", value[form.index("{") :])
    key = int(digits[0]) if digits is not None else 0
    return key if 0 < key < 2**63 and form.format(n=key) == value else _no_key()


def _no_key() -> int:
    raise refused()


def _amount(kind: str, value: Any) -> Any:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or abs(value) > 1e308
        or math.isnan(value)
    ):
        raise refused()
    if kind == "number":
        return float(value) + 0.0
    cents = Fraction(Decimal(repr(value))) * 100
    if abs(cents - round(cents)) > Fraction(1, 1000) or abs(cents) >= 10**15:
        raise refused()
    return v.money(Fraction(round(cents), 100))


_FORMS = {
    "date": r"\d{4}-\d\d-\d\d",
    "time": r"\d\d:\d\d",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?",
    "email": r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+",
    "url": r"(?i)https?://[^\s/]+\S*",
    "text": r"(?s)[^\0\ud800-\udfff]*",
}


def _text(kind: str, value: str) -> Any:
    if re.fullmatch(_FORMS[kind], value, re.ASCII) is None:
        raise refused()
    try:
        match kind:
            case "date":
                return dt.date.fromisoformat(value)
            case "time":
                return dt.time.fromisoformat(value)
            case "datetime":
                return dt.datetime.fromisoformat(value)
    except ValueError:
        raise refused() from None
    return value


# ---- Out -----------------------------------------------------------------------------------------------------------


class Writer:
    """Writes values as JSON; rows by a shape, or as their ids."""

    def __init__(self, expressions: Expressions) -> None:
        self.expressions = expressions

    def value(self, kind: Type, value: Any, shape: ShapeModel | None = None) -> Any:
        if value is None:
            return None
        match kind.kind:
            case "list":
                assert kind.element is not None
                return [self.value(kind.element, item, shape) for item in value]
            case "row" if shape is not None:
                return self.row(value, shape)
            case "row":
                return self.key(kind.name, value.key)
            case "id":
                return self.key(kind.name, value)
            case "record":
                return {name: self.value(part, value.get(name)) for name, part in kind.fields}
        return plain(value)

    def key(self, entity: str, key: int | str) -> int | str:
        form = self.expressions.model.entities[entity].id_format
        return form.format(n=key) if form else key

    def row(self, row: Row, shape: ShapeModel) -> Any:
        if not self.expressions.world.exists(row):
            return None
        names = Names().with_row(shape.binder, row)
        return {
            member.name: self.value(
                member.value.type, self.expressions.value(member.value, names), member.nested
            )
            for member in shape.members
        }


def plain(value: Any) -> Any:
    """A scalar as JSON has it."""
    match value:
        case Member():
            return value.wire
        case Decimal():
            return float(value)
        case dt.date() | dt.time():
            return v.as_text(value)
    return value
