"""Text to AST and back: mistakes of syntax and what is said of them, and the canonical text."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import lark
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.lark import from_lark

from awmc.diagnostics import Diagnostic
from awmc.diagnostics.explain import read_page
from awmc.diagnostics.registry import REGISTRY
from awmc.diagnostics.render import render_human
from awmc.resources import grammar_text
from awmc.source import Source, Span
from awmc.syntax import ast
from awmc.syntax.expressions import DEEPEST, LONGEST_NAME
from awmc.syntax.format import format_declaration, format_spec
from awmc.syntax.grammar import build
from awmc.syntax.layout import WIDTH
from awmc.syntax.lenient import MOST
from awmc.syntax.parse import parse
from awmc.syntax.tokens import tokenize
from tests.golden import CASES, check_golden

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted((ROOT / "specs").glob("*.awm"))
BROKEN = sorted((CASES / "syntax").glob("*.awm"))
STYLED = sorted((CASES / "format").glob("*.awm"))
# Moments are looked at by the checks, except for those that are none at all.
PAGES = [code for code in sorted(REGISTRY) if code < "AWM1" and code != "AWM011" and read_page(code).wrong]
# What is said of texts that the grammar accepts.
BUILT = {
    "AWM008",
    "AWM013",
    "AWM014",
    "AWM015",
    "AWM016",
    "AWM017",
    "AWM018",
    "AWM019",
    "AWM027",
    "AWM036",
    "AWM037",
}
FEW = settings(max_examples=settings().max_examples // 2, suppress_health_check=list(HealthCheck))


def read(text: str) -> ast.Spec:
    """The AST of a text without mistakes."""
    spec, problems = parse(Source("x.awm", text))
    assert problems == (), rendered("x.awm", text)
    return spec


def told(text: str) -> list[str]:
    return [problem.code for problem in parse(Source("x.awm", text))[1]]


def rendered(name: str, text: str) -> str:
    source = Source(name, text)
    spec, problems = parse(source)
    kept = " ".join(
        text[item.span.start : item.span.end].split("(")[0].split("{")[0].strip() for item in spec.items
    )
    return render_human(problems, {name: source}, color=False, width=100) + f"\nsound: {kept or 'nothing'}\n"


def bare(node: Any) -> Any:
    """A node without its places."""
    if isinstance(node, msgspec.Struct):
        return type(node).__name__, [bare(getattr(node, n)) for n in node.__struct_fields__ if n != "span"]
    return tuple(map(bare, node)) if isinstance(node, tuple) else node


# ---- Mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_case(path: Path, update_golden: bool) -> None:
    found = rendered(path.name, path.read_text(encoding="utf-8"))
    check_golden(path.with_suffix(".txt"), found, update=update_golden)


@pytest.mark.parametrize("code", PAGES)
def test_wrong_example_has_exactly_its_mistake(code: str) -> None:
    assert set(told(read_page(code).wrong)) == {code}


@pytest.mark.parametrize("code", PAGES)
def test_right_example_has_none(code: str) -> None:
    read(read_page(code).right)


@pytest.mark.parametrize("code", PAGES)
def test_fixes_mend(code: str) -> None:
    text = read_page(code).wrong
    fixes = [fix for problem in parse(Source("x.awm", text))[1] for fix in problem.fixes]
    for fix in sorted(fixes, key=lambda fix: fix.span, reverse=True):
        text = text[: fix.span.start] + fix.replacement + text[fix.span.end :]
    if fixes:
        assert code not in told(text), text


def test_mistakes_in_several_declarations_are_all_told() -> None:
    text = SPECS[0].read_text(encoding="utf-8")
    sound = read(text)
    places = [m.start() for m in re.finditer(r"^tool \w+", text, re.MULTILINE)]
    for place in reversed(places):
        text = text[:place] + text[place:].replace("tool ", "tool $", 1).replace(" {", " { ;", 1)
    spec, problems = parse(Source("x.awm", text))
    assert [problem.code for problem in problems] == ["AWM001", "AWM040"] * len(places)
    assert list(problems) == sorted(problems)
    kept = [bare(item) for item in spec.items]
    assert kept == [bare(item) for item in sound.items if not isinstance(item, ast.Tool)]


@pytest.mark.parametrize(
    ("text", "place", "open_at"),
    [
        ("entity A {\n  x: int\n\nentity B { y: int }", 19, 9),
        ("tool f() {\n  if true {\n    g()\n}\n\ntool h() { g() }", 30, 21),
        ("tool f() {\n  let x = (1 + 2\n  return x\n}", 27, 21),
        ("tool f(a: [text {\n  g()\n}", 15, 10),
        ("enum A { a, b", 13, 7),
    ],
)
def test_a_bracket_is_missing_where_it_is_missing(text: str, place: int, open_at: int) -> None:
    found = [p for p in parse(Source("x.awm", text))[1] if p.code == "AWM004"]
    assert [p.span for p in found][:1] == [Span.at(place)]
    assert found[0].secondary[0].span.start == open_at


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["AWM016"]),
        (" \n# only this\n", ["AWM016"]),
        ("fn f() = " + "(" * 10_000 + "1" + ")" * 10_000, ["AWM015"]),
        ("fn f() = " + "not " * 10_000 + "true", ["AWM015"]),
        ("fn f() = 1" + " + 1" * 10_000, ["AWM015"]),
        ("fn f() = x" + ".a" * 10_000, ["AWM015"]),
        ("tool f() { " + "if true { } else " * 10_000 + "{ } }", ["AWM015"]),
        ("fn f(a: " + "[{a: " * 10_000 + "int" + "}]" * 10_000 + ") = 1", ["AWM015"]),
        ("fn f() = " + "(" * 10_000 + "1", ["AWM004"]),
        ("fn " + "a" * 100_000 + "() = 1", ["AWM019"]),
        ("'a' " * 50_000, ["AWM030"] * MOST),
        ("enum A { a; }\n" * 200, ["AWM033"] * MOST),
        ("\u00a0\u00a0\u00a0", ["AWM001"]),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_texts_without_measure(text: str, codes: list[str]) -> None:
    found = told(text)
    assert found[: len(codes)] == codes
    assert len(found) <= MOST


def test_limits_are_where_they_are_said_to_be() -> None:
    deep = "(" * (DEEPEST - 1) + "1" + ")" * (DEEPEST - 1)
    read(f"fn f() = {deep}")
    read("fn " + "a" * LONGEST_NAME + "() = 1")
    assert told("fn " + "a" * (LONGEST_NAME + 1) + "() = 1") == ["AWM019"]
    assert told(f"fn f() = -{'(' * DEEPEST}{deep}{')' * DEEPEST}") == ["AWM015"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\"b\\c\/d\n\u00e9"', 'a"b\\c/d\né'),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\\ud83d"', "\\ud83d"),
        (r'"{{}} {{x}}"', "{} {x}"),
        ('"tab\there"', "tab\there"),
    ],
)
def test_texts(text: str, value: str) -> None:
    (item,) = read(f"fn f() = {text}").items
    assert isinstance(item, ast.Fn)
    assert isinstance(item.value, ast.Literal)
    assert item.value.value == value


def test_places_in_texts_are_those_of_the_source() -> None:
    text = r'fn f(x: text) = "\u00e9 {left(x, \"a\")} \n {x.y}"'
    (item,) = read(text).items
    assert isinstance(item, ast.Fn)
    assert isinstance(item.value, ast.Interpolation)
    pieces = [text[p.span.start : p.span.end] for p in item.value.parts if not isinstance(p, str)]
    assert pieces == [r"left(x, \"a\")", "x.y"]


# ---- Whatever the text -----------------------------------------------------------------------------------------------

CLINIC = (ROOT / "specs" / "clinic.awm").read_text(encoding="utf-8")
WORDS = sorted({token.text for path in SPECS for token in tokenize(path.read_text(encoding="utf-8"))[:-1]})
HABITS = [
    "&&",
    "'a'",
    "//",
    ":=",
    "=>",
    ";",
    "?.",
    'f"a"',
    "list[text]",
    "elif",
    "@@",
    "\\",
    "é",
    "1_0",
    "dueDate",
    "\t",
]


@cache
def reference() -> lark.Lark:
    return build(grammar_text())


def sound_for_lark(text: str) -> bool:
    try:
        reference().parse(text, start="start")
    except lark.exceptions.UnexpectedInput:
        return False
    return True


def problems_of(text: str) -> tuple[Diagnostic, ...]:
    """What is said of a text, with a place in it and in order; nothing passes that Lark refuses."""
    source = Source("x.awm", text)
    _, problems = parse(source)
    assert list(problems) == sorted(problems)
    assert all(0 <= p.span.start <= p.span.end <= len(text) for p in problems)
    assert render_human(problems, {"x.awm": source}, color=False, width=80) or not problems
    return problems


@given(st.text(max_size=60) | st.lists(st.sampled_from(WORDS + HABITS), max_size=40).map(" ".join))
def test_any_text_is_told_of_or_sound(text: str) -> None:
    codes = {problem.code for problem in problems_of(text)}
    if sound_for_lark(text):
        assert codes <= BUILT
    else:
        assert codes


@st.composite
def changed(draw: st.DrawFn) -> str:
    """The clinic with a few pieces left out, put in or changed places with."""
    tokens = tokenize(CLINIC)[:-1]
    text, last = "", 0
    hits = draw(
        st.dictionaries(
            st.integers(0, len(tokens) - 1), st.sampled_from(["out", "in", "twice", "cut"]), max_size=4
        )
    )
    for place, token in enumerate(tokens):
        text += CLINIC[last : token.start]
        last = token.end
        change = hits.get(place)
        if change == "cut" and draw(st.booleans()):
            return text
        text += "" if change == "out" else token.text
        if change in ("in", "twice"):
            text += token.text if change == "twice" else f" {draw(st.sampled_from(WORDS + HABITS))} "
    return text


@given(changed())
def test_a_changed_spec_is_told_of_or_sound(text: str) -> None:
    codes = {problem.code for problem in problems_of(text)}
    if sound_for_lark(text):
        assert codes <= BUILT
    else:
        assert codes


# ---- The canonical text ----------------------------------------------------------------------------------------------


def assert_canonical(text: str) -> str:
    """Formats a text: the result means the same, keeps all comments, and is not changed by formatting it again."""
    spec = read(text)
    formatted = format_spec(spec, text)
    again = read(formatted)
    assert bare(again) == bare(spec)
    assert format_spec(again, formatted) == formatted
    assert not re.search(r"[ \t]$|\n\n\n|\A\n|\n\n\Z", formatted, re.MULTILINE)
    assert sorted(comments(formatted)) == sorted(comments(text))
    return formatted


def comments(text: str) -> list[str]:
    pattern = r'"(?:[^"\\\n]|\\.)*"|#([^\n]*)'
    return [m.group(1).rstrip() for m in re.finditer(pattern, text) if m.group(1) is not None]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_have_a_canonical_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    formatted = assert_canonical(text)
    assert formatted == text, f"run awmc fmt {path}"
    # Rows, texts and comments are not broken.
    long = [line for line in formatted.splitlines() if len(line) > WIDTH]
    assert all('"' in line or "#" in line for line in long)


def test_examples_have_a_canonical_text() -> None:
    for code in sorted(REGISTRY):
        if read_page(code).right:
            assert_canonical(read_page(code).right)


@pytest.mark.parametrize("path", STYLED, ids=lambda path: path.stem)
def test_format_case(path: Path, update_golden: bool) -> None:
    formatted = assert_canonical(path.read_text(encoding="utf-8"))
    check_golden(path.with_suffix(".txt"), formatted, update=update_golden)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_declaration_needs_no_places(path: Path) -> None:
    for item in read(path.read_text(encoding="utf-8")).items:
        moved = nowhere(item)
        (again,) = read(format_declaration(moved)).items
        assert bare(again) == bare(item)


def nowhere(node: Any) -> Any:
    """A node all of whose places are the same, as in what the compiler makes."""
    if isinstance(node, Span):
        return Span(3, 7)
    if isinstance(node, msgspec.Struct):
        values = {name: nowhere(getattr(node, name)) for name in node.__struct_fields__}
        return type(node)(**values)
    return tuple(map(nowhere, node)) if isinstance(node, tuple) else node


@cache
def declarations() -> st.SearchStrategy[str]:
    """Declarations that the grammar accepts, most of them of no meaning, with comments anywhere."""
    parser = lark.Lark(grammar_text(), start="item", parser="lalr", maybe_placeholders=False)
    texts = [
        '"a"',
        '"x{a}y"',
        '"{{b}}"',
        '"\\n\\u00e9\\/"',
        '"{ {a: 1}.a }{f(\\"}}\\")}"',
        '"' + "long " * 20 + '"',
    ]
    terminals = {
        "NAME": st.sampled_from(
            [" a ", " status ", " me ", " now ", " list ", " seq ", " order ", " limit ", " where "]
        ),
        "TYPE": st.sampled_from([" A ", " Visit "]),
        "STRING": st.sampled_from(texts),
        "INT": st.sampled_from(["0", "7", "12"]),
        "MOMENT": st.sampled_from([" 2026-03-02 ", " 2026-03-02T08:00 "]),
        "DURATION": st.just(" 3d "),
        "COMMENT": st.sampled_from([" # beside\n", "\n# above\n", "\n\n  # apart\n\n"]),
        "SPACE": st.just(" "),
    }
    return from_lark(parser, start="item", explicit=terminals)


@FEW
@given(st.deferred(lambda: st.lists(declarations(), min_size=1, max_size=3)).map("\n".join))
def test_anything_that_parses_has_a_canonical_text(text: str) -> None:
    if not parse(Source("x.awm", text))[1]:
        assert_canonical(text)


@cache
def pieces() -> list[str]:
    """The declarations of every spec and of the cases of this section."""
    texts = [path.read_text(encoding="utf-8") for path in (*SPECS, *STYLED)]
    return [f"{text[item.span.start : item.span.end]}\n" for text in texts for item in read(text).items]


@given(
    st.deferred(lambda: st.sampled_from(pieces())),
    st.lists(
        st.tuples(st.integers(0, 700), st.sampled_from([" # {}\n", "\n# {}\n", "\n\n# {}\n\n"])), max_size=6
    ),
)
def test_comments_stay(text: str, inserted: list[tuple[int, str]]) -> None:
    places = [token.start for token in tokenize(text)]
    chosen = sorted(((places[place % len(places)], comment) for place, comment in inserted), reverse=True)
    for number, (at, comment) in enumerate(chosen):
        text = text[:at] + comment.format(f"comment {number}") + text[at:]
    assert_canonical(text)
