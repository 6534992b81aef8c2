"""The AST: what the text says, before any name is looked up.

Every node is a frozen struct that carries the span of the text it was made from, in characters, end exclusive.
Nothing is defaulted, expanded or typed here; a node that was not written is None or an empty tuple.
"""

from __future__ import annotations

from typing import Literal as OneOf

from msgspec import Struct

from awmc.source import Span


class Node(Struct, frozen=True):
    span: Span


class Name(Node, frozen=True):
    """An identifier, `Upper` or `lower_snake`, where it stands."""

    text: str


class Text(Node, frozen=True):
    """A string literal that is not an expression (a doc, a wire text): `value` has its JSON escapes resolved."""

    value: str


# ---- Expressions ---------------------------------------------------------------------------------------------------


class Literal(Node, frozen=True):
    """A literal; `value` is int for `int`, the written digits for `decimal`, the unescaped text for `text`, ISO text as
    written for `date`, `datetime` and `time` (`HH:MM`), `24h` as written for `duration`, a bool, or None."""

    kind: OneOf["int", "decimal", "text", "date", "datetime", "time", "duration", "bool", "null"]
    value: int | str | bool | None


class Interpolation(Node, frozen=True):
    """A text with `{expr}` in it: literal pieces and expressions in turn; never two literal pieces in a row."""

    parts: tuple[str | Expr, ...]


class Ref(Node, frozen=True):
    """A lower-case name on its own: a local, a parameter, `me`, `now`, `self`, an enum value, a seed label."""

    name: str


class EntityRef(Node, frozen=True):
    """An `Upper` name on its own: all rows of an entity."""

    name: str


class Scoped(Node, frozen=True):
    """`my Visit`: the rows of an entity inside one of its scopes."""

    scope: Name
    entity: Name


class Column(Node, frozen=True):
    """`.field` of the row of the innermost query."""

    field: Name


class Attr(Node, frozen=True):
    """`of.field`."""

    of: Expr
    field: Name


class IfGiven(Node, frozen=True):
    """`of?`: without a value, the term or assignment it stands in is left out."""

    of: Expr


class Index(Node, frozen=True):
    """`of[index]`."""

    of: Expr
    index: Expr


class Arg(Node, frozen=True):
    name: Name | None
    value: Expr


class Call(Node, frozen=True):
    """`name(args)`: a function, an aggregate, a `fn`, a tool or an action."""

    name: Name
    args: tuple[Arg, ...]


class Apply(Node, frozen=True):
    """`Upper(args)`: a shape applied to a row, or a row written by its key."""

    name: Name
    args: tuple[Arg, ...]


class Unary(Node, frozen=True):
    op: OneOf["not", "-"]
    of: Expr


class Binary(Node, frozen=True):
    """Operators `or and == != < <= > >= contains ?? + - * / %`."""

    op: str
    left: Expr
    right: Expr


class Within(Node, frozen=True):
    """`value in list`, or with `high` `value in low .. high`, both ends included."""

    value: Expr
    low: Expr
    high: Expr | None
    negated: bool


class IsNull(Node, frozen=True):
    of: Expr
    negated: bool


class Condition(Node, frozen=True):
    """`if c then a else b`."""

    test: Expr
    then: Expr
    otherwise: Expr


class ListOf(Node, frozen=True):
    items: tuple[Expr, ...]


class Entry(Node, frozen=True):
    """`name: value`; `value` is None for the short form `name`."""

    name: Name
    value: Expr | None


class RecordOf(Node, frozen=True):
    entries: tuple[Entry, ...]


class Join(Node, frozen=True):
    of: Expr
    alias: Name


class OrderKey(Node, frozen=True):
    key: Expr
    descending: bool


class Query(Node, frozen=True):
    """A source with at least one clause; a source without any is just that expression."""

    source: Expr
    alias: Name | None
    joins: tuple[Join, ...]
    where: Expr | None
    order: tuple[OrderKey, ...]
    limit: Expr | None
    offset: Expr | None


class Create(Node, frozen=True):
    """`create Entity { … }`: a statement, or the head of what follows `let x =`, `return` and `else`."""

    entity: Name
    values: RecordOf


Expr = (
    Literal | Interpolation | Ref | EntityRef | Scoped | Column | Attr | IfGiven | Index | Call | Apply | Unary | Binary
    | Within | IsNull | Condition | ListOf | RecordOf | Query | Create
)  # fmt: skip


# ---- Types ---------------------------------------------------------------------------------------------------------


class Range(Node, frozen=True):
    """`low .. high`; either end may be open, not both."""

    low: Literal | None
    high: Literal | None


class BaseType(Node, frozen=True):
    """`text? 1..80` and the like: a lower-case type."""

    name: Name
    optional: bool
    range: Range | None


class RowType(Node, frozen=True):
    """`Patient`, `my Visit?`, `Specialty`, `Address`: an `Upper` type, an entity's possibly with a scope."""

    scope: Name | None
    name: Name
    optional: bool


class ColumnType(Node, frozen=True):
    """`Order.status`: the type of another column."""

    entity: Name
    field: Name
    optional: bool


class EnumType(Node, frozen=True):
    """`enum(a, b)`, written where it is used once."""

    values: tuple[EnumValue, ...]
    optional: bool


class RecordType(Node, frozen=True):
    fields: tuple[Param, ...]


class ListType(Node, frozen=True):
    element: TypeExpr
    optional: bool
    range: Range | None


TypeExpr = BaseType | RowType | ColumnType | EnumType | RecordType | ListType


class ShapeMember(Node, frozen=True):
    """One part of a shape: a path (`category.name`, `lines(qty, price)`) or a named value (`fee: .doctor.fee`)."""

    path: tuple[Name, ...]
    nested: tuple[ShapeMember, ...] | None
    name: Name | None
    value: Expr | None


class ResultType(Node, frozen=True):
    """What a tool returns: one element, or with `many` a list of it; `shape` is an inline shape of a row type."""

    element: TypeExpr
    shape: tuple[ShapeMember, ...] | None
    many: bool


# ---- Statements ----------------------------------------------------------------------------------------------------


class Otherwise(Node, frozen=True):
    """`else CODE "message"`."""

    code: Name
    message: Text | Interpolation


class Let(Node, frozen=True):
    name: Name
    value: Expr
    otherwise: Otherwise | Create | None


class Require(Node, frozen=True):
    test: Expr
    otherwise: Otherwise


class Assign(Node, frozen=True):
    path: tuple[Name, ...]
    op: OneOf["=", "+=", "-="]
    value: Expr


class Update(Node, frozen=True):
    rows: Expr
    assigns: tuple[Assign, ...]


class Delete(Node, frozen=True):
    rows: Expr


class For(Node, frozen=True):
    name: Name
    over: Expr
    body: Block


class If(Node, frozen=True):
    test: Expr
    then: Block
    otherwise: Block | None
    """A Block of exactly one If for `else if`."""


class Fail(Node, frozen=True):
    code: Name
    message: Text | Interpolation


class Return(Node, frozen=True):
    value: Expr


class CallStatement(Node, frozen=True):
    call: Call


class Fails(Node, frozen=True):
    """`fails call with CODE`."""

    call: Call
    code: Name


Statement = Let | Require | Create | Update | Delete | For | If | Fail | Return | CallStatement | Fails


class Block(Node, frozen=True):
    statements: tuple[Statement, ...]


# ---- Declarations --------------------------------------------------------------------------------------------------


class Actor(Node, frozen=True):
    entity: Name
    label: Name


class Offered(Node, frozen=True):
    name: Name
    alias: Name | None


class Env(Node, frozen=True):
    """`clocks`, `actors`: as often as written; more than one is refused by the checker."""

    name: Name
    about: Text
    clocks: tuple[Literal, ...]
    actors: tuple[Actor, ...]
    policy: tuple[Text, ...]
    offers: tuple[Offered, ...]


class EnumValue(Node, frozen=True):
    name: Name
    wire: Text | None
    doc: Text | None


class Enum(Node, frozen=True):
    name: Name
    values: tuple[EnumValue, ...]


class Attribute(Node, frozen=True):
    """`@name(args)` or `@@name(args)`."""

    name: Name
    args: tuple[Arg, ...]


class Param(Node, frozen=True):
    name: Name
    type: TypeExpr
    default: Expr | None
    attributes: tuple[Attribute, ...]
    doc: Text | None


class Record(Node, frozen=True):
    name: Name
    fields: tuple[Param, ...]


class Transition(Node, frozen=True):
    source: Name
    targets: tuple[Name, ...]


class States(Node, frozen=True):
    transitions: tuple[Transition, ...]


class Field(Node, frozen=True):
    name: Name
    type: TypeExpr | States
    default: Expr | None
    attributes: tuple[Attribute, ...]
    docs: tuple[Text, ...]


class Entity(Node, frozen=True):
    name: Name
    about: Text | None
    owner: tuple[Name, ...]
    """The path after `owned by`; empty without one."""
    fields: tuple[Field, ...]
    attributes: tuple[Attribute, ...]


class Shape(Node, frozen=True):
    name: Name
    entity: Name
    members: tuple[ShapeMember, ...]


class Fn(Node, frozen=True):
    name: Name
    params: tuple[Param, ...]
    type: TypeExpr | None
    value: Expr


class Invariant(Node, frozen=True):
    name: Name
    about: Text | None
    entity: Name | None
    test: Expr


class Derived(Node, frozen=True):
    """One item of `tools`: `list(a, b)`, `get as find_user`, `delete require …`."""

    kind: Name
    alias: Name | None
    names: tuple[Name, ...]
    requires: tuple[Require, ...]


class Tools(Node, frozen=True):
    scope: Name | None
    entity: Name
    shape: Name | None
    items: tuple[Derived, ...]


class Tool(Node, frozen=True):
    """A `tool`, or with `hidden` an `action`."""

    name: Name
    params: tuple[Param, ...]
    about: Text | None
    result: ResultType | None
    body: Block
    hidden: bool


class SeedColumn(Node, frozen=True):
    name: Name
    constant: Expr | None


class SeedRow(Node, frozen=True):
    """`label: v, v`; a `{ a: v }` row is one RecordOf cell."""

    label: Name | None
    cells: tuple[Expr, ...]


class Seed(Node, frozen=True):
    entity: Name
    columns: tuple[SeedColumn, ...]
    rows: tuple[SeedRow, ...]


class Generate(Node, frozen=True):
    """`seed Entity * N { a: generator }`."""

    entity: Name
    count: Literal
    values: RecordOf


class Loop(Node, frozen=True):
    """`for name in over`."""

    name: Name
    over: Expr


class Solve(Node, frozen=True):
    loop: Loop | None
    body: Block


class Wrong(Node, frozen=True):
    body: Block


class User(Node, frozen=True):
    text: Text | Interpolation


class TaskLet(Node, frozen=True):
    name: Name
    value: Expr


class Free(Node, frozen=True):
    column: ColumnType
    where: Expr | None


class May(Node, frozen=True):
    kind: OneOf["create", "update", "delete"]
    entity: Name
    where: Expr | None


class Ensure(Node, frozen=True):
    test: Expr


class Answer(Node, frozen=True):
    values: tuple[Expr, ...]


TaskPart = Solve | Wrong | User | TaskLet | Free | May | Ensure | Answer


class Task(Node, frozen=True):
    name: Name
    actor: Name | None
    loop: Loop | None
    instruction: Text | Interpolation
    parts: tuple[TaskPart, ...]


Declaration = (
    Env | Enum | Record | Entity | Shape | Fn | Tools | Tool | Invariant | Seed | Generate | Task
)  # fmt: skip


class Spec(Node, frozen=True):
    """One whole file, in source order."""

    items: tuple[Declaration, ...]
