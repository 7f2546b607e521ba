"""Grade a response by the rule with which APIBench's published figures were computed.

Works on a response's text and on APIBench docs in file order (mappings with `domain` and `api_call`). The
rule looks for the docs' function names and argument values, as text, in a tree that tree-sitter makes of the
response; its quirks are kept on purpose, so that figures compare with the published ones. It knows nothing
about catalogues, verification or retrieval, and refuses to say whether a call would work: the strict rule
does.

Source: the three `ast_eval_*.py` scripts beside Patil et al. 2023, "Gorilla: Large Language Model Connected
with Massive APIs". Known flaws of that rule, kept here:

- A doc whose function name the response doesn't hold is compared with the last subtree visited.
- Argument values are looked for as substrings, so `resnet50` is found in `wide_resnet50_2`.
- The first doc found decides, also where a later one with the same call has the row's domain.
- Text around the call is cut by position, and a colon may stand inside the call.
- Docs that name no argument can never be found.

Grammars differ in how they recover from broken syntax: with tree-sitter-python 0.25 four of 3,540 published
verdicts come out differently, all of free text without `api_call`; with 0.20.1 (not on PyPI) none does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import tree_sitter_python
from tree_sitter import Language, Node, Parser

from api_docs.errors import EvaluationDataError
from api_docs.models import Hub

_PYTHON: Final = Language(tree_sitter_python.language())
_PUNCTUATION: Final = frozenset({b"(", b")", b","})
_QUOTED_LENGTH: Final = 120  # characters of a response that a reason repeats


class Verdict(StrEnum):
    """What the published rule says of a response; its accuracy is the share of `correct`."""

    CORRECT = "correct"
    WRONG_DOMAIN = "wrong_domain"
    HALLUCINATION = "hallucination"
    NO_FORMAT = "no_format"


@dataclass(frozen=True, slots=True)
class Grade:
    """A verdict, why, the place in the file (from 0) of the first doc found, and how it was found.

    `stood_in` is true where the doc's function name is nowhere in the response and the last subtree visited
    was taken instead: a match that only this rule's flaw explains.
    """

    verdict: Verdict
    reason: str
    doc_index: int | None = None
    stood_in: bool = False


@dataclass(frozen=True, slots=True)
class _HubRule:
    """Where one hub's script differs from the others."""

    by_value: tuple[bytes, ...]  # an argument whose text holds one of these counts with its value alone
    others_count: bool  # every other argument counts with its whole text
    needs_api_call: bool  # without `api_call` there is nothing to grade; else the whole text is graded


_RULES: Final[Mapping[str, _HubRule]] = {
    Hub.TORCHHUB: _HubRule(by_value=(b"repo_or_dir", b"model"), others_count=False, needs_api_call=True),
    Hub.TFHUB: _HubRule(by_value=(b"model=", b"model ="), others_count=True, needs_api_call=False),
    Hub.HUGGINGFACE: _HubRule(by_value=(b"=",), others_count=True, needs_api_call=False),
}


@dataclass(frozen=True, slots=True)
class _DocCall:
    """What is looked for of one doc: its function name, and the values that must all occur."""

    index: int
    function: bytes
    values: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Subtrees:
    """Of one response: per function name the text of the first subtree that starts with it, and the last."""

    by_function: Mapping[bytes, bytes]
    last: bytes


class PublishedRule:
    """The published rule for one hub and one file of docs.

    Parses the docs once; an instance grades some thousand responses a second, in one thread at a time.

    Raises:
        EvaluationDataError: the rule has no form for this hub, or a doc lacks its call or domain.
    """

    def __init__(self, hub: str, docs: Sequence[Mapping[str, Any]]) -> None:
        """Take the docs in file order: the first one found decides."""
        if hub not in _RULES:
            raise EvaluationDataError(
                f"no published rule for hub {hub!r}: it is defined for {', '.join(sorted(_RULES))} only; "
                "grade other hubs by the strict rule"
            )
        self._rule = _RULES[hub]
        self._hub = hub
        self._parser = Parser(_PYTHON)
        self._calls = [_text_field(doc, "api_call", index) for index, doc in enumerate(docs)]
        self._domains = [_text_field(doc, "domain", index) for index, doc in enumerate(docs)]
        self._doc_calls = self._read_doc_calls()
        self._functions = frozenset(doc_call.function for doc_call in self._doc_calls)
        self._function_lengths = frozenset(map(len, self._functions))

    def grade(self, text: str, row_domain: str) -> Grade:
        """Grade one response to a row whose own doc has `row_domain`. Takes any text, and never raises."""
        code = _code_of(text)
        if code is None:
            if self._rule.needs_api_call:
                return Grade(
                    Verdict.NO_FORMAT, f"no 'api_call' in the response, which {self._hub} is graded by"
                )
            code = text
        subtrees = self._subtrees_of(code.encode("utf-8", errors="replace"))
        found = self._first_doc_in(subtrees)
        if found is None:
            return Grade(Verdict.HALLUCINATION, f"no doc's function and argument values in {_shorten(code)}")
        return self._judge(found, found.function not in subtrees.by_function, row_domain)

    def _judge(self, found: _DocCall, stood_in: bool, row_domain: str) -> Grade:
        domain = self._domains[found.index]
        reason = f"doc {found.index}, {_shorten(self._calls[found.index])}, is the first found"
        if stood_in:
            function = found.function.decode(errors="replace")
            reason += f" (its function {function!r} is not there: the last subtree stood in)"
        if domain == row_domain:
            return Grade(Verdict.CORRECT, f"{reason}; its domain is the row's", found.index, stood_in)
        return Grade(
            Verdict.WRONG_DOMAIN,
            f"{reason}; its domain is {domain!r}, the row's {row_domain!r}",
            found.index,
            stood_in,
        )

    def _first_doc_in(self, subtrees: _Subtrees) -> _DocCall | None:
        for doc_call in self._doc_calls:
            text = subtrees.by_function.get(doc_call.function, subtrees.last)
            if all(value in text for value in doc_call.values):
                return doc_call
        return None

    def _subtrees_of(self, code: bytes) -> _Subtrees:
        by_function: dict[bytes, bytes] = {}
        root = self._parser.parse(code).root_node
        node = root
        for node in _subtrees(root):
            first = _child(node, 0)
            # Lengths first: copying the text of every left branch is quadratic in deeply nested responses.
            if first is None or first.end_byte - first.start_byte not in self._function_lengths:
                continue
            function = code[first.start_byte : first.end_byte]
            if function in self._functions:
                by_function.setdefault(function, code[node.start_byte : node.end_byte])
        return _Subtrees(by_function, last=code[node.start_byte : node.end_byte])

    def _read_doc_calls(self) -> list[_DocCall]:
        """What to look for, in file order. Of equal ones only the first can ever be found."""
        doc_calls: dict[tuple[bytes, tuple[bytes, ...]], _DocCall] = {}
        for index, call in enumerate(self._calls):
            code = call.encode("utf-8", errors="replace")
            doc_call = self._read_doc_call(index, self._parser.parse(code).root_node)
            if doc_call is not None:
                doc_calls.setdefault((doc_call.function, doc_call.values), doc_call)
        return list(doc_calls.values())

    def _read_doc_call(self, index: int, module: Node) -> _DocCall | None:
        """The call by position: first child's first child; None where there is nothing to look for."""
        call = _child(_child(module, 0), 0)
        function, arguments = _child(call, 0), _child(call, 1)
        if function is None or arguments is None:
            return None
        values = tuple(self._values(arguments))
        return _DocCall(index, _text(function), values) if values else None

    def _values(self, arguments: Node) -> Iterator[bytes]:
        for argument in arguments.children:
            text = _text(argument)
            if any(mark in text for mark in self._rule.by_value):
                yield _value_of(argument).strip(b"'")
            elif self._rule.others_count and text not in _PUNCTUATION:
                yield text.strip(b"'")


def _code_of(text: str) -> str | None:
    """The part of a response that is parsed; None where it lacks `api_call`.

    It runs from two characters after the start of what follows `api_call` (its first colon and the
    character behind that, if there is a colon) to the last closing bracket before `api_provider`.
    Without a bracket the last character is dropped.
    """
    parts = text.split("api_call", 2)
    if len(parts) == 1:
        return None
    field = parts[1].partition("api_provider")[0]
    start = max(field.find(":"), 0) + 2
    bracket = field.rfind(")")
    return field[start : bracket + 1] if bracket >= 0 else field[start:-1]


def _subtrees(root: Node) -> Iterator[Node]:
    """The root, then every node that has children: parents first, the rightmost branch first."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(child for child in node.children if child.child_count)


def _value_of(argument: Node) -> bytes:
    """The third child, which in `name=value` is the value; the whole text where there is none.

    In a string the third child is its closing quote in present grammars and missing in those that the
    published figures were computed with, whose script fails there: a string counts as a whole.
    """
    value = None if argument.type == "string" else _child(argument, 2)
    return _text(argument if value is None else value)


def _child(node: Node | None, place: int) -> Node | None:
    return node.children[place] if node is not None and node.child_count > place else None


def _text(node: Node) -> bytes:
    return node.text or b""  # None only for trees that were edited, which these never are


def _text_field(doc: Mapping[str, Any], field: str, index: int) -> str:
    value = doc.get(field)
    if not isinstance(value, str):
        raise EvaluationDataError(
            f"doc {index} has {field} {value!r}: expected text, as in APIBench's own docs; mend the record"
        )
    return value


def _shorten(text: str) -> str:
    return repr(text if len(text) <= _QUOTED_LENGTH else f"{text[:_QUOTED_LENGTH]}…")
