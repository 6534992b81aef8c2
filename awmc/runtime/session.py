"""A session: one agent in its own copy of a world."""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import apsw

from awmc.runtime import constraints, diff
from awmc.runtime.call import Call
from awmc.runtime.definition import OK, Json, Tool
from awmc.runtime.errors import Refused, UnknownTool
from awmc.runtime.tables import Key

if TYPE_CHECKING:
    from awmc.runtime.verdict import Verdict
    from awmc.runtime.world import TaskInfo, ToolInfo, World

_log = logging.getLogger("awmc.runtime")
_SECOND = datetime.timedelta(seconds=1)
_STATEMENTS = 512
"""Prepared statements that a connection keeps."""


class Result:
    """What a call answers. `text`: compact JSON, of the result or of `{"error": {"code", "message"}}`."""

    __slots__ = ("_value", "error", "ok", "text")

    def __init__(self, text: str, error: Mapping[str, str] | None = None) -> None:
        self.text = text
        self.error = error
        self.ok = error is None
        self._value: dict[str, Any] | None = None

    @classmethod
    def refused(cls, code: str, message: str) -> Result:
        error = {"code": code, "message": message}
        return cls(json.dumps({"error": error}, ensure_ascii=False, separators=(",", ":")), error)

    @property
    def value(self) -> dict[str, Any]:
        """The JSON object of `text`: the result in wire form, or the error."""
        if self._value is None:
            self._value = json.loads(self.text)
        return self._value

    def __repr__(self) -> str:
        return f"Result({'ok' if self.ok else 'refused'}: {self.text})"


@dataclass(frozen=True, slots=True)
class Entry:
    """One call in the log: what was called, with what, what it answered, and the world's instant then."""

    tool: str
    arguments: Mapping[str, Any]
    result: Result
    now: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a session, to come back to."""

    depth: int
    instant: datetime.datetime
    calls: int
    ended: bool


class Session:
    """A world's copy that changes by tool calls alone. `World.session` makes one; it serves one thread at a
    time.

    `task`: what the agent is asked, or None. `me`: the key of the actor's row, or None. `connection`: the
    database, for those who judge; an agent sees only what `call` answers.
    """

    def __init__(self, world: World, task: TaskInfo | None, me: Key | None) -> None:
        self.world = world
        self.task = task
        self.me = me
        self.connection = world.connect(_STATEMENTS)
        self._recording: apsw.Session | None = None
        self._changes: tuple[diff.Change, ...] | None = None
        self.reset()

    # ---- The agent's side

    @property
    def tools(self) -> tuple[ToolInfo, ...]:
        return self.world.tools

    @property
    def instruction(self) -> str:
        return self.task.instruction if self.task else ""

    @property
    def policy(self) -> str:
        return self.task.policy or self.world.policy if self.task else self.world.policy

    def call(self, name: str, arguments: Mapping[str, Any] | None = None) -> Result:
        """Calls a tool with arguments in wire form. One transaction: at any error nothing has changed, and
        the error is the result. The world's clock moves one second as it begins. Raises `UnknownTool`.
        """
        tool = self.world.definitions.get(name)
        if tool is None:
            raise UnknownTool(name, self.world.definitions)
        given = dict(arguments or {})
        call = self._call
        self._changes = None
        self._instant += _SECOND
        call.now = self._instant.isoformat()
        try:
            if call.ended:
                raise Refused(
                    "ended", "The conversation was handed over to a person; nothing more can be done."
                )
            result = Result(self._run(tool, given))
        except Refused as refused:
            result = Result.refused(refused.code, refused.message)
        except Exception:
            if not self.connection.in_transaction:
                raise  # out of memory, SQLite has given up the session's world: nothing can go on
            _log.exception("tool %s of %s failed", name, self.world.name)
            result = Result.refused("internal", "The tool failed unexpectedly. Nothing was changed.")
        self._entries.append(Entry(name, given, result, call.now))
        return result

    def _run(self, tool: Tool, given: dict[str, Any]) -> Json:
        arguments = tool.arguments(given)
        for path, rows in tool.rows.items():
            for key in _keys(arguments, path.split(".")):
                self._call.check_row(rows, key)
        if not tool.writes:
            return tool.body(self._call, **arguments) or OK
        execute = self.connection.execute
        execute("SAVEPOINT tool_call")
        try:
            answer = tool.body(self._call, **arguments) or OK
            for invariant in tool.checks:
                if self._call.rows(invariant.sql):
                    raise Refused("invariant_violated", invariant.about)
        except BaseException as error:
            if self.connection.in_transaction:
                execute("ROLLBACK TO tool_call")
                execute("RELEASE tool_call")
            if isinstance(error, apsw.ConstraintError):
                refused = constraints.refusal(error, self.world.tables)
                if refused is not None:
                    raise refused from None
            raise
        execute("RELEASE tool_call")
        return answer

    # ---- The judge's side

    @property
    def now(self) -> str:
        """The world's instant: that of the last call, or the clock where there was none."""
        return self._instant.isoformat()

    @property
    def ended(self) -> bool:
        """Whether the agent handed over to a person."""
        return self._call.ended

    @property
    def log(self) -> tuple[Entry, ...]:
        """The calls since the session began, refused ones too."""
        return tuple(self._entries)

    def diff(self) -> tuple[diff.Change, ...]:
        """What differs from the untouched world."""
        if self._changes is None:
            assert self._recording is not None
            self._changes = diff.changes(self._recording.changeset(), self.world.tables)
        return self._changes

    def verify(self, answer: str | None = None) -> Verdict:
        """Judges what was done, and the final message `answer`, by the session's task."""
        from awmc.runtime.verdict import judge

        if self.task is None:
            raise ValueError("this session has no task to be judged by")
        return judge(self.world.verifier(self.task.task), self, answer)

    # ---- Beginning and end

    def reset(self) -> None:
        """Back to the untouched world: clock, log and all."""
        self._restore()
        self._call = Call(self.connection, self.world.tables, self.me)
        self._instant = datetime.datetime.fromisoformat(self.world.clock)
        self._entries: list[Entry] = []
        self._changes = None
        self._marks = 0

    def mark(self) -> Mark:
        """Marks the session as it is now, so that several runs can go on from here: see `back`."""
        found = Mark(self._marks, self._instant, len(self._entries), self._call.ended)
        self.connection.execute(f"SAVEPOINT mark_{self._marks}")
        self._marks += 1
        return found

    def back(self, mark: Mark) -> None:
        """Back to a mark, as often as is wanted; the marks made after it are gone, and `reset` ends them all.
        Raises ValueError for one that is gone.
        """
        if mark.depth >= self._marks:
            raise ValueError("this mark is gone: the session was reset, or went back to an earlier one")
        self.connection.execute(f"ROLLBACK TO mark_{mark.depth}")
        self._marks = mark.depth + 1
        self._changes = None
        self._instant = mark.instant
        del self._entries[mark.calls :]
        self._call.ended = mark.ended

    def _restore(self) -> None:
        """The one place that says how the database comes back. The first time it is copied from the image;
        from then on, all that is done stands in one transaction, which is rolled back: some hundred times
        faster than another copy, and the ids count from where they did. Changes are recorded from here.
        """
        if self._recording is None:
            self.connection.deserialize("main", self.world.image)
        else:
            self._recording.close()
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        self.connection.execute("BEGIN")
        self._recording = apsw.Session(self.connection, "main")
        self._recording.attach()

    def close(self) -> None:
        """Frees the database. A closed session cannot be used."""
        if self._recording is not None:
            self._recording.close()
            self._recording = None
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _keys(value: Any, path: list[str]) -> list[Any]:
    """The keys at a path of the arguments, through lists; those not given are left out."""
    if value is None:
        return []
    if isinstance(value, list):
        return [key for element in value for key in _keys(element, path)]
    if not path:
        return [value]
    return _keys(value.get(path[0]), path[1:])
