"""What running a spec brings to light: a diagnostic's code and parts, and where in the spec it belongs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from awmc.ir.nodes import Place


@dataclass(frozen=True, slots=True)
class Problem:
    """`parts` are those that the title of diagnostic `code` names; `note` says more. `task`: the instance
    that it is of, or empty.
    """

    code: str
    place: Place
    parts: Mapping[str, object] = field(default_factory=dict)
    note: str = ""
    task: str = ""
