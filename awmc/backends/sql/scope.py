"""Where an expression stands: the statement, the SELECT under construction, and what its names mean.

A `Block` is one SELECT (or the target of an UPDATE or DELETE) while it is being filled. A name of a query
is a `Row` or an `Element` of some block; following a reference from a row joins the table that is
referred to, once a block and reference. `Scope.tree` compiles an expression by its `op`; the modules
beside this one register how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace
from sqlglot import expressions as exp

from awmc.backends.sql import tree as t
from awmc.backends.sql.names import identifier
from awmc.backends.sql.world import World
from awmc.ir import nodes
from awmc.ir.below import BELOW


class Statement:
    """One statement: the values that are bound to it, and the tables that it reads."""

    __slots__ = ("_names", "_uncertain", "binds", "hoisted", "tables", "world")

    def __init__(self, world: World, expr: nodes.Expr | None = None) -> None:
        self.world = world
        self.binds: dict[str, nodes.Expr] = {}
        self._names: dict[tuple[str, ...], str] = {}
        self.tables: set[str] = set()
        # Rows in hand that the outermost SELECT reads, by the name of what is bound.
        self.hoisted: dict[str, TableRow] = {}
        self._uncertain = frozenset(_nullable_paths(expr)) if expr is not None else None

    def bind(self, value: nodes.Expr) -> exp.Placeholder:
        """The parameter that holds a value which the caller has (`is_in_hand`): `:qty`, `:item_qty`,
        `:now`, `:me`."""
        path = _path(value)
        name = self._names.get(path)
        if name is None:
            name = _free("_".join(path[1:]) or path[0], self.binds)
            self._names[path] = name
            self.binds[name] = value
        return exp.Placeholder(this=name)

    def is_certain(self, expr: nodes.Expr) -> bool:
        """Whether a row in hand is not null wherever the statement names it. One that `x is null or …` makes
        certain has a type that says so there, but not at the test."""
        return is_in_hand(expr) and self._uncertain is not None and _path(expr) not in self._uncertain

    def bind_local(self, name: str) -> exp.Placeholder:
        """The parameter that holds a local, whose type is known if it was bound before."""
        return self.bind(nodes.Local(type=nodes.Type(kind="null", nullable=True), name=name))


def is_in_hand(expr: nodes.Expr) -> bool:
    """Whether the caller has the value: a local, a part of one, `now`, `me`."""
    while isinstance(expr, nodes.Part):
        expr = expr.of
    return isinstance(expr, (nodes.Local, nodes.Now, nodes.Me))


def _nullable_paths(expr: nodes.Expr) -> Iterator[tuple[str, ...]]:
    """The rows in hand that an expression somewhere takes for nullable."""
    stack: list[Any] = [expr]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is tuple:
            stack += node
        elif kind is nodes.Local:
            if node.type.nullable:
                yield _path(node)
        elif (names := BELOW[kind]) is not None:
            if kind is nodes.Term:
                yield from (("local", name) for name in node.given)
            elif kind is nodes.Part and node.type.nullable and is_in_hand(node):
                yield _path(node)
            stack += [getattr(node, name) for name in names]


def _path(value: nodes.Expr) -> tuple[str, ...]:
    match value:
        case nodes.Local():
            return "local", value.name
        case nodes.Part():
            return *_path(value.of), value.name
        case _:
            return (value.op,)


def _free(wanted: str, taken: Any) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name


class Block:
    """A SELECT under construction.

    `joins`: whether references may be followed by a JOIN here. `lookup`: it reads one row by its key, and
    finding none means null. `outermost`: nothing stands outside of it.
    """

    __slots__ = (
        "aliases",
        "below",
        "columns",
        "conditions",
        "inner",
        "joins",
        "lookup",
        "outer",
        "outermost",
        "parent",
        "paths",
        "sources",
    )

    def __init__(
        self, parent: Block | None, *, joins: bool = True, lookup: bool = False, outermost: bool = False
    ) -> None:
        self.parent = parent
        self.joins = joins
        self.lookup = lookup
        self.outermost = outermost
        self.sources: list[exp.Expr] = []  # the first table, then joins
        self.aliases: dict[str, str] = {}  # alias to table, "" for other sources
        # Names of sources inside of this block: a table joined here later must not be taken for one of them.
        self.below: set[str] = set()
        self.conditions: list[exp.Expr] = []
        self.columns: list[exp.Column] = []
        self.paths: dict[tuple[str, str], TableRow] = {}
        self.inner = False  # a block inside of this one names its columns
        self.outer: set[str] = set()  # the sources around it whose columns it names

    def is_visible(self, name: str) -> bool:
        block: Block | None = self
        while block is not None:
            if name in block.aliases:
                return True
            block = block.parent
        return False

    def alias(self, wanted: str, table: str = "") -> str:
        """A name that no source has here, around here, or inside of here: a source that is added late must not
        hide behind one that stands inside."""
        name, number = wanted, 1
        while self.is_visible(name) or name in self.below:
            number += 1
            name = f"{wanted}_{number}"
        self.aliases[name] = table
        block = self.parent
        while block is not None:
            block.below.add(name)
            block = block.parent
        return name

    def add(self, source: exp.Expr, on: exp.Expr | None = None, *, left: bool = False) -> None:
        if self.sources:
            source = exp.Join(this=source, on=on, side="LEFT" if left else None)
        self.sources.append(source)

    def add_table(self, table: str, wanted: str, on: exp.Expr | None = None) -> str:
        alias = self.alias(wanted, table)
        self.add(t.table(identifier(table), identifier(alias)), on)
        return alias

    def select(
        self,
        outputs: list[exp.Expr],
        *,
        order: list[exp.Expr] | None = None,
        group: list[exp.Expr] | None = None,
        limit: exp.Expr | None = None,
        offset: exp.Expr | None = None,
    ) -> exp.Select:
        self.settle({output.alias for output in outputs if isinstance(output, exp.Alias)})
        condition = t.all_of(self.conditions)
        if offset is not None and limit is None:
            limit = t.number(-1)
        first, joins = (self.sources[0], self.sources[1:]) if self.sources else (None, [])
        return exp.Select(
            expressions=outputs,
            from_=first and exp.From(this=first),
            joins=joins,
            where=condition and exp.Where(this=condition),
            group=exp.Group(expressions=group) if group else None,
            order=exp.Order(expressions=order) if order else None,
            limit=limit and exp.Limit(expression=limit),
            offset=offset and exp.Offset(expression=offset),
        )

    def settle(self, outputs: set[str] | frozenset[str] = frozenset()) -> None:
        """Drops the names of tables before columns, and aliases, that say nothing. `outputs`: names that
        would hide a column of the same name in ORDER BY."""
        correlated = self.inner or (self.outer and not self.lookup)
        bare = (
            len(self.sources) == 1
            and not correlated
            and not outputs & {column.name for column in self.columns}
        )
        if bare:
            for column in self.columns:
                column.args["table"] = None
        for source in self.sources:
            table = source.this if isinstance(source, exp.Join) else source
            name = table.this.name if isinstance(table, exp.Table) else ""
            if table.alias == name or (bare and name not in self.outer):
                table.args["alias"] = None


# ---- What a name means -------------------------------------------------------------------------------------


class TableRow(Struct, frozen=True, eq=False):
    """A row of a table that a block reads. `left`: it may be missing."""

    block: Block
    alias: str
    entity: str
    left: bool = False


class KeyRow(Struct, frozen=True, eq=False):
    """A row whose key an expression gives."""

    scope: Scope
    expr: nodes.Expr
    entity: str
    nullable: bool


class PathRow(Struct, frozen=True, eq=False):
    """The row that a column of another row refers to. `required`: without it, the SELECT that it is
    joined to finds nothing."""

    of: Row
    column: str
    entity: str
    nullable: bool
    required: bool = False


class PickRow(Struct, frozen=True, eq=False):
    """The one row that `first`, `min_by`, `max_by` or an index takes from a query. `select` gives an
    output of it, or null if there is none."""

    select: Callable[[Scope, Output], exp.Expr]
    entity: str


class Element(Struct, frozen=True, eq=False):
    """An element of a list: the `value` of json_each."""

    block: Block
    alias: str
    type: nodes.Type


class GroupRecord(Struct, frozen=True, eq=False):
    """A record of a group: the columns of a derived table."""

    block: Block
    alias: str
    fields: tuple[nodes.TypeField, ...]


Row = TableRow | KeyRow | PathRow | PickRow
Meaning = Row | Element | GroupRecord
Output = Callable[["Scope", Meaning], exp.Expr]
"""What a SELECT gives of a row or an element, which is named in the scope handed over."""


class Scope(Struct, frozen=True, eq=False):
    """`given`: locals that are not null here, whatever their type says."""

    statement: Statement
    block: Block | None = None
    names: Mapping[str, Meaning] = field(default_factory=dict)
    given: frozenset[str] = frozenset()

    @property
    def world(self) -> World:
        return self.statement.world

    def inside(self, block: Block, **names: Meaning) -> Scope:
        return replace(self, block=block, names={**self.names, **names} if names else self.names)

    def naming(self, name: str, meaning: Meaning) -> Scope:
        return replace(self, names={**self.names, name: meaning})

    def tree(self, expr: nodes.Expr) -> exp.Expr:
        """The value of an expression in storage form: a scalar, a row's key, JSON text of a record or a
        list."""
        return TRANSLATE[expr.op](self, expr)

    def column(self, block: Block, alias: str, name: str) -> exp.Column:
        """A column of a source of `block`, which is this scope's block or one around it."""
        column = t.column(identifier(name), identifier(alias))
        block.columns.append(column)
        if block is not self.block:
            block.inner = True
            between = self.block
            while between is not None and between is not block:
                between.outer.add(alias)
                between = between.parent
        return column

    def row(self, expr: nodes.Expr) -> Row:
        """The row that an expression of kind `row` stands for."""
        find = ROWS.get(expr.op)
        row = find(self, expr) if find else None
        return row or KeyRow(self, expr, expr.type.name, self.is_nullable(expr))

    def is_nullable(self, expr: nodes.Expr) -> bool:
        return expr.type.nullable and not (isinstance(expr, nodes.Local) and expr.name in self.given)


Translation = Callable[[Scope, Any], exp.Expr]
FindRow = Callable[[Scope, Any], Row | None]

TRANSLATE: dict[str, Translation] = {}
"""How an expression becomes a tree, by its `op`."""

DERIVE: dict[str, Callable[[Scope, Any], exp.Select]] = {}
"""How an expression becomes a derived table, by its `op`."""

ROWS: dict[str, FindRow] = {}
"""Which row an expression stands for, by its `op`; None where all that is known of it is its key."""


def translates(op: str) -> Callable[[Translation], Translation]:
    """Registers an entry of `TRANSLATE`."""

    def register(function: Translation) -> Translation:
        TRANSLATE[op] = function
        return function

    return register


def finds_row(op: str) -> Callable[[FindRow], FindRow]:
    """Registers an entry of `ROWS`."""

    def register(function: FindRow) -> FindRow:
        ROWS[op] = function
        return function

    return register


def derives(op: str) -> Callable[[Callable[[Scope, Any], exp.Select]], Callable[[Scope, Any], exp.Select]]:
    """Registers an entry of `DERIVE`."""

    def register(function: Callable[[Scope, Any], exp.Select]) -> Callable[[Scope, Any], exp.Select]:
        DERIVE[op] = function
        return function

    return register
