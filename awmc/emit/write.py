"""A whole build to disk at once: who reads the folder sees the old build or the new one, never a mixture.

The files are written into a folder beside the target, `.<name>.new`, and the two folders are exchanged in one
step (renameat2 on Linux, renamex_np on macOS). Where the file system cannot do that, the files are replaced
one by one, the manifest last: a kill between them leaves a build that `awmc.load` refuses as damaged.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from awmc.emit import manifest, proof
from awmc.emit.artefact import Artefact

WAIT = 30.0
"""Seconds to wait for another awmc that writes into the same folder."""

_POLL = 0.02
_NO_LOCKS = frozenset({errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EACCES})


class WriteError(Exception):
    """A build that could not be written; the old one is whole. `code` is a diagnostic, `parts` are its
    title's.
    """

    def __init__(self, code: str, path: Path, **parts: str) -> None:
        self.code = code
        self.parts: dict[str, Any] = {"path": str(path), **parts}
        super().__init__(f"{code} {self.parts}")


def write_build(folder: Path, artefacts: Sequence[Artefact], *, wait: float = WAIT) -> None:
    """Puts a build into `folder`; the manifest is the last artefact.

    Files of the build that was there are replaced or removed, a certificate of another build too; all others are left
    alone. Raises WriteError:
    AWM710 (unwritable, full), AWM715 (something that awmc did not write is in the way), AWM716 (busy for
    `wait` seconds).
    """
    try:
        folder = folder.resolve()
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.parent, folder, wait):
            staged = folder.with_name(f".{folder.name}.new")
            _finish(staged, folder)
            _refuse_foreign(folder, artefacts)
            try:
                _stage(staged, artefacts)
                _swap(staged, folder, artefacts)
            finally:
                _finish(staged, folder)
            _drop_foreign_proof(folder)
    except OSError as error:
        raise unwritable(folder, error) from error


def write_proof(folder: Path, text: str, *, wait: float = WAIT) -> None:
    """Puts a certificate into the build that it is of, whole or not at all. Raises WriteError: AWM710, AWM716 (busy,
    or compiled anew since it was made).
    """
    try:
        folder = folder.resolve()
        with _locked(folder.parent, folder, wait):
            staged = folder / f".{proof.NAME}.new"
            try:
                staged.write_text(text, encoding="utf-8", newline="\n")
                found = manifest.read(folder)
                if found is None or json.loads(text)["files"] != proof.proved(found.files):
                    raise WriteError("AWM716", folder)
                staged.replace(folder / proof.NAME)
            finally:
                staged.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(folder / proof.NAME, error) from error


def unwritable(path: Path, error: OSError) -> WriteError:
    """AWM710 for what the system said."""
    return WriteError("AWM710", path, reason=(error.strerror or type(error).__name__).lower())


def _drop_foreign_proof(folder: Path) -> None:
    """A certificate stays with the build that it was made of, and goes with it."""
    found = manifest.read(folder)
    if found is not None and proof.is_foreign(folder, found.files):
        (folder / proof.NAME).unlink(missing_ok=True)


@contextmanager
def _locked(root: Path, folder: Path, wait: float) -> Iterator[None]:
    """Holds the lock of the folder that builds are written into: on the folder itself, so that no file is
    left.
    """
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        until = time.monotonic() + wait
        while not _lock(handle):
            if time.monotonic() >= until:
                raise WriteError("AWM716", folder)
            time.sleep(_POLL)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        # A file system without locks: builds are still written whole, the last writer wins.
    return True


def _refuse_foreign(folder: Path, artefacts: Sequence[Artefact]) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise WriteError("AWM715", folder)
    found = manifest.read(folder)
    names = {path.name for path in folder.iterdir()}
    if found is None and names:
        raise WriteError("AWM715", folder)
    ours = {manifest.NAME, *(found.files if found else ())}
    for artefact in artefacts:
        if artefact.path in names - ours:
            raise WriteError("AWM715", folder / artefact.path)


def _stage(staged: Path, artefacts: Sequence[Artefact]) -> None:
    staged.mkdir()
    for artefact in artefacts:
        (staged / artefact.path).write_bytes(artefact.data)


def _swap(staged: Path, folder: Path, artefacts: Sequence[Artefact]) -> None:
    if not folder.exists():
        staged.rename(folder)
    elif not _exchange(staged, folder):
        old = manifest.read(folder)
        for artefact in artefacts:
            (staged / artefact.path).replace(folder / artefact.path)
        for name in (old.files if old else {}).keys() - {artefact.path for artefact in artefacts}:
            (folder / name).unlink(missing_ok=True)


def _finish(staged: Path, folder: Path) -> None:
    """Removes what a write left beside the build: files of awmc. Others, of the folder that was exchanged,
    are carried over into the build.
    """
    if not staged.is_dir():
        return
    found = manifest.read(staged)
    if found is not None and folder.is_dir():
        for name in sorted({path.name for path in staged.iterdir()} - {manifest.NAME, *found.files}):
            if not os.path.lexists(folder / name):
                (staged / name).rename(folder / name)
    with suppress(OSError):
        shutil.rmtree(staged)


def _exchange(one: Path, other: Path) -> bool:
    """Exchanges two folders in one step; False where system or file system cannot."""
    call = _exchanger()
    if call is None:
        return False
    return call(os.fsencode(one), os.fsencode(other)) == 0


def _exchanger() -> Callable[[bytes, bytes], int] | None:
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    here, swap = -100, 2  # AT_FDCWD; RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS are both 2
    if sys.platform == "darwin":
        renamex = getattr(library, "renamex_np", None)
        return None if renamex is None else lambda one, other: int(renamex(one, other, ctypes.c_uint(swap)))
    rename = getattr(library, "renameat2", None)
    if rename is None:
        return None
    return lambda one, other: int(rename(here, one, here, other, ctypes.c_uint(swap)))
