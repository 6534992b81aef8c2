"""AST to Model: what every name means, the type of every expression, and whether the spec keeps the rules.

In the order of control flow: `check` runs the passes; `declare` collects the names; `typeexprs`, `entities`,
`declarations` and `shapes` give the declarations their types; `expand` writes the derived tools out;
`expressions`, `names`, `operators`, `queries`, `calls`, `arguments`, `functions` and `nulls` infer; `bodies`,
`statements` and `writes` check bodies; `seeds`, `generators` and `tasks` check theirs; `effects` infers what a
tool touches, `wire` what an agent sees; `rules` looks at the spec as a whole. `model` and `typed` come out.
"""
