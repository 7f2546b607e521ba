"""The verdict on a call: does it exist, and may it be called like that?

DESIGN's "Calls and verification", clause by clause:

- "it parses": `parse_call`, else `NOT_A_CALL` (`NO_CALL` where there is no text at all);
- "its callee is that of a catalogue doc": else `UNKNOWN_CALLEE`;
- "its identifying arguments equal that doc's": the loader's own (`Catalogue.candidates`), else
  `UNKNOWN_API`; those that choose a model behind an entrypoint, else `WRONG_IDENTITY`. A repository may also
  stand at the revision that the doc recorded. Arguments that could bring in other code or weights (another
  revision, tokenizer, pipeline: the closed ones of `loader_table`) belong here too;
- a call that loaded an API before it was renamed or moved (`Catalogue.former_calls`) is as unknown as any
  other, but the verdict names the API and its call of today;
- "every other argument name is one that the doc or the loader's signature allows": else
  `UNKNOWN_ARGUMENT`; given once, and where required: `REPEATED_ARGUMENT`, `MISSING_ARGUMENT`;
- beyond DESIGN, values must be plain data of the documented type: `UNSAFE_VALUE`, `WRONG_TYPE`. What a
  doc's own template says is taken as it stands;
- a request is identified by its method and address, the places of which may be filled; what it is asked in
  its address, query, headers and body, and what a tool is asked, must be documented there, of the documented
  type and among the choices (`WRONG_VALUE`), and must not lack what is required: `inputs`.

Nothing is ever executed.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

from api_docs.call import Call, is_plain_data, parse_call, parse_value
from api_docs.catalogue import Catalogue, Entry, entry_of, target_of
from api_docs.errors import InvalidDoc, UnparseableCall
from api_docs.inputs import given_inputs, is_part, problem_of_inputs, with_input
from api_docs.loaders import GENERIC, LOADERS, bind
from api_docs.models import ApiDoc, Argument, ArgumentType, Place
from api_docs.similarity import likeness
from api_docs.values import has_type, is_data, problem_of_value
from api_docs.verdicts import Problem, Reason, problem, short

__all__ = [
    "Problem",
    "Reason",
    "Verification",
    "check_call",
    "check_doc",
    "check_docs",
    "has_type",
    "mended",
    "verify",
]

_CLOSE: Final = 0.8
"""Likeness from which on a hit's call is taken to be what was meant, whatever else there is."""
_ALIKE: Final = 0.6
"""Likeness below which a call is no nearest call."""
_QUOTED: Final = 2_000
"""Characters of a refused text that the verdict repeats."""

_SHOWN: Final = 8
"""Arguments that a verdict lists where none is like the one that is unknown."""

_GUARDED: Final = frozenset(
    {"trust_remote_code", *(name for row in LOADERS for name, p in row.parameters.items() if p.closed)}
)
"""Arguments that must not hide inside a `*_kwargs`: nobody would look for them there."""


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
    """Judge the text of one call. Takes any text, and never raises.

    `hits` are doc ids in order of preference: they settle which of several docs with the same call
    answers, and are looked at first for the nearest valid call.
    """
    if not text.strip():
        nothing = problem(Reason.NO_CALL, None, "there is no call; expected one such as name(argument, …)")
        return _refusal(text, nothing, _nearest(text, catalogue, hits))
    try:
        call = parse_call(text)
    except UnparseableCall as exc:
        return _refusal(text, problem(Reason.NOT_A_CALL, None, str(exc)), _nearest(text, catalogue, hits))
    candidates = _by_preference(catalogue.candidates(call), hits)
    problems: list[tuple[Entry, Problem]] = []
    for entry in candidates:
        found = check_call(call, entry)
        if found is None:
            return _verified(call, entry)
        problems.append((entry, found))
    now = catalogue.formerly(call)
    if now is not None and all(_is_another_api(entry, found) for entry, found in problems):
        return _refusal(text, _moved(call, now, catalogue), now.call.render(), now.doc.id)
    if not problems:
        same_model = next(iter((*catalogue.otherwise_called(call), *catalogue.with_address(call))), None)
        nearest = same_model.call.render() if same_model else _nearest(call.render(), catalogue, hits)
        return _refusal(text, _unknown(call, catalogue), nearest)
    entry, telling = _most_telling(call, problems)
    meant = entry.call if _is_another_api(entry, telling) else mended(call, entry)
    return _refusal(text, telling, meant.render(), entry.doc.id)


def check_doc(doc: ApiDoc) -> Entry:
    """The doc's entry, if its call template verifies against the doc itself.

    Raises:
        InvalidDoc: with the reason, when it doesn't.
        UnparseableCall: when the template is no call expression.
    """
    entry = entry_of(doc)
    if (wrong := check_call(entry.call, entry)) is not None:
        raise InvalidDoc(f"{doc.id}: its own call {doc.call!r} does not verify: {wrong.message}")
    return entry


def check_docs(docs: Iterable[ApiDoc]) -> None:
    """Make sure that every doc's call template verifies against the doc itself.

    Raises:
        InvalidDoc: naming the first that doesn't, and how many more.
    """
    wrong = []
    for doc in docs:
        try:
            check_doc(doc)
        except (InvalidDoc, UnparseableCall) as exc:
            wrong.append(str(exc))
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise InvalidDoc(f"{wrong[0]}{more}; mend or remove these docs")


def check_call(call: Call, entry: Entry) -> Problem | None:
    """What is wrong with a call of this entry's API, or None."""
    if call.callee != entry.call.callee:
        return problem(
            Reason.UNKNOWN_CALLEE,
            None,
            f"{entry.doc.id} is called with {entry.call.callee!r}, not {short(call.callee)!r}",
        )
    bound = bind(call, entry.loader, entry.doc.arguments)
    if bound.repeated:
        name = bound.repeated[0]
        return problem(Reason.REPEATED_ARGUMENT, name, f"argument {name!r} is given twice; give it once")
    wrong = (
        _identity_problem(bound.values, entry)
        or _surplus_problem(bound.surplus, entry)
        or _missing_problem(bound.values, entry)
        or problem_of_inputs(bound.values, entry)
    )
    each = (_argument_problem(name, value, entry) for name, value in bound.values.items())
    return wrong or next(filter(None, each), None)


def mended(call: Call, entry: Entry) -> Call:
    """A call of the same API that verifies: the template, with what is right about the given inputs."""
    found = entry.call
    given = given_inputs(call, entry) if entry.takes_inputs else {}
    for argument in entry.doc.arguments:
        if argument.name in given:
            changed = with_input(found, entry, argument, given[argument.name])
            found = changed if check_call(changed, entry) is None else found
    return found


def _identity_problem(values: Mapping[str, str], entry: Entry) -> Problem | None:
    for name, expected in entry.identifying.items():
        found = values.get(name)
        if entry.accepts(name, found):
            continue
        said = "is missing" if found is None else f"is {short(found)}"
        return problem(
            Reason.WRONG_IDENTITY, name, f"argument {name!r} {said}, but {entry.doc.id} needs {expected}"
        )
    for name in entry.loader.identity:
        if name not in entry.identifying and values.get(name, "None") != "None":
            return problem(
                Reason.WRONG_IDENTITY, name, f"argument {name!r} chooses another API than {entry.doc.id}"
            )
    return None


def _surplus_problem(surplus: tuple[str, ...], entry: Entry) -> Problem | None:
    """Positional values that no parameter takes: right only where the template has the very same."""
    expected = entry.bound.surplus
    if surplus == expected:
        return None
    if not surplus:
        return problem(Reason.MISSING_ARGUMENT, None, f"the positional argument {expected[0]} is missing")
    return problem(
        Reason.UNKNOWN_ARGUMENT,
        None,
        f"{entry.call.callee} takes no positional argument {short(surplus[0])}; name it, or leave it out",
    )


def _missing_problem(values: Mapping[str, str], entry: Entry) -> Problem | None:
    for argument in entry.doc.arguments:
        name = argument.name
        if not argument.required or name in values or name.startswith("*"):
            continue
        if argument.place not in (Place.API, Place.INPUT):
            continue  # it stands in a part of a request
        if entry.loader is GENERIC and name not in entry.bound.values:
            continue  # without a signature nobody knows: it may be one of the positional values
        return problem(Reason.MISSING_ARGUMENT, name, f"argument {name!r} is required and missing")
    return None


def _argument_problem(name: str, value: str, entry: Entry) -> Problem | None:
    """What is wrong with one argument that is given; those that identify the API were compared before."""
    parameter = entry.loader.parameters.get(name)
    documented = _documented(name, entry)
    if name in entry.identifying or is_part(name, entry):
        return None
    if documented is None and parameter is None:
        return _unknown_argument(name, value, entry)
    if value in (entry.bound.values.get(name), _default(name, entry)):
        return None
    if parameter is not None and parameter.closed:
        return _closed_problem(name, value, parameter.closed, entry)
    if documented is not None and documented.is_input:
        return _input_problem(value, documented)
    kinds = (known.type for known in (documented, parameter) if known is not None)
    told = next((kind for kind in kinds if kind is not ArgumentType.ANY), ArgumentType.ANY)
    return _value_problem(name, value, told)


def _unknown_argument(name: str, value: str, entry: Entry) -> Problem:
    if name.startswith("#"):
        said = f"{entry.doc.id} documents no further positional argument {short(value)}"
        return problem(Reason.UNKNOWN_ARGUMENT, name, said)
    inputs = {
        argument.name: argument.place for argument in entry.doc.arguments if argument.place is not Place.API
    }
    if name in inputs and inputs[name] is not Place.INPUT:
        said = f"{name!r} is no argument of {entry.call.callee}: write it into {inputs[name].value!r}"
        return problem(Reason.UNKNOWN_ARGUMENT, name, said)
    known = [argument.name for argument in entry.doc.arguments]
    close = difflib.get_close_matches(name, [*entry.loader.parameters, *known], n=1)
    shown = ", ".join(map(repr, known[:_SHOWN])) + (", …" if len(known) > _SHOWN else "")
    hint = f"; did you mean {close[0]!r}?" if close else f"; it documents {shown}" if known else ""
    return problem(
        Reason.UNKNOWN_ARGUMENT, name, f"{entry.doc.id} documents no argument {short(name)!r}{hint}"
    )


def _closed_problem(name: str, value: str, closed: Sequence[str], entry: Entry) -> Problem | None:
    """Whether a value could bring in something other than the API: another revision, tokenizer, pipeline."""
    allowed = [*closed]
    if name == "revision" and entry.revision is not None:
        allowed.append(entry.revision)
    elif closed == ("None",) and (target := target_of(entry.call, entry.loader)) is not None:
        allowed.append(target)  # the part that comes with the model itself
    if value in allowed:
        return None
    return problem(
        Reason.WRONG_IDENTITY,
        name,
        f"{name}={short(value)} could load something other than {entry.doc.id}; leave it out, or write "
        f"one of {', '.join(allowed)}",
    )


def _value_problem(name: str, value: str, expected: ArgumentType) -> Problem | None:
    node = parse_value(value)
    if not is_plain_data(node):
        return problem(
            Reason.UNSAFE_VALUE,
            name,
            f"the value {short(value)} of {name!r} is not plain data; write a literal",
        )
    if name.endswith("_kwargs") and (hidden := _hidden(node)):
        return problem(
            Reason.UNSAFE_VALUE, name, f"{hidden!r} hides inside {name!r}; write it as an argument of its own"
        )
    if not has_type(node, expected):
        return problem(
            Reason.WRONG_TYPE,
            name,
            f"the value {short(value)} of {name!r} is no {expected.value}; expected one",
        )
    return None


def _input_problem(value: str, argument: Argument) -> Problem | None:
    """What is wrong with an input that stands by name in the call itself."""
    node = parse_value(value)
    if not is_data(node):
        said = f"the value {short(value)} of {argument.name!r} is not plain data; write a literal"
        return problem(Reason.UNSAFE_VALUE, argument.name, said)
    return problem_of_value(node, argument, argument.name)


def _hidden(node: ast.expr) -> str | None:
    keys = (key for part in ast.walk(node) if isinstance(part, ast.Dict) for key in part.keys)
    names = (key.value for key in keys if isinstance(key, ast.Constant))
    return next((name for name in names if isinstance(name, str) and name in _GUARDED), None)


def _documented(name: str, entry: Entry) -> Argument | None:
    places = (Place.API, Place.INPUT)
    found = (
        argument for argument in entry.doc.arguments if argument.name == name and argument.place in places
    )
    return next(found, None)


def _default(name: str, entry: Entry) -> str | None:
    """The source text of an argument's default: the doc's, else the loader's."""
    known = _documented(name, entry) or entry.loader.parameters.get(name)
    return known.default if known is not None else None


def _by_preference(entries: Sequence[Entry], hits: Sequence[str]) -> Sequence[Entry]:
    if len(entries) < 2 or not hits:
        return entries
    rank = {doc_id: place for place, doc_id in enumerate(hits)}
    return sorted(entries, key=lambda entry: rank.get(entry.doc.id, len(rank)))


def _most_telling(call: Call, problems: Sequence[tuple[Entry, Problem]]) -> tuple[Entry, Problem]:
    """Of several docs that a call is not quite: one whose API it is, else the one that it looks like."""
    for entry, found in problems:
        if not _is_another_api(entry, found):
            return entry, found
    wanted = call.render()
    return max(problems[:50], key=lambda pair: likeness(wanted, pair[0].call.render()))


def _is_another_api(entry: Entry, problem: Problem) -> bool:
    return problem.reason is Reason.WRONG_IDENTITY and problem.argument in entry.identifying


def _moved(call: Call, now: Entry, catalogue: Catalogue) -> Problem:
    """What a call loaded has another name or place since."""
    return problem(
        Reason.UNKNOWN_API if catalogue.with_callee(call.callee) else Reason.UNKNOWN_CALLEE,
        None,
        f"{short(call.render())} is how {now.doc.id} was called before; it is now called with "
        f"{short(now.call.render())}",
    )


def _unknown(call: Call, catalogue: Catalogue) -> Problem:
    """Which part of a call without candidates is in no doc of the catalogue."""
    fitting: Sequence[Entry] = catalogue.with_callee(call.callee)
    if there := catalogue.with_address(call):
        said = f"{there[0].doc.id} is asked with the method {there[0].identifying['method']}"
        return problem(
            Reason.UNKNOWN_API,
            "method",
            f"{said}, not with {short(there[0].loader.value_of(call, 'method') or 'none')}",
        )
    if others := catalogue.otherwise_called(call):
        return problem(
            Reason.UNKNOWN_API if fitting else Reason.UNKNOWN_CALLEE,
            None,
            f"{others[0].doc.id} is called with {others[0].call.callee!r}, not with {short(call.callee)!r}",
        )
    if not fitting:
        return problem(
            Reason.UNKNOWN_CALLEE, None, f"no API doc of the catalogue is called with {short(call.callee)!r}"
        )
    loader = fitting[0].loader
    for name in loader.identity:
        found = loader.value_of(call, name)
        fitting = [entry for entry in fitting if entry.accepts(name, found)]
        if not fitting:
            said = "is missing" if found is None else f"{short(found)} is in no API doc of the catalogue"
            return problem(Reason.UNKNOWN_API, name, f"argument {name!r} {said}")
    return problem(Reason.UNKNOWN_API, None, f"{short(call.render())} is in no API doc of the catalogue")


def _nearest(wanted: str, catalogue: Catalogue, hits: Sequence[str]) -> str | None:
    """The valid call that a text may have meant: a hit's where one is close, else the likest of all."""
    near = [catalogue.entry(doc_id).call.render() for doc_id in hits if doc_id in catalogue]
    if close := difflib.get_close_matches(wanted[:_QUOTED], near[:20], n=1, cutoff=_CLOSE):
        return close[0]
    likest = [entry.call.render() for entry in catalogue.similar(wanted, 1)]
    if likest and likeness(wanted, likest[0]) >= _ALIKE:
        return likest[0]
    return near[0] if near else None


def _verified(call: Call, entry: Entry) -> Verification:
    values = bind(call, entry.loader, entry.doc.arguments).values
    free = [name for name in values if name not in entry.identifying]
    return Verification(
        verified=True,
        reason=Reason.VERIFIED,
        message=f"{call.callee} and its identifying arguments are those of {entry.doc.id}",
        call=call.render(),
        doc_id=entry.doc.id,
        checked=("callee", *entry.identifying, *free),
    )


def _refusal(text: str, problem: Problem, nearest: str | None, doc_id: str | None = None) -> Verification:
    return Verification(
        verified=False,
        reason=problem.reason,
        message=problem.message,
        argument=problem.argument,
        doc_id=doc_id,
        # Lone surrogates are no text that JSON or UTF-8 could carry.
        rejected=text[:_QUOTED].encode("utf-8", "backslashreplace").decode(),
        nearest=nearest,
    )
