"""Where a parse stopped, as the rules of `habits` look at it, and what they answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from awmc.diagnostics import Diagnostic, diagnose
from awmc.source import Source, Span
from awmc.syntax.cut import Brackets, Layout
from awmc.syntax.expected import goes_on
from awmc.syntax.grammar import END, tables
from awmc.syntax.lalr import Parse
from awmc.syntax.tokens import Token, tokenize

_SIGNS = frozenset(["LBRACE", "COLON", "ASSIGN", "LPAR"])
"""What is missed at the end of a line, where nothing else could stand."""

BLOCK, ENTITY, ENV, TASK, TOOLS, SEED, OTHER = "block", "entity", "env", "task", "tools", "seed", ""

_STATEMENTS = ("require", "let", "return", "update", "delete", "for", "fail", "fails")
_TASK_PARTS = ("solve", "wrong", "user", "let", "free", "may", "ensure", "answer")
_ENV_PARTS = ("clock", "actor", "policy", "offer")


@dataclass(frozen=True, slots=True)
class Mend:
    """A mistake and what to read in its place: the tokens from `start` to `end` are replaced by `tokens`.

    `certain`: what was meant is known, so that what follows in the same statement is judged on its own.
    """

    diagnostic: Diagnostic
    start: int
    end: int
    tokens: tuple[Token, ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Unit:
    """The part of a declaration that a mistake stands in: a statement, a column, a row, a part of a task or an env. Its
    first token, the kind of list that it is in, and the place of the bracket around.
    """

    start: int
    kind: str
    bracket: int


@dataclass(slots=True)
class Failure:
    """A parse of a declaration that stopped at `tokens[at]`. `behind` is the first token behind the declaration."""

    source: Source
    layout: Layout
    tokens: list[Token]
    at: int
    parse: Parse
    accepted: frozenset[str]
    brackets: Brackets
    behind: Token
    _places: dict[int, int] = field(default_factory=dict)
    _starts: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, token in enumerate(self.tokens):
            self._places[id(token)] = place
            self._starts.setdefault(token.start, place)

    # ---- Tokens ----

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def back(self, steps: int) -> Token | None:
        """The token so many steps before the one at which the parse stopped."""
        return self.tokens[self.at - steps] if self.at >= steps else None

    def ahead(self, steps: int) -> Token:
        """The token so many steps behind it, the last one at most."""
        return self.tokens[min(self.at + steps, len(self.tokens) - 1)]

    def text(self, steps: int) -> str:
        """The text of the token so many steps away: negative before, positive behind; "" outside."""
        place = self.at + steps
        return self.tokens[place].text if 0 <= place < len(self.tokens) else ""

    def kind(self, steps: int) -> str:
        """Likewise its kind."""
        place = self.at + steps
        return self.tokens[place].kind if 0 <= place < len(self.tokens) else ""

    def place_of(self, token: Token) -> tuple[int, int]:
        """Where to tell that something else was expected than a token: at itself, or at the end of the line before,
        where it stands on a line of its own that cannot go on with that one.
        """
        before = self.back(1)
        if before is None or self.one_line(before, token) or token is not self.token:
            return token.start, token.end
        unit = self.unit()
        first = self.tokens[unit.start if unit is not None else 0]
        alone = len(self.accepted) == 1 and self.accepted <= _SIGNS
        if alone or (self.layout.indent(token.start) <= self.layout.indent(first.start) and unit is not None):
            complete = self.accepts("RBRACE", END) or (unit is not None and first is token)
            return (token.start, token.end) if complete else (before.end, before.end)
        return token.start, token.end

    def one_line(self, first: Token, second: Token) -> bool:
        """Whether two tokens stand on one line."""
        return self.layout.line(first.start) == self.layout.line(second.start)

    @property
    def head(self) -> str:
        """The word that the declaration begins with."""
        return self.tokens[0].text

    def closing(self, opened: int) -> int | None:
        """The place of the closing half of a bracket."""
        return self.brackets.pairs.get(opened)

    # ---- The grammar ----

    def accepts(self, *kinds: str) -> bool:
        """Whether any of these terminals could stand here."""
        return any(kind in self.accepted for kind in kinds)

    def accepts_text(self, text: str) -> bool:
        """Whether this sign or keyword could stand here."""
        return terminal(text) in self.accepted

    def could_go_on(self, *texts: str) -> bool:
        """Whether these signs and keywords, and then the token itself, could stand here."""
        kinds = [terminal(text) for text in texts]
        token = self.token
        return any(goes_on(self.parse, [*kinds, kind]) for kind in {token.word or token.kind, token.kind})

    # ---- Where it is ----

    def open_bracket(self) -> int | None:
        """The place of the innermost bracket that the parse has open."""
        for place in self._open():
            value = self.parse.values[place]
            if isinstance(value, Token):
                return self._places.get(id(value))
        return None

    def _open(self) -> Iterator[int]:
        """The places on the stack of the brackets that are open, the innermost first."""
        closed = 0
        for place in range(len(self.parse.values) - 1, -1, -1):
            value = self.parse.values[place]
            if not isinstance(value, Token):
                continue
            if value.kind in ("RPAR", "RSQB", "RBRACE"):
                closed += 1
            elif value.kind in ("LPAR", "LSQB", "LBRACE"):
                closed -= 1
                if closed < 0:
                    closed = 0
                    yield place

    def pending(self) -> list[Token]:
        """Keywords and signs of the unfinished statement or column, from its beginning."""
        unit = self.unit()
        start = self.tokens[unit.start].start if unit is not None else self.tokens[0].start
        return [value for value in self.parse.values if isinstance(value, Token) and value.start >= start]

    def unit(self) -> Unit | None:
        """The innermost unit around the mistake; None in the head of a declaration."""
        values, states, starts = self.parse.values, self.parse.states, self.parse.starts
        for place in self._open():
            value = values[place]
            if not (isinstance(value, Token) and value.kind == "LBRACE"):
                continue
            kind = self._list_kind(states[place + 1], value)
            if kind == OTHER:
                continue
            first = place + 1
            if first < len(values) and states[first + 1] in _list_states():
                first += 1
            start = self._starts.get(starts[first], self.at) if first < len(values) else self.at
            token = self.token
            if (
                "RBRACE" in self.accepted
                and token.text not in ("}", ")", "]")
                and self.layout.begins_line(token)
            ):
                # The one before it could end there.
                start = self.at
            return Unit(start, kind, self._places[id(value)])
        return None

    def _list_kind(self, state: int, opened: Token) -> str:
        row = tables().actions[state]
        if "RETURN" in row:
            return BLOCK
        if "SOLVE" in row:
            return TASK
        if "CLOCK" in row:
            return ENV
        if self.head == "entity" and tables().signs["@@"] in row:
            return ENTITY
        outermost = not any(
            isinstance(value, Token) and value.kind == "LBRACE" and value.start < opened.start
            for value in self.parse.values
        )
        if outermost and self.head == "tools":
            return TOOLS
        if outermost and self.head == "seed" and "STAR" not in [t.kind for t in self.tokens[:4]]:
            return SEED
        return OTHER

    def unit_end(self, unit: Unit, at: int | None = None) -> int:
        """The place of the token that begins the next unit, or that closes their list."""
        at = self.at if at is None else at
        close = self.closing(unit.bracket)
        last = close if close is not None else len(self.tokens) - 1
        depth = 0
        for place in range(unit.start, last):
            token = self.tokens[place]
            if place > unit.start and place >= at and depth <= 0 and self._begins_unit(place, unit):
                return place
            if token.kind == "STRING":
                continue
            if token.text in ("(", "[", "{") and place in self.brackets.pairs:
                depth += 1
            elif token.text in (")", "]", "}") and place not in self.brackets.unopened:
                depth -= 1
        return last

    def _begins_unit(self, place: int, unit: Unit) -> bool:
        """Whether a token begins the next unit of the same list."""
        if place >= len(self.tokens) - 1:
            return False
        kind, token, after = unit.kind, self.tokens[place], self.tokens[place + 1]
        first = self.layout.begins_line(token)
        if kind == BLOCK:
            if token.text in _STATEMENTS and after.text != ":":
                return first or self.tokens[place - 1].text == "}"
            if not first or token.kind == "STRING" or not (token.word or token.kind in ("NAME", "TYPE")):
                return False
            # Lines that go on with a statement are indented more than it.
            aligned = self.layout.indent(token.start) <= self.layout.indent(self.tokens[unit.start].start)
            return token.text in ("create", "if") or after.text == "(" or (aligned and token.text != "else")
        if kind == ENTITY:
            return first and (token.text == "@@" or (token.kind == "NAME" and after.text == ":"))
        if kind in (TASK, ENV):
            known = _TASK_PARTS if kind == TASK else _ENV_PARTS
            aligned = self.layout.indent(token.start) == self.layout.indent(self.tokens[unit.start].start)
            return first and (token.text in known or (token.kind == "NAME" and aligned))
        if kind == TOOLS:
            named = token.kind == "NAME" and token.text not in ("require", "else")
            return named and (first or self.tokens[place - 1].text == ",")
        return first

    # ---- Answers ----

    def say(self, code: str, start: int, end: int, **said: Any) -> Diagnostic:
        """A diagnostic on the characters from `start` to `end`."""
        return diagnose(code, Span(start, end), source=self.source.name, **said)

    def written(self, text: str, token: Token) -> tuple[Token, ...]:
        """The tokens of a text, all in the place of one that it is read for."""
        made = tokenize(text)[:-1]
        for piece in made:
            piece.start, piece.end = token.start, token.end
        return tuple(made)


@cache
def _list_states() -> frozenset[int]:
    """The states behind the units of a list that are complete: Lark names the rule of a repetition `__…`."""
    return frozenset(state for row in tables().gotos for rule, state in row.items() if rule.startswith("__"))


def terminal(text: str) -> str:
    """The terminal of a keyword or a sign."""
    return tables().keywords.get(text) or tables().signs[text]
