"""Texts that look alike are found, however many look alike a little."""

from __future__ import annotations

import difflib

from hypothesis import given
from hypothesis import strategies as st

from api_docs.similarity import TrigramIndex, likeness

CALLS = [f"hub.load('https://tfhub.dev/acme/net-{number}/classification/1')" for number in range(3_000)]


def test_the_likest_of_thousands_of_like_texts_is_found() -> None:
    index = TrigramIndex(CALLS)
    for number in (0, 271, 2_718):
        assert index.most_like(CALLS[number], 3)[0] == number
        assert index.most_like(CALLS[number].replace("https", "http").upper(), 1) != []


@given(
    st.lists(st.text(alphabet="abc/-", min_size=3, max_size=12), min_size=1, max_size=20, unique=True),
    st.data(),
)
def test_a_text_of_the_index_is_its_own_likest(texts: list[str], data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(texts))
    assert TrigramIndex(texts).most_like(text, 1) == [texts.index(text)]


@given(st.text(max_size=40), st.text(max_size=40))
def test_likeness_is_that_of_difflib(one: str, other: str) -> None:
    assert likeness(one, other) == difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def test_what_shares_no_three_letters_is_not_found() -> None:
    assert TrigramIndex(CALLS).most_like("qqq", 5) == []
    assert TrigramIndex([]).most_like("abc", 5) == []
    assert len(TrigramIndex(CALLS).most_like(CALLS[0], 5)) == 5
