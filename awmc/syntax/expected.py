"""What may stand at a place of a text, and what stands there, in the words of the language."""

from __future__ import annotations

from collections.abc import Iterable

from awmc.syntax.cut import HEADS
from awmc.syntax.grammar import END, tables
from awmc.syntax.lalr import Parse
from awmc.syntax.tokens import Token

_MOST = 5
_LONGEST = 24

_EXPRESSION = frozenset(
    [
        "INT",
        "STRING",
        "MOMENT",
        "DURATION",
        "TRUE",
        "FALSE",
        "NULL",
        "LPAR",
        "LSQB",
        "LBRACE",
        "DOT",
        "MINUS",
        "NOT",
        "IF",
        "MAY_CREATE",
        "NAME",
        "TYPE",
        "PLUS",
    ]
)
_STATEMENT = frozenset(
    [
        "LET",
        "REQUIRE",
        "MAY_CREATE",
        "MAY_UPDATE",
        "MAY_DELETE",
        "FOR",
        "IF",
        "FAIL",
        "RETURN",
        "FAILS",
        "NAME",
    ]
)
_PART = frozenset(["SOLVE", "WRONG", "USER", "LET", "FREE", "MAY", "ENSURE", "ANSWER"])
_TYPE = frozenset(["NAME", "TYPE", "ENUM", "LSQB", "STATES", "LBRACE"])
_CLAUSE = frozenset(["AS", "JOIN", "WHERE", "ORDER", "LIMIT", "OFFSET", "THEN", "DESC", "ASC"])
_PHRASES = {
    "NAME": "a name",
    "TYPE": "an `Upper` name",
    "STRING": "a text",
    "INT": "a number",
    "MOMENT": "a moment",
    "DURATION": "a duration",
    "ORDER": "`order by`",
    END: "the end of the file",
}
# What is told first where there is more than can be told.
_ORDER = (
    "NAME",
    "TYPE",
    "STRING",
    "ASSIGN",
    "COLON",
    "COMMA",
    "RPAR",
    "RSQB",
    "RBRACE",
    "LPAR",
    "LSQB",
    "LBRACE",
)


def operators() -> frozenset[str]:
    """The terminals that go on with an expression behind its first operand."""
    signs = tables().signs
    written = ("+", "-", "*", "/", "%", "==", "!=", "<=", ">=", "<", ">", "??", "?", ".", "[", "..")
    return frozenset([*(signs[sign] for sign in written), "CONTAINS", "IN", "IS", "NOT", "AND", "OR"])


def accepted(parse: Parse) -> frozenset[str]:
    """The terminals with which the parse could go on. (A state alone allows too many: reductions are tried out.)"""
    return frozenset(kind for kind in parse.tables.actions[parse.states[-1]] if goes_on(parse, [kind]))


def goes_on(parse: Parse, kinds: Iterable[str]) -> bool:
    """Whether the parse could go on with these terminals."""
    actions, gotos, rules = parse.tables.actions, parse.tables.gotos, parse.tables.rules
    states = list(parse.states)
    for kind in kinds:
        while True:
            action = actions[states[-1]].get(kind)
            if action is None:
                return False
            if action >= 0:
                states.append(action)
                break
            rule = rules[~action]
            if rule.size:
                del states[-rule.size :]
            states.append(gotos[states[-1]][rule.origin])
            if states[-1] == parse.last and kind == END:
                break
    return True


def kind_at(parse: Parse, token: Token) -> str:
    """The terminal that a token is at this place of the parse."""
    if token.word:
        return token.word if goes_on(parse, [token.word]) else "NAME"
    return token.kind


def describe_expected(kinds: frozenset[str], closer: str | None) -> str:
    """At most five alternatives; `closer` is the bracket that would close the innermost one that is open."""
    left = set(kinds)
    said: list[str] = []

    def group(needed: frozenset[str] | set[str], taken: frozenset[str], phrase: str) -> None:
        if needed <= left:
            said.append(phrase)
            left.difference_update(taken)

    keywords, signs = tables().keywords, tables().signs
    heads = frozenset(keywords[head] for head in HEADS)
    group({"SOLVE", "ANSWER"}, _PART, "a part of the task")
    group({"LET", "REQUIRE"}, _STATEMENT, "a statement")
    group({"ENTITY", "TOOL", "TASK"}, heads, "a declaration")
    group({"NAME", "INT", "STRING", "LPAR"}, _EXPRESSION, "an expression")
    group({"NAME", "INT", "STRING", "TRUE"}, _EXPRESSION, "a value")
    group({"INT", "STRING", "LPAR"}, _EXPRESSION, "an expression")
    group({"NAME", "TYPE", "LSQB"}, _TYPE, "a type")
    if {"DOTS", "INT"} <= left:
        group({"DOTS", "INT"}, frozenset(["DOTS", "INT", "MINUS", "MOMENT", "TYPE"]), "a range")
    elif {"INT", "MINUS"} <= left:
        group({"INT"}, frozenset(["INT", "MINUS", "MOMENT"]), "a number")
    group({"NAME", signs["@@"]}, frozenset(["NAME", signs["@@"]]), "a column")
    if {"DOTS", "COLON"} <= left and "EQ" not in left:
        # A number behind a type: the first bound of its range.
        said.append("`..`")
        left -= {"DOTS", "COLON", "DOT"}
    within = left & operators()
    if len(within) > 2 and not said and END in left:
        # A whole declaration that goes on: what is missing joins the two.
        said.append("an operator")
        left.discard(END)
    if len(within) > 2 or (within and (said or left - within)):
        # What could go on with a finished expression in some other way is not what is missing.
        left -= within | {"TYPE", "LPAR", "COLON"} if len(within) > 2 else within
        if not said and not left:
            said.append("an operator")
    if len(left & _CLAUSE) > 2:
        left -= _CLAUSE
        if not said and not left:
            said.append("a clause of the query")
    left = {kind for kind in left if kind not in ("RPAR", "RSQB", "RBRACE") or tables().texts[kind] == closer}
    # The end of the file is told where nothing else could stand.
    if len(left) + len(said) > 1:
        left.discard(END)
    rank = {kind: place for place, kind in enumerate(_ORDER)}
    ordered = sorted(left, key=lambda kind: (rank.get(kind, len(_ORDER)), _phrase(kind)))
    said += [_phrase(kind) for kind in ordered]
    if len(said) > _MOST:
        said = said[:_MOST]
    if not said:
        return "something else"
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"


def _phrase(kind: str) -> str:
    if kind in _PHRASES:
        return _PHRASES[kind]
    text = tables().texts.get(kind)
    return f"`{text}`" if text is not None else kind.lower()


def describe_found(token: Token) -> str:
    """A token as it stands in the text."""
    if token.kind == END:
        return "the end of the file"
    if token.kind == "STRING":
        return "a text"
    text = token.text if len(token.text) <= _LONGEST else f"{token.text[: _LONGEST - 1]}…"
    return f"`{text}`"
