"""What is proved: a build, or the artefacts of one, with every `solve` played in it anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from awmc.backends.sql import Compiler
from awmc.diagnostics.registry import title
from awmc.emit import manifest, proof
from awmc.ir import codec, nodes
from awmc.oracle.evaluate import Terms
from awmc.oracle.problem import Problem
from awmc.oracle.sessions import Sessions
from awmc.oracle.solve import Instance, solve_tasks
from awmc.prove.ends import Ends
from awmc.prove.runs import as_data
from awmc.runtime import BuildError, World, load


class Unprovable(Exception):
    """A build that cannot be proved; the message says why, and what helps."""


@dataclass(frozen=True, slots=True)
class Subject:
    """`files`: the sha256 of each file that the world is made of. `instances`: the tasks of the build."""

    environment: nodes.Environment
    world: World
    terms: Terms
    instances: tuple[Instance, ...]
    files: Mapping[str, str]


def open_build(folder: Path) -> Subject:
    """The build in a folder. Raises `Unprovable` where it is no build, was edited, or is damaged."""
    try:
        world = load(folder)
    except BuildError as error:
        raise Unprovable(str(error)) from None
    found = manifest.read(folder)
    assert found is not None, "what loads has a manifest"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in proof.PROVED}
    return _subject(texts, world, proof.proved(found.files), str(folder))


def of_artefacts(texts: Mapping[str, str]) -> Subject:
    """What a spec compiled to, by file name."""
    files = {name: manifest.digest(texts[name].encode("utf-8")) for name in proof.PROVED}
    return _subject(texts, World.from_artefacts(texts), files, "")


def _subject(texts: Mapping[str, str], world: World, files: Mapping[str, str], where: str) -> Subject:
    name = where or world.name
    try:
        environment = codec.load(texts["env.json"])
    except codec.FormatError as error:
        raise Unprovable(f"The env.json of {name} cannot be read: {error}. Compile the spec again.") from None
    compiler = Compiler(environment)
    _check_rows(environment, world, compiler, name)
    with Sessions(world) as sessions:
        solved = solve_tasks(environment, sessions, compiler)
    by_id = {instance.line.id: instance for instance in solved.instances}
    instances = []
    for task in world.tasks:
        instance = by_id.get(task.id)
        if instance is None:
            raise Unprovable(f"{name}: {_why(task.id, solved.problems)} Compile the spec again.")
        oracle = [dict(call) for call in task.oracle]
        if oracle != as_data(instance.solves[0].calls) or task.answer != instance.line.answer:
            raise Unprovable(
                f"{name}: tasks.jsonl tells another way to do {task.id} than env.json. Compile the spec again."
            )
        instances.append(instance)
    return Subject(environment, world, Terms(environment, compiler), tuple(instances), files)


def _why(task: str, problems: tuple[Problem, ...]) -> str:
    """Why a task of the build could not be solved in it."""
    for problem in problems:
        if task in problem.tasks:
            said = title(problem.code, problem.parts)
            return f"{said} ({problem.code}){f': {problem.note}' if problem.note else '.'}"
    return f"env.json knows no task {task}."


def _check_rows(environment: nodes.Environment, world: World, compiler: Compiler, name: str) -> None:
    """Raises `Unprovable` where the world is not the one of env.json, or not a sound one."""
    ends = Ends(world)
    try:
        for table, rows in environment.rows.items():
            if sorted(ends.stored(table), key=repr) != sorted(rows, key=repr):
                raise Unprovable(
                    f"The rows of {table} in {name} are damaged: seed.sql does not make those of env.json. "
                    "Compile the spec again."
                )
        if ends.untouched.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise Unprovable(f"The rows of {name} are damaged: one refers to no row. Compile the spec again.")
        for invariant in environment.invariants:
            if ends.untouched.execute(compiler.invariant(invariant).text).fetchone() is not None:
                raise Unprovable(
                    f"The rows of {name} are damaged: they break its invariant {invariant.name}. "
                    "Compile the spec again."
                )
    finally:
        ends.close()
