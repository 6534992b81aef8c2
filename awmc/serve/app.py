"""The application of one process: the control side, and the agent's side of each instance, in ASGI."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter

import anyio
from anyio.abc import TaskGroup
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from awmc.serve.catalogue import Catalogue, Served
from awmc.serve.control import OPERATIONS, Control, Operation
from awmc.serve.door import INSTANCE, Door
from awmc.serve.errors import ServeError
from awmc.serve.guard import Guard, error_response
from awmc.serve.instances import Instances
from awmc.serve.metrics import CONTENT_TYPE, Metrics
from awmc.serve.openapi import document
from awmc.serve.settings import Settings

MCP_PATH = "/env/{instance}/mcp"

_log = logging.getLogger("awmc.serve")


class Application:
    """Serves a catalogue's worlds. `worker`: which of `settings.workers` this is; `port`: where it is reached, if not
    where the client says.
    """

    def __init__(
        self, catalogue: Catalogue, settings: Settings, *, worker: int = 0, port: int | None = None
    ) -> None:
        self.metrics = Metrics()
        self.instances = Instances(catalogue, settings, self.metrics, worker)
        self.metrics.count_instances(lambda: len(self.instances))
        self._settings = settings
        self._control = Control(catalogue, self.instances, settings, port)
        self._tasks: TaskGroup | None = None
        self._opening = anyio.Lock()
        routes: list[BaseRoute] = [
            Route(MCP_PATH, _Endpoint(self._agent)),
            Route("/metrics", self._metrics, methods=["GET"]),
            Route("/openapi.json", self._openapi, methods=["GET"]),
        ]
        routes += [self._route(operation) for operation in OPERATIONS]
        application = Starlette(
            routes=routes,
            lifespan=self._lifespan,
            exception_handlers={ServeError: answered, HTTPException: answered, Exception: answered},
        )
        application.router.redirect_slashes = False
        self._app: ASGIApp = Measured(Guard(application, settings), self.metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, application: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            tasks.start_soon(self.instances.reap)
            try:
                yield
            finally:
                self.instances.interrupt()
                tasks.cancel_scope.cancel()

    def _route(self, operation: Operation) -> Route:
        async def endpoint(request: Request) -> Response:
            found = await operation.handler(self._control, request)
            return json_response(operation.status, found)

        return Route(operation.path, endpoint, methods=[operation.method])

    async def _agent(self, scope: Scope, receive: Receive, send: Send) -> None:
        instance = await self.instances.find(scope["path_params"]["instance"])
        policy = instance.session.policy
        door = instance.served.doors.get(policy) or await self._opened(instance.served, policy)
        scope[INSTANCE] = instance
        instance.waiting += 1  # while a request is under way, the instance is not idle
        try:
            await door(scope, receive, send)
        finally:
            instance.waiting -= 1

    async def _opened(self, served: Served, policy: str) -> Door:
        assert self._tasks is not None
        async with self._opening:
            if policy not in served.doors:
                door = Door(served.world, policy, self.instances, self._settings.max_body)
                await self._tasks.start(door.run)
                served.doors[policy] = door
            return served.doors[policy]

    async def _metrics(self, request: Request) -> Response:
        return Response(self.metrics.text(), media_type=CONTENT_TYPE)

    async def _openapi(self, request: Request) -> Response:
        return Response(json.dumps(document()), media_type="application/json")


class _Endpoint:
    """An ASGI application as the endpoint of a route; a function would be taken for one of requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


class Measured:
    """Counts and times the requests of an application, by route: never by a path, which holds ids."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begin = perf_counter()
        try:
            await self._app(scope, receive, noted)
        except Exception:
            # The client has its answer, see `answered`; this is for whoever looks after the server.
            _log.exception("a request failed")
            if not status:
                raise
        finally:
            route = getattr(scope.get("route"), "path", "")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            seconds = perf_counter() - begin
            self._metrics.requests.labels(route, method, str(status)).inc()
            self._metrics.request_seconds.labels(route, method).observe(seconds)
            _log.info("%s %s %s %.1f ms", method, route or "?", status, seconds * 1000)


_METHODS = frozenset({"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"})


def json_response(status: int, answer: BaseModel | None) -> Response:
    """An answer of the control side."""
    if answer is None:
        return Response(status_code=status)
    return Response(answer.model_dump_json(), status, media_type="application/json")


async def answered(request: Request, error: Exception) -> Response:
    """The answer to a request that ended with an exception."""
    if isinstance(error, ServeError):
        return error_response(request.scope, error)
    if isinstance(error, HTTPException) and error.status_code == 405:
        found = ServeError("method_not_allowed", f"{request.method[:20]} is not for this path.")
        return error_response(request.scope, found, error.headers)
    if isinstance(error, HTTPException):
        return error_response(request.scope, ServeError("not_found", "There is no such path."))
    return error_response(request.scope, ServeError("internal", "The server failed unexpectedly."))
