"""What an operation of an OpenAPI document takes, as arguments of `requests.request`.

How a value goes over the line decides how it is written: lists of a query are lists where the name is
repeated and texts where commas join them; objects of a query or a form are flattened as `name[field]`; a body
is `json`, `data` or `files` by its media type.

Source: OpenAPI Specification 3.1.1, "Style Values", "Media Type Object"; requests' own encoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from api_docs.errors import InvalidDoc
from api_docs.models import Argument, ArgumentType, Place
from api_docs.sources.json_schemas import (
    MAX_DEPTH,
    MAX_FIELDS,
    Described,
    SchemaReader,
    is_open,
    type_of_schema,
)
from api_docs.sources.openapi_document import Document, Node, mapped

_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_JSON: Final = re.compile(
    r"application/json\b.*|[\w.+-]+/[\w.+-]*\+json\b.*|\*/\*|application/\*", re.IGNORECASE
)
_PLACES: Final[Mapping[str, Place]] = {
    "path": Place.URL,
    "query": Place.PARAMS,
    "header": Place.HEADERS,
    "cookie": Place.COOKIES,
}
_TEXT: Final = {"type": "string"}
_NOT_PARAMETERS: Final = frozenset({"accept", "content-type", "authorization"})
"""Headers that OpenAPI says are no parameters: they come with the body and with security."""
_ORDER: Final = (
    Place.URL,
    Place.PARAMS,
    Place.HEADERS,
    Place.COOKIES,
    Place.INPUT,
    Place.JSON,
    Place.DATA,
    Place.FILES,
)


def described_inputs(document: Document, operation: Node, shared: Node, path: str) -> list[Described]:
    """Every input of an operation, those that are required first; names are unique.

    Raises:
        InvalidDoc: when one can't be used.
    """
    reader = SchemaReader(document.resolve)
    found = [
        *_parameters(document, reader, operation, shared, path),
        *_body(document, reader, operation, shared),
    ]
    found.sort(key=lambda one: (not one.argument.required, _ORDER.index(one.argument.place)))
    return _with_own_names(found)


def open_path(document: Document, operation: Node, shared: Node, path: str) -> str:
    """The path with those places written `{+name}` that take several segments, where the document says so."""
    for parameter in document.inputs(operation, shared):
        if parameter["in"] == "path" and parameter.get("x-multi-segment") is True:
            path = path.replace(f"{{{parameter['name']}}}", f"{{+{parameter['name']}}}")
    return path


def _parameters(
    document: Document, reader: SchemaReader, operation: Node, shared: Node, path: str
) -> Iterator[Described]:
    places = re.findall(r"\{([^{}]+)\}", path)
    declared = set()
    for parameter in document.inputs(operation, shared):
        name, place = parameter["name"], _PLACES.get(parameter["in"])
        if place is None:
            continue  # a body or a form of Swagger 2.0, or a place of a later version
        if place is Place.HEADERS and name.lower() in _NOT_PARAMETERS:
            continue
        if place is Place.URL:
            declared.add(name)
            if name not in places:
                raise InvalidDoc(
                    f"the path parameter {name!r} has no place in the path {path!r}; give it one"
                )
        yield from _parameter(reader, parameter, name, place)
    for name in places:
        if name not in declared:
            yield reader.described(name, _TEXT, Place.URL, required=True)


def _parameter(reader: SchemaReader, parameter: Node, name: str, place: Place) -> Iterator[Described]:
    """One parameter; an object of a query becomes one input a field."""
    required = parameter.get("required") is True or place is Place.URL

    def whole(key: str, schema: object) -> Described:
        said = parameter.get("description")
        return reader.described(key, schema, place, required=required, description=said)

    schema = parameter.get("schema", {})
    flat = reader.merged(schema)
    kind = type_of_schema(flat)
    style = parameter.get("style", "form")
    explode = parameter.get("explode", style == "form")
    if "content" in parameter:
        yield whole(name, _TEXT)  # in that media type
    elif kind not in (ArgumentType.LIST, ArgumentType.DICT):
        yield whole(name, schema)
    elif place is Place.PARAMS and style == "deepObject" and kind is ArgumentType.LIST:
        yield whole(f"{name}[]", schema)
    elif place is Place.PARAMS and style == "deepObject":
        yield from _flattened(reader, name, flat, place, required)
    elif place is Place.PARAMS and explode and kind is ArgumentType.LIST:
        yield whole(name, schema)
    elif place is Place.PARAMS and explode and flat["properties"]:
        for field, inner, needed in reader.properties(flat):
            yield reader.described(field, inner, place, required=required and needed)
    else:
        yield whole(name, _TEXT)  # joined by commas or the like


def _flattened(
    reader: SchemaReader, name: str, flat: Mapping[str, Any], place: Place, required: bool
) -> Iterator[Described]:
    """The fields of an object as `name[field]`, as forms and `deepObject` write them."""
    for field, schema, needed in reader.properties(flat):
        inner, key = reader.merged(schema), f"{name}[{field}]"
        if inner["properties"] and key.count("[") <= MAX_DEPTH:
            yield from _flattened(reader, key, inner, place, required and needed)
            continue
        yield reader.described(
            f"{key}[]" if type_of_schema(inner) is ArgumentType.LIST else key,
            inner,
            place,
            required=required and needed,
        )


def _body(document: Document, reader: SchemaReader, operation: Node, shared: Node) -> Iterator[Described]:
    body = document.body(operation, shared)
    content = {str(kind): value for kind, value in mapped(body.get("content")).items()} if body else {}
    if body is None or not content:
        return
    kinds = list(content)
    chosen = next((kind for kind in kinds if kind.lower().startswith("application/json")), None)
    chosen = chosen or next((kind for kind in kinds if _JSON.fullmatch(kind)), None)
    chosen = chosen or next(
        (kind for kind in kinds if kind.partition(";")[0].strip() in (_FORM, _MULTIPART)), kinds[0]
    )
    schema = mapped(content[chosen]).get("schema", {})
    required = body.get("required") is True
    if _JSON.fullmatch(chosen):
        yield from _json_body(reader, schema, required)
        if not re.match(r"application/json\b|\*/|application/\*", chosen):
            yield _content_type(chosen)
    elif chosen.partition(";")[0].strip() in (_FORM, _MULTIPART):
        yield from _form(reader, schema)
    else:
        said = {"type": "string", "description": f"The body, as {chosen}."}
        yield _whole(reader.described("data", said, Place.DATA, required=required))
        yield _content_type(chosen)


def _json_body(reader: SchemaReader, schema: object, required: bool) -> Iterator[Described]:
    """The fields of an object; any other body is one value."""
    flat = reader.merged(schema)
    properties = reader.properties(flat)
    is_object = flat.get("type") in ("object", None) and properties and len(properties) <= MAX_FIELDS
    if not is_object:
        one = reader.described("json", flat, Place.INPUT, required=required)
        yield one
        return
    for name, inner, needed in properties:
        yield reader.described(name, inner, Place.JSON, required=needed)
    if is_open(flat):
        yield Described(Argument(name="**json", place=Place.JSON), "")


def _form(reader: SchemaReader, schema: object) -> Iterator[Described]:
    flat = reader.merged(schema)
    for name, inner, needed in reader.properties(flat):
        merged = reader.merged(inner)
        is_file = merged.get("format") in ("binary", "byte") or "contentMediaType" in mapped(inner)
        if is_file:
            yield reader.described(name, {**merged, "type": "string"}, Place.FILES, required=needed)
        elif merged["properties"]:
            yield from _flattened(reader, name, merged, Place.DATA, needed)
        else:
            yield reader.described(name, merged, Place.DATA, required=needed)


def _whole(one: Described) -> Described:
    """A body that is one value."""
    return Described(one.argument.model_copy(update={"place": Place.INPUT}), one.sample)


def _content_type(kind: str) -> Described:
    """The header without which the body would go out as something else."""
    source = repr(kind)
    argument = Argument(
        name="content_type",
        key="Content-Type",
        place=Place.HEADERS,
        type=ArgumentType.STR,
        required=True,
        choices=(source,),
    )
    return Described(argument, source)


def _with_own_names(found: list[Described]) -> list[Described]:
    """Arguments whose names differ, where a path and a body call two things alike; each of a place once."""
    named: dict[str, Described] = {}
    once = {(one.argument.place, one.argument.wire): one for one in reversed(found)}
    for one in reversed(once.values()):
        argument = one.argument
        name, number = argument.name, 2
        while name in named:
            name = f"{argument.name}_{argument.place.value}" if number == 2 else f"{argument.name}_{number}"
            number += 1
        if name != argument.name:
            argument = argument.model_copy(update={"name": name, "key": argument.wire})
        named[name] = Described(argument, one.sample)
    return list(named.values())
