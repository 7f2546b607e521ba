"""The model pages of pytorch/hub: front matter, the calls in their code, their tables.

Reads what a page says. Which of its calls load a model, under which repository's present name, and
which table row belongs to which model is judged by `torchhub`.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from api_docs.call import dotted_name
from api_docs.errors import InvalidDoc
from api_docs.sources.hubconf import parse_quietly
from api_docs.sources.markdown import Table, code_blocks, front_matter, paper_year, tables

_LOADER = "torch.hub.load"
_LOAD = re.compile(r"torch\.hub\.load\(")
_COMMENT_MARK = re.compile(r"^\s*#+ ?")
_STRING_ASSIGNMENT = re.compile(r"^\s*(?:#+\s*)?(\w+)\s*=\s*(['\"])([^'\"\n]*)\2", re.MULTILINE)
_PIP = re.compile(r"^\s*[!%]?pip3? install\s+(.+)$", re.MULTILINE)
_REQUIREMENT = re.compile(r"[A-Za-z][\w.-]*(?:\[[\w,-]+\])?(?:[=<>~!]=?[\w.*]+)?")
_LAYOUT = re.compile(r"^layout:\s*['\"]?hub_detail", re.MULTILINE)
MAX_CALL_LINES = 12
"""Lines that a call may span before it is given up as unreadable."""


@dataclass(frozen=True, slots=True)
class PageCall:
    """One `torch.hub.load` of a page, its variables resolved.

    `arguments` are the further literal arguments as source text, by name, or by position as `#0`, `#1` …;
    arguments whose value only exists when the code runs (a device, a flag) are not among them.
    """

    repository: str
    entrypoint: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """What one page says. `unreadable` are texts that begin like a call and are none."""

    path: str
    title: str
    summary: str
    author: str
    tags: tuple[str, ...]
    repository: str
    calls: tuple[PageCall, ...]
    tables: tuple[Table, ...]
    requirements: tuple[str, ...]
    example: str
    year: int | None
    unreadable: tuple[str, ...]


def parse_page(path: str, text: str) -> Page | None:
    """Read one file; None where it is no model page, which the layout line of its head says.

    Raises:
        InvalidDoc: when the front matter is broken or names no repository.
    """
    if not _LAYOUT.search(text[:2_000]):
        return None
    fields = front_matter(text)
    if fields is None:
        raise InvalidDoc("the page begins with no front matter; expected a '---' line first")
    repository = str(fields.get("github-id", "")).strip()
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository):
        raise InvalidDoc(f"the page's github-id is {repository!r}; expected owner/name")
    blocks = [block.text for block in code_blocks(text)]
    calls, unreadable = _calls(blocks)
    tags = fields.get("tags", [])
    return Page(
        path=path,
        title=str(fields.get("title", "")).strip(),
        summary=str(fields.get("summary", "")).strip(),
        author=str(fields.get("author", "")).strip(),
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (str(tags),),
        repository=repository,
        calls=tuple(calls),
        tables=tuple(tables(text)),
        requirements=tuple(dict.fromkeys(_requirements(blocks))),
        example=next((block.strip() for block in blocks if _LOAD.search(block)), ""),
        year=paper_year(text),
        unreadable=tuple(unreadable),
    )


def _calls(blocks: Sequence[str]) -> tuple[list[PageCall], list[str]]:
    """The calls of all blocks, commented-out variants among them, each once."""
    values = _string_values(blocks)
    found: dict[tuple[object, ...], PageCall] = {}
    unreadable = []
    for block in blocks:
        lines = block.splitlines()
        for index, line in enumerate(lines):
            for match in _LOAD.finditer(line):
                node = _expression(lines, index, match.start())
                if node is None:
                    unreadable.append(line.strip())
                    continue
                for call in _resolved(node, values):
                    key = (call.repository, call.entrypoint, *sorted(call.arguments.items()))
                    found.setdefault(key, call)
    return list(found.values()), unreadable


def _string_values(blocks: Sequence[str]) -> dict[str, list[str]]:
    """Variable → every string that the page assigns to it; commented-out assignments are variants."""
    values: dict[str, list[str]] = defaultdict(list)
    for block in blocks:
        for name, _, value in _STRING_ASSIGNMENT.findall(block):
            if value not in values[name]:
                values[name].append(value)
    return values


def _expression(lines: Sequence[str], index: int, start: int) -> ast.Call | None:
    """The call that begins at a column of a line, over as many lines as it needs."""
    commented = _COMMENT_MARK.match(lines[index]) is not None
    text = lines[index][start:]
    for following in range(index + 1, index + MAX_CALL_LINES + 1):
        try:
            tree = parse_quietly(text)
        except (SyntaxError, ValueError):
            if following >= len(lines):
                return None
            more = lines[following]
            text += "\n" + (_COMMENT_MARK.sub("", more) if commented else more)
        else:
            calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
            return next((node for node in calls if dotted_name(node.func) == _LOADER), None)
    return None


def _resolved(node: ast.Call, values: Mapping[str, Sequence[str]]) -> Iterator[PageCall]:
    """The call for every combination of its variables' values; none where the model stays unknown."""
    arguments: dict[str, list[str]] = {}
    for position, value in enumerate(node.args):
        name = ("repo_or_dir", "model")[position] if position < 2 else f"#{position - 2}"
        arguments[name] = _texts(value, values)
    for keyword in node.keywords:
        if keyword.arg is not None:
            arguments[keyword.arg] = _texts(keyword.value, values)
        elif isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    arguments[key.value] = _texts(value, values)
    known = {name: texts for name, texts in arguments.items() if texts}
    if "repo_or_dir" not in known or "model" not in known:
        return
    for chosen in itertools.product(*known.values()):
        call = dict(zip(known, chosen, strict=True))
        repository, entrypoint = (ast.literal_eval(call.pop(name)) for name in ("repo_or_dir", "model"))
        if isinstance(repository, str) and isinstance(entrypoint, str):
            yield PageCall(repository, entrypoint, call)


def _texts(node: ast.expr, values: Mapping[str, Sequence[str]]) -> list[str]:
    """Source texts that an argument may have: its own literal, or the strings of its variable."""
    if isinstance(node, ast.Name):
        return [repr(value) for value in values.get(node.id, ())]
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError):
        return []
    return [ast.unparse(node)]


def _requirements(blocks: Sequence[str]) -> Iterator[str]:
    """Pip requirements of `pip install` lines; options, links and files are none."""
    for block in blocks:
        for line in _PIP.findall(block):
            words = line.partition("#")[0].split()
            if any(word.startswith("-") and word.lstrip("-").endswith("r") for word in words):
                continue  # -r, -qr: names a file of requirements
            yield from (word for word in words if _REQUIREMENT.fullmatch(word))
