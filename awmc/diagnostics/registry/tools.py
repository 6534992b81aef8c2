"""AWM5xx: tools, actions, functions, shapes, and what nobody uses."""

from __future__ import annotations

from awmc.diagnostics.registry.code import Code

CODES = (
    Code(
        "AWM501", "error", "missing-return", "`{tool}` declares a result, but a path through it returns none"
    ),
    Code(
        "AWM502",
        "error",
        "result-type",
        "`{tool}` returns {found}, but its result is {expected}",
        "return {expected}, or declare {found} as the result",
    ),
    Code(
        "AWM503",
        "error",
        "mixed-results",
        "`{tool}` returns {left} here and {right} there",
        "return one type on every path",
    ),
    Code(
        "AWM504",
        "warning",
        "unreachable-statement",
        "nothing after this `{statement}` is ever run",
        "leave out what follows",
    ),
    Code(
        "AWM505",
        "error",
        "recursion",
        "`{name}` ends up calling itself",
        "write the step out, or loop with `for`",
    ),
    Code("AWM506", "error", "deep-call", "`{callee}` is called inside an expression"),
    Code(
        "AWM507",
        "error",
        "create-leaves-out",
        "`create {entity}` leaves out `{field}`, which has no default",
        "add `{field}: …`, or give the column a default",
    ),
    Code(
        "AWM508",
        "error",
        "not-settable",
        "`{field}` of `{entity}` is {what} and cannot be set",
        "leave it out",
    ),
    Code(
        "AWM509",
        "error",
        "not-stored-rows",
        "`{statement}` needs rows of an entity, not {found}",
        "name rows: a query, a relation or a row",
    ),
    Code(
        "AWM510",
        "warning",
        "needless-else",
        "`{name}` is never null, so its `else` never runs",
        "leave the `else` out",
    ),
    Code(
        "AWM511",
        "error",
        "statement-place",
        "`{statement}` cannot stand in {where}",
        "write it where statements of this kind stand",
    ),
    Code(
        "AWM512",
        "warning",
        "unused-parameter",
        "`{owner}` never uses its parameter `{parameter}`",
        "use it, or leave it out",
    ),
    Code("AWM513", "warning", "unused-shape", "shape `{shape}` is never used", "use it, or leave it out"),
    Code(
        "AWM514",
        "warning",
        "unused-tool",
        "no task uses tool `{tool}`",
        "write a task that uses it, or leave it out",
    ),
    Code(
        "AWM515", "warning", "unused-declaration", "{kind} `{name}` is never used", "use it, or leave it out"
    ),
    Code("AWM516", "warning", "unused-local", "`{name}` is never used", "use it, or leave it out"),
    Code(
        "AWM517",
        "error",
        "hidden-shown",
        "`{field}` of `{entity}` is hidden from the agent and cannot be shown",
        "leave it out, or its `@hidden`",
    ),
    Code(
        "AWM518",
        "error",
        "shape-of-other",
        "shape `{shape}` is of `{entity}`, not of {found}",
        "use a shape of the same entity",
    ),
    Code(
        "AWM519",
        "error",
        "not-filterable",
        "`list` cannot filter by `{field}`, which is {found}",
        "filter by another column, or write a tool by hand",
    ),
    Code(
        "AWM520",
        "error",
        "derived-leaves-out",
        "the derived `create` of `{entity}` leaves out `{field}`, which has no default",
        "add `{field}` to `create(…)`, or give the column a default",
    ),
    Code("AWM521", "warning", "empty-body", "`{owner}` does nothing", "add statements, or leave it out"),
    Code(
        "AWM522",
        "error",
        "not-appendable",
        "`{operator}` does not change `{field}`, which is {found}",
        "use `=`, or a column of numbers, days or moments",
    ),
    Code(
        "AWM523",
        "error",
        "not-shown",
        "the agent cannot be shown {found}",
        "show columns or values of another type",
    ),
    Code("AWM524", "error", "item-arguments", "the derived `{item}` takes {expected}", "give it {expected}"),
    Code("AWM525", "warning", "anybodys-row", "`{tool}` changes any `{entity}`, not only the actor's own"),
    Code("AWM526", "warning", "looking-writes", "`{tool}` is called to look, but writes `{written}`"),
)
