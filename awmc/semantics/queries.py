"""Queries, aggregates and groups."""

from __future__ import annotations

from msgspec.structs import replace

from awmc.diagnostics.model import Fix
from awmc.semantics import nulls, typed
from awmc.semantics.arguments import leave_out
from awmc.semantics.context import Context, Fact
from awmc.semantics.expressions import condition, convert, infer, poison, present, require, rule
from awmc.semantics.functions import AGGREGATES, GROUP_AGGREGATES
from awmc.semantics.names import tool_of
from awmc.semantics.types import BOOL, INT, NUMERIC, Type, list_of
from awmc.source import Span
from awmc.syntax import ast

ORDERABLE = (
    "text",
    "email",
    "url",
    "int",
    "number",
    "money",
    "bool",
    "date",
    "time",
    "datetime",
    "enum",
    "id",
    "duration",
)


@rule(ast.Query)
def query(cx: Context, node: ast.Query, expected: Type | None) -> typed.Expr:
    return infer_query(cx, node)[0]


def infer_query(cx: Context, node: ast.Expr) -> tuple[typed.QueryOf | typed.Poison, frozenset[Fact]]:
    """A query, or rows without a clause as a query; and what its `where` says of nulls."""
    if not isinstance(node, ast.Query):
        rows = _rows(cx, node, "a query")
        if isinstance(rows, typed.Poison):
            return rows, frozenset()
        if isinstance(rows, typed.QueryOf):
            return rows, frozenset()
        binder = typed.Binder("", rows.type.element or rows.type)
        return _plain(node.span, binder, rows), frozenset()
    return _clauses(cx, node)


def _plain(span: Span, binder: typed.Binder, rows: typed.Expr) -> typed.QueryOf:
    return typed.QueryOf(span, list_of(binder.type), (typed.Source(binder, rows),), (), (), None, None)


def _lost_where(cx: Context, node: ast.Expr) -> ast.Name | None:
    """The column of `Visit .slot == slot`, whose point stands apart from what is before it."""
    while not isinstance(node, ast.Attr):
        match node:
            case (
                ast.Binary(left=inner) | ast.Within(value=inner) | ast.IsNull(of=inner) | ast.Index(of=inner)
            ):
                node = inner
            case _:
                return None
    apart = None
    while isinstance(node, ast.Attr):
        apart = (
            node.field
            if cx.model.text(Span(node.of.span.end, node.field.span.start))[:1].isspace()
            else apart
        )
        node = node.of
    return apart


def _rows(cx: Context, node: ast.Expr, construct: str) -> typed.Expr:
    point = _lost_where(cx, node)
    if point is not None:
        found = f"`.{point.text}`"
        place = Span(point.span.start - 1, point.span.end)
        fix = Fix(Span.at(place.start), "where ", f"write `where .{point.text}`")
        cx.report("AWM002", place, expected="`where`", found=found, fixes=(fix,))
        return poison(node.span)
    rows = present(cx, infer(cx, node))
    if rows.type.kind == "error":
        return poison(node.span)
    if rows.type.kind != "list" or rows.type.element is None:
        cx.report("AWM310", node.span, construct=construct, found=rows.type.a)
        return poison(node.span)
    return rows


def _clauses(cx: Context, node: ast.Query) -> tuple[typed.QueryOf | typed.Poison, frozenset[Fact]]:
    head, cx.head = cx.head, False
    cx.head = head
    first = _rows(cx, node.source, "a query")
    cx.head = False
    if isinstance(first, typed.Poison):
        return first, frozenset()
    assert first.type.element is not None
    binders = [_binder(cx, node.alias, first.type.element)]
    sources = [typed.Source(binders[0], first)]
    for join in node.joins:
        rows = _rows(cx, join.of, "`join`")
        if isinstance(rows, typed.Poison):
            return rows, frozenset()
        assert rows.type.element is not None
        binders.append(_binder(cx, join.alias, rows.type.element))
        sources.append(typed.Source(binders[-1], rows))
    tool = tool_of(cx, first) if cx.wire else ""
    if tool:
        cx.results[f"row {id(binders[0])}"] = tool
    with cx.framed(*binders):
        known, terms = _where(cx, node.where)
        with cx.knowing(known):
            order = tuple(_order(cx, key) for key in node.order)
    limit = require(cx, node.limit, INT, "a limit") if node.limit is not None else None
    offset = require(cx, node.offset, INT, "an offset") if node.offset is not None else None
    kind = list_of(first.type.element, paged=False)
    return typed.QueryOf(node.span, kind, tuple(sources), terms, order, limit, offset), known


def _binder(cx: Context, alias: ast.Name | None, element: Type) -> typed.Binder:
    if alias is not None:
        free_name(cx, alias)
    return typed.Binder(alias.text if alias is not None else "", element)


def free_name(cx: Context, name: ast.Name) -> None:
    """Reports a name that is taken where it is given."""
    if name.text in ("me", "now", "self", "clock"):
        cx.report("AWM129", name.span, name=name.text, what="a local")
    elif name.text in cx.locals:
        cx.report("AWM109", name.span, name=name.text, what="a local or a parameter")
    elif any(b.name == name.text for frame in cx.frames for b in frame):
        cx.report("AWM109", name.span, name=name.text, what="the name of a row")


def _where(cx: Context, node: ast.Expr | None) -> tuple[frozenset[Fact], tuple[typed.Term, ...]]:
    known: frozenset[Fact] = frozenset()
    terms: list[typed.Term] = []
    for term in and_terms(node):
        given: list[str] | None = [] if len(cx.frames) == 1 else None
        with cx.collecting(given if given is not None else cx.given), cx.knowing(known):
            test = condition(cx, term, "a term of `where`")
        terms.append(typed.Term(test, tuple(given or ())))
        if not given:
            known |= nulls.facts(test, True)
    return known, tuple(terms)


def and_terms(node: ast.Expr | None) -> list[ast.Expr]:
    """The `and`-terms of a condition."""
    if node is None:
        return []
    if isinstance(node, ast.Binary) and node.op == "and":
        return [*and_terms(node.left), *and_terms(node.right)]
    return [node]


def _order(cx: Context, node: ast.OrderKey) -> typed.Order:
    key = infer(cx, node.key)
    if key.type.kind not in (*ORDERABLE, "null", "error"):
        cx.report("AWM327", node.key.span, found=key.type.a)
        key = poison(node.key.span)
    return typed.Order(key, node.descending)


# ---- Aggregates ----------------------------------------------------------------------------------------------------


def aggregate(cx: Context, node: ast.Call) -> typed.Expr:
    """`count(q)`, `sum(q, e)` and the like. The caller has seen to it that the first argument is a query or a
    list.
    """
    name = node.name.text
    if name not in (
        "min",
        "max",
        "first",
        "any",
        "all",
        "list",
        "count",
        "exists",
        "sum",
        "avg",
        "min_by",
        "max_by",
    ):
        return poison(node.span)
    wanted = {"count": (1, 1), "exists": (1, 1), "first": (1, 1), "list": (1, 2), "sum": (1, 2), "avg": (1, 2),
              "min": (1, 2), "max": (1, 2)}.get(name, (2, 2))  # fmt: skip
    if not wanted[0] <= len(node.args) <= wanted[1]:
        expected = "a query" if wanted == (1, 1) else "a query and an expression over its rows"
        cx.report(
            "AWM228", node.span, callee=name, expected=expected, found=_count(len(node.args)),
            help=leave_out(cx, node.args, wanted[1]),
        )  # fmt: skip
        return poison(node.span)
    rows, known = infer_query(cx, node.args[0].value)
    if isinstance(rows, typed.Poison):
        return rows
    binder = rows.sources[0].binder
    value = None
    if len(node.args) == 2:
        with cx.framed(*(s.binder for s in rows.sources)), cx.knowing(known):
            value = _value(cx, name, node.args[1].value)
        if value.type.kind == "error":
            return poison(node.span)
    elif name in ("sum", "avg", "min", "max"):
        value = present(cx, typed.Bound(node.args[0].span, binder.type, binder))
        if value.type.kind in ("row", "record"):
            cx.report(
                "AWM228",
                node.span,
                callee=name,
                expected="a query and an expression over its rows",
                found="one argument",
            )
            return poison(node.span)
    if value is not None and name in ("sum", "avg") and value.type.kind not in NUMERIC:
        cx.report("AWM308", value.span, function=name, found=value.type.a)
        return poison(node.span)
    return typed.AggregateOf(node.span, _result(cx, name, binder, value), name, rows, binder, value)


def _count(n: int) -> str:
    return {0: "nothing", 1: "one argument"}.get(n, f"{n} arguments")


def _value(cx: Context, name: str, node: ast.Expr) -> typed.Expr:
    if name in ("any", "all"):
        return condition(cx, node, f"what `{name}` asks of a row")
    value = infer(cx, node)
    if name in ("min_by", "max_by", "list"):
        if name != "list" and value.type.kind not in (*ORDERABLE, "error"):
            cx.report("AWM327", node.span, found=value.type.a)
            return poison(node.span)
        return value
    value = present(cx, value)
    if name in ("min", "max") and value.type.kind not in (*ORDERABLE, "error"):
        cx.report("AWM308", value.span, function=name, found=value.type.a)
        return poison(node.span)
    return value


def _result(cx: Context, name: str, binder: typed.Binder, value: typed.Expr | None) -> Type:
    maybe = not cx.lenient
    if name == "count":
        return INT
    if name in ("exists", "any", "all"):
        return BOOL
    if name in ("first", "min_by", "max_by"):
        return binder.type.or_null(maybe)
    if name == "list":
        return list_of(value.type if value is not None else binder.type)
    assert value is not None
    if name == "sum":
        return Type(value.type.kind)
    if name == "avg":
        return Type("money" if value.type.kind == "money" else "number", nullable=maybe)
    plain = value.type.present
    return Type(plain.kind, nullable=maybe, name=plain.name)


def group(cx: Context, node: ast.Call) -> typed.Expr:
    """`group(q, status: .status, n: count(), total: sum(.total))`: records, one for each distinct keys."""
    if len(node.args) < 2 or node.args[0].name is not None:
        cx.report(
            "AWM228",
            node.span,
            callee="group",
            expected="a query and named values",
            found=_count(len(node.args)),
        )
        return poison(node.span)
    rows, known = infer_query(cx, node.args[0].value)
    if isinstance(rows, typed.Poison):
        return rows
    parts: dict[str, typed.GroupPart] = {}
    with cx.framed(*(s.binder for s in rows.sources)), cx.knowing(known):
        for arg in node.args[1:]:
            if arg.name is None:
                cx.report(
                    "AWM335",
                    arg.span,
                    name=cx.model.text(arg.span),
                    help="give each value a name: `n: count()`",
                )
                continue
            if arg.name.text in parts:
                cx.report("AWM110", arg.name.span, callee="group", argument=arg.name.text)
                continue
            part = _group_part(cx, arg.name.text, arg.value)
            if part is None:
                return poison(node.span)
            parts[part.name] = part
    if all(part.fn for part in parts.values()):
        # Without a key it is one row, over nothing too: there is a least of nothing there.
        parts = {name: _over_nothing(part) for name, part in parts.items()}
    kind = list_of(Type("record", fields=tuple((p.name, p.type) for p in parts.values()), scope="group"))
    return typed.GroupOf(node.span, kind, rows, rows.sources[0].binder, tuple(parts.values()))


def _over_nothing(part: typed.GroupPart) -> typed.GroupPart:
    """An aggregate whose rows may be none."""
    if part.fn in ("count", "sum"):
        return part
    return replace(part, type=replace(part.type, nullable=True))


def _group_part(cx: Context, name: str, node: ast.Expr) -> typed.GroupPart | None:
    call = (
        node if isinstance(node, ast.Call) and node.name.text in AGGREGATES and len(node.args) < 2 else None
    )
    if call is not None and call.args and call.name.text in GROUP_AGGREGATES:
        value = present(cx, infer(cx, call.args[0].value))
        if value.type.kind == "error":
            return None
        if value.type.kind == "list":
            call = None
        elif call.name.text in ("sum", "avg") and value.type.kind not in NUMERIC:
            cx.report("AWM308", value.span, function=call.name.text, found=value.type.a)
            return None
        elif call.name.text != "count":
            kind = (
                Type("number")
                if call.name.text == "avg" and value.type.kind != "money"
                else value.type.present
            )
            return typed.GroupPart(name, call.name.text, value, Type(kind.kind, name=kind.name))
    if call is not None and call.name.text == "count" and not call.args:
        return typed.GroupPart(name, "count", None, INT)
    key = infer(cx, node)
    if key.type.kind == "error":
        return None
    if key.type.kind not in (*ORDERABLE, "row"):
        cx.report("AWM335", node.span, name=name)
        return None
    return typed.GroupPart(name, "", key, key.type)


__all__ = ["aggregate", "convert", "free_name", "group", "infer_query"]
