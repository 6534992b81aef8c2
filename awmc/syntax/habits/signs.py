"""`;`, `=`, `=>`, `? :`, chained comparisons, method calls: signs of other languages."""

from __future__ import annotations

from awmc.diagnostics import Fix, translate
from awmc.source import Span
from awmc.syntax.failure import BLOCK, ENTITY, ENV, SEED, TASK, TOOLS, Failure, Mend
from awmc.syntax.habits.words import CLAUSES
from awmc.syntax.lenient import BAR, LAMBDA, SEMICOLON, lower_snake

_COMPARISONS = ("EQ", "NE", "LE", "GE", "LT", "GT", "CONTAINS", "IN", "IS")
_PARTS = {
    BLOCK: "a statement",
    ENTITY: "a column",
    ENV: "a part of the `env`",
    TASK: "a part of the task",
    SEED: "a row",
    TOOLS: "a derived tool",
}
_CONDITIONS = frozenset(["count", "exists", "any", "all", "first", "sum", "avg", "min", "max"])
_EXAMPLES = {"where": ".copies > 0", "order by": ".copies"}


def semicolon(failure: Failure) -> Mend | None:
    """`;`"""
    token = failure.token
    if token.kind != SEMICOLON:
        return None
    bracket = failure.open_bracket()
    span = Span(token.start, token.end)
    unit = failure.unit()
    if bracket is not None and (unit is None or unit.bracket != bracket):
        said = failure.say(
            "AWM033", token.start, token.end, symbol=";", written=",", fixes=[Fix(span, ",", "write `,`")]
        )
        return Mend(said, failure.at, failure.at + 1, failure.written(",", token))
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
        return Mend(
            failure.say("AWM044", token.start, failure.ahead(2).end, help=help), failure.at, failure.at + 3
        )
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
    clause = before.text if before.text in ("where", "limit", "offset") else CLAUSES.get(before.text)
    if clause is not None:
        help = f"write `Book {clause} {_EXAMPLES.get(clause, '10')}`"
        said = failure.say("AWM022", before.start, before.end, word=before.text, what="a query", help=help)
        return Mend(
            said, failure.at, close + 1 if close is not None else failure.at + 1, certain=close is not None
        )
    said = failure.say(
        "AWM045",
        before.start,
        before.end,
        function=name,
        help=f"write `{name}(…)`, with the value in the brackets",
    )
    return Mend(
        said, failure.at, close + 1 if close is not None else failure.at + 1, certain=close is not None
    )


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
            said = failure.say(
                "AWM047",
                token.start,
                token.end,
                name=before.text,
                help=f"write `{before.text}: …`",
                fixes=[fix],
            )
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
    return Mend(
        failure.say("AWM034", token.start, token.end, help=help),
        failure.at,
        failure.at + 1,
        failure.written("and", token),
    )


def order_by_comma(failure: Failure) -> Mend | None:
    """`order by .a, .b`"""
    token = failure.token
    if token.kind != "COMMA" or not failure.accepts("THEN"):
        return None
    fix = Fix(token.span, " then", "write `then`")
    return Mend(
        failure.say("AWM035", token.start, token.end, fixes=[fix]),
        failure.at,
        failure.at + 1,
        failure.written("then", token),
    )
