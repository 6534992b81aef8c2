"""The table of contents: the text of a spec to the artefacts of its build.

Pure: it reads and writes no file, and the same text and options give the same artefacts, byte for byte. What a check
remembers is found by its whole content, and would be found so again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from awmc import __version__
from awmc.backends import docs, json_schema, property_tests, schema, seed, server, tasks, tools, verifiers
from awmc.backends.dialects import DialectName
from awmc.backends.sql import Compiler
from awmc.diagnostics import Diagnostic, diagnose
from awmc.diagnostics.registry import lookup, standing_help, title
from awmc.emit import Artefact
from awmc.emit.manifest import manifest
from awmc.emit.templates import render
from awmc.ir import codec, nodes
from awmc.ir.lower import lower
from awmc.oracle.check import check_verifiers
from awmc.oracle.problem import Problem
from awmc.oracle.seeding import Rows, seed_world
from awmc.oracle.sessions import Sessions
from awmc.oracle.solve import Instance, SolvedTask, solve_tasks
from awmc.runtime import World
from awmc.semantics.check import analyse
from awmc.semantics.expand import expand
from awmc.source import Source, Span
from awmc.syntax.ast import Tools
from awmc.syntax.parse import parse

_NOWHERE = Span.at(0)
KNOWN: Final = 500
"""Tasks of one world, in all their edits, of which a check remembers what it found."""


class Compilation(Struct, frozen=True):
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
    """All of it. `world_seed`: another one is another world of the same spec; `dialects`: schema and seed are
    written for these too.
    """
    proven = _proven(source, world_seed, _built)
    environment = proven.environment
    if environment is None:
        return Compilation(diagnostics=proven.diagnostics)
    spec = _origin(environment)
    lines = [instance.line for instance in proven.instances]
    files = {
        **proven.files,
        "env.json": codec.dump(environment),
        "verify.py": proven.verify_py or _verifiers(environment, proven.instances),
        "tasks.jsonl": tasks.render(lines),
        "server.py": _written("server.py.jinja", module=server.module(environment, spec)),
        f"test_{environment.name}.py": _written(
            "test_env.py.jinja", module=property_tests.module(environment, spec)
        ),
        "README.md": _written("README.md.jinja", page=docs.page(environment, lines, spec)),
    }
    for dialect in dialects:
        files[f"schema.{dialect}.sql"] = schema.render(environment, dialect)
        files[f"seed.{dialect}.sql"] = seed.render(environment, dialect)
    artefacts = [Artefact(path, files[path]) for path in sorted(files)]
    last = manifest(
        artefacts,
        environment=environment.name,
        spec=source.text,
        world_seed=world_seed,
        dialects=dialects,
        compiler=__version__,
    )
    return Compilation(environment, (*artefacts, last), proven.diagnostics, proven.name_at)


def check_source(source: Source, *, world_seed: int = 0) -> tuple[Diagnostic, ...]:
    """What is wrong with a spec, in the order of the text; its world and its tasks are run for it.

    The last worlds are remembered by their content, and in each the tasks: what did not change since the last check
    of nearly the same text is not run again.
    """
    return _proven(source, world_seed, lambda world: _remembered(codec.dump(world))).diagnostics


def forget() -> None:
    """Makes the next check begin from nothing, as one in a new process does."""
    _remembered.cache_clear()


def expand_source(source: Source) -> tuple[str, tuple[Diagnostic, ...]]:
    """The text with each `tools …` replaced by the tools that it stands for; empty where there are errors."""
    from awmc.syntax.format import format_declaration

    spec, problems = parse(source)
    if problems:
        return "", problems
    model = analyse(spec, source)
    if model.has_errors:
        return "", tuple(model.problems)
    derived = [tool for tool, origin in expand(model) if origin]
    text, at = "", 0
    for item in spec.items:
        if isinstance(item, Tools):
            own = [tool for tool in derived if item.span.start <= tool.span.start < item.span.end]
            text += source.text[at : item.span.start] + "\n\n".join(map(format_declaration, own))
            at = item.span.end
            text += "" if source.text.startswith("\n\n", at) else "\n"
    return text + source.text[at:], ()


class _Proven(Struct, frozen=True):
    """A spec whose world runs and whose tasks hold. Without an environment where there are errors. `files`: what a
    world is made of; `instances`: of the tasks that are sound; `verify_py`: their verifiers, where they are written
    already.
    """

    diagnostics: tuple[Diagnostic, ...]
    environment: nodes.Environment | None = None
    files: dict[str, str] = field(default_factory=dict)
    instances: tuple[Instance, ...] = ()
    verify_py: str = ""
    name_at: Span = _NOWHERE


class _Built(Struct, frozen=True, eq=False):
    """The world of an environment without tasks; None where its rows have errors. `solved` and `checked`: what was
    found of tasks in this world, by their content.
    """

    compiler: Compiler
    rows: Rows
    problems: tuple[Problem, ...]
    files: dict[str, str] = field(default_factory=dict)
    world: World | None = None
    solved: dict[bytes, SolvedTask] = field(default_factory=dict)
    checked: dict[bytes, tuple[Problem, ...]] = field(default_factory=dict)


def _proven(source: Source, world_seed: int, built_of: Callable[[nodes.Environment], _Built]) -> _Proven:
    spec, problems = parse(source)
    if problems:
        return _Proven(problems)
    model = analyse(spec, source)
    said = list(model.problems)
    if model.has_errors or model.env is None:
        return _Proven(tuple(said))

    environment = lower(model, world_seed)
    built = built_of(replace(environment, tasks=()))
    for known in (built.solved, built.checked):
        if len(known) > KNOWN:
            known.clear()
    said += _diagnosed(built.problems, source, world_seed)
    if built.world is None:
        return _Proven(tuple(sorted(said)))

    environment = replace(environment, rows=built.rows)
    with Sessions(built.world) as sessions:
        solved = solve_tasks(environment, sessions, built.compiler, built.solved)
        said += _diagnosed(solved.problems, source, world_seed)
        if any(problem.is_error for problem in said):
            return _Proven(tuple(sorted(said)))
        verify_py, found = _checked(environment, solved.instances, sessions, built.checked)
    said += _diagnosed(found, source, world_seed)
    if any(problem.is_error for problem in said):
        return _Proven(tuple(sorted(said)))
    failed = {task for problem in found for task in problem.tasks}
    instances = tuple(instance for instance in solved.instances if instance.line.id not in failed)
    return _Proven(
        tuple(sorted(said)),
        environment,
        built.files,
        instances,
        verify_py if instances == solved.instances else "",
        model.env.name.span,
    )


def _built(environment: nodes.Environment) -> _Built:
    compiler = Compiler(environment)
    schema_sql = schema.render(environment)
    rows, problems = seed_world(environment, compiler, schema_sql)
    if any(lookup(problem.code).level == "error" for problem in problems):
        return _Built(compiler, rows, problems)
    environment = replace(environment, rows=rows)
    module = tools.module(environment, compiler, _origin(environment))
    files = {
        "schema.sql": schema_sql,
        "seed.sql": seed.render(environment),
        "tools.json": json_schema.tools_json(environment),
        "tools.py": _written("tools.py.jinja", module=module),
    }
    # What a world does stands in the other files.
    head = replace(environment, tools=(), shapes=(), seeds=(), rows={})
    world = World.from_artefacts({**files, "env.json": codec.dump(head)})
    return _Built(compiler, rows, problems, files, world)


@lru_cache(maxsize=2)
def _remembered(env_json: str) -> _Built:
    return _built(codec.load(env_json))


def _checked(
    environment: nodes.Environment,
    instances: Sequence[Instance],
    sessions: Sessions,
    known: MutableMapping[bytes, tuple[Problem, ...]],
) -> tuple[str, tuple[Problem, ...]]:
    """The text of the verifiers, where it was written for all, and what is wrong with them. `known`: as of
    `solve_tasks`.
    """
    by_task: dict[bytes, list[Instance]] = {}
    for instance in instances:
        by_task.setdefault(codec.content(instance.task), []).append(instance)
    before = {content: problems for content in by_task if (problems := known.get(content)) is not None}
    fresh = {content: of for content, of in by_task.items() if content not in before}
    verify_py = _verifiers(environment, [instance for of in fresh.values() for instance in of])
    found = check_verifiers(sessions, [instance for of in fresh.values() for instance in of], verify_py)
    for content, of in fresh.items():
        ids = {instance.line.id for instance in of}
        known[content] = tuple(problem for problem in found if not ids.isdisjoint(problem.tasks))
    return verify_py if len(fresh) == len(by_task) else "", (*chain.from_iterable(before.values()), *found)


def _verifiers(environment: nodes.Environment, instances: Sequence[Instance]) -> str:
    return _written("verify.py.jinja", module=verifiers.module(environment, instances, _origin(environment)))


def _diagnosed(problems: Iterable[Problem], source: Source, world_seed: int) -> Iterator[Diagnostic]:
    """What running the spec brought to light, at its place in the text. In another world than the spec's own, a task
    that fails is left out of it, and no error.
    """
    for problem in problems:
        span, parts = _span(problem.place, source), dict[str, Any](problem.parts)
        if world_seed and problem.code.startswith("AWM6") and lookup(problem.code).level == "error":
            yield diagnose(
                "AWM630",
                span,
                source=source.name,
                task=parts.get("task", problem.task),
                seed=world_seed,
                note=": ".join(filter(None, (title(problem.code, problem.parts), problem.note))),
                help=problem.help or standing_help(problem.code, problem.parts),
            )
        else:
            yield diagnose(
                problem.code,
                span,
                source=source.name,
                note="; ".join(filter(None, (problem.note, _of_instances(problem)))) or None,
                help=problem.help or None,
                **parts,
            )


def _of_instances(problem: Problem) -> str:
    """Which of the rows that a task is for a problem is of."""
    found = [task for task in problem.tasks if "." in task]
    if not set(found).isdisjoint(map(str, problem.parts.values())):
        return ""
    if not found:
        return ""
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"it is so for `{found[0]}`{more}"


def _span(place: nodes.Place, source: Source) -> Span:
    """The first line of what stands there."""
    line = source.line_span(place.line)
    start = source.text.find(place.text, line.start, line.end)
    return Span(start, start + len(place.text)) if start >= 0 else line


def _written(template: str, **data: object) -> str:
    return render(template, data)


def _origin(environment: nodes.Environment) -> str:
    """What generated files say they were made from: the file's name by the environment's, wherever it lay."""
    return f"{environment.name}.awm"


def counts(environment: nodes.Environment) -> tuple[tuple[str, int], ...]:
    """How much there is of what in an environment."""
    return (
        ("entities", len(environment.entities)),
        ("tools", sum(not tool.hidden for tool in environment.tools) + len(environment.offers)),
        ("invariants", len(environment.invariants)),
        ("rows", sum(len(rows) for rows in environment.rows.values())),
        ("tasks", len(environment.tasks)),
    )
