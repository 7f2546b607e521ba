"""The signatures in `signatures.txt`, and the keywords that functions read from their `**kwargs`."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("signatures.txt")


@cache
def _table() -> tuple[dict[str, inspect.Signature], dict[str, frozenset[str]]]:
    signatures, keywords = {}, {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if " += " in line:
            name, _, words = line.partition(" += ")
            keywords[name] = frozenset(words.split())
        elif line and not line.startswith("#"):
            name, _, parameters = line.partition("(")
            signatures[name] = _signature(parameters.removesuffix(")"))
    return signatures, keywords


def _signature(parameters: str) -> inspect.Signature:
    arguments = ast.parse(f"lambda {parameters}: 0", mode="eval").body.args  # type: ignore[attr-defined]
    kind = inspect.Parameter
    optional = len(arguments.args) - len(arguments.defaults)
    found = [
        kind(each.arg, kind.POSITIONAL_OR_KEYWORD, default=... if place >= optional else kind.empty)
        for place, each in enumerate(arguments.args)
    ]
    if arguments.vararg:
        found.append(kind(arguments.vararg.arg, kind.VAR_POSITIONAL))
    found += [
        kind(each.arg, kind.KEYWORD_ONLY, default=kind.empty if default is None else ...)
        for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg:
        found.append(kind(arguments.kwarg.arg, kind.VAR_KEYWORD))
    return inspect.Signature(found)


def names() -> tuple[str, ...]:
    """Every name that has a signature."""
    return tuple(_table()[0])


def signature(name: str) -> inspect.Signature:
    """The signature of a name."""
    return _table()[0][name]


def keywords(name: str) -> frozenset[str]:
    """What a function reads from its `**kwargs`."""
    return _table()[1].get(name, frozenset())


def bound(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments by parameter name; raises TypeError as the real function would."""
    found = signature(name).bind(*args, **kwargs).arguments
    surplus: dict[str, Any] = {}
    for parameter in signature(name).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            surplus = found.pop(parameter.name, {})
    if unread := surplus.keys() - keywords(name):
        raise TypeError(f"{name}() got unexpected keyword arguments {sorted(unread)}")
    return {**found, **surplus}
