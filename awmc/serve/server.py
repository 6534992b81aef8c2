"""MCP for a world: its tools, a policy as instructions, the answers of its sessions."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from mcp import MCPError
from mcp.server import Server, ServerRequestContext
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

import awmc
from awmc.runtime import Result, Session, ToolInfo, UnknownTool, World

_log = logging.getLogger("awmc.serve")

Context = ServerRequestContext[Any]
Play = Callable[[Context, str, dict[str, Any]], Awaitable[Result]]
"""Makes the call of a tool, by its name and its arguments, in the session that the request is for."""


def mcp_server(world: World, policy: str, play: Play) -> Server[Any]:
    """The server of a world's sessions. A refused call is a result with `isError` that the agent reads, its
    text `{"error": {"code", "message"}}`; a call of an unknown tool is an error of the protocol, and so is an
    `MCPError` of `play`.
    """
    listed = ListToolsResult(tools=[_tool(info) for info in world.tools])
    schemas = {info.name: info.input_schema for info in world.tools}

    async def on_list_tools(context: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        return listed

    async def on_call_tool(context: Context, params: CallToolRequestParams) -> CallToolResult:
        try:
            return _result(await play(context, params.name, params.arguments or {}))
        except UnknownTool as error:
            raise MCPError(INVALID_PARAMS, str(error)) from None
        except MCPError:
            raise
        except Exception:
            _log.exception("the call of %s failed", params.name)
            return _result(Result.refused("internal", "The tool failed unexpectedly."))

    server: Server[Any] = Server(
        world.name,
        version=awmc.__version__,
        description=world.about,
        instructions=policy or None,
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
        # Without it each call with arguments would list all tools first.
        get_tool_input_schema=schemas.get,
    )
    # The default is tracing, which costs more than a call.
    server.middleware.clear()
    return server


def server_of(session: Session) -> Server[Any]:
    """The server of one session, for as long as it lives."""

    async def play(context: Context, name: str, arguments: dict[str, Any]) -> Result:
        return session.call(name, arguments)

    return mcp_server(session.world, session.policy, play)


def _result(result: Result) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=result.text)],
        structured_content=json.loads(result.text) if result.ok else None,
        is_error=not result.ok,
    )


def _tool(info: ToolInfo) -> Tool:
    return Tool(
        name=info.name,
        title=info.title or None,
        description=info.description,
        input_schema=dict(info.input_schema),
        output_schema=dict(info.output_schema),
        annotations=ToolAnnotations.model_validate(dict(info.annotations)),
    )
