"""Statements of tools, actions, `solve` and `wrong`: scopes of names, nulls along the flow, rules of writing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from awmc.diagnostics.suggest import nearest
from awmc.semantics import nulls, queries, typed
from awmc.semantics.context import Context
from awmc.semantics.declarations import check_limits
from awmc.semantics.expressions import (
    as_text,
    condition,
    convert,
    infer,
    operate,
    poison,
    present,
    require,
    tool_of,
)
from awmc.semantics.model import Entity, Field, Model, ToolModel
from awmc.semantics.typeexprs import entity_named
from awmc.semantics.types import ERROR, NULL, TEXT, Type, list_of, row_of
from awmc.source import Span
from awmc.syntax import ast


@dataclass(slots=True)
class Body:
    """What belongs to one body: `tool` is None for a `solve`. `locals`: every local with its type."""

    name: str
    tool: ToolModel | None
    returns: list[typed.Return] = field(default_factory=list)
    locals: dict[str, Type] = field(default_factory=dict)


def check_block(cx: Context, body: Body, block: ast.Block) -> tuple[tuple[typed.Statement, ...], bool]:
    """The typed statements of a block, and whether it always returns or fails. Its names end with it."""
    outer = dict(cx.locals)
    found: list[typed.Statement] = []
    lets: list[tuple[str, Span]] = []
    ended = False
    told = False
    for node in block.statements:
        if ended and not told:
            statement = cx.model.text(node.span).split()[0].split("(")[0]
            before = block.statements[block.statements.index(node) - 1]
            cx.report("AWM504", node.span, statement=cx.model.text(before.span).split()[0] or statement)
            told = True
        if isinstance(node, ast.Let):
            lets.append((node.name.text, node.name.span))
        statement_, ends = _statement(cx, body, node)
        if statement_ is not None:
            found.append(statement_)
        ended = ended or ends
    for name, span in lets:
        if name not in cx.used and body.tool is not None and not body.tool.derived_from:
            cx.report("AWM516", span, name=name)
    for name in [n for n in cx.locals if n not in outer]:
        del cx.locals[name]
        cx.forget_local(name)
    return tuple(found), ended


def _statement(cx: Context, body: Body, node: ast.Statement) -> tuple[typed.Statement | None, bool]:
    in_solve = body.tool is None
    if in_solve and isinstance(node, (ast.Create, ast.Update, ast.Delete, ast.Return, ast.Fail)):
        word = cx.model.text(node.span).split()[0]
        cx.report("AWM511", node.span, statement=word, where="a `solve`", help="an agent has its tools alone")
        return None, False
    match node:
        case ast.Let():
            return _let(cx, body, node), False
        case ast.Require():
            test = condition(cx, node.test, "what `require` asks")
            failure = _failure(cx, body, node.otherwise)
            cx.facts |= nulls.facts(test, True)
            return typed.Require(node.span, test, failure), False
        case ast.Create():
            return create(cx, node, ""), False
        case ast.Update():
            return _update(cx, node), False
        case ast.Delete():
            return _delete(cx, node), False
        case ast.For():
            return _for(cx, body, node), False
        case ast.If():
            return _if(cx, body, node)
        case ast.Fail():
            code = ast.Otherwise(node.span, node.code, node.message)
            return typed.Fail(node.span, _failure(cx, body, code)), True
        case ast.Return():
            return _return(cx, body, node), True
        case ast.CallStatement():
            return _call(cx, node), False
        case ast.Fails():
            return _fails(cx, body, node), False


def _head(cx: Context, node: ast.Expr, expected: Type | None = None) -> typed.Expr:
    """An expression at whose head a tool or an action may be called."""
    cx.head = True
    value = infer(cx, node, expected)
    cx.head = False
    call = next((n for n in typed.walk(value) if isinstance(n, typed.ToolCall)), None)
    if call is not None:
        _written(cx, call)
    return value


def _written(cx: Context, call: typed.ToolCall) -> None:
    effects = call.tool.effects
    columns = set(effects.updates) | {(e, "*") for e in (*effects.creates, *effects.deletes)}
    cx.forget(columns)


def _failure(cx: Context, body: Body, node: ast.Otherwise) -> typed.Failure:
    message: typed.Expr
    if isinstance(node.message, ast.Text):
        message = typed.Const(node.message.span, TEXT, node.message.value, node.message.value)
        said = node.message.value
    else:
        parts = tuple(
            typed.Const(node.message.span, TEXT, p, p) if isinstance(p, str) else as_text(cx, p)
            for p in node.message.parts
        )
        message = typed.Op(node.message.span, TEXT, "concat", parts)
        said = cx.model.text(node.message.span)[1:-1]
    if body.tool is not None:
        body.tool.codes.setdefault(node.code.text, said)
    return typed.Failure(node.code.text, message)


def bind(cx: Context, body: Body, name: ast.Name, kind: Type) -> None:
    """Gives a local its name and type."""
    queries.free_name(cx, name)
    cx.forget_local(name.text)
    cx.locals[name.text] = kind
    body.locals[name.text] = kind


def _let(cx: Context, body: Body, node: ast.Let) -> typed.Let | typed.Create | typed.Call | None:
    if isinstance(node.value, ast.Create):
        made = create(cx, node.value, node.name.text)
        bind(cx, body, node.name, row_of(made.entity.name) if made is not None else ERROR)
        return made
    value = _head(cx, node.value)
    kind = value.type
    otherwise: typed.Failure | typed.Create | None = None
    if isinstance(node.otherwise, ast.Otherwise):
        if not kind.nullable and kind.kind != "error" and not cx.lenient:
            cx.report("AWM510", node.otherwise.span, name=node.name.text)
        otherwise = _failure(cx, body, node.otherwise)
        kind = kind.present
    elif isinstance(node.otherwise, ast.Create):
        otherwise = create(cx, node.otherwise, node.name.text)
        if otherwise is not None and kind.kind not in ("error",):
            if kind.kind != "row" or kind.name != otherwise.entity.name:
                cx.report(
                    "AWM301", node.value.span, what=f"`{node.name.text}`", found=kind.a,
                    expected=f"{row_of(otherwise.entity.name).a} or null",
                )  # fmt: skip
            elif not kind.nullable:
                cx.report("AWM510", node.otherwise.span, name=node.name.text)
        kind = kind.present
    if kind.kind == "null":
        what = f"`{node.name.text}`"
        if isinstance(value, typed.ToolCall):
            cx.report("AWM509", node.value.span, statement="let", found="a call without a result")
        else:
            cx.report("AWM325", node.value.span, what=what)
        kind = ERROR
    bind(cx, body, node.name, kind)
    tool = tool_of(cx, value) if cx.wire else ""
    if tool:
        cx.results[node.name.text] = tool
    if isinstance(value, typed.ToolCall) and otherwise is None:
        return typed.Call(node.span, node.name.text, value)
    return typed.Let(node.span, node.name.text, value, otherwise)


# ---- create --------------------------------------------------------------------------------------------------------


def create(cx: Context, node: ast.Create, name: str) -> typed.Create | None:
    """`create Entity { … }`; every column is given, by a value or by its default."""
    entity = entity_named(cx.model, node.entity)
    if entity is None:
        for entry in node.values.entries:
            if entry.value is not None:
                infer(cx, entry.value)
        return None
    values, links, children = _row_values(cx, entity, node.values, skip=None, where=f"create {entity.name}")
    _leaves_out(cx, entity, {f.name for f, _ in values}, node.span, skip=None)
    cx.forget({(entity.name, "*")})
    return typed.Create(node.span, name, entity, tuple(values), tuple(links), tuple(children))


def _row_values(
    cx: Context, entity: Entity, record: ast.RecordOf, *, skip: Field | None, where: str
) -> tuple[list[tuple[Field, typed.Expr]], list[tuple[Field, typed.Expr]], list[typed.Children]]:
    values: list[tuple[Field, typed.Expr]] = []
    links: list[tuple[Field, typed.Expr]] = []
    children: list[typed.Children] = []
    seen: set[str] = set()
    for entry in record.entries:
        field_ = settable(cx.model, entity, entry.name, creating=where)
        value = entry.value if entry.value is not None else ast.Ref(entry.name.span, entry.name.text)
        if field_ is None:
            infer_quietly(cx, value)
            continue
        if field_.name in seen:
            cx.report("AWM111", entry.span, statement="create", field=field_.name)
            continue
        seen.add(field_.name)
        if field_.kind == "relation":
            made = _children(cx, field_, value)
            if made is not None:
                children.append(made)
        elif field_.kind == "link":
            links.append((field_, require(cx, value, field_.type, f"`{entity.name}.{field_.name}`")))
        else:
            values.append((field_, assigned(cx, entity, field_, value)))
    return values, links, children


def infer_quietly(cx: Context, node: ast.Expr) -> None:
    """Reads an expression whose place is wrong, so that its names count as used; reports nothing."""
    before = len(cx.model.problems)
    infer(cx, node)
    del cx.model.problems[before:]


def assigned(cx: Context, entity: Entity, field_: Field, value: ast.Expr) -> typed.Expr:
    """A value for a column, converted and held to the column's limits where it is a constant."""
    found = require(cx, value, field_.type, f"`{entity.name}.{field_.name}`")
    check_limits(cx.model, found, field_.type, f"`{entity.name}.{field_.name}`")
    return found


def settable(model: Model, entity: Entity, name: ast.Name, *, creating: str = "") -> Field | None:
    """The field of this name if a statement may set it; reports why not."""
    field_ = entity.fields.get(name.text)
    if field_ is None:
        if name.text == "id":
            model.report("AWM508", name.span, field="id", entity=entity.name, what="given by the world")
            return None
        from awmc.semantics.typeexprs import report_unknown_field

        report_unknown_field(model, entity.name, name)
        return None
    if field_.type.kind == "error":
        return None
    if field_.kind == "computed":
        model.report("AWM508", name.span, field=name.text, entity=entity.name, what="computed")
        return None
    if field_.moves and creating:
        first = next(iter(field_.moves))
        model.report("AWM422", name.span, entity=entity.name, field=name.text, state=first)
        return None
    return field_


def _leaves_out(cx: Context, entity: Entity, given: set[str], span: Span, *, skip: Field | None) -> None:
    for field_ in entity.fields.values():
        if field_.kind != "stored" or field_.name in given or field_ is skip or field_.moves:
            continue
        if field_.default is None and not field_.type.nullable and field_.type.kind != "error":
            if field_.node is not None and field_.node.default is not None:
                continue
            cx.report("AWM507", span, entity=entity.name, field=field_.name)


def _children(cx: Context, field_: Field, value: ast.Expr) -> typed.Children | None:
    element = field_.type.element
    assert element is not None
    child = cx.model.entities[element.name]
    back = child.fields[field_.via]
    where = f"create {child.name}"
    if isinstance(value, ast.ListOf):
        rows: list[tuple[tuple[Field, typed.Expr], ...]] = []
        for item in value.items:
            if not isinstance(item, ast.RecordOf):
                cx.report(
                    "AWM301",
                    item.span,
                    what=f"an item of `{field_.name}`",
                    found="a value",
                    expected="a record",
                )
                continue
            values, links, nested = _row_values(cx, child, item, skip=back, where=where)
            if links or nested:
                cx.report("AWM511", item.span, statement="create", where="rows made with another row")
            _leaves_out(cx, child, {f.name for f, _ in values}, item.span, skip=back)
            rows.append(tuple(values))
        return typed.Children(field_, tuple(rows))
    rows_ = infer(cx, value)
    if rows_.type.kind == "error":
        return None
    if rows_.type.kind != "list" or rows_.type.element is None or rows_.type.element.kind != "record":
        cx.report(
            "AWM301", value.span, what=f"`{field_.name}`", found=rows_.type.a, expected="a list of records"
        )
        return None
    record = rows_.type.element
    local = f"{field_.name}_element"
    made = typed.Local(value.span, record, local)
    parts: list[tuple[Field, typed.Expr]] = []
    for name, kind in record.fields:
        target = settable(cx.model, child, ast.Name(value.span, name), creating=where)
        if target is None:
            continue
        part = typed.PartOf(value.span, kind, made, name)
        parts.append((target, convert(cx, part, target.type, f"`{child.name}.{name}`")))
    _leaves_out(cx, child, {f.name for f, _ in parts}, value.span, skip=back)
    return typed.Children(field_, (), rows_, local, tuple(parts))


# ---- update, delete ------------------------------------------------------------------------------------------------


def _target(cx: Context, node: ast.Expr, statement: str) -> tuple[typed.Expr, typed.Binder, Entity] | None:
    rows = present(cx, infer(cx, node))
    if rows.type.kind == "error":
        return None
    row = rows.type.element if rows.type.kind == "list" else rows.type
    if row is None or row.kind != "row":
        cx.report("AWM509", node.span, statement=statement, found=rows.type.a)
        return None
    binder = rows.sources[0].binder if isinstance(rows, typed.QueryOf) else typed.Binder("", row)
    return rows, binder, cx.model.entities[row.name]


def _update(cx: Context, node: ast.Update) -> typed.Update | None:
    target = _target(cx, node.rows, "update")
    if target is None:
        for assign in node.assigns:
            infer_quietly(cx, assign.value)
        return None
    rows, binder, entity = target
    assigns: list[typed.Assign] = []
    seen: set[str] = set()
    with cx.framed(binder):
        for item in node.assigns:
            found = _assign(cx, entity, binder, rows, item, seen)
            if found is not None:
                assigns.append(found)
    written = {(entity.name, a.field.name) for a in assigns}
    cx.forget(written)
    path = nulls.path_of(rows)
    if path is not None:
        for done in assigns:
            if done.op == "=" and not done.part and not done.given and not done.value.type.nullable:
                cx.facts |= {(*path, (entity.name, done.field.name))}
    return typed.Update(node.span, entity, binder, rows, tuple(assigns))


def _assign(
    cx: Context, entity: Entity, binder: typed.Binder, rows: typed.Expr, node: ast.Assign, seen: set[str]
) -> typed.Assign | None:
    field_ = settable(cx.model, entity, node.path[0])
    dotted = ".".join(n.text for n in node.path)
    if field_ is None:
        infer_quietly(cx, node.value)
        return None
    if field_.kind == "relation":
        cx.report("AWM508", node.path[0].span, field=dotted, entity=entity.name, what="a relation")
        return None
    if dotted in seen and field_.kind != "link":
        cx.report("AWM111", node.span, statement="update", field=dotted)
        return None
    seen.add(dotted)
    kind = field_.type
    for part in node.path[1:]:
        inner = kind.field(part.text) if kind.kind == "record" else None
        if inner is None:
            names = [n for n, _ in kind.fields]
            if kind.kind == "record":
                hint = nearest(part.text, names)
                cx.report("AWM204", part.span, record=kind.name or field_.name, part=part.text, hint=hint)
            else:
                cx.report("AWM219", part.span, expr=field_.name, found=kind.a, field=part.text)
            return None
        kind = inner
    given: list[str] = []
    what = f"`{entity.name}.{dotted}`"
    with cx.collecting(given):
        if field_.kind == "link":
            return _relink(cx, field_, node, given)
        if node.op == "=":
            value = require(cx, node.value, kind, what)
            check_limits(cx.model, value, kind, what)
            if field_.moves:
                _possible_move(cx, field_, value)
        else:
            value = _step(cx, binder, rows, field_, kind, node, what)
    return typed.Assign(field_, tuple(n.text for n in node.path[1:]), "=", value, tuple(given))


def _possible_move(cx: Context, field_: Field, value: typed.Expr) -> None:
    if isinstance(value, typed.Const):
        targets = {t for moves in field_.moves.values() for t in moves}
        if value.value not in targets:
            cx.report("AWM420", value.span, field=field_.name, state=str(value.value))


def _step(
    cx: Context,
    binder: typed.Binder,
    rows: typed.Expr,
    field_: Field,
    kind: Type,
    node: ast.Assign,
    what: str,
) -> typed.Expr:
    """`a += e` as `a + e`. What is known of the row's nulls outside holds of the column that is read."""
    if kind.kind not in ("int", "number", "money", "date", "datetime"):
        cx.report("AWM522", node.span, operator=node.op, field=field_.name, found=kind.a)
        infer(cx, node.value)
        return poison(node.span)
    span = node.path[0].span
    row = typed.Bound(span, binder.type, binder)
    old: typed.Expr = typed.ColumnOf(span, field_.type, row, field_)
    for part in node.path[1:]:
        old = typed.PartOf(span, kind, old, part.text)
    path = nulls.path_of(rows)
    if old.type.nullable and not (path is not None and (*path, (field_.entity, field_.name)) in cx.facts):
        old = present(cx, old)
    else:
        old = nulls.with_type(old, old.type.present)
    step = present(cx, infer(cx, node.value, kind.present if kind.kind in ("money", "number") else None))
    if "error" in (old.type.kind, step.type.kind):
        return poison(node.span)
    return convert(cx, operate(cx, node.span, node.op[0], old, step), kind, what)


def _relink(cx: Context, field_: Field, node: ast.Assign, given: list[str]) -> typed.Assign | None:
    element = field_.type.element
    assert element is not None
    if node.op == "=":
        cx.report(
            "AWM522", node.span, operator="=", field=field_.name, found="many to many",
            help=f"add with `{field_.name} += …`, take away with `{field_.name} -= …`",
        )  # fmt: skip
        return None
    value = infer(cx, node.value, element)
    wanted = list_of(element) if value.type.kind == "list" else element
    value = convert(cx, value, wanted, f"what `{field_.name} {node.op}` takes", node.value)
    return typed.Assign(field_, (), node.op, value, tuple(given))


def _delete(cx: Context, node: ast.Delete) -> typed.Delete | None:
    target = _target(cx, node.rows, "delete")
    if target is None:
        return None
    rows, _, entity = target
    cx.forget({(entity.name, "*")})
    return typed.Delete(node.span, entity, rows)


# ---- Flow ----------------------------------------------------------------------------------------------------------


def _for(cx: Context, body: Body, node: ast.For) -> typed.For | None:
    over = _head(cx, node.over)
    element: Type = ERROR
    if over.type.kind != "error":
        over = present(cx, over)
        if over.type.kind == "list" and over.type.element is not None:
            element = over.type.element
        elif over.type.kind != "error":
            cx.report("AWM310", node.over.span, construct="for", found=over.type.a)
    outer = dict(cx.locals)
    # Facts that the body breaks do not hold at its beginning either, from the second round on.
    before = cx.facts
    problems = len(cx.model.problems)
    tool = tool_of(cx, over) if cx.wire else ""
    if tool:
        cx.results[node.name.text] = tool
    bind(cx, body, node.name, element)
    check_block(cx, body, node.body)
    kept = cx.facts & before
    if kept != before:
        del cx.model.problems[problems:]
        cx.locals = dict(outer)
        cx.facts = kept
        bind(cx, body, node.name, element)
        statements, _ = check_block(cx, body, node.body)
    else:
        del cx.model.problems[problems:]
        cx.locals = dict(outer)
        bind(cx, body, node.name, element)
        statements, _ = check_block(cx, body, node.body)
    cx.locals = outer
    cx.facts &= before
    return typed.For(node.span, node.name.text, element, over, statements)


def _if(cx: Context, body: Body, node: ast.If) -> tuple[typed.If, bool]:
    test = condition(cx, node.test, "what `if` asks")
    before = cx.facts
    cx.facts = before | nulls.facts(test, True)
    then, then_ends = check_block(cx, body, node.then)
    after_then = cx.facts
    cx.facts = before | nulls.facts(test, False)
    otherwise: tuple[typed.Statement, ...] = ()
    else_ends = False
    if node.otherwise is not None:
        otherwise, else_ends = check_block(cx, body, node.otherwise)
    after_else = cx.facts
    if then_ends:
        cx.facts = after_else
    elif else_ends:
        cx.facts = after_then
    else:
        cx.facts = after_then & after_else
    return typed.If(node.span, test, then, otherwise), then_ends and else_ends


def _return(cx: Context, body: Body, node: ast.Return) -> typed.Statement | None:
    wanted = body.tool.result if body.tool is not None else None
    if isinstance(node.value, ast.Create):
        made = create(cx, node.value, "")
        if made is None:
            return None
        name = made.entity.singular
        while name in cx.locals:
            name += "_"
        local = typed.Local(node.value.span, row_of(made.entity.name), name)
        found = typed.Return(node.span, local, replace(made, name=name))
        body.returns.append(found)
        return found
    value = _head(cx, node.value, wanted)
    if wanted is not None and wanted.kind != "error" and value.type.kind != "error":
        value = _fit_result(cx, body, value, wanted)
    if value.type.kind == "null":
        cx.report("AWM325", node.value.span, what="what is returned")
        value = poison(node.value.span)
    found = typed.Return(node.span, value)
    body.returns.append(found)
    return found


def _fit_result(cx: Context, body: Body, value: typed.Expr, wanted: Type) -> typed.Expr:
    if wanted.kind in ("money", "number") and value.type.kind == "int":
        return convert(cx, value, wanted.or_null(value.type.nullable), "the result")
    if value.type.kind == "null" and wanted.nullable:
        return typed.Const(value.span, wanted, None, "null")
    if isinstance(value, typed.ShapedOf) and value.of.type.kind == wanted.kind:
        return value.of
    return value


def _call(cx: Context, node: ast.CallStatement) -> typed.Call | None:
    value = _head(cx, node.call)
    if value.type.kind == "error":
        return None
    if not isinstance(value, typed.ToolCall):
        cx.report(
            "AWM511",
            node.span,
            statement=node.call.name.text,
            where="the place of a statement",
            help="its value goes nowhere",
        )
        return None
    return typed.Call(node.span, "", value)


def _fails(cx: Context, body: Body, node: ast.Fails) -> typed.Fails | None:
    if body.tool is not None:
        cx.report("AWM511", node.span, statement="fails", where="a tool", help="it belongs to a `solve`")
        return None
    value = _head(cx, node.call)
    if not isinstance(value, typed.ToolCall):
        if value.type.kind != "error":
            cx.report("AWM623", node.call.name.span, name=node.call.name.text, found="no tool")
        return None
    possible = {*value.tool.codes, *value.tool.automatic}
    if node.code.text not in possible:
        hint = nearest(node.code.text, possible)
        help_text = None if hint else "it answers " + ", ".join(f"`{c}`" for c in sorted(possible))
        cx.report(
            "AWM605", node.code.span, tool=value.tool.name, code=node.code.text, hint=hint, help=help_text
        )
    return typed.Fails(node.span, value, node.code.text)


__all__ = ["NULL", "Body", "bind", "check_block", "create"]
