"""Where the grammar and the templates lie, and where awmc keeps what it may lose.

A checkout, and an editable install of it, keeps them beside the package, in `grammar/` and `templates/`;
a wheel carries them inside the package, in `awmc/_data/`.
"""

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_PACKAGED = _PACKAGE / "_data"
_ROOT = _PACKAGED if _PACKAGED.is_dir() else _PACKAGE.parent


def grammar_path() -> Path:
    """The grammar of the language, `awm.lark`."""
    return _ROOT / "grammar" / "awm.lark"


def grammar_text() -> str:
    """The text of the grammar, in Lark's syntax."""
    return grammar_path().read_text(encoding="utf-8")


def template_dir() -> Path:
    """The folder of the Jinja templates."""
    return _ROOT / "templates"


def cache_dir() -> Path:
    """The user's cache folder for awmc, by the XDG base directory specification; it may be missing or unwritable."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "awmc"
