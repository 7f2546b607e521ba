"""The branch's graph against torch's own transformer layer, and its file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch.nn import functional

from retriever.branch import EPSILON, Branch, Layers, of_tensors
from retriever.branch_graph import BranchGraph
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


def expected(branch: Branch, states: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Its outputs with torch's layers and norm."""
    reached = by_torch(branch.layers, states)
    together = torch.as_tensor(np.concatenate([reached.mean(axis=0), reached.max(axis=0)]))
    scale, shift = map(torch.as_tensor, branch.last)
    head = functional.layer_norm(together, together.shape, scale, shift, EPSILON).numpy()
    return np.asarray(head @ branch.out + features @ branch.direct + branch.bias)


@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("tokens", [1, 2, 17])
def test_outputs_are_those_of_torch_s_transformer_layers(tokens: int, heads: int) -> None:
    branch = replace(BRANCH, layers=replace(BRANCH.layers, heads=heads))
    states, features = drawn(tokens, DIMENSIONS), drawn(DIMENSIONS + len(DOMAINS))
    found = BranchGraph(branch).outputs(states, features)
    assert found.shape == (len(DOMAINS) + 1,)
    np.testing.assert_allclose(found, expected(branch, states, features), rtol=1e-3, atol=2e-3)


def test_one_graph_computes_texts_of_any_length_and_many_threads_may_ask_it() -> None:
    graph, features = BranchGraph(BRANCH), drawn(DIMENSIONS + len(DOMAINS))
    asked = [drawn(tokens, DIMENSIONS) for tokens in (3, 1, 9, 40, 3)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda states: graph.outputs(states, features), asked))
    for outputs, states in zip(found, asked, strict=True):
        np.testing.assert_allclose(outputs, BranchGraph(BRANCH).outputs(states, features), atol=1e-4)


def test_the_same_words_in_another_order_are_another_thing_only_where_their_states_say_so() -> None:
    states, features = drawn(6, DIMENSIONS), np.zeros(DIMENSIONS + len(DOMAINS), dtype=np.float32)
    graph = BranchGraph(BRANCH)
    same = graph.outputs(states[::-1].copy(), features)
    np.testing.assert_allclose(graph.outputs(states, features), same, rtol=1e-3, atol=1e-3)


def test_a_file_keeps_all_of_it() -> None:
    kept = of_tensors(BRANCH.tensors())
    states, features = drawn(6, DIMENSIONS), drawn(DIMENSIONS + len(DOMAINS))
    assert (kept.after, kept.layers.heads, len(kept.layers)) == (1, 4, LAYERS)
    found, before = (BranchGraph(one).outputs(states, features) for one in (kept, BRANCH))
    np.testing.assert_allclose(found, before, rtol=0.05, atol=0.1)


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
