"""AST and comments to the one canonical text of a spec."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from awmc.syntax import ast
from awmc.syntax.comments import Comments
from awmc.syntax.layout import (
    HARD,
    LINE,
    Break,
    Doc,
    Either,
    Fill,
    Lead,
    flat,
    group,
    indented,
    joined,
    must_break,
    render,
)
from awmc.syntax.written import Writer

# An empty line stands before and behind each of these; others may stand close together.
_APART = (ast.Env, ast.Entity, ast.Tool, ast.Task)


def format_spec(spec: ast.Spec, text: str) -> str:
    """The canonical text of a spec: `text` is the one that it was parsed from, and gives the comments and which lines
    are left empty. Formatting the result again changes nothing, and it parses to the same AST.
    """
    writer = _Declarations(Comments(spec, text))
    docs = [writer.declaration(item) for item in spec.items]
    return render(writer.lines(spec.items, docs, apart=_APART))


def format_declaration(node: ast.Declaration) -> str:
    """The canonical text of a declaration of any origin, without a line end; its spans are not looked at."""
    return render(_Declarations().declaration(node)).rstrip("\n")


class _Declarations(Writer):
    def declaration(self, node: ast.Declaration) -> Doc:
        """A declaration, without its comments."""
        match node:
            case ast.Env():
                return self._env(node)
            case ast.Enum():
                values = [self.enum_value(value) for value in node.values]
                return (f"enum {node.name.text} ", self.spaced(node, node.values, values, filled=True))
            case ast.Record():
                fields = [self.param(param) for param in node.fields]
                return (f"record {node.name.text} ", self.spaced(node, node.fields, fields))
            case ast.Entity():
                return self._entity(node)
            case ast.Shape():
                return (f"shape {node.name.text} = {node.entity.text}", self.members(node.members))
            case ast.Fn():
                kind: Doc = (" -> ", self.type(node.type)) if node.type is not None else ""
                head = (f"fn {node.name.text}", self._params(node.params), kind, " =")
                return (*head, self._value(node.value))
            case ast.Invariant():
                about = f" {self.text(node.about)}" if node.about is not None else ""
                on = f" on {node.entity.text}" if node.entity is not None else ""
                return (f"invariant {node.name.text}{about}{on}:", self._value(node.test))
            case ast.Tools():
                return self._tools(node)
            case ast.Tool():
                return self._tool(node)
            case ast.Seed():
                return self._seed(node)
            case ast.Generate():
                values = self._entries(node.values)
                body = self.spaced(node.values, node.values.entries, values)
                return (f"seed {node.entity.text} * {node.count.value} ", body)
            case ast.Task():
                return self._task(node)

    def _value(self, node: ast.Expr) -> Doc:
        return Lead(self.own_lines(node), hugs=_is_bracketed(node))

    def _params(self, params: Sequence[ast.Param]) -> Doc:
        return self.listed("(", params, [self.param(param) for param in params], ")")

    # ---- The world ----

    def _env(self, node: ast.Env) -> Doc:
        # What is in it stands close together: there are four of them at most.
        lines = [self.commented(clock, f"clock {clock.value}") for clock in node.clocks]
        lines += [
            self.commented(actor, f"actor {actor.entity.text} {actor.label.text}") for actor in node.actors
        ]
        if node.policy:
            lines.append(self._policy(node.policy))
        if node.offers:
            lines.append(self._offers(node.offers))
        return (
            f"env {node.name.text} {self.text(node.about)} ",
            self.braces(node, joined(HARD, lines) if lines else None),
        )

    def _policy(self, texts: Sequence[ast.Text]) -> Doc:
        items = [self.text(text) for text in texts]
        if len(texts) == 1:
            return self.commented(texts[0], f"policy {items[0]}")
        return self._between(
            texts, ("policy", indented(HARD, joined(HARD, self._within_member(texts, items))))
        )

    def _offers(self, offers: Sequence[ast.Offered]) -> Doc:
        names = [o.name.text + (f" as {o.alias.text}" if o.alias is not None else "") for o in offers]
        items = self._within_member(offers, [*(f"{name}," for name in names[:-1]), names[-1]])
        broken = any(map(must_break, items[:-1])) or bool(self.above(offers[-1]))
        return self._between(offers, ("offer ", indented(joined(HARD if broken else " ", items))))

    def _within_member(self, nodes: Sequence[ast.Node], docs: Sequence[Doc]) -> list[Doc]:
        """Parts behind one keyword, with the comments between the first and the last of them."""
        items: list[Doc] = []
        for number, (node, doc) in enumerate(zip(nodes, docs, strict=True)):
            above = self.above(node) if number else []
            below = self.below(node) if number < len(nodes) - 1 else []
            items.append((*above, doc, *self.beside(node), *below))
        return items

    def _between(self, nodes: Sequence[ast.Node], doc: Doc) -> Doc:
        """Such parts, with the comments before the first and behind the last of them."""
        return (*self.above(nodes[0]), doc, *self.below(nodes[-1]))

    def _entity(self, node: ast.Entity) -> Doc:
        about = f" {self.text(node.about)}" if node.about is not None else ""
        owner = f" owned by {self.path(node.owner)}" if node.owner else ""
        nodes: list[ast.Node] = [*node.fields, *node.attributes]
        docs = [*(self._field(f) for f in node.fields), *(self.attribute(a, "@@") for a in node.attributes)]
        body = self.lines(nodes, docs) if nodes else None
        return (f"entity {node.name.text}{about}{owner} ", self.braces(node, body))

    def _field(self, node: ast.Field) -> Doc:
        head: Doc = (
            f"{node.name.text}: ",
            self._states(node.type) if isinstance(node.type, ast.States) else self.type(node.type),
        )
        if node.default is not None:
            head = (head, " = ", self.constant(node.default))
        attributes = [Lead(self.attribute(attribute), hugs=True) for attribute in node.attributes]
        return (head, *attributes, *(Lead(self.text(text)) for text in node.docs))

    def _states(self, node: ast.States) -> Doc:
        moves = [
            self.commented(move, f"{move.source.text} -> {', '.join(target.text for target in move.targets)}")
            for move in node.transitions
        ]
        return group("states {", indented(LINE, joined(Break("  "), moves)), LINE, "}")

    # ---- Tools ----

    def _tools(self, node: ast.Tools) -> Doc:
        scope = f"{node.scope.text} " if node.scope is not None else ""
        shape = f" -> {node.shape.text}" if node.shape is not None else ""
        head = f"tools {scope}{node.entity.text}{shape} "
        docs = [self._derived(item) for item in node.items]
        items = [self.commented(item, doc) for item, doc in zip(node.items, docs, strict=True)]
        apart = any(self.blank_between(*pair) for pair in pairwise(node.items))
        asks = any(item.requires for item in node.items)
        if not items or apart or asks or self._attached(node) is not None or any(map(must_break, items)):
            return (head, self.braces(node, self.lines(node.items, docs) if items else None))
        separated = [
            item if number == 0 else (Either(",", ""), LINE, item) for number, item in enumerate(items)
        ]
        return (head, group("{", indented(LINE, *separated), LINE, "}"))

    def _derived(self, node: ast.Derived) -> Doc:
        alias = f" as {node.alias.text}" if node.alias is not None else ""
        names = f"({', '.join(name.text for name in node.names)})" if node.names else ""
        head = f"{node.kind.text}{alias}{names}"
        if not node.requires:
            return head
        requires = [self.commented(require, self.require(require)) for require in node.requires]
        return group(head, indented(*((LINE, require) for require in requires)))

    def _tool(self, node: ast.Tool) -> Doc:
        kind = "action" if node.hidden else "tool"
        tail: list[Doc] = []
        if node.about is not None:
            tail.append(self.text(node.about))
        if node.result is not None:
            tail.append(("-> ", self._result(node.result)))
        about: Doc = Lead(Fill(tuple(tail))) if tail else ""
        return group(f"{kind} {node.name.text}", self._params(node.params), about, " ", self.body(node.body))

    def _result(self, node: ast.ResultType) -> Doc:
        one: Doc = (self.type(node.element), self.members(node.shape) if node.shape is not None else "")
        return ("[", one, "]") if node.many else one

    # ---- Seeds ----

    def _seed(self, node: ast.Seed) -> Doc:
        columns: list[Doc] = []
        for column in node.columns:
            constant: Doc = (" = ", self.constant(column.constant)) if column.constant is not None else ""
            columns.append((column.name.text, constant))
        head = (f"seed {node.entity.text} ", self.listed("(", node.columns, columns, ")", filled=True), " ")
        body = self.lines(node.rows, [self._row(row) for row in node.rows]) if node.rows else None
        return (head, self.braces(node, body))

    def _row(self, node: ast.SeedRow) -> str:
        label = f"{node.label.text}: " if node.label is not None else ""
        return label + ", ".join(flat(Writer().constant(cell)) for cell in node.cells)

    # ---- Tasks ----

    def _task(self, node: ast.Task) -> Doc:
        actor = f" as {node.actor.text}" if node.actor is not None else ""
        loop = self._loop(node.loop) if node.loop is not None else ""
        head = (f"task {node.name.text}{actor}", loop, Lead(self.message(node.instruction)))
        body = self.lines(node.parts, [self._part(part) for part in node.parts]) if node.parts else None
        return (*head, " ", self.braces(node, body))

    def _loop(self, node: ast.Loop) -> Doc:
        return (f" for {node.name.text} in ", indented(self.query(node.over)))

    def _part(self, node: ast.TaskPart) -> Doc:
        match node:
            case ast.Solve():
                loop = self._loop(node.loop) if node.loop is not None else ""
                return group("solve", loop, " ", self.body(node.body))
            case ast.Wrong():
                return ("wrong ", self.block(node.body))
            case ast.User():
                return f"user {self.message(node.text)}"
            case ast.TaskLet():
                return (f"let {node.name.text} = ", self.query(node.value))
            case ast.Free():
                return self._where((f"free {node.column.entity.text}.{node.column.field.text}",), node.where)
            case ast.May():
                return self._where((f"may {node.kind} {node.entity.text}",), node.where)
            case ast.Ensure():
                return ("ensure ", self.query(node.test))
            case ast.Answer():
                values = [self.query(value) for value in node.values]
                return self.hanging("answer", node.values, values)

    def _where(self, head: tuple[Doc, ...], where: ast.Expr | None) -> Doc:
        if where is None:
            return head
        return group(*head, indented(LINE, "where ", self.expression(where)))


def _is_bracketed(node: ast.Expr) -> bool:
    """Whether an expression ends with a bracket that all but a word of it stands in."""
    if isinstance(node, ast.Unary) and node.op == "not":
        node = node.of
    return isinstance(node, ast.Call | ast.Apply | ast.ListOf | ast.RecordOf)
