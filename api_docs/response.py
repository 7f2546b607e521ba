"""Find the call in the output of a model.

Knows the shapes that models answer in: Gorilla's fields between angle brackets (a field a line, or all on one
line), its dict-like string with broken quotes, JSON, fenced code, and plain text. Says what was written, not
whether it is right: that is `verification`'s work. Nothing is executed, nothing is raised.

Which call of several: that of the field that should hold it, else the first in the code that loads a model,
else the first that loads a tokenizer or the like, else any. A call in the field that names no model, such as
`model(image)`, gives way to the one in the code that loads it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from api_docs.call_search import CallSource, Place, collapsed, with_names_resolved

MAX_RESPONSE_LENGTH: Final = 200_000
"""Characters that are read of a response; no model's answer is longer."""
_MAX_OBJECTS: Final = 8
"""Opening braces at which a JSON object is tried."""
_QUOTED: Final = 400
"""Characters of a field without a call that stand in for it."""
NO_API: Final = "none"
"""What stands in the place of the call where a model finds that no API of its prompt's answers."""

_ROLES: Final[Mapping[str, str]] = {
    "domain": "domain",
    "api_call": "call",
    "call": "call",
    "api": "call",
    "api_provider": "provider",
    "provider": "provider",
    "explanation": "explanation",
    "code": "code",
}
_MARK = re.compile(r"<<{1,3}\s?([A-Za-z][A-Za-z_ ]{0,30})>{1,4}['\"]?\s?:?")
_KEY = re.compile(rf"(?<!\\)\\*+['\"]({'|'.join(_ROLES)})\\*['\"]\s?:")
_FENCE = re.compile(r"```[ \t]?\w*+(?:\\n|\n)(.*?)(?:```|\Z)", re.DOTALL)
_LINE_END = re.compile(r"\n|\\n")
_DICT_END = re.compile(r"\}(?:\\++n|\s)*+['\"]?\s*\Z")


class Shape(StrEnum):
    """How a response was written."""

    MARKED_LINES = "marked_lines"  # <<<domain>>>: … a field a line
    MARKED_COMMAS = "marked_commas"  # the same fields on one line, commas between them
    DICT_LIKE = "dict_like"  # {'domain': '…', 'api_call': "…"}, seldom valid Python
    JSON = "json"
    FENCED = "fenced"  # ```python … ```
    PLAIN = "plain"  # a bare call, an assignment, code, or prose


@dataclass(frozen=True, slots=True)
class ParsedResponse:
    """What a model's output says; None where it says nothing of it.

    `call` is the text of one call expression, without assignment target and without what is done with the
    model; strings stand in it for names that the text gives them to (`model_id = 'acme/net'`). It parses,
    except where the only call that stands there is broken: then it is that, so that a refusal can quote it.
    `declines` where there is no call and `none` stands in its place: none of the docs serves.
    """

    shape: Shape
    call: str | None = None
    domain: str | None = None
    provider: str | None = None
    explanation: str | None = None
    code: str | None = None
    declines: bool = False


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of a response as they stand, by role, in order of appearance."""

    shape: Shape
    values: Mapping[str, tuple[str, ...]]

    def of(self, role: str) -> tuple[str, ...]:
        return self.values.get(role, ())

    def text(self, role: str) -> str | None:
        """The first value of a role that says something, for people to read."""
        return next(filter(None, map(_readable, self.of(role))), None)


def parse_response(text: str) -> ParsedResponse:
    """Read a model's output. Takes any text, and never raises."""
    text = text[:MAX_RESPONSE_LENGTH]
    fields = _json_fields(text) or _marked_fields(text) or _dict_like_fields(text) or _unmarked_fields(text)
    call, stands = _chosen_call(fields, text), fields.text("call")
    return ParsedResponse(
        shape=fields.shape,
        call=call,
        domain=fields.text("domain"),
        provider=fields.text("provider"),
        explanation=fields.text("explanation"),
        code=fields.text("code"),
        declines=call is None and stands is not None and stands.lower() == NO_API,
    )


def _chosen_call(fields: _Fields, text: str) -> str | None:
    """The call that answers; the module's head says which of several."""
    named = [CallSource(value) for value in fields.of("call")]
    code = [CallSource(value) for value in fields.of("code")]
    whole = [CallSource(text)]
    order: tuple[tuple[list[CallSource], Callable[[Place], bool]], ...] = (
        (named, _loads_model),
        (named, _names_something),
        (code, _loads_model),
        (named, _calls_something),
        (whole, _loads_model),
        (named, _loads_aside),
        (code, _loads_aside),
        (whole, _loads_aside),
        (code, _is_assigned),
        (code, _is_statement),
        (whole, _is_commented_out),
        (whole, _is_assigned),
        (whole, _is_statement),
    )
    for sources, wanted in order:
        for source in sources:
            if (found := source.find(wanted)) is not None:
                return with_names_resolved(found, text)
    written = (_readable(value) for value in fields.of("call"))
    if (stands := next((value for value in written if "(" in value), None)) is not None:
        return stands[:_QUOTED]
    return next(filter(None, (source.find_broken(_is_statement) for source in (*code, *whole))), None)


def _loads_model(place: Place) -> bool:
    return place.is_loader and not (place.is_aside or place.in_comment or place.is_bare)


def _loads_aside(place: Place) -> bool:
    return place.is_aside and not place.in_comment


def _names_something(place: Place) -> bool:
    return place.names_something and not place.is_aside


def _calls_something(place: Place) -> bool:
    return not place.is_aside


def _is_assigned(place: Place) -> bool:
    return place.is_assigned and _is_statement(place)


def _is_statement(place: Place) -> bool:
    return place.opens_statement and not (place.is_aside or place.in_comment)


def _is_commented_out(place: Place) -> bool:
    return place.is_loader and place.in_comment


def _json_fields(text: str) -> _Fields | None:
    decoder = json.JSONDecoder(strict=False)
    for brace in islice(re.finditer(r"\{\s*+\"", text), _MAX_OBJECTS):
        try:
            found, _ = decoder.raw_decode(text, brace.start())
        except (ValueError, RecursionError):
            continue
        pairs = [(name, value) for name, value in found.items() if isinstance(value, str)]
        if fields := _by_role(Shape.JSON, pairs):
            return fields
    return None


def _marked_fields(text: str) -> _Fields | None:
    pairs = list(_segments(_MARK, text))
    between = [value for _, value in pairs[:-1]]
    on_one_line = any(value.rstrip().endswith(",") and not _LINE_END.search(value) for value in between)
    return _by_role(Shape.MARKED_COMMAS if on_one_line else Shape.MARKED_LINES, pairs)


def _dict_like_fields(text: str) -> _Fields | None:
    if "{" not in text:
        return None
    pairs = [(name, _DICT_END.sub("", value)) for name, value in _segments(_KEY, text)]
    return _by_role(Shape.DICT_LIKE, pairs)


def _unmarked_fields(text: str) -> _Fields:
    blocks = tuple(_FENCE.findall(text))
    return _Fields(Shape.FENCED, {"code": blocks}) if blocks else _Fields(Shape.PLAIN, {})


def _segments(mark: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    """Name of each mark and the text behind it, up to the next mark."""
    marks = list(mark.finditer(text))
    ends = [*(following.start() for following in marks[1:]), len(text)]
    for found, end in zip(marks, ends, strict=False):
        yield found[1], text[found.end() : end]


def _by_role(shape: Shape, pairs: list[tuple[str, str]]) -> _Fields | None:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        role = _ROLES.get(name.strip().lower().replace(" ", "_"))
        if role is not None and value.strip():
            values.setdefault(role, []).append(value)
    return _Fields(shape, {role: tuple(found) for role, found in values.items()}) if values else None


def _readable(value: str) -> str:
    """A field's value without residue: escapes undone, no comma behind, no quotes around, no fence."""
    if fenced := _FENCE.search(value):
        value = fenced[1]
    text = collapsed(value).strip().removesuffix(",").rstrip()
    quote = text[-1:]
    if quote in ("'", '"') and text.startswith(quote):
        text = text[1:-1]
    elif quote in ("'", '"') and text.count(quote) % 2:
        text = text[:-1]
    return text.strip()
