"""Other values that a parameter takes: beside one that a run gives, and out of nothing."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from random import Random
from typing import Any, Final, Protocol

from awmc.ir import nodes
from awmc.runtime.values import compile_pattern, from_wire, to_wire

TEXTS: Final = ("text", "email", "url")
_MANY: Final = 4
"""Other elements that are tried in each place of a list."""
_AMOUNTS: Final = (1, 2, 3, 5, 10)
_PLAIN_TEXT: Final = "Something else"
_PLAIN: Final = {
    "email": "someone.else@example.com",
    "url": "https://example.com/else",
    "number": 1.5,
}


class World(Protocol):
    """Where ids, texts and enum members come from (`awmc.prove.pools`)."""

    now: str

    def ids(self, type_: nodes.Type) -> Sequence[Any]: ...
    def texts(self, name: str, type_: nodes.Type) -> list[str]: ...
    def members(self, type_: nodes.Type) -> tuple[str, ...]: ...


def fits(type_: nodes.Type, value: Any) -> bool:
    """Whether a scalar in wire form is one of the type, within its range."""
    try:
        stored = from_wire(type_.kind, value)  # type: ignore[arg-type] # asked of scalars alone
    except ValueError:
        return False
    if stored is None:
        return type_.nullable
    measured: Any = len(str(stored)) if type_.kind in TEXTS else stored
    low, high = type_.low, type_.high
    if (low is not None and measured < low) or (high is not None and measured > high):
        return False
    if type_.pattern is not None:
        pattern = compile_pattern(type_.pattern)
        return pattern is not None and pattern.fullmatch(str(stored)) is not None
    return True


def key_of(value: Any) -> str:
    """Equal for equal values of the wire; true is not 1."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def others(name: str, type_: nodes.Type, value: Any, world: World) -> list[Any]:
    """Legal values of a parameter other than `value`, each once. All are in wire form."""
    found = {key_of(other): other for other in _others(name, type_, value, world)}
    found.pop(key_of(value), None)
    return list(found.values())


def _others(name: str, type_: nodes.Type, value: Any, world: World) -> Iterator[Any]:
    match type_.kind:
        case "row" | "id":
            yield from world.ids(type_)
        case "enum":
            yield from world.members(type_)
        case "bool":
            yield not value
        case "list":
            yield from _other_lists(name, type_, value, world)
        case "record":
            yield from _other_records(type_, value, world)
        case _:
            yield from (other for other in _near(name, type_, value, world) if fits(type_, other))


def _near(name: str, type_: nodes.Type, value: Any, world: World) -> Iterator[Any]:
    match type_.kind:
        case "int" | "money" | "number":
            stored = from_wire(type_.kind, value)
            assert isinstance(stored, (int, float))
            steps = (1, 100) if type_.kind == "money" else (1, 10)
            for step in steps:
                yield from (_wire(type_, stored + step), _wire(type_, stored - step))
            yield from (_wire(type_, 2 * stored), _wire(type_, 0))
            yield from (_wire(type_, end) for end in (type_.low, type_.high) if isinstance(end, (int, float)))
        case "date":
            yield from _moved_dates(datetime.date.fromisoformat(value))
        case "datetime":
            yield from _moved_moments(datetime.datetime.fromisoformat(value))
        case "time":
            yield from _moved_times(value)
        case _:
            yield from changed_texts(value)
            yield from world.texts(name, type_)
    if type_.kind in ("date", "datetime", "time"):
        yield from (end for end in (type_.low, type_.high) if end is not None)


def _wire(type_: nodes.Type, stored: Any) -> Any:
    return to_wire(type_.kind, stored)  # type: ignore[arg-type] # a kind of number


def _moved_dates(day: datetime.date) -> Iterator[str]:
    for days in (1, -1, 7, -7, 30, 365):
        with suppress(OverflowError):
            yield (day + datetime.timedelta(days=days)).isoformat()


def _moved_moments(moment: datetime.datetime) -> Iterator[str]:
    for minutes in (1, 60, 24 * 60, 7 * 24 * 60):
        for signed in (minutes, -minutes):
            with suppress(OverflowError):
                yield (moment + datetime.timedelta(minutes=signed)).isoformat()


def _moved_times(value: str) -> Iterator[str]:
    minutes = int(value[:2]) * 60 + int(value[3:])
    for step in (1, -1, 60, -60, 15):
        moved = (minutes + step) % (24 * 60)
        yield f"{moved // 60:02}:{moved % 60:02}"


def changed_texts(text: str) -> Iterator[str]:
    """Texts like this one, but not it."""
    letters = [place for place, letter in enumerate(text) if letter.isascii() and letter.isalnum()]
    for place in (letters[-1:] + letters[:1]) if letters else []:
        yield text[:place] + _next(text[place]) + text[place + 1 :]
    yield f"{text} again"
    yield text.swapcase()
    head, _, rest = text.partition(" ")
    yield rest or head[:-1]
    yield _PLAIN_TEXT


def _next(letter: str) -> str:
    """The next of the digits, or of the letters."""
    if letter.isdigit():
        return str((int(letter) + 1) % 10)
    first = ord("a" if letter.islower() else "A")
    return chr(first + (ord(letter) - first + 1) % 26)


def _other_lists(name: str, type_: nodes.Type, value: list[Any], world: World) -> Iterator[list[Any]]:
    element = type_.element
    assert element is not None

    def legal(found: list[Any]) -> bool:
        low, high = type_.low or 0, type_.high
        assert isinstance(low, int)
        return len(found) >= low and (not isinstance(high, int) or len(found) <= high)

    candidates: list[list[Any]] = []
    for place in range(len(value)):
        candidates.append(value[:place] + value[place + 1 :])
        candidates.append([*value[: place + 1], value[place], *value[place + 1 :]])
        for other in others(name, element, value[place], world)[:_MANY]:
            candidates.append([*value[:place], other, *value[place + 1 :]])
    candidates.append(value[::-1])
    more = others(name, element, None, world) if element.kind in ("row", "id", "enum") else []
    candidates += [[*value, other] for other in more if other not in value][:_MANY]
    candidates.append([])
    yield from filter(legal, candidates)


def _other_records(type_: nodes.Type, value: dict[str, Any], world: World) -> Iterator[dict[str, Any]]:
    for part in type_.fields:
        given = value.get(part.name)
        if given is None:
            continue
        for other in others(part.name, part.type, given, world):
            yield {**value, part.name: other}
        if not part.required:
            yield {name: held for name, held in value.items() if name != part.name}


# ---- Out of nothing


class CannotDraw(Exception):
    """The world holds nothing that such a parameter could take."""


def draw(name: str, type_: nodes.Type, world: World, random: Random, first: Sequence[Any] = ()) -> Any:
    """A legal value in wire form. `first`: ids that are taken, where there are any, before others of the type."""
    match type_.kind:
        case "row" | "id":
            return _pick(first or world.ids(type_), random)
        case "enum":
            return _pick(world.members(type_), random)
        case "bool":
            return random.random() < 0.5
        case "list":
            assert type_.element is not None
            low = type_.low if isinstance(type_.low, int) else 0
            return [draw(name, type_.element, world, random) for _ in range(max(low, 1))]
        case "record":
            return {
                part.name: draw(part.name, part.type, world, random) for part in type_.fields if part.required
            }
    candidates = list(_plain(type_, world.now))
    if type_.kind in TEXTS:
        candidates += world.texts(name, type_)
    return _pick([value for value in candidates if fits(type_, value)], random)


def _pick(candidates: Sequence[Any], random: Random) -> Any:
    if not candidates:
        raise CannotDraw
    return random.choice(candidates)


def _plain(type_: nodes.Type, now: str) -> Iterator[Any]:
    match type_.kind:
        case "int" | "money" | "number":
            ends = [end for end in (type_.low, type_.high) if isinstance(end, (int, float))]
            scale = 100 if type_.kind == "money" else 1
            yield from (_wire(type_, value) for value in (*(amount * scale for amount in _AMOUNTS), *ends))
        case "text":
            yield from (_PLAIN_TEXT, "Else", "0000", "AB12")
        case kind if kind in _PLAIN:
            yield _PLAIN[kind]
        case "date":
            yield from _moved_dates(datetime.date.fromisoformat(now[:10]))
        case "datetime":
            yield from _moved_moments(datetime.datetime.fromisoformat(now))
        case "time":
            yield from ("09:30", "18:00")
