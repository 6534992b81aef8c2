"""The documents that are open in the editor, each with what is known of its present text."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lsprotocol import types as lsp

from awmc.diagnostics import Diagnostic, diagnose
from awmc.lsp.snapshot import LONGEST, Snapshot, take
from awmc.lsp.text import Text, Units
from awmc.source import MAX_BYTES, Source, Span


@dataclass
class Document:
    """`checked`: what running the spec's world brought to light, None where that has not been done for this text."""

    uri: str
    version: int
    text: Text
    checked: tuple[Diagnostic, ...] | None = None
    _snapshot: Snapshot | None = field(default=None, repr=False)
    _before: Snapshot | None = field(default=None, repr=False)

    @property
    def snapshot(self) -> Snapshot:
        """What is known of the text; made when it is first asked for."""
        if self._snapshot is None:
            self._snapshot = self._before = take(self.source, self._before)
        return self._snapshot

    @property
    def source(self) -> Source:
        """The text as the compiler reads it."""
        text = self.text.text
        return Source(self.name, " " + text[1:] if text.startswith("\ufeff") else text)

    @property
    def path(self) -> Path | None:
        """The file; None for a document that is none."""
        parts = urlsplit(self.uri)
        return (
            Path(unquote(parts.path)) if parts.scheme == "file" and "\0" not in unquote(parts.path) else None
        )

    @property
    def name(self) -> str:
        return self.path.name if self.path is not None else self.uri

    def change(self, version: int, changes: list[lsp.TextDocumentContentChangeEvent]) -> bool:
        """Takes changes in; false, and nothing is done, for those of an older version than this one."""
        if version < self.version:
            return False
        for change in changes:
            self.text = self.text.changed(change)
        self.version = version
        self._snapshot = self.checked = None
        return True

    @property
    def is_long(self) -> bool:
        """Whether the text is only looked at in the background."""
        return len(self.text.text) > LONGEST

    @property
    def too_large(self) -> Diagnostic | None:
        """The diagnostic of a text that is no spec for its size."""
        if (
            len(self.text.text) * 4 <= MAX_BYTES
            or len(self.text.text.encode("utf-8", "replace")) <= MAX_BYTES
        ):
            return None
        limit = f"{MAX_BYTES // 1024 // 1024} MiB"
        return diagnose("AWM706", Span.at(0), source=self.name, path=self.name, limit=limit)


class Documents:
    """The open documents by their URIs."""

    def __init__(self) -> None:
        self.units: Units = "utf-16"
        self._open: dict[str, Document] = {}

    def open(self, item: lsp.TextDocumentItem) -> Document:
        document = Document(item.uri, item.version, Text(item.text, self.units))
        self._open[item.uri] = document
        return document

    def get(self, uri: str) -> Document | None:
        return self._open.get(uri)

    def close(self, uri: str) -> None:
        self._open.pop(uri, None)

    def all(self) -> list[Document]:
        return list(self._open.values())
