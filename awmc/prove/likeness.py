"""Is the end of a run the same as that of a `solve`? Decided over full ends, by what the language says and no code of
the verifier.

Two ends are the same if every column of every row agrees. New rows are paired, and their numbered ids do not count,
but a reference to a new row must lead to its partner. A moment that came from the clock may differ by as many seconds
as the longer run has calls; another value that moves with the clock must be set. What differs beside that is
`allowed` if for each difference there is a clause, `free` or `may`, that lets it be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from awmc.ir import nodes
from awmc.prove.ends import Cells, End, Ends, Row
from awmc.runtime.case import Condition, Ensure, Free, FreeLinks, May
from awmc.runtime.functions import seconds_between
from awmc.runtime.session import Session
from awmc.runtime.values import Stored

_STEPS: Final = 20_000
"""Pairs of new rows that are tried at most for one end."""


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """A `free` or a `may` of a task, and where it stands."""

    what: Free | FreeLinks | May
    place: nodes.Place


@dataclass(frozen=True, slots=True)
class Target:
    """The end of a `solve`. `moved`: the cells that the clock moves, with whether they move as it does."""

    end: End
    moved: Mapping[tuple[Row, str], bool]


@dataclass(frozen=True, slots=True)
class Likeness:
    """`clauses`: those that are needed for it; the ends are the same where there are none. `pairs`: for each new row of
    the `solve` the run's.
    """

    clauses: frozenset[Clause]
    pairs: Mapping[Row, Row]

    @property
    def is_same(self) -> bool:
        return not self.clauses


class Judge:
    """Compares the ends of one task instance. `clauses` and `ensures`: what its spec says beside `solve`; `links`: per
    many-to-many table, the tables of both its ends.
    """

    def __init__(
        self,
        ends: Ends,
        links: Mapping[str, tuple[str, str]],
        clauses: Sequence[Clause],
        ensures: Sequence[Ensure],
    ) -> None:
        self._ends = ends
        self._links = links
        self._clauses = clauses
        self._ensures = ensures
        # What a run may do beside the `solve`. A link may come with an update of its row.
        self._more: set[str] = {clause.what.kind for clause in clauses if isinstance(clause.what, May)}
        if "update" in self._more or any(isinstance(clause.what, FreeLinks) for clause in clauses):
            self._more.add("links")
        self._tables = ends.world.tables.by_name
        names = {table.entity: table.name for table in ends.world.tables if table.entity}
        self._references = {
            (table.name, column.name): names[column.references]
            for table in ends.world.tables
            for column in table.columns
            if column.references
        }

    def likeness(self, session: Session, end: End, target: Target) -> Likeness | None:
        """How the end at which `session` stands is like the `solve`'s; None where it is another one."""
        if end.ended != target.end.ended or not self._is_near(end, target.end):
            return None
        search = _Search(self, session, end, target)
        return search.run()

    def ensured(self, session: Session) -> bool:
        """Whether all that the task ensures holds."""
        return all(self.value(session, ensure.test) for ensure in self._ensures)

    def value(self, session: Session, condition: Condition, key: Any = None, *, before: bool = False) -> Any:
        """A condition's value where the session stands, or before any run."""
        connection = self._ends.untouched if before else session.connection
        values = {"self": key, "now": session.now, "me": session.me, **condition.values}
        return connection.execute(condition.sql, values).get

    def _is_near(self, end: End, wanted: End) -> bool:
        """Whether comparing is worth the while: the rows that differ must be those of the `solve`, but for the kinds
        of which a `may` allows more, and for links that are free."""
        more = self._more
        return (
            ("links" in more or "delete" in more or end.gone == wanted.gone)
            and ("update" in more or end.changed.keys() <= wanted.changed.keys())
            and ("create" in more or "links" in more or self._made(end) == self._made(wanted))
        )

    def _made(self, end: End) -> list[str]:
        return sorted(table for table, _ in end.made)

    # ---- What the clauses say

    def free(self, session: Session, row: Row, column: str) -> Clause | None:
        """The clause by which a column of a row that the `solve` made or changed may hold what it holds."""
        for clause in self._clauses:
            what = clause.what
            if not isinstance(what, Free) or what.table != row[0] or column not in what.columns:
                continue
            if what.where is None or self.value(session, what.where, row[1]):
                return clause
        return None

    def free_link(self, session: Session, link: Row, of: Callable[[Row], bool]) -> Clause | None:
        """The clause by which a link of a row that the `solve` made or changed (`of`) may be there, or not."""
        for clause in self._clauses:
            what = clause.what
            if isinstance(what, FreeLinks) and what.table == link[0]:
                key = link[1][what.end]  # type: ignore[index] # a link's key is a tuple
                if of((what.of, key)) and (what.where is None or self.value(session, what.where, key)):
                    return clause
        return None

    def may(self, session: Session, kind: str, row: Row) -> Clause | None:
        """The clause by which a row may be made, changed or deleted beside what the `solve` does."""
        for clause in self._clauses:
            what = clause.what
            if not isinstance(what, May) or what.kind != kind or what.table != row[0]:
                continue
            if what.where is None or self.value(session, what.where, row[1], before=kind == "delete"):
                return clause
        return None

    def may_link(self, session: Session, link: Row, end: End) -> Clause | None:
        """The clause by which a link may come or go with its row."""
        for clause in self._clauses:
            what = clause.what
            if not isinstance(what, May) or link[0] not in what.links:
                continue
            row: Row = (what.table, link[1][what.links[link[0]]])  # type: ignore[index]
            if what.kind == "create" and row not in end.made:
                continue
            if what.kind == "delete" and row not in end.gone:
                continue
            if self.may(session, what.kind, row) is not None:
                return clause
        return None

    # ---- What a table is

    def is_link(self, row: Row) -> bool:
        return row[0] in self._links

    def joined(self, link: Row) -> list[Row]:
        """The rows that a link joins."""
        return list(zip(self._links[link[0]], link[1], strict=True))  # type: ignore[arg-type]

    def columns(self, row: Row, cells: Cells) -> Iterator[str]:
        """The columns of a new row that count: all but a numbered id."""
        table = self._tables[row[0]]
        for name in cells:
            if name in table.key and isinstance(cells[name], int):
                continue
            yield name

    def referred(self, row: Row, column: str, value: Stored) -> Row | None:
        """The row that a cell refers to."""
        table = self._references.get((row[0], column))
        return None if table is None or value is None else (table, value)  # type: ignore[return-value] # a key

    def before(self, row: Row, column: str) -> Stored:
        return self._ends.before(row, column)


class _Search:
    """Pairs the new rows of a `solve` with those of a run, by backtracking; what is left must be allowed."""

    def __init__(self, judge: Judge, session: Session, end: End, target: Target) -> None:
        self._judge, self._session = judge, session
        self._end, self._target = end, target
        self._tolerance = max(end.calls, target.end.calls)
        self._wanted = [row for row in target.end.made if not judge.is_link(row)]
        self._found = [row for row in end.made if not judge.is_link(row)]
        self._pairs: dict[Row, Row] = {}
        self._steps = 0

    def run(self) -> Likeness | None:
        if len(self._wanted) > len(self._found):
            return None
        candidates = []
        for row in self._wanted:
            fitting = [
                (clauses, other)
                for other in self._found
                if other[0] == row[0] and (clauses := self._fit(row, other)) is not None
            ]
            if not fitting:
                return None
            # Those that need no clause first, so that the same end is never taken for one that is only allowed.
            fitting.sort(key=lambda one: len(one[0]))
            candidates.append(fitting)
        return self._pair(0, candidates, frozenset())

    def _pair(
        self,
        depth: int,
        candidates: Sequence[Sequence[tuple[frozenset[Clause], Row]]],
        needed: frozenset[Clause],
    ) -> Likeness | None:
        if depth == len(self._wanted):
            rest = self._rest()
            return None if rest is None else Likeness(needed | rest, dict(self._pairs))
        taken = set(self._pairs.values())
        row = self._wanted[depth]
        best: Likeness | None = None
        for clauses, other in candidates[depth]:
            self._steps += 1
            if other in taken or self._steps > _STEPS:
                continue
            self._pairs[row] = other
            found = self._pair(depth + 1, candidates, needed | clauses)
            del self._pairs[row]
            if found is not None:
                if found.is_same:
                    return found
                best = best or found
        return best

    # ---- One row beside another

    def _fit(self, row: Row, other: Row) -> frozenset[Clause] | None:
        """The clauses that a new row needs to pass for another one, references to new rows aside; None where none
        would do."""
        wanted, found = self._target.end.made[row], self._end.made[other]
        needed: set[Clause] = set()
        for column in self._judge.columns(row, wanted):
            referred = self._judge.referred(row, column, wanted[column])
            if referred in self._target.end.made or self._agree(row, column, wanted[column], found[column]):
                continue
            clause = self._judge.free(self._session, other, column)
            if clause is None:
                return None
            needed.add(clause)
        return frozenset(needed)

    def _agree(self, row: Row, column: str, wanted: Stored, found: Stored) -> bool:
        moves = self._target.moved.get((row, column))
        if moves is not None:
            if found is None:
                return False
            apart = seconds_between(wanted, found) if moves else 0
            return isinstance(apart, int) and abs(apart) <= self._tolerance
        if isinstance(wanted, float) and isinstance(found, (int, float)):
            return math.isclose(wanted, found, rel_tol=1e-9, abs_tol=1e-9)
        return wanted == found

    # ---- What pairs do not say

    def _rest(self) -> frozenset[Clause] | None:
        """The clauses that all else needs, once every new row has its partner; None where something has none."""
        needed: set[Clause] = set()
        for clause in self._differences():
            if clause is None:
                return None
            needed.add(clause)
        return frozenset(needed)

    def _differences(self) -> Iterator[Clause | None]:
        """For each difference the clause that allows it, or None."""
        yield from self._wrong_references()
        partners = set(self._pairs.values())
        for row in self._found:
            if row not in partners:
                yield self._judge.may(self._session, "create", row)
        yield from self._in_changed_rows()
        yield from self._in_deleted_rows()
        yield from self._in_links()

    def _wrong_references(self) -> Iterator[Clause | None]:
        for row, other in self._pairs.items():
            wanted, found = self._target.end.made[row], self._end.made[other]
            for column in self._judge.columns(row, wanted):
                partner = self._partner(row, column, wanted[column])
                if partner is not None and partner[1] != found[column]:
                    yield self._judge.free(self._session, other, column)

    def _partner(self, row: Row, column: str, value: Stored) -> Row | None:
        """The run's row for the new row that a cell of the `solve` refers to; None where it refers to none."""
        referred = self._judge.referred(row, column, value)
        return None if referred is None else self._pairs.get(referred)

    def _in_changed_rows(self) -> Iterator[Clause | None]:
        judge, wanted, found = self._judge, self._target.end.changed, self._end.changed
        for row in sorted(wanted.keys() | found.keys(), key=repr):
            asked, held = wanted.get(row, {}), found.get(row, {})
            if row in self._end.gone:
                yield None
                continue
            for column in dict.fromkeys((*asked, *held)):
                value = held[column] if column in held else judge.before(row, column)
                if column in asked:
                    partner = self._partner(row, column, asked[column])
                    same = (
                        self._agree(row, column, asked[column], value)
                        if partner is None
                        else partner[1] == value
                    )
                    if not same:
                        yield judge.free(self._session, row, column)
                else:
                    free = judge.free(self._session, row, column) if asked else None
                    yield free or judge.may(self._session, "update", row)

    def _in_deleted_rows(self) -> Iterator[Clause | None]:
        wanted = {row for row in self._target.end.gone if not self._judge.is_link(row)}
        found = {row for row in self._end.gone if not self._judge.is_link(row)}
        yield from (None for _ in wanted - found)
        for row in sorted(found - wanted - self._target.end.changed.keys(), key=repr):
            yield self._judge.may(self._session, "delete", row)

    def _in_links(self) -> Iterator[Clause | None]:
        judge, target = self._judge, self._target.end
        made = {self._translated(row) for row in target.made if judge.is_link(row)}
        gone = {row for row in target.gone if judge.is_link(row)}
        found_made = {row for row in self._end.made if judge.is_link(row)}
        found_gone = {row for row in self._end.gone if judge.is_link(row)}
        touched = {*self._pairs.values(), *target.changed}
        for row in made | gone:
            touched |= set(judge.joined(row))
        for wanted, found in ((made, found_made), (gone, found_gone)):
            for row in sorted(wanted ^ found, key=repr):
                free = judge.free_link(self._session, row, touched.__contains__)
                if free is None and row in found:
                    free = judge.may_link(self._session, row, self._end)
                yield free

    def _translated(self, link: Row) -> Row:
        """A link of the `solve` by the keys that its new rows have in the run."""
        partners = [self._pairs.get(row, row)[1] for row in self._judge.joined(link)]
        return link[0], tuple(partners)  # type: ignore[arg-type] # of single rows
