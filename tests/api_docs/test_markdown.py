"""Tables of Markdown, as every report writes them."""

from __future__ import annotations

from api_docs.markdown import table


def test_values_are_written_for_people_and_nothing_ends_a_cell() -> None:
    rows = [(1234, 0.25, True, None, "a|b"), (7, 12345.0, False, "two\nlines", " wide  ")]
    assert table(("count", "share", "so", "why", "a|b"), rows) == [
        "| count | share | so | why | a\\|b |",
        "| --- | --- | --- | --- | --- |",
        "| 1,234 | 0.250 | yes |  | a\\|b |",
        "| 7 | 12,345.000 |  | two lines | wide |",
    ]


def test_whoever_writes_values_otherwise_says_how() -> None:
    assert table(("n",), [(1234,)], str)[-1] == "| 1234 |"
