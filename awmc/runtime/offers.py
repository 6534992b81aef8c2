"""The ready-made tools that an environment may offer: calculate, think, handoff."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

from awmc.runtime import calculator
from awmc.runtime.call import Call
from awmc.runtime.definition import Json, Tool
from awmc.runtime.values import Length, Parameters, Text


class Calculate(Parameters):
    expression: Annotated[Text, Length(1, calculator.MAX_LENGTH)]


class Think(Parameters):
    thought: Text


class Handoff(Parameters):
    summary: Text


def _calculate(call: Call, expression: str) -> Json:
    try:
        return Json(json.dumps({"value": calculator.calculate(expression)}, separators=(",", ":")))
    except calculator.InvalidExpression as error:
        call.refuse("invalid_expression", str(error))


def _think(call: Call, thought: str) -> None:
    """Changes nothing: the thought stands in the log."""


def _handoff(call: Call, summary: str) -> None:
    call.ended = True


_OFFERS: dict[str, tuple[type[Parameters], Callable[..., Json | None]]] = {
    "calculate": (Calculate, _calculate),
    "think": (Think, _think),
    "handoff": (Handoff, _handoff),
}


def offered(kind: str, name: str) -> Tool:
    """The ready-made tool of this kind (calculate, think, handoff) under the name that the environment
    gives it.
    """
    parameters, body = _OFFERS[kind]
    return Tool(name=name, parameters=parameters, body=body, rows={})
