"""How long an editor waits for the language server: after a change, and for what it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from lsprotocol import types as lsp

from awmc.lsp import answers
from awmc.lsp.documents import Document
from awmc.lsp.text import Text
from awmc.semantics.check import analyse
from awmc.source import Source
from awmc.syntax.parse import parse
from bench.measure import Clock, times
from bench.table import Figure, Table, compared

LIMIT = 0.1
"""Seconds within which a change of a spec of 25 KB is answered."""


def editing(spec: Path, repeat: int) -> Table:
    """The time of each answer about a text that was changed just before; the floor is parsing and analysing it."""
    text = spec.read_text(encoding="utf-8")
    source = Source(spec.name, text)
    floor = Figure("parse and analyse", times(lambda: analyse(parse(source)[0], source), repeat)[0])
    rows = [floor]
    for what, call in _answers(spec, text):
        rows.append(compared(what, min(call() for _ in range(repeat)), floor, limit=LIMIT))
    return Table(f"{spec.name} in an editor, {len(text) // 1000} KB, warm", tuple(rows))


def _answers(spec: Path, text: str) -> Iterator[tuple[str, Callable[[], float]]]:
    middle = text.index("\n  require ", len(text) // 2) + len("\n  require ")
    document = Document(spec.resolve().as_uri(), 0, Text(text))
    here = lsp.TextDocumentIdentifier(document.uri)
    typed = {"a change, diagnostics": " ", "a change that does not parse, diagnostics": "( "}
    for what, new in typed.items():
        yield what, partial(_timed, document, middle, new, lambda _: document.snapshot.problems)

    def asked(
        request: Callable[[Document, lsp.CompletionParams], object],
    ) -> Callable[[lsp.Position], object]:
        return lambda at: request(document, lsp.CompletionParams(here, at))

    yield "a change, completion", partial(_timed, document, middle, "me.", asked(answers.completion))
    yield "a change, the uses of a name", partial(_timed, document, middle, " ", asked(answers.highlights))
    tokens = lsp.SemanticTokensParams(here)
    colours = partial(_timed, document, middle, " ", lambda _: answers.semantic_tokens(document, tokens))
    yield "a change, colours", colours


def _timed(document: Document, place: int, new: str, ask: Callable[[lsp.Position], object]) -> float:
    """Seconds from a change to an answer, on a document that was looked at before; the change is taken back."""
    start = document.text.position(place)
    before = document.text.text
    _ = document.snapshot.uses
    put = lsp.TextDocumentContentChangePartial(lsp.Range(start, start), new)
    begin = Clock.here()
    document.change(document.version + 1, [put])
    ask(document.text.position(place + len(new)))
    seconds = Clock.here() - begin
    document.change(document.version + 1, [lsp.TextDocumentContentChangeWholeDocument(before)])
    return seconds
