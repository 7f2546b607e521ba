"""What the routes share: documented errors, and models as responses."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic import BaseModel

from service.schemas import ErrorResponse, OpenAIErrorResponse

_ERRORS = {
    400: "The body is not JSON.",
    401: "This service wants a key, and the request has none that it knows.",
    404: "There is no such API doc, or model.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    422: "A field is missing, unknown or out of range; the message says which and what was expected.",
    429: "Too many requests: of this key in a minute, or in flight; `Retry-After` says when to come back.",
    502: "The engine gave no usable answer, and nothing could stand in for it.",
    503: "What this needs is not available; try again later.",
    504: "The engine took too long, and nothing could stand in for it.",
}


CLIENT_LEFT = Response(status_code=499)
"""For the log: nobody is there to read it."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the errors that a route answers with."""
    return {status: {"model": ErrorResponse, "description": _ERRORS[status]} for status in statuses}


def documented_for_openai(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same for routes that answer in OpenAI's shape; `default` keeps the framework's own 422 away."""
    named = {status: {"model": OpenAIErrorResponse, "description": _ERRORS[status]} for status in statuses}
    return named | {"default": {"model": OpenAIErrorResponse, "description": "Any other error."}}


def as_json(model: BaseModel) -> Response:
    """A model that is already valid as a response, without validating it again."""
    return Response(model.model_dump_json(), media_type="application/json")
