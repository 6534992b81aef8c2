"""Variants of a spec: other names, another order, other bounds, fewer tasks and invariants; each is valid if the
spec is, and each is another spec to the compiler.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from awmc.semantics.declare import plural_of, snake
from awmc.source import Source
from awmc.syntax import ast
from awmc.syntax.parse import parse
from awmc.syntax.tokens import Token, tokenize

_WORDS = (
    "Amber",
    "Birch",
    "Cedar",
    "Dune",
    "Elm",
    "Fern",
    "Grove",
    "Heath",
    "Isle",
    "Juniper",
    "Kelp",
    "Lake",
)
_BOUNDED = {"text", "int"}
_SEEDS = (ast.Seed, ast.Generate)


@dataclass(frozen=True, slots=True)
class _Names:
    """What is called something else. `rows`: the tools whose first parameter is named after their entity, and the old
    and new name of that.
    """

    names: dict[str, str]
    tools: dict[str, str]
    rows: dict[str, tuple[str, str]]
    prefix: str


def vary(text: str, number: int) -> str:
    """The variant of this number; 0 and up. The same arguments give the same text."""
    random = Random(number)
    spec, problems = parse(Source("", text))
    if problems:
        raise ValueError(f"a spec to vary must be sound: {problems[0].title}")
    chosen = _chosen(spec, random)
    renamed = _names(spec, text, number, random.choice(_WORDS))
    wider = random.randrange(1, 10)
    end, parts = 0, {}
    for item in spec.items:
        # What stands between two declarations belongs to the second.
        parts[id(item)] = text[end : item.span.end]
        end = item.span.end
    return "\n".join(_rewritten(parts[id(item)], renamed, wider) for item in chosen) + "\n"


def _chosen(spec: ast.Spec, random: Random) -> list[ast.Declaration]:
    """The declarations of a variant: in another order, seeds excepted, because rows are numbered in theirs; up to two
    tasks and one invariant are left out.
    """
    tasks = [item for item in spec.items if isinstance(item, ast.Task)]
    invariants = [item for item in spec.items if isinstance(item, ast.Invariant)]
    dropped = random.sample(tasks, min(random.randrange(3), len(tasks) - 1)) if tasks else []
    gone = {
        id(item) for item in [*dropped, *random.sample(invariants, min(random.randrange(2), len(invariants)))]
    }
    env = [item for item in spec.items if isinstance(item, ast.Env)]
    seeds = [item for item in spec.items if isinstance(item, _SEEDS)]
    others = [
        item for item in spec.items if not isinstance(item, (ast.Env, *_SEEDS)) and id(item) not in gone
    ]
    random.shuffle(others)
    return [*env, *others, *seeds]


def _names(spec: ast.Spec, text: str, number: int, prefix: str) -> _Names:
    names = {
        item.name.text: f"{item.name.text}_{number:04}" for item in spec.items if isinstance(item, ast.Env)
    }
    names |= {label: f"{label}_{prefix.lower()}" for label in _labels(spec, text)}
    nouns = {item.name.text: _nouns(item, prefix) for item in spec.items if isinstance(item, ast.Entity)}
    tools: dict[str, str] = {}
    rows: dict[str, tuple[str, str]] = {}
    for block in spec.items:
        if not isinstance(block, ast.Tools):
            continue
        old, new = nouns[block.entity.text]
        for item in block.items:
            kind = item.kind.text
            noun = 1 if kind == "list" else 0
            name = item.alias.text if item.alias else f"{kind}_{old[noun]}"
            if item.alias is None:
                tools[name] = f"{kind}_{new[noun]}"
            if kind in ("get", "update", "delete"):
                rows[name] = old[0], new[0]
    return _Names(names, tools, rows, prefix)


def _nouns(entity: ast.Entity, prefix: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Singular and plural in derived tools, before and after."""
    for attribute in entity.attributes:
        if attribute.name.text == "names":
            said = [arg.value.name for arg in attribute.args if isinstance(arg.value, ast.Ref)]
            return (said[0], said[1]), (said[0], said[1])
    old, new = snake(entity.name.text), snake(prefix + entity.name.text)
    return (old, plural_of(old)), (new, plural_of(new))


def _labels(spec: ast.Spec, text: str) -> set[str]:
    """The labels of seeds that are names of nothing else."""
    labels = {
        row.label.text
        for item in spec.items
        if isinstance(item, ast.Seed)
        for row in item.rows
        if row.label is not None
    }
    for item in spec.items:
        tokens = [token for token in tokenize(text[item.span.start : item.span.end]) if token.kind == "NAME"]
        if isinstance(item, ast.Task):
            # Here a name is new only where something is named.
            words = [token.text for token in tokens]
            labels -= {new for word, new in pairwise(words) if word in ("let", "for", "as")}
            labels.discard(item.name.text)
        elif not isinstance(item, (ast.Env, *_SEEDS)):
            labels -= {token.text for token in tokens}
    return labels


def _rewritten(text: str, renamed: _Names, wider: int) -> str:
    tokens = tokenize(text)
    written = []
    end = 0
    row: tuple[str, str] | None = None
    for at, token in enumerate(tokens):
        if token.kind == "NAME" and tokens[at + 1].text == "(":
            row = renamed.rows.get(token.text)
        new = _new_text(tokens, at, row, renamed, wider)
        if row is not None and token.text == ")":
            row = None
        written += [text[end : token.start], new]
        end = token.end
    return "".join(written).strip("\n") + "\n"


def _new_text(tokens: list[Token], at: int, row: tuple[str, str] | None, renamed: _Names, wider: int) -> str:
    token = tokens[at]
    text = token.text
    before = tokens[at - 1].text if at else ""
    match token.kind:
        case "TYPE":
            return renamed.prefix + text
        case "STRING":
            inner = re.sub(r"\{[^{}]+\}", lambda found: _rewritten(found[0], renamed, 0).strip(), text)
            return inner.replace("@example.com", f"@{renamed.prefix.lower()}.example.com")
        case "INT" if wider and before == ".." and tokens[at + 1].text != "." and _is_bounded(tokens, at - 2):
            return str(int(text) + wider)
        case "NAME" if before == ".":
            return text
        case "NAME" if tokens[at + 1].text == "(":
            return renamed.tools.get(text, text)
        case "NAME" if (
            row is not None and before in ("(", ",") and tokens[at + 1].text == ":" and text == row[0]
        ):
            return row[1]
        case "NAME":
            return renamed.names.get(text, text)
    return text


def _is_bounded(tokens: list[Token], at: int) -> bool:
    """Whether what ends here is a type whose range may be widened, and the lower bound of one, if any."""
    while at and tokens[at].kind in ("INT", "OPTIONAL"):
        at -= 1
    return tokens[at].text in _BOUNDED
