"""Opening a build folder: is it a build, whole, of this format, and as it was written?

`manifest.json` is `{"format": 1, "compiler": "0.1.0", "files": {"env.json": "<sha256 of its bytes, in
hex>", …}, …}`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from awmc.runtime.errors import BuildError
from awmc.runtime.world import World

FORMAT: Final = 1
"""The version of a build's form that this runtime reads."""

NEEDED: Final = ("env.json", "schema.sql", "seed.sql", "tools.json", "tools.py", "verify.py", "tasks.jsonl")


def load(path: str | Path) -> World:
    """Opens a build folder as a `World`. Raises `BuildError`, which says what is wrong with it."""
    folder = Path(path)
    files = _files(folder, _manifest(folder))
    return World.from_artefacts(files, str(folder))


def _manifest(folder: Path) -> Mapping[str, str]:
    """The hashes of the files, by name."""
    if not folder.exists():
        raise BuildError(f"There is no folder {folder}. Compile a spec first: awmc compile SPEC.awm")
    if not folder.is_dir():
        raise BuildError(f"{folder} is a file; a build is the folder that awmc compile writes.")
    file = folder / "manifest.json"
    if not file.is_file():
        raise BuildError(
            f"{folder} is not a build: it has no manifest.json. Name the folder of one environment."
        )
    try:
        manifest: Any = json.loads(file.read_bytes())
        version, compiler, hashes = manifest["format"], manifest["compiler"], dict(manifest["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{file} is damaged. Compile the spec again.") from error
    if version != FORMAT:
        raise BuildError(
            f"{folder} was made by awmc {compiler}, in format {version}; this awmc reads format {FORMAT}. "
            "Compile the spec again."
        )
    return hashes


def _files(folder: Path, hashes: Mapping[str, str]) -> Mapping[str, str]:
    """The texts of the files that a world needs."""
    texts = {}
    for name in NEEDED:
        if name not in hashes:
            raise BuildError(f"{folder} is not complete: its manifest has no {name}. Compile the spec again.")
        try:
            content = (folder / name).read_bytes()
        except OSError as error:
            raise BuildError(
                f"{folder / name} cannot be read: {error.strerror}. Compile the spec again."
            ) from error
        if hashlib.sha256(content).hexdigest() != hashes[name]:
            raise BuildError(
                f"{folder / name} is not as it was written: it was edited, or damaged. "
                "Change the spec, and compile it again."
            )
        texts[name] = content.decode("utf-8")
    return texts
