"""`free`, `may` and `ensure` as statements with values: what they name of the task and of the world before is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from awmc.backends.schema import links
from awmc.backends.sql import Sql
from awmc.ir import nodes
from awmc.oracle.evaluate import Evaluator, Terms
from awmc.oracle.trees import rewrite
from awmc.runtime.case import Condition, Ensure, Free, FreeLinks, May
from awmc.runtime.values import Stored


class Clauses:
    """Of one environment. `before`: evaluates in the untouched world."""

    def __init__(self, terms: Terms, before: Evaluator) -> None:
        self._terms = terms
        self._before = before
        self._links: dict[str, dict[str, int]] = {entity.name: {} for entity in terms.environment.entities}
        for entity, link in links(terms.environment):
            self._links[entity.name][link.table] = 0
            self._links[link.entity].setdefault(link.table, 1)

    def free(self, free: nodes.Free, given: Mapping[str, Any]) -> Free | FreeLinks:
        entity = self._terms.entities[free.entity]
        where = None if free.where is None else self.predicate(free.entity, free.where, given)
        if free.columns[0] in self._links[free.entity]:
            end = self._links[free.entity][free.columns[0]]
            return FreeLinks(free.columns[0], entity.table, end, where)
        return Free(entity.table, free.columns, where)

    def may(self, may: nodes.May, given: Mapping[str, Any]) -> May:
        entity = self._terms.entities[may.entity]
        where = None if may.where is None else self.predicate(may.entity, may.where, given)
        return May(may.kind, entity.table, where, self._links[may.entity])

    def ensure(self, ensure: nodes.Ensure, given: Mapping[str, Any]) -> Ensure:
        text = ensure.place.text.removeprefix("ensure ").strip()
        return Ensure(text, self.condition(ensure.test, given))

    def predicate(self, entity: str, test: nodes.Expr, given: Mapping[str, Any]) -> Condition:
        """Whether the test holds of the row `:self`."""
        plain, old = self._terms.once(test, "without old", lambda: without_old(test))
        compiler = self._terms.compiler
        sql = self._terms.once(test, "predicate", lambda: compiler.predicate(entity, plain))
        return self._bound(sql, old, given)

    def condition(self, expr: nodes.Expr, given: Mapping[str, Any]) -> Condition:
        """The value of an expression, as it will be after a run."""
        plain, old = self._terms.once(expr, "without old", lambda: without_old(expr))
        sql = self._terms.once(expr, "condition", lambda: self._terms.compiler.value(plain))
        return self._bound(sql, old, given)

    def _bound(self, sql: Sql, old: Mapping[str, nodes.Expr], given: Mapping[str, Any]) -> Condition:
        names = {**given, **{name: self._before.value(expr, given) for name, expr in old.items()}}
        values: dict[str, Stored] = {}
        for bind in sql.binds:
            if isinstance(bind.value, (nodes.Now, nodes.Me)) or bind.name == "self":
                continue  # known when a run is judged
            value = self._before.value(bind.value, names)
            values[bind.name] = (
                json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value
            )
        return Condition(sql.text, values)


def without_old(expr: nodes.Expr) -> tuple[nodes.Expr, dict[str, nodes.Expr]]:
    """The expression with each `old(…)` as a local `old_1`, `old_2`, …, and what these are in the untouched world."""
    found: dict[str, nodes.Expr] = {}

    def change(node: Any) -> Any:
        if not isinstance(node, nodes.Old):
            return None
        name = f"old_{len(found) + 1}"
        found[name] = node.of
        return nodes.Local(type=node.type, name=name)

    return rewrite(expr, change), found
