"""The data model of what can be called: hubs, arguments and API docs.

Knows nothing about where docs come from, how they are ranked, or how a call is written.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api_docs.domains import Domain

SCHEMA_VERSION = 2
"""Version of `ApiDoc` on disk. Raise it with every change that an older reader can't take."""

HUB_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")

HubName = Annotated[str, StringConstraints(pattern=rf"^{HUB_NAME.pattern}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
Fact = str | int | float | tuple[str, ...]
"""A structured fact: `language`, `parameters` (count), `architecture`, `datasets`, `input_size`, …"""


class Hub(StrEnum):
    """The hubs of the shipped snapshot. People's own hubs are plain names beside these."""

    TORCHHUB = "torchhub"
    TFHUB = "tfhub"
    HUGGINGFACE = "huggingface"


class ArgumentType(StrEnum):
    """What a literal argument value may be; `any` where upstream doesn't say."""

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    STR = "str"
    LIST = "list"
    DICT = "dict"
    DTYPE = "dtype"
    DEVICE = "device"
    ANY = "any"


class Place(StrEnum):
    """Where in a call an argument stands, and so whether its value chooses the API.

    What a loader is given does (`API`). Everything else is an input: what the API is asked, by name in the
    call itself (`INPUT`: a tool's arguments, a body that is no object), or in a part of a request, under the
    name that `requests.request` has for that part.
    """

    API = "api"
    INPUT = "input"
    URL = "url"
    PARAMS = "params"
    HEADERS = "headers"
    COOKIES = "cookies"
    JSON = "json"
    DATA = "data"
    FILES = "files"


class Argument(BaseModel):
    """One argument of an API beyond those of its hub's loader.

    `default` is the source text of the default (`"'en'"`, `"True"`), or None where there is none.
    A `required` argument that the call template sets selects the model: it identifies the call, unless it is
    an input, whose value in the template only holds its place.

    `key` is what an input is called where it stands, if that is no name of Python. `choices` are the source
    texts of all values that it takes, empty where it takes any of its type. `items` is the type of a list's
    items; of a list, `choices` and `fields` speak of its items. `fields` are what a dict holds, empty where
    nobody says; a last one named `**more` lets it hold others too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^\*{0,2}[A-Za-z_][A-Za-z0-9_]*$")]
    type: ArgumentType = ArgumentType.ANY
    default: Label | None = None
    required: bool = False
    description: Text = ""
    place: Place = Place.API
    key: Annotated[str, StringConstraints(pattern=r"^[^\s'\"\\<>{}`]{0,100}$")] = ""
    choices: tuple[Label, ...] = ()
    items: ArgumentType = ArgumentType.ANY
    fields: tuple[Argument, ...] = ()

    @property
    def wire(self) -> str:
        """What it is called where it stands."""
        return self.key or self.name

    @property
    def is_input(self) -> bool:
        """Whether its value is what the API is asked, and chooses none."""
        return self.place is not Place.API


_OF_INPUTS: Final[Mapping[str, object]] = {
    "place": Place.API.value,
    "key": "",
    "choices": [],
    "items": ArgumentType.ANY.value,
    "fields": [],
}
"""What schema 2 added to arguments. Unset it is no part of a hash: what a doc says didn't change by it."""


def _as_before_inputs(argument: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value for name, value in argument.items() if name not in _OF_INPUTS or value != _OF_INPUTS[name]
    }


class ApiDoc(BaseModel):
    """One callable API.

    `call` is the call template: a complete, valid call expression. `performance` maps
    dataset → metric → value, values as upstream states them (mostly percent). `environment` lists pip
    requirements. `source_domain` is upstream's own label, `domain` ours.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*:\S+$", max_length=300)]
    hub: HubName
    domain: Domain
    source_domain: Label = ""
    functionality: Label = ""
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    call: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
    arguments: tuple[Argument, ...] = ()
    environment: tuple[Label, ...] = ()
    example: Text = ""
    performance: dict[str, dict[str, float | str]] = Field(default_factory=dict)
    description: Text = ""
    license: Label | None = None
    source_url: Label | None = None
    source_revision: Label | None = None
    last_checked: date | None = None
    alive: bool = True
    facts: dict[str, Fact] = Field(default_factory=dict)
    content_hash: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{16})?$")] = ""

    @model_validator(mode="after")
    def _id_belongs_to_hub(self) -> Self:
        if not self.id.startswith(f"{self.hub}:"):
            raise ValueError(f"id {self.id!r} must start with its hub, {self.hub + ':'!r}")
        return self

    @model_validator(mode="after")
    def _content_hash_is_true(self) -> Self:
        """SHA-256 (16 hex digits) over what the doc says; not over when it was last looked at."""
        said = self.model_dump(mode="json", exclude={"last_checked", "alive", "content_hash"})
        said["arguments"] = [_as_before_inputs(argument) for argument in said["arguments"]]
        text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        expected = hashlib.sha256(text.encode()).hexdigest()[:16]
        if self.content_hash not in ("", expected):
            raise ValueError(
                f"content hash {self.content_hash!r} does not fit the record (expected {expected!r}): "
                "it was altered; remove the field `content_hash` if that was on purpose"
            )
        object.__setattr__(self, "content_hash", expected)
        return self

    def record(self) -> dict[str, Any]:
        """The doc as a JSON-ready dict without fields that hold their default; keeps the content hash."""
        return self.model_dump(mode="json", exclude_defaults=True)
