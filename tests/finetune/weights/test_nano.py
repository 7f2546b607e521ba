"""The small model that ships: whole, small, described, and able to read what it never saw."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from typer.testing import CliRunner

from finetune.dataset.exact import is_exact
from finetune.dataset.making import data_settings, make_dataset
from finetune.instructions.bank import read_bank
from finetune.training.card import CARD
from finetune.training.config import load_config
from finetune.training.greedy import Asking, answers
from finetune.weights.checkpoint import Checkpoint
from finetune.weights.nano import NANO
from service.cli import app
from tests.finetune.stages import rows_of
from tests.support import snapshot_catalogue

ASKED = 32
"""Rows with the right doc alone; a model that reads gets nearly all of them."""


@cache
def card() -> str:
    return (NANO / CARD).read_text(encoding="utf-8")


def test_its_weights_are_small_and_safe() -> None:
    files = {path.name: path.stat().st_size for path in NANO.iterdir()}
    assert not {Path(name).suffix for name in files} & {".bin", ".pt", ".pkl"}
    assert sum(files.values()) < 20e6
    config = json.loads((NANO / "config.json").read_bytes())
    assert config["model_type"] == "llama"
    shape = load_config("nano-cpu").model.scratch
    assert shape is not None
    stated = (shape.hidden_size, shape.layers, shape.heads, shape.context)
    names = ("hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings")
    assert tuple(config[name] for name in names) == stated
    assert all(torch.isfinite(Checkpoint(NANO).read(name)).all() for name in Checkpoint(NANO).tensors)


def test_its_card_tells_data_recipe_and_figures() -> None:
    for said in ("license: apache-2.0", "train.jsonl", "nano-cpu", "| exact |", "seed"):
        assert said in card(), said


@pytest.fixture(scope="module")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """Rows of APIs that it was not taught with, by the very split of its dataset."""
    folder = tmp_path_factory.mktemp("rows") / "data"
    stated = load_config("nano-cpu").data
    mixture = dict.fromkeys(stated["mixture"], 0) | {"right": 1}
    changes = {"samples": 0, "validation_samples": 0, "test_samples": ASKED, "retriever": False}
    settings = data_settings(stated, **changes, mixture=mixture, mutated_in_tests=0.5)
    make_dataset(folder, settings, snapshot_catalogue(), read_bank())
    return rows_of(folder / "test.jsonl")


def test_it_writes_the_calls_of_docs_that_it_never_saw_changed_ones_too(unseen: list[dict[str, str]]) -> None:
    model = AutoModelForCausalLM.from_pretrained(NANO, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(NANO)
    written = answers(model, tokenizer, [row["prompt"] for row in unseen], Asking(batch=16, tokens=96))
    exact = [is_exact(text, row["call"]) for text, row in zip(written, unseen, strict=True)]
    assert {row["kind"] for row in unseen} == {"right", "mutated"}
    assert sum(exact) >= 0.8 * len(exact), [
        (row["call"], text) for row, text, right in zip(unseen, written, exact, strict=True) if not right
    ]


def test_a_copy_of_it_is_the_same_to_the_byte(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["model", "nano", "--into", str(tmp_path / "nano")])
    assert done.exit_code == 0, done.output
    copied = {path.name: path.read_bytes() for path in (tmp_path / "nano").iterdir()}
    assert copied == {path.name: path.read_bytes() for path in NANO.iterdir()}
