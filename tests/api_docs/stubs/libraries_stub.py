"""sentence-transformers, timm, open_clip, taggers, tables, agents, YOLO and the other libraries."""

# ruff: noqa: ARG005 - parameters are the real functions' own
from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from tests.api_docs.stubs.recording import Recorder, Stub, Thing, kinds_of

_VECTORS = np.zeros((2, 8), np.float32)


def modules(recorder: Recorder) -> dict[str, Stub]:
    """Modules by path."""
    return {
        **_sentences(recorder),
        **_vision(recorder),
        **_language(recorder),
        **_hub(recorder),
        **_tables(recorder),
    }


def _sentences(recorder: Recorder) -> dict[str, Stub]:
    def encoder(name: str) -> Any:
        encode = recorder.user(f"sentence_transformers.{name}.encode", _VECTORS)
        similarity = lambda embeddings1, embeddings2: torch.rand(2, 2)  # noqa: E731
        thing = SimpleNamespace(encode=encode, similarity=similarity)
        return recorder.loader(f"sentence_transformers.{name}", thing)

    predict = recorder.user("sentence_transformers.CrossEncoder.predict", np.zeros(1))
    return {
        "sentence_transformers": Stub(
            "sentence_transformers",
            SentenceTransformer=encoder("SentenceTransformer"),
            SparseEncoder=encoder("SparseEncoder"),
            CrossEncoder=recorder.loader(
                "sentence_transformers.CrossEncoder", SimpleNamespace(predict=predict)
            ),
        )
    }


def _vision(recorder: Recorder) -> dict[str, Stub]:
    def timm_model(given: dict[str, Any]) -> Thing:
        def call(batch: torch.Tensor) -> Any:
            recorder.used("timm.model", batch)
            return [torch.rand(1, 8, 7, 7)] if given.get("features_only") else torch.rand(1, 1000)

        return Thing(call=call, eval=lambda: None)

    quiet = Recorder()
    data = Stub(
        "timm.data",
        resolve_model_data_config=quiet.user(
            "timm.data.resolve_model_data_config", {"input_size": (3, 224, 224)}
        ),
        create_transform=quiet.user("timm.data.create_transform", _prepare),
    )
    clip = SimpleNamespace(
        eval=lambda: None,
        visual=SimpleNamespace(image_size=224),
        encode_image=recorder.user("open_clip.model.encode_image", torch.rand(1, 8)),
        encode_text=recorder.user("open_clip.model.encode_text", torch.rand(3, 8)),
    )
    open_clip = Stub(
        "open_clip",
        create_model=recorder.loader("open_clip.create_model", clip),
        create_model_and_transforms=recorder.loader(
            "open_clip.create_model_and_transforms", (clip, _prepare, _prepare)
        ),
        create_model_from_pretrained=recorder.loader(
            "open_clip.create_model_from_pretrained", (clip, _prepare)
        ),
        get_tokenizer=quiet.loader(
            "open_clip.get_tokenizer",
            lambda texts: torch.ones(len(texts), 77, dtype=torch.long),
        ),
        image_transform=quiet.user("open_clip.image_transform", _prepare),
    )
    found = SimpleNamespace(boxes=["box"], masks=["mask"], probs=["class"], keypoints=["point"])
    yolo = SimpleNamespace(predict=recorder.user("ultralytics.predict", [found]))
    boxes = SimpleNamespace(pandas=lambda: SimpleNamespace(xyxy=["boxes"]))
    return {
        "timm": Stub("timm", create_model=recorder.loader("timm.create_model", make=timm_model), data=data),
        "timm.data": data,
        "open_clip": open_clip,
        "ultralytics": Stub("ultralytics", YOLO=recorder.loader("ultralytics.YOLO", yolo)),
        "ultralyticsplus": Stub("ultralyticsplus", YOLO=recorder.loader("ultralyticsplus.YOLO", yolo)),
        "yolov5": Stub(
            "yolov5",
            load=recorder.loader("yolov5.load", lambda imgs: recorder.used("yolov5.model", imgs) or boxes),
        ),
    }


def _prepare(image: Any) -> torch.Tensor:
    assert kinds_of(image) == {"image"}
    return torch.rand(3, 224, 224)


def _language(recorder: Recorder) -> dict[str, Stub]:
    class Sentence:
        stub_kind = "text"

        def __init__(self, text: str) -> None:
            self.text = text

        def get_labels(self) -> list[SimpleNamespace]:
            return [SimpleNamespace(data_point=SimpleNamespace(text="Anna"), value="PER")]

    tagger = SimpleNamespace(predict=recorder.user("flair.predict", None))
    load = SimpleNamespace(load=recorder.loader("flair.load", tagger))
    token = SimpleNamespace(text="Anna", pos_="PROPN", lemma_="Anna")

    class Document(list):  # type: ignore[type-arg]
        ents = (SimpleNamespace(text="Anna", label_="PERSON"),)

    words = SimpleNamespace(words=[SimpleNamespace(text="Anna", upos="PROPN")])
    fasttext = SimpleNamespace(
        predict=recorder.user("fasttext.predict", (("__label__en",), [1.0])),
        get_sentence_vector=recorder.user("fasttext.get_sentence_vector", _VECTORS[0]),
    )

    def own(name: str, method: str, load_name: str = "", result: Any = "found") -> SimpleNamespace:
        thing = SimpleNamespace(**{method: recorder.user(f"{name}.{method}", result)})
        return SimpleNamespace(from_pretrained=recorder.loader(load_name or f"{name}.from_pretrained", thing))

    return {
        "flair": Stub("flair"),
        "flair.data": Stub("flair.data", Sentence=Sentence),
        "flair.models": Stub("flair.models", SequenceTagger=load, TextClassifier=load),
        "flair.nn": Stub("flair.nn", Classifier=load),
        "spacy": Stub(
            "spacy",
            load=recorder.loader("spacy.load", recorder.user("spacy.Language.__call__", Document([token]))),
        ),
        "stanza": Stub(
            "stanza",
            Pipeline=recorder.loader(
                "stanza.Pipeline",
                recorder.user("stanza.Pipeline.__call__", SimpleNamespace(sentences=[words])),
            ),
        ),
        "fasttext": Stub("fasttext", load_model=recorder.loader("fasttext.load_model", fasttext)),
        "gliner": Stub("gliner", GLiNER=own("gliner", "predict_entities")),
        "setfit": Stub("setfit", SetFitModel=own("setfit", "predict", "setfit._from_pretrained")),
        "span_marker": Stub("span_marker", SpanMarkerModel=own("span_marker", "predict")),
        "model2vec": Stub("model2vec", StaticModel=own("model2vec", "encode", result=_VECTORS)),
    }


def _hub(recorder: Recorder) -> dict[str, Stub]:
    learner = SimpleNamespace(
        predict=recorder.user("fastai.predict", ("cat", torch.tensor(0), torch.rand(2)))
    )
    download = lambda given: f"/cache/{given['filename']}"  # noqa: E731
    quiet = Recorder()
    return {
        "huggingface_hub": Stub(
            "huggingface_hub",
            from_pretrained_fastai=recorder.loader("huggingface_hub.from_pretrained_fastai", learner),
            from_pretrained_keras=lambda *args, **kwargs: _keras_model(recorder),
            hf_hub_download=quiet.loader("huggingface_hub.hf_hub_download", make=download),
            snapshot_download=lambda repo_id: f"/cache/{repo_id}",
            cached_download=lambda url: url,
            hf_hub_url=lambda repo_id, filename: f"/cache/{filename}",
        ),
        "huggingface_sb3": Stub(
            "huggingface_sb3",
            load_from_hub=recorder.loader("huggingface_sb3.load_from_hub", "/cache/agent.zip"),
        ),
        "fastai": Stub("fastai"),
        "fastai.vision": Stub("fastai.vision"),
        "fastai.vision.all": Stub("fastai.vision.all", PILImage=SimpleNamespace(create=lambda fn: fn)),
    }


def _keras_model(recorder: Recorder) -> SimpleNamespace:
    shape = recorder.options.get("input_shape", (None, 5))
    return SimpleNamespace(input_shape=shape, predict=recorder.user("keras.predict", np.zeros((1, 2))))


def _tables(recorder: Recorder) -> dict[str, Stub]:
    def estimator(given: dict[str, Any]) -> SimpleNamespace:
        assert re.search(r"\.(joblib|pkl|csv|h5)$", given["filename"])
        names = {"feature_names_in_": ["height", "weight"]} if recorder.options.get("named") else {}
        predict = lambda rows: recorder.used("sklearn.predict", rows) or np.zeros(1)  # noqa: E731
        return SimpleNamespace(n_features_in_=2, predict=predict, **names)

    def agent(given: dict[str, Any]) -> SimpleNamespace:
        space = SimpleNamespace(sample=lambda: np.zeros(4, np.float32))
        return SimpleNamespace(
            observation_space=space, predict=recorder.user("stable_baselines3.predict", (np.int64(1), None))
        )

    algorithm = SimpleNamespace(load=recorder.loader("stable_baselines3.load", make=agent))
    load = recorder.loader("keras.models.load_model", _keras_model(recorder))
    models = Stub("keras.models", load_model=load)
    spec = SimpleNamespace(shape=(None, 5), dtype=np.float32)
    layer = Thing(
        call=recorder.user("keras.layers.TFSMLayer.__call__", {}),
        call_endpoint_fn=SimpleNamespace(structured_input_signature=((), {"x": spec})),
    )
    layers = Stub("keras.layers", TFSMLayer=recorder.loader("keras.layers.TFSMLayer", layer))
    names = ("PPO", "A2C", "DQN", "SAC", "TD3", "DDPG")
    return {
        "joblib": Stub("joblib", load=recorder.loader("joblib.load", make=estimator)),
        "stable_baselines3": Stub("stable_baselines3", **dict.fromkeys(names, algorithm)),
        "sb3_contrib": Stub("sb3_contrib", **dict.fromkeys(("QRDQN", "TQC", "TRPO"), algorithm)),
        "keras": Stub("keras", models=models, layers=layers),
        "keras.models": models,
        "keras.layers": layers,
    }
