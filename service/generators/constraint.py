"""What an engine may write, from the retrieved docs: their calls, and no others.

The grammar is EBNF as xgrammar and llama.cpp read it. It holds Gorilla's four lines; in the second stands the
call of one of the docs: what identifies the API to the letter, what its template sets with any value of its
type, then other keyword arguments that the doc or its loader takes, each at most once and in a fixed order.
Left out are arguments that run other people's code, that open a closed parameter, or that no plain value
fills. The language is regular, and every call in it verifies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from api_docs.catalogue import Entry
from api_docs.models import ArgumentType
from retriever.prompt import framework_of
from service.generators.arguments import FAMILIES
from service.generators.base import Constraint
from service.generators.slots import Slot, by_position, slots_of

_TYPES: Final = {
    ArgumentType.BOOL: "bool",
    ArgumentType.INT: "int",
    ArgumentType.FLOAT: "float",
    ArgumentType.STR: "str",
    ArgumentType.LIST: "list",
    ArgumentType.DTYPE: "dtype",
    ArgumentType.DEVICE: "device",
    ArgumentType.ANY: "any",
}
"""The rule of each type. Dicts are offered only where the template has one, and then that very one."""

# Strings and lists have no bound of their own: with {0,80} xgrammar takes 0.3 s for 5 docs, without 0.01 s.
_RULES: Final = """\
bool ::= "True" | "False"
int ::= "-"? ("0" | [1-9] [0-9]{0,6})
float ::= int ("." [0-9]{1,6})?
str ::= "'" [A-Za-z0-9_./: -]* "'"
list ::= "[" (item (", " item)*)? "]"
item ::= float | str
dtype ::= "torch.float16" | "torch.bfloat16" | "torch.float32"
device ::= "'cpu'" | "'mps'" | "'cuda'" | "'cuda:" [0-9] "'"
any ::= bool | float | str | "None"
text ::= [^\\n<>]+
"""
_DANGEROUS: Final = frozenset({"trust_remote_code", "trust_repo", "cache_dir", "cache_folder", "savedir"})
_STATED: Final = frozenset(name for family in FAMILIES for name in family.arguments) - _DANGEROUS
"""Of a loader's many parameters, those that an instruction may plainly ask for. Numbers do no harm either."""


def constraint_from(entries: Sequence[Entry]) -> Constraint:
    """The grammar of answers that call one of these APIs; raises ValueError where there is none."""
    if not entries:
        raise ValueError("no API doc to constrain an answer to; without docs ask without a constraint")
    docs = [entry.doc for entry in entries]
    calls = [f"call_{number}" for number in range(len(entries))]
    rules = [
        'root ::= "<<<domain>>>: " domain "\\n<<<api_call>>>: " call "\\n<<<api_provider>>>: " provider '
        '"\\n<<<explanation>>>: " text',
        f"domain ::= {_either(_line(doc.source_domain or doc.domain.value) for doc in docs)}",
        f"provider ::= {_either(_line(framework_of(doc)) for doc in docs)}",
        f"call ::= {' | '.join(calls)}",
        *(f"{name} ::= {_call(entry)}" for name, entry in zip(calls, entries, strict=True)),
    ]
    return Constraint(grammar="\n".join([*rules, _RULES]))


def _call(entry: Entry) -> str:
    slots = slots_of(entry)
    pieces = [*_template(entry, slots)]
    if pieces:
        given = entry.bound.values
        pieces += [
            f"({_quoted(f', {slot.name}=')} {_value(slot)})?"
            for slot in slots.values()
            if slot.name not in given and _offered(slot)
        ]
    return " ".join([_quoted(f"{entry.call.callee}("), *pieces, _quoted(")")])


def _template(entry: Entry, slots: dict[str, Slot]) -> Iterator[str]:
    """The arguments of the template in its order; those that don't identify the API may change in value."""
    names = [*by_position(entry), *("" for _ in entry.bound.surplus)]
    arguments = [(name, "", value) for name, value in zip(names, entry.call.positional, strict=True)]
    arguments += [(name, f"{name}=", value) for name, value in entry.call.keywords]
    for place, (name, label, value) in enumerate(arguments):
        before = f"{', ' if place else ''}{label}"
        if name in slots and slots[name].type is not ArgumentType.DICT:
            yield f"{_quoted(before)} {_value(slots[name])}" if before else _value(slots[name])
        else:
            yield _quoted(f"{before}{value}")


def _offered(slot: Slot) -> bool:
    """Whether a model may add this argument."""
    if slot.name in _DANGEROUS or slot.type not in _TYPES:
        return False
    return slot.documented or slot.name in _STATED or slot.type in (ArgumentType.INT, ArgumentType.FLOAT)


def _value(slot: Slot) -> str:
    """What the template gives, the default and any value of the type; of a closed one, what it takes."""
    known = [text for text in (slot.value, slot.default) if text is not None]
    parameter = slot.entry.loader.parameters.get(slot.name)
    if parameter is not None and parameter.closed:
        return f"({_either([*known, *parameter.closed])})"
    beyond = [text for text in known if text not in ("True", "False") or slot.type is not ArgumentType.BOOL]
    return f"({' | '.join([_TYPES[slot.type], *dict.fromkeys(map(_quoted, beyond))])})"


def _either(texts: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(map(_quoted, texts)))


def _line(text: str) -> str:
    """A label on one line, without what could begin a field."""
    return " ".join(text.replace("<", " ").replace(">", " ").split()) or "-"


def _quoted(text: str) -> str:
    """A text as a terminal of the grammar."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if " " <= character <= "~":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
