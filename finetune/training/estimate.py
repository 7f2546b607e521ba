"""What a training will need, from its config: memory of each device, and time.

Memory is counted, not measured: every tensor that is alive at the worst moment of a step, the backward pass.
Weights, gradients and Adam's states are exact; activations follow what torch keeps of a LLaMA's layer (a test
compares the count with what it keeps). For what the allocator and libraries take, a tenth and some hundred
megabytes are added. Time is floating point operations over an assumed share of the device's peak.

Operations: 6 a parameter and token (Kaplan et al. 2020), two of them forwards; on top the attention's own
products, half of the square, for it is causal. Activation checkpointing adds another forward pass. LoRA
spares the gradients of the base's weights: 4 in place of 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from api_docs.errors import NotEnoughMemory
from finetune.training.config import LoraSection, TrainingConfig
from finetune.training.devices import GIB, TERA, Device
from finetune.weights.shapes import LlamaShape

SHARES: Final = {"cpu": 0.5, "cuda": 0.4}
"""Share of the peak that a training is assumed to reach."""
_ALLOCATOR: Final = 0.1
"""Share of all else that is lost between tensors."""
_LIBRARIES: Final = {"cpu": GIB // 2, "cuda": GIB}
"""Bytes of a process's libraries and of the driver's context."""
_ANSWERED: Final = 0.25
"""Share of a sequence's tokens that is assumed to be answer, for which logits are made."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is trained on: `steps` None while no data are known; `tokens` of a sequence, on average."""

    steps: int | None
    tokens: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes on each device, floating point operations, seconds."""

    device: Device
    processes: int
    parameters: int
    trained: int
    weights: int
    gradients: int
    optimizer: int
    gathered: int  # weights that FSDP gathers for the layers at work, and their gradients
    activations: int
    logits: int
    overhead: int
    operations: float  # of a step, over all devices
    tokens: float  # of a step, over all devices
    steps: int | None
    share: float

    @property
    def memory(self) -> int:
        """Bytes on each device at the worst moment."""
        parts = (self.weights, self.gradients, self.optimizer, self.gathered, self.activations, self.logits)
        return sum(parts) + self.overhead

    @property
    def fits(self) -> bool:
        """Whether each process's part of the device has so much."""
        return self.memory <= self.device.per_process(self.processes).memory

    @property
    def peak(self) -> float:
        """FLOP/s of all devices together."""
        return self.device.per_process(self.processes).peak * self.processes

    @property
    def seconds_per_step(self) -> float:
        """At the assumed share of the peak."""
        return self.operations / (self.peak * self.share)

    @property
    def seconds(self) -> float | None:
        """Of the whole training, evaluations apart."""
        return None if self.steps is None else self.steps * self.seconds_per_step

    def summary(self) -> dict[str, Any]:
        """For programs."""
        return {
            "device": self.device.name,
            "device_memory": self.device.memory,
            "peak": self.peak,
            "peak_source": self.device.source,
            "share": self.share,
            "processes": self.processes,
            "parameters": self.parameters,
            "trained": self.trained,
            "memory": {
                "weights": self.weights,
                "gradients": self.gradients,
                "optimizer": self.optimizer,
                "gathered": self.gathered,
                "activations": self.activations,
                "logits": self.logits,
                "overhead": self.overhead,
                "total": self.memory,
            },
            "fits": self.fits,
            "operations_per_step": self.operations,
            "tokens_per_step": self.tokens,
            "seconds_per_step": self.seconds_per_step,
            "steps": self.steps,
            "seconds": self.seconds,
        }


def estimate(config: TrainingConfig, shape: LlamaShape, device: Device, load: Load) -> Estimate:
    """What `config` needs of a device, for a model of this shape."""
    train, processes = config.train, config.distributed.processes
    trained = lora_parameters(shape, config.lora) if train.method == "lora" else shape.parameters
    kept = 2 if train.weights == "bfloat16" else 4
    of_trained = 4 if train.method == "lora" else kept  # adapters are kept in float32
    weights = shape.parameters * kept + (trained * of_trained if train.method == "lora" else 0)
    gradients, optimizer = trained * of_trained, 2 * trained * of_trained
    gathered = _gathered(config, shape)
    activations, logits = _activations(config, shape), _logits(config, shape)
    shared = -(-(weights + gradients + optimizer) // processes)
    overhead = int(_ALLOCATOR * (shared + gathered + activations + logits)) + _LIBRARIES[device.kind]
    tokens = train.batch * load.tokens
    return Estimate(
        device=device,
        processes=processes,
        parameters=shape.parameters,
        trained=trained,
        weights=-(-weights // processes),
        gradients=-(-gradients // processes),
        optimizer=-(-optimizer // processes),
        gathered=gathered,
        activations=activations,
        logits=logits,
        overhead=overhead,
        operations=tokens * operations_per_token(config, shape, load.tokens),
        tokens=tokens,
        steps=train.steps or load.steps,
        share=SHARES[device.kind],
    )


def operations_per_token(config: TrainingConfig, shape: LlamaShape, tokens: float) -> float:
    """Floating point operations of a step for each token of sequences of `tokens` tokens."""
    attention = 2.0 * shape.layers * shape.hidden_size * tokens  # forwards: two products over half the tokens
    forward = 2.0 * shape.multiplied + attention
    of_inputs = 2.0 * shape.multiplied + 2 * attention
    backward = of_inputs if config.train.method == "lora" else 2 * forward
    again = forward if config.train.activation_checkpointing else 0.0
    return forward + backward + again


def lora_parameters(shape: LlamaShape, lora: LoraSection) -> int:
    """Parameters of the adapters: for each matrix named, `rank` times the sum of its two sides."""
    return shape.layers * lora.rank * sum(sum(_sides(shape)[name]) for name in lora.targets)


def _sides(shape: LlamaShape) -> dict[str, tuple[int, int]]:
    hidden, wide, kv = shape.hidden_size, shape.intermediate_size, shape.kv_size
    return {
        "q_proj": (hidden, hidden),
        "k_proj": (hidden, kv),
        "v_proj": (hidden, kv),
        "o_proj": (hidden, hidden),
        "gate_proj": (hidden, wide),
        "up_proj": (hidden, wide),
        "down_proj": (wide, hidden),
    }


def _gathered(config: TrainingConfig, shape: LlamaShape) -> int:
    """Bytes of whole layers: two at once under FSDP (one at work, one on its way), and the embeddings'.

    In one process with weights in float32, bfloat16 is a copy of what is multiplied.
    """
    train, distributed = config.train, config.distributed
    width = 2 if train.bf16 else 4
    if distributed.processes == 1:
        return 2 * shape.multiplied if train.bf16 and train.weights == "float32" else 0
    at_once = 2 if distributed.reshard_after_forward else shape.layers
    gradient = 0 if train.method == "lora" else shape.layer_parameters
    return width * (shape.embedding_parameters + at_once * shape.layer_parameters + gradient)


def _activations(config: TrainingConfig, shape: LlamaShape) -> int:
    """Bytes that the forward pass keeps for the backward pass."""
    train = config.train
    tokens = train.micro_batch * train.length
    layer = tokens * kept_of_a_layer(config, shape)
    width = 2 if train.bf16 else 4
    if train.activation_checkpointing:
        return shape.layers * tokens * shape.hidden_size * width + layer
    return shape.layers * layer


def kept_of_a_layer(config: TrainingConfig, shape: LlamaShape) -> int:
    """Bytes a token that one layer keeps: norms in float32, all else as it is multiplied.

    A norm keeps what it is given, that divided by its length, and its result, which queries, keys and values
    share (gate and what it gates, too). Attention keeps queries, keys, values and its result; the
    feed-forward its gate before and behind the bend, what it gates, and the product. Where weights are in
    float32 and multiplied in bfloat16, each of the five products with a norm's result rounds a copy of it.
    """
    train = config.train
    hidden, wide, kv = shape.hidden_size, shape.intermediate_size, shape.kv_size
    width = 2 if train.bf16 else 4
    if not train.bf16:
        norms = 2 * (4 + 4 + 4)
    elif train.weights == "bfloat16":
        norms = 2 * (4 + 2 + 2)
    else:
        norms = 2 * (4 + 4) + 5 * 2
    lengths = 2 * 4 + 4 * shape.heads  # of the norms, and of the attention's sums
    kept = norms * hidden + width * (2 * hidden + 2 * kv + 4 * wide) + lengths
    if train.method == "lora":
        inputs = sum(_sides(shape)[name][0] for name in config.lora.targets)
        kept += inputs * (
            4 + (1 if config.lora.dropout else 0)
        )  # in the adapters' float32, with what was dropped
    return kept


def _logits(config: TrainingConfig, shape: LlamaShape) -> int:
    """Bytes of the logits, of answers only: as they are multiplied, in float32, and their gradients."""
    tokens = config.train.micro_batch * config.train.length * _ANSWERED
    width = 2 if config.train.bf16 else 0  # else they are in float32 from the start
    return int(tokens * shape.vocabulary * (width + 4 + 4))


# --- what is said of it -----------------------------------------------------------------------------------


def require_memory(wanted: Estimate) -> None:
    """Refuse a training that the device has too little memory for.

    Raises:
        NotEnoughMemory: naming what is needed, what there is, and what would make it smaller.
    """
    device, processes = wanted.device, wanted.processes
    if device.kind == "cuda" and device.count is not None and device.count < processes:
        raise NotEnoughMemory(
            f"the config shares the model among {processes} GPUs, and {device.count} are here; set "
            "distributed.processes to what there is, or use another machine (--anyway tries)"
        )
    if not wanted.fits:
        has = device.per_process(processes).memory
        raise NotEnoughMemory(
            f"each process would need about {wanted.memory / GIB:,.1f} GiB and {device.name} has "
            f"{has / GIB:,.1f} GiB for it; take a smaller train.micro_batch or train.length, "
            "train.activation_checkpointing, method 'lora', or more GPUs (--anyway tries)"
        )


def told(wanted: Estimate) -> Iterator[str]:
    """The estimate as lines for people."""
    device = wanted.device
    yield (
        f"{wanted.parameters:,} parameters, {wanted.trained:,} of them trained, "
        f"{wanted.processes} process{'es' if wanted.processes > 1 else ''} on {device.name}"
    )
    parts = {
        "weights": wanted.weights,
        "gradients": wanted.gradients,
        "Adam's states": wanted.optimizer,
        "gathered": wanted.gathered,
        "activations": wanted.activations,
        "logits": wanted.logits,
        "overhead": wanted.overhead,
    }
    shown = ", ".join(f"{name} {size / GIB:,.2f}" for name, size in parts.items() if size)
    has = device.per_process(wanted.processes).memory / GIB
    verdict = "fits" if wanted.fits else "does not fit"
    yield f"memory: {wanted.memory / GIB:,.2f} GiB of {has:,.1f} a process, {verdict} ({shown})"
    yield (
        f"time: {wanted.operations / TERA:,.3g} TFLOP and {wanted.tokens:,.0f} tokens a step, "
        f"{wanted.seconds_per_step:,.3g} s at {wanted.share:.0%} of {device.peak / TERA:,.3g} TFLOP/s "
        f"({device.source})"
    )
    if wanted.seconds is not None:
        yield f"{wanted.steps:,} steps: about {_span(wanted.seconds)}, evaluations apart"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
