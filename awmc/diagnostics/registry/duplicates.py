"""AWM1xx: one name for two things, one thing said twice, or a name that is taken."""

from __future__ import annotations

from awmc.diagnostics.registry.code import Code

CODES = (
    Code("AWM101", "error", "duplicate-env", "the spec has more than one `env`", "leave one of them out"),
    Code(
        "AWM102",
        "error",
        "duplicate-type",
        "the type `{name}` is declared twice",
        "give one of them another name",
    ),
    Code(
        "AWM103",
        "error",
        "duplicate-callable",
        "`{name}` is already the name of {what}",
        "give one of them another name; a derived tool takes one by `list as name`",
    ),
    Code(
        "AWM104",
        "error",
        "duplicate-field",
        "entity `{entity}` declares `{field}` twice",
        "leave one of them out, or rename it",
    ),
    Code(
        "AWM105",
        "error",
        "duplicate-enum-value",
        "enum `{enum}` lists `{value}` twice",
        "leave one of them out",
    ),
    Code(
        "AWM106",
        "error",
        "duplicate-wire-value",
        "two values of enum `{enum}` are both `{wire}` on the wire",
        "give one of them another text",
    ),
    Code(
        "AWM107",
        "error",
        "duplicate-part",
        "record `{record}` declares `{part}` twice",
        "leave one of them out, or rename it",
    ),
    Code(
        "AWM108",
        "error",
        "duplicate-parameter",
        "`{owner}` has two parameters `{parameter}`",
        "leave one of them out, or rename it",
    ),
    Code(
        "AWM109",
        "error",
        "duplicate-local",
        "`{name}` is already {what} here",
        "give the new one another name",
    ),
    Code(
        "AWM110",
        "error",
        "duplicate-argument",
        "`{callee}` is given `{argument}` twice",
        "leave one of them out",
    ),
    Code(
        "AWM111",
        "error",
        "duplicate-assignment",
        "`{statement}` sets `{field}` twice",
        "leave one of them out",
    ),
    Code(
        "AWM112", "error", "duplicate-attribute", "`{owner}` has `{attribute}` twice", "leave one of them out"
    ),
    Code(
        "AWM113",
        "error",
        "duplicate-scope",
        "entity `{entity}` has two scopes `{scope}`",
        "give one of them another name; `owned by` declares `my`",
    ),
    Code(
        "AWM114",
        "error",
        "duplicate-invariant",
        "two invariants are named `{name}`",
        "give one of them another name",
    ),
    Code(
        "AWM115", "error", "duplicate-task", "two tasks are named `{name}`", "give one of them another name"
    ),
    Code(
        "AWM116",
        "error",
        "duplicate-instruction",
        "the tasks `{first}` and `{second}` have the same text",
        "let the instruction name what differs: `{{row.name}}`",
    ),
    Code(
        "AWM117",
        "error",
        "duplicate-label",
        "two seed rows of `{entity}` are labelled `{name}`",
        "give one of them another label",
    ),
    Code("AWM118", "error", "duplicate-clause", "{what} gives `{clause}` twice", "leave one of them out"),
    Code(
        "AWM119",
        "error",
        "duplicate-column",
        "the seed of `{entity}` names `{column}` twice",
        "leave one of them out",
    ),
    Code(
        "AWM120",
        "error",
        "duplicate-move",
        "`{field}` lists the move `{start} -> {end}` twice",
        "leave one of them out",
    ),
    Code(
        "AWM121",
        "error",
        "duplicate-item",
        "`tools {entity}` derives `{item}` twice",
        "leave one of them out, or name one by `{item} as name`",
    ),
    Code(
        "AWM122",
        "error",
        "duplicate-shown",
        "{what} shows `{field}` twice",
        "leave one of them out, or name one: `name: value`",
    ),
    Code("AWM123", "error", "duplicate-listed", "`{owner}` lists `{field}` twice", "leave one of them out"),
    Code("AWM124", "error", "duplicate-offer", "`{tool}` is offered twice", "leave one of them out"),
    Code(
        "AWM125",
        "error",
        "duplicate-environment",
        "two specs describe the environment `{env}`",
        "give one of them another name",
    ),
    Code(
        "AWM126",
        "error",
        "stored-twice",
        "`{first}` and `{second}` of `{entity}` are both stored as `{column}`",
        "rename `{first}` or `{second}`",
    ),
    Code(
        "AWM127",
        "error",
        "reserved-field",
        "entity `{entity}` has `{field}` of itself",
        "leave it out, or make a column a key with `@id`",
    ),
    Code(
        "AWM128",
        "error",
        "reserved-parameter",
        "the derived `{tool}` has a parameter `{parameter}` of its own",
        "rename the column, or write the tool by hand",
    ),
    Code(
        "AWM129",
        "error",
        "reserved-name",
        "`{name}` has a fixed meaning and cannot name {what}",
        "use another name",
    ),
)
