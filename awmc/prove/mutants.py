"""Mutants: runs that differ from a `solve` in one thing, in an order that a seed fixes.

Kinds of calls: `argument` (another legal value, an optional one given or left out), `left_out`, `doubled`, `swapped`
(with the next call), `sibling` (the same arguments given to another tool), `added` (a call of a tool that changes the
world, before, between or after), `refused` (a call that no tool takes, which must do no harm). Those of answers are in
`awmc.prove.answers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from random import Random
from typing import Any, Final

from msgspec import structs

from awmc.ir import nodes
from awmc.oracle.play import Made
from awmc.prove.pools import Pools, shuffled
from awmc.prove.runs import Calls
from awmc.prove.values import CannotDraw, draw, key_of, others

_READ: Final = 1
"""Other values that are tried for an argument of a call that only reads: they cannot change the end."""
_GIVEN: Final = 3
"""Values that are tried for an optional argument that a run leaves out."""
_SUMMARY: Final = "I hand over."


@dataclass(frozen=True, slots=True)
class Mutant:
    """`at`: how many of the `solve`'s calls come first; `rest`: those that follow. `message`: its final one, or None
    for the right one."""

    kind: str
    what: str
    at: int
    rest: Calls
    message: str | None = None


class Tools:
    """What mutants must know of the tools of an environment. `writing`: the names of those that change something."""

    def __init__(self, environment: nodes.Environment) -> None:
        self.by_name = {tool.name: tool for tool in environment.tools if not tool.hidden}
        self.writing = tuple(name for name, tool in self.by_name.items() if writes(tool))
        untracked = {
            f"{entity.table}.{column.name}"
            for entity in environment.entities
            for column in entity.columns
            if column.untracked
        }
        self._counting = {
            name: bool(tool.effects.creates or tool.effects.deletes or set(tool.effects.updates) - untracked)
            for name, tool in self.by_name.items()
        }
        self.handoffs = tuple(offer.name for offer in environment.offers if offer.kind == "handoff")

    def writes(self, name: str) -> bool:
        return name in self.handoffs or (name in self.by_name and writes(self.by_name[name]))

    def counts(self, name: str) -> bool:
        """Whether a call of the tool can change something that counts."""
        return name in self.handoffs or self._counting.get(name, False)

    def arguments(
        self, name: str, pools: Pools, random: Random, *, new_first: bool = False
    ) -> dict[str, Any]:
        """Arguments of a tool, drawn from the world; optional ones one time in three. Raises `CannotDraw`."""
        found = {}
        for param in self.by_name[name].params:
            is_new = new_first and param.type.kind == "row"
            if param.required or random.random() < 1 / 3:
                first = pools.new_ids(param.type) if is_new else ()
                found[param.name] = draw(param.name, param.type, pools, random, first)
        return found

    def siblings(self, call: Made) -> Iterator[tuple[str, dict[str, Any]]]:
        """Other tools that take the arguments of a call, and how they are named there."""
        tool = self.by_name.get(call.tool)
        if tool is None:
            return
        given = {param.name: param.type for param in tool.params if param.name in call.arguments}
        for name, other in self.by_name.items():
            if name == call.tool or not (self.writes(call.tool) or self.writes(name)):
                continue
            named = _named_alike(given, other)
            if named is not None:
                yield name, {named[param]: value for param, value in call.arguments.items()}


def writes(tool: nodes.Tool) -> bool:
    """Whether a call of the tool can change the world."""
    return bool(tool.effects.creates or tool.effects.updates or tool.effects.deletes)


def _named_alike(given: Mapping[str, nodes.Type], other: nodes.Tool) -> dict[str, str] | None:
    """For each argument the parameter of another tool that takes it: of the same name, else of the same type. None
    where one finds no place, or a required parameter gets nothing."""
    free = {param.name: param for param in other.params}
    named: dict[str, str] = {}
    for name, type_ in given.items():
        if name in free and _alike(free[name].type, type_):
            named[name] = name
            del free[name]
    for name, type_ in given.items():
        if name not in named:
            found = next((param for param in free.values() if _alike(param.type, type_)), None)
            if found is None:
                return None
            named[name] = found.name
            del free[found.name]
    return None if any(param.required for param in free.values()) else named


def _alike(one: nodes.Type, other: nodes.Type) -> bool:
    return (one.kind, one.name) == (other.kind, other.name)


@dataclass(frozen=True, slots=True)
class Stream:
    """Mutants of one kind. `weight`: how many of them are taken in a turn."""

    mutants: Iterator[Mutant]
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Extra:
    """A call to be added. `first`: the earliest place where it can work."""

    call: Made
    first: int


class Changes:
    """The mutants of the calls of one `solve`. `pools`: what the world holds before and after it; `extras`: calls
    that work on it, by tool."""

    def __init__(
        self,
        tools: Tools,
        calls: Calls,
        pools: Pools,
        extras: Mapping[str, Sequence[Extra]],
        random: Random,
    ) -> None:
        self._tools, self._calls, self._pools = tools, calls, pools
        self._extras = extras
        self._random = random

    def streams(self) -> list[Stream]:
        """The mutants, by kind. The kinds that try values have more of them, so that none is left without."""
        return [
            Stream(self._refused()),
            Stream(self._left_out(), 2),
            Stream(self._doubled()),
            Stream(self._swapped()),
            Stream(self._siblings()),
            Stream(self._arguments(writing=True), 6),
            Stream(self._arguments(writing=False)),
            Stream(self._added(), 4),
        ]

    def _from(self, kind: str, what: str, at: int, *rest: Made, skip: int = 1) -> Mutant:
        """Calls put in place of `skip` of the `solve`'s, from place `at` on."""
        return Mutant(kind, what, at, (*rest, *self._calls[at + skip :]))

    def _refused(self) -> Iterator[Mutant]:
        for at in dict.fromkeys((0, len(self._calls))) if self._calls else ():
            call = Made(self._calls[-1].tool, {"no parameter": None}, "invalid_arguments")
            yield self._from(
                "refused", f"{call.tool} called with an argument that it does not have", at, call, skip=0
            )

    def _left_out(self) -> Iterator[Mutant]:
        for at, call in enumerate(self._calls):
            yield self._from("left_out", f"{call.tool} left out", at)

    def _doubled(self) -> Iterator[Mutant]:
        for at, call in enumerate(self._calls):
            yield self._from("doubled", f"{call.tool} made twice", at + 1, call, skip=0)

    def _swapped(self) -> Iterator[Mutant]:
        for at, (call, following) in enumerate(zip(self._calls, self._calls[1:], strict=False)):
            what = f"{following.tool} made before {call.tool}"
            yield self._from("swapped", what, at, following, call, skip=2)

    def _siblings(self) -> Iterator[Mutant]:
        for at, call in enumerate(self._calls):
            for name, arguments in self._tools.siblings(call):
                other = Made(name, arguments)
                yield self._from("sibling", f"{name} called in place of {call.tool}", at, other)

    def _arguments(self, *, writing: bool) -> Iterator[Mutant]:
        groups = []
        for at, call in enumerate(self._calls):
            tool = self._tools.by_name.get(call.tool)
            if tool is None or self._tools.writes(call.tool) is not writing:
                continue
            for param in tool.params:
                values = shuffled(self._values(call, param), self._random)
                groups.append([(at, param.name, value) for value in values[: None if writing else _READ]])
        for at, name, value in _in_turns(groups):
            call = self._calls[at]
            arguments = {key: held for key, held in call.arguments.items() if key != name}
            if value is not _LEFT_OUT:
                arguments[name] = value
            was = key_of(call.arguments[name]) if name in call.arguments else "left out"
            now = "left out" if value is _LEFT_OUT else key_of(value)
            what = f"{call.tool}: {name} {now} instead of {was}"
            yield self._from("argument", what, at, structs.replace(call, arguments=arguments))

    def _values(self, call: Made, param: nodes.Param) -> list[Any]:
        """What an argument can be beside what it is."""
        if param.name not in call.arguments:
            return self._given(param)
        found = others(param.name, param.type, call.arguments[param.name], self._pools)
        return found if param.required else [*found, _LEFT_OUT]

    def _given(self, param: nodes.Param) -> list[Any]:
        found: dict[str, Any] = {}
        for _ in range(_GIVEN):
            try:
                value = draw(param.name, param.type, self._pools, self._random)
            except CannotDraw:
                return []
            found[key_of(value)] = value
        return list(found.values())

    def _added(self) -> Iterator[Mutant]:
        groups = []
        for extras in self._extras.values():
            group = [(at, extra.call) for extra in extras for at in range(extra.first, len(self._calls) + 1)]
            groups.append(shuffled(group, self._random))
        for at, call in _in_turns(groups):
            shown = ", ".join(f"{name}: {key_of(value)}" for name, value in call.arguments.items())
            yield self._from("added", f"{call.tool}({shown}) called too", at, call, skip=0)
        for name in self._tools.handoffs:
            call = Made(name, {"summary": _SUMMARY})
            yield self._from("added", f"{name} called too", len(self._calls), call, skip=0)


_LEFT_OUT: Final = object()


def _in_turns(groups: Sequence[Sequence[Any]]) -> Iterator[Any]:
    """One of each group, then the next of each."""
    missing = object()
    for row in zip_longest(*groups, fillvalue=missing):
        yield from (item for item in row if item is not missing)


def chosen(streams: Iterable[Stream], calls: Calls, budget: int, seen: set[str]) -> list[Mutant]:
    """So many mutants of the streams, some of each in turn; those whose run was `seen` are passed over."""
    found: list[Mutant] = []
    left = list(streams)
    while left:
        for stream in list(left):
            for _ in range(stream.weight):
                if len(found) >= budget:
                    return found
                mutant = _next_new(stream.mutants, calls, seen)
                if mutant is None:
                    left.remove(stream)
                    break
                found.append(mutant)
    return found


def _next_new(stream: Iterator[Mutant], calls: Calls, seen: set[str]) -> Mutant | None:
    for mutant in stream:
        place = run_key((*calls[: mutant.at], *mutant.rest), mutant.message)
        if place not in seen:
            seen.add(place)
            return mutant
    return None


def run_key(calls: Iterable[Made], message: str | None = None) -> str:
    """Equal for equal runs."""
    return key_of([*chain.from_iterable((call.tool, dict(call.arguments)) for call in calls), message])
