from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.dataset.renaming import renaming

NAMES = st.dictionaries(st.sampled_from(("a", "ab", "a-b", "b/c", "c")), st.sampled_from(("a", "x", "b/c/d")))
TEXTS = st.text("abc-/. '_:é", max_size=30)


def by_pattern(text: str, renamed: dict[str, str], *, quoted: bool) -> str:
    """The same, said as a pattern."""
    if not renamed:
        return text
    longest_first = "|".join(re.escape(old) for old in sorted(renamed, key=len, reverse=True))
    pattern = rf"(?<=')({longest_first})(?=['/:])" if quoted else rf"(?<![\w.-])({longest_first})(?![\w-])"
    return re.sub(pattern, lambda match: renamed[match[1]], text)


@given(text=TEXTS, renamed=NAMES, quoted=st.booleans())
def test_names_are_put_in_as_a_pattern_would(text: str, renamed: dict[str, str], quoted: bool) -> None:
    assert renaming(text, renamed, quoted=quoted) == by_pattern(text, renamed, quoted=quoted)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("acme/net is net", "you/web is web"),
        ("net-5 and subnet stay", "net-5 and subnet stay"),
        ("It is a net.", "It is a web."),
        ("https://example.com/acme/net", "https://example.com/you/web"),
    ],
)
def test_only_whole_names_are_renamed_and_the_longest_first(text: str, expected: str) -> None:
    assert renaming(text, {"net": "web", "acme/net": "you/web"}) == expected


def test_what_was_put_in_is_not_renamed_again() -> None:
    assert renaming("a b", {"a": "b", "b": "a"}) == "b a"
