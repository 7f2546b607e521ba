"""Upstream's task names: each has its domain, and an unknown one is an error that says what to do."""

from __future__ import annotations

import pytest

from api_docs.domains import Domain, apibench_domain, huggingface_domain
from api_docs.errors import InvalidDoc


@pytest.mark.parametrize(
    ("task", "domain"),
    [
        ("image-classification", Domain.IMAGE_CLASSIFICATION),
        ("ner", Domain.TOKEN_CLASSIFICATION),
        ("sentiment-analysis", Domain.TEXT_CLASSIFICATION),
        ("text-retrieval", Domain.TEXT_RANKING),
    ],
)
def test_hugging_faces_tasks_and_their_other_names_have_domains(task: str, domain: Domain) -> None:
    assert huggingface_domain(task) is domain


@pytest.mark.parametrize("task", ["other", "", "alchemy"])
def test_an_unknown_task_is_an_error_and_never_other(task: str) -> None:
    with pytest.raises(InvalidDoc, match=r"domains\.py"):
        huggingface_domain(task)


@pytest.mark.parametrize(
    ("hub", "label", "domain"),
    [
        ("huggingface", "Natural Language Processing Token Classification", Domain.TOKEN_CLASSIFICATION),
        ("huggingface", "Audio Audio Classification", Domain.AUDIO_CLASSIFICATION),
        ("huggingface", "Audio Classification", Domain.AUDIO_CLASSIFICATION),
        ("huggingface", "Multimodal Document Question Answer", Domain.DOCUMENT_QUESTION_ANSWERING),
        ("huggingface", "Reinforcement Learning Robotics", Domain.ROBOTICS),
        ("tfhub", "Image feature vector", Domain.IMAGE_FEATURE_EXTRACTION),
        ("torchhub", "Audio Separation", Domain.AUDIO_TO_AUDIO),
    ],
)
def test_apibenchs_labels_have_domains(hub: str, label: str, domain: Domain) -> None:
    assert apibench_domain(hub, label) is domain


@pytest.mark.parametrize("hub", ["torchhub", "tfhub", "huggingface", "acme"])
def test_an_unknown_label_is_an_error(hub: str) -> None:
    with pytest.raises(InvalidDoc, match="no domain"):
        apibench_domain(hub, "Alchemy")
