"""One outcome beside a run: what is asked, what is met, what is too much, and why, in words."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from awmc.runtime.answers import AnswerVerdict, Expected, judge_answer
from awmc.runtime.case import (
    Answer,
    Case,
    Condition,
    Created,
    FreeLinks,
    Moment,
    New,
    Outcome,
    Timed,
    Updated,
    Value,
)
from awmc.runtime.changed import Changed
from awmc.runtime.diff import Change
from awmc.runtime.functions import seconds_between
from awmc.runtime.pairing import Wanted, pair
from awmc.runtime.values import Stored, id_format
from awmc.runtime.wording import Wording

_FLOAT_TOLERANCE: Final = 1e-9
_GONE: Final = object()
_LISTED: Final = 12
"""Reasons of one kind that a verdict gives at most."""


class Comparison:
    """Compares as it is made. `reasons` is empty where the run comes to the outcome; `broken`: the texts of
    `ensure` that do not hold.
    """

    def __init__(self, changed: Changed, case: Case, outcome: Outcome, broken: Sequence[str]) -> None:
        self.reasons: list[str] = []
        self._changed, self._run = changed, changed.run
        self._case, self._outcome = case, outcome
        self._words = Wording(changed.run.tables, outcome.created)
        self._tolerance = max(outcome.calls, changed.run.calls)
        self._asked = 0
        self._met = 0.0
        self._unasked = 0
        # The run's new row for each of the outcome's.
        self._pairs: dict[int, Change] = {}

        self._compare_created()
        self._compare_updated()
        self._compare_deleted()
        self._compare_free_links()
        self._compare_handoff()
        if self.reasons and not changed.run.changes and not changed.run.ended:
            self.reasons = ["nothing has changed"]
        for text in broken:
            self._unasked += 1
            self.reasons.append(f"what the task ensures does not hold: {text}")
        self._compare_answer()

    @property
    def score(self) -> float:
        """0 to 1; 1 only where the run comes to the outcome."""
        total = self._asked + self._unasked
        if not self.reasons:
            return 1.0
        return min(self._met / total, 0.99) if total else 0.0

    # ---- New rows

    def _compare_created(self) -> None:
        found = self._changed.created
        # Links come last among the outcome's new rows, so the others keep their places.
        wanted = [row for row in self._outcome.created if row.table not in self._changed.linked_freely]
        self._asked += len(wanted)
        keys = self._referred_keys()
        pairing = pair(
            [Wanted(row.table, _references(row.values), keys.get(place)) for place, row in enumerate(wanted)],
            found,
            agrees=lambda place, change: self._agrees(wanted[place], change),
            share=lambda place, change: self._share(wanted[place], change),
            owed=self._changed.owed,
        )
        self._pairs = {place: found[index] for place, index in pairing.items()}
        for place, row in enumerate(wanted):
            self._compare_pair(row, self._pairs.get(place))
        taken = set(pairing.values())
        extra = [found[index] for index in self._changed.owed if index not in taken]
        self._reject([(change, "was created") for change in extra])

    def _referred_keys(self) -> dict[int, Stored]:
        """The keys that new rows must have because a changed row of the seeds refers to them."""
        keys: dict[int, Stored] = {}
        for updated in self._outcome.updated:
            change = self._changed.updated.get((updated.table, updated.key))
            after = change.after or {} if change is not None else {}
            for column, row in _references(updated.values).items():
                if column in after and not self._changed.is_free(updated.table, column, updated.key):
                    keys[row] = after[column]
        return keys

    def _agrees(self, wanted: Created, change: Change) -> bool:
        """Whether all columns agree but the references to new rows."""
        after = change.after or {}
        timed = []
        for column, value in wanted.values.items():
            found = after.get(column)
            if value == found or isinstance(value, New):
                continue
            if isinstance(value, Moment):
                timed.append(
                    (column, value, found)
                )  # they take longest to compare, and seldom tell rows apart
            elif not self._equal(value, found) and not self._changed.is_free(
                wanted.table, column, change.key
            ):
                return False
        return all(
            self._equal(value, found) or self._changed.is_free(wanted.table, column, change.key)
            for column, value, found in timed
        )

    def _share(self, wanted: Created, change: Change) -> float:
        after = change.after or {}
        plain = [(name, value) for name, value in wanted.values.items() if not isinstance(value, New)]
        return (1 + sum(self._equal(value, after.get(name)) for name, value in plain)) / (1 + len(plain))

    def _compare_pair(self, wanted: Created, change: Change | None) -> None:
        if change is None:
            self.reasons.append(f"no {self._words.new_row(wanted)} was created")
            return
        after = change.after or {}
        wrong = [
            name
            for name, value in wanted.values.items()
            if not self._same(value, after.get(name))
            and not self._changed.is_free(wanted.table, name, change.key)
        ]
        self._met += 1 - len(wrong) / max(len(wanted.values), 1)
        for name in wrong:
            self._mismatch(wanted.table, change.key, name, wanted.values[name], after.get(name))

    # ---- Links that are free

    def _compare_free_links(self) -> None:
        for free in self._changed.free_links:
            made: set[Any] = {
                tuple(self._key_of(value) for value in row.values.values())
                for row in self._outcome.created
                if row.table == free.table
            }
            gone: set[Any] = {row.key for row in self._outcome.deleted if row.table == free.table}
            theirs = self._free_rows(free, made | gone)
            for kind, wanted in (("create", made), ("delete", gone)):
                self._asked += len(wanted)
                found: dict[Any, Change] = {
                    change.key: change
                    for change in self._run.changes
                    if change.table == free.table and change.kind == kind
                }
                for key in wanted:
                    if key in found or key[free.end] in theirs:
                        self._met += 1
                    else:
                        shown = self._words.row(free.table, key)
                        self.reasons.append(f"{shown} should have been {kind}d")
                extra = [
                    change
                    for key, change in found.items()
                    if key not in wanted
                    and key[free.end] not in theirs
                    and not self._changed.is_allowed(change)
                ]
                self._reject([(change, f"was {kind}d") for change in extra])

    def _free_rows(self, free: FreeLinks, links: Iterable[Any]) -> set[Any]:
        """The rows that the outcome made or changed, their links included, and whose links are free."""
        rows = {change.key for change in self._pairs.values() if change.table == free.of}
        rows |= {updated.key for updated in self._outcome.updated if updated.table == free.of}
        rows |= {key[free.end] for key in links}
        return {key for key in rows if self._changed.speaks_of(free.where, key)}

    def _key_of(self, value: Value) -> Any:
        if isinstance(value, New):
            change = self._pairs.get(value.row)
            return None if change is None else change.key
        return value

    # ---- Rows of the seeds

    def _compare_updated(self) -> None:
        wanted = {(updated.table, updated.key): updated for updated in self._outcome.updated}
        for place, updated in wanted.items():
            self._asked += len(updated.values)
            if place in self._changed.deleted:
                self.reasons.append(f"{self._words.row(*place)} should have been changed, but was deleted")
                continue
            for name, value in updated.values.items():
                found = self._holds_now(updated, name)
                if self._same(value, found) or self._changed.is_free(updated.table, name, updated.key):
                    self._met += 1
                else:
                    self._mismatch(updated.table, updated.key, name, value, found)
        for (table, key), change in self._changed.updated.items():
            known = wanted.get((table, key))  # type: ignore[arg-type] # a link has no columns to update
            extra = [
                name
                for name in change.after or {}
                if known is None
                or (name not in known.values and not self._changed.is_free(change.table, name, change.key))
            ]
            if extra and not self._changed.is_allowed(change):
                self._reject([(change, self._was_changed(change, name)) for name in extra])

    def _holds_now(self, updated: Updated, column: str) -> Stored:
        change = self._changed.updated.get((updated.table, updated.key))
        if change is not None and change.after is not None and column in change.after:
            return change.after[column]
        return self._run.stored(updated.table, updated.key, column)

    def _compare_deleted(self) -> None:
        deleted = [row for row in self._outcome.deleted if row.table not in self._changed.linked_freely]
        wanted = {(row.table, row.key) for row in deleted}
        self._asked += len(wanted)
        for row in deleted:
            if (row.table, row.key) in self._changed.deleted:
                self._met += 1
            else:
                self.reasons.append(
                    f"{self._words.row(row.table, row.key)} should be gone, but is still there"
                )
        said = {(updated.table, updated.key) for updated in self._outcome.updated}
        extra = [
            change
            for place, change in self._changed.deleted.items()
            if place not in wanted
            and place not in said
            and change.table not in self._changed.linked_freely
            and not self._changed.is_allowed(change)
        ]
        self._reject([(change, "was deleted") for change in extra])

    def _compare_handoff(self) -> None:
        if self._outcome.handoff:
            self._asked += 1
            self._met += self._run.ended
            if not self._run.ended:
                self.reasons.append("the conversation should have been handed over to a person")
        elif self._run.ended:
            self._unasked += 1
            self.reasons.append(
                "the conversation was handed over to a person, which the task does not ask for"
            )

    # ---- The answer

    def _compare_answer(self) -> None:
        if not self._outcome.answer:
            return
        self._asked += 1
        verdict = self._judged_answer()
        self._met += verdict.ok
        self.reasons += verdict.reasons

    def _judged_answer(self) -> AnswerVerdict:
        expected = []
        for answer in self._outcome.answer:
            value = self._answer_value(answer)
            if value is _GONE:
                return AnswerVerdict(False, ("the new row that the answer names was not created",))
            value = tuple(value) if isinstance(value, list) else value
            expected.append(Expected(answer.kind, value, tuple(answer.distractors)))
        return judge_answer(
            self._run.message, expected, instruction=self._case.instruction, clock=self._run.clock
        )

    def _answer_value(self, answer: Answer) -> Any:
        """The value in its wire form; `_GONE` for the key of a row that was not made."""
        value: Any
        match answer.value:
            case New(row):
                change = self._pairs.get(row)
                if change is None:
                    return _GONE
                value = change.key
            case Condition():
                value = self._run.value(answer.value)
                if answer.many and value is not None:
                    value = tuple(json.loads(value))
            case constant:
                return constant
        if not answer.form or value is None:
            return value
        write = id_format(answer.form).format
        return tuple(map(write, value)) if isinstance(value, tuple) else write(value)

    # ---- Values

    def _same(self, value: Value, found: Stored) -> bool:
        if isinstance(value, New):
            change = self._pairs.get(value.row)
            return change is not None and change.key == found
        return self._equal(value, found)

    def _equal(self, value: Value, found: Stored) -> bool:
        if value == found:
            return True
        match value:
            case New():
                return False
            case Moment(at):
                apart = None if found is None else seconds_between(at, found)
                return isinstance(apart, int) and abs(apart) <= self._tolerance
            case Timed():
                return found is not None
            case float() if isinstance(found, (int, float)):
                return math.isclose(value, found, rel_tol=_FLOAT_TOLERANCE, abs_tol=_FLOAT_TOLERANCE)
        return False

    # ---- Reasons

    def _mismatch(self, table: str, key: Any, column: str, value: Value, found: Stored) -> None:
        words = self._words
        self.reasons.append(
            f"{words.row(table, key)}: {words.field(table, column)} should be "
            f"{words.value(table, column, value)}, is {words.value(table, column, found)}"
        )

    def _was_changed(self, change: Change, column: str) -> str:
        before, after = (change.before or {}).get(column), (change.after or {}).get(column)
        words = self._words
        return (
            f"had its {words.field(change.table, column)} changed from "
            f"{words.value(change.table, column, before)} to {words.value(change.table, column, after)}"
        )

    def _reject(self, extra: Sequence[tuple[Change, str]]) -> None:
        """Counts changes that the task does not ask for, and names the first of them."""
        self._unasked += len(extra)
        for change, what in extra[:_LISTED]:
            self.reasons.append(
                f"{self._words.row(change.table, change.key)} {what}, which the task does not ask for"
            )
        if len(extra) > _LISTED:
            self.reasons.append(f"{len(extra) - _LISTED} more changes like these were not asked for")


def _references(values: Mapping[str, Value]) -> dict[str, int]:
    return {name: value.row for name, value in values.items() if isinstance(value, New)}
