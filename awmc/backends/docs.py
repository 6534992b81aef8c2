"""`README.md` of a build: the environment for those who use it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from msgspec import Struct

from awmc.backends import diagrams
from awmc.backends.tasks import TaskLine
from awmc.ir import nodes

_UNITS = {"text": " characters", "email": " characters", "url": " characters", "list": " elements"}


class Parameter(Struct, frozen=True):
    """One row of a tool's table. `need`: `required`, or what holds where it is not given."""

    name: str
    type: str
    need: str
    about: str


class Tool(Struct, frozen=True):
    name: str
    about: str
    parameters: tuple[Parameter, ...]
    result: str
    effects: tuple[str, ...]
    errors: tuple[str, ...]


class Group(Struct, frozen=True):
    """The tools of one entity."""

    title: str
    tools: tuple[Tool, ...]


class Instance(Struct, frozen=True):
    """One task instance: what is asked, and the calls of a reference solution."""

    id: str
    instruction: str
    calls: tuple[str, ...]


class Task(Struct, frozen=True):
    name: str
    actor: str
    has_answer: bool
    solutions: int
    instances: tuple[Instance, ...]


class Page(Struct, frozen=True):
    """All that the template writes down."""

    name: str
    about: str
    source: str
    facts: tuple[str, ...]
    policy: tuple[str, ...]
    user_tools: tuple[str, ...]
    entities: tuple[str, ...]
    entity_diagram: str
    states: tuple[diagrams.States, ...]
    enums: tuple[str, ...]
    invariants: tuple[str, ...]
    groups: tuple[Group, ...]
    tasks: tuple[Task, ...]


def page(environment: nodes.Environment, instances: Sequence[TaskLine], source: str) -> Page:
    """The page of an environment. `instances`: its tasks, solved; `source`: the spec's file name."""
    writer = _Writer(environment)
    tools = [tool for tool in environment.tools if not tool.hidden]
    return Page(
        name=environment.name,
        about=environment.about,
        source=source,
        facts=tuple(writer.facts()),
        policy=tuple(part for part in environment.policy.split("\n") if part.strip()),
        user_tools=tuple(_offered(offer) for offer in environment.offers),
        entities=tuple(f"**{entity.name}**{_after(entity.about)}" for entity in environment.entities),
        entity_diagram=diagrams.entities(environment),
        states=diagrams.states(environment),
        enums=tuple(_enum(enum) for enum in environment.enums if any(value.doc for value in enum.values)),
        invariants=tuple(f"`{rule.name}`{_after(rule.about)}" for rule in environment.invariants),
        groups=tuple(writer.groups(tools)),
        tasks=tuple(writer.tasks(instances)),
    )


class _Writer:
    def __init__(self, environment: nodes.Environment) -> None:
        self._environment = environment
        self._enums = {enum.name: enum for enum in environment.enums}
        self._shapes = {shape.name: shape for shape in environment.shapes}
        self._entities = {entity.name: entity for entity in environment.entities}

    def facts(self) -> Iterator[str]:
        env = self._environment
        yield f"The clock starts at `{env.clock}` and moves one second with each call."
        if env.actor is not None:
            yield f"The agent acts for {self._row(env.actor)}."
        rows = sum(len(rows) for rows in env.rows.values())
        yield f"World {env.world_seed}: {_counted(rows, 'row')} of {len(env.entities)} entities."

    def groups(self, tools: Sequence[nodes.Tool]) -> Iterator[Group]:
        by_entity: dict[str, list[Tool]] = {entity.name: [] for entity in self._environment.entities}
        by_entity[""] = []
        for tool in tools:
            by_entity[self._subject(tool)].append(self._tool(tool))
        for name, found in by_entity.items():
            if found:
                yield Group(name or "Everything else", tuple(found))

    def _subject(self, tool: nodes.Tool) -> str:
        """The entity that a tool is about: the one that it is derived from, that its result shows, that its first
        parameter names, or that it writes."""
        if tool.derived_from:
            return tool.derived_from.partition(".")[0]
        if tool.result_shape:
            return self._shapes[tool.result_shape].entity
        types = [*([tool.result] if tool.result else []), *(param.type for param in tool.params)]
        for type_ in types:
            inner = type_.element if type_.kind == "list" and type_.element else type_
            if inner.kind in ("row", "id"):
                return inner.name
        tables = {entity.table: entity.name for entity in self._environment.entities}
        written = (*tool.effects.creates, *tool.effects.updates, *tool.effects.deletes)
        return next(
            (tables[path.partition(".")[0]] for path in written if path.partition(".")[0] in tables), ""
        )

    def _tool(self, tool: nodes.Tool) -> Tool:
        effects = tool.effects
        said = (
            ("Reads", effects.reads),
            ("Creates", effects.creates),
            ("Updates", effects.updates),
            ("Deletes", effects.deletes),
        )
        return Tool(
            name=tool.name,
            about=tool.about,
            parameters=tuple(self._parameter(param) for param in tool.params),
            result=self._result(tool),
            effects=tuple(f"{verb} {_codes(_written(paths))}" for verb, paths in said if paths),
            errors=tuple(_errors(tool.errors)),
        )

    def _parameter(self, param: nodes.Param) -> Parameter:
        need = "required" if param.required else "optional"
        if isinstance(param.default, nodes.Const) and param.default.value is not None:
            need = f"default `{_value(param.type, param.default.value)}`"
        elif isinstance(param.default, nodes.Me):
            need = "default: the actor"
        elif isinstance(param.default, nodes.Now):
            need = "default: now"
        return Parameter(param.name, _cell(self.type_text(param.type)), need, _cell(param.doc))

    def _result(self, tool: nodes.Tool) -> str:
        if tool.result is None:
            return '`{"ok": true}`'
        if not tool.result_shape:
            return self.type_text(tool.result)
        members = _codes([member.name for member in self._shapes[tool.result_shape].members])
        if tool.result.kind != "list":
            return f"{members}{' or null' if tool.result.nullable else ''}"
        return f"list of {members}{', with its `total`' if tool.paged else ''}"

    def type_text(self, type_: nodes.Type) -> str:
        """A type in words, as an agent sees it."""
        return f"{self._plain(type_)}{_range(type_)}"

    def _plain(self, type_: nodes.Type) -> str:
        if type_.kind in ("row", "id"):
            return f"id of {_a(type_.name)}{f' (`{type_.scope}`)' if type_.scope else ''}"
        if type_.kind == "enum":
            return _codes([value.wire for value in self._enums[type_.name].values])
        if type_.kind == "list":
            assert type_.element is not None
            return f"list of {self.type_text(type_.element)}"
        if type_.kind == "record":
            parts = (f"`{part.name}` {self.type_text(part.type)}" for part in type_.fields)
            return f"record of {', '.join(parts)}"
        return type_.kind

    def tasks(self, instances: Sequence[TaskLine]) -> Iterator[Task]:
        for task in self._environment.tasks:
            own = [line for line in instances if line.task == task.name]
            if own:
                yield Task(
                    name=task.name,
                    actor=self._row(task.actor) if task.actor else "",
                    has_answer=bool(task.answer),
                    solutions=len(task.solves),
                    instances=tuple(
                        Instance(line.id, " ".join(line.instruction.split()), tuple(_calls(line)))
                        for line in own
                    ),
                )

    def _row(self, actor: nodes.Actor) -> str:
        labels = self._environment.labels.get(actor.entity, {})
        label = next((label for label, key in labels.items() if key == actor.key), "")
        return f"the {self._entities[actor.entity].singular.replace('_', ' ')} `{label or actor.key}`"


def _calls(line: TaskLine) -> Iterator[str]:
    for call in line.oracle:
        arguments = call.arguments.items()
        written = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments)
        yield f"{call.tool}({written}){f'  # refused: {call.error}' if call.error else ''}"


def _errors(errors: Sequence[nodes.ErrorCode]) -> Iterator[str]:
    """The spec's own with their texts, and those that come by themselves in one line."""
    yield from (f"`{error.code}`{_after(error.message)}" for error in errors if error.own)
    automatic = [error.code for error in errors if not error.own]
    if automatic:
        yield _codes(automatic)


def _offered(offer: nodes.Offered) -> str:
    about = {
        "calculate": "calculates an expression, exactly",
        "think": "takes a thought and does nothing",
        "handoff": "hands over to a person and ends the conversation",
    }
    return f"`{offer.name}` {about[offer.kind]}."


def _enum(enum: nodes.Enum) -> str:
    values = (f"`{value.wire}`{f' ({value.doc})' if value.doc else ''}" for value in enum.values)
    return f"**{enum.name}**: {', '.join(values)}"


def _written(paths: Sequence[str]) -> list[str]:
    return [path.removesuffix(".*") for path in paths]


def _range(type_: nodes.Type) -> str:
    low, high = type_.low, type_.high
    if low is None and high is None:
        return f" that matches `{type_.pattern}`" if type_.pattern else ""
    unit = _UNITS.get(type_.kind, "")
    ends = [None if end is None else _value(type_, end) for end in (low, high)]
    if ends[0] is not None and ends[1] is not None:
        return f", {ends[0]}{unit}" if ends[0] == ends[1] else f", {ends[0]} to {ends[1]}{unit}"
    return f", at least {ends[0]}{unit}" if ends[1] is None else f", at most {ends[1]}{unit}"


def _value(type_: nodes.Type, value: nodes.Scalar | nodes.Duration) -> str:
    """A value as it is written on the wire."""
    if type_.kind == "money" and isinstance(value, int):
        return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02}"
    return value if isinstance(value, str) else json.dumps(value)


def _after(about: str) -> str:
    return f": {' '.join(about.split())}" if about else ""


def _codes(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    """Text for a table's cell."""
    return " ".join(text.split()).replace("|", "\\|")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _a(noun: str) -> str:
    return f"a{'n' if noun[0] in 'AEIOUaeiou' else ''} {noun}"
