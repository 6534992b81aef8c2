"""AWM2xx: names that nothing, or something of another kind, answers to; and what a call is given."""

from __future__ import annotations

from awmc.diagnostics.registry.code import Code

CODES = (
    Code("AWM201", "error", "unknown-type", "there is no type `{name}`"),
    Code("AWM202", "error", "unknown-entity", "there is no entity `{name}`"),
    Code("AWM203", "error", "unknown-field", "entity `{entity}` has no field `{field}`"),
    Code("AWM204", "error", "unknown-part", "record `{record}` has no part `{part}`"),
    Code("AWM205", "error", "unknown-name", "nothing here is called `{name}`"),
    Code("AWM206", "error", "unknown-function", "there is no function, tool or action `{name}`"),
    Code("AWM207", "error", "unknown-tool", "there is no tool `{name}`"),
    Code("AWM208", "error", "unknown-enum-value", "enum `{enum}` has no value `{value}`"),
    Code("AWM209", "error", "unknown-scope", "entity `{entity}` has no scope `{scope}`"),
    Code("AWM210", "error", "unknown-parameter", "`{callee}` has no parameter `{parameter}`"),
    Code("AWM211", "error", "unknown-label", "no seed row of `{entity}` is labelled `{name}`"),
    Code("AWM212", "error", "ambiguous-label", "`{name}` labels a row of `{first}` and one of `{second}`"),
    Code("AWM213", "error", "unknown-attribute", "there is no attribute `@{attribute}`"),
    Code("AWM214", "error", "unknown-entity-attribute", "there is no attribute `@@{attribute}` of an entity"),
    Code("AWM215", "error", "unknown-state", "`{field}` has no state `{state}`"),
    Code("AWM216", "error", "unknown-shape", "there is no shape or entity `{name}`"),
    Code("AWM217", "error", "unknown-offer", "there is no ready-made tool `{name}`"),
    Code("AWM218", "error", "unknown-result-field", "the result of `{tool}` has no `{field}`"),
    Code("AWM219", "error", "no-fields", "`{expr}` is {found} and has no field `{field}`"),
    Code("AWM220", "error", "no-me", "there is no `me`, since env `{env}` has no actor"),
    Code("AWM221", "error", "no-self", "there is no `self` in {where}"),
    Code("AWM222", "error", "no-row", "`.{field}` stands in no query, so it belongs to no row"),
    Code("AWM223", "error", "unknown-generator", "there is no generator `{name}`"),
    Code("AWM224", "error", "unknown-fake", "`fake` makes no `{kind}`"),
    Code("AWM225", "error", "unknown-item", "`tools {entity}` cannot derive `{item}`"),
    Code("AWM226", "error", "wrong-kind", "`{name}` is {found}, not {expected}"),
    Code("AWM227", "error", "missing-argument", "`{callee}` needs `{parameter}`"),
    Code("AWM228", "error", "too-many-arguments", "`{callee}` takes {expected}, not {found}"),
    Code("AWM229", "error", "argument-by-place", "the arguments of `{callee}` are given by name"),
    Code("AWM230", "error", "place-after-name", "an argument by place cannot follow one by name"),
    Code(
        "AWM231", "error", "label-outside-seeds", "the seed label `{name}` is known to seeds and tasks alone"
    ),
    Code("AWM232", "error", "attribute-level", "`{attribute}` belongs to {expected}, not to {found}"),
    Code("AWM233", "error", "ambiguous-value", "`{value}` is a value of several enums: {enums}"),
    Code("AWM234", "error", "unknown-group-value", "`group` here names no `{name}`"),
    Code("AWM235", "error", "unknown-shape-field", "what `{shape}` shows has no `{field}`"),
)
