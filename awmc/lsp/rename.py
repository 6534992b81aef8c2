"""Another name for a symbol, everywhere at once.

What a rename leaves must mean the same: the new text is analysed, and each of its names must stand for what it stood
for before.
"""

from __future__ import annotations

import re

from awmc.diagnostics import Diagnostic
from awmc.lsp.snapshot import Snapshot, take
from awmc.semantics.model import ToolModel
from awmc.semantics.symbols import Symbol, Use
from awmc.source import Source, Span

Edit = tuple[Span, str]

_UPPER = ("entity", "enum", "record", "shape")


class Refused(Exception):
    """Why a name cannot be changed, in a sentence."""


def renamable(snapshot: Snapshot, offset: int) -> tuple[Symbol, Span]:
    """The symbol at a place, and where its name stands there. Raises Refused."""
    if not snapshot.is_sound:
        line = snapshot.source.position(snapshot.syntax[0].span.start)[0]
        raise Refused(f"The spec does not parse: mend line {line} first.")
    found = next(snapshot.at(offset), None)
    if found is None:
        raise Refused("There is no name here.")
    use, span = found
    symbol = use.symbol
    if symbol.span is None:
        raise Refused(f"`{symbol.name}` belongs to the language.")
    if snapshot.text[symbol.span.start : symbol.span.end] != symbol.name:
        what = "its entity or with `as`" if symbol.kind == "tool" else "what it is derived from"
        raise Refused(f"`{symbol.name}` is derived: it is named by {what}.")
    if snapshot.text[span.start : span.end] != symbol.name:
        raise Refused(f"Here `{symbol.name}` goes by another name.")
    return symbol, span


def rename(snapshot: Snapshot, offset: int, name: str) -> list[Edit]:
    """The edits that give the symbol at a place another name. Raises Refused."""
    symbol, _ = renamable(snapshot, offset)
    pattern = r"[A-Z][A-Za-z0-9]*" if symbol.kind in _UPPER else r"[a-z][a-z0-9_]*"
    if not re.fullmatch(pattern, name):
        style = "`Upper`" if symbol.kind in _UPPER else "`lower_snake`"
        raise Refused(f"The name of {_a(symbol.kind)} is {style}.")
    if name == symbol.name:
        return []
    edits = _edits(snapshot, symbol, name)
    if symbol.kind == "entity":
        edits += _derived(snapshot, taken(snapshot, edits))
    after = taken(snapshot, edits)
    _compare(snapshot, after, symbol, name)
    return sorted(edits)


def applied(text: str, edits: list[Edit]) -> str:
    """A text after edits that do not overlap."""
    for span, replacement in sorted(edits, reverse=True):
        text = text[: span.start] + replacement + text[span.end :]
    return text


def taken(snapshot: Snapshot, edits: list[Edit]) -> Snapshot:
    return take(Source(snapshot.source.name, applied(snapshot.text, edits)))


def _edits(snapshot: Snapshot, symbol: Symbol, name: str) -> list[Edit]:
    edits: dict[Span, str] = {}
    for use in snapshot.uses.named(symbol):
        if snapshot.text[use.span.start : use.span.end] == symbol.name:
            edits[use.span] = {"name": f"{name}: {symbol.name}", "value": f"{symbol.name}: {name}"}.get(
                use.entry, name
            )
    return list(edits.items())


def _derived(snapshot: Snapshot, after: Snapshot) -> list[Edit]:
    """The tools, and their parameters, that are derived from an entity and named after it."""
    edits: list[Edit] = []
    old, new = list(snapshot.model.tools.values()), list(after.model.tools.values())
    if len(old) != len(new):
        return []
    for one, other in zip(old, new, strict=True):
        if one.derived_from:
            if one.name != other.name:
                edits += _edits(snapshot, Symbol("tool", one.name, "", one.span), other.name)
            edits += _params(snapshot, one, other)
    return edits


def _params(snapshot: Snapshot, old: ToolModel, new: ToolModel) -> list[Edit]:
    edits: list[Edit] = []
    for one, other in zip(old.params, new.params, strict=False):
        if one.name != other.name:
            edits += _edits(snapshot, Symbol("param", one.name, old.name, one.span), other.name)
    return edits


def _compare(before: Snapshot, after: Snapshot, symbol: Symbol, name: str) -> None:
    broken = _news(before.problems, after.problems)
    if broken is not None:
        line = after.source.position(broken.span.start)[0]
        raise Refused(f"`{symbol.name}` cannot be called `{name}`: {broken.title} (line {line}).")
    old, new = _meanings(before.uses.all), _meanings(after.uses.all)
    if old != new:
        place = next(
            (at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), len(old) - 1
        )
        line = before.source.position(before.uses.all[place].span.start)[0]
        raise Refused(f"`{symbol.name}` cannot be called `{name}`: line {line} would mean something else.")


def _news(before: tuple[Diagnostic, ...], after: tuple[Diagnostic, ...]) -> Diagnostic | None:
    """A mistake that was not there before."""
    left = [problem.code for problem in before]
    for problem in after:
        if problem.code in left:
            left.remove(problem.code)
        else:
            return problem
    return None


def _meanings(uses: tuple[Use, ...]) -> list[tuple[int, str]]:
    """Which symbol, counted from the first that is named, each use is of."""
    numbers: dict[Symbol, int] = {}
    return [(numbers.setdefault(use.symbol, len(numbers)), use.symbol.kind) for use in uses]


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeio' else 'a'} {kind}"
