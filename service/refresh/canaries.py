"""Canaries: questions of everyday words that every version has to go on answering.

Each names the hub that is asked, and what is an acceptable answer: some docs, or any doc of a domain. Before
a version is published both it and the one before are asked; it may not find much less among its first five.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.errors import BrokenCatalogue
from api_docs.models import HubName
from api_docs.storage import first_error
from retriever.bm25 import Bm25Backend
from retriever.embedding import Encoder, Reading, Vectors, read_with
from retriever.hits import Hit
from retriever.index import Index
from retriever.judge import Judge
from retriever.searcher import Searcher

FILE = Path(__file__).parent / "canaries.jsonl"
FIRST = 5
"""Answers that are looked at."""
TOLERATED = 2
"""Points of recall that a version may lose."""
_REMEMBERED: Final = 4
"""Texts: a question, and it without its wishes for a model."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Canary(_Frozen):
    """One question. Where `docs` are named, one of them has to be found, else any doc of the `domain`."""

    hub: HubName
    instruction: Annotated[str, Field(min_length=1, max_length=400)]
    domain: Domain | None = None
    docs: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_what_is_acceptable(self) -> Self:
        if (self.domain is None) == (not self.docs):
            raise ValueError("expected either a domain or docs")
        return self


class CanaryReport(_Frozen):
    """How many of the questions that both versions can answer were answered, in percent, and which no more.

    `lost` and `gained` are those that only the one before, or only the new one, answers. `gone` can't be
    answered any more, for all their docs are gone; they count in neither.
    """

    asked: int
    before: float
    after: float
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no more was lost than may be."""
        return 100 * (len(self.lost) - len(self.gained)) <= TOLERATED * self.asked


@dataclass(frozen=True, slots=True)
class Version:
    """A catalogue and its index."""

    catalogue: Catalogue
    index: Index


def read_canaries(path: Path | None = None) -> tuple[Canary, ...]:
    """The canaries of a file, of the one that ships unless another is named.

    Raises:
        BrokenCatalogue: naming the line that can't be read.
    """
    file = path or FILE
    found = []
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            found.append(Canary.model_validate_json(line))
        except ValidationError as exc:
            raise BrokenCatalogue(
                f"{str(file)!r}, line {number}: {first_error(exc)}; mend that line"
            ) from exc
    return tuple(found)


def ask_canaries(  # noqa: PLR0913, PLR0917 - what both versions are asked with
    canaries: Sequence[Canary],
    before: Version,
    after: Version,
    encoder: Encoder,
    bm25: Bm25Backend = Bm25Backend.BM25S,
    judge: Judge | None = None,
) -> CanaryReport:
    """Ask both versions the questions that both can answer, as a service would with these."""
    acceptable = list(
        zip(
            canaries,
            _acceptable(canaries, before.catalogue),
            _acceptable(canaries, after.catalogue),
            strict=True,
        )
    )
    asked = [(one, old, new) for one, old, new in acceptable if old and new]
    once = _Once(encoder)
    then = Searcher(before.catalogue, before.index, once, bm25, judge)
    now = Searcher(after.catalogue, after.index, once, bm25, judge)
    answered = [(one.instruction, _finds(then, one, old), _finds(now, one, new)) for one, old, new in asked]
    return CanaryReport(
        asked=len(asked),
        before=_percent([was for _, was, _ in answered]),
        after=_percent([is_now for _, _, is_now in answered]),
        lost=tuple(text for text, was, is_now in answered if was and not is_now),
        gained=tuple(text for text, was, is_now in answered if is_now and not was),
        gone=tuple(one.instruction for one, old, new in acceptable if old and not new),
    )


class _Once:
    """An encoder that remembers what it was asked last: a question is read once for both versions."""

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self._vector = lru_cache(_REMEMBERED)(lambda text: encoder.encode([text])[0])
        self._reading = lru_cache(_REMEMBERED)(lambda text: read_with(encoder, [text])[0])

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vector(text) for text in texts])

    def read(self, texts: Sequence[str]) -> list[Reading]:
        return [self._reading(text) for text in texts]


def _finds(searcher: Searcher, canary: Canary, acceptable: frozenset[str]) -> bool:
    hits: Sequence[Hit] = searcher.search(canary.instruction, k=FIRST, hub=canary.hub)
    return any(not acceptable.isdisjoint((hit.doc_id, *hit.merged)) for hit in hits)


def _acceptable(canaries: Sequence[Canary], catalogue: Catalogue) -> list[frozenset[str]]:
    """By canary, the ids of the docs that answer it; none where they are all gone."""
    of_domain: dict[tuple[str, Domain | None], set[str]] = defaultdict(set)
    for doc in catalogue.docs:
        of_domain[doc.hub, doc.domain].add(doc.id)
    found = []
    for one in canaries:
        named = {catalogue.aliases.get(doc_id, doc_id) for doc_id in one.docs}
        found.append(
            frozenset(filter(catalogue.__contains__, named) if named else of_domain[one.hub, one.domain])
        )
    return found


def _percent(found: Sequence[bool]) -> float:
    return round(100 * sum(found) / len(found), 1) if found else 100.0
