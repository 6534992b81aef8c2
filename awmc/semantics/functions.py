"""The functions of the language: what they take and what they give.

A signature's argument is a set of kinds; the result is a type, or `same` for that of the first argument.
"""

from __future__ import annotations

from msgspec import Struct

from awmc.semantics.types import BOOL, DATE, INT, MOMENTS, NUMBER, SCALARS, TEXT, TEXTUAL, TIME, Type

AGGREGATES = (
    "count",
    "exists",
    "sum",
    "avg",
    "min",
    "max",
    "first",
    "min_by",
    "max_by",
    "any",
    "all",
    "list",
)
GROUP_AGGREGATES = ("count", "sum", "avg", "min", "max")
GENERATORS = ("each", "pick", "spread", "seq", "fake")
STATEMENTS_LIKE = ("old", "group", "choose")


class Signature(Struct, frozen=True):
    """`optional`: how many of the last arguments may be left out."""

    args: tuple[tuple[str, ...], ...]
    result: Type | None
    optional: int = 0
    wants: str = ""

    @property
    def fewest(self) -> int:
        return len(self.args) - self.optional


NUMBERS = ("int", "number", "money")
FUNCTIONS: dict[str, Signature] = {
    "len": Signature(((*TEXTUAL, "list"),), INT, wants="a text or a list"),
    "lower": Signature((TEXTUAL,), TEXT, wants="a text"),
    "upper": Signature((TEXTUAL,), TEXT, wants="a text"),
    "trim": Signature((TEXTUAL,), TEXT, wants="a text"),
    "replace": Signature((TEXTUAL, TEXTUAL, TEXTUAL), TEXT, wants="texts"),
    "left": Signature((TEXTUAL, ("int",)), TEXT, wants="a text and an int"),
    "right": Signature((TEXTUAL, ("int",)), TEXT, wants="a text and an int"),
    "starts_with": Signature((TEXTUAL, TEXTUAL), BOOL, wants="texts"),
    "matches": Signature((TEXTUAL, TEXTUAL), BOOL, wants="texts"),
    "relevance": Signature((TEXTUAL, TEXTUAL), INT, wants="texts"),
    "round": Signature((NUMBERS, ("int",)), None, optional=1, wants="a number and how many digits"),
    "floor": Signature((NUMBERS,), None, wants="a number"),
    "ceil": Signature((NUMBERS,), None, wants="a number"),
    "abs": Signature((NUMBERS,), None, wants="a number"),
    "date": Signature((MOMENTS,), DATE, wants="a datetime"),
    "time": Signature((("datetime",),), TIME, wants="a datetime"),
    "year": Signature((MOMENTS,), INT, wants="a date or datetime"),
    "month": Signature((MOMENTS,), INT, wants="a date or datetime"),
    "weekday": Signature((MOMENTS,), INT, wants="a date or datetime"),
    "days_between": Signature((MOMENTS, MOMENTS), INT, wants="dates or datetimes"),
    "text": Signature(((*SCALARS, "enum", "id"),), TEXT, wants="a plain value"),
}

CONSTANT_NAMES = ("me", "now", "self", "clock")
RESERVED = frozenset((*FUNCTIONS, *AGGREGATES, *GENERATORS, *STATEMENTS_LIKE, *CONSTANT_NAMES))


def result_of(name: str, first: Type) -> Type:
    """The type that a function gives for a first argument of this type."""
    result = FUNCTIONS[name].result
    if result is not None:
        return result
    if name in ("floor", "ceil"):
        return INT if first.kind == "number" else Type(first.kind)
    return Type(first.kind) if first.kind != "error" else NUMBER
