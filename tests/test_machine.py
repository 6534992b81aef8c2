"""The property tests of a build find what is wrong with a world, and find nothing in a sound one."""

import json
import unittest
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
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
from tests.compiled import changed, compiled, write


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


def tools_of(change: Any) -> str:
    """The clinic's `tools.json`, changed."""
    data = json.loads(compiled("clinic")["tools.json"])
    change({tool["name"]: tool for tool in data["tools"]})
    return json.dumps(data)


def env_of(change: Any) -> str:
    data = json.loads(compiled("clinic")["env.json"])
    change({tool["name"]: tool for tool in data["tools"]})
    return json.dumps(data)


def test_a_sound_world_passes_and_is_really_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    call = machines.Machine.call

    def counting(self: machines.Machine, tool: str, given: values.Given) -> Result:
        result = call(self, tool, given)
        seen[tool, "ok" if result.error is None else result.error["code"]] += 1
        return result

    monkeypatch.setattr(machines.Machine, "call", counting)
    assert outcome(write(tmp_path / "clinic", compiled("clinic")), examples=400) == ""
    tools = [tool["name"] for tool in json.loads(compiled("clinic")["tools.json"])["tools"]]
    assert {tool for tool, code in seen if code == "ok"} == set(tools)
    assert {tool for tool, code in seen if code == "invalid_arguments"} == set(tools)
    # What the random calls of one run come to is chance; what they must all reach is more than types and ids.
    assert {code for _, code in seen} >= {"not_found", "taken", "no_credit", "too_late", "illegal_move"}
    assert sum(seen.values()) > 1000


def without_require(files: Mapping[str, str]) -> dict[str, str]:
    refusal = '        call.refuse("taken", "That slot is taken.")'
    return changed(files, "tools.py", refusal, "        pass")


def unchecked(files: Mapping[str, str]) -> dict[str, str]:
    decorator = '    writes=("patient", "visit"),\n    checks=(ONE_VISIT_PER_SLOT,),\n)\ndef book_visit('
    return changed(files, "tools.py", decorator, '    writes=("patient", "visit"),\n)\ndef book_visit(')


def without_savepoint(files: Mapping[str, str]) -> dict[str, str]:
    """A tool that wrongly counts as one that does not write: what it did before it refused stays."""
    decorator = '    writes=("patient", "visit"),\n    checks=(ONE_VISIT_PER_SLOT,),\n)\ndef book_visit('
    files = changed(files, "tools.py", decorator, ")\ndef book_visit(")
    begin = "    # require slot.starts > now else in_past"
    spoilt = '    call.execute("UPDATE patient SET balance = balance + 1")\n'
    return changed(files, "tools.py", begin, spoilt + begin)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without_require, "a `require` is missing that keeps the invariant"),
        (lambda files: unchecked(without_require(files)), "`one_visit_per_slot` does not hold of"),
        (without_savepoint, "and changed the world"),
        (
            lambda files: changed(files, "tools.py", "INSERT INTO visit (", "INSERT INTO visits ("),
            "the tool failed",
        ),
        (
            lambda files: {
                **files,
                "tools.json": tools_of(lambda tools: tools["book_visit"]["annotations"].update(readOnlyHint=True)),
            },
            "and changed the world",
        ),
        (
            lambda files: {
                **files,
                "tools.json": tools_of(
                    lambda tools: tools["get_doctor"]["outputSchema"]["properties"].update(fee={"type": "string"})
                ),
            },
            "which breaks its schema",
        ),
        (
            lambda files: {
                **files,
                "env.json": env_of(
                    lambda tools: tools["cancel_visit"].update(
                        errors=[error for error in tools["cancel_visit"]["errors"] if error["code"] != "too_late"]
                    )
                ),
            },
            "a code that it does not declare",
        ),
    ],
)  # fmt: skip
def test_a_planted_defect_is_found(tmp_path: Path, spoil: Any, said: str) -> None:
    assert said in outcome(write(tmp_path / "clinic", spoil(compiled("clinic"))))


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
