"""What one version of the catalogue and its index answer with.

A request takes it once and keeps to it, so that a later version can't slip in half way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from typing import Protocol

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.errors import InvalidRequest
from api_docs.models import ApiDoc
from api_docs.verification import check_call
from retriever.embedding import Encoder
from retriever.hits import Exploration, Hit, Quality, RetrieverName
from service.schemas import Alternative, HitInfo
from service.validation import quoted


class DocSearcher(Protocol):
    """Ranks the API docs of one catalogue; `retriever.searcher.Searcher` does."""

    catalogue: Catalogue
    version: str
    encoder: Encoder

    def search(
        self, instruction: str, *, k: int, hub: str | None, domain: Domain | None, retriever: RetrieverName
    ) -> list[Hit]:
        """The `k` best APIs."""
        ...

    def explore(  # noqa: PLR0913 - what a request may ask for
        self,
        instruction: str,
        *,
        k: int,
        hub: str | None,
        domain: Domain | None,
        retriever: RetrieverName,
        quality: Quality,
    ) -> Exploration:
        """The `k` best APIs, the best of every hub and of likely domains, and what to think of them."""
        ...


class Served:
    """A searcher with its catalogue, and what is worked out of them once.

    `opened_at` is when this process began to serve it; the catalogue's own `created` says how old it is.
    """

    def __init__(self, searcher: DocSearcher) -> None:
        self.searcher = searcher
        self.catalogue = searcher.catalogue
        self.version = searcher.version
        self.opened_at = datetime.now(UTC)
        self._templates: dict[str, str | None] = {}

    @cached_property
    def texts(self) -> tuple[tuple[ApiDoc, str], ...]:
        """Every doc with the text that its words are looked for in."""
        return tuple(
            (doc, f"{doc.id} {doc.name} {doc.functionality} {doc.domain} {doc.description}".casefold())
            for doc in self.catalogue.docs
        )

    @cached_property
    def counts(self) -> dict[str, dict[Domain, int]]:
        """How many docs each hub has of each domain, most first."""
        counted = {
            hub: Counter(doc.domain for doc in self.catalogue.docs if doc.hub == hub)
            for hub in self.catalogue.hubs
        }
        return {hub: dict(domains.most_common()) for hub, domains in counted.items()}

    @cached_property
    def dead(self) -> Counter[str]:
        """How many docs of each hub have a source that is gone."""
        return Counter(doc.hub for doc in self.catalogue.docs if not doc.alive)

    def check_hub(self, hub: str | None) -> None:
        """Make sure that there is such a hub.

        Raises:
            InvalidRequest: naming the hubs that there are.
        """
        if hub is not None and hub not in self.catalogue.hubs:
            known = ", ".join(repr(name) for name in self.catalogue.hubs)
            raise InvalidRequest(f"unknown hub {quoted(hub)}; the catalogue has {known}", "hub")

    def template(self, doc_id: str) -> str | None:
        """The doc's own call, if it verifies; a doc is judged once."""
        if doc_id not in self._templates:
            entry = self.catalogue.entry(doc_id)
            verified = check_call(entry.call, entry) is None
            self._templates[doc_id] = entry.call.render() if verified else None
        return self._templates[doc_id]

    def hit_infos(self, hits: Iterable[Hit]) -> tuple[HitInfo, ...]:
        """What a response says of its hits."""
        return tuple(map(self._hit_info, hits))

    def _hit_info(self, hit: Hit) -> HitInfo:
        doc = self.catalogue.doc(hit.doc_id)
        return HitInfo(
            id=doc.id,
            rank=hit.rank,
            score=hit.score,
            scores=hit.scores,
            name=doc.name,
            hub=doc.hub,
            domain=doc.domain,
            source_url=doc.source_url,
            merged=hit.merged,
        )

    def alternative(self, hit: Hit) -> Alternative | None:
        """A hit as another verified call; None where its call doesn't verify."""
        call = self.template(hit.doc_id)
        if call is None:
            return None
        doc = self.catalogue.doc(hit.doc_id)
        return Alternative(
            call=call,
            id=doc.id,
            name=doc.name,
            hub=doc.hub,
            domain=doc.domain,
            score=hit.score,
            source_url=doc.source_url,
        )
