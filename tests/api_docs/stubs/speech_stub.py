"""SpeechBrain, pyannote, NeMo, fairseq's hub, asteroid, ESPnet and other libraries for speech."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from tests.api_docs.stubs.recording import Recorder, Stub, Thing

_SPEECHBRAIN: dict[str, dict[str, tuple[str, Any]]] = {
    # module.class → method → its signature and what it gives
    "classifiers.EncoderClassifier": {
        "classify_batch": ("EncoderClassifier.classify_batch", (None, torch.rand(1), None, ["en"])),
        "encode_batch": ("EncoderClassifier.encode_batch", torch.rand(1, 1, 192)),
    },
    "enhancement.SpectralMaskEnhancement": {"enhance_batch": ("enhance_batch", torch.rand(1, 48_000))},
    "enhancement.WaveformEnhancement": {"enhance_batch": ("enhance_batch", torch.rand(1, 48_000))},
    "separation.SepformerSeparation": {"separate_batch": ("separate_batch", torch.rand(1, 48_000, 2))},
    "ASR.EncoderDecoderASR": {"transcribe_batch": ("transcribe_batch", (["words"], [[1]]))},
    "TTS.Tacotron2": {"encode_text": ("Tacotron2.encode_text", (torch.rand(1, 80, 9), None, None))},
    "TTS.FastSpeech2": {"encode_text": ("FastSpeech2.encode_text", (torch.rand(1, 80, 9), None, None, None))},
    "vocoders.HIFIGAN": {"decode_batch": ("HIFIGAN.decode_batch", torch.rand(1, 1, 2048))},
    "speaker.SpeakerRecognition": {"verify_batch": ("verify_batch", (torch.rand(1), torch.ones(1)))},
    "VAD.VAD": {"get_speech_segments": ("get_speech_segments", torch.rand(1, 2))},
}


def modules(recorder: Recorder) -> dict[str, Stub]:
    """Modules by path."""
    return {
        **_speechbrain(recorder),
        **_pyannote(recorder),
        **_nemo(recorder),
        **_fairseq(recorder),
        **_others(recorder),
    }


def _speechbrain(recorder: Recorder) -> dict[str, Stub]:
    found = {"speechbrain": Stub("speechbrain"), "speechbrain.inference": Stub("speechbrain.inference")}
    for path, methods in _SPEECHBRAIN.items():
        module, _, name = path.partition(".")
        thing = SimpleNamespace(
            **{
                m: recorder.user(f"speechbrain.{s}", result, f"speechbrain.{name}.{m}")
                for m, (s, result) in methods.items()
            }
        )
        stub = found.setdefault(f"speechbrain.inference.{module}", Stub(module))
        load = recorder.loader("speechbrain.from_hparams", thing, f"speechbrain.{name}")
        setattr(stub, name, SimpleNamespace(from_hparams=load))
    classifier = SimpleNamespace(
        classify_file=lambda path: recorder.used("speechbrain.foreign", path) or ("angry",)
    )
    found["speechbrain.inference.interfaces"] = Stub(
        "interfaces", foreign_class=recorder.loader("speechbrain.foreign_class", classifier)
    )
    return found


def _pyannote(recorder: Recorder) -> dict[str, Stub]:
    pipeline = Thing(call=recorder.user("pyannote.Pipeline.__call__", "speech from 0 to 1"))
    audio = Stub(
        "pyannote.audio",
        Pipeline=SimpleNamespace(
            from_pretrained=recorder.loader("pyannote.Pipeline.from_pretrained", pipeline)
        ),
        Model=SimpleNamespace(from_pretrained=recorder.loader("pyannote.Model.from_pretrained", "a model")),
        Inference=recorder.loader(
            "pyannote.Inference",
            Thing(call=recorder.user("pyannote.Inference.__call__", np.zeros((1, 3)))),
        ),
    )
    return {"pyannote": Stub("pyannote", audio=audio), "pyannote.audio": audio}


def _nemo(recorder: Recorder) -> dict[str, Stub]:
    methods = {
        "transcribe": ["words"],
        "get_embedding": torch.rand(1, 192),
        "infer_file": ("yes", torch.rand(2)),
        "parse": torch.ones(1, 9, dtype=torch.long),
        "generate_spectrogram": torch.rand(1, 80, 9),
        "convert_spectrogram_to_audio": torch.rand(1, 2048),
    }
    thing = SimpleNamespace(
        **{name: recorder.user(f"nemo.{name}", result) for name, result in methods.items()}
    )
    thing.add_punctuation_capitalization = lambda queries: (
        recorder.used("nemo.punctuation", queries) or ["Text."]
    )

    class Models:
        def __getattr__(self, name: str) -> Any:
            return SimpleNamespace(
                from_pretrained=recorder.loader("nemo.from_pretrained", thing, f"nemo.{name}")
            )

    collections = {f"nemo.collections.{name}": Stub(name, models=Models()) for name in ("asr", "tts", "nlp")}
    return {"nemo": Stub("nemo"), "nemo.collections": Stub("nemo.collections"), **collections}


def _fairseq(recorder: Recorder) -> dict[str, Stub]:
    quiet = Recorder()

    def interface(kind: str, result: Any) -> SimpleNamespace:
        methods = {"get_model_input": recorder, "get_prediction": quiet}
        if kind == "TTS":
            methods["update_cfg_with_data_cfg"] = quiet
        return SimpleNamespace(
            **{
                name: chosen.user(f"fairseq.{kind}.{name}", result if name == "get_prediction" else {})
                for name, chosen in methods.items()
            }
        )

    speaks = recorder.options.get("speaks", True)
    build = quiet.user(f"fairseq.{'TTS' if speaks else 'S2T'}.build_generator", "generator")
    task = SimpleNamespace(data_cfg={}, build_generator=build)
    load = recorder.loader("fairseq.load", (["model"], {"generation": {}}, task))
    return {
        "fairseq": Stub("fairseq"),
        "fairseq.checkpoint_utils": Stub("checkpoint_utils", load_model_ensemble_and_task_from_hf_hub=load),
        "fairseq.models": Stub("fairseq.models"),
        "fairseq.models.text_to_speech": Stub("text_to_speech"),
        "fairseq.models.text_to_speech.hub_interface": Stub(
            "hub_interface", TTSHubInterface=interface("TTS", (torch.rand(2048), 16_000))
        ),
        "fairseq.models.speech_to_text": Stub("speech_to_text"),
        "fairseq.models.speech_to_text.hub_interface": Stub(
            "hub_interface", S2THubInterface=interface("S2T", "words")
        ),
    }


def _others(recorder: Recorder) -> dict[str, Stub]:
    separate = recorder.user("asteroid.separate", torch.rand(1, 2, 48_000))
    separator = SimpleNamespace(separate=lambda wav, **options: separate("the model", wav, **options))
    base = SimpleNamespace(from_pretrained=recorder.loader("asteroid.from_pretrained", separator))
    speech = Thing(call=recorder.user("espnet2.Text2Speech.__call__", {"wav": torch.rand(2048)}), fs=16_000)
    words = Thing(call=recorder.user("espnet2.Speech2Text.__call__", [("words", [], [], None)]))
    parts = Thing(call=recorder.user("espnet2.SeparateSpeech.__call__", [np.zeros((1, 48_000))]))
    return {
        "asteroid": Stub("asteroid"),
        "asteroid.models": Stub("asteroid.models", BaseModel=base, ConvTasNet=base),
        "espnet2": Stub("espnet2"),
        "espnet2.bin": Stub("espnet2.bin"),
        "espnet2.bin.tts_inference": Stub(
            "tts_inference",
            Text2Speech=SimpleNamespace(
                from_pretrained=recorder.loader("espnet2.Text2Speech.from_pretrained", speech)
            ),
        ),
        "espnet2.bin.asr_inference": Stub(
            "asr_inference",
            Speech2Text=SimpleNamespace(
                from_pretrained=recorder.loader("espnet2.Speech2Text.from_pretrained", words)
            ),
        ),
        "espnet2.bin.enh_inference": Stub(
            "enh_inference",
            SeparateSpeech=SimpleNamespace(
                from_pretrained=recorder.loader("espnet2.SeparateSpeech.from_pretrained", parts)
            ),
        ),
    }
