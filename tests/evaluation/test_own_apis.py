from __future__ import annotations

import json
from pathlib import Path

import pytest

from api_docs.errors import EvaluationDataError
from evaluation import own_apis
from evaluation.own_apis import Asked, read_questions
from evaluation.results_page import write_page


def test_ten_questions_ship_beside_those_for_choosing_each_with_what_would_be_right() -> None:
    questions = read_questions()
    assert len({question.instruction for question in questions}) == len(questions)
    assert sum(not question.choosing for question in questions) == 10
    assert all(question.operations for question in questions)


@pytest.mark.parametrize("text", ["{", "[]", '{"instruction": "x"}', '{"instruction": "x", "operations": 3}'])
def test_questions_that_can_not_be_read_are_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(text)
    with pytest.raises(EvaluationDataError, match="'operations'"):
        read_questions(file)


def test_figures_count_by_rank() -> None:
    asked = [Asked((), rank, "verified", None, None) for rank in (1, 1, 4, 9, None)]
    assert own_apis._figures([*asked, Asked((), None, "no_match", None, None)]) == {
        "questions": 6,
        "right": 2,
        "right_among_5": 3,
        "right_among_10": 4,
        "verified": 5,
    }


def test_the_page_of_results_shows_every_question_with_its_answer(tmp_path: Path) -> None:
    answer = {"call": "requests.request('GET', 'x')", "rank": None}
    results = {
        "document": {"operations": 3},
        "within_the_hub": {"right": 1},
        "answers": [{"instruction": "Do it", "within_the_hub": answer}],
    }
    (tmp_path / "own_apis.json").write_text(json.dumps(results))
    page = write_page(tmp_path).read_text()
    assert "| document: operations | 3 |" in page
    assert "| Do it | `requests.request('GET', 'x')` | – |" in page
