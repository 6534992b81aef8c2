"""What the language means, sentence by sentence.

Each case is a spec, a script of calls and what comes of them: `tests/cases/language/<topic>.awm`, `.calls`,
`.expected`. A line of the script is a call (`name {arguments as JSON}`, or the name alone), a comment, or
- `.as label`: a new session of that actor; `.new`: of the spec's own;
- `.diff`: what differs from the untouched world, also shown at the end of each session;
- `.rows Entity`: its table now, as stored; `.now`: the world's instant;
- `.tool name`: the tool as an agent is told of it.
What is expected repeats the script, with what came of each line beneath it. A spec without a script is one that
is refused: its errors are expected.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from awmc.pipeline import compile_source
from awmc.runtime import Session, World
from awmc.source import read_source
from tests.golden import CASES, check_golden

FOLDER = CASES / "language"
TOPICS = sorted(path.stem for path in FOLDER.glob("*.awm"))


@cache
def world_of(topic: str) -> World | tuple[str, ...]:
    """The world of a topic, or what is wrong with its spec."""
    source = read_source(FOLDER / f"{topic}.awm")
    done = compile_source(source)
    if done.environment is None:
        errors = [problem for problem in done.diagnostics if problem.is_error]
        return tuple(
            f"{source.position(problem.span.start)[0]}: {problem.code} {problem.title}" for problem in errors
        )
    return World.from_artefacts({artefact.path: artefact.text for artefact in done.artefacts})


def written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def changes(session: Session) -> Iterator[str]:
    for change in session.diff():
        before, after = written(change.before), written(change.after)
        values = (
            after if change.before is None else before if change.after is None else f"{before} -> {after}"
        )
        yield f"  * {change.kind} {change.table} {written(change.key)}: {values}"


def described(world: World, name: str) -> Iterator[str]:
    tool = next(tool for tool in world.tools if tool.name == name)
    yield f"  {tool.description}"
    yield f"  in: {written(tool.input_schema)}"
    yield f"  out: {written(tool.output_schema)}"
    yield f"  annotations: {written(tool.annotations)}"


def table(world: World, session: Session, entity: str) -> Iterator[str]:
    name = world.tables.by_entity[entity].name
    cursor = session.connection.execute(f'SELECT * FROM "{name}" ORDER BY 1')
    for row in cursor:
        yield f"  {written(row)}"


def played(world: World, script: str) -> Iterator[str]:
    """The script, with what came of each line beneath it."""
    session = world.session()
    for line in script.splitlines():
        yield line
        word, _, rest = line.partition(" ")
        if not word or word == "#":
            continue
        if word in (".as", ".new"):
            yield from changes(session)
            session.close()
            session = world.session(actor=rest or None)
        elif word == ".diff":
            yield from changes(session)
        elif word == ".now":
            yield f"  {session.now}"
        elif word == ".rows":
            yield from table(world, session, rest)
        elif word == ".tool":
            yield from described(world, rest)
        else:
            result = session.call(word, json.loads(rest or "{}"))
            yield f"  {'=' if result.ok else '!'} {result.text}"
    yield from changes(session)
    session.close()


@pytest.mark.parametrize("topic", TOPICS)
def test_means_what_the_page_says(topic: str, update_golden: bool) -> None:
    world = world_of(topic)
    script = FOLDER / f"{topic}.calls"
    if isinstance(world, tuple):
        assert not script.exists(), "\n".join(world)
        found: Iterator[str] = iter(world)
    else:
        found = played(world, script.read_text(encoding="utf-8"))
    check_golden(FOLDER / f"{topic}.expected", "".join(f"{line}\n" for line in found), update=update_golden)
