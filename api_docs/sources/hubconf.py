"""What a repository offers to `torch.hub`: its `hubconf.py` read by `ast`, never imported or executed.

Also reads an export of the same facts as JSON. Which of the names load no model is judged here by
rules; what a model is for is `torchhub_facts`' knowledge.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api_docs.errors import InvalidDoc, SourceError
from api_docs.sources.base import Quarantined


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an entrypoint; `default` is source text, None where there is none."""

    name: str
    default: str | None = None
    kind: str = ""  # the type word of the docstring, where it gives one


@dataclass(frozen=True, slots=True)
class Entrypoint:
    """A name that `torch.hub.load` accepts.

    `parameters` is None where the file only imports the name: its signature is then unknown. `bound` are
    the keyword values that a `partial` fixes, as source text.
    """

    name: str
    parameters: tuple[Parameter, ...] | None = None
    bound: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hubconf:
    """One repository's entrypoints and dependencies; `left_out` are its names that load no model."""

    repository: str
    entrypoints: tuple[Entrypoint, ...]
    dependencies: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


# Names that load no model, by what their form says.
_HELPERS = re.compile(
    r"""
    .*_utils | .*_get | (get|list|read|save|init|select)_.* | version.*  # tools
    | transforms? | tokenizer | bpe | config | processor                 # what a model needs beside it
    | load_state_dict_from_url                                           # weights without a model
    | custom                                                             # loads a file of the user's own
    """,
    re.VERBOSE,
)
_FOREIGN_MODULES = frozenset({"torch", "functools", "pathlib", "typing", "os", "sys", "math", "collections"})
_DOCUMENTED = re.compile(r"^\s*\*{0,2}(\w+)\s*\((\w+)[^)]*\)\s*:", re.MULTILINE)


def is_helper(name: str) -> bool:
    """Whether a name of a hubconf is private or a tool, and loads no model by itself."""
    return name.startswith("_") or _HELPERS.fullmatch(name) is not None


def parse_hubconf(repository: str, source: str) -> Hubconf:
    """Read the text of a `hubconf.py`.

    Public functions and `partial`s are entrypoints; imported names only where the file defines none of
    either, because a file that defines its own imports classes and tools for them.

    Raises:
        InvalidDoc: when the text is no Python.
    """
    try:
        body = parse_quietly(source).body
    except (SyntaxError, ValueError, RecursionError) as exc:
        line = f" at line {exc.lineno}" if isinstance(exc, SyntaxError) else ""
        raise InvalidDoc(f"hubconf.py of {repository!r} is no Python{line}: {exc}") from exc
    defined = [found for statement in body if (found := _definition(statement)) is not None]
    if not any(not entrypoint.name.startswith("_") for entrypoint in defined):
        defined = [Entrypoint(name) for name in _imported(body)]
    return _hubconf(repository, defined, _dependencies(body))


def parse_quietly(source: str) -> ast.Module:
    """`ast.parse` without warnings: odd escapes in foreign text are no concern of our log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(source)


def read_export(text: str) -> tuple[list[Hubconf], list[Quarantined]]:
    """Read the JSON export: repository → functions, partials, imported names, dependencies, hub models.

    Raises:
        SourceError: when the text is no such JSON object.
    """
    try:
        records = json.loads(text)
    except ValueError as exc:
        raise SourceError(
            f"the export of hubconf entrypoints is no JSON: {exc}; export or fetch it again"
        ) from exc
    if not isinstance(records, dict):
        raise SourceError(
            f"the export of hubconf entrypoints is a {type(records).__name__}; "
            "expected an object by repository"
        )
    read, broken = [], []
    for repository, record in records.items():
        try:
            read.append(_exported(repository, record))
        except (KeyError, TypeError, AttributeError) as exc:
            broken.append(Quarantined(repository, f"not the export's shape: {type(exc).__name__}: {exc}"))
    return read, broken


def merged(first: Hubconf, second: Hubconf) -> Hubconf:
    """Both readings of one repository: the first one's entrypoints, and what only the second has."""
    known = {entrypoint.name for entrypoint in first.entrypoints}
    more = tuple(entrypoint for entrypoint in second.entrypoints if entrypoint.name not in known)
    return Hubconf(
        first.repository,
        first.entrypoints + more,
        first.dependencies or second.dependencies,
        tuple(dict.fromkeys(first.left_out + second.left_out)),
    )


def _hubconf(repository: str, found: Sequence[Entrypoint], dependencies: Sequence[str]) -> Hubconf:
    models = tuple(entrypoint for entrypoint in found if not is_helper(entrypoint.name))
    left_out = tuple(entrypoint.name for entrypoint in found if is_helper(entrypoint.name))
    return Hubconf(repository, models, tuple(dependencies), left_out)


def _exported(repository: str, record: Mapping[str, object]) -> Hubconf:
    functions = [_exported_function(item) for item in _listed(record, "functions")]
    found = functions + [Entrypoint(str(name)) for name in _listed(record, "partials")]
    if hub_models := _listed(record, "hub_models"):
        # These names are made at run time from the library's registry: `*args, **kwargs` only.
        found = [Entrypoint(str(name), ()) for name in hub_models]
    elif not found:
        names = [str(name) for name in _listed(record, "imported_names")]
        found = [Entrypoint(name) for name in names if not _is_class_or_constant(name)]
    return _hubconf(repository, found, [str(name) for name in _listed(record, "dependencies")])


def _exported_function(item: Any) -> Entrypoint:
    arguments = item["arguments"]
    if not isinstance(arguments, list):
        raise TypeError(f"arguments of {item['name']!r} are no list")
    return Entrypoint(
        str(item["name"]), tuple(Parameter(str(one["name"]), one.get("default")) for one in arguments)
    )


def _listed(record: Mapping[str, object], name: str) -> list[object]:  # lists or null
    value = record.get(name)
    if value is not None and not isinstance(value, list):
        raise TypeError(f"{name} is no list")
    return value or []


def _definition(statement: ast.stmt) -> Entrypoint | None:
    match statement:
        case ast.FunctionDef(name=name):
            return Entrypoint(name, tuple(_parameters(statement)))
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func, keywords=keywords)):
            if ast.unparse(func) in ("partial", "functools.partial"):
                bound = {word.arg: ast.unparse(word.value) for word in keywords if word.arg}
                return Entrypoint(name, None, bound)
    return None


def _parameters(function: ast.FunctionDef) -> Iterator[Parameter]:
    """The function's own parameters, then what its docstring documents of `**kwargs`."""
    kinds = dict(_DOCUMENTED.findall(ast.get_docstring(function) or ""))
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    defaults: list[ast.expr | None] = [None] * (len(names) - len(arguments.defaults))
    pairs = list(zip(names, [*defaults, *arguments.defaults], strict=True))
    pairs += zip((one.arg for one in arguments.kwonlyargs), arguments.kw_defaults, strict=True)
    for name, default in pairs:
        yield Parameter(name, ast.unparse(default) if default is not None else None, kinds.get(name, ""))
    if arguments.kwarg is not None:
        for name, kind in kinds.items():
            if name not in dict(pairs):
                # Behind **kwargs: known to be accepted, its default is inside the function.
                yield Parameter(name, "...", kind)


def _imported(body: Sequence[ast.stmt]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.ImportFrom):
            if (statement.module or "").split(".")[0] in _FOREIGN_MODULES:
                continue
            names = (alias.asname or alias.name for alias in statement.names)
            yield from (name for name in names if not _is_class_or_constant(name))


def _dependencies(body: Sequence[ast.stmt]) -> list[str]:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="dependencies")], value=ast.List() | ast.Tuple() as names):
                return [
                    one.value
                    for one in names.elts
                    if isinstance(one, ast.Constant) and type(one.value) is str
                ]
    return []


def _is_class_or_constant(name: str) -> bool:
    """Whether an imported name is no function, by Python's naming. A defined one may be named anyhow."""
    return name[:1].isupper()
