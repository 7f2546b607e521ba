"""An instruction in; a verified call, or the docs that answer it, out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from service import answers, pipeline
from service.deps import RequestId, RuntimeDep
from service.events import HitsFound
from service.problems import problem_of_exception
from service.routes.common import CLIENT_LEFT, as_json, documented
from service.running import EventStream, Running, while_client_waits
from service.schemas import DocCall, GenerateRequest, GenerateResponse, SearchRequest, SearchResponse

PATHS = ("/generate_call", "/search")
router = APIRouter(tags=["calls"])

_STREAM = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "description": "An event; `data` is JSON, in `result` that of the answer without `stream`.",
            "properties": {
                "event": {"type": "string", "enum": ["hits", "text", "result", "error"]},
                "data": {"type": "string"},
            },
            "required": ["event", "data"],
        },
        "example": 'event: hits\ndata: {"hits": […]}\n\nevent: text\ndata: {"text": "torch.hub"}\n\n'
        'event: result\ndata: {"status": "verified", …}\n\n',
    }
}


@router.post(
    "/generate_call",
    response_model=GenerateResponse,
    responses=documented(400, 401, 413, 415, 422, 429, 502, 503, 504)
    | {200: {"description": "The answer; with `stream` the events that lead to it.", "content": _STREAM}},
    summary="One verified API call for an instruction",
)
async def generate_call(
    body: GenerateRequest, request: Request, runtime: RuntimeDep, request_id: RequestId
) -> Response:
    """Retrieve API docs, generate a call, and verify it against the catalogue before it is returned."""
    if body.stream:
        running = await Running.begin(body, runtime, request_id)
        return EventStream(running, _lines(running, request_id))
    found = await while_client_waits(request, lambda: pipeline.generate_call(body, runtime, request_id))
    return CLIENT_LEFT if found is None else as_json(found)


@router.post(
    "/search",
    response_model=SearchResponse,
    responses=documented(400, 401, 413, 415, 422, 429, 503),
    summary="The API docs that answer an instruction",
)
async def search(body: SearchRequest, runtime: RuntimeDep, request_id: RequestId) -> Response:
    """Rank API docs, best first, with the score of each retriever."""
    return as_json(await pipeline.search(body, runtime, request_id))


@router.get(
    "/calls/{doc_id:path}",
    response_model=DocCall,
    responses=documented(401, 404, 422, 429),
    summary="The call of one API doc",
)
def get_call(
    doc_id: Annotated[str, Path(examples=["torchhub:pytorch/vision:resnet50"])], runtime: RuntimeDep
) -> Response:
    """A doc's own call, verified like any other, with the snippet that uses it: what an alternative is."""
    return as_json(answers.call_of(doc_id, runtime.served))


async def _lines(running: Running, request_id: str) -> AsyncIterator[bytes]:
    """The events as lines of a stream."""
    async for told in running.events():
        if isinstance(told, Exception):
            yield _event("error", problem_of_exception(told).body(request_id).decode())
        else:
            yield _event(_name(told), told.model_dump_json())


def _name(told: BaseModel) -> str:
    if isinstance(told, GenerateResponse):
        return "result"
    return "hits" if isinstance(told, HitsFound) else "text"


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()
