"""Walking and rewriting the nodes of the IR."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from awmc.ir import nodes

# Types hold no expressions, and places no nodes at all.
_LEAVES = (nodes.Type, nodes.Place, nodes.Duration)


_known_fields: dict[type, tuple[str, ...]] = {}


def _fields(kind: type) -> tuple[str, ...]:
    found = _known_fields.get(kind)
    if found is None:
        found = _known_fields[kind] = tuple(field.name for field in dataclasses.fields(kind))
    return found


def _is_node(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, _LEAVES)


def walk(node: Any) -> Iterator[Any]:
    """A node and all nodes below it, parents first, in the order of the text."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            stack.extend(reversed(current))
        elif _is_node(current):
            yield current
            stack.extend(getattr(current, name) for name in reversed(_fields(type(current))))


def rewrite(node: Any, change: Callable[[Any], Any]) -> Any:
    """The node with `change` put in place of what it answers other than None for; what it puts in is not
    looked into.
    """
    if isinstance(node, tuple):
        found = tuple(rewrite(item, change) for item in node)
        return node if all(new is old for new, old in zip(found, node, strict=True)) else found
    if not _is_node(node):
        return node
    put = change(node)
    if put is not None:
        return put
    changed = {}
    for name in _fields(type(node)):
        old = getattr(node, name)
        new = rewrite(old, change)
        if new is not old:
            changed[name] = new
    return dataclasses.replace(node, **changed) if changed else node


def free_variables(expr: nodes.Expr) -> dict[str, nodes.Var]:
    """The variables of an expression that no query within it binds."""
    bound = {source.alias for source in walk(expr) if isinstance(source, nodes.From)}
    return {
        found.name: found for found in walk(expr) if isinstance(found, nodes.Var) and found.name not in bound
    }


def reads_world(expr: nodes.Expr) -> bool:
    """Whether the value depends on stored rows."""
    return any(
        isinstance(node, (nodes.EntitySource, nodes.LinkSource, nodes.Column, nodes.Shaped))
        for node in walk(expr)
    )
