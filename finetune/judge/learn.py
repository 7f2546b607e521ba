"""Learn a judge: which domain is meant, whether anything serves an instruction, how sure an answer is.

Each part is learnt on what the part before says of rows that it was not taught, fold by fold: what is judged
later is new, too. Then all is learnt once more on every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from api_docs.catalogue import Catalogue
from finetune.judge.fitting import Doubles, Flags, Numbers, kernel_ridge, logistic, with_odds
from finetune.judge.lesson import Lesson, Remembered, Told, by_hash
from finetune.judge.teaching import Lessons, teach_branches
from retriever.bm25 import tokenize
from retriever.branch import Branch, Floats, Layers
from retriever.branch_graph import BranchGraph
from retriever.embedding import ReadingEncoder
from retriever.hits import Judgement
from retriever.index import Index
from retriever.judge import Judge, Kernel, branch_features, served_features, sigmoid, sure_features
from retriever.searcher import Searcher
from retriever.signs import AnswerSign, Sign
from retriever.task_voice import DOMAINS, places, scores_by_domain
from retriever.wording import LENGTH, wording

SEARCHED: Final = 6_000
"""Served instructions that are searched for, so that signs can be learnt from."""
FEWEST_OF_A_DOMAIN: Final = 12
"""Instructions, below which a domain is not known: what a handful says of it is worth nothing."""
LANDMARKS: Final = 1_100
"""Rows that the kernel compares with, half of them unserved; twice as many told no more."""
_SHOWN: Final = 6
"""Domains that an answer and its alternatives can show."""
TEMPERATURES: Final = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.6)
_STILL: Final = 1e-3
"""A sign that moves less says nothing."""
UNSERVED_SHARE: Final = 1 / 3
"""How much of all that is asked confidence takes for unserved: as in the questions that it is judged by."""


@dataclass(frozen=True, slots=True, eq=False)
class OnFolds:
    """What a judge said of rows that it was not taught; all have one entry a row.

    `leaning` are logits of domains, shape (rows, domains). `domains` are those of the first answers, `shown`
    says whether the right one is among the likeliest six. `served` and `right` are probabilities.
    """

    leaning: Doubles
    domains: Numbers
    shown: Flags
    served: Doubles
    right: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """A judge, and what one like it said of rows that it was not taught: those of `judged`."""

    judge: Judge
    judged: Lesson
    on_folds: OnFolds
    temperature: float


def learn(  # noqa: PLR0913, PLR0917 - all that is learnt from
    lesson: Lesson,
    catalogue: Catalogue,
    index: Index,
    encoder: ReadingEncoder,
    layers: Layers,
    seed: int,
    told: Told,
) -> Learnt:
    """Learn from a lesson; the catalogue's docs, searched with its index, give the signs to judge by.

    `layers` are those that the lesson's states go into.

    Domains are learnt from every row, all else from those that nothing serves and `SEARCHED` others, drawn by
    hash: searching for thousands more takes long and teaches little.
    """
    known = np.bincount(lesson.domains[lesson.served], minlength=len(DOMAINS)) >= FEWEST_OF_A_DOMAIN
    lessons = Lessons(
        after=lesson.after,
        layers=layers,
        states=lesson.states,
        features=_branch_features(lesson),
        domains=lesson.domains,
        served=lesson.served,
        count=len(DOMAINS),
    )
    taught = [rows for rows, _ in _parts(lesson)]
    *branches, of_all = teach_branches(
        lessons, [*taught, np.arange(len(lesson.texts))], seed, partial(told, "learning domains")
    )
    logits = _on_folds(lesson, lessons, branches, known)
    temperature = _best_temperature(logits, lesson)
    served = list(by_hash(np.flatnonzero(lesson.served), lesson.texts, seed))[:SEARCHED]
    rows = np.sort(np.concatenate([np.array(served, dtype=np.int64), np.flatnonzero(~lesson.served)]))
    judged, remembered = lesson.part(rows), Remembered(encoder, lesson)
    of_domains = [_of_domains(encoder, sharpened(one, temperature), known) for one in branches]
    seen = _searched(judged, catalogue, index, remembered, of_domains, told)
    branch = sharpened(of_all, temperature)
    told("learning what is served", 0, 1)
    judge, on_folds = _judged(judged, _of_domains(encoder, branch, known), logits[rows], seen, seed)
    told("learning what is served", 1, 1)
    return Learnt(judge, judged, on_folds, temperature)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What searching showed of some rows: signs, the first answers' domains, and whether the right one is
    among the likeliest six."""

    asked: Floats
    answers: Floats
    domains: Numbers
    shown: Flags


def _judged(
    lesson: Lesson, of_domains: Judge, logits: Doubles, seen: _Seen, seed: int
) -> tuple[Judge, OnFolds]:
    """The judge that knows of domains already, with all else, by what was seen of a lesson's rows."""
    asked = seen.asked
    centre, spread = asked[lesson.served].mean(axis=0), asked[lesson.served].std(axis=0)
    spread = np.where(spread > _STILL, spread, 1)
    features = _served_features(lesson, (asked - centre) / spread)
    scores = _scores_on_folds(lesson, features, seed)
    kernel = with_odds(_kernel(lesson, features, np.arange(len(features)), seed), scores, lesson.served)
    served = np.array([sigmoid(kernel.slope * score + kernel.offset) for score in scores])
    rows = zip(asked, seen.answers, served, strict=True)
    evidence = np.stack([sure_features(*row) for row in rows]).astype(np.float64)
    right, weights = seen.domains == lesson.domains, _shares(lesson)
    judge = replace(
        of_domains,
        served=kernel,
        centre=centre.astype(np.float32),
        spread=spread.astype(np.float32),
        near=logistic(_nearness(asked), lesson.served, _shares(lesson, 0.5)).astype(np.float32),
        sure=logistic(evidence, right, weights).astype(np.float32),
    )
    sureness = _sure_on_folds(lesson, evidence, right, weights)
    return judge, OnFolds(logits, seen.domains, seen.shown, served, sureness)


def sharpened(branch: Branch, temperature: float) -> Branch:
    """The same with all logits of domains multiplied: of rows that it was not taught a branch is too sure."""
    factor = np.full(len(branch.bias), temperature, dtype=np.float32)
    factor[-1] = 1
    return replace(branch, out=branch.out * factor, direct=branch.direct * factor, bias=branch.bias * factor)


def _branch_features(lesson: Lesson) -> Floats:
    tasks = [scores_by_domain(tokenize(text)) for text in lesson.texts]
    return np.stack([branch_features(*row) for row in zip(lesson.vectors, tasks, strict=True)])


def _served_features(lesson: Lesson, signs: Floats) -> Floats:
    rows = zip(lesson.vectors, signs, map(wording, lesson.texts), strict=True)
    return np.stack([served_features(*row) for row in rows])


def _parts(lesson: Lesson) -> list[tuple[Numbers, Numbers]]:
    """The rows that are taught and those that are judged, fold by fold."""
    numbers = range(int(lesson.folds.max()) + 1)
    return [(np.flatnonzero(lesson.folds != one), np.flatnonzero(lesson.folds == one)) for one in numbers]


def _on_folds(lesson: Lesson, lessons: Lessons, branches: Sequence[Branch], known: Flags) -> Doubles:
    """Logits of all rows' domains, by branches that were not taught them, shape (rows, domains)."""
    found = np.zeros((len(lesson.texts), len(DOMAINS)))
    for (_, judged), branch in zip(_parts(lesson), branches, strict=True):
        graph = BranchGraph(branch)
        for row in judged.tolist():
            outputs = graph.outputs(lessons.states[row], lessons.features[row])
            found[row] = np.where(known, outputs[:-1], -np.inf)
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
    of_domains: Sequence[Judge],
    told: Told,
) -> _Seen:
    """What searching shows of each row, led by a branch that was not taught it."""
    count = len(lesson.texts)
    asked = np.zeros((count, len(Sign)), dtype=np.float32)
    answers = np.zeros((count, len(AnswerSign)), dtype=np.float32)
    domains, shown = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_)
    done = 0
    for (_, judged), judge in zip(_parts(lesson), of_domains, strict=True):
        searcher = Searcher(catalogue, index, encoder, judge=judge)
        for row in judged.tolist():
            told("searching", done, count)
            done += 1
            found = searcher.explore(lesson.texts[row], k=1)
            judgement = found.judgement
            assert isinstance(judgement, Judgement)  # noqa: S101 - the judge fits the encoder
            asked[row], answers[row] = judgement.asked, judgement.answer
            likely = places([catalogue.doc(hit.doc_id).domain for hit in (*found.hits, *found.of_domains)])
            domains[row] = likely[0]
            shown[row] = lesson.domains[row] in list(dict.fromkeys(likely.tolist()))[:_SHOWN]
    told("searching", count, count)
    return _Seen(asked, answers, domains, shown)


def _of_domains(encoder: ReadingEncoder, branch: Branch, known: Flags) -> Judge:
    """A judge that knows of domains alone, and of all else nothing."""
    nothing = np.zeros((0, encoder.dimensions + len(Sign) + LENGTH), dtype=np.float32)
    signs = np.ones(len(Sign), dtype=np.float32)
    return Judge(
        model=encoder.name,
        branch=branch,
        known=known,
        served=Kernel(nothing, nothing[:, 0], nothing[:, 0], 1.0, 1.0, 0.0),
        centre=signs,
        spread=signs,
        near=np.zeros(3, dtype=np.float32),
        sure=np.zeros(len(Sign) + len(AnswerSign) + 2, dtype=np.float32),
    )


def _kernel(lesson: Lesson, features: Floats, rows: Numbers, seed: int) -> Kernel:
    """What tells served from unserved, by these rows: landmarks are some of both, drawn by hash."""
    served = lesson.served[rows]
    place_of = {row: place for place, row in enumerate(rows.tolist())}
    refused, others = (list(by_hash(rows[kind], lesson.texts, seed)) for kind in (~served, served))
    chosen = refused[: LANDMARKS // 2]
    chosen += others[: LANDMARKS - len(chosen)]
    return kernel_ridge(features[rows], served, np.array([place_of[row] for row in chosen], dtype=np.int64))


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
