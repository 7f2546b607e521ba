"""`torch.hub.load` with torch's own signature, and what the repositories' entrypoints give."""

# ruff: noqa: ARG005 - parameters are the real functions' own
from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from tests.api_docs.stubs.recording import Recorder, Stub, Thing
from tests.api_docs.stubs.signatures import bound

_REPOSITORY = re.compile(r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)(?::(?P<ref>[\w./-]+))?")


def modules(recorder: Recorder) -> dict[str, Stub]:
    """None: only `torch.hub.load` is replaced."""
    return {}


def load(recorder: Recorder) -> Callable[..., Any]:
    """`torch.hub.load`."""

    def stub(*args: Any, **kwargs: Any) -> Any:
        surplus = {name: kwargs.pop(name) for name in list(kwargs) if name not in _OWN}
        given = bound("torch.hub.load", args, kwargs) | {"kwargs": surplus}
        matched = _REPOSITORY.fullmatch(given["repo_or_dir"])
        assert matched, f"no repository: {given['repo_or_dir']!r}"
        recorder.loads.append(("torch.hub.load", given))
        name = f"{matched['owner']}/{matched['name']}".lower()
        builder = next(build for pattern, build in _REPOSITORIES if re.fullmatch(pattern, name))
        return builder(_Model(recorder, f"{name}:{given['model']}"), given)

    return stub


_OWN = ("repo_or_dir", "model", "source", "trust_repo", "force_reload", "verbose", "skip_validation")


class _Model:
    """Makes stub models of one entrypoint."""

    def __init__(self, recorder: Recorder, label: str) -> None:
        self.recorder, self.label = recorder, label

    def thing(self, result: Any, takes: int = 1, **more: Any) -> Thing:
        """A module that takes so many tensors and gives `result`."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if kwargs or len(args) != takes:
                raise TypeError(f"{self.label} takes {takes} positional arguments, not {args} {kwargs}")
            self.recorder.used(self.label, *args)
            return result(*args) if callable(result) else result

        made = Thing(call=call, **more)
        made.eval = lambda: made
        return made

    def method(self, signature: str, result: Any) -> Callable[..., Any]:
        return self.recorder.user(signature, result, self.label)

    def noted(self, result: Any, *names: str) -> Callable[..., Any]:
        """A function of given parameters, all by name or all by position."""

        def call(*args: Any, **kwargs: Any) -> Any:
            assert len(args) <= len(names)
            assert kwargs.keys() <= set(names)
            self.recorder.used(self.label, *args, kwargs)
            return result

        return call


def _classes(batch: torch.Tensor) -> torch.Tensor:
    assert batch.shape[1] == 3, "colours come second"
    return torch.rand(len(batch), 1000)


def _vision(model: _Model, given: dict[str, Any]) -> Any:
    name = given["model"]
    if name.startswith(("deeplab", "fcn", "lraspp")):
        return model.thing(lambda batch: {"out": torch.rand(1, 21, *batch.shape[2:])})
    if name.startswith("raft"):
        return model.thing([torch.rand(1, 2, 256, 256)], takes=2)
    if "rcnn" in name:
        return model.thing(lambda pictures: [{"boxes": torch.rand(len(pictures), 4)}])
    return model.thing(_classes)


def _plain(model: _Model, given: dict[str, Any]) -> Any:
    return model.thing(_classes)


def _midas(model: _Model, given: dict[str, Any]) -> Any:
    if given["model"] == "transforms":

        def prepare(image: np.ndarray) -> torch.Tensor:
            assert image.dtype == np.uint8
            return torch.rand(1, 3, 384, 384)

        names = ("default", "small", "dpt", "beit512", "swin384", "swin256", "levit")
        return SimpleNamespace(**{f"{name}_transform": prepare for name in names})
    return model.thing(torch.rand(1, 384, 384))


def _yolov5(model: _Model, given: dict[str, Any]) -> Any:
    if given["kwargs"].get("autoshape", True):
        return model.thing(SimpleNamespace(pandas=lambda: SimpleNamespace(xyxy=["boxes"])))
    return model.thing([torch.rand(1, 25200, 85)])


def _video(model: _Model, given: dict[str, Any]) -> Any:
    name = given["model"]

    def classify(frames: Any, boxes: Any = None) -> torch.Tensor:
        clips = frames if isinstance(frames, list) else [frames]
        assert isinstance(frames, list) == name.startswith("slowfast")
        assert all(clip.ndim == 5 and clip.shape[1] == 3 for clip in clips)
        return torch.rand(1, 400)

    if name == "mvit_base_16":
        return model.thing(_classes)
    return model.thing(classify, takes=2 if name.endswith("_detection") else 1)


def _gan(model: _Model, given: dict[str, Any]) -> Any:
    noise = torch.rand(4, 512)
    return SimpleNamespace(
        buildNoiseData=lambda n_samples: (noise, None),
        test=model.noted(torch.rand(4, 3, 64, 64), "input"),
    )


def _unmix(model: _Model, given: dict[str, Any]) -> Any:
    speech = given["model"].startswith("umxse")
    channels = 1 if speech else 2

    def separate(audio: torch.Tensor) -> torch.Tensor:
        assert audio.shape[:2] == (1, channels)
        return torch.rand(1, 4, *audio.shape[1:])

    if given["model"].endswith("_spec"):
        bins = 513 if speech else 2049

        def mask(spectrogram: torch.Tensor) -> torch.Tensor:
            assert spectrogram.shape[1:3] == (channels, bins)
            return spectrogram

        return {"speech" if speech else "vocals": model.thing(mask)}
    return model.thing(separate)


def _silero(model: _Model, given: dict[str, Any]) -> Any:
    name = given["model"]
    if name == "silero_stt":
        return model.thing(torch.rand(1, 9, 30)), lambda probs: "words", (None,) * 4
    if name == "silero_te":
        return None, ["text"], ["en"], ".", model.noted("Text.", "text", "lan")
    if name == "silero_denoise":
        return model.thing(torch.rand(1, 1, 72_000)), ["noisy.wav"], (None, None, None)
    if re.match(r"v\d|multi", given["kwargs"].get("speaker", "")):
        speak = model.noted(torch.rand(24_000), "text", "speaker", "sample_rate")
        return SimpleNamespace(apply_tts=speak, speakers=["voice_0"]), "an example"
    speak = model.noted([torch.rand(16_000)], "texts", "model", "sample_rate", "symbols", "device")
    return model.thing(None), "abc", 16_000, "an example", speak


def _vad(model: _Model, given: dict[str, Any]) -> Any:
    find = model.noted([{"start": 0, "end": 99}], "audio", "model", "sampling_rate")
    return model.thing(torch.rand(1)), (find, None, None, None, None)


def _fairseq(model: _Model, given: dict[str, Any]) -> Any:
    family = "bart" if given["model"].startswith("bart") else "roberta"
    extract = (
        "fairseq.xmod.extract_features"
        if given["model"].startswith("xmod")
        else "fairseq.roberta.extract_features"
    )
    return SimpleNamespace(
        eval=lambda: None,
        fill_mask=model.method(f"fairseq.{family}.fill_mask", "filled"),
        encode=model.method("fairseq.roberta.encode", torch.ones(5, dtype=torch.long)),
        predict=model.method("fairseq.roberta.predict", torch.rand(1, 3)),
        extract_features=model.method(extract, torch.rand(1, 5, 8)),
        disambiguate_pronoun=model.method("fairseq.roberta.disambiguate_pronoun", True),
        translate=model.method("fairseq.generator.translate", "translated"),
        sample=model.method("fairseq.generator.sample", ["continued"]),
    )


def _huggingface(model: _Model, given: dict[str, Any]) -> Any:
    ids = {"input_ids": torch.tensor([[2, 7, 4, 3]])}
    if given["model"] == "tokenizer":
        return Thing(
            call=lambda *texts, return_tensors=None: model.recorder.used(model.label, *texts) or ids,
            mask_token="[MASK]",
            mask_token_id=4,
            decode=lambda ids: "word",
        )
    if given["model"] == "config":
        return SimpleNamespace(hidden_size=8)
    outputs: dict[str, dict[str, torch.Tensor]] = {
        "modelForQuestionAnswering": {"start_logits": torch.rand(1, 4), "end_logits": torch.rand(1, 4)},
        "modelForSequenceClassification": {"logits": torch.rand(1, 2)},
        "model": {"last_hidden_state": torch.rand(1, 4, 8)},
    }
    result = SimpleNamespace(**outputs.get(given["model"], {"logits": torch.rand(1, 4, 30)}))

    def call(*, input_ids: torch.Tensor) -> SimpleNamespace:
        model.recorder.used(model.label, input_ids)
        return result

    return Thing(call=call, eval=lambda: None)


def _nvidia(model: _Model, given: dict[str, Any]) -> Any:  # noqa: PLR0911 - one return an entrypoint
    name = given["model"]
    spectrogram = torch.rand(1, 80, 100)
    if name == "nvidia_tts_utils":

        def prepare(texts: list[str], cpu_run: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
            assert cpu_run
            model.recorder.used(model.label, texts)
            return torch.ones(1, 9, dtype=torch.long), torch.tensor([9])

        return SimpleNamespace(prepare_input_sequence=prepare)
    if name == "nvidia_tacotron2":
        return model.thing(None, infer=model.noted((spectrogram, None, None), "inputs", "input_lengths"))
    if name == "nvidia_waveglow":
        return model.thing(None, infer=model.noted(torch.rand(1, 25_600), "spect"))
    if name == "nvidia_hifigan":
        return model.thing(torch.rand(1, 1, 25_600)), {}, None
    if name == "nvidia_fastpitch":
        return model.thing((spectrogram, torch.tensor([100]), None, None, None)), {}
    if name == "nvidia_ssd":
        return model.thing((torch.rand(1, 4, 8732), torch.rand(1, 81, 8732)))
    return model.thing(torch.rand(1, 24, 3) if name == "nvidia_tft" else _classes)


def _once_for_all(model: _Model, given: dict[str, Any]) -> Any:
    net = model.thing(_classes)
    return net if given["model"].startswith("ofa_supernet") else (net, 224)


_REPOSITORIES: tuple[tuple[str, Callable[[_Model, dict[str, Any]], Any]], ...] = (
    ("pytorch/vision", _vision),
    ("(isl-org|intel-isl)/midas", _midas),
    ("ultralytics/yolov5", _yolov5),
    ("facebookresearch/pytorchvideo", _video),
    ("facebookresearch/pytorch_gan_zoo", _gan),
    ("sigsep/open-unmix-pytorch", _unmix),
    ("snakers4/silero-models", _silero),
    ("snakers4/silero-vad", _vad),
    ("(facebookresearch|pytorch)/fairseq", _fairseq),
    ("huggingface/(pytorch-)?transformers", _huggingface),
    ("nvidia/deeplearningexamples", _nvidia),
    ("mit-han-lab/once-for-all", _once_for_all),
    ("mateuszbuda/.*", lambda model, given: model.thing(torch.rand(1, 1, 256, 256))),
    (
        "datvuthanh/hybridnets",
        lambda model, given: model.thing((None, None, None, None, torch.rand(1, 3, 640, 384))),
    ),
    ("hustvl/yolop", lambda model, given: model.thing((None, torch.rand(1, 2, 640, 640), None))),
    (
        "nicolalandro/ntsnet-cub200",
        lambda model, given: model.thing(
            (None, None, None, torch.rand(1, 200), None, None, None), bird_classes=["wren"] * 200
        ),
    ),
    ("somebody/.*", lambda model, given: model.thing(torch.rand(1, 1000))),
    (".*", _plain),
)
