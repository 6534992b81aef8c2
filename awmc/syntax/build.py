"""Trees of types, statements and declarations to the AST: one function a rule, named after the rule."""

from __future__ import annotations

from typing import Any

from awmc.syntax import ast
from awmc.syntax.expressions import ExpressionBuilder
from awmc.syntax.grammar import tables
from awmc.syntax.lalr import Tree
from awmc.syntax.tokens import Token

_UNREADABLE = frozenset(["true", "false", "null", "not", "if", "create"])
"""Keywords that an expression may begin with: no name of a value can be told from them."""


class Builder(ExpressionBuilder):
    """Turns the tree of a file or of a declaration into its node."""

    def _named(self, token: Token, what: str) -> ast.Name:
        """The name of something that expressions read."""
        if token.text in _UNREADABLE:
            self._refuse_keyword(token, what)
        return self._name(token)

    def _refuse_keyword(self, token: Token, what: str) -> None:
        help = "use a name of two words, such as a verb and its object"
        self._report("AWM017", token.span, word=token.text, what=what, help=help)

    # ---- Types ----

    def row_type(self, t: Any) -> ast.RowType:
        first = t.children[0]
        optional = self._has(t, "OPTIONAL")
        if first.kind == "NAME":
            return ast.RowType(t.span, *self._scope(t), optional)
        return ast.RowType(t.span, None, self._name(first), optional)

    row_element = row_type

    def base_type(self, t: Any) -> ast.BaseType:
        found = self._tree(t, "range")
        return ast.BaseType(
            t.span,
            self._name(t.children[0]),
            self._has(t, "OPTIONAL"),
            self._build(found) if found is not None else None,
        )

    base_element = result_base = base_type

    def column_type(self, t: Any) -> ast.ColumnType:
        entity, field = self._names(t.children)
        return ast.ColumnType(t.span, entity, field, self._has(t, "OPTIONAL"))

    column_element = column_type

    def enum_type(self, t: Any) -> ast.EnumType:
        values = tuple([self._build(c) for c in self._trees(t, "enum_value")])
        return ast.EnumType(t.span, values, self._has(t, "OPTIONAL"))

    def list_type(self, t: Any) -> ast.ListType:
        found = self._tree(t, "range")
        return ast.ListType(
            t.span,
            self._build(t.children[0]),
            self._has(t, "OPTIONAL"),
            self._build(found) if found is not None else None,
        )

    def record_type(self, t: Any) -> ast.RecordType:
        return ast.RecordType(t.span, self._build(t.children[0]))

    def range(self, t: Any) -> ast.Range:
        low: ast.Literal | None = None
        high: ast.Literal | None = None
        past_dots = False
        for child in t.children:
            if type(child) is Token:
                past_dots = True
            elif past_dots:
                high = self._build(child)
            else:
                low = self._build(child)
        return ast.Range(t.span, low, high)

    def bound(self, t: Any) -> ast.Literal:
        written = self._tree(t, "time")
        if written is not None:
            time: ast.Literal = self._build(written)
            return time
        moment = self._token(t, "MOMENT")
        return self._moment(moment) if moment is not None else self._digits(t, negative=self._has(t, "MINUS"))

    def params(self, t: Any) -> tuple[ast.Param, ...]:
        return tuple([self._build(c) for c in t.children])

    def _params(self, tree: Any) -> tuple[ast.Param, ...]:
        found = self._tree(tree, "params")
        return self.params(found) if found is not None else ()

    def param(self, t: Any) -> ast.Param:
        default = next((c for c in t.children[2:] if type(c) is Tree and c.data != "attribute"), None)
        return ast.Param(
            t.span,
            self._named(t.children[0], "a parameter"),
            self._build(t.children[1]),
            self._build(default) if default is not None else None,
            tuple([self._build(c) for c in self._trees(t, "attribute")]),
            self._doc(t),
        )

    # ---- Statements ----

    def block(self, t: Any) -> ast.Block:
        return ast.Block(t.span, tuple([self._statement(c) for c in t.children]))

    def _statement(self, t: Any) -> Any:
        built = self._build(t)
        return ast.CallStatement(built.span, built) if isinstance(built, ast.Call) else built

    def let(self, t: Any) -> ast.Let:
        name, value, *rest = t.children
        otherwise: ast.Otherwise | ast.Create | None = self._build(rest[0]) if rest else None
        return ast.Let(t.span, self._named(name, "a value"), self._build(value), otherwise)

    def otherwise(self, t: Any) -> ast.Otherwise:
        return ast.Otherwise(t.span, self._name(t.children[0]), self._filled(t.children[1]))

    derived_otherwise = otherwise

    def else_create(self, t: Any) -> ast.Create:
        return self.create(t.children[0])

    def require(self, t: Any) -> ast.Require:
        return ast.Require(t.span, self._build(t.children[0]), self._build(t.children[1]))

    derived_require = require

    def update(self, t: Any) -> ast.Update:
        rows, *assigns = t.children
        return ast.Update(t.span, self._build(rows), tuple([self._build(a) for a in assigns]))

    def assign(self, t: Any) -> ast.Assign:
        path, op, value = t.children
        return ast.Assign(t.span, self.path(path), op.text, self._build(value))

    def path(self, t: Any) -> tuple[ast.Name, ...]:
        return self._names(t.children)

    def delete(self, t: Any) -> ast.Delete:
        return ast.Delete(t.span, self._build(t.children[0]))

    def for_(self, t: Any) -> ast.For:
        name, over, body = t.children
        return ast.For(t.span, self._named(name, "a value"), self._build(over), self._build(body))

    def if_(self, t: Any) -> ast.If:
        test, then, *rest = t.children
        otherwise: ast.Block | None = None
        if rest:
            inner = self._build(rest[0].children[0])
            otherwise = inner if isinstance(inner, ast.Block) else ast.Block(inner.span, (inner,))
        return ast.If(t.span, self._build(test), self._build(then), otherwise)

    def fail(self, t: Any) -> ast.Fail:
        return ast.Fail(t.span, self._name(t.children[0]), self._filled(t.children[1]))

    def return_(self, t: Any) -> ast.Return:
        return ast.Return(t.span, self._build(t.children[0]))

    def fails(self, t: Any) -> ast.Fails:
        return ast.Fails(t.span, self._build(t.children[0]), self._name(t.children[1]))

    # ---- Declarations ----

    def start(self, t: Any) -> ast.Spec:
        return ast.Spec(t.span, tuple([self._build(c) for c in t.children]))

    def env(self, t: Any) -> ast.Env:
        return ast.Env(
            t.span,
            self._name(t.children[0]),
            self._plain(t.children[1]),
            tuple([self._moment(c.children[0]) for c in self._trees(t, "clock")]),
            tuple([ast.Actor(a.span, *self._names(a.children)) for a in self._trees(t, "actor")]),
            tuple([self._plain(s) for p in self._trees(t, "policy") for s in p.children]),
            tuple([self._build(o) for offer in self._trees(t, "offer") for o in offer.children]),
        )

    def offered(self, t: Any) -> ast.Offered:
        name, *alias = t.children
        return ast.Offered(
            t.span, self._name(name), self._callable_name(alias[0], "a tool") if alias else None
        )

    def enum(self, t: Any) -> ast.Enum:
        values = tuple([self._build(c) for c in self._trees(t, "enum_value")])
        return ast.Enum(t.span, self._name(t.children[0]), values)

    def enum_value(self, t: Any) -> ast.EnumValue:
        wire = doc = None
        strings = [c for c in t.children if c.kind == "STRING"]
        if self._has(t, "ASSIGN"):
            wire = self._plain(strings.pop(0))
        if strings:
            doc = self._plain(strings[0])
        return ast.EnumValue(t.span, self._named(t.children[0], "an enum value"), wire, doc)

    def record(self, t: Any) -> ast.Record:
        return ast.Record(t.span, self._name(t.children[0]), self._params(t))

    def entity(self, t: Any) -> ast.Entity:
        owner = self._tree(t, "owner")
        return ast.Entity(
            t.span,
            self._name(t.children[0]),
            self._doc(t),
            self.path(owner.children[0]) if owner is not None else (),
            tuple([self._build(c) for c in self._trees(t, "field")]),
            tuple([self._build(c) for c in self._trees(t, "block_attribute")]),
        )

    def field(self, t: Any) -> ast.Field:
        default = self._tree(t, "default")
        return ast.Field(
            t.span,
            self._name(t.children[0]),
            self._build(t.children[1]),
            self._constant(default.children[-1]) if default is not None else None,
            tuple([self._build(c) for c in self._trees(t, "attribute")]),
            tuple([self._plain(c) for c in t.children if type(c) is Token and c.kind == "STRING"]),
        )

    def states(self, t: Any) -> ast.States:
        return ast.States(t.span, tuple([self._build(c) for c in t.children]))

    def transition(self, t: Any) -> ast.Transition:
        source, *targets = [self._named(c, "a state") for c in t.children]
        return ast.Transition(t.span, source, tuple(targets))

    def attribute(self, t: Any) -> ast.Attribute:
        name = self._name(t.children[0])
        # Forms, patterns and the messages of checks hold braces of their own.
        args = self._plain_args if name.text in ("id", "match", "check") else self._args
        return ast.Attribute(t.span, name, args(t.children[1:]))

    block_attribute = attribute

    def shape(self, t: Any) -> ast.Shape:
        name, entity = self._names(t.children)
        return ast.Shape(t.span, name, entity, self._members(t))

    def _members(self, t: Any) -> tuple[ast.ShapeMember, ...]:
        return tuple([self._build(c) for c in self._trees(t, "shape_path", "shape_value")])

    def shape_path(self, t: Any) -> ast.ShapeMember:
        nested = self._members(t)
        return ast.ShapeMember(t.span, self.path(t.children[0]), nested or None, None, None)

    def shape_value(self, t: Any) -> ast.ShapeMember:
        name, value = t.children
        return ast.ShapeMember(t.span, (), None, self._name(name), self._build(value))

    def fn(self, t: Any) -> ast.Fn:
        trees = [c for c in t.children if type(c) is Tree and c.data != "params"]
        return ast.Fn(
            t.span,
            self._callable_name(t.children[0], "a function"),
            self._params(t),
            self._build(trees[0]) if len(trees) == 2 else None,
            self._build(trees[-1]),
        )

    def invariant(self, t: Any) -> ast.Invariant:
        on = self._tree(t, "on")
        return ast.Invariant(
            t.span,
            self._name(t.children[0]),
            self._doc(t),
            self._name(on.children[0]) if on is not None else None,
            self._build(t.children[-1]),
        )

    def tools(self, t: Any) -> ast.Tools:
        names = self._names(t.children)
        shape = self._tree(t, "result_shape")
        return ast.Tools(
            t.span,
            names[0] if len(names) == 2 else None,
            names[-1],
            self._name(shape.children[0]) if shape is not None else None,
            tuple([self._build(c) for c in self._trees(t, "derived")]),
        )

    def derived(self, t: Any) -> ast.Derived:
        alias = self._tree(t, "derived_as")
        names = self._tree(t, "derived_names")
        return ast.Derived(
            t.span,
            self._name(t.children[0]),
            self._callable_name(alias.children[0], "a tool") if alias is not None else None,
            self._names(names.children) if names is not None else (),
            tuple([self._build(c) for c in self._trees(t, "derived_require")]),
        )

    def tool(self, t: Any) -> ast.Tool:
        return self._callable(t, hidden=False)

    def action(self, t: Any) -> ast.Tool:
        return self._callable(t, hidden=True)

    def _callable(self, t: Any, *, hidden: bool) -> ast.Tool:
        result = self._tree(t, "result")
        return ast.Tool(
            t.span,
            self._callable_name(t.children[0], "an action" if hidden else "a tool"),
            self._params(t),
            self._doc(t),
            self._result(result.children[0]) if result is not None else None,
            self._build(t.children[-1]),
            hidden,
        )

    def _callable_name(self, token: Token, what: str) -> ast.Name:
        """A statement is told from a call by its first word."""
        if token.text in tables().keywords:
            self._refuse_keyword(token, what)
        return self._name(token)

    def _result(self, t: Any) -> ast.ResultType:
        many = t.data == "result_list"
        one = t.children[0] if many else t
        shape = self._members(one) or None if one.data == "result_row" else None
        element = self.row_type(one) if one.data == "result_row" else self._build(one)
        return ast.ResultType(t.span, element, shape, many)

    # ---- Seeds ----

    def seed(self, t: Any) -> ast.Seed:
        return ast.Seed(
            t.span,
            self._name(t.children[0]),
            tuple([self._build(c) for c in self._trees(t, "column")]),
            tuple([self._build(c) for c in self._trees(t, "row")]),
        )

    def column(self, t: Any) -> ast.SeedColumn:
        default = self._tree(t, "default")
        constant = self._constant(default.children[-1]) if default is not None else None
        return ast.SeedColumn(t.span, self._name(t.children[0]), constant)

    def row(self, t: Any) -> ast.SeedRow:
        label, cells = None, t.children
        if cells[0].data == "label":
            label, cells = self._named(cells[0].children[0], "a row"), cells[1:]
        return ast.SeedRow(t.span, label, tuple([self._constant(c) for c in cells]))

    def generate(self, t: Any) -> ast.Generate:
        entity, count, values = [c for c in t.children if not (type(c) is Token and c.kind == "STAR")]
        number = ast.Literal(count.span, "int", int(count.text))
        return ast.Generate(t.span, self._name(entity), number, self._build(values))

    # ---- Tasks ----

    def task(self, t: Any) -> ast.Task:
        actor = self._tree(t, "task_as")
        loop = self._tree(t, "task_for")
        instruction = self._token(t, "STRING")
        assert instruction is not None
        skipped = ("task_as", "task_for")
        return ast.Task(
            t.span,
            self._name(t.children[0]),
            self._name(actor.children[0]) if actor is not None else None,
            self._build(loop) if loop is not None else None,
            self._filled(instruction),
            tuple([self._build(c) for c in t.children if type(c) is Tree and c.data not in skipped]),
        )

    def task_for(self, t: Any) -> ast.Loop:
        return ast.Loop(t.span, self._named(t.children[0], "a value"), self._build(t.children[1]))

    def solve(self, t: Any) -> ast.Solve:
        loop = self._tree(t, "task_for")
        return ast.Solve(t.span, self._build(loop) if loop is not None else None, self._build(t.children[-1]))

    def wrong(self, t: Any) -> ast.Wrong:
        return ast.Wrong(t.span, self._build(t.children[0]))

    def user(self, t: Any) -> ast.User:
        return ast.User(t.span, self._filled(t.children[0]))

    def task_let(self, t: Any) -> ast.TaskLet:
        return ast.TaskLet(t.span, self._named(t.children[0], "a value"), self._build(t.children[1]))

    def free(self, t: Any) -> ast.Free:
        column, *where = t.children
        return ast.Free(t.span, self._build(column), self._build(where[0]) if where else None)

    def may(self, t: Any) -> ast.May:
        kind, entity, *where = t.children
        return ast.May(t.span, kind.text, self._name(entity), self._build(where[0]) if where else None)

    def ensure(self, t: Any) -> ast.Ensure:
        return ast.Ensure(t.span, self._build(t.children[0]))

    def answer(self, t: Any) -> ast.Answer:
        return ast.Answer(t.span, tuple([self._build(c) for c in t.children]))
