"""The way of one request: instruction → search → prompt → generate → parse → verify → response.

Free of HTTP: routes, MCP, command line, batches and the evaluation all call it. Searching waits for the
encoder in a thread, the engine is waited for on the event loop; callers without one go by `Runtime.run`.
"""

from __future__ import annotations

from anyio import to_thread

from api_docs.errors import InvalidRequest
from api_docs.response import parse_response
from api_docs.verification import verify
from retriever.hits import RetrieverName
from service.answers import Outcome, respond
from service.events import HitsFound, Tell
from service.generating import choose_generator, generate
from service.logs import note_instruction
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


async def generate_call(
    request: GenerateRequest, runtime: Runtime, request_id: str = "", tell: Tell | None = None
) -> GenerateResponse:
    """One verified call for an instruction, or why there is none; `tell` hears what comes before it.

    Raises:
        InvalidInput: when the request can't be answered as it is.
        GeneratorError: when the engine fails and nothing can stand in for it.
    """
    request_id = request_id or new_id()
    response = respond(await work_out(request, runtime, request_id, tell), request_id, runtime.settings)
    runtime.answered(response)
    return response


async def work_out(
    request: GenerateRequest, runtime: Runtime, request_id: str = "", tell: Tell | None = None
) -> Outcome:
    """What was found, written and judged for a request; raises as `generate_call` does."""
    if runtime.settings.log_instructions:
        note_instruction(request.instruction)
    served, watch = runtime.served, Stopwatch()
    chosen = choose_generator(request, runtime)
    with watch.step("retrieve"):
        found = await to_thread.run_sync(find, request, served, runtime.settings)
    if tell is not None:
        tell(
            HitsFound(hits=served.hit_infos(found.hits), index_version=served.version, request_id=request_id)
        )
    if not serves(found, request, runtime.settings):
        return Outcome(request, served, found, watch, chosen)
    with watch.step("generate"):
        generated = await generate(chosen, request, found.entries, runtime, watch=watch, tell=tell)
    with watch.step("verify"):
        parsed = parse_response(generated.text)
        if parsed.declines:
            return Outcome(request, served, found, watch, chosen, generated)
        verification = verify(parsed.call or generated.text, served.catalogue, found.doc_ids)
    return Outcome(request, served, found, watch, chosen, generated, verification, parsed.call)


async def search(request: SearchRequest, runtime: Runtime, request_id: str = "") -> SearchResponse:
    """The best API docs for an instruction.

    Raises:
        InvalidInput: when the request can't be answered as it is.
    """
    if request.retriever is RetrieverName.NONE:
        raise InvalidRequest(
            "retriever 'none' finds nothing to show; choose hybrid, bm25 or dense", "retriever"
        )
    if runtime.settings.log_instructions:
        note_instruction(request.instruction)
    served, watch = runtime.served, Stopwatch()
    with watch.step("retrieve"):
        found = await to_thread.run_sync(find, request, served, runtime.settings)
    response = SearchResponse(
        hits=served.hit_infos(found.hits),
        preferences=found.preferences,
        index_version=served.version,
        request_id=request_id or new_id(),
        timing_ms=SearchTiming(retrieve=watch.laps["retrieve"], total=watch.total),
    )
    runtime.answered(response)
    return response
