"""The command line as its users meet it: what it prints where, how it leaves, and what it never does."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import awmc
from awmc import cli, pipeline
from awmc.emit.manifest import is_whole, read
from tests.compiled import SPECS, compiled

CLINIC = str(SPECS / "clinic.awm")
AWMC = [sys.executable, "-m", "awmc"]
WRONG = 'env shop "A shop." {\n  clock 2026-03-02T08:00\n}\n\nentity Item {\n  name: txt\n}\n'

Run = Callable[..., "Ended"]


class Ended:
    """How a command ended."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    def __repr__(self) -> str:
        return f"{self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memories of builds are each test's own; the parser's tables are everyone's, they take long to build."""
    from awmc.emit import memo

    folder = tmp_path / "memories"
    monkeypatch.setattr(memo, "cache_dir", lambda: folder)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `awmc` in this process, in an empty folder."""
    (tmp_path / "here").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / "here")

    def call(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["awmc", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        out, err = capsys.readouterr()
        assert isinstance(leaving.value.code, int)
        assert "Traceback" not in err
        return Ended(leaving.value.code, out, err)

    return call


def process(arguments: Sequence[object], cwd: Path, **env: str) -> Ended:
    """Runs `awmc` in a process of its own, with caches of its own but for the parser's tables."""
    done = subprocess.run(
        [*AWMC, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(SPECS.parent), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def contents(folder: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestCompile:
    def test_a_spec_becomes_a_build(self, run: Run) -> None:
        done = run("compile", CLINIC)
        assert (done.status, done.err) == (0, "1 spec compiled, 2 warnings\n")
        written = {name: text.encode() for name, text in compiled("clinic").items()}
        assert contents(Path("build")) == {f"clinic/{name}": text for name, text in written.items()}
        assert awmc.load("build/clinic").name == "clinic"

    def test_an_unchanged_spec_is_not_compiled_again(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        first = run("compile", CLINIC)
        before = {path: path.stat().st_mtime_ns for path in Path("build").rglob("*")}
        with monkeypatch.context() as patch:
            patch.setattr(pipeline, "compile_source", None)
            again = run("compile", CLINIC)
        assert (again.status, again.err) == (0, "1 unchanged, 2 warnings\n")
        assert again.out == first.out
        assert {path: path.stat().st_mtime_ns for path in Path("build").rglob("*")} == before

    @pytest.mark.parametrize("change", ["file", "missing", "text", "option", "folder"])
    def test_what_changed_is_compiled(self, run: Run, change: str) -> None:
        Path("clinic.awm").write_bytes(Path(CLINIC).read_bytes())
        run("compile", "clinic.awm")
        options: list[object] = []
        if change == "file":
            Path("build/clinic/README.md").write_text("mine", encoding="utf-8")
        elif change == "missing":
            Path("build/clinic/schema.sql").unlink()
        elif change == "text":
            Path("clinic.awm").write_bytes(Path(CLINIC).read_bytes() + b"# more\n")
        elif change == "option":
            options = ["--world-seed", 7]
        else:
            options = ["-o", "other"]
        assert run("compile", "clinic.awm", *options).err.startswith("1 spec compiled, ")
        assert run("compile", "clinic.awm", *options).err.startswith("1 unchanged, ")
        found = read(Path("other/clinic" if change == "folder" else "build/clinic"))
        assert found is not None

    def test_nothing_changed_loads_nothing_heavy(self, tmp_path: Path) -> None:
        program = (
            "import sys\nfrom awmc.cli import main\n"
            "try:\n    main()\nexcept SystemExit as leaving:\n    print(leaving.code, *sys.modules)\n"
        )
        spec = tmp_path / "quiet.awm"
        spec.write_text(QUIET, encoding="utf-8")
        for expected in ("1 spec compiled\n", "1 unchanged\n"):
            done = subprocess.run(
                [sys.executable, "-c", program, "compile", str(spec), "-o", str(tmp_path / "build")],
                capture_output=True,
                text=True,
                timeout=120,
                check=True,
            )
            assert done.stderr == expected
        status, *modules = done.stdout.split()
        assert status == "0"
        assert not {"lark", "sqlglot", "jinja2", "rich", "mimesis", "apsw", "pydantic", "typer"} & set(
            modules
        )

    @pytest.mark.parametrize("change", ["none", "file", "missing", "text", "name", "warning"])
    def test_the_short_way_of_an_unchanged_spec_says_what_the_long_one_says(
        self, run: Run, change: str
    ) -> None:
        Path("a.awm").write_text(QUIET, encoding="utf-8")
        Path("b.awm").write_text(QUIET.replace("env ", "env other_", 1), encoding="utf-8")
        run("compile", ".")
        if change == "file":
            next(Path("build").glob("*/tools.py")).write_text("mine", encoding="utf-8")
        elif change == "missing":
            next(Path("build").glob("*/schema.sql")).unlink()
        elif change == "text":
            Path("b.awm").write_text(Path("b.awm").read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
        elif change == "name":
            Path("b.awm").write_text(QUIET, encoding="utf-8")
        elif change == "warning":
            Path("b.awm").write_bytes(Path(CLINIC).read_bytes())
        short = run("compile", ".")
        if change != "name":
            assert run("compile", ".").err.startswith("2 unchanged")
        assert ("2 unchanged" in short.err) == (change == "none")
        assert short.status == (1 if change == "name" else 0)
        again, by_the_long_way = run("compile", "."), run("compile", ".", "--jobs", 1)
        assert (again.status, again.out, again.err) == (
            by_the_long_way.status,
            by_the_long_way.out,
            by_the_long_way.err,
        )

    def test_a_folder_stands_for_its_specs_and_standard_input_for_one(self, tmp_path: Path) -> None:
        (tmp_path / "specs" / "inner.awm").mkdir(parents=True)
        (tmp_path / "specs" / "b.awm").write_text(QUIET, encoding="utf-8")
        (tmp_path / "specs" / "a.awm").write_bytes(Path(CLINIC).read_bytes())
        (tmp_path / "specs" / "notes.md").write_text("no spec", encoding="utf-8")
        done = process(["compile", "specs", "specs/b.awm"], tmp_path)
        assert (done.status, done.err) == (0, "2 specs compiled, 2 warnings\n"), done
        piped = subprocess.run(
            [*AWMC, "compile", "-", "-o", "piped"],
            input=Path(CLINIC).read_bytes(),
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(SPECS.parent)},
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert piped.returncode == 0
        assert contents(tmp_path / "piped/clinic") == contents(tmp_path / "build/clinic")

    def test_the_same_bytes_everywhere(self, tmp_path: Path) -> None:
        (tmp_path / "one").mkdir()
        (tmp_path / "two" / "deeper").mkdir(parents=True)
        specs = [CLINIC, str(SPECS / "retail_bank.awm")]
        first = process(
            ["compile", *specs, "-j", 1], tmp_path / "one", PYTHONHASHSEED="1", LC_ALL="C", TZ="UTC"
        )
        second = process(
            ["compile", *reversed(specs), "-j", 2, "-o", "out/x"],
            tmp_path / "two" / "deeper",
            PYTHONHASHSEED="2",
            TZ="Asia/Tokyo",
            XDG_CACHE_HOME=str(tmp_path / "cache"),
        )
        assert first.status == second.status == 0
        assert first.out == second.out
        assert contents(tmp_path / "one/build") == contents(tmp_path / "two/deeper/out/x")

    def test_the_same_text_in_another_encoding_of_lines_is_the_same_spec(self, run: Run) -> None:
        run("compile", CLINIC)
        text = Path(CLINIC).read_bytes()
        Path("crlf.awm").write_bytes(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"))
        assert run("compile", "crlf.awm").err == "1 unchanged, 2 warnings\n"
        assert run("compile", "crlf.awm", "-o", "other").status == 0
        assert contents(Path("build")) == contents(Path("other"))

    def test_one_wrong_spec_does_not_stop_the_others(self, run: Run) -> None:
        Path("wrong.awm").write_text(WRONG, encoding="utf-8")
        done = run("compile", "wrong.awm", "missing.awm", CLINIC)
        assert done.status == 1
        assert done.err == "1 spec compiled, 2 errors, 2 warnings\n"
        assert "wrong.awm:6:9" in done.out
        assert "there is no file `missing.awm`" in done.out
        assert Path("build/clinic/manifest.json").exists()
        assert not Path("build/shop").exists()

    def test_a_spec_with_errors_leaves_its_old_build(self, run: Run) -> None:
        Path("clinic.awm").write_bytes(Path(CLINIC).read_bytes())
        run("compile", "clinic.awm")
        before = contents(Path("build"))
        Path("clinic.awm").write_text("env clinic", encoding="utf-8")
        assert run("compile", "clinic.awm").status == 1
        assert contents(Path("build")) == before

    def test_two_specs_of_one_environment(self, run: Run) -> None:
        Path("a.awm").write_bytes(Path(CLINIC).read_bytes())
        Path("b.awm").write_bytes(Path(CLINIC).read_bytes() + b"# other\n")
        for _ in range(2):
            done = run("compile", "a.awm", "b.awm", "--format", "concise")
            assert done.status == 1
            assert "b.awm:2:5: error[AWM125]: two specs describe the environment `clinic`" in done.out
            assert "a.awm:2:5" in done.out
        assert awmc.load("build/clinic").name == "clinic"

    def test_dialects_are_written_and_removed_again(self, run: Run) -> None:
        run("compile", CLINIC, "--dialect", "postgres", "--dialect", "duckdb")
        extra = {f"{kind}.{name}.sql" for kind in ("schema", "seed") for name in ("postgres", "duckdb")}
        assert {path.name for path in Path("build/clinic").iterdir()} == {*compiled("clinic"), *extra}
        run("compile", CLINIC)
        assert {path.name for path in Path("build/clinic").iterdir()} == set(compiled("clinic"))

    def test_another_seed_is_another_world(self, run: Run) -> None:
        run("compile", CLINIC)
        run("compile", CLINIC, "-o", "seven", "--world-seed", 7)
        assert Path("build/clinic/seed.sql").read_bytes() != Path("seven/clinic/seed.sql").read_bytes()
        assert Path("build/clinic/schema.sql").read_bytes() == Path("seven/clinic/schema.sql").read_bytes()
        assert awmc.load("seven/clinic").session().call("list_doctors").ok

    def test_a_task_that_fails_in_another_world_is_left_out_of_it(self, run: Run) -> None:
        Path("dice.awm").write_text(DICE, encoding="utf-8")
        assert (run("compile", "dice.awm").status, run("check", "dice.awm").out) == (0, "")
        said = {}
        for seed in range(1, 9):
            done = run("compile", "dice.awm", "--world-seed", seed, "--format", "concise")
            assert done.status == 0, done
            tasks = [task.id for task in awmc.load("build/dice").tasks]
            said[seed] = done.out
            told = f"warning[AWM630]: task `which_note` does not hold in the world of seed {seed} and is left out of it"
            assert (told in done.out) == (tasks == ["add_one"]), done
            assert tasks in (["add_one"], ["which_note", "add_one"])
        assert len({bool(text) for text in said.values()}) == 2


class TestCheckMode:
    def test_a_fresh_build_is_up_to_date(self, run: Run) -> None:
        run("compile", CLINIC)
        done = run("compile", CLINIC, "--check")
        assert (done.status, done.err) == (0, "1 build up to date, 2 warnings\n")

    def test_a_stale_build_is_shown_and_left(self, run: Run) -> None:
        run("compile", CLINIC)
        schema = Path("build/clinic/schema.sql")
        schema.write_text(schema.read_text(encoding="utf-8").replace("patient", "client"), encoding="utf-8")
        before = contents(Path("build"))
        done = run("compile", CLINIC, "--check")
        assert done.status == 1
        assert "-CREATE TABLE client" in done.out
        assert "+CREATE TABLE patient" in done.out
        assert "`build/clinic/schema.sql` is not what its spec compiles to" in done.out
        assert contents(Path("build")) == before

    def test_without_a_build_every_file_is_stale(self, run: Run) -> None:
        done = run("compile", CLINIC, "--check", "--format", "json")
        assert done.status == 1
        stale = [entry["path"] for entry in json.loads(done.out) if entry["code"] == "AWM711"]
        assert stale == sorted(f"build/clinic/{name}" for name in compiled("clinic"))
        assert not Path("build").exists()


class TestFormats:
    def test_programs_get_one_clean_document(self, run: Run) -> None:
        Path("wrong.awm").write_text(WRONG, encoding="utf-8")
        (entry,) = json.loads(run("check", "wrong.awm", "--format", "json").out)
        assert (entry["path"], entry["start"]["line"], entry["level"]) == ("wrong.awm", 6, "error")
        sarif = json.loads(run("check", "wrong.awm", "--format", "sarif").out)
        assert sarif["runs"][0]["results"][0]["ruleId"] == entry["code"]
        Path("quiet.awm").write_text(QUIET, encoding="utf-8")
        assert json.loads(run("check", "quiet.awm", "--format", "json").out) == []
        assert run("check", "quiet.awm").out == ""

    def test_one_line_each(self, run: Run) -> None:
        Path("wrong.awm").write_text(WRONG, encoding="utf-8")
        done = run("check", "wrong.awm", "--format", "concise")
        assert re.fullmatch(r"wrong\.awm:6:9: error\[AWM\d{3}\]: .*did you mean `text`\?.*\n", done.out)
        assert done.err == "1 spec checked, 1 error\n"

    @pytest.mark.parametrize(("no_color", "colored"), [("", True), ("1", False)])
    def test_colours_are_for_terminals_that_want_them(
        self, tmp_path: Path, no_color: str, colored: bool
    ) -> None:
        (tmp_path / "wrong.awm").write_text(WRONG, encoding="utf-8")
        main, side = pty.openpty()
        environment = {**os.environ, "PYTHONPATH": str(SPECS.parent), "NO_COLOR": no_color, "TERM": "xterm"}
        with os.fdopen(main, "rb", buffering=0) as screen:
            ended = subprocess.run(
                [*AWMC, "check", "wrong.awm"],
                cwd=tmp_path,
                env=environment,
                stdout=side,
                stderr=subprocess.PIPE,
                timeout=60,
                check=False,
            )
            os.close(side)
            shown = b""
            try:
                while chunk := screen.read(4096):
                    shown += chunk
            except OSError:  # Linux says so at the end
                pass
        assert ended.returncode == 1
        assert b"did you mean" in shown
        assert (b"\x1b[" in shown) == colored


QUIET = """env quiet "Notes of one person." {
  clock 2026-03-02T08:00
}

entity Note {
  text: text 1..100
}

tool add_note(text: text 1..100) "Write a note." -> Note {
  return create Note { text }
}

task buy_milk "Note for me: buy milk." {
  solve { add_note(text: "buy milk") }
}
"""

DICE = """env dice "Notes of one person." {
  clock 2026-03-02T08:00
}

entity Note {
  text: text
}

tools Note { list, create(text) }

seed Note * 2 { text: pick("milk", "tea", "bread") }

task which_note "What is the id of the note about milk?" {
  solve {
    let notes = list_notes()
    let found = (notes where .text == "milk")[0]
  }
  answer found.id
}

task add_one "Note for me: sugar." {
  solve { create_note(text: "sugar") }
}
"""

BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "AWM016"),
    "blank": (b" \n\n", "AWM016"),
    "comment": (b"# nothing\n", "AWM016"),
    "binary": (bytes(range(1, 256)) * 4, "AWM704"),
    "nul": (b'env a "b" {\0}', "AWM705"),
    "not text": (b'env a "\xff" {}', "AWM704"),
    "large": (b"# large\n" * (10 * 1024 * 1024 // 8), "AWM706"),
    "nested": (
        b'env a "b" { clock 2026-01-01T00:00 }\nfn f() = ' + b"(" * 10_000 + b"1" + b")" * 10_000,
        "AWM015",
    ),
    "long name": (
        b'env a "b" { clock 2026-01-01T00:00 }\nentity ' + b"A" * 100_000 + b" { x: int }",
        "AWM019",
    ),
}


class TestBadInput:
    @pytest.mark.parametrize("name", BAD)
    def test_what_is_no_spec_is_told(self, run: Run, name: str) -> None:
        data, code = BAD[name]
        Path("bad.awm").write_bytes(data)
        done = run("compile", "bad.awm", "--format", "concise")
        assert done.status == 1, done
        assert f"error[{code}]" in done.out
        assert all(len(line) < 1000 for line in done.out.splitlines())
        assert not Path("build").exists()

    @pytest.mark.parametrize(
        ("argument", "code"),
        [
            ("missing.awm", "AWM701"),
            (".", "AWM721"),
            ("x" * 5000, "AWM703"),
            ("a\0b", "AWM701"),
            ("", "AWM721"),
        ],
    )
    def test_what_is_no_file_is_told(self, run: Run, argument: str, code: str) -> None:
        done = run("check", argument, "--format", "concise")
        assert (done.status, f"error[{code}]" in done.out) == (1, True), done

    def test_an_output_folder_that_cannot_be_written(self, run: Run) -> None:
        Path("file").touch()
        done = run("compile", CLINIC, "-o", "file/build")
        assert done.status == 1
        assert "error[AWM710]" in done.out

    def test_a_folder_that_is_not_ours(self, run: Run) -> None:
        Path("build/clinic").mkdir(parents=True)
        Path("build/clinic/mine.txt").write_text("mine", encoding="utf-8")
        done = run("compile", CLINIC)
        assert done.status == 1
        assert "error[AWM715]" in done.out
        assert contents(Path("build")) == {"clinic/mine.txt": b"mine"}

    def test_two_compilers_on_one_folder(self, tmp_path: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(SPECS.parent)}
        for seed in range(2):
            command = [*AWMC, "compile", CLINIC, "--world-seed"]
            both = [
                subprocess.Popen(
                    [*command, str(2 * seed + i)], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
                )
                for i in range(2)
            ]
            assert [writer.wait(60) for writer in both] == [0, 0]
            found = read(tmp_path / "build/clinic")
            assert found is not None
            assert is_whole(tmp_path / "build/clinic", found)
        assert [path.name for path in (tmp_path / "build").iterdir()] == ["clinic"]


class TestLeaving:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["compile"],
            ["nonsense"],
            ["compile", CLINIC, "--nonsense"],
            ["compile", CLINIC, "--dialect", "oracle"],
            ["compile", CLINIC, "--format", "xml"],
            ["compile", CLINIC, "--jobs", "-1"],
            ["check", CLINIC, "--world-seed", "many"],
            ["explain"],
            ["explain", "AWM000"],
        ],
    )
    def test_a_wrong_command_line_is_2(self, run: Run, arguments: list[str]) -> None:
        done = run(*arguments)
        assert (done.status, done.out) == (2, "")
        assert done.err != ""

    @pytest.mark.parametrize("verb", ["compile", "check", "stats"])
    def test_a_bug_is_70_and_names_the_spec(
        self, run: Run, verb: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any, **__: Any) -> None:
            raise ValueError("no such thing")

        monkeypatch.setattr(pipeline, "compile_source", broken)
        monkeypatch.setattr(pipeline, "check_source", broken)
        done = run(verb, CLINIC)
        assert done.status == 70
        assert "error[AWM901]: awmc has a bug: ValueError: no such thing" in done.out + done.err
        assert "clinic.awm" in done.out + done.err

    def test_where_a_bug_lies_is_shown_on_request(self, tmp_path: Path) -> None:
        program = (
            "import sys\nfrom awmc import pipeline\nfrom awmc.cli import main\n"
            "pipeline.check_source = lambda *_, **__: 1 / 0\nmain()\n"
        )
        for options, shown in (([], False), (["--verbose"], True)):
            done = subprocess.run(
                [sys.executable, "-c", program, *options, "check", CLINIC],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 70
            assert ("Traceback" in done.stderr) == shown

    def test_ctrl_c_is_130_without_a_traceback(self, tmp_path: Path) -> None:
        text = Path(CLINIC).read_text(encoding="utf-8")
        for number in range(60):
            spec = text.replace("env clinic ", f"env clinic_{number} ")
            (tmp_path / f"s{number:02}.awm").write_text(spec, encoding="utf-8")
        for jobs in ("1", "2"):
            running = subprocess.Popen(
                [*AWMC, "compile", ".", "--jobs", jobs],
                cwd=tmp_path,
                env={**os.environ, "PYTHONPATH": str(SPECS.parent)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            until = time.monotonic() + 60
            while not any(tmp_path.glob("build/[!.]*/manifest.json")) and time.monotonic() < until:
                time.sleep(0.02)
            os.killpg(running.pid, signal.SIGINT)
            out, err = running.communicate(timeout=60)
            assert (running.returncode, out, err) == (130, "", "")
            built = list((tmp_path / "build").iterdir())
            assert 0 < len(built) < 60
            for folder in built:
                found = read(folder)
                assert found is not None
                assert is_whole(folder, found)
                for file in folder.iterdir():
                    file.unlink()
                folder.rmdir()

    def test_a_reader_that_leaves_is_no_trouble(self, tmp_path: Path) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [*AWMC, "schema"],
            stdout=writing,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SPECS.parent)},
            timeout=60,
            check=False,
        )
        os.close(writing)
        assert done.stderr == b""
        assert done.returncode == 1

    def test_the_version(self, run: Run) -> None:
        assert run("--version").out == f"awmc {awmc.__version__}\n"


class TestVerbs:
    def test_explain(self, run: Run) -> None:
        by_code, by_name = run("explain", "awm203"), run("explain", "unknown-field")
        assert by_code.status == by_name.status == 0
        assert by_code.out == by_name.out
        assert by_code.out.startswith("error[AWM203] unknown-field: ")
        assert "Wrong:" in by_code.out
        assert "did you mean `unknown-field`?" in run("explain", "unknown-fild").err

    def test_schema_describes_env_json(self, run: Run) -> None:
        schema = json.loads(run("schema").out)
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(json.loads(compiled("clinic")["env.json"]))

    def test_stats(self, run: Run) -> None:
        (counted,) = json.loads(run("stats", CLINIC, "--format", "json").out)
        characters = len(Path(CLINIC).read_text(encoding="utf-8"))
        assert counted == {
            "spec": CLINIC,
            "env": "clinic",
            "entities": 4,
            "tools": 7,
            "invariants": 1,
            "rows": 37,
            "tasks": 3,
            "characters": characters,
        }
        table = run("stats", CLINIC).out
        assert "entities" in table
        assert f"{characters:,}" in table

    def test_expand_writes_derived_tools_out(self, run: Run) -> None:
        done = run("expand", CLINIC)
        assert done.status == 0
        assert "tools Doctor" not in done.out
        assert "tool list_doctors(" in done.out
        Path("expanded.awm").write_text(done.out, encoding="utf-8")
        assert run("check", "expanded.awm").status == 0


@pytest.fixture
def build(run: Run) -> str:
    run("compile", CLINIC)
    return "build/clinic"


class TestCall:
    def test_arguments_one_by_one_or_as_json(self, run: Run, build: str) -> None:
        words = run("call", build, "find_slots", "doctor=3", "limit=2", "specialty=cardiology")
        assert words.status == 0
        assert len(json.loads(words.out)["items"]) == 2
        given = '{"doctor": 3, "limit": 2, "specialty": "cardiology"}'
        assert run("call", build, "find_slots", given).out == words.out
        assert json.loads(run("call", build, "list_doctors").out)["total"] == 3

    def test_a_text_stays_a_text(self, run: Run, build: str) -> None:
        done = run("call", build, "book_visit", "slot=2", "reason=1234")
        assert json.loads(done.out)["reason"] == "1234"

    def test_each_call_meets_a_fresh_world(self, run: Run, build: str) -> None:
        first = run("call", build, "book_visit", "slot=2", "reason=chest pain")
        assert run("call", build, "book_visit", "slot=2", "reason=chest pain").out == first.out

    def test_another_actor(self, run: Run, build: str) -> None:
        for actor in ("ben", "2"):
            done = run("call", build, "book_visit", "slot=3", "reason=check-up", "--actor", actor)
            assert json.loads(done.out)["patient"] == 2

    def test_a_refusal_is_1(self, run: Run, build: str) -> None:
        done = run("call", build, "book_visit", "slot=999", "reason=chest pain")
        assert done.status == 1
        assert json.loads(done.out)["error"]["code"] == "not_found"

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["find_slot"], "did you mean find_slots?"),
            (["find_slots", "doctor"], "is neither NAME=VALUE nor a JSON object"),
            (["find_slots", "{"], "the arguments are not JSON"),
            (["find_slots", "limit=1", "limit=2"], "is given twice"),
        ],
    )
    def test_a_wrong_command_line(self, run: Run, build: str, arguments: list[str], said: str) -> None:
        done = run("call", build, *arguments)
        assert (done.status, done.out) == (2, "")
        assert said in done.err

    def test_no_build(self, run: Run) -> None:
        done = run("call", "build/none", "list_doctors")
        assert done.status == 1
        assert "There is no folder build/none" in done.err
