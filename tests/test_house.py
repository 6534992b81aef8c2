"""Data goes one way: which room may import which, what importing costs, and what the wheel carries."""

import ast
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path
from sysconfig import get_paths

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import awmc

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "awmc"

GROUND = {"source", "diagnostics", "resources"}
IR = {"ir", "ir.nodes"}
COMPILER = GROUND | IR | {"syntax", "semantics", "ir.lower", "backends", "emit", "runtime", "oracle"}
WORLD_USERS = {"fuzz", "prove", "serve", "synth", "lsp"}

# Room -> the rooms that it may import beside itself. A room is a folder or a file of awmc/; the longest name
# that fits a module is its room.
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": {"runtime"},
    "__main__": {"cli"},
    "source": {"diagnostics"},
    "diagnostics": {"source"},
    "resources": set(),
    "highlight": set(),
    "syntax": GROUND,
    "semantics": {"source", "diagnostics", "syntax"},
    "ir.nodes": set(),
    "ir": {"ir.nodes"},
    "ir.lower": IR | {"source", "semantics"},
    "backends": IR,
    "emit": IR | {"resources", "backends"},
    "runtime": {"ir.nodes"},
    "oracle": IR | {"source", "diagnostics", "backends", "runtime"},
    "pipeline": COMPILER,
    "testing": IR | {"runtime", "fuzz"},
    "guide": GROUND | {"syntax", "semantics", "emit"},
    "gym": {"runtime"},
    **{room: COMPILER | {"pipeline"} for room in WORLD_USERS},
    "cli": COMPILER | WORLD_USERS | {"pipeline", "guide"},
}

# Rooms that name all that they may import from outside the standard library.
THIRD_PARTY: dict[str, set[str]] = {
    "__init__": set(),
    "source": {"msgspec"},
    "resources": set(),
    "highlight": {"pygments"},
    "ir": {"msgspec"},
    "runtime": {"apsw", "pydantic", "pydantic_core"},
    "gym": {"gymnasium"},
}

COMPILING = {"lark", "jinja2", "black", "sqlglot", "mimesis", "typer", "rich"}
SERVING = {"mcp", "starlette", "uvicorn", "openai", "pygls", "gymnasium", "numpy"}


def room_of(module: str) -> str | None:
    """The room of `module` (its name without `awmc.`), or None where the table has none."""
    fitting = [room for room in MAY_IMPORT if module == room or module.startswith(f"{room}.")]
    return max(fitting, key=len, default=None)


def module_name(path: Path) -> str:
    """`awmc/ir/nodes.py` -> `awmc.ir.nodes`; a package is named by its folder."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def imports(source: str, package: str) -> Iterator[str]:
    """What `source` imports, anywhere in it: `from ..ir import nodes` in awmc.emit gives `awmc.ir.nodes`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def breaches(module: str, source: str, package: str) -> list[str]:
    """What `module` imports against the tables above, one line each."""
    room = room_of(module.removeprefix("awmc."))
    if room is None:
        return [f"{module} is in no room of the table"]
    libraries = THIRD_PARTY.get(room.partition(".")[0])
    found = []
    for target in imports(source, package):
        top, _, rest = target.partition(".")
        if top == "awmc":
            allowed = rest in {"", *awmc.__all__} or room_of(rest) in {room, *MAY_IMPORT[room]}
        else:
            allowed = libraries is None or top in sys.stdlib_module_names | libraries
        if not allowed:
            found.append(f"{module} imports {target}")
    return found


def test_each_room_imports_only_what_the_table_allows() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = module_name(path)
        package = (
            module if path.name == "__init__.py" and path.parent != PACKAGE else module.rpartition(".")[0]
        )
        found += breaches(module, path.read_text(encoding="utf-8"), package)
    assert found == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("awmc.runtime.world", "import lark"),
        ("awmc.runtime.world", "def f():\n    from awmc.ir import lower"),
        ("awmc.syntax.parse", "from awmc import pipeline"),
        ("awmc.backends.tools", "from .. import semantics"),
        ("awmc.backends.tools", "from ..semantics.model import Model"),
        ("awmc.ir.nodes", "from awmc.semantics import model"),
        ("awmc.ir.nodes", "from . import lower"),
        ("awmc.emit.write", "import awmc.cli.main"),
        ("awmc.serve.http", "from awmc.prove import prove"),
        ("awmc.helpers", ""),
    ],
)
def test_a_breach_of_the_table_is_seen(module: str, source: str) -> None:
    assert len(breaches(module, source, module.rpartition(".")[0])) == 1


def test_generated_tools_and_verifiers_need_the_runtime_alone() -> None:
    generated = [*ROOT.glob("build/*/tools.py"), *ROOT.glob("build/*/verify.py")]
    assert generated
    for path in generated:
        for target in imports(path.read_text(encoding="utf-8"), "build"):
            top = target.partition(".")[0]
            serves = top in sys.stdlib_module_names | {"pydantic", "tools"} or f"{target}.".startswith(
                "awmc.runtime."
            )
            assert serves, f"{path.relative_to(ROOT)} imports {target}"


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import awmc", COMPILING | SERVING | {"apsw", "pydantic", "importlib.metadata"}),
        ("import awmc.runtime", COMPILING | SERVING),
        ("import awmc; awmc.load", COMPILING | SERVING),
        ("import awmc.cli", SERVING | {"black"}),
    ],
)
def test_importing_loads_nothing_that_is_not_needed(statement: str, unwanted: set[str]) -> None:
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    # -S leaves out what `.pth` files of the environment import on their own; the path is handed over instead.
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), get_paths()["purelib"]])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert unwanted & set(done.stdout.split()) == set()


def test_the_lock_meets_every_requirement_and_names_no_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = [entry for entry in lock.replace("\\\n", "").splitlines() if entry and entry[0] not in " #"]
    pinned = {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in (Requirement(entry.partition(" --hash")[0]) for entry in entries)
    }
    assert all(" --hash=sha256:" in entry for entry in entries)
    assert not any(mark in lock for mark in ("--index", "--find-links", "://", "file:", "@ "))
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = [Requirement(text) for group in groups for text in group]
    assert wanted
    for requirement in wanted:
        if requirement.name != "awmc":
            assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), str(
                requirement
            )


def pip(*arguments: str, into: Path | None = None) -> None:
    """Run pip without the network on the environment whose Python is `into`, by default that of the tests."""
    target = [] if into is None else ["--python", str(into)]
    command = [sys.executable, "-m", "pip", *target, *arguments, "--quiet", "--no-deps", "--no-index"]
    subprocess.run(command, check=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        str(folder),
    ]
    subprocess.run([sys.executable, "-m", "pip", *build, str(ROOT)], check=True)
    (built,) = folder.iterdir()
    return built


@pytest.mark.xdist_group("wheel")
def test_the_wheel_carries_the_grammar_the_templates_and_nothing_else_of_the_checkout(wheel: Path) -> None:
    assert wheel.name == f"awmc-{awmc.__version__}-py3-none-any.whl"
    names = {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}
    shipped = {
        f"awmc/_data/{path.relative_to(ROOT).as_posix()}"
        for folder in ("grammar", "templates")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    assert "awmc/_data/grammar/awm.lark" in shipped
    assert any(name.startswith("awmc/_data/templates/") for name in shipped)
    assert {name for name in names if name.startswith("awmc/_data/")} == shipped
    assert "awmc/py.typed" in names
    assert {name.partition("/")[0] for name in names} == {"awmc", f"awmc-{awmc.__version__}.dist-info"}


@pytest.mark.xdist_group("wheel")
def test_an_installed_wheel_compiles_a_spec_in_another_folder(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "env"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    # The dependencies are lent by the environment of the tests: a `.pth` file adds their folder to the path,
    # but the `.pth` files inside that folder (the editable awmc among them) are not followed.
    (site,) = home.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(f"{get_paths()['purelib']}\n", encoding="utf-8")
    pip("install", str(wheel), into=python)

    spec = tmp_path / "clinic.awm"
    spec.write_bytes((ROOT / "specs" / "clinic.awm").read_bytes())
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    where = subprocess.run(
        [python, "-c", "import awmc.resources as r; print(r.__file__, r.grammar_path(), r.template_dir())"],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(Path(path).is_relative_to(site) and Path(path).exists() for path in where.stdout.split())

    done = subprocess.run(
        [home / "bin" / "awmc", "compile", "clinic.awm", "-o", "out"],
        cwd=tmp_path,
        env={**clean, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("env.json", "schema.sql", "seed.sql", "tools.py", "verify.py"):
        assert (tmp_path / "out/clinic" / name).read_bytes() == (ROOT / "build/clinic" / name).read_bytes(), (
            name
        )
