"""`schema.sql`: the tables of an environment.

Constraints and indexes are named by rule: the runtime reads from the name of a broken one what to say.

- CHECK `<table>_<column>_range`, `_length` (of a text), `_values` (of an enum or a bool), `_format` (of a
  date, a time or a datetime, in SQLite, which keeps them as text), `_pattern` (`@match`); of a `@@check`, the
  IR's `Check.name`;
- unique index `<table>_<column>_key` of a column, the IR's `Unique.name` of a `@@unique`;
- index `<table>_<column>_idx`.

PostgreSQL cuts names at 63 bytes, so there a longer one ends in eight digits of its hash. What a dialect has
no terms for is left out, and a comment after the table says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import expressions as exp

from awmc.backends import portable
from awmc.backends.dialects import Dialect, DialectName, dialect
from awmc.backends.indexes import indexed
from awmc.backends.sql import Compiler
from awmc.backends.sql import tree as t
from awmc.ir import nodes

_TEXTS: Final = ("text", "email", "url")
# What each moment's text is equal to if and only if it is one.
_CANONICAL: Final = {"date": "%Y-%m-%d", "time": "%H:%M", "datetime": "%Y-%m-%dT%H:%M:%S"}


def render(environment: nodes.Environment, dialect_name: DialectName = "sqlite") -> str:
    """The statements that make the empty tables: entities in the IR's order, then many-to-many relations.

    SQLite needs the functions of `awmc.runtime.functions` where a check calls one (`awm_…`).
    """
    return _Schema(environment, dialect(dialect_name)).render()


def links(environment: nodes.Environment) -> tuple[tuple[nodes.Entity, nodes.ManyToMany], ...]:
    """The many-to-many tables, once each, with the entity that `of_column` refers to."""
    found: dict[str, tuple[nodes.Entity, nodes.ManyToMany]] = {}
    for entity in environment.entities:
        for link in entity.links:
            found.setdefault(link.table, (entity, link))
    return tuple(found.values())


def forward(environment: nodes.Environment) -> frozenset[tuple[str, str]]:
    """The references (entity, column) to an entity that comes later: each closes a circle."""
    order = {entity.name: place for place, entity in enumerate(environment.entities)}
    return frozenset(
        (entity.name, column.name)
        for entity in environment.entities
        for column in entity.columns
        if column.references and order[column.references] > order[entity.name]
    )


def sequence(entity: nodes.Entity) -> str:
    """The name of the sequence of an entity's ids, in DuckDB."""
    return f"{entity.table}_{entity.id_column}_seq"


class _Schema:
    def __init__(self, environment: nodes.Environment, dialect: Dialect) -> None:
        self._environment = environment
        self._dialect = dialect
        self._entities = {entity.name: entity for entity in environment.entities}
        self._wires = {enum.name: tuple(value.wire for value in enum.values) for enum in environment.enums}
        self._forward = forward(environment)
        self._compiler = Compiler(environment)
        self._left_out: list[str] = []

    def render(self) -> str:
        name, title = self._environment.name, self._dialect.title
        parts = [
            f"-- The tables of {name}, for {title}. Made from {name}.awm by awmc: do not edit this\n"
            "-- file, change the spec and compile it again.\n"
        ]
        columns = indexed(self._environment)
        for entity in self._environment.entities:
            parts.append(self._entity(entity, columns[entity.name]))
        parts += [self._link(entity, link) for entity, link in links(self._environment)]
        if self._forward and self._dialect.name == "postgres":
            parts.append("".join(self._late_references()))
        return "\n".join(parts)

    def _statement(self, tree: exp.Expr) -> str:
        return f"{self._dialect.write(tree)};\n"

    # ---- Tables --------------------------------------------------------------------------------------------

    def _entity(self, entity: nodes.Entity, indexes: tuple[str, ...]) -> str:
        self._left_out = []
        parts: list[exp.Expr] = [self._column(entity, column) for column in entity.columns]
        parts += [check for column in entity.columns for check in self._column_checks(entity, column)]
        parts += self._row_checks(entity)
        texts = [f"-- {_line(entity.about)}\n"] if entity.about else []
        if self._dialect.name == "duckdb" and not entity.natural_key:
            made = exp.Create(kind="SEQUENCE", this=self._dialect.table(sequence(entity)))
            texts.append(self._statement(made))
        texts.append(self._table(entity.table, parts))
        for column in entity.columns:
            if column.unique and column.name != entity.id_column:
                texts.append(
                    self._index(
                        f"{entity.table}_{column.name}_key", entity.table, (column.name,), unique=True
                    )
                )
        for unique in entity.uniques:
            where = self._over_row(entity, unique.name, unique.where) if unique.where is not None else None
            if unique.where is None or where is not None:
                texts.append(self._index(unique.name, entity.table, unique.columns, unique=True, where=where))
        if self._dialect.name != "duckdb":  # whose indexes serve keys alone
            texts += [self._index(f"{entity.table}_{name}_idx", entity.table, (name,)) for name in indexes]
        texts += [f"-- Left out: {reason}\n" for reason in self._left_out]
        return "".join(texts)

    def _link(self, of: nodes.Entity, link: nodes.ManyToMany) -> str:
        self._left_out = []
        ends = (link.of_column, of), (link.to_column, self._entities[link.entity])
        parts: list[exp.Expr] = []
        for name, entity in ends:
            reference = self._reference(entity, f"{link.table}.{name}", cascade=True)
            parts.append(
                self._definition(name, self._key_type(entity), exp.NotNullColumnConstraint(), reference)
            )
        keys = [self._dialect.identifier(name) for name, _ in ends]
        parts.append(exp.PrimaryKey(expressions=keys))
        texts = [f"-- {of.name}.{link.name}, many to many.\n", self._table(link.table, parts)]
        if self._dialect.name != "duckdb":
            texts.append(self._index(f"{link.table}_{link.to_column}_idx", link.table, (link.to_column,)))
        texts += [f"-- Left out: {reason}\n" for reason in self._left_out]
        return "".join(texts)

    def _table(self, name: str, parts: list[exp.Expr]) -> str:
        strict = exp.Properties(expressions=[exp.StrictProperty()]) if self._dialect.is_sqlite else None
        schema = exp.Schema(this=self._dialect.table(name), expressions=parts)
        return self._statement(exp.Create(kind="TABLE", this=schema, properties=strict))

    def _index(
        self,
        name: str,
        table: str,
        columns: tuple[str, ...],
        unique: bool = False,
        where: exp.Expr | None = None,
    ) -> str:
        if where is not None and self._dialect.name == "duckdb":
            self._left_out.append(f"{name}, since DuckDB has no partial indexes.")
            return ""
        parameters = exp.IndexParameters(
            columns=[self._dialect.column(column) for column in columns],
            where=where and exp.Where(this=where),
        )
        index = exp.Index(this=self._dialect.label(name), table=self._dialect.table(table), params=parameters)
        return self._statement(exp.Create(kind="INDEX", unique=unique, this=index))

    # ---- Columns -------------------------------------------------------------------------------------------

    def _column(self, entity: nodes.Entity, column: nodes.StoredColumn) -> exp.ColumnDef:
        if column.name == entity.id_column:
            made = self._id_column(entity, column)
        else:
            constraints: list[exp.Expr] = [] if column.type.nullable else [exp.NotNullColumnConstraint()]
            if (default := self._default(column)) is not None:
                constraints.append(exp.DefaultColumnConstraint(this=default))
            if column.references:
                if self._is_inline(entity, column):
                    target = self._entities[column.references]
                    constraints.append(
                        self._reference(target, f"{entity.table}.{column.name}", column.cascade)
                    )
                made = self._definition(
                    column.name, self._key_type(self._entities[column.references]), *constraints
                )
            else:
                made = self._definition(column.name, self._dialect.type_of(column.type.kind), *constraints)
        doc = [_line(column.doc)] if column.doc else []
        made.comments = doc + (["in cents"] if column.type.kind == "money" else [])
        return made

    def _id_column(self, entity: nodes.Entity, column: nodes.StoredColumn) -> exp.ColumnDef:
        key = exp.PrimaryKeyColumnConstraint()
        kind = self._key_type(entity)
        if entity.natural_key:
            return self._definition(column.name, kind, key, exp.NotNullColumnConstraint())
        match self._dialect.name:
            case "sqlite":
                return self._definition(column.name, kind, key, exp.AutoIncrementColumnConstraint())
            case "postgres":
                return self._definition(
                    column.name, kind, exp.GeneratedAsIdentityColumnConstraint(this=False), key
                )
            case "duckdb":
                following = exp.DefaultColumnConstraint(this=t.call("nextval", t.text(sequence(entity))))
                return self._definition(column.name, kind, key, following)

    def _definition(self, name: str, kind: exp.DataType, *constraints: exp.Expr) -> exp.ColumnDef:
        """A column. PostgreSQL compares texts by code point only where it is told to."""
        found = list(constraints)
        if self._dialect.name == "postgres" and kind.is_type(exp.DType.TEXT):
            found.insert(0, exp.CollateColumnConstraint(this=exp.Identifier(this="C", quoted=True)))
        return exp.ColumnDef(
            this=self._dialect.identifier(name),
            kind=kind,
            constraints=[exp.ColumnConstraint(kind=constraint) for constraint in found],
        )

    def _key_type(self, entity: nodes.Entity) -> exp.DataType:
        return self._dialect.type_of("text" if entity.natural_key else "int")

    def _default(self, column: nodes.StoredColumn) -> exp.Expr | None:
        """The default, if it is a constant; `now` and `me` are the tools' to give."""
        match column.default:
            case nodes.Const(value=value) if value is not None and not isinstance(value, nodes.Duration):
                return self._dialect.literal(column.type.kind, value)
            case None if column.moves:
                return t.text(column.moves[0].source)
            case _:
                return None

    # ---- References ----------------------------------------------------------------------------------------

    def _is_inline(self, entity: nodes.Entity, column: nodes.StoredColumn) -> bool:
        """Whether the reference stands at its column. PostgreSQL knows no tables to come. Neither does
        DuckDB, which can add no reference later, nor insert rows of one statement that refer to each other.
        """
        ahead = (entity.name, column.name) in self._forward
        if self._dialect.name == "duckdb" and (ahead or column.references == entity.name):
            target = self._entities[column.references].table
            self._left_out.append(f"the reference of {column.name} to {target}, which DuckDB cannot check.")
            return False
        return self._dialect.is_sqlite or not ahead

    def _reference(self, target: nodes.Entity, where: str, cascade: bool) -> exp.Reference:
        if cascade and self._dialect.name == "duckdb":
            self._left_out.append(f"ON DELETE CASCADE of {where}, since DuckDB has none.")
            cascade = False
        key = exp.Schema(
            this=self._dialect.table(target.table), expressions=[self._dialect.identifier(target.id_column)]
        )
        return exp.Reference(this=key, options=["ON DELETE CASCADE"] if cascade else None)

    def _late_references(self) -> Iterator[str]:
        """References that close a circle, for PostgreSQL: deferrable, so that rows may come in any order."""
        for entity in self._environment.entities:
            for column in entity.columns:
                if (entity.name, column.name) in self._forward:
                    key = exp.ForeignKey(
                        expressions=[self._dialect.identifier(column.name)],
                        reference=self._reference(self._entities[column.references], "", column.cascade),
                        options=["DEFERRABLE INITIALLY IMMEDIATE"],
                    )
                    name = self._dialect.label(f"{entity.table}_{column.name}_fkey")
                    added = exp.AddConstraint(expressions=[exp.Constraint(this=name, expressions=[key])])
                    table = self._dialect.table(entity.table)
                    yield self._statement(exp.Alter(this=table, kind="TABLE", actions=[added]))

    # ---- Checks --------------------------------------------------------------------------------------------

    def _column_checks(self, entity: nodes.Entity, column: nodes.StoredColumn) -> Iterator[exp.Expr]:
        kind, low, high = column.type.kind, column.type.low, column.type.high
        name = f"{entity.table}_{column.name}"

        def value() -> exp.Expr:
            return self._dialect.column(column.name)

        if kind == "enum":
            yield self._check(
                f"{name}_values", t.within(value(), [t.text(wire) for wire in self._wires[column.type.name]])
            )
        if self._dialect.is_sqlite and kind == "bool":
            yield self._check(f"{name}_values", t.within(value(), [t.number(0), t.number(1)]))
        if self._dialect.is_sqlite and kind in _CANONICAL:
            canonical = t.call("strftime", t.text(_CANONICAL[kind]), value())
            yield self._check(f"{name}_format", t.binary(exp.Is, canonical, value()))
        if low is not None or high is not None:
            is_text = kind in _TEXTS
            measured = t.call("length", value()) if is_text else value()
            ends = [
                end if end is None else self._dialect.literal("int" if is_text else kind, end)
                for end in (low, high)
            ]
            yield self._check(f"{name}_{'length' if is_text else 'range'}", _within(measured, *ends))
        if column.type.pattern is not None:
            try:
                yield self._check(
                    f"{name}_pattern", portable.matches(self._dialect, value(), column.type.pattern)
                )
            except portable.Untranslatable as lack:
                self._leave_out(f"{name}_pattern", lack)

    def _row_checks(self, entity: nodes.Entity) -> Iterator[exp.Expr]:
        for check in entity.checks:
            if (test := self._over_row(entity, check.name, check.test)) is not None:
                made = self._check(check.name, test)
                made.comments = [_line(check.message)] if check.message else []
                yield made

    def _check(self, name: str, test: exp.Expr) -> exp.Constraint:
        return exp.Constraint(
            this=self._dialect.label(name), expressions=[exp.CheckColumnConstraint(this=test)]
        )

    def _over_row(self, entity: nodes.Entity, name: str, test: nodes.Expr) -> exp.Expr | None:
        """A test of a row's own columns; None, with a note, where the dialect has no terms for it."""
        if self._dialect.is_sqlite:
            return self._compiler.expression(test)
        try:
            return portable.Translator(self._environment, entity, self._dialect).tree(test)
        except portable.Untranslatable as lack:
            self._leave_out(name, lack)
            return None

    def _leave_out(self, name: str, lack: portable.Untranslatable) -> None:
        self._left_out.append(
            f"{name}, since {self._dialect.title} has nothing that means the same as {lack}."
        )


def _within(value: exp.Expr, low: exp.Expr | None, high: exp.Expr | None) -> exp.Expr:
    if low is not None and high is not None:
        return t.between(value, low, high)
    if low is not None:
        return t.binary(exp.GTE, value, low)
    assert high is not None
    return t.binary(exp.LTE, value, high)


def _line(text: str) -> str:
    """A text as it stands in a comment, on one line."""
    return " ".join(text.split())
