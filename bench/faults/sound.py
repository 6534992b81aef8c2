"""A sound spec and what can be changed in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random

from msgspec import Struct

from awmc.ir import codec
from awmc.pipeline import compile_source
from awmc.source import Source, Span
from awmc.syntax import ast
from awmc.syntax.lalr import Parse
from awmc.syntax.parse import parse
from awmc.syntax.tokens import Token, tokenize


@dataclass(frozen=True, slots=True)
class Change:
    """The characters from `start` to `end` replaced by `text`: one fault.

    `mends`: what an author has to write instead, any of them; `also`: other places of the sound text at which it is as
    right to be told.
    """

    start: int
    end: int
    text: str
    mends: tuple[str, ...]
    also: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sound:
    """A spec without mistakes."""

    name: str
    text: str

    @cached_property
    def spec(self) -> ast.Spec:
        """Its AST; ValueError where it has mistakes of syntax."""
        spec, problems = parse(Source(self.name, self.text))
        if problems:
            raise ValueError(f"{self.name} must be sound: {problems[0].title}")
        return spec

    @cached_property
    def tokens(self) -> list[Token]:
        """Its tokens; the kind of a word is that of a keyword only where it is one."""
        tokens = tokenize(self.text)
        Parse("start").run(tokens)
        return tokens[:-1]

    @cached_property
    def nodes(self) -> list[tuple[ast.Node, tuple[ast.Node, ...]]]:
        """Every node in source order, with those around it, the innermost first."""
        return [pair for item in self.spec.items for pair in _walk(item, ())]

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the text, in texts too."""
        return frozenset("".join(c if c.isalnum() or c == "_" else " " for c in self.text).split())

    @cached_property
    def heads(self) -> list[str]:
        """For each token the keyword of the declaration that it stands in."""
        found, items, at = [], self.spec.items, 0
        for token in self.tokens:
            while at + 1 < len(items) and items[at + 1].span.start <= token.start:
                at += 1
            found.append(self.text[items[at].span.start :].split(None, 1)[0])
        return found

    @cached_property
    def meaning(self) -> bytes:
        """What it compiles to."""
        return meaning(self.name, self.text) or b""

    def line(self, place: int) -> int:
        return self.text.count("\n", 0, place) + 1

    def of(self, span: Span) -> str:
        return self.text[span.start : span.end]


Kind = Callable[[Sound, Random], Iterator[Change]]


def meaning(name: str, text: str) -> bytes | None:
    """The environment that a spec compiles to, saved, but for its line numbers; None where it has errors."""
    environment = compile_source(Source(name, text)).environment
    return None if environment is None else re.sub(rb'"line":\d+', b"", codec.dump(environment).encode())


def _walk(node: ast.Node, around: tuple[ast.Node, ...]) -> Iterator[tuple[ast.Node, tuple[ast.Node, ...]]]:
    yield node, around
    inner = (node, *around)
    for field in node.__struct_fields__:
        value = getattr(node, field)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, Struct) and isinstance(child, ast.Node):
                yield from _walk(child, inner)
