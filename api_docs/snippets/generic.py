"""Calls of libraries that the loader table doesn't know: a few known ones, and the honest rest."""

from __future__ import annotations

import re

from api_docs.domains import Domain
from api_docs.snippets.inputs import IMAGE, PICTURES, sample, text, tone
from api_docs.snippets.parts import Code, Recipe, Subject, Use, always, code

_FILE = code(
    tone(),
    "soundfile.write('recording.wav', waveform, rate)  # your recording",
    imports=("import soundfile",),
)


def use(subject: Subject) -> Use:
    """The use of what an unknown callee gives."""
    for pattern, recipe in CALLEES:
        if re.fullmatch(pattern, subject.call.callee):
            return recipe(subject)
    target = "result" if subject.domain is Domain.WEB_API else "model"
    return Use(
        Code((f"print({target})",)),
        target=target,
        notes=("How the result is used is not documented.",),
    )


def _instructor(subject: Subject) -> Use:
    return Use(
        code(
            f"vectors = model.encode([['Represent the sentence:', {text(subject)}]])", "print(vectors.shape)"
        )
    )


def _sentence_model(subject: Subject) -> Use:
    return Use(code(f"vectors = model.encode([{text(subject)}])", "print(vectors.shape)"))


def _parrot(subject: Subject) -> Use:
    return Use(code(f"print(model.augment(input_phrase={text(subject)}))"))


def _happy(subject: Subject) -> Use:
    return Use(code(f"print(model.generate_text({text(subject)}).text)"))


_punctuation = always(
    Use(code("print(model.restore_punctuation('anna lives in lisbon she works as a nurse'))"))
)


_huggingsound = always(Use(code(_FILE, "print(model.transcribe(['recording.wav']))")))


_faster_whisper = always(
    Use(
        code(tone(), "segments, info = model.transcribe(waveform)", "print([part.text for part in segments])")
    )
)


_prompt_cap = always(
    Use(
        code(
            IMAGE,
            "image.save('photo.jpg')",
            "print(model.caption('please describe this image', 'photo.jpg'))",
        )
    )
)


def _txtai_speech(subject: Subject) -> Use:
    return Use(code(f"print(model({sample(subject).sentence!r}))"))


_foreign_class = always(Use(code(_FILE, "print(model.classify_file('recording.wav'))")))


_pyannote = always(
    Use(
        code(
            tone(),
            "print(model({'waveform': torch.from_numpy(waveform)[None], 'sample_rate': rate}))",
            imports=("import torch",),
        )
    )
)


_sklearn = always(
    Use(
        code(
            "rows = [[1.0, 2.0], [3.0, 5.0], [5.0, 8.0]]  # your table",
            "model.fit(rows, [1.0, 2.0, 3.0])",
            "print(model.predict([[4.0, 6.0]]))",
        )
    )
)


_clip = always(
    Use(
        code(
            IMAGE,
            "labels = ['a blue wall', 'a dog', 'a city']",
            "with torch.no_grad():",
            "    scores, _ = model(preprocess(image)[None], clip.tokenize(labels))",
            "print(dict(zip(labels, scores[0].softmax(dim=0).tolist())))",
            imports=("import clip", "import torch"),
        ),
        target="model, preprocess",
    )
)


_asteroid = always(Use(code(tone(), "parts = model.separate(waveform[None])", "print(parts.shape)")))


def _saved_model(subject: Subject) -> Use:
    if subject.domain in PICTURES:
        ready = code(
            IMAGE,
            "pixels = np.array(image.resize((256, 256)), dtype='float32')[None] / 255",
            "print(model(pixels))",
            imports=("import numpy as np",),
        )
    else:
        ready = code(
            "# zeros in the shape that the model asks for; put your data here",
            "spec = next(iter(model.call_endpoint_fn.structured_input_signature[1].values()))",
            "print(model(tf.zeros([side or 1 for side in spec.shape], spec.dtype)))",
            imports=("import tensorflow as tf",),
        )
    return Use(ready, requirements=("tensorflow",))


CALLEES: tuple[tuple[str, Recipe], ...] = (
    ("INSTRUCTOR", _instructor),
    ("SentenceModel", _sentence_model),
    ("Parrot", _parrot),
    ("HappyTextToText", _happy),
    ("PunctuationModel", _punctuation),
    ("SpeechRecognitionModel", _huggingsound),
    ("WhisperModel", _faster_whisper),
    ("PromptCap", _prompt_cap),
    ("TextToSpeech", _txtai_speech),
    ("foreign_class", _foreign_class),
    ("Inference|VoiceActivityDetection", _pyannote),
    (r"RandomForest(Regressor|Classifier)", _sklearn),
    (r"clip\.load", _clip),
    (r"keras\.layers\.TFSMLayer", _saved_model),
)
