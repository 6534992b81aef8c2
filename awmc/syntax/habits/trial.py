"""Keywords found by trial: put in the place of a word, or before it, and parsed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from awmc.diagnostics import Fix, nearest, translate
from awmc.source import Span
from awmc.syntax.cut import HEADS, stands_for
from awmc.syntax.expected import accepted
from awmc.syntax.failure import Failure, Mend
from awmc.syntax.grammar import END, tables
from awmc.syntax.lalr import Parse
from awmc.syntax.tokens import Token, tokenize

_FAR = 800
"""How many tokens of a declaration tell what it is."""
_NEAR = 40
"""How far behind a mistake a keyword is tried out."""
_DECLARING = frozenset(["create", "define", "declare", "export", "public", "pub", "add"])
_STATEMENTS = ("return", "let", "require", "create", "update", "delete", "for", "if", "fail", "fails")


def reach(tokens: Sequence[Token], word: str, start: int, end: int) -> int:
    """How many of the tokens are parsed with `word` in place of those from `start` to `end`."""
    made = tokenize(word)[:-1]
    # A parse settles the kinds of the tokens that it is given.
    tried = [Token(each.kind, each.text, 0, 0, each.word) for each in (*tokens[:start], *made, *tokens[end:])]
    return Parse("item").run(tried) - len(made) + end - start


def meant_head(tokens: Sequence[Token]) -> tuple[str | None, int]:
    """The keyword with which tokens are a declaration, and how many of them it stands for, none where it is missing;
    None where no keyword makes sense of more than the head. `tokens` end with END.
    """
    second = translate(tokens[1].text, "declaration") if len(tokens) > 2 else None
    if second is not None and tokens[0].text.lower() in _DECLARING:
        return second, 2
    tokens = tokens[:_FAR]
    likely = stands_for(tokens[0])
    order = [likely, *HEADS] if likely is not None else list(HEADS)
    tried = [(reach(tokens, head, 0, 1), 1, head) for head in order]
    tried += [(reach(tokens, head, 0, 0), 0, head) for head in HEADS]
    if len(tokens) > 3 and tokens[0].text.isupper() and tokens[1].text.isupper():
        # `CREATE TABLE`
        tried += [(reach(tokens, head, 0, 2), 2, head) for head in order]
    best = max(found for found, _, _ in tried)
    whole = best == len(tokens)
    if not whole and likely is not None:
        return likely, 1
    if not whole and best < 4:
        return None, 0
    _, count, head = next(each for each in tried if each[0] == best)
    return head, count


def misspelt_keyword(failure: Failure) -> Mend | None:
    """`.score is nots null`, `Slot wher .free`: a word near a keyword that could stand in its place."""
    for place in (failure.at, failure.at - 1, failure.at - 2):
        if place < 1:
            break
        token = failure.tokens[place]
        if token.kind not in ("NAME", "TYPE") or token.word or _begins(failure, place):
            continue
        stopped = Parse("item")
        if (
            stopped.run([Token(each.kind, each.text, 0, 0, each.word) for each in failure.tokens[:place]])
            < place
        ):
            continue
        texts = tables().texts
        keywords = [texts[kind] for kind in accepted(stopped) if kind in texts and texts[kind].isalpha()]
        meant = nearest(token.text, keywords)
        near = failure.tokens[: failure.at + _NEAR]
        if meant is not None and reach(near, meant, place, place + 1) > max(failure.at, place + 1):
            fix = Fix(token.span, meant, f"write `{meant}`")
            said = failure.say("AWM041", token.start, token.end, word=token.text, written=meant, fixes=[fix])
            return Mend(said, place, place + 1, failure.written(meant, token))
    return None


def _begins(failure: Failure, place: int) -> bool:
    """Whether a word begins a line that is indented no more than the one before it, and so a part of its own."""
    token, before = failure.tokens[place], failure.tokens[place - 1]
    layout = failure.layout
    return layout.begins_line(token) and layout.indent(token.start) <= layout.indent(before.start)


def meant_statements(failure: Failure, place: int, end: int) -> list[str]:
    """The keywords with which the statement at `place`, up to `end`, could begin instead."""
    rest = [*failure.tokens[:end], Token(END, "", 0, 0)]
    return [word for word in _STATEMENTS if reach(rest, word, place, place + 1) >= end]


def joined(words: Iterable[str], last: str = "or") -> str:
    """`a`, `b` or `c`, each in backticks."""
    quoted = [f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


def head_fix(tokens: Sequence[Token], head: str, count: int) -> Fix:
    """The edit that puts a keyword in the place of so many words, or before the first one."""
    first = tokens[0]
    if count == 0:
        return Fix(Span.at(first.start), f"{head} ", f"write `{head} {first.text}`")
    return Fix(Span(first.start, tokens[count - 1].end), head, f"write `{head}`")
