"""The ready-made tool ``calculate``: exact arithmetic over decimals.

    sum    = product { ("+" | "-") product }
    product = signed { ("*" | "/" | "%") signed }
    signed = { "+" | "-" } ( decimal | "(" sum ")" )

``%`` takes the divisor's sign, as everywhere in a world. The arithmetic is that of fractions, so 0.1 + 0.2
is 0.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final

MAX_LENGTH: Final = 1000
MAX_DEPTH: Final = 50
_TOKEN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+|[-+*/%()])")


class InvalidExpression(ValueError):
    """What was asked for is no expression, divides by zero, or has no value that a number can hold."""


def calculate(expression: str) -> int | float:
    """The value of an expression: an int where it is whole, else the nearest float. Raises
    `InvalidExpression`.

    >>> calculate("3 * (19.99 + 0.01) - -7 % 4")
    59
    >>> calculate("1 / 8")
    0.125
    """
    tokens = _tokens(expression)
    value, rest = _sum(tokens, 0, 0)
    if rest < len(tokens):
        raise InvalidExpression(f"Unexpected {tokens[rest]!r}.")
    try:
        number = float(value)
    except OverflowError:
        raise InvalidExpression("The result is too large.") from None
    return int(value) if value.denominator == 1 else number


def _tokens(expression: str) -> list[str]:
    if len(expression) > MAX_LENGTH:
        raise InvalidExpression(f"The expression is longer than {MAX_LENGTH} characters.")
    tokens, place = [], 0
    text = expression.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            unknown = text[place:].lstrip()[0]
            raise InvalidExpression(f"Unexpected {unknown!r}: only decimals, + - * / % and parentheses.")
        tokens.append(match[1])
        place = match.end()
    return tokens


def _sum(tokens: list[str], place: int, depth: int) -> tuple[Fraction, int]:
    return _chain(tokens, place, depth, "+-", _product)


def _product(tokens: list[str], place: int, depth: int) -> tuple[Fraction, int]:
    return _chain(tokens, place, depth, "*/%", _signed)


def _chain(
    tokens: list[str],
    place: int,
    depth: int,
    operators: str,
    operand: Callable[[list[str], int, int], tuple[Fraction, int]],
) -> tuple[Fraction, int]:
    value, place = operand(tokens, place, depth)
    while place < len(tokens) and tokens[place] in operators:
        sign = tokens[place]
        right, place = operand(tokens, place + 1, depth)
        value = _apply(sign, value, right)
    return value, place


def _apply(sign: str, left: Fraction, right: Fraction) -> Fraction:
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    if right == 0:
        raise InvalidExpression("Division by zero.")
    return left / right if sign == "/" else left % right


def _signed(tokens: list[str], place: int, depth: int) -> tuple[Fraction, int]:
    negative = False
    while place < len(tokens) and tokens[place] in "+-":
        negative ^= tokens[place] == "-"
        place += 1
    if place == len(tokens):
        raise InvalidExpression("The expression ends too early.")
    token = tokens[place]
    if token == "(":
        if depth == MAX_DEPTH:
            raise InvalidExpression(f"Parentheses are nested deeper than {MAX_DEPTH}.")
        value, place = _sum(tokens, place + 1, depth + 1)
        if place == len(tokens) or tokens[place] != ")":
            raise InvalidExpression("A closing parenthesis is missing.")
    elif token[0] in "0123456789.":
        value = Fraction(token)
    else:
        raise InvalidExpression(f"Unexpected {token!r}.")
    return (-value if negative else value), place + 1
