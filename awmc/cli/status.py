"""What the exit status says."""

from __future__ import annotations

from typing import Final

OK: Final = 0
WRONG: Final = 1
"""A spec is wrong, a build is stale, a tool refused."""
USAGE: Final = 2
"""The command line is wrong."""
BUG: Final = 70
"""A bug of awmc (EX_SOFTWARE of sysexits.h)."""
INTERRUPTED: Final = 130
"""Ctrl-C (128 and SIGINT)."""
