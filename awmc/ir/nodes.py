"""The nodes of the IR. Everything is resolved, typed, ordered and defaulted; a back end needs nothing else.

They are frozen structs; `codec` writes them as JSON, reads them back and gives their JSON Schema.

Values are in storage form: text, email, url, date (`YYYY-MM-DD`), time (`HH:MM`), datetime
(`YYYY-MM-DDTHH:MM:SS`) as text; money as whole cents; bool as true or false; an enum's value as its wire
text; a row as its key (int, or text for a natural key); a duration as `{"months": m, "seconds": s}`; null as
null.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct, field

FORMAT: Literal[1] = 1
"""Version of this format; a reader refuses any other."""

Scalar = bool | int | float | str | None


class Node(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What all nodes are: immutable; in JSON without the fields that hold their default."""


# ---- Types ---------------------------------------------------------------------------------------------------------

Kind = Literal[
    "text", "int", "number", "money", "bool", "date", "time", "datetime", "email", "url", "duration",
    "enum", "record", "row", "id", "list", "null",
]  # fmt: skip


class Duration(Node, frozen=True, kw_only=True):
    months: int = 0
    seconds: int = 0


class Type(Node, frozen=True, kw_only=True):
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


class TypeField(Node, frozen=True, kw_only=True):
    name: str
    type: Type
    required: bool = True
    doc: str = ""


# ---- Expressions ---------------------------------------------------------------------------------------------------


class Const(Node, frozen=True, kw_only=True, tag_field="op", tag="const"):
    op: ClassVar[str] = "const"
    type: Type
    value: Scalar | Duration = None


class Local(Node, frozen=True, kw_only=True, tag_field="op", tag="local"):
    """A parameter, a `let`, a loop's variable, or a value handed in (`old_1`)."""

    op: ClassVar[str] = "local"
    type: Type
    name: str


class Now(Node, frozen=True, kw_only=True, tag_field="op", tag="now"):
    """The instant of the current call."""

    op: ClassVar[str] = "now"
    type: Type


class Me(Node, frozen=True, kw_only=True, tag_field="op", tag="me"):
    """The row of the actor."""

    op: ClassVar[str] = "me"
    type: Type


class Var(Node, frozen=True, kw_only=True, tag_field="op", tag="var"):
    """The row, or the list element, that the enclosing query binds under this alias; `self` is the
    declaration's row.
    """

    op: ClassVar[str] = "var"
    type: Type
    name: str


class Column(Node, frozen=True, kw_only=True, tag_field="op", tag="column"):
    """A stored or computed column of a row. Null if the row is null."""

    op: ClassVar[str] = "column"
    type: Type
    of: Expr
    entity: str
    column: str


class Part(Node, frozen=True, kw_only=True, tag_field="op", tag="part"):
    """A part of a record, or of an object on the wire."""

    op: ClassVar[str] = "part"
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


class Apply(Node, frozen=True, kw_only=True, tag_field="op", tag="apply"):
    """A function applied to values. `if`: test, then, otherwise. `in_list`: value, items… `between`: value,
    low, high. `concat` takes texts only; `text` gives the written form of any scalar.
    """

    op: ClassVar[str] = "apply"
    type: Type
    fn: Function
    args: tuple[Expr, ...]


class EntitySource(Node, frozen=True, kw_only=True, tag_field="source", tag="entity"):
    source: ClassVar[str] = "entity"
    entity: str


class LinkSource(Node, frozen=True, kw_only=True, tag_field="source", tag="link"):
    """The rows of `entity` linked to the row `of` through a many-to-many table."""

    source: ClassVar[str] = "link"
    entity: str
    link: str
    of: Expr
    of_column: str
    to_column: str


class ListSource(Node, frozen=True, kw_only=True, tag_field="source", tag="list"):
    """The elements of a list: row keys, scalars or records, in the list's order."""

    source: ClassVar[str] = "list"
    of: Expr


Source = EntitySource | LinkSource | ListSource


class From(Node, frozen=True, kw_only=True):
    alias: str
    type: Type
    of: Source


class Term(Node, frozen=True, kw_only=True):
    """One term of a `where`. It holds of every row if any of the `given` locals is null."""

    test: Expr
    given: tuple[str, ...] = ()


class OrderKey(Node, frozen=True, kw_only=True):
    key: Expr
    descending: bool = False


class Query(Node, frozen=True, kw_only=True, tag_field="op", tag="query"):
    """Rows (of the first source) in order: by `order`, nulls last, then by id or by the list's own order.
    Aliases are unique within a statement.
    """

    op: ClassVar[str] = "query"
    type: Type
    sources: tuple[From, ...]
    where: tuple[Term, ...] = ()
    order: tuple[OrderKey, ...] = ()
    limit: Expr | None = None
    offset: Expr | None = None


AggregateFunction = Literal[
    "count", "exists", "sum", "avg", "min", "max", "first", "min_by", "max_by", "any", "all", "list"
]


class Aggregate(Node, frozen=True, kw_only=True, tag_field="op", tag="aggregate"):
    """Over a query. `value` is of the query's row: what is summed (and so on), what `min_by` compares, what
    `any` tests, what `list` lists; None for `count`, `exists`, `first`, and for `list` of the rows
    themselves.
    """

    op: ClassVar[str] = "aggregate"
    type: Type
    fn: AggregateFunction
    query: Query
    value: Expr | None = None


class Key(Node, frozen=True, kw_only=True):
    name: str
    value: Expr


class Total(Node, frozen=True, kw_only=True):
    """One aggregate of a group. `value` is None for `count`."""

    name: str
    fn: Literal["count", "sum", "avg", "min", "max"]
    value: Expr | None = None
    type: Type


class Group(Node, frozen=True, kw_only=True, tag_field="op", tag="group"):
    """Records of `keys` and `totals` in the order of `names`, one per distinct keys, ordered by the keys."""

    op: ClassVar[str] = "group"
    type: Type
    query: Query
    keys: tuple[Key, ...]
    totals: tuple[Total, ...]
    names: tuple[str, ...]


class Item(Node, frozen=True, kw_only=True, tag_field="op", tag="item"):
    """The element of a list at a place from 0; null beyond the ends."""

    op: ClassVar[str] = "item"
    type: Type
    of: Expr
    index: Expr


class ListOf(Node, frozen=True, kw_only=True, tag_field="op", tag="list"):
    op: ClassVar[str] = "list"
    type: Type
    items: tuple[Expr, ...]


class RecordOf(Node, frozen=True, kw_only=True, tag_field="op", tag="record"):
    op: ClassVar[str] = "record"
    type: Type
    fields: tuple[Key, ...]


class Old(Node, frozen=True, kw_only=True, tag_field="op", tag="old"):
    """A value in the world before the run; closed (it names nothing of an enclosing query)."""

    op: ClassVar[str] = "old"
    type: Type
    of: Expr


class Generator(Node, frozen=True, kw_only=True, tag_field="op", tag="generator"):
    """In seeds by rule. `each`/`pick` have a query or values, `spread` two ends, `seq` a first number or a
    text with `{n}`, `fake` a kind.
    """

    op: ClassVar[str] = "generator"
    type: Type
    fn: Literal["each", "pick", "spread", "seq", "fake"]
    query: Query | None = None
    args: tuple[Expr, ...] = ()


Expr = (Const | Local | Now | Me | Var | Column | Part | Apply | Query | Aggregate | Group | Item | ListOf | RecordOf
    | Old | Generator)  # fmt: skip


# ---- Statements ----------------------------------------------------------------------------------------------------


class Place(Node, frozen=True, kw_only=True):
    """Where something stands in the spec: 1-based line, and the text of its first line."""

    line: int
    text: str


class Failure(Node, frozen=True, kw_only=True):
    """A refusal: the code, and the message, a text expression."""

    code: str
    message: Expr


class Let(Node, frozen=True, kw_only=True, tag_field="do", tag="let"):
    """`value` may be a row, a list of rows, a value. With `otherwise`, a null refuses the call."""

    do: ClassVar[str] = "let"
    place: Place
    name: str
    value: Expr
    otherwise: Failure | None = None


class LetOrCreate(Node, frozen=True, kw_only=True, tag_field="do", tag="let_or_create"):
    do: ClassVar[str] = "let_or_create"
    place: Place
    name: str
    value: Expr
    create: Create


class Require(Node, frozen=True, kw_only=True, tag_field="do", tag="require"):
    do: ClassVar[str] = "require"
    place: Place
    test: Expr
    otherwise: Failure


class ColumnValue(Node, frozen=True, kw_only=True):
    column: str
    value: Expr


class LinkValues(Node, frozen=True, kw_only=True):
    """Rows to link a new row to: a list of rows."""

    link: str
    of_column: str
    to_column: str
    rows: Expr


class Children(Node, frozen=True, kw_only=True):
    """Rows to make with a new row: `via` is the child's column that refers to it. Either literal rows, or one
    row for each element of a list, whose `values` speak of the element as the local `element`.
    """

    entity: str
    via: str
    rows: tuple[ChildRow, ...] = ()
    each: Expr | None = None
    element: str = ""
    values: tuple[ColumnValue, ...] = ()


class ChildRow(Node, frozen=True, kw_only=True):
    values: tuple[ColumnValue, ...]


class Create(Node, frozen=True, kw_only=True, tag_field="do", tag="create"):
    """Inserts a row; every stored column but a numbered id is given, in the table's order. `name`: the local
    that the new row is bound to, or empty.
    """

    do: ClassVar[str] = "create"
    place: Place
    name: str = ""
    entity: str
    values: tuple[ColumnValue, ...]
    links: tuple[LinkValues, ...] = ()
    children: tuple[Children, ...] = ()


class Assign(Node, frozen=True, kw_only=True):
    """`given`: left out if any of these locals is null. `value` speaks of the row's own columns through the
    query's alias (the target's first source).
    """

    column: str
    value: Expr
    given: tuple[str, ...] = ()


class LinkChange(Node, frozen=True, kw_only=True):
    """Adds to or takes from a many-to-many relation of the rows, one other row or a list of them."""

    link: str
    of_column: str
    to_column: str
    add: bool
    rows: Expr
    given: tuple[str, ...] = ()


class Update(Node, frozen=True, kw_only=True, tag_field="do", tag="update"):
    """`rows` is a row expression or a query. `alias` names the updated row within the assigned values.
    `moves`: the state columns among the assigned, whose moves are checked first.
    """

    do: ClassVar[str] = "update"
    place: Place
    entity: str
    alias: str
    rows: Expr
    assigns: tuple[Assign, ...]
    links: tuple[LinkChange, ...] = ()
    moves: tuple[str, ...] = ()


class Delete(Node, frozen=True, kw_only=True, tag_field="do", tag="delete"):
    do: ClassVar[str] = "delete"
    place: Place
    entity: str
    rows: Expr


class For(Node, frozen=True, kw_only=True, tag_field="do", tag="for"):
    do: ClassVar[str] = "for"
    place: Place
    name: str
    type: Type
    over: Expr
    body: tuple[Statement, ...]


class If(Node, frozen=True, kw_only=True, tag_field="do", tag="if"):
    do: ClassVar[str] = "if"
    place: Place
    test: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


class Fail(Node, frozen=True, kw_only=True, tag_field="do", tag="fail"):
    do: ClassVar[str] = "fail"
    place: Place
    failure: Failure


class Call(Node, frozen=True, kw_only=True, tag_field="do", tag="call"):
    """Calls a tool or an action. `name`: the local that the result is bound to, or empty. In a tool the
    arguments and the result are in storage form and the result is not shaped.
    """

    do: ClassVar[str] = "call"
    place: Place
    name: str = ""
    tool: str
    args: tuple[Key, ...]


class Return(Node, frozen=True, kw_only=True, tag_field="do", tag="return"):
    """`value` is unshaped; the tool's result says how it goes over the wire. None only in an action that
    returns nothing.
    """

    do: ClassVar[str] = "return"
    place: Place
    value: Expr


class Fails(Node, frozen=True, kw_only=True, tag_field="do", tag="fails"):
    """In a `solve`: the call must be refused with this code."""

    do: ClassVar[str] = "fails"
    place: Place
    tool: str
    args: tuple[Key, ...]
    code: str


Statement = Let | LetOrCreate | Require | Create | Update | Delete | For | If | Fail | Call | Return | Fails


# ---- Declarations --------------------------------------------------------------------------------------------------


class EnumValue(Node, frozen=True, kw_only=True):
    name: str
    wire: str
    doc: str = ""


class Enum(Node, frozen=True, kw_only=True):
    """`inline`: written where it is used; its name is `Owner.column`."""

    name: str
    values: tuple[EnumValue, ...]
    inline: bool = False


class Move(Node, frozen=True, kw_only=True):
    source: str
    targets: tuple[str, ...]


class StoredColumn(Node, frozen=True, kw_only=True):
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


class ComputedColumn(Node, frozen=True, kw_only=True):
    """`value` is over the variable `self`."""

    name: str
    type: Type
    value: Expr
    hidden: bool = False
    doc: str = ""


class Relation(Node, frozen=True, kw_only=True):
    """The rows of `entity` whose column `via` refers here."""

    name: str
    entity: str
    via: str


class ManyToMany(Node, frozen=True, kw_only=True):
    """`table` has the two columns, both the primary key, both cascading."""

    name: str
    entity: str
    table: str
    of_column: str
    to_column: str


class Unique(Node, frozen=True, kw_only=True):
    """`name` is the index's; `where` is over `self`."""

    name: str
    columns: tuple[str, ...]
    where: Expr | None = None


class Check(Node, frozen=True, kw_only=True):
    name: str
    test: Expr
    message: str


class Scope(Node, frozen=True, kw_only=True):
    name: str
    test: Expr


class Entity(Node, frozen=True, kw_only=True):
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


class Member(Node, frozen=True, kw_only=True):
    """One part of a shape: `value` over `self`. If the value is a row or a list of rows, `shape` says how
    each is written, or is `""` for its id.
    """

    name: str
    type: Type
    value: Expr
    shape: str = ""
    doc: str = ""


class Shape(Node, frozen=True, kw_only=True):
    """`implicit`: not written in the spec (the default shape of an entity, an inline or nested shape)."""

    name: str
    entity: str
    members: tuple[Member, ...]
    implicit: bool = False


class Param(Node, frozen=True, kw_only=True):
    """`type` is the storage type (kind `row` for a row, its id on the wire). `default` is None for a required
    or a nullable one: an optional parameter that was not given is null.
    """

    name: str
    type: Type
    required: bool
    default: Expr | None = None
    doc: str = ""
    paging: bool = False


class ErrorCode(Node, frozen=True, kw_only=True):
    """An error that a tool may answer. `message` is its text with `{…}` where values go, empty for those that
    come by themselves.
    """

    code: str
    message: str = ""
    own: bool = True


class Effects(Node, frozen=True, kw_only=True):
    """Tables read; per written table the columns (`*` for rows created or deleted)."""

    reads: tuple[str, ...] = ()
    creates: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()


class Tool(Node, frozen=True, kw_only=True):
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


class Offered(Node, frozen=True, kw_only=True):
    """A ready-made tool: `kind` is calculate, think or handoff."""

    kind: Literal["calculate", "think", "handoff"]
    name: str


class Invariant(Node, frozen=True, kw_only=True):
    """`entity`: empty for one of the whole world; else `test` is over `self`. `tables`: those whose change
    can break it.
    """

    name: str
    about: str
    entity: str = ""
    test: Expr
    tables: tuple[str, ...]
    place: Place


class Actor(Node, frozen=True, kw_only=True):
    entity: str
    key: int | str


class SeedRow(Node, frozen=True, kw_only=True, tag_field="do", tag="row"):
    """A row by hand. `values` are expressions without a query; columns left out take their defaults. `links`
    are keys.
    """

    do: ClassVar[str] = "row"
    entity: str
    label: str = ""
    key: int | str
    values: tuple[ColumnValue, ...]
    links: tuple[SeedLinks, ...] = ()
    place: Place


class SeedLinks(Node, frozen=True, kw_only=True):
    link: str
    of_column: str
    to_column: str
    keys: tuple[int | str, ...]


class SeedRule(Node, frozen=True, kw_only=True, tag_field="do", tag="rule"):
    """`count` rows by rule; `values` may hold generators. `block` numbers the rules of one entity, from 0."""

    do: ClassVar[str] = "rule"
    entity: str
    block: int
    count: int
    values: tuple[ColumnValue, ...]
    links: tuple[LinkValues, ...] = ()
    place: Place


Seed = SeedRow | SeedRule


class Loop(Node, frozen=True, kw_only=True):
    name: str
    type: Type
    over: Expr


class Solve(Node, frozen=True, kw_only=True):
    loop: Loop | None = None
    body: tuple[Statement, ...]
    place: Place


class Wrong(Node, frozen=True, kw_only=True):
    body: tuple[Statement, ...]
    place: Place


class NamedValue(Node, frozen=True, kw_only=True):
    name: str
    value: Expr
    place: Place


class Free(Node, frozen=True, kw_only=True):
    """`where` is over `self`, the row."""

    entity: str
    columns: tuple[str, ...]
    where: Expr | None = None
    place: Place


class May(Node, frozen=True, kw_only=True):
    kind: Literal["create", "update", "delete"]
    entity: str
    where: Expr | None = None
    place: Place


class Ensure(Node, frozen=True, kw_only=True):
    test: Expr
    place: Place


class Answer(Node, frozen=True, kw_only=True):
    """One value that the final message must state. Its `value` may speak of the task's locals, of the world
    as the run leaves it, of `Old`, and of the locals of the `solve` (`solve_locals`).
    """

    value: Expr
    solve_locals: tuple[str, ...] = ()
    place: Place


class Task(Node, frozen=True, kw_only=True):
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


class Environment(Node, frozen=True, kw_only=True):
    """One compiled environment. `entities` are ordered so that a row refers to earlier ones where there is no
    circle. `labels`: per entity, label to key.
    """

    format: Literal[1] = FORMAT
    name: str
    about: str
    clock: str
    actor: Actor | None = None
    policy: str = ""
    offers: tuple[Offered, ...] = ()
    enums: tuple[Enum, ...] = ()
    entities: tuple[Entity, ...] = ()
    shapes: tuple[Shape, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    tools: tuple[Tool, ...] = ()
    seeds: tuple[Seed, ...] = ()
    labels: dict[str, dict[str, int | str]] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    world_seed: int = 0
    rows: dict[str, tuple[tuple[Scalar, ...], ...]] = field(default_factory=dict)
    """The seeded world: per table, rows in the order of the columns. Filled in by seeding."""
