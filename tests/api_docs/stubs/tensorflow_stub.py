"""TensorFlow on NumPy arrays, and TFHub's models by what their pages say they take."""

# ruff: noqa: PLW0108 - parameters are the real functions' own
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.api_docs.stubs.recording import Recorder, Stub, Thing
from tests.api_docs.stubs.signatures import bound

_TYPES = {
    "float32": np.float32,
    "int32": np.int32,
    "int64": np.int64,
    "uint8": np.uint8,
    "string": object,
}


def _constant(value: Any, dtype: Any = None) -> np.ndarray:
    return np.array(value, dtype=dtype)


def _random(shape: list[int]) -> np.ndarray:
    return np.zeros(shape, np.float32)


def _resize(images: np.ndarray, size: list[int]) -> np.ndarray:
    return np.zeros((len(images), *size, 3), np.float32)


def _zeros(shape: list[int], dtype: Any = np.float32) -> np.ndarray:
    return np.full(shape, "", dtype=object) if dtype is object else np.zeros(shape, dtype)


def tensorflow() -> Stub:
    """The functions that snippets use, with TensorFlow's parameters."""
    return Stub(
        "tensorflow",
        **_TYPES,
        constant=_constant,
        cast=lambda x, dtype: x.astype(dtype),
        zeros=_zeros,
        zeros_like=lambda input: np.zeros_like(input),
        ones_like=lambda input: np.ones_like(input),
        one_hot=lambda indices, depth: np.eye(depth, dtype=np.float32)[np.asarray(indices)],
        transpose=lambda a, perm: np.transpose(a, perm),
        shape=lambda input: np.array(input.shape),
        argmax=lambda input, axis=0: np.argmax(input, axis=axis),
        reduce_mean=lambda input_tensor, axis=None: np.mean(input_tensor, axis=axis),
        image=SimpleNamespace(
            resize=_resize,
            resize_with_pad=lambda image, target_height, target_width: _resize(
                image, [target_height, target_width]
            ),
        ),
        random=SimpleNamespace(normal=_random, truncated_normal=_random),
    )


_VECTOR = np.zeros((1, 5), np.float32)
_IDS = ("input_word_ids", "input_mask", "input_type_ids")

# Pattern of a handle → what `model(…)` takes (kinds, or names of a dict) and gives.
_CALLS: tuple[tuple[str, Any, Any], ...] = (
    (r"/yamnet/", "audio", (np.zeros((6, 521)), np.zeros((6, 1024)), np.zeros((300, 64)))),
    (r"/trill(-distilled)?/", {"samples": "audio", "sample_rate": None}, {"embedding": _VECTOR}),
    (r"preprocess", "text", {name: np.zeros((1, 128), np.int32) for name in _IDS}),
    (r"(?i)cmlm/multilingual-base|labse", dict.fromkeys(_IDS, "ids"), {"default": _VECTOR}),
    (r"nnlm|sentence-encoder|bertseq2seq", "text", _VECTOR),
    (
        r"(?i)bert|electra|muril",
        dict.fromkeys(_IDS, "ids"),
        {"pooled_output": _VECTOR, "encoder_outputs": [_VECTOR]},
    ),
    (r"stylization", "image", (np.zeros((1, 480, 640, 3)),)),
    (r"google/film/", {"x0": "image", "x1": "image", "time": "tensor"}, {"image": np.zeros((1, 64, 64, 3))}),
    (r"movinet/.*/stream/", {"image": "video", "state_0": "tensor"}, (_VECTOR, {"state_0": _VECTOR})),
    (r"movinet/", {"image": "video"}, _VECTOR),
    (r"efficientdet|ssd_mobilenet_v2/fpnlite", "image", {"detection_boxes": np.zeros((1, 9, 4))}),
    (r"dedal", "tensor", {"sw_scores": _VECTOR}),
    (r"swin_\w+_patch244", "video", _VECTOR),
    (r"vggish|trillsson|wav2vec2", "audio", _VECTOR),
    (r"mbmelgan|soundstream|kids-cgan", "tensor", _VECTOR),
    (r"", "image", _VECTOR),
)

# Pattern of a handle → signature → its inputs by name with their kinds.
_SIGNATURES: tuple[tuple[str, Mapping[str, Mapping[str, str]]], ...] = (
    (r"google/spice/", {"serving_default": {"input_audio_samples": "audio"}}),
    (r"humpback", {"score": {"waveform": "audio", "context_step_samples": "tensor"}}),
    (r"silero-stt", {"serving_default": {"waveform": "audio"}}),
    (r"movenet", {"serving_default": {"input": "image"}}),
    (r"intel/midas", {"serving_default": {"input": "image"}}),
    (r"bigbigan", {"generate": {"z": "tensor"}, "encode": {"x": "image"}}),
    (r"biggan", {"default": {"z": "tensor", "y": "tensor", "truncation": "tensor"}}),
    (r"musiq", {"serving_default": {"image_bytes_tensor": "image"}}),
    (
        r"delf",
        {
            "default": {
                "image": "image",
                "image_scales": "tensor",
                "score_threshold": "tensor",
                "max_feature_num": "tensor",
            }
        },
    ),
    (r"local-linearity", {"default": {"x": "image", "decay_rate": "tensor"}}),
    (r"mil-nce|mmv", {"video": {"default": "video"}, "text": {"default": "text"}}),
    (r"movinet/.*/stream/", {"init_states": {"input_shape": "tensor"}}),
    (r"tiny_video_net", {"default": {"default": "video"}}),
    (r"wiki40b", {"word_embeddings": {"text": "text"}}),
    (r"ulmfit", {"string_encoder": {"string_input": "text"}}),
    (r"LAReQA", {"query_encoder": {"input": "text"}, "response_encoder": {"input": "text"}}),
    (r"sentence-encoder(-multilingual)?-qa", {"question_encoder": {"input": "text"}}),
    (r"bertseq2seq", {"default": {"text": "text"}}),
    (r"nascarr/nq|tf2nq", {"serving_default": dict.fromkeys(("input_ids", "input_mask"), "ids")}),
    (r"(?i)bert", {"tokens": dict.fromkeys(("input_ids", "input_mask", "segment_ids"), "ids")}),
    (r"deepmind/mmt/", {"default": {"image": "image", "sentence": "text"}}),
    (r"progan", {"default": {"latent_vector": "tensor"}}),
    (r"elmo|nnlm", {"default": {"default": "text"}}),
    (r"speech_embedding", {"default": {"default": "audio"}}),
    (r"i3d", {"default": {"default": "video"}}),
    (r"", {"default": {"images": "image"}}),
)
_RESULTS = {
    "movenet": {"output_0": np.zeros((1, 1, 17, 3))},
    "silero": {"output_0": np.zeros((1, 9, 30))},
    "spice": {"pitch": _VECTOR, "uncertainty": _VECTOR},
    "object_detection": {"detection_boxes": np.zeros((9, 4))},
    "openimages": {"detection_boxes": np.zeros((9, 4))},
    "stream": {"state_0": _VECTOR},
}
_SHAPES = {"image": [None, 224, 224, 3], "text": [None], "tensor": [None, 8], "ids": [None, None]}


def modules(recorder: Recorder) -> dict[str, Stub]:
    """Modules by path."""
    hub = Stub(
        "tensorflow_hub",
        load=recorder.loader("tensorflow_hub.load", make=lambda given: _loaded(recorder, given["handle"])),
        KerasLayer=recorder.loader(
            "tensorflow_hub.KerasLayer", make=lambda given: _layer(recorder, given["handle"])
        ),
    )
    return {
        "tensorflow": tensorflow(),
        "tensorflow_hub": hub,
        "tensorflow_text": Stub("tensorflow_text"),
    }


def _first(table: tuple[tuple[Any, ...], ...], handle: str) -> tuple[Any, ...]:
    return next(row for row in table if re.search(row[0], handle))


def _signatures(recorder: Recorder, handle: str) -> dict[str, Thing]:
    found = {}
    for name, inputs in _first(_SIGNATURES, handle)[1].items():
        specs = {
            key: SimpleNamespace(shape=_SHAPES.get(kind, [None, 8]), dtype=_dtype(kind))
            for key, kind in inputs.items()
        }
        found[name] = Thing(
            call=_run_signature(recorder, handle, f"{handle}:{name}", inputs),
            structured_input_signature=((), specs),
        )
    return found


def _dtype(kind: str) -> Any:
    return {"text": object, "ids": np.int32}.get(kind, np.float32)


def _run_signature(
    recorder: Recorder, handle: str, label: str, inputs: Mapping[str, str]
) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        # as TensorFlow: by position only where there is one input
        if args and len(inputs) > 1:
            raise TypeError(f"{label} takes its inputs by name")
        given = dict(zip(inputs, args, strict=False)) | kwargs
        if given.keys() != inputs.keys():
            raise TypeError(f"{label} takes {sorted(inputs)}, not {sorted(given)}")
        recorder.used(label, given)
        marker = next((name for name in _RESULTS if name in handle), None)
        return _RESULTS[marker] if marker else {"default": _VECTOR}

    return run


def _run_model(recorder: Recorder, handle: str) -> Callable[..., Any]:
    _, takes, gives = _first(_CALLS, handle)

    def run(*args: Any, **kwargs: Any) -> Any:
        given = kwargs or (args[0] if len(args) == 1 and isinstance(args[0], dict) else None)
        if isinstance(takes, Mapping):
            if given is None or given.keys() != takes.keys():
                raise TypeError(f"{handle} takes {sorted(takes)}, not {args} {sorted(kwargs)}")
        elif given is not None:
            raise TypeError(f"{handle} takes one tensor, not {sorted(given)}")
        recorder.used(handle, *args, kwargs)
        return gives

    return run


def _loaded(recorder: Recorder, handle: str) -> Thing:
    """What `hub.load` gives: models of TensorFlow 1's format can't be called."""
    thing = Thing(signatures=_signatures(recorder, handle))
    if recorder.options.get("format") == "hub" and "stylization" not in handle:
        return SimpleNamespace(signatures=thing.signatures)  # type: ignore[return-value]
    thing.call = _run_model(recorder, handle)
    thing.model = SimpleNamespace(
        predict_on_batch=lambda x: recorder.used(handle, x) or {"human": np.zeros((1, 896, 5313))}
    )
    return thing


def _layer(recorder: Recorder, handle: str) -> Thing:
    run = _run_model(recorder, handle)

    def call(*args: Any, **kwargs: Any) -> Any:
        return run(bound("tensorflow_hub.KerasLayer.__call__", args, kwargs)["inputs"])

    return Thing(call=call, resolved_object=_loaded(recorder, handle))
