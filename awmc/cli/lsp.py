"""`awmc lsp`: the language server for editors."""

from __future__ import annotations

import sys

import typer

from awmc.cli import status


def run() -> None:
    """Serve editors that speak the Language Server Protocol, on standard input and output."""
    try:
        from awmc.lsp.server import serve
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] not in (
            "pygls",
            "lsprotocol",
            "cattrs",
            "attrs",
        ):
            raise
        sys.stderr.write("awmc lsp needs the package `pygls`. Install it: pip install 'awmc[lsp]'\n")
        raise typer.Exit(status.USAGE) from None
    serve()
