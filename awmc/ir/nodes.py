"""The nodes of the IR. Everything is resolved, typed, ordered and defaulted; a back end needs nothing else.

They are frozen dataclasses; `codec` writes them as JSON, reads them back through pydantic and gives their
JSON Schema.

Values are in storage form: text, email, url, date (`YYYY-MM-DD`), time (`HH:MM`), datetime
(`YYYY-MM-DDTHH:MM:SS`) as text; money as whole cents; bool as true or false; an enum's value as its wire
text; a row as its key (int, or text for a natural key); a duration as `{"months": m, "seconds": s}`; null as
null.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

FORMAT = 1
"""Version of this format; a reader refuses any other."""

Scalar = bool | int | float | str | None


# ---- Types ---------------------------------------------------------------------------------------------------------

Kind = Literal[
    "text", "int", "number", "money", "bool", "date", "time", "datetime", "email", "url", "duration",
    "enum", "record", "row", "id", "list", "null",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    months: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type.

    `name`: of the enum (kind `enum`), or of the entity (`row`: a row in hand; `id`: its key as the agent sees
    it). `low`, `high`: of values, in storage form; of length for texts and lists. `pattern`: anchored regular
    expression. `element`: of a list; `paged`: a list on the wire that comes with a `total`. `fields`: of a
    record, in order. `scope`: of a parameter that takes a row: the scope that the row must be in.
    """

    kind: Kind
    nullable: bool = False
    name: str = ""
    low: Scalar = None
    high: Scalar = None
    pattern: str | None = None
    element: Type | None = None
    paged: bool = False
    fields: tuple[TypeField, ...] = ()
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeField:
    name: str
    type: Type
    required: bool = True
    doc: str = ""


# ---- Expressions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Const:
    op: Literal["const"] = "const"
    type: Type
    value: Scalar | Duration = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A parameter, a `let`, a loop's variable, or a value handed in (`old_1`)."""

    op: Literal["local"] = "local"
    type: Type
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The instant of the current call."""

    op: Literal["now"] = "now"
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The row of the actor."""

    op: Literal["me"] = "me"
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Var:
    """The row, or the list element, that the enclosing query binds under this alias; `self` is the
    declaration's row.
    """

    op: Literal["var"] = "var"
    type: Type
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A stored or computed column of a row. Null if the row is null."""

    op: Literal["column"] = "column"
    type: Type
    of: Expr
    entity: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a record, or of an object on the wire."""

    op: Literal["part"] = "part"
    type: Type
    of: Expr
    name: str


Function = Literal[
    # logic (no operand is ever null) and comparison (`eq`, `ne` take nulls: null equals null)
    "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "is_null", "in_list", "between", "if", "coalesce",
    # arithmetic; the operands' types say which: int, number, money, moment with duration, duration with
    # duration
    "add", "sub", "mul", "div", "mod", "neg", "round", "floor", "ceil", "abs", "min", "max",
    # text
    "concat", "text", "len", "lower", "upper", "trim", "replace", "left", "right", "contains", "starts_with",
    "matches", "relevance",
    # time
    "date", "time", "year", "month", "weekday", "days_between",
    # conversion: `number` widens an int to a number, `money` an int or number to cents, `key` gives a row's
    # id
    "to_number", "to_money", "key",
    # the place of an enum's value, from 0
    "place",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """A function applied to values. `if`: test, then, otherwise. `in_list`: value, items… `between`: value,
    low, high. `concat` takes texts only; `text` gives the written form of any scalar.
    """

    op: Literal["apply"] = "apply"
    type: Type
    fn: Function
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitySource:
    source: Literal["entity"] = "entity"
    entity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSource:
    """The rows of `entity` linked to the row `of` through a many-to-many table."""

    source: Literal["link"] = "link"
    entity: str
    link: str
    of: Expr
    of_column: str
    to_column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSource:
    """The elements of a list: row keys, scalars or records, in the list's order."""

    source: Literal["list"] = "list"
    of: Expr


Source = Annotated[EntitySource | LinkSource | ListSource, Field(discriminator="source")]


@dataclass(frozen=True, slots=True, kw_only=True)
class From:
    alias: str
    type: Type
    of: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term of a `where`. It holds of every row if any of the `given` locals is null."""

    test: Expr
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKey:
    key: Expr
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Rows (of the first source) in order: by `order`, nulls last, then by id or by the list's own order.
    Aliases are unique within a statement.
    """

    op: Literal["query"] = "query"
    type: Type
    sources: tuple[From, ...]
    where: tuple[Term, ...] = ()
    order: tuple[OrderKey, ...] = ()
    limit: Expr | None = None
    offset: Expr | None = None


AggregateFunction = Literal[
    "count", "exists", "sum", "avg", "min", "max", "first", "min_by", "max_by", "any", "all", "list"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """Over a query. `value` is of the query's row: what is summed (and so on), what `min_by` compares, what
    `any` tests, what `list` lists; None for `count`, `exists`, `first`, and for `list` of the rows
    themselves.
    """

    op: Literal["aggregate"] = "aggregate"
    type: Type
    fn: AggregateFunction
    query: Query
    value: Expr | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    name: str
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One aggregate of a group. `value` is None for `count`."""

    name: str
    fn: Literal["count", "sum", "avg", "min", "max"]
    value: Expr | None = None
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Records of `keys` and `totals` in the order of `names`, one per distinct keys, ordered by the keys."""

    op: Literal["group"] = "group"
    type: Type
    query: Query
    keys: tuple[Key, ...]
    totals: tuple[Total, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """The element of a list at a place from 0; null beyond the ends."""

    op: Literal["item"] = "item"
    type: Type
    of: Expr
    index: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    op: Literal["list"] = "list"
    type: Type
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOf:
    op: Literal["record"] = "record"
    type: Type
    fields: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """A row, or a list of rows, as the objects that a shape describes."""

    op: Literal["shaped"] = "shaped"
    type: Type
    of: Expr
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """A value in the world before the run; closed (it names nothing of an enclosing query)."""

    op: Literal["old"] = "old"
    type: Type
    of: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """In a `solve`: the result of calling a tool; on the wire. Only at the head of a `let` or a query's
    source.
    """

    op: Literal["call"] = "call"
    type: Type
    tool: str
    args: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """In seeds by rule. `each`/`pick` have a query or values, `spread` two ends, `seq` a first number or a
    text with `{n}`, `fake` a kind.
    """

    op: Literal["generator"] = "generator"
    type: Type
    fn: Literal["each", "pick", "spread", "seq", "fake"]
    query: Query | None = None
    args: tuple[Expr, ...] = ()


Expr = Annotated[
    Const | Local | Now | Me | Var | Column | Part | Apply | Query | Aggregate | Group | Item | ListOf | RecordOf
    | Shaped | Old | Called | Generator,
    Field(discriminator="op"),
]  # fmt: skip


# ---- Statements ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in the spec: 1-based line, and the text of its first line."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A refusal: the code, and the message, a text expression."""

    code: str
    message: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Let:
    """`value` may be a row, a list of rows, a value. With `otherwise`, a null refuses the call."""

    do: Literal["let"] = "let"
    place: Place
    name: str
    value: Expr
    otherwise: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetOrCreate:
    do: Literal["let_or_create"] = "let_or_create"
    place: Place
    name: str
    value: Expr
    create: Create


@dataclass(frozen=True, slots=True, kw_only=True)
class Require:
    do: Literal["require"] = "require"
    place: Place
    test: Expr
    otherwise: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnValue:
    column: str
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkValues:
    """Rows to link a new row to: a list of rows."""

    link: str
    of_column: str
    to_column: str
    rows: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """Rows to make with a new row: `via` is the child's column that refers to it. Either literal rows, or one
    row for each element of a list, whose `values` speak of the element as the local `element`.
    """

    entity: str
    via: str
    rows: tuple[ChildRow, ...] = ()
    each: Expr | None = None
    element: str = ""
    values: tuple[ColumnValue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRow:
    values: tuple[ColumnValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Inserts a row; every stored column but a numbered id is given, in the table's order. `name`: the local
    that the new row is bound to, or empty.
    """

    do: Literal["create"] = "create"
    place: Place
    name: str = ""
    entity: str
    values: tuple[ColumnValue, ...]
    links: tuple[LinkValues, ...] = ()
    children: tuple[Children, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """`given`: left out if any of these locals is null. `value` speaks of the row's own columns through the
    query's alias (the target's first source).
    """

    column: str
    value: Expr
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """Adds to or takes from a many-to-many relation of the rows, one other row or a list of them."""

    link: str
    of_column: str
    to_column: str
    add: bool
    rows: Expr
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """`rows` is a row expression or a query. `alias` names the updated row within the assigned values.
    `moves`: the state columns among the assigned, whose moves are checked first.
    """

    do: Literal["update"] = "update"
    place: Place
    entity: str
    alias: str
    rows: Expr
    assigns: tuple[Assign, ...]
    links: tuple[LinkChange, ...] = ()
    moves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    do: Literal["delete"] = "delete"
    place: Place
    entity: str
    rows: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class For:
    do: Literal["for"] = "for"
    place: Place
    name: str
    type: Type
    over: Expr
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class If:
    do: Literal["if"] = "if"
    place: Place
    test: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    do: Literal["fail"] = "fail"
    place: Place
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Calls a tool or an action. `name`: the local that the result is bound to, or empty. In a tool the
    arguments and the result are in storage form and the result is not shaped.
    """

    do: Literal["call"] = "call"
    place: Place
    name: str = ""
    tool: str
    args: tuple[Key, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """`value` is unshaped; the tool's result says how it goes over the wire. None only in an action that
    returns nothing.
    """

    do: Literal["return"] = "return"
    place: Place
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Fails:
    """In a `solve`: the call must be refused with this code."""

    do: Literal["fails"] = "fails"
    place: Place
    tool: str
    args: tuple[Key, ...]
    code: str


Statement = Annotated[
    Let | LetOrCreate | Require | Create | Update | Delete | For | If | Fail | Call | Return | Fails,
    Field(discriminator="do"),
]


# ---- Declarations --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumValue:
    name: str
    wire: str
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """`inline`: written where it is used; its name is `Owner.column`."""

    name: str
    values: tuple[EnumValue, ...]
    inline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    source: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredColumn:
    """A column of a table. `field` is the path in the spec (`address.city`). `default` is given to rows that
    do not set it (a constant, `me` or `now`). `references`: the entity a row column refers to. `moves`: legal
    moves of a state column, by wire text; its first state is the default.
    """

    name: str
    field: str
    type: Type
    default: Expr | None = None
    unique: bool = False
    hidden: bool = False
    search: bool = False
    untracked: bool = False
    references: str = ""
    cascade: bool = False
    moves: tuple[Move, ...] = ()
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedColumn:
    """`value` is over the variable `self`."""

    name: str
    type: Type
    value: Expr
    hidden: bool = False
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """The rows of `entity` whose column `via` refers here."""

    name: str
    entity: str
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyToMany:
    """`table` has the two columns, both the primary key, both cascading."""

    name: str
    entity: str
    table: str
    of_column: str
    to_column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """`name` is the index's; `where` is over `self`."""

    name: str
    columns: tuple[str, ...]
    where: Expr | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    test: Expr
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    name: str
    test: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """`id_column` is `id`, or the natural key; `id_format` is `""` or such as `ORD-{n:05}`: the wire form of
    a numbered id, which is stored as its number. `columns` are all stored columns, the id first.
    """

    name: str
    table: str
    about: str = ""
    singular: str
    plural: str
    id_column: str
    natural_key: bool = False
    id_format: str = ""
    columns: tuple[StoredColumn, ...]
    computed: tuple[ComputedColumn, ...] = ()
    relations: tuple[Relation, ...] = ()
    links: tuple[ManyToMany, ...] = ()
    uniques: tuple[Unique, ...] = ()
    checks: tuple[Check, ...] = ()
    scopes: tuple[Scope, ...] = ()
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One part of a shape: `value` over `self`. If the value is a row or a list of rows, `shape` says how
    each is written, or is `""` for its id.
    """

    name: str
    type: Type
    value: Expr
    shape: str = ""
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`implicit`: not written in the spec (the default shape of an entity, an inline or nested shape)."""

    name: str
    entity: str
    members: tuple[Member, ...]
    implicit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """`type` is the storage type (kind `row` for a row, its id on the wire). `default` is None for a required
    or a nullable one: an optional parameter that was not given is null.
    """

    name: str
    type: Type
    required: bool
    default: Expr | None = None
    doc: str = ""
    paging: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCode:
    """An error that a tool may answer. `message` is its text with `{…}` where values go, empty for those that
    come by themselves.
    """

    code: str
    message: str = ""
    own: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Tables read; per written table the columns (`*` for rows created or deleted)."""

    reads: tuple[str, ...] = ()
    creates: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """`result` is None for a tool without one; its type is the storage type of what `return` gives;
    `result_shape` the shape of the row or rows; `paged`: goes out as `{"items", "total"}`. `checks`:
    invariants to check before a call commits. `derived_from`: `Entity.kind` for a derived tool.
    """

    name: str
    about: str
    params: tuple[Param, ...]
    result: Type | None = None
    result_shape: str = ""
    paged: bool = False
    body: tuple[Statement, ...]
    hidden: bool = False
    effects: Effects = Effects()
    errors: tuple[ErrorCode, ...] = ()
    checks: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    derived_from: str = ""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A ready-made tool: `kind` is calculate, think or handoff."""

    kind: Literal["calculate", "think", "handoff"]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """`entity`: empty for one of the whole world; else `test` is over `self`. `tables`: those whose change
    can break it.
    """

    name: str
    about: str
    entity: str = ""
    test: Expr
    tables: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    entity: str
    key: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRow:
    """A row by hand. `values` are expressions without a query; columns left out take their defaults. `links`
    are keys.
    """

    do: Literal["row"] = "row"
    entity: str
    label: str = ""
    key: int | str
    values: tuple[ColumnValue, ...]
    links: tuple[SeedLinks, ...] = ()
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedLinks:
    link: str
    of_column: str
    to_column: str
    keys: tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRule:
    """`count` rows by rule; `values` may hold generators. `block` numbers the rules of one entity, from 0."""

    do: Literal["rule"] = "rule"
    entity: str
    block: int
    count: int
    values: tuple[ColumnValue, ...]
    links: tuple[LinkValues, ...] = ()
    place: Place


Seed = Annotated[SeedRow | SeedRule, Field(discriminator="do")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    name: str
    type: Type
    over: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Solve:
    loop: Loop | None = None
    body: tuple[Statement, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    body: tuple[Statement, ...]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedValue:
    name: str
    value: Expr
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """`where` is over `self`, the row."""

    entity: str
    columns: tuple[str, ...]
    where: Expr | None = None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    kind: Literal["create", "update", "delete"]
    entity: str
    where: Expr | None = None
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensure:
    test: Expr
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One value that the final message must state. Its `value` may speak of the task's locals, of the world
    as the run leaves it, of `Old`, and of the locals of the `solve` (`solve_locals`).
    """

    value: Expr
    solve_locals: tuple[str, ...] = ()
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`instruction` and `user` are text expressions over the task's locals. `actor`: of this task, or the
    env's.
    """

    name: str
    loop: Loop | None = None
    loop_labels: tuple[str, ...] = ()
    actor: Actor | None = None
    instruction: Expr
    user: tuple[Expr, ...] = ()
    lets: tuple[NamedValue, ...] = ()
    solves: tuple[Solve, ...]
    wrongs: tuple[Wrong, ...] = ()
    free: tuple[Free, ...] = ()
    may: tuple[May, ...] = ()
    ensure: tuple[Ensure, ...] = ()
    answer: tuple[Answer, ...] = ()
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One compiled environment. `entities` are ordered so that a row refers to earlier ones where there is no
    circle. `labels`: per entity, label to key.
    """

    format: Literal[1] = 1
    name: str
    about: str
    clock: str
    actor: Actor | None = None
    policy: str = ""
    offers: tuple[Offered, ...] = ()
    enums: tuple[Enum, ...] = ()
    entities: tuple[Entity, ...]
    shapes: tuple[Shape, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    tools: tuple[Tool, ...] = ()
    seeds: tuple[Seed, ...] = ()
    labels: dict[str, dict[str, int | str]] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    world_seed: int = 0
    rows: dict[str, tuple[tuple[Scalar, ...], ...]] = field(default_factory=dict)
    """The seeded world: per table, rows in the order of the columns. Filled in by seeding."""
