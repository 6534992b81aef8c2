"""Walking and rewriting the nodes of the IR, and what there is to know of an expression before it is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct, structs

from awmc.ir import nodes
from awmc.ir.below import BELOW

_EMPTY: frozenset[str] = frozenset()


def walk(node: Any) -> Iterator[Any]:
    """A node and all nodes below it, parents first, in the order of the text."""
    stack = [node]
    while stack:
        current = stack.pop()
        if type(current) is tuple:
            stack.extend(reversed(current))
        elif (names := BELOW[type(current)]) is not None:
            yield current
            stack.extend([getattr(current, name) for name in reversed(names)])


def rewrite(node: Any, change: Callable[[Any], Any]) -> Any:
    """The node with `change` put in place of what it answers other than None for; what it puts in is not looked
    into."""
    if type(node) is tuple:
        found = tuple(rewrite(item, change) for item in node)
        return node if all(new is old for new, old in zip(found, node, strict=True)) else found
    names = BELOW[type(node)]
    if names is None:
        return node
    put = change(node)
    if put is not None:
        return put
    changed = {}
    for name in names:
        old = getattr(node, name)
        new = rewrite(old, change)
        if new is not old:
            changed[name] = new
    return structs.replace(node, **changed) if changed else node


class Facts(Struct, frozen=True):
    """Of an expression.

    `reads`: its value depends on stored rows. `asks`: it holds what SQL has no terms for (`old`, a
    generator). `lists`: it queries a list that depends on no stored row. `locals`, `variables`, `bound`: the
    names of the locals it reads, of the variables, and of those that its queries bind.
    """

    reads: bool = False
    asks: bool = False
    lists: bool = False
    locals: frozenset[str] = _EMPTY
    variables: frozenset[str] = _EMPTY
    bound: frozenset[str] = _EMPTY

    @property
    def free(self) -> frozenset[str]:
        """The variables that a query around the expression binds."""
        return self.variables - self.bound


_READS = (nodes.EntitySource, nodes.LinkSource, nodes.Column)
_ASKS = (nodes.Old, nodes.Generator)
_OWN = (*_READS, *_ASKS, nodes.ListSource, nodes.From)
_NOTHING = Facts()


class FactBook:
    """Finds the facts of expressions, each part once. Parts are told apart by identity, and kept so that they stay."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Facts]] = {}

    def of(self, node: Any) -> Facts:
        known = self._known.get(id(node))
        if known is not None:
            return known[1]
        found = self._find(node)
        self._known[id(node)] = (node, found)
        return found

    def _find(self, node: Any) -> Facts:
        if isinstance(node, nodes.Local):
            return Facts(locals=frozenset((node.name,)))
        if isinstance(node, nodes.Var):
            return Facts(variables=frozenset((node.name,)))
        inner = [facts for child in _children(node) if (facts := self.of(child)) is not _NOTHING]
        if len(inner) < 2 and not isinstance(node, _OWN):
            return inner[0] if inner else _NOTHING
        reads = isinstance(node, _READS) or any(facts.reads for facts in inner)
        return Facts(
            reads=reads,
            asks=isinstance(node, _ASKS) or any(facts.asks for facts in inner),
            lists=(isinstance(node, nodes.ListSource) and not reads) or any(facts.lists for facts in inner),
            locals=_EMPTY.union(*(facts.locals for facts in inner)),
            variables=_EMPTY.union(*(facts.variables for facts in inner)),
            bound=_EMPTY.union(
                *(facts.bound for facts in inner), (node.alias,) if isinstance(node, nodes.From) else ()
            ),
        )


def _children(node: Any) -> Iterator[Any]:
    for name in BELOW[type(node)] or ():
        value = getattr(node, name)
        if type(value) is tuple:
            yield from value
        elif value is not None:
            yield value
