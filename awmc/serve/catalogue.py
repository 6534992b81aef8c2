"""Which worlds are served: builds as they are, specs with any world seed."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import anyio

from awmc.runtime import BuildError, World, load
from awmc.serve.errors import ServeError

if TYPE_CHECKING:
    from awmc.serve.door import Door
    from awmc.source import Source

KEPT: Final = 64
"""Worlds of one spec that are kept though nothing is going on in them."""

QUICK: Final = 0.002
"""Seconds of processor time; a call that takes no more may hold up the others of its process."""

ENOUGH: Final = 3
"""Calls of a tool that must have been quick."""

_log = logging.getLogger("awmc.serve")


class Paces:
    """How long the calls of each tool of a world have taken. A call in a thread does not hold others up, but going
    there and back takes several times as long as most calls do.
    """

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._slow: set[str] = set()

    def note(self, tool: str, seconds: float) -> None:
        """A call has taken so many seconds of processor time."""
        self._seen[tool] = self._seen.get(tool, 0) + 1
        if seconds > QUICK:
            self._slow.add(tool)

    def is_quick(self, tool: str) -> bool:
        """Whether the tool was called some times, and was quick each time."""
        return tool not in self._slow and self._seen.get(tool, 0) >= ENOUGH


@dataclass(eq=False, slots=True)
class Served:
    """A world that instances are made of. `live`: how many there are; `doors`: the servers of MCP, one a policy."""

    world: World
    world_seed: int
    live: int = 0
    doors: dict[str, Door] = field(default_factory=dict)
    paces: Paces = field(default_factory=Paces)


class Environment:
    """What is served under one name: the worlds by their seeds, the first of which is the one by default."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.worlds: dict[int, Served] = {}
        self.spec: Source | None = None
        self._compiling = anyio.Lock()

    @property
    def default(self) -> Served:
        return next(iter(self.worlds.values()))

    async def served(self, world_seed: int | None) -> Served:
        """The world of a seed; that of a spec is compiled when it is asked for first. Refuses
        (`unknown_world_seed`, `cannot_compile`).
        """
        if world_seed is None:
            return self.default
        if world_seed not in self.worlds:
            if self.spec is None:
                raise self._unknown(world_seed)
            async with self._compiling:
                if world_seed not in self.worlds:
                    world = await _compiled(self.spec, world_seed)
                    self._make_room()
                    self.worlds[world_seed] = Served(world, world_seed)
        found = self.worlds[world_seed]
        if found is not self.default:
            # The last one asked for stands last: see `_make_room`.
            self.worlds[world_seed] = self.worlds.pop(world_seed)
        return found

    def _unknown(self, world_seed: int) -> ServeError:
        seeds = ", ".join(map(str, sorted(self.worlds)))
        return ServeError(
            "unknown_world_seed",
            f"{self.name} is served with world seed {seeds}, not {world_seed}. Compile that one too (awmc compile "
            f"--world-seed {world_seed} -o FOLDER SPEC) and serve both, or serve the spec instead of the build: "
            "then there is every seed.",
        )

    def _make_room(self) -> None:
        """Lets go of the worlds that nobody is in, those first that were asked for longest ago."""
        idle = [served for served in self.worlds.values() if not served.live and served is not self.default]
        for served in idle[: max(0, len(self.worlds) - KEPT)]:
            del self.worlds[served.world_seed]
            for door in served.doors.values():
                door.close()


class Catalogue:
    """All that is served, by the environments' names."""

    def __init__(self) -> None:
        self._environments: dict[str, Environment] = {}

    def __iter__(self) -> Iterator[Environment]:
        return iter(self._environments.values())

    def add_build(self, folder: Path) -> None:
        """Adds a build. Raises `BuildError`."""
        world = load(folder)
        manifest: Mapping[str, Any] = json.loads((folder / "manifest.json").read_bytes())
        self._add(world, manifest.get("world_seed", 0), str(folder))

    def add_spec(self, source: Source, files: Mapping[str, str]) -> None:
        """Adds a spec, of which `files` are the artefacts with world seed 0. Raises `BuildError`."""
        world = World.from_artefacts(files)
        environment = self._environments.get(world.name)
        if environment is not None and environment.spec is not None:
            raise BuildError(
                f"{environment.spec.name} and {source.name} are both the environment {world.name}."
            )
        self._add(world, 0, source.name)
        self._environments[world.name].spec = source

    def _add(self, world: World, world_seed: int, where: str) -> None:
        environment = self._environments.setdefault(world.name, Environment(world.name))
        before = environment.worlds.get(world_seed)
        if before is not None and before.world.digest != world.digest:
            raise BuildError(
                f"{where} is the environment {world.name} with world seed {world_seed}, and so is another that is "
                "to be served, which differs. Leave out one of them."
            )
        environment.worlds.setdefault(world_seed, Served(world, world_seed))

    def environment(self, name: str) -> Environment:
        """One environment. Refuses (`unknown_environment`)."""
        found = self._environments.get(name)
        if found is None:
            raise ServeError(
                "unknown_environment",
                f"There is no environment {name[:100]!r} here. There are: {', '.join(self._environments)}.",
            )
        return found

    def first(self) -> Served:
        """The one that was added first."""
        return next(iter(self)).default


async def _compiled(source: Source, world_seed: int) -> World:
    """Compiles in a process of its own: calls go on meanwhile. Refuses (`cannot_compile`)."""
    with TemporaryDirectory(prefix="awmc-") as place:
        spec, build = Path(place, "spec.awm"), Path(place, "build")
        spec.write_text(source.text, encoding="utf-8")
        options = ["--format", "json", "--world-seed", str(world_seed), "-o", str(build)]
        command = [sys.executable, "-m", "awmc", "compile", *options, str(spec)]
        done = await anyio.run_process(command, check=False)
        if done.returncode:
            raise ServeError(
                "cannot_compile", f"World seed {world_seed} gives no world: {_first_error(done.stdout)}."
            )
        (folder,) = (path for path in build.iterdir() if path.is_dir() and not path.name.startswith("."))
        try:
            return load(folder)
        except BuildError:
            _log.exception("the world of seed %s could not be opened", world_seed)
            raise ServeError("internal", "The world that was compiled could not be opened.") from None


def _first_error(output: bytes) -> str:
    """The title of the first error in `awmc compile --format json`."""
    try:
        found: Sequence[Mapping[str, Any]] = json.loads(output)
        return next(str(said["title"]) for said in found if said["level"] == "error")
    except (ValueError, LookupError, TypeError, StopIteration):
        return "the compiler failed"
