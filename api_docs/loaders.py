"""Match a call to its loader, and give every argument the name of its parameter.

What the loaders are is in `loader_table`; whether a call is right, in `verification`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from api_docs.call import Call
from api_docs.loader_table import GENERIC, LOADERS, Loader, Parameter
from api_docs.models import Argument

__all__ = ["GENERIC", "LOADERS", "Bound", "Loader", "Parameter", "bind", "loader_of"]


@dataclass(frozen=True, slots=True)
class Bound:
    """A call's arguments by parameter name; `surplus` are positional values that no parameter takes.

    Where no signature is known, positional values go by their place: `#1`, `#2`, …
    """

    values: dict[str, str]
    surplus: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def loader_of(callee: str) -> Loader:
    """The first loader of the table whose pattern is the whole callee, else `GENERIC`."""
    return next((loader for loader in LOADERS if loader.pattern.fullmatch(callee)), GENERIC)


def bind(call: Call, loader: Loader, documented: Sequence[Argument] = ()) -> Bound:
    """Give every argument of a call the name of its parameter.

    Positional values beyond the loader's own parameters belong to the doc's arguments, in the order in
    which they are documented, where the loader forwards them.
    """
    names: Sequence[str] = loader.positions
    if loader is GENERIC:
        names = [f"#{place}" for place in range(1, len(call.positional) + 1)]
    elif loader.forwards and len(call.positional) > len(names):
        names = [*names, *(argument.name for argument in documented if _by_position(argument, loader))]
    values: dict[str, str] = dict(zip(names, call.positional, strict=False))
    repeated = []
    for name, value in call.keywords:
        if name in values:
            repeated.append(name)
        values[name] = value
    return Bound(values, call.positional[len(names) :], tuple(repeated))


def _by_position(argument: Argument, loader: Loader) -> bool:
    return argument.name not in loader.parameters and not argument.name.startswith("*")
