"""Types, ranges, defaults and numbers as other languages write them."""

from __future__ import annotations

import re

from awmc.diagnostics import Fix, translate
from awmc.source import Span
from awmc.syntax.failure import ENTITY, Failure, Mend
from awmc.syntax.lenient import BAR
from awmc.syntax.tokens import Token

_LISTS = frozenset(
    ["list", "array", "set", "seq", "sequence", "iterable", "vec", "vector", "collection", "tuple", "many"]
)
_OPTIONALS = frozenset(["optional", "maybe", "option", "nullable"])
_MAPS = frozenset(["dict", "map", "hashmap", "object", "json", "jsonb"])


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
        return Mend(
            failure.say("AWM042", first, first + len(before.text), word=before.text, help=help),
            start,
            end,
            failure.written("text", before),
        )
    if written.startswith(" ") or re.fullmatch(r"-?[0-9.]*\.\.-?[0-9.]*", inner):
        bounds = written.strip() if written.startswith(" ") else inner
        last = failure.tokens[end - 1]
        fix = Fix(Span(before.end, last.end), f" {bounds}", f"write `{bounds}`")
        said = failure.say(
            "AWM048", token.start, last.end, written=bounds, found=f"{token.text}{inner}{close}", fixes=[fix]
        )
        return Mend(said, failure.at, end, failure.written(bounds, token))
    fix = Fix(Span(before.start, failure.tokens[end - 1].end), written, f"write `{written}`")
    said = failure.say(
        "AWM038", before.start, failure.tokens[end - 1].end, found=found, written=written, fixes=[fix]
    )
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
    if (
        own in ("money", "number", "int", "text", "date", "datetime")
        and re.fullmatch(r"[0-9., ]*", inner)
        and ".." not in inner
    ):
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
