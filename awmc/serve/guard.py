"""What every request passes before anything looks at it: whose name it came under, whether it is too large."""

from __future__ import annotations

import asyncio
import hmac
from collections import deque
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from awmc.serve.errors import ServeError, control_body, mcp_body
from awmc.serve.settings import Settings, allowed_hosts, is_allowed, is_loopback

OPEN: Final = frozenset({"/healthz", "/openapi.json"})
"""Paths of the control side that need no token."""

BODY: Final = "awmc.body"
"""Where the scope of a request that has passed holds its body."""


class Guard:
    """Wraps the application: Host and Origin, the token of the control side, the size of bodies. What does not
    pass is answered here.

    MCP asks for no token: who knows an instance's id may play in it, and nothing else.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = allowed_hosts(settings.host, settings.allow_hosts)
        self._addresses = not is_loopback(settings.host)
        self._token = settings.token.encode() if settings.token is not None else None
        self._max_body = settings.max_body
        self._body_timeout = settings.body_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            headers = Headers(scope=scope)
            self._check_names(headers)
            if not is_mcp(scope["path"]) and scope["path"] not in OPEN:
                self._check_token(headers)
            replay = await self._body(scope, headers, receive)
        except ServeError as error:
            await error_response(scope, error)(scope, receive, send)
            return
        if replay is not None:
            await self._app(scope, replay, send)

    def _check_names(self, headers: Headers) -> None:
        host = headers.get("host", "")
        if not is_allowed(host, self._hosts, addresses=self._addresses):
            raise ServeError(
                "wrong_host",
                f"This server does not answer to the host {host[:100]!r}; --allow-host makes it do so.",
            )
        origin = headers.get("origin")
        if origin is not None and not is_allowed(
            origin.partition("//")[2], self._hosts, addresses=self._addresses
        ):
            raise ServeError(
                "forbidden_origin",
                f"Pages from {origin[:100]!r} may not use this server; --allow-host lets them.",
            )

    def _check_token(self, headers: Headers) -> None:
        if self._token is None:
            return
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            given.strip().encode("latin-1"), self._token
        ):
            raise ServeError(
                "unauthorized", "The control side asks for its token: `Authorization: Bearer TOKEN`."
            )

    async def _body(self, scope: Scope, headers: Headers, receive: Receive) -> Receive | None:
        """Gives out the whole body again; None where the client left before it had sent it."""
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._max_body:
            raise self._too_large()
        parts, size, more = [], 0, True
        try:
            async with asyncio.timeout(self._body_timeout):
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        return None
                    part = message.get("body", b"")
                    size += len(part)
                    if size > self._max_body:
                        raise self._too_large()
                    parts.append(part)
                    more = message.get("more_body", False)
        except TimeoutError:
            raise ServeError("request_timeout", "The body of the request did not come.") from None
        body = b"".join(parts)
        scope[BODY] = body
        whole: deque[Message] = deque([{"type": "http.request", "body": body, "more_body": False}])

        async def replay() -> Message:
            return whole.popleft() if whole else await receive()

        return replay

    def _too_large(self) -> ServeError:
        return ServeError("too_large", f"A request may have {self._max_body} bytes, and this one has more.")


def is_mcp(path: str) -> bool:
    """Whether a path is the agent's side of an instance: `/env/<id>/mcp`."""
    parts = path.split("/")
    return len(parts) == 4 and parts[1] == "env" and parts[3] == "mcp"


def error_response(scope: Scope, error: ServeError, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that is refused, in the form of the side that was asked."""
    body = (
        mcp_body(error.status, error.message)
        if is_mcp(scope["path"])
        else control_body(error.code, error.message)
    )
    response = Response(body, error.status, headers, media_type="application/json")
    if error.status == 401:
        response.headers["www-authenticate"] = "Bearer"
    if error.status in (408, 413):
        # What is left of the body is not read.
        response.headers["connection"] = "close"
    return response
