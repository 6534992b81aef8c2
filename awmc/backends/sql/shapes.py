"""Values as they go over the wire: objects by their shapes, money in units, bools as `true` and `false`,
ids as written."""

from __future__ import annotations

from msgspec import structs
from msgspec.structs import replace
from sqlglot import expressions as exp

from awmc.backends.sql import groups, queries, rows
from awmc.backends.sql import tree as t
from awmc.backends.sql.names import identifier
from awmc.backends.sql.scope import Element, GroupRecord, Meaning, Row, Scope
from awmc.ir import nodes

_ROW = nodes.Type(kind="row")


def member(scope: Scope, expr: nodes.Expr, type: nodes.Type, shape: str) -> exp.Expr:
    """A value as a member of a JSON object. `shape`: of the row, or of the rows of a list; `""` for their
    ids."""
    match type.kind:
        case "row" if shape:
            return row_object(scope, scope.row(expr), shape)
        case "list":
            return _list(scope, expr, type, shape)
        case "record":
            return _record(scope, expr, type)
        case _:
            return scalar(scope, _closed(expr, type, scope.tree(expr)), type)


def _closed(expr: nodes.Expr, type: nodes.Type, tree: exp.Expr) -> exp.Expr:
    """The value of an expression that may go beyond what its type holds, such that it is known where it does."""
    if type.kind == "number":
        return t.call("awm_number", tree) if _computes(expr) else tree
    return t.call("awm_int", tree) if type.kind in ("int", "money") and _is_open(expr) else tree


def _computes(expr: nodes.Expr) -> bool:
    """Whether SQLite's own arithmetic makes the value."""
    if not isinstance(expr, nodes.Apply):
        return False
    branches = {"if": expr.args[1:], "coalesce": expr.args}.get(expr.fn, ())
    return expr.fn in ("add", "sub", "mul", "neg") or any(map(_computes, branches))


def _is_open(expr: nodes.Expr) -> bool:
    """Whether integer arithmetic without bounds makes the value; amounts of money are far from the ends of 64 bits, and
    become too large where they are multiplied."""
    if not isinstance(expr, nodes.Apply):
        return False
    if expr.fn in ("if", "coalesce"):
        return any(map(_is_open, expr.args[1:] if expr.fn == "if" else expr.args))
    if expr.fn not in ("add", "sub", "mul", "neg"):
        return False
    return any(
        _is_open(arg)
        or (arg.type.kind == "int" and None in (arg.type.low, arg.type.high) and not _is_small(arg))
        for arg in expr.args
    )


def _is_small(expr: nodes.Expr) -> bool:
    """Whether an int is written, or counted."""
    if isinstance(expr, nodes.Aggregate):
        return expr.fn == "count"
    counts = ("len", "place", "year", "month", "weekday", "days_between", "relevance")
    return isinstance(expr, nodes.Const) or (isinstance(expr, nodes.Apply) and expr.fn in counts)


def scalar(scope: Scope, tree: exp.Expr, type: nodes.Type) -> exp.Expr:
    """A stored scalar or key, as JSON."""
    match type.kind:
        case "money":
            return t.binary(exp.Div, tree, t.number(100.0))
        case "bool" if type.nullable:
            names = [(t.number(0), t.text("false")), (t.number(1), t.text("true"))]
            return t.call("json", t.case(names, of=tree))
        case "bool":
            if isinstance(tree, exp.Boolean):
                return t.call("json", t.text("true" if tree.this else "false"))
            return t.call("json", t.call("iif", tree, t.text("true"), t.text("false")))
        case "row" | "id":
            form = scope.world.entities[type.name].id_format
            return t.call("awm_format_id", tree, t.text(form)) if form else tree
        case _:
            return tree


def row_object(scope: Scope, row: Row, shape: str) -> exp.Expr:
    """The object of a row; null if there is none."""
    if not rows.is_nullable(row):
        if scope.block is None or (found := rows.reached(scope, row)) is None:
            return rows.lookup(scope, row, lambda inner, end: _object(inner, end, shape))
        return _object(scope, found, shape)
    return rows.lookup(scope, row, lambda inner, found: _object(inner, found, shape))


def _object(scope: Scope, row: Row, shape: str) -> exp.Expr:
    # The members are over `self` alone.
    inside = replace(scope, names={"self": row})
    members = scope.world.shapes[shape].members
    return t.json_object(
        (m.name, _as_json(member(inside, m.value, m.type, m.shape), m.type, m.shape)) for m in members
    )


def _as_json(tree: exp.Expr, type: nodes.Type, shape: str) -> exp.Expr:
    is_json = type.kind in ("list", "record") or (type.kind == "row" and shape != "")
    return t.as_json(tree) if is_json else tree


def _element(scope: Scope, meaning: Meaning, type: nodes.Type, shape: str) -> exp.Expr:
    """An element of a list, which a name of the scope stands for."""
    if not isinstance(meaning, (Element, GroupRecord)):
        return row_object(scope, meaning, shape) if shape else scalar(scope, rows.key(scope, meaning), type)
    if isinstance(meaning, GroupRecord):
        fields = ((f, scope.column(meaning.block, meaning.alias, f.name)) for f in meaning.fields)
        return t.json_object((f.name, stored(scope, column, f.type)) for f, column in fields)
    return stored(scope, rows.value(scope, meaning), type)


# ---- Lists and records -------------------------------------------------------------------------------------


def _list(scope: Scope, expr: nodes.Expr, type: nodes.Type, shape: str) -> exp.Expr:
    of = type.element or _ROW
    is_json = of.kind in ("list", "record") or (of.kind == "row" and shape != "")
    match expr:
        case nodes.Query():
            return queries.array(
                scope, expr, lambda inner, row: _element(inner, row, of, shape), is_json=is_json
            )
        case nodes.Aggregate(fn="list", value=value):
            if value is None:
                return _list(scope, expr.query, type, shape)
            return queries.array(
                scope, expr.query, lambda inner, _: member(inner, value, of, shape), is_json=is_json
            )
        case nodes.Group():
            return groups.group_array(scope, expr, stored)
        case nodes.ListOf():
            return t.call(
                "json_array", *(_as_json(member(scope, item, of, shape), of, shape) for item in expr.items)
            )
        case _ if shape:
            return _list(scope, _query(expr, of), type, shape)
        case _:
            return stored(scope, scope.tree(expr), type)


def _query(expr: nodes.Expr, of: nodes.Type) -> nodes.Query:
    """A list of rows in hand as the query of its elements."""
    source = nodes.From(alias=of.name.lower(), type=of, of=nodes.ListSource(of=expr))
    return nodes.Query(type=expr.type, sources=(source,))


def _record(scope: Scope, expr: nodes.Expr, type: nodes.Type) -> exp.Expr:
    if isinstance(expr, nodes.RecordOf):
        types = {field.name: field.type for field in type.fields}
        members = ((f.name, types.get(f.name, f.value.type), f.value) for f in expr.fields)
        return t.json_object(
            (name, _as_json(member(scope, value, of, ""), of, "")) for name, of, value in members
        )
    return stored(scope, scope.tree(expr), type)


def stored(scope: Scope, tree: exp.Expr, type: nodes.Type) -> exp.Expr:
    """The wire form of a value of which the stored form is at hand; of records and lists, JSON text."""
    if type.kind not in ("record", "list"):
        return scalar(scope, tree, type)
    if _is_alike(scope, type):
        return t.as_json(tree)
    each = identifier("part" if type.kind == "record" else "element")
    if type.kind == "record":
        # The record is named once, and each part taken from that name.
        parts = ((f, t.part(queries.name("record"), f.name)) for f in type.fields)
        built = t.json_object((f.name, stored(scope, part, f.type)) for f, part in parts)
        named = exp.Select(expressions=[queries.named(tree, "record")])
        return t.call("json", t.subquery(queries.over(named, [built], where=_known("record", type))))
    assert type.element is not None
    element = stored(scope, t.column(identifier("value"), each), type.element)
    source = exp.Table(this=t.call("json_each", tree), alias=exp.TableAlias(this=each))
    place = queries.ordered(t.column(identifier("key"), each))
    items = t.call("json_group_array", exp.Order(this=element, expressions=[place]))
    built = t.call("json", t.subquery(exp.Select(expressions=[items], from_=exp.From(this=source))))
    return t.case([(t.negate(t.is_null(tree.copy())), built)]) if type.nullable else built


def _known(name: str, type: nodes.Type) -> exp.Where | None:
    return exp.Where(this=t.negate(t.is_null(queries.name(name)))) if type.nullable else None


def _is_alike(scope: Scope, type: nodes.Type) -> bool:
    """Whether a value is the same JSON in store and on the wire."""
    match type.kind:
        case "money" | "bool":
            return False
        case "row" | "id":
            return not scope.world.entities[type.name].id_format
        case "list":
            return type.element is None or _is_alike(scope, type.element)
        case "record":
            return all(_is_alike(scope, field.type) for field in type.fields)
        case _:
            return True


# ---- A tool's result ---------------------------------------------------------------------------------------


def result(scope: Scope, expr: nodes.Expr, type: nodes.Type, shape: str, *, paged: bool) -> exp.Expr:
    """What a tool answers: an object, or null for a row or record that there is not."""
    if type.kind == "list":
        items = t.as_json(member(scope, expr, type, shape))
        parts = [("items", items), ("total", _total(scope, expr))] if paged else [("items", items)]
        return t.json_object(parts)
    if type.kind == "record" or (type.kind == "row" and shape):
        return member(scope, expr, type, shape)
    return t.json_object([("value", member(scope, expr, type, shape))])


def _total(scope: Scope, expr: nodes.Expr) -> exp.Expr:
    """How many elements there are on all pages."""
    if isinstance(expr, nodes.Query):
        whole = structs.replace(expr, order=(), limit=None, offset=None)
        count = nodes.Aggregate(type=nodes.Type(kind="int"), fn="count", query=whole)
        return scope.tree(count)
    return t.call("json_array_length", scope.tree(expr))
