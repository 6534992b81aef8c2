"""The SQL that a spec is compiled to, by what it is of."""

from __future__ import annotations

import ast as python
from dataclasses import dataclass
from functools import cached_property

from awmc.backends import schema, tools
from awmc.backends.python_text import Names
from awmc.backends.sql import Compiler
from awmc.backends.tool_program import Program
from awmc.ir import nodes
from awmc.ir.lower import lower
from awmc.lsp.snapshot import Snapshot


@dataclass(frozen=True)
class Derived:
    """The SQL of one environment."""

    environment: nodes.Environment

    @cached_property
    def _schema(self) -> str:
        return schema.render(self.environment)

    def entity(self, table: str) -> str:
        """The statements that make a table and its indexes."""
        start = self._schema.find(f"CREATE TABLE {table} (")
        if start < 0:
            return ""
        end = self._schema.find("\n\n", start)
        return self._schema[start : end if end >= 0 else len(self._schema)].rstrip()

    @cached_property
    def _module(self) -> tools.Module:
        return tools.module(self.environment, Compiler(self.environment), "")

    def tool(self, name: str) -> str:
        """The statements that a tool or an action may run, in their order."""
        env = self.environment
        tool = next((tool for tool in env.tools if tool.name == name), None)
        if tool is None:
            return ""
        program = Program(env, Compiler(env), Names(()))
        functions = {program.function(tool, wire) for wire in ((False,) if tool.hidden else (True, False))}
        found: dict[str, None] = {}
        for parts in self._module.functions:
            defined = [node for part in parts for node in python.parse(part).body]
            if any(isinstance(node, python.FunctionDef) and node.name in functions for node in defined):
                found.update(dict.fromkeys(text for node in defined for text in _statements(node)))
        return "\n\n".join(found)

    def invariant(self, name: str) -> str:
        """The query whose rows break an invariant."""
        for definition in self._module.definitions:
            body = python.parse(definition)
            if any(isinstance(node, python.Constant) and node.value == name for node in python.walk(body)):
                return "\n\n".join(text for node in body.body for text in _statements(node))
        return ""


def derived(snapshot: Snapshot) -> Derived | None:
    """The SQL of a spec without errors."""
    model = snapshot.model
    if model.has_errors or model.env is None:
        return None
    return Derived(lower(model, 0))


def _statements(node: python.stmt) -> list[str]:
    """The texts in a piece of Python that are SQL."""
    values = [n.value for n in python.walk(node) if isinstance(n, python.Constant)]
    texts = [value.strip() for value in values if isinstance(value, str)]
    return [text for text in texts if text.split(" ")[0].split("\n")[0] in _VERBS]


_VERBS = frozenset(["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"])
