"""The value of an expression: in Python over what is in hand, by SQL over stored rows.

Operators and functions are those of `awmc.runtime.functions`, which SQL uses too. What reads stored rows is
compiled by the SQL compiler, as large a part of the expression as can be, and run with the values in hand
bound.

Values are in storage form (`awmc.ir.nodes`). On the wire (`wire=True`, in a `solve`), only ids that have a
format differ: they are the texts that the agent sees. There a list remembers what it leaves out (`Listed`),
and taking from an empty list, one of tied rows, or a reckoning over a part of a list is `Unsound`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import apsw

from awmc.backends.sql import Compiler, Sql
from awmc.ir import nodes
from awmc.oracle.listed import Listed, Unsound
from awmc.oracle.operators import apply, seconds
from awmc.oracle.queries import Queries
from awmc.oracle.trees import FactBook, rewrite
from awmc.runtime.values import id_format

Locals = Mapping[str, Any]

STEPS: Final = 100_000
"""Steps of a `solve`: each row that it goes through in hand is one, and each statement is ten."""


class Terms:
    """What evaluation needs of an environment, and the statements that were compiled for it, each once."""

    def __init__(self, environment: nodes.Environment, compiler: Compiler) -> None:
        self.environment = environment
        self.compiler = compiler
        self.entities = {entity.name: entity for entity in environment.entities}
        self.facts = FactBook()
        self.enums = {enum.name: tuple(value.wire for value in enum.values) for enum in environment.enums}
        # By identity: expressions are large, and hashing them costs more than compiling. Held, so that ids
        # stay theirs.
        self._known: dict[tuple[int, str], tuple[nodes.Expr, Any]] = {}

    def once(self, expr: Any, what: str, find: Callable[[], Any]) -> Any:
        """What `find` answers for an expression, remembered."""
        place = (id(expr), what)
        if place not in self._known:
            self._known[place] = (expr, find())
        return self._known[place][1]

    def id_text(self, type_: nodes.Type, value: Any) -> Any:
        """The id as the agent sees it."""
        form = self.entities[type_.name].id_format if type_.name in self.entities else ""
        return id_format(form).format(value) if form and isinstance(value, int) else value

    def id_key(self, type_: nodes.Type, value: Any) -> Any:
        """The stored key of an id as the agent sees it."""
        form = self.entities[type_.name].id_format if type_.name in self.entities else ""
        return id_format(form).parse(value) if form and isinstance(value, str) else value


class Evaluator:
    """Evaluates in one world at one instant. `connection`: the world's. `before`: of the world that `old`
    speaks of.
    """

    def __init__(
        self,
        terms: Terms,
        connection: apsw.Connection,
        *,
        now: str,
        me: nodes.Actor | None = None,
        wire: bool = False,
        before: Evaluator | None = None,
    ) -> None:
        self.terms = terms
        self.connection = connection
        self.now = now
        self.me = me
        self.wire = wire
        self.before = before
        self._queries = Queries(self)
        self._steps = 0

    def step(self, count: int) -> None:
        """So much more was done in hand. Raises `Unsound` where that is too much for a `solve`."""
        self._steps += count
        if self.wire and self._steps > STEPS:
            raise Unsound("AWM638", limit=f"{STEPS:,}")

    def value(self, expr: nodes.Expr, given: Locals, row: Locals | None = None) -> Any:
        """The value; `given` are the locals, `row` what the variables of enclosing queries stand for."""
        evaluate = self._by_sql if self._is_for_sql(expr) else self._by_python
        found = evaluate(expr, given, row or {})
        if self.wire and expr.type.kind == "id":
            return self.terms.id_text(expr.type, found)
        return found

    def rows(self, expr: nodes.Expr, given: Locals) -> list[Any]:
        """What a loop goes over: the keys of the rows, or the elements of the list."""
        found = self.value(expr, given)
        return list(found) if isinstance(found, list) else [found] if found is not None else []

    def of_new_row(self, expr: nodes.Expr, entity: nodes.Entity, row: Mapping[str, Any]) -> Any:
        """The value over the variable `self`, for a row that is not stored yet: its columns by name."""
        plain = self.terms.once(expr, "of a new row", lambda: _over_columns(expr, entity))
        return self.value(plain, {f"self_{name}": value for name, value in row.items()})

    # ---- By SQL

    def _is_for_sql(self, expr: nodes.Expr) -> bool:
        facts = self.terms.facts.of(expr)
        # Lists that came over the wire remember what they leave out, which SQL would not.
        return facts.reads and not facts.asks and not (self.wire and facts.lists)

    def _by_sql(self, expr: nodes.Expr, given: Locals, row: Locals) -> Any:
        if row:
            expr, given = self._with_variables(expr, given, row)
        sql: Sql = self.terms.once(expr, "statement", lambda: self.terms.compiler.value(expr))
        found = self.run(sql, given).get
        match expr.type.kind:
            case "list":
                return None if found is None else Listed(json.loads(found))
            case "record":
                return None if found is None else json.loads(found)
            case "duration":
                return None if found is None else nodes.Duration(seconds=found)
        return found

    def run(self, sql: Sql, given: Locals, **more: Any) -> apsw.Cursor:
        """The statement, run with the values that it asks for; `more` are parameters by name."""
        values = {
            bind.name: more[bind.name] if bind.name in more else self._bound(bind.value, given)
            for bind in sql.binds
        }
        return self.connection.execute(sql.text, {**more, **values})

    def _bound(self, expr: nodes.Expr, given: Locals) -> Any:
        value = self._by_python(expr, given, {})
        if self.wire:
            value = self._stored(expr.type, value)
        if isinstance(value, nodes.Duration):
            return seconds(value)
        return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value

    def _stored(self, type_: nodes.Type, value: Any) -> Any:
        if value is None:
            return None
        if type_.kind == "list" and type_.element is not None:
            return [self._stored(type_.element, element) for element in value]
        if type_.kind == "record":
            types = {field.name: field.type for field in type_.fields}
            return {
                name: self._stored(types[name], part) if name in types else part
                for name, part in value.items()
            }
        return self.terms.id_key(type_, value) if type_.kind in ("id", "row") else value

    def _with_variables(self, expr: nodes.Expr, given: Locals, row: Locals) -> tuple[nodes.Expr, Locals]:
        """The expression with the variables of Python's queries as locals, and the locals with them."""

        def bound() -> tuple[nodes.Expr, tuple[str, ...]]:
            free = self.terms.facts.of(expr).free & row.keys()

            def change(node: Any) -> Any:
                if isinstance(node, nodes.Var) and node.name in free:
                    return nodes.Local(type=node.type, name=f"row_{node.name}")
                return None

            return rewrite(expr, change) if free else expr, tuple(sorted(free))

        changed, names = self.terms.once(expr, "bound", bound)
        return changed, {**given, **{f"row_{name}": row[name] for name in names}}

    # ---- By Python

    def _by_python(self, expr: nodes.Expr, given: Locals, row: Locals) -> Any:
        match expr:
            case nodes.Const():
                return expr.value
            case nodes.Local():
                return given[expr.name]
            case nodes.Now():
                return self.now
            case nodes.Me():
                return None if self.me is None else self.me.key
            case nodes.Var():
                return row[expr.name]
            case nodes.Column():
                return self._column(expr, given, row)
            case nodes.Part():
                return self._part(expr, given, row)
            case nodes.Apply():
                return apply(expr, lambda argument: self.value(argument, given, row), self.terms)
            case nodes.Query():
                return self._queries.elements(expr, given, row)
            case nodes.Aggregate():
                return self._queries.aggregate(expr, given, row)
            case nodes.Group():
                return self._queries.group(expr, given, row)
            case nodes.Item():
                return self._item(expr, given, row)
            case nodes.ListOf():
                return Listed(self.value(item, given, row) for item in expr.items)
            case nodes.RecordOf():
                return {field.name: self.value(field.value, given, row) for field in expr.fields}
            case nodes.Old():
                return (self.before or self).value(expr.of, given, row)
        raise TypeError(f"{expr.op} cannot be evaluated here")

    def _column(self, expr: nodes.Column, given: Locals, row: Locals) -> Any:
        of = self.value(expr.of, given, row)
        if of is None:
            return None
        plain, name = self.terms.once(expr, "column", lambda: _of_local(expr))
        return self._by_sql(plain, {name: self._stored(expr.of.type, of) if self.wire else of}, {})

    def _part(self, expr: nodes.Part, given: Locals, row: Locals) -> Any:
        of = self.value(expr.of, given, row)
        if of is None:
            return None
        if isinstance(of, Listed):
            assert expr.name == "total", "a list has no other part"
            return of.total if of.total is not None else len(of)
        return of.get(expr.name)

    def _item(self, expr: nodes.Item, given: Locals, row: Locals) -> Any:
        of = self.value(expr.of, given, row)
        index = self.value(expr.index, given, row)
        if of is None or index is None or not 0 <= index < len(of):
            if self.wire:
                raise Unsound("AWM606")
            return None
        if self.wire and isinstance(of, Listed) and of.keys is not None:
            of.check_whole()
            of.check_ties(index, index + 1)
        if self.wire and isinstance(of, Listed):
            of.take(index)
        return of[index]


def _over_columns(expr: nodes.Expr, entity: nodes.Entity) -> nodes.Expr:
    """The columns of `self` as locals `self_<column>`, those that are computed written out."""
    computed = {column.name: column.value for column in entity.computed}

    def change(node: Any) -> Any:
        if not (isinstance(node, nodes.Column) and isinstance(node.of, nodes.Var) and node.of.name == "self"):
            return None
        if node.column in computed:
            return rewrite(computed[node.column], change)
        return nodes.Local(type=node.type, name=f"self_{node.column}")

    found: nodes.Expr = rewrite(expr, change)
    return found


_ROW: Final = "of_row"


def _of_local(expr: nodes.Column) -> tuple[nodes.Column, str]:
    return nodes.Column(
        type=expr.type,
        of=nodes.Local(type=expr.of.type, name=_ROW),
        entity=expr.entity,
        column=expr.column,
    ), _ROW
