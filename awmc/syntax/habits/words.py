"""Words of other languages, in place of a keyword or where no keyword stands; names in the wrong style."""

from __future__ import annotations

from collections.abc import Mapping

from awmc.diagnostics import Fix, nearest, translate
from awmc.source import Span
from awmc.syntax.failure import BLOCK, ENTITY, ENV, TASK, Failure, Mend
from awmc.syntax.grammar import tables
from awmc.syntax.habits.trial import joined, meant_statements
from awmc.syntax.lalr import Tree
from awmc.syntax.lenient import lower_snake, upper_camel
from awmc.syntax.tokens import Token

_NAMED = {
    "tool": "a tool",
    "action": "an action",
    "fn": "a function",
    "env": "an env",
    "task": "a task",
    "let": "a value",
    "invariant": "an invariant",
    "for": "a value",
    "entity": "an entity",
    "enum": "an enum",
    "record": "a record",
    "shape": "a shape",
    "seed": "an entity",
    "create": "an entity",
    "tools": "an entity",
    "else": "an error",
    "fail": "an error",
    ".": "a column",
    "as": "a query's row",
}
# Words that stand for one of ours, one to one, where a statement begins.
_STATEMENTS = frozenset(
    ["elif", "elsif", "elseif", "var", "const", "val", "foreach", "unless", "returns", "yield"]
)
_LOOP = "go over rows with `for row in query { … }`"
_REFUSE = 'refuse with `require condition else code "…"`'
_ONE_FILE = "leave it out: a spec is one file"
_ATOMIC = "leave it out: a call changes everything that it writes, or nothing"
_OWN = "write a `tool`, or an `action` that tools share, beside the others"
LACKING: Mapping[str, str] = {
    **dict.fromkeys(("while", "loop", "do", "repeat", "until"), _LOOP),
    **dict.fromkeys(("break", "continue", "goto"), "choose the rows with `where` and `limit` instead"),
    **dict.fromkeys(("try", "catch", "except", "finally"), _REFUSE),
    **dict.fromkeys(
        ("import", "include", "use", "using", "from", "export", "module", "package", "namespace"), _ONE_FILE
    ),
    **dict.fromkeys(("transaction", "begin", "commit", "rollback", "async", "await", "with"), _ATOMIC),
    **dict.fromkeys(("def", "function", "fn", "interface", "trait", "class"), _OWN),
    "switch": "write `if … { … } else if … { … }`, or `choose(value, a: …, b: …)`",
    "extends": "write a field of the other entity's type",
    "pass": "leave it out: a block may be empty",
    **dict.fromkeys(("print", "log"), "give the agent what it is to see with `return`"),
    "trigger": "write what follows into the tools, or an `action` that they call",
    **dict.fromkeys(("index", "migration"), "leave it out: the compiler sees to it"),
    "del": "remove rows with `delete`",
    "global": "keep what is shared in a row of an entity",
}
"""What the language has no construct for."""

_OPERATORS = {
    "like": "contains",
    "ilike": "contains",
    "includes": "contains",
    "has": "contains",
    "equals": "==",
    "eq": "==",
    "ne": "!=",
    "gt": ">",
    "lt": "<",
    "gte": ">=",
    "lte": "<=",
    "mod": "%",
    "div": "/",
    "isnt": "!=",
    "xor": "!=",
}
CLAUSES = {
    "filter": "where",
    "when": "where",
    "having": "where",
    "sort": "order by",
    "sorted": "order by",
    "orderby": "order by",
    "order_by": "order by",
    "sort_by": "order by",
    "take": "limit",
    "top": "limit",
    "skip": "offset",
    "descending": "desc",
    "ascending": "asc",
}


def upper_word(failure: Failure) -> Mend | None:
    """`AND`, `WHERE`, `Else`"""
    token = failure.token
    word = translate(token.text, "literal") or token.text.lower()
    known = token.kind == "TYPE" or (token.kind == "NAME" and not failure.accepts("NAME"))
    if failure.accepts_text("->") and token.text in ("returns", "return", "returning"):
        known, word = True, "->"
    if known and word == "->":
        fix = Fix(token.span, word, "write `->`")
        said = failure.say("AWM041", token.start, token.end, word=token.text, written=word, fixes=[fix])
        return Mend(said, failure.at, failure.at + 1, failure.written(word, token))
    if (
        known
        and word != token.text
        and word in tables().keywords
        and failure.accepts(tables().keywords[word])
    ):
        fix = Fix(token.span, word, f"write `{word}`")
        said = failure.say("AWM041", token.start, token.end, word=token.text, written=word, fixes=[fix])
        return Mend(said, failure.at, failure.at + 1, failure.written(word, token))
    return None


def foreign_create(failure: Failure) -> Mend | None:
    """`return new Visit { … }`: read as the rows of an entity in a scope."""
    word, name = failure.back(2), failure.back(1)
    if (
        failure.token.text != "{"
        or word is None
        or name is None
        or name.kind != "TYPE"
        or word.kind != "NAME"
    ):
        return None
    if translate(word.text, "statement") != "create" or failure.text(-3) not in ("return", "=", "else", "in"):
        return None
    fix = Fix(word.span, "create", "write `create`")
    said = failure.say("AWM041", word.start, word.end, word=word.text, written="create", fixes=[fix])
    return Mend(said, failure.at - 2, failure.at - 1, failure.written("create", word))


def foreign_operator_word(failure: Failure) -> Mend | None:
    """`.title like "x"`, `Book filter .x`; the word may have been read as the beginning of a call."""
    for steps in (0, 1):
        token, before = failure.back(steps), failure.back(steps + 1)
        if (
            token is None
            or before is None
            or token.kind not in ("NAME", "TYPE")
            or not (failure.one_line(before, token) or _goes_on(failure, token))
        ):
            continue
        if steps == 1 and (not failure.accepted <= {"LPAR"} or failure.token.text == "("):
            continue
        if steps == 0 and not failure.accepts("EQ", "WHERE", "LIMIT", "DESC"):
            continue
        word = token.text.lower()
        written = _OPERATORS.get(word) or CLAUSES.get(word)
        if written is None or before.text in ("{", "}", ",", "("):
            continue
        code = "AWM022" if word in CLAUSES and written not in ("desc", "asc") else "AWM041"
        fix = Fix(token.span, written, f"write `{written}`")
        if code == "AWM022":
            said = failure.say(
                code, token.start, token.end, word=token.text, what="a query", hint=written, fixes=[fix]
            )
        else:
            said = failure.say(code, token.start, token.end, word=token.text, written=written, fixes=[fix])
        return Mend(said, failure.at - steps, failure.at - steps + 1, failure.written(written, token))
    return None


def _goes_on(failure: Failure, token: Token) -> bool:
    """Whether a token that begins a line is indented more than the statement before it, and so goes on with it."""
    at = failure.tokens.index(token)
    for place in range(at - 1, -1, -1):
        first = failure.tokens[place]
        if failure.layout.begins_line(first):
            return failure.layout.indent(token.start) > failure.layout.indent(first.start)
    return False


def missing_else(failure: Failure) -> Mend | None:
    """`require c` without code and text."""
    waiting = [value.kind for value in failure.pending()]
    if "REQUIRE" not in waiting:
        return None
    token, before = failure.token, failure.back(1)
    if before is None:
        return None
    said = failure.say(
        "AWM025",
        before.end,
        before.end,
        statement="require",
        help='write `else none_left "No copies are left."` with what holds here',
    )
    if before.text == "else" and failure.accepts("NAME") and token.kind == "STRING":
        return Mend(said, failure.at, failure.at, failure.written("code", before))
    if failure.text(-2) == "else" and failure.accepted == {"STRING"}:
        if before.text in ("fail", "raise", "throw", "error") and token.kind == "NAME":
            fix = Fix(Span(before.start, token.start), "", f"leave `{before.text}` out")
            said = failure.say(
                "AWM025",
                before.start,
                before.end,
                statement="require",
                help=f"leave `{before.text}` out",
                fixes=[fix],
            )
            return Mend(said, failure.at - 1, failure.at)
        return Mend(said, failure.at, failure.at, failure.written('"text"', before))
    if not failure.accepts("ELSE"):
        return None
    unit = failure.unit()
    end = failure.unit_end(unit) if unit is not None else failure.at
    if any(failure.tokens[place].text == "else" for place in range(failure.at, end)):
        return None
    if token.kind in ("COMMA", "COLON") and failure.kind(1) == "STRING":
        return Mend(said, failure.at, failure.at + 1, failure.written("else code", before))
    written = "else code" if token.kind == "STRING" else 'else code "text"'
    if token.kind != "STRING" and failure.one_line(before, token) and token.text != "}" and end > failure.at:
        return None
    return Mend(said, failure.at, failure.at, failure.written(written, before))


def unknown_statement(failure: Failure) -> Mend | None:
    """A first word that begins no statement: it was read as the name of a call."""
    word = failure.back(1)
    unit = failure.unit()
    if failure.accepted == {"LPAR"} and failure.could_go_on("("):
        unopened = [failure.tokens[place] for place in failure.brackets.unopened if place >= failure.at]
        if any(each.text == ")" and failure.one_line(failure.token, each) for each in unopened):
            return None
    if (
        unit is None
        or word is None
        or unit.kind != BLOCK
        or unit.start != failure.at - 1
        or failure.accepted != {"LPAR"}
    ):
        if (
            unit is not None
            and unit.kind == BLOCK
            and unit.start == failure.at
            and (failure.token.kind == "TYPE" or (failure.token.word and failure.kind(1) == "NAME"))
        ):
            return _unknown_statement(failure, failure.token, failure.at, certain=False)
        return None
    earlier = failure.back(2)
    token = failure.token
    if token.text in ("=", "+=", "-=", ".") and earlier is not None and _last_of(failure, "update"):
        statement = _last_of(failure, "update")
        if statement is not None and failure.layout.indent(word.start) > failure.layout.indent(
            statement.start
        ):
            fix = Fix(Span.at(earlier.end), ",", "write a comma")
            said = failure.say("AWM023", earlier.end, earlier.end, fixes=[fix])
            return Mend(said, failure.at - 1, failure.at - 1, failure.written(",", earlier))
    return _unknown_statement(failure, word, failure.at - 1, certain=True)


def _last_of(failure: Failure, rule: str) -> Tree | None:
    """The last complete statement, if it is of this rule."""
    for value in reversed(failure.parse.values):
        last = value[-1] if isinstance(value, list) and value else value
        if isinstance(last, Tree):
            return last if last.data == rule else None
        if isinstance(last, Token) and last.text == "{":
            return None
    return None


def _unknown_statement(failure: Failure, word: Token, place: int, *, certain: bool) -> Mend:
    unit = failure.unit()
    end = failure.unit_end(unit, place + 1) if unit is not None else len(failure.tokens) - 1
    lower = word.text.lower()
    written = translate(word.text, "statement")
    if lower in _STATEMENTS and written is not None:
        fix = Fix(word.span, written, f"write `{written}`")
        said = failure.say("AWM041", word.start, word.end, word=word.text, written=written, fixes=[fix])
        return Mend(said, place, place + 1, failure.written(written, word), certain=False)
    if written is not None and written.isalpha():
        begins = meant_statements(failure, place, end)
        written = written if written in begins or not begins else begins[0]
    if lower in LACKING:
        said = failure.say("AWM042", word.start, word.end, word=word.text, help=LACKING[lower])
        return Mend(said, place, end, certain=False)
    if written is None and lower not in tables().keywords:
        known = ("let", "require", "create", "update", "delete", "for", "if", "fail", "return", "fails")
        written = nearest(word.text, known)
        named = failure.kind(place + 1 - failure.at) == "NAME" and failure.text(place + 2 - failure.at) == "="
        if len(word.text) < 3 and not (named and written == "let"):
            written = None
    if written is None and failure.text(place + 1 - failure.at) in ("=", "+=", "-=", ".", "["):
        help = "write `let x = …` to name a value, `update row set column = …` to change one"
        return Mend(
            failure.say("AWM021", word.start, word.end, word=word.text, help=help), place, end, certain=False
        )
    begins = meant_statements(failure, place, end) if written is None else []
    advice = f"begin it with {joined(begins)}" if begins else None
    said = failure.say("AWM021", word.start, word.end, word=word.text, hint=written, help=advice)
    if written is not None and certain:
        return Mend(said, place, place + 1, failure.written(written, word), certain=False)
    return Mend(said, place, end, certain=False)


def unknown_clause(failure: Failure) -> Mend | None:
    """A word that begins no part of an env, a task or an entity."""
    unit, token = failure.unit(), failure.token
    if unit is None or unit.kind not in (ENV, TASK) or token.kind not in ("NAME", "TYPE"):
        return None
    known = (
        ("clock", "actor", "policy", "offer")
        if unit.kind == ENV
        else ("solve", "wrong", "user", "let", "free", "may", "ensure", "answer")
    )
    if not failure.accepts(*(tables().keywords[word] for word in known)):
        return None
    end = failure.at + 1
    for place in range(failure.at + 1, len(failure.tokens)):
        end = place
        following = failure.tokens[place]
        if following.text in known or place == failure.closing(unit.bracket):
            break
    what = "an `env`" if unit.kind == ENV else "a task"
    hint = nearest(token.text, known) or translate(token.text, "statement")
    hint = (
        hint
        if hint in known
        else {
            "time": "clock",
            "date": "clock",
            "now": "clock",
            "tools": "offer",
        }.get(token.text)
    )
    help = None if hint else f"write one of {', '.join(f'`{word}`' for word in known)}"
    said = failure.say("AWM022", token.start, token.end, word=token.text, what=what, hint=hint, help=help)
    return Mend(said, failure.at, end)


def name_style(failure: Failure) -> Mend | None:
    """`entity book`, `tool GetBook`"""
    token, before = failure.token, failure.back(1)
    if token.kind == "TYPE" and failure.accepts("NAME") and not failure.accepts("TYPE", "LPAR", "LET"):
        return _restyled(failure, token, failure.at, lower_snake(token.text), "lower_snake")
    unit = failure.unit()
    if token.kind == "TYPE" and unit is not None and unit.kind == ENTITY and failure.text(1) == ":":
        return _restyled(failure, token, failure.at, lower_snake(token.text), "lower_snake")
    if token.kind == "NAME" and failure.accepted == {"TYPE"} and failure.one_line(token, failure.ahead(1)):
        return _restyled(failure, token, failure.at, upper_camel(token.text), "UpperCamel")
    if (
        before is not None
        and before.kind == "NAME"
        and failure.accepted == {"TYPE"}
        and token.text in ("{", "(", "*", "->")
    ):
        return _restyled(failure, before, failure.at - 1, upper_camel(before.text), "UpperCamel")
    return None


def _restyled(failure: Failure, token: Token, place: int, good: str, style: str) -> Mend:
    before = failure.tokens[place - 1].text if place else ""
    what = _NAMED.get(before)
    if what is None:
        what = (
            "an entity"
            if style == "UpperCamel"
            else "an enum value"
            if failure.head == "enum"
            else "a column or a value"
        )
    said = failure.say("AWM018", token.start, token.end, name=token.text, style=style, what=what, hint=good)
    return Mend(said, place, place + 1, failure.written(good, token))
