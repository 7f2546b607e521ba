"""Sentences that state an argument, and the calls that follow: "Run it on the GPU." → `device='cuda'`.

What may be stated plainly, and how it is written into a call, is the knowledge of `service.generators`, which
reads instructions for the service; here are words that it understands. A sentence is taken only if the call
that it reads from the whole instruction carries the argument, so what a model is taught is what the service
does without one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from api_docs.call import Call
from api_docs.catalogue import Entry
from api_docs.models import ArgumentType
from service.generators.arguments import carry
from service.generators.slots import Slot, slots_of

_TRIES: Final = 5
"""Sentences that are tried for one instruction."""
_BY_NAME: Final = 0.4
"""Share of statements that call a documented argument by its name, where it has one that can be called so."""
_SOME_NUMBERS: Final = (
    *range(2, 41),
    48,
    50,
    60,
    64,
    75,
    80,
    90,
    100,
    120,
    128,
    150,
    200,
    250,
    256,
    300,
    365,
)
_SIZES: Final = (2, 4, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128)
_LENGTHS: Final = (16, 20, 30, 40, 50, 60, 64, 80, 100, 120, 128, 150, 200, 256, 300, 384, 400, 512)
_FEW: Final = tuple(range(2, 13))


@dataclass(frozen=True, slots=True)
class Stated:
    """An instruction that states an argument, its name, and the call that follows."""

    text: str
    argument: str
    call: Call


@dataclass(frozen=True, slots=True)
class Topic:
    """Arguments that mean the same, sentences that ask for it, and numbers that may stand for `{n}`."""

    arguments: frozenset[str]
    sentences: tuple[str, ...]
    numbers: Sequence[int] = (1,)


def _topic(arguments: str, *sentences: str, numbers: Sequence[int] = (1,)) -> Topic:
    return Topic(frozenset(arguments.split()), sentences, numbers)


TOPICS: Final = (
    _topic(
        "device map_location use_gpu useGPU gpu use_cuda cuda run_opts device_map",
        *("Run it on the GPU.", "It has to run on the CPU.", "Use the GPU.", "Put it on cuda:{n}."),
        *("It should run on my GPU.", "I only have a CPU.", "Run it on GPU {n}.", "On the CPU, please."),
        *("It will run on an M{n} chip.", "Load it onto the second GPU.", "We have no GPU here."),
        *("Use all our GPUs, on several GPUs.", "CPU only.", "Run it on our A100."),
        numbers=(1, 2, 3, 4),
    ),
    _topic(
        "num_classes n_classes nb_classes number_of_classes num_labels classes",
        *("It is for {n} classes.", "My data set has {n} classes.", "There are {n} classes to predict."),
        *(
            "With {n} output classes, please.",
            "The head must have {n} classes.",
            "We have a {n}-class problem.",
        ),
        *(
            "The number of classes is {n}.",
            "It should be trained with {n} categories.",
            "num_classes is {n}.",
        ),
        numbers=_SOME_NUMBERS,
    ),
    _topic(
        "pretrained weights",
        *(
            "Without pretrained weights.",
            "I want it without the pretrained weights.",
            "Not pretrained, please.",
        ),
        *("Start from randomly initialized weights.", "I will train the network from scratch."),
        *("Don't load any weights.", "No pretrained weights, please.", "Leave out the weights."),
    ),
    _topic(
        "in_chans in_channels input_channels channels",
        *(
            "The images have {n} channels.",
            "Our pictures are {n}-channel images.",
            "It gets {n} input channels.",
        ),
        *("It is for scans with {n} channels.",),
        numbers=_FEW,
    ),
    _topic("out_channels output_channels", "It should have {n} output channels.", numbers=_FEW),
    _topic(
        "batch_size",
        *("Use a batch size of {n}.", "Work through {n} files at a time.", "In batches of {n}, please."),
        *("Take {n} examples at a time.", "The batch size is {n}."),
        numbers=_SIZES,
    ),
    _topic(
        "top_k topk",
        *("Show me the top {n} answers.", "I want the {n} most likely labels.", "Give the top {n}."),
        *("Return the {n} best guesses.", "Only the {n} best predictions."),
        numbers=_FEW,
    ),
    _topic(
        "max_new_tokens max_length max_len max_seq_length",
        *("Write at most {n} tokens.", "No more than {n} new tokens.", "Limit it to {n} tokens."),
        *("The maximum length is {n}.", "With a max length of {n}.", "Truncate it to {n} tokens."),
        numbers=_LENGTHS,
    ),
    _topic("truncate_dim", "Truncate the vectors to {n} dimensions.", numbers=(32, 64, 128, 256, 512)),
    _topic(
        "chunk_length_s", "Cut it into {n}-second chunks.", "In chunks of {n} s.", numbers=(5, 10, 15, 20, 30)
    ),
    _topic("opset_version", "With opset {n}.", "The opset version is {n}.", numbers=tuple(range(9, 19))),
    _topic(
        "dtype torch_dtype model_math precision",
        *("In half precision.", "Load it in float16.", "Use bfloat16.", "It should run in full precision."),
        *("Load it with half precision, please.", "fp16, please.", "In bf16."),
    ),
    _topic(
        "load_in_8bit load_in_4bit quantization_config",
        *("Load it in 8 bits.", "With 4-bit quantization.", "Load it in 4 bit.", "8-bit weights, please."),
    ),
    _topic(
        "trainable freeze freeze_params",
        *("The weights must be trainable.", "I want to fine-tune the model.", "Unfreeze it."),
        *("We plan to fine-tune its layers.", "It has to be trainable."),
    ),
    _topic(
        "local_files_only",
        *("Use only local files.", "It must not go online.", "Take it from the local cache."),
    ),
    _topic(
        "force_reload force_download refresh_cache",
        *("Force a fresh download.", "Download it again.", "Ignore the cache."),
    ),
    _topic("trust_remote_code", "Trust remote code.", "I allow its custom code."),
    _topic("progress", "Without a progress bar.", "Don't show the progress bar.", "Hide the progress bar."),
    _topic("verbose _verbose", "Load it quietly.", "Download it silently."),
    _topic(
        "onnx load_onnx_model use_onnx backend",
        "Use the ONNX version.",
        "As an ONNX model.",
        "With OpenVINO.",
    ),
    _topic("use_safetensors", "Take the safetensors.", "From safetensors only."),
    _topic("attn_implementation", "With flash attention 2.", "Use sdpa.", "With eager attention."),
    _topic("output_hidden_states", "Return all hidden states.", "I need the hidden states."),
    _topic("output_attentions", "Return the attention weights.", "I want the attention maps."),
    _topic("aggregation_strategy", "Group the entities.", "Merge the word pieces.", "I want whole entities."),
    _topic(
        "return_timestamps",
        "With word-level timestamps.",
        "With timestamps.",
        "Add timestamps for every word.",
    ),
    _topic(
        "cache_dir cache_folder savedir",
        *("Store the files in /data/models.", "Download it to /mnt/weights.", "Cache it in ./cache{n}."),
        numbers=_FEW,
    ),
)
_VALUES: Final = {
    ArgumentType.BOOL: ("True", "False"),
    ArgumentType.INT: tuple(map(str, _SOME_NUMBERS)),
    ArgumentType.FLOAT: (
        "0.05",
        "0.1",
        "0.15",
        "0.2",
        "0.25",
        "0.3",
        "0.4",
        "0.5",
        "0.6",
        "0.75",
        "0.8",
        "1.5",
    ),
}
"""Source texts of values that an argument of a type may be given by name."""
_NAMED: Final = ("{name}={value}", "Set {name} to {value}.", "With {name} of {value}.", "{name} is {value}.")


def follow(text: str, entry: Entry) -> Call:
    """The call of an API for an instruction: its template, with what the instruction states."""
    return carry(text, entry)[0]


def state(text: str, entry: Entry, draw: random.Random) -> Stated | None:
    """The instruction with a sentence more that states an argument of this API.

    None where the API has no argument that a sentence could state, or none of those that were tried changes
    the call.
    """
    slots, before = slots_of(entry), follow(text, entry)
    for names, sentence in _tried(slots, draw):
        longer = f"{text if text[-1] in '.?!' else f'{text}.'} {sentence}"
        call, changes = carry(longer, entry)
        stated = next((change.argument for change in changes if change.argument in names), None)
        if stated is not None and call != before:
            return Stated(longer, stated, call)
    return None


def _tried(slots: dict[str, Slot], draw: random.Random) -> Iterator[tuple[frozenset[str], str]]:
    """Sentences about arguments that are there, each with the names of those that it may be about."""
    named = [slot for slot in slots.values() if slot.documented and slot.type in _VALUES]
    topics = [topic for topic in TOPICS if not topic.arguments.isdisjoint(slots)]
    for _ in range(_TRIES):
        if named and (not topics or draw.random() < _BY_NAME):
            slot = draw.choice(named)
            value = draw.choice(_VALUES[slot.type])
            yield frozenset({slot.name}), draw.choice(_NAMED).format(name=slot.name, value=value)
        elif topics:
            topic = draw.choice(topics)
            yield topic.arguments, draw.choice(topic.sentences).format(n=draw.choice(topic.numbers))
