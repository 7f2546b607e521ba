"""The strict rule: does the response's call exist, is it the row's API, has it the row's domain?

Where the published rule stands in the last subtree for a missing function and compares by substring,
this one parses the call and compares identifying arguments, equal calls merged.
"""

from __future__ import annotations

from dataclasses import dataclass

from api_docs.catalogue import Catalogue, Identity
from api_docs.models import Fact
from api_docs.response import parse_response
from api_docs.verification import verify
from evaluation.apibench_rows import EvalRow


@dataclass(frozen=True, slots=True)
class StrictGrade:
    """The verdict on one response; `exact` and `domain` imply `exists`."""

    call: str | None
    exists: bool
    exact: bool
    domain: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ReadCall:
    """What a response calls, whatever was asked; `identity` is None where the call is in no doc.

    `domains` are those of every doc with this call, in upstream's words; `message` says what was found.
    """

    call: str | None
    identity: Identity | None
    domains: frozenset[str]
    message: str


class StrictRule:
    """Grades responses against a catalogue whose docs carry upstream's `source_domain`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._labelled: dict[Fact, Identity] = {}
        for entry in catalogue.entries:
            if (published := entry.doc.facts.get("api_call")) is not None:
                self._labelled.setdefault(published, entry.identity)

    def target(self, row: EvalRow) -> Identity | None:
        """What identifies the row's own API; None where its label is no call of the docs.

        A label may carry further arguments than its doc, or be written in another order: it is the
        verification that says which doc it means.
        """
        if (labelled := self._labelled.get(row.api_call)) is not None:
            return labelled
        found = verify(row.api_call, self._catalogue)
        return self._catalogue.entry(found.doc_id).identity if found.verified and found.doc_id else None

    def grade(self, text: str, row: EvalRow) -> StrictGrade:
        """Grade one response."""
        return self.judge(self.read(text), row)

    def read(self, text: str) -> ReadCall:
        """What a response calls."""
        call = parse_response(text).call
        if call is None:
            return ReadCall(None, None, frozenset(), "no call in the response")
        verdict = verify(call, self._catalogue)
        if not verdict.verified or verdict.doc_id is None:
            return ReadCall(call, None, frozenset(), verdict.message)
        same = self._catalogue.same_call(verdict.doc_id)
        domains = frozenset(entry.doc.source_domain for entry in same)
        return ReadCall(call, self._catalogue.entry(verdict.doc_id).identity, domains, verdict.message)

    def judge(self, read: ReadCall, row: EvalRow) -> StrictGrade:
        """What such a call is worth as the answer to a row."""
        if read.identity is None:
            return StrictGrade(read.call, False, False, False, read.message)
        target = self.target(row)
        exact, domain = read.identity == target, row.domain in read.domains
        return StrictGrade(read.call, True, exact, domain, _reason(exact, domain, target, read.domains, row))


def _reason(exact: bool, domain: bool, target: Identity | None, domains: frozenset[str], row: EvalRow) -> str:
    if exact:
        return "the row's API"
    labels = ", ".join(sorted(domains))
    if target is None:
        return f"the row's label {row.api_call!r} is in no doc; answered with one of {labels}"
    return f"another API of {labels}" if domain else f"{labels} instead of {row.domain}"
