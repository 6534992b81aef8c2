"""Identifiers of SQLite: which must be quoted, and the nodes that hold them."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from sqlglot import expressions as exp

RESERVED: Final = frozenset({
    "add", "all", "alter", "and", "as", "autoincrement", "between", "case", "cast", "check", "collate",
    "commit", "constraint", "create", "current_date", "current_time", "current_timestamp", "default",
    "deferrable", "delete", "distinct", "drop", "else", "escape", "except", "exists", "false",
    "foreign", "from", "group", "having", "if", "in", "index", "insert", "intersect", "into", "is",
    "isnull", "join", "limit", "not", "nothing", "notnull", "null", "on", "or", "order", "primary",
    "raise", "references", "returning", "select", "set", "table", "then", "to", "transaction", "true",
    "union", "unique", "update", "using", "values", "when", "where",
})  # fmt: skip
"""The keywords that SQLite does not take as the name of a table, a column or an alias in every place."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@cache
def must_quote(name: str) -> bool:
    """Whether SQLite reads `name` as a name only in quotes."""
    return name.lower() in RESERVED or _PLAIN.fullmatch(name) is None


@cache
def identifier(name: str) -> exp.Identifier:
    """The identifier, in quotes where it needs them. One node stands for a name wherever a statement uses it: nothing
    looks from an identifier upwards, or changes one.
    """
    return exp.Identifier(this=name, quoted=must_quote(name))
