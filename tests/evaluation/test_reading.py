"""Grading what a trained model writes for a dataset's test rows."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from api_docs.errors import TrainingDataError
from api_docs.storage import write_catalogue
from evaluation.engine.reading import AskedRow, graded, make_test_rows, read_test_rows
from finetune.dataset.command import make
from finetune.dataset.making import data_settings
from finetune.training.config import TrainingConfig
from service.settings import load_settings
from tests.finetune.dataset.cases import some_docs
from tests.finetune.training.toys import toy_config

RIGHT = "torch.hub.load('pytorch/vision', 'resnet50', pretrained=True)"
OTHER = "torch.hub.load('pytorch/vision', 'vgg16', pretrained=True)"
PROMPT = "\n".join(
    [
        "Use this API documentation for reference:",
        orjson.dumps({"domain": "image-classification", "api_call": OTHER}).decode(),
        orjson.dumps({"domain": "image-classification", "api_call": RIGHT}).decode(),
        "###USER: Tell cats from dogs.",
        "###ASSISTANT: ",
    ]
)


def row(call: str = RIGHT, layout: str = "distractors", **told: str) -> dict[str, str]:
    stated = {"prompt": PROMPT, "instruction": "Tell cats from dogs.", "kind": layout, "stated": ""}
    return {**stated, "call": call, "layout": layout, **told}


def written(folder: Path, *rows: dict[str, str]) -> list[AskedRow]:
    path = folder / "test.jsonl"
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in rows))
    return read_test_rows(path)


def test_calls_count_as_exact_by_the_docs_that_the_prompt_showed(tmp_path: Path) -> None:
    rows = written(tmp_path, row(), row(), row(kind="mutated"), row("", "wrong"), row("", "wrong"))
    answers = [
        "<<<api_call>>>: torch.hub.load( 'pytorch/vision','resnet50', pretrained=True )",
        f"<<<api_call>>>: {OTHER}",
        f"<<<api_call>>>: {RIGHT}",
        "<<<api_call>>>: none",
        "nothing that says so",
    ]
    found = graded(rows, answers)
    assert [(one["docs"], one["rows"], one["exact"]) for one in found["groups"]] == [
        ("distractors", 2, 0.5),
        ("distractors, changed", 1, 1.0),
        ("wrong", 2, 0.5),
    ]
    assert found["wrong"]["distractors"] == [
        {"instruction": "Tell cats from dogs.", "right": RIGHT, "written": answers[1]}
    ]


def test_copying_the_first_doc_stands_beside_the_model(tmp_path: Path) -> None:
    (first,) = graded(written(tmp_path, row(), row(OTHER)), [OTHER, OTHER])["groups"]
    assert first["first doc copied"] == 0.5


def test_rows_whose_instruction_states_an_argument_are_counted_once_more(tmp_path: Path) -> None:
    rows = written(tmp_path, row(), row(stated="pretrained"))
    groups = {one["docs"]: one["rows"] for one in graded(rows, [RIGHT, RIGHT])["groups"]}
    assert groups == {"an argument stated": 1, "distractors": 2}


def test_a_file_of_other_rows_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match=r"line 2 of .*test.jsonl.* is no row of a dataset"):
        written(tmp_path, row(), {"prompt": "alone"})


def test_rows_made_anew_are_those_beside_the_rows_to_learn_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_catalogue(some_docs(), tmp_path / "catalogue")
    monkeypatch.setenv("CALLSMITH_CATALOGUE", str(tmp_path / "catalogue"))
    data = {
        "samples": 20,
        "validation_samples": 5,
        "test_samples": 15,
        "retriever": False,
        "mixture": {"retrieved": 0},
    }
    config = TrainingConfig.model_validate(toy_config().model_dump() | {"data": data})
    make(load_settings(), data_settings(config.data), tmp_path / "whole")
    make_test_rows(config, tmp_path / "anew", lambda *_: None)
    anew = (tmp_path / "anew" / "test.jsonl").read_bytes()
    assert len(anew.splitlines()) == 15
    assert anew == (tmp_path / "whole" / "test.jsonl").read_bytes()
    assert not (tmp_path / "anew" / "train.jsonl").read_bytes()
