"""Where an expression stands: what it may name, what is known not to be null, what it has used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct, field

from awmc.semantics import typed
from awmc.semantics.model import Model
from awmc.semantics.types import Type
from awmc.source import Span

Fact = tuple[Any, ...]
"""A path known not to be null, as nested tuples of places; a `(entity, field)` pair in it is a column it goes
through.
"""


class Context(Struct):
    """`where`: the place in words, for messages. `wire`: values are as an agent sees them (in a `solve`).
    `lenient`: nulls are found by running. `pure`: neither `me` nor `now`. `head`: a call may stand here.
    `given`: collects the optional parameters of the term that is being read; None where `x?` cannot be left
    out.
    """

    model: Model
    where: str
    locals: dict[str, Type] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    frames: list[tuple[typed.Binder, ...]] = field(default_factory=list)
    self_binder: typed.Binder | None = None
    facts: frozenset[Fact] = frozenset()
    given: list[str] | None = None
    labels: bool = False
    wire: bool = False
    lenient: bool = False
    pure: bool = False
    clock: bool = False
    generators: bool = False
    head: bool = False
    calls: str = ""
    """Why a call cannot stand here, or `""` where tools and actions may be called at a head."""
    old: bool = False
    results: dict[str, str] = field(default_factory=dict)
    """Locals that hold the result of a tool."""
    stored: bool = True
    """Whether stored rows may be read here."""

    def report(self, code: str, span: Span, /, **details: Any) -> None:
        self.model.report(code, span, **details)

    @contextmanager
    def framed(self, *binders: typed.Binder) -> Iterator[None]:
        """The rows of a query in scope."""
        self.frames.append(binders)
        try:
            yield
        finally:
            self.frames.pop()

    @contextmanager
    def knowing(self, facts: Iterable[Fact]) -> Iterator[None]:
        """More facts, for a part of an expression."""
        before = self.facts
        self.facts = before | frozenset(facts)
        try:
            yield
        finally:
            self.facts = before

    @contextmanager
    def collecting(self, given: list[str] | None) -> Iterator[None]:
        """Where optional parameters that are left out take a term (or an assignment) with them."""
        before = self.given
        self.given = given
        try:
            yield
        finally:
            self.given = before

    def forget(self, columns: set[tuple[str, str]]) -> None:
        """Drops the facts that go through columns (`*` for all of an entity) that may have been written."""
        if not columns or not self.facts:
            return
        entities = {entity for entity, name in columns if name == "*"}

        def touched(fact: Fact) -> bool:
            return any(
                isinstance(part, tuple) and len(part) == 2 and (part in columns or part[0] in entities)
                for part in fact
            )

        self.facts = frozenset(f for f in self.facts if not touched(f))

    def forget_local(self, name: str) -> None:
        self.facts = frozenset(f for f in self.facts if f[:2] != ("local", name))
