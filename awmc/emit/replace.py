"""One text file to disk: who reads it sees the old text or the new one, never a part."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from awmc.emit.write import WriteError, unwritable


def replace_text(path: Path, text: str) -> None:
    """Puts UTF-8 text into a file that exists, whole or not at all; its mode and owner stay, and a link to it stays a
    link. Raises WriteError: AWM710.
    """
    try:
        target = path.resolve(strict=True)
        _replace(target, text.encode("utf-8"))
    except OSError as error:
        raise unwritable(path, error) from error


def _replace(target: Path, data: bytes) -> None:
    if not os.access(target, os.W_OK):
        # It could be replaced where its folder can be written; who has locked it does not want that.
        raise PermissionError(None, "it is read-only")
    status = target.stat()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    staged = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            with suppress(OSError):
                os.fchown(handle, status.st_uid, status.st_gid)
            os.fchmod(handle, status.st_mode & 0o7777)
            file.flush()
            os.fsync(handle)
        staged.replace(target)
    finally:
        staged.unlink(missing_ok=True)


__all__ = ["WriteError", "replace_text"]
