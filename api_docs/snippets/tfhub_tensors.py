"""Inputs as TensorFlow tensors, and how a loaded TFHub model is run."""

from __future__ import annotations

import re

from api_docs.snippets.inputs import IMAGE, tone
from api_docs.snippets.parts import Code, Subject, code

IMPORT_TF = ("import tensorflow as tf",)
_TF1 = "hub"

_SIZES = frozenset(
    [
        "96",
        "128",
        "160",
        "192",
        "224",
        "240",
        "256",
        "260",
        "288",
        "299",
        "300",
        "320",
        "331",
        "380",
        "384",
        "448",
        "456",
        "480",
        "512",
        "528",
        "600",
        "640",
        "768",
        "896",
        "1024",
    ]
)
"""Sides of pictures in pixels that models are made for: numbers of a handle that mean a size."""


def runner(subject: Subject) -> tuple[str, tuple[str, ...]]:
    """The name of what runs the model, and the line that makes it where that is not the model itself."""
    if subject.entry.loader.name == "hub.KerasLayer" or subject.fact("format") == "saved_model_2":
        return "model", ()
    if subject.fact("format") == _TF1:
        return "run", ("run = model.signatures['default']",)
    return "run", ("run = model if callable(model) else model.signatures['default']",)


def signatures_of(subject: Subject) -> str:
    """Where the signatures are: a KerasLayer keeps the loaded model inside."""
    return "model.resolved_object.signatures" if "KerasLayer" in subject.call.callee else "model.signatures"


def image_size(subject: Subject) -> int:
    """Side of the square picture in pixels: the doc's figure, else one that the handle states, else 224."""
    stated = re.findall(r"(?<![0-9a-zA-Z])\d{2,4}(?![0-9a-zA-Z])", _spaced(subject))
    default = next((size for size in reversed(stated) if size in _SIZES), "224")
    return subject.number("input_size", int(default))


def _spaced(subject: Subject) -> str:
    """The handle without its version, its numbers set apart: `v2_100_224`, `320x320`."""
    return re.sub(r"[_x/-]", " ", re.sub(r"/\d+$", "", subject.model_id))


def image_tensor(subject: Subject) -> Code:
    """A batch of one picture: float32 in [0, 1], (1, height, width, 3)."""
    size = image_size(subject)
    return code(
        IMAGE,
        f"pixels = np.array(image.resize(({size}, {size})), dtype=np.float32) / 255",
        "images = tf.constant(pixels[None])  # (1, height, width, RGB) in [0, 1]",
        imports=("import numpy as np", *IMPORT_TF),
    )


def image_tensor_uint8() -> Code:
    """A batch of one picture: uint8, (1, height, width, 3)."""
    return code(
        IMAGE,
        "images = tf.constant(np.array(image)[None])  # (1, height, width, RGB), uint8",
        imports=("import numpy as np", *IMPORT_TF),
    )


def waveform_batch() -> Code:
    """A batch of one mono recording: float32, (1, samples) at 16 kHz."""
    return code(tone(), "waveforms = tf.constant(waveform[None])", imports=IMPORT_TF)


def token_ids(*, tf1: bool) -> Code:
    """Ids of a short sequence as a BERT-like encoder takes them, under the names of its format."""
    names = ("input_ids", "input_mask", "segment_ids")
    if not tf1:
        names = ("input_word_ids", "input_mask", "input_type_ids")
    values = ("ids", "tf.ones_like(ids)", "tf.zeros_like(ids)")
    return code(
        "# ids of a tokenised sentence; the encoder's preprocessing model on TFHub makes them from text",
        "ids = tf.constant([[101, 7592, 2088, 102]])",
        "inputs = {",
        *(f"    '{name}': {value}," for name, value in zip(names, values, strict=True)),
        "}",
        imports=IMPORT_TF,
    )
