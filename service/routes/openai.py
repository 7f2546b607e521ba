"""The routes that clients of OpenAI's API know: `/v1/chat/completions` and `/v1/models`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request, Response

from service import chat, pipeline
from service.chat import ChatRequest, ChatResponse, Chunks, ModelInfo, ModelList
from service.deps import RequestId, RuntimeDep
from service.problems import problem_of_exception
from service.routes.common import CLIENT_LEFT, as_json, documented_for_openai
from service.running import EventStream, Running, while_client_waits
from service.schemas import GenerateResponse

PATHS = ("/v1/chat/completions",)
router = APIRouter(prefix="/v1", tags=["openai"])

_STREAM = {
    "text/event-stream": {
        "schema": {
            "type": "object",
            "description": "One event; `data` is a chunk as JSON, and last `[DONE]`.",
            "properties": {"data": {"type": "string"}},
            "required": ["data"],
        },
        "example": 'data: {"object": "chat.completion.chunk", …}\n\ndata: [DONE]\n\n',
    }
}


@router.post(
    "/chat/completions",
    response_model=ChatResponse,
    responses=documented_for_openai(400, 401, 404, 413, 415, 429, 502, 503, 504)
    | {200: {"description": "The completion; with `stream` its chunks.", "content": _STREAM}},
    summary="One verified API call, as a chat completion",
)
async def complete(
    body: ChatRequest, request: Request, runtime: RuntimeDep, request_id: RequestId
) -> Response:
    """The last message of the user is the instruction; the content of the answer is the verified call."""
    asked = chat.request_of(body, runtime)
    if body.stream:
        running = await Running.begin(asked, runtime, request_id)
        return EventStream(running, _lines(running, Chunks(body, request_id)))
    found = await while_client_waits(request, lambda: pipeline.generate_call(asked, runtime, request_id))
    return CLIENT_LEFT if found is None else as_json(chat.completion(body, found))


@router.get(
    "/models", response_model=ModelList, responses=documented_for_openai(401, 429), summary="List models"
)
async def list_models(runtime: RuntimeDep) -> Response:
    """What `model` may be: each stands for a generator."""
    return as_json(chat.models(runtime))


@router.get(
    "/models/{name}",
    response_model=ModelInfo,
    responses=documented_for_openai(401, 404, 429),
    summary="One model",
)
async def get_model(name: Annotated[str, Path(examples=["callsmith"])], runtime: RuntimeDep) -> Response:
    """One of the models."""
    return as_json(chat.model(name, runtime))


async def _lines(running: Running, chunks: Chunks) -> AsyncIterator[bytes]:
    """The chunks as lines of a stream, and the mark that it is whole."""
    yield _line(chunks.first())
    async for told in running.events():
        if isinstance(told, Exception):
            yield b"data: " + problem_of_exception(told).openai_body() + b"\n\n"
            return
        if isinstance(told, GenerateResponse):
            for chunk in chunks.rest(told):
                yield _line(chunk)
    yield b"data: [DONE]\n\n"


def _line(chunk: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(chunk) + b"\n\n"
