"""The figures of folds, against what the evaluation and the service's own search say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from api_docs.catalogue import Catalogue
from evaluation.metrics import retrieval_measures
from finetune.instructions.instruction import Instruction
from finetune.retriever.figures import (
    MEASURES,
    Cell,
    Compared,
    Exam,
    Figures,
    Label,
    Side,
    Voice,
    WordVoices,
    compared,
    first_of_each_call,
    together,
    unseen_ndcg,
    warnings_of,
)
from finetune.retriever.pairs import Fold, Pool, folds, label
from retriever.index import build_index
from retriever.searcher import Searcher
from tests.finetune.retriever.lessons import asked_of_apis, asked_of_domains, planted, sixty_docs
from tests.retriever.conftest import WordEncoder


@pytest.mark.parametrize("rows", [50, 400])
def test_the_best_of_each_call_are_found_whatever_is_looked_at_first(rows: int) -> None:
    random = np.random.default_rng(0)
    for calls in (3, 12, 200):
        scores = np.round(random.random(rows), 2).astype(np.float32)
        call_of = random.integers(0, calls, rows)
        expected: dict[int, int] = {}
        for row in sorted(range(rows), key=lambda row: (-scores[row], row)):
            expected.setdefault(int(call_of[row]), row)
        assert first_of_each_call(scores, call_of, 10).tolist() == list(expected.values())[:10]


def test_figures_of_known_apis_are_those_of_the_evaluation() -> None:
    lesson = planted(asked_of_apis(sixty_docs()))
    pool, questions = lesson.pool, lesson.questions
    fold = folds(pool, questions, 4, seed=0)[0]
    exam = Exam(pool, questions, fold, WordVoices(pool))
    marks = exam.marks(lesson.queries[exam.rows], lesson.vectors, (Voice.DENSE,))
    kept = set(pool.group_of[fold.kept].tolist())
    for side in Side:
        rows = [row for row in exam.rows if (questions.groups[row] in kept) == (side is Side.UNSEEN)]
        right = {str(row): str(questions.calls[row]) for row in rows}
        ranked = {
            str(row): [
                str(pool.call_of[doc])
                for doc in np.argsort(-(lesson.vectors @ lesson.queries[row]), kind="stable")
            ]
            for row in rows
        }
        expected = retrieval_measures(right, ranked)
        found = Figures.of(marks[Cell(Voice.DENSE, side, Label.API)])
        assert found.questions == len(rows) > 0
        for measure in ("recall@1", "recall@5", "ndcg@10"):
            assert found.values[measure] == pytest.approx(expected[measure], abs=1e-4)


def test_a_domain_is_asked_of_either_side_s_docs_alone() -> None:
    lesson = planted(asked_of_domains())
    pool, questions = lesson.pool, lesson.questions
    fold = folds(pool, questions, 3, seed=0)[1]
    exam = Exam(pool, questions, fold, WordVoices(pool))
    marks = exam.marks(lesson.queries[exam.rows], lesson.vectors, (Voice.DENSE,))
    for side, docs in ((Side.SEEN, np.flatnonzero(~fold.kept)), (Side.UNSEEN, np.flatnonzero(fold.kept))):
        for place, row in enumerate(exam.rows):
            scores = lesson.vectors[docs] @ lesson.queries[row]
            gains = (pool.task_of[docs] == questions.tasks[row])[np.argsort(-scores, kind="stable")]
            ideal = sum(1 / math.log2(2 + rank) for rank in range(min(10, int(gains.sum()))))
            gained = sum(1 / math.log2(2 + rank) for rank in range(10) if rank < len(gains) and gains[rank])
            expected = [gains[0], gains[:5].any(), gained / ideal, gains[0]]
            found = marks[Cell(Voice.DENSE, side, Label.DOMAIN)][place]
            np.testing.assert_allclose(found, expected, atol=1e-9)


def test_all_voices_together_find_what_the_service_finds() -> None:
    catalogue, encoder = Catalogue(sixty_docs()), WordEncoder()
    index = build_index(catalogue, encoder)
    searcher = Searcher(catalogue, index, encoder)
    pool = Pool.of(catalogue)
    things = ("sort photos of fish", "shorten recipes and laws", "hear birds", "poems into English", "ships")
    asked = [Instruction(thing, one.domain, doc_id=one.id) for one in catalogue.docs[::7] for thing in things]
    questions = label(asked, pool).questions
    everything = np.arange(len(questions))
    nothing_kept = Fold(everything, everything, np.zeros(len(pool), dtype=bool))
    exam = Exam(pool, questions, nothing_kept, WordVoices(pool))
    marks = exam.marks(encoder.encode(exam.texts), index.dense.vectors()[pool.rows], (Voice.HYBRID,))
    rows = marks[Cell(Voice.HYBRID, Side.SEEN, Label.API)]
    assert len(rows) == len(asked)
    for one, found in zip(asked, rows, strict=True):
        hits = searcher.search(one.text, k=10)
        ranks = [hit.rank for hit in hits if one.doc_id in (hit.doc_id, *hit.merged)]
        gained = 1 / math.log2(1 + ranks[0]) if ranks else 0.0
        first = catalogue.doc(hits[0].doc_id).domain == one.domain
        np.testing.assert_allclose(found, [ranks[:1] == [1], bool(ranks) and ranks[0] <= 5, gained, first])


def of(values: list[list[float]]) -> np.ndarray:
    return np.array(values, dtype=np.float64)


HYBRID_API = Cell(Voice.HYBRID, Side.UNSEEN, Label.API)
HYBRID_DOMAIN = Cell(Voice.HYBRID, Side.UNSEEN, Label.DOMAIN)


def test_training_is_stopped_by_unseen_apis_each_label_alike() -> None:
    marks = {
        HYBRID_API: of([[0, 0, 0.2, 0], [0, 0, 0.4, 0]]),
        HYBRID_DOMAIN: of([[0, 0, 0.9, 0]]),
        Cell(Voice.DENSE, Side.UNSEEN, Label.API): of([[1, 1, 1, 1]]),
        Cell(Voice.HYBRID, Side.SEEN, Label.API): of([[1, 1, 1, 1]]),
    }
    assert unseen_ndcg(marks) == pytest.approx((0.3 + 0.9) / 2)
    assert unseen_ndcg({}) == 0.0


def test_folds_count_together_by_question() -> None:
    one, other = {HYBRID_API: of([[1, 1, 1, 1]])}, {HYBRID_API: of([[0, 0, 0, 0], [0, 1, 0.5, 1]])}
    figures = Figures.of(together([one, other])[HYBRID_API])
    assert figures == Figures(3, dict(zip(MEASURES, [0.3333, 0.6667, 0.5, 0.6667], strict=True)))


def test_a_fall_on_unseen_apis_is_told_and_one_on_seen_ones_is_not() -> None:
    better, worse = of([[1, 1, 1, 1]]), of([[0.9, 1, 0.996, 1]])
    seen = Cell(Voice.HYBRID, Side.SEEN, Label.API)
    found = compared({HYBRID_API: better, seen: better}, {HYBRID_API: worse, seen: worse})
    assert isinstance(found[0], Compared)
    assert warnings_of(found) == [
        "recall@1 of APIs that were not taught falls from 100.0 to 90.0 (hybrid, 1 questions by api)"
    ]
    assert warnings_of(compared({HYBRID_API: worse}, {HYBRID_API: better})) == []
