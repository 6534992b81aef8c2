"""Calls that a tool should have refused by itself: an invariant had to, or the tool failed."""

from __future__ import annotations

from typing import Any, Final

from awmc.ir import nodes
from awmc.oracle.play import Made
from awmc.prove.mutants import Tools
from awmc.prove.runs import as_data
from awmc.runtime.session import Session

_CODES: Final = ("invariant_violated", "internal")


class Breaches:
    """Of one world: for each tool and invariant the shortest run that was seen."""

    def __init__(self, environment: nodes.Environment, tools: Tools) -> None:
        self._tools = {tool.name: tool for tool in environment.tools}
        self._writes = tools.writes
        self._names = {invariant.about: invariant.name for invariant in environment.invariants}
        self._found: dict[tuple[str, str, str], tuple[Made, ...]] = {}

    def see(self, session: Session) -> None:
        """Looks at the last call of a session, which was refused."""
        *earlier, last = session.log
        error = last.result.error
        if error is None or error["code"] not in _CODES:
            return
        place = (last.tool, error["code"], error["message"])
        calls = (
            *(
                Made(entry.tool, entry.arguments)
                for entry in earlier
                if entry.result.ok and self._writes(entry.tool)
            ),
            Made(last.tool, last.arguments, error["code"]),
        )
        if place not in self._found or len(calls) < len(self._found[place]):
            self._found[place] = calls

    def data(self) -> list[dict[str, Any]]:
        """What `proof.json` holds of them, in the order of the spec."""
        found = [self._one(*place, calls) for place, calls in self._found.items()]
        return sorted(found, key=lambda one: (one["line"], one["tool"], one["message"]))

    def _one(self, tool: str, code: str, message: str, calls: tuple[Made, ...]) -> dict[str, Any]:
        place = self._tools[tool].place
        name = self._names.get(message, "")
        return {
            "tool": tool,
            "code": code,
            "invariant": name,
            "message": message,
            "calls": as_data(calls),
            "line": place.line,
            "text": place.text,
            "add": "a `require` that refuses this call with a code of its own, or mend what the tool writes"
            if code == "invariant_violated"
            else "nothing: that a tool fails so is a bug of awmc",
        }
