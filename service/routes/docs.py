"""The catalogue to look at: a filtered list of API docs, and each one in full."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api_docs.models import ApiDoc
from service import listing
from service.deps import RuntimeDep
from service.routes.common import as_json, documented
from service.schemas import DocList, Listing

router = APIRouter(prefix="/api_docs", tags=["api docs"])


@router.get("", response_model=DocList, responses=documented(401, 422, 429), summary="List API docs")
def list_docs(query: Annotated[Listing, Query()], runtime: RuntimeDep) -> Response:
    """A page of the API docs that pass every filter."""
    return as_json(listing.page_of(query, runtime.served))


@router.get(
    "/{doc_id:path}",
    response_model=ApiDoc,
    responses=documented(401, 404, 422, 429),
    summary="One API doc",
)
def get_doc(
    doc_id: Annotated[str, Path(examples=["torchhub:pytorch/vision:resnet50"])], runtime: RuntimeDep
) -> Response:
    """An API doc in full. An id that was replaced leads to the doc that replaced it."""
    return as_json(runtime.served.catalogue.doc(doc_id))
