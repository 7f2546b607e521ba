"""Small libraries around one model each, which docs call without a loader of the table."""

# ruff: noqa: ARG005 - parameters are the real functions' own
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from tests.api_docs.stubs.recording import Recorder, Stub, Thing

_CLASSES: tuple[tuple[str, str, str, Any], ...] = (
    # module, class, the method that snippets call, what it gives
    ("InstructorEmbedding", "INSTRUCTOR", "encode", np.zeros((1, 8))),
    ("deepmultilingualpunctuation", "PunctuationModel", "restore_punctuation", "Anna."),
    ("faster_whisper", "WhisperModel", "transcribe", ([SimpleNamespace(text="words")], None)),
    ("happytransformer", "HappyTextToText", "generate_text", SimpleNamespace(text="words")),
    ("huggingsound", "SpeechRecognitionModel", "transcribe", [{"transcription": "words"}]),
    ("promptcap", "PromptCap", "caption", "a blue wall"),
    ("text2vec", "SentenceModel", "encode", np.zeros((1, 8))),
)


def modules(recorder: Recorder) -> dict[str, Stub]:
    """Modules by path."""
    found = {}
    for module, name, method, result in _CLASSES:
        thing = SimpleNamespace(**{method: recorder.user(f"{module}.{method}", result)})
        found[module] = Stub(module, **{name: recorder.loader(f"{module}.{name}", thing)})
    speak = Thing(call=recorder.user("txtai.TextToSpeech.__call__", (np.zeros(9), 22_050)))
    found["txtai"] = Stub("txtai")
    found["txtai.pipeline"] = Stub(
        "txtai.pipeline", TextToSpeech=recorder.loader("txtai.TextToSpeech", speak)
    )
    detect = Thing(call=recorder.user("pyannote.Pipeline.__call__", "speech from 0 to 1"))
    found["pyannote.audio.pipelines"] = Stub(
        "pyannote.audio.pipelines",
        VoiceActivityDetection=recorder.loader("pyannote.VoiceActivityDetection", detect),
    )
    answer = SimpleNamespace(raise_for_status=lambda: None, text="an answer", json=lambda: {"an": "answer"})
    found["requests"] = Stub("requests", request=recorder.loader("requests.request", answer))
    found["parrot"] = Stub("parrot", Parrot=_parrot(recorder))
    found["clip"] = _clip(recorder)
    forest = SimpleNamespace(
        fit=lambda X, y: None,  # noqa: N803 - scikit-learn's name
        predict=lambda X: recorder.used("sklearn.predict", np.array(X, np.float32)) or np.zeros(1),  # noqa: N803
    )
    found["sklearn"] = Stub("sklearn")
    found["sklearn.ensemble"] = Stub("sklearn.ensemble", RandomForestRegressor=lambda: forest)
    return found


def _parrot(recorder: Recorder) -> Any:
    def augment(input_phrase: str) -> list[tuple[str, int]]:
        recorder.used("parrot.augment", input_phrase)
        return [("words", 1)]

    return lambda model_tag, use_gpu=False: SimpleNamespace(augment=augment)


def _clip(recorder: Recorder) -> Stub:
    def call(image: torch.Tensor, text: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        recorder.used("clip.model", image, text)
        return torch.rand(1, 3), torch.rand(3, 1)

    return Stub(
        "clip",
        load=lambda name, device="cpu": (Thing(call=call), lambda image: torch.rand(3, 224, 224)),
        tokenize=lambda texts: torch.ones(len(texts), 77, dtype=torch.int32),
    )
