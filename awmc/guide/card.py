"""The grammar as a card: what is written in a spec, without what only the parser needs."""

from __future__ import annotations

import re
from functools import cache

from awmc.resources import grammar_text

SECTIONS = ("The world", "Types", "Tools", "Seeds", "Tasks", "Expressions and queries")
"""The headings of the grammar."""

# What the operators are made of is said beside the card, and so is how literals look.
_OPERATORS = frozenset(
    ("_or", "or", "_and", "and", "_not", "not", "_comparison", "compare", "within", "is_null", "_coalesce", "coalesce",
     "_sum", "sum", "_product", "product", "_unary", "negate", "_postfix", "attribute_of", "item_of", "if_given")
)  # fmt: skip
_LITERALS = frozenset(
    ("number", "time", "text", "moment", "duration", "true", "false", "null", "name", "entity_name")
)
_SIGN = re.compile(r'^([A-Z_]+): ("[^"]+")$', re.MULTILINE)
_RULE = re.compile(r"^[?]?([a-z_]+): (.+)$")
_LISTED = re.compile(r'(\w+|\([^()]*\)) \("," \1\)\*(?: ","\?)?')
_LONGEST = 60


@cache
def card(section: str) -> str:
    """The rules under a heading of the grammar, a line each: `x,+` is one or more with commas between, and rules of one
    use stand where they are used.
    """
    return "\n".join(f"{name}: {rule}" for name, rule in _sections()[section].items())


def comparisons() -> tuple[str, ...]:
    """The signs and words that compare two values."""
    signs = dict(_SIGN.findall(grammar_text()))
    found = re.search(r"^compare: _coalesce \((.+)\)", grammar_text(), re.MULTILINE)
    assert found is not None
    return tuple(signs[name].strip('"') for name in found[1].split(" | "))


@cache
def _sections() -> dict[str, dict[str, str]]:
    text = grammar_text()
    signs = dict(_SIGN.findall(text))
    found: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("// ----"):
            section = found.setdefault(line.strip("/- "), {})
        elif rule := _RULE.match(line):
            section[rule[1]] = re.sub(r"\b[A-Z_]{2,}\b", lambda name: signs.get(name[0], name[0]), rule[2])
    return _shortened({name: found[name] for name in SECTIONS})


def _shortened(sections: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    rules = {
        name: _LISTED.sub(r"\1,+", rule) for section in sections.values() for name, rule in section.items()
    }
    for name in _OPERATORS | _LITERALS:
        del rules[name]
    rules["_expr"] = "operators over atoms | condition"
    # Choices and what they choose from stay, as a table of contents does.
    kept = {name for name, rule in rules.items() if " | " in rule}
    kept |= set(re.findall(r"\w+", f"{rules['_statement']} {rules['_task_part']}"))
    while inlined := next(filter(None, (_inlined(name, rules) for name in rules if name not in kept)), None):
        rules = inlined
    return {
        heading: {
            name.lstrip("_"): re.sub(r"(?<!\w)_(?=[a-z])", "", rules[name])
            for name in section
            if name in rules
        }
        for heading, section in sections.items()
    }


def _inlined(name: str, rules: dict[str, str]) -> dict[str, str] | None:
    """The rules with one put where it is used, if it is short and used once."""
    rule = rules[name]
    uses = [(other, found) for other, text in rules.items() for found in re.findall(rf"\b{name}\b", text)]
    if len(uses) != 1 or uses[0][0] == name or len(rule) > _LONGEST:
        return None
    other = uses[0][0]
    bare = " " not in rule and rule[-1] not in "?*+"

    def put(found: re.Match[str]) -> str:
        return rule + found[1] if bare or not found[1] else f"({rule}){found[1]}"

    text = re.sub(rf"\b{name}\b(,\+|[?*+]|)", put, rules[other])
    return {key: text if key == other else value for key, value in rules.items() if key != name}
