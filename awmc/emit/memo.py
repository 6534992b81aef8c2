"""What a spec compiled to, remembered in the user's cache folder, so that an unchanged one is not compiled
again.

The key is made of everything that the bytes of a build depend on: the spec's text, the options, awmc's own
code and the releases of the libraries that shape them. So it holds across versions, and nothing of it stands
in the build.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import Struct

from awmc.emit import manifest, proof
from awmc.resources import cache_dir, grammar_path, template_dir

_LIBRARIES = ("apsw", "jinja2", "lark", "mimesis", "msgspec", "pydantic", "pydantic_core", "sqlglot")


class Memo(Struct, frozen=True):
    """`environment`: the name of what was compiled; `name_at`: where that name stands in the text (start,
    end); `manifest`: the sha256 of the build's manifest; `warnings`: as `awmc.diagnostics` gives them, as
    plain data.
    """

    environment: str
    name_at: tuple[int, int]
    manifest: str
    warnings: tuple[Any, ...] = ()


def key_of(text: str, *, world_seed: int, dialects: Iterable[str]) -> str:
    """The key of a spec's text and the options it is compiled with."""
    parts = [
        _compiler(),
        world_seed,
        sorted(dialects),
        manifest.digest(text.encode("utf-8", "surrogatepass")),
    ]
    return manifest.digest(json.dumps(parts).encode("ascii"))


def recall(key: str) -> Memo | None:
    """What was compiled under this key; None where nothing was, or nothing that can be read."""
    try:
        data = json.loads(_path(key).read_bytes())
        start, end = data["name_at"]
        return Memo(data["environment"], (int(start), int(end)), data["manifest"], tuple(data["warnings"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(key: str, memo: Memo) -> None:
    """Keeps what was compiled under this key; without a writable cache folder nothing is kept."""
    path = _path(key)
    data = {
        "environment": memo.environment,
        "name_at": memo.name_at,
        "manifest": memo.manifest,
        "warnings": memo.warnings,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(data, file)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
    except OSError:
        return


def is_current(folder: Path, memo: Memo) -> bool:
    """Whether `folder` holds, whole, what the memo was made of, and no certificate of another build."""
    found = manifest.read(folder)
    return (
        found is not None
        and found.digest == memo.manifest
        and manifest.is_whole(folder, found)
        and not proof.is_foreign(folder, found.files)
    )


def _path(key: str) -> Path:
    return cache_dir() / "builds" / f"{key}.json"


@cache
def _compiler() -> str:
    """A digest of awmc's own code, grammar and templates, of the libraries' releases and of Python's."""
    state = sha256(f"{sys.version_info[:2]} {_releases()}".encode())
    package = Path(__file__).resolve().parent.parent
    files = [*sorted(package.rglob("*.py")), grammar_path(), *sorted(template_dir().glob("*"))]
    for file in files:
        state.update(f"\n{file.name} ".encode())
        state.update(file.read_bytes())
    return state.hexdigest()


def _releases() -> list[str]:
    """`jinja2-3.1.6.dist-info`, …: the names alone, because importlib.metadata takes 60 ms to import."""
    folder = sysconfig.get_paths()["purelib"]
    names = (path.name.lower() for path in Path(folder).glob("*.dist-info"))
    return sorted(name for name in names if name.partition("-")[0] in _LIBRARIES)
