"""The grammar of calls that ask something: requests over HTTP and tools.

Method and address stand to the letter, but for the places of the address, which may be filled; what is
required stands in the template's order with any value of its type; then up to so many further inputs that the
doc documents, each at most once, part after part (`params`, `headers`, …), in the doc's order. What holds a
place in the template may stay. Dicts hold what is required in them. Lists hold a few items.

Whatever is written so verifies: a place that is followed by something else than a slash takes letters and
digits only, so that nobody has to guess where it ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from api_docs.call import literal, parse_value
from api_docs.catalogue import Entry
from api_docs.inputs import PARTS, given_inputs
from api_docs.models import Argument, ArgumentType, Place
from api_docs.url_templates import Opening, UrlTemplate
from api_docs.values import has_type
from service.generators.ebnf import Rules, either, quoted

MAX_OFFERED: Final = 24
"""Optional inputs that a model may choose from: the first ones, which a prompt shows too."""
_MAX_CHOICES: Final = 60
_MAX_KEY: Final = 40
_SEGMENT: Final = 24
"""Characters that fill a place of an address."""

_TYPES: Final = {
    ArgumentType.BOOL: "bool",
    ArgumentType.INT: "int",
    ArgumentType.FLOAT: "float",
    ArgumentType.STR: "str",
    ArgumentType.ANY: "scalar",
}
_IN_ADDRESSES: Final = {ArgumentType.INT: "int", ArgumentType.FLOAT: "number"}


def _chain(name: str, characters: str) -> Iterator[str]:
    """Up to so many of these characters and one at least, a rule a character."""
    yield from (f"{name}_{left} ::= {characters} {name}_{left - 1}?" for left in range(_SEGMENT, 1, -1))
    yield f"{name}_1 ::= {characters}"


INPUT_RULES: Final = "\n".join(
    [
        "scalar ::= bool | float | str",
        f'segments ::= segment_{_SEGMENT} ("/" segment_{_SEGMENT}){{0,3}}',
        *_chain("segment", "[A-Za-z0-9_.~-]"),
        *_chain("word", "[A-Za-z0-9_]"),
    ]
)
"""Rules beside those of every grammar."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Inputs that stand together: in one dict, or between a tool's brackets.

    `present` says that the template has it even where nothing in it is required.
    """

    opening: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    closing: str
    present: bool


def call_with_inputs(entry: Entry, rules: Rules, further: int) -> str:
    """The calls of one API, with at most so many inputs beyond those that are required."""
    given = given_inputs(entry.call, entry)
    offered = [one for one in entry.doc.arguments if one.is_input and not one.required and _is_offered(one)]
    chosen = [one for one in entry.doc.arguments if one.is_input and one.required] + offered[:MAX_OFFERED]
    inputs = [one for one in chosen if one.place is not Place.URL]
    if entry.url is None:
        groups = [_group("", inputs, "", given, rules, as_keywords=True, present=True)]
        head = quoted(f"{entry.call.callee}(")
    else:
        groups = list(_parts(entry, inputs, given, rules))
        method = entry.identifying["method"]
        head = f"{quoted(f'{entry.call.callee}({method}, ')} {_address(entry.url, entry)}"
    return " ".join(filter(None, [head, _following(groups, rules, further), quoted(")")]))


def _parts(entry: Entry, inputs: Sequence[Argument], given: dict[str, str], rules: Rules) -> Iterator[_Group]:
    template = dict(entry.call.keywords)
    for part in PARTS:
        whole = [one for one in inputs if one.place is Place.INPUT and one.name == part.value]
        here = [one for one in inputs if one.place is part]
        if whole:
            required = whole[0].required
            value = f"{quoted(f', {part.value}=')} {_value(whole[0], given.get(whole[0].name), rules)}"
            yield _Group("", (value,) if required else (), () if required else (value,), "", present=False)
        elif here or part.value in template:
            opening, present = quoted(f", {part.value}={{"), part.value in template
            yield _group(opening, here, quoted("}"), given, rules, as_keywords=False, present=present)


def _group(  # noqa: PLR0913 - the parts of one record
    opening: str,
    inputs: Sequence[Argument],
    closing: str,
    given: dict[str, str],
    rules: Rules,
    *,
    as_keywords: bool,
    present: bool,
) -> _Group:
    def written(one: Argument) -> str:
        label = f"{one.name}=" if as_keywords else f"{one.wire!r}: "
        return rules.named(f"{quoted(label)} {_value(one, given.get(one.name), rules)}", "input")

    required = tuple(written(one) for one in inputs if one.required)
    optional = tuple(written(one) for one in inputs if not one.required)
    return _Group(opening, required, optional, closing, present)


def _following(groups: Sequence[_Group], rules: Rules, further: int) -> str:
    """What comes behind the head of a call: every group in order, with so many further inputs in all.

    Seen from the end: `tails[left]` may follow where so many more are allowed. Inside a group the next input
    stands behind a comma (`begun`) or not (`fresh`), outside of it behind what opens the group (`out`).
    """
    tails = [""] * (further + 1)
    comma = quoted(", ")
    for group in reversed(groups):
        out = tails
        begun = fresh = [_joined(group.closing, tail) for tail in tails]
        for one in reversed(group.optional):
            less = ["", *begun[:-1]]
            taken = [_joined(one, inner) for inner in less]
            out, begun, fresh = (
                [
                    _or(rules, _joined(before, take) if left else "", now[left])
                    for left, take in enumerate(taken)
                ]
                for before, now in ((group.opening, out), (comma, begun), ("", fresh))
            )
        if group.required:
            tails = [_joined(group.opening, f" {comma} ".join(group.required), inner) for inner in begun]
        else:
            tails = [_joined(group.opening, inner) for inner in fresh] if group.present else out
        tails = [rules.named(tail, "inputs") if tail else "" for tail in tails]
    return tails[further]


def _or(rules: Rules, this: str, without: str) -> str:
    if not this:
        return without
    return rules.named(f"{this} | {without}" if without else f"({this})?", "further")


def _joined(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _address(url: UrlTemplate, entry: Entry) -> str:
    """The address between its quotes, as a call writes it."""
    mark = repr(url.text)[0]
    documented = {one.wire: one for one in entry.doc.arguments if one.place is Place.URL}
    pieces = [quoted(mark + url.literals[0])]
    for opening, behind in zip(url.openings, url.literals[1:], strict=True):
        pieces.append(_filling(opening, behind, documented.get(opening.name)))
        if behind:
            pieces.append(quoted(behind))
    return " ".join([*pieces, quoted(mark)])


def _filling(opening: Opening, behind: str, argument: Argument | None) -> str:
    """What may fill a place: the place itself, or something of its type that ends where it should."""
    open_still = quoted(opening.text)
    if argument is not None and argument.choices:
        known = [quote(str(literal(choice)), safe="") for choice in argument.choices[:_MAX_CHOICES]]
        return f"({open_still} | {either(known)})" if not behind or behind[0] == "/" else open_still
    if behind and behind[0].isalnum():
        return open_still
    ends = not behind or behind[0] in "/?#"
    rule = _IN_ADDRESSES.get(argument.type, "") if argument is not None else ""
    if rule == "number" and not ends:
        return open_still  # its point might be what follows the place
    if not rule:
        rule = ("segments" if opening.many else f"segment_{_SEGMENT}") if ends else f"word_{_SEGMENT}"
    return f"({open_still} | {rule})"


def _value(argument: Argument, sample: str | None, rules: Rules) -> str:
    """Any value of an input's type, or what holds its place in the template."""
    rule = _of_type(argument, rules)
    known = argument.type is ArgumentType.DICT or sample in argument.choices[:_MAX_CHOICES]
    return rule if sample is None or known else f"({rule} | {quoted(sample)})"


def _placeholder(argument: Argument) -> str | None:
    """What holds the place of a field in a template, where it is no value that the grammar has anyway."""
    if argument.choices:
        return None
    if argument.type is ArgumentType.LIST:
        inner = _placeholder(_item_of(argument))
        return None if inner is None else f"[{inner}]"
    if argument.default is not None and has_type(parse_value(argument.default), argument.type):
        return argument.default
    texts = argument.type in (ArgumentType.STR, ArgumentType.ANY)
    return repr(f"{{{argument.wire}}}") if texts else None


def _item_of(argument: Argument) -> Argument:
    return argument.model_copy(update={"type": argument.items, "items": ArgumentType.ANY, "default": None})


def _of_type(argument: Argument, rules: Rules) -> str:
    if argument.type is ArgumentType.LIST:
        inner = rules.named(_of_type(_item_of(argument), rules), "item")
        more = 3 if argument.items in (ArgumentType.INT, ArgumentType.FLOAT, ArgumentType.BOOL) else 1
        return f'"[" {inner} (", " {inner}){{0,{more}}} "]"'
    if argument.choices:
        return f"({either(argument.choices[:_MAX_CHOICES])})"
    if argument.type is ArgumentType.DICT:
        needed = [one for one in argument.fields if one.required]
        pieces = [f"{quoted(f'{one.wire!r}: ')} {_value(one, _placeholder(one), rules)}" for one in needed]
        return " ".join(['"{"', ' ", " '.join(pieces), '"}"'] if pieces else ['"{}"'])
    return _TYPES.get(argument.type, "scalar")


def _is_offered(argument: Argument) -> bool:
    """Whether a model may add this input: a short name, and a value that the grammar can hold."""
    if argument.name.startswith("*") or len(argument.wire) > _MAX_KEY or argument.place is Place.FILES:
        return False
    if not re.fullmatch(r"[ -~]+", argument.wire):
        return False
    kind = argument.items if argument.type is ArgumentType.LIST else argument.type
    return kind in _TYPES
