"""Whatever the command line is given: a clear message, the right exit status, no traceback, and nothing lost."""

from __future__ import annotations

import ctypes
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import awmc
from awmc.emit import manifest
from awmc.pipeline import compile_source
from awmc.source import Source

ROOT = Path(__file__).resolve().parent.parent
CLINIC = (ROOT / "specs" / "clinic.awm").read_bytes()
AWMC = [sys.executable, "-m", "awmc"]
PATIENCE = 60
"""Seconds after which a run hangs."""


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    @property
    def codes(self) -> list[str]:
        """The diagnostics of the level `error`, in order, each once."""
        return list(dict.fromkeys(re.findall(r"error\[(AWM\d{3})\]", self.out + self.err)))


class Place:
    """A folder with a spec, `clinic.awm`, and its build, `out/clinic`."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.build = folder / "out" / "clinic"
        self.env = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        self.before = contents(folder)

    def start(self, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([*AWMC, *arguments], cwd=self.folder, env=self.env, **{**pipes, **options})  # type: ignore[call-overload, no-any-return]

    def awmc(
        self, *arguments: str, stdin: bytes | None = None, first: Callable[[], object] | None = None
    ) -> Done:
        """Runs it to its end; `first` runs in the new process before it."""
        given = {} if stdin is None else {"stdin": subprocess.PIPE}
        return ended(self.start(*arguments, preexec_fn=first, **given), stdin)

    def compiled(self, spec: str) -> None:
        done = self.awmc("compile", spec, "-o", "out")
        assert done.status == 0, done.out + done.err

    def refused(self, done: Done, *codes: str, status: int = 1) -> Done:
        """That a run said this, and changed nothing that was there."""
        assert (done.status, done.codes) == (status, list(codes)), done.out + done.err
        assert self.before.items() <= contents(self.folder).items()
        assert not [path for path in (self.folder / "out").iterdir() if path != self.build]
        return done

    def whole(self) -> str:
        """The hash of the build's manifest, after a look at the whole build."""
        assert awmc.load(self.build).session().call("list_doctors").ok
        found = manifest.read(self.build)
        assert found is not None
        assert manifest.is_whole(self.build, found)
        assert {path.name for path in self.build.iterdir()} == {*found.files, manifest.NAME}
        return found.digest


def ended(process: subprocess.Popen[bytes], stdin: bytes | None = None) -> Done:
    try:
        out, err = process.communicate(stdin, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail(f"awmc did not end within {PATIENCE} s")
    done = Done(process.returncode, out.decode(), err.decode())
    assert "Traceback" not in done.out + done.err, done.err
    return done


def contents(folder: Path) -> Mapping[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def changed(number: int) -> bytes:
    """The clinic's spec with another text in it, and so with another build."""
    return CLINIC.replace(b"A registered patient.", f"A registered patient, {number}.".encode())


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    folder = tmp_path_factory.mktemp("original")
    (folder / "clinic.awm").write_bytes(CLINIC)
    Place(folder, cache).compiled("clinic.awm")
    return folder


@pytest.fixture
def place(tmp_path: Path, original: Path, cache: Path) -> Iterator[Place]:
    folder = tmp_path / "place"
    shutil.copytree(original, folder)
    found = Place(folder, cache)
    yield found
    found.whole()


# ---- Texts -------------------------------------------------------------------------------------------------

DEEP = 10_000
TEXTS = {
    "nothing": (b"", "AWM016"),
    "white space": (b"\n \t\r\n\n", "AWM016"),
    "a comment": (b"# env clinic\n", "AWM016"),
    "random bytes": (random.Random(1).randbytes(5_000).replace(b"\0", b"\1"), "AWM704"),
    "Latin-1": (CLINIC.replace(b"medical", "médical".encode("latin-1")), "AWM704"),
    "a cut character": (CLINIC + "é".encode()[:1], "AWM704"),
    "a program": (Path(sys.executable).read_bytes()[:100_000], "AWM705"),
    "NUL": (CLINIC.replace(b"medical", b"medi\0cal"), "AWM705"),
    "UTF-16": (CLINIC.decode().encode("utf-16"), "AWM705"),
    "10 MB": (CLINIC * (10_000_000 // len(CLINIC)), "AWM706"),
    "10 MB of one line": (b"#" * 10_000_000, "AWM706"),
    "parentheses": (CLINIC + b"fn f() = " + b"(" * DEEP + b"1" + b")" * DEEP, "AWM015"),
    "a name": (CLINIC.replace(b"reason: text", b"a" * 100_000 + b": text", 1), "AWM019"),
    "a number": (CLINIC.replace(b"10..120", b"10.." + b"9" * 100_000), "AWM010"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_that_is_no_spec(place: Place, case: str) -> None:
    text, code = TEXTS[case]
    (place.folder / "bad.awm").write_bytes(text)
    place.refused(place.awmc("compile", "bad.awm", "-o", "out"), code)


# What nests without an end, or goes on without one: it is told as too deep, or is read, and takes no long time.
READ = {"a long text"}
LONG = {
    "open parentheses": "fn f() = " + "(" * DEEP,
    "closed parentheses": "fn f() = " + ")" * DEEP,
    "lists": "fn f() = " + "[" * DEEP + "]" * DEEP,
    "records": "fn f() = " + "{a: " * DEEP + "1" + "}" * DEEP,
    "not": "fn f() = " + "not " * DEEP + "true",
    "minus": "fn f() = " + "- " * DEEP + "1",
    "a sum": "fn f() = 1" + " + 1" * DEEP,
    "or": "fn f() = true" + " or true" * DEEP,
    "a path": "fn f(p: Patient) = p" + ".visits" * DEEP,
    "indexes": "fn f() = [1]" + "[0]" * DEEP,
    "choices": "fn f() = " + "if true then 1 else " * DEEP + "2",
    "calls": "fn f() = " + "abs(" * DEEP + "1" + ")" * DEEP,
    "blocks": "tool t() { " + "if true { " * DEEP + "}" * DEEP + "}",
    "else if": 'tool t() { if true { fail a "A." } ' + 'else if false { fail b "B." } ' * DEEP + "}",
    "texts": 'fn f() = "' + '{upper(\\"' * 50 + "a" + '\\")}' * 50 + '"',
    "constants": "seed Doctor (name) { " + "[" * DEEP + "]" * DEEP + " }",
    "shapes": "shape S = Slot(" + "doctor(" * DEEP + "name" + ")" * DEEP + ")",
    "unclosed texts": '"\n' * DEEP,
    "words": "lorem " * (DEEP * 10),
    "a long text": 'fn f() = "' + "a" * 1_000_000 + '"',
    "signs": "@!$%" * DEEP,
}


def test_texts_without_an_end(place: Place) -> None:
    folder = place.folder / "long"
    folder.mkdir()
    for case, text in LONG.items():
        (folder / f"{case}.awm").write_bytes(CLINIC + text.encode())
    done = place.awmc("check", "long", "--format", "concise", "--jobs", "1")
    place.refused(done, *done.codes)
    assert "AWM901" not in done.codes, done.out
    told = {
        line.partition(".awm:")[0].removeprefix("long/")
        for line in done.out.splitlines()
        if ": error[" in line
    }
    assert told >= LONG.keys() - READ
    assert len(done.out) < 200_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"\xef\xbb\xbf" + CLINIC, id="BOM"),
        pytest.param(CLINIC.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + CLINIC.replace(b"\n", b"\r\n"), id="both"),
    ],
)
def test_other_ways_to_write_a_text_come_to_the_same(place: Place, text: bytes) -> None:
    (place.folder / "clinic.awm").write_bytes(text)
    done = place.awmc("compile", "clinic.awm", "-o", "other")
    assert done.status == 0, done.out + done.err
    for path in place.build.iterdir():
        assert (place.folder / "other" / "clinic" / path.name).read_bytes() == path.read_bytes()


# ---- Files -------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there(place: Place) -> None:
    done = place.refused(place.awmc("compile", "clinc.awm", "-o", "out"), "AWM701")
    assert "clinc.awm" in done.out


def test_a_name_that_no_file_can_have(place: Place) -> None:
    place.refused(place.awmc("compile", "a" * 5_000, "-o", "out"), "AWM703")


def test_a_folder_without_specs(place: Place) -> None:
    (place.folder / "empty").mkdir()
    place.refused(place.awmc("compile", "empty", "-o", "out"), "AWM721")


def test_a_device_without_an_end(place: Place) -> None:
    place.refused(place.awmc("compile", "/dev/zero", "-o", "out"), "AWM706")


def test_standard_input_that_is_no_text(place: Place) -> None:
    place.refused(place.awmc("check", "-", stdin=b"env \xff"), "AWM704")


def test_one_bad_spec_does_not_stop_the_others(place: Place) -> None:
    (place.folder / "bad.awm").write_bytes(b"env bad {")
    (place.folder / "clinic.awm").write_bytes(changed(1))
    before = place.whole()
    done = place.awmc("compile", "bad.awm", "missing.awm", "clinic.awm", "-o", "out")
    assert done.status == 1
    assert "AWM701" in done.codes
    assert place.whole() != before


def test_two_specs_of_one_environment(place: Place) -> None:
    (place.folder / "again.awm").write_bytes(changed(2))
    done = place.refused(place.awmc("compile", "clinic.awm", "again.awm", "-o", "out"), "AWM125")
    assert "again.awm:2:5" in done.out
    assert "clinic.awm:2:5" in done.out


# ---- Where it writes ---------------------------------------------------------------------------------------

LIBC = ctypes.CDLL(None)
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


def without_override() -> None:
    """Takes from root the right to write where a folder's mode forbids it."""
    if os.geteuid() == 0:
        LIBC.prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


def test_an_unwritable_output_folder(place: Place) -> None:
    (place.folder / "clinic.awm").write_bytes(changed(1))
    place.before = contents(place.folder)
    (place.folder / "out").chmod(0o555)
    try:
        done = place.awmc("compile", "clinic.awm", "-o", "out", first=without_override)
    finally:
        (place.folder / "out").chmod(0o755)
    assert "permission denied" in place.refused(done, "AWM710").out


def test_an_output_folder_that_is_a_file(place: Place) -> None:
    place.refused(place.awmc("compile", "clinic.awm", "-o", "clinic.awm"), "AWM710")


@pytest.mark.parametrize("room", [0, 1_000, 10_000, 25_000])
def test_a_full_disk(place: Place, room: int) -> None:
    """No file of more than `room` bytes can be written."""
    (place.folder / "clinic.awm").write_bytes(changed(1))
    place.before = contents(place.folder)

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    done = place.awmc("compile", "clinic.awm", "-o", "out", first=little)
    assert "file too large" in place.refused(done, "AWM710").out


def test_a_folder_of_somebody_else(place: Place) -> None:
    theirs = place.folder / "theirs" / "clinic"
    theirs.mkdir(parents=True)
    (theirs / "thesis.txt").write_text("years of work")
    place.before = contents(place.folder)
    place.refused(place.awmc("compile", "clinic.awm", "-o", "theirs"), "AWM715")


def test_files_beside_the_build_are_left_alone(place: Place) -> None:
    (place.build / "notes.txt").write_text("mine")
    (place.folder / "clinic.awm").write_bytes(changed(1))
    place.compiled("clinic.awm")
    assert (place.build / "notes.txt").read_text() == "mine"
    (place.build / "notes.txt").unlink()


# ---- Ends before the end -----------------------------------------------------------------------------------


def staged(place: Place) -> bool:
    return any(path.name.startswith(".") for path in (place.folder / "out").iterdir())


def test_a_kill_in_the_middle_of_a_build_leaves_the_old_one_or_the_new_one(place: Place) -> None:
    began = time.monotonic()
    (place.folder / "clinic.awm").write_bytes(changed(0))
    place.compiled("clinic.awm")
    length = time.monotonic() - began
    dice, halfway = random.Random(7), 0
    for number in range(1, 13):
        (place.folder / "clinic.awm").write_bytes(changed(number))
        process = place.start("compile", "clinic.awm", "-o", "out")
        if number % 4:
            # At the moment when the new files begin to appear, and a little later.
            while process.poll() is None and not staged(place):
                time.sleep(0.0002)
            time.sleep(dice.uniform(0, 0.003))
        else:
            time.sleep(dice.uniform(0, length))
        process.kill()
        process.communicate()
        halfway += process.returncode == -signal.SIGKILL and staged(place)
        place.whole()
    assert halfway, "no kill hit the writing"
    place.compiled("clinic.awm")
    assert not staged(place)
    assert place.awmc("compile", "--check", "clinic.awm", "-o", "out").status == 0


def test_several_compilers_at_once_on_one_folder(place: Place) -> None:
    texts = [changed(number) for number in range(4)]
    possible = {compile_source(Source("", text.decode())).artefacts[-1].data for text in texts}
    assert len(possible) == 4
    running = []
    for number, text in enumerate(texts):
        (place.folder / f"{number}.awm").write_bytes(text)
        running.append(place.start("compile", f"{number}.awm", "-o", "out"))
    for process in running:
        done = ended(process)
        assert done.status == 0, done.out + done.err
    assert place.whole() in map(manifest.digest, possible)
    assert not staged(place)


def test_ctrl_c_while_reading(place: Place) -> None:
    os.mkfifo(place.folder / "slow.awm")
    process = place.start("compile", "slow.awm", "-o", "out")
    with (place.folder / "slow.awm").open("wb"):  # waits until awmc reads
        process.send_signal(signal.SIGINT)
        place.refused(ended(process), status=130)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_among_many_specs(place: Place, jobs: str) -> None:
    (place.folder / "many").mkdir()
    for number in range(20):
        spec = CLINIC.replace(b"env clinic ", f"env clinic{number:02} ".encode())
        (place.folder / "many" / f"{number:02}.awm").write_bytes(spec)
    # As a terminal does it: to awmc and to the processes that it started.
    process = place.start("compile", "many", "-o", "new", "--jobs", jobs, start_new_session=True)
    while process.poll() is None and not (place.folder / "new" / "clinic00").exists():
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)
    place.refused(ended(process), status=130)
    for build in (place.folder / "new").glob("[!.]*"):
        awmc.load(build)


def test_a_reader_that_has_enough(place: Place) -> None:
    for arguments in (["schema"], ["explain", "AWM203"], ["expand", "clinic.awm"], ["stats", "clinic.awm"]):
        reading, writing = os.pipe()
        process = place.start(*arguments, stdout=writing)
        os.close(writing)
        os.close(reading)
        err = process.communicate(timeout=PATIENCE)[1].decode()
        assert (process.returncode, err) == (1, ""), arguments


# ---- Command lines -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--what"],
        ["wat"],
        ["compile"],
        ["compile", "clinic.awm", "--what"],
        ["compile", "clinic.awm", "-o"],
        ["compile", "clinic.awm", "--jobs", "many"],
        ["compile", "clinic.awm", "--jobs", "-1"],
        ["compile", "clinic.awm", "--world-seed", "1.5"],
        ["compile", "clinic.awm", "--format", "xml"],
        ["compile", "clinic.awm", "--dialect", "mysql"],
        ["expand"],
        ["expand", "clinic.awm", "clinic.awm"],
        ["schema", "clinic.awm"],
        ["call", "out/clinic"],
        ["call", "out/clinic", "list_docters"],
        ["call", "out/clinic", "list_doctors", "specialty"],
        ["call", "out/clinic", "list_doctors", "{"],
        ["call", "out/clinic", "list_doctors", "limit=1", "limit=2"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line(place: Place, arguments: list[str]) -> None:
    done = place.refused(place.awmc(*arguments), status=2)
    assert done.err or not arguments


def test_a_code_that_is_none(place: Place) -> None:
    place.refused(place.awmc("explain", "AWM999"), "AWM720", status=2)


@pytest.mark.parametrize("folder", ["missing", "clinic.awm", "out", "damaged", "edited", "other"])
def test_a_folder_that_is_no_build(place: Place, folder: str) -> None:
    for name, text in (
        ("damaged", "{"),
        ("edited", None),
        ("other", '{"format": 99, "compiler": "9", "files": {}}'),
    ):
        copy = place.folder / name
        copy.mkdir()
        for path in place.build.iterdir():
            (copy / path.name).write_bytes(path.read_bytes())
        with (copy / ("manifest.json" if text else "tools.py")).open("w" if text else "a") as file:
            file.write(text or "\n")
    place.before = contents(place.folder)
    done = place.refused(place.awmc("call", folder, "list_doctors"), status=1)
    assert folder in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["book_visit"], "invalid_arguments"),
        (["book_visit", "slot=soon", "reason=flu"], "invalid_arguments"),
        (["book_visit", '{"slot": 1, "reason": "flu", "slots": 2}'], "invalid_arguments"),
        (["book_visit", "slot=99999999999999999999", "reason=flu"], "invalid_arguments"),
        (["book_visit", "slot=999", "reason=flu"], "not_found"),
        (["cancel_visit", "visit=1"], "too_late"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_call_that_is_refused(place: Place, arguments: list[str], code: str) -> None:
    done = place.refused(place.awmc("call", "out/clinic", *arguments), status=1)
    assert f'"code": "{code}"' in done.out
