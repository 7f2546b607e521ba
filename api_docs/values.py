"""Whether a literal is a value that an argument takes: its type, its choices, what a dict or a list holds.

Works on syntax trees of plain data. Which argument of which API it is, others know.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from api_docs.call import is_device, is_number_type, normalise
from api_docs.models import Argument, ArgumentType
from api_docs.verdicts import Problem, Reason, problem, short

_TAKES: Final[Mapping[ArgumentType, frozenset[str]]] = {
    ArgumentType.BOOL: frozenset({"bool"}),
    ArgumentType.INT: frozenset({"int"}),
    ArgumentType.FLOAT: frozenset({"float", "int"}),
    ArgumentType.STR: frozenset({"str"}),
    ArgumentType.LIST: frozenset({"list"}),
    ArgumentType.DICT: frozenset({"dict"}),
    ArgumentType.DTYPE: frozenset({"number type", "str"}),
    ArgumentType.DEVICE: frozenset({"device", "str", "int"}),
}
_SHOWN: Final = 8
"""Choices that a message lists at most."""


def has_type(node: ast.expr, expected: ArgumentType) -> bool:
    """Whether a plain-data expression has the documented type; None is taken for every type."""
    if expected is ArgumentType.ANY or is_none(node):
        return True
    return _kind(node) in _TAKES[expected]


def is_none(node: ast.expr) -> bool:
    """Whether the expression is None."""
    return isinstance(node, ast.Constant) and node.value is None


def is_data(node: ast.expr) -> bool:
    """Whether the expression is data that a request can carry: no set, no type, no `torch.device(…)`."""
    match node:
        case ast.Constant(value=value):
            return value is None or isinstance(value, str | bytes | bool | int | float)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=value)):
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return all(map(is_data, items))
        case ast.Dict(keys=keys, values=values):
            named = all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in keys)
            return named and all(map(is_data, values))
        case _:
            return False


def entries_of(node: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    """The entries of a dict that is data."""
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, value


def problem_of_value(node: ast.expr, argument: Argument, name: str) -> Problem | None:
    """What is wrong with data that an argument is given, or None; `name` is what messages call it."""
    if not has_type(node, argument.type):
        said = f"the value {_source(node)} of {name!r} is no {argument.type.value}; expected one"
        return problem(Reason.WRONG_TYPE, name, said)
    if isinstance(node, ast.List | ast.Tuple):
        item = argument.model_copy(update={"type": argument.items, "items": ArgumentType.ANY})
        found = (problem_of_value(one, item, f"{name}[]") for one in node.elts)
        return next(filter(None, found), None)
    if argument.choices and not is_none(node) and normalise(node) not in argument.choices:
        return problem(
            Reason.WRONG_VALUE, name, f"the value {_source(node)} of {name!r} {_expected(node, argument)}"
        )
    if isinstance(node, ast.Dict) and argument.fields:
        return problem_of_entries(list(entries_of(node)), argument.fields, name)
    return None


def problem_of_entries(
    entries: Sequence[tuple[str, ast.expr]], fields: Sequence[Argument], name: str
) -> Problem | None:
    """What is wrong with the entries of a dict that holds these fields."""
    known = {field.wire: field for field in fields if not field.name.startswith("*")}
    is_open = len(known) < len(fields)
    given: set[str] = set()
    for key, value in entries:
        if key in given:
            return problem(
                Reason.REPEATED_ARGUMENT, f"{name}.{key}", f"{key!r} stands twice in {name!r}; once is enough"
            )
        given.add(key)
        field = known.get(key)
        if field is None and not is_open:
            return problem(
                Reason.UNKNOWN_ARGUMENT,
                f"{name}.{key}",
                f"{name!r} takes no {short(key)!r}{_hint(key, known)}",
            )
        if field is not None and (wrong := problem_of_value(value, field, f"{name}.{key}")) is not None:
            return wrong
    missing = next((key for key, field in known.items() if field.required and key not in given), None)
    if missing is None:
        return None
    return problem(
        Reason.MISSING_ARGUMENT, f"{name}.{missing}", f"{missing!r} is required in {name!r}, and missing"
    )


def closest(word: str, known: Sequence[str]) -> str | None:
    """The known word that one may have meant."""
    if word in known:
        return word
    folded = {one.lower().replace("-", "_"): one for one in reversed(known)}
    found = difflib.get_close_matches(word.lower().replace("-", "_"), folded, n=1, cutoff=0.7)
    return folded[found[0]] if found else None


def _hint(key: str, known: Mapping[str, Argument]) -> str:
    found = closest(key, list(known))
    if found is not None:
        return f"; did you mean {found!r}?"
    return f"; it takes {', '.join(map(repr, list(known)[:_SHOWN]))}{'…' if len(known) > _SHOWN else ''}"


def _expected(node: ast.expr, argument: Argument) -> str:
    shown = ", ".join(argument.choices[:_SHOWN]) + ("…" if len(argument.choices) > _SHOWN else "")
    found = closest(normalise(node), argument.choices)
    return f"is none of {shown}" + (f"; did you mean {found}?" if found is not None else "; choose one")


def _source(node: ast.expr) -> str:
    return short(normalise(node))


def _kind(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=value) | ast.UnaryOp(operand=ast.Constant(value=value)):
            return type(value).__name__
        case ast.List() | ast.Tuple() | ast.Set():
            return "list"
        case ast.Dict():
            return "dict"
        case _ if is_number_type(node):
            return "number type"
        case _:
            return "device" if is_device(node) else ""
