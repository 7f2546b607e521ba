"""Learn a judge: which domain is meant, whether anything serves an instruction, how sure an answer is.

Each part is learnt on what the part before says of rows that it was not taught, fold by fold: what is judged
later is new, too. Then all is learnt once more on every row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from api_docs.catalogue import Catalogue
from finetune.judge.fitting import (
    TEMPERATURES,
    Doubles,
    Flags,
    Numbers,
    discriminants,
    kernel_ridge,
    logistic,
    sharpened,
    with_odds,
)
from finetune.judge.lesson import Lesson, Remembered, Told, by_hash
from retriever.bm25 import tokenize
from retriever.embedding import Encoder
from retriever.hits import Judgement
from retriever.index import Index
from retriever.judge import (
    DomainClassifier,
    Floats,
    Judge,
    Kernel,
    leaning_features,
    served_features,
    sigmoid,
    sure_features,
)
from retriever.searcher import Searcher
from retriever.signs import AnswerSign, Sign
from retriever.task_voice import DOMAINS, places, scores_by_domain
from retriever.wording import LENGTH, wording

LANDMARKS: Final = 1_100
"""Rows that the kernel compares with; with all 400 unserved ones the file stays under two megabytes."""
_SHOWN: Final = 6
"""Domains that an answer and its alternatives can show."""
_STILL: Final = 1e-3
"""A sign that moves less says nothing."""
UNSERVED_SHARE: Final = 1 / 3
"""How much of all that is asked confidence takes for unserved: as in the questions that it is judged by."""


@dataclass(frozen=True, slots=True, eq=False)
class OnFolds:
    """What a judge said of rows that it was not taught; all have one entry a row.

    `leaning` are logits of domains, `asked` and `answers` signs. `domains` are those of the first answers,
    `shown` says whether the right one is among the likeliest six. `scores` are the kernel's, `served` and
    `right` probabilities.
    """

    leaning: Doubles
    temperature: float
    asked: Floats
    answers: Floats
    domains: Numbers
    shown: Flags
    scores: Doubles
    served: Doubles
    right: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A judge, and what one like it said of rows that it was not taught."""

    judge: Judge
    on_folds: OnFolds


def learn(  # noqa: PLR0913, PLR0917 - all that is learnt from
    lesson: Lesson, catalogue: Catalogue, index: Index, encoder: Encoder, seed: int, told: Told
) -> Learnt:
    """Learn from a lesson; the catalogue's docs, searched with its index, give the signs to judge by."""
    known = Remembered(encoder, lesson.texts, lesson.vectors)
    features = _leaning_features(lesson)
    logits = _on_folds(lesson, features)
    temperature = _best_temperature(logits, lesson)
    asked, answers, domains, shown = _searched(lesson, catalogue, index, known, features, temperature, told)
    centre, spread = asked[lesson.served].mean(axis=0), asked[lesson.served].std(axis=0)
    spread = np.where(spread > _STILL, spread, 1)
    told("learning what is served", 0, 1)
    judged = _served_features(lesson, (asked - centre) / spread)
    scores = _scores_on_folds(lesson, judged, seed)
    kernel = with_odds(_kernel(lesson, judged, np.arange(len(judged)), seed), scores, lesson.served)
    served = np.array([sigmoid(kernel.slope * score + kernel.offset) for score in scores])
    evidence = np.stack([sure_features(*row) for row in zip(asked, answers, served, strict=True)])
    right = domains == lesson.domains
    weights = _shares(lesson)
    sure = logistic(evidence.astype(np.float64), right, weights)
    told("learning what is served", 1, 1)
    near = logistic(_nearness(asked), lesson.served, _shares(lesson, 0.5))
    judge = Judge(
        model=encoder.name,
        leaning=sharpened(_leaning(lesson, features, np.arange(len(features))), temperature),
        served=kernel,
        centre=centre.astype(np.float32),
        spread=spread.astype(np.float32),
        near=near.astype(np.float32),
        sure=sure.astype(np.float32),
    )
    sureness = _sure_on_folds(lesson, evidence.astype(np.float64), right, weights)
    told_of = OnFolds(logits, temperature, asked, answers, domains, shown, scores, served, sureness)
    return Learnt(judge, told_of)


def _leaning_features(lesson: Lesson) -> Floats:
    tasks = [scores_by_domain(tokenize(text)) for text in lesson.texts]
    return np.stack([leaning_features(*row) for row in zip(lesson.vectors, tasks, strict=True)])


def _served_features(lesson: Lesson, signs: Floats) -> Floats:
    rows = zip(lesson.vectors, signs, map(wording, lesson.texts), strict=True)
    return np.stack([served_features(*row) for row in rows])


def _leaning(lesson: Lesson, features: Floats, rows: Numbers) -> DomainClassifier:
    """The classifier of domains by those of these rows that are served."""
    taught = rows[lesson.served[rows]]
    return discriminants(features[taught], lesson.domains[taught], len(DOMAINS))


def _parts(lesson: Lesson) -> list[tuple[Numbers, Numbers]]:
    """The rows that are taught and those that are judged, fold by fold."""
    numbers = range(int(lesson.folds.max()) + 1)
    return [(np.flatnonzero(lesson.folds != one), np.flatnonzero(lesson.folds == one)) for one in numbers]


def _on_folds(lesson: Lesson, features: Floats) -> Doubles:
    """Logits of all rows by classifiers that were not taught them, shape (rows, domains)."""
    found = np.zeros((len(features), len(DOMAINS)))
    for taught, judged in _parts(lesson):
        leaning = _leaning(lesson, features, taught)
        found[judged] = np.where(leaning.known, features[judged] @ leaning.weights + leaning.bias, -np.inf)
    return found


def _best_temperature(logits: Doubles, lesson: Lesson) -> float:
    """What makes the right domains most probable, in the mean of logarithms."""
    rows = np.flatnonzero(lesson.served)

    def surprise(temperature: float) -> float:
        scaled = logits[rows] * temperature
        best = scaled.max(axis=1, keepdims=True)
        total = np.log(np.exp(scaled - best).sum(axis=1)) + best[:, 0]
        said = scaled[np.arange(len(rows)), lesson.domains[rows]]
        return float((total - np.where(np.isfinite(said), said, -1e3)).mean())

    return min(TEMPERATURES, key=surprise)


def _searched(  # noqa: PLR0913, PLR0917 - all that is searched with
    lesson: Lesson,
    catalogue: Catalogue,
    index: Index,
    encoder: Remembered,
    features: Floats,
    temperature: float,
    told: Told,
) -> tuple[Floats, Floats, Numbers, Flags]:
    """What searching shows of each row, led by a classifier that was not taught it."""
    asked = np.zeros((len(features), len(Sign)), dtype=np.float32)
    answers = np.zeros((len(features), len(AnswerSign)), dtype=np.float32)
    domains, shown = np.zeros(len(features), dtype=np.int64), np.zeros(len(features), dtype=np.bool_)
    done = 0
    for taught, judged in _parts(lesson):
        leaning = sharpened(_leaning(lesson, features, taught), temperature)
        judge = _leaning_only(encoder.name, leaning, len(lesson.vectors[0]))
        searcher = Searcher(catalogue, index, encoder, judge=judge)
        for row in judged.tolist():
            told("searching", done, len(features))
            done += 1
            found = searcher.explore(lesson.texts[row], k=1)
            judgement = found.judgement
            assert isinstance(judgement, Judgement)  # noqa: S101 - the judge fits the encoder
            asked[row], answers[row] = judgement.asked, judgement.answer
            likely = places([catalogue.doc(hit.doc_id).domain for hit in (*found.hits, *found.of_domains)])
            domains[row] = likely[0]
            shown[row] = lesson.domains[row] in list(dict.fromkeys(likely.tolist()))[:_SHOWN]
    told("searching", len(features), len(features))
    return asked, answers, domains, shown


def _leaning_only(model: str, leaning: DomainClassifier, dimensions: int) -> Judge:
    """A judge that knows of domains alone, and of all else nothing."""
    nothing = np.zeros((0, dimensions + len(Sign) + LENGTH), dtype=np.float32)
    signs = np.ones(len(Sign), dtype=np.float32)
    return Judge(
        model=model,
        leaning=leaning,
        served=Kernel(nothing, nothing[:, 0], nothing[:, 0], 1.0, 1.0, 0.0),
        centre=signs,
        spread=signs,
        near=np.zeros(3, dtype=np.float32),
        sure=np.zeros(len(Sign) + len(AnswerSign) + 2, dtype=np.float32),
    )


def _kernel(lesson: Lesson, features: Floats, rows: Numbers, seed: int) -> Kernel:
    """What tells served from unserved, by these rows: landmarks are all unserved ones and some others."""
    served = lesson.served[rows]
    others = list(by_hash(rows[served], lesson.texts, seed))
    place_of = {row: place for place, row in enumerate(rows.tolist())}
    refused = np.flatnonzero(~served)
    chosen = [place_of[row] for row in others[: max(0, LANDMARKS - len(refused))]]
    return kernel_ridge(features[rows], served, np.concatenate([refused, np.array(chosen, dtype=np.int64)]))


def _scores_on_folds(lesson: Lesson, features: Floats, seed: int) -> Doubles:
    found = np.zeros(len(features))
    for taught, judged in _parts(lesson):
        kernel = _kernel(lesson, features, taught, seed)
        found[judged] = [kernel.score(row) for row in features[judged]]
    return found


def _sure_on_folds(lesson: Lesson, evidence: Doubles, right: Flags, weights: Doubles) -> Doubles:
    found = np.zeros(len(evidence))
    for taught, judged in _parts(lesson):
        sure = logistic(evidence[taught], right[taught], weights[taught])
        found[judged] = [sigmoid(sure[0] + sure[1:] @ row) for row in evidence[judged]]
    return found


def _nearness(asked: Floats) -> Doubles:
    columns = [list(Sign).index(Sign.DENSE), list(Sign).index(Sign.BM25)]
    return asked[:, columns].astype(np.float64)


def _shares(lesson: Lesson, unserved: float = UNSERVED_SHARE) -> Doubles:
    """What rows weigh where unserved ones have this share of all; 1 in the mean."""
    served = lesson.served
    shares = np.where(served, (1 - unserved) / served.sum(), unserved / (~served).sum())
    found: Doubles = shares * len(served)
    return found
