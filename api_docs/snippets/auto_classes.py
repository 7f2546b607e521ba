"""How `X.from_pretrained(id)` is used: by the class's head, else by domain.

Covers transformers' classes and those of libraries that follow its way of loading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from api_docs.domains import Domain
from api_docs.snippets import audio_heads, multimodal_heads, text_heads, vision_heads
from api_docs.snippets.inputs import IMAGE, PICTURES, text, tone
from api_docs.snippets.parts import Code, Recipe, Subject, Use, always, code


def use(subject: Subject) -> Use:
    """The use of what `from_pretrained` gives."""
    own = next((recipe for pattern, recipe in _OTHERS if re.fullmatch(pattern, subject.owner)), None)
    if own is not None:
        return own(subject)
    framework = {"TF": "tf", "Fl": "np"}.get(subject.owner[:2])
    if framework and re.match(r"(TF|Flax)[A-Z]", subject.owner):
        return _of_other_framework(subject, framework)
    found = _head(subject)(subject)
    return replace(found, requirements=(*found.requirements, "torch"))


def _head(subject: Subject) -> Recipe:
    """The recipe of the class; the domain decides where the class would misread what goes in."""
    head = re.sub(r".*(?=For[A-Z])", "", subject.owner)
    by_class = (recipe for pattern, recipe in multimodal_heads.HEADS if re.fullmatch(pattern, subject.owner))
    by_name = (recipe for pattern, recipe in _HEADS if re.fullmatch(pattern, subject.owner))
    by_id = (recipe for pattern, recipe in multimodal_heads.BY_ID if re.search(pattern, subject.model_id))
    return (
        next(by_id, None)
        or next(by_class, None)
        or _MISREAD.get((subject.domain, head))
        or next(by_name, None)
        or DOMAINS.get(subject.domain, _unknown)
    )


_HEADS = (*audio_heads.HEADS, *vision_heads.HEADS, *text_heads.HEADS)

_MISREAD: Mapping[tuple[Domain, str], Recipe] = {
    (Domain.AUDIO_CLASSIFICATION, "ForSequenceClassification"): audio_heads.classify,
    (Domain.AUTOMATIC_SPEECH_RECOGNITION, "ForConditionalGeneration"): audio_heads.transcribe,
    (Domain.AUTOMATIC_SPEECH_RECOGNITION, "ForSeq2SeqLM"): audio_heads.transcribe,
    (Domain.DOCUMENT_QUESTION_ANSWERING, "ForQuestionAnswering"): multimodal_heads.answer_about_document,
    (Domain.IMAGE_TEXT_TO_TEXT, "ForCausalLM"): multimodal_heads.chat,
    (Domain.IMAGE_TEXT_TO_TEXT, "ForConditionalGeneration"): multimodal_heads.chat,
    (Domain.IMAGE_TO_TEXT, "ForCausalLM"): multimodal_heads.describe,
    (Domain.IMAGE_TO_TEXT, "ForConditionalGeneration"): multimodal_heads.describe,
    (Domain.VIDEO_CLASSIFICATION, "ForSequenceClassification"): vision_heads.classify_video,
    (Domain.VISUAL_QUESTION_ANSWERING, "ForCausalLM"): multimodal_heads.describe,
    (Domain.VISUAL_QUESTION_ANSWERING, "ForConditionalGeneration"): multimodal_heads.describe,
    (Domain.VISUAL_QUESTION_ANSWERING, "ForSeq2SeqLM"): multimodal_heads.describe,
    (Domain.ZERO_SHOT_IMAGE_CLASSIFICATION, "ForImageClassification"): multimodal_heads.match,
}
"""Heads that take other things than their name says, in some domains."""


def _unknown(subject: Subject) -> Use:
    return Use(
        Code(("print(model)",)),
        notes=(f"What a model for {subject.domain.value} takes is not documented here.",),
    )


def _of_other_framework(subject: Subject, framework: str) -> Use:
    """TensorFlow's and Flax's classes: inputs of their kind, and the outputs as they are."""
    if subject.domain in PICTURES:
        loader, ready, given = "AutoImageProcessor", IMAGE, "image"
    elif subject.domain in _AUDIO_DOMAINS:
        loader, ready, given = "AutoFeatureExtractor", tone(), "waveform, sampling_rate=rate"
    else:
        loader, ready, given = "AutoTokenizer", Code(), text(subject)
    return Use(
        code(
            ready,
            f"prepare = {loader}.from_pretrained({subject.companion})",
            f"inputs = prepare({given}, return_tensors='{framework}')",
            "outputs = model(**inputs)",
            "print(outputs)",
            imports=(f"from transformers import {loader}",),
        ),
        requirements=("tf-keras" if framework == "tf" else "flax",),
    )


_AUDIO_DOMAINS = (
    Domain.AUDIO_CLASSIFICATION,
    Domain.AUTOMATIC_SPEECH_RECOGNITION,
    Domain.AUDIO_FEATURE_EXTRACTION,
)


# --- libraries that load as transformers does ------------------------------------------------------


def _setfit(subject: Subject) -> Use:
    return Use(code(f"print(model.predict([{text(subject)}]))"))


def _span_marker(subject: Subject) -> Use:
    return Use(code(f"print(model.predict({text(subject)}))"))


def _asteroid(subject: Subject) -> Use:
    return Use(
        code(
            tone(subject.number("sample_rate", 8_000 if "8k" in subject.model_id else 16_000)),
            "parts = model.separate(waveform[None])  # (1, samples) in, (1, parts, samples) out",
            "print(parts.shape)",
        )
    )


def _espnet(subject: Subject) -> Use:
    if subject.owner == "Text2Speech":
        return Use(
            code(
                f"audio = model({text(subject)})['wav']",
                "print(audio.shape, 'samples at', model.fs, 'Hz')",
            )
        )
    if subject.owner == "SeparateSpeech":
        return Use(
            code(tone(), "parts = model(waveform[None], fs=rate)", "print(len(parts), parts[0].shape)")
        )
    return Use(code(tone(), "words, *_ = model(waveform)[0]", "print(words)"))


def _static(subject: Subject) -> Use:
    return Use(code(f"vectors = model.encode([{text(subject)}])", "print(vectors.shape)"))


def _sentence_transformer(subject: Subject) -> Use:
    return Use(
        code(f"vectors = model.encode([{text(subject)}])", "print(vectors.shape)"),
        notes=("sentence-transformers' own way to load is SentenceTransformer(id).",),
    )


_gan = always(
    Use(
        code(
            "noise = torch.randn(1, model.latent_dim)  # random numbers choose the picture",
            "with torch.no_grad():",
            "    picture = model.G(noise)",
            "print(picture.shape)",
            imports=("import torch",),
        )
    )
)


def _adapter(subject: Subject) -> Use:
    return Use(
        code(
            text_heads.tokenized(subject, text(subject)),
            text_heads.run("outputs"),
            "print(type(outputs))",
        )
    )


_OTHERS: tuple[tuple[str, Recipe], ...] = (
    ("SetFitModel", _setfit),
    ("SpanMarkerModel", _span_marker),
    ("BaseModel|ConvTasNet|DPRNNTasNet|DPTNet|DCCRNet|DCUNet|DeMask|SuDORMRFNet", _asteroid),
    ("Text2Speech|Speech2Text|SeparateSpeech", _espnet),
    ("StaticModel", _static),
    ("SentenceTransformer", _sentence_transformer),
    ("LightweightGAN", _gan),
    ("AutoAdapterModel", _adapter),
)

DOMAINS: Mapping[Domain, Recipe] = {
    Domain.TEXT_CLASSIFICATION: text_heads.embed,
    Domain.TOKEN_CLASSIFICATION: text_heads.embed,
    Domain.QUESTION_ANSWERING: text_heads.embed,
    Domain.ZERO_SHOT_CLASSIFICATION: text_heads.embed,
    Domain.TRANSLATION: text_heads.embed,
    Domain.SUMMARIZATION: text_heads.embed,
    Domain.FEATURE_EXTRACTION: text_heads.embed,
    Domain.TEXT_GENERATION: text_heads.embed,
    Domain.TEXT2TEXT_GENERATION: text_heads.embed,
    Domain.CONVERSATIONAL: text_heads.embed,
    Domain.FILL_MASK: text_heads.embed,
    Domain.SENTENCE_SIMILARITY: text_heads.embed,
    Domain.TEXT_RANKING: text_heads.embed,
    Domain.TABLE_QUESTION_ANSWERING: text_heads.ask_table,
    Domain.TEXT_TO_SPEECH: audio_heads.speak,
    Domain.TEXT_TO_AUDIO: audio_heads.speak,
    Domain.AUDIO_CLASSIFICATION: audio_heads.features,
    Domain.AUDIO_FEATURE_EXTRACTION: audio_heads.features,
    Domain.AUDIO_TO_AUDIO: audio_heads.features,
    Domain.AUTOMATIC_SPEECH_RECOGNITION: audio_heads.features,
    Domain.VOICE_ACTIVITY_DETECTION: audio_heads.features,
    Domain.TIME_SERIES_FORECASTING: audio_heads.forecast,
    Domain.REINFORCEMENT_LEARNING: audio_heads.decide,
    Domain.DEPTH_ESTIMATION: vision_heads.features,
    Domain.IMAGE_CLASSIFICATION: vision_heads.features,
    Domain.IMAGE_FEATURE_EXTRACTION: vision_heads.features,
    Domain.IMAGE_SEGMENTATION: vision_heads.features,
    Domain.IMAGE_TO_IMAGE: vision_heads.features,
    Domain.KEYPOINT_DETECTION: vision_heads.features,
    Domain.MASK_GENERATION: vision_heads.generate_mask,
    Domain.OBJECT_DETECTION: vision_heads.features,
    Domain.UNCONDITIONAL_IMAGE_GENERATION: vision_heads.features,
    Domain.VIDEO_CLASSIFICATION: vision_heads.video_features,
    Domain.VIDEO_FEATURE_EXTRACTION: vision_heads.video_features,
    Domain.ZERO_SHOT_IMAGE_CLASSIFICATION: multimodal_heads.match,
    Domain.ZERO_SHOT_OBJECT_DETECTION: multimodal_heads.detect_by_text,
    Domain.DOCUMENT_QUESTION_ANSWERING: multimodal_heads.describe,
    Domain.IMAGE_TEXT_TO_TEXT: multimodal_heads.chat,
    Domain.IMAGE_TO_TEXT: multimodal_heads.describe,
    Domain.VISUAL_DOCUMENT_RETRIEVAL: multimodal_heads.retrieve,
    Domain.VISUAL_QUESTION_ANSWERING: multimodal_heads.describe,
}
"""For bare models and classes of no known head."""
