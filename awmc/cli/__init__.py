"""The command line: `awmc VERB …`, a file a verb.

`inputs` reads the specs that are named, `work` compiles them on several processes, `output` prints; nothing
else of awmc prints. Each verb imports what it needs when it runs, so that none waits for what another needs;
`unchanged` answers before the verbs where there is nothing to compile.
"""

from __future__ import annotations

import gc
import os
import sys

from awmc.cli import status


def main() -> None:
    """The entry point: runs a verb and leaves the process with its exit status, see `awmc.cli.status`."""
    relax()
    try:
        _run()
    except KeyboardInterrupt:
        code = status.INTERRUPTED
    except BrokenPipeError:
        # Who read the output has enough of it.
        code = status.WRONG
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else status.BUG
    except Exception as error:
        code = _bug(error)
    else:
        code = status.OK
    sys.exit(code)


def relax() -> None:
    """Almost all that a command imports and makes lives until its end: looking for garbage often finds none."""
    gc.set_threshold(200_000, 20, 20)


def _run() -> None:
    from awmc.cli.unchanged import nothing_to_do

    if nothing_to_do(sys.argv[1:]):
        return
    from awmc.cli.app import app

    try:
        app()
    finally:
        sys.stdout.flush()


def _bug(error: Exception) -> int:
    from awmc.cli.output import show
    from awmc.cli.work import bug_in, trace_of

    trace = trace_of(error)
    if trace:
        sys.stderr.write(trace)
    show([bug_in(None, error)], {}, "human", sys.stderr)
    return status.BUG
