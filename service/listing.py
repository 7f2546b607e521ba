"""The catalogue as pages: filters by hub, domain and words."""

from __future__ import annotations

from collections.abc import Sequence

from api_docs.errors import InvalidRequest
from api_docs.models import ApiDoc
from service.instruction import unprintable
from service.schemas import DocList, DocSummary, Listing
from service.served import Served


def page_of(query: Listing, served: Served) -> DocList:
    """The page that was asked for; empty beyond the last one.

    Raises:
        InvalidRequest: when there is no such hub, or `q` is no text.
    """
    served.check_hub(query.hub)
    found = matching(query, served)
    start = (query.page - 1) * query.per_page
    return DocList(
        items=tuple(summary_of(doc) for doc in found[start : start + query.per_page]),
        total=len(found),
        page=query.page,
        per_page=query.per_page,
        pages=-(-len(found) // query.per_page),
        index_version=served.version,
    )


def matching(query: Listing, served: Served) -> Sequence[ApiDoc]:
    """The docs that pass every filter, in catalogue order."""
    if query.q is not None and (wrong := unprintable(query.q)) is not None:
        raise InvalidRequest(f"q contains {wrong}", "q")
    words = (query.q or "").casefold().split()
    return [
        doc
        for doc, text in served.texts
        if query.hub in (None, doc.hub)
        and query.domain in (None, doc.domain)
        and all(word in text for word in words)
    ]


def summary_of(doc: ApiDoc) -> DocSummary:
    """What the list says of a doc."""
    return DocSummary(
        id=doc.id,
        hub=doc.hub,
        domain=doc.domain,
        name=doc.name,
        functionality=doc.functionality,
        call=doc.call,
        license=doc.license,
        source_url=doc.source_url,
        alive=doc.alive,
    )
