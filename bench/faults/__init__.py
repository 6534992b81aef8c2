"""Specs with one fault each, made from sound ones: what authors get wrong, by kinds, at places drawn by a seed.

In the order of use: `sound` looks at a sound spec; `names`, `signs`, `order`, `foreign` and `meaning` each know some
kinds of fault and list every place where one can be made; `corpus` draws from them; `judge` says what a diagnostic is
worth for a fault.
"""
