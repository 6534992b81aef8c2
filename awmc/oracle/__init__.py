"""Running a spec while it is compiled: its seeds become rows, its tasks outcomes.

In the order of control flow: `seeding` makes the rows (`seed_rows` says what is wrong with one, `draws` is
its chance); `solve` takes the tasks, `solving` one instance of one, `play` runs its statements by calls,
`knowledge` asks what an agent could know (`stated` in the texts, `seen` in the results); `outcome` makes of
what changed what is asked, `clauses` and `expected` add `free`, `may`, `ensure` and the answer, `quotes` looks
for texts in quotation marks; `check` holds the finished verifiers to it. All evaluate by `evaluate`: by SQL
what reads stored rows, in Python (`operators`, `queries`, `listed`) what is in hand; `wire` stands between it
and the tools, `trees` knows the IR's nodes. What is wrong is a `problem`.
"""
