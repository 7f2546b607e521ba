"""Negatives are hard, and nothing that might be an answer is one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain
from finetune.instructions.instruction import Instruction
from finetune.retriever.negatives import batch_labels, hardest, in_batch_forbidden, mine
from finetune.retriever.pairs import NONE, Pool, Questions, label
from tests.finetune.retriever.lessons import asked_of_apis, asked_of_domains, sixty_docs


@pytest.fixture(scope="module")
def pool() -> Pool:
    return Pool.of(Catalogue(sixty_docs()))


@pytest.fixture(scope="module")
def questions(pool: Pool) -> Questions:
    asked = [*asked_of_apis(pool.docs, times=1), *asked_of_domains(times=4)]
    return label([*asked, Instruction("on tfhub", Domain("translation"), hub="tfhub")], pool).questions


def test_the_hardest_are_the_highest_that_are_allowed() -> None:
    scores = np.array([[3.0, 9.0, 5.0, 5.0], [1.0, 2.0, 3.0, 4.0]], dtype=np.float32)
    allowed = np.array([[True, False, True, True], [False, False, True, False]])
    assert hardest(scores, allowed, 3).tolist() == [[2, 3, 0], [2, NONE, NONE]]
    assert hardest(scores, allowed, 6).tolist() == [[2, 3, 0, NONE, NONE, NONE], [2, *[NONE] * 5]]


def test_negatives_are_taken_in_turn_from_words_and_vectors_and_no_call_twice() -> None:
    by_words = np.array([[9.0, 8.0, 0.0, 0.0, 0.0]], dtype=np.float32)
    by_vectors = np.array([[0.1, 0.9, 0.8, 0.7, -1.0]], dtype=np.float32)
    allowed, call_of = np.ones((1, 5), dtype=bool), np.array([0, 1, 1, 2, 3])
    # Words say 0, 1; vectors say 1, 2, 3, 0, 4; doc 2 has the call of doc 1.
    assert mine(by_words, by_vectors, allowed, call_of, 5).tolist() == [[0, 1, 3, 4, NONE]]
    # A doc that shares no word is never taken for its words.
    assert mine(by_words, by_vectors, allowed, call_of, 2).tolist() == [[0, 1]]


def test_no_mined_negative_might_be_an_answer(pool: Pool, questions: Questions) -> None:
    random = np.random.default_rng(0)
    shape = len(questions), len(pool)
    scores = random.random((2, *shape)).astype(np.float32)
    never = pool.never_negative(questions)
    found = mine(*scores, ~never, pool.call_of, 4)
    assert (found != NONE).all()
    for row, docs in enumerate(found):
        assert len(set(pool.call_of[docs].tolist())) == 4
        if questions.calls[row] == NONE:
            assert not (pool.task_of[docs] == questions.tasks[row]).any()
        else:
            assert not (pool.call_of[docs] == questions.calls[row]).any()


def test_docs_of_the_same_domain_are_negatives_where_the_very_api_is_known(pool: Pool) -> None:
    (one,) = asked_of_apis(pool.docs[:1], times=1)
    questions = label([one], pool).questions
    same_domain = pool.task_of == pool.task_of[0]
    closest = same_domain.astype(np.float32)[None, :]
    found = mine(closest, closest, ~pool.never_negative(questions), pool.call_of, 3)
    assert same_domain[found].all()
    assert 0 not in found


@settings(max_examples=50)
@given(data=st.data())
def test_in_a_batch_nothing_that_might_be_an_answer_competes(data: st.DataObject) -> None:
    rows, width = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 4))
    small = st.integers(0, 2)
    calls = data.draw(st.lists(st.sampled_from([NONE, 0, 1, 2]), min_size=rows, max_size=rows))
    tasks = data.draw(st.lists(small, min_size=rows, max_size=rows))
    docs = data.draw(
        st.lists(
            st.lists(st.tuples(small, small), min_size=width, max_size=width), min_size=rows, max_size=rows
        )
    )
    labels = torch.tensor(
        [
            [call, task, *(number for doc in of_row for number in doc)]
            for call, task, of_row in zip(calls, tasks, docs, strict=True)
        ]
    )
    found = in_batch_forbidden(labels).tolist()
    for question in range(rows):
        for column in range(rows * width):
            place, row = divmod(column, rows)
            call, task = docs[row][place]
            might = call == calls[question] if calls[question] != NONE else task == tasks[question]
            assert found[question][column] == (might and column != question)


def test_labels_say_what_the_docs_of_a_row_are(pool: Pool, questions: Questions) -> None:
    docs = np.array([[3, 20], [59, 0]])
    labels = batch_labels(pool, questions.at(np.array([3, 60])), docs)
    first, second = labels.tolist()
    assert first == [
        pool.call_of[3], pool.task_of[3], pool.call_of[3], pool.task_of[3], pool.call_of[20], pool.task_of[20]
    ]  # fmt: skip
    assert second[:2] == [NONE, questions.tasks[60]]
