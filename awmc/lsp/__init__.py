"""The language server: what an editor asks about a spec, answered from its text as it stands.

In the order of control flow: `server` speaks the protocol (pygls), `text` holds a document and counts in the client's
units, `snapshot` is all that is known of one text; `names` finds what stands at a place, and each feature is a file of
pure functions over a snapshot: `hover`, `completion` (with `prefix`, which finishes a declaration that is being typed),
`signature`, `outline`, `colours`, `rename`, `actions`, `lenses`. `checks` runs a spec's world in a process of its own.
"""
