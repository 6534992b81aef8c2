"""A session over standard input and output, until the client closes its end."""

from __future__ import annotations

import anyio
from mcp.server.stdio import stdio_server

from awmc.runtime import Session
from awmc.serve.server import server_of


def serve_stdio(session: Session) -> None:
    """Serves one client; standard output carries nothing but MCP."""
    anyio.run(_serve, session)


async def _serve(session: Session) -> None:
    server = server_of(session)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())
