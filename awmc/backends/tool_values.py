"""Values in a tool: as Python where they are in hand, else as a SQL statement that is a constant of its
own.
"""

from __future__ import annotations

from awmc.backends.python_text import (
    KEYWORDS,
    STEP,
    WIDTH,
    Bracket,
    Code,
    Names,
    called,
    constant,
    escaped,
    keyword,
    lines,
    literal,
    safe,
    snake,
    text,
    width,
)
from awmc.backends.sql import Bind, Sql
from awmc.backends.tool_program import Program
from awmc.ir import nodes

_COMPARED = ("text", "int", "money", "bool", "date", "time", "datetime", "email", "url", "enum", "row")
"""Kinds whose stored values Python compares for equality as SQL does."""
_ORDERED = ("text", "int", "money", "date", "time", "datetime")
_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_PLAIN_TEXT = ("text", "int", "date", "time", "datetime", "email", "url", "enum")
"""Kinds whose stored values an f-string writes as a text of the world has them."""


class Values:
    """The values of one function, and the lines that it has so far.

    `constants` are the lines of the SQL constants that it needs, in the order of use.
    """

    def __init__(self, program: Program, tool: nodes.Tool) -> None:
        self.program = program
        self.tool = tool
        self.constants: list[str] = []
        self.imports: set[str] = set()
        self._lines: list[str] = []
        self._depth = 1
        self._names = program.parameters(tool)
        self._locals = Names({*program.taken(tool), *self._names.values()})
        # Locals that may be null by their type, and those of them that are known not to be.
        self._nullable = {param.name for param in tool.params if param.type.nullable}
        self._known: set[str] = set()

    def _line(self, code: Code, prefix: str = "", suffix: str = "") -> None:
        self._lines += lines(code, STEP * self._depth, prefix, suffix)

    # ---- Names and SQL

    def _declare(self, name: str, type_: nodes.Type) -> str:
        """A new local, from here on."""
        self._names[name] = self._locals.new(safe(name))
        self._nullable.discard(name)
        self._known.discard(name)
        if type_.nullable:
            self._nullable.add(name)
        return self._names[name]

    def _annotation(self, type_: nodes.Type) -> str:
        annotation = self.program.type(type_)
        if "Any" in annotation:
            self.imports.add("Any")
        return annotation

    def _about(self, verb: str, entity: str) -> str:
        """What a statement is for: `update`, or `update_visit` where the tool's name does not say of what."""
        what = snake(entity)
        return verb if self.tool.name.endswith(f"_{what}") else f"{verb}_{what}"

    def _use(self, method: str, purpose: str, sql: Sql, *first: Code) -> Bracket:
        """`call.method(first…, CONSTANT, bound=values)`."""
        name = self.program.constants.new(f"{self.tool.name}_{purpose}".upper())
        self.constants += constant(name, sql.text)
        plain: list[Code] = []
        odd: list[str] = []
        for bind in sql.binds:
            if isinstance(bind.value, (nodes.Now, nodes.Me)):
                continue
            value = self._bound(bind)
            if bind.name in KEYWORDS:
                odd.append(f"{text(bind.name)}: {value}")
            else:
                plain.append(keyword(bind.name, value))
        if odd:
            plain.append(Bracket("**{", tuple(odd), "}"))
        return called(f"call.{method}", *first, name, *plain)

    def _bound(self, bind: Bind) -> str:
        code = self._simple(bind.value)
        if code is not None:
            return code
        assert isinstance(bind.value, nodes.Part), f"{bind.name} is bound to what is not in hand"
        of = self._simple(bind.value.of)
        assert of is not None
        return f"{of} and {of}[{text(bind.value.name)}]"

    # ---- Expressions

    def _simple(self, expr: nodes.Expr) -> str | None:
        """The Python of a value that is in hand, where it means the same as the SQL; else None."""
        match expr:
            case nodes.Const() if not isinstance(expr.value, nodes.Duration):
                value = (
                    bool(expr.value) if expr.type.kind == "bool" and expr.value is not None else expr.value
                )
                return literal(value)
            case nodes.Local():
                return self._names[expr.name]
            case nodes.Now():
                return "call.now"
            case nodes.Me():
                return "call.me"
            case nodes.Part():
                of = self._simple(expr.of)
                return None if of is None or self._may_be_null(expr.of) else f"{of}[{text(expr.name)}]"
            case nodes.Apply():
                return self._simple_apply(expr)
        return None

    def _simple_apply(self, expr: nodes.Apply) -> str | None:
        codes = [self._simple(arg) for arg in expr.args]
        known = [code for code in codes if code is not None]
        if len(known) < len(codes):
            return None
        kinds = {arg.type.kind for arg in expr.args}
        match expr.fn:
            case "is_null":
                return f"{known[0]} is None"
            case "not":
                inner = expr.args[0]
                if isinstance(inner, nodes.Apply) and inner.fn == "is_null":
                    return known[0].removesuffix("None") + "not None"
                return f"not {known[0]}" if isinstance(inner, (nodes.Local, nodes.Part)) else None
            case "eq" | "ne" if "None" in known:
                return None
            case "eq" | "ne" if len(kinds) == 1 and kinds <= set(_COMPARED) and kinds != {"bool"}:
                return f"{known[0]} {_COMPARISONS[expr.fn]} {known[1]}"
            case "lt" | "le" | "gt" | "ge" if len(kinds) == 1 and kinds <= set(_ORDERED):
                if any(self._may_be_null(arg) for arg in expr.args):
                    return None
                return f"{known[0]} {_COMPARISONS[expr.fn]} {known[1]}"
        return None

    def _may_be_null(self, expr: nodes.Expr) -> bool:
        """Whether Python's type checker must take the value for an optional one."""
        if isinstance(expr, nodes.Local):
            return expr.name in self._nullable and expr.name not in self._known
        return expr.type.nullable

    def _code(self, expr: nodes.Expr, purpose: str) -> Code:
        """The stored value of any expression."""
        simple = self._simple(expr)
        if simple is not None:
            return simple
        compiler, type_ = self.program.compiler, expr.type
        if type_.kind == "list" and not type_.nullable:
            assert type_.element is not None
            if type_.element.kind == "row":
                return self._use("rows", purpose, compiler.rows(expr))
            method = "records" if type_.element.kind in ("record", "list") else "rows"
            return self._use(method, purpose, compiler.elements(expr))
        if type_.kind in ("list", "record", "duration"):
            return self._use("record", purpose, compiler.value(expr))
        if type_.kind == "bool" and not type_.nullable:
            return self._use("test", purpose, compiler.value(expr))
        return self._use("value", purpose, compiler.value(expr))

    def _condition(self, test: nodes.Expr, purpose: str, lead: str) -> Code:
        """A condition, in Python where it is simple and stays on its line."""
        simple = self._simple(test)
        if simple is not None and width(STEP * self._depth + lead + simple) < WIDTH:
            return simple
        return self._use("test", purpose, self.program.compiler.value(test))

    def _message(self, failure: nodes.Failure) -> Code:
        message = failure.message
        if isinstance(message, nodes.Const):
            return literal(message.value if isinstance(message.value, str) else "")
        if isinstance(message, nodes.Apply) and message.fn == "concat":
            pieces = [self._piece(part) for part in message.args]
            found = [piece for piece in pieces if piece is not None]
            if len(found) == len(pieces):
                self.imports |= {
                    name for name in ("money_text", "number_text") if f"{{{name}(" in "".join(found)
                }
                return text("", found)
        return self._use("value", f"{failure.code}_message", self.program.compiler.value(message))

    def _piece(self, expr: nodes.Expr) -> str | None:
        """A piece of an f-string."""
        if isinstance(expr, nodes.Const) and isinstance(expr.value, str):
            return escaped(expr.value).replace("{", "{{").replace("}", "}}")
        if isinstance(expr, nodes.Apply) and expr.fn == "text":
            expr = expr.args[0]
        if not isinstance(expr, nodes.Local) or expr.type.nullable or self._may_be_null(expr):
            return None
        name = self._names[expr.name]
        if expr.type.kind in _PLAIN_TEXT:
            return f"{{{name}}}"
        if expr.type.kind in ("money", "number"):
            return f"{{{expr.type.kind}_text({name})}}"
        return None

    def _assert_known(self, local: nodes.Local) -> None:
        """Tells the type checker what the language's own null rules have shown."""
        if self._may_be_null(local) and not local.type.nullable:
            self._line(f"assert {self._names[local.name]} is not None")
            self._known.add(local.name)


def untyped(code: Code) -> bool:
    """Whether the type checker knows nothing of a value."""
    return isinstance(code, Bracket) and code.open in ("call.value(", "call.record(")
