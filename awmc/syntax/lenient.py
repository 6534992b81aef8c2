"""Text to tokens where the text has mistakes: what is certainly foreign is named and read as what it stands for."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from awmc.diagnostics import Diagnostic, Fix, diagnose
from awmc.source import Source, Span
from awmc.syntax.expressions import LONGEST_NAME
from awmc.syntax.grammar import END, tables
from awmc.syntax.texts import escape
from awmc.syntax.tokens import WRONG, Token

MOST = 100
"""How many mistakes of one text are told."""

LAMBDA = "$LAMBDA"
"""The kind of `=>`, which is a lambda's or stands for `->`."""
BAR = "$BAR"
"""The kind of `|`, which is a type's, a lambda's or stands for `or`."""
SEMICOLON = "$SEMICOLON"

_SIGNS = {
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "=<": "<=",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "×": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "—": "-",
    "→": "->",
    "⇒": "->",
    "…": "..",
    "&&": "and",
    "||": "or",
    "!": "not",
    "&": "and",
    "∧": "and",
    "∨": "or",
    "¬": "not",
    "∈": "in",
}
_RANGES = ("...", "..=", "..<")
_QUOTES = {
    "'": ("'", "single quotes"),
    "`": ("`", "backticks"),
    "“": ("”", "curly quotes"),
    "”": ("”", "curly quotes"),
    "‘": ("’", "curly quotes"),
    "„": ("“", "curly quotes"),
    "«": ("»", "angle quotes"),
}
_PREFIXES = frozenset(["f", "r", "b", "u", "t", "fr", "rf", "br", "rb"])
_UNITS = {
    "s": ("sec", "secs", "second", "seconds"),
    "min": ("m", "mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "d": ("day", "days"),
    "w": ("wk", "wks", "week", "weeks"),
    "mo": ("mon", "mth", "month", "months"),
    "y": ("yr", "yrs", "year", "years"),
}
_UPPER_AFTER = {
    "entity": "an entity",
    "enum": "an enum",
    "record": "a record",
    "shape": "a shape",
    "create": "an entity",
    "seed": "an entity",
    "tools": "an entity",
}
_LOWER_AFTER = {
    "env": "an env",
    "tool": "a tool",
    "action": "an action",
    "fn": "a function",
    "task": "a task",
    "invariant": "an invariant",
    "let": "a value",
    "for": "a value",
}

_GOOD_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,4}|.)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d[\d:.]*(?:[Zz]|[+-]\d\d:?\d\d)?")
_DATE = re.compile(r"(\d{4})(?:/|-(?=\d-|\d\d-\d\b))(\d\d?)[/-](\d\d?)(T\d\d:\d\d)?(?![\d/])")
_AMOUNT = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
_CURRENCIES = frozenset(
    ["USD", "EUR", "GBP", "JPY", "CHF", "CNY", "INR", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "BRL", "MXN"]
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?[eE][+-]?\d+\b|\d\w*")
_WORD = re.compile(r"[^\W\d]\w*")
_TAIL = re.compile(r"[\s{}()\[\],]*\Z")


class Reader:
    """Reads a text; `tokens` end with END, `problems` are the mistakes that were mended, `mended` the places of
    tokens that stand for what was not one.
    """

    def __init__(self, source: Source) -> None:
        self.tokens: list[Token] = []
        self.problems: list[Diagnostic] = []
        self.mended: set[int] = set()
        self._source = source
        self._text = source.text
        self._names: set[str] = set()
        self._unclosed: dict[str, int] = {}
        self._read()

    def _read(self) -> None:
        text, at = self._text, 0
        skipped = _skipped()
        while True:
            found = skipped.match(text, at)
            at = found.end() if found is not None else at
            if at >= len(text) or self.is_full:
                break
            at = self._one(at)
        self.tokens.append(Token(END, "", len(text), len(text)))

    @property
    def is_full(self) -> bool:
        """Whether there were so many mistakes that the rest was not read."""
        return len(self.problems) >= MOST

    def _one(self, at: int) -> int:
        """Reads what begins at `at`; the place behind it."""
        text = self._text
        char = text[at]
        if char == '"':
            return self._string(at)
        if char.isdecimal():
            return self._number(at)
        if char == "_" or char.isalpha():
            return self._word(at)
        if char in _QUOTES:
            return self._foreign_text(at, *_QUOTES[char])
        if text.startswith(("//", "/*"), at) or (
            text.startswith("--", at) and text[at + 2 : at + 3] in (" ", "\t", "\n", "")
        ):
            return self._foreign_comment(at)
        return self._sign(at)

    # ---- What is said and put down ----

    def _say(self, code: str, start: int, end: int, **said: Any) -> None:
        self.problems.append(diagnose(code, Span(start, end), source=self._source.name, **said))

    def _put(self, kind: str, text: str, start: int, end: int, *, mended: bool = False) -> int:
        self.tokens.append(
            Token(kind, text, start, end, tables().keywords.get(text, "") if kind == "NAME" else "")
        )
        if mended:
            self.mended.add(start)
        return end

    def _before(self, places: int = 1) -> str:
        return self.tokens[-places].text if len(self.tokens) >= places else ""

    # ---- Texts ----

    def _string(self, at: int) -> int:
        text = self._text
        if text.startswith('"""', at):
            end = text.find('"""', at + 3)
            if end >= 0:
                return self._replaced_text(at, end + 3, text[at + 3 : end], "triple quotes")
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        end = at + 1
        while end < line_end and text[end] != '"':
            end += 2 if text[end] == "\\" else 1
        if end >= line_end:
            return self._unclosed_text(at, line_end)
        literal = text[at : end + 1]
        if "\\" in literal:
            literal = self._escapes(literal, at)
        return self._put("STRING", literal, at, end + 1)

    def _escapes(self, literal: str, at: int) -> str:
        """The literal with its bad escapes taken for what they look like; the first of them is told."""
        told = False

        def mend(found: re.Match[str]) -> str:
            nonlocal told
            piece = found.group()
            if _GOOD_ESCAPE.fullmatch(piece):
                return piece
            plain = piece[1:] if piece[1] in "'`$ " else f"\\{piece}"
            if piece in ("\\{", "\\}"):
                plain = piece[1] * 2
            if not told:
                told = True
                start = at + found.start()
                fixes = (
                    [Fix(Span(start, start + len(piece)), plain, f"write `{plain}`")]
                    if piece[1] in "'`$"
                    else []
                )
                self._say(
                    "AWM008", start, start + len(piece), escape=piece, help=f"write `{plain}`", fixes=fixes
                )
            return plain

        return _ESCAPE.sub(mend, literal)

    def _unclosed_text(self, at: int, line_end: int) -> int:
        """A text without its closing quote: it goes to the end of its line, but for the brackets there that do not
        belong to it; or on over lines, where a later one closes it.
        """
        text = self._text
        end = self._over_lines(at, line_end)
        if end is not None:
            self._say("AWM007", at, line_end, help="put it on one line, with `\\n` for a line end in it")
            return self._put(
                "STRING", escape(" ".join(text[at + 1 : end - 1].replace('"', "").split())), at, end
            )
        piece = text[at:line_end].rstrip()
        tail = _TAIL.search(piece)
        assert tail is not None
        kept = tail.start() if self._belongs(at, tail.group()) else len(piece)
        self._say("AWM007", at, at + max(kept, 1), label='no `"` follows on this line')
        return self._put(
            "STRING", escape(piece[1:kept].replace("\\", "").replace('"', "")), at, at + max(kept, 1)
        )

    def _belongs(self, at: int, tail: str) -> bool:
        """Whether the brackets at the end of an unclosed text go with what stands before it on its line."""
        line = self._text[self._text.rfind("\n", 0, at) + 1 : at]
        closes = tail.strip(" ,\t")
        if not closes:
            return bool(tail.strip())
        if closes.endswith("{"):
            return bool(re.match(r"\s*(?:env|entity|tool|action|task|for|if|solve)\b", line))
        return all(
            line.count(opened) > line.count(closed)
            for opened, closed in ("()", "[]", "{}")
            if closed in closes
        )

    def _over_lines(self, at: int, line_end: int) -> int | None:
        """The end of a text that was meant to go on over the next lines: those that are plain prose up to a quote."""
        text, start = self._text, line_end + 1
        for _ in range(12):
            if start >= len(text):
                return None
            end = text.find("\n", start)
            line = text[start : len(text) if end < 0 else end]
            head, quote, rest = line.partition('"')
            if re.match(r"\s*(?:[\]})@]|\w+\s*(?:[:(=]|->)|\w+:)", head) or re.search(r"[{}]\s*$", head):
                return None
            first = head.split(None, 1)[0] if head.split() else ""
            if first in tables().keywords and first not in (
                "as",
                "by",
                "in",
                "is",
                "on",
                "or",
                "and",
                "not",
                "if",
                "for",
                "with",
            ):
                return None
            if quote:
                return start + len(head) + 1 if rest.count('"') % 2 == 0 else None
            start += len(line) + 1
        return None

    def _foreign_text(self, at: int, close: str, found: str) -> int:
        text = self._text
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        end = at + 1
        # Where a line has no closing quote, none of its other openings has one either.
        if self._unclosed.get(close, -1) < at:
            doubled = close + close
            while end < line_end and (text[end] != close or text.startswith(doubled, end)):
                end += 2 if text[end] == "\\" or text.startswith(doubled, end) else 1
            if end < line_end:
                inner = text[at + 1 : end].replace(doubled, close)
                return self._replaced_text(at, end + 1, inner, found)
            self._unclosed[close] = line_end
        return self._unknown(at)

    def _replaced_text(self, start: int, end: int, inner: str, found: str) -> int:
        inner = inner.replace("\\'", "'").replace('\\"', '"').replace("\\`", "`")
        literal = escape(" ".join(inner.split()) if "\n" in inner else inner)
        fix = Fix(Span(start, end), literal, "put it in double quotes")
        self._say("AWM030", start, end, found=found, fixes=[fix])
        return self._put("STRING", literal, start, end)

    # ---- Comments ----

    def _foreign_comment(self, at: int) -> int:
        text = self._text
        marker = text[at : at + 2]
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if marker == "/*" and self._unclosed.get(marker, -1) < 0:
            close = text.find("*/", at + 2)
            if close >= 0:
                end = close + 2
            else:
                self._unclosed[marker] = at
        fixes = []
        if marker != "/*":
            fixes.append(Fix(Span(at, at + 2), "#", "write `#`"))
        self._say("AWM031", at, at + 2, marker=marker, fixes=fixes)
        return end

    # ---- Numbers ----

    def _number(self, at: int) -> int:
        text = self._text
        patterns = tables().patterns
        moment = _MOMENT.match(text, at)
        good = re.compile(patterns["MOMENT"]).match(text, at)
        if moment is not None and (good is None or good.end() < moment.end()):
            written = moment.group()
            note = "there are no time zones and no fractions of a second"
            kept = re.compile(patterns["MOMENT"]).match(written.replace("t", "T"))
            fixes = []
            if kept is not None:
                fixes = [Fix(Span(at, moment.end()), kept.group(), f"write `{kept.group()}`")]
            self._say("AWM011", at, moment.end(), kind="moment", text=written, note=note, fixes=fixes)
            return self._put("MOMENT", written[:10], at, moment.end())
        slashed = _DATE.match(text, at)
        if slashed is not None and good is None:
            year, month, day, time = slashed.groups()
            plain_date = f"{year}-{month:0>2}-{day:0>2}{time or ''}"
            fix = Fix(Span(at, slashed.end()), plain_date, f"write `{plain_date}`")
            self._say("AWM011", at, slashed.end(), kind="date", text=slashed.group(), fixes=[fix])
            return self._put("MOMENT", plain_date, at, slashed.end())
        if good is not None:
            return self._put("MOMENT", good.group(), at, good.end())
        found = _NUMBER.match(text, at)
        if found is None:  # a digit of another script
            return self._unknown(at)
        written, end = found.group(), found.end()
        if written.isascii() and written.isdecimal():
            if len(written) > 18:
                self._say(
                    "AWM010", at, end, limit=18, count=len(written), help="make it a `text`, if it is a code"
                )
                written = written[:18]
            return self._put("INT", written, at, end)
        if re.fullmatch(patterns["DURATION"], written):
            return self._put("DURATION", written, at, end)
        digits = re.match(r"[0-9]*", written)
        count = digits.end() if digits is not None else 0
        unit = written[count:]
        if unit in tables().keywords:
            # As in `1and`, which the grammar lets pass.
            return self._put("INT", written[:count], at, at + count)
        short = unit_of_time(unit)
        if short is not None:
            mended = f"{written[:count]}{short}"
            fix = Fix(Span(at, end), mended, f"write `{mended}`")
            self._say("AWM012", at, end, text=written, help=f"write `{mended}`", fixes=[fix])
            return self._put("DURATION", mended, at, end)
        plain = written.replace("_", "")
        fixes = []
        if plain.isascii() and plain.isdecimal():
            fixes.append(Fix(Span(at, end), plain, f"write `{plain}`"))
        help = f"write `{plain}`" if fixes else None
        self._say("AWM009", at, end, text=written, help=help, fixes=fixes)
        return self._put("INT", (plain if fixes else written[:count] or "0")[:18], at, end)

    # ---- Words ----

    def _word(self, at: int) -> int:
        text = self._text
        found = _WORD.match(text, at)
        if found is None:
            return self._unknown(at)
        word, end = found.group(), found.end()
        if word in _PREFIXES and text[end : end + 1] in ('"', "'"):
            self._say(
                "AWM046", at, end, prefix=word, fixes=[Fix(found_span(found), "", f"leave `{word}` out")]
            )
            return end
        if re.fullmatch(r"[a-z][a-z0-9_]*", word):
            return self._put("NAME", word, at, end)
        if word in _CURRENCIES and self._before().isdecimal() and self._text[at - 1 : at] == " ":
            places = 3 if self._before(2) == "." else 1
            start = self.tokens[-places].start
            self._amount(start, end, self._text[start : self.tokens[-1].end])
            return end
        if re.fullmatch(r"[A-Z][A-Za-z0-9]*", word):
            return self._put("TYPE", word, at, end)
        if not word.isascii():
            strange = next(place for place, char in enumerate(word) if not char.isascii())
            if word not in self._names:
                self._say(
                    "AWM001",
                    at + strange,
                    at + strange + 1,
                    found=f"`{word[strange]}`",
                    note="names are of plain letters",
                )
            self._names.add(word)
            plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode() or "x"
            kind = "TYPE" if word[0].isupper() else "NAME"
            plain = upper_camel(plain) if kind == "TYPE" else lower_snake(plain)
            return self._put(kind, plain, at, end, mended=True)
        return self._styled(word, at, end)

    def _styled(self, word: str, at: int, end: int) -> int:
        """A word in neither of the two styles of names."""
        before = self._before()
        upper = before in _UPPER_AFTER
        good = upper_camel(word) if upper else lower_snake(word)
        called = before == "." and self._text[end : end + 1] == "("
        if word not in self._names and not called:
            self._names.add(word)
            what = (
                _UPPER_AFTER.get(before)
                or _LOWER_AFTER.get(before)
                or ("a column" if before == "." else "a column or a value")
            )
            style = "UpperCamel" if upper else "lower_snake"
            self._say("AWM018", at, end, name=word, style=style, what=what, hint=good)
        return self._put("TYPE" if upper else "NAME", good, at, end, mended=True)

    # ---- Signs ----

    def _sign(self, at: int) -> int:
        text = self._text
        for sign in _RANGES:
            if text.startswith(sign, at) and sign != ".." and not text.startswith("..==", at):
                behind = re.compile("[0-9]+").match(text, at + 3)
                low = self.tokens[-1] if self.tokens and self.tokens[-1].end == at else None
                low = low if low is not None and low.kind == "INT" else None
                high = behind.group() if behind is not None else ""
                start, end = low.start if low is not None else at, at + 3 + len(high)
                good = f"{low.text if low is not None else ''}..{high}"
                fix = Fix(Span(at, at + 3), "..", f"write `{good}`")
                self._say("AWM048", start, end, written=good, found=text[start:end], fixes=[fix])
                return self._put("DOTS", "..", at, at + 3, mended=True)
        for size in (3, 2, 1):
            piece = text[at : at + size]
            if piece == ":=":
                self._say("AWM039", at, at + 2, fixes=[Fix(Span(at, at + 2), "=", "write `=`")])
                return self._put("ASSIGN", "=", at, at + 2, mended=True)
            if piece == "=>":
                return self._put(LAMBDA, piece, at, at + 2)
            if piece == "**":
                self._say("AWM042", at, at + 2, word="**")
                return self._put("STAR", "*", at, at + 2, mended=True)
            if piece in _SIGNS and not (piece == "!" and text.startswith("!=", at)):
                return self._foreign_sign(piece, at)
            if piece in tables().signs:
                return self._put(tables().signs[piece], piece, at, at + len(piece))
        if text[at] == ";":
            return self._put(SEMICOLON, ";", at, at + 1)
        if text[at] == "|":
            return self._put(BAR, "|", at, at + 1)
        return self._unknown(at)

    def _foreign_sign(self, sign: str, at: int) -> int:
        end = at + len(sign)
        written = _SIGNS[sign]
        spaced = written
        if written.isalpha():
            left = (
                " " if self._text[max(at - 1, 0) : at].strip() and self._text[at - 1 : at] not in "([" else ""
            )
            right = " " if self._text[end : end + 1].strip() else ""
            spaced = f"{left}{written}{right}"
        fix = Fix(Span(at, end), spaced, f"write `{written}`")
        note = 'texts are joined by filling them in: `"{first} {last}"`' if sign == "||" else None
        self._say("AWM033", at, end, symbol=sign, written=written, note=note, fixes=[fix])
        kind = "NAME" if written.isalpha() else tables().signs[written]
        return self._put(kind, written, at, end, mended=True)

    def _amount(self, start: int, end: int, digits: str) -> None:
        """Tells of an amount with a currency."""
        good = digits.replace(",", "")
        fix = Fix(Span(start, end), good, f"write `{good}`")
        text = self._text[start:end]
        self._say("AWM009", start, end, text=text, note="an amount names no currency", fixes=[fix])

    def _unknown(self, at: int) -> int:
        """A character that is not part of the language; more of them behind it are not told."""
        text, char = self._text, self._text[at]
        amount = _AMOUNT.match(text, at + 1)
        if unicodedata.category(char) == "Sc" and amount is not None:
            self._amount(at, amount.end(), amount.group())
            return at + 1
        shown = f"`{char}`" if char.isprintable() and not char.isspace() else f"U+{ord(char):04X}"
        name = unicodedata.name(char, "").lower()
        note = f"it is called {name}" if name and not char.isascii() else None
        self._say("AWM001", at, at + 1, found=shown, note=note)
        end = at + 1
        while end < len(text) and text[end] == char:
            end += 1
        if not char.isspace() and char not in "$\\'`":
            self._put(WRONG, char, at, end, mended=True)
        return end


def unit_of_time(word: str) -> str | None:
    """The unit of a duration that a word stands for: `h` for `hours`."""
    return next((unit for unit, names in _UNITS.items() if word.lower() in (*names, unit)), None)


def found_span(found: re.Match[str]) -> Span:
    """The span of a match."""
    return Span(found.start(), found.end())


def lower_snake(name: str) -> str:
    """`dueDate`, `DueDate` and `DUE_DATE` as `due_date`."""
    if not name.isupper():
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    snake = re.sub(r"_+", "_", name.lower()).strip("_").lstrip("0123456789")
    return snake[:LONGEST_NAME] or "x"


def upper_camel(name: str) -> str:
    """`order_line` and `Order_Line` as `OrderLine`."""
    camel = "".join(part[:1].upper() + part[1:] for part in name.split("_")).lstrip("0123456789")
    return camel[:LONGEST_NAME] or "X"


@cache
def _skipped() -> re.Pattern[str]:
    patterns = tables().patterns
    return re.compile(f"(?:{patterns['SPACE']}|{patterns['COMMENT']})*+")
