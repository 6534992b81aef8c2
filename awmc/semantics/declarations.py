"""What declarations say in expressions: computed columns, defaults, checks, scopes, unique keys, `fn`s,
shapes, invariants.
"""

from __future__ import annotations

import re

from awmc.diagnostics.model import Label
from awmc.semantics import typed, typeexprs
from awmc.semantics.circles import circle_through
from awmc.semantics.context import Context
from awmc.semantics.expressions import condition, convert, infer, require, unhandled_null
from awmc.semantics.model import (
    Entity,
    Field,
    Fn,
    Invariant,
    Model,
    ParamModel,
    Rule,
)
from awmc.semantics.names import member
from awmc.semantics.types import ERROR, TEXTUAL, Type, row_of
from awmc.source import Span
from awmc.syntax import ast


def self_context(model: Model, entity: Entity, where: str, *, pure: bool = False) -> Context:
    """The place of an expression over one row of `entity`."""
    binder = typed.Binder("", row_of(entity.name), is_self=True)
    return Context(model, where, self_binder=binder, pure=pure)


# ---- Columns -------------------------------------------------------------------------------------------------------


def resolve_columns(model: Model) -> None:
    """Defaults, computed columns, scopes, checks and unique keys of every entity."""
    for entity in model.entities.values():
        for field in entity.fields.values():
            _default(model, entity, field)
            if field.kind == "computed":
                _computed(model, entity, field)
    for entity in model.entities.values():
        _rules(model, entity)
    _computed_circles(model)


def _default(model: Model, entity: Entity, field: Field) -> None:
    node = field.node.default if field.node is not None else None
    if node is None:
        return
    what = (
        "derived"
        if field.kind in ("computed", "relation", "link")
        else "a state column"
        if field.moves
        else ""
    )
    if what or field.natural_key:
        model.report("AWM324", node.span, field=field.name, what=what or "a key", thing="default")
        return
    if field.type.kind == "error":
        return
    if isinstance(node, (ast.Call, ast.ListOf)) or (isinstance(node, ast.Ref) and node.name == "self"):
        model.report(
            "AWM332", node.span, what=f"the default of `{field.name}`", help=_constant_help(node, field.type)
        )
        return
    cx = Context(model, "a default", stored=False, calls="a default is a constant, `me` or `now`")
    if isinstance(node, ast.Ref) and node.name == "now" and field.type.kind == "date":
        model.report(
            "AWM301", node.span, what=f"the default of `{field.name}`", found="a datetime", expected="a date",
            help="make it a datetime, or leave the default out and give `date(now)` at each `create`",
        )  # fmt: skip
        return
    field.default = require(cx, node, field.type, f"the default of `{field.name}`")
    check_limits(model, field.default, field.type, f"the default of `{field.name}`")


def _computed(model: Model, entity: Entity, field: Field) -> None:
    assert field.node is not None
    attribute = next(a for a in field.node.attributes if a.name.text == "computed")
    if len(attribute.args) != 1 or field.type.kind == "error":
        return
    cx = self_context(model, entity, "a computed column")
    field.binder = cx.self_binder
    value = infer(cx, attribute.args[0].value, field.type)
    # What division and money leave open is settled by the column's own type.
    if value.type.nullable and not field.type.nullable and value.type.kind not in ("error", "null"):
        unhandled_null(cx, value)
        return
    field.value = convert(cx, value, field.type, f"`{entity.name}.{field.name}`", attribute.args[0].value)


def _computed_circles(model: Model) -> None:
    needs: dict[tuple[str, str], set[tuple[str, str]]] = {}
    fields = {
        (f.entity, f.name): f
        for e in model.entities.values()
        for f in e.fields.values()
        if f.kind == "computed"
    }
    for key, field in fields.items():
        used = list(typed.walk(field.value)) if field.value is not None else []
        needs[key] = {
            (n.field.entity, n.field.name)
            for n in used
            if isinstance(n, typed.ColumnOf) and n.field.kind == "computed"
        }
    reported: set[tuple[str, str]] = set()
    for start in needs:
        path = circle_through(needs, start)
        if path and not reported & set(path):
            reported |= set(path)
            names = " -> ".join(f"`{name}`" for _, name in [*path, path[0]])
            model.report("AWM408", fields[start].span, entity=start[0], circle=names)
            fields[start].value = None


def check_limits(model: Model, value: typed.Expr, kind: Type, what: str) -> bool:
    """Reports a constant outside the limits of its type; true if it is inside."""
    if not isinstance(value, typed.Const) or value.value is None or kind.kind == "error":
        return True
    if kind.kind in TEXTUAL:
        text = str(value.value)
        if kind.pattern is not None and not _matches(kind.pattern, text):
            model.report("AWM320", value.span, value=text, field=what.strip("`"))
            return False
        if kind.kind in ("email", "url") and not _well_formed(kind.kind, text):
            model.report("AWM319", value.span, value=text, type=kind.kind)
            return False
        number: object = len(text)
        said = f"{len(text)} letters long"
    else:
        number = value.value
        said = value.written or str(value.value)
    if isinstance(number, bool) or not isinstance(number, (int, float, str)):
        return True
    low, high = kind.low, kind.high
    if (low is not None and number < low) or (high is not None and number > high):  # type: ignore[operator]
        shown = tuple(
            None if b is None else (f"{int(b) / 100:g}" if kind.kind == "money" else b) for b in (low, high)
        )
        model.report("AWM313", value.span, what=what, value=said, range=f"`{typeexprs.range_text(*shown)}`")
        return False
    return True


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None


def _well_formed(kind: str, text: str) -> bool:
    if kind == "email":
        return re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) is not None
    return re.fullmatch(r"[a-z][a-z0-9+.-]*://[^\s/]+\S*", text, re.IGNORECASE) is not None


# ---- Rules of an entity --------------------------------------------------------------------------------------------


def _rules(model: Model, entity: Entity) -> None:
    if entity.node.owner:
        _owner(model, entity)
    for attribute in entity.node.attributes:
        match attribute.name.text:
            case "scope":
                _scope(model, entity, attribute)
            case "check":
                _check(model, entity, attribute)
            case "unique":
                _unique(model, entity, attribute)


def _owner(model: Model, entity: Entity) -> None:
    path = entity.node.owner
    span = path[0].span.to(path[-1].span)
    cx = self_context(model, entity, "`owned by`")
    assert cx.self_binder is not None
    binder = cx.self_binder
    reached: typed.Expr = typed.Bound(Span.at(path[0].span.start), binder.type, binder)
    for name in path:
        reached = member(cx, reached, name, path[0].span.to(name.span))
    if reached.type.kind == "error":
        return
    if model.actor is None:
        env = model.env.name.text if model.env else ""
        model.report(
            "AWM220",
            span,
            env=env,
            help="name the row that the agent acts for: `actor Entity label` in `env`",
        )
        return
    if reached.type.kind != "row" or reached.type.name != model.actor[0]:
        model.report("AWM414", span, path=model.text(span), found=reached.type.a, actor=model.actor[0])
        return
    me = typed.Me(span, row_of(model.actor[0]))
    test = typed.Op(span, Type("bool"), "eq", (reached, me))
    entity.scopes["my"] = Rule("my", span, binder, test)


def _scope(model: Model, entity: Entity, attribute: ast.Attribute) -> None:
    args = attribute.args
    if len(args) != 2 or not isinstance(args[0].value, ast.Ref):
        model.report("AWM410", attribute.span, attribute="@@scope", expected="a name and a condition")
        return
    name = args[0].value.name
    if name in entity.scopes:
        model.report("AWM113", attribute.span, entity=entity.name, scope=name)
        return
    cx = self_context(model, entity, "a scope")
    assert cx.self_binder is not None
    test = condition(cx, args[1].value, f"the condition of scope `{name}`")
    entity.scopes[name] = Rule(name, attribute.span, cx.self_binder, test)


def _check(model: Model, entity: Entity, attribute: ast.Attribute) -> None:
    args = attribute.args
    message = args[1].value if len(args) == 2 else None
    if not 1 <= len(args) <= 2 or (message is not None and not isinstance(message, ast.Literal)):
        model.report("AWM410", attribute.span, attribute="@@check", expected="a condition and a text")
        return
    cx = self_context(model, entity, "a `@@check`", pure=True)
    assert cx.self_binder is not None
    test = condition(cx, args[0].value, "a check")
    beyond = next((n for n in typed.walk(test) if _beyond_row(n)), None)
    if beyond is not None:
        model.report("AWM413", beyond.span, entity=entity.name, what=f"`{model.text(beyond.span)}`")
        return
    text = (
        str(message.value)
        if isinstance(message, ast.Literal)
        else f"It must hold that {model.text(args[0].value.span)}."
    )
    name = f"{entity.table}_check_{len(entity.checks) + 1}"
    entity.checks.append(Rule(name, attribute.span, cx.self_binder, test, text))


def _beyond_row(node: object) -> bool:
    if isinstance(node, (typed.QueryOf, typed.AggregateOf, typed.GroupOf, typed.RelationOf, typed.AllOf)):
        return True
    if not isinstance(node, typed.ColumnOf):
        return False
    return not isinstance(node.of, typed.Bound) or node.field.kind == "computed"


def _unique(model: Model, entity: Entity, attribute: ast.Attribute) -> None:
    fields: list[Field] = []
    where: ast.Expr | None = None
    for arg in attribute.args:
        if arg.name is not None and arg.name.text == "where":
            where = arg.value
        elif isinstance(arg.value, ast.Ref):
            field = entity.fields.get(arg.value.name)
            if field is None:
                typeexprs.report_unknown_field(model, entity.name, ast.Name(arg.value.span, arg.value.name))
                return
            if field.kind != "stored":
                model.report("AWM226", arg.span, name=field.name, found="no stored column", expected="one")
                return
            if field in fields:
                model.report("AWM123", arg.span, owner="@@unique", field=field.name)
                return
            fields.append(field)
        else:
            model.report("AWM410", attribute.span, attribute="@@unique", expected="names of columns")
            return
    if not fields:
        model.report("AWM410", attribute.span, attribute="@@unique", expected="names of columns")
        return
    cx = self_context(model, entity, "a unique key", pure=True)
    assert cx.self_binder is not None
    test = condition(cx, where, "the `where` of a unique key") if where is not None else None
    name = f"{entity.table}_{'_'.join(f.name for f in fields)}_key"
    taken = {r.name for r in entity.uniques}
    while name in taken:
        name += "_2"
    entity.uniques.append(Rule(name, attribute.span, cx.self_binder, test, fields=tuple(fields)))


# ---- fn ------------------------------------------------------------------------------------------------------------


def resolve_fns(model: Model) -> None:
    """The bodies of all `fn`s, each after those it calls."""
    for fn in list(model.fns.values()):
        finish_fn(model, fn, None)


_BUSY: Type = Type("busy")


def finish_fn(model: Model, fn: Fn, call: ast.Call | None) -> None:
    """Types a `fn` unless it is done; a call from inside itself is reported."""
    if fn.type is _BUSY:
        model.report("AWM505", call.name.span if call is not None else fn.span, name=fn.name)
        fn.type = ERROR
        return
    if fn.type is not None:
        return
    fn.type = _BUSY
    fn.params = params(model, fn.name, fn.node.params)
    cx = Context(model, f"`fn {fn.name}`", locals={p.name: p.type for p in fn.params})
    cx.optional = {p.name for p in fn.params if p.type.nullable}
    if fn.node.type is not None:
        wanted = typeexprs.resolve(model, fn.node.type, fn.name)
        fn.value = require(cx, fn.node.value, wanted, f"`{fn.name}`")
        kind = wanted
    else:
        fn.value = infer(cx, fn.node.value)
        kind = fn.value.type
        if kind.kind == "null":
            model.report("AWM325", fn.node.value.span, what=f"`{fn.name}`")
            kind = ERROR
    for param in fn.params:
        param.used = param.name in cx.used
        if not param.used:
            model.report("AWM512", param.span, owner=fn.name, parameter=param.name)
    fn.type = kind if fn.type is _BUSY else ERROR


def _constant_help(node: ast.Expr, kind: Type) -> str:
    """What a default may be, where it is a call."""
    if isinstance(node, ast.Call) and not node.args and kind.kind == "datetime":
        return "write `now`"
    return "write a constant, `me` or `now`; give what is computed at each `create`"


def params(model: Model, owner: str, nodes: tuple[ast.Param, ...]) -> list[ParamModel]:
    """Parameters of a `fn`, a tool or an action."""
    found: dict[str, ParamModel] = {}
    for node in nodes:
        name = node.name.text
        if name in found:
            first = Label(found[name].span, "it is declared here")
            model.report("AWM108", node.name.span, owner=owner, parameter=name, secondary=(first,))
            continue
        if name in ("me", "now", "self", "clock"):
            model.report("AWM129", node.name.span, name=name, what="a parameter")
            found[name] = ParamModel(name, node.name.span, ERROR, False)
            continue
        kind = typeexprs.resolve(model, node.type, f"{owner}.{name}")
        kind = typeexprs.with_pattern(model, kind, node.attributes, name)
        default = None
        if node.default is not None:
            cx = Context(model, "a default", stored=False, calls="a default is a constant, `me` or `now`")
            default = require(cx, node.default, kind, f"the default of `{name}`")
            check_limits(model, default, kind, f"the default of `{name}`")
        doc = node.doc.value if node.doc else ""
        found[name] = ParamModel(
            name, node.name.span, kind, default is None and not kind.nullable, default, doc
        )
    return list(found.values())


# ---- Invariants ----------------------------------------------------------------------------------------------------


def resolve_invariants(model: Model) -> None:
    """Every invariant: a test of each row of an entity, or of the whole world."""
    for item in model.spec.items:
        if not isinstance(item, ast.Invariant):
            continue
        name = item.name.text
        if name in model.invariants:
            model.report(
                "AWM114", item.name.span, name=name,
                secondary=(Label(model.invariants[name].span, "the first one is here"),),
            )  # fmt: skip
            continue
        entity = None
        binder = None
        if item.entity is not None:
            entity = typeexprs.entity_named(model, item.entity)
            if entity is None:
                continue
            binder = typed.Binder("", row_of(entity.name), is_self=True)
        cx = Context(model, "an invariant", self_binder=binder, pure=True, calls="an invariant calls no tool")
        test = condition(cx, item.test, "an invariant")
        about = item.about.value if item.about else ""
        model.invariants[name] = Invariant(name, item.name.span, about, entity, binder, test)
