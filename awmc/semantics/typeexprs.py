"""Type expressions to types."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from awmc.diagnostics.foreign import ATTRIBUTES
from awmc.diagnostics.model import Fix, Label
from awmc.diagnostics.suggest import meant, nearest, translate
from awmc.semantics import literals
from awmc.semantics.declare import enum_symbol
from awmc.semantics.model import Entity, Model, Part
from awmc.semantics.patterns import problem_of
from awmc.semantics.types import ERROR, SCALARS, TEXTUAL, Type, list_of, row_of
from awmc.source import Span
from awmc.syntax import ast
from awmc.syntax.grammar import tables

_MOST_NAMED = 3
_MOST_LISTED = 12


def resolve(model: Model, node: ast.TypeExpr, owner: str) -> Type:
    """The type that `node` names; `owner` (`Entity.field`, `tool.param`) names an inline enum or record."""
    match node:
        case ast.BaseType():
            return _base(model, node)
        case ast.RowType():
            return _named(model, node)
        case ast.ColumnType():
            return _column(model, node)
        case ast.EnumType():
            symbol = enum_symbol(model, owner, node.span, node.values, inline=True)
            model.enums[owner] = symbol
            return Type("enum", node.optional, owner)
        case ast.RecordType():
            return Type("record", fields=tuple((p.name, p.type) for p in parts(model, node.fields, owner)))
        case ast.ListType():
            element = resolve(model, node.element, owner)
            low, high = _bounds(model, node.range, "int", "a length") if node.range else (None, None)
            return replace(list_of(element), nullable=node.optional, low=low, high=high)


def parts(model: Model, params: tuple[ast.Param, ...], owner: str) -> list[Part]:
    """The parts of a record, named or inline."""
    found: dict[str, Part] = {}
    for param in params:
        if param.name.text in found:
            model.report("AWM107", param.name.span, record=owner, part=param.name.text)
            continue
        kind = resolve(model, param.type, f"{owner}.{param.name.text}")
        kind = with_pattern(model, kind, param.attributes, param.name.text)
        if param.default is not None:
            model.report(
                "AWM324", param.default.span, field=param.name.text, what="a part of a record", thing="default",
                help=f"let it be null, and say `.{param.name.text} ?? …` where it is read",
            )  # fmt: skip
        found[param.name.text] = Part(
            param.name.text, kind, param.name.span, param.doc.value if param.doc else ""
        )
    return list(found.values())


def with_pattern(model: Model, kind: Type, attributes: tuple[ast.Attribute, ...], name: str) -> Type:
    """The type with its `@match`, the only attribute a parameter or a part takes."""
    for attribute in attributes:
        if attribute.name.text != "match":
            known = ("unique", "search", "hidden", "computed", "via", "untracked", "cascade", "id", "many")
            if attribute.name.text in known:
                model.report(
                    "AWM232", attribute.span, attribute=f"@{attribute.name.text}", expected="a column of an entity",
                    found="a parameter or a part",
                )  # fmt: skip
            else:
                unknown_attribute(model, attribute, ("match",))
            continue
        kind = match_of(model, kind, attribute, name)
    return kind


def match_of(model: Model, kind: Type, attribute: ast.Attribute, name: str) -> Type:
    """The type with the pattern of a `@match("…")`."""
    pattern = one_text(attribute)
    if pattern is None:
        model.report("AWM410", attribute.span, attribute="@match", expected="one text, a regular expression")
        return kind
    if kind.kind not in TEXTUAL:
        if kind.kind != "error":
            model.report("AWM322", attribute.span, attribute="@match", field=name, found=kind.a)
        return kind
    problem = problem_of(pattern)
    if problem is not None:
        model.report("AWM321", attribute.args[0].span, field=name, problem=problem)
        return kind
    return replace(kind, pattern=pattern)


def unknown_attribute(model: Model, attribute: ast.Attribute, known: tuple[str, ...]) -> str | None:
    """Reports it; the attribute that was meant, if that can be told."""
    word = attribute.name.text.replace("_", "").lower()
    advice = ATTRIBUTES.get(word)
    hint = None if advice is not None else meant(attribute.name.text, known, "attribute")
    fixes = (Fix(attribute.name.span, hint, f"write `@{hint}`"),) if hint else ()
    model.report(
        "AWM213", attribute.name.span, attribute=attribute.name.text, hint=f"@{hint}" if hint else None, fixes=fixes,
        help=None if hint else advice or "write one of " + ", ".join(f"`@{k}`" for k in known),
    )  # fmt: skip
    return hint


def one_text(attribute: ast.Attribute) -> str | None:
    if len(attribute.args) == 1 and attribute.args[0].name is None:
        value = attribute.args[0].value
        if isinstance(value, ast.Literal) and value.kind == "text":
            return str(value.value)
    return None


def unknown_type(model: Model, name: ast.Name) -> Type:
    candidates = [*SCALARS, *model.entities, *model.enums, *model.records]
    written = name.text.lower() if name.text.lower() in SCALARS else translate(name.text, "type")
    if written is not None:
        model.report(
            "AWM038", name.span, found=name.text, written=written, hint=written,
            fixes=(Fix(name.span, written, f"write `{written}`"),),
        )  # fmt: skip
        return Type(written)
    if name.text in model.broken:
        return ERROR
    hint = nearest(name.text, [c for c in candidates if "." not in c])
    fixes = (Fix(name.span, hint, f"write `{hint}`"),) if hint else ()
    advice = None if hint else ATTRIBUTES.get(name.text.lower())
    model.report("AWM201", name.span, name=name.text, hint=hint, fixes=fixes, help=advice)
    return ERROR


def _base(model: Model, node: ast.BaseType) -> Type:
    name = node.name.text
    kind = Type(name, node.optional) if name in SCALARS else unknown_type(model, node.name)
    if node.optional:
        kind = kind.or_null()
    if node.range is None:
        return kind
    if kind.kind in TEXTUAL:
        low, high = _bounds(model, node.range, "int", "a length")
    elif kind.kind in ("int", "number", "money", "date", "time", "datetime"):
        low, high = _bounds(model, node.range, kind.kind, kind.a)
    else:
        if kind.kind != "error":
            model.report("AWM315", node.range.span, found=kind.a)
        return kind
    return replace(kind, low=low, high=high)


def _bounds(
    model: Model, node: ast.Range, kind: str, expected: str
) -> tuple[int | float | str | None, int | float | str | None]:
    low = _bound(model, node.low, kind, expected)
    high = _bound(model, node.high, kind, expected)
    if low is not None and high is not None and low > high:  # type: ignore[operator]
        model.report("AWM314", node.span, range=model.text(node.span))
        return None, None
    return low, high


def _bound(model: Model, node: ast.Literal | None, kind: str, expected: str) -> int | float | str | None:
    if node is None:
        return None
    value: int | float | str | None = None
    if kind == "int" and node.kind == "int":
        value = int(node.value or 0)
    elif kind == "number" and node.kind in ("int", "decimal"):
        value = float(node.value or 0)
    elif kind == "money" and node.kind in ("int", "decimal"):
        value = literals.cents(node)
    elif (kind == "time" and node.kind == "time") or (kind == "date" and node.kind == "date"):
        value = literals.moment(node)
    elif kind == "datetime" and node.kind in ("date", "datetime"):
        text = literals.moment(node)
        value = text if text is None or "T" in text else f"{text}T00:00:00"
    if value is None:
        model.report("AWM316", node.span, expected=expected, bound=model.text(node.span))
    return value


def _named(model: Model, node: ast.RowType) -> Type:
    name = node.name.text
    if name in model.entities:
        scope = ""
        if node.scope is not None:
            scope = node.scope.text
            if not scope_exists(model, name, node.scope):
                return ERROR
        return row_of(name, scope=scope).or_null(node.optional)
    if node.scope is not None and (name in model.enums or name in model.records):
        model.report(
            "AWM226", node.name.span, name=name, found="no entity", expected="one, as a scope demands"
        )
        return ERROR
    if name in model.enums:
        return Type("enum", node.optional, name)
    if name in model.records:
        symbol = model.records[name]
        return Type("record", node.optional, name, fields=tuple((p.name, p.type) for p in symbol.parts))
    return unknown_type(model, node.name).or_null(node.optional)


def scope_exists(model: Model, entity: str, scope: ast.Name) -> bool:
    """Whether the entity has (or is being given) the scope; reports if not."""
    node = model.entities[entity].node
    names = ["my"] if node.owner else []
    for attribute in node.attributes:
        if attribute.name.text == "scope" and attribute.args:
            value = attribute.args[0].value
            if isinstance(value, ast.Ref):
                names.append(value.name)
    if scope.text in names:
        return True
    hint = nearest(scope.text, names) or ("my" if names == ["my"] else None)
    help_text: str | None = "write one of " + ", ".join(f"`{name}`" for name in names)
    if hint is not None:
        help_text = None
    elif not names:
        help_text = f"declare `owned by …` or `@@scope({scope.text}, …)` in `{entity}`"
    model.report("AWM209", scope.span, entity=entity, scope=scope.text, hint=hint, help=help_text)
    return False


def _column(model: Model, node: ast.ColumnType) -> Type:
    entity = entity_named(model, node.entity)
    if entity is None:
        return ERROR
    field = entity.fields.get(node.field.text)
    if field is None and node.field.text == "id" and entity.key is not None:
        return Type("id", node.optional, entity.name)
    if field is None or field.kind in ("relation", "link"):
        report_unknown_field(model, entity.name, node.field)
        return ERROR
    return replace(field.type, nullable=node.optional)


def entity_named(model: Model, name: ast.Name) -> Entity | None:
    """The entity of this name; reports if there is none."""
    entity = model.entities.get(name.text)
    if entity is not None or name.text in model.broken:
        return entity
    found = "an enum" if name.text in model.enums else "a record" if name.text in model.records else ""
    found = "a shape" if name.text in model.shapes else found
    if found:
        model.report("AWM226", name.span, name=name.text, found=found, expected="an entity")
        return None
    if name.text.isupper() and name.text.lower() in tables().keywords:
        word = name.text.lower()
        fix = Fix(name.span, word, f"write `{word}`")
        model.report("AWM041", name.span, word=name.text, written=word, fixes=(fix,))
        return None
    hint = nearest(name.text, model.entities)
    fixes = (Fix(name.span, hint, f"write `{hint}`"),) if hint else ()
    model.report("AWM202", name.span, name=name.text, hint=hint, fixes=fixes)
    return None


def report_unknown_field(model: Model, entity: str, field: ast.Name, **details: object) -> None:
    """AWM203 with the nearest field, or the entities that have it; and where the entity is declared."""
    symbol = model.entities[entity]
    if not symbol.fields:
        return
    hint = nearest(field.text, [*symbol.fields, "id"])
    fixes = (Fix(field.span, hint, f"write `{hint}`"),) if hint else ()
    having = [f"`{other.name}`" for other in model.entities.values() if field.text in other.fields]
    if hint is None and 0 < len(having) <= _MOST_NAMED:
        details["note"] = f"`{field.text}` is a field of {' and '.join(having)}"
    elif hint is None and len(symbol.fields) <= _MOST_LISTED:
        details["help"] = "write one of " + ", ".join(f"`{name}`" for name in symbol.fields)
    model.report(
        "AWM203", field.span, entity=entity, field=field.text, hint=hint, fixes=fixes, label="unknown field",
        secondary=(Label(symbol.span, f"`{entity}` is declared here"),), **details,
    )  # fmt: skip


def meant_fields(names: Iterable[str], fields: Iterable[str]) -> set[str]:
    """The fields that unknown ones among the names were meant for, so that those are not missed; all where that cannot
    be told.
    """
    known = set(fields)
    found: set[str] = set()
    for name in names:
        if name not in known and name != "id":
            hint = nearest(name, known)
            if hint is None:
                return known
            found.add(hint)
    return found


def range_text(low: object, high: object) -> str:
    """A range as it is written."""
    return f"{'' if low is None else low}..{'' if high is None else high}"


__all__ = [
    "Span",
    "entity_named",
    "match_of",
    "meant_fields",
    "parts",
    "range_text",
    "report_unknown_field",
    "resolve",
    "scope_exists",
]
