"""A narrow transformer beside the embedding model: what an instruction asks for, by the order of its words.

A vector is a mean over words: "draw what this text says" and "say what this drawing shows" have nearly the
same. The states of the words in the midst of the embedding model still know which is which. The ladder climbs
beside the model, takes in its states at some of its layers, and changes nothing in it, so that one run of the
model serves both: Sung, Cho and Bansal, LST: Ladder Side-Tuning (NeurIPS 2022). Works on arrays. Knows
nothing about texts, nor about what its outputs are.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from retriever import learnt_file

Floats = NDArray[np.float32]

HEADS: Final = 4
"""Of each rung's attention."""
EPSILON: Final = 1e-5
"""What is added to a variance before it is divided by."""
_PREFIX: Final = "ladder."
_GELU: Final = float(np.sqrt(2 / np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """Its weights, in the order in which they are met; arrays but `layers` start with one entry a rung.

    On each rung the model's states after one of its `layers`, made normal, are added by `taken` and
    `taken_bias`, shapes (dimensions, width) and (width,); then come attention (`asked`: queries, keys and
    values, (width, 3 · width); `told`: (width, width)) and two layers with a GELU between them (`up`:
    (width, 2 · width), `down`), both on what was made normal before, both added to what there is (Xiong et
    al., On Layer Normalization in the Transformer Architecture, 2020). From the mean and the largest of the
    tokens' last states, made normal, scaled and shifted by `last`, (2, width), `out`, (2 · width, outputs),
    makes the outputs, with `direct`, (features, outputs), of what else is known, and with `bias`.
    """

    layers: NDArray[np.int64]
    taken: Floats
    taken_bias: Floats
    asked: Floats
    asked_bias: Floats
    told: Floats
    told_bias: Floats
    up: Floats
    up_bias: Floats
    down: Floats
    down_bias: Floats
    last: Floats
    out: Floats
    direct: Floats
    bias: Floats

    @property
    def dimensions(self) -> int:
        """Of the states that it takes."""
        return int(self.taken.shape[1])

    def outputs(self, states: Floats, features: Floats) -> Floats:
        """Shape (outputs,), of a text's states after `layers` and of what else is known.

        Shapes (tokens, rungs, dimensions), with a token at least, and (features,).
        """
        climbing = np.zeros((len(states), self.taken.shape[2]), dtype=np.float32)
        for rung in range(len(self.taken)):
            climbing = climbing + normal(states[:, rung]) @ self.taken[rung] + self.taken_bias[rung]
            climbing = climbing + self._attended(rung, normal(climbing))
            risen = normal(climbing) @ self.up[rung] + self.up_bias[rung]
            climbing = climbing + _gelu(risen) @ self.down[rung] + self.down_bias[rung]
        reached = normal(climbing) * self.last[0] + self.last[1]
        together = np.concatenate([reached.mean(axis=0), reached.max(axis=0)])
        found: Floats = together @ self.out + features @ self.direct + self.bias
        return found

    def _attended(self, rung: int, states: Floats) -> Floats:
        tokens, width = states.shape
        mixed = (states @ self.asked[rung] + self.asked_bias[rung]).reshape(tokens, 3, HEADS, width // HEADS)
        queries, keys, values = mixed.transpose(1, 2, 0, 3)
        weights = queries @ keys.transpose(0, 2, 1) / np.float32(np.sqrt(width // HEADS))
        weights = np.exp(weights - weights.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        seen = (weights @ values).transpose(1, 0, 2).reshape(tokens, width)
        found: Floats = seen @ self.told[rung] + self.told_bias[rung]
        return found

    def tensors(self) -> learnt_file.Tensors:
        """What a file keeps, in 16 bits; `of_tensors` reads it."""
        every = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            _PREFIX + name: values if name == "layers" else values.astype(np.float16)
            for name, values in every.items()
        }


def of_tensors(tensors: learnt_file.Tensors) -> Ladder:
    """The ladder of a file.

    Raises:
        KeyError, ValueError: when something is missing, or the parts don't fit together.
    """
    kept: dict[str, NDArray[Any]] = {one.name: tensors[_PREFIX + one.name] for one in fields(Ladder)}
    layers = kept.pop("layers").astype(np.int64)
    found = Ladder(layers=layers, **{name: values.astype(np.float32) for name, values in kept.items()})
    rungs, dimensions, width = found.taken.shape
    features, outputs = found.direct.shape
    shapes = {
        "layers": (rungs,),
        "taken": (rungs, dimensions, width),
        "taken_bias": (rungs, width),
        "asked": (rungs, width, 3 * width),
        "asked_bias": (rungs, 3 * width),
        "told": (rungs, width, width),
        "told_bias": (rungs, width),
        "up": (rungs, width, 2 * width),
        "up_bias": (rungs, 2 * width),
        "down": (rungs, 2 * width, width),
        "down_bias": (rungs, width),
        "last": (2, width),
        "out": (2 * width, outputs),
        "direct": (features, outputs),
        "bias": (outputs,),
    }
    if wrong := [name for name, shape in shapes.items() if getattr(found, name).shape != shape]:
        raise ValueError(f"the parts of the ladder don't fit together: {', '.join(wrong)}")
    if width % HEADS or (found.layers < 0).any():
        raise ValueError(f"the ladder's width {width} or its layers {found.layers.tolist()} are impossible")
    return found


def normal(states: Floats) -> Floats:
    """Each token's numbers with mean 0 and variance 1."""
    centred = states - states.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    found: Floats = centred / np.sqrt(variance + np.float32(EPSILON))
    return found


def _gelu(values: Floats) -> Floats:
    """Hendrycks and Gimpel, Gaussian Error Linear Units (2016), by its tanh."""
    # Not `values**3`, which is worked out number by number as a power.
    cubed = values * values * values
    found: Floats = 0.5 * values * (1 + np.tanh(np.float32(_GELU) * (values + 0.044715 * cubed)))
    return found
