"""AWM9xx: not the author's mistake but a bug of the compiler."""

from __future__ import annotations

from awmc.diagnostics.registry.code import Code

CODES = (Code("AWM901", "error", "compiler-bug", "awmc has a bug: {reason}"),)
