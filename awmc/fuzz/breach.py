"""What a call can bring to light, and how grave it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["error", "warning", "note"]
Kind = Literal[
    "internal", "malformed", "undeclared_code", "wrong_output", "changed_by_failure", "changed_by_reading",
    "undeclared_change", "dangling", "invariant_broken", "illegal_state", "clock", "not_ended", "not_repeatable",
    "guarded_by_invariant", "never_ok", "guarded_by_constraint",
]  # fmt: skip

LEVELS: Final[dict[Kind, Level]] = {
    "guarded_by_invariant": "warning",
    "never_ok": "warning",
    "guarded_by_constraint": "note",
}
"""Of all other kinds it is an error: the world is not what the build says."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One promise that a call of `tool` has broken. `subject`: what it is about, an invariant's name, an error's code,
    a table; two breaches of the same kind, tool and subject are the same finding. `what`: in words, after the tool's
    name."""

    kind: Kind
    tool: str
    subject: str
    what: str

    @property
    def level(self) -> Level:
        return LEVELS.get(self.kind, "error")

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.tool, self.subject
