"""Ask the service questions and write down what came back. Knows nothing about what is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from api_docs.domains import Domain
from evaluation.heldout import HeldOut
from evaluation.question_sets import (
    Half,
    half_of,
    read_near_misses,
    read_served,
    read_unserved,
)
from finetune.instructions.bank import read_bank
from service.pipeline import generate_call, search
from service.runtime import Runtime
from service.schemas import GenerateRequest, SearchRequest

FIRST_HITS: Final = 20
_WARM: Final = ("classify photos of animals", "translate a letter into French")
"""Asked before anything is timed."""

Progress = Callable[[int, int], None]


class Part(StrEnum):
    """Where a question comes from."""

    SERVED = "served"
    UNSERVED = "unserved"
    NEAR_MISS = "near miss"
    BANK = "bank"
    HELD_OUT = "held out"


@dataclass(frozen=True, slots=True)
class Question:
    """An instruction; `domain` is None where nothing serves it, and `kind` then says what it is."""

    text: str
    part: Part
    domain: Domain | None
    language: str = "en"
    kind: str = ""
    half: Half = Half.REPORTING


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what the service answered; `alternatives` are the domains of other calls."""

    question: Question
    status: str
    domain: str | None
    alternatives: tuple[str, ...]
    confidence: float | None
    milliseconds: float
    call: str | None
    name: str | None
    hits: tuple[str, ...] = field(default=())  # domains of what was found, best first

    @property
    def is_right(self) -> bool:
        """Whether the first answer has the domain that was asked for."""
        return self.domain is not None and self.domain == self.question.domain

    @property
    def is_among(self) -> bool:
        """Whether the first answer or an alternative has it."""
        return self.is_right or self.question.domain in self.alternatives


def question_sets() -> list[Question]:
    """Served and unserved questions and near misses, both halves.

    Raises:
        EvaluationDataError: when a file is damaged.
    """
    served = [Question(one.text, Part.SERVED, one.domain, half=half_of(one.text)) for one in read_served()]
    unserved = [
        Question(one.text, Part.UNSERVED, None, kind=one.kind.value, half=half_of(one.text))
        for one in read_unserved()
    ]
    near = [Question(one.text, Part.NEAR_MISS, None, half=half_of(one.text)) for one in read_near_misses()]
    return [*served, *unserved, *near]


def bank_questions(languages: Iterable[str] = ("zh", "es")) -> list[Question]:
    """The bank's instructions in these languages.

    Raises:
        TrainingDataError: when a file of the bank is damaged.
    """
    wanted = frozenset(languages)
    return [
        Question(one.text, Part.BANK, one.domain, one.language)
        for one in read_bank()
        if one.language in wanted
    ]


def held_out_questions(rows: Iterable[HeldOut]) -> list[Question]:
    """Rows that are kept for judging, as questions."""
    return [Question(row.text, Part.HELD_OUT, row.domain) for row in rows]


def ask(
    runtime: Runtime,
    questions: Sequence[Question],
    fields: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> list[Asked]:
    """Ask one question after the other, as one caller does; `fields` are further ones of the request."""
    more = dict(fields or {})
    for text in _WARM:
        runtime.run(generate_call, GenerateRequest(instruction=text, **more), runtime)
    found = []
    for done, question in enumerate(questions, 1):
        found.append(_asked(runtime, question, more))
        if progress is not None:
            progress(done, len(questions))
    return found


def _asked(runtime: Runtime, question: Question, fields: dict[str, Any]) -> Asked:
    response = runtime.run(generate_call, GenerateRequest(instruction=question.text, **fields), runtime)
    name = runtime.served.catalogue.doc(response.doc_id).name if response.doc_id else None
    return Asked(
        question,
        response.status.value,
        response.domain.value if response.domain else None,
        tuple(one.domain.value for one in response.alternatives),
        getattr(response, "confidence", None),
        response.timing_ms.total,
        response.call,
        name,
        tuple(hit.domain.value for hit in response.hits),
    )


def first_domains(
    runtime: Runtime, questions: Sequence[Question], fields: Mapping[str, Any] | None = None
) -> list[tuple[str, ...]]:
    """For each question the domains of the first calls found, best first."""
    more = {name: value for name, value in (fields or {}).items() if name in SearchRequest.model_fields}
    requests = (SearchRequest(instruction=one.text, k=FIRST_HITS, **more) for one in questions)
    responses = (runtime.run(search, request, runtime) for request in requests)
    return [tuple(hit.domain.value for hit in response.hits) for response in responses]
