"""What a request finds: its hits, a few more for alternatives, and whether they could serve it."""

from __future__ import annotations

from dataclasses import dataclass

from api_docs.catalogue import Entry
from retriever.hits import Hit, Judgement, RetrieverName
from service.schemas import SearchRequest
from service.served import Served
from service.settings import Settings

ALTERNATIVES = 5
"""Other calls that an answer shows at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """`hits` are the `k` that were asked for, `further` those that follow, `entries` those of the hits.

    `of_hubs` are the best of every hub, `of_domains` the best of each of the likeliest domains. `judgement`
    is None where nothing was learnt for this way to search; by `preferences` the hits were ordered.
    """

    hits: tuple[Hit, ...]
    further: tuple[Hit, ...]
    of_hubs: tuple[Hit, ...]
    of_domains: tuple[Hit, ...]
    entries: tuple[Entry, ...]
    judgement: Judgement | None
    preferences: tuple[str, ...]

    @property
    def doc_ids(self) -> tuple[str, ...]:
        """The ids of the hits, best first."""
        return tuple(hit.doc_id for hit in self.hits)


def find(request: SearchRequest, served: Served, settings: Settings) -> Found:
    """Search as the request asks, as well as the settings say where it doesn't.

    Raises:
        InvalidRequest: when there is no such hub.
    """
    served.check_hub(request.hub)
    explored = served.searcher.explore(
        request.instruction,
        k=max(request.k, 1 + ALTERNATIVES),
        hub=request.hub,
        domain=request.domain,
        retriever=request.retriever,
        quality=request.quality or settings.quality,
    )
    asked_for = explored.hits[: request.k]
    return Found(
        asked_for,
        explored.hits[request.k :],
        explored.of_hubs,
        explored.of_domains,
        tuple(served.catalogue.entry(hit.doc_id) for hit in asked_for),
        explored.judgement,
        explored.preferences,
    )


def serves(found: Found, request: SearchRequest, settings: Settings) -> bool:
    """Whether what was found could serve the instruction at all.

    Zero-shot has nothing to judge by. Where nothing was learnt for the way that was searched (another
    embedding model, words alone), only an instruction without a hit fails.
    """
    if request.retriever is RetrieverName.NONE:
        return True
    judged = found.judgement is None or found.judgement.served >= settings.no_match_threshold
    return judged and bool(found.hits)
