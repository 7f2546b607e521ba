"""Compute a branch: its weights as an ONNX graph, made in memory.

ONNX Runtime packs weights once for products of few rows, which is what one instruction is, and gives way to
other threads once and not at every product: of 16 tokens numpy took 3 ms of a core, this takes 1.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retriever.branch import EPSILON, Branch, Floats, Layers

if TYPE_CHECKING:
    import onnx
    import onnxruntime

_OPSET: Final = 20
"""The first that knows the GELU by its tanh."""
_IR: Final = 10
_STATES, _FEATURES, _OUTPUTS = "states", "features", "outputs"


class BranchGraph:
    """What computes a branch; opened beforehand or when first needed. Safe to use from many threads."""

    def __init__(self, branch: Branch) -> None:
        self.branch = branch
        self._session: onnxruntime.InferenceSession | None = None

    def outputs(self, states: Floats, features: Floats) -> Floats:
        """Shape (outputs,), of a text's states where the branch leaves the model, and of what else is known.

        Shapes (tokens, dimensions), with a token at least, and (features,).
        """
        session = self._session or self.open()
        found: Floats = session.run([_OUTPUTS], {_STATES: states, _FEATURES: features[None]})[0][0]
        return found

    def open(self) -> onnxruntime.InferenceSession:
        """Make the graph, which takes a fifth of a second: better before anybody waits."""
        import onnxruntime  # noqa: PLC0415 - heavy

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # too little to share
        options.log_severity_level = 3
        graph = _Graph().of(self.branch).SerializeToString()
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        return self._session


class _Graph:
    """Nodes and weights as they are added; each step gives the name of what it makes."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def of(self, branch: Branch) -> onnx.ModelProto:
        """The graph of a branch: `states` and `features`, one row, in; `outputs`, one row, out."""
        from onnx import TensorProto, helper  # noqa: PLC0415 - heavy, and not needed to read a judge

        states = _STATES
        for layer in range(len(branch.layers)):
            states = self._layer(branch.layers, layer, states)
        axis = self._weight(np.array([0]))
        mean, largest = self._add("ReduceMean", states, axis), self._add("ReduceMax", states, axis)
        together = self._normal(self._add("Concat", mean, largest, axis=1), branch.last)
        said = self._linear(together, branch.out, branch.bias)
        known = self._add("MatMul", _FEATURES, self._weight(branch.direct))
        self._nodes.append(helper.make_node("Add", [said, known], [_OUTPUTS]))
        features, outputs = branch.direct.shape

        def value(name: str, *shape: int | str) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        graph = helper.make_graph(
            self._nodes,
            "branch",
            [value(_STATES, "tokens", branch.dimensions), value(_FEATURES, 1, features)],
            [value(_OUTPUTS, 1, outputs)],
            self._weights,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)

    def _layer(self, layers: Layers, layer: int, states: str) -> str:
        told = self._linear(self._seen(layers, layer, states), layers.told[layer], layers.told_bias[layer])
        states = self._normal(self._add("Add", states, told), layers.told_norm[layer])
        up = self._linear(states, layers.up[layer], layers.up_bias[layer])
        risen = self._add("Gelu", up, approximate="tanh")
        down = self._linear(risen, layers.down[layer], layers.down_bias[layer])
        return self._normal(self._add("Add", states, down), layers.down_norm[layer])

    def _seen(self, layers: Layers, layer: int, states: str) -> str:
        """What each head's attention sees, side by side."""
        heads, each = layers.heads, layers.dimensions // layers.heads
        asked, bias = layers.asked[layer].copy(), layers.asked_bias[layer].copy()
        asked[:, : layers.dimensions] /= np.sqrt(each)  # so that nothing is divided later
        bias[: layers.dimensions] /= np.sqrt(each)
        mixed = self._shaped(self._linear(states, asked, bias), -1, 3, heads, each)
        queries, keys, values = (
            self._add(
                "Gather", self._add("Transpose", mixed, perm=[1, 2, 0, 3]), self._weight(np.array(part))
            )
            for part in range(3)
        )
        alike = self._add("MatMul", queries, self._add("Transpose", keys, perm=[0, 2, 1]))
        seen = self._add("MatMul", self._add("Softmax", alike, axis=-1), values)
        return self._shaped(self._add("Transpose", seen, perm=[1, 0, 2]), -1, layers.dimensions)

    def _linear(self, states: str, weights: Floats, bias: Floats) -> str:
        return self._add("Gemm", states, self._weight(weights), self._weight(bias))

    def _normal(self, states: str, norm: Floats) -> str:
        scale, shift = self._weight(norm[0]), self._weight(norm[1])
        return self._add("LayerNormalization", states, scale, shift, axis=-1, epsilon=EPSILON)

    def _shaped(self, states: str, *shape: int) -> str:
        return self._add("Reshape", states, self._weight(np.array(shape)))

    def _add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper  # noqa: PLC0415

        name = f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def _weight(self, values: np.ndarray) -> str:
        from onnx import numpy_helper  # noqa: PLC0415

        name = f"weight_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(values.copy(order="C"), name))
        return name
