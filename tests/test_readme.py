"""The front page is true: each of its commands runs, and what it shows is what comes out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

ROOT = Path(__file__).resolve().parent.parent
REFUSED = re.compile(r'^error\[AWM\d+\]: |^  "error": ', re.MULTILINE)
README = (ROOT / "README.md").read_text(encoding="utf-8")
CLINIC = (ROOT / "specs" / "clinic.awm").read_text(encoding="utf-8")

pytestmark = pytest.mark.xdist_group("readme")


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int


BLOCKS = [
    Block(found[1], found[2], README.count("\n", 0, found.start()) + 1)
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
]


def blocks(language: str) -> list[Block]:
    found = [block for block in BLOCKS if block.language == language]
    assert found
    return found


# ---- Commands that are not run here: they take long, need the network, or do not end. Each says what must hold for it.


def is_target(command: str) -> bool:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return re.search(rf"^{command.removeprefix('make ')}:.*## ", makefile, re.MULTILINE) is not None


def installs_an_extra(command: str) -> bool:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = re.findall(r"\[(\w+)\]", command)
    return bool(extras) and set(extras) <= project["optional-dependencies"].keys()


def makes_the_environment(command: str) -> bool:
    return f"{'.venv'}" in command and Path(sys.prefix, "bin", "activate").is_file()


NOT_RUN: dict[str, Callable[[str], bool]] = {
    "make demo": is_target,
    "make test": is_target,
    "python3 -m venv .venv": makes_the_environment,
    ". .venv/bin/activate": makes_the_environment,
    "pip install '.[serve]'": installs_an_extra,
}
# Those that do not end: what they say first, when `--port 0` is added.
SERVERS = {
    "python build/clinic/server.py --http --task book_cheapest_cardiologist": (
        r"clinic: MCP at (http://127\.0\.0\.1:\d+)/mcp\n"
    ),
    "awmc serve build/*": r"awmc serve: \d+ environments at (http://127\.0\.0\.1:\d+)\n",
}
SERVED = "http://localhost:8000"
"""What programs on the page call the second of them."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like the checkout to who follows the page."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("specs", "build"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (spec,) = [block.text for block in blocks("awm") if block.text.startswith("env notes ")]
    (folder / "notes.awm").write_text(spec, encoding="utf-8")
    return folder


def environment(place: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(place / "cache"),
        "COLUMNS": "110",
    }


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a console, with the output that is shown for it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def alike(shown: str, found: str) -> bool:
    """Whether they are equal, where a line `…` stands for any lines."""
    pattern = "".join(
        "(?:.*\n)*" if line == "…\n" else re.escape(line) for line in shown.splitlines(keepends=True)
    )
    return re.fullmatch(pattern, found) is not None


def test_each_command_prints_what_is_shown(place: Path) -> None:
    ran = 0
    for block in blocks("console"):
        for command, output in commands(block):
            if command in NOT_RUN:
                assert NOT_RUN[command](command), command
                assert not output
            elif command in SERVERS:
                assert not output
            else:
                done = subprocess.run(
                    ["bash", "-c", command],
                    cwd=place,
                    env=environment(place),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=120,
                    check=False,
                )
                found = done.stdout.decode()
                assert done.returncode in (0, 1), f"line {block.line}: {command}\n{found}"
                assert (done.returncode == 1) == bool(REFUSED.search(output)), (
                    f"line {block.line}: {command}\n{found}"
                )
                assert alike(output, found), f"line {block.line}: {command}\n{found}"
                ran += 1
    assert ran > 5


@contextmanager
def started(place: Path, command: str) -> Iterator[str]:
    """A server of the page at a free port, and its URL."""
    process = subprocess.Popen(
        ["bash", "-c", f"exec {command} --port 0"],
        cwd=place,
        env=environment(place),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.fullmatch(SERVERS[command], said)
        assert found is not None, said
        yield found[1]
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.parametrize("command", SERVERS)
def test_a_server_says_where_it_is(place: Path, command: str) -> None:
    assert any(command == shown for block in blocks("console") for shown, _ in commands(block))
    with started(place, command) as url:
        assert url.startswith("http://")


def test_each_program_prints_what_is_shown(place: Path) -> None:
    served = [block for block in blocks("python") if SERVED in block.text]
    assert served
    with started(place, "awmc serve build/*") as url:
        for block in blocks("python"):
            check_program(place, block, block.text.replace(SERVED, url))


def check_program(place: Path, block: Block, program: str) -> None:
    after = BLOCKS[BLOCKS.index(block) + 1]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=place,
        env=environment(place),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert after.language == "text"
    assert done.stdout == after.text


def test_what_is_shown_of_a_spec_stands_in_it() -> None:
    excerpts = [block for block in blocks("awm") if not block.text.startswith("env ")]
    assert excerpts
    for block in excerpts:
        for part in block.text.split("\n\n"):
            assert part.rstrip() in CLINIC, f"line {block.line}"


def test_the_configuration_of_a_client_starts_a_server(place: Path) -> None:
    (block,) = blocks("json")
    server = json.loads(block.text)["mcpServers"]["clinic"]
    assert server["command"] == "/path/to/awmc/.venv/bin/python"
    arguments = [text.replace("/path/to/awmc", str(place)) for text in server["args"]]
    parameters = StdioServerParameters(command=sys.executable, args=arguments, env=environment(place))

    async def tools() -> set[str]:
        async with Client(stdio_client(parameters)) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    assert {"find_slots", "book_visit"} <= anyio.run(tools)


def test_the_table_of_commands_is_that_of_the_program(place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "awmc", "--help"], env=environment(place), capture_output=True, check=True
    )
    verbs = set(re.findall(r"^\W*([a-z]+)\s{2,}[A-Z]", done.stdout.decode(), re.MULTILINE))
    assert set(re.findall(r"^\| `awmc ([a-z]+)", README, re.MULTILINE)) == verbs


def test_every_link_and_every_file_that_is_named_is_there() -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        text = re.sub(
            r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
        )
        named = re.findall(r"\]\(([^)#:]+)\)", text)
        named += re.findall(
            r"`((?:awmc|docs|grammar|specs|build|templates|tests|bench|demo|\.ci)/[\w./-]*)`", text
        )
        assert named
        for path in named:
            assert (ROOT / path).exists(), f"{page} names {path}"
