"""JSON schemas of inputs as arguments: type, choices, fields, and a value that holds an input's place.

What a schema says is taken over as far as a call can be judged by it, and never more strictly: where several
schemas may hold, all that any of them allows is allowed. Objects take what they name and nothing else, unless
they say that they do: most descriptions leave that open, and a misspelt name is what one wants to be told of.
Depth and number of fields are bounded; beyond that anything goes.

Source: JSON Schema 2020-12 and the subset of OpenAPI 3.0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api_docs.errors import InvalidDoc
from api_docs.models import Argument, ArgumentType, Place
from api_docs.sources.texts import MOST_OF_AN_ARGUMENT, short_text

Schema = Mapping[str, Any]
Resolve = Callable[[Schema], Schema]
"""Follows a schema's `$ref`; raises InvalidDoc where it leads nowhere."""

MAX_DEPTH: Final = 3
"""Levels of fields below an input."""
MAX_FIELDS: Final = 300
"""Inputs and fields of one API, all levels together."""
MAX_CHOICES: Final = 200
"""Choices that are kept; of a longer list any value of its type is taken."""
_MAX_MERGED: Final = 4_000
"""Schemas that are looked at for one API."""
_MAX_HOPS: Final = 32
"""How deep `$ref`, `allOf` and their like may lead without a field between."""
_MAX_SOURCE: Final = 200
"""Characters of a choice or a default."""

_TYPES: Final[Mapping[str, ArgumentType]] = {
    "string": ArgumentType.STR,
    "integer": ArgumentType.INT,
    "number": ArgumentType.FLOAT,
    "boolean": ArgumentType.BOOL,
    "array": ArgumentType.LIST,
    "object": ArgumentType.DICT,
}
_AS_TEXT: Final = frozenset({Place.HEADERS, Place.COOKIES})
"""Where requests takes nothing but texts."""
_ON_THE_WIRE: Final = frozenset({Place.URL, Place.PARAMS, Place.DATA}) | _AS_TEXT
"""Where a truth value is written as JSON has it: `True` would go out as Python's word for it."""
_KEY: Final = re.compile(r"[^\s'\"\\<>{}`]{1,100}")
_MOST: Final = 10**15
_PLAIN: Final = re.compile(r"[^<>{}\\'\"`\n\r\t\x00-\x1f\x7f\ud800-\udfff]*")
"""A text that can mean nothing to whoever reads an answer with it."""
_KEPT: Final = ("type", "enum", "items", "default", "minimum", "format", "additionalProperties", "nullable")


@dataclass(frozen=True, slots=True)
class Described:
    """An argument, and the source text of a value that holds its place in a template."""

    argument: Argument
    sample: str


class SchemaReader:
    """Reads the schemas of one API's inputs."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._fields = MAX_FIELDS
        self._merges = _MAX_MERGED

    def described(
        self, key: str, schema: object, place: Place, *, required: bool = False, description: object = ""
    ) -> Described:
        """An input of this name and schema.

        Raises:
            InvalidDoc: when its name or its schema can't be used.
        """
        if not _KEY.fullmatch(key):
            raise InvalidDoc(
                f"the name {key!r} can't be written in a call; expected no blanks, quotes or brackets"
            )
        flat = self.merged(schema)
        found = self._shape(key, flat, place, depth=0)
        said = short_text(description or flat.get("description"), MOST_OF_AN_ARGUMENT)
        argument = found.argument.model_copy(update={"required": required, "description": said})
        return Described(argument, found.sample)

    def merged(self, schema: object) -> dict[str, Any]:
        """A schema without `$ref`, `allOf`, `oneOf` and `anyOf`: all that may hold, in one."""
        return self._merged(schema, 0)

    def properties(self, flat: Schema) -> list[tuple[str, object, bool]]:
        """Name, schema and need of each property that may be sent, those that are needed first."""
        needed = {name for name in _listed(flat.get("required")) if isinstance(name, str)}
        found = []
        for name, schema in _mapped(flat.get("properties")).items():
            if not (isinstance(schema, Mapping) and schema.get("readOnly") is True):
                found.append((str(name), schema, name in needed))
        return sorted(found, key=lambda one: not one[2])

    def _merged(self, schema: object, hops: int) -> dict[str, Any]:
        self._merges -= 1
        if schema is True or self._merges < 0:
            return {"properties": {}, "required": []}
        if not isinstance(schema, Mapping):
            raise InvalidDoc(
                f"the schema {str(schema)[:80]!r} is no object; expected one such as {{'type': 'string'}}"
            )
        if hops > _MAX_HOPS:
            raise InvalidDoc("a schema refers to itself without an end; break the circle")
        node = self._resolve(schema)
        if node is not schema:
            return self._merged(node, hops + 1)
        found = {name: node[name] for name in (*_KEPT, "description") if name in node}
        if "const" in node:
            found.setdefault("enum", [node["const"]])
        found["properties"] = dict(_mapped(node.get("properties")))
        found["required"] = list(_listed(node.get("required")))
        for part in _listed(node.get("allOf")):
            _add(found, self._merged(part, hops + 1))
        for name in ("oneOf", "anyOf"):
            ways = [self._merged(way, hops + 1) for way in _listed(node.get(name)) if not _is_null(way)]
            if ways:
                _add(found, _either(ways))
        return found

    def _shape(self, key: str, flat: Schema, place: Place, depth: int) -> Described:
        self._fields -= 1
        kind = type_of_schema(flat)
        if kind is ArgumentType.LIST:
            return self._list(key, flat, place, depth)
        if kind is ArgumentType.DICT:
            return self._dict(key, flat, place, depth)
        if (kind is ArgumentType.BOOL and place in _ON_THE_WIRE) or place in _AS_TEXT:
            kind, flat = ArgumentType.STR, _as_text(flat, kind)
        choices = _choices(flat, kind)
        default = _source(flat.get("default"))
        argument = _argument(key, place, type=kind, choices=choices, default=default)
        return Described(argument, _sample(key, flat, argument))

    def _list(self, key: str, flat: Schema, place: Place, depth: int) -> Described:
        item = self._shape(key, self.merged(flat.get("items", True)), place, depth)
        if item.argument.type is ArgumentType.LIST:  # a list of lists: its items are lists of anything
            item = Described(Argument(name=item.argument.name, type=ArgumentType.LIST), item.sample)
        argument = _argument(
            key,
            place,
            type=ArgumentType.LIST,
            items=item.argument.type,
            choices=item.argument.choices,
            fields=item.argument.fields,
            default=_source(flat.get("default")),
        )
        return Described(argument, f"[{item.sample}]")

    def _dict(self, key: str, flat: Schema, place: Place, depth: int) -> Described:
        fields: list[Described] = []
        properties = self.properties(flat)
        if depth < MAX_DEPTH and self._fields > len(properties):
            for name, schema, needed in properties:
                if _KEY.fullmatch(name):
                    merged = self.merged(schema)
                    one = self._shape(name, merged, Place.INPUT, depth + 1)
                    fields.append(
                        Described(
                            one.argument.model_copy(update={"place": Place.API, "required": needed}),
                            one.sample,
                        )
                    )
        known = [one.argument for one in fields]
        if known and is_open(flat):
            known.append(Argument(name="**more"))
        inside = ", ".join(f"{one.argument.wire!r}: {one.sample}" for one in fields if one.argument.required)
        return Described(_argument(key, place, type=ArgumentType.DICT, fields=tuple(known)), f"{{{inside}}}")


def is_open(flat: Schema) -> bool:
    """Whether an object says that it takes more than it names."""
    more = flat.get("additionalProperties")
    return more is True or isinstance(more, Mapping)


def type_of_schema(flat: Schema) -> ArgumentType:
    """The type of what a merged schema describes; any where it names several, or none."""
    said = flat.get("type")
    names = [name for name in (said if isinstance(said, list) else [said]) if name not in (None, "null")]
    kinds = {
        _TYPES.get(name, ArgumentType.ANY) if isinstance(name, str) else ArgumentType.ANY for name in names
    }
    if kinds == {ArgumentType.INT, ArgumentType.FLOAT}:
        return ArgumentType.FLOAT
    if len(kinds) == 1:
        return kinds.pop()
    if not kinds and flat.get("properties"):
        return ArgumentType.DICT
    if not kinds and "items" in flat:
        return ArgumentType.LIST
    return ArgumentType.ANY if kinds else _type_of_choices(flat)


def name_of(key: str) -> str:
    """A name of Python for an input: the key itself where it is one."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", key).strip("_") or "value"
    return f"_{name}" if name[0].isdigit() else name


def _argument(key: str, place: Place, **more: Any) -> Argument:
    name = key if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key) else name_of(key)
    return Argument(name=name, key="" if name == key else key, place=place, **more)


def _add(found: dict[str, Any], part: Schema) -> None:
    """What a part of a whole says besides; what the whole says itself comes first."""
    for name in (*_KEPT, "description"):
        if name in part:
            found.setdefault(name, part[name])
    found["properties"] = {**found["properties"], **{**part["properties"], **found["properties"]}}
    found["required"] = [*found["required"], *part["required"]]


def _either(ways: Sequence[Schema]) -> dict[str, Any]:
    """All that one of several schemas allows, and nothing that only one of them wants."""
    kinds = {type_of_schema(way) for way in ways}
    found: dict[str, Any] = {"properties": {}, "required": []}
    if kinds == {ArgumentType.INT, ArgumentType.FLOAT}:
        found["type"] = "number"
    elif len(kinds) == 1 and kinds != {ArgumentType.ANY}:
        found["type"] = next(name for name, kind in _TYPES.items() if kind in kinds)
    else:
        return found
    for way in reversed(ways):
        found["properties"] |= way["properties"]
    found["required"] = [name for name in ways[0]["required"] if all(name in way["required"] for way in ways)]
    if all("enum" in way for way in ways):
        found["enum"] = [value for way in ways for value in _listed(way["enum"])]
    if len({str(way.get("items")) for way in ways}) == 1 and "items" in ways[0]:
        found["items"] = ways[0]["items"]
    # An object that names nothing takes anything.
    anything = any(not way["properties"] or is_open(way) for way in ways)
    if found["type"] == "object" and anything:
        found["additionalProperties"] = True
    for name in ("default", "description", "minimum"):
        if name in ways[0]:
            found[name] = ways[0][name]
    return found


def _type_of_choices(flat: Schema) -> ArgumentType:
    """Where only an enumeration says what an input is."""
    kinds = {type(value) for value in _listed(flat.get("enum")) if value is not None}
    return {str: ArgumentType.STR, int: ArgumentType.INT, bool: ArgumentType.BOOL}.get(
        kinds.pop() if len(kinds) == 1 else object, ArgumentType.ANY
    )


def _as_text(flat: Schema, kind: ArgumentType) -> dict[str, Any]:
    """The schema with its values as they go over the line."""
    found = dict(flat)
    if kind is ArgumentType.BOOL and "enum" not in flat:
        found["enum"] = [True, False]
    if "enum" in found:
        found["enum"] = [_on_the_wire(value) for value in _listed(found["enum"]) if value is not None]
    if "default" in found:
        found["default"] = _on_the_wire(found["default"])
    return found


def _on_the_wire(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _choices(flat: Schema, kind: ArgumentType) -> tuple[str, ...]:
    """Source texts of an enumeration, none where it is too long or holds what no literal can be."""
    if "enum" not in flat:
        return ()
    values = [value for value in _listed(flat["enum"]) if value is not None]
    sources = [_source(value) for value in values if _fits(value, kind)]
    if not sources or None in sources or len(sources) > MAX_CHOICES or len(sources) < len(values):
        return ()
    return tuple(dict.fromkeys(source for source in sources if source is not None))


def _fits(value: object, kind: ArgumentType) -> bool:
    if kind is ArgumentType.ANY:
        return isinstance(value, str | bool | int | float)
    if isinstance(value, bool):
        return kind is ArgumentType.BOOL
    if isinstance(value, int):
        return kind in (ArgumentType.INT, ArgumentType.FLOAT)
    if isinstance(value, float):
        return kind is ArgumentType.FLOAT
    return kind is ArgumentType.STR and isinstance(value, str)


def _source(value: object) -> str | None:
    """Source text of plain data, as a parsed call has it; None of what is too long, or is no data."""
    if not isinstance(value, str | bool | int | float):
        return None
    if not isinstance(value, str) and not -_MOST < value < _MOST:  # a float may be no number, an int endless
        return None
    if isinstance(value, str) and not _PLAIN.fullmatch(value):
        return None
    source = repr(value)
    return source if len(source) <= _MAX_SOURCE else None


def _sample(key: str, flat: Schema, argument: Argument) -> str:
    """A value that holds an input's place: one that is known to be right, else one that plainly is none."""
    if argument.choices:
        return (
            argument.default
            if argument.default in argument.choices and argument.default
            else argument.choices[0]
        )
    if argument.default is not None and _fits(flat.get("default"), argument.type):
        return argument.default
    least = flat.get("minimum")
    first = math.ceil(least) if isinstance(least, int | float) and 1 < least < _MOST else 1
    match argument.type:
        case ArgumentType.INT:
            return repr(first)
        case ArgumentType.FLOAT:
            return repr(float(first))
        case ArgumentType.BOOL:
            return "True"
        case _:
            return repr(f"{{{key}}}")


def _is_null(schema: object) -> bool:
    return isinstance(schema, Mapping) and (schema.get("type") == "null" or schema.get("enum") == [None])


def _mapped(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: object) -> Iterable[Any]:
    return value if isinstance(value, list) else ()
