"""Every published row is read, and the two places where its instruction stands agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.apibench_rows import read_docs, read_eval_rows, read_responses, write_responses

ROWS = {"torchhub": 75, "tensorflowhub": 276, "huggingface": 361}
TRAINING_ROWS = 837


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", ROWS)
def test_dev_rows_are_read_and_read_the_same_without_their_question(
    data: Path, tmp_path: Path, name: str
) -> None:
    path = data / "apibench" / "dev" / f"{name}_eval_dev.jsonl"
    rows = read_eval_rows(path)
    assert len(rows) == ROWS[name]
    asked = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row.question_id for row in rows] == [record["question_id"] for record in asked]
    assert all("\\" not in row.instruction for row in rows)

    published = tmp_path / "published.json"  # one object a line, the question inside `code` alone
    published.write_text(
        "".join(json.dumps({**record, "question": None}) + "\n" for record in asked), encoding="utf-8"
    )
    assert [words(row.instruction) for row in read_eval_rows(published)] == [
        words(row.instruction) for row in rows
    ]


@pytest.mark.parametrize("name", ROWS)
def test_each_rows_domain_is_one_of_the_docs_domains(data: Path, name: str) -> None:
    domains = {doc["domain"] for doc in read_docs(data / "apibench" / "api" / f"{name}_api.jsonl")}
    rows = read_eval_rows(data / "apibench" / "dev" / f"{name}_eval_dev.jsonl")
    assert [row.question_id for row in rows if row.domain not in domains] == []


def test_training_rows_are_read_with_their_line_as_id(data: Path) -> None:
    rows = read_eval_rows(data / "apibench" / "train" / "torchhub_train.json")
    assert [row.question_id for row in rows] == list(range(1, TRAINING_ROWS + 1))
    assert [
        row.instruction for row in rows if "'Output'" in row.instruction or len(row.instruction) < 20
    ] == []


def test_published_responses_survive_being_read_and_written(data: Path, tmp_path: Path) -> None:
    for path in sorted((data / "apibench" / "dev").glob("*_gorilla_*.jsonl")):
        responses = read_responses(path)
        write_responses(tmp_path / path.name, responses)
        written = [json.loads(line) for line in (tmp_path / path.name).read_text().splitlines()]
        assert written == [json.loads(line) for line in path.read_text().splitlines()]
