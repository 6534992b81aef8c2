"""Habits from other languages, and slips: what a parse that stopped was most likely meant to read.

Each rule looks at one kind of mistake and answers with a `Mend`, or with None where it is something else. The first
that knows an answer is taken, so a rule may trust that those before it do not apply.
"""

from __future__ import annotations

from collections.abc import Callable

from awmc.syntax.failure import Failure, Mend
from awmc.syntax.habits.brackets import (
    behind_the_end,
    extra_comma,
    missing_colon,
    missing_comma,
    unclosed_bracket,
    unopened_bracket,
)
from awmc.syntax.habits.numbers import (
    bare_point,
    foreign_bounds,
    moment_apart,
    open_point,
    quoted_duration,
    signed,
    two_points,
    unit_apart,
)
from awmc.syntax.habits.order import (
    missing_where,
    range_behind_default,
    text_before_code,
    text_behind_head,
    text_in_body,
    type_before_name,
)
from awmc.syntax.habits.otherwise import unexpected
from awmc.syntax.habits.signs import (
    assign_for_equals,
    chained_comparison,
    lambdas,
    method_call,
    order_by_comma,
    semicolon,
    ternary,
)
from awmc.syntax.habits.sql import constraint, select
from awmc.syntax.habits.trial import misspelt_keyword
from awmc.syntax.habits.types import empty_bounds, foreign_type, misplaced_default, misplaced_optional
from awmc.syntax.habits.words import (
    LACKING,
    foreign_create,
    foreign_operator_word,
    missing_else,
    name_style,
    unknown_clause,
    unknown_statement,
    upper_word,
)

__all__ = ["LACKING", "RULES", "find_mend", "unexpected"]

Rule = Callable[[Failure], Mend | None]

RULES: tuple[Rule, ...] = (
    semicolon,
    lambdas,
    method_call,
    ternary,
    empty_bounds,
    misplaced_optional,
    foreign_type,
    misplaced_default,
    assign_for_equals,
    chained_comparison,
    order_by_comma,
    constraint,
    select,
    upper_word,
    foreign_create,
    foreign_operator_word,
    bare_point,
    open_point,
    two_points,
    unit_apart,
    quoted_duration,
    signed,
    foreign_bounds,
    moment_apart,
    range_behind_default,
    text_behind_head,
    text_in_body,
    text_before_code,
    missing_where,
    type_before_name,
    name_style,
    misspelt_keyword,
    missing_else,
    unknown_statement,
    unknown_clause,
    extra_comma,
    unclosed_bracket,
    unopened_bracket,
    behind_the_end,
    missing_comma,
    missing_colon,
)


def find_mend(failure: Failure) -> Mend | None:
    """What the first rule says that knows the mistake."""
    for rule in RULES:
        mend = rule(failure)
        if mend is not None:
            return mend
    return None
