"""What may stand at the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from awmc.lsp import vocabulary
from awmc.lsp.prefix import MARK
from awmc.lsp.probe import Place, Probe, probe
from awmc.lsp.snapshot import Snapshot
from awmc.lsp.words import callable_text, type_text
from awmc.semantics.effects import AUTOMATIC
from awmc.semantics.functions import AGGREGATES, FUNCTIONS, GENERATORS
from awmc.semantics.generators import FAKES
from awmc.semantics.model import Entity, Model, ToolModel
from awmc.semantics.types import SCALARS
from awmc.source import Span
from awmc.syntax import ast
from awmc.syntax.cut import HEADS
from awmc.syntax.grammar import tables

FIRST, SECOND, LAST = "0", "1", "2"
"""How near at hand a choice is."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`kind`: of its symbol, or `keyword`; `insert`: what is written, where that is more than the label."""

    label: str
    kind: str
    detail: str = ""
    doc: str = ""
    insert: str = ""
    rank: str = SECOND


def complete(snapshot: Snapshot, offset: int) -> tuple[list[Choice], Span]:
    """The choices, and the span of the word that one of them replaces."""
    found = probe(snapshot, offset)
    if found is None:
        return [], Span.at(offset)
    choices = {choice.label: choice for choice in reversed([*_choices(snapshot, found)])}
    wanted = _loose(found.word)
    kept = [choice for choice in choices.values() if _is_in(wanted, _loose(choice.label))]
    return sorted(kept, key=lambda c: (c.rank, c.label)), Span(found.start, offset)


def _loose(word: str) -> str:
    return word.lower().replace("_", "")


def _is_in(word: str, label: str) -> bool:
    """Whether the letters of a word stand in a label, in their order."""
    letters = iter(label)
    return all(letter in letters for letter in word)


def _choices(snapshot: Snapshot, found: Probe) -> Iterator[Choice]:
    if found.heads:
        yield from (Choice(head, "keyword", "", vocabulary.KEYWORDS[head]) for head in HEADS)
        return
    model = found.model
    if model is None:
        # Too broken to say more than what there is at all.
        yield from _names(snapshot.model)
        return
    if found.path:
        yield from _of_path(snapshot, found, model)
    if "TYPE" in found.accepted:
        yield from _upper(found, model)
    if not isinstance(found.path[-1] if found.path else None, ast.Name) or _may_begin(found):
        yield from _keywords(found)


def _names(model: Model) -> Iterator[Choice]:
    yield from (Choice(name, "entity") for name in model.entities)
    yield from (Choice(name, "enum") for name in model.enums if "." not in name)
    yield from _callables(model, wire=False)


def _may_begin(found: Probe) -> bool:
    """Whether the name at the cursor begins a statement, a member or a clause, where a keyword could stand too."""
    return len(found.path) > 1 and not (isinstance(found.path[-2], (ast.Attr, ast.Column)))


def _keywords(found: Probe) -> Iterator[Choice]:
    texts = tables().texts
    for kind in sorted(found.accepted):
        word = texts.get(kind, "")
        if word.isalpha():
            yield Choice(word, "keyword", "", vocabulary.KEYWORDS.get(word, ""), "", LAST)


def _upper(found: Probe, model: Model) -> Iterator[Choice]:
    """`Upper` names: in types also enums and records, where results are declared also shapes."""
    yield from (Choice(name, "entity", "entity", entity.about) for name, entity in model.entities.items())
    if "ENUM" in found.accepted:
        yield from (Choice(name, "enum", "enum") for name in model.enums if "." not in name)
        yield from (Choice(name, "record", "record") for name in model.records)
    if "ENUM" not in found.accepted or "LBRACE" in found.accepted or "STRING" in found.accepted:
        for name, shape in model.shapes.items():
            if not shape.implicit:
                yield Choice(name, "shape", f"shape of {shape.entity.name}")


# ---- Names by what they stand in -----------------------------------------------------------------------------------


def _of_path(snapshot: Snapshot, found: Probe, model: Model) -> Iterator[Choice]:
    path = found.path
    name, parent = path[-1], path[-2] if len(path) > 1 else path[-1]
    above = path[-3] if len(path) > 2 else parent
    match parent:
        case ast.Attr() | ast.Column():
            yield from _members(snapshot, found, model, parent)
        case ast.BaseType() | ast.RowType():
            yield from (
                Choice(t, "type", "", vocabulary.TYPES[t], "", FIRST)
                for t in SCALARS
                if t in vocabulary.TYPES
            )
            scopes = {scope for entity in model.entities.values() for scope in entity.scopes}
            yield from (Choice(scope, "scope") for scope in sorted(scopes))
        case ast.ColumnType():
            yield from _fields(model.entities.get(parent.entity.text), ("id", "stored", "computed", "link"))
        case ast.Attribute():
            yield from _attributes(parent, above)
        case ast.Entry() if name is parent.name:
            yield from _entries(found, model, path)
        case ast.SeedColumn() if isinstance(above, ast.Seed):
            yield from _columns(model, above.entity.text, {c.name.text for c in above.columns})
        case ast.Derived() if name is parent.kind:
            yield from (
                Choice(word, "keyword", "", said, "", FIRST) for word, said in vocabulary.ITEMS.items()
            )
        case ast.Derived() if name is not parent.alias and isinstance(above, ast.Tools):
            yield from _columns(model, above.entity.text, {n.text for n in parent.names})
        case ast.Assign() if isinstance(above, ast.Update):
            yield from _assigned(found, model, parent, above)
        case ast.ShapeMember() if name is not parent.name:
            yield from _shape_path(model, path)
        case ast.Fails():
            yield from _codes(model, parent.call.name.text)
        case ast.Otherwise() | ast.Fail():
            codes = {code for tool in model.tools.values() for code in tool.codes if code != MARK}
            yield from (
                Choice(code, "code", "", "an error that another tool answers") for code in sorted(codes)
            )
        case ast.Actor():
            yield from _labels(model, parent.entity.text)
        case ast.Task() if name is parent.actor and model.actor is not None:
            yield from _labels(model, model.actor[0])
        case ast.Offered() if name is parent.name:
            for word in ("calculate", "think", "handoff"):
                yield Choice(word, "tool", vocabulary.FUNCTIONS[word][0], vocabulary.FUNCTIONS[word][1])
        case ast.Transition() if isinstance(above, ast.States):
            names = {n.text for move in above.transitions for n in (move.source, *move.targets)}
            yield from (Choice(state, "value", "state") for state in sorted(names - {MARK}))
        case ast.Scoped() | ast.Tools() if name is parent.scope:
            yield from (
                Choice(s, "scope") for s in sorted({s for e in model.entities.values() for s in e.scopes})
            )
        case ast.Call() if isinstance(above, ast.CallStatement):
            place = found.place
            yield from _callables(model, wire=place is not None and place.wire)
        case ast.Call() if isinstance(above, ast.Fails):
            yield from _callables(model, wire=True)
        case _ if isinstance(name, ast.Ref):
            yield from _expression(found, model, path)


def _members(snapshot: Snapshot, found: Probe, model: Model, node: ast.Attr | ast.Column) -> Iterator[Choice]:
    if isinstance(node, ast.Attr):
        of = found.seen.get(node.of.span)
        kind = of.type if of is not None else None
    else:
        kind = found.place.row if found.place is not None else None
    if kind is None:
        return
    if kind.kind == "row":
        # Of an entity that is being typed, what stands behind the cursor is only known from before.
        kinds = ("id", "stored", "computed", "relation", "link")
        yield from _fields(model.entities.get(kind.name), kinds)
        if any(isinstance(above, ast.Entity) for above in found.path):
            yield from _fields(snapshot.model.entities.get(kind.name), kinds)
    elif kind.kind == "record":
        yield from (Choice(name, "part", type_text(part), "", "", FIRST) for name, part in kind.fields)
    elif kind.kind == "list" and kind.paged:
        yield Choice("total", "constant", "int", vocabulary.CONSTANTS["total"])


def _fields(entity: Entity | None, kinds: Iterable[str], skip: Iterable[str] = ()) -> Iterator[Choice]:
    if entity is None:
        return
    left = set(skip)
    for name, field in entity.fields.items():
        if field.kind in kinds and name not in left and name != MARK:
            yield Choice(name, "field", type_text(field.type), field.doc, "", FIRST)
    if "id" in kinds and "id" not in entity.fields and "id" not in left:
        yield Choice("id", "field", f"the id of a {entity.name}")


def _columns(model: Model, entity: str, skip: Iterable[str]) -> Iterator[Choice]:
    yield from _fields(model.entities.get(entity), ("stored", "link", "computed"), skip)


def _attributes(node: ast.Attribute, above: ast.Node) -> Iterator[Choice]:
    known = vocabulary.ENTITY_ATTRIBUTES if isinstance(above, ast.Entity) else vocabulary.FIELD_ATTRIBUTES
    if isinstance(above, ast.Param):
        known = {"match": vocabulary.FIELD_ATTRIBUTES["match"]}
    for name, said in known.items():
        takes = name in ("computed", "via", "match") or isinstance(above, ast.Entity)
        yield Choice(name, "attribute", "", said, f"{name}($1)" if takes else "", FIRST)


def _entries(found: Probe, model: Model, path: tuple[ast.Node, ...]) -> Iterator[Choice]:
    record = path[-3]
    assert isinstance(record, ast.RecordOf)
    given = {entry.name.text for entry in record.entries}
    owner = path[-4] if len(path) > 3 else record
    row = owner.entity.text if isinstance(owner, (ast.Create, ast.Generate)) else ""
    if isinstance(owner, ast.SeedRow):
        row = next((node.entity.text for node in path if isinstance(node, ast.Seed)), "")
    if row:
        choices = list(_fields(model.entities.get(row), ("stored", "link", "relation"), given))
    else:
        of = found.seen.get(record.span)
        known = model.records.get(of.type.name) if of is not None else None
        choices = (
            [Choice(p.name, "part", type_text(p.type)) for p in known.parts] if known is not None else []
        )
    for choice in choices:
        if choice.label not in given:
            yield Choice(choice.label, choice.kind, choice.detail, choice.doc, f"{choice.label}: $1", FIRST)


def _assigned(found: Probe, model: Model, node: ast.Assign, update: ast.Update) -> Iterator[Choice]:
    rows = found.seen.get(update.rows.span)
    kind = rows.type if rows is not None else None
    row = kind.element if kind is not None and kind.kind == "list" else kind
    if row is None or row.kind != "row":
        return
    entity = model.entities.get(row.name)
    if len(node.path) > 1 and entity is not None:
        field = entity.fields.get(node.path[0].text)
        record = model.records.get(field.type.name) if field is not None else None
        if record is not None:
            yield from (Choice(p.name, "part", type_text(p.type)) for p in record.parts)
        return
    yield from _fields(entity, ("stored", "link"), (assign.path[0].text for assign in update.assigns))


def _shape_path(model: Model, path: tuple[ast.Node, ...]) -> Iterator[Choice]:
    entity: Entity | None = None
    for above in path:
        if isinstance(above, ast.Shape):
            entity = model.entities.get(above.entity.text)
        elif isinstance(above, ast.ResultType) and isinstance(above.element, ast.RowType):
            entity = model.entities.get(above.element.name.text)
        elif isinstance(above, ast.ShapeMember):
            for name in above.path:
                if name.text == MARK or entity is None:
                    break
                field = entity.fields.get(name.text)
                kind = field.type if field is not None else None
                row = kind.element if kind is not None and kind.kind == "list" else kind
                entity = model.entities.get(row.name) if row is not None and row.kind == "row" else None
    yield from _fields(entity, ("id", "stored", "computed", "relation", "link"))


def _codes(model: Model, callee: str) -> Iterator[Choice]:
    tool = model.tools.get(callee)
    if tool is not None:
        yield from (Choice(code, "code", "", message, "", FIRST) for code, message in tool.codes.items())
        yield from (Choice(code, "code") for code in AUTOMATIC if code in tool.automatic)


def _labels(model: Model, entity: str, rank: str = FIRST) -> Iterator[Choice]:
    yield from (Choice(label, "label", entity, "", "", rank) for label in model.labels.get(entity, ()))


def _callables(model: Model, *, wire: bool) -> Iterator[Choice]:
    for name, tool in {**model.tools, **(model.offered if wire else {})}.items():
        if not (wire and tool.hidden):
            kind = "action" if tool.hidden else "tool"
            yield Choice(name, kind, callable_text(model, name), tool.about, f"{name}($1)", FIRST)


# ---- Expressions ---------------------------------------------------------------------------------------------------


def _expression(found: Probe, model: Model, path: tuple[ast.Node, ...]) -> Iterator[Choice]:
    place = found.place
    if place is None:
        yield from _bare(found, model, path)
        return
    expected = place.expected
    if expected is not None and expected.kind == "enum" and expected.name in model.enums:
        for value, _, doc in model.enums[expected.name].values:
            yield Choice(value, "value", expected.name, doc, "", FIRST)
    yield from _arguments(model, path, place)
    for name, kind in place.locals.items():
        rank = FIRST if expected is not None and kind.kind == expected.kind else SECOND
        yield Choice(name, "local", type_text(kind), vocabulary.CONSTANTS.get(name, ""), "", rank)
    for binder in place.rows:
        yield Choice(binder.name, "local", type_text(binder.type))
    if place.labels:
        entities = (
            [expected.name] if expected is not None and expected.kind in ("row", "id") else list(model.labels)
        )
        for entity in entities:
            yield from _labels(model, entity, FIRST if len(entities) == 1 else LAST)
    yield from _constants(model, place)
    yield from _functions(model, place)
    if place.calls and _is_head(path):
        yield from _callables(model, wire=place.wire)
    scopes = {scope for entity in model.entities.values() for scope in entity.scopes}
    yield from (Choice(scope, "scope", "rows inside the scope") for scope in sorted(scopes))


def _constants(model: Model, place: Place) -> Iterator[Choice]:
    names = ["now", *(["me"] if model.actor is not None else ()), *(["self"] if place.has_self else ())]
    names += ["clock"] if place.clock else []
    yield from (Choice(name, "constant", "", vocabulary.CONSTANTS[name]) for name in names)


def _functions(model: Model, place: Place) -> Iterator[Choice]:
    names = [*FUNCTIONS, *AGGREGATES, "group", "choose", *(["old"] if place.old else ())]
    names += GENERATORS if place.generators else ()
    for name in names:
        head, said = vocabulary.FUNCTIONS[name]
        yield Choice(name, "function", head, said, f"{name}($1)", FIRST if name in GENERATORS else LAST)
    for name in model.fns:
        yield Choice(name, "fn", callable_text(model, name), "", f"{name}($1)")


def _arguments(model: Model, path: tuple[ast.Node, ...], place: Place) -> Iterator[Choice]:
    """The parameters that a call has not been given yet."""
    if (
        len(path) < 3
        or not isinstance(path[-2], ast.Arg)
        or not isinstance(path[-3], ast.Call)
        or path[-2].name
    ):
        return
    call = path[-3]
    tool: ToolModel | None = model.offered.get(call.name.text) or model.tools.get(call.name.text)
    fn = model.fns.get(call.name.text)
    given = {arg.name.text for arg in call.args if arg.name is not None}
    for param in tool.params if tool is not None else fn.params if fn is not None else ():
        if param.name not in given:
            yield Choice(param.name, "param", type_text(param.type), param.doc, f"{param.name}: $1", FIRST)


def _bare(found: Probe, model: Model, path: tuple[ast.Node, ...]) -> Iterator[Choice]:
    """A lone name that the checker does not read as an expression."""
    for above in reversed(path):
        match above:
            case ast.Call() if above.name.text == "fake":
                yield from (Choice(kind, "value", "fake") for kind in FAKES)
                return
            case ast.Call():
                yield from _arguments(model, path, Place())
                return
            case ast.Attribute() if above.name.text == "via":
                yield from _via(model, path)
                return
            case ast.Attribute() if above.name.text == "unique":
                entity = next((node.name.text for node in path if isinstance(node, ast.Entity)), "")
                yield from _fields(model.entities.get(entity), ("stored",))
                return
            case ast.Seed():
                yield from _cell(model, above, path)
                return
            case ast.Generate():
                yield from _linked(model, model.entities.get(above.entity.text))
                return


def _via(model: Model, path: tuple[ast.Node, ...]) -> Iterator[Choice]:
    field = next((node for node in path if isinstance(node, ast.Field)), None)
    owner = next((node.name.text for node in path if isinstance(node, ast.Entity)), "")
    element = field.type.element if field is not None and isinstance(field.type, ast.ListType) else None
    target = model.entities.get(element.name.text) if isinstance(element, ast.RowType) else None
    for name, other in target.fields.items() if target is not None else ():
        back = other.type.element if other.kind == "link" else other.type
        if back is not None and back.kind == "row" and back.name == owner:
            yield Choice(name, "field", type_text(other.type), other.doc, "", FIRST)


def _cell(model: Model, seed: ast.Seed, path: tuple[ast.Node, ...]) -> Iterator[Choice]:
    """What fits the column that a cell of a row by hand is in."""
    entity = model.entities.get(seed.entity.text)
    row = next((node for node in path if isinstance(node, ast.SeedRow)), None)
    free = [column.name.text for column in seed.columns if column.constant is None]
    place = (
        next((at for at, cell in enumerate(row.cells) if cell in path), len(free)) if row is not None else 0
    )
    field = entity.fields.get(free[place]) if entity is not None and place < len(free) else None
    if field is None or field.kind == "link":
        yield from _linked(model, entity)
    elif field.type.kind == "enum":
        for value, _, doc in model.enums[field.type.name].values:
            yield Choice(value, "value", field.type.name, doc, "", FIRST)
    elif field.type.kind == "row":
        yield from _labels(model, field.type.name)


def _linked(model: Model, entity: Entity | None) -> Iterator[Choice]:
    """The labels of the rows that many-to-many cells may list."""
    links = [f.type.element for f in entity.fields.values() if f.kind == "link"] if entity is not None else []
    for element in links:
        if element is not None:
            yield from _labels(model, element.name)


def _is_head(path: tuple[ast.Node, ...]) -> bool:
    """Whether a tool may be called where the name stands."""
    parent = path[-2]
    if isinstance(parent, ast.Query) and len(path) > 2 and parent.source is path[-1]:
        parent = path[-3]
    return isinstance(parent, (ast.Let, ast.Return, ast.For, ast.Otherwise))
