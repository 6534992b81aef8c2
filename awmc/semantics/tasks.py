"""Tasks: what they ask, how they are solved, what they allow."""

from __future__ import annotations

from collections.abc import Iterator

from awmc.diagnostics.model import Label
from awmc.diagnostics.suggest import nearest
from awmc.semantics import typed
from awmc.semantics.context import Context
from awmc.semantics.expressions import as_text, condition, infer, poison
from awmc.semantics.model import FreeModel, LoopModel, MayModel, Model, SolveModel, TaskModel
from awmc.semantics.queries import free_name
from awmc.semantics.statements import Body, check_block
from awmc.semantics.typeexprs import entity_named, report_unknown_field
from awmc.semantics.types import ERROR, TEXT, Type, row_of
from awmc.syntax import ast

ANSWERABLE = (
    "text",
    "int",
    "number",
    "money",
    "bool",
    "date",
    "time",
    "datetime",
    "email",
    "url",
    "enum",
    "id",
    "list",
)


def resolve_tasks(model: Model) -> None:
    """Every task."""
    for node in model.spec.items:
        if not isinstance(node, ast.Task):
            continue
        name = node.name.text
        if name in model.tasks:
            model.report(
                "AWM115", node.name.span, name=name,
                secondary=(Label(model.tasks[name].span, "the first one is here"),),
            )  # fmt: skip
            continue
        task = model.tasks[name] = TaskModel(name, node.name.span, node)
        _task(model, task, node)


def _world(
    model: Model, task: TaskModel, where: str, locals_: dict[str, Type], *, old: bool = False
) -> Context:
    """The place of an expression over the world as the task's author sees it."""
    return Context(
        model,
        where,
        locals=dict(locals_),
        labels=True,
        lenient=True,
        old=old,
        clock=True,
        calls="only a `solve` calls tools",
    )


def _task(model: Model, task: TaskModel, node: ast.Task) -> None:
    _actor(model, task, node)
    locals_: dict[str, Type] = {}
    if node.loop is not None:
        task.loop = _loop(model, task, node.loop, locals_, f"the `for` of task `{task.name}`")
    for part in node.parts:
        if isinstance(part, ast.TaskLet):
            cx = _world(model, task, "a `let` of a task", locals_)
            value = infer(cx, part.value)
            free_name(cx, part.name)
            if value.type.kind != "error":
                task.lets.append((part.name.text, value))
            locals_[part.name.text] = value.type
    task.instruction = _filled(_world(model, task, "an instruction", locals_), node.instruction)
    if isinstance(node.instruction, ast.Text) and not node.instruction.value.strip():
        model.report("AWM629", node.instruction.span, task=task.name)
    for part in node.parts:
        if isinstance(part, ast.User):
            task.users.append(_filled(_world(model, task, "a `user` text", locals_), part.text))
    seen: dict[str, Type] = {}
    for part in node.parts:
        match part:
            case ast.Solve():
                solve = _solve(model, task, part, locals_)
                task.solves.append(solve)
                for name, kind in solve.locals.items():
                    seen.setdefault(name, kind)
            case ast.Wrong():
                body = Body(f"the `wrong` of `{task.name}`", None)
                cx = _run(model, locals_)
                statements, _ = check_block(cx, body, part.body)
                task.wrongs.append(SolveModel(part.span, None, statements, body.locals))
    if not task.solves:
        model.report(
            "AWM601",
            node.name.span,
            task=task.name,
            help="add `solve { … }`: one way to do it, by tool calls",
        )
    for part in node.parts:
        _clause(model, task, part, locals_, seen)
    calls = [n for solve in task.solves for statement in solve.body for n in typed.walk(statement)]
    for call in calls:
        if isinstance(call, typed.ToolCall):
            call.tool.used = True


def _actor(model: Model, task: TaskModel, node: ast.Task) -> None:
    if node.actor is None:
        return
    if model.actor is None:
        env = model.env.name.text if model.env else ""
        model.report("AWM626", node.actor.span, task=task.name, env=env)
        return
    entity = model.actor[0]
    labels = model.labels.get(entity, {})
    if node.actor.text not in labels:
        hint = nearest(node.actor.text, labels)
        model.report("AWM625", node.actor.span, task=task.name, name=node.actor.text, actor=entity, hint=hint)
        return
    task.actor = (entity, node.actor.text)


def _loop(
    model: Model, task: TaskModel, node: ast.Loop, locals_: dict[str, Type], where: str
) -> LoopModel | None:
    cx = _world(model, task, where, locals_)
    over = infer(cx, node.over)
    free_name(cx, node.name)
    element = over.type.element if over.type.kind == "list" else None
    if element is None or element.kind != "row":
        if over.type.kind != "error":
            model.report("AWM310", node.over.span, construct="`for`", found=over.type.a)
        locals_[node.name.text] = ERROR
        return None
    locals_[node.name.text] = element
    return LoopModel(node.name.text, node.name.span, element, over)


def _filled(cx: Context, node: ast.Text | ast.Interpolation) -> typed.Expr:
    if isinstance(node, ast.Text):
        return typed.Const(node.span, TEXT, node.value, node.value)
    parts = tuple(
        typed.Const(node.span, TEXT, p, p) if isinstance(p, str) else as_text(cx, p) for p in node.parts
    )
    if any(p.type.kind == "error" for p in parts):
        return poison(node.span)
    return typed.Op(node.span, TEXT, "concat", parts)


def _run(model: Model, locals_: dict[str, Type]) -> Context:
    """The place of a statement in `solve` or `wrong`."""
    return Context(
        model, "a `solve`", locals=dict(locals_), labels=True, wire=True, lenient=True, stored=False, clock=True,
    )  # fmt: skip


def _solve(model: Model, task: TaskModel, node: ast.Solve, locals_: dict[str, Type]) -> SolveModel:
    inner = dict(locals_)
    loop = None
    if node.loop is not None:
        loop = _loop(model, task, node.loop, inner, f"the `solve for` of task `{task.name}`")
    body = Body(f"the `solve` of `{task.name}`", None)
    statements, _ = check_block(_run(model, inner), body, node.body)
    if loop is not None:
        body.locals[loop.name] = loop.type
    return SolveModel(node.span, loop, statements, body.locals)


def _clause(
    model: Model, task: TaskModel, part: ast.TaskPart, locals_: dict[str, Type], seen: dict[str, Type]
) -> None:
    match part:
        case ast.Free():
            _free(model, task, part, locals_)
        case ast.May():
            entity = entity_named(model, part.entity)
            if entity is not None:
                cx = _world(model, task, "`may`", locals_)
                binder = cx.self_binder = typed.Binder("", row_of(entity.name), is_self=True)
                cx.lenient = False
                where = condition(cx, part.where, "the `where` of `may`") if part.where is not None else None
                task.may.append(MayModel(part.span, part.kind, entity, binder, where))
        case ast.Ensure():
            cx = _world(model, task, "`ensure`", locals_, old=True)
            task.ensures.append(condition(cx, part.test, "what `ensure` asks"))
        case ast.Answer():
            for node in part.values:
                cx = _world(model, task, "an answer", {**seen, **locals_}, old=True)
                cx.wire = bool(seen)
                value = infer(cx, node)
                if value.type.kind not in (*ANSWERABLE, "error") or (
                    value.type.element is not None and value.type.element.kind not in (*ANSWERABLE, "error")
                ):
                    model.report(
                        "AWM628",
                        node.span,
                        found=value.type.a,
                        help="name what to tell of it, such as its name",
                    )
                else:
                    task.answers.append(value)


def _free(model: Model, task: TaskModel, node: ast.Free, locals_: dict[str, Type]) -> None:
    entity = entity_named(model, node.column.entity)
    if entity is None:
        return
    field = entity.fields.get(node.column.field.text)
    if field is None:
        report_unknown_field(model, entity.name, node.column.field)
        return
    if field.kind not in ("stored", "link"):
        model.report(
            "AWM226", node.column.field.span, name=field.name, found="no stored column", expected="one"
        )
        return
    cx = _world(model, task, "`free`", locals_)
    binder = cx.self_binder = typed.Binder("", row_of(entity.name), is_self=True)
    where = condition(cx, node.where, "the `where` of `free`") if node.where is not None else None
    task.free.append(FreeModel(node.span, field, binder, where))


def names_of(task: TaskModel) -> Iterator[str]:
    """The locals that every part of a task may name."""
    if task.loop is not None:
        yield task.loop.name
    for name, _ in task.lets:
        yield name
