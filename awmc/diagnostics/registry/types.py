"""AWM3xx: types, ranges, literals, nulls, and the `x?` of optional parameters."""

from __future__ import annotations

from awmc.diagnostics.registry.code import Code

CODES = (
    Code("AWM301", "error", "wrong-type", "{what} is {found}, not {expected}"),
    Code("AWM302", "error", "operator-types", "`{operator}` does not work on {left} and {right}"),
    Code("AWM303", "error", "operator-type", "`{operator}` does not work on {found}"),
    Code("AWM304", "error", "incomparable", "{left} and {right} cannot be compared"),
    Code("AWM305", "error", "unhandled-null", "`{expr}` may be null here"),
    Code("AWM306", "error", "null-where-required", "{what} cannot be null"),
    Code("AWM307", "error", "branch-types", "the branches of this {construct} are {left} and {right}"),
    Code("AWM308", "error", "function-types", "`{function}` does not work on {found}"),
    Code("AWM309", "error", "not-indexable", "`{expr}` is {found}, only a list can be indexed"),
    Code("AWM310", "error", "not-rows", "{construct} goes over rows or a list, not over {found}"),
    Code("AWM311", "error", "many-for-one", "`{expr}` is several rows where one is needed"),
    Code("AWM312", "error", "missing-choice", "`choose` leaves out `{value}` of enum `{enum}`"),
    Code("AWM313", "error", "out-of-range", "{what} is {value}, outside of {range}"),
    Code("AWM314", "error", "empty-range", "the range `{range}` holds nothing"),
    Code("AWM315", "error", "range-on-type", "{found} takes no range"),
    Code("AWM316", "error", "range-bound", "a bound of {expected} cannot be `{bound}`"),
    Code("AWM317", "error", "part-of-cent", "{what} is `{value}`, money is whole cents"),
    Code("AWM318", "error", "quoted-value", "{what} is written without quotes"),
    Code("AWM319", "error", "malformed-value", "`{value}` is not a well-formed {type}"),
    Code("AWM320", "error", "pattern-mismatch", "`{value}` does not match the pattern of `{field}`"),
    Code("AWM321", "error", "bad-pattern", "the pattern of `{field}` has {problem}"),
    Code("AWM322", "error", "attribute-type", "`{attribute}` does not fit `{field}`, which is {found}"),
    Code("AWM323", "error", "not-a-column-type", "`{field}` of `{entity}` cannot be a column of {found}"),
    Code("AWM324", "error", "part-not-allowed", "`{field}` is {what} and takes no {thing}"),
    Code("AWM325", "error", "not-inferable", "the type of {what} cannot be told"),
    Code("AWM326", "error", "missing-part", "a value of record `{record}` needs `{part}`"),
    Code("AWM327", "error", "not-sortable", "rows cannot be sorted by {found}"),
    Code("AWM328", "error", "not-in-text", "{found} cannot stand in a text"),
    Code("AWM329", "error", "bare-aggregate", "`{function}()` without a query stands in `group` alone"),
    Code("AWM330", "error", "not-optional", "`{name}` is always given, so `{name}?` means nothing"),
    Code("AWM331", "error", "optional-place", "`{name}?` stands where it cannot be left out"),
    Code("AWM332", "error", "not-constant", "{what} must be a constant"),
    Code("AWM334", "warning", "never-null", "`{expr}` is never null here"),
    Code("AWM335", "error", "keyless-group", "`{name}` of `group` is neither a key nor an aggregate"),
    Code("AWM336", "warning", "always-so", "`{test}` is always {value}"),
)
