"""The SQL dialects of `schema.sql` and `seed.sql`: names, types, literals, and how trees are written down.

SQLite is the engine of a world; PostgreSQL and DuckDB hold the same rows for other uses. Only the dialect
that is asked for is imported.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from typing import Any, ClassVar, Final, Literal

from msgspec import Struct
from sqlglot import expressions as exp
from sqlglot.errors import ErrorLevel
from sqlglot.generator import Generator

from awmc.backends.sql import names
from awmc.backends.sql import tree as t
from awmc.ir import nodes

DialectName = Literal["sqlite", "postgres", "duckdb"]

# Keywords that PostgreSQL (categories R and T) or DuckDB does not take as the name of a table or a column.
_RESERVED_WORDS: Final = """
    all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast
    check collate collation column concurrently constraint create cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user default deferrable desc describe
    distinct do else end except false fetch for foreign freeze from full glob grant group having ilike in
    initially inner intersect into is isnull join lambda lateral leading left like limit localtime
    localtimestamp natural not notnull null offset on only or order outer overlaps pivot pivot_longer
    pivot_wider placing positional primary qualify references returning right select semi session_user show
    similar some summarize symmetric table tablesample then to trailing true union unique unpack unpivot
    user using variadic verbose when where window with
"""
_RESERVED: Final = frozenset(_RESERVED_WORDS.split())
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_CONTROL = re.compile(r"([\x01-\x08\x0a-\x1f\x7f])")

_TYPES: Final[dict[nodes.Kind, exp.DType]] = {
    "text": exp.DType.TEXT,
    "email": exp.DType.TEXT,
    "url": exp.DType.TEXT,
    "enum": exp.DType.TEXT,
    "int": exp.DType.BIGINT,
    "money": exp.DType.BIGINT,
    "number": exp.DType.DOUBLE,
    "bool": exp.DType.BOOLEAN,
}
_MOMENTS: Final[dict[nodes.Kind, exp.DType]] = {
    "date": exp.DType.DATE,
    "time": exp.DType.TIME,
    "datetime": exp.DType.TIMESTAMP,
}


class _Lines(Generator):
    """A table's parts stand on a line each, with the comments of their nodes as `--` behind them."""

    def columndef_sql(self, expression: exp.ColumnDef, sep: str = " ") -> str:
        parts = (expression.this, expression.args["kind"], *expression.constraints)
        return sep.join(map(self.sql, parts))

    def not_sql(self, expression: exp.Not) -> str:
        inner = expression.this
        if isinstance(inner, exp.Is):
            return f"{self.sql(inner, 'this')} IS NOT {self.sql(inner, 'expression')}"
        return super().not_sql(expression)

    def schema_columns_sql(self, expression: exp.Expr) -> str:
        if not isinstance(expression.parent, exp.Create):
            return super().schema_columns_sql(expression)
        lines = []
        left = len(expression.expressions)
        for part in expression.expressions:
            left -= 1
            doc = "; ".join(part.comments or ())
            lines.append(f"  {self.sql(part)}{',' if left else ''}{f'  -- {doc}' if doc else ''}\n")
        return f"(\n{''.join(lines)})"


class Dialect(Struct, frozen=True):
    """One dialect. `title`: its product's name, for comments."""

    name: DialectName
    title: str
    generator: Generator

    @property
    def is_sqlite(self) -> bool:
        return self.name == "sqlite"

    def identifier(self, name: str) -> exp.Identifier:
        """The identifier of a table or a column, in quotes where it needs them."""
        if self.is_sqlite:
            return names.identifier(name)
        return exp.Identifier(this=name, quoted=name in _RESERVED or _PLAIN.fullmatch(name) is None)

    def label(self, name: str) -> exp.Identifier:
        """The identifier of a constraint or an index. PostgreSQL cuts names at 63 bytes; two that begin
        alike must stay two.
        """
        if self.name == "postgres" and len(name.encode()) > 63:
            name = f"{name.encode()[:54].decode(errors='ignore')}_{sha256(name.encode()).hexdigest()[:8]}"
        return self.identifier(name)

    def column(self, name: str) -> exp.Column:
        return t.column(self.identifier(name))

    def table(self, name: str) -> exp.Table:
        return t.table(self.identifier(name))

    def type_of(self, kind: nodes.Kind) -> exp.DataType:
        """The column type of a scalar kind. SQLite keeps moments as text."""
        found = _MOMENTS.get(kind)
        if found is None or self.is_sqlite:
            found = _TYPES.get(kind, exp.DType.TEXT)
        return exp.DataType(this=found)

    def literal(self, kind: nodes.Kind, value: nodes.Scalar) -> exp.Expr:
        """A stored value of a kind. Moments are plain texts: the column that takes them types them."""
        if value is None:
            return exp.Null()
        if isinstance(value, str):
            return _text(value)
        if kind == "bool":
            return t.number(int(bool(value))) if self.is_sqlite else exp.Boolean(this=bool(value))
        number = repr(float(value)) if kind == "number" else str(int(value))
        if self.name == "duckdb" and kind == "number" and "e" not in number:
            number += "e0"  # else it is read as a DECIMAL, whose way to a DOUBLE rounds twice
        return exp.Literal.number(number)

    def write(self, tree: exp.Expr) -> str:
        """SQL on one line, but for the parts of a table. The tree may not be used afterwards."""
        return self.generator.generate(tree, copy=False)


def _text(value: str) -> exp.Expr:
    """A text. Control characters but the tab are spelled out: a row stays on its line, and reading the file
    cannot change them. The halves are balanced because SQLite limits the depth of an expression.
    """
    pieces = [piece for piece in _CONTROL.split(value) if piece]
    return _joined(pieces) if len(pieces) > 1 or _CONTROL.search(value) else t.text(value)


def _joined(pieces: list[str]) -> exp.Expr:
    if len(pieces) == 1:
        return (
            exp.Chr(expressions=[t.number(ord(pieces[0]))])
            if _CONTROL.match(pieces[0])
            else t.text(pieces[0])
        )
    half = (len(pieces) + 1) // 2
    return t.binary(exp.DPipe, _joined(pieces[:half]), _joined(pieces[half:]))


@cache
def dialect(name: DialectName) -> Dialect:
    """The dialect of that name; what it writes with is imported only now."""
    match name:
        case "sqlite":
            return _sqlite()
        case "postgres":
            return _postgres()
        case "duckdb":
            return _duckdb()


def _sqlite() -> Dialect:
    from sqlglot.dialects.sqlite import SQLite
    from sqlglot.generators.sqlite import SQLiteGenerator

    class Writer(_Lines, SQLiteGenerator):
        TRANSFORMS: ClassVar[dict[Any, Any]] = _as_they_are(SQLiteGenerator)
        PROPERTIES_LOCATION: ClassVar[dict[type[exp.Expression], exp.PropertiesLocation]] = {
            **SQLiteGenerator.PROPERTIES_LOCATION,
            exp.StrictProperty: exp.Properties.Location.POST_SCHEMA,
        }

    return Dialect("sqlite", "SQLite", _generator(Writer, SQLite()))


def _postgres() -> Dialect:
    from sqlglot.dialects.postgres import Postgres
    from sqlglot.generators.postgres import PostgresGenerator

    class Writer(_Lines, PostgresGenerator):
        TRANSFORMS: ClassVar[dict[Any, Any]] = _as_they_are(PostgresGenerator)

    return Dialect("postgres", "PostgreSQL", _generator(Writer, Postgres()))


def _duckdb() -> Dialect:
    from sqlglot.dialects.duckdb import DuckDB
    from sqlglot.generators.duckdb import DuckDBGenerator

    class Writer(_Lines, DuckDBGenerator):
        TRANSFORMS: ClassVar[dict[Any, Any]] = _as_they_are(DuckDBGenerator)

    return Dialect("duckdb", "DuckDB", _generator(Writer, DuckDB()))


def _as_they_are(generator: type[Generator]) -> dict[Any, Any]:
    """What the generator does without the rewriting of tables that come from other dialects: ours are its own."""
    rewritten = (exp.Create, exp.ColumnDef)
    return {kind: write for kind, write in generator.TRANSFORMS.items() if kind not in rewritten}


def _generator(writer: type[Generator], of: object) -> Generator:
    return writer(dialect=of, normalize_functions="lower", comments=False, unsupported_level=ErrorLevel.RAISE)  # type: ignore[arg-type]
