"""The agent's side of all instances of a world that have one policy: MCP over streamable HTTP."""

from __future__ import annotations

import json
from typing import Any, Final

import anyio
from anyio.abc import TaskStatus
from mcp import MCPError
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import INTERNAL_ERROR, INVALID_REQUEST
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from awmc.runtime import Result, World
from awmc.serve.errors import ServeError, mcp_body
from awmc.serve.guard import BODY
from awmc.serve.instance import Instance
from awmc.serve.instances import Instances
from awmc.serve.server import Context, mcp_server

INSTANCE: Final = "awmc.instance"
"""Where a request's scope holds the instance that its path names."""

_METHODS: Final = "POST"


class Door:
    """Serves both eras of the protocol. No request hangs on another: the instance is in the path, and what came
    before is in the instance.
    """

    def __init__(self, world: World, policy: str, instances: Instances, max_body: int) -> None:
        async def play(context: Context, name: str, arguments: dict[str, Any]) -> Result:
            assert context.request is not None
            instance: Instance = context.request.scope[INSTANCE]
            try:
                return await instances.call(instance, name, arguments)
            except ServeError as error:
                code = INTERNAL_ERROR if error.status >= 500 else INVALID_REQUEST
                raise MCPError(code, error.message) from None

        self._manager = StreamableHTTPSessionManager(
            mcp_server(world, policy, play),
            json_response=True,
            stateless=True,
            max_request_body_size=max_body,
        )
        self._scope = anyio.CancelScope()

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Serves until `close`; it is ready when it says so."""
        with self._scope:
            async with self._manager.run():
                task_status.started()
                await anyio.sleep_forever()

    def close(self) -> None:
        """Ends `run`."""
        self._scope.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request whose scope holds its instance."""
        problem = _problem(scope) or _malformed(scope[BODY])
        if problem is not None:
            status, message = problem
            await _answer(send, status, message, [(b"allow", _METHODS.encode())] if status == 405 else [])
            return
        await self._manager.handle_request(scope, receive, _Answered(send))


def _problem(scope: Scope) -> tuple[int, str] | None:
    """What is wrong with a request, as far as its method and headers tell: a status, and a message."""
    if scope["method"] != "POST":
        # No message goes from the server to the client, so that there is nothing to listen for.
        return 405, "MCP is spoken here with POST alone: there is no stream of events, and no session to end."
    headers = Headers(scope=scope)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return 415, "The Content-Type must be application/json."
    return None


def _malformed(body: bytes) -> tuple[int, str] | None:
    """The same for the envelope of JSON-RPC: in a request whose id is none, say, the SDK sees a notification, and
    never answers it.
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return 400, "The body is not JSON."
    if not isinstance(message, dict):
        return 400, "The body is not one message of JSON-RPC; there are no batches in MCP."
    if message.get("jsonrpc") != "2.0":
        return 400, 'A message of JSON-RPC says `"jsonrpc": "2.0"`.'
    if not isinstance(message.get("method"), str):
        return 400, "The message has no method."
    number = message.get("id", 0)
    if isinstance(number, bool) or not isinstance(number, (int, str)):
        return 400, "The id of a request is a text or a whole number."
    if not isinstance(message.get("params", {}), dict):
        return 400, "The params of a message are an object."
    return None


class _Answered:
    """Passes an answer on; an error without a body in JSON gets one."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            headers = Headers(raw=message["headers"])
            if not headers.get("content-type", "").startswith("application/json"):
                self._status = message["status"]
                self._headers = [pair for pair in message["headers"] if pair[0] == b"allow"]
                return
        if not self._status:
            await self._send(message)
        elif not message.get("more_body", False):
            words = {406: "The Accept header must allow application/json."}
            text = words.get(self._status) or "The request cannot be answered."
            await _answer(self._send, self._status, text, self._headers)


async def _answer(send: Send, status: int, message: str, headers: list[tuple[bytes, bytes]]) -> None:
    body = mcp_body(status, message)
    sent = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
