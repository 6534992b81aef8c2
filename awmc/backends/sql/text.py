"""A tree as SQL text: on one line where it fits, else indented; the same tree always gives the same text."""

from __future__ import annotations

import threading
from typing import Any, ClassVar, Final

from sqlglot import expressions as exp
from sqlglot.dialects.sqlite import SQLite
from sqlglot.generators.sqlite import SQLiteGenerator

from awmc.backends.sql.names import identifier

WIDTH: Final = 88
"""Columns of a statement on one line; a part of an indented one has `NESTED`."""
NESTED: Final = 72


class _Flat(SQLiteGenerator):
    """On one line. What sqlglot rewrites in trees of other dialects is left alone: none comes here. The text
    of each node is kept, since the indented text asks for it again."""

    TRANSFORMS: ClassVar[dict[Any, Any]] = {
        kind: write
        for kind, write in SQLiteGenerator.TRANSFORMS.items()
        if kind not in (exp.Select, exp.If, exp.JSONObject)
    }

    def __init__(self) -> None:
        super().__init__(dialect=_DIALECT, normalize_functions=False, comments=False)
        self.texts: dict[int, str] = {}

    def sql(self, expression: Any, key: str | None = None, comment: bool = True) -> str:
        if key is not None:
            expression = expression.args.get(key)
        kind = type(expression)
        if kind is exp.Column:
            return self.column_sql(expression)
        if kind is exp.Identifier:
            return self.identifier_sql(expression)
        if kind is str or expression is None:
            return expression or ""
        text = self.texts.get(id(expression))
        if text is None:
            text = self.texts[id(expression)] = self._dispatch[kind](self, expression)
        return text

    def identifier_sql(self, expression: exp.Identifier) -> str:
        name: str = expression.args["this"]
        return '"' + name.replace('"', '""') + '"' if expression.args["quoted"] else name

    def column_sql(self, expression: exp.Column) -> str:
        name = self.identifier_sql(expression.args["this"])
        table = expression.args["table"]
        return name if table is None else f"{self.identifier_sql(table)}.{name}"

    def placeholder_sql(self, expression: exp.Placeholder) -> str:
        return f":{expression.args['this']}"

    def binary(self, expression: exp.Binary, op: str) -> str:
        return f"{self.sql(expression.args['this'])} {op} {self.sql(expression.args['expression'])}"

    def anonymous_sql(self, expression: exp.Anonymous) -> str:
        return self.func(expression.args["this"], *expression.args["expressions"])

    def func(
        self, name: str, *args: Any, prefix: str = "(", suffix: str = ")", normalize: bool = True
    ) -> str:
        return f"{name}({', '.join([self.sql(arg) for arg in args])})"

    def clauses(self, select: exp.Select) -> list[str]:
        """FROM and what follows it."""
        found: list[str] = []
        arguments = select.args
        if source := arguments.get("from_"):
            found.append(f"FROM {self.sql(source, 'this')}")
        for join in arguments.get("joins") or ():
            on = join.args.get("on")
            if on is None:
                found[-1] += f", {self.sql(join, 'this')}"
            else:
                side = f"{join.side} JOIN" if join.side else "JOIN"
                found.append(f"{side} {self.sql(join, 'this')} ON {self.sql(on)}")
        found += self._where(select)
        for name in ("group", "order"):
            if clause := arguments.get(name):
                found.append(f"{name.upper()} BY{self.each(clause.expressions)}")
        pages = [(name, arguments.get(name)) for name in ("limit", "offset")]
        page = [f"{name.upper()} {self.sql(clause, 'expression')}" for name, clause in pages if clause]
        return [*found, " ".join(page)] if page else found

    def listed(self, expressions: list[exp.Expr]) -> str:
        return ", ".join([self.sql(expression) for expression in expressions])

    def select_sql(self, expression: exp.Select) -> str:
        return " ".join([f"SELECT {self.listed(expression.expressions)}", *self.clauses(expression)])

    def where_sql(self, expression: exp.Where) -> str:
        return f"WHERE {self.sql(expression, 'this')}"

    def lines(self, clauses: list[str]) -> str:
        return " ".join(clauses)

    def each(self, expressions: list[exp.Expr]) -> str:
        """What follows a word such as ORDER BY."""
        return f" {self.listed(expressions)}"

    def filled(self, opening: str, expressions: list[exp.Expr]) -> str:
        """A list in parentheses."""
        return f"{opening}({self.listed(expressions)})"

    def insert_sql(self, expression: exp.Insert) -> str:
        into, arguments = expression.this, expression.args
        opening = "INSERT OR IGNORE INTO" if arguments.get("alternative") else "INSERT INTO"
        clauses = [f"{opening} {self.sql(into)} DEFAULT VALUES"]
        if isinstance(into, exp.Schema):
            clauses = [self.filled(f"{opening} {self.sql(into, 'this')} ", into.expressions)]
            values = arguments["expression"]
            if isinstance(values, exp.Values):
                clauses.append(self.filled("VALUES ", values.expressions[0].expressions))
            else:
                clauses.append(self.sql(values))
        if returning := arguments.get("returning"):
            clauses.append(f"RETURNING {self.listed(returning.expressions)}")
        return self.lines(clauses)

    def update_sql(self, expression: exp.Update) -> str:
        clauses = [f"UPDATE {self.sql(expression, 'this')}", f"SET{self.each(expression.expressions)}"]
        if source := expression.args.get("from_"):
            clauses.append(f"FROM {self.sql(source, 'this')}")
        return self.lines([*clauses, *self._where(expression)])

    def delete_sql(self, expression: exp.Delete) -> str:
        return self.lines([f"DELETE FROM {self.sql(expression, 'this')}", *self._where(expression)])

    def _where(self, expression: exp.Expr) -> list[str]:
        where = expression.args.get("where")
        return [self.sql(where)] if where else []

    def subquery_sql(self, expression: exp.Subquery, sep: str = " AS ") -> str:
        alias = self.sql(expression, "alias")
        return f"({self.sql(expression, 'this')})" + (sep + alias if alias else "")

    def exists_sql(self, expression: exp.Exists) -> str:
        return f"EXISTS ({self.sql(expression, 'this')})"

    def in_sql(self, expression: exp.In, word: str = "IN") -> str:
        query = expression.args.get("query")
        among = self.sql(query) if query else f"({self.listed(expression.expressions)})"
        return f"{self.sql(expression, 'this')} {word} {among}"

    def not_sql(self, expression: exp.Not) -> str:
        inner = expression.this
        if isinstance(inner, exp.Is):
            return f"{self.sql(inner, 'this')} IS NOT {self.sql(inner, 'expression')}"
        if isinstance(inner, exp.In):
            return self.in_sql(inner, "NOT IN")
        if isinstance(inner, exp.Between):
            value = self.sql(inner, "this")
            return f"{value} NOT {self.sql(inner).removeprefix(value).lstrip()}"
        return f"NOT {self.sql(inner)}"

    def order_sql(self, expression: exp.Order, flat: bool = False) -> str:
        """Within an aggregate function."""
        return f"{self.sql(expression, 'this')} ORDER BY{self.each(expression.expressions)}"

    def literal_sql(self, expression: exp.Literal) -> str:
        return super().literal_sql(expression).replace("\n", _LINE_BREAK)

    def div_sql(self, expression: exp.Div) -> str:
        return self.binary(expression, "/")

    def count_sql(self, expression: exp.Count) -> str:
        return f"count({self.sql(expression, 'this')})"

    def coalesce_sql(self, expression: exp.Coalesce) -> str:
        return self.func("coalesce", expression.this, *expression.expressions)

    def jsonobject_sql(self, expression: exp.JSONObject | exp.JSONObjectAgg) -> str:
        return self.func("json_object", *expression.expressions)

    def jsonkeyvalue_sql(self, expression: exp.JSONKeyValue) -> str:
        return f"{self.sql(expression, 'this')}, {self.sql(expression, 'expression')}"


class _Indented(_Flat):
    """On several lines, but for each part that is short."""

    def __init__(self, flat: _Flat) -> None:
        super().__init__()
        self.flat = flat.texts

    def sql(self, expression: Any, key: str | None = None, comment: bool = True) -> str:
        if key is not None:
            expression = expression.args.get(key)
        flat = self.flat.get(id(expression), "")
        return flat if 0 < len(flat) <= NESTED else super().sql(expression)

    def _block(self, opening: str, lines: str, closing: str = ")") -> str:
        return f"{opening}\n{self._deeper(lines)}\n{closing}"

    def _deeper(self, text: str) -> str:
        return "\n".join([f"  {line}" for line in text.split("\n")])

    def select_sql(self, expression: exp.Select) -> str:
        outputs = [self.sql(output) for output in expression.expressions]
        one_line = ", ".join(outputs)
        if len(outputs) == 1 or len(one_line) <= NESTED:
            head = f"SELECT {one_line}"
        else:
            head = "SELECT\n" + self._deeper(",\n".join(outputs))
        return "\n".join([head, *self.clauses(expression)])

    def lines(self, clauses: list[str]) -> str:
        return "\n".join(clauses)

    def each(self, expressions: list[exp.Expr]) -> str:
        items = [self.sql(expression) for expression in expressions]
        one_line = f" {', '.join(items)}"
        fits = len(items) == 1 or (len(one_line) <= NESTED and "\n" not in one_line)
        return one_line if fits else "\n" + self._deeper(",\n".join(items))

    def filled(self, opening: str, expressions: list[exp.Expr]) -> str:
        lines = [""]
        for expression in expressions:
            item = self.sql(expression)
            if lines[-1] and len(lines[-1]) + len(item) > NESTED:
                lines.append("")
            lines[-1] += f"{', ' if lines[-1] else ''}{item}"
        if len(lines) == 1 and len(opening) + len(lines[0]) < WIDTH:
            return f"{opening}({lines[0]})"
        return self._block(f"{opening}(", ",\n".join(lines))

    def connector_sql(self, expression: Any, op: str, stack: list[Any] | None = None) -> str:
        first, *others = [self.sql(term) for term in _terms(expression, type(expression))]
        return "\n".join([first, *(self._deeper(f"{op} {other}") for other in others)])

    def subquery_sql(self, expression: exp.Subquery, sep: str = " AS ") -> str:
        alias = self.sql(expression, "alias")
        return self._block("(", self.sql(expression, "this")) + (sep + alias if alias else "")

    def exists_sql(self, expression: exp.Exists) -> str:
        return self._block("EXISTS (", self.sql(expression, "this"))

    def paren_sql(self, expression: exp.Paren) -> str:
        return self._block("(", self.sql(expression, "this"))

    def order_sql(self, expression: exp.Order, flat: bool = False) -> str:
        return f"{self.sql(expression, 'this')}\nORDER BY{self.each(expression.expressions)}"

    def case_sql(self, expression: exp.Case) -> str:
        of = self.sql(expression, "this")
        branches = [
            f"WHEN {self.sql(branch, 'this')} THEN {self.sql(branch, 'true')}"
            for branch in expression.args["ifs"]
        ]
        if otherwise := self.sql(expression, "default"):
            branches.append(f"ELSE {otherwise}")
        return self._block(f"CASE {of}".rstrip(), "\n".join(branches), "END")

    def func(
        self, name: str, *args: Any, prefix: str = "(", suffix: str = ")", normalize: bool = True
    ) -> str:
        if len(args) == 1 and isinstance(args[0], (exp.Subquery, exp.JSONObject, exp.Anonymous)):
            return f"{name}({self.sql(args[0])})"
        return self._block(f"{name}(", ",\n".join([self.sql(arg) for arg in args]))


def _terms(tree: exp.Expr, connector: type[exp.Expr]) -> list[exp.Expr]:
    if type(tree) is not connector:
        return [tree]
    return _terms(tree.args["this"], connector) + _terms(tree.args["expression"], connector)


_DIALECT = SQLite()
_LINE_BREAK = "\0"
"""Stands for a line break of a text, which no indentation may touch; a text has no NUL."""


def write(tree: exp.Expr) -> str:
    """SQLite's SQL of a statement or an expression. The tree may not be used afterwards."""
    try:
        text = _WRITERS.flat.sql(tree)
        if len(text) > WIDTH:
            text = _WRITERS.indented.sql(tree)
    finally:
        # A node that comes later may have the id of one that is gone.
        _WRITERS.flat.texts.clear()
        _WRITERS.indented.texts.clear()
        # Identifiers know where they were used last, and would keep that tree.
        identifier.cache_clear()
    return text.replace(_LINE_BREAK, "\n")


class _Writers(threading.local):
    """One of each kind a thread: they are dear to make."""

    def __init__(self) -> None:
        self.flat = _Flat()
        self.indented = _Indented(self.flat)


_WRITERS = _Writers()
