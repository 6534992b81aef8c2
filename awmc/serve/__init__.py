"""A world over MCP: one instance, over stdio or streamable HTTP.

`server` answers MCP for a session; `stdio` and `http` carry it; `command` is what a build's `server.py` runs.
The agent's side are the tools alone: reset, diff and verdict stay with whoever holds the session.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awmc.serve.command import main as main
    from awmc.serve.http import HttpServer as HttpServer

__all__ = ["HttpServer", "main"]


def __getattr__(name: str) -> object:
    if name == "main":
        from awmc.serve.command import main

        return main
    if name == "HttpServer":
        from awmc.serve.http import HttpServer

        return HttpServer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
