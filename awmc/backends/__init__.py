"""IR to artefacts: each back end prepares its data fully, and templates only write it down.

`sql` compiles expressions, queries and write statements to SQLite's SQL.
"""
