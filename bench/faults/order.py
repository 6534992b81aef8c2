"""Parts in an order that the language does not have."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from random import Random

from awmc.syntax import ast
from bench.faults.sound import Change, Kind, Sound


def _swapped(sound: Sound, start: int, middle: int, end: int, mends: tuple[str, ...]) -> Change:
    """Two neighbours, `start` to `middle` and `middle` to `end`, in each other's place."""
    first, second = sound.text[start:middle].strip(), sound.text[middle:end].strip()
    return Change(start, end, f"{second} {first}", mends)


def clauses_of_a_query(sound: Sound, random: Random) -> Iterator[Change]:
    """`Slot limit 1 where …`, `Slot order by .starts where …`: the mend names the clause that goes first."""
    del random
    starts = ("WHERE", "ORDER", "LIMIT")
    for node, _ in sound.nodes:
        if not isinstance(node, ast.Query):
            continue
        inner = [t for t in sound.tokens if node.span.start <= t.start < node.span.end]
        depth, found = 0, []
        for token in inner:
            depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
            if depth == 0 and token.kind in starts:
                found.append(token)
        for first, second in itertools.pairwise(found):
            behind = [token.start for token in found if token.start > second.start]
            end = behind[0] if behind else node.span.end
            yield _swapped(sound, first.start, second.start, end, (first.text,))


def default_behind_attributes(sound: Sound, random: Random) -> Iterator[Change]:
    """`code: text @search = "x"`, `balance: money "Credit" = 0`: the mend is to set the default first."""
    del random
    for node, _ in sound.nodes:
        if isinstance(node, (ast.Field, ast.Param)) and node.default is not None:
            start = sound.text.rindex("=", node.span.start, node.default.span.start)
            if node.default.span.end < node.span.end:
                yield _swapped(sound, start, node.default.span.end, node.span.end, ("before",))


def optional_behind_range(sound: Sound, random: Random) -> Iterator[Change]:
    """`text 3..200?`"""
    del random
    for node, _ in sound.nodes:
        if isinstance(node, ast.BaseType) and node.range is not None:
            optional = f"{node.name.text}?"
            start = node.name.span.end + node.optional
            written = sound.text[start : node.span.end]
            yield Change(node.name.span.end, node.span.end, f"{written}?", (optional,))


def default_before_range(sound: Sound, random: Random) -> Iterator[Change]:
    """`limit: int = 10 1..50`"""
    del random
    for node, _ in sound.nodes:
        if (
            isinstance(node, (ast.Field, ast.Param))
            and node.default is not None
            and isinstance(node.type, ast.BaseType)
            and node.type.range is not None
        ):
            start = node.type.range.span.start
            mend = sound.of(node.type.range.span)
            middle = sound.text.index("=", node.type.span.end)
            yield _swapped(sound, start, middle, node.default.span.end, (mend, "before"))


def head_of_a_tool(sound: Sound, random: Random) -> Iterator[Change]:
    """`tool f() -> Visit "Book it." { … }`: the mend is to set the text first."""
    del random
    for node, _ in sound.nodes:
        if isinstance(node, ast.Tool) and node.about is not None and node.result is not None:
            yield _swapped(sound, node.about.span.start, sound.text.index("->", node.about.span.end),
                           node.result.span.end, ("before", "->"))  # fmt: skip


def head_of_an_entity(sound: Sound, random: Random) -> Iterator[Change]:
    """`entity Hold owned by student "Blocks enrolment." { … }`"""
    del random
    for node, _ in sound.nodes:
        if isinstance(node, ast.Entity) and node.about is not None and node.owner:
            yield _swapped(sound, node.about.span.start, sound.text.index("owned", node.about.span.end),
                           node.owner[-1].span.end, ("owned by", "before"))  # fmt: skip
        if isinstance(node, ast.Invariant) and node.about is not None and node.entity is not None:
            yield _swapped(sound, node.about.span.start, sound.text.index("on ", node.about.span.end),
                           node.entity.span.end, ("on", "before"))  # fmt: skip


def text_before_code(sound: Sound, random: Random) -> Iterator[Change]:
    """`require c else "The slot is taken." taken`"""
    del random
    for node, _ in sound.nodes:
        if isinstance(node, (ast.Otherwise, ast.Fail)):
            start = node.code.span.start
            yield _swapped(
                sound, start, node.message.span.start, node.message.span.end, (node.code.text, "before")
            )


def name_behind_type(sound: Sound, random: Random) -> Iterator[Change]:
    """`text name` for `name: text`: the mend names the column."""
    del random
    for node, around in sound.nodes:
        simple = isinstance(node, (ast.Field, ast.Param)) and isinstance(
            node.type, (ast.BaseType, ast.RowType)
        )
        if simple and re.fullmatch(r"\w+", sound.of(node.type.span)):
            del around
            yield Change(node.span.start, node.type.span.end, f"{sound.of(node.type.span)} {node.name.text}",
                         (f"{node.name.text}: {sound.of(node.type.span)}",))  # fmt: skip


KINDS: dict[str, Kind] = {
    "clauses of a query swapped": clauses_of_a_query,
    "default behind attributes": default_behind_attributes,
    "? behind the range": optional_behind_range,
    "default before the range": default_before_range,
    "text behind the result": head_of_a_tool,
    "text behind owned by, on": head_of_an_entity,
    "text before the error code": text_before_code,
    "type before the name": name_behind_type,
}
