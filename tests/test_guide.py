"""The guide is whole and true: it names what the code knows, its examples compile, and it is short."""

from __future__ import annotations

import re
import sys
from typing import get_args

import bpe_openai
import pytest

from awmc import cli
from awmc.cli import guide as verb
from awmc.cli import status
from awmc.diagnostics.explain import read_page
from awmc.diagnostics.registry import REGISTRY
from awmc.diagnostics.render import render_human
from awmc.guide import card, words
from awmc.guide.mistakes import COMMONEST, Part, mistakes
from awmc.guide.page import example, guide
from awmc.pipeline import check_source
from awmc.resources import grammar_text
from awmc.semantics import declare, effects, entities, functions, generators, types
from awmc.source import Source
from awmc.syntax.grammar import tables
from awmc.syntax.mend import canonical
from awmc.syntax.parse import parse

MOST_TOKENS = 8_000
PARTS: tuple[Part, ...] = get_args(Part)
WHOLE = guide()
WORDS = set(re.findall(r"\w+", WHOLE))
BLOCK = re.compile(r"^```awm\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base"])
def test_it_is_short(encoding: str) -> None:
    tokens = bpe_openai.get_encoding(encoding)
    assert len(tokens.encode(WHOLE)) <= MOST_TOKENS
    assert all(len(tokens.encode(guide(part))) < MOST_TOKENS // 2 for part in PARTS)


@pytest.mark.parametrize("name", ["short", "full"])
def test_its_examples_compile_without_a_word(name: str) -> None:
    source = example(name)
    problems = check_source(source)
    assert not problems, render_human(problems, {source.name: source}, color=False, width=100)
    assert canonical(source).text == source.text
    assert source.text in WHOLE


@pytest.mark.parametrize("part", [None, *PARTS])
def test_every_block_is_in_the_language(part: Part | None) -> None:
    page = guide(part)
    blocks = [Source("guide", found[1]) for found in BLOCK.finditer(page)]
    assert blocks
    for block in blocks:
        _, problems = parse(block)
        assert not problems, render_human(problems, {block.name: block}, color=False, width=100)
    assert "None" not in page
    assert page.endswith("\n")


def test_every_keyword_and_sign_is_in_it() -> None:
    assert set(tables().keywords) <= WORDS
    assert all(sign in WHOLE for sign in tables().signs)


def test_the_card_holds_every_rule() -> None:
    rules = dict(re.findall(r"^[?]?([a-z_]+): (.+)$", grammar_text(), re.MULTILINE))
    shown = "\n".join(card.card(section) for section in card.SECTIONS)
    headings = re.findall(r"^// -+ (.+?) -+$", grammar_text(), re.MULTILINE)
    assert list(card.SECTIONS) == [heading for heading in headings if heading != "Terminals"]
    for choice in ("_statement", "_task_part", "_env_member", "item"):
        for name in re.findall(r"[a-z_]+", rules[choice]):
            assert re.search(rf"^{name}: ", shown, re.MULTILINE), name
    # What is referred to is there, or said beside the card.
    defined = set(re.findall(r"^([a-z_]+):", shown, re.MULTILINE))
    named = set(re.findall(r"[a-z_]+", re.sub(r'"[^"]*"|^[a-z_]+:', "", shown, flags=re.MULTILINE)))
    assert named - defined <= {"text", "time", "moment", "duration", "true", "false", "null", "name", "entity_name",
                               "operators", "over", "atoms"}  # fmt: skip


def test_every_name_of_the_language_is_in_it() -> None:
    assert functions.RESERVED | {"min", "max", "choose", "group", "old"} <= WORDS
    assert {*types.SCALARS, *generators.FAKES, *declare.OFFERS} <= WORDS
    assert all(f"@{name}" in WHOLE for name in entities.FIELD_ATTRIBUTES)
    assert all(f"@@{name}" in WHOLE for name in entities.ENTITY_ATTRIBUTES)
    assert set(effects.AUTOMATIC) - {"internal"} <= WORDS


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (words.ATTRIBUTES, entities.FIELD_ATTRIBUTES),
        (words.ENTITY_ATTRIBUTES, entities.ENTITY_ATTRIBUTES),
        (words.AGGREGATES, functions.AGGREGATES),
        (words.GENERATORS, functions.GENERATORS),
        (words.OFFERS, declare.OFFERS),
        (words.ERRORS, set(effects.AUTOMATIC) - {"internal"}),
    ],
)
def test_nothing_is_said_of_what_there_is_not(said: dict[str, str], known: tuple[str, ...]) -> None:
    assert set(said) == set(known)


def test_every_function_has_its_signature() -> None:
    shown = words.functions()
    assert "days_between (moment, moment) -> int" in shown
    assert "round (number, int?) -> the same" in shown
    names = [name for line in shown for name in line.partition(" (")[0].split()]
    assert sorted(names) == sorted(functions.FUNCTIONS)


def test_mistakes_are_those_of_the_registry() -> None:
    assert len(COMMONEST) == 10
    for mistake in mistakes():
        assert mistake.code in REGISTRY
        page = read_page(mistake.code)
        assert mistake.wrong in " ".join(page.wrong.split())
        assert mistake.right in " ".join(page.right.split())
        assert mistake.wrong != mistake.right
        assert f"`{mistake.wrong}` → `{mistake.right}`" in WHOLE
    assert all(mistakes(part) for part in PARTS)
    assert set(re.findall(r"AWM[0-9]{3}", WHOLE)) == set(COMMONEST)


@pytest.mark.parametrize(
    ("part", "there", "elsewhere"),
    [
        ("tools", "## Tools", "## Tasks"),
        ("seeds", "## Seeds", "## Tools"),
        ("tasks", "## Tasks", "## Seeds"),
    ],
)
def test_a_part_has_what_its_step_needs(part: Part, there: str, elsewhere: str) -> None:
    page = guide(part)
    assert there in page
    assert elsewhere not in page


def test_the_verb_prints_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["awmc", "guide", *arguments])
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        return leaving.value.code, capsys.readouterr().out

    assert run() == (status.OK, WHOLE)
    assert [step.value for step in verb.Step] == list(PARTS)
    for part in PARTS:
        assert run("--for", part) == (status.OK, guide(part))
    assert run("--for", "world")[0] == status.USAGE
