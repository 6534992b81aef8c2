"""Final messages: the right one for an end, and wrong ones.

Kinds: `empty`, `question` (the instruction given back), `other_value` (what another row holds, or another field of
its name held), `off_by_one`, `part_left_out`, `other_solve` (the answer of another right end), `hedged` (the right
value beside wrong ones), `two_answers` (a wrong one after the right one).
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from awmc.ir import nodes
from awmc.prove.ends import Row, quoted
from awmc.prove.likeness import Judge, Target
from awmc.prove.mutants import Mutant, Stream
from awmc.prove.runs import Calls
from awmc.prove.values import TEXTS
from awmc.runtime.case import Answer, Condition, New, Outcome
from awmc.runtime.matching import exact, states_value, words
from awmc.runtime.session import Session
from awmc.runtime.values import from_wire, id_format, text_of

_NUMBERS: Final = ("int", "number", "money")
_COUNTED: Final = 20
_HIDDEN_AMONG: Final = 6
"""Wrong values beside the right one, at most."""


@dataclass(frozen=True, slots=True)
class Part:
    """One value of an answer: what it is judged as, and, as stored, its values (more than one of a list)."""

    kind: str
    values: tuple[Any, ...]

    @property
    def text(self) -> str:
        return ", ".join(written(self.kind, value) for value in self.values) or "none"


def written(kind: str, value: Any) -> str:
    """A value as a message states it."""
    if value is None:
        return "none"
    if kind == "bool":
        return "yes" if value else "no"
    return str(value).replace("T", " ") if kind == "datetime" else text_of(kind, value)  # type: ignore[arg-type]


def message(parts: Iterable[Part]) -> str | None:
    """The final message that states these; None where there is nothing to state."""
    texts = [part.text for part in parts]
    return f"Answer: {', '.join(texts)}" if texts else None


def right_parts(
    outcome: Outcome, target: Target, judge: Judge, session: Session, pairs: Mapping[Row, Row] | None = None
) -> tuple[Part, ...]:
    """What a right message states where the session stands. `pairs`: for each new row of the outcome the run's;
    without, they have the keys that the `solve` gave them."""
    return tuple(
        Part(answer.kind, _values(answer, target, judge, session, pairs or {})) for answer in outcome.answer
    )


def _values(
    answer: Answer, target: Target, judge: Judge, session: Session, pairs: Mapping[Row, Row]
) -> tuple[Any, ...]:
    value: Any = answer.value
    if isinstance(value, New):
        order = session.world.tables.order
        row = sorted(target.end.made, key=lambda row: (order[row[0]], row[1]))[value.row]
        value = pairs.get(row, row)[1]
    elif isinstance(value, Condition):
        value = judge.value(session, value)
        if answer.many and value is not None:
            value = tuple(json.loads(value))
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not answer.form:
        return values
    form = id_format(answer.form)
    return tuple(form.format(one) if isinstance(one, int) else one for one in values)


class Wrong:
    """Wrong messages at the end of one `solve`. `rights`: the answers of all of them, its own at `place`; `members`:
    of each enum, on the wire."""

    def __init__(
        self,
        task: nodes.Task,
        members: Mapping[str, Sequence[str]],
        instruction: str,
        rights: Sequence[tuple[Part, ...]],
        place: int,
        session: Session,
    ) -> None:
        self._task = task
        self._members = members
        self._instruction = instruction
        self._rights, self._own = rights, rights[place]
        self._results = [entry.result.value for entry in session.log if entry.result.ok]
        self._session = session
        self._clock = session.world.clock

    def streams(self, calls: Calls) -> list[Stream]:
        """The mutants, by kind; all make the same calls."""
        if not self._own:
            return []
        kinds = {
            "empty": self._empty,
            "question": self._question,
            "other_solve": self._other_solves,
            "part_left_out": self._parts_left_out,
            "other_value": self._other_values,
            "off_by_one": self._off_by_one,
            "hedged": self._hedged,
            "two_answers": self._two_answers,
        }
        return [Stream(_mutants(kind, texts(), len(calls))) for kind, texts in kinds.items()]

    def _empty(self) -> Iterator[str]:
        yield from ("", "Answer:")

    def _question(self) -> Iterator[str]:
        yield from (self._instruction, f"Answer: {self._instruction}")

    def _other_solves(self) -> Iterator[str]:
        own = _claims(self._own)
        for other in self._rights:
            if _claims(other) != own:
                yield message(other) or ""

    def _parts_left_out(self) -> Iterator[str]:
        for place in range(len(self._own)) if len(self._own) > 1 else ():
            if self._is_needed(place):
                yield message((*self._own[:place], *self._own[place + 1 :])) or ""
        for place, part in enumerate(self._own):
            if len(part.values) > 1:
                yield self._with(place, part.values[:-1])

    def _is_needed(self, place: int) -> bool:
        """Whether no other part says the same."""
        rest = (*self._own[:place], *self._own[place + 1 :])
        return not _claims((self._own[place],)) <= _claims(rest)

    def _other_values(self) -> Iterator[str]:
        for place, value in self._wrong_values():
            yield self._with(place, (value,))

    def _off_by_one(self) -> Iterator[str]:
        for place, part in enumerate(self._own):
            for near in _near(part.kind, part.values[0]) if len(part.values) == 1 else ():
                if self._is_wrong(place, near):
                    yield self._with(place, (near,))

    def _hedged(self) -> Iterator[str]:
        by_place: dict[int, list[str]] = {}
        for place, value in self._uncertain():
            part = self._own[place]
            wrong = written(part.kind, value)
            by_place.setdefault(place, []).append(wrong)
            yield self._said(place, f"{part.text} or {wrong}")
            yield self._said(place, f"{wrong} or {part.text}")
        for place, wrongs in by_place.items():
            some = wrongs[:_HIDDEN_AMONG]
            half = len(some) // 2
            yield self._said(place, ", ".join((*some[:half], self._own[place].text, *some[half:])))
            if self._own[place].kind in _NUMBERS:
                yield self._said(place, self._counted_up(self._own[place]))

    def _counted_up(self, part: Part) -> str:
        """All whole steps round a number, so that the right one is stated with the rest."""
        scale = 100 if part.kind == "money" else 1
        around = (part.values[0] + scale * step for step in range(-_COUNTED, _COUNTED + 1))
        return " of them, ".join(written(part.kind, value) for value in around)

    def _two_answers(self) -> Iterator[str]:
        right = message(self._own)
        for place, value in self._uncertain():
            wrong = self._with(place, (value,))
            yield f"{right}\n{wrong}"
            yield f"{right}".removeprefix("Answer: ") + ". Or maybe: " + wrong.removeprefix("Answer: ")

    # ---- Wrong values

    def _with(self, place: int, values: tuple[Any, ...]) -> str:
        part = replace(self._own[place], values=values)
        return message((*self._own[:place], part, *self._own[place + 1 :])) or ""

    def _said(self, place: int, text: str) -> str:
        texts = [part.text for part in self._own]
        texts[place] = text
        return f"Answer: {', '.join(texts)}"

    def _uncertain(self) -> Iterator[tuple[int, Any]]:
        """Wrong values that say something beside the right one: those that the instruction states do not count."""
        for place, value in (*self._wrong_values(), *self._near_values()):
            kind = self._own[place].kind
            if not states_value(self._instruction, kind, value, clock=self._clock):
                yield place, value

    def _near_values(self) -> Iterator[tuple[int, Any]]:
        for place, part in enumerate(self._own):
            if part.kind not in ("text", "enum") and len(part.values) == 1:
                yield from (
                    (place, near) for near in _near(part.kind, part.values[0]) if self._is_wrong(place, near)
                )

    def _wrong_values(self) -> Iterator[tuple[int, Any]]:
        """Per part, what other rows hold where the right value stands, and what fields of its name held."""
        for place, (part, answer) in enumerate(zip(self._own, self._task.answer, strict=True)):
            found: dict[Any, None] = {}
            if part.kind == "bool":
                found[not part.values[0]] = None
            if part.kind == "enum":
                found |= dict.fromkeys(self._members.get(answer.value.type.name, ()))
            for node in _leaves(answer.value):
                if isinstance(node, nodes.Column):
                    found |= dict.fromkeys(self._in_column(node.entity, node.column))
                else:
                    found |= dict.fromkeys(self._in_results(node))
                    found |= dict.fromkeys(self._in_columns_like(node, part))
            yield from ((place, value) for value in found if self._is_wrong(place, value))

    def _is_wrong(self, place: int, value: Any) -> bool:
        """Whether no part of the answer is this."""
        claim = _claim(self._own[place].kind, value)
        return value not in (None, "") and claim not in _claims(self._own)

    def _in_column(self, entity: str, column: str) -> Iterator[Any]:
        table = self._session.world.tables.by_entity[entity]
        if column not in {stored.name for stored in table.columns}:
            return
        form = table.id_format if column in table.key else ""
        sql = f"SELECT DISTINCT {quoted(column)} FROM {quoted(table.name)} ORDER BY 1"
        for (value,) in self._session.connection.execute(sql):
            yield id_format(form).format(value) if form else value

    def _in_columns_like(self, node: nodes.Part, part: Part) -> Iterator[Any]:
        """What columns hold in which the right value stands: those of the field's name, and of texts all."""
        tables = self._session.world.tables
        if node.type.kind == "id" and node.type.name in tables.by_entity and isinstance(part.values[0], str):
            yield from self._in_column(node.type.name, tables.by_entity[node.type.name].key[0])
        for table in tables:
            for column in table.columns:
                kind = column.type["kind"]
                is_text = kind == part.kind and kind in TEXTS
                if column.hidden or column.name in table.key or not (is_text or column.name == node.name):
                    continue
                sql = f"SELECT DISTINCT {quoted(column.name)} FROM {quoted(table.name)} ORDER BY 1"
                values = [value for (value,) in self._session.connection.execute(sql)]
                if kind == part.kind and part.values[0] in values:
                    yield from values

    def _in_results(self, node: nodes.Part) -> Iterator[Any]:
        for value in _fields(self._results, node.name):
            if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                with suppress(ValueError):
                    kind = (
                        "text"
                        if node.type.kind in ("id", "row") and isinstance(value, str)
                        else node.type.kind
                    )
                    yield value if kind in ("id", "row") else from_wire(kind, value)  # type: ignore[arg-type]


def _mutants(kind: str, texts: Iterator[str], at: int) -> Iterator[Mutant]:
    for text in texts:
        yield Mutant(kind, f"the message is {json.dumps(text, ensure_ascii=False)}", at, (), text)


def _claim(kind: str, value: Any) -> str:
    """Equal for values that no message tells apart."""
    if kind in _NUMBERS and isinstance(value, (int, float)):
        return str(exact(kind, value).normalize())
    if isinstance(value, str) and kind in (*TEXTS, "enum"):
        return " ".join(words(value)) or value
    return str(value)[:16] if kind == "datetime" else written(kind, value)


def _claims(parts: Iterable[Part]) -> frozenset[str]:
    """What a message says, in any order; of a moment also its day and its time."""
    found = [(part.kind, value) for part in parts for value in part.values]
    days = [str(value)[:10] for kind, value in found if kind == "datetime"]
    times = [str(value)[11:16] for kind, value in found if kind == "datetime"]
    return frozenset((*(_claim(kind, value) for kind, value in found), *days, *times))


def _near(kind: str, value: Any) -> Iterator[Any]:
    """The values next to one."""
    if isinstance(value, (int, float)) and kind in _NUMBERS:
        steps = (1, 100) if kind == "money" else (1,)
        for step in steps:
            yield value + step
            yield value - step
    elif kind in ("date", "datetime") and isinstance(value, str):
        moment = datetime.datetime.fromisoformat(value)
        for days in (1, -1):
            with suppress(OverflowError):
                yield (moment + datetime.timedelta(days=days)).isoformat()[: len(value)]
    elif kind == "time" and isinstance(value, str):
        yield f"{(int(value[:2]) + 1) % 24:02}{value[2:]}"
    elif isinstance(value, str) and kind in ("text", "enum"):
        yield value[:-1]


def _leaves(expr: nodes.Expr) -> Iterator[nodes.Column | nodes.Part]:
    """The columns and fields whose value an expression takes as it is, from one of many rows."""
    match expr:
        case nodes.Column() | nodes.Part():
            yield expr
        case nodes.Old():
            yield from _leaves(expr.of)
        case nodes.Aggregate(fn="min" | "max" | "list", value=value) if value is not None:
            yield from _leaves(value)
        case nodes.ListOf():
            yield from (leaf for item in expr.items for leaf in _leaves(item))
        case nodes.Apply(fn="coalesce" | "if" | "text" | "key" | "to_money" | "to_number"):
            yield from (leaf for arg in expr.args for leaf in _leaves(arg))


def _fields(value: Any, name: str) -> Iterator[Any]:
    """What fields of this name hold, anywhere in results."""
    if isinstance(value, dict):
        for key, held in value.items():
            if key == name and not isinstance(held, (dict, list)):
                yield held
            else:
                yield from _fields(held, name)
    elif isinstance(value, list):
        for element in value:
            yield from _fields(element, name)
