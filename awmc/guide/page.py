"""The guide, whole or for one step, as Markdown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from awmc.emit.templates import render
from awmc.guide import card, words
from awmc.guide.mistakes import Part, mistakes
from awmc.semantics.declare import OFFERS
from awmc.semantics.effects import AUTOMATIC
from awmc.semantics.entities import ENTITY_ATTRIBUTES, FIELD_ATTRIBUTES
from awmc.semantics.functions import AGGREGATES, CONSTANT_NAMES, GENERATORS
from awmc.semantics.generators import FAKES
from awmc.semantics.types import SCALARS
from awmc.source import Source
from awmc.syntax import ast
from awmc.syntax.grammar import tables
from awmc.syntax.parse import parse

_EXAMPLES = Path(__file__).parent / "examples"

_TITLES: Final[dict[Part | None, str]] = {
    None: "How to write an AWM spec",
    "tools": "How to write the tools of an AWM spec",
    "seeds": "How to write the seeds of an AWM spec",
    "tasks": "How to write the tasks of an AWM spec",
}
_CARDS: Final[dict[Part | None, tuple[str, ...]]] = {
    None: card.SECTIONS,
    "tools": ("Types", "Tools", "Expressions and queries"),
    "seeds": ("Seeds", "Expressions and queries"),
    "tasks": ("Tasks", "Tools", "Expressions and queries"),
}
_SHOWN: Final[dict[Part, tuple[type[ast.Node], ...]]] = {
    "tools": (ast.Shape, ast.Fn, ast.Tools, ast.Tool),
    "seeds": (ast.Seed, ast.Generate),
    "tasks": (ast.Task,),
}
# A bug of awmc, which no spec meets by itself.
_UNSAID = "internal"


def guide(part: Part | None = None) -> str:
    """The guide as Markdown; `part`: for one step of writing a spec."""
    return re.sub(r"\n{3,}", "\n\n", render("guide.md.jinja", _data(part))).strip("\n") + "\n"


def example(name: str) -> Source:
    """`short` or `full`: a whole spec of the guide."""
    path = _EXAMPLES / f"{name}.awm"
    return Source(path.name, path.read_text(encoding="utf-8"))


def _data(part: Part | None) -> dict[str, object]:
    return {
        "part": part,
        "title": _TITLES[part],
        "heading": "A whole spec" if part is None else "An example, for a club that lends outdoor gear",
        "short": example("short").text,
        "full": _full(part),
        "card": "\n".join(card.card(section) for section in _CARDS[part]),
        "durations": " ".join(f"`2{unit}`" for unit in _units()),
        "types": " ".join(f"`{name}`" for name in SCALARS),
        "comparisons": " ".join(card.comparisons()),
        "constants": " ".join(f"`{name}`" for name in CONSTANT_NAMES),
        "offers": [words.OFFERS[name] for name in OFFERS],
        "attributes": [words.ATTRIBUTES[name] for name in FIELD_ATTRIBUTES],
        "entity_attributes": [words.ENTITY_ATTRIBUTES[name] for name in ENTITY_ATTRIBUTES],
        "functions": words.functions(),
        "aggregates": [words.AGGREGATES[name] for name in AGGREGATES],
        "generators": [words.GENERATORS[name] for name in GENERATORS],
        "fakes": " ".join(FAKES),
        "errors": [f"`{code}` ({words.ERRORS[code]})" for code in AUTOMATIC if code != _UNSAID],
        "mistakes": mistakes(part),
    }


def _full(part: Part | None) -> str:
    """The full example, or what it declares in one step."""
    source = example("full")
    if part is None:
        return source.text
    spec, _ = parse(source)
    shown = [item for item in spec.items if isinstance(item, _SHOWN[part])]
    blank = "\n" if part == "seeds" else "\n\n"
    return blank.join(source.text[item.span.start : item.span.end] for item in shown) + "\n"


def _units() -> list[str]:
    found = re.search(r"\(([a-z|]+)\)$", tables().patterns["DURATION"])
    assert found is not None
    return found[1].split("|")
