"""The page of a code: what it means, a spec that shows it and one that mends it.

The pages stand in `pages/<code>.md`: an explanation, then, where one spec can show the mistake, a `Wrong`
and a `Right` section of one block of `awm` each. Both are whole specs: the first has exactly this mistake,
the second none.
"""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

from msgspec import Struct

from awmc.diagnostics.registry import REGISTRY, Code, lookup

_PAGES = Path(__file__).parent / "pages"

_PAGE = re.compile(
    r"(?P<explanation>.+?)\n"
    r"(?:\n## Wrong\n\n```awm\n(?P<wrong>.+?)```\n\n## Right\n\n```awm\n(?P<right>.+?)```\n)?",
    re.DOTALL,
)


class Page(Struct, frozen=True):
    """The explanation in Markdown, and the two specs, `""` where no single spec can show the mistake."""

    explanation: str
    wrong: str
    right: str


def find_code(word: str) -> Code | None:
    """The code that is called `AWM203`, `awm203`, `203` or `unknown-field`."""
    word = word.strip().lower()
    for code in REGISTRY.values():
        if word in (code.code.lower(), code.code[3:], code.name):
            return code
    return None


def read_page(code: str) -> Page:
    """The page of a declared code."""
    text = (_PAGES / f"{lookup(code).code}.md").read_text(encoding="utf-8")
    match = _PAGE.fullmatch(text)
    if match is None:
        raise ValueError(f"the page of {code} is not an explanation with a wrong and a right spec")
    return Page(match["explanation"], match["wrong"] or "", match["right"] or "")


def explain(code: str) -> str:
    """The page of a declared code as text for a terminal."""
    declared, page = lookup(code), read_page(code)
    text = f"{declared.level}[{code}] {declared.name}: {declared.outline}\n\n{page.explanation}\n"
    if page.wrong:
        text += f"\nWrong:\n\n{indent(page.wrong, '    ')}\nRight:\n\n{indent(page.right, '    ')}"
    return text
