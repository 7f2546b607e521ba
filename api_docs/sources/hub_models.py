"""Names that a repository offers to `torch.hub` only when it runs: the keys of its classes' `hub_models()`.

Its hubconf walks the classes that its library registers and exports every name that they know; fairseq does.
Read by `ast`: such a method returns a dictionary literal. Nothing is imported or executed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final

from api_docs.sources.base import Quarantined
from api_docs.sources.hubconf import parse_quietly

METHOD: Final = "hub_models"
_WALKS: Final = re.compile(rf"\.{METHOD}\(\)")


def walks_classes(hubconf: str) -> bool:
    """Whether a hubconf makes its names of what the library's classes say."""
    return _WALKS.search(hubconf) is not None


def read_hub_models(files: Mapping[str, str]) -> tuple[list[str], list[Quarantined]]:
    """The names that all classes of a repository know, sorted, and the files that can't be read.

    `files` are texts of Python modules by path.
    """
    names: set[str] = set()
    broken: list[Quarantined] = []
    for file, text in files.items():
        if f"def {METHOD}" not in text:
            continue
        try:
            tree = parse_quietly(text)
        except (SyntaxError, ValueError, RecursionError) as exc:
            broken.append(Quarantined(file, f"no Python: {exc}"))
            continue
        names |= {name for method in _methods(tree) for name in _returned(method)}
    return sorted(names), broken


def _methods(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for definition in ast.walk(tree):
        if isinstance(definition, ast.ClassDef):
            for statement in definition.body:
                if isinstance(statement, ast.FunctionDef) and statement.name == METHOD:
                    yield statement


def _returned(method: ast.FunctionDef) -> Iterator[str]:
    """The keys of the dictionary that the method itself returns; helpers inside it return other things."""
    for statement in method.body:
        match statement:
            case ast.Return(value=ast.Dict(keys=keys)):
                for key in keys:
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value
