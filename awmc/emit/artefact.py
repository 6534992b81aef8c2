"""One file of a build, before it is written."""

from __future__ import annotations

from msgspec import Struct


class Artefact(Struct, frozen=True):
    """`path`: the file's name inside the build's folder. `text`: its content, with `\\n` as line end."""

    path: str
    text: str

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        return self.text.encode("utf-8")
