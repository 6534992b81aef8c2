"""Calls drawn at random from a world: mostly legal, now and then with one fault."""

from __future__ import annotations

import datetime as dt
import random
import re._constants as sre
import re._parser as sre_parser
from typing import Any

from awmc.semantics.model import Field, Model, ToolModel
from awmc.semantics.types import Type
from tests.reference import values as v
from tests.reference.interpreter import Interpreter
from tests.reference.wire import plain

_LETTERS = "aeéiostß nrN0129'%_-"
_JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 2.5, 1e300, "", " ", "x" * 400, "\0", "2026-02-30", "nobody", [], {}, [None], {"id": 1},
)  # fmt: skip


class Caller:
    """Draws calls of an interpreter's world from `random`, which may be Hypothesis's own."""

    def __init__(self, interpreter: Interpreter, random: random.Random) -> None:
        self.interpreter = interpreter
        self.model: Model = interpreter.model
        self.random = random

    def call(self) -> tuple[str, dict[str, Any]]:
        """A tool's name and arguments for it."""
        tools = [tool for tool in self.model.tools.values() if not tool.hidden]
        tool = self.random.choice(tools)
        return tool.name, self.arguments(tool)

    def arguments(self, tool: ToolModel) -> dict[str, Any]:
        """Legal ones nine times of ten, as far as a type can say."""
        given: dict[str, Any] = {}
        for param in tool.params:
            if param.required or self.random.random() < (0.15 if param.paging else 0.45):
                nullable = param.type.nullable and self.random.random() < 0.1
                given[param.name] = None if nullable else self.value(param.type)
        if self.random.random() >= 0.1:
            return given
        if not given or self.random.random() < 0.2:
            return {**given, self.random.choice(["unknown", "id_"]): 1}
        name = self.random.choice(sorted(given))
        if self.random.random() < 0.2:
            del given[name]
        else:
            given[name] = self.random.choice(_JUNK)
        return given

    def value(self, kind: Type) -> Any:
        """A value of a type, in wire form."""
        match kind.kind:
            case "list":
                assert kind.element is not None
                least = int(kind.low or 0)
                count = self.random.randint(least, min(int(kind.high or least + 3), least + 3))
                return [self.value(kind.element) for _ in range(count)]
            case "record":
                parts = [
                    (name, part)
                    for name, part in kind.fields
                    if not part.nullable or self.random.random() < 0.6
                ]
                return {name: self.value(part) for name, part in parts}
            case "row" | "id":
                return self._key(kind)
            case "enum":
                return self.random.choice([wire for _, wire, _ in self.model.enums[kind.name].values])
            case "bool":
                return self.random.choice([False, True])
            case "int" | "number" | "money":
                return self._amount(kind)
            case "date" | "datetime" | "time":
                return self._moment(kind)
        return self._text(kind)

    def _key(self, kind: Type) -> Any:
        rows = self.interpreter.world.rows(kind.name)
        entity = self.model.entities[kind.name]
        if kind.scope and self.random.random() < 0.9:
            expressions = self.interpreter.expressions
            rows = [row for row in rows if expressions.holds(entity.scopes[kind.scope], row)] or rows
        unknown = self.random.random() < 0.03 or not rows
        if entity.id_field.natural_key:
            return "nowhere" if unknown else self.random.choice(rows).key
        key = 99_999 if unknown else self.random.choice(rows).key
        return entity.id_format.format(n=key) if entity.id_format else key

    def _columns(self, kinds: tuple[str, ...]) -> list[Field]:
        return [
            field
            for entity in self.model.entities.values()
            for field in entity.fields.values()
            if field.kind == "stored" and field.type.kind in kinds
        ]

    def _stored(self, kinds: tuple[str, ...]) -> Any:
        """A value that stands somewhere in the world."""
        columns = self._columns(kinds)
        for _ in range(5):
            if not columns:
                return None
            field = self.random.choice(columns)
            rows = list(self.interpreter.world.tables[field.entity].values())
            if rows and (found := self.random.choice(rows)[field.name]) is not None:
                return found
        return None

    def _amount(self, kind: Type) -> Any:
        unit = 100 if kind.kind == "money" else 1
        low = int(kind.low) if isinstance(kind.low, (int, float)) else None
        high = int(kind.high) if isinstance(kind.high, (int, float)) else None
        stored = self._stored((kind.kind,))
        chance = self.random.random()
        if stored is not None and chance < 0.3:
            return plain(stored)
        if chance < 0.35:
            at = self.random.choice([end for end in (low, high) if end is not None] or [0])
            found: Any = at + self.random.choice([-1, 0, 1])
        elif chance < 0.38 and None in (low, high):
            found = self.random.choice(
                [2**62, -(2**62), 2**53 + 1] if unit == 1 else [10**15 - 1, -(10**15) + 1]
            )
        else:
            start = low if low is not None else 0
            end = start + 300 * unit
            found = self.random.randint(start, min(high if high is not None else end, end))
        return found / 100 if unit == 100 else found + 0.25 if kind.kind == "number" else found

    def _moment(self, kind: Type) -> str:
        if kind.kind == "time":
            return f"{self.random.randint(0, 23):02d}:{self.random.choice([0, 15, 30, 59]):02d}"
        stored = self._stored(("date", "datetime"))
        near = self.interpreter.now + dt.timedelta(hours=self.random.randint(-24 * 20, 24 * 20))
        moment = stored if stored is not None and self.random.random() < 0.5 else near
        if kind.kind == "date":
            return v.day_of(moment).isoformat()
        if not isinstance(moment, dt.datetime):
            moment = dt.datetime(moment.year, moment.month, moment.day)
        return v.as_text(moment)[: self.random.choice([16, 19])]

    def _text(self, kind: Type) -> str:
        if kind.pattern is not None:
            return matching(kind.pattern, self.random)
        if kind.kind == "email":
            return f"{self.random.choice('abc')}@example.com"
        if kind.kind == "url":
            return f"https://example.com/{self.random.choice('abc')}"
        stored = self._stored(("text",))
        if stored and self.random.random() < 0.6:
            words = stored.split() or [stored]
            text = self.random.choice([stored, self.random.choice(words), words[0][:3].upper()])
        else:
            text = "".join(self.random.choice(_LETTERS) for _ in range(self.random.randint(0, 12)))
        if isinstance(kind.low, int) and len(text) < kind.low and self.random.random() < 0.9:
            text += "word " * kind.low
        if isinstance(kind.high, int) and self.random.random() < 0.97:
            text = text[: kind.high]
        return text


def matching(pattern: str, random: random.Random) -> str:
    """A text that a regular expression matches."""
    return _matching(sre_parser.parse(pattern), random)


def _matching(parsed: Any, random: random.Random) -> str:
    text = ""
    for op, value in parsed:
        match op:
            case sre.LITERAL:
                text += chr(value)
            case sre.IN:
                text += _one_of(random.choice(value), random)
            case sre.ANY:
                text += random.choice("ab1 ")
            case sre.MAX_REPEAT | sre.MIN_REPEAT:
                low, high, inner = value
                count = random.randint(low, min(high, low + 3))
                text += "".join(_matching(inner, random) for _ in range(count))
            case sre.SUBPATTERN:
                text += _matching(value[-1], random)
            case sre.BRANCH:
                text += _matching(random.choice(value[1]), random)
            case _:
                raise AssertionError(f"no text is made for {op}")
    return text


def _one_of(choice: Any, random: random.Random) -> str:
    op, value = choice
    match op:
        case sre.LITERAL:
            return chr(value)
        case sre.RANGE:
            return chr(random.randint(*value))
        case sre.CATEGORY:
            return random.choice(
                {sre.CATEGORY_DIGIT: "0189", sre.CATEGORY_SPACE: " ", sre.CATEGORY_WORD: "aZ_7"}[value]
            )
    raise AssertionError(f"no letter is made for {op}")
