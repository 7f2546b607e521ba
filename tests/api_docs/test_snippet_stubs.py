"""The stubs that snippets run against have the signatures of the libraries that are installed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import huggingface_hub
import joblib
import pytest
import sentence_transformers
import torch
import transformers
from transformers.models.auto import auto_factory
from transformers.pipelines import SUPPORTED_TASKS, TASK_ALIASES

from api_docs.loaders import LOADERS, Loader
from api_docs.snippets import pipelines
from tests.api_docs.stubs import Recorder, signatures
from tests.api_docs.stubs.transformers_stub import FORMER_TASKS, PIPELINE_TASKS

_REAL: dict[str, Callable[..., Any]] = {
    "huggingface_hub.from_pretrained_fastai": huggingface_hub.from_pretrained_fastai,
    "huggingface_hub.hf_hub_download": huggingface_hub.hf_hub_download,
    "joblib.load": joblib.load,
    "sentence_transformers.CrossEncoder": sentence_transformers.CrossEncoder.__init__,
    "sentence_transformers.CrossEncoder.predict": sentence_transformers.CrossEncoder.predict,
    "sentence_transformers.SentenceTransformer": sentence_transformers.SentenceTransformer.__init__,
    "sentence_transformers.SentenceTransformer.encode": sentence_transformers.SentenceTransformer.encode,
    "sentence_transformers.SparseEncoder": sentence_transformers.SparseEncoder.__init__,
    "sentence_transformers.SparseEncoder.encode": sentence_transformers.SparseEncoder.encode,
    "torch.hub.load": torch.hub.load,
    "transformers.generate": transformers.GenerationMixin.generate,
    "transformers.pipeline": transformers.pipeline,
    "transformers.tokenizer": transformers.PreTrainedTokenizerBase.__call__,
    **{
        name: getattr(transformers, name.rpartition(".")[2]).__call__
        for name in signatures.names()
        if name.startswith("transformers.") and name.endswith("Pipeline")
    },
}

_SIGNATURES = {
    # loader and its library → the signature of the real loader
    ("CrossEncoder", "sentence-transformers"): "sentence_transformers.CrossEncoder",
    ("SequenceTagger.load", "flair"): "flair.load",
    ("diffusers.from_pretrained", "diffusers"): "diffusers.DiffusionPipeline.from_pretrained",
    ("fasttext.load_model", "fasttext"): "fasttext.load_model",
    ("from_hparams", "speechbrain"): "speechbrain.from_hparams",
    ("from_pretrained", "transformers"): "transformers.AutoModel.from_pretrained",
    ("from_pretrained_fastai", "fastai"): "huggingface_hub.from_pretrained_fastai",
    ("gliner.from_pretrained", "gliner"): "gliner.from_pretrained",
    ("hub.KerasLayer", "tensorflow-hub"): "tensorflow_hub.KerasLayer",
    ("hub.load", "tensorflow-hub"): "tensorflow_hub.load",
    ("huggingface_sb3.load_from_hub", "huggingface_sb3"): "huggingface_sb3.load_from_hub",
    ("joblib.load", "scikit-learn"): "joblib.load",
    ("keras.load_model", "keras"): "keras.models.load_model",
    ("load_model_ensemble_and_task_from_hf_hub", "fairseq"): "fairseq.load",
    ("nemo.from_pretrained", "nemo_toolkit"): "nemo.from_pretrained",
    ("open_clip.create_model_and_transforms", "open_clip_torch"): "open_clip.create_model_and_transforms",
    ("pipeline", "transformers"): "transformers.pipeline",
    ("requests.request", "requests"): "requests.request",
    ("spacy.load", "spacy"): "spacy.load",
    ("stanza.Pipeline", "stanza"): "stanza.Pipeline",
    ("timm.create_model", "timm"): "timm.create_model",
    ("torch.hub.load", "torch"): "torch.hub.load",
    ("ultralytics", "ultralytics"): "ultralytics.YOLO",
    ("ultralytics", "yolov5"): "yolov5.load",
}
_LEFT_OUT = {
    # read by diffusers' models, not by its pipelines
    "diffusers.DiffusionPipeline.from_pretrained": {"subfolder", "ignore_mismatched_sizes"},
    # read by the question answering pipeline of transformers 4
    "transformers.pipeline": {"doc_stride", "handle_impossible_answer", "max_answer_len", "max_seq_len"},
}


def _shape(signature: inspect.Signature) -> list[tuple[str, str, bool]]:
    return [
        (each.name, each.kind.name, each.default is each.empty)
        for each in signature.parameters.values()
        if each.name != "self"
    ]


@pytest.mark.parametrize("name", sorted(_REAL))
def test_a_stub_has_the_signature_of_the_installed_function(name: str) -> None:
    # functions that deprecate an argument are wrapped: the signature is the inner function's
    real = inspect.signature(inspect.unwrap(_REAL[name]))

    assert _shape(signatures.signature(name)) == _shape(real)


def test_what_a_stub_reads_of_keywords_transformers_reads_too() -> None:
    load = inspect.unwrap(transformers.PreTrainedModel.from_pretrained.__func__)
    named = set(inspect.signature(load).parameters)
    quoted = set(re.findall(r"\"(\w+)\"", inspect.getsource(load)))
    config = {name for name in dir(transformers.PreTrainedConfig()) if not name.startswith("__")}

    unread = signatures.keywords("transformers.AutoModel.from_pretrained") - named - quoted - config

    assert unread == {"code_revision"}  # the auto classes read this one themselves
    assert "code_revision" in inspect.getsource(auto_factory)


def test_the_stub_knows_the_pipeline_tasks_of_the_installed_transformers() -> None:
    assert set(SUPPORTED_TASKS) - {"decision"} == PIPELINE_TASKS
    assert not FORMER_TASKS & set(SUPPORTED_TASKS)


@pytest.mark.parametrize("task", sorted({*SUPPORTED_TASKS, *TASK_ALIASES} - {"decision"}))
def test_a_task_of_the_installed_transformers_has_a_use_and_no_warning(task: str) -> None:
    assert not pipelines.unknown_task(task)
    assert pipelines.removed_task(task) is None


@pytest.mark.parametrize("task", sorted(FORMER_TASKS))
def test_a_task_that_transformers_dropped_asks_for_an_older_release(task: str) -> None:
    assert (pipelines.removed_task(task) or "").startswith("transformers<")


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: f"{loader.name}:{loader.pattern.pattern[:20]}")
def test_every_parameter_of_the_loader_table_is_one_that_the_real_loader_takes(loader: Loader) -> None:
    name = _SIGNATURES.get((loader.name, loader.library), "")
    if not name:
        pytest.skip(f"{loader.name} left its library: there is no release to compare with")
    taken = set(signatures.signature(name).parameters) | signatures.keywords(name)

    assert set(loader.parameters) - taken - _LEFT_OUT.get(name, set()) == set()


def test_a_stub_refuses_what_the_real_function_would_refuse() -> None:
    load = Recorder().loader("timm.create_model")

    with pytest.raises(TypeError, match="pretraned"):
        load("resnet18", pretraned=True)
    with pytest.raises(TypeError, match="missing"):
        load()
