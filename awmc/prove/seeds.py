"""Other worlds of a spec: the same text with other random data, each of its tasks proved again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from awmc.diagnostics import Diagnostic
from awmc.pipeline import compile_source
from awmc.prove.subject import of_artefacts
from awmc.prove.world import prove
from awmc.source import Source

_TASK = re.compile(r"task `([^`]+)`")


@dataclass(frozen=True, slots=True)
class Proven:
    """What was found of one world of a spec. `certificate`: None where it does not compile; `diagnostics`: what the
    compiler says."""

    world_seed: int
    certificate: Mapping[str, Any] | None
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class Record:
    """One task over several worlds: the seeds of those in which it is certified, and of the others the reason."""

    task: str
    certified: list[int] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)


def prove_spec(source: Source, world_seed: int, *, budget: int, seed: int) -> Proven:
    """Compiles a world of a spec and proves it; nothing is written."""
    done = compile_source(source, world_seed=world_seed)
    if done.environment is None:
        return Proven(world_seed, None, done.diagnostics)
    subject = of_artefacts({artefact.path: artefact.text for artefact in done.artefacts})
    return Proven(world_seed, prove(subject, budget=budget, seed=seed), done.diagnostics)


def records(worlds: Iterable[Proven]) -> list[Record]:
    """The tasks of a spec in its order, over its worlds. A world that does not compile is in none of them."""
    found: dict[str, Record] = {}
    lines: dict[str, int] = {}
    for world in worlds:
        if world.certificate is None:
            continue
        by_task: dict[str, list[Mapping[str, Any]]] = {}
        for task in world.certificate["tasks"]:
            by_task.setdefault(task["task"], []).append(task)
            lines.setdefault(task["task"], task["line"])
        reasons = {name: _why(tasks) for name, tasks in by_task.items()}
        for said in world.diagnostics:
            left_out = _TASK.search(said.title) if said.code == "AWM630" else None
            if left_out is not None:
                reasons[left_out[1]] = "; ".join(
                    filter(None, (f"left out: {said.note or said.title}", said.help))
                )
        for name, reason in reasons.items():
            record = found.setdefault(name, Record(name))
            if reason:
                record.failed[world.world_seed] = reason
            else:
                record.certified.append(world.world_seed)
    return sorted(found.values(), key=lambda record: (lines.get(record.task, 0), record.task))


def _why(tasks: Iterable[Mapping[str, Any]]) -> str:
    """Why a task is not certified in a world; empty where it is."""
    for task in tasks:
        if not task["certified"]:
            told = [*task["survivors"], *task["rejected"]]
            return f"{told[0]['kind']}: {told[0]['what']}" if told else "not certified"
    return ""


def seeds_of(text: str) -> tuple[int, ...]:
    """The seeds that `1..20`, `7` or `1..3,9` names, each once. Raises ValueError for anything else."""
    found: dict[int, None] = {}
    for part in text.split(","):
        low, dots, high = part.strip().partition("..")
        first = int(low)
        last = int(high) if dots else first
        if first < 0 or last < first:
            raise ValueError(f"{part.strip()} names no seeds")
        found |= dict.fromkeys(range(first, last + 1))
    return tuple(found)
