"""Proofs of worlds: every task certified, every verifier tried with runs that are wrong.

In the order of control flow: `subject` opens a build; `world` takes its tasks, `trial` tries one; `runs` plays calls,
`ends` reads the state that they leave, `likeness` says whether it is right, by other means than the verifier;
`mutants` makes runs that differ in one thing (`values`, `pools`: from what), `answers` wrong messages; `asked` measures
what a task asks, `explain` and `differences` say why and how a run passed, `certificate` writes it down. `seeds` proves
other worlds of a spec.
"""

from typing import Final

BUDGET: Final = 200
"""Mutants of a task, where nobody says otherwise."""
