"""`awmc serve --workers`: an instance lives in one of several processes, and is spoken to there."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from mcp import Client

from tests.compiled import compiled, write
from tests.serving import Server, call, play, refused, serving

TOKEN = "a-secret-token"
BOOKED = {"slot": 2, "reason": "check-up"}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("build") / "clinic", compiled("clinic"))


@pytest.fixture(scope="module")
def server(clinic: Path) -> Iterator[Server]:
    with serving(clinic, "--workers", "2", "--max-instances", "9", token=TOKEN) as found:
        yield found


def origin(url: str) -> str:
    return url.partition("/env/")[0]


def workers_of(server: Server) -> list[int]:
    """The ids of its workers' processes."""
    return [int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]


def test_instances_are_spread_and_spoken_to_where_they_are(server: Server) -> None:
    made = [server.create() for _ in range(6)]
    places = Counter(origin(one["url"]) for one in made)
    assert sorted(places.values()) == [3, 3]
    assert server.url not in places
    assert server.get("/healthz") == {
        "status": "ok", "version": server.get("/healthz")["version"], "workers": 2, "instances": 6
    }  # fmt: skip
    for one in made:
        assert call(server.http, one["mcp_url"], "book_visit", **BOOKED)["status"] == "booked"
        assert origin(server.post(f"{one['url']}/reset")["url"]) == origin(one["url"])
    forked = server.post(f"{made[0]['url']}/fork")
    assert origin(forked["url"]) == origin(made[0]["url"])
    for one in [*made, forked]:
        assert server.http.delete(one["url"]).status_code == 204
    assert server.get("/healthz")["instances"] == 0


def test_what_is_asked_at_the_main_port_is_sent_on(server: Server) -> None:
    made = server.create()
    answer = server.http.get(f"/env/{made['instance']}/log", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{made['url']}/log")
    at_main = f"{server.url}/env/{made['instance']}/mcp"
    answer = server.http.post(at_main, json={}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, made["mcp_url"])
    assert call(server.http, at_main, "book_visit", **BOOKED)["status"] == "booked"

    async def agent(client: Client) -> None:
        assert (await client.call_tool("book_visit", BOOKED)).is_error

    play(made["mcp_url"], agent)
    assert server.get(made["url"])["calls"] == 2
    for path in ("/env", f"/env/{made['instance']}", "/envs", "/metrics"):
        answer = httpx2.request("POST" if path == "/env" else "GET", server.url + path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")
    assert httpx2.get(made["url"]).status_code == 401
    assert server.http.delete(made["url"]).status_code == 204


def test_errors_and_lists_are_those_of_a_worker(server: Server) -> None:
    assert server.get("/envs")["environments"][0]["env"] == "clinic"
    assert len(server.get("/envs/clinic/tasks?world_seed=0")["tasks"]) == 5
    answer = server.http.get("/envs/clinic/tasks?world_seed=1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_world_seed")
    answer = server.http.post("/env", json={"env": "none"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_environment")
    assert server.http.get("/nothing").status_code == 404
    assert server.http.put("/env").status_code == 405
    made = server.create()
    call(server.http, made["mcp_url"], "book_visit", **BOOKED)
    assert server.http.delete(made["url"]).status_code == 204
    text = server.http.get("/metrics").text
    for worker in ("0", "1", "front"):
        assert f'process_resident_memory_bytes{{worker="{worker}"}}' in text
    assert "/env/{instance}/mcp" in text


def test_the_limit_is_that_of_all_together(server: Server) -> None:
    made = [server.create() for _ in range(9)]
    answer = server.http.post("/env", json={"env": "clinic"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "too_many_instances")
    for one in made:
        server.http.delete(one["url"])


def test_a_worker_that_dies_comes_back(clinic: Path, tmp_path: Path) -> None:
    with Server(clinic, "--workers", "2", "--durable", tmp_path) as server:
        made = [server.create() for _ in range(2)]
        for one in made:
            call(server.http, one["mcp_url"], "book_visit", **BOOKED)
        before = workers_of(server)
        os.kill(before[0], signal.SIGKILL)
        # Its socket is still there: who asks now is answered when it is back.
        for one in made:
            answer = httpx2.get(one["url"], timeout=60)
            assert (answer.status_code, answer.json()["calls"]) == (200, 1)
        assert len(set(before) & set(workers_of(server))) == 1
        status, said = server.end()
        assert status == 0
        assert "ended with status -9 and is started again" in said


def test_no_worker_outlives_its_parent(clinic: Path, tmp_path: Path) -> None:
    """And another number of workers finds the same instances."""
    with Server(clinic, "--workers", "2", "--durable", tmp_path) as server:
        made = [server.create() for _ in range(4)]
        for one in made:
            call(server.http, one["mcp_url"], "book_visit", **BOOKED)
        workers = workers_of(server)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    for worker in workers:
        for _ in range(2000):
            if (
                not Path(f"/proc/{worker}").exists()
                or "Z" in Path(f"/proc/{worker}/stat").read_text().split()[2]
            ):
                break
            time.sleep(0.01)
        else:
            raise AssertionError("a worker is still there")
    with serving(clinic, "--workers", "3", "--durable", tmp_path) as server:
        assert server.get("/healthz")["instances"] == 4
        for one in made:
            found = server.get(f"/env/{one['instance']}")
            assert found["calls"] == 1
            assert call(server.http, found["mcp_url"], "book_visit", **BOOKED)["error"]["code"] == "taken"


def test_a_workers_port_that_is_taken_is_told(clinic: Path) -> None:
    while True:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with socket.socket() as free:
                try:
                    free.bind(("127.0.0.1", port - 1))
                except OSError:
                    continue
                free.close()
                said = refused(clinic, "--workers", "2", "--port", str(port - 1), status=2)
                break
    assert said == f"awmc serve: cannot listen on 127.0.0.1:{port}: address already in use\n"


def test_what_a_worker_cannot_use_is_told(clinic: Path, tmp_path: Path) -> None:
    with serving(clinic, "--durable", tmp_path) as server:
        server.create()
    university = write(tmp_path / "university", compiled("university"))
    said = refused(university, "--workers", "2", "--durable", tmp_path, "--port", "0", status=1)
    assert "holds instances of clinic with world seed 0, which is not served" in said
