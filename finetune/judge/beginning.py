"""What a branch begins with: a copy of the embedding model's last layers, or numbers that were drawn.

Knows how models of BERT's kind name their weights. Of others nothing is copied: a branch learns all by
itself then, and less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retriever.branch import Floats, Layers

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_HEAD: Final = 32
"""Numbers of one head of attention where they are drawn."""
_INNER: Final = 4


def copied(model: SentenceTransformer, after: int) -> Layers | None:
    """The layers after so many of a model's, None where it isn't of BERT's kind."""
    transformer: Any = getattr(model[0], "auto_model", None)
    every = getattr(getattr(transformer, "encoder", None), "layer", None)
    if every is None:
        return None
    try:
        heads = int(transformer.config.num_attention_heads)
        return layers_of(heads, [_named(layer) for layer in list(every)[after:]])
    except AttributeError:
        return None


def layers_of(heads: int, layers: Sequence[Mapping[str, Any]]) -> Layers:
    """The weights of torch's modules: for each layer linear ones and norms, named as `Layers` names them.

    Where several linear ones stand in the place of one, their outputs lie side by side.
    """
    found = {}
    for name in ("asked", "told", "up", "down"):
        every = [layer[name] if isinstance(layer[name], tuple) else (layer[name],) for layer in layers]
        found[name] = np.stack([np.concatenate([numbers(one.weight).T for one in each], 1) for each in every])
        found[f"{name}_bias"] = np.stack(
            [np.concatenate([numbers(one.bias) for one in each]) for each in every]
        )
    for name in ("told_norm", "down_norm"):
        found[name] = np.stack([norm_of(layer[name]) for layer in layers])
    return Layers(heads=heads, **found)


def norm_of(norm: Any) -> Floats:
    """Scale and shift of a norm of torch, shape (2, dimensions)."""
    return np.stack([numbers(norm.weight), numbers(norm.bias)])


def numbers(values: Any) -> Floats:
    """A tensor as an array."""
    found: Floats = values.detach().float().cpu().numpy()
    return found


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
        heads=dimensions // _HEAD if dimensions % _HEAD == 0 else 1,
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


def _named(layer: Any) -> dict[str, Any]:
    """The parts of a layer of BERT's."""
    asked, attended, out = layer.attention.self, layer.attention.output, layer.output
    return {
        "asked": (asked.query, asked.key, asked.value),
        "told": attended.dense,
        "told_norm": attended.LayerNorm,
        "up": layer.intermediate.dense,
        "down": out.dense,
        "down_norm": out.LayerNorm,
    }
