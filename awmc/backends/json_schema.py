"""`tools.json`: the tools as MCP lists them (https://modelcontextprotocol.io/specification, `tools/list`),
with JSON Schemas (2020-12) of their arguments and results in wire form.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from awmc.ir import nodes

Schema = dict[str, Any]

_STRINGS: dict[str, Schema] = {
    "text": {"type": "string"},
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string", "format": "uri"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "pattern": "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"},
    "datetime": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"},
}
_NUMBERS = {"int": "integer", "number": "number", "money": "number"}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXAMPLES = {"date": "2026-03-02", "time": "09:30", "datetime": "2026-03-02T08:00:00"}
_ID_FORMAT = re.compile(r"([^{}]*)\{n(?::0([0-9]+))?\}([^{}]*)")

OK: Schema = {
    "type": "object",
    "properties": {"ok": {"const": True}},
    "required": ["ok"],
    "additionalProperties": False,
}
"""What a tool without a result answers."""


def tools_json(environment: nodes.Environment) -> str:
    """The text of `tools.json`: `{"tools": [...]}`, the environment's tools and then those that it offers."""
    schemas = Schemas(environment)
    tools = [schemas.tool(tool) for tool in environment.tools if not tool.hidden]
    tools += [_offered(offer) for offer in environment.offers]
    # `json` indents in Python, and writes on one line in C.
    return msgspec.json.format(json.dumps({"tools": tools}, ensure_ascii=False), indent=1) + "\n"


class Schemas:
    """Writes the schemas of one environment."""

    def __init__(self, environment: nodes.Environment) -> None:
        self._entities = {entity.name: entity for entity in environment.entities}
        self._enums = {enum.name: enum for enum in environment.enums}
        self._shapes = {shape.name: shape for shape in environment.shapes}
        self._defined: dict[tuple[nodes.TypeField, ...], str] = {}

    def tool(self, tool: nodes.Tool) -> Schema:
        """One tool as MCP lists it."""
        title = _title(tool.name)
        return {
            "name": tool.name,
            "title": title,
            "description": _description(tool.about or f"{title}.", tool.errors),
            "inputSchema": self.arguments(tool),
            "outputSchema": self.result(tool),
            "annotations": hints(tool, title),
        }

    # ---- Arguments

    def arguments(self, tool: nodes.Tool) -> Schema:
        """The schema of a tool's arguments. A record that stands in several places is defined once."""
        properties: Schema = {}
        self._defined = _repeated(tool)
        for param in tool.params:
            schema = self._argument(param.type, param.doc)
            if isinstance(param.default, nodes.Const) and not isinstance(param.default.value, nodes.Duration):
                schema["default"] = _wire(param.type, param.default.value)
            properties[param.name] = schema
        found = _object(properties, [param.name for param in tool.params if param.required])
        if self._defined:
            definitions = {name: self._record(fields) for fields, name in self._defined.items()}
            found = {"$schema": _DIALECT, "$defs": definitions, **found}
        return found

    def _record(self, fields: tuple[nodes.TypeField, ...]) -> Schema:
        parts = {part.name: self._argument(part.type, part.doc) for part in fields}
        return _object(parts, [part.name for part in fields if part.required])

    def _argument(self, type_: nodes.Type, doc: str = "") -> Schema:
        schema = self._argument_without_null(type_)
        hint = self._hint(type_)
        if doc and hint and doc[-1] not in ".!?":
            doc += "."
        if doc or hint:
            schema["description"] = f"{doc} {hint}".strip()
        return _or_null(schema) if type_.nullable else schema

    def _argument_without_null(self, type_: nodes.Type) -> Schema:
        low, high = type_.low, type_.high
        match type_.kind:
            case "text" | "email" | "url":
                schema = _STRINGS[type_.kind] | _ends("minLength", low, "maxLength", high)
                return schema | ({"pattern": f"^(?:{type_.pattern})$"} if type_.pattern is not None else {})
            case "int" | "number" | "money":
                ends = _ends("minimum", _wire(type_, low), "maximum", _wire(type_, high))
                return {"type": _NUMBERS[type_.kind]} | ends
            case "list":
                assert type_.element is not None
                items = self._argument(type_.element)
                return {"type": "array", "items": items} | _ends("minItems", low, "maxItems", high)
            case "record":
                name = self._defined.get(type_.fields)
                return {"$ref": f"#/$defs/{name}"} if name else self._record(type_.fields)
        return self._scalar(type_)

    def _hint(self, type_: nodes.Type) -> str:
        """What the schema itself does not say."""
        match type_.kind:
            case "row" | "id":
                return self._id_hint(type_)
            case "enum":
                values = self._enums[type_.name].values
                known = [f"{value.wire}: {value.doc.rstrip('.')}" for value in values if value.doc]
                return f"{'; '.join(known)}." if known else ""
            case "date" | "time" | "datetime":
                ends = [
                    f"{word} {end}"
                    for word, end in (("from", type_.low), ("to", type_.high))
                    if end is not None
                ]
                return " ".join(["Such as", f"{_EXAMPLES[type_.kind]}{',' if ends else ''}", *ends]) + "."
            case "money":
                return "An amount with at most two decimals."
        return ""

    def _id_hint(self, type_: nodes.Type) -> str:
        entity = self._entities[type_.name]
        what = f"The {entity.id_column} of"
        noun = entity.name
        if type_.scope == "my":
            return f"{what} one of your {entity.plural.replace('_', ' ')}."
        if type_.scope:
            noun = f"{type_.scope} {noun}"
        return f"{what} {'an' if noun[0] in 'AEIOUaeiou' else 'a'} {noun}."

    # ---- Results

    def result(self, tool: nodes.Tool) -> Schema:
        """The schema of what a call answers, where it is not refused."""
        result = tool.result
        if result is None:
            return OK
        value = self._value_without_null(result, tool.result_shape)
        if result.kind == "list":
            properties = {"items": _or_null(value) if result.nullable else value}
            if tool.paged:
                properties["total"] = {
                    "type": "integer",
                    "description": "How many there are without the paging.",
                }
            return _object(properties, list(properties))
        if value["type"] != "object":
            return _object({"value": _or_null(value) if result.nullable else value}, ["value"])
        if result.nullable:
            return {"type": "object", "anyOf": [value, _object({"value": {"type": "null"}}, ["value"])]}
        return value

    def _value(self, type_: nodes.Type, shape: str) -> Schema:
        """A value on the wire. Ranges are left out: what is stored keeps them anyway."""
        schema = self._value_without_null(type_, shape)
        return _or_null(schema) if type_.nullable else schema

    def _value_without_null(self, type_: nodes.Type, shape: str) -> Schema:
        match type_.kind:
            case "list":
                assert type_.element is not None
                return {"type": "array", "items": self._value(type_.element, shape)}
            case "record":
                parts = {part.name: self._value(part.type, "") for part in type_.fields}
                return _object(parts, list(parts))
            case "row" if shape:
                return self._shape(self._shapes[shape])
        return self._scalar(type_)

    def _shape(self, shape: nodes.Shape) -> Schema:
        properties = {}
        for member in shape.members:
            schema = self._value(member.type, member.shape)
            properties[member.name] = schema | ({"description": member.doc} if member.doc else {})
        return _object(properties, list(properties))

    # ---- Both

    def _scalar(self, type_: nodes.Type) -> Schema:
        match type_.kind:
            case "row" | "id":
                return self._id(self._entities[type_.name])
            case "enum":
                return {"type": "string", "enum": [value.wire for value in self._enums[type_.name].values]}
            case "bool":
                return {"type": "boolean"}
            case "null":
                return {"type": "null"}
            case "int" | "number" | "money":
                return {"type": _NUMBERS[type_.kind]}
        return dict(_STRINGS[type_.kind])

    def _id(self, entity: nodes.Entity) -> Schema:
        if entity.natural_key:
            return {"type": "string"}
        if not entity.id_format:
            return {"type": "integer"}
        form = _ID_FORMAT.fullmatch(entity.id_format)
        assert form is not None, entity.id_format
        prefix, width, suffix = re.escape(form[1]), int(form[2] or 1), re.escape(form[3])
        return {"type": "string", "pattern": f"^{prefix}[0-9]{{{width},}}{suffix}$"}


def hints(tool: nodes.Tool, title: str) -> Schema:
    """MCP's hints, from what the tool reads and writes. Destructive: it deletes rows or changes those that
    exist.
    """
    effects = tool.effects
    reads_only = not (effects.creates or effects.updates or effects.deletes)
    return {
        "title": title,
        "readOnlyHint": reads_only,
        "destructiveHint": bool(effects.updates or effects.deletes),
        "idempotentHint": reads_only or _idempotent(tool),
        "openWorldHint": False,
    }


def _idempotent(tool: nodes.Tool) -> bool:
    """Whether a second call with the same arguments surely changes nothing more: all that the tool writes
    is to set, link or delete the rows in its arguments, to values in its arguments, on every path alike.
    """
    params = {param.name for param in tool.params}

    def given(expr: nodes.Expr) -> bool:
        return isinstance(expr, nodes.Const) or (isinstance(expr, nodes.Local) and expr.name in params)

    for statement in tool.body:
        match statement:
            case nodes.Let() | nodes.Require() | nodes.Fail() | nodes.Return():
                continue
            case nodes.Update() if given(statement.rows):
                values = [assign.value for assign in statement.assigns] + [
                    link.rows for link in statement.links
                ]
                if all(given(value) for value in values):
                    continue
            case nodes.Delete() if given(statement.rows):
                continue
        return False
    return True


def _offered(offer: nodes.Offered) -> Schema:
    about, argument, schema, result, reads_only, code = _OFFERS[offer.kind]
    title = _title(offer.name)
    return {
        "name": offer.name,
        "title": title,
        "description": f"{about}{f' Errors: {code}.' if code else ''}",
        "inputSchema": _object({argument: schema}, [argument]),
        "outputSchema": result,
        "annotations": {
            "title": title,
            "readOnlyHint": reads_only,
            "destructiveHint": False,
            "idempotentHint": reads_only,
            "openWorldHint": False,
        },
    }


def _description(about: str, errors: tuple[nodes.ErrorCode, ...]) -> str:
    codes = list(dict.fromkeys(error.code for error in errors))
    return " ".join([about, *([f"Errors: {', '.join(codes)}."] if codes else [])])


def _title(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _object(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _repeated(tool: nodes.Tool) -> dict[tuple[nodes.TypeField, ...], str]:
    """The records that stand in several places of a tool's arguments, each with a name: that of its first place."""
    places: dict[tuple[nodes.TypeField, ...], list[str]] = {}

    def visit(type_: nodes.Type, place: str) -> None:
        if type_.element is not None:
            visit(type_.element, place)
        if type_.kind == "record":
            places.setdefault(type_.fields, []).append(place)
            if len(places[type_.fields]) == 1:
                for part in type_.fields:
                    visit(part.type, f"{place}.{part.name}")

    for param in tool.params:
        visit(param.type, param.name)
    return {fields: found[0] for fields, found in places.items() if len(found) > 1}


def _or_null(schema: Schema) -> Schema:
    if "$ref" in schema:
        described = {name: value for name, value in schema.items() if name != "$ref"}
        return {"anyOf": [{"$ref": schema["$ref"]}, {"type": "null"}], **described}
    if "enum" in schema:
        schema = schema | {"enum": [*schema["enum"], None]}
    return schema | {"type": [schema["type"], "null"]}


def _ends(low_name: str, low: Any, high_name: str, high: Any) -> Schema:
    return {name: end for name, end in ((low_name, low), (high_name, high)) if end is not None}


def _wire(type_: nodes.Type, value: nodes.Scalar) -> nodes.Scalar:
    """A constant in storage form as it goes over the wire."""
    if type_.kind == "money" and isinstance(value, int):
        return value / 100 if value % 100 else value // 100
    if type_.kind == "bool" and value is not None:
        return bool(value)
    return value


_OFFERS: dict[str, tuple[str, str, Schema, Schema, bool, str]] = {
    "calculate": (
        "Calculate exactly with decimals, + - * / % and parentheses.",
        "expression",
        {"type": "string", "minLength": 1, "maxLength": 1000, "description": "Such as 3 * (19.99 + 0.01)."},
        _object({"value": {"type": "number"}}, ["value"]),
        True,
        "invalid_expression",
    ),
    "think": (
        "Write down a thought. It changes nothing, and nobody reads it.",
        "thought",
        {"type": "string"},
        OK,
        True,
        "",
    ),
    "handoff": (
        "Give up and hand the conversation over to a person. No tool can be called afterwards.",
        "summary",
        {"type": "string", "description": "What was asked, and what was done so far."},
        OK,
        False,
        "",
    ),
}
