"""AWM4xx: the rules of the world: environment, entities, states, seeds, invariants."""

from __future__ import annotations

from awmc.diagnostics.registry.code import Code

CODES = (
    Code("AWM401", "error", "no-env", "the spec has no `env`"),
    Code("AWM402", "error", "no-clock", "env `{env}` has no `clock`"),
    Code("AWM403", "error", "empty-declaration", "{what} is empty"),
    Code("AWM404", "error", "unreached-entity", "no tool reaches entity `{entity}`"),
    Code("AWM405", "error", "no-reference-back", "`{target}` has no reference to `{entity}`"),
    Code("AWM406", "error", "ambiguous-relation", "`{target}` refers to `{entity}` by {fields}"),
    Code("AWM407", "error", "bad-via", "`{target}.{field}` does not refer to `{entity}`"),
    Code(
        "AWM408",
        "error",
        "computed-circle",
        "the computed columns of `{entity}` need each other in a circle: {circle}",
    ),
    Code("AWM409", "error", "impure", "`{word}` cannot be used in {where}"),
    Code("AWM410", "error", "attribute-arguments", "`{attribute}` takes {expected}"),
    Code(
        "AWM411",
        "error",
        "id-form",
        "the form of `@@id` holds `{{n}}` or `{{n:05}}` once, this one is `{form}`",
    ),
    Code("AWM412", "error", "two-keys", "entity `{entity}` has two keys"),
    Code("AWM413", "error", "check-beyond-row", "a `@@check` of `{entity}` sees one row alone, not {what}"),
    Code("AWM414", "error", "owned-by-other", "`{path}` is {found}, but the actor is `{actor}`"),
    Code("AWM415", "error", "required-circle", "no row of {entities} can be made first"),
    Code("AWM416", "error", "many-without-list", "`@many` needs a list of entities, `{field}` is {found}"),
    Code(
        "AWM417",
        "warning",
        "two-relations",
        "`{field}` and `{other}` are two relations: a link of one is no link of the other",
    ),
    Code("AWM420", "error", "impossible-move", "no state of `{field}` moves to `{state}`"),
    Code(
        "AWM421",
        "warning",
        "unreachable-state",
        "no moves lead from `{first}` to state `{state}` of `{field}`",
    ),
    Code(
        "AWM422",
        "error",
        "state-in-create",
        "`create {entity}` cannot set `{field}`, a new row starts at `{state}`",
    ),
    Code("AWM430", "error", "seed-width", "this row has {found}, its head names {expected}"),
    Code("AWM431", "error", "seed-rows-on-line", "two seed rows stand on one line"),
    Code(
        "AWM432",
        "error",
        "seed-leaves-out",
        "this row of `{entity}` leaves out `{field}`, which has no default",
    ),
    Code("AWM433", "error", "seed-not-settable", "`{field}` of `{entity}` is {what} and cannot be seeded"),
    Code("AWM434", "error", "dangling-reference", "`{field}` of {row} refers to no row of `{target}`"),
    Code("AWM435", "error", "seed-breaks-unique", "{row} and {other} have the same {columns}"),
    Code("AWM436", "error", "seed-breaks-check", "{row} breaks a check of `{entity}`"),
    Code("AWM437", "error", "seed-breaks-invariant", "the seeds break invariant `{invariant}`"),
    Code("AWM438", "error", "seed-circle", "the seeds of {entities} need each other in a circle"),
    Code("AWM439", "error", "nothing-to-draw", "`{generator}` has nothing to draw from"),
    Code("AWM440", "error", "draws-exhausted", "no unused {columns} was left for row {row} of `{entity}`"),
    Code("AWM441", "error", "generator-outside-seed", "`{generator}` stands in `seed … * N` alone"),
    Code("AWM442", "error", "seed-count", "a seed makes 1 to {limit} rows, not {count}"),
    Code("AWM443", "error", "world-goes-on", "{what} takes the database more than {limit} steps"),
)
