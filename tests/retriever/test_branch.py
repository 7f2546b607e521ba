"""The branch's arithmetic against torch's own transformer layer, and against the embedding model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch.nn import functional

from retriever.branch import EPSILON, Branch, Layers, normal, of_tensors
from retriever.task_voice import DOMAINS
from tests.retriever.judges import branch_of

DIMENSIONS, LAYERS = 12, 3
DRAW = np.random.default_rng(5)


def drawn(*shape: int) -> np.ndarray:
    return DRAW.normal(size=shape).astype(np.float32)


BRANCH = branch_of(DIMENSIONS, drawn, layers=LAYERS, heads=4)


def by_torch(layers: Layers, states: np.ndarray) -> np.ndarray:
    """The same with `torch.nn.TransformerEncoderLayer`."""
    found = torch.as_tensor(states)[None]
    with torch.no_grad():
        for place in range(len(layers)):
            layer = torch.nn.TransformerEncoderLayer(
                layers.dimensions,
                layers.heads,
                layers.up.shape[2],
                0.0,
                partial(functional.gelu, approximate="tanh"),
                EPSILON,
                batch_first=True,
            ).train()  # in evaluation it would take a way that knows no such GELU
            for parameter, values in (
                (layer.self_attn.in_proj_weight, layers.asked[place].T),
                (layer.self_attn.in_proj_bias, layers.asked_bias[place]),
                (layer.self_attn.out_proj.weight, layers.told[place].T),
                (layer.self_attn.out_proj.bias, layers.told_bias[place]),
                (layer.norm1.weight, layers.told_norm[place, 0]),
                (layer.norm1.bias, layers.told_norm[place, 1]),
                (layer.linear1.weight, layers.up[place].T),
                (layer.linear1.bias, layers.up_bias[place]),
                (layer.linear2.weight, layers.down[place].T),
                (layer.linear2.bias, layers.down_bias[place]),
                (layer.norm2.weight, layers.down_norm[place, 0]),
                (layer.norm2.bias, layers.down_norm[place, 1]),
            ):
                parameter.copy_(torch.as_tensor(values.copy()))
            found = layer(found)
    return np.asarray(found[0])


@pytest.mark.parametrize("tokens", [1, 2, 17])
def test_states_are_those_of_torch_s_transformer_layers(tokens: int) -> None:
    states = drawn(tokens, DIMENSIONS)
    found = BRANCH.layers.states(states)
    np.testing.assert_allclose(found, by_torch(BRANCH.layers, states), rtol=1e-3, atol=1e-3)


def test_outputs_are_made_of_the_mean_and_the_largest_of_the_last_states() -> None:
    states, features = drawn(5, DIMENSIONS), drawn(DIMENSIONS + len(DOMAINS))
    reached = by_torch(BRANCH.layers, states)
    together = torch.as_tensor(np.concatenate([reached.mean(axis=0), reached.max(axis=0)]))
    scale, shift = map(torch.as_tensor, BRANCH.last)
    head = functional.layer_norm(together, (2 * DIMENSIONS,), scale, shift, EPSILON).numpy()
    expected = head @ BRANCH.out + features @ BRANCH.direct + BRANCH.bias
    found = BRANCH.outputs(states, features)
    assert found.shape == (len(DOMAINS) + 1,)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=2e-3)


def test_what_is_made_normal_has_mean_0_and_variance_1_and_what_is_the_same_everywhere_is_0() -> None:
    found = normal(drawn(4, 400) * 7 + 3)
    np.testing.assert_allclose(found.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(found.var(axis=1), 1, atol=1e-4)
    assert not normal(np.full((2, 6), 3.0, dtype=np.float32)).any()


def test_the_same_words_in_another_order_are_another_thing_only_where_their_states_say_so() -> None:
    states, features = drawn(6, DIMENSIONS), np.zeros(DIMENSIONS + len(DOMAINS), dtype=np.float32)
    same = BRANCH.outputs(states[::-1].copy(), features)
    np.testing.assert_allclose(BRANCH.outputs(states, features), same, rtol=1e-3, atol=1e-3)


def test_a_file_keeps_all_of_it() -> None:
    kept = of_tensors(BRANCH.tensors())
    states, features = drawn(6, DIMENSIONS), drawn(DIMENSIONS + len(DOMAINS))
    assert (kept.after, kept.layers.heads, len(kept.layers)) == (1, 4, LAYERS)
    np.testing.assert_allclose(
        kept.outputs(states, features), BRANCH.outputs(states, features), rtol=0.05, atol=0.1
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (replace(BRANCH, out=BRANCH.out[:-1]), "don't fit together: out"),
        (replace(BRANCH, layers=replace(BRANCH.layers, told=BRANCH.layers.told[:1])), "together: told"),
        (replace(BRANCH, layers=replace(BRANCH.layers, heads=5)), "5 heads"),
        (replace(BRANCH, after=-1), "after -1 layers"),
    ],
)
def test_parts_that_do_not_fit_together_are_told(changed: Branch, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        of_tensors(changed.tensors())
