"""`awmc serve`: the control side and the agent's side of many instances, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import INVALID_PARAMS

import awmc
from tests.compiled import SPECS, compiled, write
from tests.serving import HEADERS, MODES, ROOT, Mode, Server, call, play, refused, rpc, serving

TASK = "book_cheapest_cardiologist"


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    for name in ("clinic", "university"):
        write(folder / name, compiled(name))
    return folder


@pytest.fixture(scope="module")
def server(builds: Path) -> Iterator[Server]:
    with serving(builds) as found:
        yield found


def oracle(build: Path) -> list[tuple[str, dict[str, Any]]]:
    (task,) = (task for task in awmc.load(build).tasks if task.id == TASK)
    return [(one["tool"], dict(one["arguments"])) for one in task.oracle]


def test_what_is_served_is_listed(server: Server) -> None:
    assert server.get("/healthz") == {
        "status": "ok",
        "version": awmc.__version__,
        "workers": 1,
        "instances": server.get("/healthz")["instances"],
    }
    clinic, university = server.get("/envs")["environments"]
    assert [clinic["env"], university["env"]] == ["clinic", "university"]
    assert clinic["world_seeds"] == [0]
    assert not clinic["any_world_seed"]
    assert clinic["tools"] == [tool["name"] for tool in json.loads(compiled("clinic")["tools.json"])["tools"]]
    listed = server.get("/envs/clinic/tasks")
    assert listed["world_seed"] == 0
    assert clinic["tasks"] == len(listed["tasks"]) == 5
    task = listed["tasks"][0]
    assert task["id"] == TASK
    assert task["instruction"].startswith("Book me the earliest free slot")
    assert set(task) == {"id", "task", "instruction", "actor", "policy", "user"}


@pytest.mark.parametrize("mode", MODES)
def test_an_agent_does_a_task_and_is_judged(server: Server, builds: Path, mode: Mode) -> None:
    made = server.create(task=TASK)
    assert made["mcp_url"] == f"{made['url']}/mcp" == f"{server.url}/env/{made['instance']}/mcp"
    assert made["instruction"].startswith("Book me the earliest free slot")
    assert made["policy"].startswith("Tell the patient the fee")
    assert (made["env"], made["world_seed"], made["task"], made["actor"]) == ("clinic", 0, TASK, 1)
    assert server.post(f"{made['url']}/verdict", answer="Done.")["reward"] == 0

    async def agent(client: Client) -> None:
        assert client.server_info is not None
        assert client.server_info.name == "clinic"
        assert client.instructions == made["policy"]
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        given = {tool["name"]: tool for tool in json.loads(compiled("clinic")["tools.json"])["tools"]}
        assert {n: t.model_dump(by_alias=True, exclude_none=True) for n, t in tools.items()} == given
        for name, arguments in oracle(builds / "clinic"):
            result = await client.call_tool(name, arguments)
            assert not result.is_error
            assert result.structured_content == json.loads(result.content[0].text)  # type: ignore[union-attr]
        refused = await client.call_tool("get_doctor", {"doctor": 10**6})
        assert refused.is_error
        with pytest.raises(MCPError) as unknown:
            await client.call_tool("verdict", {})
        assert unknown.value.code == INVALID_PARAMS
        for what in (client.list_resources(), client.list_prompts()):
            with pytest.raises(MCPError):
                await what

    play(made["mcp_url"], agent, mode)
    assert server.post(f"{made['url']}/verdict", answer="Done.") == {
        "reward": 1.0,
        "score": 1.0,
        "passed": True,
        "reasons": [],
        "outcome": 0,
    }
    calls = server.get(f"{made['url']}/log")["calls"]
    assert [one["tool"] for one in calls] == [name for name, _ in oracle(builds / "clinic")] + ["get_doctor"]
    assert [one["ok"] for one in calls] == [True] * (len(calls) - 1) + [False]
    assert calls[-1]["result"]["error"]["code"] == "not_found"
    changes = server.get(f"{made['url']}/diff")["changes"]
    assert {(change["kind"], change["entity"]) for change in changes} == {
        ("update", "Patient"),
        ("create", "Visit"),
    }
    now = server.get(made["url"])
    assert (now["calls"], now["ended"]) == (len(calls), False)


def test_instances_are_kept_apart(server: Server) -> None:
    one, other = server.create(), server.create()
    assert one["instance"] != other["instance"]
    booked = {"slot": 2, "reason": "check-up"}
    assert call(server.http, one["mcp_url"], "book_visit", **booked)["status"] == "booked"
    assert call(server.http, one["mcp_url"], "book_visit", **booked)["error"]["code"] == "taken"
    assert server.get(f"{other['url']}/diff")["changes"] == []
    assert call(server.http, other["mcp_url"], "book_visit", **booked)["status"] == "booked"
    elsewhere = server.create("university")
    answer = server.http.post(elsewhere["mcp_url"], json=rpc("book_visit", booked), headers=HEADERS)
    assert answer.json()["error"]["code"] == INVALID_PARAMS


def test_sessions_of_the_protocol_do_not_count(server: Server) -> None:
    """Two clients of one path share an instance, whatever session they say that they are in."""
    made = server.create()
    booked = rpc("book_visit", {"slot": 2, "reason": "check-up"})
    results = [
        server.http.post(made["mcp_url"], json=booked, headers={**HEADERS, "Mcp-Session-Id": name}).json()
        for name in ("a", "b")
    ]
    assert [result["result"].get("isError", False) for result in results] == [False, True]


def test_reset_snapshot_restore_and_fork(server: Server) -> None:
    made = server.create(task=TASK)
    url, mcp = made["url"], made["mcp_url"]

    def book(at: str, slot: int) -> Any:
        return call(server.http, at, "book_visit", slot=slot, reason="check-up")

    first = book(mcp, 2)
    kept = server.post(f"{url}/snapshot")["snapshot"]
    second = book(mcp, 4)
    assert second["id"] == first["id"] + 1
    forked = server.post(f"{url}/fork")
    assert forked["instance"] != made["instance"]
    assert forked["calls"] == 2
    assert forked["snapshots"] == []
    assert server.get(f"{forked['url']}/diff") == server.get(f"{url}/diff")

    back = server.post(f"{url}/restore", snapshot=kept)
    assert (back["calls"], back["snapshots"]) == (1, [kept])
    assert book(mcp, 4) == second
    server.post(f"{url}/restore", snapshot=kept)
    assert len(server.get(f"{forked['url']}/log")["calls"]) == 2
    assert book(forked["mcp_url"], 4)["error"]["code"] == "taken"

    begun = server.post(f"{url}/reset")
    assert (begun["calls"], begun["now"], begun["snapshots"]) == (0, made["now"], [kept])
    assert server.get(f"{url}/diff") == {"changes": []}
    assert book(mcp, 2) == first
    assert server.http.delete(f"{url}/snapshot/{kept}").status_code == 204
    gone = server.http.post(f"{url}/restore", json={"snapshot": kept})
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "unknown_snapshot")
    assert server.http.delete(url).status_code == 204
    assert server.http.delete(url).status_code == 404
    assert server.get(forked["url"])["calls"] == 3


def test_an_instance_for_another_actor(server: Server) -> None:
    by_key, by_label = server.create(actor=2), server.create(actor="2")
    assert by_key["actor"] == by_label["actor"] == 2


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({"env": "clinc"}, "unknown_environment", "There are: clinic, university."),
        ({"env": "clinic", "task": "no_such"}, "unknown_task", "GET /envs/clinic/tasks?world_seed=0 lists"),
        (
            {"env": "clinic", "world_seed": 7},
            "unknown_world_seed",
            "awmc compile --world-seed 7 -o FOLDER SPEC",
        ),
        ({"env": "clinic", "actor": 10**6}, "unknown_actor", "There is no Patient '1000000' in clinic."),
        ({"env": "clinic", "world_seed": -1}, "invalid_request", "world_seed: Input should be greater than"),
        (
            {"env": "clinic", "world_seed": "7"},
            "invalid_request",
            "world_seed: Input should be a valid integer",
        ),
        ({"env": "clinic", "tsk": TASK}, "invalid_request", "tsk: Extra inputs are not permitted"),
        ({}, "invalid_request", "env: Field required"),
        ([], "invalid_request", "Input should be an object"),
    ],
)
def test_what_there_is_not_is_told(server: Server, body: Any, code: str, said: str) -> None:
    answer = server.http.post("/env", json=body)
    assert answer.status_code == (422 if code == "invalid_request" else 404)
    assert answer.json()["error"]["code"] == code
    assert said in answer.json()["error"]["message"]


def test_free_play_is_not_judged(server: Server) -> None:
    answer = server.http.post(f"{server.create()['url']}/verdict", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_task")


def test_the_document_of_the_control_side(server: Server) -> None:
    """It is OpenAPI, and each operation in it is there, and answers as it says."""
    document = server.get("/openapi.json")
    openapi_spec_validator.validate(document)
    made = server.create(task=TASK)
    values = {"instance": made["instance"], "env": "clinic", "snapshot": "none"}
    asked = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if operation["operationId"] in ("delete", "create"):
                continue
            body = {"snapshot": "none"} if operation["operationId"] == "restore" else {}
            answer = server.http.request(method.upper(), path.format(**values), json=body)
            assert str(answer.status_code) in operation["responses"], (path, answer.text)
            asked.add(operation["operationId"])
    assert {
        "health",
        "environments",
        "tasks",
        "describe",
        "reset",
        "snapshot",
        "fork",
        "diff",
        "log",
    } <= asked


def test_what_is_counted(server: Server) -> None:
    made = server.create()
    call(server.http, made["mcp_url"], "list_doctors")
    call(server.http, made["mcp_url"], "get_doctor", doctor=10**6)
    text = server.http.get("/metrics").text
    for sample in (
        'awmc_calls_total{env="clinic",outcome="ok"}',
        'awmc_calls_total{env="clinic",outcome="refused"}',
        'awmc_call_seconds_count{env="clinic"}',
        'awmc_instances_created_total{env="clinic"}',
        'awmc_requests_total{method="POST",route="/env",status="201"}',
        "awmc_instances ",
        "process_resident_memory_bytes ",
    ):
        assert sample in text
    assert made["instance"] not in text


# ---- Specs and seeds


def test_a_spec_is_served_with_any_world_seed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    with serving(SPECS / "clinic.awm") as server:
        (listed,) = server.get("/envs")["environments"]
        assert (listed["world_seeds"], listed["any_world_seed"]) == ([0], True)
        made = {seed: server.create(world_seed=seed) for seed in (0, 3, 4, 3)}
        rows = {
            seed: call(server.http, one["mcp_url"], "find_slots", limit=50)["items"]
            for seed, one in made.items()
        }
        assert rows[0] != rows[3] != rows[4]
        assert [one["world_seed"] for one in made.values()] == [0, 3, 4]
        assert set(server.get("/envs")["environments"][0]["world_seeds"]) == {0, 3, 4}
        assert server.get("/envs/clinic/tasks?world_seed=3")["world_seed"] == 3
        answer = server.http.get("/envs/clinic/tasks?world_seed=x")
        assert answer.json()["error"]["code"] == "invalid_request"
    from awmc.pipeline import compile_source
    from awmc.source import read_source

    artefacts = compile_source(read_source(SPECS / "clinic.awm"), world_seed=3).artefacts
    write(other, {one.path: one.text for one in artefacts})
    with awmc.load(other).session() as session:
        assert session.call("find_slots", {"limit": 50}).value["items"] == rows[3]


def test_builds_of_several_seeds_are_served_together(tmp_path: Path) -> None:
    from awmc.emit.write import write_build
    from awmc.pipeline import compile_source
    from awmc.source import read_source

    for seed in (5, 0):
        done = compile_source(read_source(SPECS / "clinic.awm"), world_seed=seed)
        write_build(tmp_path / str(seed) / "clinic", done.artefacts)
    with serving(tmp_path / "5", tmp_path / "0") as server:
        assert server.get("/envs")["environments"][0]["world_seeds"] == [5, 0]
        assert server.create()["world_seed"] == 5
        assert server.create(world_seed=0)["world_seed"] == 0
        answer = server.http.post("/env", json={"env": "clinic", "world_seed": 1})
        assert "is served with world seed 0, 5, not 1" in answer.json()["error"]["message"]


# ---- On stdio


@pytest.mark.parametrize("mode", MODES)
def test_one_instance_on_stdio(builds: Path, mode: Mode) -> None:
    async def agent(client: Client) -> None:
        assert client.server_info is not None
        assert client.server_info.name == "clinic"
        result = await client.call_tool("list_visits", {})
        assert not result.is_error

    arguments = ["-m", "awmc", "serve", "--stdio", "--task", TASK, str(builds / "clinic")]
    play(StdioServerParameters(command="python", args=arguments, env=environment()), agent, mode)


def environment() -> dict[str, str]:
    import os
    import sys

    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (["--stdio", "build/*"], 2, "--stdio serves one world, and 2 are named"),
        (["--stdio", "build/clinic", "--task", "none"], 2, "Unknown task: none."),
        (["--stdio", "build/clinic", "--actor", "none"], 2, "There is no Patient 'none' in clinic."),
        (["--stdio", "build/clinic", "--world-seed", "1"], 2, "--world-seed is for a spec"),
        (["--task", TASK, "build/clinic"], 2, "--task is for --stdio"),
        (["--host", "0.0.0.0", "build/clinic"], 2, "other machines reach --host 0.0.0.0: give a token"),
        (
            ["--host", "no.such.host.invalid", "--token", "t", "build/clinic"],
            2,
            "cannot listen on no.such.host",
        ),
        (["--token", "a b", "build/clinic"], 2, "the token must be printable ASCII without spaces"),
        (["--port", "65535", "--workers", "2", "build/clinic"], 2, "there are no 2 ports after 65535"),
        (["build/none"], 1, "there is no folder"),
    ],
)
def test_a_wrong_command_line_is_told(builds: Path, options: list[str], status: int, said: str) -> None:
    given = [
        str(builds / word.removeprefix("build/")) if word.startswith("build/") else word for word in options
    ]
    if given[-1].endswith("*"):
        given[-1:] = [str(builds / "clinic"), str(builds / "university")]
    assert said in refused(
        *given, status=status, environment={"AWMC_TOKEN": ""} if "--token" not in given else {}
    )
