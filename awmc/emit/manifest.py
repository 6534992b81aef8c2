"""`manifest.json`: what a build holds, and from which text it was made.

`{"format", "compiler", "environment", "spec", "world_seed", "dialects", "files": {name: sha256 in hex}}`;
`spec` is the sha256 of the spec's text. No time and no path stand in it, so equal builds are equal to the
byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import Struct

from awmc.emit.artefact import Artefact

NAME = "manifest.json"
FORMAT = 1
"""The version of a build's form; `awmc.runtime.build` reads this one."""


class Manifest(Struct, frozen=True):
    """What is read back of one. `digest`: the sha256 of its own bytes."""

    files: dict[str, str]
    digest: str


def manifest(
    artefacts: Iterable[Artefact],
    *,
    environment: str,
    spec: str,
    world_seed: int,
    dialects: Iterable[str],
    compiler: str,
) -> Artefact:
    """The manifest of these artefacts; `spec` is the text they were made from, `compiler` the version of
    awmc.
    """
    data: dict[str, Any] = {
        "format": FORMAT,
        "compiler": compiler,
        "environment": environment,
        "spec": digest(spec.encode("utf-8")),
        "world_seed": world_seed,
        "dialects": sorted(dialects),
        "files": {
            artefact.path: digest(artefact.data) for artefact in sorted(artefacts, key=lambda a: a.path)
        },
    }
    return Artefact(NAME, json.dumps(data, indent=2) + "\n")


def read(folder: Path) -> Manifest | None:
    """The manifest of the build in `folder`; None where there is none that awmc wrote."""
    try:
        content = (folder / NAME).read_bytes()
        data = json.loads(content)
        files = {str(name): str(value) for name, value in data["files"].items()}
        known = isinstance(data["compiler"], str) and isinstance(data["format"], int)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Manifest(files, digest(content)) if known else None


def is_whole(folder: Path, found: Manifest) -> bool:
    """Whether every file is as the manifest says."""
    try:
        return all(digest((folder / name).read_bytes()) == value for name, value in found.files.items())
    except OSError:
        return False


def digest(data: bytes) -> str:
    """sha256 in hex."""
    return sha256(data).hexdigest()
