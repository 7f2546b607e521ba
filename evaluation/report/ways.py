"""Ways to ask the service: its retrievers, and each value of `quality` where requests have that field.

The report measures the service as it is: a field that requests lack is simply not there.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from retriever.hits import RetrieverName
from service.schemas import GenerateRequest

QUALITY: Final = "quality"
DEFAULT: Final = "default"


def ways(request: type[BaseModel] = GenerateRequest) -> dict[str, dict[str, Any]]:
    """The names of the ways, the default first, and the fields that make them."""
    values = quality_values(request)
    retrievers = (RetrieverName.BM25, RetrieverName.DENSE)
    return {
        DEFAULT: {},
        **{f"{QUALITY} {value}": {QUALITY: value} for value in values},
        **{f"retriever {name.value}": {"retriever": name} for name in retrievers},
    }


def asked_ways(request: type[BaseModel] = GenerateRequest) -> dict[str, dict[str, Any]]:
    """The ways that a product would be run in: the default and each `quality`."""
    return {name: fields for name, fields in ways(request).items() if "retriever" not in fields}


def quality_values(request: type[BaseModel] = GenerateRequest) -> list[str]:
    """The values that `quality` takes, in the schema's order; none where requests have no such field."""
    schema = request.model_json_schema()
    return _choices(schema.get("properties", {}).get(QUALITY, {}), schema.get("$defs", {}))


def _choices(schema: dict[str, Any], known: dict[str, Any]) -> list[str]:
    """The texts that a schema lists, behind references and alternatives, too."""
    found = [value for value in schema.get("enum", []) if isinstance(value, str)]
    parts = [*schema.get("anyOf", []), *schema.get("allOf", [])]
    if "$ref" in schema:
        parts.append(known.get(schema["$ref"].rpartition("/")[2], {}))
    for part in parts:
        found += _choices(part, known)
    return found
