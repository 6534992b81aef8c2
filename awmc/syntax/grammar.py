"""The LALR tables, made by Lark from `grammar/awm.lark`.

Making them takes about a second, and importing Lark a tenth of one, so they are kept as JSON in the user's cache
folder, under a name that changes with the grammar and this form; without a writable cache they are made each time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awmc.resources import cache_dir, grammar_text

if TYPE_CHECKING:
    import lark

STARTS = ("start", "item", "query")
END = "$END"
"""The terminal behind the last token."""

_FORM = 2


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a reduction needs it: how many values it takes off the stack, and which of them it keeps.

    `inline`: what it keeps goes into the tree above. `passes`: it keeps one value and stands for it.
    """

    origin: str
    size: int
    kept: tuple[int, ...]
    inline: bool
    passes: bool


@dataclass(frozen=True, slots=True)
class Tables:
    """What the parser runs on.

    `actions[state][terminal]` is the state to shift to, or `~rule` to reduce by; `gotos[state][nonterminal]` the state
    after a reduction. `starts` and `ends` hold the first and the last state of each start rule. `patterns` are the
    regular expressions of terminals, `keywords` and `signs` the names of terminals by their text, `texts` the reverse.
    """

    actions: list[dict[str, int]]
    gotos: list[dict[str, int]]
    rules: list[Rule]
    starts: dict[str, int]
    ends: dict[str, int]
    patterns: dict[str, str]
    keywords: dict[str, str]
    signs: dict[str, str]
    texts: dict[str, str]


@cache
def tables() -> Tables:
    """The tables for the start rules `start` (a file), `item` (a declaration) and `query` (an expression)."""
    text = grammar_text()
    digest = hashlib.sha256(f"{_FORM}\n{text}".encode()).hexdigest()
    path = cache_dir() / f"tables-{digest[:32]}.json"
    try:
        return _decode(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        # Missing, unreadable, or written by a process that was killed: it is only a cache.
        encoded = _encode(build(text))
    _keep(json.dumps(encoded, separators=(",", ":")), path)
    return _decode(encoded)


def build(text: str, *, strict: bool = False) -> lark.Lark:
    """Lark's own parser of a grammar; `strict` refuses every conflict and every collision of terminals."""
    import lark

    return lark.Lark(
        text,
        parser="lalr",
        lexer="contextual",
        strict=strict,
        propagate_positions=True,
        maybe_placeholders=False,
        start=list(STARTS),
    )


def _encode(parser: lark.Lark) -> dict[str, Any]:
    from lark.grammar import Rule as LarkRule
    from lark.lexer import TerminalDef

    data, memo = parser.memo_serialize([TerminalDef, LarkRule])
    table = data["parser"]["parser"]
    symbols, states = table["tokens"], table["states"]
    nonterminals = {entry["origin"]["name"] for entry in memo.values() if entry["__type__"] == "Rule"}
    # Lark numbers states in the order of its sets; here they are numbered as they are reached.
    order = [table["start_states"][start] for start in STARTS]
    seen = set(order)
    rows: list[list[tuple[str, int, Any]]] = []
    for state in order:
        rows.append(
            sorted((symbols[symbol], reduces, arg) for symbol, (reduces, arg) in states[state].items())
        )
        reached = [arg for _, reduces, arg in rows[-1] if not reduces and arg not in seen]
        order += dict.fromkeys(reached)
        seen.update(reached)
    numbers = {state: number for number, state in enumerate(order)}
    rules: dict[int, int] = {}
    actions: list[dict[str, int]] = []
    gotos: list[dict[str, int]] = []
    for row in rows:
        actions.append({})
        gotos.append({})
        for name, reduces, arg in row:
            if reduces:
                actions[-1][name] = ~rules.setdefault(arg["@"], len(rules))
            else:
                (gotos if name in nonterminals else actions)[-1][name] = numbers[arg]
    terminals = [entry for entry in memo.values() if entry["__type__"] == "TerminalDef"]
    terminals.sort(key=lambda terminal: str(terminal["name"]))
    return {
        "actions": actions,
        "gotos": gotos,
        "rules": [_encode_rule(memo[number]) for number in rules],
        "starts": {start: numbers[table["start_states"][start]] for start in STARTS},
        "ends": {start: numbers[table["end_states"][start]] for start in STARTS},
        "patterns": {
            t["name"]: t["pattern"]["value"] for t in terminals if t["pattern"]["__type__"] == "PatternRE"
        },
        "texts": {
            t["name"]: t["pattern"]["value"] for t in terminals if t["pattern"]["__type__"] == "PatternStr"
        },
    }


def _encode_rule(rule: Mapping[str, Any]) -> list[Any]:
    """A rule as the values of `Rule`: what Lark's tree builder does with it, told beforehand."""
    name, expansion = rule["origin"]["name"], rule["expansion"]
    kept = [place for place, symbol in enumerate(expansion) if not symbol.get("filter_out")]
    inline = name.startswith("_")
    alone = len(kept) == 1 and (inline or rule["options"]["expand1"])
    # An inline rule whose one value is a list passes the list on, which comes to the same.
    return [name, len(expansion), kept, inline, alone]


def _decode(data: dict[str, Any]) -> Tables:
    texts: dict[str, str] = data["texts"]
    return Tables(
        actions=data["actions"],
        gotos=data["gotos"],
        rules=[
            Rule(name, size, tuple(kept), inline, alone) for name, size, kept, inline, alone in data["rules"]
        ],
        starts=data["starts"],
        ends=data["ends"],
        patterns=data["patterns"],
        keywords={text: name for name, text in texts.items() if text.isalpha()},
        signs={text: name for name, text in texts.items() if not text.isalpha()},
        texts=texts,
    )


def _keep(text: str, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        return
