"""A copy of the embedding model's last layers, taught anew: what an instruction asks for.

A vector is a mean over words: "draw what this text says" and "say what this drawing shows" have nearly the
same. The states of the words in the midst of the embedding model still know which is which. There a branch
leaves the model, which stays as it is, so that one run of its first layers serves both (branched networks:
Vandenhende et al., Branched Multi-Task Networks, BMVC 2020). Here are its weights; `retriever.branch_graph`
computes with them. Knows nothing about texts, nor about what its outputs are.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from retriever import learnt_file

Floats = NDArray[np.float32]

EPSILON: Final = 1e-12
"""What is added to a variance before it is divided by, as in BERT."""
_LAYERS: Final = "branch.layers."
_HEAD: Final = "branch."
_NUMBERS: Final = "branch.numbers"
"""Where it leaves the model, and heads."""


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """Weights of some layers of a transformer; every array starts with one entry a layer.

    Attention (`asked`: queries, keys and values, (dimensions, 3 · dimensions); `told`: (dimensions,
    dimensions)), then two layers with a GELU (by its tanh) between them (`up`: (dimensions, inner), `down`),
    each added to what there was and then made normal, scaled and shifted by `told_norm` and `down_norm`, (2,
    dimensions).
    Devlin et al., BERT (2019), with `heads` heads.
    """

    heads: int
    asked: Floats
    asked_bias: Floats
    told: Floats
    told_bias: Floats
    told_norm: Floats
    up: Floats
    up_bias: Floats
    down: Floats
    down_bias: Floats
    down_norm: Floats

    def __len__(self) -> int:
        return len(self.asked)

    @property
    def dimensions(self) -> int:
        """Of the states that they take and give."""
        return int(self.asked.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """It leaves the embedding model after so many of its layers, and goes on through `layers` of its own.

    From the mean and the largest of the tokens' last states, made normal, scaled and shifted by `last`, shape
    (2, 2 · dimensions), `out`, (2 · dimensions, outputs), makes the outputs, with `direct`, (features,
    outputs), of what else is known, and with `bias`.
    """

    after: int
    layers: Layers
    last: Floats
    out: Floats
    direct: Floats
    bias: Floats

    @property
    def dimensions(self) -> int:
        """Of the states that it takes."""
        return self.layers.dimensions

    def tensors(self) -> learnt_file.Tensors:
        """What a file keeps, in 16 bits; `of_tensors` reads it."""
        arrays = {_LAYERS + name: getattr(self.layers, name) for name in _OF_LAYERS}
        arrays |= {_HEAD + name: getattr(self, name) for name in _ENDS}
        kept: learnt_file.Tensors = {name: values.astype(np.float16) for name, values in arrays.items()}
        return {**kept, _NUMBERS: np.array([self.after, self.layers.heads])}


_OF_LAYERS: Final = tuple(one.name for one in fields(Layers) if one.name != "heads")
_ENDS: Final = ("last", "out", "direct", "bias")


def of_tensors(tensors: learnt_file.Tensors) -> Branch:
    """The branch of a file.

    Raises:
        KeyError, ValueError: when something is missing, or the parts don't fit together.
    """
    after, heads = map(int, tensors[_NUMBERS])
    layers = Layers(heads=heads, **{name: tensors[_LAYERS + name].astype(np.float32) for name in _OF_LAYERS})
    ends = {name: tensors[_HEAD + name].astype(np.float32) for name in _ENDS}
    found = Branch(after=after, layers=layers, **ends)
    count, dimensions, inner = layers.up.shape
    outputs = found.direct.shape[1]
    shapes = {
        "asked": (count, dimensions, 3 * dimensions),
        "asked_bias": (count, 3 * dimensions),
        "told": (count, dimensions, dimensions),
        "told_bias": (count, dimensions),
        "told_norm": (count, 2, dimensions),
        "up_bias": (count, inner),
        "down": (count, inner, dimensions),
        "down_bias": (count, dimensions),
        "down_norm": (count, 2, dimensions),
    }
    wrong = [name for name, shape in shapes.items() if getattr(layers, name).shape != shape]
    shapes = {"last": (2, 2 * dimensions), "out": (2 * dimensions, outputs), "bias": (outputs,)}
    wrong += [name for name, shape in shapes.items() if ends[name].shape != shape]
    if wrong:
        raise ValueError(f"the parts of the branch don't fit together: {', '.join(wrong)}")
    if heads < 1 or dimensions % heads or after < 0:
        raise ValueError(f"the branch has {heads} heads and leaves after {after} layers: impossible")
    return found
