"""The floor of a call over MCP: a server of the SDK, set up as awmc's is, whose one tool does nothing."""

from __future__ import annotations

import asyncio
import socket
import sys
from typing import Any

import uvicorn
from mcp.server import Server
from mcp.types import CallToolResult, ListToolsResult, TextContent, Tool

SCHEMA = {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}
TOOL = Tool(name="same", description="Answers what it was given.", input_schema=SCHEMA, output_schema=SCHEMA)


async def _list(context: Any, params: Any) -> ListToolsResult:
    return ListToolsResult(tools=[TOOL])


async def _call(context: Any, params: Any) -> CallToolResult:
    given = params.arguments
    text = f'{{"number":{given["number"]}}}'
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=given)


def main() -> None:
    """Serves until it is killed, and says where on standard error."""
    server: Server[Any] = Server(
        "trivial",
        version="1",
        on_list_tools=_list,
        on_call_tool=_call,
        get_tool_input_schema=lambda name: SCHEMA,
    )
    server.middleware.clear()
    app = server.streamable_http_app(json_response=True, stateless_http=True)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(1024)
    sys.stderr.write(f"http://127.0.0.1:{listening.getsockname()[1]}/mcp\n")
    sys.stderr.flush()
    config = uvicorn.Config(app, log_config=None, access_log=False, ws="none")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))


if __name__ == "__main__":
    main()
