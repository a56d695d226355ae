"""The reference page of the native API, drawn from its OpenAPI description."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from broadsheet.web.markdown import to_safe_html
from broadsheet.web.render import page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class NativeApi:
    """The native API as pages know it."""

    prefix: str
    """The beginning of its addresses, without a slash at the end."""
    compose_error: Callable[[Request, int, str, Mapping[str, str] | None], Response]
    """Composes an error that was raised outside its routes, from status, words and headers."""
    describe: Callable[[], Mapping[str, Any]]
    """Its description as OpenAPI."""


@router.api_route("/api", methods=["GET", "HEAD"])
def reference(request: Request) -> Response:
    """All addresses of the native API with their parameters and answers."""
    native: NativeApi | None = request.app.state.native
    if native is None:
        raise HTTPException(404)
    description = native.describe()
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "id": operation["operationId"],
            "text": to_safe_html(operation.get("description", "")),
            "parameters": list(map(_parameter, operation.get("parameters", ()))),
            "body": _type_of(_body(operation)),
            "answers": [
                (status, answer["description"], _type_of(_schema(answer)))
                for status, answer in sorted(operation["responses"].items())
            ],
        }
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    objects = [
        {
            "name": name,
            "text": schema.get("description", ""),
            "fields": [
                (field, _type_of(values), values.get("description", ""))
                for field, values in schema.get("properties", {}).items()
            ],
        }
        for name, schema in sorted(description["components"]["schemas"].items())
    ]
    return page(
        request,
        "reference.html",
        prefix=native.prefix,
        text=to_safe_html(description["info"]["description"]),
        operations=operations,
        objects=objects,
    )


def _parameter(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = parameter["schema"]
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "required": parameter.get("required", False),
        "type": _type_of(schema),
        "default": schema.get("default"),
        "text": parameter.get("description", ""),
    }


def _body(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    return _schema(operation.get("requestBody", {}))


def _schema(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    for form in holder.get("content", {}).values():
        schema: Mapping[str, Any] = form.get("schema", {})
        return schema
    return {}


def _type_of(schema: Mapping[str, Any]) -> str:
    """A schema in a few words.

    >>> _type_of({"type": "array", "items": {"$ref": "#/components/schemas/Paper"}})
    'list of Paper'
    """
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(map(_type_of, schema["anyOf"])))
    if schema.get("type") == "array":
        return f"list of {_type_of(schema['items']) or 'values'}"
    bounds = [
        f"{word} {schema[key]:,}"
        for key, word in (("minimum", "at least"), ("maximum", "at most"))
        if key in schema
    ]
    if "maxLength" in schema:
        bounds.append(f"at most {schema['maxLength']:,} characters")
    return ", ".join([str(schema.get("format") or schema.get("type", "")), *bounds]).strip(", ")
