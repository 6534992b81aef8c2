"""MCP for one session: its tools, its policy as instructions, its answers."""

from __future__ import annotations

import json
import logging
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
from awmc.runtime import Session, ToolInfo, UnknownTool

_log = logging.getLogger("awmc.serve")


def mcp_server(session: Session) -> Server[Any]:
    """The server of a session. A refused call is a result with `isError` that the agent reads, its text
    `{"error": {"code", "message"}}`; a call of an unknown tool is an error of the protocol."""
    world = session.world
    listed = ListToolsResult(tools=[_tool(info) for info in world.tools])
    schemas = {info.name: info.input_schema for info in world.tools}

    async def on_list_tools(
        context: ServerRequestContext[Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return listed

    async def on_call_tool(
        context: ServerRequestContext[Any], params: CallToolRequestParams
    ) -> CallToolResult:
        try:
            return _answer(session, params.name, params.arguments or {})
        except UnknownTool as error:
            raise MCPError(INVALID_PARAMS, str(error)) from None
        except Exception:
            _log.exception("the call of %s failed", params.name)
            internal = {"error": {"code": "internal", "message": "The tool failed unexpectedly."}}
            return _result(json.dumps(internal, separators=(",", ":")), None)

    server: Server[Any] = Server(
        world.name,
        version=awmc.__version__,
        description=world.about,
        instructions=session.policy or None,
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
        # Without it each call with arguments would list all tools first.
        get_tool_input_schema=schemas.get,
    )
    # The default is tracing, which costs more than a call.
    server.middleware.clear()
    return server


def _answer(session: Session, name: str, arguments: dict[str, Any]) -> CallToolResult:
    result = session.call(name, arguments)
    return _result(result.text, result.value if result.ok else None)


def _result(text: str, structured: dict[str, Any] | None) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=structured,
        is_error=structured is None,
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
