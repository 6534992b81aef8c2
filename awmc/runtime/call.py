"""What a tool's function works with: the database, the instant and the actor of one call."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import apsw

from awmc.runtime import arguments, constraints
from awmc.runtime.definition import NOTHING, Invariant, Json, Rows
from awmc.runtime.errors import Refused
from awmc.runtime.limits import Stopwatch
from awmc.runtime.tables import Key, Tables
from awmc.runtime.values import Kind, Stored

_UNIQUE_INDEXES = """
SELECT name, sql FROM sqlite_schema
WHERE type = 'index' AND tbl_name = ? AND sql LIKE 'CREATE UNIQUE%'
"""


_encode = json.JSONEncoder(ensure_ascii=False).encode


def _as_json(cursor: apsw.Cursor, place: int, value: Any) -> str:
    """A list or a record, as statements take it."""
    return _encode(value)


class Call:
    """The call that a session is in.

    `now`: its instant. `me`: the key of the actor's row, or None. Statements have named parameters: `:now`
    and `:me` are bound by themselves, the others by keyword; a list or a record is bound as JSON.
    One-column results are meant.
    """

    __slots__ = ("_execute", "_unwatched", "connection", "ended", "me", "now", "tables")

    def __init__(self, connection: apsw.Connection, tables: Tables, me: Key | None) -> None:
        self.connection = connection
        self.tables = tables
        self.me: Any = me
        self.now = ""
        self.ended = False
        # Each statement is read to its end at once, so that one cursor serves them all.
        connection.convert_binding = _as_json
        self._unwatched = connection.cursor().execute
        self._execute = self._unwatched

    def watch(self, stopwatch: Stopwatch) -> None:
        """From now on each statement looks at the time before it runs."""
        self._execute = stopwatch.watched(self._unwatched)

    # ---- One transaction

    def begin(self) -> None:
        """From here on all can be undone."""
        self._unwatched("SAVEPOINT tool_call")

    def commit(self) -> None:
        """What was done stays."""
        self._unwatched("RELEASE tool_call")

    def undo(self) -> None:
        """As it was at `begin`."""
        if self.connection.in_transaction:
            self._unwatched("ROLLBACK TO tool_call")
            self._unwatched("RELEASE tool_call")

    # ---- Reading
    # The instant and the actor are put among the values in each of these, not in one place: a call runs some ten
    # statements, and a function more for each is felt.

    def test(self, sql: str, /, **values: Any) -> bool:
        """Whether the one value is true."""
        values["now"], values["me"] = self.now, self.me
        return bool(self._execute(sql, values).get)

    def value(self, sql: str, /, **values: Any) -> Any:
        """The one value in storage form; None where it is null or there is no row."""
        values["now"], values["me"] = self.now, self.me
        return self._execute(sql, values).get

    def rows(self, sql: str, /, **values: Any) -> list[Any]:
        """The keys or values, in order."""
        values["now"], values["me"] = self.now, self.me
        return [value for (value,) in self._execute(sql, values)]

    def record(self, sql: str, /, **values: Any) -> Any:
        """A record (dict) or a list from the one value, a JSON text; None where it is null."""
        values["now"], values["me"] = self.now, self.me
        text = self._execute(sql, values).get
        return None if text is None else json.loads(text)

    def records(self, sql: str, /, **values: Any) -> list[Any]:
        """Records or lists from JSON texts, in order."""
        values["now"], values["me"] = self.now, self.me
        return [json.loads(text) for (text,) in self._execute(sql, values)]

    def json(self, sql: str, /, **values: Any) -> Json:
        """A result on the wire, as the statement writes it; for a row or a record that is not there, a null
        value."""
        values["now"], values["me"] = self.now, self.me
        return self._execute(sql, values).get or NOTHING

    # ---- Writing

    def execute(self, sql: str, /, **values: Any) -> None:
        """Runs a statement without a result: links of many-to-many relations."""
        values["now"], values["me"] = self.now, self.me
        self._execute(sql, values).get  # noqa: B018 - reads to the end

    def insert(self, sql: str, /, **values: Any) -> Any:
        """Inserts a row and gives its key."""
        values["now"], values["me"] = self.now, self.me
        return self._execute(sql, values).get

    def update(self, sql: str, /, **values: Any) -> None:
        """Updates rows. Unique keys must hold when the statement ends, though SQLite checks them row by
        row.
        """
        values["now"], values["me"] = self.now, self.me
        try:
            self._execute(sql, values).get  # noqa: B018
        except apsw.ConstraintError as error:
            if constraints.code_of(error) != apsw.SQLITE_CONSTRAINT_UNIQUE:
                raise
            self._update_before_keys(constraints.conflicting_table(error, self.tables), sql, values)

    def _update_before_keys(self, table: str, sql: str, values: dict[str, Any]) -> None:
        """Updates with the unique indexes put aside; making them again is the check. A failure rolls back
        the call, and with it the indexes.
        """
        indexes = self._execute(_UNIQUE_INDEXES, (table,)).fetchall()
        for name, _ in indexes:
            quoted = str(name).replace('"', '""')
            self._execute(f'DROP INDEX "{quoted}"')
        self._execute(sql, values).get  # noqa: B018
        for _, create in indexes:
            self._execute(str(create))

    def delete(self, entity: str, sql: str, /, **values: Any) -> None:
        """Deletes rows of an entity. Refuses (`in_use`) where another row refers to one of them."""
        values["now"], values["me"] = self.now, self.me
        try:
            self._execute(sql, values).get  # noqa: B018
        except apsw.ConstraintError as error:
            if constraints.code_of(error) != apsw.SQLITE_CONSTRAINT_FOREIGNKEY:
                raise
            raise Refused("in_use", constraints.in_use_message(entity, self.tables)) from None

    def check_moves(self, entity: str, column: str, sql: str, /, **values: Any) -> None:
        """Refuses (`illegal_move`) where the statement gives rows: a key, and the state that it may not
        leave so.
        """
        values["now"], values["me"] = self.now, self.me
        first = self._execute(sql, values).fetchone()
        if first is None:
            return
        self._execute("SELECT 1").fetchall()
        key, state = first
        table = self.tables.by_entity[entity]
        found = table.column(column)
        targets = (found.moves or {}).get(str(state), ())
        allowed = f"may only become {' or '.join(targets)}" if targets else "cannot change any more"
        raise Refused(
            "illegal_move", f"The {found.field} of {entity} {table.wire_key(key)} is {state}: it {allowed}."
        )

    # ---- Refusing

    def refuse(self, code: str, message: str) -> NoReturn:
        """Ends the call with an error."""
        raise Refused(code, message)

    def check_row(self, rows: Rows, key: Key | None) -> None:
        """Refuses (`not_found`) a key that names no row, or none in the scope that is asked for."""
        if key is None:
            return
        if self._execute(rows.sql, {"key": key, "now": self.now, "me": self.me}).get is None:
            table = self.tables.by_entity[rows.entity]
            raise Refused(
                "not_found", f"There is no {rows.entity} with {table.key[0]} {table.wire_key(key)}."
            )

    def check(self, invariant: Invariant) -> None:
        """Refuses (`invariant_violated`) where an invariant does not hold."""
        if self._execute(invariant.sql, {"now": self.now, "me": self.me}).get is not None:
            raise Refused("invariant_violated", invariant.about)

    def check_range(self, name: str, value: Stored, low: Any, high: Any, kind: Kind = "int") -> None:
        """Refuses (`invalid_arguments`) an argument that a tool passes on, out of its range."""
        arguments.check_range(name, value, low, high, kind)

    def check_length(self, name: str, value: Any, low: int | None, high: int | None) -> None:
        """The same for the length of a text or a list."""
        arguments.check_length(name, value, low, high)

    def check_match(self, name: str, value: str | None, pattern: str) -> None:
        """The same for the pattern of a text."""
        arguments.check_match(name, value, pattern)
