"""Habits from other languages, and slips: what a parse that stopped was most likely meant to read.

Each rule looks at one kind of mistake and answers with a `Mend`, or with None where it is something else. The first that
knows an answer is taken, so a rule may trust that those before it do not apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from awmc.diagnostics import Fix, Label, nearest, translate
from awmc.source import Span
from awmc.syntax.cut import CLOSERS, stands_for
from awmc.syntax.expected import describe_expected, describe_found, goes_on
from awmc.syntax.failure import BLOCK, ENTITY, ENV, SEED, TASK, TOOLS, Failure, Mend
from awmc.syntax.grammar import END, tables
from awmc.syntax.lalr import Tree
from awmc.syntax.lenient import BAR, LAMBDA, SEMICOLON, lower_snake, upper_camel
from awmc.syntax.tokens import Token

Rule = Callable[[Failure], Mend | None]

_COMPARISONS = ("EQ", "NE", "LE", "GE", "LT", "GT", "CONTAINS", "IN", "IS")
_PARTS = {
    BLOCK: "a statement", ENTITY: "a column", ENV: "a part of the `env`", TASK: "a part of the task", SEED: "a row",
    TOOLS: "a derived tool",
}  # fmt: skip
_BETWEEN = {
    BLOCK: "statements", ENTITY: "the columns of an entity", ENV: "the parts of an `env`", TASK: "the parts of a task",
    SEED: "rows",
}  # fmt: skip
_CONDITIONS = frozenset(["count", "exists", "any", "all", "first", "sum", "avg", "min", "max"])
_NAMED = {
    "tool": "a tool", "action": "an action", "fn": "a function", "env": "an env", "task": "a task", "let": "a value",
    "invariant": "an invariant", "for": "a value", "entity": "an entity", "enum": "an enum", "record": "a record",
    "shape": "a shape", "seed": "an entity", "create": "an entity", "tools": "an entity", "else": "an error", "fail": "an error",
    ".": "a column", "as": "a query's row",
}  # fmt: skip
# Words that stand for one of ours, one to one, where a statement begins.
_STATEMENTS = frozenset(["elif", "elsif", "elseif", "var", "const", "val", "foreach", "unless", "returns", "yield"])
_LACKING = frozenset(
    ["while", "loop", "do", "repeat", "until", "try", "catch", "except", "finally", "break", "continue", "switch", "import",
     "include", "use", "using", "from", "export", "extends", "class", "async", "await", "with", "goto", "pass", "print", "log",
     "transaction", "begin", "commit", "rollback", "module", "package", "namespace", "interface", "trait", "trigger", "index",
     "migration", "del", "global", "def", "function", "fn"]
)  # fmt: skip
_OPERATORS = {"like": "contains", "ilike": "contains", "includes": "contains", "has": "contains", "equals": "==", "eq": "==",
              "ne": "!=", "gt": ">", "lt": "<", "gte": ">=", "lte": "<=", "mod": "%", "div": "/", "isnt": "!=", "xor": "!="}  # fmt: skip
_CLAUSES = {"filter": "where", "when": "where", "having": "where", "sort": "order by", "sorted": "order by",
            "orderby": "order by", "order_by": "order by", "sort_by": "order by", "take": "limit", "top": "limit", "skip": "offset",
            "descending": "desc", "ascending": "asc"}  # fmt: skip
_EXAMPLES = {"where": ".copies > 0", "order by": ".copies"}
_LISTS = frozenset(["list", "array", "set", "seq", "sequence", "iterable", "vec", "vector", "collection", "tuple", "many"])
_OPTIONALS = frozenset(["optional", "maybe", "option", "nullable"])
_MAPS = frozenset(["dict", "map", "hashmap", "object", "json", "jsonb"])


def find_mend(failure: Failure) -> Mend | None:
    """What the first rule says that knows the mistake."""
    for rule in RULES:
        mend = rule(failure)
        if mend is not None:
            return mend
    return None


# ---- Signs ---------------------------------------------------------------------------------------------------------


def semicolon(failure: Failure) -> Mend | None:
    """`;`"""
    token = failure.token
    if token.kind != SEMICOLON:
        return None
    bracket = failure.open_bracket()
    span = Span(token.start, token.end)
    if bracket is not None and failure.tokens[bracket].text in ("(", "["):
        said = failure.say("AWM033", token.start, token.end, symbol=";", written=",", fixes=[Fix(span, ",", "write `,`")])
        return Mend(said, failure.at, failure.at + 1, failure.written(",", token))
    unit = failure.unit()
    what = _PARTS[unit.kind] if unit is not None else "a declaration"
    said = failure.say("AWM040", token.start, token.end, what=what, fixes=[Fix(span, "", "leave `;` out")])
    return Mend(said, failure.at, failure.at + 1)


def lambdas(failure: Failure) -> Mend | None:
    """`x => …`, `lambda x: …`, `|x| …`; and `=>` for `->`."""
    token, before = failure.token, failure.back(1)
    help = "write the condition with `.field`: `any(Book, .copies > 0)`"
    if token.kind == LAMBDA and before is not None:
        if failure.accepts_text("->"):
            fix = Fix(token.span, "->", "write `->`")
            said = failure.say("AWM033", token.start, token.end, symbol="=>", written="->", fixes=[fix])
            return Mend(said, failure.at, failure.at + 1, failure.written("->", token))
        start = failure.at - 1
        if before.text == ")":
            while start > 0 and failure.tokens[start].text != "(":
                start -= 1
        said = failure.say("AWM044", failure.tokens[start].start, token.end, help=help)
        return Mend(said, start, failure.at + 1)
    if before is not None and before.text == "lambda" and token.kind == "NAME":
        end = failure.at
        while end < len(failure.tokens) - 1 and failure.tokens[end].text != ":":
            end += 1
        said = failure.say("AWM044", before.start, failure.tokens[end].end, help=help)
        return Mend(said, failure.at - 1, end + 1)
    if token.kind == BAR and failure.kind(1) == "NAME" and failure.kind(2) == BAR:
        return Mend(failure.say("AWM044", token.start, failure.ahead(2).end, help=help), failure.at, failure.at + 3)
    if token.kind == BAR and failure.accepts("OR"):
        fix = Fix(token.span, "or", "write `or`")
        said = failure.say("AWM033", token.start, token.end, symbol="|", written="or", fixes=[fix])
        return Mend(said, failure.at, failure.at + 1, failure.written("or", token))
    return None


def method_call(failure: Failure) -> Mend | None:
    """`.title.lower()`"""
    token, before = failure.token, failure.back(1)
    if token.text != "(" or token.kind == "STRING" or failure.text(-2) != "." or before is None:
        return None
    written = failure.source.text[before.start : before.end]
    name = translate(written, "function") or translate(lower_snake(written), "function") or before.text
    close = failure.closing(failure.at)
    clause = before.text if before.text in ("where", "limit", "offset") else _CLAUSES.get(before.text)
    if clause is not None:
        help = f"write `Book {clause} {_EXAMPLES.get(clause, '10')}`"
        said = failure.say("AWM022", before.start, before.end, word=before.text, what="a query", help=help)
        return Mend(said, failure.at, close + 1 if close is not None else failure.at + 1, certain=close is not None)
    said = failure.say("AWM045", before.start, before.end, function=name, help=f"write `{name}(…)`, with the value in the brackets")
    return Mend(said, failure.at, close + 1 if close is not None else failure.at + 1, certain=close is not None)


def ternary(failure: Failure) -> Mend | None:
    """`c ? a : b`, and `a if c else b`."""
    token, before = failure.token, failure.back(1)
    unit = failure.unit()
    end = failure.unit_end(unit) if unit is not None else len(failure.tokens) - 1
    help = "write `if condition then value else other`"
    mark = token if token.kind == "OPTIONAL" else before
    if mark is not None and mark.kind == "OPTIONAL" and failure.accepts("AND"):
        place = failure.at + (mark is token)
        depth = 0
        while place < end and depth >= 0:
            text = failure.tokens[place].text
            if text == ":" and depth == 0:
                start = failure.at - (mark is before)
                return Mend(failure.say("AWM043", mark.start, mark.end, help=help), start, end, certain=False)
            depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
            place += 1
    if token.text == "else" or failure.text(-1) == "else":
        waiting = [value for value in failure.pending() if value.kind == "IF"]
        if waiting:
            place = failure.tokens.index(waiting[-1])
            first = failure.tokens[place - 1]
            if failure.one_line(first, waiting[-1]) and first.text not in ("{", "}", "else"):
                said = failure.say("AWM043", waiting[-1].start, waiting[-1].end, help=help)
                return Mend(said, place, end, certain=False)
    return None


def assign_for_equals(failure: Failure) -> Mend | None:
    """`=` where values are compared, or where one is given by its name."""
    token, before = failure.token, failure.back(1)
    if token.kind != "ASSIGN" or before is None:
        return None
    if failure.accepts_text(":") and before.kind == "NAME" and failure.text(-2) in ("(", ",", "{"):
        bracket = failure.open_bracket()
        called = failure.tokens[bracket - 1].text if bracket else ""
        compared = called in _CONDITIONS and failure.text(-2) == ","
        if not compared and (bracket is None or called != "where"):
            fix = Fix(Span(before.end, token.end), ":", "write `:`")
            said = failure.say("AWM047", token.start, token.end, name=before.text, help=f"write `{before.text}: …`", fixes=[fix])
            return Mend(said, failure.at, failure.at + 1, failure.written(":", token))
    if failure.accepts("EQ"):
        said = failure.say("AWM032", token.start, token.end, fixes=[Fix(token.span, "==", "write `==`")])
        return Mend(said, failure.at, failure.at + 1, failure.written("==", token))
    return None


def chained_comparison(failure: Failure) -> Mend | None:
    """`1 <= x <= 5`"""
    token = failure.token
    kind = token.word or token.kind
    if kind not in _COMPARISONS or failure.accepts(*_COMPARISONS) or not failure.accepts("AND"):
        return None
    help = "join two comparisons by `and`, or write `x in 1 .. 5`"
    return Mend(failure.say("AWM034", token.start, token.end, help=help), failure.at, failure.at + 1, failure.written("and", token))


def order_by_comma(failure: Failure) -> Mend | None:
    """`order by .a, .b`"""
    token = failure.token
    if token.kind != "COMMA" or not failure.accepts("THEN"):
        return None
    fix = Fix(token.span, " then", "write `then`")
    return Mend(failure.say("AWM035", token.start, token.end, fixes=[fix]), failure.at, failure.at + 1, failure.written("then", token))


# ---- Types ---------------------------------------------------------------------------------------------------------


def empty_bounds(failure: Failure) -> Mend | None:
    """`int ..`"""
    before = failure.back(1)
    if before is None or before.kind != "DOTS" or not failure.accepted <= {"INT", "MINUS", "MOMENT"}:
        return None
    if failure.kind(0) == "NAME" and failure.one_line(before, failure.token):
        return None
    return Mend(failure.say("AWM026", before.start, before.end), failure.at - 1, failure.at)


def misplaced_optional(failure: Failure) -> Mend | None:
    """`text 1..80?`, `name?: text`, `?text`"""
    token, before = failure.token, failure.back(1)
    if token.kind != "OPTIONAL" or before is None:
        return None
    removed = Mend(failure.say("AWM049", token.start, token.end), failure.at, failure.at + 1)
    if before.kind == "NAME" and failure.accepts_text(":") and not failure.accepts("EQ"):
        return removed
    if before.text in (":", "[", "->"):
        return removed if failure.kind(1) in ("NAME", "TYPE") else None
    if failure.accepts("EQ"):
        return None
    start = failure.at - 1
    while start > 0 and failure.tokens[start].kind in ("INT", "DOTS", "DOT", "MINUS", "MOMENT"):
        start -= 1
    if start == failure.at - 1:
        return removed if before.kind == "OPTIONAL" else None
    if failure.tokens[start].kind not in ("NAME", "RSQB", "OPTIONAL"):
        return None
    first = failure.tokens[start + 1]
    piece = failure.source.text[first.start : before.end]
    gap = Span(failure.tokens[start].end, token.end)
    said = failure.say("AWM049", token.start, token.end, fixes=[Fix(gap, f"? {piece}", "move the `?`")])
    return Mend(said, failure.at, failure.at + 1)


def foreign_type(failure: Failure) -> Mend | None:
    """`list[T]`, `List<T>`, `T[]`, `varchar(80)`, `T | null`"""
    token, before = failure.token, failure.back(1)
    if before is None or before.kind not in ("NAME", "TYPE") or failure.accepts("EQ"):
        return None
    if failure.text(-2) not in (":", "->", "[", "?") or token.kind == "STRING":
        return None
    close = {"[": "]", "<": ">", "(": ")"}.get(token.text)
    end = failure.at + 1
    if token.kind == BAR:
        end += 1
    elif close is None:
        return None
    else:
        depth = 1
        while depth and end < len(failure.tokens) - 1 and end < failure.at + 40:
            text = failure.tokens[end].text
            depth += (text == token.text) - (text == close)
            end += 1
    inner = failure.source.text[token.end : failure.tokens[end - 1].start].strip()
    found = failure.source.text[before.start : failure.tokens[end - 1].end]
    word = before.text.lower()
    written = _type_written(failure, token, before.text, inner)
    start = failure.at - 1
    if word in _MAPS:
        first = before.start
        help = "a value of several parts is a record: `{street: text, city: text}`"
        return Mend(failure.say("AWM042", first, first + len(before.text), word=before.text, help=help), start, end,
                    failure.written("text", before))  # fmt: skip
    if written.startswith(" ") or re.fullmatch(r"-?[0-9.]*\.\.-?[0-9.]*", inner):
        bounds = written.strip() if written.startswith(" ") else inner
        last = failure.tokens[end - 1]
        fix = Fix(Span(before.end, last.end), f" {bounds}", f"write `{bounds}`")
        said = failure.say("AWM048", token.start, last.end, written=bounds, found=f"{token.text}{inner}{close}", fixes=[fix])
        return Mend(said, failure.at, end, failure.written(bounds, token))
    fix = Fix(Span(before.start, failure.tokens[end - 1].end), written, f"write `{written}`")
    said = failure.say("AWM038", before.start, failure.tokens[end - 1].end, found=found, written=written, fixes=[fix])
    return Mend(said, start, end, failure.written(written, before))


def _type_written(failure: Failure, token: Token, name: str, inner: str) -> str:
    word = name.lower()
    own = translate(name, "type") or name
    if token.kind == BAR:
        return f"{own}?"
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", inner):
        inner = translate(inner, "type") or inner
    if word in _LISTS or not inner:
        return f"[{inner or own}]"
    if word in _OPTIONALS:
        return f"{inner}?"
    if word == "enum":
        return f"enum({inner})"
    if own == "text" and inner.isdecimal():
        return f"text ..{inner}"
    if own in ("money", "number", "int", "text", "date", "datetime") and re.fullmatch(r"[0-9., ]*", inner) and ".." not in inner:
        return own
    return f"[{inner}]" if re.fullmatch(r"[A-Za-z][A-Za-z0-9 ]*", inner) else own


def misplaced_default(failure: Failure) -> Mend | None:
    """`title: text @search = "Untitled"`"""
    token = failure.token
    unit = failure.unit()
    if token.kind != "ASSIGN" or failure.accepts("EQ") or not failure.accepts("AT"):
        return None
    start = failure.at - 1
    while start > 0 and failure.text(start + 1 - failure.at) != ":":
        start -= 1
    name = failure.tokens[start].text
    last = failure.unit_end(unit) if unit is not None and unit.kind == ENTITY else len(failure.tokens) - 1
    end, depth = failure.at + 1, 0
    while end < last:
        text = failure.tokens[end].text
        if depth == 0 and end > failure.at + 1 and text in ("@", ",", ")", "}"):
            break
        depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
        end += 1
    said = failure.say("AWM050", token.start, token.end, field=name)
    return Mend(said, failure.at, end)


# ---- Words ---------------------------------------------------------------------------------------------------------


def upper_word(failure: Failure) -> Mend | None:
    """`AND`, `WHERE`, `Else`"""
    token = failure.token
    word = token.text.lower()
    if token.kind == "TYPE" and word in tables().keywords and failure.accepts(tables().keywords[word]):
        fix = Fix(token.span, word, f"write `{word}`")
        said = failure.say("AWM041", token.start, token.end, word=token.text, written=word, fixes=[fix])
        return Mend(said, failure.at, failure.at + 1, failure.written(word, token))
    return None


def foreign_operator_word(failure: Failure) -> Mend | None:
    """`.title like "x"`, `Book filter .x`; the word may have been read as the beginning of a call."""
    for steps in (0, 1):
        token, before = failure.back(steps), failure.back(steps + 1)
        if token is None or before is None or token.kind not in ("NAME", "TYPE") or not failure.one_line(before, token):
            continue
        if steps == 1 and (not failure.accepted <= {"LPAR"} or failure.token.text == "("):
            continue
        if steps == 0 and not failure.accepts("EQ", "WHERE", "LIMIT", "DESC"):
            continue
        word = token.text.lower()
        written = _OPERATORS.get(word) or _CLAUSES.get(word)
        if written is None or before.text in ("{", "}", ",", "("):
            continue
        code = "AWM022" if word in _CLAUSES and written not in ("desc", "asc") else "AWM041"
        fix = Fix(token.span, written, f"write `{written}`")
        if code == "AWM022":
            said = failure.say(code, token.start, token.end, word=token.text, what="a query", hint=written, fixes=[fix])
        else:
            said = failure.say(code, token.start, token.end, word=token.text, written=written, fixes=[fix])
        return Mend(said, failure.at - steps, failure.at - steps + 1, failure.written(written, token))
    return None


def missing_else(failure: Failure) -> Mend | None:
    """`require c` without code and text."""
    waiting = [value.kind for value in failure.pending()]
    if "REQUIRE" not in waiting:
        return None
    token, before = failure.token, failure.back(1)
    if before is None:
        return None
    said = failure.say(
        "AWM025", before.end, before.end, statement="require", help="write `else none_left \"No copies are left.\"` with what holds here"
    )
    if before.text == "else" and failure.accepts("NAME") and token.kind == "STRING":
        return Mend(said, failure.at, failure.at, failure.written("code", before))
    if failure.text(-2) == "else" and failure.accepted == {"STRING"}:
        if before.text in ("fail", "raise", "throw", "error") and token.kind == "NAME":
            fix = Fix(Span(before.start, token.start), "", f"leave `{before.text}` out")
            said = failure.say("AWM025", before.start, before.end, statement="require", help=f"leave `{before.text}` out", fixes=[fix])
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
    if unit is None or word is None or unit.kind != BLOCK or unit.start != failure.at - 1 or failure.accepted != {"LPAR"}:
        if unit is not None and unit.kind == BLOCK and unit.start == failure.at and failure.token.kind == "TYPE":
            return _unknown_statement(failure, failure.token, failure.at, certain=False)
        return None
    earlier = failure.back(2)
    token = failure.token
    if token.text in ("=", "+=", "-=", ".") and earlier is not None and _last_of(failure, "update"):
        statement = _last_of(failure, "update")
        if statement is not None and failure.layout.indent(word.start) > failure.layout.indent(statement.start):
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
    if lower in _LACKING:
        return Mend(failure.say("AWM042", word.start, word.end, word=word.text), place, end, certain=False)
    if written is None and lower not in tables().keywords:
        known = ("let", "require", "create", "update", "delete", "for", "if", "fail", "return", "fails")
        written = nearest(word.text, known) if len(word.text) > 2 else None
    if written is None and failure.text(place + 1 - failure.at) in ("=", "+=", "-=", ".", "["):
        help = "`let x = …` names a value, `update row set column = …` changes one"
        return Mend(failure.say("AWM021", word.start, word.end, word=word.text, help=help), place, end, certain=False)
    said = failure.say("AWM021", word.start, word.end, word=word.text, hint=written)
    if written is not None and certain:
        return Mend(said, place, place + 1, failure.written(written, word), certain=False)
    return Mend(said, place, end, certain=False)


def unknown_clause(failure: Failure) -> Mend | None:
    """A word that begins no part of an env, a task or an entity."""
    unit, token = failure.unit(), failure.token
    if unit is None or unit.kind not in (ENV, TASK) or token.kind not in ("NAME", "TYPE"):
        return None
    known = ("clock", "actor", "policy", "offer") if unit.kind == ENV else (
        "solve", "wrong", "user", "let", "free", "may", "ensure", "answer")  # fmt: skip
    if not failure.accepts(*(tables().keywords[word] for word in known)):
        return None
    end = failure.at + 1
    for place in range(failure.at + 1, len(failure.tokens)):
        end = place
        following = failure.tokens[place]
        if following.text in known or place == failure.closing(unit.bracket):
            break
    what = "an `env`" if unit.kind == ENV else "a task"
    hint = nearest(token.text, known) or {"time": "clock", "date": "clock", "now": "clock", "tools": "offer"}.get(token.text)
    return Mend(failure.say("AWM022", token.start, token.end, word=token.text, what=what, hint=hint), failure.at, end)


def name_style(failure: Failure) -> Mend | None:
    """`entity book`, `tool GetBook`"""
    token, before = failure.token, failure.back(1)
    if token.kind == "TYPE" and failure.accepts("NAME") and not failure.accepts("TYPE", "LPAR", "LET"):
        return _restyled(failure, token, failure.at, lower_snake(token.text), "lower_snake")
    if token.kind == "NAME" and failure.accepted == {"TYPE"} and failure.one_line(token, failure.ahead(1)):
        return _restyled(failure, token, failure.at, upper_camel(token.text), "UpperCamel")
    if before is not None and before.kind == "NAME" and failure.accepted == {"TYPE"} and token.text in ("{", "(", "*", "->"):
        return _restyled(failure, before, failure.at - 1, upper_camel(before.text), "UpperCamel")
    return None


def _restyled(failure: Failure, token: Token, place: int, good: str, style: str) -> Mend:
    before = failure.tokens[place - 1].text if place else ""
    what = _NAMED.get(before)
    if what is None:
        what = "an entity" if style == "UpperCamel" else "an enum value" if failure.head == "enum" else "a column or a value"
    said = failure.say("AWM018", token.start, token.end, name=token.text, style=style, what=what, hint=good)
    return Mend(said, place, place + 1, failure.written(good, token))


def bad_number(failure: Failure) -> Mend | None:
    """`.5`, `5.`, `1.2.3`"""
    token, before = failure.token, failure.back(1)
    if before is None:
        return None
    if token.kind in ("INT", "DURATION") and before.kind == "DOT" and before.end == token.start and failure.kind(-2) != "INT":
        good = f"0.{token.text}"
        fix = Fix(Span(before.start, token.end), good, f"write `{good}`")
        said = failure.say("AWM009", before.start, token.end, text=f".{token.text}", help=f"write `{good}`", fixes=[fix])
        return Mend(said, failure.at - 1, failure.at + 1, failure.written("0", token))
    if token.kind == "DOT" and failure.kind(1) == "INT" and failure.accepts("INT") and token.end == failure.ahead(1).start:
        good = f"0.{failure.text(1)}"
        span = Span(token.start, failure.ahead(1).end)
        said = failure.say(
            "AWM009", span.start, span.end, text=f".{failure.text(1)}", help=f"write `{good}`", fixes=[Fix(span, good, f"write `{good}`")]
        )
        return Mend(said, failure.at, failure.at + 1)
    if before.kind == "DOT" and failure.kind(-2) == "INT" and failure.accepted == {"INT"}:
        bracket = failure.open_bracket()
        if bracket is not None and bracket in failure.brackets.unclosed and failure.tokens[bracket].text == "[":
            return _closed(failure, bracket, failure.at - 1)
        digits = failure.tokens[failure.at - 2]
        written = f"{digits.text}."
        fix = Fix(before.span, "", "leave the point out")
        said = failure.say("AWM009", digits.start, before.end, text=written, help=f"write `{digits.text}`", fixes=[fix])
        return Mend(said, failure.at - 1, failure.at)
    if token.kind == "DOT" and before.kind == "INT" and before.end == token.start and failure.kind(1) == "INT":
        start = failure.tokens[failure.at - 3] if failure.kind(-2) == "DOT" and failure.kind(-3) == "INT" else before
        end = failure.ahead(1)
        said = failure.say("AWM009", start.start, end.end, text=failure.source.text[start.start : end.end])
        return Mend(said, failure.at, failure.at + 2)
    if token.kind == "INT" and before.kind == "PLUS" and goes_on_without(failure, 1):
        fix = Fix(before.span, "", "leave `+` out")
        said = failure.say("AWM009", before.start, token.end, text=f"+{token.text}", help=f"write `{token.text}`", fixes=[fix])
        return Mend(said, failure.at - 1, failure.at)
    return None


def goes_on_without(failure: Failure, steps: int) -> bool:
    """Whether the `+` before the token is one that only a duration may follow."""
    return failure.accepted == {"DURATION"} and failure.kind(-steps) == "PLUS"


# ---- Commas and brackets -------------------------------------------------------------------------------------------


def extra_comma(failure: Failure) -> Mend | None:
    """A comma between columns, statements, rows; two of them; one before a bracket that closes."""
    token, before = failure.token, failure.back(1)
    if token.kind == "COMMA":
        after = failure.ahead(1)
        unit = failure.unit()
        if failure.accepts("RBRACE") and unit is not None and unit.bracket == failure.open_bracket() and any(goes_on(failure.parse, [kind]) for kind in {after.word or after.kind, after.kind}):
            what = _BETWEEN.get(unit.kind, "these")
        elif unit is None and after.kind == END:
            what = "declarations"
        else:
            return None
        fix = Fix(token.span, "", "leave the comma out")
        return Mend(failure.say("AWM024", token.start, token.end, what=what, fixes=[fix]), failure.at, failure.at + 1)
    if before is not None and before.kind == "COMMA" and token.text in ("}", ")", "]") and token.kind != "STRING":
        what = "the last of a list and its end"
        unit = failure.unit()
        if unit is not None and unit.kind == SEED:
            what = "rows"
        fix = Fix(before.span, "", "leave the comma out")
        return Mend(failure.say("AWM024", before.start, before.end, what=what, fixes=[fix]), failure.at - 1, failure.at)
    return None


def missing_comma(failure: Failure) -> Mend | None:
    """`(title: text copies: int)`"""
    before = failure.back(1)
    if before is not None and failure.token.text == ":" and before.kind in ("LIMIT", "ORDER", "WHERE", "AS", "JOIN", "OFFSET"):
        # The name of an argument, read as a clause of the query before it.
        earlier = failure.tokens[failure.at - 2]
        fix = Fix(Span.at(earlier.end), ",", "write a comma")
        said = failure.say("AWM023", earlier.end, earlier.end, fixes=[fix])
        return Mend(said, failure.at - 1, failure.at - 1, failure.written(",", earlier), certain=False)
    if before is None or failure.token.kind == END or not failure.could_go_on(","):
        return None
    bracket = failure.open_bracket()
    if bracket is not None and bracket in failure.brackets.unclosed and not failure.one_line(before, failure.token):
        return None
    if failure.accepts_text(":") and before.kind == "NAME" and failure.text(-2) in ("(", "{", ","):
        # A name and its value, or two names; the comma behind the second one tells.
        if failure.token.kind != "NAME" or failure.text(1) not in (",", ")", "}", ":"):
            return None
    elif "WHERE" in [value.kind for value in failure.pending()][-3:]:
        return None
    fix = Fix(Span.at(before.end), ",", "write a comma")
    said = failure.say("AWM023", before.end, before.end, fixes=[fix])
    return Mend(said, failure.at, failure.at, failure.written(",", before), certain=False)


def missing_colon(failure: Failure) -> Mend | None:
    """`(slot slots[0].id)`"""
    before = failure.back(1)
    if before is None or before.kind != "NAME" or failure.text(-2) not in ("(", "{", ",") or not failure.could_go_on(":"):
        return None
    token = failure.token
    fix = Fix(Span.at(before.end), ":", "write `:`")
    said = failure.say("AWM002", token.start, token.end, expected="`:`", found=describe_found(token), fixes=[fix])
    return Mend(said, failure.at, failure.at, failure.written(":", before), certain=False)


def behind_the_end(failure: Failure) -> Mend | None:
    """What follows a declaration that is complete, and begins no other."""
    token = failure.token
    if failure.accepted != {END}:
        return None
    if token.kind in ("NAME", "TYPE"):
        said = failure.say("AWM020", token.start, token.end, word=token.text, hint=stands_for(token))
    else:
        said = failure.say("AWM002", token.start, token.end, expected="a declaration", found=describe_found(token))
    return Mend(said, failure.at, len(failure.tokens) - 1, certain=False)


def unclosed_bracket(failure: Failure) -> Mend | None:
    """A `(` or `[` without its other half, where that would have to stand."""
    place = failure.open_bracket()
    before = failure.back(1)
    if place is None or before is None or place not in failure.brackets.unclosed:
        return None
    if not failure.accepts_text(CLOSERS[failure.tokens[place].text]):
        return None
    return _closed(failure, place, failure.at)


def _closed(failure: Failure, place: int, at: int) -> Mend:
    """The bracket at `place` closed before the token `at`."""
    opened, before = failure.tokens[place], failure.tokens[at - 1]
    close = CLOSERS[opened.text]
    said = failure.say(
        "AWM004", before.end, before.end, close=close,
        secondary=[Label(opened.span, f"this `{opened.text}` is never closed")],
        fixes=[Fix(Span.at(before.end), close, f"write `{close}`")],
    )  # fmt: skip
    return Mend(said, at, at, failure.written(close, before), certain=False)


def unopened_bracket(failure: Failure) -> Mend | None:
    """A closing bracket too many, or one whose opening half is missing here."""
    token, before = failure.token, failure.back(1)
    for opened, close in (("{", "}"), ("(", ")"), ("[", "]")):
        waiting = any(place >= failure.at and failure.tokens[place].text == close for place in failure.brackets.unopened)
        if waiting and failure.accepts_text(opened) and failure.could_go_on(opened) and before is not None:
            fix = Fix(Span.at(before.end), f" {opened}" if opened == "{" else opened, f"write `{opened}`")
            said = failure.say("AWM002", token.start, token.end, expected=f"`{opened}`", found=describe_found(token), fixes=[fix])
            return Mend(said, failure.at, failure.at, failure.written(opened, before), certain=False)
    if failure.at in failure.brackets.unopened:
        fix = Fix(token.span, "", f"leave `{token.text}` out")
        said = failure.say("AWM005", token.start, token.end, close=token.text, fixes=[fix])
        return Mend(said, failure.at, failure.at + 1)
    return None


def unexpected(failure: Failure) -> Mend:
    """What is expected and what was found; the unit around it is left out."""
    token = failure.token
    at_end = token.kind == END
    if at_end:
        token = failure.behind
    bracket = failure.open_bracket()
    closer = CLOSERS[failure.tokens[bracket].text] if bracket is not None else None
    expected = describe_expected(failure.accepted, closer)
    unit = failure.unit()
    start = unit.start if unit is not None else 0
    end = failure.unit_end(unit) if unit is not None else len(failure.tokens) - 1
    if unit is not None and end == start:
        end = failure.unit_end(unit, failure.at + 1)
    help = _advice(failure)
    if token.kind == END:
        before = failure.back(1)
        place = before.end if before is not None else token.start
        return Mend(failure.say("AWM003", place, place, expected=expected, help=help), start, end, certain=False)
    said = failure.say("AWM002", token.start, token.end, expected=expected, found=describe_found(token), help=help)
    return Mend(said, start, end, certain=False)


def _advice(failure: Failure) -> str | None:
    """What is often meant at such a place."""
    token, before = failure.token, failure.back(1)
    if before is None:
        return None
    if token.text == "(" and failure.accepts("LBRACE") and "MAY_CREATE" in [value.kind for value in failure.pending()]:
        return "the values of a new row stand in braces: `create Book { title: \"…\" }`"
    if token.text == ":" and failure.accepts("LBRACE") and not failure.accepts("INT"):
        return "what belongs to it stands in braces"
    if token.text == ":" and before.kind == "NAME" and failure.text(-2) == "let":
        return "a value has no type written: `let x = …`"
    if before.kind == "MOMENT" and token.kind == "INT":
        return "date and time are joined by `T`: `2026-03-02T08:00`"
    return None


RULES: tuple[Rule, ...] = (
    semicolon,
    lambdas,
    method_call,
    ternary,
    empty_bounds,
    misplaced_optional,
    foreign_type,
    misplaced_default,
    assign_for_equals,
    chained_comparison,
    order_by_comma,
    upper_word,
    foreign_operator_word,
    bad_number,
    name_style,
    missing_else,
    unknown_statement,
    unknown_clause,
    extra_comma,
    unclosed_bracket,
    unopened_bracket,
    behind_the_end,
    missing_comma,
    missing_colon,
)

