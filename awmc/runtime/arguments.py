"""What is wrong with the arguments of a call, in words that a model can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from awmc.runtime.errors import Refused
from awmc.runtime.values import Kind, Stored, compile_pattern, number_text, text_of

_SHOWN = 60
"""Characters of a refused value that a message repeats."""


def invalid_arguments(error: ValidationError, parameters: Iterable[str]) -> Refused:
    """The refusal for arguments that a model of parameters did not accept: one sentence for each mistake."""
    return Refused(
        "invalid_arguments",
        " ".join(_sentence(mistake, parameters) for mistake in error.errors(include_url=False)),
    )


def _sentence(mistake: ErrorDetails, parameters: Iterable[str]) -> str:
    path = _path(mistake["loc"])
    match mistake["type"]:
        case "missing":
            return f"`{path}` is required."
        case "extra_forbidden" if len(mistake["loc"]) == 1:
            known = ", ".join(f"`{name}`" for name in parameters)
            return f"There is no parameter `{path}`; " + (
                f"the parameters are {known}." if known else "there are none."
            )
        case "extra_forbidden":
            return f"`{path}` is not a known part."
    return f"`{path}` {_should(mistake)}{_given(mistake['input'])}."


def _should(mistake: ErrorDetails) -> str:
    context = mistake.get("ctx", {})
    match mistake["type"]:
        case "greater_than_equal":
            return f"should be at least {_bound(context['ge'])}"
        case "less_than_equal":
            return f"should be at most {_bound(context['le'])}"
        case "string_too_short":
            return f"should have at least {_count(context['min_length'], 'character')}"
        case "string_too_long":
            return f"should have at most {_count(context['max_length'], 'character')}"
        case "too_short":
            return f"should have at least {_count(context['min_length'], 'element')}"
        case "too_long":
            return f"should have at most {_count(context['max_length'], 'element')}"
        case "string_pattern_mismatch":
            return f"should match the pattern {context['pattern']}"
        case "string_type":
            return "should be a text"
        case "int_type" | "int_from_float":
            return "should be a whole number"
        case "float_type" | "finite_number":
            return "should be a number"
        case "bool_type":
            return "should be true or false"
        case "list_type":
            return "should be a list"
        case "model_type" | "dict_type" | "model_attributes_type":
            return "should be an object"
    return re.sub(r"^(Input|String|List) should", "should", mistake["msg"])


def _bound(value: Any) -> str:
    """An end of a range: `100` for the float 100.0, dates and texts as they are."""
    return number_text(value) if isinstance(value, (int, float)) else str(value)


def _given(value: Any) -> str:
    """`, but is 70`, where the value is a short scalar."""
    if isinstance(value, (list, dict)):
        return ""
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return f", but is {shown}" if len(shown) <= _SHOWN else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _path(parts: tuple[int | str, ...]) -> str:
    """`lines[0].qty`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).removeprefix(".")


def check_range(name: str, value: Stored, low: Any, high: Any, kind: Kind = "int") -> None:
    """Refuses a stored value of `kind` below `low` or above `high` (None: open). Null is in every range."""
    if value is None:
        return
    if low is not None and value < low:
        end = f"at least {text_of(kind, low)}"
    elif high is not None and value > high:
        end = f"at most {text_of(kind, high)}"
    else:
        return
    raise Refused("invalid_arguments", f"`{name}` should be {end}, but is {text_of(kind, value)}.")


def check_length(name: str, value: str | list[Any] | None, low: int | None, high: int | None) -> None:
    """Refuses a text or a list that is shorter than `low` or longer than `high` (None: open)."""
    if value is None:
        return
    noun = "character" if isinstance(value, str) else "element"
    if low is not None and len(value) < low:
        raise Refused("invalid_arguments", f"`{name}` should have at least {_count(low, noun)}.")
    if high is not None and len(value) > high:
        raise Refused("invalid_arguments", f"`{name}` should have at most {_count(high, noun)}.")


def check_match(name: str, value: str | None, pattern: str) -> None:
    """Refuses a text that a regular expression does not match from end to end."""
    if value is None:
        return
    compiled = compile_pattern(pattern)
    if compiled is None or compiled.fullmatch(value) is None:
        raise Refused("invalid_arguments", f"`{name}` should match the pattern {pattern}.")
