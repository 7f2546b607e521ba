"""Which library loads a model of the Hugging Face hub, told from its card, tags, call, owner or task."""

from __future__ import annotations

import re
from collections.abc import Mapping

from api_docs.call import Call, parse_call
from api_docs.domains import Domain
from api_docs.sources.hf_records import ModelRecord

ENVIRONMENTS: Mapping[str, tuple[str, ...]] = {
    "asteroid": ("asteroid",),
    "diffusers": ("diffusers", "transformers", "accelerate", "torch"),
    "espnet": ("espnet", "espnet_model_zoo"),
    "fairseq": ("fairseq",),
    "faster-whisper": ("faster-whisper",),
    "flair": ("flair",),
    "keras": ("keras", "tensorflow", "huggingface_hub"),
    "nemo": ("nemo_toolkit",),
    "open_clip": ("open_clip_torch",),
    "pyannote-audio": ("pyannote.audio",),
    "sentence-transformers": ("sentence-transformers",),
    "sklearn": ("scikit-learn", "joblib", "huggingface_hub"),
    "spacy": ("spacy",),
    "speechbrain": ("speechbrain",),
    "stable-baselines3": ("stable-baselines3", "huggingface-sb3"),
    "timm": ("timm", "torch"),
    "transformers": ("transformers", "torch"),
    "ultralytics": ("ultralytics", "huggingface_hub"),
    "yolov5": ("yolov5",),
}
"""Library → what to install."""

PICKLED = frozenset(
    {"sklearn", "ultralytics", "yolov5", "flair", "espnet", "asteroid", "fairseq", "stable-baselines3"}
)
"""Libraries whose weights on the hub are pickles, which run code when they are loaded."""

DIFFUSERS_DOMAINS = frozenset(
    {
        Domain.TEXT_TO_IMAGE,
        Domain.TEXT_TO_VIDEO,
        Domain.TEXT_TO_3D,
        Domain.IMAGE_TO_IMAGE,
        Domain.IMAGE_TO_VIDEO,
        Domain.IMAGE_TEXT_TO_IMAGE,
        Domain.IMAGE_TEXT_TO_VIDEO,
        Domain.UNCONDITIONAL_IMAGE_GENERATION,
        Domain.VIDEO_TO_VIDEO,
    }
)
"""Tasks whose models mostly are diffusers'."""

_CARD_LIBRARIES = {
    "tf-keras": "keras",
    "yolov8": "ultralytics",
    "sentence_transformers": "sentence-transformers",
}
# What cards call a library and is none, or says nothing of how a model is loaded.
_NO_LIBRARIES = frozenset({"", "pytorch", "generic", "adapter-transformers", "tf", "stable-diffusion"})
_TAGS: tuple[tuple[str, str], ...] = (
    # the first tag that a record carries decides
    ("sentence-transformers", "sentence-transformers"),
    ("text2vec", "sentence-transformers"),
    ("timm", "timm"),
    ("open_clip", "open_clip"),
    ("speechbrain", "speechbrain"),
    ("asteroid", "asteroid"),
    ("fairseq", "fairseq"),
    ("espnet", "espnet"),
    ("flair", "flair"),
    ("spacy", "spacy"),
    ("NeMo", "nemo"),
    ("nemo", "nemo"),
    ("tensorflowtts", "tensorflowtts"),
    ("yolov5", "yolov5"),
    ("ultralytics", "ultralytics"),
    ("tune-a-video", "tune-a-video"),
    ("stable-diffusion", "diffusers"),
    ("diffusers", "diffusers"),
    ("keras", "keras"),
    ("Keras", "keras"),
    ("sklearn", "sklearn"),
    ("skops", "sklearn"),
)
_OWNERS: Mapping[str, str] = {
    "BAAI": "sentence-transformers",
    "HIT-TMG": "sentence-transformers",
    "HumanCompatibleAI": "stable-baselines3",
    "JorisCos": "asteroid",
    "SYSPIN": "espnet",
    "Systran": "faster-whisper",
    "araffin": "stable-baselines3",
    "black-forest-labs": "diffusers",
    "caidas": "transformers",
    "condef": "transformers",
    "cross-encoder": "sentence-transformers",
    "espnet": "espnet",
    "flair": "flair",
    "google/maxim": "keras",
    "hkunlp": "sentence-transformers",
    "imdanboy": "espnet",
    "keras-io": "keras",
    "lakahaga": "espnet",
    "laion": "open_clip",
    "pyannote": "pyannote-audio",
    "sb3": "stable-baselines3",
    "scikit-learn": "sklearn",
    "sentence-transformers": "sentence-transformers",
    "speechbrain": "speechbrain",
    "thenlper": "sentence-transformers",
    "timm": "timm",
}
_CALLEES: tuple[tuple[str, str], ...] = (
    (r"SentenceTransformer|CrossEncoder|INSTRUCTOR|SentenceModel", "sentence-transformers"),
    (r"SequenceTagger\.load", "flair"),
    (r"timm\.create_model", "timm"),
    (r"(open_)?clip\..*", "open_clip"),
    (r"YOLO", "ultralytics"),
    (r"yolov5\.load", "yolov5"),
    (r"\w+\.from_hparams|foreign_class", "speechbrain"),
    (r"load_model_ensemble_and_task_from_hf_hub|TTSHubInterface\..*|S2THubInterface|unit\..*", "fairseq"),
    (r"joblib\.load|skops\.io\.load|load|RandomForestRegressor", "sklearn"),
    (r"load_from_hub|PPO\..*|DQN\..*", "stable-baselines3"),
    (r"(Pipeline|Model|Inference)\.from_pretrained|VoiceActivityDetection|Inference", "pyannote-audio"),
    (r"Text2Speech\..*|api\.load|Speech2Text\..*", "espnet"),
    (r"BaseModel\.from_pretrained|Asteroid|ConvTasNet.*", "asteroid"),
    (r"from_pretrained_keras|load_model", "keras"),
    (r"nemo_\w+\..*", "nemo"),
    (r"spacy\.load", "spacy"),
    (r"WhisperModel", "faster-whisper"),
    (r"TuneAVideoPipeline\..*", "tune-a-video"),
    (r"(\w+Pipeline|ControlNetModel|AutoencoderKL|AutoPipelineFor\w+)\.from_pretrained", "diffusers"),
    (r"SpeechRecognitionModel|SentimentModel|PunctuationModel|Parrot|HappyTextToText", "transformers"),
    (r"pipeline|translate|translation_pipeline|\w+\.from_pretrained", "transformers"),
)
_TABLES = frozenset({Domain.TABULAR_CLASSIFICATION, Domain.TABULAR_REGRESSION})


def library_of(record: ModelRecord, domain: Domain) -> str:
    """The library that loads a model, by what says it most plainly; empty where nothing does."""
    return (
        _of_card(record)
        or _of_owner(record.id)
        or next((library for tag, library in _TAGS if tag in record.library_tags), "")
        or _of_own_call(record, domain)
        or _of_task(record, domain)
    )


def library_of_call(call: Call) -> str:
    """The library that a call is of; empty where the callee tells none."""
    return next((library for pattern, library in _CALLEES if re.fullmatch(pattern, call.callee)), "")


def _of_own_call(record: ModelRecord, domain: Domain) -> str:
    """What the record's call is of; `pipeline()` of a task that transformers hasn't got says nothing."""
    found = library_of_call(parse_call(record.call)) if record.call else ""
    return "" if found == "transformers" and domain in (DIFFUSERS_DOMAINS | _TABLES) else found


def _of_card(record: ModelRecord) -> str:
    if record.library in _NO_LIBRARIES:
        return ""
    return _CARD_LIBRARIES.get(record.library, record.library)


def _of_owner(model_id: str) -> str:
    owner, _, name = model_id.partition("/")
    return _OWNERS.get(owner) or _OWNERS.get(f"{owner}/{name.partition('-')[0]}", "")


def _of_task(record: ModelRecord, domain: Domain) -> str:
    """Where nothing else tells: what most models of the task are."""
    if domain in DIFFUSERS_DOMAINS:
        # JARVIS' untagged models of these tasks are GANs and other toolboxes' weights.
        return "" if record.sources == ("jarvis",) else "diffusers"
    if domain in _TABLES:
        return "sklearn"
    return "sentence-transformers" if domain is Domain.TEXT_RANKING else "transformers"
