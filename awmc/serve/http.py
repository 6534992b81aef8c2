"""A session over streamable HTTP, at `/mcp`."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings

from awmc.runtime import Session
from awmc.serve.listen import listen, url_of
from awmc.serve.server import server_of

PATH = "/mcp"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class HttpServer:
    """Serves a session on `host` and `port` (0: any that is free). Raises OSError where it cannot listen.

    `run` serves until the process is told to stop. As a context it serves on a thread of its own, so that who
    holds the session can judge it; no call may be under way when it does. `url` is where MCP is spoken.
    """

    def __init__(self, session: Session, host: str = "127.0.0.1", port: int = 0) -> None:
        self._socket = listen(host, port)
        self.url = f"{url_of(host, self._socket)}{PATH}"
        # Names of other hosts are refused on loopback, so that no web page can reach the world by DNS
        # rebinding; who listens for the network chose to be reached under any name.
        security = (
            None if host in _LOOPBACK else TransportSecuritySettings(enable_dns_rebinding_protection=False)
        )
        app = server_of(session).streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            transport_security=security,
            host=host,
        )
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
        )
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serves until SIGINT or SIGTERM."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.run, name="awmc-http", daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the server ended before it listened")
            self._thread.join(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(10)
