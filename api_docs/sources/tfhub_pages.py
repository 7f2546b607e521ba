"""The pages of tfhub.dev: kind and handle in the first line, fields in comments, prose, code, tables.

Reads what a page says; which pages become API docs, and under which call, is `tfhub`'s work.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import yaml

from api_docs.errors import InvalidDoc
from api_docs.sources.markdown import Table, code_blocks, paper_year, prose, tables

_HEADING = re.compile(r"#[ \t]*(\w+)[ \t]+\S")
_HANDLE = re.compile(r"([\w.-]+(?:/[\w.+-]+)+)/(\d+)")
_FIELD = re.compile(r"<!--\s*([\w-]+)\s*:\s*(.*?)\s*-->", re.DOTALL)
# A zero-width character that some titles carry so that they may break across lines.
_ZERO_WIDTH = re.compile("&zwnj;|\u200c")
_NEEDED = ("task", "format", "asset-path")


class Loader(StrEnum):
    """The functions of tensorflow-hub that load a model."""

    LOAD = "hub.load"
    KERAS_LAYER = "hub.KerasLayer"


@dataclass(frozen=True, slots=True)
class ModulePage:
    """One version of one model. `fields` are the comments' values by name, in order.

    `loader` is the one that the page's code uses first for this model; None where its code has none.
    `summary` is upstream's first paragraph, `text` its prose.
    """

    handle: str
    version: int
    fields: Mapping[str, tuple[str, ...]]
    summary: str
    text: str
    tables: tuple[Table, ...]
    example: str
    loader: Loader | None
    imports: tuple[str, ...]
    year: int | None

    def field(self, name: str) -> str:
        """The first value of a field, '' where the page has none."""
        return self.fields.get(name, ("",))[0]


def kind_of(text: str) -> str:
    """The kind that the first line names: Module, Tfjs, Lite, Coral, Collection, Publisher …; else ''."""
    heading = _HEADING.match(text.lstrip())
    return heading.group(1) if heading else ""


def parse_page(text: str) -> ModulePage | None:
    """Read one page; None where it is no model for TensorFlow (TF.js, TFLite, Coral, a collection …).

    Raises:
        InvalidDoc: when the handle is malformed or a field that every model has is missing.
    """
    first, _, rest = text.lstrip().partition("\n")
    if kind_of(first) != "Module":
        return None
    title = first.strip().removeprefix("#").strip().removeprefix("Module").strip()
    named = _HANDLE.fullmatch(_ZERO_WIDTH.sub("", title).strip())
    if named is None:
        raise InvalidDoc(f"{title!r} is no handle; expected publisher/name/version")
    fields = _fields(rest)
    if missing := [name for name in _NEEDED if name not in fields]:
        raise InvalidDoc(f"the page has no <!-- {missing[0]}: … --> comment; every model states one")
    code = [block.text for block in code_blocks(text)]
    return ModulePage(
        handle=named.group(1),
        version=int(named.group(2)),
        fields=fields,
        summary=re.sub(r"\s+", " ", rest.partition("<!--")[0]).strip(),
        text=re.sub(r"\s+", " ", prose(rest)).strip(),
        tables=tuple(tables(text)),
        example=next((block.strip() for block in code if "hub." in block), ""),
        loader=_loader(named.group(1), code),
        imports=tuple(sorted({name for block in code for name in _imported(block)})),
        year=paper_year(text),
    )


def read_tags(text: str) -> dict[str, str]:
    """A tag file: id → display name.

    Raises:
        InvalidDoc: when it is no such file.
    """
    try:
        values = yaml.load(text, Loader=yaml.BaseLoader)["values"]  # noqa: S506 - builds only text
        return {value["id"]: value["display_name"] for value in values}
    except (yaml.YAMLError, KeyError, TypeError) as exc:
        raise InvalidDoc(
            f"no tag file: {type(exc).__name__}: {exc}; expected values with id, display_name"
        ) from exc


def read_deleted(readme: str) -> set[str]:
    """Handles that the README lists as deleted from storage."""
    lines = re.findall(r"^\s*[-*]\s+\[([^\]]+)\]\(\S*/assets/docs/\S*\)", readme, re.MULTILINE)
    return {_ZERO_WIDTH.sub("", handle) for handle in lines}


def _fields(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, value in _FIELD.findall(text):
        if value and value not in found[name]:
            found[name].append(value)
    return {name: tuple(values) for name, values in found.items()}


def _loader(handle: str, code: list[str]) -> Loader | None:
    """The first loader that the code gives this model's address, else the first that it uses at all."""
    joined = "\n".join(code)
    uses = [(found.group(1), found.group(2)) for found in re.finditer(r"\b(hub\.\w+)\(([^)]*)", joined)]
    known = [(Loader(name), argument) for name, argument in uses if name in set(Loader)]
    own = (loader for loader, argument in known if f"tfhub.dev/{handle}" in _ZERO_WIDTH.sub("", argument))
    return next(own, known[0][0] if known else None)


def _imported(block: str) -> list[str]:
    return re.findall(r"^\s*(?:import|from) (tensorflow_text)\b", block, re.MULTILINE)
