"""The commonest mistakes, each with its mend, as their pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

from awmc.diagnostics.explain import read_page
from awmc.diagnostics.registry import lookup

Part = Literal["tools", "seeds", "tasks"]

COMMONEST: Final[Mapping[str, tuple[Part, ...]]] = {
    "AWM609": ("tasks",),
    "AWM613": ("tasks",),
    "AWM229": ("tools", "tasks"),
    "AWM305": ("tools", "tasks"),
    "AWM222": ("tools",),
    "AWM506": ("tools", "tasks"),
    "AWM422": ("tools",),
    "AWM024": ("tools", "seeds", "tasks"),
    "AWM332": ("seeds",),
    "AWM430": ("seeds",),
}
"""The codes, in the order they are shown in, and the steps in which they are made."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """`title` in the registry's words; the lines that are wrong, and those that stand in their place."""

    code: str
    title: str
    wrong: str
    right: str


def mistakes(part: Part | None = None) -> list[Mistake]:
    """All of them, or those of one step."""
    return [_mistake(code) for code, parts in COMMONEST.items() if part is None or part in parts]


def _mistake(code: str) -> Mistake:
    page = read_page(code)
    wrong, right = page.wrong.splitlines(), page.right.splitlines()
    removed: list[str] = []
    added: list[str] = []
    for tag, i, j, k, m in SequenceMatcher(None, wrong, right, autojunk=False).get_opcodes():
        if tag != "equal":
            removed += wrong[i:j]
            added += right[k:m]
    return Mistake(code, lookup(code).outline, _one_line(removed), _one_line(added))


def _one_line(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
