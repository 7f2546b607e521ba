from __future__ import annotations

import pytest

from api_docs.domains import Domain
from finetune.dataset.unlike import unlike


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("image-classification", "translation"),
        ("automatic-speech-recognition", "object-detection"),
        ("text-to-image", "text-classification"),
        ("text-to-speech", "text-to-image"),
        ("audio-to-audio", "audio-classification"),
        ("image-to-video", "image-to-image"),
        ("tabular-regression", "translation"),
        ("unconditional-image-generation", "image-classification"),
        ("reinforcement-learning", "tabular-regression"),
    ],
)
def test_tasks_that_take_or_make_something_else_are_unlike(one: str, other: str) -> None:
    assert unlike(Domain(one), Domain(other))
    assert unlike(Domain(other), Domain(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("image-classification", "image-feature-extraction"),
        ("image-classification", "zero-shot-image-classification"),
        ("feature-extraction", "sentence-similarity"),
        ("text-generation", "conversational"),
        ("visual-question-answering", "image-to-text"),
        ("tabular-classification", "tabular-regression"),
        ("text-to-speech", "text-to-audio"),
        ("document-question-answering", "image-to-text"),
        ("any-to-any", "text-generation"),
    ],
)
def test_neighbours_are_not(one: str, other: str) -> None:
    assert not unlike(Domain(one), Domain(other))
    assert not unlike(Domain(other), Domain(one))


@pytest.mark.parametrize("domain", list(Domain))
def test_nothing_is_unlike_itself(domain: Domain) -> None:
    assert not unlike(domain, domain)
