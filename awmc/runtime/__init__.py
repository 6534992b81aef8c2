"""Worlds that run: what a build becomes, and all that generated code imports.

In the order of control: `build` opens a folder, `world` makes the database and gives sessions, `session`
answers calls, within `limits`, on a `database` of its own, which a `pool` may keep; the `log` holds them, a
`snapshot` brings all of it back. A generated tool is a `definition` over a `call`; its parameters are made of
`values`, what is wrong with them is said by `arguments`, what a constraint of the database means by `constraints`.
`functions` and `matching` are the language's functions, `offers` and `calculator` the ready-made tools.
`diff` says what changed, `verdict` and `answers` whether it was what the task asks.
"""

from awmc.runtime.build import load
from awmc.runtime.call import Call
from awmc.runtime.definition import NOT_GIVEN, Invariant, Json, NoParameters, Rows, Tool, tool
from awmc.runtime.diff import Change
from awmc.runtime.errors import (
    BuildError,
    Refused,
    SessionClosed,
    SnapshotError,
    UnknownTask,
    UnknownTool,
)
from awmc.runtime.limits import Limits
from awmc.runtime.log import Entry, Result
from awmc.runtime.pool import Pool
from awmc.runtime.run import Run
from awmc.runtime.session import Mark, Session
from awmc.runtime.snapshot import Snapshot
from awmc.runtime.values import (
    Bool,
    Date,
    DateTime,
    Email,
    Int,
    Length,
    Match,
    Money,
    Number,
    Parameters,
    Range,
    Ref,
    Text,
    Time,
    Url,
    money_text,
    number_text,
)
from awmc.runtime.verdict import Verdict
from awmc.runtime.world import TaskInfo, ToolInfo, World

__all__ = [
    "NOT_GIVEN",
    "Bool",
    "BuildError",
    "Call",
    "Change",
    "Date",
    "DateTime",
    "Email",
    "Entry",
    "Int",
    "Invariant",
    "Json",
    "Length",
    "Limits",
    "Mark",
    "Match",
    "Money",
    "NoParameters",
    "Number",
    "Parameters",
    "Pool",
    "Range",
    "Ref",
    "Refused",
    "Result",
    "Rows",
    "Run",
    "Session",
    "SessionClosed",
    "Snapshot",
    "SnapshotError",
    "TaskInfo",
    "Text",
    "Time",
    "Tool",
    "ToolInfo",
    "UnknownTask",
    "UnknownTool",
    "Url",
    "Verdict",
    "World",
    "load",
    "money_text",
    "number_text",
    "tool",
]
