"""The names of a spec: every declaration gets its symbol, and no name is declared twice."""

from __future__ import annotations

import re

from awmc.diagnostics.model import Label
from awmc.semantics import literals
from awmc.semantics.functions import RESERVED
from awmc.semantics.model import Entity, EnumSymbol, Fn, Model, RecordSymbol
from awmc.semantics.typed import Duration
from awmc.source import Span
from awmc.syntax import ast

__all__ = ["Duration", "declare", "enum_symbol"]

OFFERS = ("calculate", "think", "handoff")


def declare(model: Model) -> None:
    """Fills in the environment, enums, records, entities and `fn`s by name; tools follow when they are
    expanded.
    """
    _environment(model)
    types: dict[str, ast.Name] = {}
    for item in model.spec.items:
        if isinstance(item, (ast.Enum, ast.Record, ast.Entity, ast.Shape)):
            _type(model, item, types)
        elif isinstance(item, ast.Fn):
            _fn(model, item)


def _environment(model: Model) -> None:
    envs = [item for item in model.spec.items if isinstance(item, ast.Env)]
    if not envs:
        model.report("AWM401", Span.at(0), help='begin the spec with `env name "about" { clock … }`')
        return
    env = model.env = envs[0]
    for other in envs[1:]:
        model.report("AWM101", other.name.span, secondary=(Label(env.name.span, "the first one is here"),))
    if not env.clocks:
        model.report(
            "AWM402",
            env.name.span,
            env=env.name.text,
            help="add `clock 2026-01-05T09:00`, the world's first instant",
        )
    for extra in env.clocks[1:]:
        model.report("AWM118", extra.span, what=f"env `{env.name.text}`", clause="clock")
    for second in env.actors[1:]:
        model.report("AWM118", second.span, what=f"env `{env.name.text}`", clause="actor")
    if env.clocks:
        text = literals.moment(env.clocks[0])
        if text is None:
            model.report("AWM011", env.clocks[0].span, kind="moment", text=str(env.clocks[0].value))
        else:
            model.clock = text if "T" in text else f"{text}T00:00:00"
    seen: set[str] = set()
    for offered in env.offers:
        if offered.name.text not in OFFERS:
            model.report(
                "AWM217",
                offered.name.span,
                name=offered.name.text,
                help="write one of `calculate`, `think`, `handoff`",
            )
        elif offered.name.text in seen:
            model.report("AWM124", offered.name.span, tool=offered.name.text)
        else:
            seen.add(offered.name.text)
            model.offers.append((offered.name.text, (offered.alias or offered.name).text))


def _type(
    model: Model, item: ast.Enum | ast.Record | ast.Entity | ast.Shape, types: dict[str, ast.Name]
) -> None:
    name = item.name
    if name.text in types:
        model.report(
            "AWM102",
            name.span,
            name=name.text,
            secondary=(Label(types[name.text].span, "it is declared here"),),
        )
        model.broken.add(name.text)
        return
    types[name.text] = name
    if isinstance(item, ast.Enum):
        model.enums[name.text] = enum_symbol(model, name.text, name.span, item.values)
    elif isinstance(item, ast.Record):
        model.records[name.text] = RecordSymbol(name.text, name.span)
    elif isinstance(item, ast.Entity):
        if not item.fields:
            model.report("AWM403", name.span, what=f"entity `{name.text}`")
        singular = snake(name.text)
        model.entities[name.text] = Entity(
            name.text,
            name.span,
            item,
            singular,
            singular,
            plural_of(singular),
            item.about.value if item.about else "",
        )


def enum_symbol(
    model: Model, name: str, span: Span, values: tuple[ast.EnumValue, ...], *, inline: bool = False
) -> EnumSymbol:
    """The symbol of an enum's values; doubled names and wire texts are reported."""
    kept: dict[str, tuple[str, str, str]] = {}
    wires: dict[str, Span] = {}
    places: dict[str, Span] = {}
    for value in values:
        wire = value.wire.value if value.wire else value.name.text
        if value.name.text in kept:
            model.report(
                "AWM105", value.name.span, enum=name, value=value.name.text,
                secondary=(Label(places[value.name.text], "it is listed here"),),
            )  # fmt: skip
        elif wire in wires:
            model.report(
                "AWM106",
                value.name.span,
                enum=name,
                wire=wire,
                secondary=(Label(wires[wire], "the other one"),),
            )
        else:
            wires[wire] = places[value.name.text] = value.name.span
            kept[value.name.text] = (value.name.text, wire, value.doc.value if value.doc else "")
    return EnumSymbol(name, span, tuple(kept.values()), inline)


def _fn(model: Model, item: ast.Fn) -> None:
    name = item.name
    if name.text in RESERVED:
        model.report("AWM103", name.span, name=name.text, what="a function of the language")
    elif name.text in model.fns:
        model.report(
            "AWM103", name.span, name=name.text, what="another `fn`",
            secondary=(Label(model.fns[name.text].span, "it is declared here"),),
        )  # fmt: skip
    else:
        model.fns[name.text] = Fn(name.text, name.span, item)


def snake(name: str) -> str:
    """`OrderLine` to `order_line`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def plural_of(singular: str) -> str:
    """The English plural of a snake_case noun by rule; `@@names` says it where the rules fail."""
    if re.search(r"(?:s|x|z|ch|sh)$", singular):
        return singular + "es"
    if re.search(r"[^aeiou]y$", singular):
        return singular[:-1] + "ies"
    return singular + "s"
