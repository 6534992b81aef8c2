"""The parameters of a tool as a pydantic model: what may be given, in wire form."""

from __future__ import annotations

from msgspec import Struct

from awmc.backends.python_text import (
    STEP,
    Bracket,
    Code,
    Names,
    called,
    camel,
    comment,
    flat,
    lines,
    literal,
    safe,
    text,
)
from awmc.backends.tool_program import constant_default
from awmc.ir import nodes

_SCALARS = {
    "text": "Text",
    "int": "Int",
    "number": "Number",
    "money": "Money",
    "bool": "Bool",
    "date": "Date",
    "time": "Time",
    "datetime": "DateTime",
    "email": "Email",
    "url": "Url",
}


class Field(Struct, frozen=True):
    """One parameter or part of a record. `python`: its name in the model. `default`: its code, or empty
    where it is required.
    """

    name: str
    python: str
    type: nodes.Type
    default: str
    doc: str


class Parameters:
    """Writes the models of one module. `imports`: what of `awmc.runtime` they need; `enums`: the enums that
    they name.
    """

    def __init__(self, environment: nodes.Environment, classes: Names) -> None:
        self.imports: set[str] = set()
        self.enums: dict[str, str] = {}
        self._entities = {entity.name: entity for entity in environment.entities}
        self._classes = classes
        self._enum_names = {enum.name: classes.new(camel(enum.name)) for enum in environment.enums}

    def model(self, tool: nodes.Tool, names: dict[str, str]) -> tuple[str, list[str]]:
        """The name of the model of a tool's parameters, and its lines; records come first, as models of
        their own.
        """
        if not tool.params:
            self.imports.add("NoParameters")
            return "NoParameters", []
        fields = [
            Field(param.name, names[param.name], param.type, self._default(param), param.doc)
            for param in tool.params
        ]
        name = self._classes.new(camel(tool.name))
        return name, self._class(name, fields)

    def _default(self, param: nodes.Param) -> str:
        if param.default is None:
            return "" if param.required else "None"
        constant = constant_default(param.default)
        if constant is None:
            self.imports.add("NOT_GIVEN")
            return "NOT_GIVEN"
        boolean = param.type.kind == "bool" and constant.value is not None
        value = bool(constant.value) if boolean else constant.value
        assert not isinstance(value, nodes.Duration)
        return literal(value)

    def _class(self, name: str, fields: list[Field]) -> list[str]:
        self.imports.add("Parameters")
        before: list[str] = []
        own = [f"class {name}(Parameters):"]
        for field in fields:
            annotation = self._annotation(field, f"{name}{camel(field.name)}", before)
            if field.doc:
                own.append(comment(field.doc, STEP))
            own += self._field(field, annotation)
        return [*before, *own]

    def _field(self, field: Field, annotation: Code) -> list[str]:
        default = field.default
        suffix = f" = {default}" if default else ""
        if field.python != field.name:
            self.imports.add("Field")
            alias = f"alias={text(field.name)}"
            suffix = f" = Field({default}, {alias})" if default else f" = Field({alias})"
        return _annotated(field.python, annotation, suffix)

    def _annotation(self, field: Field, record: str, before: list[str]) -> Code:
        code = self._of(field.type, record, before)
        if not field.type.nullable:
            return code
        if isinstance(code, Bracket):
            return Bracket(code.open, code.items, f"{code.close} | None")
        return f"{code} | None"

    def _of(self, type_: nodes.Type, record: str, before: list[str]) -> Code:
        match type_.kind:
            case "enum":
                self.enums[type_.name] = self._enum_names[type_.name]
                return self._enum_names[type_.name]
            case "row" | "id":
                return self._id(type_.name)
            case "record":
                name = self._classes.new(record)
                before += [*self._record(type_, name), "", ""]
                return name
            case "list":
                assert type_.element is not None
                element = self._of(type_.element, record, before)
                return self._ranged(Bracket("list[", (element,), "]"), type_, "Length")
        name = _SCALARS[type_.kind]
        self.imports.add(name)
        kind = "Length" if type_.kind in ("text", "email", "url") else "Range"
        return self._ranged(name, type_, kind)

    def _id(self, entity: str) -> Code:
        self.imports |= {"Annotated", "Ref"}
        found = self._entities[entity]
        form = (text(found.id_format),) if found.id_format else ()
        key = "str" if found.natural_key else "int"
        return Bracket("Annotated[", (key, flat(called("Ref", text(entity), *form))), "]")

    def _record(self, type_: nodes.Type, name: str) -> list[str]:
        names = Names()
        fields = [
            Field(part.name, names.new(safe(part.name)), part.type, self._default_of(part), part.doc)
            for part in type_.fields
        ]
        return self._class(name, fields)

    def _default_of(self, part: nodes.TypeField) -> str:
        if part.required or part.type.nullable:
            return "" if part.required else "None"
        self.imports.add("NOT_GIVEN")
        return "NOT_GIVEN"

    def _ranged(self, code: Code, type_: nodes.Type, kind: str) -> Code:
        marks: list[Code] = []
        if type_.low is not None or type_.high is not None:
            self.imports.add(kind)
            ends = [_wire(type_, end) for end in (type_.low, type_.high)]
            marks.append(flat(called(kind, *ends)))
        if type_.pattern is not None:
            self.imports.add("Match")
            marks.append(flat(called("Match", text(type_.pattern))))
        if not marks:
            return code
        self.imports.add("Annotated")
        return Bracket("Annotated[", (code, *marks), "]")


def _wire(type_: nodes.Type, end: nodes.Scalar) -> str:
    """An end of a range in wire form: money in units."""
    if type_.kind == "money" and isinstance(end, int):
        return literal(end / 100 if end % 100 else end // 100)
    return literal(end)


def _annotated(name: str, annotation: Code, suffix: str) -> list[str]:
    """`name: annotation = default`, as black splits it where it does not fit: an optional one in
    parentheses.
    """
    whole = lines(annotation, STEP, f"{name}: ", suffix)
    if len(whole) == 1 or isinstance(annotation, str) or not annotation.close.endswith(_OR_NONE):
        return whole
    inner = lines(annotation, STEP * 2)
    if len(inner) > 1:
        bare = Bracket(annotation.open, annotation.items, annotation.close.removesuffix(_OR_NONE))
        inner = [*lines(bare, STEP * 2), f"{STEP * 2}| None"]
    return [f"{STEP}{name}: (", *inner, f"{STEP}){suffix}"]


_OR_NONE = " | None"
