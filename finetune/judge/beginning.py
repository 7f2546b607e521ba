"""What a branch begins with: a copy of the embedding model's last layers, or numbers that were drawn.

Knows how models of BERT's kind name their weights. Of others nothing is copied: a branch learns all by
itself then, and less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retriever.branch import Floats, Layers

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

HEAD: Final = 32
"""Numbers of one head of attention where they are drawn."""
_INNER: Final = 4


def copied(model: SentenceTransformer, after: int) -> Layers | None:
    """The layers after so many of a model's, None where it isn't of BERT's kind."""
    transformer: Any = getattr(model[0], "auto_model", None)
    every = getattr(getattr(transformer, "encoder", None), "layer", None)
    if every is None:
        return None
    layers = list(every)[after:]
    try:
        heads = int(transformer.config.num_attention_heads)
        return Layers(
            heads=heads,
            asked=np.stack([np.concatenate([_weights(one) for one in _mixed(layer)], 1) for layer in layers]),
            asked_bias=np.stack([np.concatenate([_bias(one) for one in _mixed(layer)]) for layer in layers]),
            told=np.stack([_weights(layer.attention.output.dense) for layer in layers]),
            told_bias=np.stack([_bias(layer.attention.output.dense) for layer in layers]),
            told_norm=np.stack([_norm(layer.attention.output.LayerNorm) for layer in layers]),
            up=np.stack([_weights(layer.intermediate.dense) for layer in layers]),
            up_bias=np.stack([_bias(layer.intermediate.dense) for layer in layers]),
            down=np.stack([_weights(layer.output.dense) for layer in layers]),
            down_bias=np.stack([_bias(layer.output.dense) for layer in layers]),
            down_norm=np.stack([_norm(layer.output.LayerNorm) for layer in layers]),
        )
    except AttributeError:
        return None


def drawn(count: int, dimensions: int, seed: int) -> Layers:
    """So many layers of small numbers, for states of so many dimensions."""
    draw = np.random.default_rng(seed)
    inner = _INNER * dimensions

    def weights(rows: int, columns: int) -> Floats:
        found = draw.normal(scale=rows**-0.5, size=(count, rows, columns))
        return found.astype(np.float32)

    def norm() -> Floats:
        ones, nothing = np.ones((count, dimensions)), np.zeros((count, dimensions))
        return np.stack([ones, nothing], axis=1).astype(np.float32)

    def nothing(columns: int) -> Floats:
        return np.zeros((count, columns), dtype=np.float32)

    return Layers(
        heads=dimensions // HEAD if dimensions % HEAD == 0 else 1,
        asked=weights(dimensions, 3 * dimensions),
        asked_bias=nothing(3 * dimensions),
        told=weights(dimensions, dimensions),
        told_bias=nothing(dimensions),
        told_norm=norm(),
        up=weights(dimensions, inner),
        up_bias=nothing(inner),
        down=weights(inner, dimensions),
        down_bias=nothing(dimensions),
        down_norm=norm(),
    )


def _mixed(layer: Any) -> tuple[Any, Any, Any]:
    each = layer.attention.self
    return each.query, each.key, each.value


def _weights(linear: Any) -> Floats:
    return _numbers(linear.weight).T


def _bias(linear: Any) -> Floats:
    return _numbers(linear.bias)


def _norm(norm: Any) -> Floats:
    return np.stack([_numbers(norm.weight), _numbers(norm.bias)])


def _numbers(values: Any) -> Floats:
    found: Floats = values.detach().float().cpu().numpy()
    return found
