"""What a task asks of an agent, measured on its first `solve`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from awmc.ir import nodes
from awmc.oracle.play import Made
from awmc.oracle.trees import walk
from awmc.prove.ends import End
from awmc.prove.values import TEXTS


def asked(
    task: nodes.Task, calls: Sequence[Made], end: End, environment: nodes.Environment
) -> dict[str, Any]:
    """`{"calls", "tools", "reads", "writes", "carried", "left_out"}`: the number of calls; the distinct tools; the
    tables that these may read; those in which `solve` leaves something changed; how many of the arguments that are
    written in it come from a result; the optional texts of tools that write (`tool.parameter`) that it never gives.
    """
    tools = {tool.name: tool for tool in environment.tools}
    used = dict.fromkeys(call.tool for call in calls)
    reads = {table for name in used if name in tools for table in tools[name].effects.reads}
    order = [entity.table for entity in environment.entities]
    writes = {table for table, _ in (*end.made, *end.changed, *end.gone)}
    return {
        "calls": len(calls),
        "tools": list(used),
        "reads": _in_order(reads, order),
        "writes": _in_order(writes, order),
        "carried": _carried(task.solves[0]),
        "left_out": _left_out([tools[name] for name in used if name in tools], calls),
    }


def _in_order(tables: Iterable[str], order: Sequence[str]) -> list[str]:
    places = {table: place for place, table in enumerate(order)}
    return sorted(tables, key=lambda table: (places.get(table, len(order)), table))


def _left_out(tools: Sequence[nodes.Tool], calls: Sequence[Made]) -> list[str]:
    given = {(call.tool, name) for call in calls for name in call.arguments}
    return [
        f"{tool.name}.{param.name}"
        for tool in tools
        if tool.effects.creates or tool.effects.updates
        for param in tool.params
        if not param.required and param.type.kind in TEXTS and (tool.name, param.name) not in given
    ]


def _carried(solve: nodes.Solve) -> int:
    """The arguments whose value depends on what an earlier call answered."""
    results: set[str] = set()
    return _count(solve.body, results)


def _count(body: Iterable[nodes.Statement], results: set[str]) -> int:
    """`results`: the locals that hold something of a result; it grows with the statements."""
    count = 0
    for node in body:
        match node:
            case nodes.Call() | nodes.Fails():
                count += sum(_reads(arg.value, results) for arg in node.args)
                if isinstance(node, nodes.Call) and node.name:
                    results.add(node.name)
            case nodes.Let():
                if _reads(node.value, results):
                    results.add(node.name)
            case nodes.For():
                if _reads(node.over, results):
                    results.add(node.name)
                count += _count(node.body, results)
            case nodes.If():
                count += _count(node.then, results) + _count(node.otherwise, results)
    return count


def _reads(expr: nodes.Expr, names: set[str]) -> bool:
    return any(isinstance(node, nodes.Local) and node.name in names for node in walk(expr))
