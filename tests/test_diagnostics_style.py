"""Every diagnostic is worded as docs/diagnostics-style.md says; its one line is enough, and its fix mends."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from awmc.diagnostics import Diagnostic
from awmc.diagnostics.explain import read_page
from awmc.diagnostics.foreign import ATTRIBUTES, CALLS, FOREIGN
from awmc.diagnostics.registry import REGISTRY
from awmc.diagnostics.render import render_concise
from awmc.pipeline import check_source
from awmc.source import Source
from awmc.syntax.habits import LACKING
from tests.golden import CASES

ROOT = Path(__file__).resolve().parent.parent
STYLE = (ROOT / "docs" / "diagnostics-style.md").read_text(encoding="utf-8")
VERBS = frozenset(re.findall(r"`([a-z]+)`", STYLE.split("## Verbs")[1].split("##")[0]))
WRONG = {f"{code}.awm": read_page(code).wrong for code in sorted(REGISTRY) if read_page(code).wrong}
CASE = {
    path.name: path.read_text(encoding="utf-8")
    for folder in ("checks", "syntax")
    for path in sorted((CASES / folder).glob("*.awm"))
}
LONGEST_TITLE, LONGEST_REMARK = 160, 240


@cache
def found(name: str) -> tuple[Diagnostic, ...]:
    return check_source(Source(name, {**WRONG, **CASE}[name]))


def begins_with_verb(text: str) -> bool:
    return re.split(r"[ ,:]", text, maxsplit=1)[0] in VERBS


def well_formed(text: str) -> bool:
    return (
        text.count("`") % 2 == 0
        and "``" not in text
        and "  " not in text.replace("`  `", "")
        and text == text.strip()
        and not re.search(r"[.!]$", text)
        and not re.match(r"[A-Z](?![A-Z])", text)
    )


@pytest.mark.parametrize("name", [*WRONG, *CASE])
def test_every_diagnostic_is_worded_alike(name: str) -> None:
    for each in found(name):
        assert well_formed(each.title), each.title
        assert len(each.title) <= LONGEST_TITLE
        for label in (each.label, *(label.text for label in each.secondary)):
            assert well_formed(label), label
        for remark in (each.help, *(fix.description for fix in each.fixes)):
            if remark is not None:
                assert well_formed(remark), remark
                assert begins_with_verb(remark), f"{each.code}: {remark}"
                assert len(remark) <= LONGEST_REMARK, remark
        if each.hint is not None:
            assert not re.search(r"[`?]|\s$", each.hint.removesuffix("?")), each.hint


@pytest.mark.parametrize("name", WRONG)
def test_one_line_is_enough(name: str) -> None:
    """Each error says what to do: by a name, a help, or a fix."""
    text = WRONG[name]
    for each in found(name):
        if each.code == name[:6]:
            assert each.hint or each.help or each.fixes, each.title
            line = render_concise([each], {name: Source(name, text)})
            assert line.count("\n") == 1
            assert re.match(
                r"\S+:\d+:\d+: (?:error|warning)\[AWM\d{3}\]: .+(?:; help: |; did you mean )", line
            )


@pytest.mark.parametrize("name", [name for name in WRONG if any(each.fixes for each in found(name))])
def test_a_fix_mends(name: str) -> None:
    """What a fix says is certain: with it, the mistake is gone."""
    text = WRONG[name]
    for each in found(name):
        for fix in each.fixes[:1]:
            mended = text[: fix.span.start] + fix.replacement + text[fix.span.end :]
            left = [other for other in check_source(Source(name, mended)) if other.code == each.code]
            told = [other for other in found(name) if other.code == each.code]
            assert len(left) < len(told), f"{each.title}: {fix.description}"


def test_the_words_of_the_registry() -> None:
    for code in REGISTRY.values():
        assert well_formed(code.title.replace("{{", "{").replace("}}", "}")), code.title
        assert re.match(r"[a-z`{]", code.title)
        assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", code.name)
        parts = dict.fromkeys(code.parts, "x")
        said = code.help.format_map(parts)
        assert not said or (well_formed(said) and begins_with_verb(said)), code.help


def test_the_advice_for_words_of_other_languages() -> None:
    for advice in (*ATTRIBUTES.values(), *CALLS.values(), *LACKING.values()):
        assert well_formed(advice), advice
        assert begins_with_verb(advice), advice
    for words in (ATTRIBUTES, CALLS):
        assert all(word == word.replace("_", "").lower() for word in words)
    assert not set(CALLS) & set(FOREIGN["function"]), "one word, two answers"


def test_every_example_of_the_style_is_said_so() -> None:
    """What the page quotes as good is a template of the registry or a line of a golden case."""
    quoted = re.findall(r"^> (.+)$", STYLE, re.MULTILINE)
    assert len(quoted) >= 8
    said = [
        line
        for folder in ("pages", "checks", "syntax")
        for path in (CASES / folder).glob("*.txt")
        for line in re.sub(r"\n\s{3,}(?=\S)", " ", path.read_text(encoding="utf-8")).splitlines()
    ]
    for line in quoted:
        assert any(line in other for other in said), line
