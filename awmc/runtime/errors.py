"""What can go wrong with a world, for those who hold it. What an agent's call answers is data: `Result`."""

from __future__ import annotations

from collections.abc import Iterable


class BuildError(Exception):
    """A build cannot be used; the message says why, and what helps."""


class UnknownTool(LookupError):
    """The world has no tool of this name. A host's mistake: a call of it is no call, and the clock stands."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"Unknown tool: {name}. The tools are: {', '.join(known)}.")


class UnknownTask(LookupError):
    """The world has no task of this id."""

    def __init__(self, task: str, known: Iterable[str]) -> None:
        self.task = task
        super().__init__(f"Unknown task: {task}. The tasks are: {', '.join(known)}.")


class SessionClosed(RuntimeError):
    """A session was used after it was closed."""


class SnapshotError(ValueError):
    """A snapshot cannot be restored, or read; the message says why."""


class Refused(Exception):
    """Ends a call: it is rolled back, and answers this error.

    Codes that come by themselves: invalid_arguments, not_found, conflict, check_failed, in_use, illegal_move,
    invariant_violated, limit_exceeded, ended, invalid_expression, internal. All others are the spec's own.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")
