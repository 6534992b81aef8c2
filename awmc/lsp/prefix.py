"""A declaration that is being typed, finished: what stands before the cursor, a name in its place, and the fewest
tokens that make a declaration of it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from awmc.syntax.cut import CLOSERS
from awmc.syntax.expected import accepted
from awmc.syntax.grammar import END, tables
from awmc.syntax.lalr import Parse
from awmc.syntax.tokens import WRONG, Token, tokenize

MARK = "zz_cursor"
"""The name that stands in the cursor's place."""

_FARTHEST = 4
_MENDS = 6
# What may stand in for what is missing, the likeliest first. What belongs together is one step, lest something shorter
# change what stands before it.
_PHRASES = (
    "x", '""', "X", 'else x ""', "then x else x", "else x", "1", ":", "=", "set x = x", "with x", "by x", "->",
    "{", "(", "}", ")", "]", "in x",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prefix:
    """`accepted`: the terminals that may stand at the cursor; `text`: the finished declaration with MARK in it, None
    where no name can stand there; `open`: the brackets that are open before the cursor.
    """

    accepted: frozenset[str]
    text: str | None
    open: tuple[Token, ...]


def read_prefix(text: str, start: str = "item", mark: str = MARK) -> Prefix | None:
    """What the beginning of a declaration (with `start="query"`: of an expression) goes on with; None where it is too
    broken to tell. Without a `mark` the text is finished as it is.
    """
    tokens = [token for token in tokenize(text)[:-1] if token.kind != WRONG]
    for _ in range(_MENDS):
        parse = Parse(start)
        at = parse.run(tokens)
        if at == len(tokens):
            break
        tokens = _without_line(text, tokens, at)
        if not tokens:
            return None
    else:
        return None
    opened = _open(tokens)
    return Prefix(accepted(parse), _finished(text, tokens, parse, opened, mark), opened)


def read_filled(text: str, quote: int) -> Prefix | None:
    """The same for a declaration that ends inside a text, which begins at `quote`: of the expression in its braces.
    None where no brace is open.
    """
    inner = text[quote + 1 :].replace("{{", "  ")
    brace = inner.rfind("{")
    if brace < 0 or inner.rfind("}") > brace:
        return None
    expression = read_prefix(inner[brace + 1 :], "query")
    if expression is None or expression.text is None or '"' in expression.text:
        return None
    head = text[: quote + 1 + brace + 1]
    around = read_prefix(f'{head}{expression.text}}}"', mark="")
    return Prefix(expression.accepted, around.text if around is not None else None, expression.open)


def _without_line(text: str, tokens: list[Token], at: int) -> list[Token]:
    """The tokens but for those of the line on which a parse stopped, or, at its first token, of the line before."""
    stopped = text.count("\n", 0, tokens[at].start)
    lines = [text.count("\n", 0, token.start) for token in tokens]
    first = lines.index(stopped)
    if at == first and first:
        stopped = lines[first - 1]
    kept = [token for token, line in zip(tokens, lines, strict=True) if line != stopped]
    return kept if len(kept) < len(tokens) and lines[0] != stopped else []


def _open(tokens: list[Token]) -> tuple[Token, ...]:
    stack: list[Token] = []
    for token in tokens:
        if token.kind == "STRING":
            continue
        if token.text in CLOSERS:
            stack.append(token)
        elif stack and CLOSERS[stack[-1].text] == token.text:
            stack.pop()
    return tuple(stack)


def _finished(
    text: str, tokens: list[Token], parse: Parse, opened: tuple[Token, ...], mark: str
) -> str | None:
    states = _step(list(parse.states), mark, parse.last) if mark else list(parse.states)
    if states is None:
        return None
    words: list[str] = []
    for token in reversed(opened):
        found = _reach(states, CLOSERS[token.text], parse.last)
        if found is None:
            return None
        states, added = found
        words += added
    found = _reach(states, END, parse.last)
    if found is None:
        return None
    # Only what was parsed is kept: what was left out of a mistaken line is blank.
    kept = [" "] * len(text)
    for place, char in enumerate(text):
        if char == "\n":
            kept[place] = char
    for token in tokens:
        kept[token.start : token.end] = text[token.start : token.end]
    return f"{''.join(kept)}{mark} {' '.join([*words, *found[1][:-1]])}"


def _reach(states: list[int], goal: str, last: int) -> tuple[list[int], list[str]] | None:
    """The fewest words after which the goal can stand, the goal last, and the states behind it."""
    queue: deque[tuple[list[int], list[str]]] = deque([(states, [])])
    seen: set[tuple[int, ...]] = set()
    while queue:
        at, words = queue.popleft()
        done = _step(list(at), goal, last)
        if done is not None:
            return done, [*words, goal]
        if len(words) == _FARTHEST:
            continue
        for phrase in _PHRASES:
            after: list[int] | None = list(at)
            for word in phrase.split():
                after = _step(after, word, last) if after is not None else None
            if after is not None and (key := tuple(after)) not in seen:
                seen.add(key)
                queue.append((after, [*words, phrase]))
    return None


def _step(states: list[int], word: str, last: int) -> list[int] | None:
    """The stack of states behind a word; the stack that is given is used up."""
    all_ = tables()
    kind = END if word == END else tokenize(word)[0].kind
    if word in all_.keywords:
        keyword = all_.keywords[word]
        kind = keyword if keyword in all_.actions[states[-1]] else "NAME"
    while True:
        action = all_.actions[states[-1]].get(kind)
        if action is None:
            return None
        if action >= 0:
            states.append(action)
            return states
        rule = all_.rules[~action]
        if rule.size:
            del states[-rule.size :]
        states.append(all_.gotos[states[-1]][rule.origin])
        if kind == END and states[-1] == last:
            return states
