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
_ENDS = re.compile(r"[(\[]\s*(-?[0-9.]*)\s*(?:,|\.\.)\s*(-?[0-9.]*)\s*[)\]]")
_RANGED = frozenset(["text", "int", "number", "money", "date", "datetime"])
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
        return _moved(failure, 2) if failure.text(1) == ":" else removed
    if before.text in (":", "[", "->"):
        return _moved(failure, 1) if failure.kind(1) in ("NAME", "TYPE") else None
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
    kind = failure.tokens[start]
    good = f"{'' if kind.kind == 'OPTIONAL' else kind.text}? {piece}"
    fix = Fix(gap, f"? {piece}" if kind.kind != "OPTIONAL" else f" {piece}", f"write `{good.strip()}`")
    return Mend(failure.say("AWM049", token.start, token.end, fixes=[fix]), failure.at, failure.at + 1)


def _moved(failure: Failure, steps: int) -> Mend | None:
    """The `?` moved behind the type's name, which is so many tokens ahead."""
    token, kind = failure.token, failure.ahead(steps)
    if kind.kind not in ("NAME", "TYPE"):
        return Mend(failure.say("AWM049", token.start, token.end), failure.at, failure.at + 1)
    written = translate(kind.text, "type") or kind.text
    between = failure.source.text[token.end : kind.start]
    fix = Fix(Span(token.start, kind.end), f"{between}{written}?", f"write `{written}?`")
    said = failure.say("AWM049", token.start, token.end, fixes=[fix])
    return Mend(said, failure.at, failure.at + 1)


def foreign_type(failure: Failure) -> Mend | None:
    """`list[T]`, `List<T>`, `T[]`, `varchar(80)`, `T | null`"""
    token, before = failure.token, failure.back(1)
    if before is not None and before.kind == "OPTIONAL" and token.text in ("(", "["):
        return _bounds_in_brackets(failure)
    if before is not None and before.kind == "OPTIONAL" and token.kind in ("INT", "DOTS", "MINUS"):
        return _upper_type(failure, failure.at - 2)
    if before is None or before.kind not in ("NAME", "TYPE") or failure.accepts("EQ"):
        return None
    if failure.text(-2) not in (":", "->", "[", "?") or token.kind == "STRING":
        return None
    close = {"[": "]", "<": ">", "(": ")"}.get(token.text)
    end = failure.at + 1
    if token.kind in ("INT", "DOTS", "MINUS"):
        return _upper_type(failure, failure.at - 1)
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
        help = "write a value of several parts as a record: `{street: text, city: text}`"
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


def _upper_type(failure: Failure, place: int) -> Mend | None:
    """`Int 1..9`, `TEXT? ..80`"""
    token = failure.tokens[place]
    own = translate(token.text, "type") or token.text.lower()
    if token.kind != "TYPE" or own not in _RANGED or failure.tokens[place - 1].text not in (":", "["):
        return None
    fix = Fix(token.span, own, f"write `{own}`")
    said = failure.say("AWM038", token.start, token.end, found=token.text, written=own, fixes=[fix])
    return Mend(said, place, place + 1, failure.written(own, token))


def _bounds_in_brackets(failure: Failure) -> Mend | None:
    """`text? [2, 80]`"""
    found = _ENDS.match(failure.source.text, failure.token.start)
    if found is None or not failure.accepts("DOTS"):
        return None
    end = failure.at
    while end < len(failure.tokens) - 1 and failure.tokens[end].start < found.end():
        end += 1
    good = f"{found[1]}..{found[2]}"
    fix = Fix(Span(failure.token.start, found.end()), good, f"write `{good}`")
    said = failure.say(
        "AWM048", failure.token.start, found.end(), written=good, found=found.group(), fixes=[fix]
    )
    return Mend(said, failure.at, end, failure.written(good, failure.token))


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
        return re.sub(r"^([A-Za-z]\w*)", r"\1?", inner)
    if word == "enum":
        return f"enum({inner})"
    if own == "text" and inner.isdecimal():
        return f"text ..{inner}"
    ends = re.fullmatch(r"(-?[0-9.]+)\s*,\s*(-?[0-9.]+)", inner)
    if ends is not None and name in _RANGED and name not in ("money", "number"):
        return f" {ends[1]}..{ends[2]}"
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
    colon, behind = failure.tokens[start + 1], failure.tokens[end - 1]
    default = failure.source.text[token.start : behind.end]
    moved = next(
        (
            place
            for place in range(start + 2, failure.at)
            if failure.tokens[place].text == "@" or failure.tokens[place].kind == "STRING"
        ),
        failure.at,
    )
    first = failure.tokens[moved]
    text = failure.source.text
    good = f"{default} {text[first.start : token.start].strip()}"
    fix = Fix(
        Span(first.start, behind.end),
        good,
        f"write `{text[colon.end : first.start].strip()} {default}` first",
    )
    said = failure.say(
        "AWM050", token.start, token.end, field=name, fixes=[fix] if moved < failure.at else []
    )
    return Mend(said, failure.at, end)
