"""A session: one agent in its own copy of a world."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import apsw

from awmc.runtime import constraints, diff, functions
from awmc.runtime.call import Call
from awmc.runtime.database import Database
from awmc.runtime.definition import NOTHING, OK, Json, Tool
from awmc.runtime.errors import Refused, SessionClosed, SnapshotError, UnknownTool
from awmc.runtime.limits import CODE, Limits, Stopwatch
from awmc.runtime.log import Entry, Result
from awmc.runtime.snapshot import Snapshot
from awmc.runtime.tables import Key

if TYPE_CHECKING:
    from awmc.runtime.verdict import Verdict
    from awmc.runtime.world import TaskInfo, ToolInfo, World

_log = logging.getLogger("awmc.runtime")


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a session, to come back to."""

    depth: int
    calls: int
    ended: bool


class Session:
    """A world's copy that changes by tool calls alone. `World.session` and `Pool.session` make one.

    It shares nothing with other sessions. Any thread may use it; what two ask at once is done one after the other.

    `task`: what the agent is asked, or None. `me`: the key of the actor's row, or None. `limits`: what it may
    take. `connection`: the database, for those who judge; an agent sees only what `call` answers.
    """

    def __init__(
        self,
        world: World,
        task: TaskInfo | None,
        me: Key | None,
        *,
        limits: Limits | None = None,
        take: Callable[[], Database] | None = None,
        release: Callable[[Database], None] = Database.close,
    ) -> None:
        self.world = world
        self.task = task
        self.me = me
        self.limits = limits or Limits()
        self._take, self._release = take or partial(Database, world), release
        self._lock = RLock()
        self._closed = False
        self._database = self._take()
        self.connection = self._database.connection
        self._call = Call(self.connection, world.tables, me)
        self._stopwatch: Stopwatch | None = None
        if self.limits.seconds is not None:
            self._stopwatch = Stopwatch(self.connection, self.limits.seconds)
            self._call.watch(self._stopwatch)
        self._begin()

    def _begin(self) -> None:
        """The state of a session of the untouched world, beside its database."""
        self._call.ended = False
        self._entries: list[Entry] = []
        self._changes: tuple[diff.Change, ...] | None = ()
        self._marks: list[Mark] = []

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
        the error is the result. The world's clock moves one second as it begins. Raises `UnknownTool`, and
        `SessionClosed`.
        """
        with self._lock:
            self._check_open()
            tool = self.world.definitions.get(name)
            if tool is None:
                raise UnknownTool(name, self.world.definitions)
            if self.limits.calls is not None and len(self._entries) >= self.limits.calls:
                return Result.refused(CODE, f"No more than {self.limits.calls} calls may be made.")
            given = _own(arguments or {})
            now = self._call.now = self._instant(1)
            ended = self._call.ended
            if tool.writes:
                self._changes = None
            try:
                result = self._result(tool, given)
                if not self.connection.in_transaction:
                    # SQLite ends all of it where it is interrupted in a statement that writes, or out of memory.
                    self._rebuild()
                self._entries.append(Entry(name, given, result, now))
            except BaseException:  # Ctrl-C: what is in the log has been, and nothing else
                self._call.ended = ended
                self._rebuild()
                raise
            return result

    def _result(self, tool: Tool, given: dict[str, Any]) -> Result:
        try:
            if self._stopwatch is None:
                return Result(self._run(tool, given))
            return Result(self._timed(tool, given, self._stopwatch))
        except Refused as refused:
            return Result.refused(refused.code, refused.message)
        except Exception:
            _log.exception("tool %s of %s failed", tool.name, self.world.name)
            return Result.refused("internal", "The tool failed unexpectedly. Nothing was changed.")

    def _timed(self, tool: Tool, given: dict[str, Any], stopwatch: Stopwatch) -> Json:
        stopwatch.start()
        try:
            return self._run(tool, given)
        except apsw.InterruptError:
            message = f"The call took longer than {stopwatch.seconds:g} seconds and was stopped. Nothing was changed."
            raise Refused(CODE, message) from None
        finally:
            stopwatch.stop()

    def _actor_lives(self) -> bool:
        table = self.world.tables.by_entity[self.world.actor_entity]
        key, name = table.key[0].replace('"', '""'), table.name.replace('"', '""')
        return bool(self._call.test(f'SELECT EXISTS (SELECT 1 FROM "{name}" WHERE "{key}" = :me)'))

    def _run(self, tool: Tool, given: dict[str, Any]) -> Json:
        call = self._call
        if call.ended:
            raise Refused("ended", "The conversation was handed over to a person; nothing more can be done.")
        if self.world.actor_may_go and not self._actor_lives():
            about = f"The {self.world.actor_entity} that you act for is gone; nothing more can be done."
            raise Refused("ended", about)
        arguments = tool.arguments(given)
        for name, path, rows in tool.ids:
            value = arguments[name]
            if path or value.__class__ is list:
                for key in _keys(value, path):
                    call.check_row(rows, key)
            else:
                call.check_row(rows, value)
        overflows = functions.overflows.count
        try:
            answer = self._changing(tool, arguments) if tool.writes else self._answer(tool, arguments)
        except (Refused, apsw.Error) as error:
            if functions.overflows.count != overflows or constraints.is_overflow(error):
                raise constraints.out_of_bounds() from None
            raise
        if functions.overflows.count != overflows:
            raise constraints.out_of_bounds()
        return answer

    def _answer(self, tool: Tool, arguments: dict[str, Any]) -> Json:
        answer = tool.body(self._call, **arguments) or OK
        if answer is NOTHING and tool.name not in self.world.maybe_nothing:
            raise Refused("not_found", "What this would answer is there no more.")
        return answer if self.limits.result_bytes is None else self._within_limit(answer)

    def _changing(self, tool: Tool, arguments: dict[str, Any]) -> Json:
        """Runs a tool that writes, as one step: at any error nothing is written."""
        call = self._call
        overflows = functions.overflows.count
        call.begin()
        try:
            answer = self._answer(tool, arguments)
            for invariant in tool.checks:
                call.check(invariant)
            if functions.overflows.count != overflows:
                raise constraints.out_of_bounds()
        except apsw.ConstraintError as error:
            call.undo()
            refused = constraints.refusal(error, self.world.tables)
            if refused is None:
                raise
            raise refused from None
        except BaseException:
            call.undo()
            raise
        call.commit()
        return answer

    def _within_limit(self, answer: Json) -> Json:
        most = self.limits.result_bytes
        assert most is not None
        if len(answer) * 4 > most and len(answer.encode("utf-8")) > most:
            raise Refused(CODE, f"The result is longer than {most} bytes. Ask for less at a time.")
        return answer

    def _rebuild(self) -> None:
        """The database as the log has it; marks are gone."""
        self._marks.clear()
        self._replay(self._entries)

    def _replay(self, entries: Sequence[Entry]) -> None:
        """The database as these calls left it, from the untouched world: the same calls always do the same, so
        that those which changed something are all of a state.
        """
        self._database.reset()
        for entry in entries:
            tool = self.world.definitions[entry.tool]
            if tool.writes and entry.result.ok:
                self._call.now = entry.now
                tool.body(self._call, **tool.arguments(dict(entry.arguments)))

    def _check_open(self) -> None:
        if self._closed:
            raise SessionClosed("this session is closed")

    # ---- The judge's side

    @property
    def now(self) -> str:
        """The world's instant: that of the last call, or the clock where there was none."""
        return self._instant(0)

    def _instant(self, more: int) -> str:
        """The world's instant after the calls of the log and `more`: each takes a second."""
        seconds = datetime.timedelta(0, len(self._entries) + more)
        return (self.world.beginning + seconds).isoformat()

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
        with self._lock:
            self._check_open()
            if self._changes is None:
                self._changes = self._database.changes()
            return self._changes

    def verify(self, answer: str | None = None) -> Verdict:
        """Judges what was done, and the final message `answer`, by the session's task."""
        from awmc.runtime.verdict import judge

        if self.task is None:
            raise ValueError("this session has no task to be judged by")
        with self._lock:
            self._check_open()
            return judge(self.world.verifier(self.task.task), self, answer)

    # ---- Coming back

    def reset(self) -> None:
        """Back to the untouched world: clock, log and all."""
        with self._lock:
            self._check_open()
            self._database.reset()
            self._begin()

    def snapshot(self) -> Snapshot:
        """The session as it is now. It stays good whatever the session does later, and when it is closed."""
        with self._lock:
            self._check_open()
            return Snapshot(
                world=self.world.name,
                digest=self.world.digest,
                task=self.task.id if self.task else None,
                actor=self.me,
                now=self.now,
                ended=self.ended,
                log=self.log,
            )

    def restore(self, snapshot: Snapshot) -> None:
        """As the session was, or another of the same world, task and actor, when the snapshot was taken: the same
        calls now give the same bytes as then. It costs what the calls that changed something cost. Marks are
        gone. Raises `SnapshotError`, and nothing has changed, for a snapshot of anything else.
        """
        with self._lock:
            self._check_open()
            self._check_same(snapshot)
            try:
                self._begin()
                self._replay(snapshot.log)
            except BaseException:
                self.reset()
                raise
            self._call.ended = snapshot.ended
            self._entries = list(snapshot.log)
            self._changes = None

    def _check_same(self, snapshot: Snapshot) -> None:
        if snapshot.world != self.world.name:
            raise SnapshotError(
                f"This snapshot is of the world {snapshot.world}; the session's is {self.world.name}."
            )
        if snapshot.digest != self.world.digest:
            raise SnapshotError(f"This snapshot is of another build of {self.world.name}.")
        task = self.task.id if self.task else None
        if snapshot.task != task:
            raise SnapshotError(
                f"This snapshot is of {_task(snapshot.task)}; the session's is {_task(task)}."
            )
        if snapshot.actor != self.me:
            raise SnapshotError(
                f"This snapshot is of the actor {snapshot.actor}; the session's is {self.me}."
            )

    def fork(self) -> Session:
        """Another session that goes on from here, with the same limits; what one does, the other does not see."""
        snapshot = self.snapshot()
        forked = Session(
            self.world, self.task, self.me, limits=self.limits, take=self._take, release=self._release
        )
        forked.restore(snapshot)
        return forked

    def mark(self) -> Mark:
        """Marks the session as it is now, so that several runs can go on from here: see `back`. Cheaper than a
        snapshot, and good in this session only.
        """
        with self._lock:
            self._check_open()
            found = Mark(len(self._marks), len(self._entries), self._call.ended)
            self.connection.execute(f"SAVEPOINT mark_{found.depth}")
            self._marks.append(found)
            return found

    def back(self, mark: Mark) -> None:
        """Back to a mark, as often as is wanted; the marks made after it are gone, and `reset` and `restore` end
        them all. Raises ValueError for one that is gone.
        """
        with self._lock:
            self._check_open()
            if not any(mark is held for held in self._marks):
                raise ValueError("this mark is gone: the session was reset, or went back to an earlier one")
            self.connection.execute(f"ROLLBACK TO mark_{mark.depth}")
            del self._marks[mark.depth + 1 :]
            self._changes = None
            del self._entries[mark.calls :]
            self._call.ended = mark.ended

    def close(self) -> None:
        """Frees the database, or gives it back to its pool. A closed session cannot be used."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._stopwatch is not None:
                self.connection.set_progress_handler(None)
            self._release(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _keys(value: Any, path: Sequence[str]) -> list[Any]:
    """The keys at a path of the arguments, through lists; those not given are left out."""
    if value is None:
        return []
    if isinstance(value, list):
        return [key for element in value for key in _keys(element, path)]
    if not path:
        return [value]
    return _keys(value.get(path[0]), path[1:])


def _own(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A copy that whoever made the call cannot change: the log is what a session's state is made of."""
    given = dict(arguments)
    for value in given.values():
        if value.__class__ is list or value.__class__ is dict:
            return deepcopy(given)
    return given


def _task(task: str | None) -> str:
    return f"the task {task}" if task else "no task"
