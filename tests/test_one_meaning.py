"""One meaning: what is compiled says the same as an interpreter that was written from the language's reference alone.

`tests/reference` interprets the Model, row by row. Calls drawn at random, legal and not, go to a compiled world and to
the interpreter: results, error codes, the words of a spec's own errors, and all tables must be the same after each.
Expressions drawn at random are compared three ways: by SQL, by Python over values in hand, and by the interpreter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awmc.backends.sql import Compiler
from awmc.ir import nodes
from awmc.oracle.evaluate import Evaluator, Terms
from awmc.oracle.trees import rewrite
from awmc.pipeline import check_source, compile_source
from awmc.runtime import Session, World
from awmc.semantics.check import analyse
from awmc.semantics.effects import AUTOMATIC
from awmc.semantics.model import Model
from awmc.source import Source, read_source
from awmc.syntax.parse import parse
from tests.reference.calls import Caller
from tests.reference.interpreter import Interpreter
from tests.reference.tables import alike, differences, take_over
from tests.reference.texts import Writer, spec
from tests.reference.values import Row
from tests.test_docs import WHOLE, blocks

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"
SOURCES = {
    **{path.stem: read_source(path) for path in sorted((ROOT / "specs").glob("*.awm"))},
    **{
        path.stem: read_source(path.with_suffix(".awm"))
        for path in sorted((CASES / "language").glob("*.calls"))
    },
    **{path.stem: read_source(path) for path in sorted((CASES / "meaning").glob("*.awm"))},
    **{source.name: source for source in blocks() if WHOLE.match(source.text)},
}
CALLS = 120
"""Calls of the run of each spec that is the same every time."""
LARGE = ("food_delivery", "university")
"""Specs whose invariants take the interpreter long."""


@dataclass(frozen=True)
class Compiled:
    """A spec as it is compiled, and its Model."""

    environment: nodes.Environment
    world: World
    model: Model


def compiled(source: Source) -> Compiled:
    done = compile_source(source)
    assert done.environment is not None, [f"{p.code} {p.title}" for p in done.diagnostics if p.is_error]
    syntax, _ = parse(source)
    world = World.from_artefacts({artefact.path: artefact.text for artefact in done.artefacts})
    return Compiled(done.environment, world, analyse(syntax, source))


@cache
def spec_named(name: str) -> Compiled:
    return compiled(SOURCES[name])


def interpreter_of(session: Session, model: Model) -> Interpreter:
    """The interpreter, with the rows and the actor that the session has."""
    interpreter = Interpreter(model)
    if interpreter.me is not None and session.me is not None:
        interpreter.me = Row(interpreter.me.entity, session.me)
    take_over(interpreter, session.connection)
    assert not differences(interpreter, session.connection)
    return interpreter


def compare(session: Session, interpreter: Interpreter, name: str, arguments: dict[str, Any]) -> str:
    """Makes a call in both, which must answer and leave the same. Gives its error's code, or nothing."""
    result = session.call(name, arguments)
    answer = interpreter.call(name, arguments)
    if (
        interpreter.world.beyond
        and result.error is not None
        and result.error["message"].endswith("out of all bounds.")
    ):
        interpreter.undo()
        return "invalid_arguments"
    said = f"{name}({arguments})\ncompiled:    {result.text}\ninterpreted: {answer}"
    if result.error is None:
        assert not answer.code, said
        assert alike(result.value, answer.value), said
    else:
        assert result.error["code"] == answer.code, said
        assert answer.code in AUTOMATIC or result.error["message"] == answer.message, said
    found = differences(interpreter, session.connection)
    assert not found, "\n".join([said, *found])
    return answer.code


def actors(spec_: Compiled) -> list[int | str | None]:
    """Whom an agent may act for: the spec's own actor, or any other row of its kind."""
    if spec_.model.actor is None:
        return [None]
    return [None, *(key for key in spec_.model.labels.get(spec_.model.actor[0], {}).values())]


# ---- Calls ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SOURCES)
def test_calls_mean_the_same(name: str) -> None:
    spec_ = spec_named(name)
    calls = CALLS // 2 if name in LARGE else CALLS
    with spec_.world.session() as session:
        interpreter = interpreter_of(session, spec_.model)
        caller = Caller(interpreter, Random(name))
        codes = [compare(session, interpreter, *caller.call()) for _ in range(calls)]
    # Most calls must get somewhere, for all this to say anything.
    assert codes.count("") > calls // 4
    assert "invalid_arguments" in codes


@pytest.mark.parametrize("name", [name for name in SOURCES if name not in LARGE])
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_drawn_calls_mean_the_same(name: str, data: st.DataObject) -> None:
    spec_ = spec_named(name)
    random = data.draw(st.randoms(use_true_random=False))
    with spec_.world.session(actor=data.draw(st.sampled_from(actors(spec_)))) as session:
        interpreter = interpreter_of(session, spec_.model)
        caller = Caller(interpreter, random)
        for _ in range(data.draw(st.integers(1, 20))):
            compare(session, interpreter, *caller.call())


# ---- Expressions ---------------------------------------------------------------------------------------------------


def test_awkward_expressions_mean_the_same() -> None:
    compare_expressions(
        [
            # An aggregate of an outer row's column alone is SQLite's of the outer SELECT.
            "max(Row as r1 where r1.bool, r0.number)",
            "sum(r0.rows as r1, r0.money)",
            "list(Row as r1 where r1.id > r0.id, r0.text)",
            "count(Row as r1 where r1.id in list(Row as r2, r1.id))",
            # A whole number in ORDER BY is the place of a column.
            "first(Row as r1 order by 0 then r1.size_o).time_o",
            "list(Row as r1 order by 1 then r1.text, r1.id)",
            "min_by(Row as r1, -4).id",
            '(max(r0.rows as r1 where r1.bool, .text) ?? choose(.size, small: r0.text, big: "b", huge: ""))',
            "time(r0.datetime - 36h)",
            # Beyond 64 bits.
            "sum(Row as r1, r1.int * 3000000000 * 900000000)",
            "round(r0.number * 1000000000000.0 * 1000000000000.0)",
        ]
    )


def test_expressions_mean_the_same() -> None:
    for seed in range(25):
        random = Random(seed)
        writer = Writer(random)
        compare_expressions([writer.expression(random.randint(1, 3)) for _ in range(12)])


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False), depth=st.integers(1, 3))
def test_drawn_expressions_mean_the_same(random: Random, depth: int) -> None:
    compare_expressions([Writer(random).expression(depth) for _ in range(2)])


def compare_expressions(texts: list[str]) -> None:
    """Each by SQL, by the interpreter and, up to the first that goes beyond 64 bits, by Python, for each row."""
    found = compiled(Source("expressions.awm", spec(texts)))
    with found.world.session() as session:
        interpreter = interpreter_of(session, found.model)
        for number, text in enumerate(texts):
            name = f"t{number}"
            code = compare(session, interpreter, name, {})
            assert code == "" or interpreter.world.beyond, text
            if not interpreter.world.beyond:
                items = session.log[-1].result.value["items"]
                other = evaluated(found.environment, session, name)
                assert alike(items, other), f"{text}\nby SQL:    {items}\nby Python: {other}"


def evaluated(environment: nodes.Environment, session: Session, name: str) -> list[Any]:
    """What a tool of `spec` gives for each row, by Python; the row's columns are values in hand."""
    tool = next(tool for tool in environment.tools if tool.name == name)
    [returned] = tool.body
    assert isinstance(returned, nodes.Return)
    listed = returned.value
    assert isinstance(listed, nodes.Aggregate)
    assert listed.value is not None
    evaluator = Evaluator(
        Terms(environment, Compiler(environment)), session.connection, now=session.now, me=environment.actor
    )
    alias = listed.query.sources[0].alias
    in_hand = rewrite(listed.value, lambda node: _in_hand(node, alias))
    cursor = session.connection.cursor()
    names = [str(column) for (column,) in cursor.execute("SELECT name FROM pragma_table_info('row')")]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.execute("SELECT * FROM row ORDER BY id")]
    return [
        _on_the_wire(
            listed.value.type.kind,
            evaluator.value(
                in_hand, {f"row_{column}": value for column, value in row.items()}, {alias: row["id"]}
            ),
        )
        for row in rows
    ]


def _in_hand(node: Any, alias: str) -> nodes.Local | None:
    """A stored column of the row is a local; what is computed, or related, is still asked of the world."""
    if not isinstance(node, nodes.Column) or not isinstance(node.of, nodes.Var) or node.of.name != alias:
        return None
    return None if node.column == "half" else nodes.Local(type=node.type, name=f"row_{node.column}")


def _on_the_wire(kind: str, value: Any) -> Any:
    if value is None:
        return None
    return value / 100 if kind == "money" else bool(value) if kind == "bool" else value


# ---- What has no meaning -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("update tag set code = code", "AWM508"),
        ("update me set home.city = code", "AWM305"),
        ('require me.home is not null else homeless "-" update me set home.city = code', ""),
    ],
)
def test_what_would_mean_nothing_is_refused(body: str, code: str) -> None:
    text = f"""
    env small "Small." {{ clock 2026-03-02T08:00  actor Person ana }}
    record Home {{ street: text, city: text? }}
    entity Tag {{ code: text @id }}
    entity Person {{ name: text  home: Home?  tags: [Tag] @many }}
    tools Tag {{ list }}
    tools Person {{ list }}
    tool change(tag: Tag, code: text) {{ require tag in me.tags else none "-" {body} }}
    seed Person (name) {{ ana: "Ana" }}
    seed Tag (code) {{ a: "a" }}
    """
    errors = [problem.code for problem in check_source(Source("small.awm", text)) if problem.is_error]
    assert errors == ([code] if code else [])
