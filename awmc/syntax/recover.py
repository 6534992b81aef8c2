"""What is wrong with a text that does not parse."""

from __future__ import annotations

from awmc.diagnostics import Diagnostic, diagnose
from awmc.source import Source
from awmc.syntax import ast
from awmc.syntax.lalr import Parse
from awmc.syntax.tokens import tokenize


def recover(source: Source) -> tuple[ast.Spec, tuple[Diagnostic, ...]]:
    tokens = tokenize(source.text)
    at = Parse("start").run(tokens)
    token = tokens[at]
    found = diagnose("AWM002", token.span, source=source.name, expected="something else", found=f"`{token.text}`")
    return ast.Spec(token.span, ()), (found,)
