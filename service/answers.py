"""Put answers together: the call with its code and warnings, or what failed, and what there is besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api_docs.call import parse_call
from api_docs.catalogue import Entry
from api_docs.snippets import render_code, warnings_for
from api_docs.verification import Reason, Verification, verify
from retriever.hits import Hit
from service.generating import Generated
from service.retrieving import ALTERNATIVES, Found
from service.schemas import (
    Alternative,
    DocCall,
    GenerateRequest,
    GenerateResponse,
    GeneratorChoice,
    GeneratorInfo,
    Status,
    Timing,
    VerificationInfo,
)
from service.served import Served
from service.settings import OnUnverified, Settings
from service.stopwatch import Stopwatch

_GLANCE = 240
"""Characters."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: what was found, written and judged.

    Without `verification` nothing serves the instruction: nothing was found that could, and then nothing was
    `generated`; or a model says so of what was found. `written_call` is the call as the generator wrote it,
    None where it wrote none.
    """

    request: GenerateRequest
    served: Served
    found: Found
    watch: Stopwatch
    chosen: GeneratorChoice
    generated: Generated | None = None
    verification: Verification | None = None
    written_call: str | None = None


def respond(outcome: Outcome, request_id: str, settings: Settings) -> GenerateResponse:
    """The response that tells an outcome."""
    generated, verification = outcome.generated, outcome.verification
    if generated is None or verification is None:
        return _no_match(outcome, request_id)
    verdict = _verdict(outcome, verification, settings)
    prompt = generated.prompt.rendered if outcome.request.include_prompt else None
    judged = {"verification": verdict, "generator": _generator_info(outcome, generated), "prompt": prompt}
    if not verdict.verified or verdict.call is None or verdict.doc_id is None:
        return GenerateResponse(
            status=Status.UNVERIFIED,
            explanation=f"The call that was generated was refused: {verdict.message}.",
            alternatives=_alternatives(outcome, None),
            **judged,
            **_always(outcome, request_id),
        )
    entry = outcome.served.catalogue.entry(verdict.doc_id)
    call = parse_call(verdict.call)
    return GenerateResponse(
        status=Status.VERIFIED,
        call=verdict.call,
        code=render_code(call, entry, pin_revision=outcome.request.pin_revision),
        hub=entry.doc.hub,
        domain=entry.doc.domain,
        doc_id=entry.doc.id,
        explanation=_explanation(outcome, entry, verdict, generated.written.reasons),
        warnings=warnings_for(call, entry),
        alternatives=_alternatives(outcome, entry),
        **judged,
        **_always(outcome, request_id),
    )


def call_of(doc_id: str, served: Served) -> DocCall:
    """A doc's own call, judged like one that was generated.

    Raises:
        NotFound: when there is no such doc.
    """
    entry = served.catalogue.entry(doc_id)
    verdict = verify(entry.doc.call, served.catalogue, [entry.doc.id])
    said = {"id": entry.doc.id, "verification": verdict, "index_version": served.version}
    if not verdict.verified or verdict.call is None:
        return DocCall(**said)
    call = parse_call(verdict.call)
    return DocCall(
        call=verdict.call, code=render_code(call, entry), warnings=warnings_for(call, entry), **said
    )


def _no_match(outcome: Outcome, request_id: str) -> GenerateResponse:
    asked = (("hub", outcome.request.hub), ("domain", outcome.request.domain))
    where = " and ".join(f"{name} {str(value)!r}" for name, value in asked if value is not None)
    message = f"no API doc{f' of {where}' if where else ''} serves this instruction"
    if outcome.found.hits:
        message += "; the nearest ones are under `hits`"
    generated = outcome.generated
    return GenerateResponse(
        status=Status.NO_MATCH,
        explanation=f"{message[0].upper()}{message[1:]}.",
        verification=VerificationInfo(verified=False, reason=Reason.NO_CALL, message=message),
        generator=generated.info if generated is not None else GeneratorInfo(backend=outcome.chosen),
        prompt=generated.prompt.rendered if generated and outcome.request.include_prompt else None,
        **_always(outcome, request_id),
    )


def _always(outcome: Outcome, request_id: str) -> dict[str, Any]:
    """What every response says."""
    laps = outcome.watch.laps
    return {
        "hits": outcome.served.hit_infos(outcome.found.hits),
        "confidence": _confidence(outcome),
        "preferences": outcome.found.preferences,
        "index_version": outcome.served.version,
        "request_id": request_id,
        "timing_ms": Timing(
            retrieve=laps.get("retrieve", 0.0),
            generate=laps.get("generate", 0.0),
            verify=laps.get("verify", 0.0),
            total=outcome.watch.total,
        ),
    }


def _generator_info(outcome: Outcome, generated: Generated) -> GeneratorInfo:
    """Who answered, and how sure the model was of the call that it wrote."""
    logprob = generated.written.logprob_of(outcome.written_call) if outcome.written_call else None
    return generated.info.model_copy(update={"call_logprob": logprob})


def _verdict(outcome: Outcome, verification: Verification, settings: Settings) -> VerificationInfo:
    """The verdict; with `repair`, on the nearest valid call where the generator's own was refused."""
    if verification.verified or settings.on_unverified is OnUnverified.REFUSE or not verification.nearest:
        return VerificationInfo(**dict(verification))
    nearest = verify(verification.nearest, outcome.served.catalogue, outcome.found.doc_ids)
    if not nearest.verified:
        return VerificationInfo(**dict(verification))
    refused = {
        "message": f"refused: {verification.message}; the nearest valid call stands in its place",
        "rejected": verification.rejected,
        "argument": verification.argument,
    }
    return VerificationInfo(**(dict(nearest) | refused), repaired=True)


def _explanation(outcome: Outcome, entry: Entry, verdict: VerificationInfo, reasons: Sequence[str]) -> str:
    """What the API does, in the doc's words, and why it is the answer."""
    doc = entry.doc
    task = doc.domain.replace("-", " ")
    said = [f"{doc.name} ({doc.hub}, {task}): {_opening(doc.description) or doc.functionality or task}"]
    if verdict.repaired:
        said.append("The generator's own call was refused, and the nearest valid call stands in its place.")
    rank = next((hit.rank for hit in outcome.found.hits if hit.doc_id == doc.id), None)
    if rank is not None:
        said.append(f"It ranks {rank} among the docs retrieved by {outcome.request.retriever}.")
    return " ".join([*said, *reasons])


def _opening(text: str) -> str:
    """The first sentences of a text, as many as a reader takes in at a glance."""
    if len(text) <= _GLANCE:
        return text
    end = max(text.rfind(". ", 0, _GLANCE), text.find(". ")) + 1
    return text[:end] if 0 < end <= 2 * _GLANCE else f"{text[:_GLANCE].rstrip()}…"


def _confidence(outcome: Outcome) -> float | None:
    """How probable it is that the best hit's domain is meant; None where nobody can tell, or it was given."""
    judgement = outcome.found.judgement
    if judgement is None or judgement.right is None or outcome.request.domain is not None:
        return None
    return round(judgement.right, 4)


def _alternatives(outcome: Outcome, answered: Entry | None) -> tuple[Alternative, ...]:
    """Up to five other verified calls in the order of their ranks.

    Each other hub's best is among them, then the best of other domains, the likeliest first, then further
    hits.
    """
    served, found = outcome.served, outcome.found
    taken = {answered.identity} if answered else set()
    hub, domain = (answered.doc.hub, answered.doc.domain) if answered else (None, None)
    of_hubs = [hit for hit in found.of_hubs if served.catalogue.doc(hit.doc_id).hub != hub]
    of_domains = [hit for hit in found.of_domains if served.catalogue.doc(hit.doc_id).domain != domain]
    chosen: list[tuple[Hit, Alternative]] = []
    shown = {domain, *(served.catalogue.doc(hit.doc_id).domain for hit in of_hubs)}
    new = [hit for hit in of_domains if served.catalogue.doc(hit.doc_id).domain not in shown]
    for hit in (*of_hubs, *new, *found.hits, *found.further):
        identity = served.catalogue.entry(hit.doc_id).identity
        if len(chosen) < ALTERNATIVES and identity not in taken:
            taken.add(identity)
            if (alternative := served.alternative(hit)) is not None:
                chosen.append((hit, alternative))
    return tuple(alternative for _, alternative in sorted(chosen, key=lambda pair: pair[0].rank))
