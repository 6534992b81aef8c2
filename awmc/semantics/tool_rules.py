"""Rules of a tool as a whole: whose rows it changes, and whether what it is called agrees with what it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from awmc.semantics import typed
from awmc.semantics.model import Model, ParamModel, ToolModel
from awmc.semantics.types import Type

_LOOKING: Final = frozenset(("get", "list", "find", "search", "show", "view", "count", "browse", "lookup"))
"""First words of a tool that an agent calls to look, as often as it likes."""


def check_owners(model: Model) -> None:
    """A tool that changes a row which somebody owns takes it from the actor's own, or asks whose it is."""
    for tool in model.tools.values():
        if tool.hidden or _asks_who(tool):
            continue
        for param in tool.params:
            for row in _unscoped(param.type):
                own = model.entities[row.name].scopes.get("my")
                if own is not None and _changes(tool, param.name, _columns(own.test)):
                    model.report(
                        "AWM525",
                        tool.span if tool.derived_from else param.span,
                        tool=tool.name,
                        entity=row.name,
                        help=_owners_help(tool, param, row),
                    )


def _owners_help(tool: ToolModel, param: ParamModel, row: Type) -> str:
    if tool.derived_from:
        return f"write `tools my {row.name} {{ … }}`, where only the actor's own are meant"
    own = f"[my {row.name}]" if param.type.kind == "list" else f"my {row.name}"
    return f"write `{param.name}: {own}`, or a `require` that says whose may be changed"


def _unscoped(kind: Type) -> Iterator[Type]:
    """The rows of a parameter that may be anybody's."""
    if kind.kind == "row" and not kind.scope:
        yield kind
    elif kind.kind == "list" and kind.element is not None:
        yield from _unscoped(kind.element)


def _asks_who(tool: ToolModel) -> bool:
    """Whether a test of the tool, or of an action that it calls, is about the actor."""
    for node in _tests(tool):
        if any(isinstance(part, typed.Me) for part in typed.walk(node)):
            return True
    called = [node.tool for node in _nodes(tool) if isinstance(node, typed.ToolCall) and node.tool.hidden]
    return any(_asks_who(action) for action in called)


def _tests(tool: ToolModel) -> Iterator[Any]:
    for node in _nodes(tool):
        if isinstance(node, (typed.Require, typed.If)):
            yield node.test
        elif isinstance(node, typed.Let) and node.otherwise is not None:
            yield node.value


def _changes(tool: ToolModel, name: str, owning: frozenset[str]) -> bool:
    """Whether the row that a local holds is changed or deleted, here or in an action that it is passed to. To set a
    column by which it is somebody's (`owning`) is to take what is free."""
    for node in _nodes(tool):
        match node:
            case typed.Update() if _is_local(node.rows, name):
                return not any(assign.field.name in owning for assign in node.assigns)
            case typed.Delete() if _is_local(node.rows, name):
                return True
            case typed.For() if _is_local(node.over, name) and _changes(tool, node.name, owning):
                return True
            case typed.ToolCall() if node.tool.hidden:
                passed = [param for param, value in node.args if _is_local(value, name)]
                if any(_changes(node.tool, param, owning) for param in passed):
                    return True
    return False


def _columns(test: typed.Expr | None) -> frozenset[str]:
    return frozenset(node.field.name for node in typed.walk(test) if isinstance(node, typed.ColumnOf))


def _is_local(expr: typed.Expr, name: str) -> bool:
    return isinstance(expr, typed.Local) and expr.name == name


def _nodes(tool: ToolModel) -> Iterator[Any]:
    for statement in tool.body:
        yield from typed.walk(statement)


def check_looking(model: Model) -> None:
    """A tool that is called to look changes nothing that counts."""
    for tool in model.tools.values():
        if tool.hidden or tool.derived_from or tool.name.partition("_")[0] not in _LOOKING:
            continue
        written = next(_written(model, tool), None)
        if written is not None:
            is_column = "." in written
            model.report(
                "AWM526",
                tool.span,
                tool=tool.name,
                written=written,
                help=f"mark `{written}` as `@untracked`, or name the tool after what it does"
                if is_column
                else "name the tool after what it does, or let it change nothing",
            )


def _written(model: Model, tool: ToolModel) -> Iterator[str]:
    """The tracked columns and the entities that a tool writes, in the order of their names."""
    effects = tool.effects
    for entity, column in sorted(effects.updates):
        if not model.entities[entity].fields[column].untracked:
            yield f"{entity}.{column}"
    yield from sorted(effects.creates | effects.deletes)
