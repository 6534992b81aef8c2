"""The OpenAPI document of the control side, from its operations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from awmc import __version__
from awmc.serve import schemas
from awmc.serve.control import OPERATIONS, Operation
from awmc.serve.errors import STATUSES

_ALWAYS: Final = ("wrong_host", "forbidden_origin", "too_large", "request_timeout", "internal")
_METRICS: Final[dict[str, Any]] = {
    "operationId": "metrics",
    "summary": "What the server has counted, for Prometheus.",
    "security": [{"token": []}],
    "responses": {"200": {"description": "Prometheus's text format.", "content": {"text/plain": {}}}},
}


def document() -> dict[str, Any]:
    """OpenAPI 3.1, as JSON."""
    models: set[type[BaseModel]] = {schemas.Error}
    for operation in OPERATIONS:
        models |= {model for model in (operation.answer, operation.body) if model is not None}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    paths["/metrics"] = {"get": _METRICS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "awmc serve",
            "version": __version__,
            "summary": "Worlds for agents: the control side. The agent's side is MCP, at an instance's mcp_url.",
        },
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _described(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": operation.name, "summary": operation.about}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    for name, (schema, about) in (operation.query or {}).items():
        parameters.append({"name": name, "in": "query", "description": about, "schema": dict(schema)})
    if parameters:
        found["parameters"] = parameters
    if operation.body is not None:
        found["requestBody"] = {
            "required": any(field.is_required() for field in operation.body.model_fields.values()),
            "content": _json(operation.body),
        }
    done: dict[str, Any] = {"description": operation.about}
    if operation.answer is not None:
        done["content"] = _json(operation.answer)
    found["responses"] = {str(operation.status): done, **_errors((*operation.errors, *_ALWAYS), operation)}
    if operation.needs_token:
        found["security"] = [{"token": []}]
    return found


def _errors(codes: Iterable[str], operation: Operation) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in (*codes, *(["unauthorized"] if operation.needs_token else [])):
        by_status.setdefault(STATUSES[code], []).append(code)
    return {
        str(status): {"description": " or ".join(by_status[status]), "content": _json(schemas.Error)}
        for status in sorted(by_status)
    }


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
