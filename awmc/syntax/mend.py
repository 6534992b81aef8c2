"""A text to the canonical text of the same spec, with what is certainly mended put right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from awmc.diagnostics import Diagnostic, Fix
from awmc.source import Source
from awmc.syntax.format import format_spec
from awmc.syntax.parse import parse

# Where a bracket is missing, which one is too many, and what a declaration was to begin with, is a guess.
_GUESSED = frozenset({"AWM004", "AWM005", "AWM020"})
# A mend may lay bare another mistake; each round mends all that are seen.
_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Canonical:
    """The canonical text of a spec; empty where it has mistakes of syntax that are not certainly mended, which are the
    `diagnostics` then. `mended`: how many others were.
    """

    text: str
    diagnostics: tuple[Diagnostic, ...] = ()
    mended: int = 0


def canonical(source: Source) -> Canonical:
    """The canonical text of a source, or what is wrong with it: its own mistakes, not those that mending some of them
    would leave.
    """
    spec, told = parse(source)
    text, mended, problems = source.text, 0, told
    for _ in range(_ROUNDS):
        if not problems:
            break
        text = _apply(text, _certain(problems))
        mended += len(problems)
        spec, problems = parse(Source(source.name, text))
    if problems:
        return Canonical("", told)
    formatted = format_spec(spec, text)
    if formatted != source.text:
        # A file is to be overwritten: what was not foreseen must not cost an author the spec.
        again, problems = parse(Source(source.name, formatted))
        if problems or not _is_same(again, spec):
            raise AssertionError("the canonical text does not mean the same")
    return Canonical(formatted, mended=mended)


def _certain(problems: tuple[Diagnostic, ...]) -> list[Fix]:
    """The fixes that mend all of the problems, in order and apart from each other; none if one has none."""
    fixes: list[Fix] = []
    for problem in problems:
        if not problem.fixes or problem.code in _GUESSED:
            return []
        fixes += problem.fixes
    fixes.sort(key=lambda fix: fix.span)
    kept: list[Fix] = []
    for fix in fixes:
        if not kept or fix.span.start >= kept[-1].span.end:
            kept.append(fix)
    return kept


def _apply(text: str, fixes: list[Fix]) -> str:
    pieces, at = [], 0
    for fix in fixes:
        pieces += [text[at : fix.span.start], fix.replacement]
        at = fix.span.end
    return "".join((*pieces, text[at:]))


def _is_same(one: Any, other: Any) -> bool:
    """Whether two nodes are the same but for where they stand."""
    stack = [(one, other)]
    while stack:
        left, right = stack.pop()
        if isinstance(left, Struct):
            if type(left) is not type(right):
                return False
            names = left.__struct_fields__
            stack += [(getattr(left, name), getattr(right, name)) for name in names if name != "span"]
        elif isinstance(left, tuple) and isinstance(right, tuple):
            if len(left) != len(right):
                return False
            stack += zip(left, right, strict=True)
        elif left != right:
            return False
    return True
