"""What the language server says of a spec, feature by feature, without a server."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as lsp

from awmc.lsp import vocabulary
from awmc.lsp.colours import colours
from awmc.lsp.completion import complete
from awmc.lsp.edits import actions, all_fixes, formatted
from awmc.lsp.hover import hover
from awmc.lsp.lenses import find_proof, lenses, show_proof
from awmc.lsp.outline import folds, outline
from awmc.lsp.rename import Refused, applied, rename
from awmc.lsp.signature import signature_help
from awmc.lsp.snapshot import Snapshot, take
from awmc.lsp.text import Text, Units
from awmc.semantics.entities import ENTITY_ATTRIBUTES, FIELD_ATTRIBUTES
from awmc.semantics.functions import AGGREGATES, CONSTANT_NAMES, RESERVED
from awmc.semantics.types import SCALARS
from awmc.source import Source, Span
from awmc.syntax.cut import HEADS
from awmc.syntax.grammar import tables

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted((ROOT / "specs").glob("*.awm"))
CLINIC = (ROOT / "specs" / "clinic.awm").read_text(encoding="utf-8")
LIBRARY = re.findall(
    r"```awm\n(.*?)```", (ROOT / "docs" / "language.md").read_text(encoding="utf-8"), re.DOTALL
)[-1]


@cache
def snapshot(text: str) -> Snapshot:
    return take(Source("spec.awm", text))


def edited(old: str, new: str, text: str = CLINIC) -> tuple[Snapshot, int]:
    """The snapshot after `old` has become `new`, and where the `|` in it stands."""
    assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
    start = text.index(old)
    changed = text[:start] + new.replace("|", "") + text[start + len(old) :]
    return take(Source("spec.awm", changed), snapshot(text)), start + new.index("|")


def place(text: str, marked: str) -> int:
    """The place of the `|` in a piece of a text."""
    piece = marked.replace("|", "")
    assert text.count(piece) == 1, f"{piece!r} stands there {text.count(piece)} times"
    return text.index(piece) + marked.index("|")


# ---- Names ----


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_name_of_a_spec_is_known(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = snapshot(text)
    known = {use.span.start for use in found.uses.all}
    # A parameter that is derived from a column is that column, behind `min_` or `max_`; the kinds of `fake` are words.
    skipped = {match.end() for match in re.finditer(r"fake\(", text)}
    unknown = [
        token.text
        for token in found.tokens
        if token.kind in ("NAME", "TYPE")
        and not token.word
        and token.start not in known | skipped
        and token.start + 4 not in known
    ]
    assert unknown == []


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_use_stands_where_its_name_is_written(path: Path) -> None:
    found = snapshot(path.read_text(encoding="utf-8"))
    for use in found.uses.all:
        written = found.text[use.span.start : use.span.end]
        names = {use.symbol.name, "id", "list", "get", "create", "update", "delete"}
        assert written in names, (written, use)
        declared = use.symbol.span
        if declared is not None and use.symbol.kind not in ("tool", "param"):
            assert found.text[declared.start : declared.end] == use.symbol.name


@pytest.mark.parametrize(
    ("marked", "declared"),
    [
        ("require slot.sta|rts > now else", "starts: datetime"),
        ("require slo|t.starts > now else", "slot: Slot, reason"),
        ("create Vis|it {", "Visit owned by"),
        ("create Visit { slot, reason, f|ee }", "fee = slot.doctor.fee"),
        (".status == bo|oked) else taken", "booked -> done"),
        ("list_doctors(spe|cialty: cardiology)", "specialty: Specialty\n"),
        ("(specialty: card|iology)", "cardiology, dermatology"),
        ("let doctors = list_do|ctors", "list(specialty)"),
        ("slots[0].i|d, reason:", "Slot \"A time"),
        ("min_by(doc|tors, .fee)", "doctors = list_doctors(specialty"),
        ("min_by(doctors, .f|ee)", "fee: money 0..\n"),
        ("cancel_visit(visit: visits[0].id) with too_l|ate", 'too_late "It'),
        ("actor Patient a|na", 'ana: "Ana'),
        ("for d in Doctor \"How much does a visit to {|d.name}", "d in Doctor"),
        ("{fee} but the balance is {me.bal|ance}", "balance: money 0.."),
        ("-> [Slot|Card]", "SlotCard = Slot"),
        ("tools m|y Visit", None),
    ],
)  # fmt: skip
def test_a_name_leads_to_its_declaration(marked: str, declared: str | None) -> None:
    found = snapshot(CLINIC)
    use, _ = next(found.at(place(CLINIC, marked)))
    span = found.declared(use.symbol)
    assert (span is None) == (declared is None)
    if span is not None and declared is not None:
        assert CLINIC[span.start :].startswith(declared)


def test_of_a_short_entry_both_halves_are_known() -> None:
    found = snapshot(CLINIC)
    uses = [use for use, _ in found.at(place(CLINIC, "create Visit { sl|ot, reason, fee }"))]
    assert [(use.symbol.kind, use.entry) for use in uses] == [("param", "value"), ("field", "name")]


BROKEN = [
    ("  update me set balance -= fee\n", "  update me set\n|"),
    ("  return create Visit { slot, reason, fee }\n}", "  return create Visit { slot,|"),
    ("entity Slot \"A time that one doctor can be booked for.\" {", "entity Slot {{|"),
    ("  name: text @search\n", "  name: @search|\n"),
    ("seed Doctor (name, specialty, fee) {", "seed Doctor (name, specialty,| {"),
    ("tool cancel_visit(visit: my Visit)", "tool cancel_visit(visit: |"),
    ('"Book and manage', '"Book| and \nmanage'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), BROKEN)
def test_a_text_that_does_not_parse_keeps_its_names(old: str, new: str) -> None:
    found, _ = edited(old, new)
    assert not found.is_sound
    at = found.text.index("list_doctors(specialty: card") + 2
    (use, span), *_ = found.at(at)
    assert (use.symbol.name, found.text[span.start : span.end]) == ("list_doctors", "list_doctors")
    declared = found.declared(use.symbol)
    assert declared is not None
    assert found.text[declared.start :].startswith("list(specialty)")
    shown = hover(found, found.text.index("shape SlotCard") + 8)
    assert shown is not None
    assert "shape SlotCard = Slot(id, starts, minutes, doctor, fee)" in shown[0]


def test_in_what_does_not_parse_names_are_those_of_before() -> None:
    found, at = edited("  let fee = slot.doctor.fee\n", "  let fee = slot.doctor.fee +\n  requ|ire fee >\n")
    assert not found.is_sound
    use, span = next(found.at(at + 5))
    assert (use.symbol.kind, use.symbol.name, found.text[span.start : span.end]) == ("local", "fee", "fee")


# ---- Hover ----


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        ("tool book_v|isit", ["tool book_visit(slot: Slot, reason: text 3..200) -> Visit", "creates `Visit`",
                              "updates `Patient.balance`", "`no_credit`", "INSERT INTO visit"]),
        ("let doctors = list_d|octors", ["tool list_doctors(", "derived by `list` of `tools Doctor`", "awm_matches"]),
        ("entity Vi|sit", ["entity Visit owned by patient", "CREATE TABLE visit"]),
        ("balance: mo|ney", ["an amount of money"]),
        ("bal|ance: money", ["Credit left to pay visits with", "balance INTEGER NOT NULL DEFAULT 0"]),
        ("invariant one_v|isit", ["A slot holds at most one live visit.", "SELECT self.id"]),
        ("else ta|ken", ["`book_visit`: That slot is taken."]),
        ("bo|oked -> done", ["a value of `Visit.status`", "moves to `done`, `cancelled`"]),
        ("min_|by(doctors", ["min_by(query, value)"]),
        ("requ|ire slot.starts > now", ["refuses the call"]),
        ("let fe|e = slot", ["fee: money 0.."]),
        ("name: text @sea|rch", ["`query` of a derived `list`"]),
    ],
)  # fmt: skip
def test_a_hover_says_what_a_name_is(marked: str, said: list[str]) -> None:
    found = hover(snapshot(CLINIC), place(CLINIC, marked))
    assert found is not None
    assert [one for one in said if one not in found[0]] == []


def test_there_is_nothing_to_say_of_white_space() -> None:
    assert hover(snapshot(CLINIC), CLINIC.index("\n\nentity") + 1) is None


def test_the_words_of_the_language_are_explained() -> None:
    assert set(SCALARS) <= {*vocabulary.TYPES, "duration"}
    assert RESERVED - set(CONSTANT_NAMES) <= set(vocabulary.FUNCTIONS)
    assert set(AGGREGATES) <= set(vocabulary.FUNCTIONS)
    assert set(CONSTANT_NAMES) <= set(vocabulary.CONSTANTS)
    assert set(FIELD_ATTRIBUTES) == set(vocabulary.FIELD_ATTRIBUTES)
    assert set(ENTITY_ATTRIBUTES) == set(vocabulary.ENTITY_ATTRIBUTES)
    assert set(HEADS) <= set(vocabulary.KEYWORDS)
    assert set(vocabulary.KEYWORDS) <= set(tables().keywords)


# ---- Completion ----


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        ("require slot.starts > now else", "require slot.| > now else", {"doctor", "starts", "minutes", "id"}),
        ("require slot.starts > now else", "require slot.st|", {"starts"}),
        ("  return create Visit { slot, reason, fee }\n}", "  return me.", {"name", "email", "balance", "visits"}),
        (".status == booked) else", ".status == |", {"booked", "done", "cancelled"}),
        ("list_doctors(specialty: cardiology)", "list_doctors(|", {"specialty", "query", "sort", "limit", "offset"}),
        ("list_doctors(specialty: cardiology)", "list_doctors(specialty: |", {"general", "cardiology", "dermatology"}),
        ("(slot: slots[0].id, reason:", "(slot: slots[0].id, |", {"reason"}),
        ("min_by(doctors, .fee).id", "min_by(doctors, .|", {"fee", "id", "name", "specialty"}),
        ("slot: slots[0].id, reason", "slot: slots[0].|", {"id", "starts", "minutes", "doctor", "fee"}),
        ("  name: text @search", "  name: text @|", set(FIELD_ATTRIBUTES)),
        ("  @@unique(doctor, starts)", "  @@|", set(ENTITY_ATTRIBUTES)),
        ("@@unique(doctor, starts)", "@@unique(doctor, |", {"doctor", "starts", "minutes"}),
        ("  fee: money 0..\n  slots", "  fee: |\n  slots", set(vocabulary.TYPES)),
        ("create Visit { slot, reason, fee }", "create Visit { slot, |", {"fee", "reason", "patient", "booked_at"}),
        ("seed Doctor (name, specialty, fee)", "seed Doctor (name, |", {"specialty", "fee"}),
        ('lee: "Dr. Lee", cardiology,', 'lee: "Dr. Lee", |', {"general", "cardiology", "dermatology"}),
        ("  soon: roy, +6h", "  soon: |", {"lee", "roy", "sun"}),
        ("{ doctor: each(Doctor), starts", "{ |", {"minutes", "doctor"}),
        ("doctor: each(Doctor)", "doctor: |", {"each", "pick", "seq", "spread", "fake", "lee", "roy", "sun"}),
        ("The fee is {fee}", "The fee is {slot.|", {"doctor", "starts", "minutes"}),
        ("update me set balance -= fee", "update me set |", {"balance", "name", "email"}),
        ("with too_late", "with |", {"too_late", "not_found"}),
        ("free Visit.reason", "free Visit.|", {"slot", "reason", "fee", "status"}),
        ("tools my Visit { list(status), get }", "tools my Visit { list(|", {"status", "slot", "patient"}),
        ("tools my Visit { list(status), get }", "tools my Visit { |", {"list", "get", "create", "update", "delete"}),
        ("tools my Visit { list(status), get }", "tools my |", {"Visit", "Slot"}),
        ("  actor Patient ana", "  actor Patient |", {"ana", "ben"}),
        ("doctor: .doctor.name", "doctor: .doctor.|", {"name", "specialty", "fee"}),
        ("shape SlotCard = Slot(id,", "shape SlotCard = Slot(|", {"id", "starts", "minutes", "doctor"}),
        ("let slots = find_slots", "let slots = |", {"find_slots", "list_doctors", "book_visit", "list_visits"}),
        ("\nenum Specialty", "\n|\nenum Specialty", set(HEADS)),
        ("\nenum Specialty", "\nen|\nenum Specialty", {"env", "entity", "enum"}),
        ("  update me set balance -= fee\n", "  update me set balance -= fee\n  requ|\n", {"require"}),
        ("solve { list_doctors() }", "|", {"solve", "answer", "ensure", "free", "may", "wrong", "user", "let"}),
    ],
)  # fmt: skip
def test_completion_knows_what_may_stand_there(old: str, new: str, first: set[str]) -> None:
    found, at = edited(old, new if "|" in new else f"{new}|")
    choices, _ = complete(found, at)
    labels = [choice.label for choice in choices]
    assert first - set(labels) == set()
    best = [choice.label for choice in choices if choice.rank == "0"]
    assert set(best) <= first or set(best) & first or not best


@pytest.mark.parametrize("new", ["# ent|", '"Book a fr|ee', "clock 2026-03-0|", '"{{ent|'])
def test_nothing_is_completed_in_comments_texts_and_numbers(new: str) -> None:
    old = {"#": "# A small", '"B': '"Book a free', "cl": "clock 2026-03-02T08:00", '"{': '"Book a free'}[
        new[:2].strip()
    ]
    assert complete(*edited(old, new))[0] == []


def test_what_was_given_is_not_offered_again() -> None:
    found, at = edited("create Visit { slot, reason, fee }", "create Visit { slot, reason, |")
    labels = {choice.label for choice in complete(found, at)[0]}
    assert "fee" in labels
    assert not labels & {"slot", "reason", "status"} - {"status"}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_member_that_is_there_is_offered(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = snapshot(text)
    dots = [token for before, token in pairwise(found.tokens) if before.text == "." and token.kind == "NAME"]
    for token in dots[:: max(1, len(dots) // 12)]:
        offered = {choice.label for choice in complete(found, token.start)[0]}
        assert token.text in offered, (token, found.source.line_text(found.source.position(token.start)[0]))


# ---- Signatures ----


@pytest.mark.parametrize(
    ("old", "new", "label", "active"),
    [
        ("slots[0].id, reason:", "slots[0].id, |reason:", "book_visit(slot: Slot, reason: text 3..200)", "reason"),
        ("book_visit(slot: slots", "book_visit(sl|ot: slots", "book_visit(slot: Slot, reason: text 3..200)", "slot"),
        ("book_visit(slot: slots[0].id, reason:", "book_visit(reason: |", "book_visit(", "reason"),
        ("min_by(doctors, .fee)", "min_by(doctors, |", "min_by(query, value)", "value"),
        ("days", "days|", "", ""),
    ],
)  # fmt: skip
def test_a_call_shows_its_parameters(old: str, new: str, label: str, active: str) -> None:
    text = CLINIC if old != "days" else f"{CLINIC}\n# days\n"
    found = signature_help(*edited(old, new, text))
    if not label:
        assert found is None
        return
    assert found is not None
    assert found.label.startswith(label)
    assert found.active is not None
    start, end = found.params[found.active][0]
    assert found.label[start:end].partition(":")[0] == active


# ---- Rename ----


@pytest.mark.parametrize("text", [CLINIC, LIBRARY], ids=["clinic", "library"])
def test_whatever_has_a_name_can_have_another(text: str) -> None:
    found = snapshot(text)
    refused = []
    for symbol in found.uses.symbols():
        if symbol.span is None or text[symbol.span.start : symbol.span.end] != symbol.name:
            continue
        name = f"Zed{symbol.name}" if symbol.name[0].isupper() else f"zed_{symbol.name}"
        try:
            after = snapshot(applied(text, rename(found, symbol.span.start, name)))
        except Refused as why:
            refused.append((symbol.kind, symbol.name, str(why)))
            continue
        assert [p.code for p in after.problems] == [p.code for p in found.problems]
        assert name in after.text
    assert refused == []


def test_a_rename_reaches_what_is_derived() -> None:
    found = snapshot(CLINIC)
    edits = rename(found, place(CLINIC, "entity Doc|tor {"), "Physician")
    after = applied(CLINIC, edits)
    assert "let doctors = list_physicians(specialty: cardiology)" in after
    edits = rename(found, place(CLINIC, "  spec|ialty: Specialty\n"), "field")
    after = applied(CLINIC, edits)
    assert "tools Doctor { list(field), get }" in after
    assert "list_doctors(field: cardiology)" in after
    edits = rename(found, place(CLINIC, "let f|ee = slot"), "price")
    assert "create Visit { slot, reason, fee: price }" in applied(CLINIC, edits)


@pytest.mark.parametrize(
    ("marked", "name", "why"),
    [
        ("let fe|e = slot", "slot", "`fee` cannot be called `slot`"),
        ("let fe|e = slot", "Fee", "The name of a local is `lower_snake`."),
        ("entity Vi|sit", "Slot", "cannot be called"),
        ("list_do|ctors(specialty", "doctors", "`list_doctors` is derived"),
        ("min_|by(", "least", "`min_by` belongs to the language."),
        ("tool book_v|isit(", "find_slots", "cannot be called"),
        ("{ d|octor: each", "2x", "The name of a field is `lower_snake`."),
        ("booked -> do|ne", "booked", "cannot be called"),
    ],
)
def test_a_rename_that_would_break_the_spec_is_refused(marked: str, name: str, why: str) -> None:
    with pytest.raises(Refused, match=re.escape(why)):
        rename(snapshot(CLINIC), place(CLINIC, marked), name)


def test_a_text_that_does_not_parse_is_not_renamed_in() -> None:
    found, at = edited("  update me set balance -= fee\n", "  update m|e set\n")
    with pytest.raises(Refused, match=r"The spec does not parse: mend line \d+ first\."):
        rename(found, at, "you")


# ---- The whole text ----


def test_the_outline_has_every_declaration_and_its_members() -> None:
    found = {entry.name: entry for entry in outline(snapshot(CLINIC))}
    assert [child.name for child in found["Visit"].children][:3] == ["patient", "slot", "reason"]
    assert [child.name for child in found["seed Doctor"].children] == ["lee", "roy", "sun"]
    broken, _ = edited("  update me set balance -= fee\n", "  update me set |\n")
    assert [entry.name for entry in outline(broken)] == [entry.name for entry in outline(snapshot(CLINIC))]


def test_brackets_and_runs_of_comments_fold() -> None:
    text = '# One.\n# Two.\nenv a "b" {\n  clock 2026-01-01\n} # three\n# four\n'
    found = [(text.count("\n", 0, s.start), text.count("\n", 0, s.end), c) for s, c in folds(snapshot(text))]
    assert (0, 1, True) in found
    assert (2, 4, False) in found
    assert (4, 5, True) not in found


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_colours_do_not_overlap_and_every_word_has_one(path: Path) -> None:
    found = snapshot(path.read_text(encoding="utf-8"))
    spans = [span for span, _, _ in colours(found)]
    assert all(one.end <= other.start for one, other in pairwise(spans))
    coloured = {place for span in spans for place in range(span.start, span.end)}
    plain = {
        t.text
        for t in found.tokens
        if t.kind in ("NAME", "TYPE", "STRING", "INT") and t.start not in coloured
    }
    assert plain - {"max_price"} <= {"full_name", "name", "email", "phone", "sentence"}


def test_colours_know_what_a_word_is() -> None:
    found = {
        CLINIC[span.start : span.end] + str(span.start): (kind, more)
        for span, kind, more in colours(snapshot(CLINIC))
    }

    def colour(marked: str) -> tuple[str, tuple[str, ...]]:
        start = place(CLINIC, marked)
        return next(value for key, value in found.items() if key.endswith(str(start)))

    assert colour("|require slot.starts") == ("keyword", ())
    assert colour("require |slot.starts > now") == ("parameter", ())
    assert colour("require slot.|starts > now") == ("property", ())
    assert colour("entity |Visit owned") == ("class", ("declaration",))
    assert colour("set |balance -= fee") == ("property", ("modification",))
    assert colour("name: |text @search") == ("type", ("defaultLibrary",))
    assert colour("The fee is {|fee}") == ("variable", ())


# ---- Edits ----


def test_formatting_edits_only_what_is_not_in_form() -> None:
    text = CLINIC.replace("  balance: money 0.. = 0 ", "  balance :   money 0..=0 ")
    found = snapshot(text)
    edits = formatted(found)
    assert snapshot(applied(text, edits)).is_sound
    assert formatted(snapshot(applied(text, edits))) == []
    line = next(edit for edit in edits if "balance: money" in edit[1])
    assert formatted(found, line[0]) == [line]
    assert formatted(found, Span(len(text), len(text))) == [e for e in edits if e[0].end >= len(text)]


def test_formatting_keeps_the_ends_of_lines() -> None:
    text = applied(CLINIC, formatted(snapshot(CLINIC))).replace("\n", "\r\n")
    assert formatted(take(Source("spec.awm", text))) == []


def test_a_text_that_does_not_parse_is_not_formatted() -> None:
    assert formatted(edited("  update me set balance -= fee\n", "  update me set|\n")[0]) == []


def test_fixes_mend_what_they_say() -> None:
    text = CLINIC.replace("slot.starts > now else", "slot.start > now else").replace(
        "me.balance >=", "me.balanc >="
    )
    found = snapshot(text)
    first, both = actions(found.problems, Span(*[text.index("slot.start ") + 6] * 2))
    assert (first.title, first.preferred) == ("Write `starts`", True)
    assert both.title == "Mend all 2 that can be mended"
    assert snapshot(applied(text, list(both.edits))).text == CLINIC
    assert all_fixes(snapshot(CLINIC).problems) == []


# ---- Lenses ----


def test_lenses_count_rows_and_tell_of_proofs(tmp_path: Path) -> None:
    path = ROOT / "specs" / "clinic.awm"
    titles = [lens.title for lens in lenses(snapshot(CLINIC), path)]
    assert titles[:4] == [
        "2 rows of Patient",
        "3 rows of Doctor",
        "1 row of Slot, 31 in all",
        "30 rows of Slot, 31 in all",
    ]
    assert re.fullmatch(r"proved: \d+ wrong runs rejected", titles[5])
    assert re.fullmatch(r"proved: 3 tasks, \d+ wrong runs rejected", titles[6])
    proof = find_proof(CLINIC, path, "clinic")
    assert proof is not None
    assert "## fee_of.lee\n\ncertified" in show_proof(proof, "fee_of")
    other = snapshot(CLINIC.replace("chest pain", "back pain"))
    assert "proved of another text" in [lens.title for lens in lenses(other, path)]
    assert "not proved: awmc prove build/clinic" in [
        lens.title for lens in lenses(other, tmp_path / "clinic.awm")
    ]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"files": {}, "tasks": [1], "awmc": "1"}'])
def test_a_damaged_certificate_is_none(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "build" / "clinic"
    folder.mkdir(parents=True)
    (folder / "proof.json").write_bytes(content)
    (folder / "manifest.json").write_bytes(content)
    titles = [lens.title for lens in lenses(snapshot(CLINIC), tmp_path / "clinic.awm")]
    assert titles[-1] == "not proved: awmc prove build/clinic"


# ---- Places ----

LETTERS = st.text(st.sampled_from("ab\n\r\u00e9\u2028\u0600\u4e2d\U0001f642\U00010348\x0b\x85"), max_size=30)
UNITS = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


def reference(text: str, units: Units, at: lsp.Position) -> int:
    """The place of a position, by way of the encoding itself."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    if at.line >= len(lines):
        return len(text)
    line = lines[at.line].rstrip("\r\n")
    encoded = line.encode(f"{units}-le" if units != "utf-8" else units)
    inside = encoded[: at.character * UNITS[units]].decode(
        f"{units}-le" if units != "utf-8" else units, "ignore"
    )
    return sum(len(one) for one in lines[: at.line]) + len(inside)


@given(LETTERS, st.sampled_from(sorted(UNITS)), st.integers(0, 9), st.integers(0, 40))
def test_positions_count_in_the_units_of_the_client(
    text: str, units: Units, line: int, character: int
) -> None:
    found = Text(text, units).offset(lsp.Position(line, character))
    assert found == reference(text, units, lsp.Position(line, character))
    back = Text(text, units).position(found)
    assert Text(text, units).offset(back) == found


@given(LETTERS, LETTERS, st.integers(0, 35), st.integers(0, 35), st.sampled_from(sorted(UNITS)))
def test_changes_are_applied_where_the_client_means(
    text: str, new: str, start: int, end: int, units: Units
) -> None:
    start, end = sorted((min(start, len(text)), min(end, len(text))))
    whole = Text(text, units)
    range_ = lsp.Range(whole.position(start), whole.position(end))
    after = whole.changed(lsp.TextDocumentContentChangePartial(range_, new)).text
    first, last = (reference(text, units, at) for at in (range_.start, range_.end))
    assert after == text[:first] + new + text[last:]
