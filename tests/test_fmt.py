"""`awmc fmt`: what it writes where, what it mends, and what it leaves alone."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from awmc import cli
from awmc.cli import status
from awmc.source import Source
from awmc.syntax import mend
from awmc.syntax.mend import canonical

ROUGH = 'env shop "A shop." { clock 2026-03-02T08:00 }\nentity Item {\n  name:   text 1..80?,  # shown\n}\n'
FINE = """env shop "A shop." {
  clock 2026-03-02T08:00
}

entity Item {
  name: text? 1..80  # shown
}
"""
WRONG = "entity Item {\n  name text\n"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `awmc fmt` in an empty folder; gives status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, given: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["awmc", "fmt", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        capfd.readouterr()
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        assert isinstance(leaving.value.code, int)
        return leaving.value.code, *capfd.readouterr()

    return call


def test_specs_are_written_in_place(run: Run) -> None:
    Path("specs").mkdir()
    Path("specs/a.awm").write_text(ROUGH)
    Path("specs/b.awm").write_text(FINE)
    before = Path("specs/b.awm").stat()
    code, out, err = run("specs")
    assert (code, out) == (status.OK, "")
    assert err == "1 spec formatted, 1 spec unchanged, 2 mistakes mended\n"
    assert Path("specs/a.awm").read_text() == FINE
    assert Path("specs/b.awm").stat().st_mtime_ns == before.st_mtime_ns
    assert sorted(path.name for path in Path("specs").iterdir()) == ["a.awm", "b.awm"]
    assert run("specs") == (status.OK, "", "2 specs unchanged\n")


def test_check_names_what_would_change(run: Run) -> None:
    Path("a.awm").write_text(ROUGH)
    Path("b.awm").write_text(FINE)
    code, out, err = run("--check", "a.awm", "b.awm")
    assert (code, out) == (status.WRONG, "a.awm\n")
    assert err == "1 spec to format, 1 spec unchanged, 2 mistakes to mend\n"
    assert Path("a.awm").read_text() == ROUGH
    assert run("--check", "b.awm") == (status.OK, "", "1 spec unchanged\n")


def test_diff_shows_what_would_change(run: Run) -> None:
    Path("a.awm").write_text(ROUGH)
    code, out, _ = run("--diff", "a.awm")
    assert code == status.WRONG
    assert out.startswith("--- a.awm\n+++ a.awm (formatted)\n@@")
    assert "\n-  name:   text 1..80?,  # shown\n" in out
    assert "\n+  name: text? 1..80  # shown\n" in out
    assert Path("a.awm").read_text() == ROUGH
    Path("b.awm").write_text(FINE)
    assert run("--diff", "b.awm")[:2] == (status.OK, "")


def test_standard_input_goes_to_standard_output(run: Run) -> None:
    assert run("-", given=ROUGH.encode())[:2] == (status.OK, FINE)
    assert run("-", given=FINE.encode())[:2] == (status.OK, FINE)
    assert run("--check", "-", given=ROUGH.encode())[:2] == (status.WRONG, "<stdin>\n")
    code, out, err = run("-", given=WRONG.encode())
    assert (code, out) == (status.WRONG, "")
    assert "error[AWM" in err


def test_a_faulty_spec_is_left_alone_and_the_others_are_not(run: Run) -> None:
    Path("a.awm").write_text(WRONG)
    Path("b.awm").write_text(ROUGH)
    code, out, err = run("a.awm", "b.awm", "c.awm")
    assert (code, out) == (status.WRONG, "")
    assert "a.awm:2:8" in err
    assert "error[AWM701]" in err
    assert Path("a.awm").read_text() == WRONG
    assert Path("b.awm").read_text() == FINE


def test_line_ends_and_byte_order_mark_are_part_of_the_form(run: Run) -> None:
    Path("a.awm").write_bytes(b"\xef\xbb\xbf" + FINE.replace("\n", "\r\n").encode())
    assert run("--check", "a.awm")[0] == status.WRONG
    assert run("a.awm")[0] == status.OK
    assert Path("a.awm").read_bytes() == FINE.encode()


def test_mode_and_links_stay(run: Run) -> None:
    Path("a.awm").write_text(ROUGH)
    Path("a.awm").chmod(0o640)
    Path("link.awm").symlink_to("a.awm")
    assert run("link.awm")[0] == status.OK
    assert Path("link.awm").is_symlink()
    assert Path("a.awm").read_text() == FINE
    assert stat.S_IMODE(Path("a.awm").stat().st_mode) == 0o640


def test_what_cannot_be_written_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.awm").write_text(ROUGH)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    code, _, err = run("a.awm")
    assert code == status.WRONG
    assert "error[AWM710]" in err
    assert "read-only" in err
    assert Path("a.awm").read_text() == ROUGH


def test_a_text_of_another_meaning_is_never_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.awm").write_text(ROUGH)
    monkeypatch.setattr(mend, "format_spec", lambda spec, text: FINE.replace("text?", "text"))
    code, _, err = run("a.awm")
    assert code == status.BUG
    assert "error[AWM901]" in err
    assert Path("a.awm").read_text() == ROUGH


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("enum A { a, b; }", "enum A { a, b }"),
        ("fn f(a: text 1..80?, b: int) = a ?? 'x'", 'fn f(a: text? 1..80, b: int) = a ?? "x"'),
        ("fn f(a: bool, b: bool) = a && !b", "fn f(a: bool, b: bool) = a and not b"),
        ("tool f() { let x := 1; return x; }", "tool f() { let x = 1 return x }"),
        ("fn f() = (1 + 2]", "fn f() = (1 + 2)"),
        ("// why\nfn f() = A order by .a, .b", "# why\nfn f() = A order by .a then .b"),
    ],
)
def test_what_is_certain_is_mended(text: str, mended: str) -> None:
    found = canonical(Source("x.awm", text))
    assert found.mended
    assert found.text == canonical(Source("x.awm", mended)).text


@pytest.mark.parametrize(
    "text",
    ["tool f() { g(", "tool f() { } }", "fn f(a: bool) = a && ", "fn f(a: bool) = a && a\nenum E { b c: }"],
)
def test_what_is_a_guess_is_told(text: str) -> None:
    found = canonical(Source("x.awm", text))
    assert found.text == ""
    assert any(problem.is_error for problem in found.diagnostics)
