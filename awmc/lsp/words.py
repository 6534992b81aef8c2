"""Symbols in words: what a hover or a completion says of them, in Markdown."""

from __future__ import annotations

from awmc.lsp import vocabulary
from awmc.lsp.snapshot import Snapshot
from awmc.semantics.model import Entity, Field, Model, ParamModel, ToolModel
from awmc.semantics.symbols import Symbol
from awmc.semantics.types import Type
from awmc.source import Span
from awmc.syntax.format import format_declaration


def type_text(kind: Type) -> str:
    """A type as it is written: `money? 0..`."""
    match kind.kind:
        case "error":
            return "unknown"
        case "row" if kind.scope:
            text = f"{kind.scope} {kind.name}"
        case "record" if kind.fields and not kind.name:
            text = "{" + ", ".join(f"{name}: {type_text(part)}" for name, part in kind.fields) + "}"
        case "list" if kind.element is not None:
            text = f"[{type_text(kind.element)}]"
        case _:
            text = str(kind)
    text += "?" if kind.nullable and kind.kind != "null" else ""
    if kind.low is None and kind.high is None:
        return text
    low, high = (_bound(kind, bound) for bound in (kind.low, kind.high))
    return f"{text} {low}..{high}"


def _bound(kind: Type, bound: int | float | str | None) -> str:
    if kind.kind != "money" or bound is None:
        return "" if bound is None else str(bound)
    whole, cents = divmod(int(bound), 100)
    return f"{whole}.{cents:02}" if cents else str(whole)


def signature(model: Model, name: str) -> tuple[str, list[tuple[str, str]]] | None:
    """What stands before the parenthesis of a call and behind it, and the parameters with their docs."""
    tool = model.tools.get(name) or model.offered.get(name)
    if tool is not None:
        return result_text(model, tool), [(_param(model, p), p.doc) for p in tool.params]
    fn = model.fns.get(name)
    if fn is not None:
        result = f" -> {type_text(fn.type)}" if fn.type is not None and fn.type.kind != "error" else ""
        return result, [(_param(model, p), p.doc) for p in fn.params]
    known = vocabulary.FUNCTIONS.get(name)
    if known is None:
        return None
    head = known[0].partition(" or ")[0]
    inside, _, result = head.partition("(")[2].rpartition(")")
    return result, [(part.strip(), "") for part in inside.split(",")]


def result_text(model: Model, tool: ToolModel) -> str:
    """` -> [Visit]`, or nothing."""
    if tool.node.result is not None and not tool.derived_from:
        span = tool.node.result.span
        return f" -> {' '.join(model.text(span).split())}"
    if tool.result is None or tool.result.kind == "error":
        return ""
    kind = tool.result
    if tool.shape is not None and not tool.shape.implicit:
        shown = f"[{tool.shape.name}]" if kind.kind == "list" else tool.shape.name
        return f" -> {shown}"
    return f" -> {type_text(kind)}"


def _param(model: Model, param: ParamModel) -> str:
    default = ""
    if param.default is not None:
        written = model.text(param.default.span)
        default = f" = {written}" if "\n" not in written and len(written) < 40 else " = …"
    return f"{param.name}: {type_text(param.type)}{default}"


def callable_text(model: Model, name: str) -> str:
    """`book_visit(slot: Slot, reason: text 3..200) -> Visit`."""
    found = signature(model, name)
    if found is None:
        return name
    result, params = found
    return f"{name}({', '.join(text for text, _ in params)}){result}"


def describe(snapshot: Snapshot, symbol: Symbol) -> tuple[str, str]:
    """A symbol as a line or more of awm, and what there is to say of it, in Markdown."""
    model = snapshot.model
    name = symbol.name
    match symbol.kind:
        case "entity" if name in model.entities:
            return _entity(model.entities[name])
        case "field" | "item" if symbol.owner in model.entities:
            return _field(model, model.entities[symbol.owner], name)
        case "enum" if name in model.enums:
            values = ", ".join(value for value, _, _ in model.enums[name].values)
            return f"enum {name} {{ {values} }}", ""
        case "value" if symbol.owner in model.enums:
            return _value(model, symbol)
        case "record" if name in model.records:
            parts = ", ".join(f"{p.name}: {type_text(p.type)}" for p in model.records[name].parts)
            return f"record {name} {{ {parts} }}", ""
        case "part":
            record = model.records.get(symbol.owner)
            part = next((p for p in record.parts if p.name == name), None) if record is not None else None
            kind = f"{name}: {type_text(part.type)}" if part is not None else name
            return kind, f"part of `{symbol.owner}`" if symbol.owner else "a part"
        case "shape" if name in model.shapes:
            shape = model.shapes[name]
            members = ", ".join(member.name for member in shape.members)
            return f"shape {name} = {shape.entity.name}({members})", ""
        case "member":
            return _declared(snapshot, symbol.span), f"member of shape `{symbol.owner}`"
        case "scope":
            return f"{name} {symbol.owner}", _scope(model, symbol)
        case "tool" | "action" if name in model.tools:
            return _tool(model, model.tools[name])
        case "fn" if name in model.fns:
            return f"fn {callable_text(model, name)}", f"`= {model.text(model.fns[name].node.value.span)}`"
        case "param" | "local":
            return _local(snapshot, symbol)
        case "invariant" if name in model.invariants:
            invariant = model.invariants[name]
            on = f" on {invariant.entity.name}" if invariant.entity is not None else ""
            return f"invariant {name}{on}", invariant.about
        case "task" if name in model.tasks:
            instruction = model.text(model.tasks[name].node.instruction.span).strip('"')
            return f"task {name}", instruction
        case "label":
            return f"{name}: {symbol.owner}", f"a row of `{symbol.owner}` in the seeds"
        case "code":
            return f"else {name}", _code(model, name)
        case "env" if model.env is not None:
            return f"env {name}", model.env.about.value
        case _:
            return _builtin(symbol)


def _builtin(symbol: Symbol) -> tuple[str, str]:
    name = symbol.name
    match symbol.kind:
        case "function" | "tool" if name in vocabulary.FUNCTIONS:
            return vocabulary.FUNCTIONS[name]
        case "constant" | "local":
            return name, vocabulary.CONSTANTS.get(name, "")
        case "type":
            return name, vocabulary.TYPES.get(name, "")
        case "attribute" if symbol.owner == "entity":
            return f"@@{name}", vocabulary.ENTITY_ATTRIBUTES.get(name, "")
        case "attribute":
            return f"@{name}", vocabulary.FIELD_ATTRIBUTES.get(name, "")
        case "item":
            return name, vocabulary.ITEMS.get(name, "")
    return name, ""


def _entity(entity: Entity) -> tuple[str, str]:
    owner = f" owned by {'.'.join(name.text for name in entity.node.owner)}" if entity.node.owner else ""
    lines = [f"  {name}: {_field_type(field)}" for name, field in entity.fields.items()]
    return "\n".join([f"entity {entity.name}{owner} {{", *lines, "}"]), entity.about


def _field_type(field: Field) -> str:
    if field.moves:
        moves = "  ".join(f"{a} -> {', '.join(b)}" for a, b in field.moves.items() if b)
        return f"states {{ {moves} }}"
    return type_text(field.type)


def _field(model: Model, entity: Entity, name: str) -> tuple[str, str]:
    field = entity.fields.get(name) or entity.key
    if field is None:
        return name, ""
    if field.node is not None:
        written = " ".join(model.text(field.node.span).split())
    else:
        written = f"{field.name}: {type_text(field.type)}"
    what = {
        "computed": "a computed column",
        "relation": "the rows that refer here",
        "link": "a many-to-many relation",
        "id": "the id",
    }.get(field.kind, "a column")
    via = f" by `{field.via}`" if field.kind == "relation" and field.via else ""
    doc = f"{field.doc}\n\n" if field.doc else ""
    return written, f"{doc}{what} of `{entity.name}`{via}"


def _value(model: Model, symbol: Symbol) -> tuple[str, str]:
    enum = model.enums[symbol.owner]
    _, wire, doc = next((v for v in enum.values if v[0] == symbol.name), (symbol.name, symbol.name, ""))
    said = [doc] if doc else []
    said.append(f"a value of `{symbol.owner}`" + (f', `"{wire}"` on the wire' if wire != symbol.name else ""))
    entity, _, field = symbol.owner.partition(".")
    moves = model.entities[entity].fields[field].moves if entity in model.entities and enum.states else {}
    if moves:
        targets = moves.get(symbol.name, ())
        said.append("moves to " + ", ".join(f"`{t}`" for t in targets) if targets else "a last state")
    return symbol.name, "\n\n".join(said)


def _scope(model: Model, symbol: Symbol) -> str:
    entity = model.entities.get(symbol.owner)
    rule = entity.scopes.get(symbol.name) if entity is not None else None
    return f"the rows for which `{model.text(rule.span)}`" if rule is not None else "a set of rows"


def _tool(model: Model, tool: ToolModel) -> tuple[str, str]:
    head = f"{'action' if tool.hidden else 'tool'} {callable_text(model, tool.name)}"
    said = [tool.about] if tool.about else []
    effects = tool.effects
    updates = sorted(f"{entity}.{column}" for entity, column in effects.updates)
    for verb, names in (
        ("creates", sorted(effects.creates)),
        ("updates", updates),
        ("deletes", sorted(effects.deletes)),
        ("reads", sorted(effects.reads)),
    ):
        if names:
            said.append(f"{verb} " + ", ".join(f"`{name}`" for name in names))
    codes = [*tool.codes, *sorted(tool.automatic)]
    if codes:
        said.append("answers " + ", ".join(f"`{code}`" for code in codes))
    if tool.derived_from:
        entity, _, item = tool.derived_from.partition(".")
        said.append(
            f"derived by `{item}` of `tools {entity}`:\n\n```awm\n{format_declaration(tool.node)}\n```"
        )
    return head, "\n\n".join(said)


def _local(snapshot: Snapshot, symbol: Symbol) -> tuple[str, str]:
    kind = snapshot.uses.types.get(symbol)
    text = f"{symbol.name}: {type_text(kind)}" if kind is not None else symbol.name
    doc = ""
    tool = snapshot.model.tools.get(symbol.owner)
    fn = snapshot.model.fns.get(symbol.owner)
    for param in tool.params if tool is not None else fn.params if fn is not None else ():
        if param.name == symbol.name:
            text, doc = _param(snapshot.model, param), param.doc
    what = f"a parameter of `{symbol.owner}`" if symbol.kind == "param" else ""
    return text, "\n\n".join(filter(None, (doc, what)))


def _code(model: Model, name: str) -> str:
    said = [f"`{tool.name}`: {tool.codes[name]}" for tool in model.tools.values() if tool.codes.get(name)]
    return "\n\n".join(said) if said else "an error that is answered by itself"


def _declared(snapshot: Snapshot, span: Span | None) -> str:
    if span is None:
        return ""
    text = snapshot.whole.source.text
    end = min((i for i in (text.find(c, span.end) for c in ",)\n") if i >= 0), default=len(text))
    return text[span.start : end].strip()
