"""The value of a typed expression over the rows in memory: a walk of the tree, queries as nested loops."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from awmc.semantics import typed
from awmc.semantics.model import Rule, ShapeModel
from awmc.semantics.types import Type
from tests.reference import values as v
from tests.reference.values import Duration, Member, Row
from tests.reference.world import World


@dataclass(frozen=True)
class Names:
    """What names stand for: locals, and the rows or elements of binders by their identity."""

    locals: dict[str, Any] = field(default_factory=dict)
    bound: dict[int, Any] = field(default_factory=dict)

    def with_row(self, binder: typed.Binder, value: Any) -> Names:
        return replace(self, bound={**self.bound, id(binder): value})


class Expressions:
    """`now` and `me` are those of the call. `run` makes the calls of tools and actions."""

    def __init__(self, world: World, now: dt.datetime, me: Row | None, run: Callable[..., Any]) -> None:
        self.world = world
        self.model = world.model
        self.now = now
        self.me = me
        self.run = run

    def holds(self, rule: Rule, row: Row) -> bool:
        """Whether a rule of a declaration holds of a row."""
        assert rule.test is not None
        return self.value(rule.test, Names().with_row(rule.binder, row)) is True

    def constant(self, kind: Type, value: Any) -> Any:
        """What a stored constant of the Model is here."""
        if value is None:
            return None
        match kind.kind:
            case "enum":
                wires = [wire for _, wire, _ in self.model.enums[kind.name].values]
                return Member(wires.index(value), value)
            case "money":
                return v.money(Fraction(value, 100))
            case "number":
                return float(value)
            case "bool":
                return bool(value)
            case "date":
                return dt.date.fromisoformat(value)
            case "datetime":
                return dt.datetime.fromisoformat(value)
            case "time":
                return dt.time.fromisoformat(value)
            case "duration":
                return Duration(value.months, value.seconds)
            case "row":
                return Row(kind.name, value)
        return value

    def value(self, node: typed.Expr, names: Names) -> Any:
        match node:
            case typed.Const():
                return self.constant(node.type, node.value)
            case typed.Local():
                return names.locals[node.name]
            case typed.Now():
                return self.now
            case typed.Me():
                return self.me
            case typed.Bound():
                return names.bound[id(node.binder)]
            case typed.ColumnOf():
                return self.column(node, names)
            case typed.PartOf():
                of = self.value(node.of, names)
                return None if of is None else of[node.name]
            case typed.RelationOf():
                return self.related(self.value(node.of, names), node)
            case typed.AllOf():
                found = self.world.rows(node.entity.name)
                return (
                    [r for r in found if self.holds(node.entity.scopes[node.scope], r)]
                    if node.scope
                    else found
                )
            case typed.Op():
                return self.operator(node, names)
            case typed.QueryOf():
                first = node.sources[0].binder
                return [found.bound[id(first)] for found in self.found(node, names)]
            case typed.AggregateOf():
                return self.aggregate(node, names)
            case typed.GroupOf():
                return self.group(node, names)
            case typed.ItemOf():
                of, index = self.value(node.of, names), self.value(node.index, names)
                return of[index] if of is not None and index is not None and 0 <= index < len(of) else None
            case typed.ListOf():
                return [self.value(item, names) for item in node.items]
            case typed.RecordOf():
                return {name: self.value(part, names) for name, part in node.fields}
            case typed.ShapedOf():
                return self.shaped(self.value(node.of, names), node.shape)
            case typed.FnCall():
                assert node.fn.value is not None
                given = {name: self.value(arg, names) for name, arg in node.args}
                return self.value(node.fn.value, Names(given))
            case typed.ToolCall():
                return self.run(node, names)
        raise AssertionError(f"{type(node).__name__} stands in no tool")

    # ---- Rows

    def column(self, node: typed.ColumnOf, names: Names) -> Any:
        row = self.value(node.of, names)
        if row is None:
            return None
        if node.field is self.model.entities[row.entity].key:
            return row.key
        if node.field.kind == "computed":
            assert node.field.binder is not None
            assert node.field.value is not None
            if not self.world.exists(row):
                return None
            return self.value(node.field.value, Names().with_row(node.field.binder, row))
        return self.world.column(row, node.field.name)

    def related(self, row: Row | None, node: typed.RelationOf) -> list[Row]:
        if row is None:
            return []
        if node.field.kind == "link":
            return self.world.linked(row, node.field)
        assert node.field.type.element is not None
        others = self.world.rows(node.field.type.element.name)
        return [other for other in others if self.world.column(other, node.field.via) == row]

    def shaped(self, of: Any, shape: ShapeModel) -> Any:
        """A row, or each of a list, as a record of what a shape names."""
        if of is None:
            return None
        if isinstance(of, list):
            return [self.shaped(row, shape) for row in of]
        record = {}
        for member in shape.members:
            value = self.value(member.value, Names().with_row(shape.binder, of))
            record[member.name] = _ids(value) if member.nested is None else self.shaped(value, member.nested)
        return record

    # ---- Queries

    def found(self, query: typed.Expr, names: Names, *, whole: bool = False) -> list[Names]:
        """The names within each result of a query, in its order; `whole`: as if without `limit` and `offset`."""
        assert isinstance(query, typed.QueryOf)
        results = [names]
        for source in query.sources:
            elements = self.value(source.of, names)
            results = [r.with_row(source.binder, element) for r in results for element in elements]
        for term in query.where:
            if all(names.locals[name] is not None for name in term.given):
                results = [r for r in results if self.value(term.test, r) is True]
        for order in reversed(query.order):
            keys = [self.value(order.key, r) for r in results]
            results = v.in_order(results, keys, order.descending)
        if query.offset is not None and not whole:
            results = results[max(self.value(query.offset, names), 0) :]
        if query.limit is not None and not whole:
            results = results[: max(self.value(query.limit, names), 0)]
        return results

    def aggregate(self, node: typed.AggregateOf, names: Names) -> Any:
        results = self.found(node.query, names)
        rows = [r.bound[id(node.binder)] for r in results]
        values = rows if node.value is None else [self.value(node.value, r) for r in results]
        match node.fn:
            case "count":
                return len(results)
            case "exists":
                return bool(results)
            case "first":
                return rows[0] if rows else None
            case "min_by" | "max_by":
                best = v.in_order(rows, values, node.fn == "max_by")
                return best[0] if best else None
            case "any":
                return any(value is True for value in values)
            case "all":
                return all(value is True for value in values)
            case "list":
                return values
        return self.noted(total(node.fn, node.type.kind, values))

    def group(self, node: typed.GroupOf, names: Names) -> list[dict[str, Any]]:
        keys = [part for part in node.parts if not part.fn]
        groups: list[tuple[list[Any], list[Names]]] = []
        for result in self.found(node.query, names):
            key = [self.value(part.value, result) for part in keys if part.value is not None]
            same = next((members for other, members in groups if other == key), None)
            if same is None:
                groups.append((key, [result]))
            else:
                same.append(result)
        if not keys and not groups:
            groups = [([], [])]  # without a key, all is one group
        for place in reversed(range(len(keys))):
            groups = v.in_order(groups, [key[place] for key, _ in groups], False)
        rows = []
        for _, members in groups:
            row = {}
            for part in node.parts:
                values = [None if part.value is None else self.value(part.value, r) for r in members]
                row[part.name] = total(part.fn, part.type.kind, values) if part.fn else values[0]
            rows.append(row)
        return rows

    # ---- Operators

    def operator(self, node: typed.Op, names: Names) -> Any:
        fn = node.fn
        if fn == "if":
            return self.value(node.args[1 if self.value(node.args[0], names) is True else 2], names)
        args = [self.value(arg, names) for arg in node.args]
        match fn:
            case "and":
                return False if False in args else None if None in args else True
            case "or":
                return True if True in args else None if None in args else False
            case "coalesce":
                return next((arg for arg in args if arg is not None), None)
            case "is_null":
                return args[0] is None
            case "eq" | "ne":
                same = v.ordering(args[0]) == v.ordering(args[1])
                return same if fn == "eq" else not same
            case "in_list":
                return any(v.ordering(args[0]) == v.ordering(item) for item in args[1:])
        if any(arg is None for arg in args):
            return None
        return self.noted(apply(fn, node, args, self.id_text))

    def noted(self, value: Any) -> Any:
        """The value; what is beyond 64 bits is counted."""
        v.storable(value)
        return value

    def id_text(self, kind: Type, key: int | str) -> str:
        """An id as it is written."""
        form = self.model.entities[kind.name].id_format
        return form.format(n=key) if form else str(key)


def apply(fn: str, node: typed.Op, args: list[Any], id_text: Callable[[Type, Any], str]) -> Any:
    """An operator or a function on values that are not null."""
    first, kind = args[0], node.type.kind
    if fn in _COMPARED:
        return _COMPARED[fn](*(v.ordering(arg) for arg in args))
    if fn in ("add", "sub", "mul", "div", "mod"):
        return v.arithmetic(fn, kind, *args)
    if fn in ("min", "max"):
        return v.in_order(args, args, fn == "max")[0]
    if fn in ("floor", "ceil"):
        return v.whole(first, kind, up=fn == "ceil")
    if fn == "text" and node.args[0].type.kind in ("id", "row"):
        return id_text(node.args[0].type, first)
    if fn == "round":
        return v.rounded(first, args[1], kind)
    return _FUNCTIONS[fn](*args)


def _ids(value: Any) -> Any:
    """Rows that no shape is named for are shown as their ids."""
    if isinstance(value, list):
        return [_ids(item) for item in value]
    return value.key if isinstance(value, Row) else value


_COMPARED: dict[str, Callable[..., bool]] = {
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "between": lambda a, low, high: low <= a <= high,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "not": lambda a: not a,
    "neg": v.negative,
    "abs": lambda a: v.negative(a) if a < 0 else a,
    "to_number": float,
    "to_money": v.money,
    "concat": lambda *parts: "".join(parts),
    "text": v.as_text,
    "len": len,
    "lower": str.lower,
    "upper": str.upper,
    "trim": str.strip,
    "replace": v.replaced,
    "left": v.first_letters,
    "right": v.last_letters,
    "contains": v.contains,
    "starts_with": v.starts_with,
    "matches": v.matches,
    "relevance": v.relevance,
    "date": v.day_of,
    "time": lambda moment: dt.time(moment.hour, moment.minute),
    "year": lambda moment: moment.year,
    "month": lambda moment: moment.month,
    "weekday": lambda moment: moment.weekday() + 1,
    "days_between": v.days_between,
}


def total(fn: str, kind: str, values: list[Any]) -> Any:
    """`count`, or an aggregate of the values that are not null: of none, a sum is 0, the others null."""
    if fn == "count":
        return len(values)
    there = [value for value in values if value is not None]
    if fn in ("min", "max"):
        return v.in_order(there, there, fn == "max")[0] if there else None
    if any(isinstance(value, float) for value in there):
        whole: Any = sum(Fraction(value) for value in there)
    else:
        whole = sum((Fraction(value) for value in there), Fraction(0))
    if fn == "sum":
        return v.of_kind(kind, Decimal(0) if not there and kind == "money" else _plain(whole))
    return v.of_kind(kind, _plain(whole / len(there))) if there else None


def _plain(value: Fraction | int) -> Any:
    return Fraction(value)
