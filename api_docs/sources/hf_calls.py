"""The call that loads a model of the Hugging Face hub with present libraries.

The library decides first (what is known of it, else its snippet on the hub's pages), then the auto class that
the hub names, then `pipeline()` where transformers still has the task, then the first code of the card.
Classes that transformers has dropped never come up: classes are chosen by task and family.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from api_docs.call import dotted_name, normalise, parse_call
from api_docs.domains import Domain
from api_docs.errors import InvalidDoc, UnparseableCall
from api_docs.loaders import GENERIC, loader_of
from api_docs.sources.hf_libraries import ENVIRONMENTS, PICKLED, library_of, library_of_call
from api_docs.sources.hf_records import ModelRecord
from api_docs.sources.known.huggingface import CALLS, FILES
from api_docs.sources.markdown import code_blocks

TRANSFORMERS_VERSION = "5.23.0"
PIPELINE_TASKS = frozenset(
    [
        "audio-classification",
        "automatic-speech-recognition",
        "text-to-audio",
        "feature-extraction",
        "text-classification",
        "token-classification",
        "table-question-answering",
        "document-question-answering",
        "fill-mask",
        "text-generation",
        "zero-shot-classification",
        "zero-shot-image-classification",
        "zero-shot-audio-classification",
        "image-classification",
        "image-feature-extraction",
        "image-segmentation",
        "image-text-to-text",
        "object-detection",
        "zero-shot-object-detection",
        "decision",
        "depth-estimation",
        "video-classification",
        "mask-generation",
        "keypoint-matching",
        "any-to-any",
        "sentiment-analysis",
        "ner",
        "text-to-speech",
    ]
)
"""What `pipeline()` of that release takes, aliases included; a test compares it with the library."""

AUTO_CLASSES: Mapping[Domain, str] = {
    Domain.AUDIO_FEATURE_EXTRACTION: "AutoModel",
    Domain.CONVERSATIONAL: "AutoModelForCausalLM",
    Domain.IMAGE_TO_TEXT: "AutoModelForImageTextToText",
    Domain.KEYPOINT_DETECTION: "AutoModelForKeypointDetection",
    Domain.QUESTION_ANSWERING: "AutoModelForQuestionAnswering",
    Domain.SENTENCE_SIMILARITY: "AutoModel",
    Domain.SUMMARIZATION: "AutoModelForSeq2SeqLM",
    Domain.TEXT2TEXT_GENERATION: "AutoModelForSeq2SeqLM",
    Domain.TRANSLATION: "AutoModelForSeq2SeqLM",
    Domain.VIDEO_FEATURE_EXTRACTION: "AutoModel",
    Domain.VIDEO_TEXT_TO_TEXT: "AutoModelForImageTextToText",
    Domain.VISUAL_QUESTION_ANSWERING: "AutoModelForVisualQuestionAnswering",
}
"""transformers' class for tasks that `pipeline()` doesn't take."""

FAMILY_CLASSES: tuple[tuple[str, str], ...] = (
    # pattern of an id → the class that its family needs, whatever the task says
    (r"pix2struct|deplot|matcha", "Pix2StructForConditionalGeneration"),
    (r"/git-", "GitForCausalLM"),
    (r"blip2-", "Blip2ForConditionalGeneration"),
    (r"blip-image-captioning", "BlipForConditionalGeneration"),
    (r"donut|trocr|manga-ocr|vit-?(ru)?gpt2", "VisionEncoderDecoderModel"),
    (r"(?i)swin2sr", "Swin2SRForImageSuperResolution"),
    (r"decision-transformer", "DecisionTransformerModel"),
    (r"speecht5_tts", "SpeechT5ForTextToSpeech"),
    (r"tapex|omnitab", "AutoModelForSeq2SeqLM"),
    (r"dpr-question", "DPRQuestionEncoder"),
)

DIFFUSERS_CLASSES = frozenset(
    [
        "AutoencoderKL",
        "ControlNetModel",
        "DDPMPipeline",
        "DiffusionPipeline",
        "StableDiffusionDepth2ImgPipeline",
        "StableDiffusionImageVariationPipeline",
        "StableDiffusionInpaintPipeline",
        "StableDiffusionLatentUpscalePipeline",
        "StableDiffusionUpscalePipeline",
    ]
)
"""diffusers' classes that say more than `DiffusionPipeline`, where a record names one."""

_SEQ2SEQ = re.compile(
    r"t5|bart|pegasus|blenderbot|m2m|nllb|opus-mt|marian|godel|cosmo|prophetnet|\bled\b|ul2|/t0|rebel|chatyuan"
    r"|promptclue|cadet|doc2query",
    re.IGNORECASE,
)
_CAUSAL = re.compile(r"gpt|bloom|belle|llama|pygmalion", re.IGNORECASE)
_SPEECHBRAIN: tuple[tuple[str, str], ...] = (
    (r"sepformer", "SepformerSeparation"),
    (r"metricgan", "SpectralMaskEnhancement"),
    (r"mtl-mimic", "WaveformEnhancement"),
    (r"tacotron2", "Tacotron2"),
    (r"fastspeech2", "FastSpeech2"),
    (r"hifigan", "HIFIGAN"),
    (r"\bvad\b", "VAD"),
    (r"\basr\b", "EncoderDecoderASR"),
    (r"lang|voxlingua|spkrec|xvect|ecapa|urbansound|speech_command", "EncoderClassifier"),
)
_ESPNET: Mapping[Domain, str] = {
    Domain.TEXT_TO_SPEECH: "Text2Speech",
    Domain.AUTOMATIC_SPEECH_RECOGNITION: "Speech2Text",
    Domain.AUDIO_TO_AUDIO: "SeparateSpeech",
}
_EMBEDDING = frozenset({Domain.SENTENCE_SIMILARITY, Domain.FEATURE_EXTRACTION, Domain.TEXT_RANKING})
_ACCESSORIES = re.compile(
    r"Tokenizer|Processor|FeatureExtractor|Config\b|hf_hub_download|load_dataset|snapshot"
)
PLACEHOLDER = "owner/model-name"
"""The id in the snippets of the hub's pages."""

_USUAL: Mapping[str, str] = {
    "asteroid": "BaseModel.from_pretrained({id})",
    "fairseq": "load_model_ensemble_and_task_from_hf_hub({id})",
    "flair": "SequenceTagger.load({id})",
    "open_clip": "open_clip.create_model_and_transforms({hub_id})",
    "timm": "timm.create_model({hub_id}, pretrained=True)",
}
"""Libraries' usual calls, where the hub's own code isn't at hand; `{hub_id}` says where the model is."""


@dataclass(frozen=True, slots=True)
class Loading:
    """How a model is loaded: the call template and the library that it is of."""

    call: str
    library: str

    @property
    def environment(self) -> tuple[str, ...]:
        """Pip requirements."""
        return ENVIRONMENTS.get(self.library, (self.library,))

    @property
    def pickled(self) -> bool:
        """Whether the weights are pickles."""
        return self.library in PICKLED


def loading_of(record: ModelRecord, domain: Domain, snippets: Mapping[str, str]) -> Loading:
    """The call that loads a model; `snippets` are the hub pages' code by library.

    Raises:
        InvalidDoc: when no present library is known to load it.
    """
    if (template := CALLS.get(record.id)) is not None:
        call = parse_call(template.replace("{id}", repr(record.id)))
        return Loading(call.render(), library_of_call(call) or "transformers")
    library = library_of(record, domain)
    if library == "sentence-transformers" and domain not in _EMBEDDING:
        library = "transformers"  # a cross-encoder asked for labels
    own = _OWN.get(library)
    text = own(record, domain) if own is not None else None
    text = text or _snippet_call(record, snippets.get(library, "")) or _usual_call(record, library)
    text = text or _card_call(record, library)
    if text is None:
        raise InvalidDoc(
            f"no call is known that loads {record.id} (library {library!r}, task {record.task!r}); "
            "name one in api_docs/sources/known/huggingface.py"
        )
    return Loading(parse_call(text).render(), library)


# ---- what is known of single libraries


def _transformers(record: ModelRecord, domain: Domain) -> str | None:
    """The hub's auto class, else the family's own class, else `pipeline()`, else the task's auto class."""
    quoted = repr(record.id)
    family = next((owner for pattern, owner in FAMILY_CLASSES if re.search(pattern, record.id)), "")
    named = record.model_class if record.model_class.startswith("AutoModelFor") else ""
    if owner := named or family:
        return f"{owner}.from_pretrained({quoted})"
    if domain in PIPELINE_TASKS:
        return f"pipeline({domain.value!r}, model={quoted})"
    owner = _auto_class(record.id, domain)
    return f"{owner}.from_pretrained({quoted})" if owner else None


def _auto_class(model_id: str, domain: Domain) -> str:
    """The auto class of a task; for text, families decide whether one model reads and another writes."""
    owner = AUTO_CLASSES.get(domain, "")
    name = f"/{model_id.rpartition('/')[2]}"
    if domain in (Domain.CONVERSATIONAL, Domain.QUESTION_ANSWERING) and _SEQ2SEQ.search(name):
        return "AutoModelForSeq2SeqLM"
    if domain is Domain.TEXT2TEXT_GENERATION and _CAUSAL.search(name):
        return "AutoModelForCausalLM"
    return owner


def _sentence_transformers(record: ModelRecord, domain: Domain) -> str:
    owner = "CrossEncoder" if domain is Domain.TEXT_RANKING else "SentenceTransformer"
    return f"{owner}({record.id!r})"


def _diffusers(record: ModelRecord, _: Domain) -> str:
    owner = record.model_class if record.model_class in DIFFUSERS_CLASSES else "DiffusionPipeline"
    if re.search(r"controlnet|control_v11", record.id):
        owner = "ControlNetModel"
    elif re.search(r"/sd-vae", record.id):
        owner = "AutoencoderKL"
    return f"{owner}.from_pretrained({record.id!r})"


def _speechbrain(record: ModelRecord, _: Domain) -> str | None:
    name = record.id.rpartition("/")[2].lower()
    owner = next((owner for pattern, owner in _SPEECHBRAIN if re.search(pattern, name)), None)
    return f"{owner}.from_hparams(source={record.id!r})" if owner else None


def _sklearn(record: ModelRecord, _: Domain) -> str:
    usual = "model.joblib" if "autotrain" in record.id else "sklearn_model.joblib"
    return f"joblib.load(hf_hub_download({record.id!r}, {FILES.get(record.id, usual)!r}))"


def _stable_baselines(record: ModelRecord, _: Domain) -> str:
    file = f"{record.id.rpartition('/')[2]}.zip"
    return f"load_from_hub(repo_id={record.id!r}, filename={file!r})"


def _ultralytics(record: ModelRecord, _: Domain) -> str:
    name = record.id.rpartition("/")[2]
    file = f"{name}.pt" if re.fullmatch(r"yolov8[nsmlx]", name) else "best.pt"
    return f"YOLO(hf_hub_download({record.id!r}, {file!r}))"


def _yolov5(record: ModelRecord, _: Domain) -> str:
    return f"yolov5.load({record.id!r})"


def _espnet(record: ModelRecord, domain: Domain) -> str | None:
    owner = _ESPNET.get(domain)
    return f"{owner}.from_pretrained({record.id!r})" if owner else None


def _pyannote(record: ModelRecord, _: Domain) -> str:
    owner = "Pipeline" if re.search(r"diariz|voice-activity|overlapped", record.id) else "Model"
    return f"{owner}.from_pretrained({record.id!r})"


def _nemo(record: ModelRecord, domain: Domain) -> str | None:
    """The class stands in the card's code; `nemo_asr`, `nemo_tts` are the usual names of its modules."""
    text = _card_call(record, "nemo")
    if text is None:
        return None
    call = parse_call(text)
    owner = call.callee.removesuffix(".from_pretrained").rpartition(".")[2]
    module = "nemo_tts" if domain is Domain.TEXT_TO_SPEECH else "nemo_asr"
    return f"{module}.models.{owner}.from_pretrained({record.id!r})"


def _keras(record: ModelRecord, _: Domain) -> str:
    """Models of before Keras 3 are TensorFlow's SavedModels, which Keras 3 loads as a layer."""
    return f"keras.layers.TFSMLayer(snapshot_download({record.id!r}), call_endpoint='serving_default')"


_OWN: Mapping[str, Callable[[ModelRecord, Domain], str | None]] = {
    "diffusers": _diffusers,
    "espnet": _espnet,
    "keras": _keras,
    "nemo": _nemo,
    "pyannote-audio": _pyannote,
    "sentence-transformers": _sentence_transformers,
    "sklearn": _sklearn,
    "speechbrain": _speechbrain,
    "stable-baselines3": _stable_baselines,
    "transformers": _transformers,
    "ultralytics": _ultralytics,
    "yolov5": _yolov5,
}


# ---- calls found in code


def _snippet_call(record: ModelRecord, snippet: str) -> str | None:
    """The loading call of a hub page's snippet, with this model's id."""
    code = snippet.replace(PLACEHOLDER, record.id)
    return next(calls_with(code, record.id), None)


def _usual_call(record: ModelRecord, library: str) -> str | None:
    prefix = "hf-hub:" if library == "open_clip" else "hf_hub:"
    template = _USUAL.get(library)
    return template and template.format(id=repr(record.id), hub_id=repr(f"{prefix}{record.id}"))


def _card_call(record: ModelRecord, library: str) -> str | None:
    """The first call of the card's code that loads this model with a library whose loader is known.

    transformers' own are passed over: their classes come and go, and are chosen by task instead.
    """
    for block in code_blocks(record.text):
        for text in calls_with(block.text, record.id) if block.language in ("", "python", "py") else ():
            loader = loader_of(parse_call(text).callee)
            if loader is not GENERIC and (loader.library != "transformers" or library == "nemo"):
                return text
    return None


def calls_with(code: str, model_id: str) -> Iterator[str]:
    """Calls in Python code that are given the id, accessories such as tokenizers left out.

    None in code that is no Python.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = dotted_name(node.func) or ""
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        given = any(isinstance(value, ast.Constant) and _names(value.value, model_id) for value in values)
        if name and given and not _ACCESSORIES.search(name):
            try:
                yield parse_call(normalise(node)).render()
            except UnparseableCall:
                continue


def _names(value: object, model_id: str) -> bool:
    return isinstance(value, str) and value.removeprefix("hf-hub:").removeprefix("hf_hub:") == model_id
