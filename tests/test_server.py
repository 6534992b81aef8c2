"""A build's `server.py`, spoken to by the SDK's own client over real pipes and sockets."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import INVALID_PARAMS, CallToolResult, TextContent

import awmc
from awmc.serve import HttpServer
from tests.compiled import compiled, write

Mode = Literal["auto", "legacy"]
MODES: tuple[Mode, ...] = ("auto", "legacy")
POLICY = "Tell the patient the fee before booking. A visit that starts within 24 hours cannot be cancelled."


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("build") / "clinic", compiled("clinic"))


def stdio(build: Path, *options: str) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=[str(build / "server.py"), *options])


@contextmanager
def http(build: Path, *options: str) -> Iterator[str]:
    """The URL of a server process."""
    command = [sys.executable, str(build / "server.py"), "--http", "--port", "0", *options]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        said = server.stderr.readline()
        found = re.fullmatch(r"clinic: MCP at (http://\S+/mcp)\n", said)
        assert found is not None, said
        yield found[1]
    finally:
        server.send_signal(signal.SIGINT)
        try:
            assert server.wait(20) == 130
        finally:
            server.kill()
            server.stderr.close()


def with_client(target: Any, mode: Mode, use: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        with anyio.fail_after(60):
            async with Client(target, mode=mode, read_timeout_seconds=30) as client:
                await use(client)

    anyio.run(run)


def text_of(result: CallToolResult) -> Any:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return json.loads(content.text)


async def book(client: Client) -> None:
    """A whole little task, and every way that a call can go."""
    assert client.server_info is not None
    assert client.server_info.name == "clinic"
    assert client.server_info.version == awmc.__version__
    assert client.instructions == POLICY
    listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    given = {tool["name"]: tool for tool in json.loads(compiled("clinic")["tools.json"])["tools"]}
    assert list(listed) == list(given)
    for name, tool in listed.items():
        assert tool.model_dump(by_alias=True, exclude_none=True) == given[name]

    doctors = await client.call_tool("list_doctors", {"specialty": "cardiology"})
    assert not doctors.is_error
    assert doctors.structured_content == text_of(doctors)
    assert [doctor["name"] for doctor in doctors.structured_content["items"]] == ["Dr. Lee", "Dr. Sun"]

    free = await client.call_tool("find_slots", {"doctor": 3, "limit": 1})
    slot = free.structured_content["items"][0]["id"]
    visit = await client.call_tool("book_visit", {"slot": slot, "reason": "chest pain"})
    assert not visit.is_error
    assert visit.structured_content is not None
    assert visit.structured_content["status"] == "booked"

    for arguments, code in (
        ({"slot": slot, "reason": "chest pain"}, "taken"),
        ({"slot": 10**6, "reason": "chest pain"}, "not_found"),
        ({"slot": slot}, "invalid_arguments"),
        ({"slot": "x", "reason": "chest pain"}, "invalid_arguments"),
    ):
        refused = await client.call_tool("book_visit", arguments)
        assert refused.is_error
        assert refused.structured_content is None
        assert set(text_of(refused)) == {"error"}
        assert set(text_of(refused)["error"]) == {"code", "message"}
        assert text_of(refused)["error"]["code"] == code

    with pytest.raises(MCPError) as unknown:
        await client.call_tool("drop_tables", {})
    assert unknown.value.code == INVALID_PARAMS
    assert "Unknown tool: drop_tables" in str(unknown.value)


@pytest.mark.parametrize("mode", MODES)
def test_stdio(clinic: Path, mode: Mode) -> None:
    with_client(stdio(clinic), mode, book)


@pytest.mark.parametrize("mode", MODES)
def test_streamable_http(clinic: Path, mode: Mode) -> None:
    with http(clinic) as url:
        with_client(url, mode, book)


def test_one_process_holds_one_world(clinic: Path) -> None:
    async def taken(client: Client) -> None:
        result = await client.call_tool("book_visit", {"slot": 2, "reason": "check-up"})
        assert text_of(result)["error"]["code"] == "taken"

    async def first(client: Client) -> None:
        result = await client.call_tool("book_visit", {"slot": 2, "reason": "check-up"})
        assert not result.is_error

    with http(clinic) as url:
        with_client(url, "auto", first)
        with_client(url, "auto", taken)
    with http(clinic) as url:
        with_client(url, "auto", first)


def test_the_holder_of_the_session_judges_what_came_over_the_wire(clinic: Path) -> None:
    world = awmc.load(clinic)
    task = next(task for task in world.tasks if task.task == "book_cheapest_cardiologist")

    async def play(client: Client) -> None:
        for call in task.oracle:
            result = await client.call_tool(call["tool"], dict(call["arguments"]))
            assert not result.is_error

    with world.session(task=task.id) as session, HttpServer(session) as server:
        assert session.verify().reward == 0
        with_client(server.url, "auto", play)
        assert [entry.tool for entry in session.log] == [call["tool"] for call in task.oracle]
        assert session.verify().reward == 1


def test_no_foreign_name_reaches_a_server_on_loopback(clinic: Path) -> None:
    with awmc.load(clinic).session() as session, HttpServer(session) as server:
        host, port = "127.0.0.1", int(server.url.rpartition(":")[2].partition("/")[0])
        with socket.create_connection((host, port), timeout=10) as connection:
            body = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
            connection.sendall(
                b"POST /mcp HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\n"
                b"Accept: application/json, text/event-stream\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            )
            assert connection.recv(100).startswith(b"HTTP/1.1 421 ")


def test_a_server_that_was_left_frees_its_port(clinic: Path) -> None:
    with awmc.load(clinic).session() as session:
        with HttpServer(session) as server:
            port = int(server.url.rpartition(":")[2].partition("/")[0])
        begin = time.monotonic()
        with HttpServer(session, port=port) as again:
            assert again.url == server.url
        assert time.monotonic() - begin < 10


def run(build: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(build / "server.py"), *options],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_stdio_ends_with_its_client(clinic: Path) -> None:
    done = run(clinic)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--task", "no_such_task"], "Unknown task: no_such_task"),
        (["--port", "many"], "argument --port: invalid port value: 'many'"),
        (["--http", "--port", "99999"], "argument --port: invalid port value: '99999'"),
        (["--http", "--host", "no.such.host.invalid"], "cannot listen on no.such.host.invalid:8000"),
    ],
)
def test_a_wrong_command_line_is_told(clinic: Path, options: list[str], said: str) -> None:
    done = run(clinic, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_port_that_is_taken_is_told(clinic: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run(clinic, "--http", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "address already in use" in done.stderr


def test_an_edited_build_is_not_served(tmp_path: Path) -> None:
    build = write(tmp_path / "clinic", compiled("clinic"))
    with (build / "tools.py").open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    done = run(build)
    assert done.returncode == 1
    assert "is not as it was written" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("library", ["mcp", "uvicorn"])
def test_without_the_extra_it_says_which_one_is_needed(clinic: Path, library: str) -> None:
    program = (
        f"import runpy, sys\nsys.modules[{library!r}] = None\nsys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(clinic / "server.py")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "server.py: serving needs the extra `serve`: pip install 'awmc[serve]'\n"


def test_a_task_brings_its_own_instructions(clinic: Path) -> None:
    async def greet(client: Client) -> None:
        assert client.instructions == POLICY

    task = awmc.load(clinic).tasks[0]
    with_client(stdio(clinic, "--task", task.id), "auto", greet)
