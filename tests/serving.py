"""`awmc serve` as its users have it: a process, an HTTP client of its control side, the SDK's client of its MCP."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import anyio
import httpx2
from mcp import Client

ROOT = Path(__file__).resolve().parent.parent
Mode = Literal["auto", "legacy"]
MODES: tuple[Mode, ...] = ("auto", "legacy")


class Server:
    """`awmc serve` of `what` at a free port. `url`: where; `http`: a client of the control side; `pid`: its process."""

    def __init__(
        self,
        *what: str | Path,
        token: str | None = None,
        environment: Mapping[str, str] | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        command = [sys.executable, "-m", "awmc", "serve", *map(str, what)]
        if "--port" not in command:
            command += ["--port", "0"]
        given = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
        given.pop("AWMC_TOKEN", None)
        if token is not None:
            given["AWMC_TOKEN"] = token
        self.process = subprocess.Popen(
            command, env=given, stderr=subprocess.PIPE, text=True, preexec_fn=prepare
        )
        self.pid = self.process.pid
        assert self.process.stderr is not None
        self.said: list[str] = []
        for line in self.process.stderr:
            self.said.append(line)
            found = re.fullmatch(r"awmc serve: \d+ environments? at (http://\S+)\n", line)
            if found:
                self.url = found[1]
                break
        else:
            self.process.wait(60)
            raise AssertionError("".join(self.said))
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.http = httpx2.Client(base_url=self.url, headers=headers, timeout=60, follow_redirects=True)

    def create(self, env: str = "clinic", **more: Any) -> Any:
        """What `POST /env` answers."""
        answer = self.http.post("/env", json={"env": env, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def get(self, url: str) -> Any:
        """What `GET` of a path answers."""
        answer = self.http.get(url)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, url: str, **body: Any) -> Any:
        """What `POST` to a path answers."""
        answer = self.http.post(url, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """The exit status, and all that it wrote to standard error."""
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, rest = self.process.communicate(timeout=60)
        return self.process.returncode, "".join(self.said) + rest

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.end()
        finally:
            self.process.kill()


def play(target: Any, use: Callable[[Client], Awaitable[None]], mode: Mode = "auto") -> None:
    """Uses the SDK's client of what is at `target`."""

    async def run() -> None:
        with anyio.fail_after(90):
            async with Client(target, mode=mode, read_timeout_seconds=60) as client:
                await use(client)

    anyio.run(run)


def rpc(name: str, arguments: Any, number: Any = 1) -> dict[str, Any]:
    """The call of a tool, as a client of the handshake's era sends it."""
    return {
        "jsonrpc": "2.0",
        "id": number,
        "method": "tools/call",
        "params": {"name": name, "arguments": arguments},
    }


HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def call(http: httpx2.Client, mcp_url: str, name: str, **arguments: Any) -> Any:
    """What a tool answers, without a client of MCP: its result, or its error."""
    answer = http.post(mcp_url, json=rpc(name, arguments), headers=HEADERS)
    assert answer.status_code == 200, answer.text
    result = answer.json()["result"]
    (content,) = result["content"]
    return json.loads(content["text"])


def refused(*arguments: str | Path, status: int, environment: Mapping[str, str] | None = None) -> str:
    """What `awmc serve` says that does not begin to serve."""
    done = subprocess.run(
        [sys.executable, "-m", "awmc", "serve", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


@contextmanager
def serving(*what: str | Path, **more: Any) -> Iterator[Server]:
    """A server that must end well when it is told to."""
    with Server(*what, **more) as server:
        yield server
        status, said = server.end()
        assert status == 0, said
        assert "Traceback" not in said
