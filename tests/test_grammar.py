"""The grammar: without a conflict for Lark, a decoding grammar for llguidance, and the tables that run on it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import lark
import pytest
from llguidance import LLMatcher, LLTokenizer, grammar_from

from awmc.diagnostics.explain import read_page
from awmc.diagnostics.registry import REGISTRY
from awmc.resources import grammar_text
from awmc.source import Source
from awmc.syntax import grammar
from awmc.syntax.lalr import Parse, Tree
from awmc.syntax.parse import parse
from awmc.syntax.tokens import Token, tokenize

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted((ROOT / "specs").glob("*.awm"))
EXAMPLES = [page.right for page in map(read_page, sorted(REGISTRY)) if page.right]


@cache
def reference() -> lark.Lark:
    """Lark's own parser, with every conflict and every collision of terminals refused."""
    return grammar.build(grammar_text(), strict=True)


@cache
def decoding_grammar() -> tuple[LLTokenizer, str]:
    return LLTokenizer("byte"), grammar_from("lark", grammar_text())


def test_no_conflict_from_any_start() -> None:
    # Building raises on the first one.
    assert set(reference().options.start) == set(grammar.STARTS)


def test_a_conflict_is_seen() -> None:
    twice = (
        grammar_text().replace("?item: env |", "?item: env | again |")
        + '\nagain: "env" NAME STRING "{" "}"\n'
    )
    with pytest.raises(lark.exceptions.GrammarError):
        grammar.build(twice, strict=True)


def test_llguidance_takes_the_grammar_as_it_is() -> None:
    tokenizer, text = decoding_grammar()
    assert LLMatcher.validate_grammar(text, tokenizer) == ""


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_both_accept_every_spec(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    reference().parse(text, start="start")
    # White space and comments at either end belong to no rule, so decoding neither begins nor ends with them.
    assert accepted_bytes(first_declaration(text)) is None


def test_llguidance_accepts_every_example() -> None:
    for example in EXAMPLES:
        assert accepted_bytes(first_declaration(example)) is None, example


def first_declaration(text: str) -> str:
    return text[tokenize(text)[0].start :].strip()


def accepted_bytes(text: str) -> int | None:
    """How many bytes of a text the decoding grammar accepts; None for all of them and an end there."""
    tokenizer, decoding = decoding_grammar()
    matcher = LLMatcher(tokenizer, decoding, log_level=0)
    tokens = tokenizer.tokenize_bytes(text.encode())
    accepted: int = matcher.validate_tokens(tokens)
    if accepted < len(tokens):
        return accepted
    return None if matcher.consume_tokens(tokens) and matcher.is_accepting() else accepted


@pytest.mark.parametrize(
    "text", ["entity book { }", "entity Book { title text }", "tool f() { return Book", "enum A { }"]
)
def test_llguidance_refuses_what_the_parser_refuses(text: str) -> None:
    assert accepted_bytes(text) is not None
    assert parse(Source("x.awm", text))[1]


# ---- The tables ------------------------------------------------------------------------------------------------------


def lark_shape(node: Any) -> Any:
    """What a tree of Lark's holds: its rule, its place, its children."""
    if isinstance(node, lark.Token):
        return node.type, str(node), node.start_pos, node.end_pos
    place = None if node.meta.empty else (node.meta.start_pos, node.meta.end_pos)
    return str(node.data), place, [lark_shape(child) for child in node.children]


def own_shape(node: Tree | Token) -> Any:
    if isinstance(node, Token):
        return node.kind, node.text, node.start, node.end
    place = None if node.start == node.end else (node.start, node.end)
    return node.data, place, [own_shape(child) for child in node.children]


@pytest.mark.parametrize(
    "text", [path.read_text(encoding="utf-8") for path in SPECS], ids=[p.stem for p in SPECS]
)
def test_the_tables_give_the_trees_of_lark(text: str) -> None:
    compare(text)


def test_the_tables_give_the_trees_of_lark_for_every_example() -> None:
    for example in EXAMPLES:
        compare(example)


def compare(text: str) -> None:
    tokens, run = tokenize(text), Parse("start")
    assert run.run(tokens) == len(tokens)
    assert own_shape(run.tree) == lark_shape(reference().parse(text, start="start"))


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "awmc"


def fresh_tables() -> grammar.Tables:
    return grammar.tables.__wrapped__()


def test_tables_are_kept_and_loaded(cache_folder: Path) -> None:
    made = fresh_tables()
    (kept,) = cache_folder.iterdir()
    written = kept.read_bytes()
    assert fresh_tables() == made
    # What is damaged is made anew.
    kept.write_bytes(written[: len(written) // 2])
    assert fresh_tables() == made
    assert kept.read_bytes() == written
    kept.write_text(json.dumps({"actions": []}))
    assert fresh_tables() == made


def test_tables_need_no_cache(cache_folder: Path) -> None:
    cache_folder.write_text("a file where the folder should be")
    assert fresh_tables() == grammar.tables()
