"""Nodes of sqlglot's tree with the parentheses that SQLite's precedence asks for, and no others.

Every function takes over the nodes that it is given: a node has one parent and is used once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlglot import expressions as exp

from awmc.ir import nodes

Tree = exp.Expr

# https://sqlite.org/lang_expr.html#operators_and_parse_affecting_attributes, tightest last. The comparisons
# are one level here: a comparison of comparisons is never written without parentheses.
_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _JOINED, _SIGN, _ATOM = range(9)
_LEVELS: Final[dict[type[Tree], int]] = {
    exp.Or: _OR,
    exp.And: _AND,
    exp.Not: _NOT,
    **dict.fromkeys(
        (
            exp.EQ,
            exp.NEQ,
            exp.NullSafeEQ,
            exp.NullSafeNEQ,
            exp.Is,
            exp.In,
            exp.Between,
            exp.LT,
            exp.LTE,
            exp.GT,
            exp.GTE,
        ),
        _COMPARE,
    ),
    exp.Add: _SUM,
    exp.Sub: _SUM,
    exp.Mul: _PRODUCT,
    exp.Div: _PRODUCT,
    exp.DPipe: _JOINED,
    exp.JSONExtractScalar: _JOINED,
    exp.Neg: _SIGN,
}
_OPPOSITE: Final[dict[type[Tree], type[exp.Binary]]] = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.NullSafeEQ: exp.NullSafeNEQ,
    exp.NullSafeNEQ: exp.NullSafeEQ,
    exp.LT: exp.GTE,
    exp.GTE: exp.LT,
    exp.GT: exp.LTE,
    exp.LTE: exp.GT,
}


def _level(tree: Tree) -> int:
    return _LEVELS.get(type(tree), _ATOM)


def _within(tree: Tree, least: int) -> Tree:
    """`tree` as an operand whose operator must bind at least as tightly as `least`."""
    return tree if _level(tree) >= least else exp.Paren(this=tree)


def binary(operator: type[exp.Binary], left: Tree, right: Tree) -> Tree:
    """Left-associative arithmetic and `||`; comparisons of two operands."""
    level = _LEVELS[operator]
    own = level + 1 if level == _COMPARE else level
    return operator(this=_within(left, own), expression=_within(right, level + 1))


def negative(tree: Tree) -> Tree:
    return exp.Neg(this=_within(tree, _ATOM))


def is_null(tree: Tree) -> Tree:
    return exp.Is(this=_within(tree, _COMPARE + 1), expression=exp.Null())


def within(tree: Tree, items: list[Tree]) -> Tree:
    """`tree IN (items)`."""
    return exp.In(this=_within(tree, _COMPARE + 1), expressions=items)


def within_query(tree: Tree, select: exp.Select) -> Tree:
    """`tree IN (SELECT …)`."""
    return exp.In(this=_within(tree, _COMPARE + 1), query=subquery(select))


def between(tree: Tree, low: Tree, high: Tree) -> Tree:
    least = _COMPARE + 1
    return exp.Between(this=_within(tree, least), low=_within(low, least), high=_within(high, least))


def all_of(trees: Iterable[Tree]) -> Tree | None:
    """The trees joined by AND; None of none."""
    terms = [*trees]
    if len(terms) < 2:
        return terms[0] if terms else None
    joined = _within(terms[0], _AND)
    for term in terms[1:]:
        joined = exp.And(this=joined, expression=_within(term, _AND))
    return joined


def any_of(trees: Iterable[Tree]) -> Tree:
    """The trees joined by OR, an AND among them in parentheses for the reader; FALSE of none."""
    joined: Tree | None = None
    for tree in trees:
        tree = exp.Paren(this=tree) if isinstance(tree, exp.And) else tree
        joined = tree if joined is None else exp.Or(this=joined, expression=tree)
    return exp.false() if joined is None else joined


def negate(tree: Tree) -> Tree:
    """NOT tree, pushed inward where that reads better; the same in three-valued logic."""
    if isinstance(tree, exp.Paren):
        return negate(tree.this)
    if isinstance(tree, exp.Not):
        inner: Tree = tree.this
        return inner.this if isinstance(inner, exp.Paren) else inner
    if (opposite := _OPPOSITE.get(type(tree))) is not None:
        return opposite(this=tree.args["this"], expression=tree.args["expression"])
    if isinstance(tree, exp.Or):
        both = all_of((negate(tree.args["this"]), negate(tree.args["expression"])))
        assert both is not None
        return both
    if isinstance(tree, exp.Boolean):
        return exp.Boolean(this=not tree.this)
    # SQLite reads NOT a = b as NOT (a = b).
    return exp.Not(this=_within(tree, _COMPARE))


def call(name: str, *arguments: Tree) -> Tree:
    return exp.Anonymous(this=name, expressions=list(arguments))


def coalesce(first: Tree, *others: Tree) -> Tree:
    return exp.Coalesce(this=first, expressions=list(others))


def case(
    branches: Iterable[tuple[Tree, Tree]], otherwise: Tree | None = None, of: Tree | None = None
) -> Tree:
    """CASE [of] WHEN test THEN value … [ELSE otherwise] END; a CASE as `otherwise` goes on in this one, and null
    needs no ELSE."""
    ifs = [exp.If(this=test, true=value) for test, value in branches]
    otherwise = None if isinstance(otherwise, exp.Null) else otherwise
    if of is None and isinstance(otherwise, exp.Case) and otherwise.args.get("this") is None:
        ifs += otherwise.args["ifs"]
        otherwise = otherwise.args.get("default")
    return exp.Case(this=of, ifs=ifs, default=otherwise)


def real(tree: Tree) -> Tree:
    return exp.Cast(this=tree, to=exp.DataType(this=exp.DType.DOUBLE))


def number(value: int | float) -> Tree:
    return exp.Literal.number(int(value) if isinstance(value, bool) else value)


def text(value: str) -> Tree:
    return exp.Literal.string(value)


def literal(value: nodes.Scalar) -> Tree:
    """A stored value."""
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    return text(value) if isinstance(value, str) else number(value)


def subquery(select: exp.Select) -> exp.Subquery:
    return exp.Subquery(this=select)


def exists(select: exp.Select) -> Tree:
    return exp.Exists(this=select)


def part(tree: Tree, key: str | Tree) -> Tree:
    """A member of a JSON object (`key` a name) or an element of an array (an index). An object or array is JSON text;
    JSON's null is SQL's, which it would not be with `->`."""
    at = text(key) if isinstance(key, str) else _within(key, _JOINED + 1)
    return exp.JSONExtractScalar(this=_within(tree, _JOINED), expression=at)


def json_object(members: Iterable[tuple[str, Tree]]) -> Tree:
    return exp.JSONObject(
        expressions=[exp.JSONKeyValue(this=text(name), expression=tree) for name, tree in members]
    )


def as_json(tree: Tree) -> Tree:
    """A tree whose value is JSON text, as an argument of a JSON function: SQLite takes it for text unless
    the function that makes the JSON stands right there."""
    if isinstance(tree, exp.JSONObject) or (
        isinstance(tree, exp.Anonymous) and tree.this in {"json", "json_array", "json_group_array"}
    ):
        return tree
    return call("json", tree)


def column(name: exp.Identifier, table: exp.Identifier | None = None) -> exp.Column:
    return exp.Column(this=name, table=table)


def table(name: exp.Identifier, alias: exp.Identifier | None = None) -> exp.Table:
    return exp.Table(this=name, alias=alias and exp.TableAlias(this=alias))
