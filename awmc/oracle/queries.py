"""Queries over lists in hand: filters, order, aggregates, groups.

Nulls sort last, ties keep the lists' order. A `Listed` remembers two things that only a `solve` asks about:
how many elements a page leaves out, and by what its elements are sorted, so that taking one of several that
tie is seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from awmc.ir import nodes
from awmc.oracle.listed import Listed, Unsound
from awmc.oracle.operators import ordering
from awmc.runtime.functions import FUNCTIONS, whole_sum

if TYPE_CHECKING:
    from awmc.oracle.evaluate import Evaluator

Names = Mapping[str, Any]


class Queries:
    """The queries of one evaluator. A row of a query is what its variables stand for: alias to element."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._value = evaluator.value

    # ---- Rows

    def elements(self, query: nodes.Query, given: Names, outer: Names) -> Listed:
        """The elements of the first source, filtered, in order and cut."""
        rows, keys, page = self._rows(query, given, outer)
        alias = query.sources[0].alias
        found = Listed(row[alias] for row in rows)
        found.keys = keys
        found.taken = self._taken(query, given, outer)
        if page is not None:
            found.total = len(found) + page.total - len(page)  # type: ignore[operator] # a page has one
        return found

    def _rows(
        self, query: nodes.Query, given: Names, outer: Names
    ) -> tuple[list[dict[str, Any]], list[Any] | None, Listed | None]:
        """The rows, what they are sorted by, and the page that they come from, if they do."""
        page: Listed | None = None
        rows: list[dict[str, Any]] = [dict(outer)]
        for source in query.sources:
            joined = []
            for row in rows:
                elements = self._source(source, given, row)
                if isinstance(elements, Listed) and elements.is_page:
                    page = elements
                self._evaluator.step(len(elements))
                joined += [{**row, source.alias: element} for element in elements]
            rows = joined
        tests = [term for term in query.where if all(given.get(name) is not None for name in term.given)]
        rows = [row for row in rows if all(self._value(term.test, given, row) for term in tests)]
        keys = None
        if query.order:
            rows, keys = self._sorted(rows, query.order, given)
        return (*self._cut(query, rows, keys, given, outer), page)

    def _taken(self, query: nodes.Query, given: Names, outer: Names) -> Callable[[int, int], None] | None:
        """What minds that an element is taken by its place: whatever minds it of the list that is filtered."""
        of = query.sources[0].of
        if query.order or len(query.sources) > 1 or not isinstance(of, nodes.ListSource):
            return None
        found = self._value(of.of, given, outer)
        return found.taken if isinstance(found, Listed) else None

    def _source(self, source: nodes.From, given: Names, row: Names) -> Sequence[Any]:
        of = source.of
        if isinstance(of, nodes.ListSource):
            return self._value(of.of, given, row) or ()
        all_rows = nodes.Query(
            type=nodes.Type(kind="list", element=source.type),
            sources=(nodes.From(alias=source.alias, type=source.type, of=of),),
        )
        found: Sequence[Any] = self._evaluator.value(
            self._evaluator.terms.once(source, "rows of", lambda: all_rows), given, row
        )
        return found

    def _sorted(
        self, rows: list[dict[str, Any]], order: Sequence[nodes.OrderKey], given: Names
    ) -> tuple[list[dict[str, Any]], list[Any]]:
        terms = self._evaluator.terms
        keyed = [
            ([ordering(key.key.type, self._value(key.key, given, row), terms) for key in order], row)
            for row in rows
        ]
        for place, key in reversed(list(enumerate(order))):
            present = [pair for pair in keyed if pair[0][place] is not None]
            absent = [pair for pair in keyed if pair[0][place] is None]
            present.sort(key=lambda pair: pair[0][place], reverse=key.descending)
            keyed = present + absent
        return [row for _, row in keyed], [tuple(key) for key, _ in keyed]

    def _cut(
        self,
        query: nodes.Query,
        rows: list[dict[str, Any]],
        keys: list[Any] | None,
        given: Names,
        outer: Names,
    ) -> tuple[list[dict[str, Any]], list[Any] | None]:
        if query.limit is None and query.offset is None:
            return rows, keys
        offset = self._value(query.offset, given, outer) if query.offset is not None else None
        limit = self._value(query.limit, given, outer) if query.limit is not None else None
        start = max(offset or 0, 0)
        end = len(rows) if limit is None else min(start + max(limit, 0), len(rows))
        if self._evaluator.wire and keys is not None:
            whole = Listed(rows)
            whole.keys = keys
            whole.check_ties(start, end)
        return rows[start:end], keys[start:end] if keys is not None else None

    # ---- Aggregates

    def aggregate(self, expr: nodes.Aggregate, given: Names, outer: Names) -> Any:
        rows, keys, page = self._rows(expr.query, given, outer)
        alias = expr.query.sources[0].alias
        value = expr.value
        sound = self._evaluator.wire
        if expr.fn == "first":
            if sound:
                self._check_first(rows, keys, page if expr.query.order else None)
                taken = self._taken(expr.query, given, outer)
                if taken is not None and len(rows) > 1:
                    taken(0, len(rows))
            return rows[0][alias] if rows else None
        if expr.fn == "exists":
            if sound and page is not None and not rows:
                page.check_whole()
            return int(bool(rows))
        if expr.fn in ("any", "all"):
            assert value is not None
            found = any(bool(self._value(value, given, row)) == (expr.fn == "any") for row in rows)
            if sound and page is not None and not found:
                page.check_whole()
            return int(found == (expr.fn == "any"))
        if sound and page is not None:
            page.check_whole()
        if expr.fn == "count":
            return len(rows)
        if expr.fn == "list":
            return Listed(row[alias] if value is None else self._value(value, given, row) for row in rows)
        assert value is not None
        values = [self._value(value, given, row) for row in rows]
        if expr.fn in ("min_by", "max_by"):
            return self._best(expr, [row[alias] for row in rows], values)
        return self._fold(expr.fn, values, expr.type, value.type)

    def _check_first(self, rows: Sequence[Any], keys: list[Any] | None, page: Listed | None) -> None:
        if not rows:
            raise Unsound("AWM606")
        if page is not None:
            page.check_whole()
        listed = Listed(rows)
        listed.keys = keys
        listed.check_ties(0, 1)

    def _best(self, expr: nodes.Aggregate, elements: list[Any], values: list[Any]) -> Any:
        """The element with the least or greatest value; nulls come last."""
        assert expr.value is not None
        places = [ordering(expr.value.type, value, self._evaluator.terms) for value in values]
        present = [place for place in places if place is not None]
        if not elements:
            if self._evaluator.wire:
                raise Unsound("AWM606")
            return None
        best = (min if expr.fn == "min_by" else max)(present) if present else None
        found = [element for element, place in zip(elements, places, strict=True) if place == best]
        if self._evaluator.wire and any(element != found[0] for element in found):
            raise Unsound("AWM607", count=len(found))
        return found[0]

    def _fold(self, fn: str, values: Iterable[Any], result: nodes.Type, of: nodes.Type) -> Any:
        present = [value for value in values if value is not None]
        if fn == "sum":
            if result.kind == "number":
                return math.fsum(present)
            return whole_sum(present)
        if not present:
            return None
        if fn == "avg":
            if of.kind == "money":
                return FUNCTIONS["awm_money_div"].call(sum(present), len(present))
            return math.fsum(present) / len(present)
        terms = self._evaluator.terms
        choose = min if fn == "min" else max
        return choose(present, key=lambda value: ordering(of, value, terms))

    # ---- Groups

    def group(self, expr: nodes.Group, given: Names, outer: Names) -> Listed:
        rows, _, page = self._rows(expr.query, given, outer)
        if self._evaluator.wire and page is not None:
            page.check_whole()
        groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {} if expr.keys else {(): []}
        for row in rows:
            groups.setdefault(tuple(self._value(key.value, given, row) for key in expr.keys), []).append(row)
        if not expr.keys and not rows:
            groups = {(): []}
        return Listed(
            self._record(expr, values, members, given) for values, members in self._in_order(expr, groups)
        )

    def _in_order(
        self, expr: nodes.Group, groups: Mapping[tuple[Any, ...], list[dict[str, Any]]]
    ) -> Iterator[tuple[tuple[Any, ...], list[dict[str, Any]]]]:
        terms = self._evaluator.terms

        def by_keys(values: tuple[Any, ...]) -> list[tuple[bool, Any]]:
            places = [
                ordering(key.value.type, value, terms) for key, value in zip(expr.keys, values, strict=True)
            ]
            return [(place is None, 0 if place is None else place) for place in places]

        for values in sorted(groups, key=by_keys):
            yield values, groups[values]

    def _record(
        self, expr: nodes.Group, values: tuple[Any, ...], members: list[dict[str, Any]], given: Names
    ) -> dict[str, Any]:
        found = {key.name: value for key, value in zip(expr.keys, values, strict=True)}
        for total in expr.totals:
            if total.value is None:
                found[total.name] = len(members)
            else:
                of = total.value
                column = [self._value(of, given, row) for row in members]
                found[total.name] = self._fold(total.fn, column, total.type, of.type)
        return {name: found[name] for name in expr.names}
