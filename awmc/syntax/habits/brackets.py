"""Commas and brackets that are missing or too many."""

from __future__ import annotations

from awmc.diagnostics import Fix, Label
from awmc.source import Span
from awmc.syntax.cut import CLOSERS, OPENERS
from awmc.syntax.expected import describe_found, goes_on
from awmc.syntax.failure import BLOCK, ENTITY, ENV, SEED, TASK, Failure, Mend
from awmc.syntax.grammar import END
from awmc.syntax.habits.trial import head_fix, meant_head

BEFORE_A_HEAD = dict.fromkeys(
    ("@", "@@"), "write attributes behind a column, and the text of a declaration behind its name"
)
_BETWEEN = {
    BLOCK: "statements",
    ENTITY: "the columns of an entity",
    ENV: "the parts of an `env`",
    TASK: "the parts of a task",
    SEED: "rows",
}


def extra_comma(failure: Failure) -> Mend | None:
    """A comma between columns, statements, rows; two of them; one before a bracket that closes."""
    token, before = failure.token, failure.back(1)
    if token.kind == "COMMA":
        after = failure.ahead(1)
        unit = failure.unit()
        if (
            failure.accepts("RBRACE")
            and unit is not None
            and unit.bracket == failure.open_bracket()
            and any(goes_on(failure.parse, [kind]) for kind in {after.word or after.kind, after.kind})
        ):
            what = _BETWEEN.get(unit.kind, "these")
        elif unit is None and after.kind == END:
            what = "declarations"
        else:
            return None
        fix = Fix(token.span, "", "leave the comma out")
        return Mend(
            failure.say("AWM024", token.start, token.end, what=what, fixes=[fix]), failure.at, failure.at + 1
        )
    if (
        before is not None
        and before.kind == "COMMA"
        and token.text in ("}", ")", "]")
        and token.kind != "STRING"
    ):
        what = "the last of a list and its end"
        unit = failure.unit()
        if unit is not None and unit.kind == SEED:
            what = "rows"
        fix = Fix(before.span, "", "leave the comma out")
        return Mend(
            failure.say("AWM024", before.start, before.end, what=what, fixes=[fix]),
            failure.at - 1,
            failure.at,
        )
    return None


def missing_comma(failure: Failure) -> Mend | None:
    """`(title: text copies: int)`"""
    before = failure.back(1)
    if (
        before is not None
        and failure.token.text == ":"
        and before.kind in ("LIMIT", "ORDER", "WHERE", "AS", "JOIN", "OFFSET")
    ):
        # The name of an argument, read as a clause of the query before it.
        earlier = failure.tokens[failure.at - 2]
        fix = Fix(Span.at(earlier.end), ",", "write a comma")
        said = failure.say("AWM023", earlier.end, earlier.end, fixes=[fix])
        return Mend(said, failure.at - 1, failure.at - 1, failure.written(",", earlier))
    if before is None or failure.token.kind == END or not failure.could_go_on(","):
        return None
    bracket = failure.open_bracket()
    if (
        bracket is not None
        and bracket in failure.brackets.unclosed
        and not failure.one_line(before, failure.token)
    ):
        return None
    if failure.accepts_text(":") and before.kind == "NAME" and failure.text(-2) in ("(", "{", ","):
        # A name and its value, or two names; the comma behind the second one tells.
        if failure.token.kind != "NAME" or failure.text(1) not in (",", ")", "}", ":"):
            return None
    elif "WHERE" in [value.kind for value in failure.pending()][-3:]:
        return None
    fix = Fix(Span.at(before.end), ",", "write a comma")
    said = failure.say("AWM023", before.end, before.end, fixes=[fix])
    return Mend(said, failure.at, failure.at, failure.written(",", before))


def missing_colon(failure: Failure) -> Mend | None:
    """`(slot slots[0].id)`"""
    before = failure.back(1)
    if (
        before is None
        or before.kind != "NAME"
        or failure.text(-2) not in ("(", "{", ",")
        or not failure.could_go_on(":")
    ):
        return None
    token = failure.token
    fix = Fix(Span.at(before.end), ":", "write `:`")
    said = failure.say(
        "AWM002", token.start, token.end, expected="`:`", found=describe_found(token), fixes=[fix]
    )
    return Mend(said, failure.at, failure.at, failure.written(":", before), certain=False)


def behind_the_end(failure: Failure) -> Mend | None:
    """What follows a declaration that is complete, and begins no other."""
    token = failure.token
    first_column = failure.layout.begins_line(token) and failure.layout.indent(token.start) == 0
    if END not in failure.accepted or (failure.accepted != {END} and not first_column):
        return None
    if token.kind in ("NAME", "TYPE"):
        rest = failure.tokens[failure.at :]
        head, count = meant_head(rest)
        fixes = [head_fix(rest, head, count)] if head is not None else []
        hint = head if count else None
        said = failure.say("AWM020", token.start, token.end, word=token.text, hint=hint, fixes=fixes)
    else:
        said = failure.say(
            "AWM002", token.start, token.end, expected="a declaration", found=describe_found(token),
            help=BEFORE_A_HEAD.get(token.text),
        )  # fmt: skip
    return Mend(said, failure.at, len(failure.tokens) - 1, certain=False)


def unclosed_bracket(failure: Failure) -> Mend | None:
    """A `(` or `[` without its other half, where that would have to stand."""
    place = failure.open_bracket()
    before = failure.back(1)
    if place is None or before is None or place not in failure.brackets.unclosed:
        return None
    if not failure.accepts_text(CLOSERS[failure.tokens[place].text]):
        return None
    return closed(failure, place, failure.at)


def closed(failure: Failure, place: int, at: int) -> Mend:
    """The bracket at `place` closed before the token `at`."""
    opened, before = failure.tokens[place], failure.tokens[at - 1]
    close = CLOSERS[opened.text]
    said = failure.say(
        "AWM004",
        before.end,
        before.end,
        close=close,
        secondary=[Label(opened.span, f"this `{opened.text}` is never closed")],
        fixes=[Fix(Span.at(before.end), close, f"write `{close}`")],
    )
    return Mend(said, at, at, failure.written(close, before), certain=False)


def unopened_bracket(failure: Failure) -> Mend | None:
    """A closing bracket too many, or one whose opening half is missing here."""
    token, before = failure.token, failure.back(1)
    for opened, close in (("{", "}"), ("(", ")"), ("[", "]")):
        waiting = any(
            place >= failure.at and failure.tokens[place].text == close for place in failure.brackets.unopened
        )
        if waiting and failure.accepts_text(opened) and failure.could_go_on(opened) and before is not None:
            # A block is opened at the end of the line.
            apart = opened == "{" and not failure.one_line(before, token)
            fix = Fix(Span.at(before.end), f" {opened}" if opened == "{" else opened, f"write `{opened}`")
            said = failure.say(
                "AWM002",
                *((before.end, before.end) if apart else (token.start, token.end)),
                expected=f"`{opened}`",
                found=describe_found(token),
                fixes=[fix],
            )
            return Mend(said, failure.at, failure.at, failure.written(opened, before), certain=False)
    if failure.at in failure.brackets.unopened:
        fix = Fix(token.span, "", f"leave `{token.text}` out")
        help = f"leave `{token.text}` out, or write the `{OPENERS[token.text]}` that it closes"
        if (
            token.text == "]"
            and before is not None
            and failure.text(-2) == ":"
            and before.kind in ("NAME", "TYPE")
        ):
            help = f"write `[{before.text}]`"
            fix = Fix(Span.at(before.start), "[", help)
        said = failure.say("AWM005", token.start, token.end, close=token.text, help=help, fixes=[fix])
        return Mend(said, failure.at, failure.at + 1)
    return None
