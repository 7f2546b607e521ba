"""BM25 against its formula."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from retriever.bm25 import K1, B, Bm25s, RankBm25, tokenize, with_pairs

TEXTS = [
    "classify photos of birds and other animals",
    "photos photos photos",
    "turn speech into text",
    "read a text aloud as speech for the blind",
]


def lucene_bm25(texts: list[list[str]], words: list[str]) -> list[float]:
    """BM25 as Lucene computes it, written down from the formula (Kamphuis et al. 2020, variant 'Lucene')."""
    mean_length = sum(len(text) for text in texts) / len(texts)
    scores = []
    for text in texts:
        score = 0.0
        for word in words:
            found = sum(word in other for other in texts)
            if not found:
                continue
            idf = math.log(1 + (len(texts) - found + 0.5) / (found + 0.5))
            count = text.count(word)
            score += idf * count / (count + K1 * (1 - B + B * len(text) / mean_length))
        scores.append(score)
    return scores


@pytest.mark.parametrize(
    "instruction", ["photos of birds", "speech to text", "birds birds text", "zebra photos"]
)
def test_bm25s_scores_are_those_of_the_formula(instruction: str) -> None:
    rows = [tokenize(text) for text in TEXTS]
    expected = lucene_bm25(rows, tokenize(instruction))
    assert Bm25s.build(rows).scores(tokenize(instruction)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("build", [Bm25s.build, RankBm25])
def test_every_backend_gives_nothing_to_texts_that_share_no_word(build: type) -> None:
    index = build([tokenize(text) for text in TEXTS])
    assert not index.scores(tokenize("quantum gravity")).any()
    assert not index.scores([]).any()
    scores = index.scores(tokenize("birds"))
    assert scores.argmax() == 0
    assert np.count_nonzero(scores) == 1


def test_an_index_read_back_scores_as_before(tmp_path: Path) -> None:
    rows = [tokenize(text) for text in TEXTS]
    built = Bm25s.build(rows)
    built.save(tmp_path)
    words = tokenize("photos of birds")
    assert Bm25s.load(tmp_path, len(rows)).scores(words).tolist() == built.scores(words).tolist()


def test_tokens_are_stems_without_the_words_of_every_request() -> None:
    assert tokenize("Please find me a model that can classify BirdPhotos!") == ["classifi", "bird", "photo"]


def test_tokens_keep_letters_of_every_script() -> None:
    assert tokenize("把照片分类 фото") == ["把照片分类", "фото"]


def test_pairs_keep_the_direction_of_a_task() -> None:
    there, back = with_pairs(["text", "speech"]), with_pairs(["speech", "text"])
    assert set(there) & set(back) == {"text", "speech"}
