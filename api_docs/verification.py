"""The verdict on a call: does it exist, and may it be called like that?

A call is verified when it parses, its callee and identifying arguments are those of a catalogue doc,
and every other argument is one that the doc or its loader documents, with a value that is plain data
of the documented type. Nothing is ever executed.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from api_docs.call import Call, is_plain_data, literal, parse_call, parse_value
from api_docs.catalogue import Catalogue, Entry, entry_of, repository
from api_docs.errors import InvalidDoc, UnparseableCall
from api_docs.loaders import GENERIC, bind
from api_docs.models import ApiDoc, ArgumentType


class Reason(StrEnum):
    """Why a call was refused; `VERIFIED` when it was not."""

    VERIFIED = "verified"
    NO_CALL = "no_call"
    NOT_A_CALL = "not_a_call"
    UNKNOWN_CALLEE = "unknown_callee"
    UNKNOWN_API = "unknown_api"
    WRONG_IDENTITY = "wrong_identity"
    UNKNOWN_ARGUMENT = "unknown_argument"
    REPEATED_ARGUMENT = "repeated_argument"
    MISSING_ARGUMENT = "missing_argument"
    WRONG_TYPE = "wrong_type"
    UNSAFE_VALUE = "unsafe_value"


class Problem(BaseModel):
    """One thing that is wrong with a call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Reason
    message: str
    argument: str | None = None


class Verification(BaseModel):
    """The verdict on one call against one catalogue.

    `checked` names what was compared and held; `nearest` is a valid call that the refused one may have
    meant; `rejected` the refused text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    verified: bool
    reason: Reason
    message: str
    call: str | None = None
    doc_id: str | None = None
    checked: tuple[str, ...] = ()
    argument: str | None = None
    rejected: str | None = None
    nearest: str | None = None


def verify(text: str, catalogue: Catalogue, hits: Sequence[str] = ()) -> Verification:
    """Judge the text of one call.

    `hits` are doc ids in order of preference: they settle which of several docs with the same call
    answers, and are looked at first for the nearest valid call.
    """
    try:
        call = parse_call(text)
    except UnparseableCall as exc:
        return _refusal(
            text, Problem(reason=Reason.NOT_A_CALL, message=str(exc)), _first_call(catalogue, hits)
        )
    candidates = _candidates(call, catalogue, hits)
    if not candidates:
        problem = _unknown(call, catalogue)
        return _refusal(text, problem, _nearest(call, catalogue, hits))
    problems = []
    for entry in candidates:
        problem_here = check_call(call, entry)
        if problem_here is None:
            return Verification(
                verified=True,
                reason=Reason.VERIFIED,
                message=f"{call.callee} and its identifying arguments are those of {entry.doc.id}",
                call=call.render(),
                doc_id=entry.doc.id,
                checked=_checked(call, entry),
            )
        problems.append((entry, problem_here))
    entry, problem = problems[0]
    return _refusal(text, problem, entry.call.render(), entry.doc.id)


def check_doc(doc: ApiDoc) -> Entry:
    """The doc's entry, if its call template verifies against the doc itself.

    Raises:
        InvalidDoc: with the reason, when it doesn't.
        UnparseableCall: when the template is no call expression.
    """
    entry = entry_of(doc)
    if (problem := check_call(entry.call, entry)) is not None:
        raise InvalidDoc(f"{doc.id}: its own call {doc.call!r} does not verify: {problem.message}")
    return entry


def check_call(call: Call, entry: Entry) -> Problem | None:
    """What is wrong with a call of this entry's API, or None."""
    bound = bind(call, entry.loader, entry.doc.arguments)
    if bound.repeated:
        name = bound.repeated[0]
        return _problem(Reason.REPEATED_ARGUMENT, name, f"argument {name!r} is given twice; give it once")
    return (
        _identity_problem(call, entry)
        or _surplus_problem(bound.surplus, entry)
        or _missing_problem(call, entry)
        or next(
            (found for name, value in _free(call, entry) if (found := _argument_problem(name, value, entry))),
            None,
        )
    )


def _identifying_values(call: Call, entry: Entry) -> dict[str, str]:
    if entry.loader is GENERIC:
        return {f"#{i}": value for i, value in enumerate(call.positional)} | dict(call.keywords)
    return bind(call, entry.loader, entry.doc.arguments).values


def _identity_problem(call: Call, entry: Entry) -> Problem | None:
    values = _identifying_values(call, entry)
    for name, expected in entry.identifying.items():
        found = values.get(name)
        if found == expected or (name == "repo_or_dir" and found and _pinned(found, expected, entry)):
            continue
        said = "is missing" if found is None else f"is {found}"
        return _problem(
            Reason.WRONG_IDENTITY, name, f"argument {name!r} {said}, but {entry.doc.id} needs {expected}"
        )
    for name in entry.loader.identity:
        if name in values and name not in entry.identifying:
            return _problem(
                Reason.WRONG_IDENTITY, name, f"argument {name!r} chooses another API than {entry.doc.id}"
            )
    return None


def _pinned(found: str, expected: str, entry: Entry) -> bool:
    """Whether two torch.hub repositories differ only by the revision that the doc recorded."""
    name, ref = repository(found)
    return bool(ref) and name == repository(expected)[0] and ref == entry.doc.source_revision


def _surplus_problem(surplus: Sequence[str], entry: Entry) -> Problem | None:
    if not surplus or entry.loader is GENERIC:
        return None
    return _problem(
        Reason.UNKNOWN_ARGUMENT,
        None,
        f"{entry.call.callee} takes no positional argument {surplus[0]}; name it, or leave it out",
    )


def _missing_problem(call: Call, entry: Entry) -> Problem | None:
    values = bind(call, entry.loader, entry.doc.arguments).values
    given = values.keys() | dict(call.keywords).keys()
    for argument in entry.doc.arguments:
        if argument.required and argument.name not in given and not argument.name.startswith("*"):
            if entry.loader is GENERIC and argument.name not in dict(entry.call.keywords):
                continue
            return _problem(
                Reason.MISSING_ARGUMENT, argument.name, f"argument {argument.name!r} is required and missing"
            )
    return None


def _free(call: Call, entry: Entry) -> Iterable[tuple[str, str]]:
    """The arguments that don't identify the API, by name."""
    if entry.loader is GENERIC:
        values = dict(call.keywords)
        values |= {f"#{i}": value for i, value in enumerate(call.positional)}
    else:
        values = bind(call, entry.loader, entry.doc.arguments).values
    return [(name, value) for name, value in values.items() if name not in entry.identifying]


def _argument_problem(name: str, value: str, entry: Entry) -> Problem | None:
    documented = {argument.name: argument.type for argument in entry.doc.arguments}
    parameter = entry.loader.parameters.get(name)
    template = dict(entry.call.keywords)
    if name in documented:
        expected, default = documented[name], _default(name, entry)
    elif parameter is not None:
        expected, default = parameter.type, parameter.default
    elif name in template:
        expected, default = ArgumentType.ANY, template[name]
    else:
        return _problem(
            Reason.UNKNOWN_ARGUMENT,
            name,
            f"{entry.doc.id} documents no argument {name!r}{_similar(name, entry)}",
        )
    if value in (template.get(name), default):
        return None
    node = parse_value(value)
    if not is_plain_data(node):
        return _problem(
            Reason.UNSAFE_VALUE, name, f"the value {value} of {name!r} is not plain data; write a literal"
        )
    if not has_type(node, expected):
        return _problem(
            Reason.WRONG_TYPE, name, f"the value {value} of {name!r} is no {expected.value}; expected one"
        )
    return None


def has_type(node: ast.expr, expected: ArgumentType) -> bool:
    """Whether a plain-data expression has the documented type; None is taken for every type."""
    if expected is ArgumentType.ANY:
        return True
    try:
        value = literal(ast.unparse(node))
    except ValueError:
        # torch.float16, torch.device('cuda'): constants and handles, never bools, numbers or strings.
        return expected in (ArgumentType.DTYPE, ArgumentType.DEVICE)
    if value is None:
        return True
    is_int = isinstance(value, int) and not isinstance(value, bool)
    return {
        ArgumentType.BOOL: isinstance(value, bool),
        ArgumentType.INT: is_int,
        ArgumentType.FLOAT: is_int or isinstance(value, float),
        ArgumentType.STR: isinstance(value, str),
        ArgumentType.LIST: isinstance(value, list | tuple | set),
        ArgumentType.DICT: isinstance(value, dict),
        ArgumentType.DTYPE: isinstance(value, str),
        ArgumentType.DEVICE: is_int or isinstance(value, str),
    }[expected]


def _default(name: str, entry: Entry) -> str | None:
    return next((argument.default for argument in entry.doc.arguments if argument.name == name), None)


def _similar(name: str, entry: Entry) -> str:
    known = [*entry.loader.parameters, *(argument.name for argument in entry.doc.arguments)]
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _candidates(call: Call, catalogue: Catalogue, hits: Sequence[str]) -> list[Entry]:
    """Entries of the same callee whose loader identity fits, those of the hits first."""
    same = catalogue.with_callee(call.callee)
    fitting = [entry for entry in same if _fits(call, entry)]
    rank = {doc_id: position for position, doc_id in enumerate(hits)}
    return sorted(fitting, key=lambda entry: rank.get(entry.doc.id, len(rank)))


def _fits(call: Call, entry: Entry) -> bool:
    return all(
        _same(name, entry.loader.value_of(call, name), entry.bound.values.get(name), entry)
        for name in entry.loader.identity
    )


def _same(name: str, found: str | None, expected: str | None, entry: Entry) -> bool:
    return found == expected or (
        name == "repo_or_dir" and bool(found and expected) and _pinned(str(found), str(expected), entry)
    )


def _unknown(call: Call, catalogue: Catalogue) -> Problem:
    same = catalogue.with_callee(call.callee)
    if not same:
        return _problem(
            Reason.UNKNOWN_CALLEE, None, f"no API doc of the catalogue is called with {call.callee!r}"
        )
    loader = same[0].loader
    for position, name in enumerate(loader.identity):
        fitting = [
            entry
            for entry in same
            if all(
                _same(n, loader.value_of(call, n), entry.bound.values.get(n), entry)
                for n in loader.identity[: position + 1]
            )
        ]
        if not fitting:
            found = loader.value_of(call, name)
            said = "is missing" if found is None else f"{found} is in no API doc of the catalogue"
            return _problem(Reason.UNKNOWN_API, name, f"argument {name!r} {said}")
    return _problem(Reason.UNKNOWN_API, None, f"{call.render()} is in no API doc of the catalogue")


def _nearest(call: Call, catalogue: Catalogue, hits: Sequence[str]) -> str | None:
    """The valid call whose text is closest; among those of the hits where one is close."""
    wanted = call.render()
    near = [catalogue.entry(doc_id).call.render() for doc_id in hits if doc_id in catalogue]
    every = [entry.call.render() for entry in catalogue.with_callee(call.callee)]
    for texts in (near, every):
        if close := difflib.get_close_matches(wanted, texts, n=1, cutoff=0.8):
            return close[0]
    return near[0] if near else None


def _first_call(catalogue: Catalogue, hits: Sequence[str]) -> str | None:
    return next((catalogue.entry(doc_id).call.render() for doc_id in hits if doc_id in catalogue), None)


def _checked(call: Call, entry: Entry) -> tuple[str, ...]:
    free = [name for name, _ in _free(call, entry)]
    return ("callee", *entry.identifying, *free)


def _problem(reason: Reason, argument: str | None, message: str) -> Problem:
    return Problem(reason=reason, argument=argument, message=message)


def _refusal(text: str, problem: Problem, nearest: str | None, doc_id: str | None = None) -> Verification:
    return Verification(
        verified=False,
        reason=problem.reason,
        message=problem.message,
        argument=problem.argument,
        doc_id=doc_id,
        rejected=text[:2_000],
        nearest=nearest,
    )
