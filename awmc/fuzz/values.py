"""Values for parameters, drawn at random from their types and from what the world holds, in wire form."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from random import Random
from typing import Any, Final

from awmc.fuzz.patterns import matching
from awmc.fuzz.watch import Watch
from awmc.ir import nodes
from awmc.runtime import Rows
from awmc.runtime.tables import Table
from awmc.runtime.values import MAX_CENTS, MAX_INT, MIN_INT, from_wire, to_wire

NO_ROW: Final = 999_999_999
NO_KEY: Final = "no-such-row"
TEXTS: Final = ("text", "email", "url")
_NUMBERS: Final = ("int", "number", "money")
_ALPHABETS: Final = (
    "aeorst ABN0123",
    "aeßéİıſ'\"%_-\\{}",
    "日本語🙂👩‍👩‍👧‍👦e\u0301\u202e\u200b\ufeff\n\t\x01\x7f\U0010ffff",
)
_TRIES: Final = 4
"""How often a row is looked for in a scope."""
_DAY: Final = 86_400
_SPREAD: Final = 300
"""How far above its least an amount without a most goes, as a rule."""


class Values:
    """Draws values in one world. What it holds at the moment is read from `watch`."""

    def __init__(self, environment: nodes.Environment, random: Random) -> None:
        self.random = random
        self.watch: Watch | None = None
        self._enums = {enum.name: [value.wire for value in enum.values] for enum in environment.enums}
        self._named: dict[tuple[str, str], list[tuple[str, int]]] = {}
        self._of_kind: dict[str, list[tuple[str, int]]] = {}
        for entity in environment.entities:
            for place, column in enumerate(entity.columns):
                kind, at = column.type.kind, (entity.table, place)
                self._named.setdefault((column.name, kind), []).append(at)
                self._of_kind.setdefault(kind, []).append(at)

    def value(self, name: str, type_: nodes.Type, scopes: Mapping[str, Rows], path: str = "") -> Any:
        """One that the type allows. `name`: of the parameter, or the part; `scopes`: what an id must name, by
        `path`."""
        path = path or name
        random = self.random
        match type_.kind:
            case "list":
                return self._list(name, type_, scopes, path)
            case "record":
                return {
                    part.name: self._perhaps(part, scopes, f"{path}.{part.name}")
                    for part in type_.fields
                    if part.required or random.random() < 0.6
                }
            case "row" | "id":
                return self.key(type_.name, scopes.get(path))
            case "enum":
                return random.choice(self._enums[type_.name])
            case "bool":
                return random.random() < 0.5
            case "int" | "number" | "money":
                return self._amount(name, type_)
            case "date" | "datetime" | "time":
                return self._moment(name, type_)
        return self._text(name, type_)

    def _perhaps(self, part: nodes.TypeField, scopes: Mapping[str, Rows], path: str) -> Any:
        if part.type.nullable and self.random.random() < 0.15:
            return None
        return self.value(part.name, part.type, scopes, path)

    # ---- Ids

    def key(self, entity: str, rows: Rows | None) -> Any:
        """The id of a row that lives, in the scope that is asked for where one is found soon."""
        assert self.watch is not None
        table = self.watch.promises.world.tables.by_entity[entity]
        live = self.watch.rows[table.name]
        if not live or self.random.random() < 0.02:
            return no_key(table)
        place = table.key_places[0]
        key: Any = None
        for _ in range(_TRIES):
            # The newest are drawn more often: they are what earlier calls have made.
            newest = self.random.random() < 0.25
            key = (
                live[-1 - int(self.random.random() * min(3, len(live)))]
                if newest
                else self.random.choice(live)
            )[place]
            if rows is None or self.random.random() < 0.05 or self._holds(rows, key):
                break
        return table.wire_key(key)

    def _holds(self, rows: Rows, key: Any) -> bool:
        assert self.watch is not None
        session = self.watch.session
        bound = {"key": key, "now": session.now, "me": session.me}
        return session.connection.execute(rows.sql, bound).get is not None

    # ---- What the world holds

    def _stored(self, name: str, kind: str) -> Any:
        """A stored value of that kind, of a column of the same name where there is one; None where none is found."""
        assert self.watch is not None
        places = self._named.get((name, kind))
        if places is None or self.random.random() < 0.2:
            places = self._of_kind.get(kind)
        if not places:
            return None
        table, place = self.random.choice(places)
        rows = self.watch.rows[table]
        return self.random.choice(rows)[place] if rows else None

    # ---- By kind

    def _list(self, name: str, type_: nodes.Type, scopes: Mapping[str, Rows], path: str) -> list[Any]:
        assert type_.element is not None
        low = int(type_.low or 0)
        high = int(type_.high) if type_.high is not None else low + 4
        count = (
            high if self.random.random() < 0.05 else self.random.randint(low, max(low, min(high, low + 3)))
        )
        found = [self.value(name, type_.element, scopes, path) for _ in range(min(count, 50))]
        if len(found) > 1 and self.random.random() < 0.1:
            found[-1] = found[0]
        return found

    def _amount(self, name: str, type_: nodes.Type) -> Any:
        """A stored value, a bound or next to it, one anywhere between, or a huge one."""
        random, kind = self.random, type_.kind
        assert kind in _NUMBERS
        low: Any = type_.low
        high: Any = type_.high
        chance = random.random()
        stored: Any = None
        if chance < 0.3:
            stored = self._stored(name, kind)
            if stored is not None and random.random() < 0.3:
                stored += random.choice((-1, 1))
        elif chance < 0.45:
            ends = [end for end in (low, high) if end is not None]
            stored = random.choice([*ends, *(end + step for end in ends for step in (-1, 1)), 0, 1])
        elif chance < 0.49:
            stored = random.choice(_HUGE[kind])
        if stored is None or not _within(stored, low, high):
            unit = 100 if kind == "money" else 1
            least = low if low is not None else min(0, (high if high is not None else 0) - _SPREAD * unit)
            most = high if high is not None else least + _SPREAD * unit
            if most - least > 100 * _SPREAD * unit and random.random() < 0.8:
                most = least + _SPREAD * unit
            if kind == "number":
                stored = random.choice(
                    (random.uniform(least, most), float(random.randint(int(least), int(most))))
                )
                stored = stored if _within(stored, low, high) else float(least)
            else:
                stored = random.randint(int(least), int(most))
        return to_wire(kind, float(stored) if kind == "number" else stored)

    def _moment(self, name: str, type_: nodes.Type) -> str:
        random, kind = self.random, type_.kind
        assert self.watch is not None
        now = datetime.datetime.fromisoformat(self.watch.session.now)
        found: str | None = None
        chance = random.random()
        if chance < 0.4:
            other = random.choice(("date", "datetime")) if kind != "time" else "time"
            stored = self._stored(name, kind if random.random() < 0.7 else other)
            found = None if stored is None else _as_kind(kind, str(stored))
        elif chance < 0.43 and kind != "time":
            found = _as_kind(
                kind, random.choice(("0001-01-01", "9999-12-31T23:59:59", "2024-02-29T12:00:00"))
            )
        elif chance < 0.5:
            ends = [end for end in (type_.low, type_.high) if isinstance(end, str)]
            found = random.choice(ends) if ends else None
        if found is None:
            days = random.choice((random.randint(-3, 3), random.randint(-40, 40), random.randint(-400, 400)))
            then = now + datetime.timedelta(
                seconds=days * _DAY + random.choice((0, 0, random.randint(-_DAY, _DAY)))
            )
            found = f"{then:%H:%M}" if kind == "time" else _as_kind(kind, then.isoformat())
        if not _within(found, type_.low, type_.high):
            end = type_.low if type_.low is not None else type_.high
            found = str(end)
        if kind == "datetime" and found.endswith(":00") and random.random() < 0.3:
            found = found[:-3]
        return found

    def _text(self, name: str, type_: nodes.Type) -> str:
        random = self.random
        low = int(type_.low or 0)
        high = int(type_.high) if type_.high is not None else None
        for _ in range(_TRIES):
            found = self._any_text(name, type_, low, high)
            if len(found) < low:
                found += "".join(random.choices(_ALPHABETS[0], k=low - len(found)))
            found = found if high is None else found[:high]
            if _is_of(type_, found):
                return found
        return found

    def _any_text(self, name: str, type_: nodes.Type, low: int, high: int | None) -> str:
        random, kind = self.random, type_.kind
        chance = random.random()
        if chance < 0.4:
            stored = self._stored(name, kind)
            if stored is None and kind == "text":
                stored = self._stored(name, "text")
            if stored and (type_.pattern is not None or kind != "text" or random.random() < 0.5):
                return str(stored)
            if stored:
                words = str(stored).split() or [stored]
                return str(random.choice((random.choice(words), words[0][:3].upper(), stored)))
        if type_.pattern is not None:
            return matching(type_.pattern, random)
        if kind == "email":
            return (
                f"{random.choice('abcdefgh')}{random.randint(0, 99)}@example.{random.choice(('com', 'org'))}"
            )
        if kind == "url":
            return f"https://example.com/{''.join(random.choices('abc/?=&1', k=random.randint(0, 8)))}"
        if chance < 0.45:
            return "x" * (high if high is not None else 2_000)
        alphabet = random.choices(_ALPHABETS, (5, 2, 2))[0]
        return "".join(random.choices(alphabet, k=random.randint(low, low + random.choice((1, 8, 20)))))


_HUGE: Final[Mapping[str, tuple[int | float, ...]]] = {
    "int": (MAX_INT, MIN_INT, MAX_INT - 1, 2**62, 2**53 + 1, 3_037_000_500),
    "number": (1e308, -1e308, 5e-324, 1e19, 0.1, -0.0),
    "money": (MAX_CENTS, -MAX_CENTS, MAX_CENTS - 1, 10**13 + 1),
}


def no_key(table: Table) -> Any:
    """An id that no row has."""
    numbered = table.column(table.key[0]).type["kind"] == "int"
    return table.wire_key(NO_ROW) if numbered else NO_KEY


def _within(value: Any, low: Any, high: Any) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _is_of(type_: nodes.Type, text: str) -> bool:
    try:
        from_wire(type_.kind, text)  # type: ignore[arg-type] # a text's
    except ValueError:
        return False
    return _within(len(text), type_.low, type_.high)


def _as_kind(kind: str, moment: str) -> str:
    """A date, or the instant of one, from either; a time of day as it is."""
    if kind == "date":
        return moment[:10]
    return f"{moment}T00:00:00" if kind == "datetime" and len(moment) == 10 else moment
