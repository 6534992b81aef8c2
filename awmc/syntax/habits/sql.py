"""SQL: its queries in statements, its constraints behind a column."""

from __future__ import annotations

from awmc.diagnostics import Fix
from awmc.source import Span
from awmc.syntax.failure import BLOCK, ENTITY, Failure, Mend

_NEVER_NULL = "leave it out: a column is never null unless its type has a `?`"
# What stands behind a column, by its first word: how many words it takes, what is written, what to know.
_CONSTRAINTS = {
    "not": (2, None, _NEVER_NULL),
    "null": (1, None, "write `?` behind the type of a column that may be null"),
    "default": (1, "=", None),
    "primary": (2, "@id", None),
    "unique": (1, "@unique", None),
    "required": (1, None, _NEVER_NULL),
    "autoincrement": (1, None, "leave it out: every entity has a numbered `id`"),
    "auto_increment": (1, None, "leave it out: every entity has a numbered `id`"),
    "references": (1, None, "make the entity the column's type: `author: Author`"),
    "check": (1, None, 'write `@@check(.copies > 0, "…")` as a member of the entity'),
}
_QUERY = "write `Book where .copies > 0 order by .title`; a shape says which columns are shown"


def constraint(failure: Failure) -> Mend | None:
    """`title: text NOT NULL`, `copies: int DEFAULT 1`"""
    token, unit = failure.token, failure.unit()
    if unit is None or unit.kind != ENTITY or unit.start >= failure.at - 1 or not failure.accepts("AT"):
        return None
    place = failure.at
    if failure.kind(-1) == "TYPE" and failure.text(-1).isupper() and failure.kind(-2) == "NAME":
        # `date NOT` was read as the rows of an entity in a scope.
        place -= 1
    token = failure.tokens[place]
    found = _CONSTRAINTS.get(token.text.lower()) if token.kind != "STRING" else None
    if found is None or failure.tokens[place + 1].text == ":":
        return None
    words, written, help = found
    last = failure.tokens[place + words - 1]
    span = Span(token.start, last.end)
    word = failure.source.text[span.start : span.end]
    if written is not None:
        fix = Fix(span, written, f"write `{written}`")
        said = failure.say("AWM041", span.start, span.end, word=word, written=written, fixes=[fix])
        return Mend(said, place, place + words, failure.written(written, token))
    said = failure.say("AWM042", span.start, span.end, word=word, help=help)
    return Mend(said, place, place + words if words > 1 else failure.unit_end(unit))


def select(failure: Failure) -> Mend | None:
    """`SELECT * FROM Loan`, `return select …`, `group by .who`, `DELETE FROM Loan`"""
    token, before, unit = failure.token, failure.back(1), failure.unit()
    if unit is None or unit.kind != BLOCK:
        return None
    end = failure.unit_end(unit)
    for place in range(unit.start, min(failure.at + 1, end)):
        word = failure.tokens[place]
        if word.kind in ("NAME", "TYPE") and word.text.lower() == "select":
            said = failure.say("AWM042", word.start, word.end, word=word.text, help=_QUERY)
            return Mend(said, unit.start, end, certain=False)
    if token.text == "by" and failure.text(-1) == "group":
        help = "write `group(Book, author: .author, books: count())`"
        said = failure.say(
            "AWM042", failure.tokens[failure.at - 1].start, token.end, word="group by", help=help
        )
        return Mend(said, failure.at - 1, end, certain=False)
    if before is not None and before.text.lower() in ("from", "into") and before.kind in ("NAME", "TYPE"):
        fix = Fix(Span(before.start, token.start), "", f"leave `{before.text}` out")
        said = failure.say("AWM042", before.start, before.end, word=before.text, fixes=[fix])
        return Mend(said, failure.at - 1, failure.at)
    return None
