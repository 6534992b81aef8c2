"""A session under watch: each call that is made is held against all that the build promises."""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import Any

from awmc.fuzz.breach import Breach, Kind
from awmc.fuzz.promises import ALWAYS, Promise, Promises
from awmc.fuzz.rows import Change, Rows
from awmc.runtime import Result, Session, World
from awmc.runtime.tables import Key

_log = logging.getLogger("awmc.runtime")
_SECOND = datetime.timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Observed:
    """What came of a call. `text`: what it answered, or the exception that it raised."""

    result: Result | None
    text: str
    changes: tuple[Change, ...]
    breaches: tuple[Breach, ...]


class _Failures(logging.Handler):
    """Keeps the exceptions that the runtime answers as `internal`."""

    def __init__(self) -> None:
        super().__init__()
        self.last: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.last = record.exc_info[1]


_failures = _Failures()


@contextmanager
def failures_kept() -> Iterator[None]:
    """In here what tools raise is kept for who watches, and not logged."""
    passed_on = _log.propagate
    _log.addHandler(_failures)
    _log.propagate = False
    try:
        yield
    finally:
        _log.removeHandler(_failures)
        _log.propagate = passed_on


class Watch:
    """`rows`: all of the world, as the last call has left them."""

    def __init__(self, promises: Promises, actor: Key | None = None) -> None:
        self.promises = promises
        self.session: Session = promises.world.session(actor=actor)
        self._fresh = self._read()
        self.rows: Rows = self._fresh

    def reset(self) -> None:
        """Back to the untouched world."""
        self.session.reset()
        self.rows = self._fresh

    def close(self) -> None:
        self.session.close()

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Observed:
        """Makes one call. Never raises for what the world does."""
        promise = self.promises.tools[tool]
        connection = self.session.connection
        written, ended = connection.total_changes(), self.session.ended or not self._actor_lives()
        due = datetime.datetime.fromisoformat(self.session.now) + _SECOND
        _failures.last = None
        result: Result | None = None
        breaches: list[Breach] = []
        try:
            result = self.session.call(tool, arguments)
            text = result.text
        except Exception as error:
            _failures.last = error
            text = raised(error)
            breaches.append(_internal(promise, error))
        else:
            breaches += self._of_answer(promise, result, ended)
        changes: tuple[Change, ...] = ()
        if connection.total_changes() != written:
            before, self.rows = self.rows, self._read()
            changes = tuple(self.promises.reader.changes(before, self.rows))
            refused = result is None or not result.ok
            breaches += self._of_changes(promise, changes, refused, before)
        if datetime.datetime.fromisoformat(self.session.now) != due:
            breaches.append(
                Breach(
                    "clock", tool, "", f"moved the clock to {self.session.now} instead of {due.isoformat()}"
                )
            )
        return Observed(result, text, changes, tuple(breaches))

    def _of_answer(self, promise: Promise, result: Result, ended: bool) -> Iterator[Breach]:
        """What is wrong with an answer, whatever it did."""
        tool = promise.name
        try:
            value = result.value
            result.text.encode("utf-8")
        except ValueError as error:
            yield Breach("malformed", tool, "", f"answered what is no JSON in UTF-8: {error}")
            return
        if ended and (result.ok or value["error"]["code"] != "ended"):
            yield Breach("not_ended", tool, "", "went on after the conversation was handed over")
        if result.ok:
            if not promise.output.is_valid(value):
                wrong = next(promise.output.iter_errors(value))
                path = "".join(
                    f"[{part}]" if isinstance(part, int) else f".{part}" for part in wrong.instance_path
                )
                at = f", at {path.lstrip('.')}" if path else ""
                inside = ".".join(str(part) for part in wrong.instance_path if not isinstance(part, int))
                what = f"answered what its output schema does not allow{at}: {wrong.message}"
                yield Breach("wrong_output", tool, inside, what)
            return
        code, message = value["error"]["code"], value["error"]["message"]
        if code == "internal":
            yield _internal(promise, _failures.last)
        elif code not in promise.codes | ALWAYS and not (ended and code == "ended"):
            yield Breach("undeclared_code", tool, code, f"answered {code}, which it does not declare")
        else:
            yield from self._of_guard(promise, code, message)
        if not message.strip():
            yield Breach("malformed", tool, code, f"answered {code} without a message")

    def _of_guard(self, promise: Promise, code: str, message: str) -> Iterator[Breach]:
        """A refusal that stems from no `require`."""
        tool = promise.name
        if code == "invariant_violated":
            name = self.promises.guards.get(message, "")
            yield Breach(
                "guarded_by_invariant", tool, name, f"is held back by the invariant {name} alone: {message}"
            )
        elif (code, message) in self.promises.constraints and not promise.says(code):
            constraint = str(self.promises.constraints[code, message])
            what = f"is held back by {constraint} alone: {message}"
            yield Breach("guarded_by_constraint", tool, constraint, what)

    def _actor_lives(self) -> bool:
        world = self.promises.world
        if world.actor is None or not world.actor_may_go:
            return True
        table = world.tables.by_entity[world.actor_entity]
        place = table.key_places[0]
        return any(row[place] == self.session.me for row in self.rows[table.name])

    def _read(self) -> Rows:
        return self.promises.reader.read(self.session.connection)

    def _of_changes(
        self, promise: Promise, changes: tuple[Change, ...], refused: bool, before: Rows
    ) -> Iterator[Breach]:
        tool = promise.name
        if refused or promise.reads_only:
            if changes:
                kind: Kind = "changed_by_failure" if refused else "changed_by_reading"
                what = (
                    f"{'was refused' if refused else 'is said to read only'}, and changed {told(changes[0])}"
                )
                yield Breach(kind, tool, changes[0].table.name, what)
            elif self.rows[""] != before[""]:
                yield Breach("changed_by_failure", tool, "", "was refused, and used up an id")
        touched = {change.table.name for change in changes}
        if not touched:
            return
        yield from _undeclared(promise, changes)
        yield from self._states(promise, changes)
        execute = self.session.connection.cursor().execute
        for name, _, referred, _ in execute("PRAGMA foreign_key_check").fetchall():
            what = f"left a row of {name} that refers to no row of {referred}"
            yield Breach("dangling", tool, str(name), what)
        for truth in self.promises.truths:
            if touched & truth.tables and (broken := execute(truth.sql).fetchall()):
                yield Breach(
                    "invariant_broken",
                    tool,
                    truth.invariant.name,
                    f"broke the invariant {truth.invariant.name}{self._of(truth.invariant.entity, broken)}",
                )

    def _of(self, entity: str, broken: list[Any]) -> str:
        """The rows of which an invariant does not hold."""
        if not entity:
            return ""
        table = self.promises.world.tables.by_entity[entity]
        keys = [str(table.wire_key(row[0])) for row in broken]
        shown = ", ".join(keys[:3])
        return (
            f": it does not hold of {entity} {shown}{f' and {len(keys) - 3} more' if len(keys) > 3 else ''}"
        )

    def _states(self, promise: Promise, changes: tuple[Change, ...]) -> Iterator[Breach]:
        for change in changes:
            for states in self.promises.states.get(change.table.name, ()):
                if change.after is None:
                    continue
                new = change.after[states.place]
                moves = promise.moves.get(f"{change.table.entity}.{states.column}", 0)
                source = states.first if change.before is None else change.before[states.place]
                if new is None or source is None or new in states.reachable(source, moves):
                    continue
                moved = "made one that is" if change.before is None else f"moved one from {source} to"
                yield Breach(
                    "illegal_state",
                    promise.name,
                    f"{change.table.entity}.{states.column}",
                    f"broke the states of {change.table.entity}.{states.column}: it {moved} {new}",
                )


def _internal(promise: Promise, error: BaseException | None) -> Breach:
    if error is None:
        return Breach("internal", promise.name, "", "failed unexpectedly")
    frames = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).name == "tools.py"]
    at = f", in line {frames[-1].lineno} of tools.py" if frames else ""
    said = str(error).partition("\n")[0]
    return Breach(
        "internal", promise.name, type(error).__name__, f"failed: {type(error).__name__}: {said}{at}"
    )


def _undeclared(promise: Promise, changes: tuple[Change, ...]) -> Iterator[Breach]:
    """Changes that the tool is not said to make."""
    if promise.reads_only:
        return
    for change in changes:
        table = change.table.name
        if change.before is None:
            found = [] if table in promise.made else [table]
        elif change.after is None:
            found = [] if table in promise.deleted else [table]
        else:
            found = [
                f"{table}.{column}"
                for column in change.columns()
                if f"{table}.{column}" not in promise.changed and table not in promise.made
            ]
        for place in found:
            yield Breach(
                "undeclared_change", promise.name, place, f"changed what it is not said to: {told(change)}"
            )


def texts_of(world: World, actor: Key | None, calls: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """What the calls answer in a fresh copy of a world."""
    found = []
    with world.session(actor=actor) as session:
        for tool, arguments in calls:
            try:
                found.append(session.call(tool, arguments).text)
            except Exception as error:
                found.append(raised(error))
    return found


def raised(error: Exception) -> str:
    """What stands for the answer of a call that raised."""
    return f"{type(error).__name__}: {error}"


def told(change: Change) -> str:
    """`Visit 3: status from "booked" to "done"`."""
    table = change.table
    row = change.after if change.after is not None else change.before
    assert row is not None
    keys = [row[place] for place in table.key_places]
    name = f"{table.entity} {table.wire_key(keys[0])}" if table.entity else f"{table.name} {keys}"
    if change.before is None:
        return f"{name}, which it made"
    if change.after is None:
        return f"{name}, which it deleted"
    parts = [
        f"{column.field} from {_shown(old)} to {_shown(new)}"
        for column, old, new in zip(table.columns, change.before, change.after, strict=True)
        if old != new
    ]
    return f"{name}: {', '.join(parts)}"


def _shown(value: Any) -> str:
    return (
        json.dumps(value, ensure_ascii=False)
        if isinstance(value, (str, int, float, type(None)))
        else repr(value)
    )
