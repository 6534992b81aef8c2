"""SQL of the IR: expressions, queries and write statements as SQLite's SQL, through sqlglot's tree.

In the order of control flow: `compiler` is the public face; `constraints`, `writes` and `shapes` (the wire form) build
statements out of `lists`, `groups`, `aggregates`, `picks` (one row out of many), `queries`, `rows` (a row's key and
columns), `scalars` (operators and functions) and `durations`, which share what `scope` knows of the statement under
construction; `tree` makes sqlglot's nodes and `text` writes them down; `names` quotes identifiers, and `world` indexes
the environment.
"""

from awmc.backends.sql.compiler import Bind, Compiler, Sql
from awmc.backends.sql.names import identifier, must_quote
from awmc.backends.sql.text import write

__all__ = ["Bind", "Compiler", "Sql", "identifier", "must_quote", "write"]
