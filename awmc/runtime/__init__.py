"""Worlds that run: what a build becomes, and all that generated code imports.

In the order of control: `build` opens a folder, `world` makes the database and gives sessions, `session`
answers calls. A generated tool is a `definition` over a `call`; its parameters are made of `values`, what
is wrong with them is said by `arguments`, what a constraint of the database means by `constraints`.
`functions` and `matching` are the language's functions, `offers` and `calculator` the ready-made tools.
`diff` says what changed, `verdict` and `answers` whether it was what the task asks.
"""

from awmc.runtime.build import load
from awmc.runtime.call import Call
from awmc.runtime.definition import NOT_GIVEN, Invariant, Json, NoParameters, Rows, Tool, tool
from awmc.runtime.diff import Change
from awmc.runtime.errors import BuildError, Refused, UnknownTask, UnknownTool
from awmc.runtime.run import Run
from awmc.runtime.session import Entry, Result, Session
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
    "Match",
    "Money",
    "NoParameters",
    "Number",
    "Parameters",
    "Range",
    "Ref",
    "Refused",
    "Result",
    "Rows",
    "Run",
    "Session",
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
