"""`proof.json`: what was proved of a build, as plain data.

::

    {"format": 2, "awmc": "0.1.0", "environment": …, "world_seed": 0, "budget": 200, "seed": 0,
     "files": {"env.json": "<sha256 in hex>", …},
     "certified": true,
     "totals": {"tasks", "certified", "mutants", "killed", "survived", "equivalent", "allowed", "failed",
                "kill_score"},
     "broken": [{"tool", "code", "invariant", "message", "calls", "line", "text", "add"}, …],
     "tasks": [{"id", "task", "line", "certified", "asks", "solves", "late", "prefixes", "reorderings", "wrongs",
                "mutants": {kind: {"killed": n, …}}, "kill_score", "allowed", "reordered", "survivors", "rejected",
                "warnings"}, …]}

`files` are those that a world is made of: a certificate belongs to a build if they are the same. `broken`: tools that
left it to an invariant to refuse a call, or failed. The whole is certified if every task is and no tool is broken.
Nothing in it depends on time or machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from awmc import __version__
from awmc.emit import proof

FORMAT: Final = 2
FATES: Final = ("killed", "survived", "equivalent", "allowed", "failed")
"""What becomes of a mutant: rejected; accepted though it ends otherwise; the same end, or one that a clause allows,
and accepted; or it does not work, because a call is refused."""


def kill_score(killed: int, survived: int) -> float | None:
    """The share of the mutants that work and end otherwise that are rejected; None without any."""
    return round(killed / (killed + survived), 4) if killed + survived else None


def certificate(
    environment: str,
    *,
    world_seed: int,
    files: Mapping[str, str],
    budget: int,
    seed: int,
    broken: Sequence[Mapping[str, Any]],
    tasks: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The whole of it, from what was found of each task."""
    counts = {fate: sum(kind[fate] for task in tasks for kind in task["mutants"].values()) for fate in FATES}
    certified = sum(task["certified"] for task in tasks)
    return {
        "format": FORMAT,
        "awmc": __version__,
        "environment": environment,
        "world_seed": world_seed,
        "budget": budget,
        "seed": seed,
        "files": dict(sorted(files.items())),
        "certified": certified == len(tasks) and not broken,
        "totals": {
            "tasks": len(tasks),
            "certified": certified,
            "mutants": sum(counts.values()),
            **counts,
            "kill_score": kill_score(counts["killed"], counts["survived"]),
        },
        "broken": list(broken),
        "tasks": list(tasks),
    }


def written(data: Mapping[str, Any]) -> str:
    """The text of the file: a task a line, so that a difference shows which one changed."""
    head = {key: value for key, value in data.items() if key != "tasks"}
    lines = [f"  {_compact(key)}: {_compact(value)}" for key, value in head.items()]
    tasks = ",\n".join(f"    {_compact(task)}" for task in data["tasks"])
    return "{\n" + ",\n".join([*lines, f'  "tasks": [\n{tasks}\n  ]' if tasks else '  "tasks": []']) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def confirm(folder: Path, progress: Callable[[], None] | None = None) -> tuple[dict[str, Any] | None, str]:
    """The certificate in a build, and what is wrong with it, or an empty text: whether it belongs to the build, says
    that every task is certified, and comes out the same when all is proved again. Raises `Unprovable`."""
    from awmc.prove.subject import Unprovable, open_build
    from awmc.prove.world import prove

    path = folder / proof.NAME
    subject = open_build(folder)
    if not path.is_file():
        raise Unprovable(f"{folder} has no certificate. Make one: awmc prove {folder}")
    found = proof.read(folder)
    if found is None or not isinstance(found.get("budget"), int) or not isinstance(found.get("seed"), int):
        raise Unprovable(f"{path} is damaged. Prove the build again: awmc prove {folder}")
    if found.get("format") != FORMAT:
        raise Unprovable(
            f"{path} is a certificate of format {found.get('format')}, this awmc reads format {FORMAT}. "
            f"Prove the build again: awmc prove {folder}"
        )
    others = [name for name, digest in subject.files.items() if found["files"].get(name) != digest]
    if others:
        raise Unprovable(
            f"{path} is the certificate of another build: {' and '.join(others)} differ. "
            f"Prove this one: awmc prove {folder}"
        )
    again = prove(subject, budget=found["budget"], seed=found["seed"], progress=progress)
    if path.read_text(encoding="utf-8") != written(again):
        return again, _disagreement(path, found, again)
    return again, _shortcoming(path, again)


def _shortcoming(path: Path, found: Mapping[str, Any]) -> str:
    if found["certified"]:
        return ""
    if found["broken"]:
        tools = ", ".join(dict.fromkeys(broken["tool"] for broken in found["broken"]))
        return f"{path} says that a tool is at fault: {tools}."
    return f"{path} says that not all tasks are certified."


def _disagreement(path: Path, found: Mapping[str, Any], again: Mapping[str, Any]) -> str:
    if found["awmc"] != again["awmc"]:
        return (
            f"{path} was made by awmc {found['awmc']}, this is awmc {again['awmc']}: prove the build again."
        )
    try:
        differing = differing_tasks(found, again)
    except (KeyError, TypeError):
        return f"{path} is damaged: prove the build again."
    of = f" of {', '.join(differing)}" if differing else ""
    return f"{path} does not hold: what it says{of} is not what comes out."


def differing_tasks(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The ids of the tasks of which two certificates do not say the same."""
    first, second = _by_id(one["tasks"]), _by_id(other["tasks"])
    return [id_ for id_ in dict.fromkeys((*first, *second)) if first.get(id_) != second.get(id_)]


def _by_id(tasks: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {str(task["id"]): task for task in tasks}
