"""The inputs of a call: where they stand, what is wrong with them, and how one is put in.

A tool's inputs are its arguments. Those of a request stand in its address and in the dicts that
`requests.request` takes: `params`, `headers`, `cookies`, `json`, `data`, `files`. Works on parsed calls;
which API a call is of was settled before.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from api_docs.call import Call, literal, normalise, parse_value
from api_docs.catalogue import Entry
from api_docs.errors import UnparseableCall
from api_docs.models import Argument, ArgumentType, Place
from api_docs.url_templates import meant
from api_docs.values import (
    closest,
    entries_of,
    is_data,
    is_none,
    problem_of_entries,
)
from api_docs.verdicts import Problem, Reason, problem, short

PARTS: Final = (Place.PARAMS, Place.HEADERS, Place.COOKIES, Place.JSON, Place.DATA, Place.FILES)
"""The parts of a request that are dicts, as they follow each other in a call."""

WORDS: Final[Mapping[Place, str]] = {
    Place.INPUT: "argument",
    Place.URL: "path parameter",
    Place.PARAMS: "query parameter",
    Place.HEADERS: "header",
    Place.COOKIES: "cookie",
    Place.JSON: "field of the body",
    Place.DATA: "field of the form",
    Place.FILES: "file",
}
"""What people call an input that stands there."""

_NUMBERS: Final[Mapping[ArgumentType, str]] = {
    ArgumentType.INT: r"-?\d+",
    ArgumentType.FLOAT: r"-?\d+(\.\d+)?",
    ArgumentType.BOOL: "true|false",
}


def problem_of_inputs(values: Mapping[str, str], entry: Entry) -> Problem | None:
    """What is wrong with the address and the parts of a request, or None; `values` are by parameter name."""
    if not entry.loader.is_request:
        return None
    wrong = _address_problem(values.get("url"), entry)
    parts = (_part_problem(part, values.get(part.value), entry) for part in PARTS)
    return wrong or next(filter(None, parts), None)


def is_part(name: str, entry: Entry) -> bool:
    """Whether an argument of a call is a part of a request, which `problem_of_inputs` judges."""
    return entry.loader.is_request and name in PARTS and not _is_whole(Place(name), entry)


def given_inputs(call: Call, entry: Entry) -> dict[str, str]:
    """Source text of what a call gives to the doc's inputs, by the argument's name.

    What stands in the wrong part, or under a name that is nearly right, is given to the input that was meant.
    """
    found: dict[str, str] = {}
    for argument, value in _exact(call, entry):
        if is_data(parse_value(value)):
            found.setdefault(argument.name, value)
    for part, key, value in _unknown(call, entry):
        if not is_data(parse_value(value)):
            continue
        elsewhere = [argument for argument in _inputs(entry) if argument.wire == key]
        here = {argument.wire: argument for argument in _inputs(entry) if argument.place is part}
        near = closest(key, list(here))
        if elsewhere or near is not None:
            found.setdefault((elsewhere[0] if elsewhere else here[near or ""]).name, value)
    return found


def with_input(call: Call, entry: Entry, argument: Argument, value: str) -> Call:
    """The call with an input set to a value (source text): where it is already, else behind the others."""
    if argument.place is Place.INPUT:
        return replace(call, keywords=tuple({**dict(call.keywords), argument.name: value}.items()))
    if argument.place is Place.URL:
        return _with_address(call, entry, argument, value)
    part = argument.place.value
    entries = {key: normalise(node) for key, node in _entries(dict(call.keywords).get(part))}
    entries[argument.wire] = value
    text = normalise(parse_value("{" + ", ".join(f"{key!r}: {one}" for key, one in entries.items()) + "}"))
    keywords = {**dict(call.keywords), part: text}
    order = {place.value: rank for rank, place in enumerate(PARTS)}
    return replace(
        call, keywords=tuple(sorted(keywords.items(), key=lambda pair: order.get(pair[0], len(order))))
    )


def open_inputs(call: Call, entry: Entry) -> list[Argument]:
    """The required inputs that a call leaves as the template has them, where others could stand."""
    given, template = given_inputs(call, entry), given_inputs(entry.call, entry)
    return [
        argument
        for argument in _inputs(entry)
        if argument.required
        and len(argument.choices) != 1
        and argument.name in given
        and given[argument.name] == template.get(argument.name)
    ]


def _inputs(entry: Entry) -> Iterator[Argument]:
    return (argument for argument in entry.doc.arguments if argument.is_input)


def _is_whole(part: Place, entry: Entry) -> bool:
    """Whether a part is documented as one value: a body that is a list, a text."""
    return any(
        argument.place is Place.INPUT and argument.name == part.value for argument in entry.doc.arguments
    )


# --- judging ----------------------------------------------------------------------------------------------


def _address_problem(url: str | None, entry: Entry) -> Problem | None:
    """What fills a place of the address must be of the documented type, and among the choices."""
    if entry.url is None or url is None:
        return None
    filled = entry.url.match(str(literal(url))) or {}
    for argument in _inputs(entry):
        text = filled.get(argument.wire)
        if argument.place is not Place.URL or text is None or entry.url.is_open(argument.wire, text):
            continue
        said = f"the value {short(repr(text))} of the path parameter {argument.wire!r}"
        pattern = _NUMBERS.get(argument.type)
        if pattern is not None and not re.fullmatch(pattern, meant(text)):
            return problem(
                Reason.WRONG_TYPE, argument.wire, f"{said} is no {argument.type.value}; expected one"
            )
        choices = [str(literal(choice)) for choice in argument.choices]
        if choices and meant(text) not in choices:
            return problem(
                Reason.WRONG_VALUE, argument.wire, f"{said} is none of {', '.join(map(repr, choices[:8]))}"
            )
    return None


def _part_problem(part: Place, value: str | None, entry: Entry) -> Problem | None:
    """What the template says stands; beyond that, only what is documented for this part."""
    name = part.value
    if value == entry.bound.values.get(name) or _is_whole(part, entry):
        return None
    node = parse_value(value) if value is not None else ast.Dict(keys=[], values=[])
    if is_none(node):
        node = ast.Dict(keys=[], values=[])
    if not isinstance(node, ast.Dict) or not is_data(node):
        said = f"the value {short(value or '')} of {name!r} is no dict of plain data by names; write one"
        return problem(Reason.UNSAFE_VALUE if isinstance(node, ast.Dict) else Reason.WRONG_TYPE, name, said)
    fields = [argument for argument in entry.doc.arguments if argument.place is part]
    entries = [(_documented_key(part, key, fields), item) for key, item in entries_of(node)]
    if part is not Place.JSON:
        entries = [(key, item) for key, item in entries if not is_none(item)]  # those are not sent
    found = problem_of_entries(entries, fields, name)
    return found and _told(found, part, fields, entry)


def _told(found: Problem, part: Place, fields: Sequence[Argument], entry: Entry) -> Problem:
    """The problem in the words of a request, where it is one of the part itself."""
    head, _, key = (found.argument or "").partition(".")
    if head != part.value or found.reason is Reason.REPEATED_ARGUMENT or "." in key:
        return found
    if found.reason is Reason.MISSING_ARGUMENT:
        return problem(found.reason, found.argument, f"the {WORDS[part]} {key!r} is required and missing")
    if found.reason is not Reason.UNKNOWN_ARGUMENT:
        return found
    others = [argument for argument in _inputs(entry) if argument.wire == key]
    near = closest(key, [argument.wire for argument in fields])
    hint = (
        f"; it belongs to {others[0].place.value!r}"
        if others
        else f"; did you mean {near!r}?"
        if near
        else ""
    )
    return problem(
        found.reason, found.argument, f"{entry.doc.id} documents no {WORDS[part]} {short(key)!r}{hint}"
    )


def _documented_key(part: Place, key: str, fields: Sequence[Argument]) -> str:
    """Names of headers are one in any case of letters."""
    if part is not Place.HEADERS:
        return key
    return next((field.wire for field in fields if field.wire.lower() == key.lower()), key)


# --- reading and writing ----------------------------------------------------------------------------------


def _exact(call: Call, entry: Entry) -> Iterator[tuple[Argument, str]]:
    keywords = dict(call.keywords)
    filled = _filled(call, entry)
    for argument in _inputs(entry):
        if argument.place is Place.INPUT and argument.name in keywords:
            yield argument, keywords[argument.name]
        elif argument.place is Place.URL and argument.wire in filled:
            yield argument, repr(meant(filled[argument.wire]))
        elif argument.place in PARTS:
            entries = (
                (_documented_key(argument.place, k, [argument]), v)
                for k, v in _entries(keywords.get(argument.place))
            )
            yield from ((argument, normalise(value)) for key, value in entries if key == argument.wire)


def _unknown(call: Call, entry: Entry) -> Iterator[tuple[Place, str, str]]:
    """What stands in a call where the doc has no input of that name."""
    known = {(argument.place, argument.wire) for argument in _inputs(entry)}
    if not entry.loader.is_request:
        yield from (
            (Place.INPUT, name, value) for name, value in call.keywords if (Place.INPUT, name) not in known
        )
        return
    for part in PARTS:
        for key, value in _entries(dict(call.keywords).get(part)):
            if (part, key) not in known:
                yield part, key, normalise(value)


def _entries(value: str | None) -> list[tuple[str, ast.expr]]:
    """The entries of a part, as far as it is a dict."""
    try:
        node = parse_value(value) if value is not None else None
    except UnparseableCall:
        return []
    return list(entries_of(node)) if isinstance(node, ast.Dict) else []


def _filled(call: Call, entry: Entry) -> dict[str, str]:
    url = entry.loader.value_of(call, "url") if entry.url is not None else None
    try:
        text = literal(url) if url is not None else None
    except ValueError:
        return {}
    return (entry.url.match(text) or {}) if entry.url is not None and isinstance(text, str) else {}


def _with_address(call: Call, entry: Entry, argument: Argument, value: str) -> Call:
    """The call with a place of its address filled that was open until now."""
    url, text = entry.loader.value_of(call, "url"), str(literal(value))
    if entry.url is None or url is None or entry.url.is_open(argument.wire, text):
        return call
    filled = repr(entry.url.filled(str(literal(url)), argument.wire, text))
    if "url" in dict(call.keywords):
        return replace(call, keywords=tuple({**dict(call.keywords), "url": filled}.items()))
    return replace(call, positional=(*call.positional[:1], filled, *call.positional[2:]))
