"""When two texts are the same, judged against slow and plain computations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from finetune.instructions import sameness
from finetune.instructions.sameness import (
    KeptVectors,
    Pair,
    SeenRuns,
    close_pairs,
    highest_cosine,
    normalised,
    runs,
    sharing_runs,
)

EIGHT = "one two three four five six seven eight"


def test_case_punctuation_and_apostrophes_say_nothing() -> None:
    assert normalised("Don't — STOP, it's “me”!") == "dont stop its me"
    assert normalised("Straße, ÉTÉ") == "strasse été"
    assert normalised("请 帮我，翻译!") == "请帮我翻译"


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (f"and so {EIGHT.upper()}!", EIGHT),
        ("one, two; three: four - five (six) seven 'eight' nine", EIGHT),
        ("one two three four five six seven, and then eight", None),
        ("eight seven six five four three two one", None),
    ],
)
def test_eight_words_in_a_row_are_shared_and_seven_are_not(other: str, shared: str | None) -> None:
    expected = [] if shared is None else [Pair(0, 1, shared=shared)]
    assert sharing_runs([f"First {EIGHT} last", other]) == expected


def test_short_texts_are_compared_whole() -> None:
    assert sharing_runs(["Read it aloud.", "read it ALOUD", "read it"]) == [
        Pair(0, 1, shared="read it aloud")
    ]


def test_chinese_is_compared_by_twelve_characters() -> None:
    first = "请帮我把客户的语音留言转成文字"
    assert sharing_runs([first, "我想，把客户的语音留言转成文字发给我"]) == [
        Pair(0, 1, shared="把客户的语音留言转成文字")
    ]
    assert sharing_runs([first, "客户的语音留言，转成别的"]) == []


def test_runs_are_all_windows_of_eight() -> None:
    words = "a b c d e f g h i j".split()  # noqa: SIM905
    assert runs(" ".join(words)) == {" ".join(words[start : start + 8]) for start in range(3)}


def test_a_text_is_paired_with_the_first_that_had_the_run() -> None:
    seen = SeenRuns()
    for text in (EIGHT, "nothing alike here", f"{EIGHT} nine"):
        seen.take(text)
    assert list(seen.shared(f"zero {EIGHT}")) == [Pair(0, 3, shared=EIGHT)]


@pytest.mark.parametrize("at_once", [1, 7, 1_000])
def test_close_pairs_are_those_of_every_two_rows(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sameness, "_COMPARED_AT_ONCE", at_once)
    vectors = np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    slow = {
        (first, second): float(vectors[first] @ vectors[second])
        for first, second in itertools.combinations(range(30), 2)
    }
    found = close_pairs(vectors, 0.9)
    assert {(pair.first, pair.second) for pair in found} == {
        each for each, cosine in slow.items() if cosine > 0.9
    }
    assert [pair.cosine for pair in found] == sorted((pair.cosine for pair in found), reverse=True)
    assert highest_cosine(vectors) == pytest.approx(max(slow.values()), abs=1e-6)


def test_kept_vectors_find_the_closest_of_many() -> None:
    vectors = np.random.default_rng(2).normal(size=(200, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kept = KeptVectors(8)
    assert kept.closest(vectors[0]) == (-1, -1.0)
    for taken, vector in enumerate(vectors):
        if taken:
            cosines = vectors[:taken] @ vector
            place, cosine = kept.closest(vector)
            assert (place, cosine) == (int(cosines.argmax()), pytest.approx(float(cosines.max()), abs=1e-6))
        kept.take(vector)
