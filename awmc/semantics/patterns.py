"""The regular expressions of `@match`: what Python, SQLite, JSON Schema and a generator of texts read alike."""

from __future__ import annotations

import re
import warnings

_REFUSED = (
    (re.compile(r"\(\?[=!<]"), "a look-around or a named group"),
    (re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]"), "a back-reference"),
    (re.compile(r"(?<!\\)(?:\\\\)*\\[bBAZG]"), "an anchor, and it is anchored already"),
    (re.compile(r"\(\?(?!:)"), "flags or an extension"),
)


def problem_of(pattern: str) -> str | None:
    """What is wrong with a pattern, in words that follow "has"; None if nothing is."""
    for refused, words in _REFUSED:
        if refused.search(pattern):
            return words
    if pattern.startswith("^") or (pattern.endswith("$") and not pattern.endswith("\\$")):
        return "`^` or `$`, but it is anchored already"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        return f"a mistake: {str(error).split(' at position')[0]}"
    return None
