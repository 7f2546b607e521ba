"""What was published when, what that changed, and what happened to one API doc."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from service import changes
from service.changes import ChangedDocs, ChangesQuery, DocHistory, PublicationList
from service.deps import RuntimeDep
from service.routes.common import as_json, documented

router = APIRouter(tags=["api docs"])


@router.get(
    "/changes",
    response_model=PublicationList,
    responses=documented(401, 429),
    summary="What was published when",
)
def list_publications(runtime: RuntimeDep) -> Response:
    """The last ninety publications, the newest first, with how many docs each changed."""
    return as_json(changes.publications(runtime.settings))


@router.get(
    "/changes/{number}",
    response_model=ChangedDocs,
    responses=documented(401, 404, 422, 429),
    summary="What a publication changed",
)
def list_changes(
    number: Annotated[int, Path(ge=1, le=1_000_000_000)],
    query: Annotated[ChangesQuery, Query()],
    runtime: RuntimeDep,
) -> Response:
    """A page of the docs that it changed, field by field."""
    return as_json(changes.changed_docs(runtime.settings, number, query))


@router.get(
    "/history/{doc_id:path}",
    response_model=DocHistory,
    responses=documented(401, 404, 422, 429),
    summary="The history of an API doc",
)
def get_history(
    doc_id: Annotated[str, Path(examples=["torchhub:pytorch/vision:resnet50"])], runtime: RuntimeDep
) -> Response:
    """What the last publications did to a doc, under its former ids too; also of one that is gone."""
    return as_json(changes.history_of(runtime.settings, doc_id, runtime.served))
