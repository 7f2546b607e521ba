"""The strict rule: does the response's call exist, is it the row's API, has it the row's domain?

Where the published rule stands in the last subtree for a missing function and compares by substring,
this one parses the call and compares identifying arguments, equal calls merged.
"""

from __future__ import annotations

from dataclasses import dataclass

from api_docs.catalogue import Catalogue, Identity
from api_docs.models import ApiDoc, Fact
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
        call = parse_response(text).call
        if call is None:
            return StrictGrade(None, False, False, False, "no call in the response")
        verdict = verify(call, self._catalogue)
        if not verdict.verified or verdict.doc_id is None:
            return StrictGrade(call, False, False, False, verdict.message)
        identity = self._catalogue.entry(verdict.doc_id).identity
        docs = [entry.doc for entry in self._catalogue.same_call(verdict.doc_id)]
        target = self.target(row)
        exact = identity == target
        domain = any(doc.source_domain == row.domain for doc in docs)
        return StrictGrade(call, True, exact, domain, _reason(exact, domain, target, docs, row))


def _reason(exact: bool, domain: bool, target: Identity | None, docs: list[ApiDoc], row: EvalRow) -> str:
    if exact:
        return "the row's API"
    labels = ", ".join(sorted({doc.source_domain for doc in docs}))
    if target is None:
        return f"the row's label {row.api_call!r} is in no doc; answered with one of {labels}"
    return f"another API of {labels}" if domain else f"{labels} instead of {row.domain}"
