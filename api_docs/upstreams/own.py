"""People's own hubs: the file that lists them, and the upstreams that it means.

The file is TOML, a table a hub, written by hand or by `callsmith hubs`:

    [hubs.shop]
    kind = "openapi"            # or "mcp", "jsonl"
    url = "https://api.example.com/openapi.json"    # or path = "docs/openapi.yaml"
    server = "https://api.example.com/v2"           # where the document's own servers are not meant
    token_env = "SHOP_TOKEN"    # the NAME of an environment variable, never a token

A command changes the table of its hub and leaves every other line, comments included, as it is.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from api_docs.errors import ConfigurationError
from api_docs.files import write_file
from api_docs.models import HUB_NAME, Hub
from api_docs.upstreams.addresses import host_of
from api_docs.upstreams.base import Upstream
from api_docs.upstreams.jsonl import JsonlFolder
from api_docs.upstreams.mcp import McpServer
from api_docs.upstreams.openapi import OpenApiDocument

_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)
_COMMENTS = re.compile(r"^(?:[ \t]*#[^\n]*\n)+\Z", re.MULTILINE)


class HubKind(StrEnum):
    """What a hub's docs are made of."""

    OPENAPI = "openapi"
    MCP = "mcp"
    JSONL = "jsonl"


class OwnHub(BaseModel):
    """One hub as the file has it: its kind and where it is, an address or a path."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: HubKind
    url: Annotated[str | None, Field(max_length=2_000)] = None
    path: Annotated[str | None, Field(min_length=1, max_length=4_000)] = None
    server: Annotated[str | None, Field(max_length=2_000)] = None
    token_env: Annotated[str | None, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = None

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if (self.url is None) == (self.path is None):
            raise ValueError("expected either 'url' or 'path'")
        if self.kind is HubKind.MCP and self.url is None:
            raise ValueError("an MCP server has a 'url', no 'path'")
        if self.kind is HubKind.JSONL and self.path is None:
            raise ValueError("a folder of JSONL has a 'path', no 'url'")
        if self.server is not None and self.kind is not HubKind.OPENAPI:
            raise ValueError("'server' belongs to an OpenAPI document")
        for address in filter(None, (self.url, self.server)):
            _check_address(address)
        return self

    @property
    def where(self) -> str:
        """Its address or path."""
        return self.url or self.path or ""


def read_hubs(file: Path) -> dict[str, OwnHub]:
    """The hubs of a file by name, none where there is no such file.

    Raises:
        ConfigurationError: naming the file, the hub, what is wrong and the fix.
    """
    return _hubs_in(_text_of(file), file)


def add_hub(file: Path, name: str, hub: OwnHub) -> None:
    """Add a hub to a file, which is made where there is none.

    Raises:
        ConfigurationError: when the name is taken or can't be a hub's, or the file is broken.
        StorageError: when the file can't be written.
    """
    text = _text_of(file)
    hubs = _hubs_in(text, file)
    if name in hubs:
        raise ConfigurationError(
            f"there is a hub {name!r} already, at {hubs[name].where!r}; `callsmith hubs remove {name}` "
            "removes it"
        )
    _check_name(name)
    given = hub.model_dump(mode="json", exclude_none=True)
    lines = [
        f"[hubs.{name}]",
        *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in given.items()),
    ]
    before = f"{text.rstrip()}\n\n" if text.strip() else ""
    _write(file, before + "\n".join(lines) + "\n", {**hubs, name: hub})


def remove_hub(file: Path, name: str) -> OwnHub:
    """Remove a hub from a file, and say what it was.

    Raises:
        ConfigurationError: when there is no such hub, or its table is not one that a command could take out.
        StorageError: when the file can't be written.
    """
    text = _text_of(file)
    hubs = _hubs_in(text, file)
    if name not in hubs:
        known = ", ".join(map(repr, sorted(hubs))) or "none"
        raise ConfigurationError(f"there is no hub {name!r} of your own; {str(file)!r} has {known}")
    found = re.search(
        rf"^[ \t]*\[[ \t]*hubs[ \t]*\.[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*\]", text, re.MULTILINE
    )
    if found is not None:
        following = _HEADER.search(text, found.end())
        end = following.start() if following else len(text)
        # Comments right above the next table are about that one.
        above = _COMMENTS.search(text, found.end(), end) if following else None
        text = text[: found.start()] + text[above.start() if above else end :]
    _write(
        file,
        text.strip() + "\n" if text.strip() else "",
        {key: one for key, one in hubs.items() if key != name},
    )
    return hubs[name]


def own_upstreams(file: Path, environment: Mapping[str, str] | None = None) -> list[Upstream]:
    """The upstreams of the hubs of a file, in its order. Relative paths are those of the file's folder.

    Raises:
        ConfigurationError: when the file is broken.
    """
    given = os.environ if environment is None else environment
    return [_upstream(name, hub, file.parent, given) for name, hub in read_hubs(file).items()]


def _upstream(name: str, hub: OwnHub, folder: Path, environment: Mapping[str, str]) -> Upstream:
    variables = {host_of(hub.url): hub.token_env} if hub.url is not None and hub.token_env is not None else {}
    values = {host: environment.get(variable, "").strip() for host, variable in variables.items()}
    tokens = {host: SecretStr(value) for host, value in values.items() if value}
    path = folder / Path(hub.path or "").expanduser()
    match hub.kind:
        case HubKind.JSONL:
            return JsonlFolder(name, path)
        case HubKind.MCP:
            return McpServer(name, hub.url or "", tokens, variables)
        case HubKind.OPENAPI:
            return OpenApiDocument(name, hub.url or path, hub.server, tokens, variables)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no text"
        raise ConfigurationError(
            f"can't read {str(file)!r}, the file with your own hubs: {reason}; mend it, or name another with "
            "CALLSMITH_HUBS"
        ) from exc


def _hubs_in(text: str, file: Path) -> dict[str, OwnHub]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigurationError(f"{str(file)!r} is no TOML: {exc}; mend that line") from exc
    if unknown := sorted(tables.keys() - {"hubs"}):
        raise ConfigurationError(
            f"{str(file)!r} has {unknown[0]!r}; expected tables [hubs.NAME] and nothing else"
        )
    hubs = tables.get("hubs", {})
    if not isinstance(hubs, dict):
        raise ConfigurationError(f"'hubs' of {str(file)!r} is no table; expected tables [hubs.NAME]")
    found = {}
    for name, table in hubs.items():
        try:
            _check_name(name)
            found[name] = OwnHub.model_validate(table)
        except ValidationError as exc:
            error = exc.errors(include_url=False)[0]
            part = ".".join(str(piece) for piece in error["loc"])
            said = error["msg"].removeprefix("Value error, ")
            raise ConfigurationError(
                f"hub {name!r} of {str(file)!r}: {f'{part}: ' if part else ''}{said}; mend its table "
                f"[hubs.{name}]"
            ) from exc
        except ConfigurationError as exc:
            raise ConfigurationError(f"{str(file)!r}: {exc}") from exc
    return found


def _write(file: Path, text: str, expected: Mapping[str, OwnHub]) -> None:
    """Write the file if it then says what it should; a file that people wrote may be laid out in any way."""
    if _hubs_in(text, file) != expected:
        raise ConfigurationError(
            f"{str(file)!r} is laid out in a way that no command can change; edit its tables by hand"
        )
    write_file(file, text.encode())


def _check_name(name: str) -> None:
    if not HUB_NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} can't be the name of a hub; expected at most 40 lower-case letters, digits, - and _, "
            "a letter first"
        )
    if name in set(Hub):
        raise ConfigurationError(f"{name!r} is a hub of Callsmith's own; choose another name")


def _check_address(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{address!r} is no address; expected http://… or https://…")
    if parts.username or parts.password:
        raise ValueError(
            "an address must not carry a password; name the variable of a token with 'token_env'"
        )
    _ = parts.port  # its ValueError says what is wrong
