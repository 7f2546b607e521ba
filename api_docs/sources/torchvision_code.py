"""torchvision's own code as its model registry: builders and their weights, read by `ast`, never imported.

Gives the records that `torchvision` reads. A builder is a function under `@register_model`; its weights are
the members of the enumeration that its parameter `weights` names, whose figures stand in literals. What is no
literal (a transform, a NaN) is given as its source text after `EXPR:`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api_docs.errors import InvalidDoc
from api_docs.sources.base import Quarantined
from api_docs.sources.hubconf import parse_quietly

EXPRESSION: Final = "EXPR:"
_LEFT_OUT: Final = frozenset({"categories"})
"""Fields of weights that name a thousand classes and are no figures."""

_DEEPEST: Final = 20
"""Names that may stand for names; more is a circle."""


@dataclass(frozen=True, slots=True)
class _Module:
    """One file: its assignments by name, its enumerations of weights as their members by name."""

    constants: Mapping[str, ast.expr]
    weights: Mapping[str, Mapping[str, ast.expr]]


def read_code(files: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[Quarantined]]:
    """The records of all builders, in the order of files and lines, and the files that can't be read.

    `files` are texts by their path below `torchvision/models`.
    """
    trees: dict[str, ast.Module] = {}
    broken: list[Quarantined] = []
    for file, text in sorted(files.items()):
        try:
            trees[file] = parse_quietly(text)
        except (SyntaxError, ValueError, RecursionError) as exc:
            broken.append(Quarantined(file, f"no Python: {exc}"))
    modules = {file: _module(tree) for file, tree in trees.items()}
    # A builder may take weights that another file defines, as the quantized ones do.
    everywhere = {name: module for module in modules.values() for name in module.weights}
    records: list[dict[str, Any]] = []
    for file, tree in trees.items():
        for function in tree.body:
            if isinstance(function, ast.FunctionDef) and (name := _registered(function)) is not None:
                try:
                    records.append(_record(name, file, function, {**everywhere, **_own(modules[file])}))
                except (InvalidDoc, RecursionError) as exc:
                    broken.append(Quarantined(f"{file}:{name}", str(exc)))
    return records, broken


def _own(module: _Module) -> dict[str, _Module]:
    return dict.fromkeys(module.weights, module)


def _module(tree: ast.Module) -> _Module:
    constants: dict[str, ast.expr] = {}
    weights: dict[str, dict[str, ast.expr]] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                constants[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                constants[name] = value
            case ast.ClassDef(name=name, bases=bases) if any(_last(base) == "WeightsEnum" for base in bases):
                weights[name] = dict(_members(statement))
    return _Module(constants, weights)


def _members(definition: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for statement in definition.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value


def _registered(function: ast.FunctionDef) -> str | None:
    """The name under which a builder is registered; None where the function is none."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and _last(decorator.func) == "register_model":
            given = [word.value for word in decorator.keywords if word.arg == "name"] + decorator.args
            named = next((one.value for one in given if isinstance(one, ast.Constant)), None)
            return named if isinstance(named, str) else function.name
    return None


def _record(name: str, file: str, function: ast.FunctionDef, known: Mapping[str, _Module]) -> dict[str, Any]:
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    annotations = [one.annotation for one in arguments if one.arg == "weights" and one.annotation]
    named = {
        found
        for annotation in annotations
        for node in ast.walk(annotation)
        if (found := _last(node) if isinstance(node, ast.expr) else "") in known
    }
    # Several enumerations mean that the choice depends on an argument: which weights it are can't be said.
    enumeration = named.pop() if len(named) == 1 else None
    return {
        "name": name,
        "file": file,
        "weights_annotation": [ast.unparse(annotation) for annotation in annotations],
        "doc": ast.get_docstring(function) or "",
        "weights": None if enumeration is None else _weights(enumeration, known[enumeration]),
    }


def _weights(enumeration: str, module: _Module) -> dict[str, Any]:
    """Name → address, transforms and figures; a second name of a member is its `alias`."""
    members = module.weights[enumeration]
    found: dict[str, Any] = {}
    for name, value in members.items():
        match value:
            case ast.Name(id=other) if other in members:
                found[name] = {"alias": other}
            case ast.Call(keywords=keywords):
                given = {word.arg: _value(word.value, module.constants) for word in keywords if word.arg}
                meta = given.get("meta")
                if not isinstance(meta, dict):
                    raise InvalidDoc(
                        f"{enumeration}.{name} has no meta; expected Weights(url, transforms, meta)"
                    )
                figures = {key: figure for key, figure in meta.items() if key not in _LEFT_OUT}
                found[name] = {**given, "meta": figures}
            case _:
                raise InvalidDoc(f"{enumeration}.{name} is {ast.unparse(value)[:80]!r}; expected Weights(…)")
    return found


def _value(node: ast.expr, constants: Mapping[str, ast.expr], depth: int = 0) -> Any:
    """What an expression says where it is made of literals and names of such, else its source text."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None):
            return node.value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            return [_value(one, constants, depth) for one in elements]
        case ast.Dict():
            return _mapping(node, constants, depth)
        case ast.Name(id=name) if name in constants and depth < _DEEPEST:
            return _value(constants[name], constants, depth + 1)
    return EXPRESSION + ast.unparse(node)


def _mapping(node: ast.Dict, constants: Mapping[str, ast.expr], depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        said = _value(value, constants, depth)
        if key is None:  # `**others`; what can't be read of it is missed where it is needed
            found |= said if isinstance(said, dict) else {}
        elif isinstance(key, ast.Constant) and isinstance(key.value, str):
            found[key.value] = said
    return found


def _last(node: ast.expr) -> str:
    """The last word of a name, of a dotted one or of one in quotes; '' of anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=str() as text):
            return text.rpartition(".")[2]
    return ""
