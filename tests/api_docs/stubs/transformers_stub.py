"""transformers' classes by their heads, their processors, and `pipeline()` with its pipelines' signatures."""

# ruff: noqa: ARG005 - parameters are the real functions' own
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import transformers

from api_docs.snippets.releases import outdated
from tests.api_docs.stubs.recording import Recorder, Stub, Thing, kinds_of
from tests.api_docs.stubs.signatures import bound

REAL_NAMES = frozenset(dir(transformers))
FORMER_NAMES = frozenset({"Conversation"})

_TOKENS = 8
_MASK = 4


class Batch(dict[str, Any]):
    """What processors give; `text_only` ones move to a device and take no number type."""

    text_only = False

    def __getattr__(self, name: str) -> Any:
        return self[name]

    def to(self, device: Any, *dtype: Any) -> Batch:
        if self.text_only and dtype:
            raise TypeError("BatchEncoding.to() takes 2 positional arguments but 3 were given")
        return self


class TextBatch(Batch):
    """What tokenizers give."""

    text_only = True


def _ids() -> torch.Tensor:
    ids = torch.arange(10, 10 + _TOKENS)
    ids[3] = _MASK
    return ids.unsqueeze(0)


def _text() -> dict[str, torch.Tensor]:
    return {"input_ids": _ids(), "attention_mask": torch.ones(1, _TOKENS, dtype=torch.long)}


def modules(recorder: Recorder) -> dict[str, Stub]:
    """Modules by path."""
    module = Stub("transformers", pipeline=_pipeline(recorder))
    module.__getattr__ = lambda name: _class(recorder, name)  # type: ignore[method-assign]
    return {"transformers": module}


def _class(recorder: Recorder, name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if name not in REAL_NAMES | FORMER_NAMES and outdated(name) is None:
        raise ImportError(f"transformers {transformers.__version__} has no {name}")
    if name == "Conversation":
        return lambda text: text
    if re.fullmatch(r"\w*Tokenizer(Fast)?", name):
        return _loaded(
            recorder, "transformers.AutoTokenizer.from_pretrained", name, _tokenizer(recorder, name)
        )
    if re.fullmatch(r"\w*(Processor(Fast)?|FeatureExtractor)", name):
        signature = f"transformers.{name if name.startswith('Auto') else 'AutoProcessor'}.from_pretrained"
        return _loaded(recorder, signature, name, _processor(recorder, name))
    return _loaded(recorder, "transformers.AutoModel.from_pretrained", name, _model(recorder, name))


def _loaded(recorder: Recorder, signature: str, name: str, thing: Any) -> SimpleNamespace:
    return SimpleNamespace(from_pretrained=recorder.loader(signature, thing, f"transformers.{name}"))


# --- tokenizers and processors ------------------------------------------------------------------------


def _tokenizer(recorder: Recorder, name: str) -> Thing:
    def call(*args: Any, **kwargs: Any) -> TextBatch:
        if "table" in kwargs:
            assert set(kwargs) <= {"table", "queries", "query", "return_tensors", "padding"}
            recorder.used(f"transformers.{name}", kwargs["table"])
        else:
            given = bound("transformers.tokenizer", args, kwargs)
            recorder.used(f"transformers.{name}", given.get("text"), given.get("text_pair"))
            rows = len(given["text"]) if isinstance(given["text"], list) else 1
            return TextBatch({key: value.repeat(rows, 1) for key, value in _text().items()})
        return TextBatch(_text())

    return Thing(
        call=call,
        mask_token="[MASK]",
        mask_token_id=_MASK,
        eos_token="</s>",
        src_lang="",
        decode=_decode,
        batch_decode=lambda ids, skip_special_tokens=False: ["words"] * len(ids),
        convert_ids_to_tokens=lambda ids: ["token"] * len(ids),
        convert_tokens_to_ids=lambda token: 7,
        convert_logits_to_predictions=lambda data, logits: ([[(1, 1)]],),
    )


def _decode(token_ids: Any, skip_special_tokens: bool = False) -> str:
    assert len(token_ids) > 0
    return "words"


def _inputs_of(value: Any) -> dict[str, torch.Tensor]:
    """The tensors that a processor makes of what it is given."""
    kinds, made = kinds_of(value), {}
    if "text" in kinds:
        made.update(_text())
    if "video" in kinds:
        made["pixel_values"] = torch.rand(1, 16, 3, 224, 224)
    elif "image" in kinds:
        made["pixel_values"] = torch.rand(1, 3, 224, 224)
    if "audio" in kinds:
        made["input_values"] = torch.rand(1, 48_000)
    return made


def _processor(recorder: Recorder, name: str) -> Thing:
    takes = {"AutoImageProcessor": {"image", "video"}, "AutoFeatureExtractor": {"audio"}}.get(name)

    def call(*args: Any, **kwargs: Any) -> Batch:
        assert kwargs.pop("return_tensors") in ("pt", "tf", "np")
        assert kwargs.keys() <= _PROCESSOR_KEYWORDS, sorted(kwargs)
        values = [*args, *(kwargs[key] for key in _PROCESSOR_INPUTS if key in kwargs)]
        kinds = kinds_of(values)
        if name != "AutoFeatureExtractor":
            assert "audio" not in kinds_of(list(args)), "processors take sound by name"
        assert takes is None or kinds <= takes, f"{name} takes {takes}, not {kinds}"
        if "audio" in kinds:
            assert kwargs["sampling_rate"] > 0
        recorder.used(f"transformers.{name}", values)
        return Batch(_inputs_of(values))

    return Thing(
        call=call,
        batch_decode=lambda ids, skip_special_tokens=False: ["words"] * len(ids),
        tokenizer=_tokenizer(recorder, name),
        apply_chat_template=_chat(recorder, name),
        process_images=lambda images: Batch(_inputs_of(images)),
        process_queries=lambda text: TextBatch(_text()),
        score_retrieval=lambda query, passage: torch.rand(1, 1),
        **{
            post: Recorder().user(f"transformers.{post}", result, f"transformers.{name}.{post}")
            for post, result in _POST.items()
        },
    )


_PROCESSOR_INPUTS = ("text", "images", "audio", "videos", "task_inputs")
_PROCESSOR_KEYWORDS = frozenset(
    [
        "text",
        "images",
        "audio",
        "videos",
        "sampling_rate",
        "padding",
        "boxes",
        "input_points",
        "task_inputs",
        "src_lang",
    ]
)
_POST: Mapping[str, Any] = {
    "post_process_object_detection": [
        {"labels": torch.tensor([1]), "boxes": torch.rand(1, 4), "scores": torch.rand(1)}
    ],
    "post_process_grounded_object_detection": [{"boxes": torch.rand(1, 4), "scores": torch.rand(1)}],
    "post_process_semantic_segmentation": [torch.ones(480, 640, dtype=torch.long)],
    "post_process_panoptic_segmentation": [{"segmentation": torch.ones(480, 640), "segments_info": []}],
    "post_process_keypoint_detection": [{"keypoints": torch.rand(9, 2)}],
    "post_process_keypoint_matching": [{"keypoints0": torch.rand(9, 2)}],
    "post_process_pose_estimation": [[{"keypoints": torch.rand(17, 2)}]],
}


def _chat(recorder: Recorder, name: str) -> Callable[..., Batch]:
    def template(*args: Any, **kwargs: Any) -> Batch:
        messages = bound("transformers.apply_chat_template", args, kwargs)["conversation"]
        parts = messages[0]["content"]
        values = [part[part["type"]] for part in parts]
        recorder.used(f"transformers.{name}.apply_chat_template", values)
        return Batch(_inputs_of(values))

    return template


# --- models -------------------------------------------------------------------------------------------

_LABELS = {0: "no", 1: "yes", 2: "maybe"}
_CONFIG = SimpleNamespace(
    id2label=_LABELS,
    num_frames=16,
    image_size=224,
    patch_size=16,
    tubelet_size=2,
    sampling_rate=16_000,
    context_length=8,
    lags_sequence=[1, 2],
    num_time_features=2,
    num_input_channels=1,
    prediction_length=4,
    state_dim=3,
    act_dim=2,
    vision_config=SimpleNamespace(num_frames=8),
)

_SPAN = {"start_logits": torch.eye(_TOKENS)[1:2], "end_logits": torch.eye(_TOKENS)[3:4]}
_TEXT, _IMAGE, _AUDIO = {"input_ids"}, {"pixel_values"}, {"input_values", "input_features"}

# Pattern of a class → the inputs of which it needs one each, and its outputs.
_FORWARD: tuple[tuple[str, tuple[set[str], ...], dict[str, Any]], ...] = (
    (r"DecisionTransformerModel", ({"states"},), {"action_preds": torch.rand(1, 1, 2)}),
    (r"PatchTST\w*", ({"past_values"},), {"prediction_outputs": torch.rand(1, 4, 1)}),
    (r"TimesFm\w*", ({"past_values"},), {"mean_predictions": torch.rand(1, 8)}),
    (r"(Vilt|Lxmert)\w*|AutoModelForVisualQuestionAnswering", (_TEXT, _IMAGE), {"logits": torch.rand(1, 3)}),
    (
        r"LayoutL?X?LM\w*|AutoModelForDocument\w*",
        (_TEXT, _IMAGE),
        _SPAN,
    ),
    (r"X(CLIP|Clip)Model", (_TEXT, _IMAGE), {"logits_per_video": torch.rand(1, 2)}),
    (r"ClapModel", (_TEXT, _AUDIO), {"logits_per_audio": torch.rand(1, 2)}),
    (
        r"\w*(CLIP|Siglip)Model|AlignModel|AutoModelForZeroShotImage\w*",
        (_TEXT, _IMAGE),
        {"logits_per_image": torch.rand(1, 3)},
    ),
    (r"CLIPSeg\w*", (_TEXT, _IMAGE), {"logits": torch.rand(2, 352, 352)}),
    (
        r"OwlViT\w*|GroundingDino\w*|AutoModelForZeroShotObject\w*",
        (_TEXT, _IMAGE),
        {"logits": torch.rand(1, 9, 2)},
    ),
    (r"ColPali\w*", (), {"embeddings": torch.rand(1, 5, 8)}),
    (
        r"(Wav2Vec2|Hubert|WavLM)\w*ForSequenceClassification|\w*ForAudioClassification",
        (_AUDIO,),
        {"logits": torch.rand(1, 3)},
    ),
    (r"\w*ForCTC", (_AUDIO,), {"logits": torch.rand(1, 50, 30)}),
    (r"\w*ForAudioFrameClassification", (_AUDIO,), {"logits": torch.rand(1, 50, 2)}),
    (r"\w*XVector", (_AUDIO,), {"embeddings": torch.rand(1, 8)}),
    (r"(Wav2Vec2|Hubert|WavLM|AST)\w*", (_AUDIO,), {"last_hidden_state": torch.rand(1, 50, 8)}),
    (r"VitsModel", (_TEXT,), {"waveform": torch.rand(1, 16_000)}),
    (r"VideoMAEForPreTraining", (_IMAGE,), {"logits": torch.rand(1, 784, 1536)}),
    (r"\w*(ForImageClassification|ForVideoClassification)", (_IMAGE,), {"logits": torch.rand(1, 3)}),
    (r"\w*ForDepthEstimation", (_IMAGE,), {"predicted_depth": torch.rand(1, 384, 384)}),
    (
        r"\w*(ForImageSuperResolution|ForImageToImage)",
        (_IMAGE,),
        {"reconstruction": torch.rand(1, 3, 960, 1280)},
    ),
    (
        r"Sam\w*|AutoModelForMaskGeneration",
        (_IMAGE,),
        {"pred_masks": torch.rand(1, 1, 3, 256, 256), "iou_scores": torch.rand(1, 1, 3)},
    ),
    (r"\w*Backbone", (_IMAGE,), {"feature_maps": (torch.rand(1, 8, 7, 7),)}),
    (
        r"\w*(ForKeypoint\w+|ForPoseEstimation|ForObjectDetection|Segmentation)",
        (_IMAGE,),
        {"logits": torch.rand(1, 9, 3)},
    ),
    (
        r"(ViT|Swin|Dinov2|ConvNext|VideoMAE|Timesformer)\w*",
        (_IMAGE,),
        {"last_hidden_state": torch.rand(1, 50, 8)},
    ),
    (r"AutoModelForSequenceClassification", (_TEXT | _IMAGE | _AUDIO,), {"logits": torch.rand(1, 3)}),
    (r"\w*ForSequenceClassification", (_TEXT,), {"logits": torch.rand(1, 3)}),
    (r"\w*ForTokenClassification", (_TEXT,), {"logits": torch.rand(1, _TOKENS, 3)}),
    (r"(Tapas\w*|AutoModelForTableQuestionAnswering)", (_TEXT,), {"logits": torch.rand(1, _TOKENS)}),
    (
        r"\w*ForQuestionAnswering",
        (_TEXT,),
        _SPAN,
    ),
    (r"\w*ForMaskedLM", (_TEXT,), {"logits": torch.rand(1, _TOKENS, 30)}),
    (r"\w*ForMultipleChoice", (_TEXT,), {"logits": torch.rand(1, 2)}),
    (r"\w*ForNextSentencePrediction", (_TEXT,), {"logits": torch.rand(1, 2)}),
    (r"\w*ForPreTraining", (_TEXT,), {"prediction_logits": torch.rand(1, _TOKENS, 30)}),
    (r"DPR\w*", (_TEXT,), {"pooler_output": torch.rand(1, 8)}),
    (r"(TF|Flax)\w*", (), {"logits": torch.rand(1, 3)}),
    (r"\w*Model|AutoModelForTextEncoding", (), {"last_hidden_state": torch.rand(1, _TOKENS, 8)}),
)
_GENERATES = re.compile(
    r"\w*(ForCausalLM|LMHeadModel|ForConditionalGeneration|ForSeq2SeqLM|MTModel|ForSpeechSeq2Seq|ForImageTextToText"
    r"|ForMultimodalLM|WithLMHead|ForVision2Seq)|EncoderDecoderModel|VisionEncoderDecoderModel|BlipForQuestionAnswering"
    r"|Bark\w*|Musicgen\w*|AutoModelForTextTo\w+|SeamlessM4T\w*|\w*ForPrediction|Mgpstr\w*|SpeechEncoderDecoderModel"
)
_DOMAIN_OUTPUTS: Mapping[str, dict[str, Any]] = {
    # bare classes that may be anything: what they are asked for decides
    "xclip": {"logits_per_video": torch.rand(1, 2)},
    "siglip": {"logits_per_image": torch.rand(1, 3)},
    "decision": {"action_preds": torch.rand(1, 1, 2)},
}


def _model(recorder: Recorder, name: str) -> Thing:
    label = f"transformers.{name}"
    row = next((row for row in _FORWARD if re.fullmatch(row[0], name)), None)

    def forward(*args: Any, **kwargs: Any) -> Any:
        if args:  # models with code of their own: a tensor in, a list of masks out
            recorder.used(label, *args)
            return [torch.rand(1, 1, 1024, 1024)]
        assert row is not None, f"{name} is not called but generates"
        for needed in row[1]:
            assert needed & kwargs.keys(), f"{name} needs one of {sorted(needed)}, not {sorted(kwargs)}"
        recorder.uses.append((label, _kinds(kwargs)))
        return _Outputs(row[2], recorder.options.get("outputs", ""))

    def generate(*args: Any, **kwargs: Any) -> Any:
        assert _GENERATES.fullmatch(name), f"{name} does not generate"
        given = bound("transformers.generate", args, kwargs)
        recorder.uses.append((label, _kinds(given)))
        return (
            _Sequences()
            if name.endswith("ForPrediction") or "generate_speech" in given
            else torch.ones(1, 20, dtype=torch.long)
        )

    model = Thing(
        call=forward,
        generate=generate,
        generate_speech=recorder.user("transformers.generate_speech", torch.rand(90, 80), label),
        device=torch.device("cpu"),
        dtype=torch.float32,
        config=_CONFIG,
        encode=lambda input_values: (
            recorder.used(label, input_values) or SimpleNamespace(audio_codes=torch.ones(1, 2))
        ),
        encode_image=lambda images: recorder.used(label, images) or np.zeros((1, 8)),
        encode_text=lambda sentences: recorder.used(label, sentences) or np.zeros((2, 8)),
        parameters=list,
    )
    model.eval = lambda: model
    model.get_encoder = lambda: forward
    return model


class _Sequences:
    sequences = torch.rand(1, 100, 4)


class _Outputs(dict[str, Any]):
    """Named tensors, as attributes and as items."""

    def __init__(self, named: dict[str, Any], hint: str) -> None:
        super().__init__(named | _DOMAIN_OUTPUTS.get(hint, {}))

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"this model gives {sorted(self)}, no {name}") from None


def _kinds(named: Mapping[str, Any]) -> frozenset[str]:
    kinds = set()
    for name, value in named.items():
        if name == "input_ids":
            kinds.add("text")
        elif name == "pixel_values":
            kinds.add("video" if value.ndim == 5 else "image")
        elif name in ("input_values", "input_features"):
            kinds.add("audio")
        elif name in ("past_values", "states"):
            kinds.add("tensor")
    return frozenset(kinds)


# --- pipelines ----------------------------------------------------------------------------------------

_PIPELINES: Mapping[str, tuple[str, frozenset[str], Any]] = {
    # task → the pipeline whose `__call__` it is, what it must be given, what it gives
    "any-to-any": ("AnyToAnyPipeline", frozenset({"text", "image"}), "a blue wall"),
    "audio-classification": ("AudioClassificationPipeline", frozenset({"audio"}), []),
    "automatic-speech-recognition": (
        "AutomaticSpeechRecognitionPipeline",
        frozenset({"audio"}),
        {"text": ""},
    ),
    "depth-estimation": ("ImageClassificationPipeline", frozenset({"image"}), {}),
    "document-question-answering": ("DocumentQuestionAnsweringPipeline", frozenset({"text", "image"}), []),
    "feature-extraction": ("FeatureExtractionPipeline", frozenset({"text"}), []),
    "fill-mask": ("FillMaskPipeline", frozenset({"text"}), []),
    "image-classification": ("ImageClassificationPipeline", frozenset({"image"}), []),
    "image-feature-extraction": ("ImageClassificationPipeline", frozenset({"image"}), []),
    "image-segmentation": ("ImageClassificationPipeline", frozenset({"image"}), []),
    "image-text-to-text": ("ImageTextToTextPipeline", frozenset({"text", "image"}), []),
    "keypoint-matching": ("KeypointMatchingPipeline", frozenset({"image"}), []),
    "mask-generation": ("MaskGenerationPipeline", frozenset({"image"}), {}),
    "object-detection": ("ImageClassificationPipeline", frozenset({"image"}), []),
    "table-question-answering": ("TableQuestionAnsweringPipeline", frozenset({"table", "text"}), {}),
    "text-classification": ("TextClassificationPipeline", frozenset({"text"}), []),
    "text-generation": ("TextGenerationPipeline", frozenset({"text"}), []),
    "text-to-audio": (
        "TextToAudioPipeline",
        frozenset({"text"}),
        {"audio": np.zeros(9), "sampling_rate": 16},
    ),
    "token-classification": ("TokenClassificationPipeline", frozenset({"text"}), []),
    "video-classification": ("VideoClassificationPipeline", frozenset({"video"}), []),
    "zero-shot-audio-classification": (
        "ZeroShotAudioClassificationPipeline",
        frozenset({"audio", "text"}),
        [],
    ),
    "zero-shot-classification": ("ZeroShotClassificationPipeline", frozenset({"text"}), {}),
    "zero-shot-image-classification": (
        "ZeroShotImageClassificationPipeline",
        frozenset({"image", "text"}),
        [],
    ),
    "zero-shot-object-detection": ("ZeroShotObjectDetectionPipeline", frozenset({"image", "text"}), []),
}
_FORMER_PIPELINES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    # tasks of transformers 4: the keywords that their pipelines take, what they must be given
    "conversational": (frozenset(), frozenset({"text"})),
    "image-to-image": (frozenset(), frozenset({"image"})),
    "image-to-text": (frozenset({"max_new_tokens"}), frozenset({"image"})),
    "question-answering": (frozenset({"question", "context"}), frozenset({"text"})),
    "summarization": (frozenset({"max_length"}), frozenset({"text"})),
    "text2text-generation": (frozenset(), frozenset({"text"})),
    "translation": (frozenset({"src_lang", "tgt_lang"}), frozenset({"text"})),
    "visual-question-answering": (frozenset({"image", "question"}), frozenset({"text", "image"})),
}
PIPELINE_TASKS = frozenset(_PIPELINES)
FORMER_TASKS = frozenset(_FORMER_PIPELINES)
_ALIASES = {
    "ner": "token-classification",
    "sentiment-analysis": "text-classification",
    "text-to-speech": "text-to-audio",
    "vqa": "visual-question-answering",
}


def _pipeline(recorder: Recorder) -> Callable[..., Thing]:
    def made(given: dict[str, Any]) -> Thing:
        task = given.get("task") or recorder.options["task"]
        task = "translation" if task.startswith("translation_") else _ALIASES.get(task, task)
        label = f"transformers.pipeline:{task}"
        if task in _FORMER_PIPELINES:
            call = _former(recorder, label, *_FORMER_PIPELINES[task])
        else:
            name, needs, result = _PIPELINES[task]
            checked = recorder.user(f"transformers.{name}", result, label)

            def call(*args: Any, **kwargs: Any) -> Any:
                found = checked(*args, **kwargs)
                assert needs <= recorder.uses[-1][1], f"{task} needs {sorted(needs)}"
                return found

        return Thing(call=call, tokenizer=SimpleNamespace(mask_token="[MASK]"))

    return recorder.loader("transformers.pipeline", make=made)


def _former(
    recorder: Recorder, label: str, takes: frozenset[str], needs: frozenset[str]
) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        assert kwargs.keys() <= takes, f"{label} takes {sorted(takes)}, not {sorted(kwargs)}"
        recorder.used(label, *args, kwargs)
        assert needs <= recorder.uses[-1][1]
        return []

    return call
