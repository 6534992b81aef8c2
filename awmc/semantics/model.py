"""The Model: every declaration of a spec, resolved and typed. It is filled in by the passes, in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct, field

from awmc.diagnostics import Diagnostic, diagnose
from awmc.semantics import typed
from awmc.semantics.types import Type
from awmc.source import Source, Span
from awmc.syntax import ast


class EnumSymbol(Struct, eq=False):
    """`values`: (name, wire text, doc) in order. `inline`: written where it is used, named `Owner.part`."""

    name: str
    span: Span
    values: tuple[tuple[str, str, str], ...]
    inline: bool = False
    states: str = ""
    """The name of the state column that these are the states of."""

    def wire(self, name: str) -> str | None:
        return next((wire for n, wire, _ in self.values if n == name), None)


class Part(Struct, eq=False):
    name: str
    type: Type
    span: Span
    doc: str = ""


class RecordSymbol(Struct, eq=False):
    name: str
    span: Span
    parts: tuple[Part, ...] = ()


class Field(Struct, eq=False):
    """A member of an entity.

    `kind`: `id` (the numbered id), `stored`, `computed`, `relation` or `link` (many to many). `via`: of a
    relation, the field of the other entity that refers here. `default`: a constant, `me` or `now`. `moves`:
    state to states, by name.
    """

    name: str
    entity: str
    kind: str
    type: Type
    span: Span
    doc: str = ""
    default: typed.Expr | None = None
    unique: bool = False
    search: bool = False
    hidden: bool = False
    untracked: bool = False
    cascade: bool = False
    natural_key: bool = False
    via: str = ""
    moves: dict[str, tuple[str, ...]] = field(default_factory=dict)
    binder: typed.Binder | None = None
    value: typed.Expr | None = None
    """Of a computed column, over `binder`."""
    node: ast.Field | None = None

    @property
    def is_column(self) -> bool:
        return self.kind in ("id", "stored", "computed")


class Rule(Struct, eq=False):
    """A `@@check`, a `@@unique … where` or a `@@scope`: a test over `binder`."""

    name: str
    span: Span
    binder: typed.Binder
    test: typed.Expr | None
    message: str = ""
    fields: tuple[Field, ...] = ()


class Entity(Struct, eq=False):
    name: str
    span: Span
    node: ast.Entity
    table: str
    singular: str
    plural: str
    about: str = ""
    fields: dict[str, Field] = field(default_factory=dict)
    key: Field | None = None
    id_format: str = ""
    uniques: list[Rule] = field(default_factory=list)
    checks: list[Rule] = field(default_factory=list)
    scopes: dict[str, Rule] = field(default_factory=dict)
    default_shape: ShapeModel | None = None

    @property
    def id_field(self) -> Field:
        assert self.key is not None
        return self.key

    @property
    def columns(self) -> list[Field]:
        """Stored columns, the id first."""
        rest = [f for f in self.fields.values() if f.kind == "stored" and f is not self.key]
        return [self.id_field, *rest]


class MemberModel(Struct, eq=False):
    """`nested`: the shape of the row or rows that the value is; None for an id or a plain value."""

    name: str
    span: Span
    value: typed.Expr
    nested: ShapeModel | None
    doc: str = ""


class ShapeModel(Struct, eq=False):
    name: str
    span: Span
    entity: Entity
    binder: typed.Binder
    members: list[MemberModel] = field(default_factory=list)
    implicit: bool = False
    used: bool = False
    node: ast.Shape | None = None
    lost: set[str] = field(default_factory=set)
    """Names of members that are faulty."""


class ParamModel(Struct, eq=False):
    name: str
    span: Span
    type: Type
    required: bool
    default: typed.Expr | None = None
    doc: str = ""
    used: bool = False
    paging: bool = False


class Fn(Struct, eq=False):
    name: str
    span: Span
    node: ast.Fn
    params: list[ParamModel] = field(default_factory=list)
    value: typed.Expr | None = None
    type: Type | None = None
    used: bool = False


class Effects(Struct, eq=False):
    """Entities read; written ones with what is done: `create`, `delete`, or the columns updated. Link tables
    by `Entity.field`.
    """

    reads: set[str] = field(default_factory=set)
    creates: set[str] = field(default_factory=set)
    updates: set[tuple[str, str]] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)

    def add(self, other: Effects) -> None:
        self.reads |= other.reads
        self.creates |= other.creates
        self.updates |= other.updates
        self.deletes |= other.deletes

    @property
    def writes(self) -> bool:
        return bool(self.creates or self.updates or self.deletes)


class ToolModel(Struct, eq=False):
    """A tool, or with `hidden` an action. `result` is the storage type of what it returns, None for a tool
    without a result; `shape` how the row or rows go over the wire.
    """

    name: str
    span: Span
    node: ast.Tool
    about: str = ""
    hidden: bool = False
    derived_from: str = ""
    params: list[ParamModel] = field(default_factory=list)
    result: Type | None = None
    declared: bool = False
    shape: ShapeModel | None = None
    paged: bool = False
    body: tuple[typed.Statement, ...] = ()
    state: str = "new"
    """`new`, `busy` while its body is being checked, `done`."""
    effects: Effects = field(default_factory=Effects)
    codes: dict[str, str] = field(default_factory=dict)
    """Its own codes and their messages as written, those of what it calls included."""
    automatic: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    ends: bool = False
    """Whether its body always returns or fails."""
    used: bool = False

    def param(self, name: str) -> ParamModel | None:
        return next((p for p in self.params if p.name == name), None)


class Invariant(Struct, eq=False):
    name: str
    span: Span
    about: str
    entity: Entity | None
    binder: typed.Binder | None
    test: typed.Expr
    reads: set[str] = field(default_factory=set)


class SeedRow(Struct, eq=False):
    entity: Entity
    span: Span
    label: str
    key: int | str
    values: list[tuple[Field, typed.Expr]]
    links: list[tuple[Field, tuple[str, ...]]]


class SeedRule(Struct, eq=False):
    entity: Entity
    span: Span
    count: int
    values: list[tuple[Field, typed.Expr]]
    links: list[tuple[Field, typed.Expr]]


class LoopModel(Struct, eq=False):
    name: str
    span: Span
    type: Type
    over: typed.Expr


class SolveModel(Struct, eq=False):
    span: Span
    loop: LoopModel | None
    body: tuple[typed.Statement, ...]
    locals: dict[str, Type] = field(default_factory=dict)


class FreeModel(Struct, eq=False):
    span: Span
    field: Field
    binder: typed.Binder
    where: typed.Expr | None


class MayModel(Struct, eq=False):
    span: Span
    kind: str
    entity: Entity
    binder: typed.Binder
    where: typed.Expr | None


class TaskModel(Struct, eq=False):
    name: str
    span: Span
    node: ast.Task
    actor: tuple[str, str] | None = None
    """Entity and label, where the task names its own."""
    loop: LoopModel | None = None
    instruction: typed.Expr | None = None
    users: list[typed.Expr] = field(default_factory=list)
    lets: list[tuple[str, typed.Expr]] = field(default_factory=list)
    solves: list[SolveModel] = field(default_factory=list)
    wrongs: list[SolveModel] = field(default_factory=list)
    free: list[FreeModel] = field(default_factory=list)
    may: list[MayModel] = field(default_factory=list)
    ensures: list[typed.Expr] = field(default_factory=list)
    answers: list[typed.Expr] = field(default_factory=list)


Observer = Callable[[Any, ast.Expr, Type | None, typed.Expr], None]
"""Told of each expression that is typed: where it stands (a `Context`, as it is at that moment), the node, the type
that the place asks for, and what it was typed as. An expression may be typed more than once; the last time counts.
"""


class Model(Struct, eq=False):
    """One spec. `problems` collects the diagnostics of all passes."""

    source: Source
    spec: ast.Spec
    observe: Observer | None = None
    problems: list[Diagnostic] = field(default_factory=list)
    env: ast.Env | None = None
    clock: str = "2026-01-01T00:00:00"
    actor: tuple[str, str] | None = None
    offers: list[tuple[str, str]] = field(default_factory=list)
    enums: dict[str, EnumSymbol] = field(default_factory=dict)
    records: dict[str, RecordSymbol] = field(default_factory=dict)
    entities: dict[str, Entity] = field(default_factory=dict)
    shapes: dict[str, ShapeModel] = field(default_factory=dict)
    fns: dict[str, Fn] = field(default_factory=dict)
    tools: dict[str, ToolModel] = field(default_factory=dict)
    """Tools and actions, in source order, derived ones where their `tools` stands."""
    offered: dict[str, ToolModel] = field(default_factory=dict)
    """The ready-made tools that `offer` brings, by the names they go by; only a `solve` calls them."""
    invariants: dict[str, Invariant] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """`Upper` names whose declaration has been reported: what follows from that is not."""
    lost: set[str] = field(default_factory=set)
    """Names of tools that a declaration would have had, had it been sound."""
    labels: dict[str, dict[str, int | str]] = field(default_factory=dict)
    label_entities: dict[str, list[str]] = field(default_factory=dict)
    seeds: list[SeedRow | SeedRule] = field(default_factory=list)
    tasks: dict[str, TaskModel] = field(default_factory=dict)
    _referrers: dict[str, list[Field]] = field(default_factory=dict)

    def report(self, code: str, span: Span, /, **details: Any) -> None:
        """Adds the diagnostic `code` at `span`."""
        self.problems.append(diagnose(code, span, source=self.source.name, **details))

    def referrers(self, name: str) -> list[Field]:
        """The columns that refer to rows of this entity, and the many-to-many fields of either end. To be asked when
        the entities are resolved.
        """
        if not self._referrers:
            for entity in self.entities.values():
                self._referrers.setdefault(entity.name, [])
                for field_ in entity.fields.values():
                    for end in _ends(field_):
                        self._referrers.setdefault(end, []).append(field_)
        return self._referrers[name]

    @property
    def has_errors(self) -> bool:
        return any(p.is_error for p in self.problems)

    def text(self, span: Span) -> str:
        return self.source.text[span.start : span.end]


def _ends(field_: Field) -> set[str]:
    """The entities whose rows a stored reference or a many-to-many field holds on to."""
    kind = field_.type
    if field_.kind == "link" and kind.element is not None:
        return {field_.entity, kind.element.name}
    return {kind.name} if field_.kind == "stored" and kind.kind == "row" else set()
