"""Reading a spec, the registry and its pages, did-you-mean, and how diagnostics are shown."""

import ast
import inspect
import itertools
import json
import os
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awmc.diagnostics import Diagnostic, Fix, Label, diagnose, diagnose_unread, meant, nearest, translate
from awmc.diagnostics.cells import cell_count, layout
from awmc.diagnostics.explain import explain, find_code, read_page
from awmc.diagnostics.foreign import FOREIGN
from awmc.diagnostics.registry import REGISTRY, Code, lookup
from awmc.diagnostics.registry import _collect as collect
from awmc.diagnostics.render import render_concise, render_human, render_json, render_sarif, summarise
from awmc.diagnostics.snippet import Mark, snippet
from awmc.diagnostics.suggest import edits
from awmc.source import MAX_BYTES, Source, SourceError, Span, read_source

HERE = Path(__file__).resolve().parent
CASES = sorted(path.parent for path in (HERE / "cases" / "render").glob("*/diagnostics.json"))
PACKAGE = HERE.parent / "awmc"
PAGES = PACKAGE / "diagnostics" / "pages"

CODE = re.compile(r"AWM\d{3}")
# What `diagnose` takes beside the parts of a title.
OPTIONS = {
    name for name, arg in inspect.signature(diagnose).parameters.items() if arg.kind is arg.KEYWORD_ONLY
}


# ---- Source ------------------------------------------------------------------------------------------------


@given(st.text(alphabet="ab\n名\t"), st.integers(-3, 40))
def test_positions_count_lines_and_columns_from_one(text: str, offset: int) -> None:
    source = Source("x.awm", text)
    before = text[: max(0, min(offset, len(text)))]
    assert source.position(offset) == (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
    lines = text.split("\n")
    assert source.line_count == len(lines)
    assert [source.line_text(number) for number in range(1, len(lines) + 1)] == lines
    spans = [source.line_span(number) for number in range(1, len(lines) + 1)]
    assert [text[span.start : span.end] for span in spans] == lines


def test_spans_join_and_order() -> None:
    assert Span(5, 9).to(Span(1, 6)) == Span(1, 9)
    assert Span.at(4) == Span(4, 4)
    assert sorted([Span(3, 4), Span(1, 9), Span(1, 2)]) == [Span(1, 2), Span(1, 9), Span(3, 4)]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"\xef\xbb\xbfenv", "env"),
        (b"a\r\nb\r\n", "a\nb\n"),
        ("名".encode(), "名"),
        (b"#" * MAX_BYTES, "#" * MAX_BYTES),
    ],
    ids=["empty", "byte order mark", "crlf", "utf-8", "largest"],
)
def test_what_is_read(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "a.awm"
    path.write_bytes(data)
    source = read_source(path)
    assert source.name == str(path)
    assert source.text == text


@pytest.mark.parametrize(
    ("data", "code", "said"),
    [
        (b"\x89PNG\r\n\x1a\n", "AWM704", "is not UTF-8 text, see its byte 0"),
        (b"env \xff", "AWM704", "see its byte 4"),
        (b"e\0n\0v\0", "AWM705", "its byte 1 is NUL"),
        (b"#" * (MAX_BYTES + 1), "AWM706", "is larger than 4 MiB"),
    ],
    ids=["image", "latin", "utf-16", "too large"],
)
def test_what_is_no_text(tmp_path: Path, data: bytes, code: str, said: str) -> None:
    path = tmp_path / "a.awm"
    path.write_bytes(data)
    unread(path, code, said)


def test_what_is_no_file(tmp_path: Path) -> None:
    unread(tmp_path / "none.awm", "AWM701", "there is no file")
    unread(tmp_path, "AWM702", "is a folder, not a spec")
    unread(Path(f"{tmp_path}/\0.awm"), "AWM701", "there is no file")
    (tmp_path / "file").write_text("")
    unread(tmp_path / "file" / "a.awm", "AWM703", "cannot be read: not a directory")


def test_what_is_forbidden(tmp_path: Path) -> None:
    path = tmp_path / "a.awm"
    path.touch(mode=0)
    root = os.geteuid() == 0
    if root:  # to whom nothing is forbidden
        os.seteuid(65534)
    try:
        unread(path, "AWM703", "permission denied")
    finally:
        if root:
            os.seteuid(0)


def unread(path: Path, code: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_source(path)
    diagnostic = diagnose_unread(caught.value)
    assert diagnostic.code == code
    assert said in diagnostic.title
    assert diagnostic.source == str(path)
    assert said in render_human([diagnostic], {}, color=False, width=80)
    assert said in render_concise([diagnostic], {})


# ---- Registry and pages ------------------------------------------------------------------------------------


def test_an_undeclared_code_is_refused() -> None:
    with pytest.raises(KeyError, match="AWM999"):
        diagnose("AWM999", Span.at(0))
    with pytest.raises(KeyError, match="AWM999"):
        explain("AWM999")


@pytest.mark.parametrize("parts", [{"entity": "Book"}, {"entity": "Book", "field": "a", "more": "b"}, {}])
def test_a_title_takes_exactly_its_parts(parts: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="AWM203"):
        diagnose("AWM203", Span.at(0), source="", **parts)  # type: ignore[arg-type]


def test_parts_are_filled_in_on_one_short_line() -> None:
    diagnostic = diagnose("AWM203", Span.at(0), entity="{Book}", field="a\nb" + "c" * 1000)
    assert diagnostic.title.startswith("entity `{Book}` has no field `a b" + "c" * 70)
    assert diagnostic.title.endswith("…`")
    assert len(diagnostic.title) < 130


def test_a_code_is_declared_once_in_its_family() -> None:
    one = Code("AWM201", "error", "one", "one")
    with pytest.raises(ValueError, match="twice"):
        collect({"2": (one, Code("AWM201", "error", "two", "two"))})
    with pytest.raises(ValueError, match="twice"):
        collect({"2": (one, Code("AWM202", "error", "one", "two"))})
    with pytest.raises(ValueError, match="family"):
        collect({"3": (one,)})


@pytest.mark.parametrize("code", REGISTRY.values(), ids=lambda code: code.code)
def test_how_a_code_is_worded(code: Code) -> None:
    assert CODE.fullmatch(code.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.name)
    assert not code.title.endswith((".", "!", "?", " "))
    assert code.title[0] in string.ascii_lowercase + "`{"
    assert "\n" not in code.title
    assert code.title.count("`") % 2 == 0
    # A part of that name could not be given to `diagnose`.
    assert not code.parts & OPTIONS


def calls_with_a_code() -> Iterator[tuple[str, str, set[str]]]:
    """Where awmc makes a diagnostic of a literal code: the place, the code, and the named arguments."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(args=[ast.Constant(value=str(code)), *_], keywords=given) if CODE.fullmatch(
                    code
                ):
                    made = ast.unparse(node.func)
                    names = {keyword.arg for keyword in given if keyword.arg} if made != "Problem" else set()
                    # Exceptions about a file add its path by themselves.
                    names |= {"path"} if made.endswith("Error") else set()
                    # What running a world brings to light gives its parts as a dictionary.
                    literal = [arg for arg in node.args if isinstance(arg, ast.Dict)]
                    if literal:
                        names |= {ast.literal_eval(key) for key in literal[0].keys if key is not None}
                    # With `**parts`, or a dictionary made elsewhere, only a run can tell; a `Code` is what declares
                    # them.
                    told = (
                        literal
                        if made == "Problem"
                        else not literal and (names or made.endswith(("diagnose", "report")))
                    )
                    if told and all(keyword.arg for keyword in given) and made != "Code":
                        yield f"{path.relative_to(PACKAGE)}:{node.lineno}", code, names


def test_every_diagnostic_is_made_of_its_parts() -> None:
    found = list(calls_with_a_code())
    assert found
    wrong = []
    for place, code, names in found:
        # In a run, who plays it knows the task.
        known = {"task"} if place.startswith("oracle/") else set()
        if code not in REGISTRY or names - OPTIONS not in (lookup(code).parts, lookup(code).parts - known):
            wrong.append(
                f"{place}: {code} takes {sorted(REGISTRY[code].parts) if code in REGISTRY else 'no'} parts"
            )
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("code", REGISTRY)
def test_every_code_has_a_page(code: str) -> None:
    page = read_page(code)
    assert 40 < len(page.explanation) < 500
    assert bool(page.wrong) == bool(page.right)
    assert page.wrong != page.right or not page.wrong
    shown = explain(code)
    assert shown.startswith(f"{lookup(code).level}[{code}] {lookup(code).name}: ")
    for line in (page.wrong + page.right).splitlines():
        assert line in shown


def test_every_page_has_a_code() -> None:
    assert sorted(path.name for path in PAGES.iterdir()) == sorted(f"{code}.md" for code in REGISTRY)


@pytest.mark.parametrize("word", ["AWM203", "awm203", " 203", "unknown-field"])
def test_a_code_is_found_by_number_and_name(word: str) -> None:
    assert find_code(word) is REGISTRY["AWM203"]


def test_a_code_that_is_not_found() -> None:
    assert find_code("AWM000") is None
    assert find_code("") is None


# ---- Did you mean ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "candidates", "best"),
    [
        ("copy", ["title", "copies", "code"], "copies"),
        ("dueDate", ["date", "due_date"], "due_date"),
        ("status", ["states", "statuses"], "statuses"),
        ("doctor", ["factor", "doctors"], "doctors"),
        ("Ptient", ["Doctor", "Patient"], "Patient"),
        ("teh", ["ten", "the"], "the"),
        ("cat", ["car", "bat"], "car"),
        ("due", ["data", "due_date"], "due_date"),
        ("X", ["x", "y"], "x"),
        ("a", ["b", "c"], None),
        ("fee", ["visits", "name"], None),
        ("name", ["name"], None),
        ("anything", [], None),
        ("x" * 100_000, ["x" * 99_999, "y"], None),
    ],
)
def test_nearest(name: str, candidates: list[str], best: str | None) -> None:
    for order in itertools.permutations(candidates):
        assert nearest(name, order) == best


def test_foreign_words_go_before_near_ones() -> None:
    assert meant("string", ["strings", "text"], "type") == "text"
    assert meant("string", ["strings"], "type") == "strings"
    assert meant("length", ["len", "left"], "function") == "len"
    assert translate("None", "literal") == "null"
    assert translate("name", "type") is None


def test_foreign_words_are_kept_in_lower_case() -> None:
    assert all(word == word.lower() for words in FOREIGN.values() for word in words)


@given(st.text("abc", max_size=8), st.text("abc", max_size=8), st.integers(0, 8))
def test_edits_are_a_bounded_distance(left: str, right: str, bound: int) -> None:
    distance = edits(left, right, 16)
    assert distance == edits(right, left, 16)
    assert (distance == 0) == (left == right)
    assert abs(len(left) - len(right)) <= distance <= max(len(left), len(right))
    assert edits(left, right, bound) == min(distance, bound + 1)


# ---- Rendering ---------------------------------------------------------------------------------------------


def load(case: Path) -> tuple[list[Diagnostic], dict[str, Source]]:
    """The diagnostics of a case, whose spans are written as text with the span between « and »."""
    sources = {path.name: Source(path.name, path.read_text("utf-8")) for path in sorted(case.glob("*.awm"))}

    def span(at: str | None, name: str) -> Span:
        if at is None:
            return Span.at(0)
        before, inside, _ = re.split("[«»]", at)
        whole = at.replace("«", "").replace("»", "")
        assert whole == "" or sources[name].text.count(whole) == 1, f"{whole!r} stands not once in {name}"
        start = sources[name].text.index(whole) + len(before)
        return Span(start, start + len(inside))

    def diagnostic(entry: dict[str, Any]) -> Diagnostic:
        name, parts = entry["source"], entry.pop("parts")
        labels = [
            Label(span(one["at"], one.get("source", name)), one["text"], one.get("source"))
            for one in entry.pop("secondary", ())
        ]
        fixes = [
            Fix(span(fix["at"], name), fix["replacement"], fix["description"])
            for fix in entry.pop("fixes", ())
        ]
        place = span(entry.pop("at"), name)
        return diagnose(entry.pop("code"), place, secondary=labels, fixes=fixes, **entry, **parts)

    return [
        diagnostic(entry) for entry in json.loads((case / "diagnostics.json").read_text("utf-8"))
    ], sources


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_rendered(case: Path, update_golden: bool) -> None:
    diagnostics, sources = load(case)
    diagnostics.reverse()  # the order of the input does not count
    rendered = {
        "human.txt": render_human(diagnostics, sources, color=False, width=80),
        "concise.txt": render_concise(diagnostics, sources),
        "report.json": render_json(diagnostics, sources),
        "report.sarif": render_sarif(diagnostics, sources),
    }
    for name, text in rendered.items():
        if update_golden:
            (case / name).write_text(text, "utf-8")
        assert (case / name).read_text("utf-8") == text, f"{case.name}/{name}: --update rewrites it"


def test_a_diagnostic_reads_like_this() -> None:
    diagnostics, sources = load(HERE / "cases" / "render" / "picture")
    assert (
        render_human(diagnostics, sources, color=False, width=80)
        == """\
error[AWM203]: entity `Book` has no field `copy`
  ┌─ library.awm:14:16
  │
 4│ entity Book {
  │        ---- `Book` is declared here
14│   require book.copy > 0 else none_left "No copies left."
  │                ^^^^ unknown field
  │
  = did you mean `copies`?
"""
    )
    assert render_concise(diagnostics, sources) == (
        "library.awm:14:16: error[AWM203]: entity `Book` has no field `copy`; did you mean `copies`?\n"
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_colour_changes_no_letter(case: Path) -> None:
    diagnostics, sources = load(case)
    plain = render_human(diagnostics, sources, color=False, width=80)
    painted = render_human(diagnostics, sources, color=True, width=80)
    assert painted != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_diagnostics_are_ordered_by_place() -> None:
    found = [
        diagnose("AWM401", Span.at(0), source="b.awm"),
        diagnose("AWM305", Span(7, 9), source="a.awm", expr="x"),
        diagnose("AWM205", Span(7, 8), source="a.awm", name="x"),
        diagnose("AWM334", Span(2, 3), source="a.awm", expr="y"),
    ]
    assert [one.code for one in sorted(found)] == ["AWM334", "AWM205", "AWM305", "AWM401"]
    assert [one.is_error for one in sorted(found)] == [False, True, True, True]
    assert summarise(found) == "3 errors and 1 warning"
    assert summarise(found[:1]) == "1 error"
    assert summarise([]) == ""
    assert render_human([], {}, color=True, width=80) == render_concise([], {}) == ""
    assert json.loads(render_json([], {})) == []


def test_offsets_of_a_report_are_those_of_the_text() -> None:
    diagnostics, sources = load(HERE / "cases" / "render" / "unicode")
    for entry in json.loads(render_json(diagnostics, sources)):
        text = sources[entry["path"]].text
        for point in (entry["start"], entry["end"]):
            line, column, offset = point["line"], point["col"], point["offset"]
            assert text.split("\n")[line - 1][column - 1 :].startswith(text[offset : offset + 1].strip("\n"))
        assert text[entry["start"]["offset"] : entry["end"]["offset"]] in ('"本の名前" + count', "wrong")


ANY_TEXT = st.text(st.characters()) | st.text(alphabet="a \t\r\n\0名\u0301\u202e\ud800{\u200d\u1160")


@given(
    text=ANY_TEXT,
    spans=st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60)), min_size=1, max_size=4),
    said=ANY_TEXT,
    width=st.integers(-1, 90),
)
def test_any_span_in_any_text_is_shown(
    text: str, spans: list[tuple[int, int]], said: str, width: int
) -> None:
    source = Source("a.awm", text)
    first, *others = [Span(start, end) for start, end in spans]
    diagnostic = diagnose(
        "AWM205",
        first,
        source=source.name,
        label=said,
        secondary=[Label(span, said) for span in others],
        help=said,
        hint=said,
        note=said,
        fixes=[Fix(first, said, said)],
        name=said,
    )
    sources = {source.name: source}
    shown = render_human([diagnostic], sources, color=False, width=width)
    assert all(char.isprintable() or char == "\n" or cell_count(char) == 0 for char in shown)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert render_concise([diagnostic], sources).count("\n") == 1
    assert json.loads(render_json([diagnostic], sources))[0]["title"] == diagnostic.title
    assert json.loads(render_sarif([diagnostic], sources))["runs"][0]["results"][0]["ruleId"] == "AWM205"


@given(st.text(alphabet="ab \t名é\u0301\u200d…", min_size=1, max_size=30), st.data())
def test_marks_stand_under_what_they_mark(line: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(line) - 1))
    end = data.draw(st.integers(start + 1, len(line)))
    before = sum(cells for _, cells in layout(line)[:start])
    inside = sum(cells for _, cells in layout(line)[start:end])
    text, marks = snippet(Source("a.awm", line), [Mark(Span(start, end), "", primary=True)], 200)
    assert cell_count(text.text) <= sum(cells for _, cells in layout(line))
    assert marks.text == " " * before + "^" * max(1, inside)


@given(st.text(alphabet="ab \t名\u0301", min_size=1, max_size=200), st.integers(20, 60), st.data())
def test_long_lines_are_cut_to_the_width(line: str, width: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(line)))
    mark = Mark(Span(start, data.draw(st.integers(start, len(line)))), "unknown", primary=True)
    rows = snippet(Source("a.awm", line), [mark], width)
    assert all(cell_count(row.text) <= width for row in rows)
    assert any("^" in row.text for row in rows)
