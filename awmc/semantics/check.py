"""The passes over a spec, in order."""

from __future__ import annotations

from collections.abc import Callable

from awmc.semantics import calls as calls  # registers the rules of calls
from awmc.semantics import names as names  # registers the rules of names and paths
from awmc.semantics import operators as operators  # registers the rules of operators
from awmc.semantics import queries as queries  # registers the rule of queries
from awmc.semantics.always import check_always
from awmc.semantics.bodies import check_tools, declare_offers, declare_tools
from awmc.semantics.declarations import resolve_columns, resolve_fns, resolve_invariants
from awmc.semantics.declare import declare
from awmc.semantics.entities import resolve_entities, resolve_records
from awmc.semantics.expand import expand
from awmc.semantics.model import Model, Observer
from awmc.semantics.rules import (
    check_actor,
    check_circles,
    check_reach,
    check_storage,
    check_use,
    resolve_actor,
)
from awmc.semantics.seeds import declare_seeds, resolve_seeds
from awmc.semantics.shapes import declare_shapes, resolve_shapes
from awmc.semantics.shown import check_shown
from awmc.semantics.tasks import resolve_tasks
from awmc.semantics.tool_rules import check_looking, check_owners
from awmc.source import Source
from awmc.syntax import ast


def expand_tools(model: Model) -> None:
    """Tools and actions by name, derived ones written out."""
    if model.env is not None:
        declare_offers(model)
    declare_tools(model, expand(model))


PASSES: tuple[Callable[[Model], None], ...] = (
    declare,
    resolve_actor,
    resolve_records,
    resolve_entities,
    check_storage,
    declare_seeds,
    check_actor,
    resolve_columns,
    check_circles,
    declare_shapes,
    resolve_fns,
    resolve_shapes,
    resolve_invariants,
    expand_tools,
    check_tools,
    resolve_seeds,
    resolve_tasks,
)
LAST: tuple[Callable[[Model], None], ...] = (
    check_reach,
    check_use,
    check_shown,
    check_owners,
    check_looking,
    check_always,
)
"""These look at the whole, and only make sense of one that is sound."""


def analyse(spec: ast.Spec, source: Source, observe: Observer | None = None) -> Model:
    """The Model of a spec. `model.problems` holds every diagnostic, in source order, errors of an earlier
    cause alone. `observe` is told of each expression as it is typed.
    """
    model = Model(source, spec, observe)
    for run in PASSES:
        run(model)
    if not model.has_errors:
        for run in LAST:
            run(model)
    unique = {p.order: p for p in model.problems}
    model.problems = sorted(unique.values())
    return model
