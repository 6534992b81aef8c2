"""The public face: from nodes of the IR to SQL text and the values that it binds."""

from __future__ import annotations

from msgspec import Struct
from sqlglot import expressions as exp

from awmc.backends.sql import constraints, lists, queries, shapes, writes
from awmc.backends.sql import tree as t
from awmc.backends.sql.scope import Block, Scope, Statement
from awmc.backends.sql.text import write
from awmc.backends.sql.world import World
from awmc.ir import nodes


class Bind(Struct, frozen=True):
    """A parameter `:name` and what the caller binds to it: a `Local`, `Now`, `Me`, or a `Part` of one, in
    storage form; a record or a list as JSON text."""

    name: str
    value: nodes.Expr


class Sql(Struct, frozen=True):
    """A statement of SQLite with parameters `:name`, and these in the order of their names."""

    text: str
    binds: tuple[Bind, ...]


class Compiler:
    """Compiles expressions and statements of one environment. It keeps indexes only, so one serves many
    threads.

    `Old` and `Generator` are not for SQL: the caller evaluates them and puts a `Local` in their
    place; one that is met raises KeyError.
    """

    def __init__(self, environment: nodes.Environment) -> None:
        self._world = World(environment)

    # ---- Reading -------------------------------------------------------------------------------------------

    def value(self, expr: nodes.Expr) -> Sql:
        """One row of one column: a scalar, a row's key, JSON text of a record or a list (of rows: their keys).
        No row stands for null, as where a row in hand has been deleted."""
        statement, scope = self._outermost(expr)
        return self._sql(statement, self._single(scope, scope.tree(expr)))

    def rows(self, expr: nodes.Expr) -> Sql:
        """The keys of a query's rows, or of a list of rows, in order; of one row, its key, or no row for
        null."""
        statement = Statement(self._world)
        if expr.type.kind == "list":
            return self._sql(statement, lists.elements(Scope(statement), expr))
        key = Scope(statement).tree(expr)
        if isinstance(key, exp.Subquery):
            found = exp.Select(expressions=[queries.named(key, "key")])
            known = exp.Where(this=t.negate(t.is_null(queries.name("key"))))
            return self._sql(statement, queries.over(found, [queries.name("key")], where=known))
        return self._sql(
            statement, exp.Select(expressions=[key], where=exp.Where(this=t.negate(t.is_null(key.copy()))))
        )

    def elements(self, expr: nodes.Expr) -> Sql:
        """The elements of a list that is not of rows, one a row, in order: scalars, or JSON text."""
        statement = Statement(self._world)
        return self._sql(statement, lists.elements(Scope(statement), expr))

    def wire(self, expr: nodes.Expr, type: nodes.Type, shape: str, paged: bool) -> Sql:
        """One row of one column: the result of a tool as JSON text in wire form. `{"items": […]}` for a list,
        with `"total"` if paged; an object for a row (if it has a shape) or a record; else `{"value": …}`. Null
        or no row where there is no such row or record."""
        statement, scope = self._outermost(expr)
        return self._sql(statement, self._single(scope, shapes.result(scope, expr, type, shape, paged=paged)))

    # ---- Writing -------------------------------------------------------------------------------------------

    def insert(self, create: nodes.Create) -> Sql:
        """Inserts one row and returns its key. Its links and children are statements of their own."""
        statement = Statement(self._world)
        return self._sql(statement, writes.insert(statement, create))

    def link(self, change: nodes.LinkValues | nodes.LinkChange, of: nodes.Expr, alias: str = "") -> Sql:
        """Links each row of `of` (a row, a list of rows, a query) to each row of the change; links that
        are there stay. `alias` names a row of `of` within the change's rows, as in an update."""
        statement = Statement(self._world)
        return self._sql(statement, writes.link(statement, change, of, alias))

    def unlink(self, change: nodes.LinkChange, of: nodes.Expr) -> Sql:
        """Takes away the links between the rows of `of` and the rows of the change."""
        statement = Statement(self._world)
        return self._sql(statement, writes.unlink(statement, change, of))

    def update(self, update: nodes.Update) -> Sql | None:
        """Assigns the columns; None if only links change. All right sides are read before any row changes."""
        statement = Statement(self._world)
        tree = writes.update(statement, update)
        return None if tree is None else self._sql(statement, tree)

    def moves(self, update: nodes.Update) -> tuple[Sql, ...]:
        """For each state column among the assigned, the rows that may not move to the state assigned, as
        key and old state. To be asked before the update."""
        found = []
        for column in update.moves:
            statement = Statement(self._world)
            found.append(self._sql(statement, writes.moves(statement, update, column)))
        return tuple(found)

    def delete(self, delete: nodes.Delete) -> Sql:
        statement = Statement(self._world)
        return self._sql(statement, writes.delete(statement, delete))

    # ---- Conditions ----------------------------------------------------------------------------------------

    def in_scope(self, entity: str, scope: str, param: str) -> Sql:
        """`SELECT 1` if the row bound as `param` exists and, if a scope is named, is in it."""
        scopes = {of.name: of.test for of in self._world.entities[entity].scopes}
        statement = Statement(self._world)
        return self._sql(
            statement, constraints.of_one_row(statement, entity, scopes[scope] if scope else None, param)
        )

    def predicate(self, entity: str, test: nodes.Expr) -> Sql:
        """`SELECT 1` if the row bound as `self` exists and meets the test, which is over the variable
        `self`."""
        statement = Statement(self._world)
        return self._sql(statement, constraints.of_one_row(statement, entity, test, constraints.SELF))

    def invariant(self, invariant: nodes.Invariant) -> Sql:
        """The keys of the rows that break it, in order; 1 for the whole world. No row while it holds."""
        statement = Statement(self._world)
        return self._sql(statement, constraints.invariant(statement, invariant))

    def expression(self, expr: nodes.Expr, self_alias: str | None = None) -> exp.Expr:
        """The bare tree of an expression over the columns of `self`, for a CHECK or a partial index.
        `write` makes SQLite's text of it; functions of the runtime are `exp.Anonymous` nodes named
        `awm_…`."""
        return constraints.bare(Statement(self._world), expr, self_alias)

    # ---- One statement -------------------------------------------------------------------------------------

    def _outermost(self, expr: nodes.Expr) -> tuple[Statement, Scope]:
        statement = Statement(self._world, expr)
        return statement, Scope(statement, Block(None, outermost=True))

    def _single(self, scope: Scope, tree: exp.Expr) -> exp.Expr:
        block = scope.block
        assert block is not None
        if isinstance(tree, exp.Subquery) and not block.sources:
            select: exp.Expr = tree.this
            return select
        return block.select([tree])

    def _sql(self, statement: Statement, tree: exp.Expr) -> Sql:
        binds = tuple(Bind(name, statement.binds[name]) for name in sorted(statement.binds))
        return Sql(write(tree), binds)
