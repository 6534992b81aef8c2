"""Trees of expressions, queries and constants to the AST: one function a rule, named after the rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awmc.diagnostics import Diagnostic, Fix, diagnose
from awmc.source import Span
from awmc.syntax import ast
from awmc.syntax.lalr import Parse, Tree
from awmc.syntax.texts import characters, closing, unescape, unfit
from awmc.syntax.tokens import Token, tokenize

DEEPEST = 64
"""How many levels of an expression, and of blocks, may stand in each other."""

LONGEST_NAME = 50
"""In letters: what is derived from a name must still fit the 63 of PostgreSQL and the 64 of tool names."""

_LEVELS = frozenset(
    [
        "group",
        "list_value",
        "record_value",
        "call",
        "apply_shape",
        "block",
        "if",
        "condition",
        "create",
        "shape_path",
        "or",
        "and",
        "not",
        "compare",
        "within",
        "is_null",
        "coalesce",
        "sum",
        "product",
        "negate",
        "attribute_of",
        "item_of",
        "if_given",
        "list_type",
        "record_type",
        "constant_list",
        "constant_record",
        "constant_call",
    ]
)
_DIRECTIONS = ("desc", "asc")


class ExpressionBuilder:
    """Turns trees into nodes; mistakes that the grammar lets pass are added to `problems`."""

    def __init__(self, source: str) -> None:
        self.problems: list[Diagnostic] = []
        self._source = source
        self._told: set[str] = set()
        self._depth = 0
        self._rules: dict[str, Callable[[Any], Any]] = {
            name.rstrip("_"): getattr(self, name) for name in dir(self) if not name.startswith("_")
        }

    def __call__(self, tree: Tree) -> Any:
        return self._build(tree)

    def _build(self, tree: Any) -> Any:
        if tree.data not in _LEVELS:
            return self._rules[tree.data](tree)
        self._depth += 1
        try:
            if self._depth > DEEPEST:
                self._report_once("AWM015", tree.span, "", limit=DEEPEST)
                return self._nothing(tree)
            return self._rules[tree.data](tree)
        finally:
            self._depth -= 1

    def _nothing(self, tree: Tree) -> Any:
        """Stands where a tree cannot be built."""
        if tree.data == "block":
            return ast.Block(tree.span, ())
        if tree.data == "if":
            return ast.If(tree.span, ast.Literal(tree.span, "null", None), ast.Block(tree.span, ()), None)
        return ast.Literal(tree.span, "null", None)

    def _report(self, code: str, span: Span, **said: Any) -> None:
        self.problems.append(diagnose(code, span, source=self._source, **said))

    def _report_once(self, code: str, span: Span, name: str, /, **said: Any) -> None:
        """Says the same of the same name at its first place alone."""
        if f"{code} {name}" not in self._told:
            self._told.add(f"{code} {name}")
            self._report(code, span, **said)

    # ---- Names and parts of a tree ----

    def _name(self, token: Token) -> ast.Name:
        text = token.text
        if len(text) > LONGEST_NAME:
            self._report_once("AWM019", token.span, text, limit=LONGEST_NAME, count=len(text))
        return ast.Name(token.span, text)

    def _names(self, children: list[Any]) -> tuple[ast.Name, ...]:
        return tuple(self._name(c) for c in children if type(c) is Token and c.kind in ("NAME", "TYPE"))

    def _token(self, tree: Any, kind: str) -> Token | None:
        return next((c for c in tree.children if type(c) is Token and c.kind == kind), None)

    def _has(self, tree: Any, kind: str) -> bool:
        return self._token(tree, kind) is not None

    def _tree(self, tree: Any, rule: str) -> Any | None:
        return next((c for c in tree.children if type(c) is Tree and c.data == rule), None)

    def _trees(self, tree: Any, *rules: str) -> list[Any]:
        return [c for c in tree.children if type(c) is Tree and c.data in rules]

    # ---- Texts ----

    def _doc(self, tree: Any) -> ast.Text | None:
        token = self._token(tree, "STRING")
        return self._plain(token) if token is not None else None

    def _plain(self, token: Token) -> ast.Text:
        return ast.Text(token.span, self._value(token))

    def _value(self, token: Token) -> str:
        wrong = unfit(token.text)
        if wrong is not None:
            span = Span(token.start + wrong.start(), token.start + wrong.end())
            note = "it is half of a pair" if wrong.group() != "\\u0000" else "a text holds no NUL"
            self._report("AWM008", span, escape=wrong.group(), note=note)
            return ""
        return unescape(token.text)

    def _filled(self, token: Token) -> ast.Text | ast.Interpolation:
        """A string whose `{expr}` are filled in."""
        raw = token.text
        if "{" not in raw and "}" not in raw and "\\" not in raw:
            return ast.Text(token.span, raw[1:-1])
        if not self._value(token):
            return ast.Text(token.span, "")
        chars, places = characters(raw, token.start)
        parts: list[str | ast.Expr] = []
        literal: list[str] = []
        i = 0
        while i < len(chars):
            char = chars[i]
            if char in "{}" and chars[i : i + 2] == [char, char]:
                literal.append(char)
                i += 2
            elif char == "{":
                end = closing(chars, i)
                if end is None:
                    self._unpaired("{", places[i])
                    literal += chars[i:]
                    break
                if literal:
                    parts.append("".join(literal))
                    literal = []
                parts.append(self._part("".join(chars[i + 1 : end]), places[i + 1 : end + 2]))
                i = end + 1
            else:
                if char == "}":
                    self._unpaired("}", places[i])
                literal.append(char)
                i += 1
        if literal:
            parts.append("".join(literal))
        if not any(not isinstance(part, str) for part in parts):
            return ast.Text(token.span, "".join(part for part in parts if isinstance(part, str)))
        return ast.Interpolation(token.span, tuple(parts))

    def _unpaired(self, brace: str, place: int) -> None:
        self._report(
            "AWM013",
            Span(place, place + 1),
            brace=brace,
            help=f"write `{brace * 2}` for a brace in the text itself",
        )

    def _part(self, text: str, places: list[int]) -> ast.Expr:
        """The expression between two braces; `places` are those of its characters and of the closing brace."""
        start, end = places[0], places[len(text)]
        empty = ast.Literal(Span(start, end), "null", None)
        if not text.strip():
            self._report(
                "AWM014",
                Span(start - 1, places[len(text)] + 1),
                help="write `{{` and `}}` for the braces themselves",
            )
            return empty
        tokens = tokenize(text)
        for token in tokens:
            token.start, token.end = places[token.start], places[token.end]
        parse = Parse("query")
        at = parse.run(tokens)
        if at < len(tokens):
            note = "there are no format codes in braces" if tokens[at].text in (":", "!") else None
            self._report("AWM027", Span(start, end), text=text.strip(), note=note)
            return empty
        built: ast.Expr = self._build(parse.tree)
        return built

    # ---- Literals and names ----

    def text(self, t: Any) -> ast.Expr:
        filled = self._filled(t.children[0])
        if isinstance(filled, ast.Text):
            return ast.Literal(filled.span, "text", filled.value)
        return filled

    def moment(self, t: Any) -> ast.Literal:
        return self._moment(t.children[0])

    def _moment(self, token: Token) -> ast.Literal:
        return ast.Literal(token.span, "datetime" if "T" in token.text else "date", token.text)

    def duration(self, t: Any) -> ast.Literal:
        return ast.Literal(t.span, "duration", t.children[0].text)

    def true(self, t: Any) -> ast.Literal:
        return ast.Literal(t.span, "bool", True)

    def false(self, t: Any) -> ast.Literal:
        return ast.Literal(t.span, "bool", False)

    def null(self, t: Any) -> ast.Literal:
        return ast.Literal(t.span, "null", None)

    def number(self, t: Any) -> ast.Literal:
        return self._digits(t, negative=False)

    def _digits(self, t: Any, *, negative: bool) -> ast.Literal:
        digits = [c.text for c in t.children if c.kind == "INT"]
        sign = "-" if negative else ""
        if len(digits) == 2:
            return ast.Literal(t.span, "decimal", f"{sign}{digits[0]}.{digits[1]}")
        return ast.Literal(t.span, "int", int(f"{sign}{digits[0]}"))

    def time(self, t: Any) -> ast.Literal:
        hour, minute = t.children
        return ast.Literal(t.span, "time", f"{hour.text}:{minute.text}")

    def name(self, t: Any) -> ast.Ref:
        return ast.Ref(t.span, self._name(t.children[0]).text)

    def entity_name(self, t: Any) -> ast.EntityRef:
        return ast.EntityRef(t.span, self._name(t.children[0]).text)

    def scoped(self, t: Any) -> ast.Scoped:
        return ast.Scoped(t.span, *self._scope(t))

    def _scope(self, t: Any) -> tuple[ast.Name, ast.Name]:
        """`my Visit`; `myVisit` comes as the same two tokens, but was meant as a name."""
        scope, entity = self._names(t.children)
        if scope.span.end == entity.span.start:
            name = scope.text + entity.text
            self._report_once(
                "AWM018", scope.span.to(entity.span), name, name=name, style="UpperCamel", what="an entity"
            )
        return scope, entity

    def column_of_row(self, t: Any) -> ast.Column:
        return ast.Column(t.span, self._name(t.children[0]))

    def attribute_of(self, t: Any) -> ast.Attr:
        of = self._build(t.children[0])
        self._refuse_given(of)
        return ast.Attr(t.span, of, self._name(t.children[1]))

    def item_of(self, t: Any) -> ast.Index:
        of = self._build(t.children[0])
        self._refuse_given(of)
        return ast.Index(t.span, of, self._build(t.children[1]))

    def _refuse_given(self, of: ast.Expr) -> None:
        if isinstance(of, ast.IfGiven):
            mark = Span(of.span.end - 1, of.span.end)
            fix = Fix(mark, "", "leave `?` out")
            self._report("AWM037", Span(mark.start, mark.end + 1), fixes=[fix])

    def if_given(self, t: Any) -> ast.IfGiven:
        return ast.IfGiven(t.span, self._build(t.children[0]))

    # ---- Calls and values of several parts ----

    def call(self, t: Any) -> ast.Call:
        name = self._name(t.children[0])
        # The `{n}` of `seq` is its own.
        args = self._plain_args if name.text == "seq" else self._args
        return ast.Call(t.span, name, args(t.children[1:]))

    def apply_shape(self, t: Any) -> ast.Apply:
        return ast.Apply(t.span, self._name(t.children[0]), self._args(t.children[1:]))

    def _plain_args(self, children: list[Any]) -> tuple[ast.Arg, ...]:
        """Arguments in which a text on its own is not filled in: forms, patterns, messages of checks."""
        args: list[ast.Arg] = []
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
            [
                self._build(c) if c.data == "named_argument" else ast.Arg(c.span, None, self._build(c))
                for c in children
            ]
        )

    def named_argument(self, t: Any) -> ast.Arg:
        return ast.Arg(t.span, self._name(t.children[0]), self._build(t.children[1]))

    def group(self, t: Any) -> ast.Expr:
        inner: ast.Expr = self._build(t.children[0])
        return inner

    def list_value(self, t: Any) -> ast.ListOf:
        return ast.ListOf(t.span, tuple([self._build(c) for c in t.children]))

    def record_value(self, t: Any) -> ast.RecordOf:
        return ast.RecordOf(t.span, tuple([self._build(c) for c in t.children]))

    def entry(self, t: Any) -> ast.Entry:
        return ast.Entry(t.span, self._name(t.children[0]), self._build(t.children[1]))

    def entry_short(self, t: Any) -> ast.Entry:
        return ast.Entry(t.span, self._name(t.children[0]), None)

    def create(self, t: Any) -> ast.Create:
        return ast.Create(t.span, self._name(t.children[0]), self._build(t.children[1]))

    # ---- Operators ----

    def negate(self, t: Any) -> ast.Expr:
        of = self._build(t.children[1])
        if (
            isinstance(of, ast.Literal)
            and of.kind in ("int", "decimal")
            and not str(of.value).startswith("-")
        ):
            return ast.Literal(t.span, of.kind, -of.value if isinstance(of.value, int) else f"-{of.value}")
        return ast.Unary(t.span, "-", of)

    def _binary(self, t: Any) -> ast.Binary:
        left, op, right = t.children
        return ast.Binary(t.span, op.text, self._build(left), self._build(right))

    product = sum = compare = _binary

    def _infix(self, t: Any, op: str) -> ast.Binary:
        left, right = t.children
        return ast.Binary(t.span, op, self._build(left), self._build(right))

    def coalesce(self, t: Any) -> ast.Binary:
        return self._infix(t, "??")

    def and_(self, t: Any) -> ast.Binary:
        return self._infix(t, "and")

    def or_(self, t: Any) -> ast.Binary:
        return self._infix(t, "or")

    def not_(self, t: Any) -> ast.Unary:
        return ast.Unary(t.span, "not", self._build(t.children[-1]))

    def within(self, t: Any) -> ast.Within:
        values = [self._build(c) for c in t.children if type(c) is Tree]
        high = values[2] if len(values) == 3 else None
        return ast.Within(t.span, values[0], values[1], high, self._has(t, "NOT"))

    def is_null(self, t: Any) -> ast.IsNull:
        return ast.IsNull(t.span, self._build(t.children[0]), self._has(t, "NOT"))

    def condition(self, t: Any) -> ast.Condition:
        test, then, otherwise = [self._build(c) for c in t.children]
        return ast.Condition(t.span, test, then, otherwise)

    # ---- Queries ----

    def query(self, t: Any) -> ast.Expr:
        source: ast.Expr = self._build(t.children[0])
        if len(t.children) == 1:
            return source
        alias = where = limit = offset = None
        joins: list[ast.Join] = []
        order: list[ast.OrderKey] = []
        for clause in t.children[1:]:
            if clause.data == "alias":
                alias = self._name(clause.children[0])
            elif clause.data == "join":
                of, name = clause.children
                joins.append(ast.Join(clause.span, self._build(of), self._name(name)))
            elif clause.data == "where":
                where = self._build(clause.children[0])
            elif clause.data == "order":
                order = [self._build(key) for key in clause.children]
            else:
                limit = self._build(clause.children[0])
                offset = self._build(clause.children[1]) if len(clause.children) > 1 else None
        return ast.Query(t.span, source, alias, tuple(joins), where, tuple(order), limit, offset)

    def order_key(self, t: Any) -> ast.OrderKey:
        key = self._build(t.children[0])
        self._refuse_direction(key)
        return ast.OrderKey(t.span, key, self._has(t, "DESC"))

    def _refuse_direction(self, key: ast.Expr) -> None:
        """`desc .copies` and `desc(.copies)` read as a path and a call of the name `desc`."""
        head = key
        while isinstance(head, ast.Attr):
            after = head.field.span.start - 1
            head = head.of
            if isinstance(head, ast.Ref) and head.name in _DIRECTIONS and head.span.end < after:
                self._misplaced(head.name, head.span, Span(after, key.span.end))
        if isinstance(head, ast.Call) and head.name.text in _DIRECTIONS and len(head.args) == 1:
            self._misplaced(head.name.text, head.name.span, head.args[0].span)

    def _misplaced(self, word: str, span: Span, key: Span) -> None:
        self._report(
            "AWM036", span, word=word, help=f"write `{word}` behind the key: `order by .copies {word}`"
        )

    # ---- Constants: what stands in seeds and defaults; their texts are not filled in ----

    def _constant(self, t: Any) -> ast.Expr:
        match t.data:
            case "constant_number":
                return self._digits(t, negative=self._has(t, "MINUS"))
            case "constant_shift":
                sign, token = t.children
                literal = ast.Literal(token.span, "duration", token.text)
                return ast.Unary(t.span, "-", literal) if sign.kind == "MINUS" else literal
            case "constant_name":
                return ast.Ref(t.span, self._name(t.children[0]).text)
            case "text":
                plain = self._plain(t.children[0])
                return ast.Literal(t.span, "text", plain.value)
        built: ast.Expr = self._build(t)
        return built

    def constant_list(self, t: Any) -> ast.ListOf:
        return ast.ListOf(t.span, tuple([self._constant(c) for c in t.children]))

    def constant_record(self, t: Any) -> ast.RecordOf:
        return ast.RecordOf(t.span, tuple([self._cell(c) for c in t.children]))

    def constant_call(self, t: Any) -> ast.Call:
        return self.call(t)

    def _cell(self, t: Any) -> ast.Entry:
        return ast.Entry(t.span, self._name(t.children[0]), self._constant(t.children[1]))
