"""Typed expressions and statements: names resolved, conversions explicit, the sugar of the language still in
place.

A `Binder` stands for the row (or list element) that a query, a shape or a declaration's `self` ranges over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from awmc.semantics.types import Type
from awmc.source import Span

if TYPE_CHECKING:
    from awmc.semantics.model import Entity, Field, Fn, ShapeModel, ToolModel


@dataclass(frozen=True, slots=True)
class Typed:
    span: Span
    type: Type


@dataclass(frozen=True, slots=True)
class Duration:
    months: int
    seconds: int


@dataclass(frozen=True, slots=True, eq=False)
class Binder:
    """Compared by identity. `name`: as it is written, or `""`. `is_self`: the row of the declaration."""

    name: str
    type: Type
    is_self: bool = False


@dataclass(frozen=True, slots=True)
class Const(Typed):
    """A value in storage form; a `Duration` for durations."""

    value: Any
    written: str = ""


@dataclass(frozen=True, slots=True)
class Label(Typed):
    """The seed row of `type.name` with this label."""

    label: str


@dataclass(frozen=True, slots=True)
class Shift(Typed):
    """In seeds: the clock, or its date, plus a duration."""

    months: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Local(Typed):
    name: str


@dataclass(frozen=True, slots=True)
class Now(Typed):
    pass


@dataclass(frozen=True, slots=True)
class Me(Typed):
    pass


@dataclass(frozen=True, slots=True)
class Bound(Typed):
    """The row or element of a binder."""

    binder: Binder


@dataclass(frozen=True, slots=True)
class ColumnOf(Typed):
    """A stored or computed column of a row, or its id."""

    of: Expr
    field: Field


@dataclass(frozen=True, slots=True)
class PartOf(Typed):
    """A part of a record, a group's row, or an object on the wire."""

    of: Expr
    name: str


@dataclass(frozen=True, slots=True)
class RelationOf(Typed):
    """The rows that a relation or a many-to-many field of a row stands for."""

    of: Expr
    field: Field


@dataclass(frozen=True, slots=True)
class AllOf(Typed):
    """All rows of an entity, or with a scope those inside it."""

    entity: Entity
    scope: str


@dataclass(frozen=True, slots=True)
class Op(Typed):
    """An operator or function of the IR, on values."""

    fn: str
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Term:
    test: Expr
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    binder: Binder
    of: Expr


@dataclass(frozen=True, slots=True)
class Order:
    key: Expr
    descending: bool


@dataclass(frozen=True, slots=True)
class QueryOf(Typed):
    sources: tuple[Source, ...]
    where: tuple[Term, ...]
    order: tuple[Order, ...]
    limit: Expr | None
    offset: Expr | None


@dataclass(frozen=True, slots=True)
class AggregateOf(Typed):
    """`binder` is the query's row in `value`."""

    fn: str
    query: Expr
    binder: Binder
    value: Expr | None


@dataclass(frozen=True, slots=True)
class GroupPart:
    name: str
    fn: str
    """Empty for a key."""
    value: Expr | None
    type: Type


@dataclass(frozen=True, slots=True)
class GroupOf(Typed):
    query: Expr
    binder: Binder
    parts: tuple[GroupPart, ...]


@dataclass(frozen=True, slots=True)
class ItemOf(Typed):
    of: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class ListOf(Typed):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class RecordOf(Typed):
    fields: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class ShapedOf(Typed):
    of: Expr
    shape: ShapeModel


@dataclass(frozen=True, slots=True)
class OldOf(Typed):
    of: Expr


@dataclass(frozen=True, slots=True)
class FnCall(Typed):
    fn: Fn
    args: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class ToolCall(Typed):
    """A call of a tool or an action; its arguments by name, those left out left out."""

    tool: ToolModel
    args: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class GeneratorOf(Typed):
    fn: str
    query: Expr | None
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Poison(Typed):
    """An expression that has been reported; says nothing more."""


Expr = (
    Const | Label | Shift | Local | Now | Me | Bound | ColumnOf | PartOf | RelationOf | AllOf | Op
    | QueryOf | AggregateOf
    | GroupOf | ItemOf | ListOf | RecordOf | ShapedOf | OldOf | FnCall | ToolCall | GeneratorOf | Poison
)  # fmt: skip


# ---- Statements ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Failure:
    code: str
    message: Expr


@dataclass(frozen=True, slots=True)
class Let:
    span: Span
    name: str
    value: Expr
    otherwise: Failure | Create | None


@dataclass(frozen=True, slots=True)
class Require:
    span: Span
    test: Expr
    otherwise: Failure


@dataclass(frozen=True, slots=True)
class Children:
    """Rows made with a new row: literal records, or one for each element of a list (`each`, named `element`)."""

    field: Field
    rows: tuple[tuple[tuple[Field, Expr], ...], ...]
    each: Expr | None = None
    element: str = ""
    values: tuple[tuple[Field, Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class Create:
    span: Span
    name: str
    """The local that the new row is bound to, or empty."""
    entity: Entity
    values: tuple[tuple[Field, Expr], ...]
    links: tuple[tuple[Field, Expr], ...]
    children: tuple[Children, ...]


@dataclass(frozen=True, slots=True)
class Assign:
    """`part`: of a record column, or empty. `op`: `=`, `+=` or `-=`; on a many-to-many field it links or
    unlinks.
    """

    field: Field
    part: tuple[str, ...]
    op: str
    value: Expr
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Update:
    span: Span
    entity: Entity
    binder: Binder
    rows: Expr
    assigns: tuple[Assign, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    span: Span
    entity: Entity
    rows: Expr


@dataclass(frozen=True, slots=True)
class For:
    span: Span
    name: str
    type: Type
    over: Expr
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class If:
    span: Span
    test: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Fail:
    span: Span
    failure: Failure


@dataclass(frozen=True, slots=True)
class Return:
    """`made`: the row that `return create …` makes first, bound to the local that `value` is."""

    span: Span
    value: Expr
    made: Create | None = None


@dataclass(frozen=True, slots=True)
class Call:
    span: Span
    name: str
    call: ToolCall


@dataclass(frozen=True, slots=True)
class Fails:
    span: Span
    call: ToolCall
    code: str


Statement = Let | Require | Create | Update | Delete | For | If | Fail | Return | Call | Fails

_NODES = (
    Typed, Term, Source, Order, GroupPart, Failure, Let, Require, Children, Create, Assign, Update, Delete,
    For, If, Fail,
    Return, Call, Fails,
)  # fmt: skip
_SKIPPED = frozenset({"span", "type", "binder", "entity", "field", "fn", "tool", "shape"})


def children(node: Any) -> list[Any]:
    """The nodes directly below a typed expression or statement, in order. Declarations are not followed."""
    found: list[Any] = []
    for name in _below(type(node)):
        value = getattr(node, name)
        if isinstance(value, _NODES):
            found.append(value)
        elif isinstance(value, tuple):
            _collect(value, found)
    return found


_PLAIN = frozenset({"str", "int", "bool"})
"""What a field is declared to hold, where that is never a node."""

_names: dict[type, tuple[str, ...]] = {}


def _below(kind: type) -> tuple[str, ...]:
    if kind not in _names:
        _names[kind] = tuple(f.name for f in fields(kind) if f.name not in _SKIPPED and f.type not in _PLAIN)
    return _names[kind]


def _collect(values: tuple[Any, ...], found: list[Any]) -> None:
    for value in values:
        if isinstance(value, _NODES):
            found.append(value)
        elif isinstance(value, tuple):
            _collect(value, found)


def walk(node: Any) -> Iterator[Any]:
    """A node and all below it, parents first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        below = children(current)
        below.reverse()
        stack += below
