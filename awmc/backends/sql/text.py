"""A tree as SQL text: on one line where it fits, else indented; the same tree always gives the same text."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from sqlglot import expressions as exp
from sqlglot.dialects.sqlite import SQLite
from sqlglot.generators.sqlite import SQLiteGenerator

WIDTH: Final = 88
"""Columns of a statement on one line; a clause in parentheses has `NESTED`."""
NESTED: Final = 76


class _Flat(SQLiteGenerator):
    """On one line. The rewriting that sqlglot does for trees of other dialects is left out."""

    TRANSFORMS: ClassVar[dict[Any, Any]] = {
        kind: write for kind, write in SQLiteGenerator.TRANSFORMS.items() if kind is not exp.Select
    }

    def not_sql(self, expression: exp.Not) -> str:
        inner = expression.this
        if isinstance(inner, exp.Is):
            return f"{self.sql(inner, 'this')} IS NOT {self.sql(inner, 'expression')}"
        if isinstance(inner, (exp.In, exp.Between)):
            value = self.sql(inner, "this")
            return f"{value} NOT{self.sql(inner).removeprefix(value)}"
        return super().not_sql(expression)

    def exists_sql(self, expression: exp.Exists) -> str:
        return f"EXISTS {self.wrap(expression)}"

    def div_sql(self, expression: exp.Div) -> str:
        return self.binary(expression, "/")

    def jsonobject_sql(self, expression: exp.JSONObject | exp.JSONObjectAgg) -> str:
        return self.func("json_object", *expression.expressions)

    def jsonkeyvalue_sql(self, expression: exp.JSONKeyValue) -> str:
        return f"{self.sql(expression, 'this')}, {self.sql(expression, 'expression')}"


class _Indented(_Flat):
    """On several lines, but for what is in parentheses and short."""

    def wrap(self, expression: exp.Expr | str) -> str:
        flat = _FLAT.wrap(expression)
        return flat if len(flat) <= NESTED else super().wrap(expression)

    def paren_sql(self, expression: exp.Paren) -> str:
        flat = _FLAT.paren_sql(expression)
        return flat if len(flat) <= NESTED else super().paren_sql(expression)


_DIALECT = SQLite()
_FLAT = _Flat(dialect=_DIALECT, normalize_functions="lower", comments=False)
_INDENTED = _Indented(
    dialect=_DIALECT, normalize_functions="lower", comments=False, pretty=True, max_text_width=NESTED
)


def write(tree: exp.Expr) -> str:
    """SQLite's SQL of a statement or an expression. The tree may not be used afterwards."""
    flat = _FLAT.generate(tree, copy=False)
    return flat if len(flat) <= WIDTH else _INDENTED.generate(tree, copy=False)
