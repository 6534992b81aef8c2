"""`tasks.jsonl`: one line per task instance, keys sorted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct


class OracleCall(Struct, frozen=True):
    """A call of the reference solution. `error`: the code that it must be refused with, or empty."""

    tool: str
    arguments: Mapping[str, Any]
    error: str = ""


class TaskLine(Struct, frozen=True):
    """One task instance, as it is handed to those who run agents. `id`: the task's name, with `.label` where it is for
    each of some rows. `actor`: the key of the acting row, or None. `user`: what a simulated user knows and wants.
    `oracle`: one way to do it. `answer`: what its final message may say, or None."""

    id: str
    task: str
    instruction: str
    actor: int | str | None
    policy: str
    user: tuple[str, ...]
    oracle: tuple[OracleCall, ...]
    answer: str | None


def render(lines: Iterable[TaskLine]) -> str:
    """The file."""
    return "".join(json.dumps(_line(line), ensure_ascii=False, sort_keys=True) + "\n" for line in lines)


def _line(line: TaskLine) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": line.id,
        "task": line.task,
        "instruction": line.instruction,
        "actor": line.actor,
        "user": list(line.user),
        "oracle": [_call(call) for call in line.oracle],
        "answer": line.answer,
    }
    return {**found, "policy": line.policy} if line.policy else found


def _call(call: OracleCall) -> dict[str, Any]:
    found: dict[str, Any] = {"tool": call.tool, "arguments": dict(call.arguments)}
    return {**found, "error": call.error} if call.error else found
