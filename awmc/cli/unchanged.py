"""`awmc compile SPECS… [-o BUILD]` where no spec has changed: the commonest run, answered before the command line's
own library, which takes longer to import than all of this takes to run, is needed.

Whatever else is asked for, or is not as it should be, is left to `awmc.cli.app`, which says the same of an unchanged
spec.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from awmc.cli.inputs import read_specs
from awmc.cli.output import summary
from awmc.emit import memo


def nothing_to_do(arguments: Sequence[str]) -> bool:
    """Whether the command line asks to compile specs whose builds are as they would be written, with nothing to say of
    them; then so much has been printed.
    """
    asked = _asked(arguments)
    if asked is None:
        return False
    specs, output = asked
    sources, problems = read_specs(specs)
    if problems or not sources:
        return False
    environments = set()
    for source in sources:
        kept = memo.recall(memo.key_of(source.text, world_seed=0, dialects=()))
        if kept is None or kept.warnings or not memo.is_current(output / kept.environment, kept):
            return False
        environments.add(kept.environment)
    if len(environments) < len(sources):
        return False
    summary((f"{len(sources)} unchanged",))
    return True


def _asked(arguments: Sequence[str]) -> tuple[list[str], Path] | None:
    """The specs and the folder of builds; None where it is not as simple as that."""
    verb, *rest = arguments or [""]
    if verb != "compile":
        return None
    specs, output = [], "build"
    words = iter(rest)
    for word in words:
        if word in ("-o", "--output"):
            output = next(words, "")
        elif word.startswith("-"):
            return None
        else:
            specs.append(word)
    return (specs, Path(output)) if specs and output and not output.startswith("-") else None
