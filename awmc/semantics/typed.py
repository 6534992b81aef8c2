"""Typed expressions and statements: names resolved, conversions explicit, the sugar of the language still in
place.

A `Binder` stands for the row (or list element) that a query, a shape or a declaration's `self` ranges over.
"""

from __future__ import annotations

from inspect import get_annotations
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from awmc.semantics.types import Type
from awmc.source import Span

if TYPE_CHECKING:
    from awmc.semantics.model import Entity, Field, Fn, ShapeModel, ToolModel


class Node(Struct, frozen=True):
    """What `walk` finds: an expression, a part of one, or a statement."""


class Typed(Node, frozen=True):
    span: Span
    type: Type


class Duration(Struct, frozen=True):
    months: int
    seconds: int


class Binder(Struct, frozen=True, eq=False):
    """Compared by identity. `name`: as it is written, or `""`. `is_self`: the row of the declaration."""

    name: str
    type: Type
    is_self: bool = False


class Const(Typed, frozen=True):
    """A value in storage form; a `Duration` for durations."""

    value: Any
    written: str = ""


class Label(Typed, frozen=True):
    """The seed row of `type.name` with this label."""

    label: str


class Shift(Typed, frozen=True):
    """In seeds: the clock, or its date, plus a duration."""

    months: int
    seconds: int


class Local(Typed, frozen=True):
    name: str


class Now(Typed, frozen=True):
    pass


class Me(Typed, frozen=True):
    pass


class Bound(Typed, frozen=True):
    """The row or element of a binder."""

    binder: Binder


class ColumnOf(Typed, frozen=True):
    """A stored or computed column of a row, or its id."""

    of: Expr
    field: Field


class PartOf(Typed, frozen=True):
    """A part of a record, a group's row, or an object on the wire."""

    of: Expr
    name: str


class RelationOf(Typed, frozen=True):
    """The rows that a relation or a many-to-many field of a row stands for."""

    of: Expr
    field: Field


class AllOf(Typed, frozen=True):
    """All rows of an entity, or with a scope those inside it."""

    entity: Entity
    scope: str


class Op(Typed, frozen=True):
    """An operator or function of the IR, on values."""

    fn: str
    args: tuple[Expr, ...]


class Term(Node, frozen=True):
    test: Expr
    given: tuple[str, ...]


class Source(Node, frozen=True):
    binder: Binder
    of: Expr


class Order(Node, frozen=True):
    key: Expr
    descending: bool


class QueryOf(Typed, frozen=True):
    sources: tuple[Source, ...]
    where: tuple[Term, ...]
    order: tuple[Order, ...]
    limit: Expr | None
    offset: Expr | None


class AggregateOf(Typed, frozen=True):
    """`binder` is the query's row in `value`."""

    fn: str
    query: Expr
    binder: Binder
    value: Expr | None


class GroupPart(Node, frozen=True):
    name: str
    fn: str
    """Empty for a key."""
    value: Expr | None
    type: Type


class GroupOf(Typed, frozen=True):
    query: Expr
    binder: Binder
    parts: tuple[GroupPart, ...]


class ItemOf(Typed, frozen=True):
    of: Expr
    index: Expr


class ListOf(Typed, frozen=True):
    items: tuple[Expr, ...]


class RecordOf(Typed, frozen=True):
    fields: tuple[tuple[str, Expr], ...]


class ShapedOf(Typed, frozen=True):
    of: Expr
    shape: ShapeModel


class OldOf(Typed, frozen=True):
    of: Expr


class FnCall(Typed, frozen=True):
    fn: Fn
    args: tuple[tuple[str, Expr], ...]


class ToolCall(Typed, frozen=True):
    """A call of a tool or an action; its arguments by name, those left out left out."""

    tool: ToolModel
    args: tuple[tuple[str, Expr], ...]


class GeneratorOf(Typed, frozen=True):
    fn: str
    query: Expr | None
    args: tuple[Expr, ...]


class Poison(Typed, frozen=True):
    """An expression that has been reported; says nothing more."""


Expr = (
    Const | Label | Shift | Local | Now | Me | Bound | ColumnOf | PartOf | RelationOf | AllOf | Op
    | QueryOf | AggregateOf
    | GroupOf | ItemOf | ListOf | RecordOf | ShapedOf | OldOf | FnCall | ToolCall | GeneratorOf | Poison
)  # fmt: skip


# ---- Statements ----------------------------------------------------------------------------------------------------


class Failure(Node, frozen=True):
    code: str
    message: Expr


class Let(Node, frozen=True):
    span: Span
    name: str
    value: Expr
    otherwise: Failure | Create | None


class Require(Node, frozen=True):
    span: Span
    test: Expr
    otherwise: Failure


class Children(Node, frozen=True):
    """Rows made with a new row: literal records, or one for each element of a list (`each`, named `element`)."""

    field: Field
    rows: tuple[tuple[tuple[Field, Expr], ...], ...]
    each: Expr | None = None
    element: str = ""
    values: tuple[tuple[Field, Expr], ...] = ()


class Create(Node, frozen=True):
    span: Span
    name: str
    """The local that the new row is bound to, or empty."""
    entity: Entity
    values: tuple[tuple[Field, Expr], ...]
    links: tuple[tuple[Field, Expr], ...]
    children: tuple[Children, ...]


class Assign(Node, frozen=True):
    """`part`: of a record column, or empty. `op`: `=`, `+=` or `-=`; on a many-to-many field it links or
    unlinks.
    """

    field: Field
    part: tuple[str, ...]
    op: str
    value: Expr
    given: tuple[str, ...]


class Update(Node, frozen=True):
    span: Span
    entity: Entity
    binder: Binder
    rows: Expr
    assigns: tuple[Assign, ...]


class Delete(Node, frozen=True):
    span: Span
    entity: Entity
    rows: Expr


class For(Node, frozen=True):
    span: Span
    name: str
    type: Type
    over: Expr
    body: tuple[Statement, ...]


class If(Node, frozen=True):
    span: Span
    test: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class Fail(Node, frozen=True):
    span: Span
    failure: Failure


class Return(Node, frozen=True):
    """`made`: the row that `return create …` makes first, bound to the local that `value` is."""

    span: Span
    value: Expr
    made: Create | None = None


class Call(Node, frozen=True):
    span: Span
    name: str
    call: ToolCall


class Fails(Node, frozen=True):
    span: Span
    call: ToolCall
    code: str


Statement = Let | Require | Create | Update | Delete | For | If | Fail | Return | Call | Fails

_SKIPPED = frozenset({"span", "type", "binder", "entity", "field", "fn", "tool", "shape"})


_PLAIN = frozenset({"str", "int", "bool", "Any"})
"""What a field is declared to hold, where that is never a node."""

_names: dict[type[Struct], tuple[str, ...]] = {}


def walk(node: Any) -> list[Any]:
    """A node and all below it, parents first, in order. Declarations are not followed."""
    found: list[Any] = []
    stack = [node]
    while stack:
        current = stack.pop()
        found.append(current)
        for name in _last_first(type(current)):
            value = getattr(current, name)
            if isinstance(value, Node):
                stack.append(value)
            elif isinstance(value, tuple):
                _push(value, stack)
    return found


def _last_first(kind: type[Struct]) -> tuple[str, ...]:
    """The fields that may hold nodes."""
    if kind not in _names:
        declared = {n: t for base in kind.__mro__ for n, t in get_annotations(base).items()}
        _names[kind] = tuple(
            name
            for name in reversed(kind.__struct_fields__)
            if name not in _SKIPPED and declared[name] not in _PLAIN
        )
    return _names[kind]


def _push(values: tuple[Any, ...], stack: list[Any]) -> None:
    for value in reversed(values):
        if isinstance(value, Node):
            stack.append(value)
        elif isinstance(value, tuple):
            _push(value, stack)
