"""What a server logs: to standard error, and nothing that is a secret. Of an instance's id stands only the beginning,
of tokens and bodies nothing.
"""

from __future__ import annotations

import logging


def log_to_stderr(level: int) -> None:
    """Sets up logging for the process; `level`: as of `logging`, for awmc. Libraries say less: a server among strangers
    meets a wrong request at any time.
    """
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    for name in ("mcp", "uvicorn", "httpx2", "asyncio"):
        logging.getLogger(name).setLevel(logging.ERROR if level > logging.INFO else logging.WARNING)
