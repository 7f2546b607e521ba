"""How models of TFHub are used: by handle where theirs differs, else by domain and format.

Models of TensorFlow 1's format (`format` is `hub`) have no `__call__` when `hub.load` loads them: they
are used through a signature. `hub.KerasLayer` hides the difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from api_docs.domains import Domain
from api_docs.snippets.inputs import clip, sample
from api_docs.snippets.parts import Recipe, Subject, Use, code
from api_docs.snippets.tfhub_handles import HANDLES, fill_signature
from api_docs.snippets.tfhub_tensors import (
    IMPORT_TF,
    image_tensor,
    image_tensor_uint8,
    runner,
    signatures_of,
    token_ids,
    waveform_batch,
)


def use(subject: Subject) -> Use:
    """The use of a TFHub model."""
    for pattern, recipe in HANDLES:
        if re.search(pattern, subject.model_id):
            return recipe(subject)
    return DOMAINS.get(subject.domain, fill_signature)(subject)


def _on_image(result: tuple[str, ...]) -> Recipe:
    def recipe(subject: Subject) -> Use:
        run, ready = runner(subject)
        return Use(code(image_tensor(subject), *ready, f"output = {run}(images)", *result))

    return recipe


_classify = _on_image(
    (
        "# a vector of scores, in the dict's only entry where the model gives a dict",
        "scores = list(output.values())[0] if isinstance(output, dict) else output",
        "best = int(tf.argmax(scores[0]))",
        "print('class', best, 'of', scores.shape[-1])",
    )
)
_print_output = _on_image(("print(output)",))


def _detect(subject: Subject) -> Use:
    if subject.fact("format") == "hub":
        run, ready = runner(subject)
        return Use(
            code(
                image_tensor(subject), *ready, f"found = {run}(images)", "print(found['detection_boxes'][:5])"
            )
        )
    return Use(
        code(
            image_tensor_uint8(),
            "found = model(images)",
            "print(sorted(found) if isinstance(found, dict) else found)",
        )
    )


def _embed(subject: Subject) -> Use:
    if _takes_ids(subject):
        return _encode(subject)
    run, ready = runner(subject)
    return Use(
        code(
            *ready,
            f"vectors = {run}(tf.constant([{sample(subject).sentence!r}]))",
            "print(vectors)",
            imports=_text_imports(subject),
        )
    )


def _encode(subject: Subject) -> Use:
    """Transformer encoders take token ids; a matching preprocessing model makes them from text."""
    preprocessor = subject.entry.doc.facts.get("preprocessor")
    if isinstance(preprocessor, str) and preprocessor:
        ids = code(
            f"preprocess = hub.load({preprocessor!r})",
            f"inputs = preprocess(tf.constant([{sample(subject).sentence!r}]))",
            imports=("import tensorflow as tf", "import tensorflow_hub as hub", "import tensorflow_text"),
        )
    else:
        ids = token_ids(tf1=subject.fact("format") == "hub")
    if subject.fact("format") == "hub" and subject.entry.loader.name == "hub.load":
        return Use(code(ids, "outputs = model.signatures['tokens'](**inputs)", "print(outputs)"))
    return Use(
        code(
            ids,
            "outputs = model(inputs)",
            "print({name: value.shape for name, value in outputs.items() if hasattr(value, 'shape')})",
        )
    )


_ID_MODELS = re.compile(
    r"bert|electra|talkheads|muril(?!_preprocess)|labse|cmlm/multilingual|roberta|xlm|experts/",
    re.IGNORECASE,
)
_STRING_MODELS = re.compile(
    r"sentence-encoder-cmlm/en|bertseq2seq|sentence-t5|LEALLA|(?<!multi)lingual-qa", re.IGNORECASE
)


def _takes_ids(subject: Subject) -> bool:
    handle = subject.model_id
    return bool(_ID_MODELS.search(handle)) and not _STRING_MODELS.search(handle)


def _text_imports(subject: Subject) -> tuple[str, ...]:
    """Models with a tokenizer inside need the ops that importing tensorflow_text registers."""
    needs = re.search(
        r"multilingual|sentence-t5|gtr|LEALLA|cmlm|wiki40b|bertseq2seq|LAReQA|ulmfit|preprocess|tokeniz|-qa",
        subject.model_id,
    )
    return (*IMPORT_TF, "import tensorflow_text") if needs else IMPORT_TF


def _preprocess(subject: Subject) -> Use:
    return Use(
        code(
            f"inputs = model(tf.constant([{sample(subject).sentence!r}]))",
            "print(inputs)",
            imports=(*IMPORT_TF, "import tensorflow_text"),
        )
    )


def _generate_text(subject: Subject) -> Use:
    run, ready = runner(subject)
    return Use(
        code(
            *ready,
            f"output = {run}(tf.constant([{sample(subject).fragment!r}]))",
            "print(output)",
            imports=_text_imports(subject),
        )
    )


def _answer(subject: Subject) -> Use:
    if re.search(r"LAReQA|sentence-encoder", subject.model_id):
        chosen = sample(subject)
        name = "query_encoder" if "LAReQA" in subject.model_id else "question_encoder"
        return Use(
            code(
                f"encode = {signatures_of(subject)}[{name!r}]",
                f"print(encode(tf.constant([{chosen.question!r}])))",
                imports=_text_imports(subject),
            )
        )
    return _encode(subject)


def _listen(subject: Subject) -> Use:
    run, ready = runner(subject)
    return Use(code(waveform_batch(), *ready, f"output = {run}(waveforms)", "print(output)"))


def _watch(subject: Subject) -> Use:
    run, ready = runner(subject)
    size = subject.number("input_size", 224)
    return Use(
        code(
            clip(16, size),
            "frames = tf.constant(clip[None] / 255.0, tf.float32)  # (1, time, height, width, RGB)",
            *ready,
            f"output = {run}(frames)",
            "print(output)",
            imports=IMPORT_TF,
        )
    )


def _paint(subject: Subject) -> Use:
    run, ready = runner(subject)
    size = subject.number("latent_size", 512)
    return Use(
        code(
            f"noise = tf.random.normal([1, {size}])  # random numbers choose the picture",
            *ready,
            f"images = {run}(noise)",
            "print(images)",
            imports=IMPORT_TF,
        )
    )


def _vocode(subject: Subject) -> Use:
    run, ready = runner(subject)
    return Use(
        code(
            "spectrogram = tf.random.normal([1, 100, 80])  # log-mel: batch, frames, 80 bands",
            *ready,
            f"audio = {run}(spectrogram)",
            "print(audio)",
            imports=IMPORT_TF,
        )
    )


DOMAINS: Mapping[Domain, Callable[[Subject], Use]] = {
    Domain.IMAGE_CLASSIFICATION: _classify,
    Domain.IMAGE_FEATURE_EXTRACTION: _on_image(("print(output)  # a feature vector for every picture",)),
    Domain.IMAGE_SEGMENTATION: _print_output,
    Domain.IMAGE_TO_IMAGE: _print_output,
    Domain.DEPTH_ESTIMATION: _print_output,
    Domain.KEYPOINT_DETECTION: _print_output,
    Domain.IMAGE_TO_TEXT: _print_output,
    Domain.OBJECT_DETECTION: _detect,
    Domain.FEATURE_EXTRACTION: _embed,
    Domain.SENTENCE_SIMILARITY: _embed,
    Domain.TEXT_CLASSIFICATION: _embed,
    Domain.TOKEN_CLASSIFICATION: _embed,
    Domain.FILL_MASK: _embed,
    Domain.TEXT_PREPROCESSING: _preprocess,
    Domain.TEXT_GENERATION: _generate_text,
    Domain.TEXT2TEXT_GENERATION: _generate_text,
    Domain.SUMMARIZATION: _generate_text,
    Domain.TEXT_TO_SPEECH: _generate_text,
    Domain.TRANSLATION: _generate_text,
    Domain.QUESTION_ANSWERING: _answer,
    Domain.TEXT_RANKING: _answer,
    Domain.AUDIO_CLASSIFICATION: _listen,
    Domain.AUDIO_FEATURE_EXTRACTION: _listen,
    Domain.AUTOMATIC_SPEECH_RECOGNITION: _listen,
    Domain.AUDIO_TO_AUDIO: _listen,
    Domain.TEXT_TO_AUDIO: _vocode,
    Domain.VIDEO_CLASSIFICATION: _watch,
    Domain.VIDEO_FEATURE_EXTRACTION: _watch,
    Domain.VIDEO_GENERATION: _watch,
    Domain.VIDEO_TEXT_TO_TEXT: _watch,
    Domain.UNCONDITIONAL_IMAGE_GENERATION: _paint,
}
