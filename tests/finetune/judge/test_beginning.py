"""What a branch begins with gives the model's own states where it is copied."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional

from finetune.judge.beginning import copied, drawn
from retriever.branch import Branch, Layers
from retriever.branch_graph import BranchGraph
from retriever.embedding import SentenceEncoder, load_encoder


def told(layers: Layers, states: np.ndarray) -> np.ndarray:
    """Mean and largest of the states after some layers, made normal."""
    both = 2 * layers.dimensions
    branch = Branch(
        after=0,
        layers=layers,
        last=np.stack([np.ones(both), np.zeros(both)]).astype(np.float32),
        out=np.eye(both, dtype=np.float32),
        direct=np.zeros((1, both), dtype=np.float32),
        bias=np.zeros(both, dtype=np.float32),
    )
    return BranchGraph(branch).outputs(states, np.zeros(1, dtype=np.float32))


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return load_encoder()


def test_copied_layers_go_on_as_the_model_does(encoder: SentenceEncoder) -> None:
    layers = copied(encoder.model, 4)
    assert layers is not None
    assert (len(layers), layers.dimensions, layers.heads) == (2, 384, 12)
    for text in ("read this letter aloud", "which bird sings here, and since when has it been there?"):
        states = encoder.read([text])[0].states
        last = torch.as_tensor(np.concatenate([states[:, 6].mean(axis=0), states[:, 6].max(axis=0)]))
        expected = functional.layer_norm(last, last.shape).numpy()
        # The model's GELU is the exact one.
        np.testing.assert_allclose(told(layers, states[:, 4]), expected, atol=0.01)


def test_a_copy_is_not_the_model_s_own(encoder: SentenceEncoder) -> None:
    layers = copied(encoder.model, 5)
    assert layers is not None
    layers.down_bias[:] = 7
    again = copied(encoder.model, 5)
    assert again is not None
    assert not (again.down_bias == 7).any()


@pytest.mark.parametrize(
    "transformer", [None, SimpleNamespace(), SimpleNamespace(encoder=torch.nn.Linear(2, 2))]
)
def test_of_another_kind_of_model_nothing_is_copied(transformer: object) -> None:
    assert copied([SimpleNamespace(auto_model=transformer)], 1) is None  # type: ignore[arg-type]
    layers = SimpleNamespace(layer=[torch.nn.Linear(2, 2)], config=None)
    assert copied([SimpleNamespace(auto_model=SimpleNamespace(encoder=layers))], 0) is None  # type: ignore[arg-type]


def test_layers_that_are_drawn_are_the_same_for_the_same_seed_and_keep_numbers_small() -> None:
    one, same, other = (drawn(2, 64, seed) for seed in (3, 3, 4))
    assert (one.asked == same.asked).all()
    assert (one.asked != other.asked).any()
    found = told(one, np.random.default_rng(0).normal(size=(9, 64)).astype(np.float32))
    assert np.isfinite(found).all()
    assert found.std() == pytest.approx(1, abs=1e-3)
    assert isinstance(drawn(1, 10, 0), Layers)  # what no head of 32 fits into has one
