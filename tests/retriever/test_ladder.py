"""The ladder's arithmetic against torch's own transformer layer."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from torch.nn import functional

from retriever.ladder import HEADS, Ladder, normal
from retriever.task_voice import DOMAINS
from tests.retriever.judges import ladder_of

DIMENSIONS, WIDTH, RUNGS = 12, 8, 3
DRAW = np.random.default_rng(5)


def drawn(*shape: int) -> np.ndarray:
    return DRAW.normal(size=shape).astype(np.float32)


LADDER = ladder_of(DIMENSIONS, drawn, WIDTH, RUNGS)


def by_torch(ladder: Ladder, states: np.ndarray, features: np.ndarray) -> np.ndarray:
    """The same with `torch.nn.TransformerEncoderLayer`."""
    climbing = torch.zeros(1, len(states), WIDTH)
    with torch.no_grad():
        for rung in range(RUNGS):
            layer = torch.nn.TransformerEncoderLayer(
                WIDTH,
                HEADS,
                2 * WIDTH,
                0.0,
                partial(functional.gelu, approximate="tanh"),
                batch_first=True,
                norm_first=True,
            ).train()  # in evaluation it would take a way that knows no such GELU
            for parameter, values in (
                (layer.self_attn.in_proj_weight, ladder.asked[rung].T),
                (layer.self_attn.in_proj_bias, ladder.asked_bias[rung]),
                (layer.self_attn.out_proj.weight, ladder.told[rung].T),
                (layer.self_attn.out_proj.bias, ladder.told_bias[rung]),
                (layer.linear1.weight, ladder.up[rung].T),
                (layer.linear1.bias, ladder.up_bias[rung]),
                (layer.linear2.weight, ladder.down[rung].T),
                (layer.linear2.bias, ladder.down_bias[rung]),
            ):
                parameter.copy_(torch.as_tensor(values.copy()))
            seen = functional.layer_norm(torch.as_tensor(states[:, rung]), (DIMENSIONS,))
            climbing = layer(
                climbing
                + seen @ torch.as_tensor(ladder.taken[rung])
                + torch.as_tensor(ladder.taken_bias[rung])
            )
    scale, shift = map(torch.as_tensor, ladder.last)
    reached = functional.layer_norm(climbing[0], (WIDTH,), scale, shift).numpy()
    together = np.concatenate([reached.mean(axis=0), reached.max(axis=0)])
    return np.asarray(together @ ladder.out + features @ ladder.direct + ladder.bias)


@pytest.mark.parametrize("tokens", [1, 2, 17])
def test_outputs_are_those_of_torch_s_transformer_layers(tokens: int) -> None:
    states, features = drawn(tokens, RUNGS, DIMENSIONS), drawn(DIMENSIONS + len(DOMAINS))
    found = LADDER.outputs(states, features)
    assert found.shape == (len(DOMAINS) + 1,)
    np.testing.assert_allclose(found, by_torch(LADDER, states, features), rtol=1e-3, atol=1e-3)


def test_what_is_made_normal_has_mean_0_and_variance_1_and_what_is_the_same_everywhere_is_0() -> None:
    found = normal(drawn(4, 400) * 7 + 3)
    np.testing.assert_allclose(found.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(found.var(axis=1), 1, atol=1e-4)
    assert not normal(np.full((2, 6), 3.0, dtype=np.float32)).any()


def test_the_same_words_in_another_order_are_another_thing_only_where_their_states_say_so() -> None:
    states, features = drawn(6, RUNGS, DIMENSIONS), np.zeros(DIMENSIONS + len(DOMAINS), dtype=np.float32)
    same = LADDER.outputs(states[::-1].copy(), features)
    np.testing.assert_allclose(LADDER.outputs(states, features), same, rtol=1e-3, atol=1e-3)
