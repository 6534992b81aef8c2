"""What makes an author think again, though it is no fault: written into the certificate as warnings.

Kinds: `needless_call` (a call of a `solve` that changes nothing that counts), `idle_ensure` (an `ensure` that every
wrong run meets, and that does not compare with `old`), `wide_may` (a `may` without a `where` that lets a run do more
of what the `solve` does).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from awmc.ir import nodes
from awmc.oracle.solve import Instance
from awmc.oracle.trees import walk
from awmc.prove.likeness import Clause, Judge
from awmc.prove.mutants import Mutant
from awmc.prove.runs import Calls, as_data
from awmc.runtime.case import May
from awmc.runtime.session import Session

_ENOUGH: Final = 10
"""Wrong runs of which an `ensure` must break one."""


class Doubts:
    """Of one task instance. `changed`: the tables in which its `solve`s change something."""

    def __init__(self, instance: Instance, judge: Judge, changed: frozenset[str]) -> None:
        self._instance, self._judge = instance, judge
        self._changed = changed
        # One that compares with `old` guards what the `solve` does to the rest of the world.
        self._idle = {
            place: 0
            for place, ensure in enumerate(instance.task.ensure)
            if not any(isinstance(node, nodes.Old) for node in walk(ensure.test))
        }
        self._found: dict[tuple[str, int, str], dict[str, Any]] = {}

    def data(self) -> list[dict[str, Any]]:
        """The warnings, in the order of the spec."""
        for place, met in self._idle.items():
            if met >= _ENOUGH:
                node = self._instance.task.ensure[place]
                self._add(
                    "idle_ensure",
                    node.place.text,
                    (),
                    [],
                    f"all {met} wrong runs that were tried meet it, the untouched world too",
                    node.place.line,
                    node.place.text,
                    "something that a wrong run breaks, or drop it",
                )
        return sorted(self._found.values(), key=lambda one: (one["line"], one["kind"], one["what"]))

    def wrong_run(self, session: Session) -> None:
        """A run that ends otherwise than every `solve` stands in the session."""
        for place in list(self._idle):
            if self._judge.value(session, self._instance.case.ensure[place].test):
                self._idle[place] += 1
            else:
                del self._idle[place]

    def needless(self, mutant: Mutant, own: int) -> None:
        """A call that writes was left out, and all is the same."""
        call = self._instance.solves[own].calls[mutant.at]
        place = self._instance.solves[own].place
        self._add(
            "needless_call",
            call.tool,
            (call,),
            [],
            "without this call the end is the same, so no verdict hangs on it",
            place.line,
            place.text,
            "nothing: leave the call out, or let the world begin so that it changes something",
        )

    def let_in(self, mutant: Mutant, clauses: Iterable[Clause], calls: Calls, differs: Sequence[str]) -> None:
        """A run was allowed by these clauses."""
        found = tuple(clauses)
        wide = [
            clause
            for clause in found
            if isinstance(clause.what, May)
            and clause.what.where is None
            and clause.what.table in self._changed
        ]
        if len(wide) != len(found) or any(kind == "wide_may" for kind, *_ in self._found):
            return
        wide.sort(key=lambda clause: clause.place.line)
        texts = " and ".join(f"`{clause.place.text}`" for clause in wide)
        self._add(
            "wide_may",
            mutant.what,
            calls,
            differs,
            f"{texts} let{'s' * (len(wide) == 1)} it through",
            wide[0].place.line,
            wide[0].place.text,
            "a `where` that says of which rows that may be",
        )

    def _add(
        self,
        kind: str,
        what: str,
        calls: Calls,
        differs: Sequence[str],
        because: str,
        line: int,
        text: str,
        add: str,
    ) -> None:
        key = (kind, line, what)
        self._found.setdefault(
            key,
            {
                "kind": kind,
                "what": what,
                "calls": as_data(calls),
                "message": None,
                "differs": list(differs),
                "because": because,
                "line": line,
                "text": text,
                "add": add,
            },
        )
