"""The property tests of a build find what is wrong with a world, and find nothing in a sound one."""

import json
import re
import unittest
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from awmc.runtime import Result
from awmc.testing import machine as machines
from awmc.testing import values
from tests.compiled import compiled, write
from tests.faults import FAULTS, Fault, without_require


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    machines.promises.cache_clear()


def case_of(folder: Path) -> type[unittest.TestCase]:
    """The test that the build's own file defines."""
    spec = spec_from_file_location(f"{folder.parent.name}_test", folder / f"test_{folder.name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    (found,) = (value for name, value in vars(module).items() if name.startswith("Test"))
    assert isinstance(found, type)
    assert issubclass(found, unittest.TestCase)
    return found


def outcome(folder: Path, examples: int = 40) -> str:
    """What the failing test says; nothing where it passes."""
    result = unittest.TestResult()
    case: Any = case_of(folder)
    # The smallest example is for people, and takes its time.
    case.settings = settings(case.settings, phases=[Phase.generate], max_examples=examples)
    case("runTest").run(result)
    assert result.testsRun == 1
    return "\n".join(trace for _, trace in (*result.failures, *result.errors))


def test_a_sound_world_passes_and_is_really_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    call = machines.Machine.call

    def counting(self: machines.Machine, tool: str, given: values.Given) -> Result | None:
        result = call(self, tool, given)
        assert result is not None
        seen[tool, "ok" if result.error is None else result.error["code"]] += 1
        return result

    monkeypatch.setattr(machines.Machine, "call", counting)
    assert outcome(write(tmp_path / "clinic", compiled("clinic"))) == ""
    # What the draws come to is chance, and not held to more than what no draw in its senses misses.
    assert sum(seen.values()) > 300
    tools = {tool["name"] for tool in json.loads(compiled("clinic")["tools.json"])["tools"]}
    assert {tool for tool, _ in seen} == tools
    assert {tool for tool, code in seen if code == "ok"} >= {
        "list_doctors",
        "list_visits",
        "get_doctor",
        "find_slots",
    }
    assert {code for _, code in seen} >= {"ok", "invalid_arguments", "not_found"}


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.calls == 1], ids=lambda fault: fault.name
)
def test_a_planted_fault_is_found(tmp_path: Path, fault: Fault) -> None:
    # It ends with the first example that shows the fault: no more draws than that must be lucky.
    told = outcome(write(tmp_path / "clinic", fault.plant(compiled("clinic"))), examples=400)
    if fault.kind == "not_repeatable":
        assert "and in a fresh world {" in told
    else:
        # Where a fault shows in several rows, the first that is met is told.
        assert re.split(r"\d", fault.said)[0] in told
        assert f"{fault.tool} (clinic.awm:" in told


def test_a_missing_require_is_proposed(tmp_path: Path) -> None:
    told = outcome(write(tmp_path / "clinic", without_require(compiled("clinic"))), examples=400)
    assert (
        "missing in line 64, before `return create Visit { slot, reason, fee }`: require not exists(Visit"
        in told
    )


@given(st.data())
@settings(max_examples=30)
def test_strategies_keep_their_bounds(data: st.DataObject) -> None:
    assert 3 <= len(data.draw(values.text(3, 7))) <= 7
    assert data.draw(values.text(2, 4, r"[A-Z]+")).isupper()
    assert 1 <= data.draw(values.integer(1, 9)) <= 9
    assert data.draw(values.integer(5)) >= 5
    assert data.draw(values.integer(high=5)) <= 5
    assert 0.5 <= data.draw(values.number(0.5, 2)) <= 2
    cents = data.draw(values.money(-250, 10_000)) * 100
    assert -250 <= round(cents) <= 10_000
    assert abs(cents - round(cents)) < 1e-6
    assert 2 <= len(data.draw(values.list_of(values.boolean(), 2, 3))) <= 3
    assert "@" in data.draw(values.email())


def test_arguments_are_now_and_then_wrong() -> None:
    strategy = values.arguments(slot=values.row("Slot"), reason=values.optional(values.text(3, 200)))
    wanted: tuple[Callable[[values.Given], object], ...] = (
        lambda given: isinstance(given.get("slot"), values.Row) and given["slot"].place is not None,
        lambda given: isinstance(given.get("slot"), values.Row) and given["slot"].place is None,
        lambda given: "slot" not in given,
        lambda given: set(given) - {"slot", "reason"},
        lambda given: "slot" in given and not isinstance(given["slot"], values.Row),
        lambda given: set(given) == {"slot"},
    )
    for condition in wanted:
        assert condition(find(strategy, partial(_holds, condition)))


def _holds(condition: Callable[[values.Given], object], given: values.Given) -> bool:
    return bool(condition(given))
