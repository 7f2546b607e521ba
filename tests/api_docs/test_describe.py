"""Descriptions are composed from facts: each fact shows, what is unknown stays out, equal docs read equal."""

from __future__ import annotations

from typing import Any

import pytest

from api_docs.describe import MOST_WORDS, describe
from api_docs.domains import Domain
from api_docs.models import ApiDoc, Fact
from api_docs.tasks import TASKS


def doc(
    domain: Domain = Domain.IMAGE_CLASSIFICATION, facts: dict[str, Fact] | None = None, **more: Any
) -> ApiDoc:
    values: dict[str, Any] = {"id": "huggingface:acme/thing", "name": "thing", "call": "load('acme/thing')"}
    return ApiDoc(hub="huggingface", domain=domain, facts=facts or {}, **(values | more))


@pytest.mark.parametrize("domain", list(Domain))
def test_without_facts_the_task_itself_is_described(domain: Domain) -> None:
    text = describe(doc(domain))
    task = TASKS[domain]
    assert task.takes in text
    assert task.gives in text
    assert task.uses[0][1:] in text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"uses": ("finding helmets", "counting people")}, "Finding helmets; counting people."),
        ({"language": ("de",)}, "Image classification in German:"),
        ({"language": ("en", "fr")}, "in English and French:"),
        ({"datasets": ("imagenet-1k",)}, "Trained on ImageNet-1K (photos of a thousand"),
        ({"datasets": ("acme/own_data",)}, "Trained on own data."),
        ({"datasets": ("a", "b", "c", "d", "e")}, "Trained on a, b, c and 2 more."),
        ({"benchmarks": ("squad",)}, "Judged on SQuAD (questions about Wikipedia paragraphs)."),
        ({"architecture": "ResNet-50"}, "ResNet-50: dependable convolutional network with shortcuts"),
        ({"parameters": 22_700_000}, "Small, 22.7 million parameters."),
        ({"parameters": 176_000_000_000}, "Huge, 176 billion parameters."),
        ({"input_size": 224}, "Images of 224 × 224 pixels."),
        ({"dimensions": 2048}, "Vectors of 2,048 numbers."),
        ({"num_classes": 1000}, "1,000 classes."),
        ({"flops_g": 4.09, "size_mb": 97.8}, "4.09 GFLOPs, 97.8 MB."),
        ({"publisher": "Acme", "year": 2021}, "By Acme, 2021."),
        ({"fine_tunable": "true"}, "Can be fine-tuned."),
        ({"base_model": "google/bert-tiny"}, "Built on bert-tiny."),
        ({"tags": ("finance", "stocks")}, "Keywords: finance, stocks."),
    ],
)
def test_each_fact_shows(facts: dict[str, Fact], said: str) -> None:
    assert said in describe(doc(facts=facts))


@pytest.mark.parametrize(
    ("performance", "said"),
    [
        ({"ImageNet-1K": {"acc@1": 76.13}}, "Reaches 76.1 % top-1 accuracy on ImageNet-1K."),
        ({"imdb": {"accuracy": 0.91, "loss": 0.2}}, "Reaches 91 % accuracy on IMDb."),
        ({"librispeech": {"wer": 3.4}}, "Reaches 3.4 word error rate on LibriSpeech."),
        ({"squad": {"f1": 88.2, "exact_match": 81.0, "x": 1.0}}, "88.2 % F1 and 81 % exact match on SQuAD."),
        (
            {"librispeech": {"wer": 3.4}, "librispeech_asr": {"wer": 8.0}},
            "Reaches 3.4 word error rate on LibriSpeech.",
        ),
        ({"a": {"note": "good"}}, None),
    ],
)
def test_strengths_are_told_in_figures(performance: dict[str, Any], said: str | None) -> None:
    text = describe(doc(performance=performance))
    assert said in text if said else "Reaches" not in text


def test_many_languages_are_counted_and_the_great_ones_named() -> None:
    facts: dict[str, Fact] = {"language": ("af", "sq", "am", "de", "zu", "zh", "yo", "en")}
    assert "in 8 languages, among them English, Chinese, German" in describe(doc(facts=facts))


def test_what_sets_a_model_apart_comes_before_what_its_task_is_good_for() -> None:
    text = describe(doc(facts={"uses": ("finding helmets",), "datasets": ("coco",)}))
    general = TASKS[Domain.IMAGE_CLASSIFICATION].uses[0][1:]
    assert 0 <= text.index("inding helmets") < text.index("COCO") < text.index(general)


def test_general_uses_name_no_language_that_the_model_does_not_speak() -> None:
    text = describe(doc(Domain.TRANSLATION, {"language": ("fi", "en")}))
    assert "Finnish" in text
    assert "Spanish" not in text


def test_a_use_is_not_told_twice() -> None:
    text = describe(doc(facts={"uses": ("recognising what a photo shows",)}))
    assert text.lower().count("what a photo shows") == 1


def test_a_functionality_that_names_its_languages_is_not_followed_by_them() -> None:
    text = describe(
        doc(
            Domain.TRANSLATION, {"language": ("de", "en")}, functionality="translation from German to English"
        )
    )
    assert text.startswith("Translation from German to English: takes")


def test_general_uses_stop_at_the_limit() -> None:
    text = describe(
        doc(
            facts={"uses": tuple(f"use number {n} of many" for n in range(4)), "datasets": ("coco", "ade20k")}
        )
    )
    assert len(text.split()) <= MOST_WORDS


def test_equal_docs_are_described_equally_and_other_facts_otherwise() -> None:
    small: dict[str, Fact] = {"parameters": 5_000_000}
    assert describe(doc(facts=small)) == describe(doc(facts=dict(small)))
    assert describe(doc(facts=small)) != describe(doc(facts={"parameters": 90_000_000}))
