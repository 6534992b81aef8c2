"""Certificates in words, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from awmc.prove.seeds import Proven, Record, records

_WARNINGS: Final = {
    "needless_call": "a call of its solve changes nothing",
    "idle_ensure": "its ensure asks for nothing",
    "wide_may": "it accepts more of what its solve does",
}
_LIKEWISE: Final = 3
"""Further runs of the same reason that are named."""
_CALLS: Final = 200
"""Characters of a call that are shown."""


def told(certificate: Mapping[str, Any]) -> str:
    """What a certificate says: a line for the world, and for each task that fails, or of which an author should know
    something, what and why."""
    name = certificate["environment"]
    lines = [f"{name}: {summary(certificate)}"]
    for broken in certificate["broken"]:
        lines += _broken(name, broken)
    for task in certificate["tasks"]:
        lines += _task(name, task)
    return "\n".join(lines) + "\n"


def summary(certificate: Mapping[str, Any]) -> str:
    """`5 tasks certified, kill score 1.00: 214 wrong runs rejected, …`."""
    totals = certificate["totals"]
    count, certified = totals["tasks"], totals["certified"]
    if not count:
        return "no tasks to certify"
    of = f"{count} task{'s' * (count != 1)}" if certified == count else f"{certified} of {count} tasks"
    score = totals["kill_score"]
    parts = [
        f"{totals['killed']} wrong runs rejected",
        f"{totals['survived']} accepted" if totals["survived"] else "",
        f"{totals['equivalent']} of the same end accepted",
        f"{totals['allowed']} let in by free or may" if totals["allowed"] else "",
        f"{totals['failed']} refused by the tools" if totals["failed"] else "",
    ]
    shown = "no mutants" if score is None else f"kill score {score:.4g}"
    return f"{of} certified, {shown}: {', '.join(filter(None, parts))}"


def _broken(name: str, broken: Mapping[str, Any]) -> Iterator[str]:
    """A tool that does not refuse by itself what it must."""
    at = f"{broken['tool']} ({name}.awm:{broken['line']})"
    if broken["invariant"]:
        yield f"\nerror: {at} leaves it to invariant {broken['invariant']} to refuse a call"
    else:
        yield f"\nerror: {at} fails"
    *earlier, last = broken["calls"]
    yield from _calls(earlier)
    yield from _calls([last])
    yield f"    says: {broken['message']}"
    yield f"    in: {name}.awm:{broken['line']}: {broken['text']}"
    yield f"    add: {broken['add']}"


def _task(name: str, task: Mapping[str, Any]) -> Iterator[str]:
    at = f"{name}.awm:{task['line']}"
    for verb, runs in (("accepts a wrong run", task["survivors"]), ("rejects a right run", task["rejected"])):
        for first, *more in _alike(runs):
            yield f"\nerror: {task['id']} ({at}) {verb}, {first['kind']}: {first['what']}"
            yield from _run(name, first)
            yield from (f"    likewise: {one['kind']}: {one['what']}" for one in more[:_LIKEWISE])
            if len(more) > _LIKEWISE:
                yield f"    likewise: {len(more) - _LIKEWISE} more"
    for warning in task["warnings"]:
        yield f"\nwarning: {task['id']} ({at}): {_WARNINGS[warning['kind']]}: {warning['what']}"
        yield from _run(name, warning)
    if task["reordered"]:
        others = task["reorderings"]["other"]
        yield f"\nnote: {task['id']} ({at}) asks for an order: {others} of other orders end otherwise, such as"
        yield from _calls(task["reordered"][0]["calls"])
        yield from (f"    leaves: {line}" for line in task["reordered"][0]["differs"])


def _alike(runs: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Those that pass, or fail, for one reason, together."""
    found: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for run in runs:
        found.setdefault((run["because"], run["line"]), []).append(run)
    return list(found.values())


def _run(name: str, run: Mapping[str, Any]) -> Iterator[str]:
    yield from _calls(run["calls"])
    if run["message"] is not None:
        yield f"    says: {_cut(json.dumps(run['message'], ensure_ascii=False))}"
    yield from (f"    leaves: {line}" for line in run["differs"])
    yield f"    because: {run['because']}"
    yield f"    in: {name}.awm:{run['line']}: {run['text']}"
    yield f"    add: {run['add']}"


def _calls(calls: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for call in calls:
        arguments = ", ".join(
            f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in call["arguments"].items()
        )
        refused = f" fails with {call['error']}" if "error" in call else ""
        shown = f"{call['tool']}({arguments})"
        yield f"    {_cut(shown)}{refused}"


def _cut(text: str) -> str:
    return text if len(text) <= _CALLS else f"{text[: _CALLS - 1]}…"


def table(name: str, worlds: Sequence[Proven]) -> str:
    """Which task of a spec holds in how many of its worlds, and where it fails."""
    whole = [world for world in worlds if world.certificate is not None]
    found = records(worlds)
    lines = [f"{name}: {len(found)} tasks in {len(whole)} of {len(worlds)} worlds"]
    lines += [
        f"  the world of seed {world.world_seed} does not compile: {_first_error(world)}"
        for world in worlds
        if world.certificate is None
    ]
    width = max((len(record.task) for record in found), default=0)
    lines += [_row(record, width) for record in found]
    return "\n".join(lines) + "\n"


def _row(record: Record, width: int) -> str:
    held, all_ = len(record.certified), len(record.certified) + len(record.failed)
    row = f"  {record.task:{width}}  {held}/{all_}"
    by_reason: dict[str, list[int]] = {}
    for seed, reason in record.failed.items():
        by_reason.setdefault(reason, []).append(seed)
    return row + "".join(
        f"\n  {'':{width}}  seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}: {reason}"
        for reason, seeds in by_reason.items()
    )


def _first_error(world: Proven) -> str:
    for said in world.diagnostics:
        if said.is_error:
            return "; ".join(filter(None, (said.title, said.note)))
    return ""
