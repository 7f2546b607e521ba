"""From a teacher's answers to a trained model's folder, every stage by its command."""

from __future__ import annotations

import numpy as np
import pytest

import service.var
from finetune.instructions.instruction import Source, read_instructions
from finetune.training.card import CARD
from retriever.query_matrix import MATRIX_FILE, read_query_matrix
from tests.finetune.stages import EACH, Stages, rows_of, small_catalogue, teach
from tests.service.publishing_cases import NamedWordEncoder


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """Taught over few docs, whose vectors are made of their words: embedding them is another test's."""
    folder = tmp_path_factory.mktemp("stages")
    encoder = NamedWordEncoder("sentence-transformers/all-MiniLM-L6-v2")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.var, "load_encoder", lambda _: encoder)
        patch.setattr("os.fsync", lambda _: None)
        patch.setenv("CALLSMITH_CATALOGUE", str(small_catalogue(folder / "catalogue")))
        patch.setenv("CALLSMITH_VAR", str(folder / "var"))
        return teach(folder)


def test_a_teachers_instructions_come_into_the_rows_to_learn_from(stages: Stages) -> None:
    taught = {one.text: one for one in read_instructions(stages.instructions)}
    assert len(taught) > EACH
    rows = [row for row in rows_of(stages.dataset / "train.jsonl") if row["source"] == Source.TEACHER]
    assert rows
    for row in rows:
        asked = row["instruction"]
        (written,) = [one for text, one in taught.items() if asked.startswith(text)]  # arguments may follow
        assert row["doc_id"] == written.doc_id or row["layout"] in {"retrieved", "wrong"}


def test_no_api_to_test_by_is_in_a_row_to_learn_from(stages: Stages) -> None:
    learnt = {row["doc_id"] for row in rows_of(stages.dataset / "train.jsonl")}
    tested = {row["doc_id"] for row in rows_of(stages.dataset / "test.jsonl")} - {""}
    assert tested
    assert not learnt & tested


def test_the_model_comes_with_all_that_an_engine_and_a_reader_need(stages: Stages) -> None:
    assert {path.name for path in stages.model.iterdir()} >= {
        "model.safetensors",
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        CARD,
    }
    assert stages.shown["train"]["steps"] == 12
    assert "| exact |" in (stages.model / CARD).read_text(encoding="utf-8")


def test_the_retriever_learns_from_the_same_instructions(stages: Stages) -> None:
    learnt = stages.shown["retriever"]
    assert learnt["instructions"][0]["rows"] == len(read_instructions(stages.instructions))
    assert learnt["questions"]["of_an_api"] > EACH
    matrix = read_query_matrix(stages.retriever / MATRIX_FILE)
    assert np.isfinite(matrix.values).all()
