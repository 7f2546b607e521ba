"""The closed list of domains, and where every upstream's task name belongs.

A domain is what people browse by: Hugging Face's tasks, with the few that only TFHub has. Upstream
labels that are in no table are an error, never "other".
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from enum import StrEnum

from api_docs.errors import InvalidDoc


class Domain(StrEnum):
    """What an API is for, across all hubs."""

    # text
    TEXT_CLASSIFICATION = "text-classification"
    TOKEN_CLASSIFICATION = "token-classification"  # noqa: S105 - no password
    TABLE_QUESTION_ANSWERING = "table-question-answering"
    QUESTION_ANSWERING = "question-answering"
    ZERO_SHOT_CLASSIFICATION = "zero-shot-classification"
    TRANSLATION = "translation"
    SUMMARIZATION = "summarization"
    FEATURE_EXTRACTION = "feature-extraction"
    TEXT_GENERATION = "text-generation"
    TEXT2TEXT_GENERATION = "text2text-generation"
    CONVERSATIONAL = "conversational"
    FILL_MASK = "fill-mask"
    SENTENCE_SIMILARITY = "sentence-similarity"
    TEXT_RANKING = "text-ranking"
    TEXT_PREPROCESSING = "text-preprocessing"
    # audio
    TEXT_TO_SPEECH = "text-to-speech"
    TEXT_TO_AUDIO = "text-to-audio"
    AUTOMATIC_SPEECH_RECOGNITION = "automatic-speech-recognition"
    AUDIO_TO_AUDIO = "audio-to-audio"
    AUDIO_CLASSIFICATION = "audio-classification"
    AUDIO_FEATURE_EXTRACTION = "audio-feature-extraction"
    VOICE_ACTIVITY_DETECTION = "voice-activity-detection"
    # vision
    DEPTH_ESTIMATION = "depth-estimation"
    IMAGE_CLASSIFICATION = "image-classification"
    OBJECT_DETECTION = "object-detection"
    IMAGE_SEGMENTATION = "image-segmentation"
    IMAGE_FEATURE_EXTRACTION = "image-feature-extraction"
    IMAGE_TO_IMAGE = "image-to-image"
    IMAGE_TO_VIDEO = "image-to-video"
    IMAGE_TO_3D = "image-to-3d"
    KEYPOINT_DETECTION = "keypoint-detection"
    MASK_GENERATION = "mask-generation"
    TEXT_TO_IMAGE = "text-to-image"
    TEXT_TO_VIDEO = "text-to-video"
    TEXT_TO_3D = "text-to-3d"
    UNCONDITIONAL_IMAGE_GENERATION = "unconditional-image-generation"
    VIDEO_CLASSIFICATION = "video-classification"
    VIDEO_FEATURE_EXTRACTION = "video-feature-extraction"
    VIDEO_TO_VIDEO = "video-to-video"
    VIDEO_GENERATION = "video-generation"
    ZERO_SHOT_IMAGE_CLASSIFICATION = "zero-shot-image-classification"
    ZERO_SHOT_OBJECT_DETECTION = "zero-shot-object-detection"
    # several modalities
    ANY_TO_ANY = "any-to-any"
    AUDIO_TEXT_TO_TEXT = "audio-text-to-text"
    DOCUMENT_QUESTION_ANSWERING = "document-question-answering"
    IMAGE_TEXT_TO_IMAGE = "image-text-to-image"
    IMAGE_TEXT_TO_TEXT = "image-text-to-text"
    IMAGE_TEXT_TO_VIDEO = "image-text-to-video"
    IMAGE_TO_TEXT = "image-to-text"
    VIDEO_TEXT_TO_TEXT = "video-text-to-text"
    VISUAL_DOCUMENT_RETRIEVAL = "visual-document-retrieval"
    VISUAL_QUESTION_ANSWERING = "visual-question-answering"
    # tables, series, agents, graphs, tools
    TABULAR_CLASSIFICATION = "tabular-classification"
    TABULAR_REGRESSION = "tabular-regression"
    TIME_SERIES_FORECASTING = "time-series-forecasting"
    REINFORCEMENT_LEARNING = "reinforcement-learning"
    ROBOTICS = "robotics"
    GRAPH_ML = "graph-ml"
    WEB_API = "web-api"


# ---- Hugging Face and APIBench -------------------------------------------------------------------

_HUGGING_FACE_SYNONYMS: Mapping[str, Domain] = {
    # pipelines' other names, tasks that Hugging Face retired or keeps apart, words of older cards
    "conditional-image-generation": Domain.TEXT_TO_IMAGE,
    "document-question-answer": Domain.DOCUMENT_QUESTION_ANSWERING,
    "graph-machine-learning": Domain.GRAPH_ML,
    "image-captioning": Domain.IMAGE_TO_TEXT,
    "multiple-choice": Domain.QUESTION_ANSWERING,
    "named-entity-recognition": Domain.TOKEN_CLASSIFICATION,
    "ner": Domain.TOKEN_CLASSIFICATION,
    "reinforcement-learning-robotics": Domain.ROBOTICS,
    "sentiment-analysis": Domain.TEXT_CLASSIFICATION,
    "speech-recognition": Domain.AUTOMATIC_SPEECH_RECOGNITION,
    "structured-data-classification": Domain.TABULAR_CLASSIFICATION,
    "table-to-text": Domain.TEXT2TEXT_GENERATION,
    "tabular-to-text": Domain.TEXT2TEXT_GENERATION,
    "text-retrieval": Domain.TEXT_RANKING,
    "vqa": Domain.VISUAL_QUESTION_ANSWERING,
    "zero-shot-audio-classification": Domain.AUDIO_CLASSIFICATION,
}

_MODALITIES = ("Natural Language Processing ", "Computer Vision ", "Multimodal ", "Tabular ", "Audio ")
"""What APIBench puts before Hugging Face's task names."""

_APIBENCH_TFHUB: Mapping[str, Domain] = {
    "Audio embedding": Domain.AUDIO_FEATURE_EXTRACTION,
    "Audio event classification": Domain.AUDIO_CLASSIFICATION,
    "Audio Speech-to-Text": Domain.AUTOMATIC_SPEECH_RECOGNITION,
    "Image classification": Domain.IMAGE_CLASSIFICATION,
    "Image feature vector": Domain.IMAGE_FEATURE_EXTRACTION,
    "Image Frame Interpolation": Domain.VIDEO_TO_VIDEO,
    "Image object detection": Domain.OBJECT_DETECTION,
    "Image pose detection": Domain.KEYPOINT_DETECTION,
    "Image segmentation": Domain.IMAGE_SEGMENTATION,
    "Text classification": Domain.TEXT_CLASSIFICATION,
    "Text embedding": Domain.FEATURE_EXTRACTION,
    "Text language model": Domain.FEATURE_EXTRACTION,
    "Text preprocessing": Domain.TEXT_PREPROCESSING,
    "Video classification": Domain.VIDEO_CLASSIFICATION,
}

_APIBENCH_TORCHHUB: Mapping[str, Domain] = {
    "Audio Separation": Domain.AUDIO_TO_AUDIO,
    "Classification": Domain.IMAGE_CLASSIFICATION,
    "Object Detection": Domain.OBJECT_DETECTION,
    "Semantic Segmentation": Domain.IMAGE_SEGMENTATION,
    "Text-to-Speech": Domain.TEXT_TO_SPEECH,
    "Text-To-Speech": Domain.TEXT_TO_SPEECH,
    "Video Classification": Domain.VIDEO_CLASSIFICATION,
}

_APIBENCH_TORCHHUB_FUNCTIONS: tuple[tuple[str, Domain], ...] = (
    # 77 of 94 docs say "Classification", and a translator says "Semantic Segmentation": the first
    # pattern found in the functionality decides, and the label only where none is
    ("speech-to-text", Domain.AUTOMATIC_SPEECH_RECOGNITION),
    ("text-to-speech|speech synthesis", Domain.TEXT_TO_SPEECH),
    ("voice activity", Domain.VOICE_ACTIVITY_DETECTION),
    ("depth", Domain.DEPTH_ESTIMATION),
    ("generative adversarial", Domain.UNCONDITIONAL_IMAGE_GENERATION),
    ("machine translation", Domain.TRANSLATION),
    ("roberta", Domain.FILL_MASK),
    ("natural language processing", Domain.FEATURE_EXTRACTION),
)


def huggingface_domain(task: str) -> Domain:
    """The domain of one of Hugging Face's task names (`pipeline_tag`).

    Raises:
        InvalidDoc: when no table knows the name.
    """
    try:
        return _HUGGING_FACE_SYNONYMS.get(task) or Domain(task)
    except ValueError as exc:
        raise InvalidDoc(
            f"Hugging Face task {task!r} has no domain; expected one of its task names, such as "
            "'image-classification'. Add the new one to api_docs/domains.py"
        ) from exc


def apibench_domain(hub: str, label: str, functionality: str = "") -> Domain:
    """The domain of an APIBench label; TorchHub's say so little that the functionality decides.

    Raises:
        InvalidDoc: when no table knows the label.
    """
    if hub == "huggingface":
        task = label if label == "Audio Classification" else _without_modality(label)
        return huggingface_domain(task.lower().replace(" ", "-"))
    if hub == "torchhub":
        for pattern, domain in _APIBENCH_TORCHHUB_FUNCTIONS:
            if re.search(pattern, functionality.lower()):
                return domain
    table = {"torchhub": _APIBENCH_TORCHHUB, "tfhub": _APIBENCH_TFHUB}.get(hub, {})
    if label not in table:
        raise InvalidDoc(
            f"APIBench label {label!r} of {hub!r} has no domain; expected one of {sorted(table)}. "
            "Add the new one to api_docs/domains.py"
        )
    return table[label]


def _without_modality(label: str) -> str:
    prefix = next((prefix for prefix in _MODALITIES if label.startswith(prefix)), "")
    return label.removeprefix(prefix)


# --- TorchHub and TFHub -------------------------------------------------------------------------------

TFHUB_TASKS: Mapping[str, Domain] = {
    "audio-command-detection": Domain.AUDIO_CLASSIFICATION,
    "audio-embedding": Domain.AUDIO_FEATURE_EXTRACTION,
    "audio-event-classification": Domain.AUDIO_CLASSIFICATION,
    "audio-paralinguistics": Domain.AUDIO_CLASSIFICATION,
    "audio-pitch-extraction": Domain.AUDIO_FEATURE_EXTRACTION,
    "audio-speech-synthesis": Domain.TEXT_TO_SPEECH,
    "audio-stt": Domain.AUTOMATIC_SPEECH_RECOGNITION,
    "audio-synthesis": Domain.TEXT_TO_AUDIO,
    "image-aesthetic-quality": Domain.IMAGE_CLASSIFICATION,
    "image-augmentation": Domain.IMAGE_TO_IMAGE,
    "image-classification": Domain.IMAGE_CLASSIFICATION,
    "image-classification-logits": Domain.IMAGE_CLASSIFICATION,
    "image-classifier": Domain.IMAGE_CLASSIFICATION,
    "image-deblurring": Domain.IMAGE_TO_IMAGE,
    "image-dehazing": Domain.IMAGE_TO_IMAGE,
    "image-denoising": Domain.IMAGE_TO_IMAGE,
    "image-depth-estimation": Domain.DEPTH_ESTIMATION,
    "image-deraining": Domain.IMAGE_TO_IMAGE,
    "image-enhancement": Domain.IMAGE_TO_IMAGE,
    "image-extrapolation": Domain.IMAGE_TO_IMAGE,
    "image-feature-vector": Domain.IMAGE_FEATURE_EXTRACTION,
    "image-frame-interpolation": Domain.IMAGE_TO_VIDEO,
    "image-generator": Domain.UNCONDITIONAL_IMAGE_GENERATION,
    "image-object-detection": Domain.OBJECT_DETECTION,
    "image-pose-detection": Domain.KEYPOINT_DETECTION,
    "image-rnn-agent": Domain.UNCONDITIONAL_IMAGE_GENERATION,
    "image-segmentation": Domain.IMAGE_SEGMENTATION,
    "image-style-transfer": Domain.IMAGE_TO_IMAGE,
    "image-super-resolution": Domain.IMAGE_TO_IMAGE,
    "image-text-detection": Domain.OBJECT_DETECTION,
    "image-text-recognition": Domain.IMAGE_TO_TEXT,
    "text-classification": Domain.TEXT_CLASSIFICATION,
    "text-embedding": Domain.FEATURE_EXTRACTION,
    "text-generation": Domain.TEXT_GENERATION,
    "text-language-model": Domain.TEXT_GENERATION,
    "text-preprocessing": Domain.TEXT_PREPROCESSING,
    "text-question-answering": Domain.QUESTION_ANSWERING,
    "text-retrieval-question-answering": Domain.QUESTION_ANSWERING,
    "text-segmentation": Domain.TOKEN_CLASSIFICATION,
    "text-sequence-alignment": Domain.SENTENCE_SIMILARITY,
    "text-to-mel": Domain.TEXT_TO_SPEECH,
    "video-audio-text": Domain.VIDEO_FEATURE_EXTRACTION,
    "video-classification": Domain.VIDEO_CLASSIFICATION,
    "video-feature-extraction": Domain.VIDEO_FEATURE_EXTRACTION,
    "video-generation": Domain.VIDEO_GENERATION,
    "video-text": Domain.VIDEO_FEATURE_EXTRACTION,
}
"""The `task` of a tfhub.dev page. `image-others` is missing on purpose: it says nothing."""

TFHUB_HANDLES: Mapping[str, Domain] = {
    "*preprocess": Domain.TEXT_PREPROCESSING,
    "*_fe": Domain.IMAGE_FEATURE_EXTRACTION,
    "*-fe": Domain.IMAGE_FEATURE_EXTRACTION,
    "*_feature_extraction": Domain.IMAGE_FEATURE_EXTRACTION,
    "*_feature_extractor": Domain.IMAGE_FEATURE_EXTRACTION,
    "*/feature_vector": Domain.IMAGE_FEATURE_EXTRACTION,
    "*/feature-vector": Domain.IMAGE_FEATURE_EXTRACTION,
    "*-feature-vector/*": Domain.IMAGE_FEATURE_EXTRACTION,
    "deepmind/llr-pretrain-adv/latents": Domain.IMAGE_FEATURE_EXTRACTION,
    "google/delf": Domain.IMAGE_FEATURE_EXTRACTION,
    "emilutz/*-decoder": Domain.IMAGE_TO_IMAGE,
    "google/logit_reconstruction/*": Domain.IMAGE_TO_IMAGE,
    "google/universal-sentence-encoder*-qa*": Domain.QUESTION_ANSWERING,
    "google/universal-sentence-encoder*": Domain.SENTENCE_SIMILARITY,
    "google/LaBSE": Domain.SENTENCE_SIMILARITY,
    "google/LEALLA/*": Domain.SENTENCE_SIMILARITY,
    "google/gtr/*": Domain.SENTENCE_SIMILARITY,
    "google/sentence-t5/*": Domain.SENTENCE_SIMILARITY,
    "jeongukjae/distilkobert_sentence_encoder": Domain.SENTENCE_SIMILARITY,
    "jeongukjae/smaller_LaBSE_15lang": Domain.SENTENCE_SIMILARITY,
    "universaldot/udot_scann": Domain.SENTENCE_SIMILARITY,
    "google/bertseq2seq/bert24_*": Domain.TRANSLATION,
    "google/bertseq2seq/roberta24_discofuse": Domain.TEXT2TEXT_GENERATION,
    "google/bertseq2seq/roberta24_wikisplit": Domain.TEXT2TEXT_GENERATION,
    "google/bertseq2seq/roberta24_*": Domain.SUMMARIZATION,
    "google/answer_equivalence/*": Domain.TEXT_CLASSIFICATION,
    "google/mobilebert/*/squadv1": Domain.QUESTION_ANSWERING,
    "google/mobilebert/*": Domain.FEATURE_EXTRACTION,
    "google/edgetpu/nlp/*": Domain.FEATURE_EXTRACTION,
    "deepmind/mmt/*": Domain.FEATURE_EXTRACTION,
    "deepmind/enformer": Domain.FEATURE_EXTRACTION,
    "monatis/german-mbmelgan": Domain.TEXT_TO_SPEECH,
    "sameermahajan/*": Domain.AUDIO_CLASSIFICATION,
    "vasudevgupta7/wav2vec2-960h": Domain.AUTOMATIC_SPEECH_RECOGNITION,
    "vasudevgupta7/wav2vec2*": Domain.AUDIO_FEATURE_EXTRACTION,
}
"""Handles (with wildcards, the first that fits) whose pages name a wider or another task: a feature
extractor filed under classification, a translator under text generation."""

TORCHHUB_DOMAINS: Mapping[str, Domain] = {
    "NVIDIA/DeepLearningExamples:nvidia_ssd": Domain.OBJECT_DETECTION,
    "NVIDIA/DeepLearningExamples:nvidia_tacotron2": Domain.TEXT_TO_SPEECH,
    "NVIDIA/DeepLearningExamples:nvidia_fastpitch": Domain.TEXT_TO_SPEECH,
    "NVIDIA/DeepLearningExamples:nvidia_waveglow": Domain.TEXT_TO_SPEECH,
    "NVIDIA/DeepLearningExamples:nvidia_hifigan": Domain.TEXT_TO_SPEECH,
    "NVIDIA/DeepLearningExamples:nvidia_tft": Domain.TIME_SERIES_FORECASTING,
    "NVIDIA/DeepLearningExamples:nvidia_efficientnet_*": Domain.IMAGE_CLASSIFICATION,
    "NVIDIA/DeepLearningExamples:nvidia_gpunet": Domain.IMAGE_CLASSIFICATION,
    "NVIDIA/DeepLearningExamples:nvidia_res*": Domain.IMAGE_CLASSIFICATION,
    "NVIDIA/DeepLearningExamples:nvidia_se_resnext*": Domain.IMAGE_CLASSIFICATION,
    "PingoLH/Pytorch-HarDNet:*": Domain.IMAGE_CLASSIFICATION,
    "XingangPan/IBN-Net:*": Domain.IMAGE_CLASSIFICATION,
    "coderx7/simplenet_pytorch:*": Domain.IMAGE_CLASSIFICATION,
    "datvuthanh/HybridNets:*": Domain.OBJECT_DETECTION,
    "facebookresearch/WSL-Images:*": Domain.IMAGE_CLASSIFICATION,
    "facebookresearch/fairseq:bart.large.cnn": Domain.SUMMARIZATION,
    "facebookresearch/fairseq:bart.large.xsum": Domain.SUMMARIZATION,
    "facebookresearch/fairseq:*.mnli": Domain.TEXT_CLASSIFICATION,
    "facebookresearch/fairseq:*.wsc": Domain.TEXT_CLASSIFICATION,
    "facebookresearch/fairseq:bart.*": Domain.TEXT2TEXT_GENERATION,
    "facebookresearch/fairseq:conv.stories*": Domain.TEXT_GENERATION,
    "facebookresearch/fairseq:transformer_lm.*": Domain.TEXT_GENERATION,
    "facebookresearch/fairseq:conv.*": Domain.TRANSLATION,
    "facebookresearch/fairseq:dynamicconv.*": Domain.TRANSLATION,
    "facebookresearch/fairseq:lightconv.*": Domain.TRANSLATION,
    "facebookresearch/fairseq:transformer.*": Domain.TRANSLATION,
    "facebookresearch/fairseq:camembert*": Domain.FILL_MASK,
    "facebookresearch/fairseq:gottbert*": Domain.FILL_MASK,
    "facebookresearch/fairseq:roberta.*": Domain.FILL_MASK,
    "facebookresearch/fairseq:xlmr.*": Domain.FILL_MASK,
    "facebookresearch/fairseq:xmod.*": Domain.FILL_MASK,
    "facebookresearch/pytorch_GAN_zoo:*": Domain.UNCONDITIONAL_IMAGE_GENERATION,
    "facebookresearch/pytorchvideo:mvit_base_16": Domain.IMAGE_CLASSIFICATION,
    "facebookresearch/pytorchvideo:*": Domain.VIDEO_CLASSIFICATION,
    "facebookresearch/semi-supervised-ImageNet1K-models:*": Domain.IMAGE_CLASSIFICATION,
    "huawei-noah/Efficient-AI-Backbones:*": Domain.IMAGE_CLASSIFICATION,
    "huggingface/transformers:model": Domain.FEATURE_EXTRACTION,
    "huggingface/transformers:modelForCausalLM": Domain.TEXT_GENERATION,
    "huggingface/transformers:modelForMaskedLM": Domain.FILL_MASK,
    "huggingface/transformers:modelForSequenceClassification": Domain.TEXT_CLASSIFICATION,
    "huggingface/transformers:modelForQuestionAnswering": Domain.QUESTION_ANSWERING,
    "hustvl/YOLOP:*": Domain.OBJECT_DETECTION,
    "isl-org/MiDaS:*": Domain.DEPTH_ESTIMATION,
    "mateuszbuda/brain-segmentation-pytorch:*": Domain.IMAGE_SEGMENTATION,
    "mit-han-lab/ProxylessNAS:*": Domain.IMAGE_CLASSIFICATION,
    "mit-han-lab/once-for-all:*": Domain.IMAGE_CLASSIFICATION,
    "nicolalandro/ntsnet-cub200:*": Domain.IMAGE_CLASSIFICATION,
    # torchvision keeps its builders in folders by task; those of the top folder classify.
    "pytorch/vision:classification/*": Domain.IMAGE_CLASSIFICATION,
    "pytorch/vision:optical_flow/*": Domain.VIDEO_FEATURE_EXTRACTION,
    "pytorch/vision:segmentation/*": Domain.IMAGE_SEGMENTATION,
    "pytorch/vision:video/*": Domain.VIDEO_CLASSIFICATION,
    "sigsep/open-unmix-pytorch:*": Domain.AUDIO_TO_AUDIO,
    "snakers4/silero-models:silero_stt": Domain.AUTOMATIC_SPEECH_RECOGNITION,
    "snakers4/silero-models:silero_tts": Domain.TEXT_TO_SPEECH,
    "snakers4/silero-models:silero_te": Domain.TEXT2TEXT_GENERATION,
    "snakers4/silero-models:silero_denoise": Domain.AUDIO_TO_AUDIO,
    "snakers4/silero-vad:*": Domain.VOICE_ACTIVITY_DETECTION,
    "szq0214/MEAL-V2:*": Domain.IMAGE_CLASSIFICATION,
    "ultralytics/yolov5:*": Domain.OBJECT_DETECTION,
    "zhanghang1989/ResNeSt:*": Domain.IMAGE_CLASSIFICATION,
}
"""`repository:entrypoint` with wildcards → domain, the first that fits. The pages' own tags only say
"vision" or "nlp", so the entrypoint decides."""


def torchhub_domain(repository: str, entrypoint: str) -> Domain:
    """The domain of an entrypoint of a repository under its present name.

    Raises:
        InvalidDoc: when no row of `TORCHHUB_DOMAINS` fits.
    """
    for pattern, domain in TORCHHUB_DOMAINS.items():
        if fnmatch.fnmatchcase(f"{repository}:{entrypoint}", pattern):
            return domain
    raise InvalidDoc(
        f"no domain is known for {entrypoint!r} of {repository!r}; add a row to TORCHHUB_DOMAINS in "
        "api_docs/domains.py"
    )


def tfhub_domain(handle: str, task: str) -> Domain:
    """The domain of a tfhub.dev model: by its handle where `TFHUB_HANDLES` has it, else by its task.

    Raises:
        InvalidDoc: when neither table knows it.
    """
    for pattern, domain in TFHUB_HANDLES.items():
        if fnmatch.fnmatchcase(handle, pattern):
            return domain
    if task not in TFHUB_TASKS:
        raise InvalidDoc(
            f"no domain is known for the TFHub task {task!r} of {handle!r}; expected one of "
            f"{sorted(TFHUB_TASKS)}. Add the new one to TFHUB_TASKS in api_docs/domains.py"
        )
    return TFHUB_TASKS[task]
