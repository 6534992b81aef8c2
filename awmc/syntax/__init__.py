"""Text to AST, and AST back to text.

In the order of control flow: `grammar` has Lark make the LALR tables of `grammar/awm.lark`, `tokens` cuts a text into
tokens, `lalr` runs the tables over them, `expressions` and `build` turn its trees into the AST (`ast`), with `texts`
for string literals; `parse` is the way in.

Where that stops, `recover` takes over: `lenient` reads tokens from what is none, `cut` finds the declarations and their
brackets, `failure` is the place at which a parse stopped, `habits` know what was meant, `expected` says what else could
stand there.

The way back is `format`, for declarations, and `written`, for what they are made of: both make documents of `layout`,
which breaks the lines, with the `comments` of the text in their places.
"""
