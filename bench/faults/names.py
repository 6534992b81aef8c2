"""Names with slips of the pen, in another style, of another thing, or taken twice."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from awmc.syntax import ast
from awmc.syntax.grammar import tables
from bench.faults.sound import Change, Kind, Sound

_SHORTEST = 3
_FIXED = frozenset(["me", "now", "self", "clock", "id"])


def slip(word: str, taken: frozenset[str], random: Random) -> str | None:
    """The word with one slip of the pen: a letter doubled, left out, or swapped with the next. None where that is
    another word of the spec or of the language.
    """
    at = random.randrange(1, len(word) - 1) if len(word) > 2 else 0
    slips = [
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :] if at + 1 < len(word) else word,
        word + "s" if not word.endswith("s") else word[:-1],
    ]
    random.shuffle(slips)
    for slipped in slips:
        if slipped != word and slipped not in taken and slipped not in tables().keywords:
            return slipped
    return None


def _slipped(sound: Sound, random: Random, name: ast.Name) -> Iterator[Change]:
    if len(name.text) >= _SHORTEST and name.text not in _FIXED:
        written = slip(name.text, sound.words, random)
        if written is not None:
            yield Change(name.span.start, name.span.end, written, (name.text,))


def _named(span_node: ast.Node, text: str) -> ast.Name:
    return ast.Name(span_node.span, text)


def entity_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`Slto where .starts > now`"""
    for node, _ in sound.nodes:
        match node:
            case ast.EntityRef():
                yield from _slipped(sound, random, _named(node, node.name))
            case ast.RowType(name=name) | ast.Scoped(entity=name) | ast.Create(entity=name):
                yield from _slipped(sound, random, name)
            case ast.Seed(entity=name) | ast.Generate(entity=name) | ast.Tools(entity=name):
                yield from _slipped(sound, random, name)
            case ast.Shape(entity=name) | ast.May(entity=name) | ast.ColumnType(entity=name):
                yield from _slipped(sound, random, name)


def column_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`visit.sttaus`"""
    for node, _ in sound.nodes:
        match node:
            case ast.Column(field=name) | ast.Attr(field=name) | ast.SeedColumn(name=name):
                yield from _slipped(sound, random, name)
            case ast.Assign(path=(*_, name)) | ast.ColumnType(field=name):
                yield from _slipped(sound, random, name)
            case ast.ShapeMember(path=(*_, name)):
                yield from _slipped(sound, random, name)


def new_row_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`create Visit { slto: slot }`"""
    for node, around in sound.nodes:
        if isinstance(node, ast.Entry) and len(around) > 1:
            yield from _slipped(sound, random, node.name)


def _refs(sound: Sound, names: set[str], random: Random) -> Iterator[Change]:
    for node, _ in sound.nodes:
        if isinstance(node, ast.Ref) and node.name in names:
            yield from _slipped(sound, random, _named(node, node.name))


def value_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`.status == boked`"""
    values = {node.name.text for node, _ in sound.nodes if isinstance(node, ast.EnumValue)}
    for node, _ in sound.nodes:
        if isinstance(node, ast.Transition):
            values |= {node.source.text, *(target.text for target in node.targets)}
    yield from _refs(sound, values - _labels(sound) - _locals(sound), random)


def _labels(sound: Sound) -> set[str]:
    return {
        node.label.text for node, _ in sound.nodes if isinstance(node, ast.SeedRow) and node.label is not None
    }


def _locals(sound: Sound) -> set[str]:
    return {
        node.name.text
        for node, _ in sound.nodes
        if isinstance(node, (ast.Let, ast.TaskLet, ast.For, ast.Loop, ast.Param))
    }


def label_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`{ nroa, sp25_cs101, a }`"""
    yield from _refs(sound, _labels(sound) - _locals(sound), random)


def local_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`let doctors = …`, then `doctor[0]`"""
    yield from _refs(sound, _locals(sound) - _labels(sound), random)


def _functions(sound: Sound) -> set[str]:
    own = {node.name.text for node, _ in sound.nodes if isinstance(node, ast.Fn)}
    return own | {"count", "exists", "first", "sum", "round", "date", "choose", "min_by", "any", "all", "len"}


def function_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`coutn(me.loans)`"""
    known = _functions(sound)
    for node, _ in sound.nodes:
        if isinstance(node, ast.Call) and node.name.text in known:
            yield from _slipped(sound, random, node.name)


def tool_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`list_doctor(specialty: cardiology)`"""
    for node, around in sound.nodes:
        played = any(isinstance(each, (ast.Solve, ast.Wrong)) for each in around)
        if isinstance(node, ast.Call) and played and "_" in node.name.text:
            yield from _slipped(sound, random, node.name)


def parameter_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`list_doctors(speciality: cardiology)`"""
    for node, _ in sound.nodes:
        if isinstance(node, ast.Arg) and node.name is not None:
            yield from _slipped(sound, random, node.name)


def type_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`starts: dateitme`"""
    for node, _ in sound.nodes:
        if isinstance(node, ast.BaseType):
            yield from _slipped(sound, random, node.name)


def attribute_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`@serach`"""
    for node, _ in sound.nodes:
        if isinstance(node, ast.Attribute):
            yield from _slipped(sound, random, node.name)


def keyword_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`retrun visit`"""
    for token in sound.tokens:
        if token.word and token.kind == token.word and len(token.text) >= _SHORTEST:
            written = slip(token.text, sound.words, random)
            if written is not None:
                yield Change(token.start, token.end, written, (token.text,))


def camel_case(sound: Sound, random: Random) -> Iterator[Change]:
    """`listDoctors(…)`, `visit.bookedAt`"""
    del random
    for node, _ in sound.nodes:
        match node:
            case (
                ast.Column(field=name)
                | ast.Attr(field=name)
                | ast.Call(name=name)
                | ast.Arg(name=ast.Name() as name)
            ):
                head, *rest = name.text.split("_")
                if rest and all(rest):
                    camel = head + "".join(word.capitalize() for word in rest)
                    yield Change(name.span.start, name.span.end, camel, (name.text,))


def scope_wrong(sound: Sound, random: Random) -> Iterator[Change]:
    """`mine Visit`, `our Visit`"""
    for node, _ in sound.nodes:
        match node:
            case (
                ast.RowType(scope=ast.Name() as scope)
                | ast.Scoped(scope=scope)
                | ast.Tools(scope=ast.Name() as scope)
            ):
                written = random.choice(
                    [word for word in ("mine", "own", "our", "owned") if word != scope.text]
                )
                yield Change(scope.span.start, scope.span.end, written, (scope.text,))


def code_misspelt(sound: Sound, random: Random) -> Iterator[Change]:
    """`fails cancel_visit(…) with to_late`"""
    for node, _ in sound.nodes:
        if isinstance(node, ast.Fails):
            yield from _slipped(sound, random, node.code)


def value_of_another(sound: Sound, random: Random) -> Iterator[Change]:
    """A value of another enum or of other states: `.status == cardiology`. Its mend is one that there is."""
    families: list[list[str]] = []
    for node, _ in sound.nodes:
        if isinstance(node, (ast.Enum, ast.EnumType)):
            families.append([value.name.text for value in node.values])
        if isinstance(node, ast.States):
            names = [name.text for move in node.transitions for name in (move.source, *move.targets)]
            families.append(list(dict.fromkeys(names)))
    labels = _labels(sound) | _locals(sound)
    for node, _ in sound.nodes:
        if not isinstance(node, ast.Ref) or node.name in labels:
            continue
        own = [family for family in families if node.name in family]
        others = [name for family in families if family not in own for name in family]
        strange = sorted({name for name in others if all(name not in family for family in own)} - labels)
        if len(own) == 1 and strange:
            yield Change(node.span.start, node.span.end, random.choice(strange), (node.name,))


def declared_twice(sound: Sound, random: Random) -> Iterator[Change]:
    """A declaration, column, parameter or value that is there twice: the mend is to know of the first one."""
    del random
    for node, around in sound.nodes:
        match node:
            case ast.Field(name=name) | ast.Tool(name=name) | ast.Entity(name=name) | ast.Enum(name=name):
                between = "\n  " if around else "\n"
            case ast.Shape(name=name) | ast.Fn(name=name) | ast.Task(name=name) | ast.Invariant(name=name):
                between = "\n"
            case ast.Param(name=name) | ast.EnumValue(name=name):
                between = ", "
            case ast.Arg(name=ast.Name() as name) | ast.Entry(name=name):
                between = ", "
            case _:
                continue
        end = node.span.end
        yield Change(end, end, f"{between}{sound.of(node.span)}", (f"@{name.span.start}",))


KINDS: dict[str, Kind] = {
    "entity misspelt": entity_misspelt,
    "column misspelt": column_misspelt,
    "column of a new row misspelt": new_row_misspelt,
    "value misspelt": value_misspelt,
    "label misspelt": label_misspelt,
    "local misspelt": local_misspelt,
    "function misspelt": function_misspelt,
    "tool misspelt": tool_misspelt,
    "parameter misspelt": parameter_misspelt,
    "type misspelt": type_misspelt,
    "attribute misspelt": attribute_misspelt,
    "keyword misspelt": keyword_misspelt,
    "camelCase": camel_case,
    "scope of another name": scope_wrong,
    "error code misspelt": code_misspelt,
    "value of another enum": value_of_another,
    "declared twice": declared_twice,
}
