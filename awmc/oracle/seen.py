"""What a `solve` has seen: the values in the results of its calls, and the words of its errors."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from awmc.ir import nodes
from awmc.oracle.wire import leaves
from awmc.runtime.matching import exact, states_value

_NUMBERS: Final = ("int", "number", "money")


class Seen:
    """Grows with each call."""

    def __init__(self, clock: str) -> None:
        self._clock = clock
        self._values: set[tuple[str, Any]] = set()
        self._texts: list[str] = []
        self._fields: dict[str, dict[tuple[str, str, Any], None]] = {}
        self._alike: dict[str, set[Any]] = {}
        self._amounts: set[Decimal] = set()
        self.longest = 0
        """The length of the longest list."""

    def add(self, type_: nodes.Type, value: Any) -> None:
        """A result in hand."""
        self._measure(value)
        if isinstance(value, list) and len(value) > 1 and type_.element is not None:
            for part in type_.element.fields:
                if part.type.kind not in ("list", "record"):
                    self._alike.setdefault(part.name, set()).update(row.get(part.name) for row in value)
        for name, kind, found in leaves(type_, value):
            self._values.add(_place(kind, found))
            self._fields.setdefault(name, {})[kind.kind, kind.name, found] = None
            if isinstance(found, str):
                self._texts.append(found)
            elif kind.kind == "money":
                self._amounts.add(exact("money", found))

    def add_error(self, message: str) -> None:
        self._texts.append(message)

    def _measure(self, value: Any) -> None:
        if isinstance(value, list):
            self.longest = max(self.longest, len(value), getattr(value, "total", None) or 0)
            for element in value:
                self._measure(element)
        elif isinstance(value, dict):
            for part in value.values():
                self._measure(part)

    def holds(self, type_: nodes.Type, value: Any) -> bool:
        """Whether a value in hand stood in a result as itself."""
        if type_.kind == "list" and type_.element is not None:
            return all(self.holds(type_.element, element) for element in value)
        if type_.kind == "record":
            return all(self.holds(part.type, value.get(part.name)) for part in type_.fields)
        return value is None or type_.kind == "bool" or _place(type_, value) in self._values

    def tells(self, type_: nodes.Type, value: Any) -> bool:
        """Whether a value stood in a result, or is said in a text of one, or in an error."""
        if self.holds(type_, value):
            return True
        if type_.kind in ("list", "record"):
            return False
        kind = _spoken(type_, value)
        return any(states_value(text, kind, value, clock=self._clock) for text in self._texts)

    def tells_apart(self, type_: nodes.Type, value: Any) -> bool:
        """Whether an amount of money is the sum or the difference of two that stood in results."""
        if type_.kind != "money":
            return False
        wanted = exact("money", value)
        return any(
            {wanted - amount, amount - wanted, wanted + amount} & self._amounts for amount in self._amounts
        )

    def beside(self, field: str, type_: nodes.Type) -> tuple[Any, ...]:
        """The values of one type that fields of this name held."""
        wanted = (type_.kind, type_.name)
        return tuple(value for *found, value in self._fields.get(field, ()) if tuple(found) == wanted)

    def is_everywhere(self, field: str, type_: nodes.Type, value: Any) -> bool:
        """Whether the rows of the lists that hold such a field, more than one each, held nothing but this value."""
        return self._alike.get(field) == {value} and self.beside(field, type_) == (value,)

    def quotes(self, text: str) -> bool:
        """Whether a text of a result or an error says `text`."""
        return any(states_value(seen, "text", text, clock=self._clock) for seen in self._texts)


def _place(type_: nodes.Type, value: Any) -> tuple[str, Any]:
    """What a value is compared by: numbers by their size, ids by their entity, all else by its text."""
    if type_.kind in ("row", "id") and isinstance(value, int):
        return type_.name, value
    if type_.kind in _NUMBERS:
        return "number", exact(type_.kind, value)
    return "text", value


def _spoken(type_: nodes.Type, value: Any) -> str:
    if type_.kind in ("row", "id"):
        return "int" if isinstance(value, int) else "text"
    return type_.kind
