"""Listening."""

from __future__ import annotations

import socket


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0: any that is free. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: asyncio sets TCP_NODELAY on what it accepts only where it is. Without that each answer
    # on a kept connection waits some 40 ms for an acknowledgement.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        # Who reads the URL may connect at once: what comes before uvicorn accepts waits in the backlog.
        found.listen(1024)
    except BaseException:
        found.close()
        raise
    return found


def url_of(host: str, listening: socket.socket) -> str:
    """`http://127.0.0.1:8000`, for what listens there."""
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
