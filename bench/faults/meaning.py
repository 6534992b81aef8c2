"""What is spelt well and means nothing, or not that: arguments, types, rows, nulls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from awmc.syntax import ast
from bench.faults.sound import Change, Kind, Sound

_ARITY = {"count": 1, "exists": 1, "first": 1, "date": 1, "len": 1, "weekday": 1, "time": 1}


def _calls(sound: Sound) -> Iterator[ast.Call]:
    for node, _ in sound.nodes:
        if isinstance(node, ast.Call):
            yield node


def argument_missing(sound: Sound, random: Random) -> Iterator[Change]:
    """`book_visit(reason: "chest pain")`: the mend names the parameter."""
    del random
    needed = {
        (node.name.text, param.name.text)
        for node, _ in sound.nodes
        if isinstance(node, ast.Tool)
        for param in node.params
        if param.default is None and not getattr(param.type, "optional", False)
    }
    for call in _calls(sound):
        for place, arg in enumerate(call.args):
            if arg.name is None or (call.name.text, arg.name.text) not in needed:
                continue
            start, end = arg.span.start, arg.span.end
            if place + 1 < len(call.args):
                end = call.args[place + 1].span.start
            elif place:
                start = call.args[place - 1].span.end
            yield Change(start, end, "", (arg.name.text,), (call.span.start,))


def argument_added(sound: Sound, random: Random) -> Iterator[Change]:
    """`get_profile(verbose: true)`: the mend is to know that there is no such parameter."""
    for call in _calls(sound):
        if all(arg.name is not None for arg in call.args) and "_" in call.name.text:
            name = random.choice(["verbose", "dry_run", "page", "token"])
            end = call.span.end - 1
            written = f"{', ' if call.args else ''}{name}: true"
            yield Change(end, end, written, (name,))


def argument_by_place(sound: Sound, random: Random) -> Iterator[Change]:
    """`cancel_visit(visits[0].id)`: the mend is the name."""
    del random
    for call in _calls(sound):
        if len(call.args) == 1 and call.args[0].name is not None:
            arg = call.args[0]
            yield Change(
                arg.span.start,
                arg.value.span.start,
                "",
                (f"{call.args[0].name.text}:", call.args[0].name.text),
            )


def too_many_arguments(sound: Sound, random: Random) -> Iterator[Change]:
    """`count(Visit, 1)`: the mend is how many there are."""
    del random
    for call in _calls(sound):
        if call.name.text in _ARITY and len(call.args) == 1:
            end = call.span.end - 1
            yield Change(end, end, ", 1", ("leave",))


def required_column_missing(sound: Sound, random: Random) -> Iterator[Change]:
    """`create Visit { reason, fee }`"""
    del random
    needed = {
        (entity.name.text, field.name.text)
        for entity, _ in sound.nodes
        if isinstance(entity, ast.Entity)
        for field in entity.fields
        if isinstance(field.type, (ast.BaseType, ast.RowType))
        and field.default is None
        and not field.type.optional
        and not any(each.name.text == "computed" for each in field.attributes)
    }
    for node, _ in sound.nodes:
        if not isinstance(node, ast.Create):
            continue
        entries = node.values.entries
        for place, entry in enumerate(entries):
            if (node.entity.text, entry.name.text) not in needed or len(entries) < 2:
                continue
            start, end = entry.span.start, entry.span.end
            if place + 1 < len(entries):
                end = entries[place + 1].span.start
            else:
                start = entries[place - 1].span.end
            yield Change(start, end, "", (entry.name.text,), (node.span.start,))


def cell_missing(sound: Sound, random: Random) -> Iterator[Change]:
    """A seed row of one value less than its head names; the mend names the columns."""
    del random
    for node, _ in sound.nodes:
        if not isinstance(node, ast.Seed):
            continue
        asked = [column.name.text for column in node.columns if column.constant is None]
        for row in node.rows:
            if len(row.cells) > 1 and len(row.cells) == len(asked):
                start, end = row.cells[-2].span.end, row.cells[-1].span.end
                yield Change(start, end, "", (asked[-1],))


def type_of_parameter(sound: Sound, random: Random) -> Iterator[Change]:
    """A parameter of another entity: `tool cancel_visit(visit: my Slot)`. Told where it is declared or used."""
    entities = sorted({item.name.text for item in sound.spec.items if isinstance(item, ast.Entity)})
    for tool in sound.spec.items:
        if not isinstance(tool, (ast.Tool, ast.Fn)):
            continue
        for param in tool.params:
            kind = param.type
            if isinstance(kind, ast.RowType) and kind.name.text in entities:
                other = random.choice([name for name in entities if name != kind.name.text])
                word = re.compile(rf"\b{param.name.text}\b")
                uses = [found.start() for found in word.finditer(sound.text, tool.span.start, tool.span.end)]
                calls = [call.span.start for call in _calls(sound) if call.name.text == tool.name.text]
                yield Change(
                    kind.name.span.start, kind.name.span.end, other, (kind.name.text,), (*uses, *calls)
                )


def type_of_result(sound: Sound, random: Random) -> Iterator[Change]:
    """`-> Slot` over a body that returns a visit. Told there or at a `return`."""
    entities = sorted({item.name.text for item in sound.spec.items if isinstance(item, ast.Entity)})
    for tool in sound.spec.items:
        if (
            isinstance(tool, ast.Tool)
            and tool.result is not None
            and isinstance(tool.result.element, ast.RowType)
        ):
            name = tool.result.element.name
            if name.text not in entities or tool.result.shape:
                continue
            other = random.choice([each for each in entities if each != name.text])
            returns = [
                node.span.start
                for node, around in sound.nodes
                if isinstance(node, ast.Return) and tool in around
            ]
            yield Change(name.span.start, name.span.end, other, (name.text,), tuple(returns))


def number_for_text(sound: Sound, random: Random) -> Iterator[Change]:
    """A text where a number, a date or a reference is asked, or the other way round: the mend is
    to know what is asked, as in `is a bool, not an email`."""
    for node, around in sound.nodes:
        if not isinstance(node, ast.Literal) or not isinstance(around[0], (ast.SeedRow, ast.Entry, ast.Arg)):
            continue
        if node.kind == "text":
            yield Change(node.span.start, node.span.end, random.choice(["7", "true"]), ("not",))
        elif node.kind == "int":
            yield Change(
                node.span.start,
                node.span.end,
                random.choice(["true", '"many"']),
                ("not",),
            )
        elif node.kind == "bool":
            yield Change(node.span.start, node.span.end, '"yes"', ("not",))


def else_lost(sound: Sound, random: Random) -> Iterator[Change]:
    """`require c` without code and message"""
    del random
    for node, _ in sound.nodes:
        if isinstance(node, ast.Require):
            start = sound.text.rindex("else", node.test.span.end, node.otherwise.code.span.start)
            yield Change(start, node.otherwise.span.end, "", ("else",), (node.test.span.end - 1,))


def null_unhandled(sound: Sound, random: Random) -> Iterator[Change]:
    """`.grade ?? f` without its `?? f`"""
    del random
    for node, around in sound.nodes:
        if not isinstance(node, ast.Binary) or node.op != "??":
            continue
        # A key of a group may be null.
        grouped = isinstance(around[1], ast.Call) and around[1].name.text == "group"
        if not grouped:
            start = sound.text.index("??", node.left.span.end)
            yield Change(start, node.right.span.end, "", ("??",))


def result_lost(sound: Sound, random: Random) -> Iterator[Change]:
    """The last `return` of a tool with a result left out: told at the tool's head or where it ended."""
    del random
    for tool in sound.spec.items:
        if not isinstance(tool, ast.Tool) or tool.result is None or len(tool.body.statements) < 2:
            continue
        last = tool.body.statements[-1]
        if isinstance(last, ast.Return) and not isinstance(last.value, ast.Create):
            yield Change(
                last.span.start,
                last.span.end,
                "",
                ("return",),
                (tool.name.span.start, tool.result.span.start),
            )


KINDS: dict[str, Kind] = {
    "argument missing": argument_missing,
    "argument too many": argument_added,
    "argument by place": argument_by_place,
    "too many values for a function": too_many_arguments,
    "column missing in create": required_column_missing,
    "value missing in a seed row": cell_missing,
    "parameter of another entity": type_of_parameter,
    "result of another entity": type_of_result,
    "literal of another type": number_for_text,
    "else of a require lost": else_lost,
    "null not dealt with": null_unhandled,
    "return lost": result_lost,
}
