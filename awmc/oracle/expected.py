"""What the final message of a run must state, and whether the `solve` has seen it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from awmc.backends.sql.names import identifier
from awmc.ir import nodes
from awmc.oracle.clauses import Clauses
from awmc.oracle.evaluate import Evaluator, Terms
from awmc.oracle.knowledge import shown
from awmc.oracle.listed import Unsound
from awmc.oracle.outcome import Outcomes
from awmc.oracle.play import Asking, Played
from awmc.oracle.problem import Problem
from awmc.oracle.seen import Seen
from awmc.oracle.trees import rewrite, walk
from awmc.runtime.case import Answer
from awmc.runtime.diff import Change
from awmc.runtime.values import text_of

_TEXTS: Final = ("text", "email", "url")


class Ended(Struct, frozen=True):
    """A run at its end. `after`: evaluates in the world as it left it; `in_hand`: what it has in hand."""

    asking: Asking
    played: Played
    seen: Seen
    changes: tuple[Change, ...]
    after: Evaluator
    in_hand: Evaluator


class Found(Struct, frozen=True):
    """One answer. `value`: in storage form, ids as they are written; `text`: how a message may state it."""

    answer: Answer
    value: Any
    text: str


class Answers:
    """Of one environment."""

    def __init__(self, terms: Terms, clauses: Clauses, outcomes: Outcomes) -> None:
        self._terms = terms
        self._clauses = clauses
        self._outcomes = outcomes

    def of(self, ended: Ended) -> tuple[list[Found], list[Problem]]:
        """The answers of a run, and what is wrong with them."""
        found: list[Found] = []
        problems: list[Problem] = []
        task = ended.asking.task
        for answer in task.answer:
            try:
                value = self._value(answer, ended)
            except Unsound as unsound:
                parts = {"task": task.name, **unsound.parts}
                problems.append(Problem(unsound.code, answer.place, parts, task=ended.asking.instance))
                continue
            type_ = answer.value.type
            if value is None or value == "" or value == []:
                what = "null" if value is None else "an empty text" if value == "" else "an empty list"
                parts = {"task": task.name, "found": what}
                problems.append(Problem("AWM614", answer.place, parts, task=ended.asking.instance))
                continue
            if not self._is_seen(answer, value, ended):
                parts = {"task": task.name, "value": shown(type_, value, self._terms)}
                problems.append(Problem("AWM613", answer.place, parts, task=ended.asking.instance))
            if self._is_everywhere(answer.value, value, ended):
                parts = {"task": task.name, "value": shown(type_, value, self._terms)}
                help_ = "let the rows differ, or ask for what tells them apart: who looks at a wrong one answers right"
                problems.append(
                    Problem("AWM637", answer.place, parts, task=ended.asking.instance, help=help_)
                )
            found.append(Found(self._answer(answer, value, ended), value, self._text(type_, value)))
        return found, problems

    def _value(self, answer: nodes.Answer, ended: Ended) -> Any:
        """In storage form, but ids as they are written."""
        missing = set(answer.solve_locals) - ended.played.given.keys()
        if missing:  # bound on a path that this run did not take
            return None
        evaluator = ended.in_hand if answer.solve_locals else ended.after
        value = evaluator.value(answer.value, ended.played.given)
        return self._written(answer.value.type, value)

    def _written(self, type_: nodes.Type, value: Any) -> Any:
        if isinstance(value, list) and type_.element is not None:
            return [self._written(type_.element, element) for element in value]
        return self._terms.id_text(type_, value) if type_.kind in ("id", "row") else value

    # ---- As data

    def _answer(self, answer: nodes.Answer, value: Any, ended: Ended) -> Answer:
        element = _element(answer.value.type)
        form = self._terms.entities[element.name].id_format if element.kind == "id" else ""
        kind = _kind(element, value)
        stored = tuple(value) if isinstance(value, list) else bool(value) if kind == "bool" else value
        distractors = self._distractors(answer.value, element, stored, ended)
        if self._is_live(answer, ended):
            many = answer.value.type.kind == "list"
            condition = self._clauses.condition(answer.value, ended.played.given)
            return Answer(kind, condition, distractors, many, form)  # type: ignore[arg-type] # answerable kinds
        if element.kind == "id" and not isinstance(stored, tuple):
            key = self._terms.id_key(element, stored)
            row = self._outcomes.new_row(ended.changes, element.name, key)
            if row is not None:
                return Answer(kind, row, distractors, form=form)  # type: ignore[arg-type]
        return Answer(kind, stored, distractors)  # type: ignore[arg-type]

    def _is_live(self, answer: nodes.Answer, ended: Ended) -> bool:
        """Whether a right run may leave another value than this one did: then it is read when a run is judged."""
        if answer.solve_locals or not _reads_after(answer.value):
            return False
        task = ended.asking.task
        return bool(task.free or task.may or any(change.kind == "create" for change in ended.changes))

    def _distractors(self, expr: nodes.Expr, type_: nodes.Type, value: Any, ended: Ended) -> tuple[Any, ...]:
        """What the same column, or the same field of the results, holds; the answer itself too. Of a text in a result
        also what the columns hold in which it stands, and of an id that has a form all ids, as an agent may name rows
        that `solve` did not see.
        """
        if type_.kind == "bool":
            return ()
        found: dict[Any, None] = {}
        for node in _one_of_many(expr):
            if isinstance(node, nodes.Column):
                found |= dict.fromkeys(self._column(node, ended))
            elif isinstance(node, nodes.Part):
                found |= dict.fromkeys(ended.seen.beside(node.name, node.type))
                if type_.kind in _TEXTS:
                    found |= dict.fromkeys(self._beside(type_.kind, value, ended))
                elif type_.kind == "id" and self._terms.entities[type_.name].id_format:
                    found |= dict.fromkeys(self._ids(type_, ended))
        return tuple(other for other in found if other is not None)

    def _is_everywhere(self, expr: nodes.Expr, value: Any, ended: Ended) -> bool:
        """Whether every row holds the one value that is asked for, so that who looks at a wrong one answers right."""
        if expr.type.kind in ("bool", "list") or isinstance(value, list):
            return False
        match expr:
            case nodes.Old(of=nodes.Column() as of):
                return self._is_everywhere(of, value, ended)
            case nodes.Column():
                all_ = self._column(expr, ended)
                return len(all_) > 1 and all(other == value for other in all_)
            case nodes.Part():
                return ended.seen.is_everywhere(expr.name, expr.type, value)
        return False

    def _column(self, node: nodes.Column, ended: Ended) -> list[Any]:
        def listing() -> nodes.Expr:
            row = nodes.Type(kind="row", name=node.entity)
            source = nodes.From(alias="other", type=row, of=nodes.EntitySource(entity=node.entity))
            query = nodes.Query(type=nodes.Type(kind="list", element=row), sources=(source,))
            of = nodes.Column(
                type=node.type, of=nodes.Var(type=row, name="other"), entity=node.entity, column=node.column
            )
            return nodes.Aggregate(
                type=nodes.Type(kind="list", element=node.type), fn="list", query=query, value=of
            )

        expr = self._terms.once(node, "column of all", listing)
        return [self._written(node.type, value) for value in ended.after.value(expr, {})]

    def _beside(self, kind: str, value: Any, ended: Ended) -> Iterator[Any]:
        """What stands in the columns of texts of this kind that hold a value, in the order of the columns."""
        one = value[0] if isinstance(value, tuple) else value
        execute = ended.after.connection.execute
        for entity in self._terms.environment.entities:
            for column in entity.columns:
                if column.type.kind != kind or column.hidden:
                    continue
                name, table = identifier(column.name).sql(), identifier(entity.table).sql()
                if execute(f"SELECT 1 FROM {table} WHERE {name} = ?", (one,)).get is not None:
                    yield from (
                        other for (other,) in execute(f"SELECT DISTINCT {name} FROM {table} ORDER BY 1")
                    )

    def _ids(self, type_: nodes.Type, ended: Ended) -> list[Any]:
        """All ids of an entity, as they are written."""
        entity = self._terms.entities[type_.name]
        name, table = identifier(entity.id_column).sql(), identifier(entity.table).sql()
        keys = ended.after.connection.execute(f"SELECT {name} FROM {table} ORDER BY 1")
        return [self._terms.id_text(type_, key) for (key,) in keys]

    def _text(self, type_: nodes.Type, value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(self._text(_element(type_), element) for element in value)
        kind = _kind(type_, value)
        if kind == "bool":
            return "yes" if value else "no"
        if kind == "datetime":
            return str(value).replace("T", " ")
        return text_of(kind, value)  # type: ignore[arg-type] # answerable kinds are written so

    # ---- Seen, counted or calculated

    def _is_seen(self, answer: nodes.Answer, value: Any, ended: Ended) -> bool:
        if answer.solve_locals:
            return True
        return self._tells(answer.value, value, ended, ended.after)

    def _tells(self, expr: nodes.Expr, value: Any, ended: Ended, world: Evaluator) -> bool:
        seen, type_ = ended.seen, expr.type
        written = self._written(type_, value)
        if type_.kind == "bool" or seen.tells(type_, written) or ended.asking.stated.states(type_, written):
            return True
        match expr:
            case nodes.Old():
                before = world.before or world
                return self._tells(expr.of, value, ended, before)
            case nodes.Apply() if expr.fn != "key":
                return all(self._tells_argument(arg, ended, world) for arg in expr.args)
            case nodes.Aggregate():
                return self._tells_rows(expr, value, ended, world)
            case nodes.ListOf():
                return all(self._tells_argument(item, ended, world) for item in expr.items)
            case nodes.Column():
                computed = self._computed(expr)
                if computed is not None and computed is not expr:
                    return self._tells(computed, value, ended, world)
        return seen.tells_apart(type_, value)

    def _tells_argument(self, expr: nodes.Expr, ended: Ended, world: Evaluator) -> bool:
        if isinstance(expr, nodes.Const):
            return True
        return self._tells(expr, world.value(expr, ended.played.given), ended, world)

    def _tells_rows(self, expr: nodes.Aggregate, value: Any, ended: Ended, world: Evaluator) -> bool:
        """Whether what is counted, summed or listed has been seen, row by row."""
        if expr.fn in ("count", "exists") or expr.value is None:
            keys = world.rows(expr.query, ended.played.given)
            row = expr.query.sources[0].type
            ids = [self._terms.id_text(row, key) for key in keys]
            whole = all(ended.seen.holds(row, key) for key in ids)
            return whole or (expr.fn == "count" and isinstance(value, int) and value <= ended.seen.longest)
        for leaf in _columns(expr.value):
            for found in world.value(self._listing(expr, leaf), ended.played.given):
                if found is not None and not self._tells(leaf, found, ended, world):
                    return False
        return True

    def _listing(self, expr: nodes.Aggregate, leaf: nodes.Expr) -> nodes.Expr:
        """What a part of an aggregate's value is in each row."""
        type_ = nodes.Type(kind="list", element=leaf.type)

        def listing() -> nodes.Expr:
            return nodes.Aggregate(type=type_, fn="list", query=expr.query, value=leaf)

        found: nodes.Expr = self._terms.once(leaf, f"listed by {id(expr)}", listing)
        return found

    def _computed(self, expr: nodes.Column) -> nodes.Expr | None:
        """A computed column written out, so that what it is made of can be looked for."""
        entity = self._terms.entities[expr.entity]
        found = next((column for column in entity.computed if column.name == expr.column), None)
        if found is None or any(isinstance(node, nodes.Var) for node in walk(expr.of)):
            return None

        def change(node: Any) -> Any:
            return expr.of if isinstance(node, nodes.Var) and node.name == "self" else None

        written: nodes.Expr = self._terms.once(expr, "written out", lambda: rewrite(found.value, change))
        return written


def _columns(expr: nodes.Expr) -> Iterator[nodes.Expr]:
    """The largest columns of an expression."""
    if isinstance(expr, (nodes.Column, nodes.Part)):
        yield expr
    elif isinstance(expr, nodes.Apply):
        for arg in expr.args:
            yield from _columns(arg)


def _one_of_many(expr: nodes.Expr) -> Iterator[nodes.Expr]:
    """The columns and fields whose one value an expression is."""
    match expr:
        case nodes.Column() | nodes.Part():
            yield expr
        case nodes.Old():
            yield from _one_of_many(expr.of)
        case nodes.Apply(fn="coalesce" | "if" | "to_money" | "to_number" | "text"):
            for arg in expr.args:
                yield from _one_of_many(arg)
        case nodes.Aggregate(fn="min" | "max" | "list", value=value) if value is not None:
            yield from _one_of_many(value)
        case nodes.ListOf():
            for item in expr.items:
                yield from _one_of_many(item)


def _reads_after(expr: nodes.Expr) -> bool:
    """Whether the value depends on rows as a run leaves them."""
    inside = {id(node) for old in walk(expr) if isinstance(old, nodes.Old) for node in walk(old.of)}
    return any(
        isinstance(node, (nodes.EntitySource, nodes.LinkSource, nodes.Column))
        for node in walk(expr)
        if id(node) not in inside
    )


def _element(type_: nodes.Type) -> nodes.Type:
    return type_.element if type_.kind == "list" and type_.element is not None else type_


def _kind(type_: nodes.Type, value: Any) -> str:
    """The kind that an answer is judged as."""
    if type_.kind != "id":
        return type_.kind
    sample = value[0] if isinstance(value, list) and value else value
    return "int" if isinstance(sample, int) else "text"
