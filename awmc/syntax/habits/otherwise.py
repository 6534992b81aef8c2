"""What is said of a mistake that no rule knows."""

from __future__ import annotations

from awmc.syntax.cut import CLOSERS
from awmc.syntax.expected import describe_expected, describe_found
from awmc.syntax.failure import Failure, Mend
from awmc.syntax.grammar import END


def unexpected(failure: Failure) -> Mend:
    """What is expected and what was found; the unit around it is left out."""
    token = failure.token
    at_end = token.kind == END
    if at_end:
        token = failure.behind
    bracket = failure.open_bracket()
    closer = CLOSERS[failure.tokens[bracket].text] if bracket is not None else None
    expected = describe_expected(failure.accepted, closer)
    unit = failure.unit()
    start = unit.start if unit is not None else 0
    end = failure.unit_end(unit) if unit is not None else len(failure.tokens) - 1
    if unit is not None and end == start:
        end = failure.unit_end(unit, failure.at + 1)
    help = _advice(failure)
    if token.kind == END:
        before = failure.back(1)
        place = before.end if before is not None else token.start
        return Mend(
            failure.say("AWM003", place, place, expected=expected, help=help), start, end, certain=False
        )
    start_at, end_at = failure.place_of(token)
    said = failure.say("AWM002", start_at, end_at, expected=expected, found=describe_found(token), help=help)
    return Mend(said, start, end, certain=False)


def _advice(failure: Failure) -> str | None:
    """What is often meant at such a place."""
    token, before = failure.token, failure.back(1)
    if before is None:
        return None
    if (
        token.text == "("
        and failure.accepts("LBRACE")
        and "MAY_CREATE" in [value.kind for value in failure.pending()]
    ):
        return 'put the values of a new row in braces: `create Book { title: "…" }`'
    pending = {value.kind for value in failure.pending()}
    if before.text == ":" and failure.layout.begins_line(token) and pending & {"IF", "FOR", "ELSE"}:
        return "put the block in braces: `{ … }`"
    if token.kind == "STRING" and before.text == ":" and failure.accepts("ENUM"):
        return "list the values: `enum(draft, sent)`"
    if token.text == "{" and before.text == "enum":
        return "write the values in brackets: `enum(draft, sent)`"
    if token.text == "," and failure.accepts_text("->") and "STATES" in pending:
        return "write the moves: `states { open -> closed }`"
    if token.text == "{" and failure.accepts("SET"):
        return "write `update book set copies = 3`"
    if token.text == "where" and "SET" in pending:
        return "put `where` before `set`: `update Book where … set copies = 3`"
    if token.text == "for" and failure.text(-2) == "[":
        return "make a list of rows with `list(Book where .copies > 0, .title)`"
    if failure.head == "seed" and token.text in ("{", "[") and failure.accepts("LPAR"):
        return "name the columns first: `seed Book (title, copies) { … }`"
    if failure.head == "task" and token.text == "{" and failure.accepts("STRING"):
        return 'write the instruction before the `{`: `task name "…" { … }`'
    if token.kind == "STRING" and failure.at == 1 and failure.accepts("NAME"):
        return f'give it a name first: `{failure.head} name "…"`'
    if token.text == ":" and failure.accepts("LBRACE") and not failure.accepts("INT"):
        return "put what belongs to it in braces"
    if token.text == ":" and before.kind == "NAME" and failure.text(-2) == "let":
        return "leave the type out: `let x = …`"
    if before.kind == "MOMENT" and token.kind == "INT":
        return "join date and time by `T`: `2026-03-02T08:00`"
    return None
