"""Runs the LALR tables over tokens.

Lark's own driver builds a tree at each reduction, of which an expression has ten for every name in it, and hashes the
rule each time; this one takes a third of the time, needs no import of Lark, and lets go at an error with its stacks as
they are, so that a mistake can be mended and parsing goes on behind it.
"""

from __future__ import annotations

from msgspec import Struct

from awmc.source import Span
from awmc.syntax.grammar import Tables, tables
from awmc.syntax.tokens import Token


class Tree(Struct, eq=False):
    """What a rule was reduced to: its name, trees and tokens in it (signs and keywords left out), and its place."""

    data: str
    children: list[Tree | Token]
    start: int
    end: int

    def __repr__(self) -> str:
        return f"Tree({self.data}, {self.children})"

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


Value = Tree | Token | list[Tree | Token]
"""What stands on the stack beside a state: a list for rules that vanish into the tree above."""


class Parse:
    """A parse under way: a stack of states and, one shorter, the values and the places of what led to them."""

    __slots__ = ("ends", "last", "starts", "states", "tables", "values")

    def __init__(self, start: str) -> None:
        self.tables: Tables = tables()
        self.states = [self.tables.starts[start]]
        self.last = self.tables.ends[start]
        self.values: list[Value] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    @property
    def tree(self) -> Tree:
        """The tree of a parse that took all its tokens."""
        tree = self.values[0]
        assert isinstance(tree, Tree)
        return tree

    def run(self, tokens: list[Token], at: int = 0) -> int:
        """Takes tokens from the one at `at`; the place of the first that cannot stand there, or their number."""
        actions, gotos, rules = self.tables.actions, self.tables.gotos, self.tables.rules
        states, values, starts, ends, last = self.states, self.values, self.starts, self.ends, self.last
        state = states[-1]
        for index in range(at, len(tokens)):
            token = tokens[index]
            row = actions[state]
            if token.word:
                token.kind = token.word if token.word in row else "NAME"
            kind = token.kind
            while True:
                action = actions[state].get(kind)
                if action is None:
                    return index
                if action >= 0:
                    state = action
                    states.append(state)
                    values.append(token)
                    starts.append(token.start)
                    ends.append(token.end)
                    break
                rule = rules[~action]
                size = rule.size
                if size == 1 and rule.passes:
                    states.pop()
                elif size:
                    taken = values[-size:]
                    if rule.passes:
                        value = taken[rule.kept[0]]
                    else:
                        children: list[Tree | Token] = []
                        for place in rule.kept:
                            child = taken[place]
                            if type(child) is not list:
                                children.append(child)  # type: ignore[arg-type]
                            elif children:
                                children += child
                            else:
                                # The list was made for this place alone; long ones must not be copied at each step.
                                children = child
                        value = (
                            children if rule.inline else Tree(rule.origin, children, starts[-size], ends[-1])
                        )
                    del states[-size:], values[-size:]
                    if size > 1:
                        del starts[1 - size :]
                        del ends[-size:-1]
                    values.append(value)
                else:
                    place = token.start
                    values.append([] if rule.inline else Tree(rule.origin, [], place, place))
                    starts.append(place)
                    ends.append(place)
                state = gotos[states[-1]][rule.origin]
                states.append(state)
                if state == last and kind == "$END":
                    return len(tokens)
        return len(tokens)
