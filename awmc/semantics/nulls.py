"""What a test says about nulls: the paths that are known to hold a value where it is true, or where it is
false.
"""

from __future__ import annotations

from msgspec.structs import replace

from awmc.semantics import typed
from awmc.semantics.context import Context, Fact
from awmc.semantics.types import Type


def path_of(expr: typed.Expr) -> Fact | None:
    """The path that an expression reads, or None if it is not one."""
    match expr:
        case typed.Local():
            return ("local", expr.name)
        case typed.Me():
            return ("me",)
        case typed.Bound():
            return ("row", id(expr.binder))
        case typed.ColumnOf():
            of = path_of(expr.of)
            return None if of is None else (*of, (expr.field.entity, expr.field.name))
        case typed.PartOf():
            of = path_of(expr.of)
            return None if of is None else (*of, expr.name)
    return None


def facts(test: typed.Expr, truth: bool) -> frozenset[Fact]:
    """The paths that are not null where `test` has this truth."""
    if not isinstance(test, typed.Op):
        return frozenset()
    match test.fn:
        case "not":
            return facts(test.args[0], not truth)
        case "and" | "or":
            left, right = (facts(a, truth) for a in test.args)
            return left | right if (test.fn == "and") == truth else left & right
        case "is_null":
            return _one(test.args[0]) if not truth else frozenset()
        case "eq" | "ne":
            if (test.fn == "eq") != truth:
                return frozenset()
            left_, right_ = test.args
            found: frozenset[Fact] = frozenset()
            if not right_.type.nullable:
                found |= _one(left_)
            if not left_.type.nullable:
                found |= _one(right_)
            return found
    return frozenset()


def row_facts(rows: typed.Expr, name: str) -> frozenset[Fact]:
    """What the `where` of a query says of each of its rows, for a local that holds one of them."""
    query = (
        rows.query
        if isinstance(rows, typed.AggregateOf) and rows.fn in ("first", "min_by", "max_by")
        else rows
    )
    if not isinstance(query, typed.QueryOf):
        return frozenset()
    row = ("row", id(query.sources[0].binder))
    return frozenset(
        ("local", name, *fact[2:]) for fact in where_facts(query) if fact[:2] == row and len(fact) > 2
    )


def where_facts(rows: typed.Expr) -> frozenset[Fact]:
    """What the `where` of a query says of each of its rows, where they are bound by the query itself."""
    if not isinstance(rows, typed.QueryOf):
        return frozenset()
    return frozenset(fact for term in rows.where if not term.given for fact in facts(term.test, True))


def _one(expr: typed.Expr) -> frozenset[Fact]:
    """The path itself, and every path that it goes through: what has a value is reached through rows that
    exist.
    """
    found: set[Fact] = set()
    current: typed.Expr | None = expr
    while current is not None:
        path = path_of(current)
        if path is not None:
            found.add(path)
        current = current.of if isinstance(current, (typed.ColumnOf, typed.PartOf)) else None
    return frozenset(found)


def narrowed(cx: Context, expr: typed.Expr) -> typed.Expr:
    """The expression, not nullable if its path is known to hold a value here."""
    if not expr.type.nullable or expr.type.kind == "null":
        return expr
    path = path_of(expr)
    if path is not None and path in cx.facts:
        return with_type(expr, expr.type.present)
    return expr


def with_type(expr: typed.Expr, type_: Type) -> typed.Expr:
    return replace(expr, type=type_)
