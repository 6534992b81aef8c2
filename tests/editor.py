"""An editor for tests: pytest-lsp's client, joined to `awmc lsp` over stdio, with its documents."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest_lsp
from lsprotocol import types as lsp

COMMAND = (sys.executable, "-m", "awmc", "lsp")
PATIENCE = 120.0


class Editor:
    """One session. Places are written into texts as `|`; `said` holds all diagnostics that came, in order."""

    def __init__(self, client: pytest_lsp.LanguageClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.capabilities = lsp.ServerCapabilities()
        self.said: list[lsp.PublishDiagnosticsParams] = []
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self._news = asyncio.Condition()
        client.protocol.fm.features[lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = self._published

    async def _published(self, params: lsp.PublishDiagnosticsParams) -> None:
        async with self._news:
            self.said.append(params)
            self._news.notify_all()

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str, text: str) -> str:
        uri = self.uri(name)
        self.texts[uri], self.versions[uri] = text, 1
        item = lsp.TextDocumentItem(uri, "awm", 1, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str) -> int:
        """The whole of a text anew."""
        return self.edit(uri, text, lsp.TextDocumentContentChangeWholeDocument(text))

    def edit(self, uri: str, text: str, *changes: lsp.TextDocumentContentChangeEvent) -> int:
        """Changes after which the text is `text`; the new version."""
        self.texts[uri] = text
        self.versions[uri] += 1
        identifier = lsp.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(identifier, list(changes)))
        return self.versions[uri]

    def close(self, uri: str) -> None:
        identifier = lsp.TextDocumentIdentifier(uri)
        self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(identifier))

    async def diagnostics(self, uri: str, *codes: str) -> list[lsp.Diagnostic]:
        """The diagnostics of the present version, as soon as they are of these codes."""

        def found() -> list[lsp.Diagnostic] | None:
            for said in reversed(self.said):
                if said.uri == uri and said.version == self.versions[uri]:
                    there = list(said.diagnostics)
                    return there if sorted(str(d.code) for d in there) == sorted(codes) else None
            return None

        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: found() is not None), PATIENCE)
            return found() or []

    def at(self, uri: str, before: str, behind: str = "") -> dict[str, Any]:
        """The document and the position behind `before` (and before `behind`), which stand together once."""
        whole = before + behind
        text = self.texts[uri]
        assert text.count(whole) == 1, f"{whole!r} stands there {text.count(whole)} times"
        place = text.index(whole) + len(before)
        return {"text_document": lsp.TextDocumentIdentifier(uri), "position": position(text, place)}

    def text_in(self, uri: str, range_: lsp.Range) -> str:
        text = self.texts[uri]
        return text[offset(text, range_.start) : offset(text, range_.end)]

    def applied(self, uri: str, edits: Any) -> str:
        text = self.texts[uri]
        found = [(offset(text, e.range.start), offset(text, e.range.end), e.new_text) for e in edits]
        for start, end, new in sorted(found, reverse=True):
            text = text[:start] + new + text[end:]
        return text


def position(text: str, place: int) -> lsp.Position:
    """A place in code points as a line and UTF-16 units."""
    start = text.rfind("\n", 0, place) + 1
    return lsp.Position(text.count("\n", 0, place), len(text[start:place].encode("utf-16-le")) // 2)


def offset(text: str, at: lsp.Position) -> int:
    lines = text.split("\n")
    line = lines[at.line] if at.line < len(lines) else ""
    inside = line.encode("utf-16-le")[: 2 * at.character].decode("utf-16-le")
    return sum(len(one) + 1 for one in lines[: at.line]) + len(inside)


@asynccontextmanager
async def editor(folder: Path, capabilities: lsp.ClientCapabilities | None = None) -> AsyncIterator[Editor]:
    """A session with a server of its own."""
    client = pytest_lsp.make_test_lsp_client()
    await client.start_io(*COMMAND, env={**os.environ})
    there = Editor(client, folder)
    params = lsp.InitializeParams(capabilities or lsp.ClientCapabilities(), root_uri=folder.as_uri())
    there.capabilities = (await client.initialize_session(params)).capabilities
    server = client._server
    assert server is not None
    try:
        yield there
        await asyncio.wait_for(client.shutdown_session(), PATIENCE)
    except BaseException:
        server.kill()
        raise
    finally:
        await client.stop()
    assert server.returncode == 0
    assert client.error is None
