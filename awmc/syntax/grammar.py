"""The LALR parser, made from `grammar/awm.lark`.

Building its tables takes over a second, so they are kept in the user's cache folder, under a name that changes with the
grammar, Lark and Python; without a writable cache they are built each time.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from functools import cache
from pathlib import Path

import lark

from awmc.resources import grammar_text

STARTS = ("start", "item", "query")


@cache
def parser() -> lark.Lark:
    """The parser, with the start rules `start` (a file), `item` (a declaration) and `query` (an expression)."""
    text = grammar_text()
    path = _cache_folder() / f"{_digest(text)}.lark"
    try:
        with path.open("rb") as file:
            return lark.Lark.load(file)
    except Exception:
        # Missing, unreadable, or written by a process that was killed: it is only a cache.
        built = _build(text)
    _keep(built, path)
    return built


def _build(text: str) -> lark.Lark:
    return lark.Lark(
        text, parser="lalr", lexer="contextual", propagate_positions=True, maybe_placeholders=False, start=list(STARTS)
    )


def _digest(text: str) -> str:
    version = f"{lark.__version__} {sys.version_info[:2]}"
    return hashlib.sha256(f"{version}\n{text}".encode()).hexdigest()[:32]


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "awmc"


def _keep(built: lark.Lark, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "wb") as file:
            built.save(file)
        Path(name).replace(path)
    except OSError:
        return
