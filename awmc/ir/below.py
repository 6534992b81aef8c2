"""Which fields of a node lead to further nodes: what walks over the IR without looking at the rest."""

from __future__ import annotations

import re
from typing import Final

from awmc.ir import nodes

_LEAVES = frozenset({nodes.Node, nodes.Type, nodes.TypeField, nodes.Place, nodes.Duration})
_NODES = (
    {"Expr", "Source", "Statement", "Seed"} | {kind.__name__ for kind in nodes.Node.__subclasses__()}
) - {leaf.__name__ for leaf in _LEAVES}
_WORD = re.compile(r"\w+")


class _Below(dict[type, tuple[str, ...] | None]):
    def __missing__(self, kind: type) -> tuple[str, ...] | None:
        found = None
        if issubclass(kind, nodes.Node) and kind not in _LEAVES:
            said = {n: t for base in kind.__mro__ for n, t in vars(base).get("__annotations__", {}).items()}
            found = tuple(
                name for name in kind.__struct_fields__ if not _NODES.isdisjoint(_WORD.findall(said[name]))
            )
        self[kind] = found
        return found


BELOW: Final = _Below()
"""By the type of a value, the fields that may hold nodes or tuples of them; None where it is no node. Types, places
and durations do not count as nodes: they are leaves, as plain values are.
"""
