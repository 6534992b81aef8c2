"""Where a build on disk differs from what its spec compiles to now."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import unified_diff
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from awmc.emit import manifest, proof
from awmc.emit.artefact import Artefact


class Stale(Struct, frozen=True):
    """A file that is missing, other, or left over. `diff`: unified, from what is there to what should be; of a
    certificate a line that says what is wrong with it."""

    path: Path
    diff: str


def stale_files(folder: Path, artefacts: Sequence[Artefact]) -> tuple[Stale, ...]:
    """The files of the build in `folder` that are not as the artefacts say, in the order of their names; last a
    certificate that is not of them.
    """
    wanted = {artefact.path: artefact.text for artefact in artefacts}
    found = manifest.read(folder)
    names = sorted({*wanted, *(found.files if found else ())})
    stale = []
    for name in names:
        there, text = _text(folder / name), wanted.get(name)
        if there != text:
            stale.append(Stale(folder / name, _diff(folder / name, there, text)))
    if proof.is_foreign(folder, {artefact.path: manifest.digest(artefact.data) for artefact in artefacts}):
        path = folder / proof.NAME
        stale.append(Stale(path, f"{path} is the certificate of another build\n"))
    return tuple(stale)


def unformatted(artefacts: Sequence[Artefact]) -> tuple[str, ...]:
    """The Python files that black would write otherwise; none where black is not installed."""
    if find_spec("black") is None:
        return ()
    import black
    from black.mode import TargetVersion

    mode = black.Mode(target_versions={TargetVersion.PY311})
    return tuple(
        artefact.path
        for artefact in artefacts
        if artefact.path.endswith(".py") and black.format_str(artefact.text, mode=mode) != artefact.text
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", errors="surrogateescape")
    except OSError:
        return None


def _diff(path: Path, there: str | None, wanted: str | None) -> str:
    lines = unified_diff(
        (there or "").splitlines(keepends=True),
        (wanted or "").splitlines(keepends=True),
        fromfile="/dev/null" if there is None else str(path),
        tofile="/dev/null" if wanted is None else f"{path} (as compiled)",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
