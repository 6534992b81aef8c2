"""Drawing at random, repeatably: each column of each row of a seed has a stream of its own, keyed by what
it is for.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, Final

from awmc.ir import nodes
from awmc.runtime.functions import FUNCTIONS

_DAY, _HOUR, _QUARTER, _MINUTE = 86_400, 3_600, 900, 60


def stream(*key: object) -> random.Random:
    """The stream of this key; the same key always gives the same draws."""
    digest = hashlib.sha256("|".join(map(str, key)).encode()).digest()
    return random.Random(int.from_bytes(digest, "big"))


# ---- Between two ends


def spread(kind: str, low: Any, high: Any, rng: random.Random) -> Any:
    """A value from `low` to `high`, whichever is less, both included, each as likely as the next.

    Numbers are drawn with two decimals, or as many as the ends have. Durations, and datetimes from their
    first instant, are drawn in steps of a quarter of an hour where the ends are whole hours apart, else of
    minutes or seconds.
    """
    if _extent(low) > _extent(high):
        low, high = high, low
    match kind:
        case "number":
            decimals = max(2, *(-int(Decimal(repr(end)).as_tuple().exponent) for end in (low, high)))
            drawn = rng.randint(round(low * 10**decimals), round(high * 10**decimals))
            return drawn / 10**decimals
        case "date":
            days = FUNCTIONS["awm_days_between"].call(low, high)
            return FUNCTIONS["awm_add"].call(low, 0, _DAY * rng.randint(0, int(days or 0)))
        case "datetime":
            seconds = int(FUNCTIONS["awm_seconds_between"].call(low, high) or 0)
            return FUNCTIONS["awm_add"].call(low, 0, _steps(0, seconds, rng))
        case "time":
            seconds = int(FUNCTIONS["awm_seconds_between"].call(low, high) or 0)
            return FUNCTIONS["awm_add"].call(low, 0, _steps(0, seconds, rng))
        case "duration" if low.seconds == high.seconds == 0:
            return nodes.Duration(months=rng.randint(low.months, high.months))
        case "duration":
            return nodes.Duration(seconds=_steps(_extent(low), _extent(high), rng))
    return rng.randint(low, high)


def _extent(end: Any) -> Any:
    """What two ends are compared by."""
    return 30 * _DAY * end.months + end.seconds if isinstance(end, nodes.Duration) else end


def _steps(low: int, high: int, rng: random.Random) -> int:
    step = next(
        (s for unit, s in ((_HOUR, _QUARTER), (_MINUTE, _MINUTE)) if low % unit == high % unit == 0), 1
    )
    return low + step * rng.randint(0, (high - low) // step)


# ---- One after the other

_NUMBER = re.compile(r"\{n(?::0([1-9][0-9]?))?\}")


def sequence(start: int | str, place: int) -> int | str:
    """The value at a place from 0: from a number on, or a text's `{n}` from 1 on (`{n:03}`: with leading
    zeros).
    """
    if isinstance(start, int):
        return start + place
    return _NUMBER.sub(lambda match: f"{place + 1:0{int(match[1] or 1)}d}", start)


# ---- Made up


def fake(kind: str, rng: random.Random) -> str:
    """A made-up value: `name`, `city`, …; addresses of mail and web are of reserved domains (RFC 2606)."""
    return _FAKES[kind](rng)


@cache
def _provider(name: str) -> Any:
    import mimesis as library
    from mimesis.locales import Locale

    return getattr(library, name)(Locale.EN)


def _from(provider: str, method: str) -> Callable[[random.Random], str]:
    def draw(rng: random.Random) -> str:
        found = _provider(provider)
        found.reseed(rng.getrandbits(64))
        return str(getattr(found, method)())

    return draw


def _text(pattern: str) -> Callable[[random.Random], str]:
    """`#` stands for a digit, `@` for a capital letter."""
    chosen = {"#": "0123456789", "@": "ABCDEFGHJKLMNPRSTUVWXYZ"}
    return lambda rng: "".join(rng.choice(chosen[mark]) if mark in chosen else mark for mark in pattern)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.lower()) or "site"


def _email(rng: random.Random) -> str:
    first, last = (_plain(_FAKES[part](rng)) for part in ("first_name", "last_name"))
    return f"{first}.{last}{rng.randint(1, 99)}@example.com"


def _domain(rng: random.Random) -> str:
    return f"{_plain(_FAKES['word'](rng))}.example"


def _url(rng: random.Random) -> str:
    return f"https://www.{_domain(rng)}/{_plain(_FAKES['word'](rng))}"


def _username(rng: random.Random) -> str:
    return f"{_plain(_FAKES['first_name'](rng))}_{_plain(_FAKES['word'](rng))}{rng.randint(1, 99)}"


def _iban(rng: random.Random) -> str:
    """A German one, with the check digits of ISO 13616."""
    account = _text("##################")(rng)
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def _isbn(rng: random.Random) -> str:
    """ISBN-13, with its check digit."""
    digits = _text("978#########")(rng)
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def _uuid(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _sentence(rng: random.Random) -> str:
    words = [_FAKES["word"](rng) for _ in range(rng.randint(5, 10))]
    return f"{' '.join(words).capitalize()}."


def _paragraph(rng: random.Random) -> str:
    return " ".join(_sentence(rng) for _ in range(rng.randint(2, 4)))


def _title(rng: random.Random) -> str:
    return " ".join(_FAKES["word"](rng).capitalize() for _ in range(rng.randint(2, 4)))


_LETTERS: Final = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CURRENCIES: Final = ("AUD", "CAD", "CHF", "CNY", "EUR", "GBP", "INR", "JPY", "MXN", "NOK", "SEK", "USD")

_FAKES: Final[dict[str, Callable[[random.Random], str]]] = {
    "name": _from("Person", "full_name"),
    "full_name": _from("Person", "full_name"),
    "first_name": _from("Person", "first_name"),
    "last_name": _from("Person", "last_name"),
    "job": _from("Person", "occupation"),
    "language": _from("Person", "language"),
    "nationality": _from("Person", "nationality"),
    "university": _from("Person", "university"),
    "street": _from("Address", "address"),
    "address": _from("Address", "address"),
    "city": _from("Address", "city"),
    "state": _from("Address", "state"),
    "country": _from("Address", "country"),
    "postcode": _from("Address", "postal_code"),
    "zip": _from("Address", "postal_code"),
    "company": _from("Finance", "company"),
    "word": _from("Text", "word"),
    "color": _from("Text", "color"),
    "quote": _from("Text", "quote"),
    "currency": lambda rng: rng.choice(_CURRENCIES),
    "ip": lambda rng: ".".join(("10", *(str(rng.randint(0, 255)) for _ in range(3)))),
    "isbn": _isbn,
    "password": lambda rng: "".join(rng.choice(_LETTERS) for _ in range(12)),
    "phone": _text("+1 (###) 555-####"),
    "license_plate": _text("@@@-####"),
    "vin": _text("@@@##@@##@#######"),
    "email": _email,
    "domain": _domain,
    "url": _url,
    "username": _username,
    "iban": _iban,
    "uuid": _uuid,
    "sentence": _sentence,
    "text": _paragraph,
    "title": _title,
}


def choose(values: Sequence[Any], rng: random.Random) -> Any:
    """One of the values, each as likely."""
    return values[rng.randrange(len(values))]
