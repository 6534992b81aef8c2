"""What goes between a `solve` and the tools: arguments out to the wire, results in from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from awmc.ir import nodes
from awmc.oracle.evaluate import Terms
from awmc.oracle.listed import Listed
from awmc.runtime.values import from_wire, to_wire

_SCALARS: Final = frozenset(
    ("text", "int", "number", "money", "bool", "date", "time", "datetime", "email", "url", "enum")
)
_BOOL: Final = nodes.Type(kind="bool")


def to_argument(type_: nodes.Type, value: Any, terms: Terms) -> Any:
    """A value in hand as the argument of a parameter of this type."""
    if value is None:
        return None
    if type_.kind in ("row", "id"):
        return terms.id_text(type_, value)
    if type_.kind == "list":
        assert type_.element is not None
        return [to_argument(type_.element, element, terms) for element in value]
    if type_.kind == "record":
        parts = {part.name: part for part in type_.fields}
        return {
            name: to_argument(parts[name].type, part, terms)
            for name, part in value.items()
            if part is not None or parts[name].required
        }
    return to_wire(type_.kind, value)  # type: ignore[arg-type] # the other kinds are scalars


def from_result(type_: nodes.Type, value: Any) -> Any:
    """A result, unwrapped of `{"items": …}` or `{"value": …}`, in hand: money in cents, lists with their
    total.
    """
    if type_.kind == "list":
        items = in_hand(type_, value["items"])
        items.total = value.get("total")
        return items
    if type_.kind == "record":
        return in_hand(type_, value)
    return in_hand(type_, value["value"])


def in_hand(type_: nodes.Type, value: Any) -> Any:
    """A value of the wire in hand; ids stay as they are."""
    if value is None:
        return None
    if type_.kind == "list":
        assert type_.element is not None
        return Listed(in_hand(type_.element, element) for element in value)
    if type_.kind == "record":
        types = {part.name: part.type for part in type_.fields}
        return {name: in_hand(types[name], part) if name in types else part for name, part in value.items()}
    return from_wire(type_.kind, value) if type_.kind in _SCALARS else value  # type: ignore[arg-type]


class WireTypes:
    """The types of what tools answer, as an agent sees it: rows are records of their shapes, or ids."""

    def __init__(self, environment: nodes.Environment) -> None:
        self._shapes = {shape.name: shape for shape in environment.shapes}
        self._tools = {tool.name: tool for tool in environment.tools}
        self._offers = {offer.name: offer.kind for offer in environment.offers}
        self._known: dict[str, nodes.Type] = {}

    def of(self, tool: str) -> nodes.Type:
        """The type of a tool's result."""
        if tool not in self._known:
            self._known[tool] = self._find(tool)
        return self._known[tool]

    def _find(self, name: str) -> nodes.Type:
        if self._offers.get(name) == "calculate":
            return nodes.Type(kind="number")
        tool = self._tools.get(name)
        if tool is None or tool.result is None:
            return nodes.Type(kind="record", fields=(nodes.TypeField(name="ok", type=_BOOL),))
        return replace(self._shaped(tool.result, tool.result_shape), paged=tool.paged)

    def _shaped(self, type_: nodes.Type, shape: str) -> nodes.Type:
        if type_.kind == "list" and type_.element is not None:
            return replace(type_, element=self._shaped(type_.element, shape))
        if type_.kind == "row":
            return self._record(type_, shape) if shape else replace(type_, kind="id", scope="")
        if type_.kind == "record":
            fields = (replace(part, type=self._shaped(part.type, "")) for part in type_.fields)
            return replace(type_, fields=tuple(fields))
        return type_

    def _record(self, type_: nodes.Type, shape: str) -> nodes.Type:
        members = self._shapes[shape].members
        fields = (
            nodes.TypeField(name=member.name, type=self._shaped(member.type, member.shape))
            for member in members
        )
        return nodes.Type(kind="record", nullable=type_.nullable, fields=tuple(fields))


def leaves(type_: nodes.Type, value: Any, name: str = "") -> Iterator[tuple[str, nodes.Type, Any]]:
    """The scalars of a result, each with the name of the field that holds it and its type; nulls are left
    out.
    """
    if value is None:
        return
    if type_.kind == "list" and type_.element is not None:
        for element in value:
            yield from leaves(type_.element, element, name)
    elif type_.kind == "record" and isinstance(value, Mapping):
        for part in type_.fields:
            yield from leaves(part.type, value.get(part.name), part.name)
    else:
        yield name, type_, value
