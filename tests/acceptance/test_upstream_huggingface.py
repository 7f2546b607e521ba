"""The Hugging Face source and the whole snapshot on the upstreams' real files."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from api_docs.catalogue import Catalogue
from api_docs.domains import Domain, huggingface_domain
from api_docs.models import ApiDoc, Hub
from api_docs.snapshot_build import build_snapshot
from api_docs.sources.base import SourceResult
from api_docs.sources.huggingface import HuggingFace
from api_docs.verification import check_doc, verify

GRAM = 8  # words in a row that only upstream would write


@pytest.fixture(scope="module")
def read(data: Path) -> SourceResult:
    return HuggingFace(apibench=data / "apibench" / "api").read(data / "upstream")


@pytest.fixture(scope="module")
def snapshot(data: Path) -> SourceResult:
    return build_snapshot(data / "upstream", data / "apibench" / "api", date(2025, 1, 22))


def by_id(result: SourceResult) -> dict[str, ApiDoc]:
    return {doc.id: doc for doc in result.docs}


def test_there_are_enough_models_over_enough_tasks_and_none_holds_more_than_a_third(
    read: SourceResult,
) -> None:
    tasks = Counter(doc.domain for doc in read.docs)
    assert len(read.docs) >= 1_500
    assert len(tasks) >= 35
    assert max(tasks.values()) <= len(read.docs) / 3


def test_every_call_verifies_and_no_two_docs_load_the_same(read: SourceResult) -> None:
    identities = Counter(check_doc(doc).identity for doc in read.docs)
    assert [identity for identity, times in identities.items() if times > 1] == []
    catalogue = Catalogue(read.docs, read.aliases)
    assert [doc.call for doc in catalogue.docs if verify(doc.call, catalogue).doc_id != doc.id] == []


def test_no_call_names_a_class_or_function_that_present_libraries_dropped(read: SourceResult) -> None:
    dead = re.compile(
        r"AutoModelWithLMHead|AutoModelForVision2Seq|cached_download|from_pretrained_keras|\bTF[A-Z]\w+\.from"
        r"|Flax\w+\.from|pipeline\('(summarization|translation|question-answering|text2text-generation"
        r"|conversational|visual-question-answering|image-to-text|image-to-image)'"
    )
    assert [doc.call for doc in read.docs if dead.search(doc.call)] == []


def test_every_record_becomes_a_doc_or_is_set_aside_with_its_reason(data: Path, read: SourceResult) -> None:
    found = {doc.name.lower() for doc in read.docs} | {old.partition(":")[2].lower() for old in read.aliases}
    aside = " ".join(bad.record for bad in read.quarantined).lower()
    lines = gzip.decompress((data / "upstream" / "hf_jarvis_models.jsonl.gz").read_bytes()).splitlines()
    ids = [json.loads(line)["id"].lower() for line in lines]
    assert [model_id for model_id in ids if model_id not in found and model_id not in aside] == []
    assert all(bad.reason for bad in read.quarantined)


def test_sample_cards_that_name_no_model_are_set_aside_one_by_one(data: Path, read: SourceResult) -> None:
    cards = {path.name for path in (data / "upstream" / "hf_cards").glob("*.md")}
    assert cards <= {bad.record for bad in read.quarantined}


@pytest.mark.parametrize(
    ("model", "domain", "call"),
    [
        (
            "deepset/roberta-base-squad2",
            Domain.QUESTION_ANSWERING,
            "AutoModelForQuestionAnswering.from_pretrained('deepset/roberta-base-squad2')",
        ),
        (
            "sentence-transformers/all-MiniLM-L6-v2",
            Domain.SENTENCE_SIMILARITY,
            "SentenceTransformer('sentence-transformers/all-MiniLM-L6-v2')",
        ),
        (
            "facebook/bart-large-cnn",
            Domain.SUMMARIZATION,
            "AutoModelForSeq2SeqLM.from_pretrained('facebook/bart-large-cnn')",
        ),
        (
            "openai/whisper-large-v2",
            Domain.AUTOMATIC_SPEECH_RECOGNITION,
            "pipeline('automatic-speech-recognition', model='openai/whisper-large-v2')",
        ),
        (
            "stabilityai/stable-diffusion-2-1",
            Domain.TEXT_TO_IMAGE,
            "DiffusionPipeline.from_pretrained('stabilityai/stable-diffusion-2-1')",
        ),
        ("flair/ner-english", Domain.TOKEN_CLASSIFICATION, "SequenceTagger.load('flair/ner-english')"),
    ],
)
def test_well_known_models_have_the_call_that_loads_them_today(
    read: SourceResult, model: str, domain: Domain, call: str
) -> None:
    doc = by_id(read)[f"huggingface:{model}"]
    assert (doc.domain, doc.call) == (domain, call)


def test_the_redirect_of_the_hub_became_an_alias(read: SourceResult) -> None:
    assert read.aliases["huggingface:bert-base-uncased"] == "huggingface:google-bert/bert-base-uncased"


def test_the_snapshot_has_enough_of_every_hub(snapshot: SourceResult) -> None:
    hubs = Counter(doc.hub for doc in snapshot.docs)
    assert hubs[Hub.TORCHHUB] >= 300
    assert hubs[Hub.TFHUB] >= 1_100
    assert hubs[Hub.HUGGINGFACE] >= 1_500
    assert [doc.id for doc in snapshot.docs] == sorted(doc.id for doc in snapshot.docs)


def test_building_twice_gives_the_same_snapshot(data: Path, snapshot: SourceResult) -> None:
    again = build_snapshot(data / "upstream", data / "apibench" / "api", date(2025, 1, 22))
    assert Catalogue(again.docs, again.aliases).version == Catalogue(snapshot.docs, snapshot.aliases).version


def test_descriptions_are_of_a_length_that_encoders_read(snapshot: SourceResult) -> None:
    words = sorted(len(doc.description.split()) for doc in snapshot.docs)
    assert words[0] >= 20
    assert words[len(words) // 20] >= 35
    assert words[-1] <= 130


def test_no_sentence_of_upstreams_is_in_the_snapshot(data: Path, snapshot: SourceResult) -> None:
    upstream = {gram for text in _upstream_prose(data) for gram in _grams(text)}
    copied = {
        doc.id: shared
        for doc in snapshot.docs
        if (shared := {gram for text in _own_texts(doc) for gram in _grams(text)} & upstream)
    }
    assert copied == {}


def _own_texts(doc: ApiDoc) -> Iterator[str]:
    yield from (doc.description, doc.functionality, doc.example)
    yield from (argument.description for argument in doc.arguments)
    yield from (str(value) for metrics in doc.performance.values() for value in metrics.values())
    yield from (
        text
        for value in doc.facts.values()
        for text in (value if isinstance(value, tuple) else (str(value),))
    )


def _grams(text: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"[a-z]+", text.lower())
    return (tuple(words[i : i + GRAM]) for i in range(len(words) - GRAM + 1))


def _upstream_prose(data: Path) -> Iterator[str]:
    """Cards, descriptions of APIBench, recommendations: what people wrote about these models."""
    for line in gzip.decompress((data / "upstream" / "hf_jarvis_models.jsonl.gz").read_bytes()).splitlines():
        yield json.loads(line)["description"]
    for path in (data / "apibench" / "api").glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            yield from (str(record["description"]), str(record["functionality"]), str(record["performance"]))
    tasks = json.loads((data / "upstream" / "hf_tasks_pipelines.json").read_text(encoding="utf-8"))[
        "TASKS_DATA"
    ]
    for page in filter(None, tasks.values()):
        yield page["summary"]
        yield from (model["description"] for model in page["models"])
    for path in (data / "upstream" / "hf_cards").glob("*.md"):
        yield path.read_text(encoding="utf-8")


def test_every_task_that_hugging_face_lists_has_a_domain(data: Path) -> None:
    listed = json.loads((data / "upstream" / "hf_tasks_pipelines.json").read_text(encoding="utf-8"))
    assert all(huggingface_domain(task) for task in listed["PIPELINE_DATA"] if task != "other")
