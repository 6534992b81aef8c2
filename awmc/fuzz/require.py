"""The `require` that a tool lacks: what would have to hold before it writes, worked out from what it writes.

Of an assignment `update r set c = e` and a condition over the columns of a row, it is the condition with `e` for `c`
(the weakest precondition; Dijkstra, Guarded Commands, 1975). Of a new row that a condition counts or sums, the
condition with one more, or with what it adds. Where nothing is found in this way, only the line and the condition are
told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from awmc.fuzz.breach import Breach
from awmc.fuzz.constraint import Constraint
from awmc.fuzz.promises import Promises, statements
from awmc.fuzz.spelling import Speller, Unspelled, quoted
from awmc.ir import nodes
from awmc.oracle.trees import rewrite, walk

_BOOL: Final = nodes.Type(kind="bool")
_INT: Final = nodes.Type(kind="int")

Write = nodes.Create | nodes.Update | nodes.Delete


@dataclass(frozen=True, slots=True)
class Missing:
    """`text`: the line that is missing, in the language; empty where none was found. `line`, `before`: the statement
    before which it belongs. `keeps`: what it would keep. `derived`: the statement is of a derived tool, which must be
    written out for it, since what follows an item of `tools` is asked when its row is made."""

    text: str
    line: int
    before: str
    keeps: str
    derived: bool = False


def missing_require(breach: Breach, promises: Promises) -> Missing | None:
    """What the tool of a breach lacks; None for a breach that no `require` would mend."""
    promise = promises.tools[breach.tool]
    if promise.tool is None:
        return None
    finder = _Finder(promises, promise.tool)
    match breach.kind:
        case "guarded_by_invariant" | "invariant_broken":
            return finder.of_invariant(breach.subject)
        case "guarded_by_constraint":
            return finder.of_constraint(breach.subject)
    return None


class _Finder:
    """Of one tool."""

    def __init__(self, promises: Promises, tool: nodes.Tool) -> None:
        environment = promises.environment
        by_name = {one.name: one for one in environment.tools}
        self._environment = environment
        self._entities = {entity.name: entity for entity in environment.entities}
        self._constraints = promises.constraints
        self._tool = tool
        self._writes: list[Write] = [
            statement
            for statement, _ in statements(tool, by_name)
            if isinstance(statement, (nodes.Create, nodes.Update, nodes.Delete))
        ]

    # ---- Invariants

    def of_invariant(self, name: str) -> Missing | None:
        found = next((one for one in self._environment.invariants if one.name == name), None)
        if found is None:
            return None
        read = {(node.entity, node.column) for node in walk(found.test) if isinstance(node, nodes.Column)}
        counted = {
            node.of.entity
            for node in walk(found.test)
            if isinstance(node, nodes.From) and isinstance(node.of, (nodes.EntitySource, nodes.LinkSource))
        }
        touching = [write for write in self._writes if _touches(write, found, read, counted)]
        if not touching:
            return None
        text = ""
        if len(touching) == 1:
            test = self._before(touching[0], found)
            text = self._require(test, found.name, found.about or found.name) if test is not None else ""
        keeps = f"invariant {found.name} (line {found.place.line})"
        return self._missing(text, touching[0], keeps)

    def _before(self, write: Write, invariant: nodes.Invariant) -> nodes.Expr | None:
        """What must hold before a statement, so that the invariant holds after it."""
        match write:
            case nodes.Update() if write.entity == invariant.entity and write.rows.type.kind == "row":
                if any(isinstance(node, nodes.Query) for node in walk(invariant.test)):
                    return None
                return _after_update(invariant.test, "self", write)
            case nodes.Create() if write.entity == invariant.entity and not _queries(invariant.test):
                return _of_new_row(invariant.test, "self", write)
            case nodes.Create():
                return _with_one_more(invariant.test, write)
        return None

    # ---- Constraints

    def of_constraint(self, name: str) -> Missing | None:
        known = self._constraints.values()
        found = next((one for one in known if str(one) == name), None)
        if found is None:
            return None
        for write in self._writes:
            for test in self._guards(found, write):
                code = f"{found.of.singular}_{_CODES[found.kind]}"
                keeps = f"{found} (line {found.of.place.line})"
                text = self._require(test, code, found.message)
                return self._missing(text, write, keeps)
        return None

    def _missing(self, text: str, write: Write, keeps: str) -> Missing:
        return Missing(text, write.place.line, write.place.text, keeps, bool(self._tool.derived_from))

    def _guards(self, found: Constraint, write: Write) -> Iterator[nodes.Expr]:
        """The condition that keeps a statement from breaking a constraint, if it is one that can."""
        if isinstance(write, nodes.Delete):
            if found.kind == "in_use" and write.entity == found.of.name:
                yield from self._unused(found.of, write)
            return
        if write.entity != found.of.name or found.kind == "in_use":
            return
        put: Callable[[nodes.Expr], nodes.Expr | None]
        if isinstance(write, nodes.Create):
            put = lambda test: _of_new_row(test, "self", write)  # noqa: E731
        elif write.rows.type.kind == "row":
            put = lambda test: _after_update(test, "self", write)  # noqa: E731
        else:
            return
        test: nodes.Expr | None = None
        if found.column is not None and _sets(write, found.column.name):
            test = put(_in_range(found.of, found.column))
        elif found.check is not None:
            test = put(found.check.test)
        elif found.unique is not None and any(_sets(write, column) for column in found.unique.columns):
            test = self._no_other(found.of, found.unique, put, write)
        if test is not None:
            yield test

    def _unused(self, entity: nodes.Entity, write: nodes.Delete) -> Iterator[nodes.Expr]:
        for other in self._environment.entities:
            for column in other.columns:
                if column.references == entity.name and not column.cascade and write.rows.type.kind == "row":
                    yield _apply("not", _exists(other, [_equal(_of_row(other, column), write.rows)]))

    def _no_other(
        self,
        entity: nodes.Entity,
        unique: nodes.Unique,
        put: Callable[[nodes.Expr], nodes.Expr | None],
        write: nodes.Create | nodes.Update,
    ) -> nodes.Expr | None:
        """That no other row has the values which the statement gives this one."""
        columns = {column.name: column for column in entity.columns}
        terms = []
        for name in unique.columns:
            value = put(_of_row(entity, columns[name], "self"))
            if value is None:
                return None
            terms.append(_equal(_of_row(entity, columns[name]), value))
        if unique.where is not None:
            terms.append(rewrite(unique.where, lambda node: _variable(node, "self", _row(entity))))
        if isinstance(write, nodes.Update):
            terms.append(_apply("ne", _row(entity), write.rows))
        return _apply("not", _exists(entity, terms))

    def _require(self, test: nodes.Expr, code: str, message: str) -> str:
        try:
            return f"require {Speller(self._environment).spelled(test)} else {code} {quoted(message)}"
        except Unspelled:
            return ""


_CODES: Final[Mapping[str, str]] = {
    "range": "out_of_range", "check": "not_allowed", "unique": "exists", "in_use": "in_use",
}  # fmt: skip


# ---- What a statement does to a condition


def _after_update(test: nodes.Expr, name: str, write: nodes.Update) -> nodes.Expr | None:
    """The condition over the row `name`, as it must hold of the row that is about to be updated."""
    values = {assign.column: assign.value for assign in write.assigns}

    def put(node: Any) -> Any:
        if isinstance(node, nodes.Column) and isinstance(node.of, nodes.Var) and node.of.name == name:
            if node.column in values:
                return rewrite(values[node.column], lambda one: _variable(one, write.alias, write.rows))
            return replace(node, of=write.rows)
        return _variable(node, name, write.rows)

    return rewrite(test, put)  # type: ignore[no-any-return]


def _of_new_row(test: nodes.Expr, name: str, write: nodes.Create) -> nodes.Expr | None:
    """The condition over the row `name`, of the values that a new row is given; None where it asks for more."""
    values = {value.column: value.value for value in write.values}

    def put(node: Any) -> Any:
        if isinstance(node, nodes.Column) and isinstance(node.of, nodes.Var) and node.of.name == name:
            return values.get(node.column)
        return None

    found = rewrite(test, put)
    left = any(isinstance(node, nodes.Var) and node.name == name for node in walk(found))
    return None if left else found


def _with_one_more(test: nodes.Expr, write: nodes.Create) -> nodes.Expr | None:
    """A condition `count(rows) < n`, or of a sum, with the new row counted in; None for any other."""
    if not isinstance(test, nodes.Apply) or test.fn not in ("le", "lt", "ge", "gt", "eq"):
        return None
    for place, side in enumerate(test.args):
        if isinstance(side, nodes.Aggregate) and side.fn in ("count", "sum"):
            query = side.query
            if len(query.sources) != 1 or query.sources[0].type.name != write.entity:
                return None
            alias = query.sources[0].alias
            values = {value.column: value.value for value in write.values}
            owner = _owner(query, alias, values)
            if owner is None:
                return None
            added: nodes.Expr = nodes.Const(type=_INT, value=1)
            if side.value is not None:
                of = _of_new_row(side.value, alias, write)
                if of is None:
                    return None
                added = of
            other = test.args[1 - place]
            if test.fn == "le" and place == 0 and side.fn == "count" and _is_one(other):
                none = nodes.Aggregate(type=_BOOL, fn="exists", query=query)
                return _put_owner(_apply("not", none), owner)
            sides = list(test.args)
            sides[place] = nodes.Apply(type=side.type, fn="add", args=(side, added))
            return _put_owner(replace(test, args=tuple(sides)), owner)
    return None


def _owner(query: nodes.Query, alias: str, values: Mapping[str, nodes.Expr]) -> nodes.Expr | None:
    """The row that `self` stands for, where the new row is one of its own: of a term `.column == self`."""
    for term in query.where:
        test = term.test
        if isinstance(test, nodes.Apply) and test.fn == "eq":
            for one, other in (test.args, test.args[::-1]):
                if (
                    isinstance(one, nodes.Column)
                    and isinstance(one.of, nodes.Var)
                    and one.of.name == alias
                    and isinstance(other, nodes.Var)
                    and other.name == "self"
                ):
                    return values.get(one.column)
    return None


def _put_owner(test: nodes.Expr, owner: nodes.Expr) -> nodes.Expr:
    return rewrite(test, lambda node: _variable(node, "self", owner))  # type: ignore[no-any-return]


def _is_one(expr: nodes.Expr) -> bool:
    return isinstance(expr, nodes.Const) and expr.value == 1


def _variable(node: Any, name: str, put: nodes.Expr) -> nodes.Expr | None:
    return put if isinstance(node, nodes.Var) and node.name == name else None


def _queries(expr: nodes.Expr) -> bool:
    return any(isinstance(node, (nodes.Query, nodes.Aggregate, nodes.Group)) for node in walk(expr))


def _sets(write: nodes.Create | nodes.Update, column: str) -> bool:
    given = write.values if isinstance(write, nodes.Create) else write.assigns
    return any(one.column == column for one in given)


def _touches(write: Write, invariant: nodes.Invariant, read: set[tuple[str, str]], counted: set[str]) -> bool:
    """Whether a statement writes what an invariant reads."""
    if isinstance(write, nodes.Update):
        return any((write.entity, assign.column) in read for assign in write.assigns)
    return write.entity in counted or write.entity == invariant.entity


# ---- Pieces of conditions


def _apply(fn: nodes.Function, *args: nodes.Expr) -> nodes.Expr:
    return nodes.Apply(type=_BOOL, fn=fn, args=args)


def _equal(one: nodes.Expr, other: nodes.Expr) -> nodes.Expr:
    return _apply("eq", one, other)


def _row(entity: nodes.Entity) -> nodes.Var:
    """A row of a query over the entity."""
    return nodes.Var(type=nodes.Type(kind="row", name=entity.name), name="other")


def _of_row(entity: nodes.Entity, column: nodes.StoredColumn, name: str = "") -> nodes.Expr:
    row = _row(entity)
    of = replace(row, name=name) if name else row
    return nodes.Column(type=column.type, of=of, entity=entity.name, column=column.name)


def _exists(entity: nodes.Entity, terms: list[nodes.Expr]) -> nodes.Expr:
    type_ = nodes.Type(kind="row", name=entity.name)
    query = nodes.Query(
        type=nodes.Type(kind="list", element=type_),
        sources=(nodes.From(alias="other", type=type_, of=nodes.EntitySource(entity=entity.name)),),
        where=tuple(nodes.Term(test=term) for term in terms),
    )
    return nodes.Aggregate(type=_BOOL, fn="exists", query=query)


def _in_range(entity: nodes.Entity, column: nodes.StoredColumn) -> nodes.Expr:
    """The range of a column, as a condition over `self`."""
    value = _of_row(entity, column, "self")
    plain = replace(column.type, low=None, high=None, nullable=False)
    if column.type.kind in ("text", "email", "url"):
        value, plain = nodes.Apply(type=_INT, fn="len", args=(value,)), _INT
    ends: tuple[tuple[nodes.Function, nodes.Scalar], ...] = (
        ("ge", column.type.low),
        ("le", column.type.high),
    )
    terms = [_apply(fn, value, nodes.Const(type=plain, value=end)) for fn, end in ends if end is not None]
    return terms[0] if len(terms) == 1 else _apply("and", *terms)
