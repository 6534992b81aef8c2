"""The AST: what the text says, before any name is looked up.

Every node is a frozen dataclass that carries the span of the text it was made from, in characters, end exclusive.
Nothing is defaulted, expanded or typed here; a node that was not written is None or an empty tuple.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from awmc.source import Span


@dataclass(frozen=True, slots=True)
class Node:
    span: Span


@dataclass(frozen=True, slots=True)
class Name(Node):
    """An identifier, `Upper` or `lower_snake`, where it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A string literal that is not an expression (a doc, a wire text): `value` has its JSON escapes resolved."""

    value: str


# ---- Expressions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A literal; `value` is int for `int`, the written digits for `decimal`, the unescaped text for `text`, ISO text as
    written for `date`, `datetime` and `time` (`HH:MM`), `24h` as written for `duration`, a bool, or None."""

    kind: OneOf["int", "decimal", "text", "date", "datetime", "time", "duration", "bool", "null"]
    value: int | str | bool | None


@dataclass(frozen=True, slots=True)
class Interpolation(Node):
    """A text with `{expr}` in it: literal pieces and expressions in turn; never two literal pieces in a row."""

    parts: tuple[str | Expr, ...]


@dataclass(frozen=True, slots=True)
class Ref(Node):
    """A lower-case name on its own: a local, a parameter, `me`, `now`, `self`, an enum value, a seed label."""

    name: str


@dataclass(frozen=True, slots=True)
class EntityRef(Node):
    """An `Upper` name on its own: all rows of an entity."""

    name: str


@dataclass(frozen=True, slots=True)
class Scoped(Node):
    """`my Visit`: the rows of an entity inside one of its scopes."""

    scope: Name
    entity: Name


@dataclass(frozen=True, slots=True)
class Column(Node):
    """`.field` of the row of the innermost query."""

    field: Name


@dataclass(frozen=True, slots=True)
class Attr(Node):
    """`of.field`."""

    of: Expr
    field: Name


@dataclass(frozen=True, slots=True)
class IfGiven(Node):
    """`of?`: without a value, the term or assignment it stands in is left out."""

    of: Expr


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`of[index]`."""

    of: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Arg(Node):
    name: Name | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`name(args)`: a function, an aggregate, a `fn`, a tool or an action."""

    name: Name
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """`Upper(args)`: a shape applied to a row, or a row written by its key."""

    name: Name
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    op: OneOf["not", "-"]
    of: Expr


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Operators `or and == != < <= > >= contains ?? + - * / %`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Within(Node):
    """`value in list`, or with `high` `value in low .. high`, both ends included."""

    value: Expr
    low: Expr
    high: Expr | None
    negated: bool


@dataclass(frozen=True, slots=True)
class IsNull(Node):
    of: Expr
    negated: bool


@dataclass(frozen=True, slots=True)
class Condition(Node):
    """`if c then a else b`."""

    test: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """`name: value`; `value` is None for the short form `name`."""

    name: Name
    value: Expr | None


@dataclass(frozen=True, slots=True)
class RecordOf(Node):
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Join(Node):
    of: Expr
    alias: Name


@dataclass(frozen=True, slots=True)
class OrderKey(Node):
    key: Expr
    descending: bool


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A source with at least one clause; a source without any is just that expression."""

    source: Expr
    alias: Name | None
    joins: tuple[Join, ...]
    where: Expr | None
    order: tuple[OrderKey, ...]
    limit: Expr | None
    offset: Expr | None


@dataclass(frozen=True, slots=True)
class Create(Node):
    """`create Entity { … }`: a statement, or the head of what follows `let x =`, `return` and `else`."""

    entity: Name
    values: RecordOf


Expr = (
    Literal | Interpolation | Ref | EntityRef | Scoped | Column | Attr | IfGiven | Index | Call | Apply | Unary | Binary
    | Within | IsNull | Condition | ListOf | RecordOf | Query | Create
)  # fmt: skip


# ---- Types ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`low .. high`; either end may be open, not both."""

    low: Literal | None
    high: Literal | None


@dataclass(frozen=True, slots=True)
class BaseType(Node):
    """`text? 1..80` and the like: a lower-case type."""

    name: Name
    optional: bool
    range: Range | None


@dataclass(frozen=True, slots=True)
class RowType(Node):
    """`Patient`, `my Visit?`, `Specialty`, `Address`: an `Upper` type, an entity's possibly with a scope."""

    scope: Name | None
    name: Name
    optional: bool


@dataclass(frozen=True, slots=True)
class ColumnType(Node):
    """`Order.status`: the type of another column."""

    entity: Name
    field: Name
    optional: bool


@dataclass(frozen=True, slots=True)
class EnumType(Node):
    """`enum(a, b)`, written where it is used once."""

    values: tuple[EnumValue, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class RecordType(Node):
    fields: tuple[Param, ...]


@dataclass(frozen=True, slots=True)
class ListType(Node):
    element: TypeExpr
    optional: bool
    range: Range | None


TypeExpr = BaseType | RowType | ColumnType | EnumType | RecordType | ListType


@dataclass(frozen=True, slots=True)
class ShapeMember(Node):
    """One part of a shape: a path (`category.name`, `lines(qty, price)`) or a named value (`fee: .doctor.fee`)."""

    path: tuple[Name, ...]
    nested: tuple[ShapeMember, ...] | None
    name: Name | None
    value: Expr | None


@dataclass(frozen=True, slots=True)
class ResultType(Node):
    """What a tool returns: one element, or with `many` a list of it; `shape` is an inline shape of a row type."""

    element: TypeExpr
    shape: tuple[ShapeMember, ...] | None
    many: bool


# ---- Statements ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Otherwise(Node):
    """`else CODE "message"`."""

    code: Name
    message: Text | Interpolation


@dataclass(frozen=True, slots=True)
class Let(Node):
    name: Name
    value: Expr
    otherwise: Otherwise | Create | None


@dataclass(frozen=True, slots=True)
class Require(Node):
    test: Expr
    otherwise: Otherwise


@dataclass(frozen=True, slots=True)
class Assign(Node):
    path: tuple[Name, ...]
    op: OneOf["=", "+=", "-="]
    value: Expr


@dataclass(frozen=True, slots=True)
class Update(Node):
    rows: Expr
    assigns: tuple[Assign, ...]


@dataclass(frozen=True, slots=True)
class Delete(Node):
    rows: Expr


@dataclass(frozen=True, slots=True)
class For(Node):
    name: Name
    over: Expr
    body: Block


@dataclass(frozen=True, slots=True)
class If(Node):
    test: Expr
    then: Block
    otherwise: Block | None
    """A Block of exactly one If for `else if`."""


@dataclass(frozen=True, slots=True)
class Fail(Node):
    code: Name
    message: Text | Interpolation


@dataclass(frozen=True, slots=True)
class Return(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class CallStatement(Node):
    call: Call


@dataclass(frozen=True, slots=True)
class Fails(Node):
    """`fails call with CODE`."""

    call: Call
    code: Name


Statement = Let | Require | Create | Update | Delete | For | If | Fail | Return | CallStatement | Fails


@dataclass(frozen=True, slots=True)
class Block(Node):
    statements: tuple[Statement, ...]


# ---- Declarations --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Actor(Node):
    entity: Name
    label: Name


@dataclass(frozen=True, slots=True)
class Offered(Node):
    name: Name
    alias: Name | None


@dataclass(frozen=True, slots=True)
class Env(Node):
    """`clocks`, `actors`: as often as written; more than one is refused by the checker."""

    name: Name
    about: Text
    clocks: tuple[Literal, ...]
    actors: tuple[Actor, ...]
    policy: tuple[Text, ...]
    offers: tuple[Offered, ...]


@dataclass(frozen=True, slots=True)
class EnumValue(Node):
    name: Name
    wire: Text | None
    doc: Text | None


@dataclass(frozen=True, slots=True)
class Enum(Node):
    name: Name
    values: tuple[EnumValue, ...]


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """`@name(args)` or `@@name(args)`."""

    name: Name
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Param(Node):
    name: Name
    type: TypeExpr
    default: Expr | None
    attributes: tuple[Attribute, ...]
    doc: Text | None


@dataclass(frozen=True, slots=True)
class Record(Node):
    name: Name
    fields: tuple[Param, ...]


@dataclass(frozen=True, slots=True)
class Transition(Node):
    source: Name
    targets: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class States(Node):
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class Field(Node):
    name: Name
    type: TypeExpr | States
    default: Expr | None
    attributes: tuple[Attribute, ...]
    docs: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Entity(Node):
    name: Name
    about: Text | None
    owner: tuple[Name, ...]
    """The path after `owned by`; empty without one."""
    fields: tuple[Field, ...]
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Shape(Node):
    name: Name
    entity: Name
    members: tuple[ShapeMember, ...]


@dataclass(frozen=True, slots=True)
class Fn(Node):
    name: Name
    params: tuple[Param, ...]
    type: TypeExpr | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Invariant(Node):
    name: Name
    about: Text | None
    entity: Name | None
    test: Expr


@dataclass(frozen=True, slots=True)
class Derived(Node):
    """One item of `tools`: `list(a, b)`, `get as find_user`, `delete require …`."""

    kind: Name
    alias: Name | None
    names: tuple[Name, ...]
    requires: tuple[Require, ...]


@dataclass(frozen=True, slots=True)
class Tools(Node):
    scope: Name | None
    entity: Name
    shape: Name | None
    items: tuple[Derived, ...]


@dataclass(frozen=True, slots=True)
class Tool(Node):
    """A `tool`, or with `hidden` an `action`."""

    name: Name
    params: tuple[Param, ...]
    about: Text | None
    result: ResultType | None
    body: Block
    hidden: bool


@dataclass(frozen=True, slots=True)
class SeedColumn(Node):
    name: Name
    constant: Expr | None


@dataclass(frozen=True, slots=True)
class SeedRow(Node):
    """`label: v, v`; a `{ a: v }` row is one RecordOf cell."""

    label: Name | None
    cells: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Seed(Node):
    entity: Name
    columns: tuple[SeedColumn, ...]
    rows: tuple[SeedRow, ...]


@dataclass(frozen=True, slots=True)
class Generate(Node):
    """`seed Entity * N { a: generator }`."""

    entity: Name
    count: Literal
    values: RecordOf


@dataclass(frozen=True, slots=True)
class Loop(Node):
    """`for name in over`."""

    name: Name
    over: Expr


@dataclass(frozen=True, slots=True)
class Solve(Node):
    loop: Loop | None
    body: Block


@dataclass(frozen=True, slots=True)
class Wrong(Node):
    body: Block


@dataclass(frozen=True, slots=True)
class User(Node):
    text: Text | Interpolation


@dataclass(frozen=True, slots=True)
class TaskLet(Node):
    name: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class Free(Node):
    column: ColumnType
    where: Expr | None


@dataclass(frozen=True, slots=True)
class May(Node):
    kind: OneOf["create", "update", "delete"]
    entity: Name
    where: Expr | None


@dataclass(frozen=True, slots=True)
class Ensure(Node):
    test: Expr


@dataclass(frozen=True, slots=True)
class Answer(Node):
    values: tuple[Expr, ...]


TaskPart = Solve | Wrong | User | TaskLet | Free | May | Ensure | Answer


@dataclass(frozen=True, slots=True)
class Task(Node):
    name: Name
    actor: Name | None
    loop: Loop | None
    instruction: Text | Interpolation
    parts: tuple[TaskPart, ...]


Declaration = (
    Env | Enum | Record | Entity | Shape | Fn | Tools | Tool | Invariant | Seed | Generate | Task
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spec(Node):
    """One whole file, in source order."""

    items: tuple[Declaration, ...]
