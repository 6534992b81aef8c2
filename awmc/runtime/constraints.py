"""What a broken constraint of the database means to the agent."""

from __future__ import annotations

import re
from collections.abc import Sequence

import apsw

from awmc.runtime.errors import Refused
from awmc.runtime.tables import Column, Table, Tables

UNIQUE = frozenset({apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY})

_BEYOND = frozenset({apsw.SQLITE_CONSTRAINT_NOTNULL, apsw.SQLITE_CONSTRAINT_DATATYPE})

_FAILED = re.compile(r"[A-Z ]+ constraint failed: (?:index '(?P<index>.+)'|(?P<what>.+))", re.DOTALL)


def code_of(error: apsw.ConstraintError) -> int:
    """SQLite's extended result code; apsw sets it on each error, though its types do not say so."""
    code: int = vars(error)["extendedresult"]
    return code


def refusal(error: apsw.ConstraintError, tables: Tables) -> Refused | None:
    """The refusal that a broken constraint stands for; None for all that no spec can break."""
    if code_of(error) == apsw.SQLITE_CONSTRAINT_FOREIGNKEY:
        return Refused("not_found", "A row that would be referred to is there no more.")
    if code_of(error) in _BEYOND:
        return _beyond(str(error).rpartition(" ")[2], tables)
    failed = _FAILED.fullmatch(str(error))
    if failed is None:
        return None
    if code_of(error) in UNIQUE:
        return _conflict(failed["index"] or "", failed["what"] or "", tables)
    if code_of(error) == apsw.SQLITE_CONSTRAINT_CHECK:
        return _check_failed(failed["what"] or failed["index"], tables)
    return None


def is_overflow(error: Exception) -> bool:
    """Whether SQLite's own sum of ints went beyond 64 bits."""
    return isinstance(error, apsw.SQLError) and str(error) == "integer overflow"


def out_of_bounds() -> Refused:
    """The refusal of a call in which a value came up that cannot be held."""
    return Refused(
        "invalid_arguments", "With these arguments a number, a moment or a text would be out of all bounds."
    )


def conflicting_table(error: apsw.ConstraintError, tables: Tables) -> str:
    """The table whose unique key was broken."""
    failed = _FAILED.fullmatch(str(error))
    assert failed is not None
    if failed["index"]:
        return next(table.name for table in tables if failed["index"] in (table.uniques or {}))
    return str(failed["what"]).partition(".")[0]


def _conflict(index: str, what: str, tables: Tables) -> Refused | None:
    if index:
        table = next((table for table in tables if index in (table.uniques or {})), None)
        columns = (table.uniques or {})[index] if table else ()
    else:
        parts = [part.partition(".") for part in what.split(", ")]
        table, columns = tables.by_name.get(parts[0][0]), tuple(column for _, _, column in parts)
    return None if table is None else Refused("conflict", conflict_message(table, columns))


def conflict_message(table: Table, columns: Sequence[str]) -> str:
    """What is said where a row has the key of another."""
    fields = [table.column(name).field for name in columns]
    named = fields[0] if len(fields) == 1 else f"{', '.join(fields[:-1])} and {fields[-1]}"
    return f"{with_article(table.entity, 'A')} with this {named} already exists."


def in_use_message(entity: str, tables: Tables) -> str:
    """What is said where a row is referred to that would be deleted."""
    users = " or ".join(map(with_article, tables.referrers(entity)))
    return f"This {entity} cannot be deleted: {users} refers to it."


def column_message(table: Table, column: Column, constraint: str) -> str:
    """What is said where a value is not what its column allows (`Column.allowed`)."""
    return f"The {column.field} of {with_article(table.entity)} {column.allowed(constraint)}."


def _beyond(column: str, tables: Tables) -> Refused | None:
    """A value too large to be stored, or null, which stands for a result out of all bounds."""
    name, _, of = column.rpartition(".")
    table = tables.by_name.get(name)
    if table is None:
        return None
    field = table.column(of).field
    return Refused(
        "invalid_arguments", f"The {field} of {with_article(table.entity)} would be out of all bounds."
    )


def _check_failed(name: str, tables: Tables) -> Refused:
    for table in tables:
        if table.checks and name in table.checks:
            return Refused("check_failed", table.checks[name])
        column = _checked_column(name, table)
        if column is not None:
            return Refused("check_failed", column)
    return Refused("check_failed", f"A row would break {name}.")


def _checked_column(name: str, table: Table) -> str | None:
    """The words for a constraint `<table>_<column>_<what it holds>`."""
    of, _, constraint = name.rpartition("_")
    for column in table.columns:
        if of == f"{table.name}_{column.name}":
            return column_message(table, column, constraint)
    return None


def with_article(noun: str, article: str = "a") -> str:
    """`a Slot`, `an Order`; with the article "A", `An Order`."""
    return f"{article}{'n' if noun[0] in 'AEIOU' else ''} {noun}"
