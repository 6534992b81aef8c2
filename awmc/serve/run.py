"""Serving until the process is told to stop: what listens where, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

import uvicorn
from starlette.types import ASGIApp

from awmc.serve.app import Application
from awmc.serve.catalogue import Catalogue
from awmc.serve.front import Front
from awmc.serve.journal import Folder
from awmc.serve.listen import listen, url_of
from awmc.serve.settings import Settings
from awmc.serve.workers import Offer, Workers


class ListenError(Exception):
    """Nothing can listen there; the message says why."""


def serve(catalogue: Catalogue, offer: Offer, settings: Settings, announce: Callable[[str], None]) -> None:
    """Serves until SIGTERM, or SIGINT, which raises KeyboardInterrupt. `offer`: what the catalogue was made of;
    `announce` is told the URL once all is ready. Raises `ListenError`, `DurableError`, `WorkerError`.
    """
    _allow_many_files()
    with contextlib.ExitStack() as held:
        count = settings.workers if settings.workers > 1 else 0
        listening = held.enter_context(_listening(settings.host, settings.port, count))
        folder = None
        if settings.durable is not None:
            folder = Folder(settings.durable)
            held.callback(folder.close)
        url = url_of(settings.host, listening[0])
        settings = replace(settings, port=listening[0].getsockname()[1])
        if not count:
            application = Application(catalogue, settings)
            ready = application.instances.find_journals
            asyncio.run(_serve(application, listening[0], settings, ready, lambda: announce(url)))
            return
        lock = folder.file if folder is not None else None
        workers = Workers(offer, settings, listening[1:], lock)
        front = Front(settings, workers)
        try:
            asyncio.run(
                _serve(front, listening[0], settings, workers.start, lambda: announce(url), workers.stop)
            )
        finally:
            workers.kill()


async def serve_worker(
    application: Application, listening: socket.socket, settings: Settings, announce: Callable[[], None]
) -> None:
    """Serves as one of several processes, until SIGTERM."""
    await _serve(application, listening, settings, application.instances.find_journals, announce)


async def _serve(
    app: ASGIApp,
    listening: socket.socket,
    settings: Settings,
    ready: Callable[[], Awaitable[None]],
    announce: Callable[[], None],
    stop: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serves once `ready` is done, and lastly awaits `stop`."""
    told: set[int] = set()
    stopping = asyncio.Event()
    server = uvicorn.Server(config(app, settings))

    def tell(number: int) -> None:
        told.add(number)
        stopping.set()
        server.should_exit = True

    # While uvicorn serves it has handlers of its own; these are called all the same, and before it begins alone.
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, tell, number)
    ending = asyncio.create_task(_end_calls(app, stopping, settings.drain))
    try:
        if await _before(ready(), stopping):
            # What is there now stays: looking through it for garbage is a waste.
            gc.collect()
            gc.freeze()
            announce()
            await server.serve(sockets=[listening])
    finally:
        ending.cancel()
        if stop is not None:
            await stop()
    if signal.SIGINT in told:
        raise KeyboardInterrupt


async def _end_calls(app: ASGIApp, stopping: asyncio.Event, drain: float) -> None:
    """Once the process is to stop, calls have `drain` seconds; then they are stopped, and answer so."""
    await stopping.wait()
    await asyncio.sleep(drain)
    while isinstance(app, Application):
        app.instances.interrupt()
        await asyncio.sleep(0.05)


async def _before(work: Awaitable[None], stopping: asyncio.Event) -> bool:
    """Does the work, and gives it up when the process is to stop; whether it was done."""
    task = asyncio.ensure_future(work)
    waiting = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not task.done():
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return False
    await task
    return True


def config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves an application; it logs by what the process has set up."""
    return uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        # Calls that are stopped at the end of `drain` still answer.
        timeout_graceful_shutdown=settings.drain + 2,
    )


@contextlib.contextmanager
def _listening(host: str, port: int, more: int) -> Iterator[Sequence[socket.socket]]:
    """A socket that listens at the port, and `more` at those after it; any free ones for port 0.
    Raises `ListenError`.
    """
    with contextlib.ExitStack() as held:
        found = []
        for number in range(more + 1):
            wanted = port + number if port else 0
            try:
                found.append(held.enter_context(listen(host, wanted)))
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise ListenError(f"cannot listen on {host}:{wanted}: {reason}") from error
        yield found


def _allow_many_files() -> None:
    """Each client is a socket: as many as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or soft < hard:
        with contextlib.suppress(ValueError, OSError):
            most = 1 << 20 if hard == resource.RLIM_INFINITY else hard
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
