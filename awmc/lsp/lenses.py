"""What is written above declarations: how many rows a seed gives, what is proved of a task."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from awmc.emit import manifest, proof
from awmc.lsp.snapshot import Snapshot
from awmc.source import Span
from awmc.syntax import ast

_UP = 4
"""How many folders above a spec a build may lie in."""


@dataclass(frozen=True, slots=True)
class Lens:
    """`shows`: the rows of the entity, or the proof of the task, that is named by `of`; empty where it only tells."""

    at: Span
    title: str
    shows: Literal["rows", "proof", ""] = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """A certificate and what was proved: `of_this` text or of another."""

    tasks: tuple[dict[str, Any], ...]
    of_this: bool


def lenses(snapshot: Snapshot, path: Path | None) -> Iterator[Lens]:
    """The lenses of a text, in its order; `path`: of its file, beside or above which builds are looked for."""
    counts: dict[str, int] = {}
    for piece in snapshot.pieces:
        if isinstance(piece.item, (ast.Seed, ast.Generate)):
            counts[piece.item.entity.text] = counts.get(piece.item.entity.text, 0) + _rows(piece.item)
    environment = next((p.item.name.text for p in snapshot.pieces if isinstance(p.item, ast.Env)), "")
    found = find_proof(snapshot.text, path, environment)
    for piece in snapshot.pieces:
        if isinstance(piece.item, (ast.Seed, ast.Generate)):
            entity, own = piece.item.entity.text, _rows(piece.item)
            title = f"{own} row{'s' * (own != 1)} of {entity}"
            total = counts[entity]
            yield Lens(piece.span, title if total == own else f"{title}, {total} in all", "rows", entity)
        elif isinstance(piece.item, ast.Task) and environment:
            yield _proof_lens(piece.span, piece.item.name.text, found, environment)


def _rows(item: ast.Seed | ast.Generate) -> int:
    return len(item.rows) if isinstance(item, ast.Seed) else int(item.count.value or 0)


def _proof_lens(at: Span, task: str, found: Proof | None, environment: str) -> Lens:
    mine = [entry for entry in found.tasks if entry.get("task") == task] if found is not None else []
    if not mine:
        return Lens(at, f"not proved: awmc prove build/{environment}")
    assert found is not None
    if not found.of_this:
        return Lens(at, "proved of another text", "proof", task)
    if not all(entry.get("certified") for entry in mine):
        return Lens(at, "not certified", "proof", task)
    killed = sum(_count(entry, "killed") for entry in mine)
    of = f"{len(mine)} tasks, " if len(mine) > 1 else ""
    return Lens(at, f"proved: {of}{killed} wrong run{'s' * (killed != 1)} rejected", "proof", task)


def _count(entry: dict[str, Any], fate: str) -> int:
    mutants = entry.get("mutants")
    kinds = mutants.values() if isinstance(mutants, dict) else ()
    return sum(int(kind.get(fate, 0)) for kind in kinds if isinstance(kind, dict))


def find_proof(text: str, path: Path | None, environment: str) -> Proof | None:
    """The certificate in the build of an environment, in a folder `build` beside a spec or above it."""
    for parent in list(path.parents)[:_UP] if path is not None and environment else ():
        folder = parent / "build" / environment
        found = proof.read(folder)
        if found is None:
            continue
        built = manifest.read(folder)
        is_of_build = built is not None and found["files"] == proof.proved(built.files)
        tasks = tuple(entry for entry in found["tasks"] if isinstance(entry, dict))
        return Proof(
            tasks, is_of_build and _spec_of(folder) == manifest.digest(text.encode("utf-8", "replace"))
        )
    return None


def _spec_of(folder: Path) -> str:
    try:
        data = json.loads((folder / manifest.NAME).read_bytes())
        return str(data.get("spec", "")) if isinstance(data, dict) and not data.get("world_seed") else ""
    except (OSError, ValueError):
        return ""


def show_proof(found: Proof, task: str) -> str:
    """What a certificate says of a task, in Markdown."""
    lines = [f"# {task}", ""]
    if not found.of_this:
        lines += ["This certificate is of another text of the spec: compile it and prove it again.", ""]
    for entry in (entry for entry in found.tasks if entry.get("task") == task):
        lines += [
            f"## {entry.get('id', task)}",
            "",
            "certified" if entry.get("certified") else "not certified",
            "",
        ]
        lines += [
            "| wrong runs | killed | survived | same end | allowed | refused |",
            "|---|---|---|---|---|---|",
        ]
        mutants = entry.get("mutants")
        for kind, fates in sorted(mutants.items()) if isinstance(mutants, dict) else ():
            if isinstance(fates, dict):
                numbers = [fates.get(f, 0) for f in ("killed", "survived", "equivalent", "allowed", "failed")]
                lines.append(f"| {kind.replace('_', ' ')} | {' | '.join(map(str, numbers))} |")
        for survivor in entry.get("survivors") or ():
            lines += ["", f"accepted though wrong: `{survivor}`"]
        lines.append("")
    return "\n".join(lines)
