"""Golden files: what a test expects, held beside its input and rewritten by `pytest --update`."""

from __future__ import annotations

from pathlib import Path

CASES = Path(__file__).parent / "cases"


def check_golden(path: Path, found: str, *, update: bool) -> None:
    """Compares `found` with the file, or with `update` writes it there."""
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found, encoding="utf-8")
        return
    assert path.is_file(), (
        f"{path.name} is missing: look at what would be in it, then run pytest --update\n\n{found}"
    )
    assert found == path.read_text(encoding="utf-8"), (
        f"{path.name} differs: run pytest --update, and read the diff"
    )
