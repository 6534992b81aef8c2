"""What `awmc serve` does not let happen: strangers, floods, calls that run away, malformed requests, secrets told."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

from bench.malformed import send, wrong
from tests.compiled import changed, compiled, write
from tests.serving import HEADERS, Server, call, rpc, serving

ENDLESS = 'call.value("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n")'
TOKEN = "a-secret-token"


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic whose `get_doctor` never ends."""
    body = "    return call.json(GET_DOCTOR_RESULT, doctor=doctor)\n"
    files = changed(compiled("clinic"), "tools.py", body, f"    {ENDLESS}\n{body}")
    return write(tmp_path_factory.mktemp("build") / "clinic", files)


@pytest.fixture(scope="module")
def server(clinic: Path) -> Iterator[Server]:
    limits = ["--call-seconds", "1", "--max-result", "2000", "--max-calls", "20", "--max-snapshots", "2"]
    with serving(clinic, "--max-body", "4096", *limits) as found:
        yield found


def error(answer: httpx2.Response) -> tuple[int, str]:
    """The status, and the code."""
    return answer.status_code, answer.json()["error"]["code"]


def test_the_control_side_asks_for_its_token_and_the_agents_side_does_not(clinic: Path) -> None:
    server = Server(clinic, "--log-level", "debug", token=TOKEN)
    with server:
        made = server.create()
        for authorization in (
            {},
            {"Authorization": "Bearer no"},
            {"Authorization": TOKEN},
            {"Authorization": "Bearer é"},
        ):
            headers = {name: value.encode("latin-1") for name, value in authorization.items()}
            for method, path in (
                ("POST", "/env"),
                ("GET", "/envs"),
                ("GET", "/metrics"),
                ("GET", f"/env/{made['instance']}"),
                ("POST", f"/env/{made['instance']}/verdict"),
                ("DELETE", f"/env/{made['instance']}"),
                ("GET", "/nothing"),
            ):
                answer = httpx2.request(method, server.url + path, headers=headers)
                assert error(answer) == (401, "unauthorized")
                assert answer.headers["www-authenticate"] == "Bearer"
        assert httpx2.get(f"{server.url}/healthz").status_code == 200
        assert httpx2.get(f"{server.url}/openapi.json").status_code == 200
        booked = rpc("book_visit", {"slot": 2, "reason": "a private matter"})
        answer = httpx2.post(made["mcp_url"], json=booked, headers=HEADERS)
        assert answer.json()["result"]["structuredContent"]["status"] == "booked"
        server.http.get(f"/env/{made['instance']}/mcp")
        status, said = server.end()
        assert status == 0
        assert "POST /env/{instance}/mcp 200" in said
        for secret in (TOKEN, made["instance"], "a private matter"):
            assert secret not in said


@pytest.mark.parametrize("path", ["/envs", "/healthz", "/env/x/mcp"])
def test_names_of_others_are_not_answered_to(server: Server, path: str) -> None:
    """A page that has its own name resolve to this machine reaches nothing."""
    for headers, status in (
        ({"Host": "evil.example"}, 421),
        ({"Host": ""}, 421),
        ({"Host": "10.0.0.1:8000"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ):
        assert server.http.get(path, headers=headers).status_code == status
    for headers in ({"Host": "localhost"}, {"Host": "[::1]:1"}, {"Origin": "http://localhost:3000"}):
        assert server.http.get("/envs", headers=headers).status_code == 200


def test_other_names_can_be_allowed(clinic: Path) -> None:
    with serving(clinic, "--host", "0.0.0.0", "--allow-host", "Worlds.example", token="t") as server:
        at = f"http://127.0.0.1:{server.url.rpartition(':')[2]}"
        for host, status in (
            ("worlds.example", 200),
            ("worlds.example:9", 200),
            ("10.1.2.3:80", 200),
            ("evil.example", 421),
        ):
            answer = httpx2.get(f"{at}/envs", headers={"Host": host, "Authorization": "Bearer t"})
            assert answer.status_code == status
        headers = {"Host": "worlds.example:9", "Authorization": "Bearer t"}
        made = httpx2.post(f"{at}/env", json={"env": "clinic"}, headers=headers).json()
        assert made["mcp_url"] == f"http://worlds.example:9/env/{made['instance']}/mcp"
    with serving(clinic, "--public-url", "https://worlds.example/{port}/") as server:
        port = server.url.rpartition(":")[2]
        assert server.create()["mcp_url"].startswith(f"https://worlds.example/{port}/env/")


def test_there_are_no_more_instances_than_allowed(clinic: Path) -> None:
    with serving(clinic, "--max-instances", "2") as server:
        first = server.create()
        server.create()
        for answer in (
            server.http.post("/env", json={"env": "clinic"}),
            server.http.post(f"{first['url']}/fork"),
        ):
            assert error(answer) == (503, "too_many_instances")
        assert server.http.delete(first["url"]).status_code == 204
        server.create()
        assert server.get("/healthz")["instances"] == 2


def test_an_idle_instance_is_ended(clinic: Path) -> None:
    with serving(clinic, "--idle-timeout", "1") as server:
        made = server.create()
        for _ in range(600):
            if server.get("/healthz")["instances"] == 0:
                break
            time.sleep(0.05)
        assert error(server.http.get(made["url"])) == (404, "unknown_instance")
        answer = server.http.post(made["mcp_url"], json=rpc("list_doctors", {}), headers=HEADERS)
        assert answer.status_code == 404
        assert "There is no such instance" in answer.json()["error"]["message"]


def test_bodies_results_calls_and_snapshots_have_limits(server: Server) -> None:
    made = server.create()
    assert error(server.http.post("/env", content=b" " * 5000)) == (413, "too_large")
    answer = server.http.post(made["mcp_url"], content=b" " * 5000, headers=HEADERS)
    assert answer.status_code == 413
    assert answer.json()["error"]["message"] == "A request may have 4096 bytes, and this one has more."
    large = call(server.http, made["mcp_url"], "find_slots", limit=50)
    assert large["error"]["code"] == "limit_exceeded"
    for _ in range(19):
        assert "items" in call(server.http, made["mcp_url"], "list_doctors", limit=1)
    assert call(server.http, made["mcp_url"], "list_doctors")["error"]["code"] == "limit_exceeded"
    server.post(f"{made['url']}/reset")
    assert "items" in call(server.http, made["mcp_url"], "list_doctors", limit=1)
    for _ in range(2):
        server.post(f"{made['url']}/snapshot")
    assert error(server.http.post(f"{made['url']}/snapshot")) == (409, "too_many_snapshots")


def test_a_call_that_runs_away_is_stopped_and_holds_nobody_else_up(server: Server) -> None:
    made, other = server.create(), server.create()
    answered: list[Any] = []

    def run_away() -> None:
        with httpx2.Client(timeout=60) as http:
            answered.append(call(http, made["mcp_url"], "get_doctor", doctor=1))

    thread = threading.Thread(target=run_away)
    thread.start()
    before = 0
    while thread.is_alive():
        call(server.http, other["mcp_url"], "list_doctors", limit=1)
        server.post(f"{other['url']}/reset")
        before += not answered
    thread.join()
    assert answered[0]["error"]["code"] == "limit_exceeded"
    assert before > 1
    assert call(server.http, made["mcp_url"], "book_visit", slot=2, reason="check-up")["status"] == "booked"


def test_a_client_that_vanishes_leaves_its_instance_usable(server: Server) -> None:
    made = server.create()
    calls = 3
    for number in range(calls):
        # Sometimes in the midst of a call, sometimes in the midst of a request.
        with httpx2.Client(timeout=0.05) as http, pytest.raises(httpx2.TimeoutException):
            http.post(made["mcp_url"], json=rpc("get_doctor", {"doctor": 1}, number), headers=HEADERS)
    assert call(server.http, made["mcp_url"], "book_visit", slot=2, reason="check-up")["status"] == "booked"
    log = server.get(f"{made['url']}/log")["calls"]
    assert [one["tool"] for one in log] == ["get_doctor"] * (len(log) - 1) + ["book_visit"]
    assert {one["result"]["error"]["code"] for one in log[:-1]} <= {"limit_exceeded"}
    assert 1 <= len(log) <= calls + 1


def test_each_malformed_request_gets_a_well_formed_error(server: Server, clinic: Path) -> None:
    made = server.create()
    host, port = "127.0.0.1", int(server.url.rpartition(":")[2])
    instances = server.get("/healthz")["instances"]
    random, kinds = Random(7), Counter[str]()
    for _ in range(600):
        request = wrong(random, made["instance"])
        if "wrong arguments" in request.kind and b"get_doctor" in request.data:
            continue  # which never ends, here
        answer = send(host, port, request)
        if not (request.half and answer.status == 0):
            assert answer.is_error, (request, answer)
        assert str(clinic.parent).encode() not in answer.body
        assert b"Traceback" not in answer.body
        kinds[request.kind] += 1
    assert len(kinds) == 15
    assert server.get("/healthz")["instances"] == instances
    assert server.get(f"{made['url']}/diff") == {"changes": []}
    server.post(f"{made['url']}/reset")
    assert call(server.http, made["mcp_url"], "book_visit", slot=2, reason="check-up")["status"] == "booked"
