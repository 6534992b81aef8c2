"""Requests of the protocol, answered: what the features find, in the protocol's own types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from lsprotocol import types as lsp

from awmc.diagnostics import Diagnostic
from awmc.lsp import colours, edits, lenses, outline
from awmc.lsp import rename as renaming
from awmc.lsp.completion import Choice, complete
from awmc.lsp.documents import Document
from awmc.lsp.hover import hover as hovered
from awmc.lsp.signature import signature_help as helped
from awmc.semantics.symbols import Symbol
from awmc.source import Span

_SYMBOLS: Final = {
    "env": lsp.SymbolKind.Namespace, "enum": lsp.SymbolKind.Enum, "value": lsp.SymbolKind.EnumMember,
    "record": lsp.SymbolKind.Struct, "part": lsp.SymbolKind.Property, "entity": lsp.SymbolKind.Class,
    "field": lsp.SymbolKind.Field, "shape": lsp.SymbolKind.Struct, "fn": lsp.SymbolKind.Function,
    "tools": lsp.SymbolKind.Module, "tool": lsp.SymbolKind.Method, "action": lsp.SymbolKind.Method,
    "param": lsp.SymbolKind.Variable, "invariant": lsp.SymbolKind.Boolean, "seed": lsp.SymbolKind.Array,
    "label": lsp.SymbolKind.Object, "task": lsp.SymbolKind.Event,
}  # fmt: skip
_CHOICES: Final = {
    "keyword": lsp.CompletionItemKind.Keyword, "entity": lsp.CompletionItemKind.Class,
    "enum": lsp.CompletionItemKind.Enum, "record": lsp.CompletionItemKind.Struct,
    "shape": lsp.CompletionItemKind.Struct, "type": lsp.CompletionItemKind.TypeParameter,
    "field": lsp.CompletionItemKind.Field, "part": lsp.CompletionItemKind.Property,
    "value": lsp.CompletionItemKind.EnumMember, "scope": lsp.CompletionItemKind.Keyword,
    "local": lsp.CompletionItemKind.Variable, "param": lsp.CompletionItemKind.Variable,
    "label": lsp.CompletionItemKind.Reference, "constant": lsp.CompletionItemKind.Constant,
    "function": lsp.CompletionItemKind.Function, "fn": lsp.CompletionItemKind.Function,
    "tool": lsp.CompletionItemKind.Method, "action": lsp.CompletionItemKind.Method,
    "code": lsp.CompletionItemKind.Event, "attribute": lsp.CompletionItemKind.Property,
}  # fmt: skip
_LEVELS: Final = {"error": lsp.DiagnosticSeverity.Error, "warning": lsp.DiagnosticSeverity.Warning}

_COMMANDS: Final = {"rows": "awmc.showRows", "proof": "awmc.showProof", "": ""}


def _markdown(text: str) -> lsp.MarkupContent:
    return lsp.MarkupContent(lsp.MarkupKind.Markdown, text)


def _location(document: Document, span: Span) -> lsp.Location:
    return lsp.Location(document.uri, document.text.range(span))


def _edits(document: Document, found: Iterable[tuple[Span, str]]) -> list[lsp.TextEdit]:
    return [lsp.TextEdit(document.text.range(span), text) for span, text in found]


def _workspace_edit(document: Document, found: Iterable[tuple[Span, str]]) -> lsp.WorkspaceEdit:
    return lsp.WorkspaceEdit(changes={document.uri: _edits(document, found)})


# ---- Diagnostics ---------------------------------------------------------------------------------------------------


def diagnostic(document: Document, problem: Diagnostic) -> lsp.Diagnostic:
    """A diagnostic; what mends it and what to know stand below its title."""
    said = [problem.title]
    if problem.hint:
        said.append(f"did you mean `{problem.hint}`?")
    said += [remark for remark in (problem.help, problem.note) if remark]
    related = [
        lsp.DiagnosticRelatedInformation(_location(document, label.span), label.text)
        for label in problem.secondary
        if label.source_name is None
    ]
    unused = problem.code in ("AWM512", "AWM516")
    return lsp.Diagnostic(
        document.text.range(_visible(document, problem.span)),
        "\n".join(said),
        _LEVELS[problem.level],
        code=problem.code,
        source="awmc",
        tags=[lsp.DiagnosticTag.Unnecessary] if unused else None,
        related_information=related or None,
    )


def _visible(document: Document, span: Span) -> Span:
    """A span that can be underlined: an empty one takes the character at it, or the one before."""
    text = document.text.text
    if span.end > span.start:
        return span
    if text[span.start : span.start + 1] not in ("", "\n", "\r"):
        return Span(span.start, span.start + 1)
    return Span(max(span.start - 1, 0), span.start) if text[span.start - 1 : span.start] != "\n" else span


# ---- Names ---------------------------------------------------------------------------------------------------------


def _symbols_at(document: Document, position: lsp.Position) -> list[tuple[Symbol, Span]]:
    return [(use.symbol, span) for use, span in document.snapshot.at(document.text.offset(position))]


def hover(document: Document, params: lsp.HoverParams) -> lsp.Hover | None:
    found = hovered(document.snapshot, document.text.offset(params.position))
    if found is None:
        return None
    return lsp.Hover(_markdown(found[0]), document.text.range(found[1]))


def definition(document: Document, params: lsp.DefinitionParams) -> list[lsp.Location] | None:
    places = [document.snapshot.declared(symbol) for symbol, _ in _symbols_at(document, params.position)]
    return [_location(document, place) for place in places if place is not None] or None


def references(document: Document, params: lsp.ReferenceParams) -> list[lsp.Location] | None:
    found = [
        _location(document, span)
        for symbol, _ in _symbols_at(document, params.position)
        for use, span in document.snapshot.places(symbol)
        if params.context.include_declaration or use.role != "declared"
    ]
    return found or None


def highlights(document: Document, params: lsp.DocumentHighlightParams) -> list[lsp.DocumentHighlight] | None:
    found = [
        lsp.DocumentHighlight(
            document.text.range(span),
            lsp.DocumentHighlightKind.Read if use.role == "read" else lsp.DocumentHighlightKind.Write,
        )
        for symbol, _ in _symbols_at(document, params.position)[:1]
        for use, span in document.snapshot.places(symbol)
    ]
    return found or None


def prepare_rename(document: Document, params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder:
    symbol, span = renaming.renamable(document.snapshot, document.text.offset(params.position))
    return lsp.PrepareRenamePlaceholder(document.text.range(span), symbol.name)


def rename(document: Document, params: lsp.RenameParams) -> lsp.WorkspaceEdit:
    found = renaming.rename(document.snapshot, document.text.offset(params.position), params.new_name)
    return _workspace_edit(document, found)


# ---- Typing --------------------------------------------------------------------------------------------------------


def completion(document: Document, params: lsp.CompletionParams) -> lsp.CompletionList:
    choices, span = complete(document.snapshot, document.text.offset(params.position))
    range_ = document.text.range(span)
    return lsp.CompletionList(False, [_item(choice, range_) for choice in choices])


def _item(choice: Choice, range_: lsp.Range) -> lsp.CompletionItem:
    snippet = "$" in choice.insert
    return lsp.CompletionItem(
        choice.label,
        kind=_CHOICES.get(choice.kind, lsp.CompletionItemKind.Text),
        detail=choice.detail or None,
        documentation=_markdown(choice.doc) if choice.doc else None,
        sort_text=f"{choice.rank}{choice.label}",
        insert_text_format=lsp.InsertTextFormat.Snippet if snippet else lsp.InsertTextFormat.PlainText,
        text_edit=lsp.TextEdit(range_, choice.insert or choice.label),
    )


def signature_help(document: Document, params: lsp.SignatureHelpParams) -> lsp.SignatureHelp | None:
    found = helped(document.snapshot, document.text.offset(params.position))
    if found is None:
        return None
    width = document.text.width
    parameters = [
        lsp.ParameterInformation(
            (width(found.label[:start]), width(found.label[:end])), _markdown(doc) if doc else None
        )
        for (start, end), doc in found.params
    ]
    information = lsp.SignatureInformation(
        found.label, _markdown(found.doc) if found.doc else None, parameters, found.active
    )
    return lsp.SignatureHelp([information], 0, found.active)


# ---- The whole text ------------------------------------------------------------------------------------------------


def symbols(document: Document, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
    return [_symbol(document, entry) for entry in outline.outline(document.snapshot)]


def _symbol(document: Document, entry: outline.Entry) -> lsp.DocumentSymbol:
    return lsp.DocumentSymbol(
        entry.name,
        _SYMBOLS.get(entry.kind, lsp.SymbolKind.Key),
        document.text.range(entry.span),
        document.text.range(entry.name_at),
        entry.detail or None,
        children=[_symbol(document, child) for child in entry.children],
    )


def workspace_symbols(document: Document, query: str) -> Iterator[lsp.WorkspaceSymbol]:
    """The declarations whose names hold the letters of the query in their order."""
    for entry in outline.outline(document.snapshot):
        letters = iter(entry.name.lower())
        if all(letter in letters for letter in query.lower()):
            kind = _SYMBOLS.get(entry.kind, lsp.SymbolKind.Key)
            yield lsp.WorkspaceSymbol(
                _location(document, entry.name_at), entry.name, kind, container_name=document.name
            )


def folding(document: Document, params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange]:
    found = []
    for span, is_comment in outline.folds(document.snapshot):
        first, last = document.text.position(span.start).line, document.text.position(span.end).line
        # The line of a closing bracket stays to be seen.
        last -= not is_comment
        if last > first:
            kind = lsp.FoldingRangeKind.Comment if is_comment else lsp.FoldingRangeKind.Region
            found.append(lsp.FoldingRange(first, last, kind=kind))
    return found


def semantic_tokens(document: Document, params: lsp.SemanticTokensParams) -> lsp.SemanticTokens:
    return _tokens(document, Span(0, len(document.text.text)))


def semantic_tokens_range(document: Document, params: lsp.SemanticTokensRangeParams) -> lsp.SemanticTokens:
    return _tokens(document, document.text.span(params.range))


def _tokens(document: Document, within: Span) -> lsp.SemanticTokens:
    """Five numbers a token: lines and columns since the one before, length, type, modifiers as bits."""
    data: list[int] = []
    line = column = 0
    types = {name: number for number, name in enumerate(colours.TYPES)}
    bits_of = {name: 1 << number for number, name in enumerate(colours.MODIFIERS)}
    for span, kind, modifiers in colours.colours(document.snapshot):
        if span.end <= within.start or span.start >= within.end:
            continue
        at = document.text.position(span.start)
        length = document.text.width(document.text.text[span.start : span.end])
        bits = sum([bits_of[modifier] for modifier in modifiers])
        since = at.character - column if at.line == line else at.character
        data += [at.line - line, since, length, types[kind], bits]
        line, column = at.line, at.character
    return lsp.SemanticTokens(data)


def formatting(document: Document, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
    return _edits(document, edits.formatted(document.snapshot))


def range_formatting(document: Document, params: lsp.DocumentRangeFormattingParams) -> list[lsp.TextEdit]:
    return _edits(document, edits.formatted(document.snapshot, document.text.span(params.range)))


def code_actions(document: Document, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    problems = document.checked if document.checked is not None else document.snapshot.problems
    only = params.context.only
    found = []
    for action in edits.actions(problems, document.text.span(params.range)):
        kind = lsp.CodeActionKind.QuickFix if action.mends is not None else lsp.CodeActionKind.SourceFixAll
        if only is not None and not any(str(kind.value).startswith(_value(wanted)) for wanted in only):
            continue
        mended = [diagnostic(document, action.mends)] if action.mends is not None else None
        edit = _workspace_edit(document, action.edits)
        found.append(lsp.CodeAction(action.title, kind, mended, action.preferred or None, edit=edit))
    return found


def _value(kind: lsp.CodeActionKind | str) -> str:
    return str(kind.value) if isinstance(kind, lsp.CodeActionKind) else kind


def code_lenses(document: Document, params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
    found = []
    for lens in lenses.lenses(document.snapshot, document.path):
        start = document.text.position(lens.at.start)
        arguments = [document.uri, lens.of] if lens.shows else None
        command = lsp.Command(lens.title, _COMMANDS[lens.shows], arguments=arguments)
        found.append(lsp.CodeLens(lsp.Range(start, start), command))
    return found
