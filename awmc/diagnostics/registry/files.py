"""AWM7xx: what is read from and written to disk."""

from __future__ import annotations

from awmc.diagnostics.registry.code import Code

CODES = (
    Code("AWM701", "error", "no-file", "there is no file `{path}`"),
    Code("AWM702", "error", "folder-for-file", "`{path}` is a folder, not a spec"),
    Code("AWM703", "error", "unreadable", "`{path}` cannot be read: {reason}"),
    Code("AWM704", "error", "not-utf8", "`{path}` is not UTF-8 text, see its byte {offset}"),
    Code("AWM705", "error", "nul-byte", "`{path}` is not text, its byte {offset} is NUL"),
    Code("AWM706", "error", "file-too-large", "`{path}` is larger than {limit}"),
    Code("AWM710", "error", "unwritable", "`{path}` cannot be written: {reason}"),
    Code("AWM711", "error", "stale-build", "`{path}` is not what its spec compiles to"),
    Code("AWM715", "error", "not-ours", "`{path}` was not written by awmc and is left alone"),
    Code("AWM716", "error", "busy", "another awmc is writing `{path}`"),
    Code("AWM720", "error", "unknown-code", "there is no diagnostic `{code}`"),
    Code("AWM721", "error", "no-specs", "`{path}` holds no spec"),
)
