"""Python as text that black leaves as it is: literals, docstrings, names, and brackets that open where a
line is full.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

WIDTH: Final = 88
STEP: Final = "    "
QUOTES: Final = '"""'

# Written out, because the interpreter's own lists differ from version to version.
_KEYWORDS = """
    False None True and as assert async await break class continue def del elif else except finally for from
    global if import in is lambda nonlocal not or pass raise return try while with yield
"""
_BUILTINS = """
    abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex
    copyright credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset getattr
    globals hasattr hash help hex id input int isinstance issubclass iter len license list locals map
    max memoryview min next object oct open ord pow print property quit range repr reversed round set setattr
    slice sorted staticmethod str sum super tuple type vars zip
"""
# What a pydantic model has by itself, and a field of that name would hide.
_MODEL = """
    construct copy dict from_orm json parse_file parse_obj parse_raw schema schema_json update_forward_refs
    validate
"""
_RUNTIME = "call tool money_text number_text"
KEYWORDS: Final = frozenset(_KEYWORDS.split())
RESERVED: Final = frozenset((_KEYWORDS + _BUILTINS + _MODEL + _RUNTIME).split())
"""Names that a parameter, a local or a function of generated code does not take."""


def width(line: str) -> int:
    """Columns that a line takes in black's eyes: two for a wide letter (CJK, emoji), one for any other."""
    return len(line) if line.isascii() else sum(2 if _is_wide(letter) else 1 for letter in line)


def _is_wide(letter: str) -> bool:
    if unicodedata.category(letter) in ("Mn", "Mc") or "\U0001f3fb" <= letter <= "\U0001f3ff":
        return False
    if unicodedata.east_asian_width(letter) in ("W", "F"):
        return True
    return any(low <= ord(letter) <= high for low, high in _WIDE_SINCE_16)


# Wide since Unicode 16, which the older Pythons do not know.
_WIDE_SINCE_16 = (
    (0x2630, 0x2637),
    (0x268A, 0x268F),
    (0x4DC0, 0x4DFF),
    (0x1D300, 0x1D356),
    (0x1D360, 0x1D376),
)


def safe(name: str) -> str:
    """A lower-case name of the spec as a Python name that hides nothing."""
    return f"{name}_" if name in RESERVED or name.startswith("model_") else name


def camel(name: str) -> str:
    """`book_visit` → `BookVisit`; `Visit.status` → `VisitStatus`."""
    parts = name.replace(".", "_").split("_")
    return "".join(part[:1].upper() + part[1:] for part in parts)


def snake(name: str) -> str:
    """`OrderLine` → `order_line`."""
    return re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name).removeprefix("_")


class Names:
    """Hands out names of one namespace, each once: `fee`, `fee_2`, `fee_3`."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def new(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self._taken:
            count += 1
            name = f"{wanted}_{count}"
        self._taken.add(name)
        return name


# ---- Literals


def text(value: str, pieces: Iterable[str] | None = None) -> str:
    """A string literal; with `pieces` (of `quote_free`), an f-string."""
    body = "".join(pieces) if pieces is not None else escaped(value)
    # Black's rule: double quotes, unless they cost more backslashes.
    quote = "'" if body.count('"') > body.count("'") else '"'
    return f"{'f' if pieces is not None else ''}{quote}{body.replace(quote, chr(92) + quote)}{quote}"


def escaped(value: str) -> str:
    """The characters of a literal, quotes as they are."""
    if value.isprintable() and "\\" not in value:
        return value
    value = value.translate(_ESCAPES)
    if value.isprintable():
        return value
    return "".join(letter if letter.isprintable() else _code(letter) for letter in value)


_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def _code(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def literal(value: bool | int | float | str | None) -> str:
    """The literal of a scalar."""
    return text(value) if isinstance(value, str) else repr(value)


def constant(name: str, value: str) -> list[str]:
    """A constant that holds a statement: on one line, or as a block of its own lines."""
    if "\n" not in value and width(line := f"{name} = {text(value)}") <= WIDTH:
        return [line]
    body = value.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return [f'{name} = """', *body.split("\n"), '"""']


def docstring(paragraphs: Iterable[str], indent: str) -> list[str]:
    """A docstring as lines; the first paragraph begins beside the quotes."""
    clean = [escaped(" ".join(paragraph.split())) for paragraph in paragraphs]
    clean = [paragraph.replace(QUOTES, '\\"\\"\\"') for paragraph in clean if paragraph]
    # Black's rule: a quotation mark at either end stands apart from the docstring's own.
    before = f"{QUOTES} " if clean[0].startswith('"') else QUOTES
    room = WIDTH - len(indent) - 2 * len(QUOTES)
    wrapped: list[str] = []
    for place, paragraph in enumerate(clean):
        wrapped += [""] if place else []
        wrapped += textwrap.wrap(paragraph, room, break_long_words=False, break_on_hyphens=False)
    wrapped[0] = before + wrapped[0]
    if len(wrapped) == 1:
        space = " " if wrapped[0].endswith('"') else ""
        return [f"{indent}{wrapped[0]}{space}{QUOTES}"]
    return [*(f"{indent}{line}" if line else "" for line in wrapped), f"{indent}{QUOTES}"]


def comment(value: str, indent: str) -> str:
    """A comment on one line."""
    return f"{indent}# {' '.join(value.split())}"


# ---- Brackets


class Bracket(Struct, frozen=True):
    """`open`, the items between commas, `close`; a line where it fits, else a line an item."""

    open: str
    items: tuple[Code, ...]
    close: str


Code = str | Bracket


def called(function: str, *items: Code) -> Bracket:
    return Bracket(f"{function}(", items, ")")


def keyword(name: str, value: Code) -> Code:
    """`name=value`."""
    return prefixed(f"{name}=", value)


def prefixed(prefix: str, value: Code) -> Code:
    if isinstance(value, str):
        return prefix + value
    return Bracket(prefix + value.open, value.items, value.close)


def flat(code: Code) -> str:
    """On one line."""
    if isinstance(code, str):
        return code
    return code.open + ", ".join(flat(item) for item in code.items) + code.close


def lines(code: Code, indent: str, prefix: str = "", suffix: str = "") -> list[str]:
    """`prefix code suffix` as lines."""
    line = f"{indent}{prefix}{flat(code)}{suffix}"
    if width(line) <= WIDTH or isinstance(code, str) or not code.items:
        return [line]
    inner = [part for item in code.items for part in lines(item, indent + STEP, "", ",")]
    return [f"{indent}{prefix}{code.open}", *inner, f"{indent}{code.close}{suffix}"]
