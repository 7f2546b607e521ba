"""What a request finds: its hits, a few more for alternatives, and each hub's best."""

from __future__ import annotations

from dataclasses import dataclass

from api_docs.catalogue import Entry
from retriever.hits import Hit, RetrieverName
from service.schemas import SearchRequest
from service.served import Served
from service.settings import Settings

ALTERNATIVES = 5
"""Other calls that an answer shows at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """`hits` are the `k` that were asked for, `further` those that follow, `best` the best of each hub,
    `entries` those of the hits."""

    hits: tuple[Hit, ...]
    further: tuple[Hit, ...]
    best: tuple[Hit, ...]
    entries: tuple[Entry, ...]

    @property
    def doc_ids(self) -> tuple[str, ...]:
        """The ids of the hits, best first."""
        return tuple(hit.doc_id for hit in self.hits)


def find(request: SearchRequest, served: Served) -> Found:
    """Search as the request asks.

    Raises:
        InvalidRequest: when there is no such hub.
    """
    served.check_hub(request.hub)
    k = max(request.k, 1 + ALTERNATIVES)
    where, how = request.domain, request.retriever
    if request.hub is None:
        hits, best = served.searcher.search_hubs(request.instruction, k=k, domain=where, retriever=how)
    else:
        hits = served.searcher.search(request.instruction, k=k, hub=request.hub, domain=where, retriever=how)
        best = []
    asked_for = tuple(hits[: request.k])
    entries = tuple(served.catalogue.entry(hit.doc_id) for hit in asked_for)
    return Found(asked_for, tuple(hits[request.k :]), tuple(best), entries)


def serves(found: Found, request: SearchRequest, settings: Settings) -> bool:
    """Whether what was found could serve the instruction at all.

    Zero-shot has nothing to judge by. Else one word shared with a hit is enough, or a similarity above
    the threshold: an instruction fails only where it has neither.
    """
    if request.retriever is RetrieverName.NONE:
        return True
    if any(hit.scores.get("bm25", 0.0) > 0 for hit in found.hits):
        return True
    best = max((hit.scores.get("dense", 0.0) for hit in found.hits), default=float("-inf"))
    return best >= settings.no_match_threshold
