"""Whatever the text: nothing raises, and what is said of it has its place in it and can be shown."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import lark
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.lark import from_lark
from msgspec.structs import replace

from awmc.diagnostics import Diagnostic
from awmc.diagnostics.render import render_concise, render_human, render_json, render_sarif
from awmc.pipeline import check_source, compile_source
from awmc.resources import grammar_text
from awmc.source import Source, SourceError, Span, decode
from awmc.syntax.grammar import tables
from awmc.syntax.parse import parse
from awmc.syntax.tokens import tokenize

SPECS = sorted((Path(__file__).resolve().parent.parent / "specs").glob("*.awm"))
WORLD = 'env world "A world." { clock 2026-03-02T08:00 actor Thing one }\n'
MANY = settings(max_examples=4 * settings().max_examples, suppress_health_check=list(HealthCheck))
SOME = settings(max_examples=settings().max_examples, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=settings().max_examples // 4, suppress_health_check=list(HealthCheck))


def assert_told(text: str, problems: Iterable[Diagnostic]) -> None:
    """Every diagnostic points into the text, and every form shows it."""
    source = Source("fuzz.awm", text)
    found = list(problems)
    for problem in found:
        spans = [
            problem.span,
            *(label.span for label in problem.secondary),
            *(fix.span for fix in problem.fixes),
        ]
        for span in spans:
            assert 0 <= span.start <= span.end <= len(text), (problem.code, span)
        assert problem.source == source.name
        assert not problem.code.startswith("AWM9")
    sources = {source.name: source}
    shown = [
        render_human(found, sources, color=color, width=width)
        for color in (True, False)
        for width in (30, 110)
    ]
    assert all(problem.code in text for problem in found for text in shown)
    assert render_concise(found, sources).count("\n") == len(found)
    assert len(json.loads(render_json(found, sources))) == len(found)
    assert len(json.loads(render_sarif(found, sources))["runs"][0]["results"]) == len(found)


def checked(text: str) -> tuple[Diagnostic, ...]:
    problems = check_source(Source("fuzz.awm", text))
    assert_told(text, problems)
    return problems


# ---- Texts of no meaning -----------------------------------------------------------------------------------

SIGNS = "".join(sorted(set("".join(tables().signs))))
CLOSE = st.text(alphabet=st.sampled_from(SIGNS + "abzAZ019_ \n\t\"'#\\{}$@;é\u202e\U0001f600"), max_size=60)


@MANY
@given(text=st.text(max_size=80) | CLOSE)
def test_any_text(text: str) -> None:
    checked(text)
    checked(f'{WORLD}tool act() "{text}" {{ {text} }}')


@SOME
@given(data=st.binary(max_size=80))
def test_any_bytes_that_are_a_text(data: bytes) -> None:
    try:
        text = decode(data, "fuzz.awm")
    except SourceError:
        return
    checked(text)


# ---- Tokens, and sentences of the grammar ------------------------------------------------------------------


def terminal(name: str) -> st.SearchStrategy[str]:
    pattern = tables().patterns.get(name)
    return st.just(tables().texts[name]) if pattern is None else st.from_regex(pattern, fullmatch=True)


WORDS = st.sampled_from(sorted({*tables().patterns, *tables().texts}.difference({"SPACE"}))).flatmap(terminal)
TOKENS = st.lists(WORDS, max_size=40).map(" ".join)


@MANY
@given(tokens=TOKENS, head=st.sampled_from(["", WORLD, f"{WORLD}tool act() ", "entity A { b: "]))
def test_any_tokens(tokens: str, head: str) -> None:
    checked(head + tokens)


@cache
def sentences() -> st.SearchStrategy[str]:
    """Texts that the grammar accepts, as far as the terminals it is given let it."""
    grammar = lark.Lark(grammar_text(), start="item", parser="lalr", maybe_placeholders=False)
    terminals = {
        "NAME": st.sampled_from(
            ["a", "thing", "things", "text", "int", "money", "date", "count", "now", "me", "my"]
        ),
        "TYPE": st.sampled_from(["Thing", "Other", "Kind"]),
        "STRING": st.sampled_from(['"a"', '"{a}"', '"{thing.a} and {count(Thing)}"', '"{{"']),
        "INT": st.sampled_from(["0", "1", "24", "100"]),
        "MOMENT": st.sampled_from(["2026-03-02", "2026-03-02T08:00", "2026-02-30"]),
        "DURATION": st.sampled_from(["24h", "3mo"]),
        "SPACE": st.just(" "),
        "COMMENT": st.just("# a\n"),
    }
    return from_lark(grammar, start="item", explicit=terminals)


BASE = WORLD + (
    "enum Kind { a, b }\n"
    "entity Thing { a: int = 1 text: text? kind: Kind = a others: [Other] }\n"
    "entity Other { thing: Thing date: date }\n"
    "tools Thing { list(kind), get }\n"
    "seed Thing (a) { one: 1 }\n"
)


@SOME
@given(items=st.deferred(lambda: st.lists(sentences(), min_size=1, max_size=4)))
def test_any_sentence_of_the_grammar(items: list[str]) -> None:
    checked("\n".join([BASE, *items]))


# ---- Real specs, changed -----------------------------------------------------------------------------------


@cache
def pieces_of(path: Path) -> tuple[tuple[str, str, str], ...]:
    """The tokens of a spec: the space before each, its text, its kind."""
    text, end = path.read_text(encoding="utf-8"), 0
    found = []
    for token in tokenize(text)[:-1]:
        found.append((text[end : token.start], token.text, token.kind))
        end = token.end
    return tuple(found)


ACTIONS = ("another", "another", "replace", "drop", "double", "swap", "insert", "move", "cut")
PLACE = st.integers(0, 1 << 16)
EDITS = st.lists(
    st.tuples(st.sampled_from(ACTIONS), PLACE, PLACE, st.sampled_from([1, 1, 2, 5, 20]), WORDS),
    min_size=1,
    max_size=4,
)
"""What to do, where, with which other place, with how many tokens, with which word."""


def mutant(path: Path, edits: list[tuple[str, int, int, int, str]]) -> str:
    """The text of a spec after these changes."""
    pieces = list(pieces_of(path))
    for action, place, other, size, word in edits:
        at, to = place % len(pieces), other % len(pieces)
        space, text, kind = pieces[at]
        match action:
            case "another":
                alike = [word for _, word, of in pieces if of == kind]
                pieces[at] = (space, alike[other % len(alike)], kind)
            case "replace":
                pieces[at] = (space, word, kind)
            case "drop":
                del pieces[at : at + size]
            case "double":
                pieces[at:at] = pieces[at : at + size]
            case "swap":
                pieces[at], pieces[to] = (space, *pieces[to][1:]), (pieces[to][0], text, kind)
            case "insert":
                pieces.insert(at, (" ", word, ""))
            case "move":
                part = pieces[at : at + size]
                del pieces[at : at + size]
                pieces[to:to] = part
            case "cut":
                del pieces[at + 1 :]
        pieces = pieces or [("", "env", "")]
    return "".join(f"{space}{text}" for space, text, _ in pieces)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_real_spec_with_mistakes_is_read(path: Path) -> None:
    @SOME
    @given(edits=EDITS)
    def run(edits: list[tuple[str, int, int, int, str]]) -> None:
        text = mutant(path, edits)
        assert_told(text, parse(Source("fuzz.awm", text))[1])

    run()


@SOME
@given(edits=EDITS)
def test_a_small_spec_with_mistakes_is_compiled(edits: list[tuple[str, int, int, int, str]]) -> None:
    text = mutant(SPECS[0], edits)
    done = compile_source(Source("fuzz.awm", text), dialects=("postgres", "duckdb"))
    assert_told(text, done.diagnostics)
    # Either it is a world, or it is said why not.
    assert bool(done.artefacts) == (not any(problem.is_error for problem in done.diagnostics))


@pytest.mark.parametrize("path", SPECS[1:], ids=lambda path: path.stem)
def test_a_full_spec_with_mistakes_is_checked(path: Path) -> None:
    @FEW
    @given(edits=EDITS)
    def run(edits: list[tuple[str, int, int, int, str]]) -> None:
        checked(mutant(path, edits))

    run()


def test_a_place_outside_the_text_is_seen() -> None:
    problem = checked("env a")[0]
    with pytest.raises(AssertionError):
        assert_told("env a", [replace(problem, span=Span(3, 99))])
