"""What is shown of the name under the pointer."""

from __future__ import annotations

from functools import lru_cache

from awmc.lsp import vocabulary
from awmc.lsp.snapshot import Snapshot
from awmc.lsp.sql import Derived, derived
from awmc.lsp.words import describe
from awmc.semantics.symbols import Symbol
from awmc.source import Span

_LONGEST_SQL = 4_000


def hover(snapshot: Snapshot, offset: int) -> tuple[str, Span] | None:
    """Markdown, and the span of the name that it is of."""
    parts: list[str] = []
    place: Span | None = None
    for use, span in snapshot.at(offset):
        code, said = describe(snapshot, use.symbol)
        parts.append(_block("awm", code))
        if said:
            parts.append(said)
        sql = _sql(snapshot, use.symbol)
        if sql:
            parts.append(_block("sql", sql))
        place = span
    if place is None:
        return _keyword(snapshot, offset)
    return "\n\n".join(parts), place


def _keyword(snapshot: Snapshot, offset: int) -> tuple[str, Span] | None:
    for token in snapshot.tokens:
        if token.start <= offset < token.end:
            said = vocabulary.KEYWORDS.get(token.text) if token.kind != "STRING" else None
            return (f"{_block('awm', token.text)}\n\n{said}", token.span) if said else None
    return None


def _sql(snapshot: Snapshot, symbol: Symbol) -> str:
    if symbol.kind not in ("entity", "tool", "action", "invariant", "field"):
        return ""
    found = _derived(snapshot)
    if found is None:
        return ""
    match symbol.kind:
        case "entity":
            sql = found.entity(snapshot.model.entities[symbol.name].table)
        case "tool" | "action":
            sql = found.tool(symbol.name)
        case "invariant":
            sql = found.invariant(symbol.name)
        case _:
            sql = _column(found, snapshot, symbol)
    return sql if len(sql) <= _LONGEST_SQL else f"{sql[:_LONGEST_SQL].rpartition(chr(10))[0]}\n-- …"


def _column(found: Derived, snapshot: Snapshot, symbol: Symbol) -> str:
    table = found.entity(snapshot.model.entities[symbol.owner].table)
    lines = [line.strip() for line in table.splitlines()]
    return next(
        (line.rstrip(",") for line in lines if line.startswith((f"{symbol.name} ", f'"{symbol.name}" '))), ""
    )


@lru_cache(maxsize=8)
def _derived(snapshot: Snapshot) -> Derived | None:
    return derived(snapshot)


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"
