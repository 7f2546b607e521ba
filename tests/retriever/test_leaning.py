"""Which domain an instruction means: words against scikit-learn's, logits against plain sums."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from finetune.judge.fitting import vocabulary_of
from retriever.leaning import hash_of, leaning_features, said
from retriever.task_voice import DOMAINS
from tests.retriever.conftest import WordEncoder
from tests.retriever.judges import random_judge

TEXTS = (
    "Outline every tree in the photo",
    "outline the tumour in each scan, please",
    "Read the letter aloud",
    "read this letter to me: read it aloud!",
    "Übersetze den Brief",
    "42 + 1",
)


def test_words_come_first_and_then_their_pairs_in_lower_case_without_figures() -> None:
    assert said("Read 2 letters aloud") == ["read", "letters", "aloud", "read letters", "letters aloud"]
    assert said("Écoute-moi") == ["écoute", "moi", "écoute moi"]
    assert said("42!") == []


@pytest.mark.parametrize("text", [*TEXTS, "outline outline a letter", ""])
def test_what_phrases_weigh_is_scikit_learns(text: str) -> None:
    other = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2), token_pattern=r"[^\W\d_]+")
    other.fit(TEXTS)
    row = other.transform([text])
    names = other.get_feature_names_out()
    expected = {hash_of(names[place]): value for place, value in zip(row.indices, row.data, strict=True)}
    vocabulary = vocabulary_of(TEXTS)
    places, weights = vocabulary.read(text)
    found = dict(zip(vocabulary.hashes[places].tolist(), weights.tolist(), strict=True))
    assert found == pytest.approx(expected, abs=2e-3)  # rarity is kept in 16 bits


def test_a_domain_is_told_by_the_vector_and_a_fifth_of_the_table_of_tasks(encoder: WordEncoder) -> None:
    vector, task = encoder.encode(["birds"])[0], np.zeros(len(DOMAINS), dtype=np.float32)
    task[[1, 3]] = 2.0, 8.0
    found = leaning_features(vector, task)
    np.testing.assert_array_equal(found[: encoder.dimensions], np.float32(1.5) * vector)
    assert found[encoder.dimensions :][[0, 1, 3]].tolist() == pytest.approx([0, 0.05, 0.2])


def test_logits_are_what_features_and_known_words_say(encoder: WordEncoder) -> None:
    leaning = random_judge(encoder).leaning
    vector, task = encoder.encode(["which bird"])[0], np.zeros(len(DOMAINS), dtype=np.float32)
    features = leaning_features(vector, task)
    rarity = dict(zip(leaning.vocabulary.hashes.tolist(), leaning.vocabulary.rarity.tolist(), strict=True))
    known = [hash_of(phrase) for phrase in ("which", "bird", "which bird")]
    length = sum(rarity[one] ** 2 for one in known) ** 0.5
    rows = dict(zip(leaning.vocabulary.hashes.tolist(), leaning.said, strict=True))
    words = sum(rarity[one] / length * rows[one] for one in known)
    expected = features @ leaning.weights + words + leaning.bias
    np.testing.assert_allclose(leaning.logits("Which bird?", features), expected, atol=1e-4)
    unknown = leaning.logits("zebra", features)
    np.testing.assert_allclose(unknown, features @ leaning.weights + leaning.bias, atol=1e-5)
