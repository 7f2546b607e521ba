"""Which import a name of a call needs, and which pip package an import comes from.

A fixed table of libraries. A doc's own words never become an import or a requirement: they are looked
up here, and what isn't found is left to the reader with a comment.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from api_docs.snippets.releases import outdated

_TRANSFORMERS = "transformers"

_NAMES = {
    # modules, under the names that docs write
    "hub": "import tensorflow_hub as hub",
    "np": "import numpy as np",
    "nemo_asr": "import nemo.collections.asr as nemo_asr",
    "nemo_nlp": "import nemo.collections.nlp as nemo_nlp",
    "nemo_tts": "import nemo.collections.tts as nemo_tts",
    "pd": "import pandas as pd",
    "tf": "import tensorflow as tf",
    "skops": "import skops.io",
    # functions
    "cached_download": "from huggingface_hub import cached_download",
    "foreign_class": "from speechbrain.inference.interfaces import foreign_class",
    "from_pretrained_fastai": "from huggingface_hub import from_pretrained_fastai",
    "from_pretrained_keras": "from huggingface_hub import from_pretrained_keras",
    "hf_hub_download": "from huggingface_hub import hf_hub_download",
    "hf_hub_url": "from huggingface_hub import hf_hub_url",
    "load_from_hub": "from huggingface_sb3 import load_from_hub",
    "load_model_ensemble_and_task_from_hf_hub": (
        "from fairseq.checkpoint_utils import load_model_ensemble_and_task_from_hf_hub"
    ),
    "model_utils": "from vc_models.models.vit import model_utils",
    "pipeline": f"from {_TRANSFORMERS} import pipeline",
    "snapshot_download": "from huggingface_hub import snapshot_download",
    # classes
    "AutoAdapterModel": "from adapters import AutoAdapterModel",
    "BaseModel": "from asteroid.models import BaseModel",
    "CrossEncoder": "from sentence_transformers import CrossEncoder",
    "SparseEncoder": "from sentence_transformers import SparseEncoder",
    "GLiNER": "from gliner import GLiNER",
    "HappyTextToText": "from happytransformer import HappyTextToText",
    "INSTRUCTOR": "from InstructorEmbedding import INSTRUCTOR",
    "Inference": "from pyannote.audio import Inference",
    "LightweightGAN": "from huggan.pytorch.lightweight_gan.lightweight_gan import LightweightGAN",
    "Model": "from pyannote.audio import Model",
    "Parrot": "from parrot import Parrot",
    "Pipeline": "from pyannote.audio import Pipeline",
    "PromptCap": "from promptcap import PromptCap",
    "PunctuationModel": "from deepmultilingualpunctuation import PunctuationModel",
    "RandomForestRegressor": "from sklearn.ensemble import RandomForestRegressor",
    "SentenceModel": "from text2vec import SentenceModel",
    "SentenceTransformer": "from sentence_transformers import SentenceTransformer",
    "SequenceTagger": "from flair.models import SequenceTagger",
    "TextClassifier": "from flair.models import TextClassifier",
    "Classifier": "from flair.nn import Classifier",
    "SetFitModel": "from setfit import SetFitModel",
    "SpanMarkerModel": "from span_marker import SpanMarkerModel",
    "SpeechRecognitionModel": "from huggingsound import SpeechRecognitionModel",
    "Speech2Text": "from espnet2.bin.asr_inference import Speech2Text",
    "SeparateSpeech": "from espnet2.bin.enh_inference import SeparateSpeech",
    "StaticModel": "from model2vec import StaticModel",
    "Text2Speech": "from espnet2.bin.tts_inference import Text2Speech",
    "TextToSpeech": "from txtai.pipeline import TextToSpeech",
    "VideoClassificationPipeline": f"from {_TRANSFORMERS} import VideoClassificationPipeline",
    "VoiceActivityDetection": "from pyannote.audio.pipelines import VoiceActivityDetection",
    "WhisperModel": "from faster_whisper import WhisperModel",
    "separator": "from speechbrain.inference.separation import SepformerSeparation as separator",
}
_FAMILIES: tuple[tuple[str, str], ...] = (
    # pattern of a class name → module that it is imported from
    (r"ORTModel\w*", "optimum.onnxruntime"),
    (r"OVModel\w*", "optimum.intel"),
    (r"(Auto)?PeftModel\w*", "peft"),
    (r"(PPO|A2C|DQN|SAC|TD3|DDPG)", "stable_baselines3"),
    (r"(QRDQN|TQC|TRPO|RecurrentPPO|ARS|MaskablePPO)", "sb3_contrib"),
    (r"(ConvTasNet|DPRNNTasNet|DPTNet|DCCRNet|DCUNet|DeMask|SuDORMRFNet)", "asteroid.models"),
    (r"YOLO(World|E|V8)?|RTDETR|SAM|FastSAM|NAS", "ultralytics"),
    (r"YOLO\w+", "ultralyticsplus"),
    (r"(EncoderClassifier|AudioClassifier)", "speechbrain.inference.classifiers"),
    (r"(SpectralMask|Waveform|SGMSE)Enhancement", "speechbrain.inference.enhancement"),
    (r"(Encoder(Decoder)?|Whisper|Streaming)ASR", "speechbrain.inference.ASR"),
    (r"(MS)?Tacotron2|FastSpeech2\w*", "speechbrain.inference.TTS"),
    (r"(Unit)?HIFIGAN|DiffWaveVocoder", "speechbrain.inference.vocoders"),
    (r"SepformerSeparation", "speechbrain.inference.separation"),
    (r"SpeakerRecognition", "speechbrain.inference.speaker"),
    (r"VAD", "speechbrain.inference.VAD"),
    (r"EndToEndSLU", "speechbrain.inference.SLU"),
    (r"GraphemeToPhoneme", "speechbrain.inference.text"),
    (r"EncoderDecoderS2UT", "speechbrain.inference.ST"),
    (r"(Waveform|MelSpectrogram)Encoder", "speechbrain.inference.encoders"),
    (r"Speech_Emotion_Diarization", "speechbrain.inference.diarization"),
)
_MODULES = frozenset(
    [
        "clip",
        "fairseq",
        "fasttext",
        "flair",
        "joblib",
        "keras",
        "nemo",
        "open_clip",
        "requests",
        "spacy",
        "stanza",
        "tensorflow",
        "timm",
        "torch",
        "torchaudio",
        "torchvision",
        "transformers",
        "yolov5",
    ]
)
"""Modules that docs write by their own name."""

_PACKAGES = {
    "InstructorEmbedding": "InstructorEmbedding",
    "PIL": "pillow",
    "deepmultilingualpunctuation": "deepmultilingualpunctuation",
    "espnet2": "espnet espnet_model_zoo",
    "faster_whisper": "faster-whisper",
    "huggingface_hub": "huggingface_hub",
    "huggingface_sb3": "huggingface-sb3",
    "imageio": "imageio av",
    "nemo": "nemo_toolkit[all]",
    "open_clip": "open_clip_torch",
    "pyannote": "pyannote.audio",
    "sb3_contrib": "sb3-contrib",
    "sentence_transformers": "sentence-transformers",
    "sklearn": "scikit-learn",
    "stable_baselines3": "stable-baselines3",
    "tensorflow_hub": "tensorflow-hub",
    "tensorflow_text": "tensorflow-text",
}
"""Import name → pip requirements, where they differ."""

_NOT_ON_PYPI = frozenset({"clip", "huggan", "parrot", "vc_models"})
"""Imports whose names on PyPI are other packages, or none."""

_KNOWN_REQUIREMENTS = frozenset(
    [
        "accelerate",
        "efficientnet_pytorch",
        "hydra-core",
        "ftfy",
        "gensim",
        "librosa",
        "omegaconf",
        "opencv-python",
        "pretrainedmodels",
        "protobuf",
        "pytorchvideo",
        "regex",
        "requests",
        "sacremoses",
        "sentencepiece",
        "soundfile",
        "tensorflow-text",
        "timm",
        "tiktoken",
        "torchaudio",
        "torchvision",
        "transformers",
        "xformers",
    ]
)
"""Requirements that are taken over from a doc's environment: nothing else a doc names is recommended."""


@dataclass(frozen=True, slots=True)
class Imports:
    """The imports that a call needs.

    `unknown` are the names of it that no table knows, `bounds` the pip requirements of names that newer
    releases of their library lack.
    """

    statements: tuple[str, ...]
    unknown: tuple[str, ...]
    bounds: tuple[str, ...]


def imports_of(expression: ast.expr, library: str, chosen: Mapping[str, str]) -> Imports:
    """What the names of a call need; `chosen` goes before the tables.

    A class that no table knows is taken to be of the loader's library where that is transformers or
    diffusers: their classes are too many to list.
    """
    statements: list[str] = []
    unknown: list[str] = []
    bounds: list[str] = []
    for name in roots(expression):
        statement = chosen.get(name) or _statement(name, library)
        if statement is None:
            unknown.append(name)
        else:
            statements.append(statement)
        if (bound := outdated(name)) is not None:
            bounds.append(bound)
    return Imports(tuple(statements), tuple(unknown), tuple(bounds))


def roots(expression: ast.expr) -> tuple[str, ...]:
    """Every free name of an expression, each once."""
    return tuple(dict.fromkeys(node.id for node in ast.walk(expression) if isinstance(node, ast.Name)))


def _statement(name: str, library: str) -> str | None:
    if name in _NAMES:
        return _NAMES[name]
    if name in _MODULES:
        return f"import {name}"
    for pattern, module_name in _FAMILIES:
        if re.fullmatch(pattern, name):
            return f"from {module_name} import {name}"
    if name[:1].isupper() and library in ("diffusers", _TRANSFORMERS):
        return f"from {_library(name, library)} import {name}"
    return None


def _library(name: str, library: str) -> str:
    """Nested loaders may be of the other library: `unet=UNet2DConditionModel.from_pretrained(…)`."""
    if re.match(r"UNet|Autoencoder|ControlNet|MotionAdapter|T2IAdapter|\w+Scheduler$", name):
        return "diffusers"
    if re.match(
        r"Auto(Model|Tokenizer|Processor|Config|Feature|Image)|CLIP(Text|Vision|Feature|Image)", name
    ):
        return _TRANSFORMERS
    return library


def merged(statements: Iterable[str]) -> list[str]:
    """Import statements as a person writes them: standard library first, one line per module, sorted."""
    plain: set[str] = set()
    names: dict[str, set[str]] = {}
    for statement in statements:
        found = re.fullmatch(r"from (\S+) import (.+)", statement)
        if found is None:
            plain.add(statement)
        else:
            names.setdefault(found[1], set()).update(found[2].split(", "))
    ordered = sorted(names.items(), key=lambda item: item[0].lower())
    lines = [
        *sorted(plain, key=str.lower),
        *(f"from {module} import {', '.join(sorted(found))}" for module, found in ordered),
    ]
    standard = [line for line in lines if _root(line) in sys.stdlib_module_names]
    others = [line for line in lines if line not in standard]
    return [*standard, *([""] if standard and others else []), *others]


def requirements(statements: Iterable[str], environment: Iterable[str], extra: Iterable[str]) -> list[str]:
    """Pip requirements of the imports, of the recipe, and the known ones of the doc's environment."""
    modules = [_root(line) for line in statements if line]
    unpackaged = _NOT_ON_PYPI | sys.stdlib_module_names
    of_imports = [_PACKAGES.get(root, root) for root in modules if root not in unpackaged]
    of_doc = [known for name in environment if (known := _known_requirement(name))]
    found: dict[str, str] = {}
    for requirement in [*" ".join((*of_imports, *of_doc)).split(), *extra]:
        # a recipe's own requirement may set bounds: it replaces the bare name
        found[re.split(r"[<>=!~\[]", requirement, maxsplit=1)[0]] = requirement
    return sorted(found.values(), key=str.lower)


def _known_requirement(name: str) -> str | None:
    bare = re.split(r"[<>=!~\[ ]", name.strip(), maxsplit=1)[0]
    return bare if bare in _KNOWN_REQUIREMENTS else None


def _root(statement: str) -> str:
    return statement.split()[1].partition(".")[0]
