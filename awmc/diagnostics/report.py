"""Diagnostics as one JSON document: our own, and SARIF 2.1.0 (OASIS) for code scanners.

Lines and columns count from 1, offsets from 0, all in Unicode code points; ends are excluded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from awmc.diagnostics.explain import read_page
from awmc.diagnostics.model import Diagnostic, Fix, Label
from awmc.diagnostics.registry import lookup
from awmc.source import Source, Span

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

Json = dict[str, Any]


def render_json(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """A list of objects, sorted, with every key always there; `start` and `end` are null where there is no
    text.
    """
    return _document([_entry(diagnostic, sources) for diagnostic in sorted(diagnostics)])


def render_sarif(diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source]) -> str:
    """One SARIF run, with a rule for each code that was used."""
    found = sorted(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in found})
    run: Json = {
        "tool": {"driver": {"name": "awmc", "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code), sources) for diagnostic in found],
    }
    return _document({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _document(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _entry(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> Json:
    own = sources.get(diagnostic.source)
    return {
        "code": diagnostic.code,
        "name": lookup(diagnostic.code).name,
        "level": diagnostic.level,
        "title": diagnostic.title,
        "path": diagnostic.source,
        **_ends(diagnostic.span, own),
        "label": diagnostic.label,
        "secondary": [_label_entry(label, diagnostic.source, sources) for label in diagnostic.secondary],
        "help": diagnostic.help,
        "hint": diagnostic.hint,
        "note": diagnostic.note,
        "fixes": [
            {**_ends(fix.span, own), "replacement": fix.replacement, "description": fix.description}
            for fix in diagnostic.fixes
        ],
    }


def _label_entry(label: Label, own: str, sources: Mapping[str, Source]) -> Json:
    path = own if label.source_name is None else label.source_name
    return {"path": path, **_ends(label.span, sources.get(path)), "text": label.text}


def _ends(span: Span, source: Source | None) -> Json:
    return {"start": _point(span.start, source), "end": _point(max(span.start, span.end), source)}


def _point(offset: int, source: Source | None) -> Json | None:
    if source is None:
        return None
    offset = max(0, min(offset, len(source.text)))
    line, column = source.position(offset)
    return {"line": line, "col": column, "offset": offset}


def _rule(code: str) -> Json:
    declared = lookup(code)
    words = declared.name.split("-")
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in words),
        "shortDescription": {"text": declared.outline},
        "fullDescription": {"text": read_page(code).explanation},
        "defaultConfiguration": {"level": declared.level},
    }


def _result(diagnostic: Diagnostic, rule: int, sources: Mapping[str, Source]) -> Json:
    message = diagnostic.title
    for remark in (
        diagnostic.hint and f"did you mean `{diagnostic.hint}`?",
        diagnostic.help,
        diagnostic.note,
    ):
        message += f"; {remark}" if remark else ""
    result: Json = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.level,
        "message": {"text": message},
    }
    if diagnostic.source:
        result["locations"] = [_location(diagnostic.source, diagnostic.span, sources)]
    if diagnostic.secondary:
        result["relatedLocations"] = [
            {
                "id": number,
                **_location(
                    diagnostic.source if label.source_name is None else label.source_name, label.span, sources
                ),
                "message": {"text": label.text},
            }
            for number, label in enumerate(diagnostic.secondary, 1)
        ]
    if diagnostic.fixes and diagnostic.source in sources:
        result["fixes"] = [_fix(fix, sources[diagnostic.source]) for fix in diagnostic.fixes]
    return result


def _location(name: str, span: Span, sources: Mapping[str, Source]) -> Json:
    physical: Json = {"artifactLocation": {"uri": _uri(name)}}
    if name in sources:
        physical["region"] = _region(span, sources[name])
    return {"physicalLocation": physical}


def _region(span: Span, source: Source) -> Json:
    line, column = source.position(span.start)
    end_line, end_column = source.position(max(span.start, span.end))
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _fix(fix: Fix, source: Source) -> Json:
    replacement = {"deletedRegion": _region(fix.span, source), "insertedContent": {"text": fix.replacement}}
    change = {"artifactLocation": {"uri": _uri(source.name)}, "replacements": [replacement]}
    return {"description": {"text": fix.description}, "artifactChanges": [change]}


def _uri(name: str) -> str:
    """A path as a URI reference: relative as it was given, absolute as `file://`."""
    path = quote(name.replace("\\", "/"), errors="surrogateescape")
    return f"file://{path}" if path.startswith("/") else path
