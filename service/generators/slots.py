"""The arguments that a call of an API may carry, and how one is put into it.

What identifies the API is no slot, nor is a secret: neither changes because an instruction says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from api_docs.call import Call
from api_docs.catalogue import Entry
from api_docs.inputs import given_inputs, with_input
from api_docs.models import Argument, ArgumentType

_SECRETS = frozenset({"token", "hf_token", "use_auth_token"})


@dataclass(frozen=True, slots=True)
class Slot:
    """One argument that a call may carry.

    `default` and `value` (what the doc's template gives) are source text, None where there is none.
    """

    name: str
    type: ArgumentType
    default: str | None
    value: str | None
    documented: bool
    entry: Entry
    asked: bool = False  # an input: what the API is asked, not how it is loaded

    @property
    def present(self) -> str | None:
        """What the template's call amounts to: its value, else the default."""
        return self.value if self.value is not None else self.default

    @property
    def library(self) -> str:
        """The library whose loader is called."""
        return self.entry.loader.library


def slots_of(entry: Entry) -> dict[str, Slot]:
    """The slots of an API by name: what its doc documents, its template sets, or its loader takes.

    Those of what is asked something are its inputs.
    """
    if entry.takes_inputs:
        return _inputs(entry)
    documented = {argument.name: argument for argument in entry.doc.arguments}
    parameters = entry.loader.parameters if _signature_is_known(entry) else {}
    slots = {}
    for name in {**documented, **entry.bound.values, **parameters}:
        if name in entry.identifying or name in entry.loader.identity or name in _SECRETS or name[0] in "*#":
            continue
        argument, parameter = documented.get(name), parameters.get(name)
        known = [part for part in (argument, parameter) if part is not None]
        slots[name] = Slot(
            name,
            next((part.type for part in known if part.type is not ArgumentType.ANY), ArgumentType.ANY),
            next((part.default for part in known if part.default is not None), None),
            entry.bound.values.get(name),
            argument is not None,
            entry,
        )
    return slots


def _inputs(entry: Entry) -> dict[str, Slot]:
    given = given_inputs(entry.call, entry)
    return {
        one.name: Slot(one.name, one.type, one.default, given.get(one.name), True, entry, asked=True)
        for one in entry.doc.arguments
        if one.is_input and one.name not in _SECRETS and not one.name.startswith("*")
    }


def _signature_is_known(entry: Entry) -> bool:
    """Whether the loader's row is that of the doc's library.

    The last row, transformers', takes in every other `from_pretrained`: asteroid and espnet write their
    calls so as well, and take none of its arguments.
    """
    if entry.loader.name != "from_pretrained":
        return True
    library = str(
        entry.doc.facts.get("library") or entry.doc.facts.get("framework") or "transformers"
    ).lower()
    return "transformers" in library or library in ("hugging face", "pytorch")


def by_position(entry: Entry) -> list[str]:
    """The names of the arguments that the template gives by position."""
    return list(entry.bound.values)[: len(entry.call.positional) - len(entry.bound.surplus)]


def with_value(call: Call, entry: Entry, name: str, value: str) -> Call:
    """The call with an argument set, in its place where the template sets it, else at the end."""
    if (asked := _input_of(entry, name)) is not None:
        return with_input(call, entry, asked, value)
    names = by_position(entry)
    if name in names:
        place = names.index(name)
        return replace(call, positional=(*call.positional[:place], value, *call.positional[place + 1 :]))
    return replace(call, keywords=tuple({**dict(call.keywords), name: value}.items()))


def _input_of(entry: Entry, name: str) -> Argument | None:
    return next((one for one in entry.doc.arguments if one.is_input and one.name == name), None)
