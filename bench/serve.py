"""Serving: calls over HTTP beside a trivial tool's on the same SDK, many clients at once, malformed requests."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx2
from mcp import Client

from awmc import pipeline
from awmc.emit.write import write_build
from awmc.runtime import World, load
from awmc.source import read_source
from bench.load import Played, Step, play, script_of
from bench.malformed import send, wrong
from bench.measure import times
from bench.table import Figure, Table, compared

SPEC = Path(__file__).resolve().parent.parent / "specs" / "retail_bank.awm"
CALL = 1.3
"""How many times a trivial tool's a call may take."""
CREATE = 0.003
"""Seconds that making an instance may take on the server's side."""
WORKERS = 1 / 1.6
"""The share of its time that a call may take with two workers instead of one."""
CLIENTS = 64
FLAT = 1.1
"""How many times the memory at the beginning there may be at the end."""

_READ = ("get_loan", {"loan": "LN-0001"})
_LIST = ("list_cards", {})
_WRITE = ("move_money", {"source": 6, "target": 7, "amount": 1})


def serving(repeat: int, seconds: float, malformed: int) -> Iterator[Table]:
    """All tables. `seconds`: how long many clients go on; `malformed`: how many requests."""
    with TemporaryDirectory() as folder:
        done = pipeline.compile_source(read_source(SPEC))
        assert done.environment is not None
        build = Path(folder, done.environment.name)
        write_build(build, done.artefacts)
        world = load(build)
        with _awmc(build) as server:
            yield _calls(server, repeat)
            yield _creating(server, world, repeat)
            yield _many(server, world, seconds)
            one = _loaded(server, world, seconds)
            yield _malformed(server, world, malformed)
        with _awmc(build, "--workers", "2") as server:
            yield _workers(one, _loaded(server, world, seconds))


# ---- Servers


class _Server:
    """A process that serves; `url` is what it says on standard error."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url
        self.http = httpx2.Client(base_url=url, timeout=60)

    def create(self) -> Any:
        answer = self.http.post("/env", json={"env": SPEC.stem})
        answer.raise_for_status()
        return answer.json()

    def instances(self) -> int:
        """How many there are."""
        return int(self.http.get("/healthz").json()["instances"])

    def metric(self, name: str) -> float:
        """A sample of its metrics, or the sum of those of its workers."""
        lines = self.http.get("/metrics").text.splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


@contextmanager
def _started(*command: str | Path) -> Iterator[_Server]:
    process = subprocess.Popen(
        [sys.executable, *map(str, command)], stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stderr is not None
    found = None
    while found is None:
        line = process.stderr.readline()
        if not line:
            raise RuntimeError("the server has ended")
        found = re.search(r"http://\S+", line)
    server = _Server(process, found[0])
    try:
        yield server
    finally:
        server.http.close()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _awmc(build: Path, *options: str) -> Any:
    return _started("-m", "awmc", "serve", build, "--port", "0", "--max-calls", "1000000", *options)


# ---- Calls


def _calls(server: _Server, repeat: int) -> Table:
    """The SDK's client, one call after the other; the batches of both servers take turns."""
    found: dict[str, float] = {}

    async def measured(trivial: str, mcp_url: str, reset: Callable[[], Awaitable[None]]) -> None:
        for mode in ("auto", "legacy"):
            async with (
                Client(trivial, mode=mode) as floor,  # type: ignore[arg-type]
                Client(mcp_url, mode=mode) as client,  # type: ignore[arg-type]
            ):
                await client.list_tools()
                await floor.list_tools()
                for _ in range(repeat):
                    await reset()
                    for name, used, call in (
                        ("trivial", floor, ("same", {"number": 1})),
                        ("a read by id", client, _READ),
                        ("a list", client, _LIST),
                        ("a write", client, _WRITE),
                    ):
                        key = f"{name}, {mode}"
                        found[key] = min(found.get(key, 1e9), await _median(used, *call))

    with _started("-m", "bench.trivial") as trivial:
        made = server.create()

        async def reset() -> None:
            server.http.post(f"{made['url']}/reset").raise_for_status()

        anyio.run(measured, trivial.url, made["mcp_url"], reset)
    figures = []
    for mode in ("auto", "legacy"):
        floor = Figure(f"a trivial tool ({mode})", found[f"trivial, {mode}"])
        figures.append(floor)
        for name in ("a read by id", "a list", "a write"):
            figures.append(compared(f"{name} ({mode})", found[f"{name}, {mode}"], floor, most=CALL))
    return Table("a tool call over HTTP with the SDK's client, one after the other", tuple(figures))


async def _median(client: Client, name: str, arguments: Mapping[str, Any], count: int = 30) -> float:
    taken = []
    for _ in range(count):
        begin = perf_counter()
        result = await client.call_tool(name, dict(arguments))
        taken.append(perf_counter() - begin)
        if result.is_error:
            raise RuntimeError(f"{name} was refused: {result.content}")
    return median(taken)


def _creating(server: _Server, world: World, repeat: int) -> Table:
    floor = Figure("a session in process", median(times(lambda: world.session().close(), 50 * repeat)))
    server.create()
    name = 'awmc_request_seconds_%s{method="POST",route="/env"}'
    before = server.metric(name % "sum"), server.metric(name % "count")
    seen = median(times(server.create, 50 * repeat))
    count = server.metric(name % "count") - before[1]
    within = (server.metric(name % "sum") - before[0]) / count
    return Table(
        f"POST /env, {count:.0f} times",
        (
            floor,
            compared("on the server's side", within, floor, limit=CREATE),
            compared("as an HTTP client sees it", seen, floor),
        ),
    )


# ---- Many clients


def _scripts(world: World, server: _Server, count: int) -> list[tuple[str, int, list[Step]]]:
    """A client with its instance and its script, which writes what no other client writes, and reads it back."""
    clients = []
    for number in range(count):
        made = server.create()
        calls: list[tuple[str, Any]] = [
            ("create_payee", {"name": f"Client {number}", "iban": "IE92BOFI90001712345678"}),
            ("list_payees", {}),
            _READ,
            ("move_money", {"source": 6, "target": 7, "amount": number + 1}),
            _LIST,
            ("list_activity", {"account": 6, "limit": 5}),
        ]
        with world.session() as session:
            answered = [(tool, given, session.call(tool, given).text) for tool, given in calls]
        at = urlsplit(made["url"])
        assert at.hostname is not None
        assert at.port is not None
        clients.append((at.hostname, at.port, script_of(at.path, answered)))
    return clients


def _many(server: _Server, world: World, seconds: float) -> Table:
    clients = _scripts(world, server, CLIENTS)
    alone = play(clients[:1], min(2.0, seconds))
    play(clients, min(3.0, seconds))
    memory = server.metric("process_resident_memory_bytes") / 2**20
    played = play(clients, seconds)
    after = server.metric("process_resident_memory_bytes") / 2**20
    floor = Figure("a call, one client", alone.seconds / alone.calls)
    begun = Figure("memory at the beginning", memory, unit="MiB")
    return Table(
        f"{CLIENTS} clients at once for {played.seconds:.0f} s: {_said(played)}",
        (
            floor,
            compared(
                f"a call, its share of the time of {CLIENTS} clients", played.seconds / played.calls, floor
            ),
            begun,
            compared("memory at the end", after, begun, most=FLAT),
        ),
    )


def _loaded(server: _Server, world: World, seconds: float) -> Played:
    """What many clients get done, when they have played for a moment."""
    clients = _scripts(world, server, CLIENTS)
    play(clients, min(2.0, seconds))
    return play(clients, min(seconds, 15.0))


def _workers(one: Played, two: Played) -> Table:
    floor = Figure("a call, one worker", one.seconds / one.calls)
    return Table(
        f"{CLIENTS} clients at once, on {len(os.sched_getaffinity(0))} cores that they share with the server: "
        f"{_said(one)} with one worker, {_said(two)} with two",
        (floor, compared("a call, two workers", two.seconds / two.calls, floor, most=WORKERS)),
    )


def _said(played: Played) -> str:
    errors = f"{len(played.wrong):,} wrong" if played.wrong else "none wrong"
    return f"{played.calls / played.seconds:,.0f} calls a second, {errors}"


# ---- Malformed requests


def _malformed(server: _Server, world: World, count: int) -> Table:
    random, bad = Random(0), 0
    made = server.create()
    at = urlsplit(server.url)
    host, port = str(at.hostname), int(at.port or 80)
    client = _scripts(world, server, 1)
    instances = server.instances()
    memory = 0.0
    begin = perf_counter()
    for number in range(count):
        request = wrong(random, made["instance"])
        answer = send(host, port, request)
        bad += not (answer.is_error or (request.half and answer.status == 0))
        if number == count // 10:
            memory = server.metric("process_resident_memory_bytes") / 2**20
    taken = perf_counter() - begin
    after = server.metric("process_resident_memory_bytes") / 2**20
    fewer = instances - server.instances()
    answered = play(client, 1.0)
    floor = Figure("a call that is well-formed", answered.seconds / answered.calls)
    begun = Figure("memory after a tenth of them", memory, unit="MiB")
    return Table(
        f"{count:,} malformed requests: {bad} without a well-formed error; {fewer} instances fewer; "
        f"then {_said(answered)}",
        (
            floor,
            compared("a malformed request, its connection included", taken / count, floor),
            begun,
            compared("memory after all", after, begun, most=FLAT),
        ),
    )
