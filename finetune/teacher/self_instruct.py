"""Self-Instruct, as Gorilla did it: a teacher writes ten instructions for each API, and filters judge them.

The method is that of section 3.1 of "Gorilla: Large Language Model Connected with Massive APIs". A folder
holds a job: the answers, each by the content of its request; the instructions that were kept; the report.
Running it again goes on where it was, and the same answers always give the same rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio

from api_docs.catalogue import Catalogue, Identity
from api_docs.errors import InvalidRequest
from api_docs.models import ApiDoc
from finetune.instructions.bank import read_bank
from finetune.instructions.instruction import INSTRUCTIONS, Instruction, Source, write_instructions
from finetune.instructions.names import Names
from finetune.teacher.answers import Answer, AnswerCache, Body
from finetune.teacher.asking import WANTED, body_of, read_answer
from finetune.teacher.client import Lesson, Teacher, most_of_all
from finetune.teacher.examples import Example, draw_examples
from finetune.teacher.filters import Filters
from finetune.teacher.quality import Quality, Refused
from finetune.teacher.spending import Budget, Pace, Prices, Usage
from service.served import DocSearcher

ANSWERS: Final = "answers"
"""The folder in a job's folder that holds the answers."""

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it is, and how much there is."""


@dataclass(frozen=True, slots=True)
class Request:
    """A doc and what the teacher is asked for it."""

    doc: ApiDoc
    body: Body


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a job is going to cost at most, and how long it takes at least.

    `requests` are those that were not asked before; `spent` is what the others have cost.
    """

    requests: int
    asked_before: int
    most: Usage
    cost: float
    spent: Usage
    minutes: float

    def record(self) -> dict[str, Any]:
        """For programs."""
        return {
            "requests": self.requests,
            "asked_before": self.asked_before,
            "prompt_tokens": self.most.prompt,
            "completion_tokens": self.most.completion,
            "cost": round(self.cost, 6),
            "spent_tokens": self.spent.total,
            "minutes": round(self.minutes, 1),
        }

    def lines(self) -> list[str]:
        """For people, before anything is sent."""
        lines = [
            f"{self.requests + self.asked_before:,} APIs, {self.asked_before:,} of them answered before: "
            f"{self.requests:,} requests for {WANTED} instructions each",
            f"at most {self.most.prompt:,} tokens read and {self.most.completion:,} written",
        ]
        if self.cost:
            lines.append(f"at most {self.cost:,.2f} by the given prices")
        if self.minutes >= 1:
            lines.append(f"at least {self.minutes:,.0f} minutes by the given rate")
        return lines


def choose_docs(catalogue: Catalogue, *, hub: str | None, limit: int | None, seed: int) -> list[ApiDoc]:
    """One doc of every API that is alive, equal calls once, in an order drawn by seed.

    So a few are a fair sample of all, and a higher limit adds to them.

    Raises:
        InvalidRequest: when there is no such hub.
    """
    if hub is not None and hub not in catalogue.hubs:
        known = ", ".join(repr(name) for name in catalogue.hubs)
        raise InvalidRequest(f"unknown hub {hub!r}; the catalogue has {known}", "hub")
    first: dict[Identity, ApiDoc] = {}
    for entry in catalogue.entries:
        if entry.doc.alive and hub in (None, entry.doc.hub):
            first.setdefault(entry.identity, entry.doc)
    drawn = sorted(first.values(), key=lambda doc: hashlib.sha256(f"{seed} {doc.id}".encode()).digest())
    return drawn[:limit]


def requests_for(
    docs: Sequence[ApiDoc],
    examples: Mapping[str, Sequence[Example]],
    *,
    model: str,
    seed: int,
    temperature: float,
) -> list[Request]:
    """What the teacher is asked for these docs: the same arguments give the same bytes.

    Raises:
        TrainingDataError: when a hub has too few examples.
    """
    return [
        Request(doc, body_of(doc, draw_examples(doc, examples, seed), model=model, temperature=temperature))
        for doc in docs
    ]


def estimate(requests: Sequence[Request], cache: AnswerCache, prices: Prices, pace: Pace) -> Estimate:
    """What asking these costs beyond what was asked before."""
    found = [cache.get(request.body) for request in requests]
    new = [request.body for request, answer in zip(requests, found, strict=True) if answer is None]
    most = most_of_all(new)
    return Estimate(
        requests=len(new),
        asked_before=len(requests) - len(new),
        most=most,
        cost=prices.cost(most),
        spent=sum((answer.usage for answer in found if answer is not None), Usage()),
        minutes=pace.minutes(len(new), most.total),
    )


def run(  # noqa: PLR0913 - what a run needs, by name
    requests: Sequence[Request],
    teacher: Teacher,
    *,
    searcher: DocSearcher,
    quality: Quality,
    folder: Path,
    progress: Progress = lambda *_: None,
) -> None:
    """Ask the teacher as far as budget and endpoint let, judge what it wrote, and write the folder.

    Raises:
        TeacherError: when the endpoint failed; what came before is judged and written all the same.
        StorageError: when the disk is full or read-only.
    """
    bodies = [request.body for request in requests]
    told = partial(progress, "asking the teacher")
    lesson = anyio.run(teacher.ask_all, bodies, told)
    names = Names(searcher.catalogue.docs, everyday=(one.text for one in read_bank()))
    judge(requests, lesson, Filters(names, searcher), quality, progress)
    write_instructions(folder / INSTRUCTIONS, quality.kept)
    quality.write(folder)
    if lesson.failure is not None:
        raise lesson.failure


def judge(
    requests: Sequence[Request],
    lesson: Lesson,
    filters: Filters,
    quality: Quality,
    progress: Progress = lambda *_: None,
) -> None:
    """Read every answer in the order of the requests, and keep what passes the filters."""
    for place, (request, answer) in enumerate(zip(requests, lesson.answers, strict=True)):
        if place in lesson.refused:
            quality.not_taken[request.doc.id] = lesson.refused[place]
        elif answer is None:
            quality.waiting += 1
        else:
            _judge_answer(request.doc, answer, filters, quality)
        progress("judging what it wrote", place + 1, len(requests))
    quality.stopped = lesson.stopped


def check_budget(budget: Budget, prices: Prices) -> None:
    """Make sure that a budget can be kept to.

    Raises:
        InvalidRequest: when money is limited and nothing costs any.
    """
    if budget.money is not None and prices == Prices():
        raise InvalidRequest(
            f"the budget is {budget.money:g} in money, but no price is known; say what a million tokens cost "
            "with --price-prompt and --price-completion",
            "budget_money",
        )


def _judge_answer(doc: ApiDoc, answer: Answer, filters: Filters, quality: Quality) -> None:
    truncated = answer.finish_reason == "length"
    texts = read_answer(answer.text, truncated=truncated)
    quality.answered += 1
    quality.truncated += truncated
    quality.usage += answer.usage
    if not texts:
        quality.unreadable.append(doc.id)
    for text, refusal in zip(texts, filters.judge(texts, doc), strict=True):
        if refusal is not None:
            quality.refused.append(Refused(text, doc.id, refusal))
        else:
            quality.kept.append(Instruction(text, doc.domain, doc_id=doc.id, source=Source.TEACHER))
