"""AST to Model: what every name means, the type of every expression, and whether the spec keeps the rules.

In the order of control flow: `check` runs the passes; `declare` collects the names; `entities`, `types` and
`shapes` give the declarations their types; `expand` writes the derived tools out; `expressions`, `queries`,
`functions` and `nulls` infer; `statements` checks bodies; `seeds` and `tasks` check theirs; `effects` infers
what a tool touches; `rules` looks at the spec as a whole. `model` and `typed` are what comes out.
"""
