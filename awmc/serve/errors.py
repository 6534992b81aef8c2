"""What a request may be answered instead of what it asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from mcp.types import INTERNAL_ERROR, INVALID_REQUEST

STATUSES: Final[Mapping[str, int]] = {
    "invalid_request": 422,
    "unauthorized": 401,
    "forbidden_origin": 403,
    "not_found": 404,
    "unknown_instance": 404,
    "unknown_environment": 404,
    "unknown_world_seed": 404,
    "unknown_task": 404,
    "unknown_actor": 404,
    "unknown_snapshot": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "request_timeout": 408,
    "no_task": 409,
    "too_many_snapshots": 409,
    "not_restored": 409,
    "too_large": 413,
    "wrong_host": 421,
    "cannot_compile": 422,
    "internal": 500,
    "too_many_instances": 503,
    "not_durable": 503,
    "unavailable": 503,
}
"""The codes of errors, with the status of HTTP that each is sent with."""


class ServeError(Exception):
    """Ends a request with an error: a code of `STATUSES`, and a message for people. Neither holds anything of
    the server's own: no path, no token, no trace.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        self.status = STATUSES[code]
        super().__init__(f"{code}: {message}")


def unknown_instance() -> ServeError:
    return ServeError(
        "unknown_instance",
        "There is no such instance: it was deleted, it was idle for too long, or it never was.",
    )


def control_body(code: str, message: str) -> bytes:
    """An error of the control side, as JSON."""
    return json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False).encode()


def mcp_body(status: int, message: str) -> bytes:
    """An error of MCP that answers no request in particular, as JSON-RPC."""
    code = INTERNAL_ERROR if status >= 500 else INVALID_REQUEST
    error = {"code": code, "message": message}
    return json.dumps({"jsonrpc": "2.0", "id": None, "error": error}, ensure_ascii=False).encode()
