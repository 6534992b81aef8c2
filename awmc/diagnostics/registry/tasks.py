"""AWM6xx: tasks: what `solve` does and knows, what is asked, and whether it can be judged."""

from __future__ import annotations

from awmc.diagnostics.registry.code import Code

CODES = (
    Code("AWM601", "error", "no-solve", "task `{task}` has no `solve`"),
    Code("AWM602", "error", "solve-fails", "the `solve` of task `{task}` fails: `{tool}` answers `{code}`"),
    Code(
        "AWM603",
        "error",
        "not-refused",
        "`{tool}` succeeds where task `{task}` says that it fails with `{code}`",
    ),
    Code(
        "AWM604", "error", "refused-otherwise", "`{tool}` answers `{found}` where task `{task}` says `{code}`"
    ),
    Code("AWM605", "error", "impossible-code", "`{tool}` never answers `{code}`"),
    Code("AWM606", "error", "solve-takes-nothing", "the `solve` of task `{task}` takes from an empty list"),
    Code(
        "AWM607",
        "error",
        "solve-takes-tie",
        "the `solve` of task `{task}` takes one of {count} rows that tie",
    ),
    Code(
        "AWM608",
        "error",
        "solve-sees-page",
        "the `solve` of task `{task}` reckons with {shown} rows of {total}",
    ),
    Code(
        "AWM609",
        "error",
        "solve-knows-too-much",
        "no agent could know {value}, which the `solve` of task `{task}` uses",
    ),
    Code(
        "AWM610",
        "warning",
        "unstated-choice",
        "task `{task}` does not state `{value}`, which its `solve` writes",
    ),
    Code("AWM611", "error", "already-done", "the untouched world already satisfies task `{task}`"),
    Code(
        "AWM612",
        "error",
        "no-answer",
        "the `solve` of task `{task}` changes nothing, and there is no `answer`",
    ),
    Code(
        "AWM613",
        "error",
        "answer-unseen",
        "the answer {value} of task `{task}` stands in nothing that `solve` saw",
    ),
    Code("AWM614", "error", "answer-empty", "the answer of task `{task}` is {found}"),
    Code(
        "AWM615",
        "error",
        "quote-unknown",
        "task `{task}` quotes {text}, which neither the world holds nor `solve` passes on",
    ),
    Code(
        "AWM616",
        "error",
        "free-stated",
        "task `{task}` frees `{entity}.{field}`, which its instruction states",
    ),
    Code(
        "AWM617",
        "warning",
        "free-unused",
        "`free {entity}.{field}` frees nothing that `solve` made or changed",
    ),
    Code(
        "AWM618",
        "error",
        "wrong-fails",
        "the `wrong` of task `{task}` does not run: `{tool}` answers `{code}`",
    ),
    Code("AWM619", "error", "wrong-accepted", "task `{task}` accepts its `wrong`"),
    Code("AWM620", "error", "ensure-broken", "the `solve` of task `{task}` does not do what `ensure` asks"),
    Code("AWM621", "error", "task-for-nothing", "task `{task}` is for each of no rows"),
    Code("AWM622", "error", "old-outside", "`old` stands in `ensure` and `answer` alone"),
    Code("AWM623", "error", "solve-calls-action", "the agent cannot call `{name}`, which is {found}"),
    Code(
        "AWM624", "error", "solve-reads-world", "`solve` sees `{entity}` through the results of tools alone"
    ),
    Code(
        "AWM625", "error", "wrong-actor", "task `{task}` is acted by `{name}`, which is no row of `{actor}`"
    ),
    Code("AWM626", "error", "no-actor", "task `{task}` names an actor, but env `{env}` has none"),
    Code("AWM627", "warning", "same-outcome", "two `solve` of task `{task}` come to the same outcome"),
    Code("AWM628", "error", "not-an-answer", "an answer cannot be {found}"),
    Code("AWM629", "error", "empty-instruction", "task `{task}` has an empty instruction"),
    Code(
        "AWM630",
        "warning",
        "left-out",
        "task `{task}` does not hold in the world of seed {seed} and is left out of it",
    ),
    Code("AWM631", "error", "solve-runs-long", "the `solve` of task `{task}` makes more than {limit} calls"),
    Code(
        "AWM632",
        "error",
        "solve-null",
        "the `solve` of task `{task}` gives null for `{parameter}` of `{tool}`",
    ),
    Code("AWM633", "error", "solve-for-nothing", "a `solve for` of task `{task}` goes over no rows"),
    Code(
        "AWM634",
        "error",
        "result-too-long",
        "in the `solve` of task `{task}`, `{tool}` answers more than {limit} characters",
    ),
    Code(
        "AWM635",
        "warning",
        "free-found",
        "task `{task}` frees `{entity}.{field}`, which its `solve` finds out",
    ),
    Code(
        "AWM636",
        "warning",
        "solve-takes-first",
        "the `solve` of task `{task}` takes one of {count} rows that `{tool}` lists in no order",
    ),
    Code(
        "AWM637",
        "warning",
        "same-answer",
        "task `{task}` asks for {value}, and every other row says the same",
    ),
    Code("AWM638", "error", "solve-goes-on", "the `solve` of task `{task}` takes more than {limit} steps"),
    Code(
        "AWM639",
        "error",
        "database-goes-on",
        "in task `{task}`, {what} takes the database more than {limit} steps",
    ),
)
