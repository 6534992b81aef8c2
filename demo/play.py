"""Plays one task of one compiled world over MCP, and prints what was asked, said and judged.

    python demo/play.py [BUILD] [TASK]      by default build/clinic and its first task

An agent would choose the calls itself. Here they are the reference solution that the compiler found, so that the
verdict can be seen without a language model: the world is served on a port of this machine, and the MCP client speaks
to it as any agent's does. The verdict comes from whoever holds the world, never over MCP.
"""

import json
import sys
from pathlib import Path
from textwrap import fill, indent
from typing import Any

import anyio
from mcp import Client

import awmc
from awmc.runtime import BuildError, Change, Session, TaskInfo, UnknownTask
from awmc.serve import HttpServer

WIDTH = 100


def main(build: str = "build/clinic", task: str = "") -> int:
    """Plays it; 0 where the verdict is that the task is done."""
    try:
        world = awmc.load(Path(build))
        session = world.session(task=task or world.tasks[0].id)
    except (BuildError, UnknownTask) as error:
        print(error, file=sys.stderr)
        return 1
    assert session.task is not None
    print(f"{world.name}: {world.about}")
    print(f"{len(world.tools)} tools, {len(world.tasks)} tasks. This one is {session.task.id}:\n")
    print(indent(fill(session.instruction, WIDTH - 4), "    "))
    with session, HttpServer(session) as server:
        print(f"\nBefore anything is done: {verdict(session)}\n\nMCP at {server.url}")
        anyio.run(play, server.url, session.task)
        print("\nWhat has changed:")
        print("\n".join(f"    {line}" for line in map(changed, session.diff())) or "    nothing")
        if session.task.answer is not None:
            print(f"\nThe final message: {session.task.answer}")
        print(f"\nThe verdict: {verdict(session)}")
        return 0 if session.verify(session.task.answer).passed else 1


async def play(url: str, task: TaskInfo) -> None:
    """Makes the calls of the reference solution, as an MCP client."""
    async with Client(url) as client:
        listed = await client.list_tools()
        print(f"{len(listed.tools)} tools listed")
        for call in task.oracle:
            arguments: dict[str, Any] = dict(call["arguments"])
            result = await client.call_tool(call["tool"], arguments)
            print(
                f"\n> {call['tool']}({', '.join(f'{name}={shown(value)}' for name, value in arguments.items())})"
            )
            for content in result.content:
                text = getattr(content, "text", "")
                text = text if len(text) < 600 else f"{text[:600]} …"
                print(indent(fill(text, WIDTH - 4, break_on_hyphens=False), "    "))


def verdict(session: Session) -> str:
    """In one line, or with a line for each reason."""
    assert session.task is not None
    judged = session.verify(session.task.answer if session.log else None)
    said = "passed" if judged.passed else "not passed"
    reasons = "".join(f"\n    - {reason}" for reason in judged.reasons)
    return f"{said}, reward {judged.reward:g}, score {judged.score:.2f}{reasons}"


def changed(change: Change) -> str:
    """As the database holds it, money in cents: `update Patient 1: balance 30000 -> 20450`."""
    before, after = change.before or {}, change.after or {}
    values = (
        f"{name} {shown(before[name])} -> {shown(after[name])}"
        if name in before and name in after
        else f"{name} {shown(before.get(name, after.get(name)))}"
        for name in (after or before)
    )
    return f"{change.kind} {change.entity or change.table} {change.key}: {', '.join(values)}"


def shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
