"""Lark's parse tree to the AST: one function a rule, named after the rule."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from lark import Token, Tree

from awmc.source import Span
from awmc.syntax import ast

PartParser = Callable[[str, int], ast.Expr]
"""Parses the text of an `{expr}` inside a string; the int is its offset in the source."""

_ESCAPE = re.compile(r'\\(?:u[0-9a-fA-F]{4}|.)')


class Builder:
    """Turns trees into nodes. `shift` is the offset of the parsed text in its source, `part` parses `{expr}`."""

    def __init__(self, part: PartParser, shift: int = 0) -> None:
        self._part = part
        self._shift = shift
        self._rules: dict[str, Callable[[Any], Any]] = {
            name.rstrip("_"): getattr(self, name) for name in dir(self) if not name.startswith("_")
        }

    def _build(self, tree: Any) -> Any:
        return self._rules[tree.data](tree)

    def __call__(self, tree: Any) -> Any:
        return self._build(tree)

    # ---- Places and names ----

    def _span(self, tree: Any) -> Span:
        if isinstance(tree, Token):
            start = tree.start_pos or 0
            return Span(start + self._shift, start + len(tree) + self._shift)
        meta = tree.meta
        if meta.empty:
            return Span(self._shift, self._shift)
        return Span(meta.start_pos + self._shift, meta.end_pos + self._shift)

    def _name(self, token: Token) -> ast.Name:
        return ast.Name(self._span(token), str(token))

    def _names(self, children: list[Any]) -> tuple[ast.Name, ...]:
        return tuple(self._name(c) for c in children if isinstance(c, Token) and c.type in ("NAME", "TYPE"))

    def _token(self, tree: Any, kind: str) -> Token | None:
        return next((c for c in tree.children if isinstance(c, Token) and c.type == kind), None)

    def _has(self, tree: Any, kind: str) -> bool:
        return self._token(tree, kind) is not None

    def _tree(self, tree: Any, *rules: str) -> Any | None:
        return next((c for c in tree.children if isinstance(c, Tree) and c.data in rules), None)

    def _trees(self, tree: Any, *rules: str) -> list[Any]:
        return [c for c in tree.children if isinstance(c, Tree) and c.data in rules]

    def _doc(self, tree: Any) -> ast.Text | None:
        token = self._token(tree, "STRING")
        return self._plain(token) if token is not None else None

    def _plain(self, token: Token) -> ast.Text:
        return ast.Text(self._span(token), _unescape(str(token)))

    def _filled(self, token: Token) -> ast.Text | ast.Interpolation:
        """A string whose `{expr}` are filled in."""
        span = self._span(token)
        if "{" not in token and "}" not in token:
            return ast.Text(span, _unescape(str(token)))
        chars, offsets = _characters(str(token), span.start)
        parts: list[str | ast.Expr] = []
        literal: list[str] = []
        i = 0
        while i < len(chars):
            char = chars[i]
            if char in "{}" and chars[i : i + 2] == [char, char]:
                literal.append(char)
                i += 2
            elif char == "{":
                end = _closing(chars, i)
                inner = "".join(chars[i + 1 : end])
                if literal:
                    parts.append("".join(literal))
                    literal = []
                parts.append(self._part(inner, offsets[i] + 1))
                i = end + 1
            else:
                literal.append(char)
                i += 1
        if literal:
            parts.append("".join(literal))
        if not any(not isinstance(p, str) for p in parts):
            return ast.Text(span, "".join(p for p in parts if isinstance(p, str)))
        return ast.Interpolation(span, tuple(parts))

    # ---- Expressions ----

    def text(self, t: Any) -> ast.Expr:
        filled = self._filled(t.children[0])
        if isinstance(filled, ast.Text):
            return ast.Literal(filled.span, "text", filled.value)
        return filled

    def moment(self, t: Any) -> ast.Literal:
        token = t.children[0]
        return ast.Literal(self._span(t), "datetime" if "T" in token else "date", str(token))

    def duration(self, t: Any) -> ast.Literal:
        return ast.Literal(self._span(t), "duration", str(t.children[0]))

    def true(self, t: Any) -> ast.Literal:
        return ast.Literal(self._span(t), "bool", True)

    def false(self, t: Any) -> ast.Literal:
        return ast.Literal(self._span(t), "bool", False)

    def null(self, t: Any) -> ast.Literal:
        return ast.Literal(self._span(t), "null", None)

    def number(self, t: Any) -> ast.Literal:
        return self._digits(t, [c for c in t.children if c.type == "INT"], negative=False)

    def _digits(self, t: Any, digits: list[Token], *, negative: bool) -> ast.Literal:
        sign = "-" if negative else ""
        if len(digits) == 2:
            return ast.Literal(self._span(t), "decimal", f"{sign}{digits[0]}.{digits[1]}")
        return ast.Literal(self._span(t), "int", int(f"{sign}{digits[0]}"))

    def time(self, t: Any) -> ast.Literal:
        return ast.Literal(self._span(t), "time", f"{t.children[0]}:{t.children[1]}")

    def name(self, t: Any) -> ast.Ref:
        return ast.Ref(self._span(t), str(t.children[0]))

    def entity_name(self, t: Any) -> ast.EntityRef:
        return ast.EntityRef(self._span(t), str(t.children[0]))

    def scoped(self, t: Any) -> ast.Scoped:
        return ast.Scoped(self._span(t), self._name(t.children[0]), self._name(t.children[1]))

    def column_of_row(self, t: Any) -> ast.Column:
        return ast.Column(self._span(t), self._name(t.children[0]))

    def attribute_of(self, t: Any) -> ast.Attr:
        return ast.Attr(self._span(t), self._build(t.children[0]), self._name(t.children[1]))

    def item_of(self, t: Any) -> ast.Index:
        return ast.Index(self._span(t), self._build(t.children[0]), self._build(t.children[1]))

    def if_given(self, t: Any) -> ast.IfGiven:
        return ast.IfGiven(self._span(t), self._build(t.children[0]))

    def call(self, t: Any) -> ast.Call:
        args = self._plain_args if t.children[0] == "seq" else self._args
        return ast.Call(self._span(t), self._name(t.children[0]), args(t.children[1:]))

    def apply_shape(self, t: Any) -> ast.Apply:
        return ast.Apply(self._span(t), self._name(t.children[0]), self._args(t.children[1:]))

    def _plain_args(self, children: list[Any]) -> tuple[ast.Arg, ...]:
        """Arguments in which a text on its own is not filled in: forms, patterns, messages of checks."""
        args = []
        for child in children:
            inner = child.children[0] if child.data == "query" and len(child.children) == 1 else None
            if inner is not None and inner.data == "text":
                plain = self._plain(inner.children[0])
                args.append(ast.Arg(plain.span, None, ast.Literal(plain.span, "text", plain.value)))
            else:
                args.extend(self._args([child]))
        return tuple(args)

    def _args(self, children: list[Any]) -> tuple[ast.Arg, ...]:
        return tuple(
            self._build(c) if c.data == "named_argument" else ast.Arg(self._span(c), None, self._build(c))
            for c in children
            if isinstance(c, Tree)
        )

    def named_argument(self, t: Any) -> ast.Arg:
        return ast.Arg(self._span(t), self._name(t.children[0]), self._build(t.children[1]))

    def group(self, t: Any) -> ast.Expr:
        inner: ast.Expr = self._build(t.children[0])
        return inner

    def list_value(self, t: Any) -> ast.ListOf:
        return ast.ListOf(self._span(t), tuple(self._build(c) for c in t.children))

    def record_value(self, t: Any) -> ast.RecordOf:
        return ast.RecordOf(self._span(t), tuple(self._build(c) for c in t.children))

    def entry(self, t: Any) -> ast.Entry:
        return ast.Entry(self._span(t), self._name(t.children[0]), self._build(t.children[1]))

    def entry_short(self, t: Any) -> ast.Entry:
        return ast.Entry(self._span(t), self._name(t.children[0]), None)

    def negate(self, t: Any) -> ast.Expr:
        of = self._build(t.children[1])
        if isinstance(of, ast.Literal) and of.kind in ("int", "decimal") and not str(of.value).startswith("-"):
            value = -of.value if isinstance(of.value, int) else f"-{of.value}"
            return ast.Literal(self._span(t), of.kind, value)
        return ast.Unary(self._span(t), "-", of)

    def _binary(self, t: Any) -> ast.Binary:
        left, op, right = t.children
        return ast.Binary(self._span(t), str(op), self._build(left), self._build(right))

    product = sum = compare = _binary

    def _infix(self, t: Any, op: str) -> ast.Binary:
        left, right = t.children
        return ast.Binary(self._span(t), op, self._build(left), self._build(right))

    def coalesce(self, t: Any) -> ast.Binary:
        return self._infix(t, "??")

    def and_(self, t: Any) -> ast.Binary:
        return self._infix(t, "and")

    def or_(self, t: Any) -> ast.Binary:
        return self._infix(t, "or")

    def not_(self, t: Any) -> ast.Unary:
        return ast.Unary(self._span(t), "not", self._build(t.children[-1]))

    def within(self, t: Any) -> ast.Within:
        values = [self._build(c) for c in t.children if isinstance(c, Tree)]
        high = values[2] if len(values) == 3 else None
        return ast.Within(self._span(t), values[0], values[1], high, self._has(t, "NOT"))

    def is_null(self, t: Any) -> ast.IsNull:
        return ast.IsNull(self._span(t), self._build(t.children[0]), self._has(t, "NOT"))

    def condition(self, t: Any) -> ast.Condition:
        test, then, otherwise = (self._build(c) for c in t.children)
        return ast.Condition(self._span(t), test, then, otherwise)

    def query(self, t: Any) -> ast.Expr:
        source = self._build(t.children[0])
        if len(t.children) == 1:
            plain: ast.Expr = source
            return plain
        alias = where = limit = offset = None
        joins: list[ast.Join] = []
        order: list[ast.OrderKey] = []
        for clause in t.children[1:]:
            if clause.data == "alias":
                alias = self._name(clause.children[0])
            elif clause.data == "join":
                of, name = clause.children
                joins.append(ast.Join(self._span(clause), self._build(of), self._name(name)))
            elif clause.data == "where":
                where = self._build(clause.children[0])
            elif clause.data == "order":
                order = [self._build(k) for k in clause.children]
            else:
                limit = self._build(clause.children[0])
                offset = self._build(clause.children[1]) if len(clause.children) > 1 else None
        return ast.Query(self._span(t), source, alias, tuple(joins), where, tuple(order), limit, offset)

    def order_key(self, t: Any) -> ast.OrderKey:
        return ast.OrderKey(self._span(t), self._build(t.children[0]), self._has(t, "DESC"))

    # ---- Constants: what stands in seeds and defaults; their texts are not filled in ----

    def _constant(self, t: Any) -> ast.Expr:
        span = self._span(t)
        match t.data:
            case "constant_number":
                digits = [c for c in t.children if c.type == "INT"]
                return self._digits(t, digits, negative=self._has(t, "MINUS"))
            case "constant_shift":
                sign, token = t.children
                return ast.Unary(span, "-", self._shift_literal(token)) if sign == "-" else self._shift_literal(token)
            case "constant_list":
                return ast.ListOf(span, tuple(self._constant(c) for c in t.children))
            case "constant_record":
                return ast.RecordOf(span, tuple(self._cell(c) for c in t.children))
            case "constant_name":
                return ast.Ref(span, str(t.children[0]))
            case "constant_call":
                return ast.Call(span, self._name(t.children[0]), self._args(t.children[1:]))
            case "text":
                plain = self._plain(t.children[0])
                return ast.Literal(span, "text", plain.value)
        built: ast.Expr = self._build(t)
        return built

    def _shift_literal(self, token: Token) -> ast.Literal:
        return ast.Literal(self._span(token), "duration", str(token))

    def _cell(self, t: Any) -> ast.Entry:
        return ast.Entry(self._span(t), self._name(t.children[0]), self._constant(t.children[1]))

    # ---- Types ----

    def row_type(self, t: Any) -> ast.RowType:
        names = self._names(t.children)
        return ast.RowType(
            self._span(t), names[0] if len(names) == 2 else None, names[-1], self._has(t, "OPTIONAL")
        )

    row_element = row_type

    def base_type(self, t: Any) -> ast.BaseType:
        found = self._tree(t, "range")
        return ast.BaseType(
            self._span(t),
            self._name(t.children[0]),
            self._has(t, "OPTIONAL"),
            self._build(found) if found is not None else None,
        )

    base_element = result_base = base_type

    def column_type(self, t: Any) -> ast.ColumnType:
        entity, field = self._names(t.children)
        return ast.ColumnType(self._span(t), entity, field, self._has(t, "OPTIONAL"))

    column_element = column_type

    def enum_type(self, t: Any) -> ast.EnumType:
        values = tuple(self._build(c) for c in self._trees(t, "enum_value"))
        return ast.EnumType(self._span(t), values, self._has(t, "OPTIONAL"))

    def list_type(self, t: Any) -> ast.ListType:
        found = self._tree(t, "range")
        return ast.ListType(
            self._span(t),
            self._build(t.children[0]),
            self._has(t, "OPTIONAL"),
            self._build(found) if found is not None else None,
        )

    def record_type(self, t: Any) -> ast.RecordType:
        return ast.RecordType(self._span(t), self._build(t.children[0]))

    def range(self, t: Any) -> ast.Range:
        low: ast.Literal | None = None
        high: ast.Literal | None = None
        past_dots = False
        for child in t.children:
            if isinstance(child, Token):
                past_dots = True
            elif past_dots:
                high = self._build(child)
            else:
                low = self._build(child)
        return ast.Range(self._span(t), low, high)

    def bound(self, t: Any) -> ast.Literal:
        moment = self._token(t, "MOMENT")
        if moment is not None:
            return ast.Literal(self._span(t), "datetime" if "T" in moment else "date", str(moment))
        return self._digits(t, [c for c in t.children if c.type == "INT"], negative=self._has(t, "MINUS"))

    def params(self, t: Any) -> tuple[ast.Param, ...]:
        return tuple(self._build(c) for c in t.children)

    def _params(self, tree: Any) -> tuple[ast.Param, ...]:
        found = self._tree(tree, "params")
        return self.params(found) if found is not None else ()

    def param(self, t: Any) -> ast.Param:
        default = next((c for c in t.children[2:] if isinstance(c, Tree) and c.data != "attribute"), None)
        return ast.Param(
            self._span(t),
            self._name(t.children[0]),
            self._build(t.children[1]),
            self._build(default) if default is not None else None,
            tuple(self._build(c) for c in self._trees(t, "attribute")),
            self._doc(t),
        )

    # ---- Statements ----

    def block(self, t: Any) -> ast.Block:
        return ast.Block(self._span(t), tuple(self._statement(c) for c in t.children))

    def let(self, t: Any) -> ast.Let:
        name, value, *rest = t.children
        otherwise: ast.Otherwise | ast.Create | None = None
        if rest:
            otherwise = self._build(rest[0])
        return ast.Let(self._span(t), self._name(name), self._build(value), otherwise)

    def otherwise(self, t: Any) -> ast.Otherwise:
        return ast.Otherwise(self._span(t), self._name(t.children[0]), self._filled(t.children[1]))

    derived_otherwise = otherwise

    def else_create(self, t: Any) -> ast.Create:
        return self.create(t.children[0])

    def require(self, t: Any) -> ast.Require:
        return ast.Require(self._span(t), self._build(t.children[0]), self._build(t.children[1]))

    derived_require = require

    def create(self, t: Any) -> ast.Create:
        return ast.Create(self._span(t), self._name(t.children[0]), self._build(t.children[1]))

    def update(self, t: Any) -> ast.Update:
        rows, *assigns = t.children
        return ast.Update(self._span(t), self._build(rows), tuple(self._build(a) for a in assigns))

    def assign(self, t: Any) -> ast.Assign:
        path, op, value = t.children
        return ast.Assign(self._span(t), self.path(path), str(op), self._build(value))  # type: ignore[arg-type]

    def path(self, t: Any) -> tuple[ast.Name, ...]:
        return self._names(t.children)

    def delete(self, t: Any) -> ast.Delete:
        return ast.Delete(self._span(t), self._build(t.children[0]))

    def for_(self, t: Any) -> ast.For:
        name, over, body = t.children
        return ast.For(self._span(t), self._name(name), self._build(over), self._build(body))

    def if_(self, t: Any) -> ast.If:
        test, then, *rest = t.children
        otherwise = None
        if rest:
            inner = self._build(rest[0].children[0])
            otherwise = inner if isinstance(inner, ast.Block) else ast.Block(inner.span, (inner,))
        return ast.If(self._span(t), self._build(test), self._build(then), otherwise)

    def fail(self, t: Any) -> ast.Fail:
        return ast.Fail(self._span(t), self._name(t.children[0]), self._filled(t.children[1]))

    def return_(self, t: Any) -> ast.Return:
        return ast.Return(self._span(t), self._build(t.children[0]))

    def fails(self, t: Any) -> ast.Fails:
        return ast.Fails(self._span(t), self._build(t.children[0]), self._name(t.children[1]))

    def _statement(self, t: Any) -> Any:
        built = self._build(t)
        return ast.CallStatement(built.span, built) if isinstance(built, ast.Call) else built

    # ---- Declarations ----

    def start(self, t: Any) -> ast.Spec:
        return ast.Spec(self._span(t), tuple(self._build(c) for c in t.children))

    def env(self, t: Any) -> ast.Env:
        clocks = [c.children[0] for c in self._trees(t, "clock")]
        return ast.Env(
            self._span(t),
            self._name(t.children[0]),
            self._plain(t.children[1]),
            tuple(ast.Literal(self._span(c), "datetime" if "T" in c else "date", str(c)) for c in clocks),
            tuple(ast.Actor(self._span(a), *self._names(a.children)) for a in self._trees(t, "actor")),
            tuple(self._plain(s) for p in self._trees(t, "policy") for s in p.children),
            tuple(self._build(o) for offer in self._trees(t, "offer") for o in offer.children),
        )

    def offered(self, t: Any) -> ast.Offered:
        name, *alias = self._names(t.children)
        return ast.Offered(self._span(t), name, alias[0] if alias else None)

    def enum(self, t: Any) -> ast.Enum:
        values = tuple(self._build(c) for c in self._trees(t, "enum_value"))
        return ast.Enum(self._span(t), self._name(t.children[0]), values)

    def enum_value(self, t: Any) -> ast.EnumValue:
        wire = doc = None
        strings = [c for c in t.children if isinstance(c, Token) and c.type == "STRING"]
        if self._has(t, "ASSIGN"):
            wire = self._plain(strings.pop(0))
        if strings:
            doc = self._plain(strings[0])
        return ast.EnumValue(self._span(t), self._name(t.children[0]), wire, doc)

    def record(self, t: Any) -> ast.Record:
        return ast.Record(self._span(t), self._name(t.children[0]), self._params(t))

    def entity(self, t: Any) -> ast.Entity:
        owner = self._tree(t, "owner")
        return ast.Entity(
            self._span(t),
            self._name(t.children[0]),
            self._doc(t),
            self.path(owner.children[0]) if owner is not None else (),
            tuple(self._build(c) for c in self._trees(t, "field")),
            tuple(self._build(c) for c in self._trees(t, "block_attribute")),
        )

    def field(self, t: Any) -> ast.Field:
        default = self._tree(t, "default")
        return ast.Field(
            self._span(t),
            self._name(t.children[0]),
            self._build(t.children[1]),
            self._constant(default.children[-1]) if default is not None else None,
            tuple(self._build(c) for c in self._trees(t, "attribute")),
            tuple(self._plain(c) for c in t.children if isinstance(c, Token) and c.type == "STRING"),
        )

    def states(self, t: Any) -> ast.States:
        return ast.States(self._span(t), tuple(self._build(c) for c in t.children))

    def transition(self, t: Any) -> ast.Transition:
        source, *targets = self._names(t.children)
        return ast.Transition(self._span(t), source, tuple(targets))

    def attribute(self, t: Any) -> ast.Attribute:
        return ast.Attribute(self._span(t), self._name(t.children[0]), self._plain_args(t.children[1:]))

    block_attribute = attribute

    def shape(self, t: Any) -> ast.Shape:
        name, entity = self._names(t.children)
        return ast.Shape(self._span(t), name, entity, self._members(t))

    def _members(self, t: Any) -> tuple[ast.ShapeMember, ...]:
        return tuple(self._build(c) for c in self._trees(t, "shape_path", "shape_value"))

    def shape_path(self, t: Any) -> ast.ShapeMember:
        nested = self._members(t)
        return ast.ShapeMember(self._span(t), self.path(t.children[0]), nested or None, None, None)

    def shape_value(self, t: Any) -> ast.ShapeMember:
        name, value = t.children
        return ast.ShapeMember(self._span(t), (), None, self._name(name), self._build(value))

    def fn(self, t: Any) -> ast.Fn:
        trees = [c for c in t.children if isinstance(c, Tree) and c.data != "params"]
        return ast.Fn(
            self._span(t),
            self._name(t.children[0]),
            self._params(t),
            self._build(trees[0]) if len(trees) == 2 else None,
            self._build(trees[-1]),
        )

    def invariant(self, t: Any) -> ast.Invariant:
        on = self._tree(t, "on")
        return ast.Invariant(
            self._span(t),
            self._name(t.children[0]),
            self._doc(t),
            self._name(on.children[0]) if on is not None else None,
            self._build(t.children[-1]),
        )

    def tools(self, t: Any) -> ast.Tools:
        names = self._names(t.children)
        shape = self._tree(t, "result_shape")
        return ast.Tools(
            self._span(t),
            names[0] if len(names) == 2 else None,
            names[-1],
            self._name(shape.children[0]) if shape is not None else None,
            tuple(self._build(c) for c in self._trees(t, "derived")),
        )

    def derived(self, t: Any) -> ast.Derived:
        alias = self._tree(t, "derived_as")
        names = self._tree(t, "derived_names")
        return ast.Derived(
            self._span(t),
            self._name(t.children[0]),
            self._name(alias.children[0]) if alias is not None else None,
            self._names(names.children) if names is not None else (),
            tuple(self._build(c) for c in self._trees(t, "derived_require")),
        )

    def tool(self, t: Any) -> ast.Tool:
        return self._callable(t, hidden=False)

    def action(self, t: Any) -> ast.Tool:
        return self._callable(t, hidden=True)

    def _callable(self, t: Any, *, hidden: bool) -> ast.Tool:
        result = self._tree(t, "result")
        return ast.Tool(
            self._span(t),
            self._name(t.children[0]),
            self._params(t),
            self._doc(t),
            self._result(result.children[0]) if result is not None else None,
            self._build(t.children[-1]),
            hidden,
        )

    def _result(self, t: Any) -> ast.ResultType:
        many = t.data == "result_list"
        one = t.children[0] if many else t
        shape = self._members(one) or None if one.data == "result_row" else None
        element = self.row_type(one) if one.data == "result_row" else self._build(one)
        return ast.ResultType(self._span(t), element, shape, many)

    def seed(self, t: Any) -> ast.Seed:
        return ast.Seed(
            self._span(t),
            self._name(t.children[0]),
            tuple(self._build(c) for c in self._trees(t, "column")),
            tuple(self._build(c) for c in self._trees(t, "row")),
        )

    def column(self, t: Any) -> ast.SeedColumn:
        default = self._tree(t, "default")
        constant = self._constant(default.children[-1]) if default is not None else None
        return ast.SeedColumn(self._span(t), self._name(t.children[0]), constant)

    def row(self, t: Any) -> ast.SeedRow:
        label = self._tree(t, "label")
        cells = [c for c in t.children if c.data != "label"]
        return ast.SeedRow(
            self._span(t),
            self._name(label.children[0]) if label is not None else None,
            tuple(self._constant(c) for c in cells),
        )

    def generate(self, t: Any) -> ast.Generate:
        entity, count, values = (c for c in t.children if not (isinstance(c, Token) and c.type == "STAR"))
        number = ast.Literal(self._span(count), "int", int(count))
        return ast.Generate(self._span(t), self._name(entity), number, self._build(values))

    # ---- Tasks ----

    def task(self, t: Any) -> ast.Task:
        actor = self._tree(t, "task_as")
        loop = self._tree(t, "task_for")
        instruction = self._token(t, "STRING")
        assert instruction is not None
        skipped = ("task_as", "task_for")
        return ast.Task(
            self._span(t),
            self._name(t.children[0]),
            self._name(actor.children[0]) if actor is not None else None,
            self._build(loop) if loop is not None else None,
            self._filled(instruction),
            tuple(self._build(c) for c in t.children if isinstance(c, Tree) and c.data not in skipped),
        )

    def task_for(self, t: Any) -> ast.Loop:
        return ast.Loop(self._span(t), self._name(t.children[0]), self._build(t.children[1]))

    def solve(self, t: Any) -> ast.Solve:
        loop = self._tree(t, "task_for")
        return ast.Solve(
            self._span(t), self._build(loop) if loop is not None else None, self._build(t.children[-1])
        )

    def wrong(self, t: Any) -> ast.Wrong:
        return ast.Wrong(self._span(t), self._build(t.children[0]))

    def user(self, t: Any) -> ast.User:
        return ast.User(self._span(t), self._filled(t.children[0]))

    def task_let(self, t: Any) -> ast.TaskLet:
        return ast.TaskLet(self._span(t), self._name(t.children[0]), self._build(t.children[1]))

    def free(self, t: Any) -> ast.Free:
        column, *where = t.children
        return ast.Free(self._span(t), self._build(column), self._build(where[0]) if where else None)

    def may(self, t: Any) -> ast.May:
        kind, entity, *where = t.children
        return ast.May(
            self._span(t), str(kind), self._name(entity), self._build(where[0]) if where else None  # type: ignore[arg-type]
        )

    def ensure(self, t: Any) -> ast.Ensure:
        return ast.Ensure(self._span(t), self._build(t.children[0]))

    def answer(self, t: Any) -> ast.Answer:
        return ast.Answer(self._span(t), tuple(self._build(c) for c in t.children))


def _unescape(literal: str) -> str:
    if "\\" not in literal:
        return literal[1:-1]
    value: str = json.loads(literal)
    return value


def _characters(literal: str, start: int) -> tuple[list[str], list[int]]:
    """The characters of a string literal with escapes resolved, and the offset in the source where each begins."""
    chars: list[str] = []
    offsets: list[int] = []
    i = 1
    while i < len(literal) - 1:
        escape = _ESCAPE.match(literal, i)
        width = len(escape.group()) if escape else 1
        chars.append(json.loads(f'"{escape.group()}"') if escape else literal[i])
        offsets.append(start + i)
        i += width
    return chars, offsets


def _closing(chars: list[str], start: int) -> int:
    """The index of the `}` that closes the `{` at `start`; the end of the text if none does."""
    depth = 0
    for i in range(start, len(chars)):
        if chars[i] == "{":
            depth += 1
        elif chars[i] == "}":
            depth -= 1
            if depth == 0:
                return i
    return len(chars)
