"""The processes of `--workers`: each has instances of its own, at a port of its own.

The parent holds the sockets, so that a worker that has died comes back where it was; it tells a worker all it
must know on its standard input, and holds that open: a worker whose parent is gone reads its end, and stops.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from awmc.serve.settings import Settings
from awmc.source import Source

AGAIN: Final = 1.0
"""Seconds before a worker that has died is started again."""

_log = logging.getLogger("awmc.serve")


class WorkerError(Exception):
    """A worker could not begin; the message says why."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What is served: folders of builds, and specs."""

    builds: tuple[Path, ...] = ()
    specs: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is told. `listening`: the descriptor of its socket; `log_level`: as of `logging`."""

    worker: int
    port: int
    listening: int
    offer: Offer
    settings: Settings
    log_level: int

    def dump(self) -> bytes:
        """One line."""
        data = {
            "worker": self.worker,
            "port": self.port,
            "listening": self.listening,
            "builds": [str(folder) for folder in self.offer.builds],
            "specs": [[source.name, source.text] for source in self.offer.specs],
            "settings": self.settings.dump(),
            "log_level": self.log_level,
        }
        return json.dumps(data).encode() + b"\n"

    @classmethod
    def load(cls, line: bytes) -> Orders:
        """Reads what `dump` wrote."""
        data: dict[str, Any] = json.loads(line)
        offer = Offer(
            tuple(map(Path, data.pop("builds"))), tuple(Source(*pair) for pair in data.pop("specs"))
        )
        return cls(offer=offer, settings=Settings.load(data.pop("settings")), **data)


class Workers:
    """`ports`: where they listen. `lock`: the descriptor of the lock on the folder of journals: it is held until the
    last of the processes has ended.
    """

    def __init__(
        self, offer: Offer, settings: Settings, listening: Sequence[socket.socket], lock: int | None
    ) -> None:
        self.ports = [int(each.getsockname()[1]) for each in listening]
        self._offer = offer
        self._settings = settings
        self._listening = listening
        self._lock = lock
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._keeping: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Starts them; done when all are ready. Raises `WorkerError`."""
        await asyncio.gather(*map(self._start, range(len(self.ports))))
        self._keeping = [asyncio.create_task(self._keep(worker)) for worker in range(len(self.ports))]

    async def stop(self) -> None:
        """Lets them end what they are at, and waits."""
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        # Calls that run are stopped at the end of `drain`; whoever hangs longer is ended.
        waiting = [asyncio.create_task(process.wait()) for process in self._processes.values()]
        if waiting:
            await asyncio.wait(waiting, timeout=self._settings.drain + 7)
        self.kill()

    def kill(self) -> None:
        """Ends those that are left."""
        for process in self._processes.values():
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)

    async def _start(self, worker: int) -> None:
        listening = self._listening[worker].fileno()
        orders = Orders(
            worker, self.ports[worker], listening, self._offer, self._settings, logging.getLogger().level
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "awmc.serve.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=[listening, *([self._lock] if self._lock is not None else [])],
            # Ctrl-C is for the parent, which ends its workers.
            start_new_session=True,
        )
        self._processes[worker] = process
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(ConnectionError):
            process.stdin.write(orders.dump())
            await process.stdin.drain()
        said = (await process.stdout.readline()).decode().strip()
        if said != "ready":
            raise WorkerError(said or "a worker ended before it was ready")

    async def _keep(self, worker: int) -> None:
        """Starts a worker again whenever it has ended."""
        while True:
            status = await self._processes[worker].wait()
            _log.error("worker %s ended with status %s and is started again", worker, status)
            await asyncio.sleep(AGAIN)
            try:
                await self._start(worker)
            except (OSError, WorkerError) as error:
                _log.error("worker %s could not be started again: %s", worker, error)
