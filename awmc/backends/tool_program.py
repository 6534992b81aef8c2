"""What the tools of one environment share as Python: the names of functions and parameters, the types of
values.
"""

from __future__ import annotations

from typing import Any

from awmc.backends.python_text import Names, safe, snake
from awmc.backends.sql import Compiler
from awmc.ir import nodes
from awmc.ir.below import BELOW


class Program:
    """One module of tools. `constants`: the names of its SQL constants and classes, handed out once.
    `called`: the tools that other tools call, so that each has a function for its stored value beside
    the one for the wire. `rows`: per entity and scope the constant that says what an id must name.
    """

    def __init__(self, environment: nodes.Environment, compiler: Compiler, constants: Names) -> None:
        self.compiler = compiler
        self.constants = constants
        self.entities = {entity.name: entity for entity in environment.entities}
        self.tools = {tool.name: tool for tool in environment.tools}
        self.called = {name for tool in environment.tools for name in tool.calls}
        self.rows: dict[tuple[str, str], str] = {}
        functions = Names()
        self._on_wire = {name: functions.new(safe(name)) for name in self.tools}
        self._stored = {
            name: functions.new(f"_{name}") for name in self.called if not self.tools[name].hidden
        }

    def function(self, tool: nodes.Tool, wire: bool = False) -> str:
        """The function of a tool that answers on the wire, or the one of a tool or an action that gives the
        stored value.
        """
        return self._on_wire[tool.name] if wire else self._stored.get(tool.name, self._on_wire[tool.name])

    def parameters(self, tool: nodes.Tool) -> dict[str, str]:
        """The Python names of a tool's parameters, in order. They hide no function that the tool calls."""
        names = Names(self.taken(tool))
        return {param.name: names.new(safe(param.name)) for param in tool.params}

    def taken(self, tool: nodes.Tool) -> set[str]:
        """The names that no local of a tool takes."""
        return {"call", *(self.function(self.tools[name]) for name in tool.calls)}

    def row(self, type_: nodes.Type) -> str:
        """The constant that says what an id of this type must name."""
        of = (type_.name, type_.scope)
        if of not in self.rows:
            self.rows[of] = self.constants.new(f"{type_.scope}_{snake(type_.name)}".strip("_").upper())
        return self.rows[of]

    def type(self, type_: nodes.Type) -> str:
        """The annotation of a value in hand."""
        match type_.kind:
            case "int" | "money":
                name = "int"
            case "number":
                name = "float"
            case "bool":
                name = "bool"
            case "row" | "id":
                name = "str" if self.entities[type_.name].natural_key else "int"
            case "list":
                assert type_.element is not None
                name = f"list[{self.type(type_.element)}]"
            case "record" | "duration":
                name = "dict[str, Any]"
            case "null":
                return "None"
            case _:
                name = "str"
        return f"{name} | None" if type_.nullable else name


def constant_default(default: nodes.Expr) -> nodes.Const | None:
    """The default as a constant that a model of parameters can hold."""
    return (
        default
        if isinstance(default, nodes.Const) and not isinstance(default.value, nodes.Duration)
        else None
    )


_GIVEN = (nodes.Term, nodes.Assign, nodes.LinkChange)


def local_names(node: nodes.Node | tuple[nodes.Node, ...]) -> set[str]:
    """The locals that a part of the IR reads."""
    found: set[str] = set()
    stack: list[Any] = [node]
    while stack:
        part = stack.pop()
        if type(part) is tuple:
            stack += part
        elif type(part) is nodes.Local:
            found.add(part.name)
        elif (names := BELOW[type(part)]) is not None:
            if isinstance(part, _GIVEN):
                found.update(part.given)
            stack += [getattr(part, name) for name in names]
    return found
