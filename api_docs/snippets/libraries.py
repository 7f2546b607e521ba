"""How models of further libraries are used, and which libraries' weights are pickles.

`RECIPES` is keyed by the names of `api_docs.loaders`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from api_docs.domains import Domain
from api_docs.snippets import speech_libraries
from api_docs.snippets.inputs import IMAGE, PICTURES, sample, text
from api_docs.snippets.parts import Code, Recipe, Subject, Use, always, code

PICKLES: Mapping[str, str] = {
    "torch.hub.load": "torch.hub weights are pickled files",
    "joblib.load": "joblib files are pickles",
    "huggingface_sb3.load_from_hub": "Stable-Baselines3 files hold pickles",
    "from_pretrained_fastai": "fastai learners are pickles",
    "SequenceTagger.load": "flair models are pickled files",
    "from_hparams": "SpeechBrain checkpoints are pickled files",
    "pyannote.from_pretrained": "pyannote checkpoints are pickled files",
    "nemo.from_pretrained": "NeMo archives hold pickled checkpoints",
    "ultralytics": "YOLO weights (.pt) are pickled files",
    "load_model_ensemble_and_task_from_hf_hub": "fairseq checkpoints are pickled files",
}
"""Loaders whose weights are pickles whatever the model, and what to say of them."""


def _sentence_transformer(subject: Subject) -> Use:
    if re.search(r"(^|/)clip-vit", subject.model_id, re.IGNORECASE):
        return Use(
            code(
                IMAGE,
                "vectors = model.encode([image]), model.encode(['a blue wall', 'a dog'])",
                "print(model.similarity(*vectors))",
            )
        )
    chosen = sample(subject)
    return Use(
        code(
            "sentences = [",
            f"    {chosen.sentence!r},",
            f"    {chosen.question!r},",
            "]",
            "vectors = model.encode(sentences)",
            "print(vectors.shape)",
            "print(model.similarity(vectors, vectors))",
        )
    )


def _cross_encoder(subject: Subject) -> Use:
    chosen = sample(subject)
    if (
        re.search(r"nli", subject.model_id, re.IGNORECASE)
        or subject.domain is Domain.ZERO_SHOT_CLASSIFICATION
    ):
        return Use(
            code(
                "# contradiction, entailment or neutral: does the first sentence imply the second?",
                f"scores = model.predict([({chosen.sentence!r}, 'Anna lives in Portugal.')])",
                "print(scores)",
            )
        )
    return Use(
        code(
            "# the higher, the better the text answers the question",
            f"scores = model.predict([({chosen.question!r}, {chosen.sentence!r})])",
            "print(scores)",
        )
    )


def _timm(subject: Subject) -> Use:
    ready = code(
        IMAGE,
        "config = timm.data.resolve_model_data_config(model)",
        "preprocess = timm.data.create_transform(**config, is_training=False)",
        "model.eval()",
        "with torch.no_grad():",
        "    output = model(preprocess(image).unsqueeze(0))",
        imports=("import timm", "import torch"),
    )
    if subject.given("features_only") == "True":
        return Use(code(ready, "print([features.shape for features in output])"))
    if subject.domain is not Domain.IMAGE_CLASSIFICATION or subject.given("num_classes") == "0":
        return Use(code(ready, "print(output.shape)  # a feature vector for every picture"))
    return Use(
        code(
            ready,
            "probabilities = output[0].softmax(dim=0)",
            "best = probabilities.argmax().item()",
            "print('class', best, 'with probability', round(probabilities[best].item(), 3))",
        )
    )


def _open_clip(subject: Subject) -> Use:
    targets = {
        "open_clip.create_model_and_transforms": "model, _, preprocess",
        "open_clip.create_model_from_pretrained": "model, preprocess",
    }
    ready = Code()
    if subject.call.callee not in targets:
        ready = code("preprocess = open_clip.image_transform(model.visual.image_size, is_train=False)")
    return Use(
        code(
            ready,
            IMAGE,
            "labels = ['a blue wall', 'a dog', 'a city']",
            f"tokenizer = open_clip.get_tokenizer({subject.bound.values.get('model_name', subject.quoted)})",
            "model.eval()",
            "with torch.no_grad():",
            "    picture = model.encode_image(preprocess(image)[None], normalize=True)",
            "    words = model.encode_text(tokenizer(labels), normalize=True)",
            "scores = (100 * picture @ words.T).softmax(dim=-1)[0]",
            "print(dict(zip(labels, scores.tolist())))",
            imports=("import open_clip", "import torch"),
        ),
        target=targets.get(subject.call.callee, "model"),
    )


def _flair(subject: Subject) -> Use:
    return Use(
        code(
            f"sentence = Sentence({text(subject)})",
            "model.predict(sentence)",
            "print([(label.data_point.text, label.value) for label in sentence.get_labels()])",
            imports=("from flair.data import Sentence",),
        )
    )


def _spacy(subject: Subject) -> Use:
    name = subject.model_id
    package = name if re.fullmatch(r"[a-z]{2,3}_[a-z_]+", name) else "NAME"
    return Use(
        code(
            f"document = model({text(subject)})",
            "print([(entity.text, entity.label_) for entity in document.ents])",
            "print([(token.text, token.pos_, token.lemma_) for token in document])",
        ),
        notes=(f"The model is a package of its own: python -m spacy download {package}",),
    )


def _stanza(subject: Subject) -> Use:
    return Use(
        code(
            f"document = model({text(subject)})",
            "print([(word.text, word.upos) for sentence in document.sentences for word in sentence.words])",
        )
    )


def _sb3(subject: Subject) -> Use:
    names = f"{subject.text('filename')} {subject.text('repo_id').rpartition('/')[2]}".lower()
    found = re.search(r"(?<![a-z0-9])(a2c|ddpg|dqn|ppo|sac|td3|qrdqn|tqc|trpo|ars)(?![a-z0-9])", names)
    algorithm = (found[1] if found else "ppo").upper()
    module = (
        "stable_baselines3" if algorithm in ("A2C", "DDPG", "DQN", "PPO", "SAC", "TD3") else "sb3_contrib"
    )
    return Use(
        code(
            f"agent = {algorithm}.load(path)",
            "observation = agent.observation_space.sample()  # what your environment shows the agent",
            "action, _ = agent.predict(observation, deterministic=True)",
            "print('action:', action)",
            imports=(f"from {module} import {algorithm}",),
        ),
        target="path",
        notes=() if found else ("The algorithm is not documented: PPO is the most common one.",),
    )


_joblib = always(
    Use(
        code(
            "# one row of zeros in the columns that the model was trained on; put your data here",
            "columns = getattr(model, 'feature_names_in_', range(model.n_features_in_))",
            "rows = pd.DataFrame([[0.0] * len(columns)], columns=list(columns))",
            "print(model.predict(rows))",
            imports=("import pandas as pd",),
        ),
        requirements=("scikit-learn",),
    )
)


def _fasttext(subject: Subject) -> Use:
    sentence = text(subject)
    if subject.domain in (Domain.FEATURE_EXTRACTION, Domain.SENTENCE_SIMILARITY):
        return Use(code(f"print(model.get_sentence_vector({sentence}))"))
    return Use(code(f"print(model.predict({sentence}))"))


def _keras(subject: Subject) -> Use:
    if subject.domain in PICTURES:
        ready = code(
            IMAGE,
            "height, width = (side or 256 for side in model.input_shape[1:3])",
            "pixels = np.array(image.resize((width, height)), dtype='float32')[None] / 255",
            "print(model.predict(pixels))",
            imports=("import numpy as np",),
        )
    else:
        ready = code(
            "# zeros in the shape that the model was built for; put your data here",
            "inputs = np.zeros([side or 1 for side in model.input_shape], dtype='float32')",
            "print(model.predict(inputs))",
            imports=("import numpy as np",),
        )
    bare = subject.call.callee == "load_model"
    return Use(
        ready,
        requirements=("tensorflow",),
        names=(("load_model", "from keras.models import load_model"),) if bare else (),
    )


def _fastai(subject: Subject) -> Use:
    if subject.domain in PICTURES:
        return Use(
            code(
                IMAGE,
                "label, _, probabilities = model.predict(PILImage.create(np.array(image)))",
                "print(label, probabilities.max())",
                imports=("import numpy as np", "from fastai.vision.all import PILImage"),
            ),
            requirements=("huggingface_hub[fastai]",),
        )
    return Use(
        code(f"print(model.predict({text(subject)}))"), requirements=("fastai", "huggingface_hub[fastai]")
    )


def _yolo(subject: Subject) -> Use:
    if subject.call.callee == "yolov5.load":
        return Use(
            code(IMAGE, "found = model(image)", "print(found.pandas().xyxy[0])"), requirements=("yolov5",)
        )
    results = {
        Domain.IMAGE_CLASSIFICATION: "print(found.probs)",
        Domain.IMAGE_SEGMENTATION: "print(found.masks)",
        Domain.KEYPOINT_DETECTION: "print(found.keypoints)",
    }
    on_hub = "/" in subject.model_id and not subject.model_id.endswith(".pt")
    return Use(
        code(
            IMAGE,
            "found = model.predict(image)[0]",
            results.get(subject.domain, "print(found.boxes)  # box, confidence and class of every object"),
        ),
        # ultralytics itself reads files only; ultralyticsplus fetches models from the hub
        names=(("YOLO", "from ultralyticsplus import YOLO"),) if on_hub else (),
    )


def _gliner(subject: Subject) -> Use:
    return Use(code(f"print(model.predict_entities({text(subject)}, ['person', 'place', 'job']))"))


RECIPES: Mapping[str, Recipe] = {
    "gliner.from_pretrained": _gliner,
    "SentenceTransformer": _sentence_transformer,
    "CrossEncoder": _cross_encoder,
    "timm.create_model": _timm,
    "open_clip.create_model_and_transforms": _open_clip,
    "SequenceTagger.load": _flair,
    "spacy.load": _spacy,
    "stanza.Pipeline": _stanza,
    "huggingface_sb3.load_from_hub": _sb3,
    "joblib.load": _joblib,
    "fasttext.load_model": _fasttext,
    "keras.load_model": _keras,
    "from_pretrained_keras": _keras,
    "from_pretrained_fastai": _fastai,
    "ultralytics": _yolo,
    **speech_libraries.RECIPES,
}
