"""Judge what a teacher wrote for an API doc: which instructions are kept, and why the others are not.

Each filter gives its reason. What is kept is remembered, so the order in which instructions are judged
matters, and the same order gives the same result. Knows nothing about teachers or files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api_docs.domains import Domain
from api_docs.errors import InvalidInstruction
from api_docs.models import ApiDoc
from finetune.instructions.names import Names
from finetune.instructions.sameness import TOO_CLOSE, KeptVectors, SeenRuns, normalised
from finetune.instructions.tongue import guess_language
from retriever.bm25 import tokenize
from retriever.embedding import Vectors
from retriever.hits import RetrieverName
from service.instruction import clean_instruction
from service.served import DocSearcher


class Filter(StrEnum):
    """Why an instruction is not kept."""

    LEAK = "leaked name"
    DUPLICATE = "near-duplicate"
    LENGTH = "wrong length"
    LANGUAGE = "wrong language"
    UNANSWERABLE = "unanswerable"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The filter that an instruction did not pass, and what it found."""

    filter: Filter
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What the filters let through.

    Lengths are in words. `within` is among how many domains, in the order of their best hits, the doc's must
    be. Every thirteenth English row of the bank was asked: with 8 the row's own domain passes for 85%, and
    one drawn at random for 12%; with 3 it is 65% and 4%, for people say things in roundabout ways.
    """

    shortest: int = 3
    longest: int = 90
    language: str = "en"
    closest: float = TOO_CLOSE
    within: int = 8


_MOST_HITS: Final = 400
"""Hits among which domains are looked for: one domain may have hundreds of docs."""
_TOLD: Final = 3
"""Domains that a reason names."""

_LEAST_TELLING: Final = 2
"""Words that tell one wish from another; what any request says ("I need a model") tells nothing."""

_PLACEHOLDER = re.compile(
    r"\[(?!\d+\])[^\]\n]{2,40}\]|\{[^}\n]{1,40}\}|<[a-zA-Z][^>\n]{0,40}>|_{3,}|\bX{3,}\b"
)
"""A place that the writer left for somebody to fill in."""

_OF_A_MACHINE = re.compile(
    r"\bas an ai\b|\blanguage model,? i\b|\bsorry,? (but )?i can(no|'|’)?t\b"
    r"|\bi can(no|'|’)?t (assist|fulfil)"
    r"|\bhere (are|is) (ten|10)\b|\binstructions? \d",
    re.IGNORECASE,
)
"""What a model says of itself or of its answer, and nobody of a wish."""

_WRITTEN_WITHOUT_BLANKS: Final = frozenset({"zh", "ja", "th"})
_CHARACTERS_PER_WORD: Final = 2
"""Of those languages, roughly."""


class Filters:
    """Judges instructions one after another; the cheapest filters come first."""

    def __init__(self, names: Names, searcher: DocSearcher, limits: Limits | None = None) -> None:
        self._names = names
        self._searcher = searcher
        self._limits = limits or Limits()
        self._runs = SeenRuns()
        self._kept: list[str] = []
        self._vectors = KeptVectors(searcher.encoder.dimensions)

    def judge(self, texts: Sequence[str], doc: ApiDoc) -> list[Refusal | None]:
        """For each instruction that was written for a doc why it is not kept, None where it is.

        Those that are kept are remembered at once, so that of two alike in one list the first is kept.
        """
        read = [(text, self._of_text(text) or self._of_doc(text, doc)) for text in texts]
        vectors = iter(self._searcher.encoder.encode([text for text, refused in read if refused is None]))
        return [refused or self._keep_unless_known(text, next(vectors)) for text, refused in read]

    def _of_text(self, text: str) -> Refusal | None:
        """What can be told without knowing what the instruction is for."""
        try:
            clean_instruction(text)
        except InvalidInstruction as exc:
            return Refusal(Filter.LENGTH if not text.strip() else Filter.UNANSWERABLE, str(exc))
        words, limits = _length(text, self._limits.language), self._limits
        if not limits.shortest <= words <= limits.longest:
            return Refusal(Filter.LENGTH, f"{words} words; expected {limits.shortest} to {limits.longest}")
        guessed = guess_language(text)
        if guessed not in (None, limits.language):
            return Refusal(Filter.LANGUAGE, f"reads like {guessed!r}; expected {limits.language!r}")
        return _no_wish(text)

    def _of_doc(self, text: str, doc: ApiDoc) -> Refusal | None:
        """What depends on the doc: its name, and whether the doc would be found at all."""
        if found := (*self._names.found(text), *self._names.own(text, doc)):
            return Refusal(Filter.LEAK, f"says {', '.join(repr(name) for name in dict.fromkeys(found))}")
        first = self._first_domains(text)
        if doc.domain in first:
            return None
        instead = ", ".join(domain.value for domain in first[:_TOLD]) or "nothing"
        return Refusal(Filter.UNANSWERABLE, f"asks for {instead}, … rather than for {doc.domain.value}")

    def _first_domains(self, text: str) -> list[Domain]:
        """The domains that the retriever finds for an instruction, in the order of their best hits."""
        hits = self._searcher.search(
            text, k=_MOST_HITS, hub=None, domain=None, retriever=RetrieverName.HYBRID
        )
        domains = (self._searcher.catalogue.doc(hit.doc_id).domain for hit in hits)
        return list(dict.fromkeys(domains))[: self._limits.within]

    def _keep_unless_known(self, text: str, vector: Vectors) -> Refusal | None:
        """Remember an instruction, unless one that says the same was kept before."""
        for pair in self._runs.shared(text):
            return Refusal(Filter.DUPLICATE, f"shares {pair.shared!r} with {self._kept[pair.first]!r}")
        place, cosine = self._vectors.closest(vector)
        if cosine > self._limits.closest:
            return Refusal(Filter.DUPLICATE, f"has cosine {cosine:.3f} with {self._kept[place]!r}")
        self._runs.take(text)
        self._vectors.take(vector)
        self._kept.append(text)
        return None


def _no_wish(text: str) -> Refusal | None:
    """Why a text asks for nothing that could be answered, None where it may."""
    if found := _OF_A_MACHINE.search(text):
        return Refusal(Filter.UNANSWERABLE, f"is no wish but a machine's words: {found.group()!r}")
    if found := _PLACEHOLDER.search(text):
        return Refusal(Filter.UNANSWERABLE, f"leaves {found.group()!r} to be filled in")
    # Words of other scripts are one long token each: what they tell can't be counted so.
    if text.isascii() and len(set(tokenize(text))) < _LEAST_TELLING:
        return Refusal(Filter.UNANSWERABLE, "says no more than that something is wanted")
    return None


def _length(text: str, language: str) -> int:
    if language not in _WRITTEN_WITHOUT_BLANKS:
        return len(text.split())
    return -(-len(normalised(text)) // _CHARACTERS_PER_WORD)
