"""The way of one request: instruction → search → prompt → generate → parse → verify → response.

Free of HTTP: routes, command line, batches and the evaluation all call it.
"""

from __future__ import annotations

from api_docs.errors import InvalidRequest
from api_docs.response import parse_response
from api_docs.verification import verify
from retriever.hits import RetrieverName
from service.answers import Outcome, respond
from service.generating import choose_generator, generate
from service.request_id import new_id
from service.retrieving import find, serves
from service.runtime import Runtime
from service.schemas import (
    GenerateRequest,
    GenerateResponse,
    SearchRequest,
    SearchResponse,
    SearchTiming,
)
from service.stopwatch import Stopwatch


def generate_call(request: GenerateRequest, runtime: Runtime, request_id: str = "") -> GenerateResponse:
    """One verified call for an instruction, or why there is none.

    Raises:
        InvalidInput: when the request can't be answered as it is.
        GeneratorError: when the engine fails and nothing can stand in for it.
    """
    return respond(work_out(request, runtime), request_id or new_id(), runtime.settings)


def work_out(request: GenerateRequest, runtime: Runtime) -> Outcome:
    """What was found, written and judged for a request; raises as `generate_call` does."""
    served, watch = runtime.served, Stopwatch()
    chosen = choose_generator(request, runtime)
    found = find(request, served)
    watch.lap("retrieve")
    if not serves(found, request, runtime.settings):
        return Outcome(request, served, found, watch, chosen)
    generated = generate(chosen, request, found.entries, runtime)
    watch.lap("generate")
    parsed = parse_response(generated.text)
    verification = verify(parsed.call or generated.text, served.catalogue, found.doc_ids)
    watch.lap("verify")
    return Outcome(request, served, found, watch, chosen, generated, verification)


def search(request: SearchRequest, runtime: Runtime, request_id: str = "") -> SearchResponse:
    """The best API docs for an instruction.

    Raises:
        InvalidInput: when the request can't be answered as it is.
    """
    if request.retriever is RetrieverName.NONE:
        raise InvalidRequest(
            "retriever 'none' finds nothing to show; choose hybrid, bm25 or dense", "retriever"
        )
    served, watch = runtime.served, Stopwatch()
    hits = find(request, served).hits
    watch.lap("retrieve")
    return SearchResponse(
        hits=tuple(served.hit_info(hit) for hit in hits),
        index_version=served.version,
        request_id=request_id or new_id(),
        timing_ms=SearchTiming(retrieve=watch.laps["retrieve"], total=watch.total),
    )
