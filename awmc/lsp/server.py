"""The protocol: which request is answered by what, and when diagnostics are published.

What is wrong with syntax, names and types is published at once; where nothing is, the world of the spec is run a
little later in another process, and what that brings to light follows, unless the text has changed meanwhile.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO, TypeVar, cast

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

from awmc import __version__
from awmc.diagnostics import Diagnostic, diagnose
from awmc.lsp import answers
from awmc.lsp.checks import Worker, check, rows
from awmc.lsp.colours import MODIFIERS, TYPES
from awmc.lsp.documents import Document, Documents
from awmc.lsp.lenses import find_proof, show_proof
from awmc.lsp.rename import Refused
from awmc.lsp.text import Units
from awmc.source import Span
from awmc.syntax import ast

AT_ONCE = 0.01
"""Seconds of quiet before a text is looked at: what an editor sends together is taken together."""
LATER = 0.3
"""Seconds of quiet before the world of a spec is run."""

SHOW_ROWS = "awmc.showRows"
SHOW_PROOF = "awmc.showProof"

Params = TypeVar("Params")
Answer = TypeVar("Answer")


class _Protocol(LanguageServerProtocol):
    """Documents are kept by `Server`: a change of one that is not open, or of an older version, is no error."""

    @lsp_method(lsp.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: lsp.DidOpenTextDocumentParams) -> None:
        cast("Server", self._server).opened(params)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: lsp.DidChangeTextDocumentParams) -> None:
        cast("Server", self._server).changed(params)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: lsp.DidCloseTextDocumentParams) -> None:
        cast("Server", self._server).closed(params)


class Server(LanguageServer):
    """A language server for specs."""

    def __init__(self) -> None:
        super().__init__("awmc", __version__, protocol_cls=_Protocol)
        self.documents = Documents()
        self.worker = Worker()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- Documents ----

    def opened(self, params: lsp.DidOpenTextDocumentParams) -> None:
        encoding = self.workspace.position_encoding
        self.documents.units = cast("Units", getattr(encoding, "value", encoding))
        document = self.documents.open(params.text_document)
        self._after(AT_ONCE, document, self._look)

    def changed(self, params: lsp.DidChangeTextDocumentParams) -> None:
        document = self.documents.get(params.text_document.uri)
        if document is not None and document.change(
            params.text_document.version, list(params.content_changes)
        ):
            self._after(AT_ONCE, document, self._look)

    def closed(self, params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        self.documents.close(uri)
        timer = self._timers.pop(uri, None)
        if timer is not None:
            timer.cancel()
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))

    # ---- Diagnostics ----

    def _after(self, seconds: float, document: Document, do: Callable[[Document], None]) -> None:
        """Does something in a while, unless something else is to be done with the document before."""
        timer = self._timers.pop(document.uri, None)
        if timer is not None:
            timer.cancel()
        self._timers[document.uri] = asyncio.get_running_loop().call_later(seconds, do, document)

    def _look(self, document: Document) -> None:
        """Publishes what is wrong with a text at first sight."""
        too_large = document.too_large
        if too_large is not None:
            self._publish(document, (too_large,))
            return
        problems: tuple[Diagnostic, ...] = ()
        if not document.is_long:
            try:
                problems = document.snapshot.problems
            except Exception as error:
                problems = (self.bug(error, document),)
            self._publish(document, problems)
        if not any(problem.is_error for problem in problems):
            self._after(LATER, document, self._run)

    def _run(self, document: Document) -> None:
        task = asyncio.get_running_loop().create_task(self._check(document, document.version))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _check(self, document: Document, version: int) -> None:
        """Publishes all that is wrong with a text, if it is still the same."""

        def is_present() -> bool:
            return document.version == version and self.documents.get(document.uri) is document

        try:
            found = await self.worker.run(check, is_present, document.source)
        except Exception as error:
            self.bug(error, document)
            return
        if found is not None and is_present():
            document.checked = found
            self._publish(document, found)

    def _publish(self, document: Document, problems: tuple[Diagnostic, ...]) -> None:
        shown = [answers.diagnostic(document, problem) for problem in problems]
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(document.uri, shown, document.version)
        )

    def bug(self, error: Exception, document: Document) -> Diagnostic:
        """Logs an exception that nobody foresaw, and gives it as a diagnostic."""
        trace = "".join(traceback.format_exception(error))
        self.window_log_message(lsp.LogMessageParams(lsp.MessageType.Error, f"{document.uri}: {trace}"))
        reason = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        return diagnose("AWM901", Span.at(0), source=document.name, reason=reason)

    def shutdown(self) -> None:
        self.worker.stop()
        super().shutdown()  # type: ignore[no-untyped-call]

    # ---- Commands ----

    async def show_rows(self, uri: str, entity: str) -> str:
        """The rows of an entity as a table in Markdown, empty where there are none to show."""
        document = self.documents.get(uri)
        if document is None:
            return ""
        return await self.worker.run(rows, lambda: True, document.source, entity) or ""

    def show_proof(self, uri: str, task: str) -> str:
        """What the certificate beside a spec says of a task, in Markdown."""
        document = self.documents.get(uri)
        if document is None:
            return ""
        env = next((p.item.name.text for p in document.snapshot.pieces if isinstance(p.item, ast.Env)), "")
        found = find_proof(document.text.text, document.path, env)
        return show_proof(found, task) if found is not None else ""


def build() -> Server:
    """The server with all its features."""
    server = Server()

    def answer(
        method: str, give: Callable[[Document, Any], Answer], options: object = None, empty: object = None
    ) -> None:
        """Answers a request about a document; of one that is not open, or not looked at, there is nothing to say."""

        def handler(params: Any) -> Answer | object:
            document = server.documents.get(params.text_document.uri)
            if document is None or document.is_long:
                return empty
            try:
                return give(document, params)
            except Refused as refused:
                raise RequestFailed(str(refused)) from None
            except Exception as error:
                server.bug(error, document)
                return empty

        server.feature(method, options)(handler)

    answer(lsp.TEXT_DOCUMENT_HOVER, answers.hover)
    answer(lsp.TEXT_DOCUMENT_DEFINITION, answers.definition)
    answer(lsp.TEXT_DOCUMENT_REFERENCES, answers.references)
    answer(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, answers.highlights)
    answer(lsp.TEXT_DOCUMENT_PREPARE_RENAME, answers.prepare_rename)
    answer(lsp.TEXT_DOCUMENT_RENAME, answers.rename, lsp.RenameOptions(prepare_provider=True))
    answer(
        lsp.TEXT_DOCUMENT_COMPLETION,
        answers.completion,
        lsp.CompletionOptions(trigger_characters=[".", "@", ":"]),
    )
    answer(
        lsp.TEXT_DOCUMENT_SIGNATURE_HELP,
        answers.signature_help,
        lsp.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=[":"]),
    )
    answer(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL, answers.symbols, empty=[])
    answer(lsp.TEXT_DOCUMENT_FOLDING_RANGE, answers.folding, empty=[])
    legend = lsp.SemanticTokensLegend(list(TYPES), list(MODIFIERS))
    answer(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, answers.semantic_tokens, legend, lsp.SemanticTokens([]))
    answer(
        lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, answers.semantic_tokens_range, legend, lsp.SemanticTokens([])
    )
    answer(lsp.TEXT_DOCUMENT_FORMATTING, answers.formatting, empty=[])
    answer(lsp.TEXT_DOCUMENT_RANGE_FORMATTING, answers.range_formatting, empty=[])
    kinds = [lsp.CodeActionKind.QuickFix, lsp.CodeActionKind.SourceFixAll]
    answer(lsp.TEXT_DOCUMENT_CODE_ACTION, answers.code_actions, lsp.CodeActionOptions(kinds), [])
    answer(lsp.TEXT_DOCUMENT_CODE_LENS, answers.code_lenses, lsp.CodeLensOptions(), [])

    @server.feature(lsp.WORKSPACE_SYMBOL)
    def _workspace_symbols(params: lsp.WorkspaceSymbolParams) -> list[lsp.WorkspaceSymbol]:
        return [found for document in server.documents.all() if not document.is_long
                for found in answers.workspace_symbols(document, params.query)]  # fmt: skip

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def _saved(params: lsp.DidSaveTextDocumentParams) -> None:
        refresh = server.client_capabilities.workspace
        if refresh is not None and refresh.code_lens is not None and refresh.code_lens.refresh_support:
            server.workspace_code_lens_refresh(None)

    @server.command(SHOW_ROWS)
    async def _show_rows(uri: str, entity: str) -> str:
        return await server.show_rows(uri, entity)

    @server.command(SHOW_PROOF)
    def _show_proof(uri: str, task: str) -> str:
        return server.show_proof(uri, task)

    return server


class RequestFailed(JsonRpcException):
    """A request that was understood and cannot be done; its message is for the user."""

    CODE = lsp.LSPErrorCodes.RequestFailed
    MESSAGE = "Request failed"


def serve() -> None:
    """Serves on standard input and output until the client ends it. What anything else prints goes to standard
    error.
    """
    # A snapshot is a great many objects that live until the next: looking for garbage among them often finds none.
    gc.set_threshold(200_000, 20, 20)
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    build().start_io(sys.stdin.buffer, cast("BinaryIO", own))
