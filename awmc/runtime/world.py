"""A world: what a build holds, ready to give sessions."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from threading import Lock
from types import ModuleType
from typing import Any, get_args

import apsw

from awmc.runtime import functions, offers
from awmc.runtime.database import Database, Reset
from awmc.runtime.definition import Tool
from awmc.runtime.errors import BuildError, UnknownTask
from awmc.runtime.limits import Limits
from awmc.runtime.pool import Pool
from awmc.runtime.session import Session
from awmc.runtime.tables import Key, Tables

PAGE_SIZE = 512
"""Bytes: small pages make a small image, and so small and quick copies of it."""


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """A tool as MCP describes it (`Tool` of the specification): schemas and annotations are JSON Schema and
    plain dicts.
    """

    name: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any]
    annotations: Mapping[str, Any]
    title: str = ""

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> ToolInfo:
        """From MCP's JSON."""
        return cls(
            name=definition["name"],
            description=definition["description"],
            input_schema=definition["inputSchema"],
            output_schema=definition["outputSchema"],
            annotations=definition["annotations"],
            title=definition.get("title", ""),
        )


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """One task instance. `task`: the task of the spec that it is of. `actor`: the key of the acting row, or
    None. `user`: what a simulated user knows and wants. `oracle`: the calls of a reference solution, each
    `{"tool", "arguments"}`, with `"error"` where it must be refused; `answer`: what its final message says,
    or None.
    """

    id: str
    task: str
    instruction: str
    actor: Key | None = None
    policy: str = ""
    user: str = ""
    oracle: tuple[Mapping[str, Any], ...] = ()
    answer: str | None = None

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> TaskInfo:
        """From the JSON of a line of `tasks.jsonl`."""
        return cls(
            id=line["id"],
            task=line["task"],
            instruction=line["instruction"],
            actor=_key(line.get("actor")),
            policy=line.get("policy") or "",
            user=" ".join(line.get("user") or ()),
            oracle=tuple(line.get("oracle") or ()),
            answer=line.get("answer"),
        )


class World:
    """A compiled environment. Nothing in it changes, so that any number of threads may share it; its sessions do.

    `clock`: the first instant, a datetime in text; `beginning`: the same. `digest`: tells this build's data and tools
    from all others. `actor`: the key of the row that the agent acts for, or
    None. `image`: the seeded database, serialised. `definitions`: what runs, by the tools' names; `tools`:
    what an agent is told. `maybe_nothing`: the tools whose row or record may not be there; `actor_may_go`: whether
    a tool can delete the row that the agent acts for.
    """

    def __init__(self, files: Mapping[str, str], where: str) -> None:
        environment = _parsed(files, "env.json")
        self.name: str = environment["name"]
        self.about: str = environment["about"]
        self.policy: str = environment.get("policy", "")
        self.clock: str = environment["clock"]
        self.labels: Mapping[str, Mapping[str, Key]] = environment.get("labels", {})
        actor = environment.get("actor")
        self.actor_entity: str = actor["entity"] if actor else ""
        self.actor: Key | None = _key(actor)
        self.tables = Tables.read(environment)
        self.tools = tuple(ToolInfo.of(tool) for tool in _parsed(files, "tools.json")["tools"])
        self.maybe_nothing = frozenset(tool.name for tool in self.tools if "anyOf" in tool.output_schema)
        self.actor_may_go = any(
            self.tables.by_entity[self.actor_entity].name in tool.get("effects", {}).get("deletes", ())
            for tool in environment.get("tools", ())
            if actor
        )
        lines = files.get("tasks.jsonl", "").splitlines()
        self.tasks = tuple(TaskInfo.of(json.loads(line)) for line in lines)
        self._files = files
        self._where = where
        self.definitions = self._definitions(environment.get("offers", ()))
        self.image = self._image()
        self.beginning = datetime.datetime.fromisoformat(self.clock)
        self.digest = _digest(files)
        self._tasks = {task.id: task for task in self.tasks}
        self._lock = Lock()
        self._untouched = self.connect(1)
        self._untouched.deserialize("main", self.image)

    @classmethod
    def from_artefacts(cls, files: Mapping[str, str], where: str = "") -> World:
        """A world from the texts of a build, by file name: `env.json`, `schema.sql`, `seed.sql`,
        `tools.json`, `tools.py`, and, for tasks, `tasks.jsonl` and `verify.py`. `where`: their folder,
        for messages. Raises `BuildError`.
        """
        try:
            return cls(files, where)
        except KeyError as error:
            raise BuildError(
                f"{where or 'The build'} is not complete: {error.args[0]} is missing."
            ) from error

    def session(
        self,
        task: str | None = None,
        actor: Key | None = None,
        *,
        limits: Limits | None = None,
        reset: Reset = "rollback",
    ) -> Session:
        """A fresh copy of the world, for a task's id, or for free play. `actor`: the key or the label of
        another row than the one that the task, or the environment, names. `limits`: what the session may take.
        `reset`: how it comes back to the untouched world. Raises `UnknownTask`.
        """
        if reset not in get_args(Reset):
            raise ValueError(f"a session is reset by {' or '.join(get_args(Reset))}, not {reset}")
        found, key = self.who(task, actor)
        return Session(self, found, key, limits=limits, take=partial(Database, self, reset))

    def pool(self, size: int = 64) -> Pool:
        """Sessions on kept databases, for batch work: `size` of them are kept between sessions."""
        return Pool(self, size)

    def who(self, task: str | None, actor: Key | None) -> tuple[TaskInfo | None, Key | None]:
        """The task of an id, and the key of the row that acts in it. Raises `UnknownTask`."""
        found = None
        if task is not None:
            found = self._tasks.get(task)
            if found is None:
                raise UnknownTask(task, self._tasks)
        if actor is not None:
            return found, self.labels.get(self.actor_entity, {}).get(str(actor), actor)
        if found is not None and found.actor is not None:
            return found, found.actor
        return found, self.actor

    def connect(self, statements: int = 100) -> apsw.Connection:
        """A new database in memory, empty, that knows the language's functions and checks foreign keys."""
        connection = apsw.Connection(":memory:", statementcachesize=statements)
        # Without it SQLite prepares a statement anew whenever a parameter of its WHERE is bound to another value.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        functions.register(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def copy_to(self, connection: apsw.Connection) -> None:
        """Makes a connection's database the untouched world."""
        with self._lock, connection.backup("main", self._untouched, "main") as copying:
            copying.step(-1)

    def verifier(self, task: str) -> Callable[..., Any]:
        """The function of `verify.py` that judges a task of the spec."""
        with self._lock:  # the module runs once, whichever thread comes first
            found: Callable[..., Any] = self._verifiers.VERIFIERS[task]
        return found

    @cached_property
    def _verifiers(self) -> ModuleType:
        return self._module("verify")

    def _definitions(self, offered: Any) -> Mapping[str, Tool]:
        module = vars(self._module("tools")).values()
        found = [value for value in module if isinstance(value, Tool)]
        found += [offers.offered(offer["kind"], offer["name"]) for offer in offered]
        by_name = {tool.name: tool for tool in found}
        missing = [tool.name for tool in self.tools if tool.name not in by_name]
        if missing or len(by_name) != len(self.tools):
            raise BuildError(
                f"{self._where or self.name}: tools.py and tools.json do not define the same tools."
            )
        return {tool.name: by_name[tool.name] for tool in self.tools}

    def _module(self, name: str) -> ModuleType:
        """A generated module, run under its own name. It is not entered in `sys.modules`: two builds may
        share a name.
        """
        module = ModuleType(f"{self.name}.{name}")
        source = self._files[f"{name}.py"]
        module.__file__ = f"{self._where or self.name}/{name}.py"
        exec(compile(source, module.__file__, "exec", dont_inherit=True), module.__dict__)
        return module

    def _image(self) -> bytes:
        connection = self.connect()
        try:
            connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
            connection.execute("BEGIN")
            connection.execute(self._files["schema.sql"])
            connection.execute(self._files["seed.sql"])
            connection.execute("COMMIT")
            return bytes(connection.serialize("main"))
        except apsw.Error as error:
            raise BuildError(f"The database of {self.name} could not be made: {error}.") from error
        finally:
            connection.close()


def _digest(files: Mapping[str, str]) -> str:
    """Of all that decides what calls answer."""
    texts = "\0".join(files[name] for name in ("env.json", "schema.sql", "seed.sql", "tools.py"))
    return hashlib.sha256(texts.encode("utf-8")).hexdigest()


def _key(actor: Mapping[str, Any] | Key | None) -> Key | None:
    return actor["key"] if isinstance(actor, Mapping) else actor


def _parsed(files: Mapping[str, str], name: str) -> Any:
    try:
        return json.loads(files[name])
    except json.JSONDecodeError as error:
        raise BuildError(f"{name} is not JSON: {error}.") from error
