"""AWM5xx: tools, actions, functions, shapes, and what nobody uses."""

from __future__ import annotations

from awmc.diagnostics.registry.code import Code

CODES = (
    Code(
        "AWM501", "error", "missing-return", "`{tool}` declares a result, but a path through it returns none"
    ),
    Code("AWM502", "error", "result-type", "`{tool}` returns {found}, but its result is {expected}"),
    Code("AWM503", "error", "mixed-results", "`{tool}` returns {left} here and {right} there"),
    Code("AWM504", "warning", "unreachable-statement", "nothing after this `{statement}` is ever run"),
    Code("AWM505", "error", "recursion", "`{name}` ends up calling itself"),
    Code("AWM506", "error", "deep-call", "`{callee}` is called inside an expression"),
    Code(
        "AWM507", "error", "create-leaves-out", "`create {entity}` leaves out `{field}`, which has no default"
    ),
    Code("AWM508", "error", "not-settable", "`{field}` of `{entity}` is {what} and cannot be set"),
    Code("AWM509", "error", "not-stored-rows", "`{statement}` needs rows of an entity, not {found}"),
    Code("AWM510", "warning", "needless-else", "`{name}` is never null, so its `else` never runs"),
    Code("AWM511", "error", "statement-place", "`{statement}` cannot stand in {where}"),
    Code("AWM512", "warning", "unused-parameter", "`{owner}` never uses its parameter `{parameter}`"),
    Code("AWM513", "warning", "unused-shape", "shape `{shape}` is never used"),
    Code("AWM514", "warning", "unused-tool", "no task uses tool `{tool}`"),
    Code("AWM515", "warning", "unused-declaration", "{kind} `{name}` is never used"),
    Code("AWM516", "warning", "unused-local", "`{name}` is never used"),
    Code(
        "AWM517",
        "error",
        "hidden-shown",
        "`{field}` of `{entity}` is hidden from the agent and cannot be shown",
    ),
    Code("AWM518", "error", "shape-of-other", "shape `{shape}` is of `{entity}`, not of {found}"),
    Code("AWM519", "error", "not-filterable", "`list` cannot filter by `{field}`, which is {found}"),
    Code(
        "AWM520",
        "error",
        "derived-leaves-out",
        "the derived `create` of `{entity}` leaves out `{field}`, which has no default",
    ),
    Code("AWM521", "warning", "empty-body", "`{owner}` does nothing"),
    Code("AWM522", "error", "not-appendable", "`{operator}` does not change `{field}`, which is {found}"),
    Code("AWM523", "error", "not-shown", "the agent cannot be shown {found}"),
    Code("AWM524", "error", "item-arguments", "the derived `{item}` takes {expected}"),
    Code("AWM525", "warning", "anybodys-row", "`{tool}` changes any `{entity}`, not only the actor's own"),
    Code("AWM526", "warning", "looking-writes", "`{tool}` is called to look, but writes `{written}`"),
)
