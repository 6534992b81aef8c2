"""All instances of a process: made, found, kept apart, ended."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic, perf_counter, thread_time
from typing import Any, Final, TypeVar
from zlib import crc32

import anyio
from anyio import to_thread

from awmc.runtime import Result, Session, UnknownTask, UnknownTool, World
from awmc.runtime.tables import Key
from awmc.serve.catalogue import Catalogue, Served
from awmc.serve.errors import ServeError, unknown_instance
from awmc.serve.instance import Instance, replayed, state
from awmc.serve.journal import Damaged, DurableError, Journal, NotWritten, journals
from awmc.serve.metrics import Metrics
from awmc.serve.settings import Settings

T = TypeVar("T")

THREADS: Final = 16
"""Slow calls that run at a time."""

_log = logging.getLogger("awmc.serve")


@dataclass(eq=False, slots=True)
class _Dormant:
    """An instance of which there is a journal, and nothing yet in memory."""

    journal: Journal
    since: float
    lock: anyio.Lock = field(default_factory=anyio.Lock)


class Instances:
    """`worker` of `settings.workers`: an id tells which of them its instance is in, see `owner`."""

    def __init__(self, catalogue: Catalogue, settings: Settings, metrics: Metrics, worker: int = 0) -> None:
        self._catalogue = catalogue
        self._settings = settings
        self._metrics = metrics
        self._worker = worker
        # Each worker has its part of them; the parts add up to the whole.
        most, workers = settings.max_instances, settings.workers
        self._most = most // workers + (worker < most % workers)
        self._live: dict[str, Instance] = {}
        self._dormant: dict[str, _Dormant] = {}
        self._coming = 0
        self._threads = anyio.CapacityLimiter(THREADS)

    def __len__(self) -> int:
        return len(self._live) + len(self._dormant) + self._coming

    async def find_journals(self) -> None:
        """Finds the instances of an earlier run. Raises `DurableError` where one is of a world that is not served."""
        if self._settings.durable is None:
            return
        worlds: dict[tuple[str, int], str] = {}
        for name, journal in journals(self._settings.durable):
            if owner(name, self._settings.workers) != self._worker:
                continue
            header = journal.header
            key = header.env, header.world_seed
            if key not in worlds:
                worlds[key] = await self._digest(*key)
            if worlds[key] != header.digest:
                raise DurableError(
                    f"{self._settings.durable} holds instances of {header.env} with world seed {header.world_seed} "
                    "as it was before it was compiled anew. Serve that build again, or name another folder."
                )
            self._dormant[name] = _Dormant(journal, monotonic())

    async def _digest(self, env: str, world_seed: int) -> str:
        try:
            return (await self._catalogue.environment(env).served(world_seed)).world.digest
        except ServeError:
            raise DurableError(
                f"{self._settings.durable} holds instances of {env} with world seed {world_seed}, which is not served. "
                "Serve it too, or name another folder."
            ) from None

    # ---- Making, finding, ending

    async def create(self, env: str, task: str | None, world_seed: int | None, actor: Key | None) -> Instance:
        """A fresh instance. Refuses what there is not, and (`too_many_instances`) one too many."""
        with self._room():
            served = await self._catalogue.environment(env).served(world_seed)
            served.live += 1
            try:
                # Some 0.2 ms, and in a thread several times that.
                instance = self._begun(served, self._session(served, task, actor))
            except BaseException:
                served.live -= 1
                raise
            self._live[instance.id] = instance
        self._metrics.created.labels(env).inc()
        _log.info("instance %s…: created, of %s", instance.id[:6], env)
        return instance

    async def fork(self, instance: Instance) -> Instance:
        """Another instance that goes on from where this one is; the snapshots stay with this one."""
        served = instance.served

        def forked() -> Instance:
            session = instance.session.fork()
            kept = state(session.snapshot()) if self._settings.durable else None
            return self._begun(served, session, *([kept] if kept else []))

        with self._room():
            served.live += 1
            try:
                found = await self.turn(instance, forked)
            except BaseException:
                served.live -= 1
                raise
            self._live[found.id] = found
        self._metrics.created.labels(served.world.name).inc()
        return found

    async def find(self, name: str) -> Instance:
        """The instance of an id. Refuses (`unknown_instance`)."""
        found = self._live.get(name)
        if found is not None:
            found.used = monotonic()
            return found
        dormant = self._dormant.get(name)
        if dormant is None:
            raise unknown_instance()
        async with dormant.lock:
            return self._live.get(name) or await self._waken(name, dormant)

    async def delete(self, instance: Instance) -> None:
        """Ends an instance. Refuses (`unknown_instance`) one that ended meanwhile."""

        def ended() -> None:
            if instance.journal is not None:
                instance.journal.remove()
            instance.closed = True

        await self.turn(instance, ended)
        self._forget(instance, "deleted")

    async def reap(self) -> None:
        """Ends the instances that nobody has used for too long, again and again."""
        while True:
            await anyio.sleep(min(self._settings.idle_timeout / 4, 30.0))
            before = monotonic() - self._settings.idle_timeout
            for instance in list(self._live.values()):
                if instance.used < before and not instance.waiting:
                    with suppress(ServeError):
                        await self.delete(instance)
            for name, dormant in list(self._dormant.items()):
                if dormant.since < before and not dormant.lock.locked():
                    dormant.journal.remove()
                    del self._dormant[name]

    def interrupt(self) -> None:
        """Stops the calls that run."""
        for instance in self._live.values():
            if instance.lock.locked() and not instance.closed:
                instance.session.connection.interrupt()

    # ---- Using

    async def turn(self, instance: Instance, do: Callable[[], T], *, here: bool = False) -> T:
        """Runs `do` when nothing else is done in the instance: in a thread, or, where it is known to be quick, here. A
        client that goes away meanwhile does not stop it: what has begun is ended.
        """
        instance.waiting += 1
        try:
            async with instance.lock:
                if instance.closed:
                    raise unknown_instance()
                return do() if here else await self._in_thread(do)
        except NotWritten as error:
            self._reread(instance)
            _log.error("instance %s…: its journal cannot be written: %s", instance.id[:6], error)
            raise ServeError("not_durable", "What was done could not be kept, and was undone.") from None
        finally:
            instance.waiting -= 1
            instance.used = monotonic()

    async def call(self, instance: Instance, name: str, arguments: Mapping[str, Any]) -> Result:
        """The call of a tool."""
        begin = perf_counter()
        env, paces = instance.served.world.name, instance.served.paces

        def timed() -> Result:
            begin = thread_time()
            try:
                return instance.call(name, arguments)
            finally:
                paces.note(name, thread_time() - begin)

        try:
            result = await self.turn(instance, timed, here=paces.is_quick(name))
        except UnknownTool:
            self._metrics.calls.labels(env, "unknown_tool").inc()
            raise
        self._metrics.calls.labels(env, "ok" if result.ok else "refused").inc()
        self._metrics.call_seconds.labels(env).observe(perf_counter() - begin)
        return result

    # ----

    async def _in_thread(self, do: Callable[[], T]) -> T:
        return await to_thread.run_sync(do, limiter=self._threads)

    def _room(self) -> _Place:
        if len(self) >= self._most:
            raise ServeError(
                "too_many_instances",
                f"There are {self._settings.max_instances} instances, and there may be no more; delete some.",
            )
        return _Place(self)

    def _session(self, served: Served, task: str | None, actor: Key | None) -> Session:
        world = served.world
        if actor is not None:
            actor = existing_actor(world, actor)
        try:
            return world.session(task, actor, limits=self._settings.limits)
        except UnknownTask:
            raise ServeError(
                "unknown_task",
                f"{world.name} has no task {str(task)[:100]!r} in the world of seed {served.world_seed}; "
                f"GET /envs/{world.name}/tasks?world_seed={served.world_seed} lists those that there are.",
            ) from None

    def _begun(self, served: Served, session: Session, *entries: Mapping[str, Any]) -> Instance:
        name = new_id(self._worker, self._settings.workers)
        instance = Instance(name, served, session, None)
        if self._settings.durable is not None:
            try:
                instance.journal = Journal.begin(self._settings.durable, name, instance.header(), *entries)
            except NotWritten as error:
                session.close()
                _log.error("the journal of an instance cannot be written: %s", error)
                raise ServeError("not_durable", "The instance could not be kept, and was not made.") from None
        return instance

    async def _waken(self, name: str, dormant: _Dormant) -> Instance:
        if self._dormant.get(name) is not dormant:
            raise unknown_instance()
        header = dormant.journal.header
        served = await self._catalogue.environment(header.env).served(header.world_seed)
        served.live += 1
        try:
            instance = await self._in_thread(
                lambda: replayed(name, served, dormant.journal, self._settings.limits)
            )
        except (Damaged, UnknownTask, OSError):
            served.live -= 1
            _log.error("instance %s…: its journal is damaged", name[:6])
            raise ServeError(
                "not_restored",
                "The journal of the instance is damaged, or of another version of its world; delete it.",
            ) from None
        except BaseException:
            served.live -= 1
            raise
        self._live[name] = instance
        del self._dormant[name]
        return instance

    def _reread(self, instance: Instance) -> None:
        """Lets what is in memory go: the journal has the last word."""
        if instance.journal is not None and self._live.get(instance.id) is instance:
            self._dormant[instance.id] = _Dormant(instance.journal, monotonic())
            self._forget(instance, "")

    def _forget(self, instance: Instance, reason: str) -> None:
        if self._live.pop(instance.id, None) is not None:
            instance.served.live -= 1
            instance.close()
            if reason:
                self._metrics.ended.labels(instance.served.world.name).inc()
                _log.info("instance %s…: %s", instance.id[:6], reason)

    def discard(self, name: str) -> bool:
        """Removes the journal of an instance that cannot be restored; whether there was one."""
        dormant = self._dormant.pop(name, None)
        if dormant is not None:
            dormant.journal.remove()
        return dormant is not None


class _Place:
    """Holds a place for an instance that is being made."""

    def __init__(self, instances: Instances) -> None:
        self._instances = instances

    def __enter__(self) -> None:
        self._instances._coming += 1

    def __exit__(self, *error: object) -> None:
        self._instances._coming -= 1


def owner(name: str, workers: int) -> int:
    """The worker that an instance lives in; it hangs on the id alone, so that it holds after a restart too."""
    return crc32(name.encode()) % workers


def new_id(worker: int, workers: int) -> str:
    """An id that nobody guesses, of 128 random bits, for an instance of a worker."""
    while owner(name := secrets.token_urlsafe(16), workers) != worker:
        pass
    return name


def existing_actor(world: World, given: Key) -> Key:
    """The key of the row that is given by its label, its key, or its key as agents see it. Refuses
    (`unknown_actor`).
    """
    entity = world.actor_entity
    if not entity:
        raise ServeError("unknown_actor", f"In {world.name} nobody in particular acts.")
    labels = world.labels.get(entity, {})
    if str(given) in labels:
        return labels[str(given)]
    table = world.tables.by_entity[entity]
    with world.session() as session:
        keys = session.connection.execute(f'SELECT "{table.key[0]}" FROM "{table.name}"')
        for key in (key for (key,) in keys if isinstance(key, (int, str))):
            if str(given) in (str(key), str(table.wire_key(key))):
                return key
    raise ServeError("unknown_actor", f"There is no {entity} {str(given)[:100]!r} in {world.name}.")
