"""What `python build/<env>/server.py` runs."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from awmc.runtime import BuildError, Session, UnknownTask, load


def main(build: Path, arguments: list[str] | None = None) -> None:
    """Serves the build's world until the client leaves (stdio) or the process is told to stop (HTTP).

    Leaves the process with 1 where the build cannot be used, with 2 where the command line is wrong, the port
    is taken or the extra `serve` is missing.
    """
    given = _parser(build).parse_args(arguments)
    if any(find_spec(library) is None for library in ("mcp", "uvicorn")):
        _leave(2, "serving needs the extra `serve`: pip install 'awmc[serve]'")
    try:
        session = load(build).session(task=given.task)
    except UnknownTask as error:
        _leave(2, str(error))
    except BuildError as error:
        _leave(1, str(error))
    try:
        _serve(session, given)
    except KeyboardInterrupt:
        sys.exit(130)


def _serve(session: Session, given: argparse.Namespace) -> None:
    if not given.http:
        from awmc.serve.stdio import serve_stdio

        serve_stdio(session)
        return
    from awmc.serve.http import HttpServer

    try:
        server = HttpServer(session, given.host, given.port)
    except OSError as error:
        _leave(2, f"cannot listen on {given.host}:{given.port}: {(error.strerror or str(error)).lower()}")
    sys.stderr.write(f"{session.world.name}: MCP at {server.url}\n")
    sys.stderr.flush()
    server.run()


def port(text: str) -> int:
    """A port's number; ValueError for what is none."""
    number = int(text)
    if not 0 <= number < 2**16:
        raise ValueError(text)
    return number


def _parser(build: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="server.py",
        description=f"Serve the environment {build.resolve().name} over MCP, by default on stdio.",
    )
    parser.add_argument(
        "--task", metavar="ID", help="the task whose actor and policy hold (default: free play)"
    )
    parser.add_argument("--http", action="store_true", help="speak streamable HTTP instead of stdio")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
    parser.add_argument(
        "--port", type=port, default=8000, help="where to listen; 0: any (default: %(default)s)"
    )
    return parser


def _leave(status: int, message: str) -> NoReturn:
    sys.stderr.write(f"server.py: {message}\n")
    sys.exit(status)
