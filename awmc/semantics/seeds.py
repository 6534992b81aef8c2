"""Seeds: labels and keys first, then the values of every row."""

from __future__ import annotations

from awmc.diagnostics.suggest import nearest
from awmc.semantics import literals, typed
from awmc.semantics.context import Context
from awmc.semantics.declarations import check_limits
from awmc.semantics.expressions import convert, infer, require
from awmc.semantics.model import Entity, Field, Model, SeedRow, SeedRule
from awmc.semantics.rows import check_layout
from awmc.semantics.typeexprs import entity_named, meant_fields, report_unknown_field
from awmc.semantics.types import INT, Type
from awmc.source import Span
from awmc.syntax import ast

MOST_ROWS = 100_000


def declare_seeds(model: Model) -> None:
    """Labels and keys of the rows by hand, so that seeds and tasks may name them in any order."""
    next_id: dict[str, int] = {}
    for item in model.spec.items:
        if isinstance(item, ast.Seed) and (entity := _entity(model, item.entity)) is not None:
            for row in item.rows:
                number = next_id[entity.name] = next_id.get(entity.name, 0) + 1
                key = _natural_key(entity, item, row) if entity.id_field.natural_key else number
                if row.label is not None:
                    _declare_label(model, entity, row.label, key)
        elif (
            isinstance(item, ast.Generate) and (entity := _entity(model, item.entity, quiet=True)) is not None
        ):
            next_id[entity.name] = next_id.get(entity.name, 0) + int(item.count.value or 0)


def _declare_label(model: Model, entity: Entity, label: ast.Name, key: int | str) -> None:
    labels = model.labels.setdefault(entity.name, {})
    if label.text in labels:
        model.report("AWM117", label.span, entity=entity.name, name=label.text)
        return
    labels[label.text] = key
    model.label_entities.setdefault(label.text, []).append(entity.name)


def _entity(model: Model, name: ast.Name, *, quiet: bool = False) -> Entity | None:
    return model.entities.get(name.text) if quiet else entity_named(model, name)


def _natural_key(entity: Entity, seed: ast.Seed, row: ast.SeedRow) -> str:
    key = entity.id_field.name
    for name, value in _cells(seed, row):
        if name.text == key and isinstance(value, ast.Literal):
            return str(value.value)
    return row.label.text if row.label is not None else ""


def _cells(seed: ast.Seed, row: ast.SeedRow) -> list[tuple[ast.Name, ast.Expr]]:
    """The cells of a row with the names of their columns, head constants included."""
    constants = [(c.name, c.constant) for c in seed.columns if c.constant is not None]
    if len(row.cells) == 1 and isinstance(row.cells[0], ast.RecordOf) and _named(seed, row.cells[0]):
        named = [(e.name, e.value or ast.Ref(e.name.span, e.name.text)) for e in row.cells[0].entries]
        own = {name.text for name, _ in named}
        return [*named, *((n, c) for n, c in constants if n.text not in own)]
    free = [c.name for c in seed.columns if c.constant is None]
    return [*zip(free, row.cells, strict=False), *constants]


def _named(seed: ast.Seed, record: ast.RecordOf) -> bool:
    """Whether a lone `{ … }` names columns of the row, and is not the record of the only column."""
    free = [c.name.text for c in seed.columns if c.constant is None]
    if len(free) != 1:
        return True
    return any(e.name.text == free[0] for e in record.entries)


def resolve_seeds(model: Model) -> None:
    """The values of every seed row and rule."""
    numbers: dict[str, int] = {}
    for item in model.spec.items:
        if isinstance(item, ast.Seed) and item.entity.text in model.entities:
            _by_hand(model, item, numbers)
        elif isinstance(item, ast.Generate) and (entity := _entity(model, item.entity)) is not None:
            _by_rule(model, entity, item, numbers)


def _context(model: Model, where: str, *, generators: bool = False) -> Context:
    return Context(
        model, where, labels=True, clock=True, generators=generators, stored=generators,
        calls="seeds call no tool", pure=False,
    )  # fmt: skip


def _seedable(model: Model, entity: Entity, name: ast.Name) -> Field | None:
    field = entity.fields.get(name.text)
    if field is None:
        if name.text == "id":
            model.report("AWM433", name.span, field="id", entity=entity.name, what="given by the world")
        else:
            report_unknown_field(model, entity.name, name)
        return None
    if field.kind in ("computed", "relation"):
        what = "computed" if field.kind == "computed" else "a relation"
        model.report("AWM433", name.span, field=field.name, entity=entity.name, what=what)
        return None
    return field if field.type.kind != "error" else None


def _by_hand(model: Model, seed: ast.Seed, numbers: dict[str, int]) -> None:
    entity = model.entities[seed.entity.text]
    fields: dict[str, Field | None] = {}
    for column in seed.columns:
        if column.name.text in fields:
            model.report("AWM119", column.name.span, entity=entity.name, column=column.name.text)
            continue
        fields[column.name.text] = _seedable(model, entity, column.name)
    free = [c.name.text for c in seed.columns if c.constant is None]
    told = check_layout(model, seed.rows, free)
    for row in seed.rows:
        numbers[entity.name] = numbers.get(entity.name, 0) + 1
        if row.span in told:
            if row.label is None and isinstance(row.cells[0], ast.Ref):
                # It may be the row's label.
                label = row.cells[0].name
                model.labels.setdefault(entity.name, {}).setdefault(label, 0)
                model.label_entities.setdefault(label, [entity.name])
            continue
        named = len(row.cells) == 1 and isinstance(row.cells[0], ast.RecordOf) and _named(seed, row.cells[0])
        if not named and len(row.cells) != len(free):
            found = f"{len(row.cells)} value{'s' if len(row.cells) != 1 else ''}"
            columns = ", ".join(f"`{name}`" for name in free)
            help_text = f"write a value each for {columns}" if len(free) > 1 else f"write one for {columns}"
            model.report(
                "AWM430", row.span, found=found, expected=str(len(free)), help=help_text if free else None
            )
            continue
        _row(model, entity, seed, row, fields, numbers[entity.name])


def _row(
    model: Model,
    entity: Entity,
    seed: ast.Seed,
    row: ast.SeedRow,
    fields: dict[str, Field | None],
    number: int,
) -> None:
    cx = _context(model, "a seed")
    values: list[tuple[Field, typed.Expr]] = []
    links: list[tuple[Field, tuple[str, ...]]] = []
    given: set[str] = set()
    for name, node in _cells(seed, row):
        field = fields[name.text] if name.text in fields else _seedable(model, entity, name)
        if name.text in given:
            model.report("AWM119", name.span, entity=entity.name, column=name.text)
            continue
        given.add(name.text)
        if field is None:
            continue
        if field.kind == "link":
            links.append((field, _labels(model, field, node)))
            continue
        values.append((field, seed_value(cx, entity, field, node)))
    _leaves_out(model, entity, given | meant_fields(given, entity.fields), row.span)
    if entity.id_field.natural_key:
        key: int | str = _natural_key(entity, seed, row)
    else:
        key = number
    model.seeds.append(SeedRow(entity, row.span, row.label.text if row.label else "", key, values, links))


def seed_value(cx: Context, entity: Entity, field: Field, node: ast.Expr) -> typed.Expr:
    """A constant of a seed: `+3d` is the clock, or its date, plus that."""
    what = f"`{entity.name}.{field.name}`"
    kind = field.type
    shift = _shift_of(node)
    if shift is not None and kind.kind in ("date", "datetime"):
        length = literals.duration(shift)
        sign = -1 if isinstance(node, ast.Unary) else 1
        return typed.Shift(node.span, Type(kind.kind), sign * length.months, sign * length.seconds)
    if kind.kind == "row" and isinstance(node, ast.Literal) and node.kind in ("text", "int"):
        return _by_key(cx, kind, node, what)
    value = require(cx, node, kind, what)
    check_limits(cx.model, value, kind, what)
    return value


def _by_key(cx: Context, kind: Type, node: ast.Literal, what: str) -> typed.Expr:
    """A row written by its key; that it exists is seen when the world is seeded."""
    natural = cx.model.entities[kind.name].id_field.natural_key
    if (node.kind == "text") != natural:
        cx.report(
            "AWM301",
            node.span,
            what=what,
            found="a text" if node.kind == "text" else "an int",
            expected=kind.a,
        )
        return typed.Poison(node.span, kind)
    return typed.Const(node.span, kind.present, node.value, cx.model.text(node.span))


def _shift_of(node: ast.Expr) -> ast.Literal | None:
    inner = node.of if isinstance(node, ast.Unary) and node.op == "-" else node
    return inner if isinstance(inner, ast.Literal) and inner.kind == "duration" else None


def _labels(model: Model, field: Field, node: ast.Expr) -> tuple[str, ...]:
    element = field.type.element
    assert element is not None
    names: list[str] = []
    items = node.items if isinstance(node, ast.ListOf) else (node,)
    for item in items:
        known = model.labels.get(element.name, {})
        if not isinstance(item, ast.Ref):
            model.report(
                "AWM301",
                item.span,
                what=f"`{field.name}`",
                found="a value",
                expected=f"labels of {element.name}",
            )
        elif item.name not in known:
            model.report(
                "AWM211", item.span, entity=element.name, name=item.name, hint=nearest(item.name, known)
            )
        else:
            names.append(item.name)
    return tuple(names)


def _leaves_out(model: Model, entity: Entity, given: set[str], span: Span) -> None:
    for field in entity.fields.values():
        if field.kind != "stored" or field.name in given or field.moves or field.type.nullable:
            continue
        has_default = field.node is not None and field.node.default is not None
        if not has_default and field.type.kind != "error":
            model.report("AWM432", span, entity=entity.name, field=field.name)


def _by_rule(model: Model, entity: Entity, node: ast.Generate, numbers: dict[str, int]) -> None:
    count = int(node.count.value or 0)
    if not 1 <= count <= MOST_ROWS:
        model.report("AWM442", node.count.span, limit=MOST_ROWS, count=count)
        return
    numbers[entity.name] = numbers.get(entity.name, 0) + count
    cx = _context(model, "a seed", generators=True)
    cx.locals["n"] = INT
    values: list[tuple[Field, typed.Expr]] = []
    links: list[tuple[Field, typed.Expr]] = []
    given: set[str] = set()
    for entry in node.values.entries:
        name = entry.name
        if name.text in given:
            model.report("AWM119", name.span, entity=entity.name, column=name.text)
            continue
        given.add(name.text)
        field = _seedable(model, entity, name)
        if field is None or entry.value is None:
            if field is not None:
                model.report("AWM205", name.span, name=name.text)
            continue
        if field.kind == "link":
            value = infer(cx, entry.value, field.type)
            element = field.type.element
            assert element is not None
            links.append(
                (
                    field,
                    convert(
                        cx, value, field.type if value.type.kind == "list" else element, f"`{field.name}`"
                    ),
                )
            )
        else:
            values.append((field, seed_value(cx, entity, field, entry.value)))
    _leaves_out(model, entity, given | meant_fields(given, entity.fields), node.entity.span)
    model.seeds.append(SeedRule(entity, node.span, count, values, links))
