"""Model cards: metadata of every shape, and why a card is refused."""

from __future__ import annotations

import pytest

from api_docs.errors import InvalidDoc
from api_docs.sources.model_cards import card_facts, clean_tags, parse_card

CARD = """---
language: de
license: mit
library_name: flair
tags: [pytorch, news-topics, de]
datasets:
- conll2003
pipeline_tag: token-classification
model-index:
- name: tagger
  results:
  - task: {type: token-classification}
    dataset: {name: CoNLL-2003, type: conll2003}
    metrics:
    - {type: f1, value: 92.5}
---

# Tagger

Finds names.
"""


def test_a_cards_metadata_become_facts() -> None:
    card = parse_card(CARD)
    facts = card_facts(card.meta)
    assert (facts.task, facts.library, facts.license) == ("token-classification", "flair", "mit")
    assert (facts.languages, facts.datasets, facts.tags) == (("de",), ("conll2003",), ("news topics",))
    assert facts.performance == {"CoNLL-2003": {"f1": 92.5}}
    assert card.text.strip().startswith("# Tagger")


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    assert parse_card("\ufeff" + CARD.replace("\n", "\r\n")).meta == parse_card(CARD).meta


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# No metadata", "no metadata"),
        ("---\n[]\n---\ntext", "list"),
        ("---\nlicense: mit\n", "closing"),
        ("---\na: [1\n---\n", "no YAML"),
        ("---\n{{card_data}}\n---\n", "template"),
        ("---\n{card_data}\n---\n# {{ name }}", "template"),
        ("---\nlicense: mit\ntask_categories: [x]\n---\n", "data set"),
    ],
)
def test_a_card_that_describes_no_model_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidDoc, match=reason):
        parse_card(text)


@pytest.mark.parametrize(
    ("meta", "languages"),
    [
        ({"language": "en"}, ("en",)),
        ({"language": ["en", "fr", "en"]}, ("en", "fr")),
        ({"languages": ["sv"]}, ("sv",)),
        ({"language": [False, "da"]}, ("no", "da")),
        ({"language": None}, ()),
        ({"language": {"name": "x"}}, ()),
    ],
)
def test_languages_are_read_in_every_shape(meta: dict[str, object], languages: tuple[str, ...]) -> None:
    assert card_facts(meta).languages == languages


@pytest.mark.parametrize(
    "index",
    [
        None,
        "text",
        [{"results": None}],
        [{"results": [{"metrics": [{"type": "acc", "value": 0.9}]}]}],  # no data set
        [{"results": [{"dataset": {"name": "x"}, "metrics": [{"type": "acc", "value": "good"}]}]}],
        [{"results": [{"dataset": {"name": "x"}, "metrics": [{"type": "acc", "value": float("nan")}]}]}],
        [{"results": [{"dataset": {"name": "x" * 99}, "metrics": [{"type": "acc", "value": 1}]}]}],
    ],
)
def test_results_without_data_set_or_number_are_left_out(index: object) -> None:
    assert card_facts({"model-index": index}).performance == {}


def test_a_metrics_short_name_counts_before_its_type() -> None:
    metrics = [
        {"type": "precision", "name": "mAP@0.5", "value": "98.8%"},
        {"type": "f1", "name": "a name of rather many words", "value": 2},
    ]
    index = [{"results": [{"dataset": {"type": "plates"}, "metrics": metrics}]}]
    assert card_facts({"model-index": index}).performance == {"plates": {"mAP@0.5": 98.8, "f1": 2.0}}


def test_tags_of_housekeeping_are_dropped() -> None:
    noise = (
        "pytorch",
        "transformers",
        "region:us",
        "license:mit",
        "dataset:squad",
        "en",
        "generated_from_trainer",
    )
    assert clean_tags((*noise, "Financial-Sentiment", "x" * 40)) == ("financial sentiment",)
