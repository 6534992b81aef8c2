"""Clients of others against `awmc serve`: the MCP Inspector's command line, and the conformance suite of the protocol.

They are Node programs, which `tests/clients/package-lock.json` pins.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import node
from tests.serving import ROOT, Server, serving

HERE = ROOT / "tests" / "clients"
MODULES = HERE / "node_modules"
ABSENT = re.compile(
    r"Method not found|Unknown tool|Not testable|Prerequisite failed|keywords? missing|\$anchor missing"
    r"|Expected InputRequiredResult"
    r"|does not support (?:logging|completions|prompts|resources)"
)
"""Why a check fails of what a server of tools alone does not have."""

pytestmark = pytest.mark.xdist_group("node")


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    subprocess.run(
        [sys.executable, "-m", "awmc", "compile", "-o", str(folder), str(HERE / "conformance.awm")],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return folder / "conformance"


@pytest.fixture(scope="module")
def server(build: Path) -> Iterator[Server]:
    with serving(build) as found:
        yield found


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of processes that find Node, and awmc; the programs are installed."""
    found = node.environment(tmp_path_factory.mktemp("node"))
    node.install(HERE, found)
    return {**found, "PYTHONPATH": str(ROOT)}


def run(
    environment: dict[str, str], *command: str | Path, folder: Path = HERE
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", *map(str, command)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )


# ---- The Inspector


def inspect(environment: dict[str, str], target: list[str], *options: str) -> tuple[int, Any, str]:
    """The exit status, what it prints as JSON, and what it says beside."""
    package = MODULES / "@modelcontextprotocol" / "inspector"
    program = json.loads((package / "package.json").read_text())["bin"]["mcp-inspector"]
    # A program that the Inspector starts has its folder, and not its environment.
    done = run(environment, package / program, "--cli", *target, *options, folder=ROOT)
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None, done.stderr


def targets(server: Server, build: Path) -> dict[str, list[str]]:
    return {
        "http": [server.create("conformance")["mcp_url"], "--transport", "http"],
        "stdio": [sys.executable, "-m", "awmc", "serve", "--stdio", str(build)],
    }


@pytest.mark.parametrize(("transport", "era"), [("http", "legacy"), ("http", "modern"), ("stdio", "legacy")])
def test_the_inspector_lists_calls_and_reads_errors(
    server: Server, build: Path, environment: dict[str, str], transport: str, era: str
) -> None:
    target = [*targets(server, build)[transport], "--protocol-era", era]
    status, listed, said = inspect(environment, target, "--strict", "--method", "tools/list")
    assert status == 0, said
    assert [tool["name"] for tool in listed["tools"]] == [
        "test_simple_text", "test_error_handling", "json_schema_2020_12_tool"
    ]  # fmt: skip
    call = ["--method", "tools/call", "--tool-name"]
    address = '{"street":"Long Road 2","city":"Oslo"}'
    status, answer, said = inspect(
        environment,
        target,
        *call,
        "json_schema_2020_12_tool",
        "--tool-arg",
        "name=Bo",
        "--tool-arg",
        f"address={address}",
    )
    assert status == 0, said
    assert answer["structuredContent"] == {
        "id": 2,
        "name": "Bo",
        "address": json.loads(address),
        "second": None,
    }
    status, answer, said = inspect(environment, target, *call, "test_error_handling")
    assert status == 5, said
    assert "This tool intentionally returns an error for testing." in json.dumps(answer) + said
    status, answer, said = inspect(environment, target, *call, "no_such_tool")
    assert status != 0
    assert "no_such_tool" in json.dumps(answer) + said


# ---- Conformance


@pytest.mark.parametrize(
    ("package", "baseline", "options", "passing"),
    [
        (
            "@modelcontextprotocol/conformance",
            "baseline.yml",
            [],
            {"tools-call-simple-text", "tools-call-error", "json-schema-2020-12", "dns-rebinding-protection"},
        ),
        (
            "conformance-next",
            "baseline-2026-07-28.yml",
            ["--spec-version", "2026-07-28"],
            {"tools-call-simple-text", "tools-call-error", "tools-list", "http-header-validation"},
        ),
    ],
    ids=["handshake", "2026-07-28"],
)
def test_the_protocol_is_kept_to(
    server: Server,
    environment: dict[str, str],
    tmp_path: Path,
    package: str,
    baseline: str,
    options: list[str],
    passing: set[str],
) -> None:
    """All scenarios pass but those of the baseline, each of which fails for want of something that there is not."""
    url = server.create("conformance")["mcp_url"].replace("127.0.0.1", "localhost")
    program = MODULES / package / "dist" / "index.js"
    expected = ["--expected-failures", HERE / baseline]
    done = run(
        environment, program, "server", "--url", url, "--suite", "all", *options, *expected, "-o", tmp_path
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    failed = {
        (path.parent.name, check["id"]): check.get("errorMessage", "")
        for path in tmp_path.glob("*/checks.json")
        for check in json.loads(path.read_text())
        if check["status"] == "FAILURE"
    }
    assert failed
    assert {place: said for place, said in failed.items() if not ABSENT.search(said)} == {}
    found = set(re.findall(r"✓ ([\w-]+): [1-9]\d* passed, 0 failed", done.stdout))
    assert passing <= found
