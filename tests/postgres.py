"""A throw-away PostgreSQL cluster: made, started and stopped by the tests that need one."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALLED = Path("/usr/lib/postgresql")
MISSING = (
    "PostgreSQL's server programs (initdb, pg_ctl) were not found on the PATH or in /usr/lib/postgresql/*/bin: "
    "the package `postgresql` must be installed."
)


def _program(name: str) -> str:
    """Debian keeps the server's programs off the PATH, a folder a version."""
    installed = sorted(INSTALLED.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]), reverse=True)
    found = shutil.which(name) or (str(installed[0]) if installed else None)
    if found is None:
        raise RuntimeError(MISSING)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def cluster() -> Iterator[str]:
    """A running cluster, reached by a socket in its own folder alone; gives the conninfo of its superuser.

    The server refuses to run as root; then it runs as the user `postgres`.
    """
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    # Not below pytest's folder: a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="awmc-pg-"))
    data, port = folder / "data", _free_port()

    def run(*command: str) -> None:
        log = folder / "log"
        with log.open("ab") as output:
            done = subprocess.run(
                command,
                cwd=folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
                user=owner.pw_uid,
                group=owner.pw_gid,
                extra_groups=[] if os.geteuid() == 0 else None,
            )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed:\n{log.read_text(encoding='utf-8', errors='replace')}")

    os.chown(folder, owner.pw_uid, owner.pw_gid)
    try:
        run(
            *(initdb, "--pgdata", str(data), "--auth=trust", "--username=awmc"),
            *("--encoding=UTF8", "--locale=C", "--no-sync"),
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c port={port} -c fsync=off"
        run(
            pg_ctl,
            "start",
            "--wait",
            "--pgdata",
            str(data),
            "--log",
            str(folder / "server.log"),
            "-o",
            options,
        )
        try:
            yield f"host={folder} port={port} user=awmc dbname=postgres"
        finally:
            run(pg_ctl, "stop", "--wait", "--pgdata", str(data), "--mode=immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
