"""The pages are true: the examples of the language compile, its names are the language's, no more and no fewer, and the
programs run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from awmc.diagnostics import Diagnostic
from awmc.diagnostics.render import render_human
from awmc.pipeline import check_source
from awmc.semantics import declare, effects, entities, functions, generators, types
from awmc.source import Source
from awmc.syntax.grammar import tables
from awmc.syntax.mend import canonical
from awmc.syntax.parse import parse

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "language.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCK = re.compile(r"^```awm\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROSE = BLOCK.sub("", TEXT)

# A block whose first word, behind comments, is `env` is a whole spec; any other is a part of one.
WHOLE = re.compile(r"(?:\s|#[^\n]*\n)*env\b")


def blocks() -> list[Source]:
    """The `awm` blocks, named by the line of the page that they begin on."""
    return [
        Source(f"docs/language.md:{TEXT.count(chr(10), 0, found.start(1)) + 1}", found[1])
        for found in BLOCK.finditer(TEXT)
    ]


def shown(source: Source, problems: Iterable[Diagnostic]) -> str:
    return render_human(problems, {source.name: source}, color=False, width=100)


@pytest.mark.parametrize("source", blocks(), ids=lambda source: source.name)
def test_every_example_is_in_the_language(source: Source) -> None:
    spec, problems = parse(source)
    assert spec.items
    assert not problems, shown(source, problems)


@pytest.mark.parametrize("source", blocks(), ids=lambda source: source.name)
def test_every_example_is_in_canonical_form(source: Source) -> None:
    assert canonical(source).text == source.text


@pytest.mark.parametrize(
    "source", [source for source in blocks() if WHOLE.match(source.text)], ids=lambda source: source.name
)
def test_every_whole_example_compiles(source: Source) -> None:
    errors = [problem for problem in check_source(source) if problem.is_error]
    assert not errors, shown(source, errors)


def test_examples_are_told_apart() -> None:
    whole = [source for source in blocks() if WHOLE.match(source.text)]
    assert 2 <= len(whole) < len(blocks())
    assert WHOLE.match("# About.\n\n# More.\nenv a")
    assert not WHOLE.match("# env\nentity Env { environment: text }")
    assert not WHOLE.match("environment: text")


# ---- Names -------------------------------------------------------------------------------------------------


def code(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


def listed(pattern: str) -> set[str]:
    """The names in the first code behind `pattern`: those that stand in no parentheses."""
    found = re.search(pattern + r"[^`]*`([^`]+)`", PROSE, re.DOTALL)
    assert found, f"the page has no {pattern}"
    words = found[1]
    while "(" in words:
        words = re.sub(r"\([^()]*\)", "", words)
    return set(words.split())


def mentioned(mark: str) -> set[str]:
    """The names that some code of the page puts right behind `mark`."""
    return {name for text in code(PROSE) for name in re.findall(rf"(?<!@){mark}([a-z]+)", text)}


def called() -> Iterator[str]:
    """The names that some code of the page puts before an opening parenthesis."""
    for text in code(PROSE):
        yield from re.findall(r"\b([a-z_]+)\(", text)


def test_functions() -> None:
    extremes = {"min", "max"}  # of values here, over a query there
    assert listed("Functions, few and fixed:") == {*functions.FUNCTIONS, *extremes, "choose"}
    assert listed("Over a query:") == set(functions.AGGREGATES)
    assert listed("rows by rule:") == set(functions.GENERATORS)


def test_every_word_that_is_no_free_name_is_on_the_page() -> None:
    words = set(called()) | listed("Functions, few and fixed:") | listed("Over a query:")
    constants = {name for text in code(PROSE) for name in re.findall(r"\b[a-z]+\b", text)}
    assert words | (constants & set(functions.CONSTANT_NAMES)) >= functions.RESERVED


def test_attributes() -> None:
    assert mentioned("@@") == set(entities.ENTITY_ATTRIBUTES)
    assert mentioned("@") == set(entities.FIELD_ATTRIBUTES)


def test_types() -> None:
    assert listed("\nTypes:") == set(types.SCALARS)


def test_kinds_of_fake() -> None:
    assert listed("The kinds of `fake`:") == set(generators.FAKES)


def test_offers() -> None:
    found = re.search(r"`offer ([^`]+)`", PROSE)
    assert found
    assert {part.split()[0] for part in found[1].split(",")} == set(declare.OFFERS)


def test_units_of_durations() -> None:
    found = re.search(r"durations `([^`]+)`", PROSE)
    assert found
    units = re.search(r"\(([a-z|]+)\)$", tables().patterns["DURATION"])
    assert units
    assert re.findall(r"[0-9]+([a-z]+)", found[1]) == units[1].split("|")


def test_errors_that_come_by_themselves() -> None:
    named = {text for text in code(PROSE) if re.fullmatch(r"[a-z]+(_[a-z]+)*", text)}
    # `internal` is a bug of awmc, which no spec can name.
    assert set(effects.AUTOMATIC) - named <= {"internal"}


def test_every_keyword_of_the_grammar_is_on_the_page() -> None:
    words = {
        word
        for text in (*code(PROSE), *(source.text for source in blocks()))
        for word in re.findall(r"\w+", text)
    }
    assert set(tables().keywords) <= words


def test_the_programs_of_the_page_on_running_worlds_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, as a reader would."""
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "runtime.md").read_text(encoding="utf-8")
    programs = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    for program in programs:
        exec(program, names)
    assert capsys.readouterr().out.splitlines() == [
        "True 2", "1.0",
        "2 0.0", "25 1.0", "1 1.0",
        "True",
        "too_late_to_cancel 7", '{"items":[{"id":1,"n 0.0 False', "0.0 True False",
    ]  # fmt: skip
