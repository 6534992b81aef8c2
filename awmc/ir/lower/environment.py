"""The whole environment."""

from __future__ import annotations

from awmc.ir import nodes
from awmc.ir.lower.expressions import Unit, complete, default_values, over_self, split
from awmc.ir.lower.statements import Bodies, place_of, tool_body
from awmc.ir.lower.storage import Tables, columns_of, key_of, link_of, ordered, type_of
from awmc.semantics import typed
from awmc.semantics.effects import AUTOMATIC, Invariants
from awmc.semantics.model import (
    Entity,
    Field,
    Invariant,
    LoopModel,
    Model,
    ParamModel,
    SeedRow,
    SeedRule,
    ShapeModel,
    SolveModel,
    TaskModel,
    ToolModel,
)  # fmt: skip


def lower(model: Model, world_seed: int = 0) -> nodes.Environment:
    """The IR of a Model without errors; its `rows` are still empty."""
    assert model.env is not None
    env = model.env
    tables, invariants = Tables(model), Invariants(model)
    return nodes.Environment(
        name=env.name.text,
        about=env.about.value,
        clock=model.clock,
        actor=_actor(model, model.actor),
        policy=" ".join(text.value for text in env.policy),
        offers=tuple(nodes.Offered(kind=kind, name=name) for kind, name in model.offers),  # type: ignore[arg-type]
        enums=tuple(
            nodes.Enum(
                name=e.name,
                values=tuple(nodes.EnumValue(name=n, wire=w, doc=d) for n, w, d in e.values),
                inline=e.inline,
            )
            for e in model.enums.values()
        ),
        entities=tuple(_entity(model, e) for e in ordered(model)),
        shapes=tuple(_shape(model, s) for s in model.shapes.values()),
        invariants=tuple(
            _invariant(model, i, tables.of(invariants.reads[i.name].entities))
            for i in model.invariants.values()
        ),
        tools=tuple(_tool(model, t, tables, invariants) for t in model.tools.values()),
        seeds=_seeds(model),
        labels={entity: dict(labels) for entity, labels in model.labels.items()},
        tasks=tuple(_task(model, t) for t in model.tasks.values()),
        world_seed=world_seed,
    )


def _actor(model: Model, actor: tuple[str, str] | None) -> nodes.Actor | None:
    if actor is None:
        return None
    return nodes.Actor(entity=actor[0], key=key_of(model, *actor))


# ---- Entities ------------------------------------------------------------------------------------------------------


def _entity(model: Model, entity: Entity) -> nodes.Entity:
    key = entity.id_field
    fields = list(entity.fields.values())
    return nodes.Entity(
        name=entity.name,
        table=entity.table,
        about=entity.about,
        singular=entity.singular,
        plural=entity.plural,
        id_column=key.name,
        natural_key=key.natural_key,
        id_format=entity.id_format,
        columns=tuple(column for field in entity.columns for column in _columns(model, field)),
        computed=tuple(_computed(model, f) for f in fields if f.kind == "computed"),
        relations=tuple(
            nodes.Relation(name=f.name, entity=f.type.element.name, via=f.via)
            for f in fields
            if f.kind == "relation" and f.type.element is not None
        ),
        links=tuple(link_of(model, f) for f in fields if f.kind == "link"),
        uniques=tuple(
            nodes.Unique(
                name=rule.name,
                columns=tuple(c for f in rule.fields for c, _, _ in columns_of(f)),
                where=over_self(model, rule.binder, rule.test) if rule.test is not None else None,
            )
            for rule in entity.uniques
        ),
        checks=tuple(
            nodes.Check(name=rule.name, test=over_self(model, rule.binder, rule.test), message=rule.message)
            for rule in entity.checks
            if rule.test is not None
        ),
        scopes=tuple(
            nodes.Scope(name=name, test=over_self(model, rule.binder, rule.test))
            for name, rule in entity.scopes.items()
            if rule.test is not None
        ),
        place=place_of(model, entity.span),
    )


def _columns(model: Model, field: Field) -> list[nodes.StoredColumn]:
    defaults = dict(default_values(model, field)) if field.kind != "id" and not field.natural_key else {}
    wires = model.enums[field.type.name] if field.moves else None
    found = []
    for name, path, kind in columns_of(field):
        default = defaults.get(name)
        if isinstance(default, nodes.Const) and default.value is None:
            default = None
        found.append(
            nodes.StoredColumn(
                name=name,
                field=path,
                type=type_of(kind),
                default=default,
                unique=field.unique,
                hidden=field.hidden,
                search=field.search,
                untracked=field.untracked,
                references=kind.name if kind.kind == "row" else "",
                cascade=field.cascade,
                moves=tuple(
                    nodes.Move(source=wires.wire(s) or s, targets=tuple(wires.wire(t) or t for t in targets))
                    for s, targets in field.moves.items()
                )
                if wires is not None
                else (),
                doc=field.doc,
            )
        )
    return found


def _computed(model: Model, field: Field) -> nodes.ComputedColumn:
    assert field.value is not None
    value = over_self(model, field.binder, field.value)
    return nodes.ComputedColumn(
        name=field.name, type=type_of(field.type), value=value, hidden=field.hidden, doc=field.doc
    )


def _shape(model: Model, shape: ShapeModel) -> nodes.Shape:
    members = tuple(
        nodes.Member(
            name=m.name,
            type=type_of(m.value.type),
            value=over_self(model, shape.binder, m.value),
            shape=m.nested.name if m.nested is not None else "",
            doc=m.doc,
        )
        for m in shape.members
    )
    return nodes.Shape(name=shape.name, entity=shape.entity.name, members=members, implicit=shape.implicit)


def _invariant(model: Model, invariant: Invariant, tables: tuple[str, ...]) -> nodes.Invariant:
    return nodes.Invariant(
        name=invariant.name,
        about=invariant.about,
        entity=invariant.entity.name if invariant.entity is not None else "",
        test=over_self(model, invariant.binder, invariant.test),
        tables=tables,
        place=place_of(model, invariant.span),
    )


# ---- Tools ---------------------------------------------------------------------------------------------------------


def _tool(model: Model, tool: ToolModel, tables: Tables, invariants: Invariants) -> nodes.Tool:
    effects = tool.effects
    checks = invariants.broken_by(effects)
    automatic = tool.automatic | ({"invariant_violated"} if checks else set())
    errors = [
        nodes.ErrorCode(code=code, own=False)
        for code in AUTOMATIC
        if code in automatic and code not in tool.codes
    ]
    errors += [nodes.ErrorCode(code=code, message=message) for code, message in tool.codes.items()]
    return nodes.Tool(
        name=tool.name,
        about=tool.about,
        params=tuple(_param(model, p) for p in tool.params),
        result=type_of(tool.result) if tool.result is not None else None,
        result_shape=tool.shape.name if tool.shape is not None else "",
        paged=tool.paged,
        body=tool_body(model, tool),
        hidden=tool.hidden,
        effects=nodes.Effects(
            reads=tables.of(effects.reads),
            creates=tables.of(effects.creates),
            updates=tables.columns(effects.updates),
            deletes=tables.of(effects.deletes),
        ),
        errors=tuple(errors),
        checks=checks,
        calls=tuple(tool.calls),
        derived_from=tool.derived_from,
        place=place_of(model, tool.span if tool.derived_from else tool.node.span),
    )


def _param(model: Model, param: ParamModel) -> nodes.Param:
    default = Unit(model).expr(param.default) if param.default is not None else None
    return nodes.Param(
        name=param.name,
        type=type_of(param.type),
        required=param.required,
        default=default,
        doc=param.doc,
        paging=param.paging,
    )


# ---- Seeds ---------------------------------------------------------------------------------------------------------


def _seeds(model: Model) -> tuple[nodes.Seed, ...]:
    blocks: dict[str, int] = {}
    found: list[nodes.Seed] = []
    for seed in model.seeds:
        if isinstance(seed, SeedRow):
            found.append(_seed_row(model, seed))
        else:
            block = blocks.get(seed.entity.name, 0)
            blocks[seed.entity.name] = block + 1
            found.append(_seed_rule(model, seed, block))
    return tuple(found)


def _seed_values(
    model: Model, unit: Unit, entity: Entity, values: list[tuple[Field, typed.Expr]]
) -> tuple[nodes.ColumnValue, ...]:
    given: dict[str, nodes.Expr] = {}
    for field, value in values:
        given.update(split(unit, field, value))
    return complete(model, entity, given)


def _seed_row(model: Model, seed: SeedRow) -> nodes.SeedRow:
    links = []
    for field, labels in seed.links:
        link = link_of(model, field)
        keys = tuple(key_of(model, link.entity, label) for label in labels)
        links.append(
            nodes.SeedLinks(link=link.table, of_column=link.of_column, to_column=link.to_column, keys=keys)
        )
    return nodes.SeedRow(
        entity=seed.entity.name,
        label=seed.label,
        key=seed.key,
        values=_seed_values(model, Unit(model), seed.entity, seed.values),
        links=tuple(links),
        place=place_of(model, seed.span),
    )


def _seed_rule(model: Model, seed: SeedRule, block: int) -> nodes.SeedRule:
    unit = Unit(model)
    links = []
    for field, rows in seed.links:
        link = link_of(model, field)
        links.append(
            nodes.LinkValues(
                link=link.table, of_column=link.of_column, to_column=link.to_column, rows=unit.expr(rows)
            )
        )
    return nodes.SeedRule(
        entity=seed.entity.name,
        block=block,
        count=seed.count,
        values=_seed_values(model, unit, seed.entity, seed.values),
        links=tuple(links),
        place=place_of(model, seed.span),
    )


# ---- Tasks ---------------------------------------------------------------------------------------------------------


def _loop(model: Model, loop: LoopModel | None) -> nodes.Loop | None:
    if loop is None:
        return None
    return nodes.Loop(name=loop.name, type=type_of(loop.type), over=Unit(model).expr(loop.over))


def _task(model: Model, task: TaskModel) -> nodes.Task:
    assert task.instruction is not None
    own = {name for name, _ in task.lets} | ({task.loop.name} if task.loop is not None else set())
    answers = []
    for value in task.answers:
        used = {n.name for n in typed.walk(value) if isinstance(n, typed.Local)}
        answers.append(
            nodes.Answer(
                value=Unit(model).expr(value),
                solve_locals=tuple(sorted(used - own)),
                place=place_of(model, value.span),
            )
        )
    return nodes.Task(
        name=task.name,
        loop=_loop(model, task.loop),
        actor=_actor(model, task.actor),
        instruction=Unit(model).expr(task.instruction),
        user=tuple(Unit(model).expr(u) for u in task.users),
        lets=tuple(
            nodes.NamedValue(name=name, value=Unit(model).expr(value), place=place_of(model, value.span))
            for name, value in task.lets
        ),
        solves=tuple(_solve(model, solve, own) for solve in task.solves),
        wrongs=tuple(
            nodes.Wrong(body=Bodies(model, own).block(w.body), place=place_of(model, w.span))
            for w in task.wrongs
        ),
        free=tuple(
            nodes.Free(
                entity=f.field.entity,
                columns=(link_of(model, f.field).table,)
                if f.field.kind == "link"
                else tuple(c for c, _, _ in columns_of(f.field)),
                where=over_self(model, f.binder, f.where) if f.where is not None else None,
                place=place_of(model, f.span),
            )
            for f in task.free
        ),
        may=tuple(
            nodes.May(
                kind=m.kind,  # type: ignore[arg-type]
                entity=m.entity.name,
                where=over_self(model, m.binder, m.where) if m.where is not None else None,
                place=place_of(model, m.span),
            )
            for m in task.may
        ),
        ensure=tuple(
            nodes.Ensure(test=Unit(model).expr(e), place=place_of(model, e.span)) for e in task.ensures
        ),
        answer=tuple(answers),
        place=place_of(model, task.node.span),
    )


def _solve(model: Model, solve: SolveModel, own: set[str]) -> nodes.Solve:
    names = own | ({solve.loop.name} if solve.loop is not None else set())
    return nodes.Solve(
        loop=_loop(model, solve.loop),
        body=Bodies(model, names).block(solve.body),
        place=place_of(model, solve.span),
    )
