"""What generated code defines: the parameters, the tools and the invariants of a world."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NewType, get_args

from pydantic import ValidationError

from awmc.runtime import arguments
from awmc.runtime.values import Parameters

Json = NewType("Json", str)
"""A result on the wire: compact JSON of an object."""

OK: Final = Json('{"ok":true}')

NOTHING: Final = Json('{"value":null}')
"""The result for a row or a record that is not there."""

NOT_GIVEN: Final[Any] = None
"""The default of an optional parameter whose value the tool itself finds."""


class NoParameters(Parameters):
    """A tool without parameters."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What the id in an argument must name: `sql` gives a row where the row `:key` exists, in its scope."""

    entity: str
    sql: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """A truth of the world: `sql` gives rows where it does not hold."""

    name: str
    about: str
    sql: str


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """One tool. `rows`: per path of an argument (`slot`, `lines.product`) what its id must name. `writes`:
    the tables that a call may change; a call of a tool with none needs no savepoint. `checks`: what must
    hold before a call commits. `body` answers the result on the wire, or None for `{"ok": true}`.

    `ids`: `rows`, the paths cut in their first part and the others.
    """

    name: str
    parameters: type[Parameters]
    body: Callable[..., Json | None]
    rows: Mapping[str, Rows]
    writes: tuple[str, ...] = ()
    checks: tuple[Invariant, ...] = ()
    ids: tuple[tuple[str, tuple[str, ...], Rows], ...] = field(init=False)
    _validate: Callable[[Any], Parameters] = field(init=False, repr=False)
    _records: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        paths = [(path.split("."), rows) for path, rows in self.rows.items()]
        fields = self.parameters.model_fields.items()
        found = {
            "ids": tuple((path[0], tuple(path[1:]), rows) for path, rows in paths),
            "_validate": self.parameters.__pydantic_validator__.validate_python,
            # The fields whose values are, or hold, records.
            "_records": tuple(name for name, field in fields if any(_records_in(field.annotation))),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    def arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        """The arguments of `body`, in storage form. Refuses (`invalid_arguments`) what the parameters do
        not allow.
        """
        try:
            model = self._validate(given)
        except ValidationError as error:
            fields = self.parameters.model_fields
            names = [field.alias or name for name, field in fields.items()]
            raise arguments.invalid_arguments(error, names) from None
        values: dict[str, Any] = model.__dict__
        for name in self._records:
            values[name] = _plain(values[name])
        return values


def _records_in(annotation: Any) -> Iterator[bool]:
    if isinstance(annotation, type) and issubclass(annotation, Parameters):
        yield True
    for argument in get_args(annotation):
        yield from _records_in(argument)


def _plain(value: Any) -> Any:
    """Records as dicts, by their parts' names in the spec."""
    if isinstance(value, list):
        return [_plain(element) for element in value]
    if isinstance(value, Parameters):
        fields = type(value).model_fields
        return {fields[name].alias or name: _plain(part) for name, part in value.__dict__.items()}
    return value


def tool(
    parameters: type[Parameters],
    *,
    name: str = "",
    rows: Mapping[str, Rows] | None = None,
    writes: tuple[str, ...] = (),
    checks: tuple[Invariant, ...] = (),
) -> Callable[[Callable[..., Json | None]], Tool]:
    """Makes a tool of a function over a `Call` and the parameters. `name`: where it is not the function's."""

    def define(body: Callable[..., Json | None]) -> Tool:
        return Tool(name or body.__name__, parameters, body, rows or {}, writes, checks)

    return define
