"""What to write instead, for each thing that running a spec brings to light and that has no advice of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "AWM116": "let the instruction name what differs: `{row.name}`",
        "AWM435": "let one of them differ: among random values, `seq(…)` never repeats",
        "AWM436": "mend the row, or the check",
        "AWM437": "mend the rows that break it, or draw them so that none can, or mend the invariant",
        "AWM440": 'draw from more values, or number them: `seq("… {n}")`',
        "AWM602": "let the call be one that works, mend the tool, or say `fails … with` where it must be refused",
        "AWM603": "add the `require` that refuses it, or call it without `fails`",
        "AWM604": "let a `require` refuse it first, or name the code that it answers",
        "AWM606": "look at what the filters leave, and let the seeds hold a row that they find",
        "AWM607": "order by more, or let the rows differ, so that one of them is meant",
        "AWM608": "ask for more rows (`limit`), or take the `total`, or let a tool count",
        "AWM609": "let the instruction state it, or an earlier call show it",
        "AWM610": "let the instruction state it, or let the agent choose by a `solve` for each",
        "AWM611": "ask for what the seeds do not hold yet, or for an `answer`",
        "AWM612": "add an `answer`, or let the `solve` change something",
        "AWM613": "let the `solve` call a tool that shows it, or ask for what it has seen",
        "AWM614": "ask for a value that is there, or let the seeds hold one",
        "AWM615": "quote what the world holds, or pass it on in a call",
        "AWM616": "leave the `free` out, or say by `where` what else may stand there",
        "AWM618": "let the `wrong` work, or leave it out: it is a mistake that can be made",
        "AWM619": "narrow `free` and `may`, ask for more by `ensure`, or let the `wrong` do wrong",
        "AWM620": "mend what the tools do, or what is asked",
        "AWM621": "let the seeds hold a row that the query finds",
        "AWM627": "leave one of them out: a run is judged by its end and not by its path",
        "AWM632": "give it a value, or take it from a row that has one",
        "AWM633": "let the seeds hold a row that the query finds",
        "AWM634": "let the tool return a page, narrow what it lists, or let it count",
        "AWM638": "let a tool filter, count or pair the rows",
        "AWM639": "narrow what the query goes over, or give its `join` a condition",
        "AWM443": "narrow what the query goes over, or write it `on` an entity, over what belongs to its row",
    }
)
"""By the code of a diagnostic."""
