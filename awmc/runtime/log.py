"""What calls answer, and the log of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class Result:
    """What a call answers. `text`: compact JSON, of the result or of `{"error": {"code", "message"}}`."""

    __slots__ = ("_value", "error", "ok", "text")

    def __init__(self, text: str, error: Mapping[str, str] | None = None) -> None:
        self.text = text
        self.error = error
        self.ok = error is None
        self._value: dict[str, Any] | None = None

    @classmethod
    def refused(cls, code: str, message: str) -> Result:
        if not message.isascii():
            # An argument that the message repeats may hold a lone surrogate, which no wire carries.
            message = message.encode("utf-8", "backslashreplace").decode("utf-8")
        error = {"code": code, "message": message}
        return cls(json.dumps({"error": error}, ensure_ascii=False, separators=(",", ":")), error)

    @property
    def value(self) -> dict[str, Any]:
        """The JSON object of `text`: the result in wire form, or the error."""
        if self._value is None:
            self._value = json.loads(self.text)
        return self._value

    def __repr__(self) -> str:
        return f"Result({'ok' if self.ok else 'refused'}: {self.text})"


class Entry(NamedTuple):
    """One call in the log: what was called, with what, what it answered, and the world's instant then."""

    tool: str
    arguments: Mapping[str, Any]
    result: Result
    now: str
