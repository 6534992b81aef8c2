"""Property tests of a world: what a build's generated tests are made of.

`values` draws arguments, legal and illegal; `machine` makes the calls, and looks after each whether the world is sound.
"""

from awmc.testing.machine import Machine, as_test
from awmc.testing.values import (
    Given,
    arguments,
    boolean,
    choice,
    date,
    datetime,
    email,
    formula,
    integer,
    list_of,
    money,
    nullable,
    number,
    optional,
    record,
    row,
    text,
    time,
    url,
)

__all__ = [
    "Given",
    "Machine",
    "arguments",
    "as_test",
    "boolean",
    "choice",
    "date",
    "datetime",
    "email",
    "formula",
    "integer",
    "list_of",
    "money",
    "nullable",
    "number",
    "optional",
    "record",
    "row",
    "text",
    "time",
    "url",
]
