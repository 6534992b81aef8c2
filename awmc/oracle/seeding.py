"""The seeded world: every row by hand and by rule, in a database of its own, and what is wrong with them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

import apsw

from awmc.backends import schema
from awmc.backends.sql import Compiler, identifier
from awmc.ir import nodes
from awmc.oracle.draws import choose, fake, sequence, spread, stream
from awmc.oracle.evaluate import Evaluator, Terms
from awmc.oracle.problem import Problem
from awmc.oracle.seed_rows import Row, Uniques, breaches, completed
from awmc.oracle.trees import rewrite, walk
from awmc.oracle.watch import STEPS, TooLong, Watch
from awmc.runtime import functions

DRAWS: Final = 1_000
"""Times that a row is drawn again before its unique keys count as exhausted."""
_RANDOM: Final = ("pick", "spread", "fake")

Rows = dict[str, tuple[tuple[nodes.Scalar, ...], ...]]


def seed_world(
    environment: nodes.Environment, compiler: Compiler, schema_sql: str
) -> tuple[Rows, tuple[Problem, ...]]:
    """The rows of each table that has any, columns in the table's order, and the problems in the order of
    the spec.
    """
    return _Seeding(environment, compiler, schema_sql).run()


class _NothingToDraw(Exception):
    def __init__(self, generator: nodes.Generator) -> None:
        super().__init__(generator.fn)
        self.generator = generator


class _Seeding:
    def __init__(self, environment: nodes.Environment, compiler: Compiler, schema_sql: str) -> None:
        self.environment = environment
        self.compiler = compiler
        self.connection = apsw.Connection(":memory:")
        functions.register(self.connection)
        self.connection.execute(schema_sql)
        self.connection.execute("PRAGMA foreign_keys = OFF")
        self.watch = Watch()
        self.watch.over(self.connection)
        self.terms = Terms(environment, compiler)
        self.evaluator = Evaluator(self.terms, self.connection, now=environment.clock, me=environment.actor)
        self.uniques = Uniques(self.evaluator)
        self.rows: dict[str, list[Row]] = {entity.name: [] for entity in environment.entities}
        self.last_key = dict.fromkeys(self.rows, 0)
        self._of_columns = {link.table: link.of_column for _, link in schema.links(environment)}
        self.problems: list[Problem] = []

    def run(self) -> tuple[Rows, tuple[Problem, ...]]:
        self.connection.execute("BEGIN")
        for seed in self.environment.seeds:
            if isinstance(seed, nodes.SeedRow):
                self._add(self._by_hand(seed))
        for rule in self._rules_in_order():
            for place in range(rule.count):
                if not self._is_made(rule, place):
                    break
        self.problems += self._dangling()
        if not self.problems:
            self.problems += self._broken_invariants()
        self.connection.close()
        self.problems.sort(key=lambda problem: problem.place.line)
        return self._tables(), tuple(self.problems)

    # ---- Rows by hand

    def _by_hand(self, seed: nodes.SeedRow) -> Row:
        entity = self.terms.entities[seed.entity]
        given = {item.column: self.evaluator.value(item.value, {}) for item in seed.values}
        values = completed(
            entity, seed.key, given, self.terms.enums, lambda expr: self.evaluator.value(expr, {})
        )
        links = [self._ends(link, seed.key, key) for link in seed.links for key in dict.fromkeys(link.keys)]
        return Row(entity, seed.key, values, seed.place, seed.label, links)

    # ---- Rows by rule

    def _rules_in_order(self) -> list[nodes.SeedRule]:
        """The rules, those first whose rows others draw from."""
        rules = [seed for seed in self.environment.seeds if isinstance(seed, nodes.SeedRule)]
        makes: dict[str, list[int]] = {}
        for index, rule in enumerate(rules):
            makes.setdefault(rule.entity, []).append(index)
        sorter: TopologicalSorter[int] = TopologicalSorter()
        for index, rule in enumerate(rules):
            read = [entity for entity in _entities_read(rule, self.terms) if entity != rule.entity]
            before = [other for other in makes[rule.entity] if other < index]
            sorter.add(index, *before, *(other for entity in read for other in makes.get(entity, ())))
        try:
            sorter.prepare()
        except CycleError as error:
            circle = sorted(set(error.args[1]))
            names = list(dict.fromkeys(rules[index].entity for index in circle))
            shown = " and ".join(f"`{name}`" for name in names)
            self.problems.append(Problem("AWM438", rules[circle[0]].place, {"entities": shown}))
            return []
        order: list[int] = []
        ready: list[int] = []
        while sorter.is_active():
            ready = sorted([*ready, *sorter.get_ready()])
            order.append(ready.pop(0))
            sorter.done(order[-1])
        return [rules[index] for index in order]

    def _is_made(self, rule: nodes.SeedRule, place: int) -> bool:
        """Makes a row by a rule; False where no more can be made."""
        self.watch.begin()
        try:
            return self._by_rule(rule, place)
        except TooLong:
            self.problems.append(_goes_on(rule.place, f"a row of `{rule.entity}`"))
            return False

    def _by_rule(self, rule: nodes.SeedRule, place: int) -> bool:
        """Draws and adds the row at a place of the rule; False where it cannot be drawn."""
        entity = self.terms.entities[rule.entity]
        key = (
            None
            if entity.natural_key
            else 1 + max((int(row.key) for row in self.rows[entity.name]), default=0)
        )
        given: dict[str, Any] = {}
        columns = {item.column: item.value for item in rule.values}
        again = set(columns)
        for attempt in range(DRAWS):
            try:
                for column in columns:
                    if column in again:
                        given[column] = self._drawn(rule, place, column, columns[column], attempt)
            except _NothingToDraw as nothing:
                self.problems.append(Problem("AWM439", rule.place, {"generator": nothing.generator.fn}))
                return False
            values = completed(
                entity, key, given, self.terms.enums, lambda expr: self.evaluator.value(expr, {})
            )
            row = Row(entity, values[entity.id_column], values, rule.place)
            hit = self.uniques.hit(row)
            if hit is None:
                break
            again = {name for name in hit[0] if name in columns and _is_random(columns[name])}
            if not again:
                break
        else:
            assert hit is not None
            parts = {"columns": self._fields(entity, hit[0]), "row": place + 1, "entity": entity.name}
            self.problems.append(Problem("AWM440", rule.place, parts))
            return False
        for link in rule.links:
            ends = self._drawn(rule, place, link.link, link.rows, 0)
            for end in dict.fromkeys(ends if isinstance(ends, list) else [ends]):
                row.links.append(self._ends(link, row.key, end))
        self._add(row)
        return True

    def _drawn(self, rule: nodes.SeedRule, place: int, column: str, expr: nodes.Expr, attempt: int) -> Any:
        if not _is_generated(expr):
            return self.evaluator.value(expr, _number(place))
        env = self.environment
        key = (env.name, env.world_seed, rule.entity, rule.block, place, column, attempt)
        return self._value(expr, place, stream(*key))

    def _value(self, expr: nodes.Expr, place: int, rng: random.Random) -> Any:
        """The value with what its generators draw, in the order of the text."""
        plain, generators = self.terms.once(expr, "generators", lambda: _without_generators(expr))
        drawn = {name: self._draw(generator, place, rng) for name, generator in generators}
        return self.evaluator.value(plain, drawn | _number(place))

    def _draw(self, generator: nodes.Generator, place: int, rng: random.Random) -> Any:
        if generator.query is not None:
            found = self.evaluator.value(generator.query, _number(place))
            if not found:
                raise _NothingToDraw(generator)
            return found[place % len(found)] if generator.fn == "each" else choose(found, rng)
        args = [self._value(arg, place, rng) for arg in generator.args]
        match generator.fn:
            case "pick":
                return choose(args, rng)
            case "spread":
                return spread(generator.type.kind, args[0], args[1], rng)
            case "seq":
                return sequence(args[0] if args else 1, place)
            case "fake":
                return fake(args[0], rng)
        raise _NothingToDraw(generator)

    # ---- Adding, and what is wrong

    def _add(self, row: Row) -> None:
        """Stores a row if it may stand; its key is known in any case, so that nothing else is said of those
        who refer to it.
        """
        found = list(breaches(row, self.evaluator))
        hit = self.uniques.hit(row)
        if hit is not None:
            columns, other = hit
            parts = {"row": row.name, "other": other.name, "columns": self._fields(row.entity, columns)}
            found.append(Problem("AWM435", row.place, parts))
        self.rows[row.entity.name].append(row)
        if isinstance(row.key, int):
            self.last_key[row.entity.name] = max(row.key, self.last_key[row.entity.name])
        self.uniques.take(row)
        if found:
            self.problems += found
            return
        try:
            self.connection.execute(self._insert(row.entity), tuple(row.values.values()))
        except apsw.ConstraintError as error:
            parts = {"row": row.name, "entity": row.entity.name}
            self.problems.append(Problem("AWM436", row.place, parts, note=str(error)))
            return
        for link, ends in row.links:
            self.connection.execute(f"INSERT OR IGNORE INTO {identifier(link).sql()} VALUES (?, ?)", ends)

    def _ends(
        self, link: nodes.SeedLinks | nodes.LinkValues, of: Any, to: Any
    ) -> tuple[str, tuple[Any, Any]]:
        """A link's table and its row there, whichever end names it."""
        return link.link, (of, to) if self._of_columns[link.link] == link.of_column else (to, of)

    def _insert(self, entity: nodes.Entity) -> str:
        def statement() -> str:
            columns = ", ".join(identifier(column.name).sql() for column in entity.columns)
            marks = ", ".join("?" for _ in entity.columns)
            return f"INSERT INTO {identifier(entity.table).sql()} ({columns}) VALUES ({marks})"

        return str(self.terms.once(entity, "insert", statement))

    def _fields(self, entity: nodes.Entity, columns: Any) -> str:
        fields = {column.name: column.field for column in entity.columns}
        return " and ".join(f"`{fields[column]}`" for column in columns)

    def _dangling(self) -> Iterator[Problem]:
        keys = {name: {row.key for row in rows} for name, rows in self.rows.items()}
        for rows in self.rows.values():
            for row in rows:
                for column in row.entity.columns:
                    value, target = row.values[column.name], column.references
                    if target and value is not None and value not in keys[target]:
                        parts = {"field": column.field, "row": row.name, "target": target}
                        yield Problem("AWM434", row.place, parts)

    def _broken_invariants(self) -> Iterator[Problem]:
        for invariant in self.environment.invariants:
            self.watch.begin()
            try:
                found = [key for (key,) in self.evaluator.run(self.compiler.invariant(invariant), {})]
            except TooLong:
                yield _goes_on(invariant.place, f"invariant `{invariant.name}`")
                continue
            if found:
                yield Problem(
                    "AWM437",
                    invariant.place,
                    {"invariant": invariant.name},
                    self._offenders(invariant, found),
                )

    def _offenders(self, invariant: nodes.Invariant, keys: list[Any]) -> str:
        if not invariant.entity:
            return ""
        names = {row.key: row.name for row in self.rows[invariant.entity]}
        shown = ", ".join(names[key] for key in keys[:5])
        return f"it does not hold for {shown}" + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")

    def _tables(self) -> Rows:
        found: Rows = {}
        links: dict[str, list[tuple[Any, Any]]] = {}
        for entity in self.environment.entities:
            rows = self.rows[entity.name]
            if not entity.natural_key:
                rows = sorted(rows, key=lambda row: int(row.key))
            if rows:
                found[entity.table] = tuple(tuple(row.values.values()) for row in rows)
            for row in rows:
                for link, ends in row.links:
                    links.setdefault(link, []).append(ends)
        for _, relation in schema.links(self.environment):
            if relation.table in links:
                found[relation.table] = tuple(dict.fromkeys(links[relation.table]))
        return found


def _entities_read(rule: nodes.SeedRule, terms: Terms) -> set[str]:
    """The entities whose rows a rule's queries see, through computed columns too."""
    computed = {
        (entity.name, column.name): column.value
        for entity in terms.entities.values()
        for column in entity.computed
    }
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    open_: list[Any] = [rule.values, rule.links]
    while open_:
        for node in walk(open_.pop()):
            if isinstance(node, (nodes.EntitySource, nodes.LinkSource)):
                found.add(node.entity)
            elif isinstance(node, nodes.Column):
                found.add(node.entity)
                place = (node.entity, node.column)
                if place in computed and place not in seen:
                    seen.add(place)
                    open_.append(computed[place])
    return found


def _number(place: int) -> dict[str, int]:
    """What `n` stands for in a rule: its rows are numbered from 1."""
    return {"n": place + 1}


def _goes_on(place: nodes.Place, what: str) -> Problem:
    return Problem("AWM443", place, {"what": what, "limit": f"{STEPS:,}"})


def _is_generated(expr: nodes.Expr) -> bool:
    return any(isinstance(node, nodes.Generator) for node in walk(expr))


def _is_random(expr: nodes.Expr) -> bool:
    return any(isinstance(node, nodes.Generator) and node.fn in _RANDOM for node in walk(expr))


def _without_generators(expr: nodes.Expr) -> tuple[nodes.Expr, tuple[tuple[str, nodes.Generator], ...]]:
    """The expression over what its generators draw, as locals."""
    found: list[tuple[str, nodes.Generator]] = []

    def change(node: Any) -> Any:
        if not isinstance(node, nodes.Generator):
            return None
        name = f"drawn_{len(found)}"
        found.append((name, node))
        return nodes.Local(type=node.type, name=name)

    plain: nodes.Expr = rewrite(expr, change)
    return plain, tuple(found)
