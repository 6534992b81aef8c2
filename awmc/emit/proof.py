"""`proof.json` in a build: `awmc prove` writes it, and it belongs to the files that it was proved of.

It stands in no manifest, so that a build is the same with and without it. `files` in it holds the sha256 of each file
that a world is made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

NAME: Final = "proof.json"
PROVED: Final = ("env.json", "schema.sql", "seed.sql", "tasks.jsonl", "tools.json", "tools.py", "verify.py")
"""The files that a world is made of."""


def read(folder: Path) -> dict[str, Any] | None:
    """The certificate in a build; None where there is none that awmc wrote."""
    try:
        data = json.loads((folder / NAME).read_bytes())
        known = (
            isinstance(data["awmc"], str)
            and isinstance(data["files"], dict)
            and isinstance(data["tasks"], list)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return data if known else None


def is_foreign(folder: Path, files: Mapping[str, str]) -> bool:
    """Whether the folder holds a certificate that is of another build than the one of these files (sha256 by
    name)."""
    found = read(folder)
    return found is not None and found["files"] != proved(files)


def proved(files: Mapping[str, str]) -> dict[str, str]:
    """Those of a build's files that a world is made of."""
    return {name: files.get(name, "") for name in PROVED}
