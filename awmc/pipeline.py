"""The table of contents: the text of a spec to the artefacts of its build.

Pure: it reads and writes no file, and the same text and options give the same artefacts, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from awmc import __version__
from awmc.backends import docs, json_schema, property_tests, schema, seed, server, tools
from awmc.backends.dialects import DialectName
from awmc.backends.sql import Compiler
from awmc.diagnostics import Diagnostic, diagnose
from awmc.emit import Artefact
from awmc.emit.manifest import manifest
from awmc.emit.templates import render
from awmc.ir import codec, nodes
from awmc.ir.lower import lower
from awmc.oracle.problem import Problem
from awmc.oracle.seeding import seed_world
from awmc.runtime import World
from awmc.semantics.check import analyse
from awmc.source import Source, Span
from awmc.syntax.parse import parse

_NOWHERE = Span.at(0)


@dataclass(frozen=True, slots=True)
class Compilation:
    """What a spec compiles to. `environment` is None, and there are no artefacts, where it has errors; the last
    artefact is the manifest. `name_at`: where the environment's name stands in the text.
    """

    environment: nodes.Environment | None = None
    artefacts: tuple[Artefact, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    name_at: Span = _NOWHERE


def compile_source(
    source: Source, *, world_seed: int = 0, dialects: Sequence[DialectName] = ()
) -> Compilation:
    """All of it. `world_seed`: another seed is another world; `dialects`: schema and seed are written for these too."""
    checked = _checked(source, world_seed)
    if checked.environment is None:
        return checked
    environment, files = checked.environment, {file.path: file for file in checked.artefacts}
    spec = f"{environment.name}.awm"
    instances = [codec_line for codec_line in _instances(files["tasks.jsonl"].text)]
    ...
