"""What an instance has done, on disk: `<folder>/<id>.jsonl`, which is replayed after a restart.

A line is one JSON object, written by one system call before what it tells of is acknowledged, so that a process
that is killed loses nothing that was; what such a line is cut off in was never acknowledged, and is dropped. The
first line is the header, `{"format", "env", "world_seed", "digest", "task", "actor"}`; then, in order, of

- `{"call", "arguments", "crc"}`: a call, and the CRC-32 of its answer, which is the same each time;
- `{"call", "arguments", "now", "error"}`: one that a limit stopped, or that failed: its answer is not found anew;
- `{"snapshot"}`, `{"restore"}`, `{"drop"}`, each with a snapshot's id, and `{"reset": true}`;
- `{"state"}`: a whole `Snapshot`, which a fork begins with.

Lines survive the end of the process, not that of the machine: nothing waits for the disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from awmc.runtime.tables import Key

FORMAT: Final = 1
"""The version of a journal's form."""

_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_SUFFIX: Final = ".jsonl"
_LOCK: Final = "lock"


class DurableError(Exception):
    """A folder of journals cannot be used; the message says why, and what helps."""


class NotWritten(Exception):
    """A line could not be written, and is not there."""


class Damaged(Exception):
    """A journal is not as it was written."""


@dataclass(frozen=True, slots=True)
class Header:
    """Which world an instance is of, and for whom. `digest`: of the world."""

    env: str
    world_seed: int
    digest: str
    task: str | None
    actor: Key | None
    format: int = FORMAT


class Journal:
    """The journal of one instance. One thread at a time."""

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self.header = header

    @classmethod
    def begin(cls, folder: Path, name: str, header: Header, *entries: Mapping[str, Any]) -> Self:
        """A new one. Raises `NotWritten`."""
        journal = cls(folder / f"{name}{_SUFFIX}", header)
        journal._append(b"".join(map(_line, (asdict(header), *entries))), os.O_CREAT | os.O_EXCL)
        return journal

    def write(self, entry: Mapping[str, Any]) -> None:
        """Adds a line. Raises `NotWritten`, and then the journal is as it was before."""
        self._append(_line(entry), 0)

    def _append(self, data: bytes, flags: int) -> None:
        # Opened for each line: a thousand instances have no thousand files open.
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | flags, 0o600)
        except OSError as error:
            raise NotWritten(error.strerror) from error
        try:
            size = os.fstat(file).st_size
            try:
                if os.write(file, data) != len(data):
                    raise OSError(0, "the file system is full")
            except OSError as error:
                os.ftruncate(file, size)
                raise NotWritten(error.strerror) from error
        finally:
            os.close(file)

    def restart(self) -> None:
        """Leaves the header alone: the instance is untouched again. Raises `NotWritten`."""
        new = self._path.with_suffix(".new")
        try:
            new.write_bytes(_line(asdict(self.header)))
            new.replace(self._path)
        except OSError as error:
            raise NotWritten(error.strerror) from error

    def entries(self) -> Iterator[dict[str, Any]]:
        """The lines after the header; one that was cut off is removed. Raises `Damaged`."""
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.truncate(self._path, whole)
        for line in data[:whole].splitlines()[1:]:
            try:
                entry = json.loads(line)
            except ValueError:
                raise Damaged from None
            if not isinstance(entry, dict):
                raise Damaged
            yield entry

    def remove(self) -> None:
        """Forgets the instance."""
        self._path.unlink(missing_ok=True)


class Folder:
    """A folder of journals, held by one server at a time. `file`: the descriptor of its lock, which the processes of
    the server share.
    """

    def __init__(self, path: Path) -> None:
        """Takes the folder, and makes it where there is none. Raises `DurableError`."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.file = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DurableError(f"{path} cannot be used: {(error.strerror or str(error)).lower()}") from error
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self.file)
            raise DurableError(
                f"{path} is in use by another awmc serve; stop it, or name another folder"
            ) from None

    def close(self) -> None:
        """Lets the folder go."""
        os.close(self.file)


def journals(folder: Path) -> Iterator[tuple[str, Journal]]:
    """The instances of a folder, by id. What a kill left of one that was never acknowledged is removed. Raises
    `DurableError`.
    """
    for path in sorted(folder.iterdir()):
        if path.suffix == ".new":
            path.unlink(missing_ok=True)
        if path.suffix != _SUFFIX or not _ID.fullmatch(path.stem):
            continue
        with path.open("rb") as file:
            line = file.readline()
        if not line.endswith(b"\n"):
            path.unlink()
            continue
        header = None
        with suppress(ValueError, TypeError):
            header = Header(**json.loads(line))
        if header is None:
            raise DurableError(f"{path} is damaged; remove it, and the instance is gone")
        if header.format != FORMAT:
            raise DurableError(
                f"{path} was written by another awmc, in format {header.format}; this one reads format {FORMAT}"
            )
        yield path.stem, Journal(path, header)


def _line(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"
