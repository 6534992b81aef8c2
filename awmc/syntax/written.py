"""Expressions, types and statements of an AST as documents of `layout`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from awmc.syntax import ast
from awmc.syntax.comments import Attached, Comments, is_else_if, operands
from awmc.syntax.layout import (
    BLANK,
    HARD,
    HUG,
    LINE,
    SOFT,
    Doc,
    Fill,
    Indented,
    Lead,
    Suffix,
    ended,
    flat,
    group,
    indented,
    joined,
    must_break,
)
from awmc.syntax.texts import escape

_LEVELS = {
    "or": 1,
    "and": 2,
    "==": 4,
    "!=": 4,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "contains": 4,
    "??": 5,
    "+": 6,
    "-": 6,
    "*": 7,
    "/": 7,
    "%": 7,
}
_QUERY, _ANY, _NOT, _COMPARED, _OPERAND, _UNARY, _POSTFIX, _ATOM = -1, 0, 3, 4, 6, 8, 9, 10


def level(node: ast.Expr) -> int:
    """How tightly an expression binds: what is looser than its place asks for stands in parentheses."""
    match node:
        case ast.Query():
            return _QUERY
        case ast.Condition():
            return _ANY
        case ast.Binary():
            return _LEVELS[node.op]
        case ast.Unary():
            return _NOT if node.op == "not" else _UNARY
        case ast.Within() | ast.IsNull():
            return _COMPARED
        case ast.Literal():
            return _UNARY if node.kind in ("int", "decimal", "time") else _ATOM
        case ast.Attr() | ast.IfGiven() | ast.Index():
            return _POSTFIX
    return _ATOM


class Writer:
    """Writes the nodes of one spec, each with its comments."""

    def __init__(self, comments: Comments | None = None) -> None:
        self._comments = comments

    # ---- Comments and lists ----

    def _attached(self, node: ast.Node) -> Attached | None:
        return self._comments.of(node) if self._comments is not None else None

    def commented(self, node: ast.Node, doc: Doc, *, spaced: bool = False) -> Doc:
        """A part with its comments; `spaced`: empty lines between them stay."""
        if self._attached(node) is None:
            return doc
        return (*self.above(node, spaced=spaced), doc, *self.beside(node), *self.below(node, spaced=spaced))

    def above(self, node: ast.Node, *, spaced: bool = False) -> list[Doc]:
        """The comments before a part, each on its line."""
        attached, comments = self._attached(node), self._comments
        if attached is None or comments is None or not attached.before:
            return []
        parts: list[Doc] = []
        for comment in attached.before:
            if parts:
                parts.append(BLANK if spaced and comment.blank else HARD)
            parts.append(comment.text)
        apart = spaced and not attached.close and comments.blank_before(node.span.start)
        return [*parts, BLANK if apart else HARD]

    def beside(self, node: ast.Node) -> list[Doc]:
        """The comment at the end of a part's line."""
        attached = self._attached(node)
        return [Suffix(comment.text) for comment in attached.beside] if attached is not None else []

    def below(self, node: ast.Node, *, spaced: bool = False) -> list[Doc]:
        """The comments behind a part, each on its line."""
        parts: list[Doc] = []
        attached = self._attached(node)
        for comment in attached.behind if attached is not None else ():
            parts += [BLANK if spaced and comment.blank else HARD, comment.text]
        return parts

    def lines(
        self, nodes: Sequence[ast.Node], docs: Iterable[Doc], *, apart: tuple[type[ast.Node], ...] = ()
    ) -> Doc:
        """Parts on lines of their own; an empty line stays between two where there is one, and stands around each that
        is of a type that keeps `apart`.
        """
        parts: list[Doc] = []
        for number, (node, doc) in enumerate(zip(nodes, docs, strict=True)):
            if number:
                before = nodes[number - 1]
                blank = isinstance(before, apart) or isinstance(node, apart)
                parts.append(BLANK if blank or self.blank_between(before, node) else HARD)
            parts.append(self.commented(node, doc, spaced=True))
        return tuple(parts)

    def blank_between(self, before: ast.Node, node: ast.Node) -> bool:
        """Whether an empty line stands between two parts, or between the first and the comments of the second."""
        if self._comments is None:
            return False
        return self.blank_before(node) and self._comments.parted(before.span.end, node.span.start)

    def blank_before(self, node: ast.Node) -> bool:
        """Whether an empty line stands before a part and its comments."""
        if self._comments is None:
            return False
        attached = self._attached(node)
        if attached is not None and attached.before:
            return attached.before[0].blank
        return self._comments.blank_before(node.span.start)

    def braces(self, node: ast.Node, body: Doc | None) -> Doc:
        """A body on lines of its own between braces, None for an empty one."""
        parts = self._inside(node)
        if body is None and not parts:
            return "{}"
        if body is not None:
            parts += [HARD, body]
        return ("{", indented(*parts), HARD, "}")

    def _inside(self, node: ast.Node) -> list[Doc]:
        """The comments behind an opening brace: one on its line, the others below."""
        attached = self._attached(node)
        comments = attached.inside if attached is not None else []
        return [
            (HARD, comment.text) if comment.own_line or number else Suffix(comment.text)
            for number, comment in enumerate(comments)
        ]

    def listed(
        self,
        opened: str,
        nodes: Sequence[ast.Node],
        docs: Iterable[Doc],
        close: str,
        *,
        filled: bool = False,
        inside: Sequence[Doc] = (),
    ) -> Doc:
        """Parts with commas between them, in brackets: on the line of the brackets, or on one between them, or each on
        its own; `filled`: as many on a line as fit. `inside`: the comments behind the opening bracket.
        """
        items = self._with_commas(nodes, docs)
        if inside or any(must_break(item) for item in items):
            return (opened.rstrip(), indented(*inside, HARD, joined(HARD, items)), HARD, close.lstrip())
        if not items:
            return opened + close
        inner = Fill(tuple(items)) if filled else group(joined(LINE, items))
        edge = LINE if opened.endswith(" ") else SOFT
        return group(opened.rstrip(), indented(edge, inner), edge, close.lstrip())

    def hanging(self, opened: str, nodes: Sequence[ast.Node], docs: Iterable[Doc]) -> Doc:
        """Parts with commas between them, behind a word: as many on a line as fit."""
        items = self._with_commas(nodes, docs)
        if any(must_break(item) for item in items):
            return (opened, indented(HARD, joined(HARD, items), by=4))
        return (f"{opened} ", indented(Fill(tuple(items))))

    def _with_commas(self, nodes: Sequence[ast.Node], docs: Iterable[Doc]) -> list[Doc]:
        """Parts with their comments, and a comma behind each but the last."""
        items = [self.commented(node, doc) for node, doc in zip(nodes, docs, strict=True)]
        return [*(ended(item, ",") for item in items[:-1]), *items[-1:]]

    def spaced(
        self, node: ast.Node, nodes: Sequence[ast.Node], docs: Iterable[Doc], *, filled: bool = False
    ) -> Doc:
        """`{ a, b }`: parts between braces, with blanks inside these."""
        if not nodes:
            return self.braces(node, None)
        return self.listed("{ ", nodes, docs, " }", filled=filled, inside=self._inside(node))

    # ---- Texts and names ----

    def text(self, node: ast.Text) -> str:
        """A text that is not filled in."""
        return escape(node.value)

    def message(self, node: ast.Text | ast.Interpolation) -> str:
        """A text that is filled in."""
        if isinstance(node, ast.Text):
            return escape(_braced(node.value))
        return self._filled(node)

    def _filled(self, node: ast.Interpolation) -> str:
        parts = []
        for part in node.parts:
            if isinstance(part, str):
                parts.append(_braced(part))
            else:
                inner = flat(Writer().query(part))
                parts.append(f"{{ {inner}}}" if inner.startswith("{") else f"{{{inner}}}")
        return escape("".join(parts))

    def path(self, names: Sequence[ast.Name]) -> str:
        """`a.b.c`"""
        return ".".join(name.text for name in names)

    # ---- Expressions ----

    def query(self, node: ast.Expr) -> Doc:
        """An expression where a query may stand."""
        return self._query(node) if isinstance(node, ast.Query) else self._at(node, _ANY)

    def expression(self, node: ast.Expr) -> Doc:
        """An expression where none of the clauses of a query may stand."""
        return self._at(node, _ANY)

    def own_lines(self, node: ast.Expr) -> Doc:
        """An expression or query that begins a line: the lines it goes on with begin where it does."""
        doc = self.query(node)
        return doc.doc if isinstance(doc, Indented) else doc

    def _at(self, node: ast.Expr, least: int) -> Doc:
        doc = self._expr(node)
        if level(node) >= least:
            return doc
        if must_break(doc):
            return ("(", indented(HARD, doc), HARD, ")")
        return group("(", indented(SOFT, doc), SOFT, ")")

    def _expr(self, node: ast.Expr) -> Doc:
        match node:
            case ast.Literal():
                return self._literal(node)
            case ast.Interpolation():
                return self._filled(node)
            case ast.Ref() | ast.EntityRef():
                return node.name
            case ast.Scoped():
                return f"{node.scope.text} {node.entity.text}"
            case ast.Column():
                return f".{node.field.text}"
            case ast.Attr():
                return (self._at(node.of, _POSTFIX), f".{node.field.text}")
            case ast.IfGiven():
                # `??` is another sign.
                return (self._at(node.of, _ATOM if isinstance(node.of, ast.IfGiven) else _POSTFIX), "?")
            case ast.Index():
                return (self._at(node.of, _POSTFIX), "[", self.expression(node.index), "]")
            case ast.Call() | ast.Apply():
                return self._call(node)
            case ast.Unary():
                return (
                    ("not ", self._at(node.of, _NOT))
                    if node.op == "not"
                    else ("-", self._at(node.of, _UNARY))
                )
            case ast.Binary():
                return self._binary(node)
            case ast.Within():
                return self._within(node)
            case ast.IsNull():
                return (self._at(node.of, _OPERAND), " is not null" if node.negated else " is null")
            case ast.Condition():
                return group(
                    "if ",
                    self.expression(node.test),
                    indented(
                        LINE,
                        "then ",
                        self.expression(node.then),
                        LINE,
                        "else ",
                        self.expression(node.otherwise),
                    ),
                )
            case ast.ListOf():
                plain = all(isinstance(item, ast.Literal | ast.Ref) for item in node.items)
                return self.listed(
                    "[", node.items, [self.expression(item) for item in node.items], "]", filled=plain
                )
            case ast.RecordOf():
                return self.listed("{", node.entries, self._entries(node), "}")
            case ast.Query():
                return self._query(node)
            case ast.Create():
                return self._create(node)

    def _literal(self, node: ast.Literal) -> str:
        if node.kind == "text":
            return escape(_braced(str(node.value)))
        return _plain_literal(node)

    def _call(self, node: ast.Call | ast.Apply) -> Doc:
        plain = isinstance(node, ast.Call) and node.name.text == "seq"
        return self.listed(f"{node.name.text}(", node.args, self._args(node.args, plain=plain), ")")

    def _args(self, args: Sequence[ast.Arg], *, plain: bool) -> list[Doc]:
        docs: list[Doc] = []
        for arg in args:
            value = arg.value
            if arg.name is not None:
                docs.append((f"{arg.name.text}: ", self.query(value)))
            elif plain and isinstance(value, ast.Literal) and value.kind == "text":
                docs.append(escape(str(value.value)))
            else:
                docs.append(self.query(value))
        return docs

    def _entries(self, node: ast.RecordOf) -> list[Doc]:
        return [
            entry.name.text if entry.value is None else (f"{entry.name.text}: ", self.expression(entry.value))
            for entry in node.entries
        ]

    def _binary(self, node: ast.Binary) -> Doc:
        least = _LEVELS[node.op]
        if node.op in ("and", "or"):
            return self._chain(node)
        if least == _COMPARED:
            return (self._at(node.left, _OPERAND), f" {node.op} ", self._at(node.right, _OPERAND))
        if node.op == "??":
            # What is more than a name or a call stands in parentheses beside `??`, though it needs none.
            alike = isinstance(node.left, ast.Binary) and node.left.op == "??"
            left = self._at(node.left, least if alike else _UNARY)
            return (left, Lead(("?? ", self._at(node.right, _UNARY))))
        return (self._at(node.left, least), Lead((f"{node.op} ", self._at(node.right, least + 1))))

    def _chain(self, node: ast.Binary) -> Doc:
        """A chain of the same `and` or `or`; an `and` inside an `or` stands in parentheses, though it needs none."""
        pieces: list[Doc] = []
        for number, operand in enumerate(operands(node)):
            doc = self._at(operand, _NOT)
            pieces.append(self.commented(operand, (f"{node.op} ", doc) if number else doc))
        # The first operand is written where the chain begins; the others are moved right when they begin a line.
        if any(must_break(piece) for piece in pieces):
            return (pieces[0], indented(*((HARD, piece) for piece in pieces[1:])))
        return indented(Fill(tuple(pieces)))

    def _within(self, node: ast.Within) -> Doc:
        parts: list[Doc] = [
            self._at(node.value, _OPERAND),
            " not in " if node.negated else " in ",
            self._at(node.low, _OPERAND),
        ]
        if node.high is not None:
            parts += [" .. ", self._at(node.high, _OPERAND)]
        return tuple(parts)

    def _query(self, node: ast.Query) -> Doc:
        source: Doc = self._at(node.source, _ANY)
        if node.alias is not None:
            source = (source, f" as {node.alias.text}")
        clauses: list[Doc] = []
        for join in node.joins:
            clauses.append(
                self.commented(join, ("join ", self.expression(join.of), f" as {join.alias.text}"))
            )
        if node.where is not None:
            where: Doc = ("where ", self.expression(node.where))
            clauses.append(self.commented(node.where, where))
        if node.order:
            keys = [
                self.commented(
                    key,
                    (
                        "then " if number else "order by ",
                        # After `else` a direction would read as part of the last branch.
                        self._at(key.key, _ANY + 1),
                        " desc" if key.descending else "",
                    ),
                )
                for number, key in enumerate(node.order)
            ]
            clauses.append(
                (keys[0], indented(*((HARD, key) for key in keys[1:])))
                if any(map(must_break, keys))
                else indented(Fill(tuple(keys)))
            )
        if node.limit is not None:
            clauses.append(self.commented(node.limit, ("limit ", self.expression(node.limit))))
        if node.offset is not None:
            clauses[-1] = (
                clauses[-1],
                " " if not must_break(clauses[-1]) else HARD,
                self.commented(node.offset, ("offset ", self.expression(node.offset))),
            )
        return group(self.commented(node.source, source), indented(*((LINE, clause) for clause in clauses)))

    def _create(self, node: ast.Create) -> Doc:
        return (
            f"create {node.entity.text} ",
            self.spaced(node.values, node.values.entries, self._entries(node.values)),
        )

    # ---- Constants ----

    def constant(self, node: ast.Expr) -> Doc:
        """A value of a seed or a default: its texts are not filled in, a bare duration is one from the clock."""
        match node:
            case ast.Literal(kind="duration"):
                return f"+{node.value}"
            case ast.Literal():
                return _plain_literal(node)
            case ast.ListOf():
                return ("[", joined(", ", [self.constant(item) for item in node.items]), "]")
            case ast.RecordOf():
                return ("{", joined(", ", [self._cell(entry) for entry in node.entries]), "}")
            case ast.Unary(of=ast.Literal(kind="duration") as shift):
                return f"-{shift.value}"
        return self.expression(node)

    def _cell(self, entry: ast.Entry) -> Doc:
        return (
            entry.name.text if entry.value is None else (f"{entry.name.text}: ", self.constant(entry.value))
        )

    # ---- Types ----

    def type(self, node: ast.TypeExpr) -> Doc:
        """A type."""
        match node:
            case ast.BaseType():
                return node.name.text + ("?" if node.optional else "") + _range(node.range)
            case ast.RowType():
                scope = f"{node.scope.text} " if node.scope is not None else ""
                return scope + node.name.text + ("?" if node.optional else "")
            case ast.ColumnType():
                return f"{node.entity.text}.{node.field.text}" + ("?" if node.optional else "")
            case ast.EnumType():
                values = self.listed(
                    "enum(", node.values, [self.enum_value(value) for value in node.values], ")", filled=True
                )
                return (values, "?" if node.optional else "")
            case ast.RecordType():
                return self.listed("{", node.fields, [self.param(param) for param in node.fields], "}")
            case ast.ListType():
                return ("[", self.type(node.element), "]", "?" if node.optional else "", _range(node.range))

    def enum_value(self, node: ast.EnumValue) -> Doc:
        """`a = "wire" "doc"`"""
        wire = f" = {self.text(node.wire)}" if node.wire is not None else ""
        doc = f" {self.text(node.doc)}" if node.doc is not None else ""
        return node.name.text + wire + doc

    def param(self, node: ast.Param) -> Doc:
        """`name: type = default @attribute "doc"`"""
        parts: list[Doc] = [f"{node.name.text}: ", self.type(node.type)]
        if node.default is not None:
            parts += [" = ", self.expression(node.default)]
        for attribute in node.attributes:
            parts += [" ", self.attribute(attribute)]
        if node.doc is not None:
            parts += [" ", self.text(node.doc)]
        return tuple(parts)

    def attribute(self, node: ast.Attribute, mark: str = "@") -> Doc:
        """`@name(args)`"""
        if not node.args:
            return f"{mark}{node.name.text}" + ("()" if mark == "@@" else "")
        return self.listed(f"{mark}{node.name.text}(", node.args, self._args(node.args, plain=True), ")")

    def members(self, members: Sequence[ast.ShapeMember]) -> Doc:
        """The body of a shape, in parentheses."""
        return self.listed("(", members, [self._member(member) for member in members], ")", filled=True)

    def _member(self, node: ast.ShapeMember) -> Doc:
        if node.name is not None and node.value is not None:
            return (f"{node.name.text}: ", self.expression(node.value))
        nested: Doc = self.members(node.nested) if node.nested is not None else ""
        return (self.path(node.path), nested)

    # ---- Statements ----

    def block(self, node: ast.Block) -> Doc:
        """Statements in braces: a single plain one on the line of the braces, if it fits there."""
        return group(self.body(node))

    def body(self, node: ast.Block) -> Doc:
        docs = [self.statement(statement) for statement in node.statements]
        attached = self._attached(node)
        if len(docs) == 1 and attached is None and not isinstance(node.statements[0], ast.For | ast.If):
            return ("{", indented(LINE, self.commented(node.statements[0], docs[0])), LINE, "}")
        return self.braces(node, self.lines(node.statements, docs) if docs else None)

    def statement(self, node: ast.Statement) -> Doc:
        """A statement, without its comments."""
        match node:
            case ast.Let():
                return self._let(node)
            case ast.Require():
                return self.require(node)
            case ast.Create():
                return self._create(node)
            case ast.Update():
                assigns = self.hanging("set", node.assigns, [self._assign(assign) for assign in node.assigns])
                rows = self.query(node.rows)
                apart = isinstance(node.rows, ast.Query) or must_break(rows)
                return group("update ", rows, indented(LINE, assigns) if apart else (" ", assigns))
            case ast.Delete():
                return ("delete ", self.query(node.rows))
            case ast.For():
                over = indented(self.query(node.over))
                return group(f"for {node.name.text} in ", over, " ", self.body(node.body))
            case ast.If():
                return group(self._if(node))
            case ast.Fail():
                return f"fail {node.code.text} {self.message(node.message)}"
            case ast.Return():
                return ("return ", self.query(node.value))
            case ast.CallStatement():
                return self._call(node.call)
            case ast.Fails():
                return ("fails ", self._call(node.call), f" with {node.code.text}")

    def _let(self, node: ast.Let) -> Doc:
        head: Doc = (f"let {node.name.text} = ", self.query(node.value))
        if node.otherwise is None:
            return head
        if isinstance(node.otherwise, ast.Create):
            return group(head, Lead(("else ", self._create(node.otherwise)), hugs=True))
        return group(head, indented(HUG, self._otherwise(node.otherwise)))

    def require(self, node: ast.Require) -> Doc:
        """`require test else code "message"`"""
        return group("require ", self.expression(node.test), indented(HUG, self._otherwise(node.otherwise)))

    def _otherwise(self, node: ast.Otherwise) -> str:
        return f"else {node.code.text} {self.message(node.message)}"

    def _assign(self, node: ast.Assign) -> Doc:
        return (f"{self.path(node.path)} {node.op} ", self.expression(node.value))

    def _if(self, node: ast.If) -> Doc:
        parts: list[Doc] = ["if ", self.expression(node.test), " ", self.body(node.then)]
        if node.otherwise is not None:
            inner = node.otherwise.statements[0] if node.otherwise.statements else None
            if isinstance(inner, ast.If) and is_else_if(node.otherwise):
                parts += [" else ", self._if(inner)]
            else:
                parts += [" else ", self.body(node.otherwise)]
        return tuple(parts)


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _plain_literal(node: ast.Literal) -> str:
    match node.kind:
        case "text":
            return escape(str(node.value))
        case "bool":
            return "true" if node.value else "false"
        case "null":
            return "null"
    return str(node.value)


def _range(node: ast.Range | None) -> str:
    if node is None:
        return ""
    low = str(node.low.value) if node.low is not None else ""
    high = str(node.high.value) if node.high is not None else ""
    return f" {low}..{high}"
