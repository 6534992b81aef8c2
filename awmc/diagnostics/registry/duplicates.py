"""AWM1xx: one name for two things, one thing said twice, or a name that is taken."""

from __future__ import annotations

from awmc.diagnostics.registry.code import Code

CODES = (
    Code("AWM101", "error", "duplicate-env", "the spec has more than one `env`"),
    Code("AWM102", "error", "duplicate-type", "the type `{name}` is declared twice"),
    Code("AWM103", "error", "duplicate-callable", "`{name}` is already the name of {what}"),
    Code("AWM104", "error", "duplicate-field", "entity `{entity}` declares `{field}` twice"),
    Code("AWM105", "error", "duplicate-enum-value", "enum `{enum}` lists `{value}` twice"),
    Code(
        "AWM106", "error", "duplicate-wire-value", "two values of enum `{enum}` are both `{wire}` on the wire"
    ),
    Code("AWM107", "error", "duplicate-part", "record `{record}` declares `{part}` twice"),
    Code("AWM108", "error", "duplicate-parameter", "`{owner}` has two parameters `{parameter}`"),
    Code("AWM109", "error", "duplicate-local", "`{name}` is already {what} here"),
    Code("AWM110", "error", "duplicate-argument", "`{callee}` is given `{argument}` twice"),
    Code("AWM111", "error", "duplicate-assignment", "`{statement}` sets `{field}` twice"),
    Code("AWM112", "error", "duplicate-attribute", "`{owner}` has `{attribute}` twice"),
    Code("AWM113", "error", "duplicate-scope", "entity `{entity}` has two scopes `{scope}`"),
    Code("AWM114", "error", "duplicate-invariant", "two invariants are named `{name}`"),
    Code("AWM115", "error", "duplicate-task", "two tasks are named `{name}`"),
    Code("AWM116", "error", "duplicate-instruction", "the tasks `{first}` and `{second}` have the same text"),
    Code("AWM117", "error", "duplicate-label", "two seed rows of `{entity}` are labelled `{name}`"),
    Code("AWM118", "error", "duplicate-clause", "{what} gives `{clause}` twice"),
    Code("AWM119", "error", "duplicate-column", "the seed of `{entity}` names `{column}` twice"),
    Code("AWM120", "error", "duplicate-move", "`{field}` lists the move `{start} -> {end}` twice"),
    Code("AWM121", "error", "duplicate-item", "`tools {entity}` derives `{item}` twice"),
    Code("AWM122", "error", "duplicate-shown", "{what} shows `{field}` twice"),
    Code("AWM123", "error", "duplicate-listed", "`{owner}` lists `{field}` twice"),
    Code("AWM124", "error", "duplicate-offer", "`{tool}` is offered twice"),
    Code("AWM125", "error", "duplicate-environment", "two specs describe the environment `{env}`"),
    Code(
        "AWM126",
        "error",
        "stored-twice",
        "`{first}` and `{second}` of `{entity}` are both stored as `{column}`",
    ),
    Code("AWM127", "error", "reserved-field", "entity `{entity}` has `{field}` of itself"),
    Code(
        "AWM128",
        "error",
        "reserved-parameter",
        "the derived `{tool}` has a parameter `{parameter}` of its own",
    ),
    Code("AWM129", "error", "reserved-name", "`{name}` has a fixed meaning and cannot name {what}"),
)
