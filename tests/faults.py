"""Faults planted in a build of the clinic, each of which leaves it a world that runs, and is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.compiled import changed

Files = Mapping[str, str]

_BOOKING = '    writes=("patient", "visit"),\n    checks=(ONE_VISIT_PER_SLOT,),\n)\ndef book_visit('
_BEGIN = "    # require slot.starts > now else in_past"
_LIST = '    """List doctors, best match first."""\n'


@dataclass(frozen=True)
class Fault:
    """`kind`, `tool`, `subject`: of the finding; `said`: a part of what is told of it; `calls`: how many show it."""

    name: str
    plant: Callable[[Files], Files]
    kind: str
    tool: str
    subject: str
    said: str
    calls: int = 1


def without_require(files: Files) -> Files:
    return changed(files, "tools.py", '        call.refuse("taken", "That slot is taken.")', "        pass")


def unchecked(files: Files) -> Files:
    decorator = '    writes=("patient", "visit"),\n)\ndef book_visit('
    return changed(without_require(files), "tools.py", _BOOKING, decorator)


def without_savepoint(files: Files) -> Files:
    """A tool that wrongly counts as one that does not write: what it did before it refused stays."""
    files = changed(files, "tools.py", _BOOKING, ")\ndef book_visit(")
    return booking(files, 'call.execute("UPDATE patient SET balance = balance + 1")')


def booking(files: Files, line: str) -> Files:
    """A line at the begin of `book_visit`."""
    return changed(files, "tools.py", _BEGIN, f"    {line}\n{_BEGIN}")


def listing(files: Files, line: str) -> Files:
    """A line at the begin of `list_doctors`."""
    return changed(files, "tools.py", _LIST, f"{_LIST}    {line}\n")


def remembering(files: Files) -> Files:
    """A tool whose module remembers its calls, so that each answers something else."""
    line = "SEEN.append(limit)\n    limit = 1 + len(SEEN) % 3"
    return changed(
        listing(files, line),
        "tools.py",
        "\n\n@tool(ListDoctors)",
        "\n\nSEEN: list[int] = []\n\n\n@tool(ListDoctors)",
    )


def described(change: Callable[[dict[str, Any]], object]) -> Callable[[Files], Files]:
    """A change of the tools, by name, in `tools.json`."""
    return lambda files: _changed_json(files, "tools.json", change)


def declared(change: Callable[[dict[str, Any]], object]) -> Callable[[Files], Files]:
    """A change of the tools, by name, in `env.json`."""
    return lambda files: _changed_json(files, "env.json", change)


def _changed_json(files: Files, name: str, change: Callable[[dict[str, Any]], object]) -> Files:
    data = json.loads(files[name])
    change({tool["name"]: tool for tool in data["tools"]})
    return {**files, name: json.dumps(data)}


def replaced(old: str, new: str) -> Callable[[Files], Files]:
    return lambda files: changed(files, "tools.py", old, new)


FAULTS = [
    Fault("a require left out", without_require, "guarded_by_invariant", "book_visit", "one_visit_per_slot",
          "is held back by the invariant one_visit_per_slot alone"),
    Fault("a check of an invariant left out", unchecked, "invariant_broken", "book_visit", "one_visit_per_slot",
          "broke the invariant one_visit_per_slot: it does not hold of Slot 1"),
    Fault("no savepoint", without_savepoint, "changed_by_failure", "book_visit", "patient",
          "was refused, and changed Patient 1: balance from 30000 to 30001"),
    Fault("a statement that fails", replaced("INSERT INTO visit (", "INSERT INTO visits ("), "internal", "book_visit",
          "SQLError", "failed: SQLError: no such table: visits"),
    Fault("a raise", lambda files: booking(files, "raise RuntimeError(reason)"), "internal", "book_visit",
          "RuntimeError", "failed: RuntimeError"),
    Fault("a write that is said to read",
          described(lambda tools: tools["book_visit"]["annotations"].update(readOnlyHint=True)),
          "changed_by_reading", "book_visit", "patient", "is said to read only, and changed Patient 1: balance"),
    Fault("a reading tool that writes",
          lambda files: listing(files, 'call.execute("UPDATE doctor SET fee = fee + 1")'),
          "changed_by_reading", "list_doctors", "doctor", "and changed Doctor 1: fee from 12000 to 12001"),
    Fault("a result of another type", replaced("        'doctor', doctor.name,\n", "        'doctor', doctor.id,\n"),
          "wrong_output", "find_slots", "items.doctor", 'at items[0].doctor: 1 is not of type "string"'),
    Fault("a hidden column", replaced("        'doctor', doctor.name,\n", "        'doctor', doctor.name, 'd', 1,\n"),
          "wrong_output", "find_slots", "items", "Additional properties are not allowed ('d' was unexpected)"),
    Fault("a result that is no JSON", lambda files: listing(files, 'return Json("{")'), "malformed", "list_doctors",
          "", "answered what is no JSON"),
    Fault("an error that is not declared",
          declared(lambda tools: tools["cancel_visit"].update(
              errors=[error for error in tools["cancel_visit"]["errors"] if error["code"] != "too_late"])),
          "undeclared_code", "cancel_visit", "too_late", "answered too_late, which it does not declare"),
    Fault("another code", replaced('call.refuse("too_late", ', 'call.refuse("later", '), "undeclared_code",
          "cancel_visit", "later", "answered later, which it does not declare"),
    Fault("chance", lambda files: listing(files, 'limit = call.value("SELECT 1 + abs(random() % 2)")'),
          "not_repeatable", "list_doctors", "", "answered otherwise in a fresh copy of the world"),
    Fault("a memory", remembering, "not_repeatable", "list_doctors", "", "answered otherwise in a fresh copy"),
    Fault("a move that is not checked", lambda files: replaced(
              '    call.check_moves("Visit", "status", CANCEL_VISIT_MOVES, visit=visit)\n', "")(replaced(
                  "UPDATE visit SET status = 'cancelled' WHERE",
                  "UPDATE visit SET status = iif(status = 'booked', 'cancelled', 'booked') WHERE")(files)),
          "illegal_state", "cancel_visit", "Visit.status", "it moved one from cancelled to booked", 3),
    Fault("a wrong first state", replaced(":fee, 'booked', :now)", ":fee, 'done', :now)"), "illegal_state",
          "book_visit", "Visit.status", "it made one that is done"),
    Fault("a reference to nothing",
          lambda files: replaced("VALUES (:me, :slot, :reason", "VALUES (:me, :slot + 900, :reason")(
              booking(files, 'call.execute("PRAGMA defer_foreign_keys = ON")')),
          "dangling", "book_visit", "visit", "left a row of visit that refers to no row of slot"),
    Fault("a side effect", lambda files: booking(files, 'call.execute("UPDATE doctor SET fee = fee + 1")'),
          "undeclared_change", "book_visit", "doctor.fee", "changed what it is not said to: Doctor 1: fee from"),
    Fault("a tool that always refuses",
          lambda files: booking(files, 'call.refuse("in_past", "That slot has already started.")'),
          "never_ok", "book_visit", "", "did not succeed once in", 0),
]  # fmt: skip
