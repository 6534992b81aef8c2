"""`awmc lsp` as an editor meets it: a client over stdio, and whatever text and requests come."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types as lsp

from awmc.lsp import answers
from awmc.lsp.documents import Document
from awmc.lsp.rename import Refused
from awmc.lsp.snapshot import take
from awmc.lsp.text import Text
from awmc.pipeline import check_source
from awmc.source import Source
from tests.editor import COMMAND, Editor, editor, offset, position

ROOT = Path(__file__).resolve().parent.parent
CLINIC = (ROOT / "specs" / "clinic.awm").read_text(encoding="utf-8")
UNUSED = ("AWM514", "AWM514")
"""What there is to say of the clinic as it stands."""


def session(
    scenario: Callable[[Editor], Awaitable[None]],
    folder: Path,
    capabilities: lsp.ClientCapabilities | None = None,
) -> None:
    async def run() -> None:
        async with editor(folder, capabilities) as there:
            await scenario(there)

    asyncio.run(run())


def document(uri: str) -> lsp.TextDocumentIdentifier:
    return lsp.TextDocumentIdentifier(uri)


def test_a_spec_is_written_with_the_editors_help(tmp_path: Path) -> None:
    async def scenario(there: Editor) -> None:
        client = there.client
        uri = there.open("clinic.awm", CLINIC)
        await there.diagnostics(uri, *UNUSED)

        # A mistake is told at its place, and its fix mends it.
        there.change(uri, CLINIC.replace("slot.starts > now else", "slot.start > now else"))
        (problem,) = await there.diagnostics(uri, "AWM203")
        assert there.text_in(uri, problem.range) == "start"
        assert problem.message == "entity `Slot` has no field `start`\ndid you mean `starts`?"
        assert problem.related_information is not None
        assert there.text_in(uri, problem.related_information[0].location.range) == "Slot"
        context = lsp.CodeActionContext([problem], only=[lsp.CodeActionKind.QuickFix])
        actions = await client.text_document_code_action_async(
            lsp.CodeActionParams(document(uri), problem.range, context)
        )
        assert actions is not None
        (action,) = actions
        assert isinstance(action, lsp.CodeAction)
        assert action.title == "Write `starts`"
        assert action.edit is not None
        assert action.edit.changes is not None
        there.change(uri, there.applied(uri, action.edit.changes[uri]))
        await there.diagnostics(uri, *UNUSED)
        assert there.texts[uri] == CLINIC

        hover = await client.text_document_hover_async(
            lsp.HoverParams(**there.at(uri, "tool book_", "visit("))
        )
        assert hover is not None
        assert isinstance(hover.contents, lsp.MarkupContent)
        assert "creates `Visit`" in hover.contents.value

        found = await client.text_document_definition_async(
            lsp.DefinitionParams(**there.at(uri, "let doctors = list_", "doctors"))
        )
        assert isinstance(found, (list, tuple))
        (place,) = found
        assert isinstance(place, lsp.Location)
        assert there.text_in(uri, place.range) == "list"

        found = await client.text_document_references_async(
            lsp.ReferenceParams(lsp.ReferenceContext(True), **there.at(uri, "  minutes", ": int 10..120"))
        )
        assert found is not None
        assert [there.text_in(uri, one.range) for one in found] == ["minutes"] * 2
        marks = await client.text_document_document_highlight_async(
            lsp.DocumentHighlightParams(**there.at(uri, "let fee", " = slot"))
        )
        assert marks is not None
        assert len(marks) == 5

        target = there.at(uri, "entity Doc", "tor {")
        prepared = await client.text_document_prepare_rename_async(lsp.PrepareRenameParams(**target))
        assert isinstance(prepared, lsp.PrepareRenamePlaceholder)
        assert prepared.placeholder == "Doctor"
        edit = await client.text_document_rename_async(lsp.RenameParams(new_name="Physician", **target))
        assert edit is not None
        assert edit.changes is not None
        there.change(uri, there.applied(uri, edit.changes[uri]))
        await there.diagnostics(uri, *UNUSED)
        assert "list_physicians(specialty: cardiology)" in there.texts[uri]
        there.change(uri, CLINIC)

        broken = CLINIC.replace("  update me set balance -= fee\n", "  update me set \n")
        there.change(uri, broken)
        items = await client.text_document_completion_async(
            lsp.CompletionParams(**there.at(uri, "update me set ", "\n  return create"))
        )
        assert isinstance(items, lsp.CompletionList)
        balance = next(item for item in items.items if item.label == "balance")
        assert isinstance(balance.text_edit, lsp.TextEdit)
        assert there.applied(uri, [balance.text_edit]) == broken.replace("me set \n", "me set balance\n")
        await there.diagnostics(uri, "AWM002")

        there.change(uri, CLINIC)
        signature = await client.text_document_signature_help_async(
            lsp.SignatureHelpParams(**there.at(uri, "book_visit(slot: slots[0].id, ", "reason:"))
        )
        assert signature is not None
        assert signature.signatures[0].label.startswith("book_visit(")
        assert signature.active_parameter == 1

        symbols = await client.text_document_document_symbol_async(lsp.DocumentSymbolParams(document(uri)))
        assert symbols is not None
        names = [symbol.name for symbol in symbols]
        assert names[:3] == ["clinic", "Specialty", "Patient"]
        named = await client.workspace_symbol_async(lsp.WorkspaceSymbolParams("bkvis"))
        assert named is not None
        assert [symbol.name for symbol in named] == ["book_visit"]
        ranges = await client.text_document_folding_range_async(lsp.FoldingRangeParams(document(uri)))
        assert ranges is not None
        lines = CLINIC.split("\n")
        assert all(lines[one.end_line + 1].strip().startswith("}") for one in ranges)
        tokens = await client.text_document_semantic_tokens_full_async(
            lsp.SemanticTokensParams(document(uri))
        )
        assert tokens is not None
        assert len(tokens.data) % 5 == 0
        assert len(tokens.data) > 5 * 300

    session(scenario, ROOT / "specs")


def test_a_world_is_run_in_the_background(tmp_path: Path) -> None:
    async def scenario(there: Editor) -> None:
        client = there.client
        uri = there.open("clinic.awm", CLINIC)
        await there.diagnostics(uri, *UNUSED)
        # Only running the task shows that nobody is a cardiologist any more.
        there.change(uri, CLINIC.replace('", cardiology,', '", general,'))
        await there.diagnostics(uri, *UNUSED)
        found = await there.diagnostics(uri, "AWM606", *UNUSED)
        assert any(problem.severity == lsp.DiagnosticSeverity.Error for problem in found)
        # What was found of another text is not told of this one.
        version = there.change(uri, CLINIC)
        await there.diagnostics(uri, *UNUSED)
        said = [len(one.diagnostics) for one in there.said if one.version == version]
        assert set(said) == {2}

        lenses = await client.text_document_code_lens_async(lsp.CodeLensParams(document(uri)))
        assert lenses is not None
        commands = [lens.command for lens in lenses if lens.command is not None]
        assert commands[1].title == "3 rows of Doctor"
        rows = await client.workspace_execute_command_async(
            lsp.ExecuteCommandParams(commands[1].command, commands[1].arguments)
        )
        assert "| 3 | Dr. Sun | cardiology | 95.50 |" in str(rows)
        proofs = [command for command in commands if command.title.startswith("proved: ")]
        shown = await client.workspace_execute_command_async(
            lsp.ExecuteCommandParams(proofs[0].command, proofs[0].arguments)
        )
        assert "## book_cheapest_cardiologist\n\ncertified" in str(shown)

    session(scenario, ROOT / "specs")


def test_formatting_is_that_of_the_command(tmp_path: Path) -> None:
    async def scenario(there: Editor) -> None:
        text = 'env a "b"   { clock 2026-01-01T00:00 }\n\n\n\nentity  A{name:text}\n'
        uri = there.open("a.awm", text)
        options = lsp.FormattingOptions(2, True)
        edits = await there.client.text_document_formatting_async(
            lsp.DocumentFormattingParams(document(uri), options)
        )
        assert edits is not None
        formed = there.applied(uri, edits)
        assert "entity A {" in formed
        there.change(uri, formed)
        again = await there.client.text_document_formatting_async(
            lsp.DocumentFormattingParams(document(uri), options)
        )
        assert not again

    session(scenario, tmp_path)


@pytest.mark.parametrize("units", [lsp.PositionEncodingKind.Utf8, lsp.PositionEncodingKind.Utf32])
def test_the_client_says_what_it_counts_in(units: lsp.PositionEncodingKind, tmp_path: Path) -> None:
    async def scenario(there: Editor) -> None:
        assert there.capabilities.position_encoding == units
        text = 'env a "🙂é" { clok 2026-01-01T00:00 }\n'
        uri = there.open("a.awm", text)
        expected = take(Source("a.awm", text)).problems
        assert expected[0].span.start == text.index("clok")
        problem, *_ = await there.diagnostics(uri, *[one.code for one in expected])
        width = len("🙂é".encode()) if units == lsp.PositionEncodingKind.Utf8 else 2
        assert problem.range.start == lsp.Position(0, len('env a ""  { ') - 1 + width)

    capabilities = lsp.ClientCapabilities(general=lsp.GeneralClientCapabilities(position_encodings=[units]))
    session(scenario, tmp_path, capabilities)


# ---- Bad input ----


def test_each_file_is_a_spec_of_its_own(tmp_path: Path) -> None:
    async def scenario(there: Editor) -> None:
        text = (
            'env {} "b" {{ clock 2026-01-01T00:00 }}\nentity Shared {{ {}: text }}\ntools Shared {{ list }}\n'
        )
        one = there.open("one.awm", text.format("one", "left"))
        other = there.open("other.awm", text.format("other", "right"))
        await there.diagnostics(one, *[str(p.code) for p in take(Source("", there.texts[one])).problems])
        await there.diagnostics(other, *[str(p.code) for p in take(Source("", there.texts[other])).problems])
        for uri, field in ((one, "left"), (other, "right")):
            found = await there.client.text_document_references_async(
                lsp.ReferenceParams(lsp.ReferenceContext(True), **there.at(uri, "entity Sha", "red"))
            )
            assert found is not None
            assert {place.uri for place in found} == {uri}
            hover = await there.client.text_document_hover_async(
                lsp.HoverParams(**there.at(uri, "entity Sha", "red"))
            )
            assert hover is not None
            assert isinstance(hover.contents, lsp.MarkupContent)
            assert f"{field}: text" in hover.contents.value

    session(scenario, tmp_path)


def test_a_closed_document_has_no_diagnostics_and_no_answers(tmp_path: Path) -> None:
    async def scenario(there: Editor) -> None:
        path = tmp_path / "a.awm"
        path.write_text("entity", encoding="utf-8")
        uri = there.open("a.awm", "entity")
        await there.diagnostics(uri, "AWM003")
        # The file goes, the document stays.
        path.unlink()
        there.change(uri, "entity A {")
        await there.diagnostics(uri, "AWM004")
        lenses = await there.client.text_document_code_lens_async(lsp.CodeLensParams(document(uri)))
        assert not lenses
        there.close(uri)
        assert (
            await there.client.text_document_hover_async(lsp.HoverParams(document(uri), lsp.Position(0, 1)))
            is None
        )
        assert there.said[-1].diagnostics in ([], ())
        # A change of what is not open is nobody's.
        there.change(uri, "entity B {")
        assert (
            await there.client.text_document_hover_async(lsp.HoverParams(document(uri), lsp.Position(0, 1)))
            is None
        )
        assert there.said[-1].diagnostics in ([], ())
        assert there.client.messages == []

    session(scenario, tmp_path)


def test_a_change_that_comes_too_late_is_left_out(tmp_path: Path) -> None:
    async def scenario(there: Editor) -> None:
        uri = there.open("a.awm", CLINIC)
        there.versions[uri] = 7
        there.change(uri, CLINIC.replace("starts > now else", "start > now else"))
        await there.diagnostics(uri, "AWM203")
        late = lsp.VersionedTextDocumentIdentifier(3, uri)
        change = lsp.TextDocumentContentChangeWholeDocument("nonsense")
        there.client.text_document_did_change(lsp.DidChangeTextDocumentParams(late, [change]))
        there.change(uri, there.texts[uri] + "# more\n")
        await there.diagnostics(uri, "AWM203")
        assert {len(one.diagnostics) for one in there.said if one.version not in (1, None)} == {1}

    session(scenario, tmp_path)


def test_a_file_of_ten_megabytes_is_told_to_be_too_large(tmp_path: Path) -> None:
    async def scenario(there: Editor) -> None:
        text = CLINIC + "# padding padding padding padding\n" * 300_000
        uri = there.open("large.awm", text)
        (problem,) = await there.diagnostics(uri, "AWM706")
        assert problem.message == "`large.awm` is larger than 4 MiB"
        assert (
            await there.client.text_document_hover_async(lsp.HoverParams(document(uri), lsp.Position(3, 3)))
            is None
        )
        symbols = await there.client.text_document_document_symbol_async(
            lsp.DocumentSymbolParams(document(uri))
        )
        assert not symbols
        # One line is put in at the end, the rest taken out: it is a spec again.
        end = position(text, len(text))
        change = lsp.TextDocumentContentChangePartial(lsp.Range(position(text, len(CLINIC)), end), "# less\n")
        there.edit(uri, f"{CLINIC}# less\n", change)
        await there.diagnostics(uri, *UNUSED)
        # Larger than is looked at on each keystroke, and no larger than a spec may be: checked in the background.
        there.change(uri, CLINIC.replace("starts > now else", "start > now else") + "# padding\n" * 120_000)
        await there.diagnostics(uri, "AWM203")

    session(scenario, tmp_path)


def test_text_in_every_script_keeps_its_places(tmp_path: Path) -> None:
    async def scenario(there: Editor) -> None:
        strange = "🙂 עברית العربية 中文 \u2028 \u0085 𝔸 é"
        text = CLINIC.replace("Book and manage visits", strange).replace(
            '"Dr. Lee", cardiology', f'"{strange}", cardiologie'
        )
        uri = there.open("a.awm", text.replace("\n", "\r\n"))
        (problem,) = await there.diagnostics(uri, "AWM208")
        assert there.text_in(uri, problem.range) == "cardiologie"
        # The client edits behind an astral character, in its own units.
        start = there.texts[uri].index("cardiologie")
        range_ = lsp.Range(
            position(there.texts[uri], start), position(there.texts[uri], start + len("cardiologie"))
        )
        there.edit(
            uri,
            there.texts[uri].replace("cardiologie", "cardiology"),
            lsp.TextDocumentContentChangePartial(range_, "cardiology"),
        )
        await there.diagnostics(uri, *UNUSED)

    session(scenario, tmp_path)


def test_what_is_refused_says_why(tmp_path: Path) -> None:
    async def scenario(there: Editor) -> None:
        uri = there.open("a.awm", CLINIC)
        with pytest.raises(Exception, match="`list_doctors` is derived"):
            await there.client.text_document_prepare_rename_async(
                lsp.PrepareRenameParams(**there.at(uri, "let doctors = list_", "doctors"))
            )
        with pytest.raises(Exception, match="is `Upper`"):
            await there.client.text_document_rename_async(
                lsp.RenameParams(new_name="doctor", **there.at(uri, "entity Doc", "tor {"))
            )
        assert there.client.messages == []

    session(scenario, tmp_path)


def test_a_client_that_is_gone_leaves_no_process(tmp_path: Path) -> None:
    """Also while the world of a spec is being run."""
    server = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    for body in (
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}',
        b'{"jsonrpc":"2.0","method":"initialized","params":{}}',
    ):
        server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    server.stdin.flush()
    assert server.stdout.readline().startswith(b"Content-Length")
    server.stdin.close()
    server.stdout.read()
    assert server.wait(60) == 0
    assert server.stderr is not None
    assert b"Traceback" not in server.stderr.read()
    server.stdout.close()
    server.stderr.close()


def test_nothing_is_served_without_the_extra(tmp_path: Path) -> None:
    (tmp_path / "pygls.py").write_text("raise ModuleNotFoundError(name='pygls')", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run(
        COMMAND, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL, check=False
    )
    assert (done.returncode, done.stderr) == (
        2,
        "awmc lsp needs the package `pygls`. Install it: pip install 'awmc[lsp]'\n",
    )


# ---- Whatever comes ----

PIECES = st.sampled_from(
    ["{", "}", "(", ")", "[", "]", '"', "#", ".", ":", ",", "@", "?", "\n", "\r\n", "  ", "x", "Visit", "slot", "me",
     "where", "require", "entity A {", 'task t "{', "\ntool t(a: ", "let x = ", "-> ", "else", "= ", "🙂", "\u2028",
     "0", "2026-03-02", "\ufeff", "\0", "é", "$", "..", "+1d", "seed Visit", "\nenum E { a, b }\n", "{fee"]
)  # fmt: skip

REQUESTS: tuple[Callable[[Document, Any], Any], ...] = (
    answers.hover, answers.definition, answers.references, answers.highlights, answers.prepare_rename, answers.rename,
    answers.completion, answers.signature_help, answers.symbols, answers.folding, answers.semantic_tokens,
    answers.formatting, answers.range_formatting, answers.code_actions, answers.code_lenses,
)  # fmt: skip


def ask(there: Document, request: Callable[[Document, Any], Any], at: lsp.Position, end: lsp.Position) -> Any:
    here = document(there.uri)
    range_ = lsp.Range(at, end)
    options = lsp.FormattingOptions(2, True)
    params = {
        answers.references: lambda: lsp.ReferenceParams(lsp.ReferenceContext(True), here, at),
        answers.rename: lambda: lsp.RenameParams(here, at, "other_name"),
        answers.formatting: lambda: lsp.DocumentFormattingParams(here, options),
        answers.range_formatting: lambda: lsp.DocumentRangeFormattingParams(here, range_, options),
        answers.code_actions: lambda: lsp.CodeActionParams(here, range_, lsp.CodeActionContext([])),
        answers.symbols: lambda: lsp.DocumentSymbolParams(here),
        answers.folding: lambda: lsp.FoldingRangeParams(here),
        answers.semantic_tokens: lambda: lsp.SemanticTokensParams(here),
        answers.code_lenses: lambda: lsp.CodeLensParams(here),
    }.get(request, lambda: lsp.HoverParams(here, at))()
    try:
        return request(there, params)
    except Refused:
        return None


edit = st.tuples(st.integers(0, 10**6), st.integers(0, 40), st.lists(PIECES, max_size=3).map("".join))


@settings(max_examples=20)
@given(st.lists(edit, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_any_edits_and_any_requests_are_answered(
    edits: list[tuple[int, int, str]], draw: random.Random
) -> None:
    there = Document("file:///specs/clinic.awm", 0, Text(CLINIC))
    for version, (start, length, new) in enumerate(edits, 1):
        text = there.text
        start %= len(text.text) + 1
        range_ = lsp.Range(text.position(start), text.position(start + length))
        assert there.change(version, [lsp.TextDocumentContentChangePartial(range_, new)])
        for request in draw.sample(REQUESTS, 4):
            at, end = (lsp.Position(draw.randrange(120), draw.randrange(90)) for _ in range(2))
            near = there.text.position(start + len(new) + draw.randrange(3))
            ask(there, request, draw.choice([at, near]), end)
        # What is said of a text hangs on the text alone, not on how it came about.
        assert there.snapshot.problems == take(there.source).problems
    for problem in there.snapshot.problems:
        shown = answers.diagnostic(there, problem)
        assert (shown.range.start.line, shown.range.start.character) <= (
            shown.range.end.line,
            shown.range.end.character,
        )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_server_outlives_whatever_is_typed(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    pieces = ["{", "}", '"', "#", ".", "\n", "Visit", " require ", "entity A {", "🙂", "@", ": ", "x", "("]

    async def scenario(there: Editor) -> None:
        uri = there.open("clinic.awm", CLINIC)
        text = CLINIC
        pending = []
        for _ in range(40):
            start = draw.randrange(len(text))
            end = min(len(text), start + draw.choice([0, 0, 1, 5, 60]))
            new = draw.choice(pieces)
            change = lsp.TextDocumentContentChangePartial(
                lsp.Range(position(text, start), position(text, end)), new
            )
            # What the server makes of a place inside a pair of surrogates or a line end is the place before it.
            text = text[: offset(text, change.range.start)] + new + text[offset(text, change.range.end) :]
            there.edit(uri, text, change)
            here = {"text_document": document(uri), "position": position(text, start)}
            pending += [
                there.client.text_document_completion_async(lsp.CompletionParams(**here)),
                there.client.text_document_hover_async(lsp.HoverParams(**here)),
                there.client.text_document_semantic_tokens_full_async(
                    lsp.SemanticTokensParams(document(uri))
                ),
                there.client.text_document_signature_help_async(lsp.SignatureHelpParams(**here)),
            ]
        answered = await asyncio.gather(*pending, return_exceptions=True)
        assert [one for one in answered if isinstance(one, BaseException)] == []
        expected = take(Source("clinic.awm", text)).problems
        found = await there.diagnostics(uri, *[p.code for p in expected])
        assert [there.text_in(uri, one.range) for one in found] or not expected
        assert there.client.messages == []
        there.change(uri, CLINIC)
        await there.diagnostics(uri, *[p.code for p in check_source(Source("clinic.awm", CLINIC))])

    session(scenario, tmp_path)


def test_an_interrupt_ends_it(tmp_path: Path) -> None:
    server = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
    server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    server.stdin.flush()
    assert server.stdout.readline().startswith(b"Content-Length")
    server.send_signal(signal.SIGINT)
    server.stdin.close()
    server.stdout.read()
    assert server.wait(60) in (0, 1, 130, -signal.SIGINT)
    assert server.stderr is not None
    assert b"Traceback" not in server.stderr.read()
    server.stdout.close()
    server.stderr.close()
