"""What is named on the command line, as specs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from awmc.source import MAX_BYTES, Source, SourceError, decode, read_source

if TYPE_CHECKING:
    from awmc.diagnostics import Diagnostic

STDIN = "<stdin>"


def read_specs(arguments: Iterable[str]) -> tuple[list[Source], list[Diagnostic]]:
    """The specs in the order they were named, each once, and what is said of those that cannot be read."""
    sources: list[Source] = []
    problems: list[Diagnostic] = []
    seen: set[str] = set()
    for argument in arguments:
        for path in _paths(argument):
            real = _identity(path)
            if real in seen:
                continue
            seen.add(real)
            try:
                sources.append(_read_stdin() if path == "-" else read_source(path))
            except SourceError as error:
                problems.append(_unread(error))
    return sources, problems


def builds_and_specs(arguments: Sequence[str]) -> tuple[list[Path], list[str], list[str]]:
    """Builds, specs, and what is wrong with all else; a folder of builds stands for them all."""
    builds: dict[Path, None] = {}
    specs: list[str] = []
    unknown: list[str] = []
    for argument in arguments:
        folder = Path(argument)
        if argument == "-" or not folder.is_dir():
            if argument.endswith(".awm") or argument == "-" or folder.exists():
                specs.append(argument)
            else:
                unknown.append(f"there is no folder {argument}; compile a spec first: awmc compile SPEC.awm")
        elif (folder / "manifest.json").exists():
            builds[folder] = None
        elif found := sorted(path.parent for path in folder.glob("*/manifest.json")):
            builds |= dict.fromkeys(found)
        elif any(folder.glob("*.awm")):
            specs.append(argument)
        else:
            unknown.append(f"{argument} holds neither builds nor specs")
    return list(builds), specs, unknown


def _identity(path: str) -> str:
    """The same for two ways to name one file."""
    try:
        return path if path == "-" else os.path.realpath(path)
    except (OSError, ValueError):  # a name with a NUL: reading it says so
        return path


def _paths(argument: str) -> Iterator[str]:
    """The argument itself, or, of a folder, the specs in it; of a folder without any the folder."""
    if argument == "-" or not _is_folder(argument):
        yield argument
        return
    try:
        found = sorted(str(path) for path in Path(argument).glob("*.awm") if not path.is_dir())
    except OSError:
        found = []
    yield from found or [argument]


def _is_folder(argument: str) -> bool:
    try:
        return Path(argument).is_dir()
    except (OSError, ValueError):  # a name too long, or with a NUL: reading it says so
        return False


def _read_stdin() -> Source:
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise SourceError("AWM703", STDIN, reason=reason) from None
    if len(data) > MAX_BYTES:
        raise SourceError("AWM706", STDIN, limit=f"{MAX_BYTES // 1024 // 1024} MiB")
    return Source(STDIN, decode(data, STDIN))


def _unread(error: SourceError) -> Diagnostic:
    from awmc.diagnostics import diagnose, diagnose_unread
    from awmc.source import Span

    if error.code == "AWM702":
        return diagnose("AWM721", Span.at(0), source=error.path, path=error.path)
    return diagnose_unread(error)
