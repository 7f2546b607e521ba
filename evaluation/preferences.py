"""Whether answers honour what is preferred of a model: `callsmith evaluate preferences`.

Every question is asked twice of one searcher, with its preferences heard and without. A figure is honoured by
an answer in the best quarter of its domain's docs that have the figure, a hub by an answer of it (or where it
has nothing of that domain), a way to translate by a doc that goes that way. Traps have the words of
preferences and mean something else: they have to be answered as they are without. Others name a subject that
few docs are for: whatever they prefer, one of those has to answer.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from api_docs.models import ApiDoc, Hub
from evaluation.json_lines import read_rows
from evaluation.question_sets import QUESTIONS, Half, half_of
from retriever.hits import Exploration, Quality
from retriever.preferences import Preferring
from retriever.searcher import Searcher
from retriever.task_voice import places
from retriever.wishes import Preference, Wish, read

PREFERENCES: Final = QUESTIONS / "preferences.jsonl"
BEST_QUARTER: Final = 0.75
_ROUNDS: Final = 20
Progress = Callable[[int, int], None]


class Kind(StrEnum):
    """What a question prefers."""

    FIGURE = "figure"
    HUB = "hub"
    WAY = "way to translate"
    SUBJECT = "subject"
    TRAP = "trap"


@dataclass(frozen=True, slots=True)
class Question:
    """An instruction, its domain, and what it prefers, as an answer tells it.

    `subject` are parts of ids, one of which docs have that are for what it speaks of; of few it is told.
    """

    text: str
    domain: Domain
    preferences: tuple[str, ...]
    subject: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """Of several preferences the first says it."""
        if self.subject:
            return Kind.SUBJECT
        if not self.preferences:
            return Kind.TRAP
        first = self.preferences[0]
        if first in set(Hub):
            return Kind.HUB
        return Kind.FIGURE if first in set(Preference) else Kind.WAY


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its best docs, with preferences heard and without, and whether they honour them."""

    question: Question
    quality: Quality
    understood: tuple[str, ...]
    answer: ApiDoc | None
    before: ApiDoc | None
    unchanged: bool
    honoured: bool
    honoured_before: bool


def read_questions(path: Path = PREFERENCES) -> list[Question]:
    """Every question, in the order of the file.

    Raises:
        EvaluationDataError: naming the file, the line and the reason.
    """
    return read_rows(path, _question, "instruction, domain and preferences")


def _question(row: dict[str, Any]) -> Question:
    preferences, subject = (tuple(map(str, said)) for said in (row["preferences"], row.get("subject", ())))
    return Question(str(row["instruction"]), Domain(row["domain"]), preferences, subject)


class Honours:
    """Whether docs honour preferences, by the docs' facts."""

    def __init__(self, catalogue: Catalogue) -> None:
        docs = catalogue.docs
        self._rows = {doc.id: row for row, doc in enumerate(docs)}
        self._figures = Preferring(docs, np.arange(len(docs)), places([doc.domain for doc in docs]))
        self._there = {(doc.hub, doc.domain) for doc in docs}

    def answered(self, question: Question, doc: ApiDoc | None) -> bool:
        """Whether a doc is of the subject, where there is one, else whether it honours what is preferred."""
        if question.subject:
            return doc is not None and self.is_of(question.subject, doc)
        return self.all_of(question.preferences, doc)

    @staticmethod
    def is_of(subject: Sequence[str], doc: ApiDoc) -> bool:
        """Whether a doc is for this subject, by its id."""
        return any(part in doc.id.casefold() for part in subject)

    def all_of(self, preferences: Sequence[str], doc: ApiDoc | None) -> bool:
        """Whether a doc honours every one of these."""
        return doc is not None and all(self._honours(one, doc) for one in preferences)

    def _honours(self, preference: str, doc: ApiDoc) -> bool:
        if preference in set(Hub):
            return doc.hub == preference or (preference, doc.domain) not in self._there
        if preference in set(Preference):
            standing = self._figures.standing(Preference(preference))[self._rows[doc.id]]
            return bool(standing >= BEST_QUARTER)  # never of nan
        languages, way = doc.facts.get("language"), preference.split("-")
        if not isinstance(languages, tuple):
            return False
        return list(languages) == way or (len(languages) > 2 and set(way) <= set(languages))


def run(
    searcher: Searcher, questions: Sequence[Question], progress: Progress | None = None
) -> dict[str, Any]:
    """Ask everything in every quality; the figures, a row for each quality, half and kind."""
    deaf = copy.copy(searcher)
    deaf.wish_of = lambda _: Wish()
    honours = Honours(searcher.catalogue)
    asked = []
    for done, question in enumerate(questions, 1):
        asked += [ask(searcher, deaf, honours, question, quality) for quality in Quality]
        if progress is not None:
            progress(done, len(questions))
    return {
        "cost": _cost(questions),
        "rows": list(_rows(asked)),
        "answers": [_told(one) for one in asked if one.quality is Quality.BALANCED],
    }


def ask(heard: Searcher, deaf: Searcher, honours: Honours, question: Question, quality: Quality) -> Asked:
    """Ask one question with its preferences heard, and without."""
    found = heard.explore(question.text, quality=quality)
    plain = deaf.explore(question.text, quality=quality)
    answer, before = (_best(one, heard.catalogue) for one in (found, plain))
    return Asked(
        question,
        quality,
        found.preferences,
        answer,
        before,
        unchanged=found.hits == plain.hits,
        honoured=honours.answered(question, answer),
        honoured_before=honours.answered(question, before),
    )


def _best(found: Exploration, catalogue: Catalogue) -> ApiDoc | None:
    return catalogue.doc(found.hits[0].doc_id) if found.hits else None


def _rows(asked: Sequence[Asked]) -> Iterator[dict[str, Any]]:
    for quality in Quality:
        for half in Half:
            for kind in Kind:
                these = [
                    one
                    for one in asked
                    if one.quality is quality
                    and half_of(one.question.text) is half
                    and one.question.kind is kind
                ]
                if these:
                    yield {
                        "quality": quality.value,
                        "half": half.value,
                        "kind": kind.value,
                        **_figures(these),
                    }


def _figures(asked: Sequence[Asked]) -> dict[str, int | None]:
    trap = asked[0].question.kind is Kind.TRAP
    return {
        "questions": len(asked),
        "understood": sum(one.understood == one.question.preferences for one in asked),
        "honoured": None if trap else sum(one.honoured for one in asked),
        "honoured_before": None if trap else sum(one.honoured_before for one in asked),
        "unchanged": sum(one.unchanged for one in asked),
        "right_domain": sum(_is_right(one.answer, one.question) for one in asked),
        "right_domain_before": sum(_is_right(one.before, one.question) for one in asked),
    }


def _is_right(doc: ApiDoc | None, question: Question) -> bool:
    return doc is not None and doc.domain is question.domain


def _told(one: Asked) -> dict[str, Any]:
    return {
        "instruction": one.question.text,
        "half": half_of(one.question.text).value,
        "preferences": list(one.question.preferences),
        "understood": list(one.understood),
        "honoured": one.honoured,
        "answer": one.answer.id if one.answer else None,
        "before": one.before.id if one.before else None,
    }


def _cost(questions: Sequence[Question]) -> dict[str, float]:
    """What it takes to read an instruction, in milliseconds."""
    taken = []
    for question in questions:
        began = time.perf_counter()
        for _ in range(_ROUNDS):
            read(question.text)
        taken.append(1_000 * (time.perf_counter() - began) / _ROUNDS)
    return {"reading_median_ms": round(median(taken), 3), "reading_slowest_ms": round(max(taken), 3)}
