"""How `transformers.pipeline` objects are used, task by task."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from api_docs.domains import Domain
from api_docs.snippets.inputs import ARTICLE, DOCUMENT, IMAGE, TABLE, clip, sample, sample_in, text, tone
from api_docs.snippets.parts import Code, Recipe, Subject, Use, always, code
from api_docs.snippets.releases import BEFORE_5

_REMOVED = {
    "conversational": "transformers<4.42",
    "image-to-image": BEFORE_5,
    "image-to-text": BEFORE_5,
    "question-answering": BEFORE_5,
    "summarization": BEFORE_5,
    "text2text-generation": BEFORE_5,
    "translation": BEFORE_5,
    "visual-question-answering": BEFORE_5,
    "vqa": BEFORE_5,
}
"""Tasks that newer releases of transformers lack, and the newest releases that still have them."""

_SYNONYMS = {
    "ner": "token-classification",
    "sentiment-analysis": "text-classification",
    "text-to-speech": "text-to-audio",
    "vqa": "visual-question-answering",
}


def task_of(subject: Subject) -> str:
    """The task that the call names under its main name, else the doc's domain."""
    task = subject.text("task") or subject.domain.value
    task = "translation" if task.startswith("translation_") else task
    return _SYNONYMS.get(task, task)


def removed_task(task: str) -> str | None:
    """The pip requirement of a task that newer releases lack; None for all others."""
    return _REMOVED.get("translation" if task.startswith("translation_") else task)


def unknown_task(task: str) -> bool:
    """Whether no release of transformers has such a pipeline."""
    known = "translation" if task.startswith("translation_") else _SYNONYMS.get(task, task)
    return known not in TASKS


def use(subject: Subject) -> Use:
    """The use of a pipeline."""
    task = task_of(subject)
    bound = removed_task(subject.text("task") or task)
    written = TASKS.get(task) or _BY_DOMAIN.get(subject.domain) or _on_text
    found = written(subject)
    return replace(found, requirements=(*found.requirements, "torch", *((bound,) if bound else ())))


def _print(*lines: str | Code, imports: tuple[str, ...] = (), requirements: tuple[str, ...] = ()) -> Use:
    return Use(code(*lines, imports=imports), requirements=requirements)


def _on_text(subject: Subject) -> Use:
    return _print(f"print(model({text(subject)}))")


def _mask(subject: Subject) -> Use:
    chosen = sample(subject)
    before, _, after = chosen.sentence.partition(chosen.answer)
    return _print(f"print(model({before!r} + model.tokenizer.mask_token + {after!r}))")


def _answer(subject: Subject) -> Use:
    chosen = sample(subject)
    return _print(f"print(model(question={chosen.question!r}, context={chosen.sentence!r}))")


_answer_from_table = always(
    _print(TABLE, "print(model(table=table, query='How many inhabitants does Porto have?'))")
)


def _zero_shot(subject: Subject) -> Use:
    return _print(
        "labels = ['work', 'sports', 'cooking']",
        f"print(model({text(subject)}, candidate_labels=labels))",
    )


def _translate(subject: Subject) -> Use:
    source, options = languages_of(subject)
    return _print(f"print(model({prefixed(subject, sample_in(source).sentence)!r}{options}))")


def languages_of(subject: Subject) -> tuple[str, str]:
    """Source language of a translation model, and the options that models of many languages need."""
    name = subject.model_id.lower()
    for pattern, codes in MANY_LANGUAGES:
        if re.search(pattern, name) and "src_lang" not in dict(subject.call.keywords):
            return "en", f", src_lang={codes[0]!r}, tgt_lang={codes[1]!r}"
    task = re.match(r"translation_([a-z]{2})_to_", subject.text("task"))
    pair = re.search(r"[-_]([a-z]{2,3})[-_](?:[a-z]{2,3}|roa|romance|mul)$", name)
    found = task or pair
    stated = (*subject.languages[:1], "en")
    return (found[1] if found else stated[0]), ""


MANY_LANGUAGES: tuple[tuple[str, tuple[str, str]], ...] = (
    (r"nllb", ("eng_Latn", "fra_Latn")),
    (r"m2m100|m2m_100|small100", ("en", "fr")),
    (r"mbart.*50.*many|mbart-large-50$", ("en_XX", "fr_XX")),
)
"""Models that translate between many languages: their codes for English and French."""


def prefixed(subject: Subject, sentence: str) -> str:
    """A sentence with the words that T5's first models want before it."""
    if not re.search(r"(^|/)(t5-(small|base|large|3b|11b))$", subject.model_id):
        return sentence
    task = task_of(subject)
    if task == "translation":
        return f"translate English to German: {sentence}"
    return f"summarize: {sentence}" if task == "summarization" else sentence


_summarize = always(_print("article = (", *ARTICLE, ")", "print(model(article, max_length=60))"))


def _continue(subject: Subject) -> Use:
    return _print(f"print(model({sample(subject).fragment!r}, max_new_tokens=30))")


def _converse(subject: Subject) -> Use:
    return _print(
        f"print(model(Conversation({sample(subject).question!r})))",
        imports=("from transformers import Conversation",),
    )


def _recording(rate: int = 16_000) -> Code:
    return code(tone(rate), "recording = {'raw': waveform, 'sampling_rate': rate}")


_on_audio = always(_print(_recording(), "print(model(recording))"))


_zero_shot_audio = always(
    _print(tone(48_000), "print(model(waveform, candidate_labels=['a dog barking', 'a tone', 'rain']))")
)


def _speak(subject: Subject) -> Use:
    return _print(
        f"speech = model({text(subject)})",
        "print(speech['audio'].shape, 'samples at', speech['sampling_rate'], 'Hz')",
    )


_on_image = always(_print(IMAGE, "print(model(image))"))


_ask_about_image = always(_print(IMAGE, "print(model(image=image, question='What colour is this?'))"))


_ask_about_document = always(
    _print(
        DOCUMENT,
        "# the document's words with their boxes in thousandths; left out, Tesseract reads the picture",
        "words = [['Total:', [60, 80, 120, 110]], ['42', [130, 80, 160, 110]], ['EUR', [170, 80, 220, 110]]]",
        "print(model(image=image, question='What is the total?', word_boxes=words))",
    )
)


def _image_and_text(subject: Subject) -> Use:
    if _NO_CHAT.search(subject.model_id.lower()):
        return _print(IMAGE, "print(model(images=image, text='a photo of', max_new_tokens=40))")
    return _print(
        IMAGE,
        "messages = [",
        "    {'role': 'user', 'content': [",
        "        {'type': 'image', 'image': image},",
        "        {'type': 'text', 'text': 'What do you see?'},",
        "    ]},",
        "]",
        "print(model(text=messages, max_new_tokens=40))",
    )


_NO_CHAT = re.compile(r"blip|git-|pix2struct|paligemma|kosmos|florence|trocr|donut|nougat|vit-gpt2|-ocr")
"""Models that continue a text about a picture, and take no messages."""


_zero_shot_image = always(
    _print(IMAGE, "print(model(image, candidate_labels=['a blue wall', 'a dog', 'a city']))")
)


_match_keypoints = always(_print(IMAGE, "print(model([image, image.rotate(5)]))"))


_on_video = always(
    _print(
        clip(32, 224),
        "imageio.imwrite('clip.mp4', clip, fps=16)  # your video file",
        "print(model('clip.mp4'))",
        imports=("import imageio.v3 as imageio",),
    )
)


TASKS: Mapping[str, Recipe] = {
    "any-to-any": _image_and_text,
    "audio-classification": _on_audio,
    "automatic-speech-recognition": _on_audio,
    "conversational": _converse,
    "depth-estimation": _on_image,
    "document-question-answering": _ask_about_document,
    "feature-extraction": _on_text,
    "fill-mask": _mask,
    "image-classification": _on_image,
    "image-feature-extraction": _on_image,
    "image-segmentation": _on_image,
    "image-text-to-text": _image_and_text,
    "image-to-image": _on_image,
    "image-to-text": _on_image,
    "keypoint-matching": _match_keypoints,
    "mask-generation": _on_image,
    "object-detection": _on_image,
    "question-answering": _answer,
    "summarization": _summarize,
    "table-question-answering": _answer_from_table,
    "text-classification": _on_text,
    "text-generation": _continue,
    "text-to-audio": _speak,
    "text2text-generation": _on_text,
    "token-classification": _on_text,
    "translation": _translate,
    "video-classification": _on_video,
    "visual-question-answering": _ask_about_image,
    "zero-shot-audio-classification": _zero_shot_audio,
    "zero-shot-classification": _zero_shot,
    "zero-shot-image-classification": _zero_shot_image,
    "zero-shot-object-detection": _zero_shot_image,
}

_BY_DOMAIN: Mapping[Domain, Recipe] = {
    # docs that name a task transformers never had: an input of the domain's kind
    Domain.AUDIO_TO_AUDIO: _on_audio,
    Domain.AUDIO_CLASSIFICATION: _on_audio,
    Domain.AUTOMATIC_SPEECH_RECOGNITION: _on_audio,
    Domain.VOICE_ACTIVITY_DETECTION: _on_audio,
    Domain.IMAGE_TO_IMAGE: _on_image,
    Domain.IMAGE_TO_TEXT: _on_image,
    Domain.IMAGE_CLASSIFICATION: _on_image,
    Domain.IMAGE_SEGMENTATION: _on_image,
    Domain.OBJECT_DETECTION: _on_image,
    Domain.KEYPOINT_DETECTION: _on_image,
    Domain.VIDEO_CLASSIFICATION: _on_video,
    Domain.ROBOTICS: _on_image,
}
