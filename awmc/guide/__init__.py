"""The guide: what a model needs to write a spec that compiles, on one page.

`card` makes the syntax from the grammar, `words` says what functions, attributes and the like mean, `mistakes` shows
the commonest ones from their pages, `examples` are whole specs; `page` puts them together.
"""
