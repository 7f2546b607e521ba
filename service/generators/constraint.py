"""What an engine may write, from the retrieved docs: their calls, and no others.

The grammar is EBNF as xgrammar and llama.cpp read it. It holds Gorilla's four lines, or the first two alone,
domain and call, where a model was taught to write no more. The call is that of one of the docs:

- what identifies the API, to the letter;
- what its template sets, with any value of its type;
- then up to four further keyword arguments that the doc documents or its loader takes, each at most once, in
  the order of `slots_of`. Of a loader's many parameters only those are offered that an instruction may
  plainly ask for, that are numbers, or that choose an output of the model.

Left out are arguments that run other people's code or write to a folder of the caller's choice, those that no
plain value fills, and further arguments of a call that has none. A closed parameter takes what it takes; any
other a value of its type: strings of up to 24 ASCII letters, digits and marks; whole numbers of up to seven
digits; other numbers with up to four decimals and a negative exponent; lists of up to four numbers or two
strings; the library's own number types; beyond that, what the template gives and the default. So a call has a
bounded length, which fits the default of 512 tokens even if every byte takes a token of its own.

A request and a tool are asked something; what they are asked is `input_grammar`'s business.

The language is regular. Every answer in it, cut off anywhere behind its call, gives that call when it is
parsed, and the call verifies: no field can hold what begins another field, an object of JSON or another call.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from api_docs.call import is_plain_data, normalise, parse_value
from api_docs.call_search import Place
from api_docs.catalogue import Entry
from api_docs.errors import UnparseableCall
from api_docs.models import ArgumentType
from api_docs.verification import has_type
from retriever.prompt import framework_of
from service.generators.arguments import FAMILIES
from service.generators.base import Constraint
from service.generators.ebnf import Rules, either, quoted
from service.generators.input_grammar import INPUT_RULES, call_with_inputs
from service.generators.slots import Slot, by_position, slots_of

MAX_FURTHER: Final = 4
"""Arguments beyond those of the template: more than any of the tests' instructions states."""
MAX_STRING: Final = 24
"""Characters between the quotes of a string that nobody but the model made up."""
_MAX_KNOWN: Final = 40
"""Characters of a default that may be written out; one may as well leave out a longer one."""
_MAX_NAME: Final = 32
"""Characters of an argument's name; the longest of the snapshot has 20."""
_MAX_LABEL: Final = 80
"""Characters of the domain and of the provider."""

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

_CHARACTER: Final = "[A-Za-z0-9_./:,@+ -]"
"""Of a string: none that ends it, escapes, or could begin a field, a call or an object of JSON."""


_CHARACTERS: Final = "\n".join(
    [
        *(f"""chars_{left} ::= "'" | {_CHARACTER} chars_{left - 1}""" for left in range(MAX_STRING, 0, -1)),
        """chars_0 ::= "'\"""",
    ]
)
"""At most so many characters and the closing quote: a rule a character."""

_BRACKETS: Final = frozenset("<>{}()")
"""What fields, objects of JSON and calls can't do without."""

# Measured with xgrammar 0.2.8, a vocabulary of 32,000, one thread, 5 docs. A state that most tokens may leave
# costs about 5 ms, so the strings are 110 of the 120 ms of an engine's first grammar. As their rules are the
# same in every grammar, the engine's compiler has them from then on: 10 ms. Strings as `{0,24}` cost the same
# once, but 4 ms a token wherever one is written; as words of eight characters 20 ms, then 7 ms a token; with
# a rule a character, which xgrammar joins into one automaton, 0.1 ms. An explanation of 40 words at most
# costs 150 ms more, so it has no bound: `max_tokens` ends it, and the call stands before it.
_RULES: Final = f"""\
bool ::= "True" | "False"
int ::= "-"? ("0" | [1-9] [0-9]{{0,6}})
number ::= int ("." [0-9]{{1,4}})?
float ::= number ("e-" [1-9])?
str ::= "'" chars_{MAX_STRING}
list ::= "[" (number (", " number){{0,3}} | str (", " str)?)? "]"
dtype ::= "torch.float16" | "torch.bfloat16" | "torch.float32"
tf_dtype ::= "tf.float16" | "tf.bfloat16" | "tf.float32"
device ::= "'cpu'" | "'mps'" | "'cuda'" | "'cuda:" [0-9] "'" | [0-9]
any ::= bool | float | str | "None"
{_CHARACTERS}
"""
_TWO_LINES: Final = r'"<<<domain>>>: " domain "\n<<<api_call>>>: " call'
_TEXT: Final = "[^\\n<>{]+"
"""An explanation. Neither a field nor an object of JSON can begin in it."""
_TEXT_WITHOUT_CODE: Final = "[^\\n<>{(=]+"
"""An explanation beside a call that would give way to another one, or takes its strings from elsewhere."""

_DANGEROUS: Final = frozenset({"trust_remote_code", "trust_repo", "cache_dir", "cache_folder", "savedir"})
_OUTPUTS: Final = frozenset({"tags", "signature", "output_key"})
"""What chooses an output of a TF Hub model."""
_STATED: Final = frozenset(name for family in FAMILIES for name in family.arguments) | _OUTPUTS
"""Of a loader's many parameters, those that an instruction may plainly ask for. Numbers do no harm either."""


def constraint_from(entries: Sequence[Entry], *, two_lines: bool = False) -> Constraint:
    """The grammar of answers that call one of these APIs, in four lines or in the first two of them.

    Raises:
        ValueError: where there is no API.
    """
    if not entries:
        raise ValueError("no API doc to constrain an answer to; without docs ask without a constraint")
    shared = Rules()
    calls = dict.fromkeys(_call(entry, shared) for entry in entries)
    call = f"call ::= {' | '.join(shared.named(call, 'call') for call in calls)}"
    head = [*(_two_lines(entries) if two_lines else _four_lines(entries)), call]
    beside = [INPUT_RULES] if any(entry.takes_inputs for entry in entries) else []
    return Constraint(grammar="\n".join([*head, *shared.lines, *beside, _RULES]))


def _two_lines(entries: Sequence[Entry]) -> Iterator[str]:
    """As a small model is taught: a domain is called what its docs call it in their brief form."""
    yield f"root ::= {_TWO_LINES}"
    yield f"domain ::= {either(entry.doc.domain.value for entry in entries)}"


def _four_lines(entries: Sequence[Entry]) -> Iterator[str]:
    docs = [entry.doc for entry in entries]
    yield rf'root ::= {_TWO_LINES} "\n<<<api_provider>>>: " provider "\n<<<explanation>>>: " text'
    yield f"domain ::= {either(_line(doc.source_domain or doc.domain.value) for doc in docs)}"
    yield f"provider ::= {either(_line(framework_of(doc)) for doc in docs)}"
    yield f"text ::= {_TEXT_WITHOUT_CODE if any(map(_gives_way, entries)) else _TEXT}"


def _gives_way(entry: Entry) -> bool:
    """Whether other code in an answer would change what its call is taken for.

    A tokenizer's call gives way to that of a model, and a name stands for a string that it is given.
    """
    values = (*entry.call.positional, *(value for _, value in entry.call.keywords))
    names = (value for value in values if value.isidentifier() and not keyword.iskeyword(value))
    return Place("", 0, 0, entry.call.callee).is_aside or any(names)


def _call(entry: Entry, shared: Rules) -> str:
    if entry.takes_inputs:
        return call_with_inputs(entry, shared, MAX_FURTHER)
    slots = slots_of(entry)
    pieces = [*_template(entry, slots)]
    if pieces:
        given = entry.bound.values
        offered = [slot for slot in slots.values() if slot.name not in given and _offered(slot)]
        pieces.append(_further(offered, shared))
    return " ".join(filter(None, [quoted(f"{entry.call.callee}("), *pieces, quoted(")")]))


def _template(entry: Entry, slots: dict[str, Slot]) -> Iterator[str]:
    """The arguments of the template in its order; those that don't identify the API may change in value."""
    names = [*by_position(entry), *("" for _ in entry.bound.surplus)]
    arguments = [(name, "", value) for name, value in zip(names, entry.call.positional, strict=True)]
    arguments += [(name, f"{name}=", value) for name, value in entry.call.keywords]
    for place, (name, label, value) in enumerate(arguments):
        before = f"{', ' if place else ''}{label}"
        if name in slots and slots[name].type is not ArgumentType.DICT:
            yield f"{quoted(before)} {_value(slots[name])}" if before else _value(slots[name])
        else:
            yield quoted(f"{before}{value}")


def _further(offered: Sequence[Slot], shared: Rules) -> str:
    """The name of the rule of up to four of these arguments in their order, empty where there are none.

    `tails[left]` may follow where so many more are allowed: with every argument, seen from the last to the
    first, either that argument and a tail with one less, or what may follow without it.
    """
    tails = [""] * (MAX_FURTHER + 1)
    for slot in reversed(offered):
        argument = shared.named(f"{quoted(f', {slot.name}=')} {_value(slot)}", "argument")
        taken = [f"{argument} {fewer}".strip() for fewer in tails[:-1]]
        bodies = [
            f"{this} | {without}" if without else f"({this})?"
            for this, without in zip(taken, tails[1:], strict=True)
        ]
        tails = ["", *(shared.named(body, "further") for body in bodies)]
    return tails[MAX_FURTHER]


def _offered(slot: Slot) -> bool:
    """Whether a model may add this argument."""
    if slot.name in _DANGEROUS or slot.type not in _TYPES:
        return False
    if keyword.iskeyword(slot.name) or len(slot.name) > _MAX_NAME:
        return False
    return slot.documented or slot.name in _STATED or slot.type in (ArgumentType.INT, ArgumentType.FLOAT)


def _value(slot: Slot) -> str:
    """What the template gives, the default and any value of the type; of a closed one, what it takes."""
    default = [slot.default] if slot.default is not None and _fits(slot.default, slot.type) else []
    known = [*([slot.value] if slot.value is not None else []), *default]
    parameter = slot.entry.loader.parameters.get(slot.name)
    if parameter is not None and parameter.closed:
        return f"({either([*known, *parameter.closed])})"
    beyond = [text for text in known if text not in ("True", "False") or slot.type is not ArgumentType.BOOL]
    return f"({' | '.join([_rule_of(slot), *dict.fromkeys(map(quoted, beyond))])})"


def _rule_of(slot: Slot) -> str:
    """The rule of a slot's type; TensorFlow has number types of its own."""
    ours = slot.type is ArgumentType.DTYPE and slot.library == "tensorflow-hub"
    return "tf_dtype" if ours else _TYPES[slot.type]


@lru_cache(maxsize=4096)
def _fits(default: str, kind: ArgumentType) -> bool:
    """Whether a default may be written out: short, plain data of the type, as a call is normalised."""
    if len(default) > _MAX_KNOWN or set(default) & _BRACKETS or "\\" in default:
        return False
    try:
        node = parse_value(default)
    except UnparseableCall:
        return False
    return is_plain_data(node) and has_type(node, kind) and normalise(node) == default


def _line(text: str) -> str:
    """A label on one line, without what could begin a field, a call or an object of JSON."""
    plain = "".join(" " if character in _BRACKETS else character for character in text)
    return " ".join(plain.split())[:_MAX_LABEL].rstrip() or "-"
