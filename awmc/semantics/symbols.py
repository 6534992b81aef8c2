"""What the names of a spec stand for: one `Symbol` each, and where each is used."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from awmc.semantics.types import Type
from awmc.source import Span

Kind = Literal[
    "env", "enum", "value", "record", "part", "entity", "field", "scope", "shape", "member", "fn", "tool", "action",
    "param", "local", "invariant", "task", "label", "code", "function", "constant", "type", "attribute", "item",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Symbol:
    """A thing with a name. `owner`: what it belongs to (`Visit` of a field, `book_visit` of a parameter,
    `Visit.status` of a state). `span`: where its name is declared; None for what the language brings. A derived tool
    and its parameters stand at the item of `tools` that they are derived from.
    """

    kind: Kind
    name: str
    owner: str = ""
    span: Span | None = None

    def __hash__(self) -> int:
        # Symbols are looked up by the thousand: their texts know their hashes, a span would work out its own.
        return hash((self.kind, self.name, self.owner))


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a symbol is named. `role`: whether it is declared, written or read there. `entry`: it is one half
    of the short form `name` of `name: name`.
    """

    span: Span
    symbol: Symbol
    role: Literal["declared", "written", "read"] = "read"
    entry: Literal["", "name", "value"] = ""


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """All uses of a spec, in the order of the text; `types`: of locals, parameters and rows with a name."""

    all: tuple[Use, ...] = ()
    types: dict[Symbol, Type] = field(default_factory=dict)
    _starts: list[int] = field(default_factory=list)
    _by_symbol: dict[Symbol, list[Use]] = field(default_factory=dict)

    @staticmethod
    def of(uses: Iterable[Use], types: dict[Symbol, Type]) -> Uses:
        """The uses in order, each place and symbol once."""
        ordered: list[Use] = []
        by_symbol: defaultdict[Symbol, list[Use]] = defaultdict(list)
        for use in sorted(uses, key=lambda use: (use.span.start, use.span.end, use.entry, use.symbol.kind)):
            if not ordered or use != ordered[-1]:
                ordered.append(use)
                by_symbol[use.symbol].append(use)
        return Uses(tuple(ordered), types, [use.span.start for use in ordered], dict(by_symbol))

    def at(self, offset: int) -> list[Use]:
        """The uses whose name holds the place or ends there; of the two halves of a short form the value first."""
        last = bisect_right(self._starts, offset)
        found: list[Use] = []
        for use in self.all[max(0, last - 8) : last]:
            if use.span.start <= offset <= use.span.end:
                found.append(use)
        inside = [use for use in found if offset < use.span.end]
        return sorted(inside or found, key=lambda use: use.entry != "value")

    def named(self, symbol: Symbol) -> list[Use]:
        """The uses of a symbol, its declaration too."""
        return self._by_symbol.get(symbol, [])

    def symbols(self) -> list[Symbol]:
        return list(self._by_symbol)
