"""The same spec gives the same bytes: on any machine, in any folder, in any order, whatever the environment says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted((ROOT / "specs").glob("*.awm"))
FILES = {
    "env.json",
    "schema.sql",
    "seed.sql",
    "tools.json",
    "tools.py",
    "verify.py",
    "tasks.jsonl",
    "manifest.json",
}


def awmc(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG"))
    }
    return subprocess.run(
        [sys.executable, "-m", "awmc", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


def contents(folder: Path) -> Mapping[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All specs compiled at once, in one way of many."""
    folder = tmp_path_factory.mktemp("here")
    done = awmc(
        "compile", *map(str, SPECS), "-o", "build", "--jobs", "2", "--dialect", "postgres", "--dialect", "duckdb",
        folder=folder,
        PYTHONHASHSEED="1", LC_ALL="C.UTF-8", TZ="Asia/Kolkata", XDG_CACHE_HOME=str(folder / "cache"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build"


@pytest.mark.xdist_group("determinism")
def test_the_environment_leaves_no_trace(here: Path, tmp_path: Path) -> None:
    home = tmp_path / "a folder with ünusual names"
    (home / "texts").mkdir(parents=True)
    for spec in SPECS:
        shutil.copy(spec, home / "texts" / f"renamed {spec.name}")
    for number, spec in enumerate(reversed(SPECS)):
        # One after the other, each as a process of its own: nothing of a spec is left for the next one.
        done = awmc(
            "compile", f"texts/renamed {spec.name}", "-o", "elsewhere/build",
            "--dialect", "duckdb", "--dialect", "postgres",
            folder=home,
            PYTHONHASHSEED=str(4_000_000_000 + number), LC_ALL="C", TZ="America/St_Johns", COLUMNS="40",
            HOME=str(home), XDG_CACHE_HOME=str(home / "cold cache"), PYTHONOPTIMIZE="1",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    there = contents(home / "elsewhere" / "build")
    expected = contents(here)
    assert there.keys() == expected.keys()
    assert [name for name in expected if there[name] != expected[name]] == []
    for spec in SPECS:
        assert {name.partition("/")[2] for name in expected if name.startswith(f"{spec.stem}/")} > FILES


def test_a_build_names_no_place_and_no_moment_of_its_making(here: Path) -> None:
    for name, content in contents(here).items():
        text = content.decode("utf-8")
        assert "\r" not in text, name
        assert text.endswith("\n"), name
        for trace in (str(here), str(ROOT), sys.prefix):
            assert trace not in text, name


@pytest.mark.xdist_group("determinism")
def test_another_world_seed_is_another_world_each_time_the_same(tmp_path: Path) -> None:
    for folder, seed in (("one", "7"), ("other", "7"), ("third", "8")):
        done = awmc(
            "compile",
            str(SPECS[0]),
            "-o",
            folder,
            "--world-seed",
            seed,
            folder=tmp_path,
            PYTHONHASHSEED=str(len(folder)),
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    one, third = (contents(tmp_path / name)["clinic/seed.sql"] for name in ("one", "third"))
    assert one != third


def test_what_is_committed_is_what_the_specs_compile_to() -> None:
    done = awmc("compile", "--check", *map(str, SPECS), folder=ROOT)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    builds = {path.name for path in (ROOT / "build").iterdir() if path.is_dir()}
    assert builds == {spec.stem for spec in SPECS}
