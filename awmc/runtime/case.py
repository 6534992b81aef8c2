"""What one task instance asks: the data of `verify.py`. Values are in storage form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from awmc.runtime.tables import Key
from awmc.runtime.values import Kind, Stored


@dataclass(frozen=True, slots=True)
class New:
    """The key of a row that the outcome creates: its place among `Outcome.created`."""

    row: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A datetime that came from the clock, as the outcome's own run set it."""

    at: str


@dataclass(frozen=True, slots=True)
class Timed:
    """A value that another instant changes, other than a moment: it must be set."""


Value = Stored | New | Moment | Timed


@dataclass(frozen=True, slots=True)
class Created:
    """A new row of `table`: all its columns but a numbered id and those that never count."""

    table: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Updated:
    """A row of the seeds that has changed: what the changed columns hold."""

    table: str
    key: Key
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Deleted:
    """A row of the seeds that is gone; of a many-to-many relation, the keys of both its ends."""

    table: str
    key: Key | tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A statement of one value, and what its parameters are. `:self`, `:now` and `:me` are bound by
    themselves.
    """

    sql: str
    values: Mapping[str, Stored] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A value that the message must state (`awmc.runtime.answers.Expected`).

    `value`: a constant in its wire form; the key of a new row; or a `Condition`, read in the world as the
    run leaves it (with `many` a list, as JSON). `form`: the format that the keys among these are written
    by.
    """

    kind: Kind
    value: Stored | Sequence[Stored] | New | Condition
    distractors: Sequence[Stored] = ()
    many: bool = False
    form: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One right end of a task. `calls`: how many its own run made."""

    calls: int
    created: Sequence[Created] = ()
    updated: Sequence[Updated] = ()
    deleted: Sequence[Deleted] = ()
    handoff: bool = False
    answer: Sequence[Answer] = ()


@dataclass(frozen=True, slots=True)
class Free:
    """These columns of the rows that the outcome made or changed may hold anything, or, with `where`,
    anything for which that holds of the row.
    """

    table: str
    columns: Sequence[str]
    where: Condition | None = None


@dataclass(frozen=True, slots=True)
class FreeLinks:
    """The same of a many-to-many relation: rows of `of` may be linked, in `table`, to any. `end`: the place
    of this row's key in the link's.
    """

    table: str
    of: str
    end: int
    where: Condition | None = None


@dataclass(frozen=True, slots=True)
class May:
    """More may be created, updated or deleted: the rows of `table` for which `where` holds (after the run;
    for deleted rows before it), and their links. `links`: of each many-to-many table, the place of this
    row's key in its own.
    """

    kind: Literal["create", "update", "delete"]
    table: str
    where: Condition | None = None
    links: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ensure:
    """What must hold after the run; `text` is how the spec says it."""

    text: str
    test: Condition


@dataclass(frozen=True, slots=True)
class Case:
    """All that one task instance asks."""

    instruction: str
    outcomes: Sequence[Outcome]
    free: Sequence[Free | FreeLinks] = ()
    may: Sequence[May] = ()
    ensure: Sequence[Ensure] = ()
