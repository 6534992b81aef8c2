"""The types of expressions, and how they fit each other."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

SCALARS = ("text", "int", "number", "money", "bool", "date", "time", "datetime", "email", "url")
TEXTUAL = ("text", "email", "url")
NUMERIC = ("int", "number", "money")
MOMENTS = ("date", "datetime")


class Type(Struct, frozen=True):
    """`name`: of the enum, the record, or the entity (kinds `row` and `id`). `element`: of a list. `fields`:
    of a record, a group's row or an object on the wire. `paged`: a list on the wire with a `total`. `scope`:
    of a parameter.

    `low`, `high` (storage form, or lengths) and `pattern` are limits, no part of a type's identity.
    """

    kind: str
    nullable: bool = False
    name: str = ""
    element: Type | None = None
    fields: tuple[tuple[str, Type], ...] = ()
    paged: bool = False
    scope: str = ""
    low: int | float | str | None = None
    high: int | float | str | None = None
    pattern: str | None = None

    def __str__(self) -> str:
        """The type in the language's words."""
        match self.kind:
            case "row":
                return self.name
            case "id":
                return f"the id of a {self.name}"
            case "enum" | "record" if self.name:
                return self.name
            case "record":
                return "a record"
            case "list":
                return f"[{self.element}]" if self.element is not None else "a list"
            case "null":
                return "null"
            case "error":
                return "unknown"
        return self.kind

    @property
    def a(self) -> str:
        """The type with an article, for the middle of a sentence."""
        text = str(self)
        if text.startswith(("the ", "a ", "[")) or text in ("null", "money"):
            words = text if not text.startswith("[") else f"a list of {text[1:-1]}"
        else:
            words = f"{'an' if text[0] in 'aeiouAEIO' else 'a'} {text}"
        return f"{words} or null" if self.nullable and self.kind != "null" else words

    @property
    def is_rows(self) -> bool:
        return self.kind == "list" and self.element is not None and self.element.kind == "row"

    def or_null(self, nullable: bool = True) -> Type:
        """This type, nullable if `nullable` or if it already is."""
        if not nullable or self.nullable or self.kind in ("null", "error"):
            return self
        return replace(self, nullable=True)

    @property
    def present(self) -> Type:
        """This type without null."""
        return replace(self, nullable=False) if self.nullable else self

    def field(self, name: str) -> Type | None:
        return next((t for n, t in self.fields if n == name), None)


ERROR = Type("error")
NULL = Type("null", nullable=True)
TEXT = Type("text")
INT = Type("int")
NUMBER = Type("number")
MONEY = Type("money")
BOOL = Type("bool")
DATE = Type("date")
TIME = Type("time")
DATETIME = Type("datetime")
DURATION = Type("duration")


def row_of(entity: str, *, scope: str = "") -> Type:
    return Type("row", name=entity, scope=scope)


def id_of(entity: str) -> Type:
    return Type("id", name=entity)


def list_of(element: Type, *, paged: bool = False) -> Type:
    return Type("list", element=element, paged=paged)


def same(left: Type, right: Type) -> bool:
    """Whether two types are the same but for null and limits."""
    if "error" in (left.kind, right.kind):
        return True
    if left.kind != right.kind or left.name != right.name:
        return False
    if left.kind == "list":
        assert left.element is not None
        assert right.element is not None
        return same(left.element, right.element)
    if left.kind == "record" and not left.name:
        return len(left.fields) == len(right.fields) and all(
            ln == rn and same(lt, rt) for (ln, lt), (rn, rt) in zip(left.fields, right.fields, strict=True)
        )
    return True


def common(left: Type, right: Type) -> Type | None:
    """The type that values of both can have: of branches, of list items, of the two sides of `??`."""
    nullable = left.nullable or right.nullable
    if left.kind in ("error", "null"):
        return right.or_null(nullable)
    if right.kind in ("error", "null"):
        return left.or_null(nullable)
    if same(left, right):
        plain = left if left == right else replace(left, low=None, high=None, pattern=None)
        return replace(plain, nullable=nullable)
    kinds = {left.kind, right.kind}
    if kinds == {"int", "number"}:
        return Type("number", nullable)
    if kinds == {"int", "money"}:
        return Type("money", nullable)
    if kinds <= set(TEXTUAL):
        return Type("text", nullable)
    if left.kind == right.kind == "list" and left.element and right.element:
        element = common(left.element, right.element)
        return Type("list", nullable, element=element) if element is not None else None
    return None


def fits(found: Type, wanted: Type) -> bool:
    """Whether a value of `found`, null aside, can stand where `wanted` is asked for (with a conversion at
    most).
    """
    if found.kind in ("error", "null") or wanted.kind == "error":
        return True
    if same(found, wanted):
        return True
    if wanted.kind in ("number", "money") and found.kind == "int":
        return True
    if wanted.kind == "text" and found.kind in TEXTUAL:
        return True
    if wanted.kind == found.kind == "list" and wanted.element and found.element:
        return fits(found.element, wanted.element)
    if wanted.kind == found.kind == "record" and found.fields and wanted.fields:
        return all(
            ((given := found.field(name)) is not None and fits(given, part))
            or (given is None and part.nullable)
            for name, part in wanted.fields
        )
    return False
