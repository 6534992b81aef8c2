"""Text to AST."""

from __future__ import annotations

from lark.exceptions import UnexpectedInput

from awmc.diagnostics import Diagnostic
from awmc.source import Source
from awmc.syntax import ast
from awmc.syntax.build import Builder
from awmc.syntax.grammar import parser
from awmc.syntax.recover import PartError, diagnose_part, recover


def parse(source: Source) -> tuple[ast.Spec, tuple[Diagnostic, ...]]:
    """The AST of a text, and its syntax errors. Where there are errors, the AST holds the declarations that are sound."""
    problems: list[Diagnostic] = []
    builder = Builder(_part_parser(source, problems))
    try:
        tree = parser().parse(source.text, start="start")
        return builder(tree), tuple(problems)
    except UnexpectedInput:
        return recover(source, _part_parser)


def _part_parser(source: Source, problems: list[Diagnostic]):  # type: ignore[no-untyped-def]
    def parse_part(text: str, offset: int) -> ast.Expr:
        try:
            tree = parser().parse(text, start="query")
        except UnexpectedInput as error:
            raise PartError(diagnose_part(source, text, offset, error)) from error
        expression: ast.Expr = Builder(parse_part, offset)(tree)
        return expression

    return parse_part
