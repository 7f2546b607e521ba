"""An instruction in; a verified call, or the docs that answer it, out."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service import pipeline
from service.deps import RequestId, RuntimeDep
from service.routes.common import as_json, documented
from service.schemas import GenerateRequest, GenerateResponse, SearchRequest, SearchResponse

PATHS = ("/generate_call", "/search")
router = APIRouter(tags=["calls"])


@router.post(
    "/generate_call",
    response_model=GenerateResponse,
    responses=documented(400, 413, 415, 422, 502, 503, 504),
    summary="One verified API call for an instruction",
)
def generate_call(request: GenerateRequest, runtime: RuntimeDep, request_id: RequestId) -> Response:
    """Retrieve API docs, generate a call, and verify it against the catalogue before it is returned."""
    return as_json(pipeline.generate_call(request, runtime, request_id))


@router.post(
    "/search",
    response_model=SearchResponse,
    responses=documented(400, 413, 415, 422, 503),
    summary="The API docs that answer an instruction",
)
def search(request: SearchRequest, runtime: RuntimeDep, request_id: RequestId) -> Response:
    """Rank API docs, best first, with the score of each retriever."""
    return as_json(pipeline.search(request, runtime, request_id))
