"""What the canonical form of a spec costs."""

from __future__ import annotations

import re
from pathlib import Path

from awmc.source import Source, read_source
from awmc.syntax.format import format_spec
from awmc.syntax.mend import canonical
from awmc.syntax.parse import parse
from bench.measure import times
from bench.table import Figure, Table, compared


def formatting(spec: Path, repeat: int) -> Table:
    """A spec that is in canonical form, and the same without its indentation; the floor is reading it."""
    source = read_source(spec)
    rough = Source(source.name, re.sub(r"^ +", "", source.text, flags=re.MULTILINE))
    tree, _ = parse(source)
    floor = Figure("parse", times(lambda: parse(source), repeat)[0])
    return Table(
        f"{spec.name} in canonical form, {len(source.text.encode()) / 1000:.0f} KB, warm",
        (
            floor,
            compared("format the AST", times(lambda: format_spec(tree, source.text), repeat)[0], floor),
            compared("text to text, nothing changes", times(lambda: canonical(source), repeat)[0], floor),
            compared(
                "text to text, and read again", times(lambda: canonical(rough), repeat)[0], floor, limit=0.2
            ),
        ),
    )
