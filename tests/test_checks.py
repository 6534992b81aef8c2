"""Every diagnostic: the wrong example of its page is told just so, the right one is sound; and cases of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from awmc.diagnostics.explain import read_page
from awmc.diagnostics.registry import REGISTRY
from awmc.diagnostics.render import render_human
from awmc.pipeline import check_source
from awmc.source import Source
from tests.golden import CASES, check_golden

# What an example may leave unused without being about that.
ASIDE = {"AWM514", "AWM515"}
PAGES = [code for code in sorted(REGISTRY) if read_page(code).wrong]
HAND = sorted((CASES / "checks").glob("*.awm"))


def rendered(source: Source) -> str:
    return render_human(check_source(source), {source.name: source}, color=False, width=100)


@pytest.mark.parametrize("code", PAGES)
def test_wrong_example_is_told(code: str, update_golden: bool) -> None:
    source = Source(f"{code}.awm", read_page(code).wrong)
    found = check_source(source)
    told = {d.code for d in found if d.is_error} or {d.code for d in found} - (ASIDE - {code})
    assert told == {code}, render_human(found, {source.name: source}, color=False, width=100)
    check_golden(CASES / "pages" / f"{code}.txt", rendered(source), update=update_golden)


@pytest.mark.parametrize("code", PAGES)
def test_right_example_is_sound(code: str) -> None:
    source = Source(f"{code}.awm", read_page(code).right)
    found = check_source(source)
    errors = [d for d in found if d.is_error]
    assert not errors, render_human(errors, {source.name: source}, color=False, width=100)
    assert code not in {d.code for d in found}


@pytest.mark.parametrize("path", HAND, ids=lambda p: p.stem)
def test_case(path: Path, update_golden: bool) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    check_golden(path.with_suffix(".txt"), rendered(source), update=update_golden)
