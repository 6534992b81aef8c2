"""Parts that stand in an order which the language does not have."""

from __future__ import annotations

import re

from awmc.diagnostics import Fix, translate
from awmc.source import Span
from awmc.syntax.expected import describe_found
from awmc.syntax.failure import BLOCK, ENTITY, Failure, Mend

_SCALARS = frozenset(
    ["text", "int", "number", "money", "bool", "date", "time", "datetime", "email", "url", "enum"]
)
_RANGE = re.compile(r"-?[0-9]*(?:\.[0-9]+)?\s*\.\.(?:\s*-?[0-9]+(?:\.[0-9]+)?)?")
# What a text stands before, in the head of a declaration.
_BEHIND = {"tool": "->", "action": "->", "entity": "owned", "invariant": "on"}


def range_behind_default(failure: Failure) -> Mend | None:
    """`limit: int = 10 1..50`"""
    token = failure.token
    if token.kind not in ("INT", "DOTS", "MINUS") or not failure.accepts("AT", "RPAR", "COMMA"):
        return None
    text = failure.source.text
    found = _RANGE.match(text, token.start)
    assign = next(
        (
            place
            for place in range(failure.at - 1, max(failure.at - 5, 1), -1)
            if failure.tokens[place].text == "="
        ),
        None,
    )
    if found is None or assign is None:
        return None
    colon = assign
    while colon > 0 and failure.tokens[colon].text != ":":
        colon -= 1
    first, last = failure.tokens[assign], failure.tokens[failure.at - 1]
    default = text[first.start : last.end]
    kind = text[failure.tokens[colon].end : first.start].strip()
    end = failure.at
    while failure.tokens[end].start < found.end() and end < len(failure.tokens) - 1:
        end += 1
    good = f"{found.group()} {default}"
    said = failure.say(
        "AWM051", token.start, found.end(), field=failure.tokens[max(colon - 1, 0)].text,
        help=f"write `{kind} {good}`", fixes=[Fix(Span(first.start, found.end()), good, f"write `{kind} {good}`")],
    )  # fmt: skip
    return Mend(said, failure.at, end)


def text_behind_head(failure: Failure) -> Mend | None:
    """`tool f() -> Visit "Book it." { … }`, `entity Hold owned by student "Blocks." { … }`"""
    token = failure.token
    sign = _BEHIND.get(failure.head)
    if token.kind != "STRING" or sign is None or not failure.accepts("LBRACE", "COLON"):
        return None
    head = failure.tokens[: failure.at]
    places = [place for place, each in enumerate(head) if each.text == sign and each.kind != "STRING"]
    if not places or head[places[-1] - 1].kind == "STRING" or failure.unit() is not None:
        return None
    first, before = head[places[-1]], head[-1]
    moved = failure.source.text[first.start : before.end]
    said = failure.say(
        "AWM052", token.start, token.end, what=f"{failure.head} `{head[1].text}`",
        before="`owned by`" if sign == "owned" else f"`{sign}`",
        fixes=[Fix(Span(first.start, token.end), f"{token.text} {moved}", f"write it before `{moved}`")],
    )  # fmt: skip
    return Mend(said, failure.at, failure.at + 1)


def text_in_body(failure: Failure) -> Mend | None:
    """`entity Book { "A book." title: text }`"""
    token, unit = failure.token, failure.unit()
    if token.kind != "STRING" or unit is None or unit.kind not in (ENTITY, BLOCK):
        return None
    if failure.text(-1) != "{" or failure.head not in _BEHIND or len(failure.tokens) < 3:
        return None
    name = failure.tokens[1].text
    fix = Fix(
        Span(failure.tokens[failure.at - 1].start, token.end), f"{token.text} {{", "write it before the `{`"
    )
    said = failure.say(
        "AWM052", token.start, token.end, what=f"{failure.head} `{name}`", before="its `{`", fixes=[fix]
    )
    return Mend(said, failure.at, failure.at + 1)


def text_before_code(failure: Failure) -> Mend | None:
    """`require c else "The slot is taken." taken`, `fail "Taken." taken`"""
    token, before, after = failure.token, failure.back(1), failure.ahead(1)
    if (
        before is None
        or before.text not in ("else", "fail")
        or token.kind != "STRING"
        or after.kind != "NAME"
    ):
        return None
    if not failure.one_line(token, after) or failure.text(2) in ("(", "=", ".", ":"):
        return None
    good = f"{after.text} {token.text}"
    fix = Fix(Span(token.start, after.end), good, "write the code before the text")
    said = failure.say(
        "AWM002", token.start, token.end, expected="a code", found="a text",
        help=f"write `{before.text} {after.text} \"…\"`, the code before the text", fixes=[fix],
    )  # fmt: skip
    return Mend(said, failure.at, failure.at + 2, (*failure.written(after.text, token), token))


def type_before_name(failure: Failure) -> Mend | None:
    """`int copies`, `Slot slot`; and the colon left out of `copies int`."""
    unit = failure.unit()
    behind_name = failure.kind(-1) == "NAME" and failure.text(-2) in ("{", "(", ",")
    behind_name |= unit is not None and unit.start == failure.at - 1
    place = failure.at if failure.token.kind == "TYPE" and not behind_name else failure.at - 1
    if place < 1 or place + 1 >= len(failure.tokens) - 1:
        return None
    first, second = failure.tokens[place], failure.tokens[place + 1]
    begins = failure.tokens[place - 1].text in ("(", ",", "{") and failure.head != "seed"
    if unit is not None and unit.kind == ENTITY and unit.start == place:
        begins = True
    elif unit is not None or failure.head not in ("tool", "action", "fn", "record", "entity"):
        return None
    behind = failure.tokens[place + 2].text
    if (
        not begins
        or not failure.one_line(first, second)
        or behind == ":"
        or second.kind not in ("NAME", "TYPE")
    ):
        return None
    swapped = first.kind == "TYPE" or (_is_type(first.text) and not _is_type(second.text))
    if swapped and second.kind != "NAME":
        return None
    if not swapped and (first.kind != "NAME" or not (second.kind == "TYPE" or _is_type(second.text))):
        return None
    name, kind = (second, first) if swapped else (first, second)
    own = kind.text.lower() if kind.text.lower() in _SCALARS else kind.text
    written = translate(kind.text, "type") or own
    good = f"{name.text}: {written}"
    found = failure.tokens[place + 1] if first.kind == "NAME" else first
    said = failure.say(
        "AWM002", found.start, found.end, expected="`:`" if first.kind == "NAME" else "a name",
        found=describe_found(found), help=f"write `{good}`",
        fixes=[Fix(Span(first.start, second.end), good, f"write `{good}`")],
    )  # fmt: skip
    return Mend(said, place, place + 2, failure.written(good, first))


def _is_type(word: str) -> bool:
    return word in _SCALARS or translate(word, "type") is not None


def missing_where(failure: Failure) -> Mend | None:
    """`Slot as s .starts > now`"""
    token, before = failure.token, failure.back(1)
    if token.kind != "DOT" or before is None or failure.kind(1) != "NAME" or not failure.accepts("WHERE"):
        return None
    found = f".{failure.text(1)}"
    said = failure.say(
        "AWM002", token.start, failure.ahead(1).end, expected="`where`", found=f"`{found}`",
        fixes=[Fix(Span.at(token.start), "where ", f"write `where {found}`")],
    )  # fmt: skip
    return Mend(said, failure.at, failure.at, failure.written("where", before))
