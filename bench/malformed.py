"""Requests that are wrong in every way that we know of, and a client that reads what comes back to the byte."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

MODERN = "2026-07-28"
_BIG = 3 << 20
"""Bytes: more than a server takes by default."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A request to be sent as it is. `kind`: how it is wrong; `half`: the client closes its half of the connection
    afterwards, in the midst of it.
    """

    kind: str
    data: bytes
    half: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `status` is 0 where the connection was closed without an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_error(self) -> bool:
        """Whether it is a well-formed error: of HTTP, of the control side, of JSON-RPC, or of a tool."""
        if self.headers.get("content-type", "").startswith("text/plain"):
            return self.status == 400 and bool(self.body)
        try:
            said = json.loads(self.body)
        except ValueError:
            return False
        error = said.get("error")
        if error is not None:
            whole = {"code", "message"} <= set(error) and isinstance(error["message"], str)
            return whole and (self.status >= 400 or "jsonrpc" in said)
        result = said.get("result")
        return self.status == 200 and isinstance(result, dict) and result.get("isError") is True


Make = Callable[[Random, str], Wrong]
_SCALARS: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    "x",
    "\0",
    "\ud800",
    "é" * 50,
    [],
    [1],
    {},
    {"a": {}},
)


def wrong(random: Random, instance: str) -> Wrong:
    """One of all that can be wrong; `instance` is an id that there is."""
    return random.choice(_KINDS)(random, instance)


def _control_json(random: Random, instance: str) -> Wrong:
    path = random.choice(
        ["/env", f"/env/{instance}/verdict", f"/env/{instance}/restore", f"/env/{instance}/fork"]
    )
    body = random.choice(
        [
            b"{",
            b"nul",
            b'{"env": "clinic",}',
            b"\xff\xfe",
            b"[" * 5000,
            b'"' + b"\\" * 99,
            b'{"a":1}' * 2,
            b"1" * 6000,
        ]
    )
    return Wrong("control: no JSON", _http("POST", path, body))


def _control_types(random: Random, instance: str) -> Wrong:
    values = [value for value in _SCALARS if not isinstance(value, str)]
    body: Any = {"env": random.choice(values), "task": random.choice(_SCALARS)}
    if random.random() < 0.5:
        body = {"env": "clinic", "world_seed": random.choice(["x", -1, 1.5, [], 10**30])}
    return Wrong("control: wrong types", _http("POST", "/env", json.dumps(body).encode()))


def _control_unknown(random: Random, instance: str) -> Wrong:
    name = "".join(random.choices("abcXYZ019-_%~", k=random.randrange(1, 40)))
    if random.random() < 0.4:
        body = random.choice(
            [{"env": name}, {"env": "clinic", "task": name}, {"env": "clinic", "actor": name}]
        )
        return Wrong("control: unknown names", _http("POST", "/env", json.dumps(body).encode()))
    method, path = random.choice(
        [
            ("GET", f"/env/{name}"),
            ("GET", f"/env/{name}/diff"),
            ("POST", f"/env/{name}/reset"),
            ("DELETE", f"/env/{name}"),
            ("GET", f"/{name}"),
            ("GET", f"/envs/{name}/tasks"),
            ("GET", "/env/../../etc/passwd"),
            ("POST", f"/env/{instance}/{name}"),
            ("POST", f"/env/{name}/mcp"),
        ]
    )
    return Wrong("control: unknown ids", _http(method, path))


def _control_method(random: Random, instance: str) -> Wrong:
    method = random.choice(["PUT", "PATCH", "OPTIONS", "BREW", "TRACE"])
    path = random.choice(["/env", "/envs", f"/env/{instance}", f"/env/{instance}/mcp", "/healthz"])
    return Wrong("wrong method", _http(method, path))


def _large(random: Random, instance: str) -> Wrong:
    path = random.choice(["/env", f"/env/{instance}/mcp", f"/env/{instance}/verdict"])
    if random.random() < 0.5:
        head = _http("POST", path, b"", {"Content-Length": str(random.choice([_BIG, 10**12, 10**30]))})
        return Wrong("huge body, declared", head)
    piece = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    head = _http("POST", path, None, {"Transfer-Encoding": "chunked", "Content-Type": "application/json"})
    return Wrong("huge body, in pieces", head + piece * (_BIG // 0x8000))


def _mcp_json(random: Random, instance: str) -> Wrong:
    body = random.choice(
        [
            b"",
            b"{",
            b"nul",
            b"\xff\xfe",
            b"[" * 5000,
            b"[]",
            b"1",
            b'"x"',
            b"null",
            b"[" + _rpc("ping") + b"]",
        ]
    )
    return Wrong("mcp: no JSON-RPC", _mcp(instance, body, random))


def _mcp_envelope(random: Random, instance: str) -> Wrong:
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "list_doctors", "arguments": {}},
    }
    what = random.randrange(5)
    if what == 0:
        message["jsonrpc"] = random.choice([None, "1.0", 2, [], "3"])
    elif what == 1:
        message["id"] = random.choice([None, [], {}, 1.5, True])
    elif what == 2:
        message["method"] = random.choice([None, 1, [], "no/such", "tools/none", ""])
    elif what == 3:
        message["params"] = random.choice(
            [1, "x", [], {"name": 1}, {"name": None}, {"arguments": {}}, {"name": "x"}]
        )
    else:
        message = {"jsonrpc": "2.0", "id": 1, "result": {}}
        message = random.choice([message, {"jsonrpc": "2.0", "id": 1}, {"id": 1, "method": 5}, {}])
    return Wrong("mcp: wrong envelope", _mcp(instance, json.dumps(message).encode(), random, modern=what < 4))


def _mcp_arguments(random: Random, instance: str) -> Wrong:
    name, key = random.choice([("get_doctor", "doctor"), ("cancel_visit", "visit"), ("find_slots", "limit")])
    values = [value for value in _SCALARS if value not in (None, True, 1, 1.5) or isinstance(value, list)]
    arguments = {key: random.choice(values)}
    if random.random() < 0.3:
        arguments = {key: 1, random.choice(["x", "", "__class__", "self", "call"]): 1}
    return Wrong(
        "mcp: wrong arguments", _mcp(instance, _rpc("tools/call", name=name, arguments=arguments), random)
    )


def _mcp_unknown(random: Random, instance: str) -> Wrong:
    name = "".join(random.choices("abcXYZ019-_", k=22))
    body = _rpc("tools/call", name="list_doctors", arguments={})
    if random.random() < 0.5:
        return Wrong("mcp: unknown instance", _mcp(name, body, random))
    body = _rpc("tools/call", name=random.choice(["", "x", "verdict", "reset", "\0", name]), arguments={})
    return Wrong("mcp: unknown tool", _mcp(instance, body, random))


def _mcp_headers(random: Random, instance: str) -> Wrong:
    body = _rpc("tools/call", name="list_doctors", arguments={})
    headers = random.choice(
        [
            {"Content-Type": "text/plain"},
            {"Content-Type": ""},
            {"Accept": "text/html"},
            {"Accept": ""},
            {"MCP-Protocol-Version": "1999-01-01"},
            {"MCP-Protocol-Version": "x"},
            {"MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/list"},
            {"Host": "evil.example"},
            {"Host": ""},
            {"Origin": "http://evil.example"},
        ]
    )
    return Wrong("mcp: wrong headers", _mcp(instance, body, headers=headers))


def _not_http(random: Random, instance: str) -> Wrong:
    return Wrong(
        "no HTTP",
        random.choice(
            [
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + random.randbytes(64) + b"\r\n\r\n",
                b"GET\r\n\r\n",
                b"HELLO there\r\n\r\n",
                b"POST /env HTTP/1.1\r\nHost localhost\r\n\r\n",
                b"POST /env HTTP/1.1\r\nHost: localhost\r\nContent-Length: many\r\n\r\n{}",
                b"POST /env HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                b"POST /env HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: odd\r\n\r\n{}",
                b"POST /env HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
                b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * (1 << 20) + b"\r\n\r\n",
            ]
        ),
    )


def _half(random: Random, instance: str) -> Wrong:
    whole = random.choice(
        [
            _http("POST", "/env", b'{"env": "clinic"}'),
            _mcp(instance, _rpc("tools/call", name="list_doctors", arguments={}), random),
        ]
    )
    return Wrong("half-closed", whole[: random.randrange(1, len(whole))], half=True)


_KINDS: tuple[Make, ...] = (
    _control_json,
    _control_types,
    _control_unknown,
    _control_method,
    _large,
    _mcp_json,
    _mcp_envelope,
    _mcp_arguments,
    _mcp_unknown,
    _mcp_headers,
    _not_http,
    _half,
)


def _rpc(method: str, **params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


def _mcp(
    instance: str,
    body: bytes,
    random: Random | None = None,
    *,
    modern: bool = True,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    given = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        **(headers or {}),
    }
    if modern and random is not None and random.random() < 0.5:
        given["MCP-Protocol-Version"] = MODERN
    return _http("POST", f"/env/{instance}/mcp", body, given)


def _http(
    method: str, path: str, body: bytes | None = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    given = {"Host": "localhost", "Connection": "close", **(headers or {})}
    if body is not None:
        given.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def send(host: str, port: int, request: Wrong, seconds: float = 60) -> Answer:
    """What comes back to a request on a connection of its own."""
    with socket.create_connection((host, port), timeout=seconds) as connection:
        # Reset at the end: a hundred thousand connections would leave no port free for a minute.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        try:
            connection.sendall(request.data)
            if request.half:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has answered before all was sent
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
                if _is_whole(received):
                    break
        except ConnectionResetError:
            pass
    return _parsed(received)


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    length = _headers(head).get("content-length")
    return length is not None and len(body) >= int(length)


def _parsed(data: bytes) -> Answer:
    if not data:
        return Answer(0, {}, b"")
    head, _, body = data.partition(b"\r\n\r\n")
    version, _, rest = head.partition(b" ")
    if version != b"HTTP/1.1" or not rest[:3].isdigit():
        raise ValueError(f"this is no answer of HTTP: {data[:100]!r}")
    return Answer(int(rest[:3]), _headers(head), body)


def _headers(head: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
