"""What listens at the main port of `--workers`: it places instances, and sends all else where they are.

`POST /env` goes to the workers in turn, and to the next one where one is full; the answer holds the worker's own
URLs, so that nothing of an instance passes here. What is asked here for an instance all the same is redirected.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from itertools import count

import httpx2
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from awmc import __version__
from awmc.serve import schemas
from awmc.serve.app import Measured, answered, json_response
from awmc.serve.control import base_url
from awmc.serve.errors import ServeError
from awmc.serve.guard import Guard
from awmc.serve.instances import owner
from awmc.serve.metrics import CONTENT_TYPE, Metrics
from awmc.serve.openapi import document
from awmc.serve.settings import Settings, hostname
from awmc.serve.workers import Workers

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
_PATIENCE = 120.0


class Front:
    """The application of the parent of workers."""

    def __init__(self, settings: Settings, workers: Workers) -> None:
        self._settings = settings
        self._workers = workers
        self._turn = count()
        self._own = Metrics()
        host = _EVERYWHERE.get(settings.host, settings.host)
        self._host = f"[{host}]" if ":" in host else host
        routes: list[BaseRoute] = [
            Route("/env", self._create, methods=["POST"]),
            Route("/envs", self._first, methods=["GET"]),
            Route("/envs/{env}/tasks", self._first, methods=["GET"]),
            Route("/healthz", self._health, methods=["GET"]),
            Route("/metrics", self._metrics, methods=["GET"]),
            Route("/openapi.json", self._openapi, methods=["GET"]),
            Route("/env/{instance}", self._elsewhere, methods=["GET", "POST", "DELETE"]),
            Route("/env/{instance}/{rest:path}", self._elsewhere, methods=["GET", "POST", "DELETE"]),
        ]
        application = Starlette(
            routes=routes,
            lifespan=self._lifespan,
            exception_handlers={ServeError: answered, HTTPException: answered, Exception: answered},
        )
        application.router.redirect_slashes = False
        self._app = Measured(Guard(application, settings), self._own)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, application: Starlette) -> AsyncIterator[None]:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=32)
        async with httpx2.AsyncClient(timeout=_PATIENCE, limits=limits, trust_env=False) as client:
            self._client = client
            yield

    async def _create(self, request: Request) -> Response:
        answer = None
        for _ in self._workers.ports:
            answer = await self._asked(request, next(self._turn) % len(self._workers.ports))
            if answer.status_code != 503:
                break
        assert answer is not None
        return _passed_on(answer)

    async def _first(self, request: Request) -> Response:
        return _passed_on(await self._asked(request, 0))

    async def _asked(self, request: Request, worker: int) -> httpx2.Response:
        """The answer of a worker to the same request, under the name that the client has used."""
        port = self._workers.ports[worker]
        name = hostname(request.headers.get("host", ""))
        headers = {"host": f"{f'[{name}]' if ':' in name else name}:{port}", **self._authorization()}
        url = f"http://{self._host}:{port}{request.url.path}"
        try:
            return await self._client.request(
                request.method,
                url,
                params=request.url.query,
                content=await request.body(),
                headers=headers,
            )
        except httpx2.HTTPError:
            raise ServeError("unavailable", "A worker does not answer; it may be starting again.") from None

    def _authorization(self) -> dict[str, str]:
        token = self._settings.token
        return {} if token is None else {"authorization": f"Bearer {token}"}

    async def _elsewhere(self, request: Request) -> Response:
        worker = owner(request.path_params["instance"], len(self._workers.ports))
        base = base_url(request, self._settings, self._workers.ports[worker])
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{base}{request.url.path}{query}", 307)

    async def _health(self, request: Request) -> Response:
        found = await self._all(request)
        return json_response(
            200,
            schemas.Health(
                status="ok",
                version=__version__,
                workers=len(found),
                instances=sum(answer.json()["instances"] for answer in found),
            ),
        )

    async def _all(self, request: Request) -> list[httpx2.Response]:
        """The answers of all workers to the same request."""
        try:
            async with asyncio.timeout(5):
                found = await asyncio.gather(
                    *(self._asked(request, worker) for worker in range(len(self._workers.ports)))
                )
        except TimeoutError:
            raise ServeError("unavailable", "A worker does not answer.") from None
        if any(answer.status_code != 200 for answer in found):
            raise ServeError("unavailable", "A worker is not well.")
        return found

    async def _metrics(self, request: Request) -> Response:
        texts = [answer.text for answer in await self._all(request)]
        named = {"front": self._own.text().decode(), **{str(k): text for k, text in enumerate(texts)}}
        registry = CollectorRegistry()
        registry.register(_Merged(named))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE)

    async def _openapi(self, request: Request) -> Response:
        return Response(json.dumps(document()), media_type="application/json")


class _Merged(Collector):
    """The metrics of several processes, told apart by the label `worker`."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterable[Metric]:
        merged: dict[str, Metric] = {}
        for worker, text in self._texts.items():
            for family in text_string_to_metric_families(text):
                into = merged.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    into.samples.append(sample._replace(labels={**sample.labels, "worker": worker}))
        return merged.values()


def _passed_on(answer: httpx2.Response) -> Response:
    return Response(answer.content, answer.status_code, media_type="application/json")
