"""What was found at a world, in words and as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from awmc.fuzz.fuzzer import Finding, Outcome

_SHOWN: Final = 200
"""Characters of a call, or of an answer, that are shown."""


def told(outcome: Outcome, name: str, spec: str, *, details: bool) -> str:
    """A line for the world, and for each finding its calls and what to do. `name`: the world's; `spec`: its spec's name
    or path; `details`: what constraints of the database hold back, and how often each tool answered what, is told
    too."""
    lines = [f"{name}: {summary(outcome)}"]
    for finding in outcome.findings:
        if finding.level != "note" or details:
            lines += ["", *_finding(finding, spec)]
    if details:
        lines += ["", *_coverage(outcome)]
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def summary(outcome: Outcome) -> str:
    """`10,000 calls in 210 runs: 54 % succeeded; 2 errors, 1 warning`."""
    succeeded = sum(codes.get("ok", 0) for codes in outcome.codes.values())
    share = round(100 * succeeded / outcome.calls) if outcome.calls else 0
    levels = [finding.level for finding in outcome.findings]
    said = [_counted(levels.count(level), level) for level in ("error", "warning", "note")]
    left = ", interrupted" if outcome.interrupted else ""
    return (
        f"{_counted(outcome.calls, 'call')} in {_counted(outcome.runs, 'run')}{left}: {share} % succeeded; "
        f"{', '.join(filter(None, said)) or 'nothing found'}"
    )


def _coverage(outcome: Outcome) -> Iterator[str]:
    """By tool, how often it answered what."""
    wide = max(map(len, outcome.codes), default=0)
    for tool, codes in outcome.codes.items():
        others = ", ".join(f"{code} {count:,}" for code, count in codes.items() if code != "ok")
        yield f"  {tool:{wide}}  ok {codes.get('ok', 0):>6,}{'  ' if others else ''}{others}"


def _finding(finding: Finding, spec: str) -> Iterator[str]:
    breach = finding.breach
    yield f"{finding.level}: {breach.tool} {breach.what}"
    seen = f", seen {finding.count:,} times" if finding.count > 1 else ""
    yield f"  at {spec}:{finding.line}{seen}"
    if finding.calls:
        shrunk = f", shrunk from {finding.shrunk_from}" if finding.shrunk_from > len(finding.calls) else ""
        actor = f" as {finding.actor}" if finding.actor is not None else ""
        yield f"  {_counted(len(finding.calls), 'call')}{actor}{shrunk}:"
        for call in finding.calls:
            yield f"    {_cut(f'{call.tool} {_json(call.arguments)}')}"
            yield f"      {_cut(call.answer)}"
    missing = finding.missing
    if missing is not None:
        yield f"  keeps: {missing.keeps}"
        where = f"before `{missing.before}` at {spec}:{missing.line}"
        if missing.derived:
            where = f"before its `{missing.before}`, once the tool is written out as awmc expand prints it"
        if missing.text:
            yield f"  add {where}:"
            yield f"    {missing.text}"
        else:
            yield f"  add a `require` that keeps it {where}"


def as_data(outcome: Outcome) -> dict[str, Any]:
    """The same for programs: plain JSON."""
    return {
        "environment": outcome.environment,
        "calls": outcome.calls,
        "runs": outcome.runs,
        "interrupted": outcome.interrupted,
        "digest": outcome.digest,
        "findings": [_data(finding) for finding in outcome.findings],
        "tools": {tool: dict(codes) for tool, codes in outcome.codes.items()},
    }


def _data(finding: Finding) -> dict[str, Any]:
    breach, missing = finding.breach, finding.missing
    found: dict[str, Any] = {
        "level": finding.level,
        "kind": breach.kind,
        "tool": breach.tool,
        "subject": breach.subject,
        "what": f"{breach.tool} {breach.what}",
        "line": finding.line,
        "count": finding.count,
        "actor": finding.actor,
        "shrunk_from": finding.shrunk_from,
        "calls": [
            {"tool": call.tool, "arguments": call.arguments, "answer": call.answer} for call in finding.calls
        ],
    }
    if missing is not None:
        found["require"] = {
            "text": missing.text,
            "line": missing.line,
            "before": missing.before,
            "keeps": missing.keeps,
            "derived": missing.derived,
        }
    return found


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}" if count else ""


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
