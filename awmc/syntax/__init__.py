"""Text to AST, and AST back to text.

In the order of control flow: `grammar` builds the LALR parser, `parse` runs it and turns mistakes into diagnostics,
`build` makes the AST (`ast`) out of Lark's tree, `recover` parses declaration by declaration where a text is broken,
`format` writes an AST as canonical text.
"""
