"""Many clients at once, in one process that does little else: what it costs must not be the server's figure.

Each client has an instance of its own, and plays its script in it again and again, with a reset before each time. The
same calls always answer the same, so that each answer is compared with what it must be.
"""

from __future__ import annotations

import json
import selectors
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """A request, and the text that its answer holds; None where any will do."""

    request: bytes
    expected: str | None


@dataclass(slots=True)
class Played:
    """`calls` of tools that were answered in `seconds`; `wrong`: answers that were not what they must be."""

    calls: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def script_of(path: str, calls: Sequence[tuple[str, Any, str]]) -> list[Step]:
    """The steps of an instance at `path`: a reset, then calls, each with its arguments and what it answers."""
    steps = [Step(_post(f"{path}/reset", b"{}"), None)]
    for tool, arguments, text in calls:
        params = {"name": tool, "arguments": arguments}
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
        steps.append(Step(_post(f"{path}/mcp", body), text))
    return steps


def _post(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Accept: application/json, text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Client:
    def __init__(self, host: str, port: int, steps: Sequence[Step]) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._steps = steps
        self._at = 0
        self._received = b""
        self.ends = False
        self._send()

    def _send(self) -> None:
        self.waits = True
        self.socket.sendall(self._steps[self._at].request)

    def readable(self, played: Played) -> None:
        part = self.socket.recv(262144)
        if not part:
            raise ConnectionError("the server has closed a connection")
        self._received += part
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) < length:
            return
        step = self._steps[self._at]
        if step.expected is not None:
            played.calls += 1
            said = json.loads(body)
            content = said.get("result", {}).get("content") or [{}]
            if content[0].get("text") != step.expected:
                played.wrong.append(body[:300].decode("utf-8", "replace"))
        elif not head.startswith(b"HTTP/1.1 200"):
            played.wrong.append(head[:100].decode("latin-1"))
        self._received = b""
        self._at = (self._at + 1) % len(self._steps)
        self.waits = False
        if not self.ends:
            self._send()


def play(clients: Sequence[tuple[str, int, Sequence[Step]]], seconds: float) -> Played:
    """Plays for so long; a client is a host, a port, and its steps."""
    played = Played()
    with selectors.DefaultSelector() as ready:
        for host, port, steps in clients:
            client = _Client(host, port, steps)
            ready.register(client.socket, selectors.EVENT_READ, client)
        begin = perf_counter()
        while played.seconds < seconds:
            for key, _ in ready.select(timeout=30):
                key.data.readable(played)
            played.seconds = perf_counter() - begin
        held = [key.data for key in ready.get_map().values()]
        for client in held:
            client.ends = True
        # What is under way ends before anybody else plays in the same instances.
        while any(client.waits for client in held):
            for key, _ in ready.select(timeout=30):
                key.data.readable(played)
        for client in held:
            client.socket.close()
    return played
