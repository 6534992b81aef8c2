"""The one registry of diagnostics, a module per family of codes.

`syntax` 0xx · `duplicates` 1xx · `names` 2xx · `types` 3xx (and nulls) · `world` 4xx · `tools` 5xx ·
`tasks` 6xx · `files` 7xx · `compiler` 9xx. A number is never reused. Who adds a code adds a line there and
a page in `pages/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from awmc.diagnostics.registry import compiler, duplicates, files, names, syntax, tasks, tools, types, world
from awmc.diagnostics.registry.code import Code, Level

__all__ = ["REGISTRY", "Code", "Level", "lookup", "standing_help", "title"]

_FAMILIES = {
    "0": syntax.CODES,
    "1": duplicates.CODES,
    "2": names.CODES,
    "3": types.CODES,
    "4": world.CODES,
    "5": tools.CODES,
    "6": tasks.CODES,
    "7": files.CODES,
    "9": compiler.CODES,
}

_LONGEST_PART = 80


def _collect(families: Mapping[str, tuple[Code, ...]]) -> dict[str, Code]:
    """All codes in order; a number or a name given twice, or in a foreign family, is refused."""
    registry: dict[str, Code] = {}
    taken: set[str] = set()
    for digit, codes in families.items():
        for code in codes:
            if code.code in registry or code.name in taken:
                raise ValueError(f"{code.code} ({code.name}) is declared twice")
            if not code.code.startswith(f"AWM{digit}"):
                raise ValueError(f"{code.code} does not belong to the family {digit}xx")
            registry[code.code] = code
            taken.add(code.name)
    return registry


REGISTRY: Mapping[str, Code] = MappingProxyType(_collect(_FAMILIES))


def lookup(code: str) -> Code:
    """The declared `code`; an undeclared one is a bug of the compiler and raises KeyError."""
    try:
        return REGISTRY[code]
    except KeyError:
        raise KeyError(f"the diagnostic {code} is not declared in awmc.diagnostics.registry") from None


def title(code: str, parts: Mapping[str, object]) -> str:
    """The title of `code` with exactly its named `parts` filled in, long ones cut; else TypeError."""
    declared = lookup(code)
    if parts.keys() != declared.parts:
        raise TypeError(f"{code} takes the parts {sorted(declared.parts)}, not {sorted(parts)}")
    return declared.title.format_map({name: _short(str(part)) for name, part in parts.items()})


def standing_help(code: str, parts: Mapping[str, object]) -> str | None:
    """What to do about `code` where nothing more is known."""
    help = lookup(code).help
    return help.format_map({name: _short(str(part)) for name, part in parts.items()}) if help else None


def _short(part: str) -> str:
    part = part if part.isprintable() else "".join(c if c.isprintable() else " " for c in part)
    return part if len(part) <= _LONGEST_PART else f"{part[: _LONGEST_PART - 1]}…"
