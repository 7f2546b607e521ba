"""The questions that it is judged by when to answer."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from api_docs.domains import Domain
from api_docs.errors import EvaluationDataError
from evaluation.question_sets import (
    Half,
    Kind,
    NearMiss,
    Served,
    Unserved,
    half_of,
    normalised,
    read_near_misses,
    read_served,
    read_unserved,
)
from finetune.instructions import sameness
from finetune.instructions.bank import read_rows
from tests.support import snapshot_catalogue

FILES: dict[str, Callable[[], list[str]]] = {
    "unserved": lambda: [row.text for row in read_unserved()],
    "served": lambda: [row.text for row in read_served()],
    "near misses": lambda: [row.text for row in read_near_misses()],
}


def every_text() -> list[str]:
    return [text for read in FILES.values() for text in read()]


def write(path: Path, row: object) -> Path:
    path.write_text(row if isinstance(row, str) else json.dumps(row), encoding="utf-8")
    return path


def test_as_many_ship_as_were_written() -> None:
    assert [len(read()) for read in FILES.values()] == [200, 400, 50]


def test_the_kinds_of_unserved_ones_are_about_even() -> None:
    counts = Counter(row.kind for row in read_unserved())
    assert set(counts) == set(Kind)
    assert max(counts.values()) - min(counts.values()) <= 2


def test_every_domain_with_docs_has_served_ones_and_no_other() -> None:
    counts = Counter(row.domain for row in read_served())
    assert set(counts) == {doc.domain for doc in snapshot_catalogue().docs}
    assert min(counts.values()) >= 4


def test_no_two_are_the_same() -> None:
    counts = Counter(map(normalised, every_text()))
    assert [text for text, count in counts.items() if count > 1] == []


def test_no_two_share_a_run_of_words_nor_does_any_with_the_bank() -> None:
    bank = [row.instruction.text for row in read_rows()]
    ours = [text for text in every_text() if sameness.normalised(text)]  # some have no words
    pairs = sameness.sharing_runs([*bank, *ours])
    assert [pair.shared for pair in pairs if pair.second >= len(bank)] == []


def test_lengths_go_from_a_word_to_eighty() -> None:
    words = [len(text.split()) for text in every_text()]
    assert max(words) <= 80
    assert min(len(row.text.split()) for row in read_served()) >= 2


@pytest.mark.parametrize("name", FILES)
def test_each_file_falls_into_two_halves_of_about_one_size(name: str) -> None:
    texts = FILES[name]()
    choosing = sum(half_of(text) is Half.CHOOSING for text in texts)
    assert 0.4 <= choosing / len(texts) <= 0.6


def test_the_halves_have_nothing_in_common() -> None:
    halves = {half: {normalised(text) for text in every_text() if half_of(text) is half} for half in Half}
    assert not halves[Half.CHOOSING] & halves[Half.REPORTING]
    assert sum(map(len, halves.values())) == 650


def test_a_half_is_the_hash_of_the_words_and_not_of_how_they_are_typed() -> None:
    byte = hashlib.sha256(b"speech to text").digest()[0]
    assert half_of("  Speech to\n TEXT ") is (Half.REPORTING if byte % 2 else Half.CHOOSING)
    assert normalised("🍕 !") == "🍕 !"


def test_rows_are_read_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert read_unserved(write(path, {"instruction": "Hi", "kind": "smalltalk", "why": "a greeting"})) == [
        Unserved("Hi", Kind.SMALLTALK, "a greeting")
    ]
    assert read_served(write(path, {"instruction": "to Thai", "domain": "translation"})) == [
        Served("to Thai", Domain.TRANSLATION)
    ]
    assert read_near_misses(write(path, {"instruction": "clip it", "why": "a hedge"})) == [
        NearMiss("clip it", "a hedge")
    ]


@pytest.mark.parametrize(
    ("read", "fields", "row"),
    [
        (read_unserved, "instruction, kind and why", {"instruction": "Hi", "kind": "joke", "why": "x"}),
        (read_unserved, "instruction, kind and why", {"instruction": " ", "kind": "text", "why": "x"}),
        (read_served, "instruction and domain", {"instruction": "Hi", "domain": "weather"}),
        (read_served, "instruction and domain", {"instruction": 3, "domain": "translation"}),
        (read_near_misses, "instruction and why", {"instruction": "Hi"}),
        (read_near_misses, "instruction and why", ["Hi"]),
        (read_near_misses, "instruction and why", "{"),
    ],
)
def test_a_row_that_can_not_be_read_is_told_with_its_line(
    tmp_path: Path, read: Callable[[Path], object], fields: str, row: object
) -> None:
    path = write(tmp_path / "rows.jsonl", row)
    with pytest.raises(EvaluationDataError, match=rf"rows.jsonl', line 1: .*; expected the fields {fields}"):
        read(path)


@pytest.mark.parametrize("read", [read_unserved, read_served, read_near_misses])
def test_a_file_that_is_not_there_is_told(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(EvaluationDataError, match=r"can't read .*none.jsonl'"):
        read(tmp_path / "none.jsonl")
