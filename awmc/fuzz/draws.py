"""Calls drawn at random: legal as far as types can say, and now and then with a fault in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from awmc.fuzz.promises import Promises
from awmc.fuzz.values import NO_KEY, Values, no_key
from awmc.fuzz.watch import Watch
from awmc.ir import nodes
from awmc.runtime import Rows

Arguments = dict[str, Any]

_FAULTY: Final = 0.12
"""The part of the calls that have a fault in their arguments."""
_HANDOFFS: Final = 0.03
_JUNK: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**30, 0.5, -0.0, 1e308, "", " ", "\0", "\ud800", "null",
    "1", "x" * 5_000, "2026-02-30", "24:00", "9999-12-31T23:59:59", [], {}, [None], [[]], {"id": 1}, {"": None},
)  # fmt: skip
_OFFERED: Final[Mapping[str, tuple[str, nodes.Type]]] = {
    "calculate": ("expression", nodes.Type(kind="text", low=1, high=1000)),
    "think": ("thought", nodes.Type(kind="text")),
    "handoff": ("summary", nodes.Type(kind="text")),
}
_AMOUNTS: Final = ("1", "2.5", "0", "19.99", "10", ".5", "9" * 40)
_PIECES: Final = (*_AMOUNTS, "+", "-", "*", "/", "%", "(", ")", " ", "1e9", "x")


class Draws:
    """Draws calls for one world. Tools that have succeeded less often are called more."""

    def __init__(self, promises: Promises, random: Random) -> None:
        environment = promises.environment
        self.random = random
        self._values = Values(environment, random)
        self._definitions = promises.world.definitions
        self._kinds = {offer.name: offer.kind for offer in environment.offers}
        self._params = {
            name: promise.tool.params if promise.tool is not None else (_offered(self._kinds[name]),)
            for name, promise in promises.tools.items()
        }
        self._names: Sequence[str] = tuple(promises.tools)
        self.succeeded: Counter[str] = Counter()

    def call(self, watch: Watch) -> tuple[str, Arguments]:
        """A tool and arguments for it, in the world as it is."""
        name = self._tool()
        return name, self.arguments(name, watch)

    def _tool(self) -> str:
        random = self.random
        name = random.choice(self._names)
        if random.random() < 0.5:
            other = random.choice(self._names)
            name = min(name, other, key=lambda one: self.succeeded[one])
        # A handoff ends all.
        return name if self._kinds.get(name) != "handoff" or random.random() < _HANDOFFS else self._names[0]

    def rarest(self) -> str:
        """The tool that has succeeded least."""
        return min(self._names, key=lambda name: (self.succeeded[name], name))

    def params(self, tool: str) -> tuple[nodes.Param, ...]:
        return self._params[tool]

    def arguments(self, tool: str, watch: Watch) -> Arguments:
        """Legal ones mostly."""
        random = self.random
        self._values.watch = watch
        scopes = self._definitions[tool].rows
        given: Arguments = {}
        often = random.choice((0.1, 0.4, 0.9))
        for param in self._params[tool]:
            if param.required or random.random() < (often * 0.4 if param.paging else often):
                given[param.name] = self._value(tool, param, scopes)
        return self.with_fault(tool, given) if random.random() < _FAULTY else given

    def changed(self, tool: str, arguments: Mapping[str, Any], watch: Watch) -> Arguments:
        """Other arguments like these: one of them is drawn anew, or left out."""
        self._values.watch = watch
        params = self._params[tool]
        if not params:
            return dict(arguments)
        param = self.random.choice(params)
        if not param.required and param.name in arguments and self.random.random() < 0.3:
            return {name: value for name, value in arguments.items() if name != param.name}
        return {**arguments, param.name: self._value(tool, param, self._definitions[tool].rows)}

    def _value(self, tool: str, param: nodes.Param, scopes: Mapping[str, Rows]) -> Any:
        if not param.required and param.default is None and self.random.random() < 0.08:
            return None
        if self._kinds.get(tool) == "calculate" and self.random.random() < 0.9:
            return _formula(self.random)
        return self._values.value(param.name, param.type, scopes)

    def with_fault(self, tool: str, given: Arguments) -> Arguments:
        """The same with one fault: an argument left out, one too many, null, of another type, an id of no row."""
        random = self.random
        names = sorted(given)
        fault = random.randrange(5)
        if fault == 0 or not names:
            extra = random.choice(("id_", "unknown", "", "Slot", "__class__", "é"))
            return {**given, extra: random.choice(_JUNK)}
        name = random.choice(names)
        if fault == 1:
            del given[name]
            return given
        if fault == 2:
            return {**given, name: self._spoilt(given[name])}
        if fault == 3:
            rows = [param for param in self._params[tool] if param.type.kind in ("row", "id")]
            if rows:
                param = random.choice(rows)
                assert self._values.watch is not None
                table = self._values.watch.promises.world.tables.by_entity[param.type.name]
                return {**given, param.name: random.choice((no_key(table), NO_KEY, 0, -1, "1", 2**63))}
        return {**given, name: random.choice(_JUNK)}

    def _spoilt(self, value: Any) -> Any:
        """Nearly the value: deeper inside it, of another type, or beyond its range."""
        random = self.random
        match value:
            case bool():
                return random.choice((int(value), str(value).lower(), None))
            case int() | float():
                beyond = value * 10**9 if isinstance(value, int) else value + 1e17
                return random.choice((str(value), value + 0.001, -value, beyond, [value], -value - 1))
            case str():
                return random.choice(
                    (value * 300, value + "\0", value + " ", [value], value.upper(), len(value))
                )
            case list() if value:
                place = random.randrange(len(value))
                return [*value[:place], self._spoilt(value[place]), *value[place + 1 :]]
            case dict() if value:
                name = random.choice(sorted(value))
                return {**value, name: self._spoilt(value[name])}
        return random.choice(_JUNK)


def _offered(kind: str) -> nodes.Param:
    name, type_ = _OFFERED[kind]
    return nodes.Param(name=name, type=type_, required=True)


def _formula(random: Random) -> str:
    """Something to calculate, or not."""
    if random.random() < 0.4:
        return "".join(random.choices(_PIECES, k=random.randint(1, 12)))
    text = random.choice(_AMOUNTS)
    for _ in range(random.randint(0, 4)):
        text = random.choice(
            (f"{text} {random.choice('+-*/%')} {random.choice(_AMOUNTS)}", f"({text})", f"-{text}")
        )
    return text
