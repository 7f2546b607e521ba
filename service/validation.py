"""Pydantic's complaints about a request as our own errors: the value quoted, what was expected, the fix.

HTTP, the command line and batches share it, so that one mistake has one message.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from api_docs.errors import InvalidInput, InvalidInstruction, InvalidRequest
from service.schemas import GenerateRequest, Listing

_Request = TypeVar("_Request", bound=BaseModel)

_QUOTED = 80
"""Characters of a value that a message quotes."""
_KNOWN = tuple(GenerateRequest.model_fields | Listing.model_fields)
_EXAMPLE = '{"instruction": "classify photos of animals"}'
_INSTRUCTION_PROBLEMS = {
    "missing": f"the instruction is missing; send one, such as {_EXAMPLE}",
    "string_unicode": "the instruction contains half of a surrogate pair, which is no text; remove it",
}


def parse_request(model: type[_Request], data: object) -> _Request:
    """A request from plain data.

    Raises:
        InvalidInput: naming the field, the value and what was expected.
    """
    try:
        return model.model_validate(data)
    except ValidationError as exc:
        error = exc.errors(include_url=False)[0]
        raise invalid_input(error, error["loc"]) from exc


def invalid_input(error: Mapping[str, Any], place: Sequence[object]) -> InvalidInput:
    """Our error for one of pydantic's, which it found at `place` of the request."""
    if not place and error["type"] == "string_unicode":
        return InvalidRequest(f"the field name {quoted(error['input'])} is no text; remove the field")
    if not place or not isinstance(place[0], str):
        return InvalidRequest(f"expected one JSON object, such as {_EXAMPLE}; found {quoted(error['input'])}")
    name = ".".join(str(part) for part in place)
    if error["type"] == "extra_forbidden":
        return InvalidRequest(_unknown_field(name), name)
    if name == "instruction":
        said = _INSTRUCTION_PROBLEMS.get(error["type"]) or _complaint("the instruction", error)
        return InvalidInstruction(said, name)
    return InvalidRequest(_complaint(f"field {quoted(name)}", error), name)


def quoted(value: object) -> str:
    """A value as it may stand in a message: short, and without anything unprintable."""
    text = repr(value[: _QUOTED + 1] if isinstance(value, str) else value)
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"


def _complaint(what: str, error: Mapping[str, Any]) -> str:
    message = str(error["msg"])
    return f"{what} is {quoted(error['input'])}: {message[0].lower()}{message[1:]}"


def _unknown_field(name: str) -> str:
    close = difflib.get_close_matches(name[:_QUOTED], _KNOWN, n=1)
    hint = (
        f"; did you mean {close[0]!r}?" if close and close[0] != name else "; GET /docs lists what it takes"
    )
    return f"unknown field {quoted(name)}{hint}"
