"""Seeding and solving, through the front door: specs in, rows, verifiers and problems out."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import apsw
import black
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from awmc.backends import json_schema, schema, seed, tasks, tools, verifiers
from awmc.backends.sql import Compiler
from awmc.emit.templates import render
from awmc.ir import codec, nodes
from awmc.ir.lower import lower
from awmc.oracle.check import check_verifiers
from awmc.oracle.evaluate import Evaluator, Terms
from awmc.oracle.problem import Problem
from awmc.oracle.seeding import Rows, seed_world
from awmc.oracle.sessions import Sessions
from awmc.oracle.solve import SolvedTasks, solve_tasks
from awmc.oracle.stated import Stated
from awmc.runtime import Session, World
from awmc.runtime.functions import register
from awmc.semantics.check import analyse
from awmc.source import Source
from awmc.syntax.parse import parse

LIBRARY = """
env library "Lend books to members." {
  clock 2026-03-02T08:00
  actor Member ana
  policy "A member may hold at most 3 loans. Shelf codes are in capitals."
}
enum Genre { crime, poetry, travel }
record Place { shelf: text, row: int }
entity Member { name: text  email: email @unique  fines: money 0.. = 0  joined: date = 2026-01-01  loans: [Loan] }
entity Book {
  title: text @search  genre: Genre  price: money 0.01..  copies: int 0.. = 1  rating: number = 0  place: Place?
  tags: [Tag] @many
  loans: [Loan]
  free: int @computed(.copies - count(.loans where .status == out))
}
entity Tag { word: text @id }
entity Loan owned by member {
  @@id("L-{n:04}")
  member: Member = me  book: Book  due: date  note: text? ..40
  status: states { out -> back, lost }
  taken_at: datetime = now
  @@unique(member, book, where: .status == out)
  @@check(.due > 2026-01-01, "Loans fall due in this year.")
}
invariant not_too_many on Member: count(.loans where .status == out) <= 3
shape LoanCard = Loan(id, title: .book.title, due, status)
tools Book { list(genre, price), get }
tools my Loan { list(status), get }
tool find_books(words: text) -> [Book] { return Book as b where matches(.title, words) order by .title }
tool ratings() -> [{title: text, rating: number}] { return group(Book, title: .title, rating: max(.rating)) }
tool borrow(book: Book, weeks: int 1..8 = 2, note: text? ..40) -> LoanCard {
  require book.free > 0 else none_free "No copy of {book.title} is free; it costs {book.price}."
  return create Loan { book, due: date(now) + (if weeks == 3 then 21d else 14d), note }
}
tool bring_back(loan: my Loan) -> LoanCard {
  update loan set status = back
  return loan
}
tool pay(amount: money 0.01..) { update me set fines -= amount }
tool tag_book(book: Book, tag: Tag) { update book set tags += tag }
tool drop_loan(loan: my Loan) { delete loan }
tool find_tags() -> [Tag] { return Tag }
tool me_now() -> Member { return me }
seed Member (name, email, fines) {
  ana: "Ana Flores", "ana@example.com", 12.50
  ben: "Ben Okoye", "ben@example.com", 0.00
}
seed Tag (word) {
  "new"
  "gift"
}
seed Book (title, genre, price, copies, rating) {
  heat: "Heat and Dust", travel, 9.90, 1, 4.5
  owls: "The Owls", poetry, 14.00, 2, 4.0
  noir: "Night Train", crime, 7.25, 1, 4.5
  dusk: "Dusk", crime, 7.25, 0, 3.0
}
seed Book * 30 { title: seq("Volume {n:02}"), genre: pick(crime, poetry), price: spread(5.00, 30.00), rating: 1.5 }
seed Loan (member, book, due) {
  late: ana, heat, 2026-02-20
  ben, noir, +7d
}
"""


@cache
def environment(text: str, world_seed: int = 0) -> nodes.Environment:
    """The IR of a spec, without its rows."""
    source = Source("test.awm", text)
    spec, problems = parse(source)
    assert problems == (), [problem.title for problem in problems]
    model = analyse(spec, source)
    assert not model.has_errors, [problem.title for problem in model.problems if problem.is_error]
    return lower(model, world_seed)


def seeded(text: str, world_seed: int = 0) -> tuple[Rows, tuple[Problem, ...]]:
    env = environment(text, world_seed)
    return seed_world(env, Compiler(env), schema.render(env))


@cache
def world_of(text: str) -> tuple[nodes.Environment, World, SolvedTasks]:
    """The spec's world with its tasks solved."""
    env = environment(text)
    compiler = Compiler(env)
    rows, problems = seeded(text)
    assert problems == ()
    env = replace(env, rows=rows)
    module = tools.module(env, compiler, "test.awm")
    files = {
        "env.json": codec.dump(env),
        "schema.sql": schema.render(env),
        "seed.sql": seed.render(env),
        "tools.json": json_schema.tools_json(env),
        "tools.py": render("tools.py.jinja", {"module": module}),
    }
    with Sessions(World.from_artefacts(files)) as sessions:
        solved = solve_tasks(env, sessions, compiler)
    files["tasks.jsonl"] = tasks.render(instance.line for instance in solved.instances)
    files["verify.py"] = verify_py(env, solved)
    return env, World.from_artefacts(files), solved


def verify_py(env: nodes.Environment, solved: SolvedTasks) -> str:
    return render("verify.py.jinja", {"module": verifiers.module(env, solved.instances, "test.awm")})


def task(body: str, instruction: str = "Do it.", head: str = "job") -> str:
    return f"{LIBRARY}\ntask {head} {json.dumps(instruction)} {{\n{body}\n}}\n"


def problems_of(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Codes and parts of all that solving, and checking the verifiers, finds."""
    env, world, solved = world_of(text)
    with Sessions(world) as sessions:
        found = solved.problems or check_verifiers(sessions, solved.instances, verify_py(env, solved))
    return [(problem.code, dict(problem.parts)) for problem in found]


def codes_of(text: str) -> list[str]:
    return [code for code, _ in problems_of(text)]


# ---- Seeds


def test_rows_by_hand_take_defaults_first_states_and_the_next_ids() -> None:
    rows, problems = seeded(LIBRARY)
    assert problems == ()
    assert rows["member"][0] == (1, "Ana Flores", "ana@example.com", 1250, "2026-01-01")
    assert rows["loan"] == (
        (1, 1, 1, "2026-02-20", None, "out", "2026-03-02T08:00:00"),
        (2, 2, 3, "2026-03-09", None, "out", "2026-03-02T08:00:00"),
    )
    volumes = [row for row in rows["book"] if str(row[1]).startswith("Volume")]
    assert [row[0] for row in volumes] == list(range(5, 35))
    assert [row[1] for row in volumes][:2] == ["Volume 01", "Volume 02"]
    assert {row[2] for row in volumes} == {"crime", "poetry"}
    assert all(row[3] in range(500, 3001) for row in volumes)
    assert len({row[3] for row in volumes}) > 20


def test_a_world_is_repeatable_and_another_seed_gives_another() -> None:
    assert seeded(LIBRARY) == seeded(LIBRARY)
    first, second = seeded(LIBRARY)[0], seeded(LIBRARY, 7)[0]
    assert first["book"] != second["book"]
    assert first["member"] == second["member"]


def test_a_new_seed_elsewhere_moves_no_draw() -> None:
    more = LIBRARY.replace(
        "seed Book * 30", "seed Member * 3 { name: fake(name), email: fake(email) }\nseed Book * 30"
    )
    wider = LIBRARY.replace("rating: 1.5 }", "rating: spread(1.0, 2.0) }")
    drawn = [row[2:4] for row in seeded(LIBRARY)[0]["book"]]
    assert [row[2:4] for row in seeded(more)[0]["book"]] == drawn
    assert [row[2:4] for row in seeded(wider)[0]["book"]] == drawn


def test_draws_see_all_rows_of_what_they_draw_from() -> None:
    text = (
        LIBRARY
        + """
seed Loan * 6 { member: ben, book: each(Book where .rating == 1.5), due: 2026-03-09, note: fake(word) }
seed Member * 2 { name: fake(full_name), email: fake(email), joined: spread(2025-12-01, 2026-03-01) }
"""
    )
    # The invariant allows three loans each.
    rows, problems = seeded(text)
    assert [problem.code for problem in problems] == ["AWM437"]
    assert "`ben`" in problems[0].note
    assert [row[2] for row in rows["loan"][2:]] == [5, 6, 7, 8, 9, 10]
    assert all("2025-12-01" <= str(row[4]) <= "2026-03-01" for row in rows["member"][2:])


def test_a_unique_key_that_is_hit_is_drawn_again() -> None:
    text = LIBRARY + 'seed Tag * 3 { word: pick("a", "b", "c") }'
    assert {row[0] for row in seeded(text)[0]["tag"][2:]} == {"a", "b", "c"}
    _, problems = seeded(text.replace("* 3", "* 4"))
    assert [(p.code, dict(p.parts)) for p in problems] == [
        ("AWM440", {"columns": "`word`", "row": 4, "entity": "Tag"})
    ]


@pytest.mark.parametrize(
    ("seeds", "code", "parts"),
    [
        ('seed Member (name, email) { eve: "Eve", "ana@example.com" }', "AWM435", {"row": "`eve`", "other": "`ana`"}),
        ('seed Tag (word) { "new" }', "AWM435", {"columns": "`word`"}),
        ("seed Loan (member, book, due) { ana, heat, +1d }", "AWM435", {"columns": "`member` and `book`"}),
        ("seed Loan (member, book, due) { odd: ana, owls, -90d }", "AWM436", {"row": "`odd`"}),
        ("seed Loan * 3 { member: ana, book: each(Book where .rating == 1.5), due: 2026-03-11 }", "AWM437", {}),
        ("seed Loan * 1 { member: ana, book: pick(Book where .copies > 9), due: 2026-03-11 }", "AWM439", {}),
        ('seed Member * 2 { name: fake(name), email: seq("m{n}") }', "AWM319", {"type": "email"}),
        ("seed Member * 1 { name: fake(name), email: fake(email), fines: 0.00 - spread(1.00, 2.00) }", "AWM313", {}),
        (
            "seed Member * 1 { name: fake(name), email: seq(\"m{n}@example.com\"), fines: max(Book, .price) ?? 0 }\n"
            "seed Book * 1 { title: max(Member, .name) ?? \"\", genre: crime, price: 1.00 }",
            "AWM438",
            {"entities": "`Member` and `Book`"},
        ),
    ],
)  # fmt: skip
def test_what_seeds_break_is_reported(seeds: str, code: str, parts: dict[str, str]) -> None:
    _, problems = seeded(LIBRARY + seeds)
    assert [problem.code for problem in problems][:1] == [code]
    assert parts.items() <= problems[0].parts.items()
    assert problems[0].place.text


# ---- Solving


def test_a_sound_task_is_judged_by_what_it_changes() -> None:
    text = task(
        'solve { let books = find_books(words: "owls")\nborrow(book: books[0].id, weeks: 3) }',
        'Borrow "The Owls" for three weeks.',
    )
    assert problems_of(text) == []
    _, world, solved = world_of(text)
    case = solved.instances[0].case
    assert [(row.table, dict(row.values)["due"]) for row in case.outcomes[0].created] == [
        ("loan", "2026-03-23")
    ]

    def judged(*calls: tuple[str, dict[str, Any]]) -> Any:
        with world.session("job") as session:
            for name, arguments in calls:
                assert session.call(name, arguments).ok
            return session.verify()

    assert judged(("borrow", {"book": 2, "weeks": 3})).passed
    assert judged(*[("find_tags", {})] * 9, ("borrow", {"book": 2, "weeks": 3})).passed
    assert judged(("borrow", {"book": 2, "weeks": 2})).reasons == (
        "Loan L-0003: due should be 2026-03-23, is 2026-03-16",
    )
    twice = judged(("borrow", {"book": 2, "weeks": 3}), ("pay", {"amount": 1}))
    assert twice.reasons == (
        "Member 1 had its fines changed from 12.50 to 11.50, which the task does not ask for",
    )
    assert judged().reasons == ("nothing has changed",)


def test_each_row_of_a_loop_is_a_task_and_each_of_a_solve_for_an_outcome() -> None:
    text = task(
        "solve for b in Book where .genre == travel or .title == t.title {\n"
        "  list_books(limit: 100)  borrow(book: b.id)\n}\n"
        "free Loan.note",
        'Borrow a travel book, or "{t.title}".',
        "pick for t in Book where .copies == 2",
    ).replace("{\nsolve", "{\n  solve")
    _, world, solved = world_of(text)
    # Heat and Dust is lent: that outcome cannot be reached, so the task is an error, told once.
    assert [(p.code, p.tasks) for p in solved.problems] == [("AWM602", ("pick.owls",))]
    assert "costs 9.90" in solved.problems[0].note
    assert solved.instances == ()
    assert world.tasks == ()


def test_lines_tell_the_oracle_the_answer_and_the_user() -> None:
    text = task(
        'user "I am in a hurry."\nsolve { let mine = list_loans(status: out)  fails borrow(book: 4) with none_free }\n'
        "answer mine[0].id, first(my Loan).due",
        "Borrow book 4, or else tell me the number of my loan and when it is due.",
        "ask as ana",
    )
    assert problems_of(text) == []
    line = json.loads(tasks.render([world_of(text)[2].instances[0].line]))
    assert line["oracle"] == [
        {"tool": "list_loans", "arguments": {"status": "out"}},
        {"tool": "borrow", "arguments": {"book": 4}, "error": "none_free"},
    ]
    assert (line["id"], line["actor"], line["user"]) == ("ask", 1, ["I am in a hurry."])
    assert line["answer"] == "L-0001, 2026-02-20"
    assert list(line) == sorted(line)


@pytest.mark.parametrize(
    ("body", "code", "parts"),
    [
        ("solve { let b = find_books(words: \"dusk\")[0] borrow(book: b.id) }", "AWM602", {"code": "none_free"}),
        ("solve { fails pay(amount: 1.00) with check_failed }\nanswer 1", "AWM603", {"tool": "pay"}),
        ("solve { fails borrow(book: 4) with conflict }\nanswer 1", "AWM604", {"found": "none_free"}),
        ("solve { let b = find_books(words: \"book four\")[0]  borrow(book: b.id) }", "AWM606", {}),
        ("solve { let b = find_books(words: \"dusk\")  borrow(book: b[1].id) }", "AWM606", {}),
        ("solve { let r = ratings() let b = max_by(r, .rating) }\nanswer b.title", "AWM607", {"count": 2}),
        ("solve { let r = ratings() let b = (r order by .rating desc)[0] }\nanswer b.title", "AWM607", {"count": 2}),
        ("solve { let b = list_books() }\nanswer sum(b, .price)", "AWM608", {"shown": 20, "total": 34}),
        ("solve { let b = list_books()  let n = count(b where .genre == crime) }\nanswer n", "AWM608", {}),
        ("solve { borrow(book: 2) }\nensure exists(my Loan where .book == noir)", "AWM620", {}),
        ("solve { list_books() }", "AWM612", {}),
        ("solve { me_now() }\nanswer \"\"", "AWM614", {"found": "an empty text"}),
        ("solve { me_now() }\nanswer first(my Loan where .status == lost).due", "AWM614", {"found": "null"}),
        ("solve { me_now() }\nanswer 77", "AWM613", {"value": "`77`"}),
        ("solve { me_now() }\nanswer owls.price", "AWM613", {"value": "`14.00`"}),
        ("solve { borrow(book: 2) }\nsolve { find_tags() borrow(book: 2) }", "AWM627", {}),
        ("solve for b in Book where .copies > 9 { borrow(book: b.id) }", "AWM633", {}),
        (
            "solve { for b in list_books(limit: 100) { for c in list_books(limit: 100) { list_books() } } }\nanswer 1",
            "AWM631",
            {"limit": 200},
        ),
        ("solve { borrow(book: 2) }\nwrong { borrow(book: 2) }", "AWM619", {}),
        ("solve { borrow(book: 2) }\nwrong { borrow(book: 4) }", "AWM618", {"tool": "borrow", "code": "none_free"}),
        ("solve { borrow(book: 2) }\nfree Tag.word", "AWM617", {"entity": "Tag", "field": "word"}),
        ("solve { borrow(book: 2, note: \"Do it\") }\nfree Loan.note", "AWM616", {"field": "note"}),
        ("solve { borrow(book: 2) }\nfree Loan.book\nmay create Loan", "AWM000", {}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_task_is_reported(body: str, code: str, parts: dict[str, Any]) -> None:
    found = problems_of(task(body, "Do it, with book 2 or 4, Dusk, of book four."))
    if code == "AWM000":
        assert found == []
        return
    assert [name for name, _ in found if name != "AWM610"] == [code], found
    shown = dict(found)[code]
    assert parts.items() <= shown.items()


def test_a_task_for_no_rows_and_one_text_for_two_are_reported() -> None:
    nothing = task(
        "solve { borrow(book: 2) }", "Borrow book 2 or {b.id}.", "job for b in Book where .copies > 9"
    )
    assert codes_of(nothing) == ["AWM621"]
    same = task("solve { borrow(book: 2) }", "Borrow book 2.", "job for b in Book where .copies == 1")
    assert set(codes_of(same)) == {"AWM116"}


def test_the_untouched_world_may_not_satisfy_a_task() -> None:
    free = task("solve { pay(amount: 2.50) }\nfree Member.fines where .fines > 5.00", "Pay 2.50 of my fines.")
    assert codes_of(free) == ["AWM611"]


@pytest.mark.parametrize(
    ("instruction", "known"),
    [
        ('Borrow "The Owls".', True),
        ('Say "hello there" and borrow it.', False),
        ('Write "as agreed" on it.', True),
        ("I don't mind. It's Ana's.", True),
    ],
)
def test_quoted_texts_are_of_the_world_or_passed_on(instruction: str, known: bool) -> None:
    text = task('solve { borrow(book: 2, note: "as agreed") }', instruction + " Book 2, as agreed.")
    assert codes_of(text) == ([] if known else ["AWM615"])


# ---- What a solve may know


@pytest.mark.parametrize(
    ("body", "instruction", "unknown"),
    [
        ("borrow(book: 2)", "Borrow book 2.", None),
        ("borrow(book: 2)", "Borrow a book.", "`2`"),
        ("let b = list_books() borrow(book: b[1].id)", "Borrow the second book.", None),
        ("borrow(book: owls.id)", "Borrow The Owls.", "the id 2 of Book"),
        ("let b = find_books(words: \"owls\")[0] borrow(book: b.id, weeks: 3)", "The Owls, three weeks.", None),
        ("let b = find_books(words: \"owls\")[0] borrow(book: b.id, weeks: 5)", "The Owls, for long.", "`5`"),
        ("let b = find_books(words: \"owl\")[0] borrow(book: b.id)", "Borrow an owl's book.", None),
        ("let b = find_books(words: \"night\") borrow(book: 2)", "Borrow The Owls, book 2.", '"night"'),
        ("let l = list_books() let b = (l where .price > 13.00 and .rating == 4.0)[0]", "Over 13, rated four.", None),
        ("let l = list_books() let b = (l where .price > 13.00)[0]", "Borrow a dear one.", "`13.00`"),
        ("let top = 13 let l = list_books() let b = (l where .price > top)[0]", "A dear one.", "`13`"),
        ("let m = me_now() pay(amount: m.fines / 2)", "Pay half of my fines.", None),
        ("let m = me_now() pay(amount: m.fines - 2.50)", "Pay all my fines but 2.50.", None),
        ("let m = me_now() pay(amount: m.fines - 2.50)", "Pay most of my fines.", "`2.50`"),
        ("let m = me_now() if m.fines > 3.00 { pay(amount: m.fines) }", "Pay if I owe more than $3.", None),
        ("let m = me_now() if m.fines > 4.00 { pay(amount: m.fines) }", "Pay if I owe more than $3.", "`4.00`"),
        ("borrow(book: 2, note: \"for my aunt\")", "Borrow book 2, it is for my aunt.", None),
        ("borrow(book: 2, note: \"for my uncle\")", "Borrow book 2, it is for my aunt.", '"for my uncle"'),
        ("let l = list_loans(limit: 7, sort: \"-id\")[0] bring_back(loan: l.id)", "Bring back my last loan.", None),
        ("bring_back(loan: late.id)", "Bring back L-0001.", None),
        ("bring_back(loan: late.id)", "Bring back my loan.", "the id L-0001 of Loan"),
        ("tag_book(book: 2, tag: \"gift\")", "Tag book 2 as a gift.", None),
    ],
)  # fmt: skip
def test_a_solve_knows_what_is_stated_or_seen(body: str, instruction: str, unknown: str | None) -> None:
    if "(book:" not in body and "(amount:" not in body and "(loan:" not in body:
        body += " borrow(book: b.id)"
    found = problems_of(task(f"solve {{ {body} }}", instruction))
    assert [dict(parts).get("value") for code, parts in found if code == "AWM609"] == (
        [unknown] if unknown else []
    )
    assert [code for code, _ in found if code not in ("AWM609", "AWM610", "AWM636")] == []


def test_rows_of_a_solve_for_are_known_once_they_are_seen() -> None:
    body = "solve for b in Book where .genre == poetry and .copies == 2 { %s borrow(book: b.id) }"
    assert codes_of(task(body % "list_books(limit: 100)")) == []
    assert codes_of(task(body % "find_tags()")) == ["AWM609"]


def test_a_choice_that_is_written_but_not_stated_is_a_warning() -> None:
    text = (
        LIBRARY
        + """
tool grade(book: Book, genre: Genre, keep: bool) { update book set genre = genre, copies = if keep then 2 else 1 }
task one "Book 2 is about travels: move it." { solve { grade(book: 2, genre: travel, keep: true) } }
task two "Book 2 is in the wrong place: keep and move it." { solve { grade(book: 2, genre: crime, keep: true) } }
"""
    )
    assert problems_of(text) == [
        ("AWM610", {"task": "one", "value": "true"}),
        ("AWM610", {"task": "two", "value": "crime"}),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "value", "stated"),
    [
        ("on 2 March 2026", "date", "2026-03-02", True),
        ("tomorrow at 9:30", "datetime", "2026-03-03T09:30:00", True),
        ("next Friday", "date", "2026-03-06", True),
        ("in February", "date", "2026-02-28", True),
        ("in February", "date", "2026-02-27", False),
        ("ten percent, so 10% off", "number", 0.9, True),
        ("twice", "int", 2, True),
        ("a pen", "int", 1, True),
        ("pens", "int", 2, False),
        ("two Margheritas", "text", "Margherita", True),
        ("write to ana@example.com", "email", "ana@example.com", True),
        ("1,234.50 euro", "money", 123450, True),
        ("for 24 hours", "duration", 86400, True),
    ],
)  # fmt: skip
def test_values_are_stated_in_the_forms_that_people_write(
    text: str, kind: Any, value: Any, stated: bool
) -> None:
    assert Stated((text,), "2026-03-02T08:00:00").states(nodes.Type(kind=kind), value) == stated


# ---- Outcomes


def test_new_rows_moments_links_and_conditions_stand_in_the_verifier() -> None:
    text = task(
        "solve {\n"
        "  for t in find_tags() { tag_book(book: 2, tag: t.word) }\n"
        '  let loan = borrow(book: 2, note: "soon")\n'
        "}\n"
        'free Loan.note where (.note ?? "") contains "soon" and .due > late.due\n'
        "may update Loan where .book == heat\n"
        "ensure count(my Loan) == old(count(my Loan)) + 1\n"
        "answer loan.id, my_due",
        'Borrow book 2, tag it with every tag, and note "soon". Which loan is it, and when is my other one due?',
    ).replace("solve {", "let my_due = late.due\nsolve { list_loans()", 1)
    assert problems_of(text) == []
    _, world, solved = world_of(text)
    (instance,) = solved.instances
    assert [row.table for row in instance.case.outcomes[0].created] == ["loan", "book_tags", "book_tags"]

    def judged(session: Session, message: str) -> bool:
        return session.verify(message).passed

    with world.session("job") as session:
        session.call("bring_back", {"loan": "L-0001"})
        session.call("borrow", {"book": 2, "note": "as soon as you can"})
        for tag in ("gift", "new"):
            session.call("tag_book", {"book": 2, "tag": tag})
        assert judged(session, "Answer: L-0003, due February 20")
        assert not judged(session, "Answer: L-0001, due February 20")
        session.call("tag_book", {"book": 3, "tag": "new"})
        assert not judged(session, "Answer: L-0003, due February 20")


def test_an_answer_is_read_live_where_a_right_run_may_leave_another_value() -> None:
    text = task(
        "solve { borrow(book: 2)\n me_now() }\nmay create Loan where .book.genre == poetry\nanswer count(my Loan)",
        "Borrow book 2. How many loans have I now, of 4 or fewer?",
    )
    _, world, _ = world_of(text)
    with world.session("job") as session:
        session.call("borrow", {"book": 2})
        assert session.verify("Answer: 2").passed
        poetry = next(
            i for i in range(5, 35) if session.call("get_book", {"book": i}).value["genre"] == "poetry"
        )
        session.call("borrow", {"book": poetry})
        assert session.verify("Answer: 3").passed
        assert not session.verify("Answer: 2").passed


def test_the_values_of_other_rows_are_distractors() -> None:
    text = task(
        "solve { list_books(limit: 100) }\nanswer b.price",
        "What does {b.title} cost?",
        "cost for b in Book where .copies != 1",
    )
    assert problems_of(text) == []
    _, world, solved = world_of(text)
    assert [instance.line.id for instance in solved.instances] == ["cost.owls", "cost.dusk"]
    with world.session("cost.owls") as session:
        assert session.verify("It costs 14 euro.").passed
        assert session.verify("Answer: $14.00, of 34 books").passed
        assert not session.verify("Answer: 14.00 or 7.25").passed


def test_verify_py_is_as_black_writes_it_whatever_the_texts() -> None:
    said = 'Note "it\'s odd" \\ 日本 — of {b.title}, ' + "at some length, " * 9 + "\tplease."
    solve = """solve {
  let listed = list_books(limit: 100)
  let found = (listed where .title == b.title)[0]
  borrow(book: found.id, note: "it's odd")
}
free Loan.note where (.note ?? "") contains "it's \\"odd\\"" or (.note ?? "") contains "odd"
"""
    text = task(solve, said, "job for b in Book where .copies == 2")
    env, _, solved = world_of(text)
    written = verify_py(env, solved)
    assert [instance.line.id for instance in solved.instances] == ["job.owls"]
    assert black.format_str(written, mode=black.Mode()) == written
    compile(written, "verify.py", "exec")


# ---- Python and SQL mean the same

INT, TEXT, BOOL = nodes.Type(kind="int"), nodes.Type(kind="text"), nodes.Type(kind="bool")

values: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-50, 50),
    "number": st.integers(-800, 800).map(lambda n: n / 8),
    "money": st.integers(-99_999, 99_999),
    "text": st.text("abÄ ß,1'", max_size=6),
    "bool": st.booleans(),
    "datetime": st.datetimes().map(lambda moment: moment.replace(microsecond=0).isoformat()),
    "date": st.dates().map(str),
    "duration": st.builds(
        lambda m, s: nodes.Duration(months=m, seconds=s), st.integers(-5, 5), st.integers(-(10**6), 10**6)
    ),
}  # fmt: skip


def applied(kind: nodes.Type, fn: Any, *args: nodes.Expr) -> nodes.Expr:
    return nodes.Apply(type=kind, fn=fn, args=args)


@st.composite
def expressions(draw: st.DrawFn, kind: str, depth: int = 3) -> nodes.Expr:
    """Of one kind, without nulls where the language has none."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return nodes.Const(type=nodes.Type(kind=kind), value=draw(values[kind]))  # type: ignore[arg-type]

    def of(inner: str) -> nodes.Expr:
        return draw(expressions(inner, depth - 1))

    number = draw(st.sampled_from(("int", "number", "money")))
    any_kind = draw(st.sampled_from(sorted(set(values) - {"duration"})))
    whole = [("if", "bool", kind, kind)]
    forms: dict[str, list[tuple[str, ...]]] = {
        "int": [("add", "int", "int"), ("sub", "int", "int"), ("mul", "int", "int"), ("neg", "int"), ("abs", "int"),
                ("len", "text"), ("year", "datetime"), ("month", "date"), ("weekday", "date"), ("min", "int", "int"),
                ("days_between", "date", "datetime"), ("floor", "number"), ("relevance", "text", "text")],
        "number": [("add", "number", "number"), ("sub", "number", "number"), ("mul", "number", "number"),
                   ("to_number", "int"), ("round", "number", "int"), ("max", "number", "number")],
        "money": [("add", "money", "money"), ("sub", "money", "money"), ("mul", "money", "int"), ("to_money", "int"),
                  ("mul", "number", "money"), ("round", "money"), ("ceil", "money"), ("neg", "money")],
        "text": [("concat", "text", "text", "text"), ("lower", "text"), ("upper", "text"), ("trim", "text"),
                 ("left", "text", "int"), ("right", "text", "int"), ("replace", "text", "text", "text"),
                 ("text", any_kind)],
        "bool": [("and", "bool", "bool", "bool"), ("or", "bool", "bool"), ("not", "bool"), ("contains", "text", "text"),
                 ("starts_with", "text", "text"), ("matches", "text", "text"), ("eq", any_kind, any_kind),
                 ("ne", any_kind, any_kind), ("lt", number, number), ("ge", "date", "date"), ("le", "text", "text"),
                 ("between", number, number, number), ("gt", "datetime", "datetime"), ("in_list", "int", "int", "int")],
        "datetime": [], "date": [], "duration": [("add", "duration", "duration"), ("neg", "duration")],
    }  # fmt: skip
    fn, *args = draw(st.sampled_from(forms[kind] + (whole if kind != "duration" else [])))
    return applied(nodes.Type(kind=kind), fn, *(of(arg) for arg in args))  # type: ignore[arg-type]


@cache
def bare() -> tuple[Terms, apsw.Connection]:
    env = environment(LIBRARY)
    connection = apsw.Connection(":memory:")
    register(connection)
    return Terms(env, Compiler(env)), connection


@given(st.sampled_from(("int", "number", "money", "text", "bool")).flatmap(expressions))
def test_an_expression_means_the_same_in_python_and_in_sql(expr: nodes.Expr) -> None:
    terms, connection = bare()
    evaluator = Evaluator(terms, connection, now="2026-03-02T08:00:00")
    by_python = evaluator.value(expr, {})
    by_sql = connection.execute(Compiler(terms.environment).value(expr).text).get
    assert by_python == by_sql


def orders() -> Iterator[nodes.OrderKey]:
    row = nodes.Var(type=RECORD, name="e")
    for name, type_ in (("a", NULLABLE), ("b", TEXT)):
        part = nodes.Part(type=type_, of=row, name=name)
        yield nodes.OrderKey(key=part)
        yield nodes.OrderKey(key=part, descending=True)


NULLABLE = nodes.Type(kind="int", nullable=True)
RECORD = nodes.Type(
    kind="record", fields=(nodes.TypeField(name="a", type=NULLABLE), nodes.TypeField(name="b", type=TEXT))
)
LIST = nodes.Type(kind="list", element=RECORD)
records = st.lists(
    st.fixed_dictionaries({"a": st.none() | st.integers(0, 3), "b": st.sampled_from(["", "x", "y"])}),
    max_size=6,
)


@given(
    records,
    st.lists(st.sampled_from(list(orders())), max_size=2),
    st.none() | st.integers(0, 4),
    st.sampled_from(
        ["query", "count", "sum", "avg", "min", "max", "min_by", "max_by", "list", "first", "any", "group"]
    ),
)
def test_a_query_over_a_list_means_the_same_in_python_and_in_sql(
    rows: list[Any], order: list[nodes.OrderKey], limit: int | None, fn: Any
) -> None:
    local = nodes.Local(type=LIST, name="rows")
    row = nodes.Var(type=RECORD, name="e")
    a = nodes.Part(type=NULLABLE, of=row, name="a")
    is_x = applied(BOOL, "ne", nodes.Part(type=TEXT, of=row, name="b"), nodes.Const(type=TEXT, value="x"))
    query = nodes.Query(
        type=LIST,
        sources=(nodes.From(alias="e", type=RECORD, of=nodes.ListSource(of=local)),),
        where=(nodes.Term(test=is_x),),
        order=tuple(order),
        limit=None if limit is None else nodes.Const(type=INT, value=limit),
    )
    expr: nodes.Expr
    match fn:
        case "query":
            expr = query
        case "group":
            keys = (nodes.Key(name="b", value=nodes.Part(type=TEXT, of=row, name="b")),)
            totals = (
                nodes.Total(name="n", fn="count", type=INT),
                nodes.Total(name="s", fn="sum", value=a, type=INT),
            )
            fields = tuple(
                nodes.TypeField(name=name, type=type_)
                for name, type_ in (("b", TEXT), ("n", INT), ("s", INT))
            )
            of = nodes.Type(kind="list", element=nodes.Type(kind="record", fields=fields))
            expr = nodes.Group(type=of, query=query, keys=keys, totals=totals, names=("b", "n", "s"))
        case "any":
            expr = nodes.Aggregate(type=BOOL, fn=fn, query=query, value=applied(BOOL, "is_null", a))
        case "count" | "first":
            expr = nodes.Aggregate(type=INT if fn == "count" else RECORD, fn=fn, query=query)
        case _:
            by = fn in ("min_by", "max_by")
            kind = RECORD if by else nodes.Type(kind="list", element=NULLABLE) if fn == "list" else NULLABLE
            expr = nodes.Aggregate(type=kind, fn=fn, query=query, value=a)
    terms, connection = bare()
    by_python = Evaluator(terms, connection, now="2026-03-02T08:00:00").value(expr, {"rows": rows})
    by_sql = connection.execute(Compiler(terms.environment).value(expr).text, {"rows": json.dumps(rows)}).get
    if isinstance(by_sql, str) and expr.type.kind in ("list", "record"):
        by_sql = json.loads(by_sql)
    assert by_python == by_sql
