"""`awmc serve` when something goes wrong: it is stopped or killed, the disk is full, what it needs is taken."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

import awmc
from awmc.runtime import Change
from tests.compiled import SPECS, changed, compiled, write
from tests.serving import HEADERS, Server, call, refused, rpc, serving
from tests.test_serve_safety import ENDLESS, error


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("build") / "clinic", compiled("clinic"))


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic whose `get_doctor` never ends."""
    body = "    return call.json(GET_DOCTOR_RESULT, doctor=doctor)\n"
    files = changed(compiled("clinic"), "tools.py", body, f"    {ENDLESS}\n{body}")
    return write(tmp_path_factory.mktemp("build") / "clinic", files)


# ---- Being stopped


def begin_endless(server: Server, url: str) -> tuple[threading.Thread, list[Any]]:
    """A call that never ends, in a thread; it is under way when this returns."""
    answers: list[Any] = []

    def run() -> None:
        with httpx2.Client(timeout=60) as http:
            answers.append(http.post(url, json=rpc("get_doctor", {"doctor": 1}), headers=HEADERS).json())

    thread = threading.Thread(target=run)
    thread.start()
    while not running(server):
        pass
    return thread, answers


def running(server: Server) -> bool:
    """Whether SQLite is at work in one of the threads of the process."""
    status = [path.read_text() for path in Path(f"/proc/{server.pid}/task").glob("*/stat")]
    return sum(int(line.rpartition(")")[2].split()[11]) for line in status[1:]) > 2


def test_what_is_under_way_is_answered_before_the_end(endless: Path) -> None:
    with Server(endless, "--call-seconds", "2", "--drain", "60") as server:
        thread, answers = begin_endless(server, server.create()["mcp_url"])
        status, said = server.end(signal.SIGTERM)
        thread.join()
        assert status == 0, said
        assert "limit_exceeded" in answers[0]["result"]["content"][0]["text"]


def test_a_call_that_runs_away_does_not_hold_up_the_end(endless: Path) -> None:
    with Server(endless, "--call-seconds", "3600", "--drain", "1") as server:
        thread, answers = begin_endless(server, server.create()["mcp_url"])
        status, said = server.end(signal.SIGTERM)
        thread.join()
        assert status == 0, said
        assert "limit_exceeded" in answers[0]["result"]["content"][0]["text"]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_can_be_stopped_as_soon_as_it_has_begun(clinic: Path, workers: str) -> None:
    assert Server(clinic, "--workers", workers).end(signal.SIGTERM)[0] == 0


def test_ctrl_c_ends_it(clinic: Path) -> None:
    with Server(clinic) as server:
        server.create()
        assert server.end(signal.SIGINT)[0] == 130


# ---- Lasting


@dataclass
class Player:
    """A client that knows what its instance must hold. `before` and `after`: its log without and with what was asked
    last, which a kill may have cut off.
    """

    url: str
    mcp: str
    random: Random
    log: list[Any] = field(default_factory=list)
    kept: dict[str, list[Any]] = field(default_factory=dict)
    after: list[Any] | None = None

    def play(self, http: httpx2.Client, count: int = 10**9) -> None:
        """Goes on until the server is gone."""
        for _ in range(count):
            try:
                self._ask(http)
            except httpx2.HTTPError:
                return
            self.after = None

    def _ask(self, http: httpx2.Client) -> None:
        what = self.random.random()
        if what < 0.8:
            name, arguments = self._call()
            self.after = [*self.log, (name, arguments)]
            answer = http.post(self.mcp, json=rpc(name, arguments), headers=HEADERS).json()
            assert "result" in answer
            self.log = self.after
        elif what < 0.88 and len(self.kept) < 10:
            answer = http.post(f"{self.url}/snapshot")
            assert answer.status_code == 201, answer.text
            self.kept[answer.json()["snapshot"]] = self.log
        elif what < 0.96 and self.kept:
            name, self.after = self.random.choice(sorted(self.kept.items()))
            assert http.post(f"{self.url}/restore", json={"snapshot": name}).status_code == 200
            self.log = self.after
        else:
            self.after = []
            assert http.post(f"{self.url}/reset").status_code == 200
            self.log = []

    def _call(self) -> tuple[str, dict[str, Any]]:
        if self.random.random() < 0.6:
            return "book_visit", {"slot": self.random.randrange(1, 30), "reason": "pain \ud83d\ude00 " * 9}
        return "cancel_visit", {"visit": self.random.randrange(1, 9)}

    def check(self, server: Server, world: awmc.runtime.World) -> None:
        """All that was acknowledged is there, and of what was not all or nothing."""
        calls = server.get(f"{self.url}/log")["calls"]
        found = [(one["tool"], one["arguments"]) for one in calls]
        assert found in (self.log, self.after)
        self.log, self.after = found, None
        assert set(self.kept) <= set(server.get(self.url)["snapshots"])
        with world.session() as session:
            assert [session.call(*one).value for one in found] == [one["result"] for one in calls]
            assert server.get(f"{self.url}/diff")["changes"] == [as_json(change) for change in session.diff()]


def as_json(change: Change) -> Any:
    return {name: getattr(change, name) for name in ("kind", "entity", "table", "key", "before", "after")}


def test_what_was_acknowledged_survives_being_killed(clinic: Path, tmp_path: Path) -> None:
    random = Random(1)
    world = awmc.load(clinic)
    players: list[Player] = []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for number in range(3):
        with Server(clinic, "--durable", tmp_path / "kept", "--port", str(port)) as server:
            assert server.get("/healthz")["instances"] >= len(players)
            for player in players:
                player.check(server, world)
            for _ in range(2):
                made = server.create()
                players.append(Player(made["url"], made["mcp_url"], Random(random.random())))
            clients = [httpx2.Client(timeout=60) for _ in players]
            threads = [
                threading.Thread(target=player.play, args=(client,))
                for player, client in zip(players, clients, strict=True)
            ]
            for thread in threads:
                thread.start()
            threads[0].join(random.uniform(0.2, 1.0))
            server.process.send_signal(signal.SIGKILL)
            for thread in threads:
                thread.join()
            for client in clients:
                client.close()
            server.process.wait()
        assert number or sum(len(player.log) for player in players)
    with serving(clinic, "--durable", tmp_path / "kept", "--port", str(port)) as server:
        for player in players:
            player.check(server, world)
            # What goes on from here goes on from what was.
            if player.kept:
                name, log = sorted(player.kept.items())[0]
                assert server.post(f"{player.url}/restore", snapshot=name)["calls"] == len(log)
            forked = server.post(f"{player.url}/fork")
            assert server.http.delete(player.url).status_code == 204
            assert server.get(forked["url"])["calls"] == len(log if player.kept else player.log)
    assert len(list((tmp_path / "kept").glob("*.jsonl"))) == len(players)


def test_a_fork_and_a_stopped_call_last(endless: Path, tmp_path: Path) -> None:
    """What hangs on chance is written down as it was, and not tried again."""
    options = [endless, "--durable", tmp_path]
    with serving(*options, "--call-seconds", "0.2") as server:
        made = server.create()
        booked = call(server.http, made["mcp_url"], "book_visit", slot=2, reason="check-up")
        stopped = call(server.http, made["mcp_url"], "get_doctor", doctor=1)
        assert stopped["error"]["code"] == "limit_exceeded"
        forked = server.post(f"{made['url']}/fork")
        log = server.get(f"{made['url']}/log")
    with serving(*options, "--call-seconds", "600", "--max-calls", "2") as server:
        for path in (f"/env/{made['instance']}", f"/env/{forked['instance']}"):
            assert server.get(f"{path}/log") == log
            assert server.get(f"{path}/diff")["changes"][-1]["after"]["id"] == booked["id"]
            assert server.get(path)["now"] == log["calls"][-1]["now"]
            # A limit that is lower now holds for what is asked now.
            assert "No more than 2" in call(server.http, f"{path}/mcp", "list_doctors")["error"]["message"]


def journal_of(folder: Path, made: Any) -> Path:
    return folder / f"{made['instance']}.jsonl"


def test_half_a_line_is_no_call(clinic: Path, tmp_path: Path) -> None:
    with serving(clinic, "--durable", tmp_path) as server:
        made = server.create()
        call(server.http, made["mcp_url"], "book_visit", slot=2, reason="check-up")
    with journal_of(tmp_path, made).open("ab") as file:
        file.write(b'{"call":"cancel_visit","argu')
    (tmp_path / f"{'x' * 22}.jsonl").write_bytes(b'{"format":1,"env":"clin')
    with serving(clinic, "--durable", tmp_path) as server:
        assert server.get("/healthz")["instances"] == 1
        url = f"/env/{made['instance']}"
        assert server.get(url)["calls"] == 1
        call(server.http, f"{url}/mcp", "list_visits")
    with serving(clinic, "--durable", tmp_path) as server:
        assert server.get(url)["calls"] == 2


DAMAGES: tuple[tuple[str, str], ...] = (
    ('"slot":2', '"slot":4'),
    ('{"call"', '{"cell"'),
    ('{"call"', '"call"'),
    ('"book_visit"', '"no_such_tool"'),
    ("\n", "\n{}\n"),
    ("\n", '\n{"restore":"none"}\n'),
    ("\n", '\n{"state":"none"}\n'),
    ('"task":null', '"task":"none"'),
)


def test_a_damaged_journal_is_told_and_can_be_deleted(clinic: Path, tmp_path: Path) -> None:
    with serving(clinic, "--durable", tmp_path) as server:
        whole, *broken = (server.create() for _ in range(len(DAMAGES) + 1))
        for made in broken:
            call(server.http, made["mcp_url"], "book_visit", slot=2, reason="check-up")
    for made, (old, new) in zip(broken, DAMAGES, strict=True):
        path = journal_of(tmp_path, made)
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    with serving(clinic, "--durable", tmp_path) as server:
        for made in broken:
            url = f"/env/{made['instance']}"
            assert error(server.http.get(url)) == (409, "not_restored")
            assert server.http.delete(url).status_code == 204
            assert error(server.http.get(url)) == (404, "unknown_instance")
            assert not journal_of(tmp_path, made).exists()
        assert server.get(f"/env/{whole['instance']}")["calls"] == 0


def test_what_cannot_be_kept_is_not_done(clinic: Path, tmp_path: Path) -> None:
    """On a disk that is full; here a file may have no more than so many bytes."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    with serving(clinic, "--durable", tmp_path, prepare=limited) as server:
        made = server.create()
        done, answer = 0, {}
        while "error" not in answer:
            body = rpc("book_visit", {"slot": 2 + 2 * done, "reason": "check-up " * 20})
            answer = server.http.post(made["mcp_url"], json=body, headers=HEADERS).json()
            done += 1
        assert answer["error"]["message"] == "What was done could not be kept, and was undone."
        assert done > 3
        assert server.get(made["url"])["calls"] == done - 1
        assert error(server.http.post(f"{made['url']}/fork")) == (503, "not_durable")
        assert server.get("/healthz")["instances"] == 1
        # A reset needs no room: it leaves the journal shorter.
        assert server.post(f"{made['url']}/reset")["calls"] == 0
        assert (
            call(server.http, made["mcp_url"], "book_visit", slot=2, reason="check-up")["status"] == "booked"
        )
    with serving(clinic, "--durable", tmp_path) as server:
        assert server.get(f"/env/{made['instance']}")["calls"] == 1


# ---- Not beginning


def test_two_servers_cannot_have_one_folder(clinic: Path, tmp_path: Path) -> None:
    with serving(clinic, "--durable", tmp_path):
        said = refused(clinic, "--durable", tmp_path, "--port", "0", status=1)
        assert said == (
            f"awmc serve: {tmp_path} is in use by another awmc serve; stop it, or name another folder\n"
        )


def test_a_changed_build_and_one_that_is_missing_are_told(clinic: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with serving(clinic, "--durable", kept) as server:
        server.create()
    text = changed(compiled("clinic"), "seed.sql", "'Dr. Sun'", "'Dr. Moon'")
    other = write(tmp_path / "other" / "clinic", text)
    said = refused(other, "--durable", kept, "--port", "0", status=1)
    assert "holds instances of clinic with world seed 0 as it was before it was compiled anew" in said
    university = write(tmp_path / "university", compiled("university"))
    said = refused(university, "--durable", kept, "--port", "0", status=1)
    assert "holds instances of clinic with world seed 0, which is not served" in said
    # The spec is the same world as its build.
    with serving(SPECS / "clinic.awm", "--durable", kept) as server:
        assert server.get("/healthz")["instances"] == 1


def test_a_folder_that_cannot_be_used_is_told(clinic: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = refused(clinic, "--durable", tmp_path / "file", "--port", "0", status=1)
    assert said == f"awmc serve: {tmp_path / 'file'} cannot be used: file exists\n"
    (tmp_path / f"{'x' * 22}.jsonl").write_text('{"format": 9}\n')
    said = refused(clinic, "--durable", tmp_path, "--port", "0", status=1)
    assert "is damaged; remove it, and the instance is gone" in said
    header = {"env": "clinic", "world_seed": 0, "digest": "", "task": None, "actor": None, "format": 9}
    (tmp_path / f"{'x' * 22}.jsonl").write_text(json.dumps(header) + "\n")
    said = refused(clinic, "--durable", tmp_path, "--port", "0", status=1)
    assert "was written by another awmc, in format 9; this one reads format 1" in said


def test_a_port_that_is_taken_is_told(clinic: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(clinic, "--port", str(port), status=2)
        assert said == f"awmc serve: cannot listen on 127.0.0.1:{port}: address already in use\n"


def test_a_build_that_cannot_be_used_is_told(clinic: Path, tmp_path: Path) -> None:
    def copy(name: str) -> Path:
        return Path(shutil.copytree(clinic, tmp_path / name))

    edited = copy("edited")
    with (edited / "tools.py").open("a") as file:
        file.write("# mine\n")
    assert "is not as it was written" in refused(edited, status=1)
    (missing := copy("missing")).joinpath("seed.sql").unlink()
    assert "cannot be read" in refused(missing, status=1)
    manifest = (older := copy("older")) / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 0'))
    assert "in format 0; this awmc reads format 1" in refused(older, status=1)
    (copy("cut") / "manifest.json").write_text("{")
    assert "is damaged" in refused(tmp_path / "cut", status=1)


def test_two_builds_of_one_world_that_differ_are_told(clinic: Path, tmp_path: Path) -> None:
    text = changed(compiled("clinic"), "seed.sql", "'Dr. Sun'", "'Dr. Moon'")
    other = write(tmp_path / "clinic", text)
    said = refused(clinic, other, status=1)
    assert "is the environment clinic with world seed 0, and so is another" in said


def test_a_spec_with_errors_is_told(tmp_path: Path) -> None:
    spec = tmp_path / "wrong.awm"
    spec.write_text((SPECS / "clinic.awm").read_text().replace("slot.doctor.fee", "slot.doctor.fees"))
    said = refused(spec, status=1)
    assert "error[AWM203]: entity `Doctor` has no field `fees`" in said
    assert str(spec) in said
