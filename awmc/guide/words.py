"""What the names of the language mean, a few words each; the names themselves are those of the checker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from awmc.semantics.functions import FUNCTIONS, Signature, result_of
from awmc.semantics.types import Type

ATTRIBUTES: Final[Mapping[str, str]] = {
    "unique": "`@unique`",
    "search": "`@search` text that a derived `list` looks for words in",
    "hidden": "`@hidden` never shown to the agent",
    "computed": "`@computed(e)` derived at each read, never set; `.x` and `self` are of the row",
    "via": "`@via(field)` which reference a relation goes by, where there are two",
    "match": '`@match("[A-Z]{3}")` a pattern of the whole text',
    "untracked": "`@untracked` never counts in tasks",
    "cascade": "`@cascade` on a reference: deleted with its row; else a row that is referred to cannot be deleted",
    "id": "`@id` natural key, a text: given in `create` and seeds, used as the row's id, `.id` means it",
    "many": "`@many` on `[Entity]`: many to many",
}
ENTITY_ATTRIBUTES: Final[Mapping[str, str]] = {
    "unique": "`@@unique(a, b)`, `@@unique(a, where: .status == open)`",
    "check": '`@@check(.to > .from, "…")` of each row alone',
    "scope": "`@@scope(live, .status == open)` names rows: `live E` is then a type and a query",
    "names": "`@@names(shelf, shelves)` singular and plural for derived tools, if the plural is irregular",
    "id": '`@@id("ORD-{n:05}")` the form of the id; else ids are 1, 2, 3 …',
}
AGGREGATES: Final[Mapping[str, str]] = {
    "count": "count(q)",
    "exists": "exists(q)",
    "sum": "sum(q, e)",
    "avg": "avg(q, e)",
    "min": "min(q, e)",
    "max": "max(q, e)",
    "first": "first(q)",
    "min_by": "min_by(q, e)",
    "max_by": "max_by(q, e)",
    "any": "any(q, c)",
    "all": "all(q, c)",
    "list": "list(q, e)",
}
GENERATORS: Final[Mapping[str, str]] = {
    "each": "`each(q)` goes round the rows",
    "pick": "`pick(q)`, `pick(a, b, b)` draw one",
    "spread": "`spread(lo, hi)` draws a number, money, or duration (`clock + spread(1d, 9d)`)",
    "seq": '`seq("A-{n:03}")`, `seq(10)` number from 1 and 10, and `n` is the number in any expression',
    "fake": "`fake(kind)` makes a text up",
}
OFFERS: Final[Mapping[str, str]] = {
    "calculate": "`calculate(expression) -> {value}`",
    "think": "`think(thought)`",
    "handoff": "`handoff(summary)` (every later call answers `ended`)",
}
ERRORS: Final[Mapping[str, str]] = {
    "invalid_arguments": "types, ranges",
    "not_found": "unknown id, or outside the scope",
    "conflict": "unique",
    "check_failed": "`@@check`, range of a column",
    "in_use": "deleting what is referred to",
    "illegal_move": "states",
    "invariant_violated": "an invariant would not hold",
    "ended": "after a handoff",
    "invalid_expression": "calculate",
}


def functions() -> list[str]:
    """The functions, those of one signature together: `lower upper trim (text) -> text`."""
    together: dict[str, list[str]] = {}
    for name, signature in FUNCTIONS.items():
        together.setdefault(_signature(signature, name), []).append(name)
    return [f"{' '.join(names)} {signature}" for signature, names in together.items()]


def _signature(signature: Signature, name: str) -> str:
    args = [_kinds(arg) + ("?" if n >= signature.fewest else "") for n, arg in enumerate(signature.args)]
    given = signature.args[0]
    results = {kind: result_of(name, Type(kind)).kind for kind in given if kind != "list"}
    same = len(results) > 1 and all(kind == result for kind, result in results.items())
    result = "the same" if same else " or ".join(dict.fromkeys(results.values()))
    return f"({', '.join(args)}) -> {result}"


_ANY_OF: Final[Mapping[frozenset[str], str]] = {
    frozenset(("text", "email", "url")): "text",
    frozenset(("text", "email", "url", "list")): "text or list",
    frozenset(("int", "number", "money")): "number",
    frozenset(("date", "datetime")): "moment",
}


def _kinds(kinds: tuple[str, ...]) -> str:
    return _ANY_OF.get(frozenset(kinds)) or (kinds[0] if len(kinds) == 1 else "value")
