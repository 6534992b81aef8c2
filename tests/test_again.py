"""A check of nearly the text that was checked before does less, and says what a check from nothing says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awmc.diagnostics import Diagnostic
from awmc.oracle.solving import Solving
from awmc.pipeline import check_source, forget
from awmc.source import Source

CLINIC = (Path(__file__).resolve().parent.parent / "specs" / "clinic.awm").read_text(encoding="utf-8")

# What an edit puts in place of what; each by itself leaves a spec that can be run, if not one without mistakes.
EDITS = (
    ("env clinic", "# moved down\nenv clinic"),
    ("the reason is my chest pain", "the reason is chest pain"),
    ('reason: "chest pain"', 'reason: "a cold"'),
    ('where .reason contains "chest pain"', 'where .reason contains "cold"'),
    ('"That slot is taken."', '"Taken."'),
    ("update me set balance -= fee", "update me set balance -= 1.00"),
    ("require me.balance >= fee", "require me.balance < fee"),
    ("find_slots(doctor: min_by(doctors, .fee).id, limit: 1)", "find_slots(limit: 1)"),
    (
        "\ntask ",
        '\ntask twice "How much does a visit to Dr. Lee cost?" { solve { list_doctors() } answer lee.fee }\n\ntask ',
    ),
    ("clock 2026-03-02T08:00", "clock 2026-03-02T09:00"),
)


@pytest.fixture(autouse=True)
def _from_nothing() -> Iterator[None]:
    forget()
    yield
    forget()


def edited(edits: frozenset[int]) -> str:
    text = CLINIC
    for number in sorted(edits):
        old, new = EDITS[number]
        text = text.replace(old, new, 1)
    return text


def checked(text: str, world_seed: int) -> tuple[Diagnostic, ...]:
    return check_source(Source("clinic.awm", text), world_seed=world_seed)


def test_each_edit_changes_the_spec_and_some_what_is_said_of_it() -> None:
    specs = [edited(frozenset((number,))) for number in range(len(EDITS))]
    assert len({CLINIC, *specs}) == 1 + len(EDITS)
    assert {"AWM116", "AWM514", "AWM602", "AWM609"} <= {
        one.code for spec in specs for one in checked(spec, 0)
    }


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.frozensets(st.integers(0, len(EDITS) - 1), max_size=3), st.sampled_from((0, 0, 0, 7))),
        min_size=2,
        max_size=6,
    )
)
def test_what_was_checked_before_does_not_show(texts: list[tuple[frozenset[int], int]]) -> None:
    forget()
    found = [checked(edited(edits), seed) for edits, seed in texts]
    alone = []
    for edits, seed in texts:
        forget()
        alone.append(checked(edited(edits), seed))
    assert found == alone


def test_only_the_task_that_was_edited_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[str] = []
    reach = Solving.reach
    monkeypatch.setattr(Solving, "reach", lambda self: (solved.append(self.task.name), reach(self))[1])
    checked(CLINIC, 0)
    assert len(set(solved)) == 3
    solved.clear()
    checked(CLINIC, 0)
    assert solved == []
    checked(edited(frozenset((1,))), 0)
    assert solved == ["book_cheapest_cardiologist"]
