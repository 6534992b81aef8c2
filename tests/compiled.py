"""Specs that ship, compiled once, and builds made of them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from awmc.emit import Artefact
from awmc.emit.manifest import NAME, manifest
from awmc.emit.write import write_build
from awmc.pipeline import compile_source
from awmc.source import read_source

SPECS = Path(__file__).resolve().parent.parent / "specs"


@cache
def compiled(name: str) -> Mapping[str, str]:
    """The texts of the build of `specs/<name>.awm`, by file name."""
    done = compile_source(read_source(SPECS / f"{name}.awm"))
    assert done.environment is not None, [problem.title for problem in done.diagnostics]
    return {artefact.path: artefact.text for artefact in done.artefacts}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """A build of these files, with a manifest that fits them."""
    artefacts = [Artefact(name, text) for name, text in files.items() if name != NAME]
    last = manifest(artefacts, environment=folder.name, spec="", world_seed=0, dialects=(), compiler="0.1.0")
    write_build(folder, [*artefacts, last])
    return folder


def changed(files: Mapping[str, str], name: str, old: str, new: str) -> dict[str, str]:
    """The files with `old`, which one of them holds once, replaced."""
    assert files[name].count(old) == 1, f"{name} holds {files[name].count(old)} times {old!r}"
    return {**files, name: files[name].replace(old, new)}
