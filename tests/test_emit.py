"""Builds on disk: written whole or not at all, and only over what awmc wrote itself."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awmc.emit import Artefact, memo
from awmc.emit import write as writing
from awmc.emit.compare import stale_files, unformatted
from awmc.emit.manifest import digest, is_whole, manifest, read
from awmc.emit.write import WriteError, write_build


def build_of(files: dict[str, str], spec: str = "env shop {}") -> list[Artefact]:
    artefacts = [Artefact(name, text) for name, text in files.items()]
    last = manifest(artefacts, environment="shop", spec=spec, world_seed=0, dialects=(), compiler="0.1.0")
    return [*artefacts, last]


FIRST = build_of({"env.json": "{}\n", "tools.py": "A = 1\n", "old.sql": "--\n"})
SECOND = build_of({"env.json": "[]\n", "tools.py": "A = 2\n", "schema.sql": "-- é\n"})


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def bytes_of(artefacts: list[Artefact]) -> dict[str, bytes]:
    return {artefact.path: artefact.data for artefact in artefacts}


def test_a_build_replaces_the_one_before_and_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "shop"
    write_build(folder, FIRST)
    assert contents(folder) == bytes_of(FIRST)
    (folder / "proof.json").write_text("mine", encoding="utf-8")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_bytes(b"x")
    write_build(folder, SECOND)
    assert contents(folder) == {**bytes_of(SECOND), "proof.json": b"mine"}
    assert (folder / "__pycache__" / "x.pyc").read_bytes() == b"x"
    assert [path.name for path in folder.parent.iterdir()] == ["shop"]


def test_a_file_system_that_cannot_exchange_folders_gets_the_files_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_exchange", lambda one, other: False)
    folder = tmp_path / "shop"
    write_build(folder, FIRST)
    (folder / "mine").write_text("x", encoding="utf-8")
    write_build(folder, SECOND)
    assert contents(folder) == {**bytes_of(SECOND), "mine": b"x"}
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def test_this_system_exchanges_folders_in_one_step(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert writing._exchange(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a" / "b").exists()
    assert (tmp_path / "b" / "a").exists()


@pytest.mark.parametrize("what", ["folder", "file", "name"])
def test_what_awmc_did_not_write_is_left_alone(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "shop"
    if what == "file":
        folder.write_text("mine", encoding="utf-8")
    else:
        if what == "name":
            write_build(folder, FIRST)
        folder.mkdir(exist_ok=True)
        (folder / "schema.sql").write_text("mine", encoding="utf-8")
    with pytest.raises(WriteError) as refused:
        write_build(folder, SECOND)
    assert refused.value.code == "AWM715"
    mine = folder if what == "file" else folder / "schema.sql"
    assert mine.read_text(encoding="utf-8") == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"files": {}}', '{"files": [], "compiler": "x", "format": 1}']
)
def test_a_manifest_that_is_not_ours_makes_no_build(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(WriteError, match="AWM715"):
        write_build(folder, FIRST)


def test_where_nothing_can_be_written_the_old_build_stays(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError) as refused:
        write_build(tmp_path / "file" / "shop", FIRST)
    assert refused.value.code == "AWM710"
    assert refused.value.parts["reason"] in ("not a directory", "file exists")


def test_a_full_disk_leaves_the_old_build_and_nothing_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    write_build(folder, FIRST)
    program = """
        import resource, signal, sys
        from pathlib import Path
        from awmc.emit import Artefact
        from awmc.emit.write import WriteError, write_build
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_build(Path(sys.argv[1]), [Artefact("env.json", "x" * 900), Artefact("tools.py", "x" * 2000)])
        except WriteError as error:
            sys.exit(error.code)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == "AWM710"
    assert contents(folder) == bytes_of(FIRST)
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


WRITER = """
import sys
from pathlib import Path
from awmc.emit import Artefact
from awmc.emit.manifest import manifest
from awmc.emit.write import write_build
folder, mark, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(rounds):
    files = [Artefact(f"f{i}", f"{mark} {number}\\n" * 2000) for i in range(8)]
    files.append(manifest(files, environment="e", spec="", world_seed=0, dialects=(), compiler="0"))
    write_build(folder, files)
    if number == 0:
        print("ready", flush=True)
"""


def is_one_build(folder: Path) -> bool:
    """Whether all files are of one round of one writer. Read through one handle, as a reader that began before an
    exchange would."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        texts = set()
        for place in range(8):
            with open(os.open(f"f{place}", os.O_RDONLY, dir_fd=handle), encoding="utf-8") as file:  # noqa: PTH123
                texts.add(file.read())
    finally:
        os.close(handle)
    return len(texts) == 1


def test_a_kill_at_any_moment_leaves_a_whole_build(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    for attempt in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), f"w{attempt}", "100000"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(0.011 * attempt)
        writer.send_signal(signal.SIGKILL)
        writer.wait(10)
        writer.stdout.close()
        found = read(folder)
        assert found is not None
        assert is_whole(folder, found)
        assert is_one_build(folder)
    # What the last kill left beside it is cleared away by the next build.
    (folder / "mine").touch()
    subprocess.run(
        [sys.executable, "-c", WRITER, str(folder), "last", "1"], check=True, stdout=subprocess.DEVNULL
    )
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]
    assert (folder / "f0").read_text(encoding="utf-8").startswith("last 0\n")
    assert (folder / "mine").exists()


def test_foreign_files_survive_a_kill_right_after_the_exchange(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    write_build(folder, SECOND)
    beside = tmp_path / ".shop.new"
    write_build(beside, FIRST)
    (beside / "proof.json").write_text("mine", encoding="utf-8")
    write_build(folder, SECOND)
    assert contents(folder) == {**bytes_of(SECOND), "proof.json": b"mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def test_two_writers_take_turns(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    command = [sys.executable, "-c", WRITER, str(folder)]
    writers = [subprocess.Popen([*command, mark, "60"], stdout=subprocess.DEVNULL) for mark in ("one", "two")]
    while any(writer.poll() is None for writer in writers):
        if folder.exists():
            try:
                assert is_one_build(folder)
            except FileNotFoundError:
                continue  # the folder that was opened has been cleared away since
    assert [writer.returncode for writer in writers] == [0, 0]
    assert is_one_build(folder)


def _hold(root: str, ready: "multiprocessing.synchronize.Event") -> None:
    with writing._locked(Path(root), Path(root) / "shop", 5):
        ready.set()
        time.sleep(30)


def test_who_waits_too_long_says_so(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=_hold, args=(str(tmp_path), ready))
    holder.start()
    try:
        assert ready.wait(20)
        with pytest.raises(WriteError, match="AWM716"):
            write_build(tmp_path / "shop", FIRST, wait=0.1)
    finally:
        holder.kill()
        holder.join(10)
    write_build(tmp_path / "shop", FIRST, wait=5)
    assert contents(tmp_path / "shop") == bytes_of(FIRST)


def test_stale_files_are_told_with_a_diff(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    assert [stale.path.name for stale in stale_files(folder, FIRST)] == sorted(bytes_of(FIRST))
    write_build(folder, FIRST)
    assert stale_files(folder, FIRST) == ()
    (folder / "mine").touch()
    by_name = {stale.path.name: stale.diff for stale in stale_files(folder, SECOND)}
    assert sorted(by_name) == ["env.json", "manifest.json", "old.sql", "schema.sql", "tools.py"]
    path = folder / "tools.py"
    assert by_name["tools.py"] == f"--- {path}\n+++ {path} (as compiled)\n@@ -1 +1 @@\n-A = 1\n+A = 2\n"
    assert by_name["schema.sql"].startswith("--- /dev/null\n+++ ")
    assert "\n+++ /dev/null\n" in by_name["old.sql"]
    assert contents(folder)["tools.py"] == b"A = 1\n"


def test_python_is_held_to_black() -> None:
    artefacts = [Artefact("a.py", "x = 1\n"), Artefact("b.py", "x=1\n"), Artefact("c.sql", "select  1")]
    assert unformatted(artefacts) == ("b.py",)


def test_the_manifest_names_every_file_and_no_place() -> None:
    made = manifest(
        FIRST[:-1], environment="shop", spec="text", world_seed=3, dialects=["b", "a"], compiler="0.1.0"
    )
    assert json.loads(made.text) == {
        "format": 1,
        "compiler": "0.1.0",
        "environment": "shop",
        "spec": digest(b"text"),
        "world_seed": 3,
        "dialects": ["a", "b"],
        "files": {artefact.path: digest(artefact.data) for artefact in FIRST[:-1]},
    }
    assert list(json.loads(made.text)["files"]) == sorted(artefact.path for artefact in FIRST[:-1])


class TestMemo:
    @pytest.fixture(autouse=True)
    def _cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def memo(self) -> memo.Memo:
        return memo.Memo("shop", (4, 8), digest(FIRST[-1].data), ({"code": "AWM610", "span": {"start": 1}},))

    def test_what_is_remembered_is_recalled(self) -> None:
        assert memo.recall("0" * 64) is None
        memo.remember("0" * 64, self.memo())
        assert memo.recall("0" * 64) == self.memo()

    def test_a_build_is_current_until_a_file_of_it_changes(self, tmp_path: Path) -> None:
        folder = tmp_path / "shop"
        assert not memo.is_current(folder, self.memo())
        write_build(folder, FIRST)
        assert memo.is_current(folder, self.memo())
        (folder / "mine").touch()
        assert memo.is_current(folder, self.memo())
        (folder / "tools.py").write_text("A = 3\n", encoding="utf-8")
        assert not memo.is_current(folder, self.memo())
        (folder / "tools.py").unlink()
        assert not memo.is_current(folder, self.memo())
        write_build(folder, SECOND)
        assert not memo.is_current(folder, self.memo())

    @pytest.mark.parametrize("content", ["", "{}", "[]", '{"name_at": 3}', '{"name_at": [1]}', "\0"])
    def test_a_damaged_memory_is_no_memory(self, content: str) -> None:
        memo.remember("1" * 64, self.memo())
        memo._path("1" * 64).write_text(content, encoding="utf-8")
        assert memo.recall("1" * 64) is None

    def test_without_a_cache_folder_nothing_is_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        memo.remember("2" * 64, self.memo())
        assert memo.recall("2" * 64) is None

    def test_the_key_knows_text_and_options(self) -> None:
        keys = {
            memo.key_of("a", world_seed=0, dialects=()),
            memo.key_of("b", world_seed=0, dialects=()),
            memo.key_of("a", world_seed=1, dialects=()),
            memo.key_of("a", world_seed=0, dialects=["duckdb"]),
        }
        assert len(keys) == 4
        assert memo.key_of("a", world_seed=0, dialects=["x", "y"]) == memo.key_of(
            "a", world_seed=0, dialects=["y", "x"]
        )

    @given(st.text(st.characters(codec=None)))
    def test_every_text_has_a_key(self, text: str) -> None:
        assert len(memo.key_of(text, world_seed=0, dialects=())) == 64
