"""`python -m bench.instances sessions|bare COUNT BUILD`: writes to standard error how many MiB the process has after so
many instances played an episode each, all of them alive.
"""

from __future__ import annotations

import sys
from pathlib import Path

from awmc.runtime import World, load
from bench.episodes import episode_of
from bench.runtime import Bare, bare_statements


def sessions(world: World, count: int) -> list[object]:
    """Instances that were used and judged."""
    episode = episode_of(world)
    found: list[object] = []
    for _ in range(count):
        session = world.session(episode.task)
        for tool, arguments in episode.calls:
            session.call(tool, arguments)
        session.verify()
        found.append(session)
    return found


def bare(world: World, count: int) -> list[object]:
    """Connections that ran the statements of the same calls."""
    statements = bare_statements(world, episode_of(world))
    found: list[object] = []
    for _ in range(count):
        connection = Bare(world, statements)
        connection.copy.close()
        connection.play()
        found.append(connection)
    return found


def resident() -> float:
    """MiB of this process that are in memory."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not say how much memory a process has")


if __name__ == "__main__":
    what, count, build = sys.argv[1:]
    held = {"sessions": sessions, "bare": bare}[what](load(build), int(count))
    sys.stderr.write(f"{resident():.1f}\n")
