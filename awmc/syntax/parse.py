"""Text to AST."""

from __future__ import annotations

from awmc.diagnostics import Diagnostic, diagnose
from awmc.source import Source, Span
from awmc.syntax import ast
from awmc.syntax.build import Builder
from awmc.syntax.lalr import Parse
from awmc.syntax.tokens import tokenize


def parse(source: Source) -> tuple[ast.Spec, tuple[Diagnostic, ...]]:
    """The AST of a text, and its mistakes of syntax in source order. Where there are any, the AST holds the
    declarations that are sound.
    """
    tokens = tokenize(source.text)
    if len(tokens) == 1:
        place = Span.at(0)
        return ast.Spec(place, ()), (diagnose("AWM016", place, source=source.name),)
    parse = Parse("start")
    if parse.run(tokens) < len(tokens):
        from awmc.syntax.recover import recover

        return recover(source)
    builder = Builder(source.name)
    spec: ast.Spec = builder(parse.tree)
    return spec, tuple(sorted(builder.problems))
