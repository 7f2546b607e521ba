"""What the service answers when something goes wrong: the error tree and foreign errors, mapped once.

Every body is `{"error": {"code", "message", "field"?, "request_id"}}`, never a traceback.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from api_docs import errors
from service.logs import SERVICE
from service.request_id import current
from service.validation import invalid_input, quoted

service_log = logging.getLogger(SERVICE)

STATUS: Mapping[type[errors.CallsmithError], int] = {
    errors.CallsmithError: 500,
    errors.InvalidInput: 422,
    errors.NotFound: 404,
    errors.CatalogueError: 503,
    errors.CallError: 500,
    errors.RetrievalIndexError: 503,
    errors.EmbeddingModelError: 503,
    errors.ModelWeightsError: 503,
    errors.StorageError: 507,
    errors.GeneratorError: 502,
    errors.GeneratorUnavailable: 503,
    errors.GeneratorTimeout: 504,
    errors.ConfigurationError: 500,
    errors.EvaluationDataError: 500,
}
"""HTTP status of each branch; an error that is not named here has that of its nearest ancestor."""

_CHALLENGE = 'Bearer realm="callsmith"'

_REFUSED_BY_FRAMEWORK = {
    400: (
        "malformed_json",
        "the body can't be read as JSON: it nests too deep, holds too long a number, or is not UTF-8",
    ),
    404: ("unknown_path", "there is no {path}; GET /docs shows every path"),
    405: ("method_not_allowed", "{path} does not take {method}; GET /docs shows what it takes"),
}


_OPENAI_PATHS = "/v1/"
_OPENAI_TYPES = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
_OPENAI_STATUSES = {422: 400}
"""What its clients expect for fields that are wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer that is no success: HTTP status, code for programs, message for people."""

    status: int
    code: str
    message: str
    field: str | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def body(self, request_id: str) -> bytes:
        """The JSON body."""
        error = {"code": self.code, "message": _text(self.message), "request_id": request_id}
        if self.field is not None:
            error["field"] = _text(self.field)
        return orjson.dumps({"error": error})

    def openai_body(self) -> bytes:
        """The JSON body in OpenAI's shape; the request id stands in a header there."""
        kind = _OPENAI_TYPES.get(self.status, "api_error" if self.status >= 500 else "invalid_request_error")
        param = None if self.field is None else _text(self.field)
        error = {"message": _text(self.message), "type": kind, "param": param, "code": self.code}
        return orjson.dumps({"error": error})

    def answer(self, path: str, request_id: str) -> tuple[int, bytes]:
        """Status and body for whoever asked at `path`: what OpenAI's clients ask gets OpenAI's shape."""
        if path.startswith(_OPENAI_PATHS):
            return _OPENAI_STATUSES.get(self.status, self.status), self.openai_body()
        return self.status, self.body(request_id)


INTERNAL = Problem(
    500, "internal_error", "something went wrong on our side; the log has the details under this request id"
)


def problem_of(exc: errors.CallsmithError) -> Problem:
    """The answer to one of our own errors."""
    status = next(STATUS[kind] for kind in type(exc).__mro__ if kind in STATUS)
    retry = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Problem(status, exc.code, str(exc), getattr(exc, "field", None), retry)


def problem_of_exception(exc: Exception) -> Problem:
    """The answer to any exception, where the answer has begun and can't be a crash any more."""
    if isinstance(exc, errors.CallsmithError):
        return problem_of(exc)
    service_log.error("request failed", exc_info=exc, extra={"fields": {"request_id": current.get()}})
    return INTERNAL


def problem_of_status(status: int, method: str, path: str, headers: Mapping[str, str]) -> Problem:
    """The answer where the framework refused a request before any of our code saw it."""
    phrase = HTTPStatus(status).phrase
    code, message = _REFUSED_BY_FRAMEWORK.get(status, (phrase.lower().replace(" ", "_"), phrase))
    return Problem(
        status, code, message.format(path=quoted(path), method=quoted(method)), None, dict(headers)
    )


def too_large(limit: int) -> Problem:
    """The answer to a body of more than `limit` bytes."""
    return Problem(413, "body_too_large", f"the body is larger than {limit:,} bytes; shorten the instruction")


def wrong_content_type(found: str) -> Problem:
    """The answer to a body that doesn't claim to be JSON."""
    said = f"is {quoted(found)}" if found else "is missing"
    return Problem(
        415,
        "unsupported_media_type",
        f"the content type {said}; send `Content-Type: application/json`",
    )


def overloaded(limit: int) -> Problem:
    """The answer while as many requests as allowed are in flight."""
    message = f"{limit} requests are in flight, more are not taken; try again in a second"
    return Problem(429, "overloaded", message, headers={"Retry-After": "1"})


def no_key() -> Problem:
    """The answer to a request without a key where one is needed."""
    message = "this needs a key; send it as `Authorization: Bearer cs_…`"
    return Problem(401, "unauthorized", message, headers={"WWW-Authenticate": _CHALLENGE})


def unknown_key() -> Problem:
    """The answer to a key that is none of ours, which is not repeated."""
    message = "the key is not known here: mistyped, or removed; ask whoever runs this service for another one"
    challenge = f'{_CHALLENGE}, error="invalid_token"'
    return Problem(401, "unauthorized", message, headers={"WWW-Authenticate": challenge})


def rate_limited(name: str, per_minute: int, wait: float) -> Problem:
    """The answer to a key that may ask again in `wait` seconds."""
    seconds = max(1, math.ceil(wait))
    message = f"key {name!r} may ask {per_minute:,} times a minute; try again in {seconds} s"
    return Problem(429, "rate_limited", message, headers={"Retry-After": str(seconds)})


def problem_of_validation(found: Sequence[Any]) -> Problem:
    """The answer to pydantic's complaints, of which the first is told."""
    error = found[0]
    if error["type"] == "json_invalid":
        where = f" at character {error['loc'][1]}" if len(error["loc"]) > 1 else ""
        return Problem(400, "malformed_json", f"the body is not JSON{where}: {error['ctx']['error']}")
    # The first part of the place says whether it is the body or the query.
    return problem_of(invalid_input(error, error["loc"][1:]))


def _text(text: str) -> str:
    """Text that UTF-8 can carry."""
    return text.encode("utf-8", "backslashreplace").decode()
