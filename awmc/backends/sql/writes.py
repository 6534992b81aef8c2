"""INSERT, UPDATE, DELETE, and the check of a state's moves. Each is one statement."""

from __future__ import annotations

from msgspec import structs
from msgspec.structs import replace
from sqlglot import expressions as exp

from awmc.backends.sql import lists, queries, rows
from awmc.backends.sql import tree as t
from awmc.backends.sql.names import identifier
from awmc.backends.sql.scope import Block, Scope, Statement, TableRow
from awmc.ir import nodes


def insert(statement: Statement, create: nodes.Create) -> exp.Expr:
    """`INSERT … RETURNING` the new row's key."""
    scope = Scope(statement)
    entity = statement.world.entities[create.entity]
    table = t.table(identifier(entity.table))
    returning = exp.Returning(expressions=[queries.name(entity.id_column)])
    if not create.values:
        return exp.Insert(this=table, default=True, returning=returning)
    values = [scope.tree(value.value) for value in create.values]
    columns = [identifier(value.column) for value in create.values]
    return exp.Insert(
        this=exp.Schema(this=table, expressions=columns),
        expression=exp.Values(expressions=[exp.Tuple(expressions=values)]),
        returning=returning,
    )


# ---- Targets -----------------------------------------------------------------------------------------------


class Target:
    """The rows that a statement writes: one table under the alias of its query, and the condition that
    they meet."""

    def __init__(self, statement: Statement, entity: str, of: nodes.Expr, alias: str = "") -> None:
        self.table = statement.world.entities[entity].table
        self.id_column = statement.world.entities[entity].id_column
        self.block = Block(None, joins=False)
        wanted = alias or (of.sources[0].alias if isinstance(of, nodes.Query) else self.table)
        self.alias = self.block.alias(wanted, self.table)
        self.block.add(t.table(identifier(self.table), identifier(self.alias)))
        self.row = TableRow(self.block, self.alias, entity)
        self.scope = Scope(statement, self.block, {wanted: self.row})
        self.is_one = of.type.kind == "row"
        self._restrict(of)

    def _restrict(self, of: nodes.Expr) -> None:
        if self.is_one:
            one = Scope(self.scope.statement).tree(of)
            self.block.conditions.append(t.binary(exp.EQ, rows.key(self.scope, self.row), one))
        elif not self._restrict_directly(of):
            among = lists.elements(Scope(self.scope.statement), of, is_ordered=False)
            self.block.conditions.append(t.within_query(rows.key(self.scope, self.row), among))

    def _restrict_directly(self, of: nodes.Expr) -> bool:
        """Takes over the conditions of a query over this table alone."""
        if not isinstance(of, nodes.Query) or len(of.sources) != 1 or queries.is_cut(of):
            return False
        source = of.sources[0]
        if not isinstance(source.of, nodes.EntitySource) or source.alias not in self.scope.names:
            return False
        for term in of.where:
            queries.condition(self.scope, self.block, term)
        return True

    def where(self) -> exp.Where | None:
        condition = t.all_of(self.block.conditions)
        return None if condition is None else exp.Where(this=condition)

    def source(self) -> exp.Expr:
        source: exp.Expr = self.block.sources[0]
        return source


def delete(statement: Statement, delete: nodes.Delete) -> exp.Expr:
    target = Target(statement, delete.entity, delete.rows)
    target.block.settle()
    return exp.Delete(this=target.source(), where=target.where())


def update(statement: Statement, update: nodes.Update) -> exp.Expr | None:
    """None if no column is assigned."""
    if not update.assigns:
        return None
    target = Target(statement, update.entity, update.rows, update.alias)
    reads_before = set(statement.tables)
    statement.tables.clear()
    assigned = [_assigned(target, assign) for assign in update.assigns]
    reads_itself = target.table in statement.tables
    statement.tables |= reads_before
    if reads_itself and not target.is_one:
        return _update_from(target, update, assigned)
    target.block.settle()
    sets = [
        exp.EQ(this=queries.name(a.column), expression=v)
        for a, v in zip(update.assigns, assigned, strict=True)
    ]
    return exp.Update(this=target.source(), expressions=sets, where=target.where())


def _assigned(target: Target, assign: nodes.Assign) -> exp.Expr:
    scope = replace(target.scope, given=target.scope.given | {*assign.given})
    value = scope.tree(assign.value)
    if not assign.given:
        return value
    own = target.scope.column(target.block, target.alias, assign.column)
    if isinstance(assign.value, nodes.Local) and assign.given == (assign.value.name,):
        return t.coalesce(value, own)
    missing = t.any_of(t.is_null(scope.statement.bind_local(name)) for name in assign.given)
    return t.case([(missing, own)], value)


def _update_from(target: Target, update: nodes.Update, assigned: list[exp.Expr]) -> exp.Expr:
    """Reads all new values before any row changes: SQLite would read each just before it writes the row."""
    key = queries.named(rows.key(target.scope, target.row), "key")
    outputs = [queries.named(v, a.column) for a, v in zip(update.assigns, assigned, strict=True)]
    values = target.block.select([key, *outputs])
    table = identifier(target.table)
    new = "new" if target.table != "new" else "new_values"
    sets = [
        exp.EQ(this=queries.name(a.column), expression=t.column(identifier(a.column), identifier(new)))
        for a in update.assigns
    ]
    same = t.binary(
        exp.EQ,
        t.column(identifier(target.id_column), identifier(target.table)),
        t.column(identifier("key"), identifier(new)),
    )
    source = exp.Subquery(this=values, alias=exp.TableAlias(this=identifier(new)))
    return exp.Update(
        this=t.table(table), expressions=sets, from_=exp.From(this=source), where=exp.Where(this=same)
    )


# ---- Moves of states ---------------------------------------------------------------------------------------


def moves(statement: Statement, update: nodes.Update, column: str) -> exp.Expr:
    """`SELECT key, state` of the rows whose state may not move to the one assigned."""
    assign = next(assign for assign in update.assigns if assign.column == column)
    target = Target(statement, update.entity, update.rows, update.alias)
    scope = replace(target.scope, given=target.scope.given | {*assign.given})
    conditions = target.block.conditions
    conditions += [t.negate(t.is_null(scope.statement.bind_local(name))) for name in assign.given]
    legal = statement.world.stored[update.entity, column].moves

    def state() -> exp.Expr:
        return scope.column(target.block, target.alias, column)

    if isinstance(assign.value, nodes.Const):
        sources = [move.source for move in legal if assign.value.value in move.targets]
        if sources:
            conditions.append(t.negate(_among(state(), sources)))
    else:
        legal_moves = [
            both
            for move in legal
            if move.targets
            and (
                both := t.all_of(
                    (_among(state(), [move.source]), _among(scope.tree(assign.value), [*move.targets]))
                )
            )
        ]
        conditions.append(t.negate(t.any_of(legal_moves)))
    key = rows.key(target.scope, target.row)
    order = queries.ordered(rows.key(target.scope, target.row))
    return target.block.select([key, state()], order=[order])


def _among(tree: exp.Expr, states: list[str]) -> exp.Expr:
    if len(states) == 1:
        return t.binary(exp.EQ, tree, t.text(states[0]))
    return t.within(tree, [t.text(state) for state in states])


# ---- Many to many ------------------------------------------------------------------------------------------


def link(
    statement: Statement, change: nodes.LinkValues | nodes.LinkChange, of: nodes.Expr, alias: str
) -> exp.Expr:
    """`INSERT OR IGNORE` of every pair of a row of `of` and a row of the change. Whether a change applies
    (`given`) is for the caller."""
    statement.tables.add(change.link)
    block = Block(None)
    first = _ends(block, Scope(statement, block), of, alias)
    second = _ends(block, first[1], change.rows, "")
    pairs = block.select([first[0], second[0]])
    table = t.table(identifier(change.link))
    columns = [identifier(change.of_column), identifier(change.to_column)]
    return exp.Insert(
        this=exp.Schema(this=table, expressions=columns), expression=pairs, alternative="IGNORE"
    )


def _ends(block: Block, scope: Scope, of: nodes.Expr, alias: str) -> tuple[exp.Expr, Scope]:
    """One column of a link: the key of a row, or of each row of a list. The alias of a query names its
    rows."""
    if of.type.kind != "list":
        key = scope.tree(of)
        if scope.is_nullable(of):
            block.conditions.append(t.negate(t.is_null(scope.tree(of))))
        return key, scope
    if not isinstance(of, nodes.Query):
        element = of.type.element or nodes.Type(kind="row")
        name = alias or element.name.lower()
        of = nodes.Query(
            type=of.type, sources=(nodes.From(alias=name, type=element, of=nodes.ListSource(of=of)),)
        )
    if queries.is_cut(of) or len(of.sources) != 1:
        whole = structs.replace(of.sources[0], of=nodes.ListSource(of=of))
        of = nodes.Query(type=of.type, sources=(whole,))
    q = queries.opened(scope, of, block)
    return rows.value(q.scope, q.row), q.scope


def unlink(statement: Statement, change: nodes.LinkChange, of: nodes.Expr) -> exp.Expr:
    """`DELETE` of every pair of a row of `of` and a row of the change."""
    statement.tables.add(change.link)
    block = Block(None, joins=False)
    alias = block.alias(change.link, change.link)
    block.add(t.table(identifier(change.link), identifier(alias)))
    scope = Scope(statement, block)
    for column, end in ((change.of_column, of), (change.to_column, change.rows)):
        own = scope.column(block, alias, column)
        if end.type.kind == "list":
            block.conditions.append(
                t.within_query(own, lists.elements(Scope(statement), end, is_ordered=False))
            )
        else:
            block.conditions.append(t.binary(exp.EQ, own, Scope(statement).tree(end)))
    block.settle()
    return exp.Delete(this=block.sources[0], where=exp.Where(this=t.all_of(block.conditions)))
