"""What the judge learns from: what ships, and how it is dealt."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from api_docs.errors import TrainingDataError
from evaluation.question_sets import normalised, read_near_misses, read_served
from evaluation.question_sets import read_unserved as asked_unserved
from finetune.instructions import sameness
from finetune.instructions.bank import read_bank
from finetune.instructions.instruction import Instruction, read_instructions, write_instructions
from finetune.judge.lesson import BRIEF, NOTHING, Lesson, Remembered, deal, groups, leaves_after, prepare
from finetune.judge.unserved import Kind, Unserved, read_unserved
from retriever.task_voice import places
from tests.finetune.retriever.lessons import asked_of_domains
from tests.retriever.conftest import WordEncoder


def silent(*_: object) -> None:
    """Tells nobody how far it is."""


def judged_by() -> list[str]:
    return [row.text for read in (asked_unserved, read_served, read_near_misses) for row in read()]  # type: ignore[operator]


def taught() -> list[str]:
    return [one.text for one in read_unserved()] + [one.text for one in read_instructions(BRIEF)]


def test_every_kind_of_unserved_instructions_ships_and_in_other_languages_too() -> None:
    rows = read_unserved()
    assert set(Counter(row.kind for row in rows)) == set(Kind)
    assert len(rows) >= 1_000
    assert set(Counter(row.language for row in rows)) == {"en", "es", "zh"}


def test_nothing_that_is_taught_is_what_is_judged_by_or_shares_a_run_of_words_with_it() -> None:
    ours, theirs = taught(), judged_by()
    assert not set(map(normalised, ours)) & set(map(normalised, theirs))
    bank = [one.text for one in read_bank()]
    texts = [text for text in (*bank, *theirs) if sameness.normalised(text)]
    ours = [text for text in ours if sameness.normalised(text)]
    pairs = sameness.sharing_runs([*texts, *ours])
    assert [pair.shared for pair in pairs if pair.second >= len(texts) > pair.first] == []


def test_brief_ones_are_of_nearly_every_domain() -> None:
    rows = read_instructions(BRIEF)
    assert len({row.domain for row in rows}) >= 50
    assert max(len(row.text.split()) for row in rows) <= 16


HI = {"instruction": "Hi", "kind": "smalltalk", "language": "en"}


@pytest.mark.parametrize("text", ["{", "[]", '{"instruction": "x"}', json.dumps(HI | {"kind": "y"})])
def test_rows_that_can_not_be_read_are_told_by_their_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "unserved.jsonl"
    path.write_text(f"{json.dumps(HI)}\n{text}\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match=r"line 2.*instruction, kind and language"):
        read_unserved(path)


def test_rows_are_read_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "unserved.jsonl"
    path.write_text(json.dumps(HI), encoding="utf-8")
    assert read_unserved(path) == [Unserved("Hi", Kind.SMALLTALK, "en")]
    with pytest.raises(TrainingDataError, match="No such file"):
        read_unserved(tmp_path / "nothing")


def test_instructions_that_say_nearly_the_same_are_one_group(encoder: WordEncoder) -> None:
    texts = [
        "tell species of birds apart",
        "translate a letter",
        "tell apart species of birds",  # as close as can be
        "summarise what the mayor of our little town said on the radio last night",
        "what the mayor of our little town said on the radio, written down",  # shares a run of words
    ]
    assert groups(texts, encoder.encode(texts)) == [0, 1, 0, 3, 3]


def test_folds_never_part_a_group_and_are_even_over_domains(encoder: WordEncoder) -> None:
    texts = [f"{['birds', 'fish', 'trees'][number % 3]} number {number}" for number in range(60)]
    texts += [f"{text}!" for text in texts[:20]]
    domains = np.arange(80) % 4
    domains[60:] = domains[:20]
    vectors = np.eye(80, dtype=np.float32)
    vectors[60:] = vectors[:20]
    folds = deal(texts, vectors, domains, 5, seed=0)
    assert folds[:20].tolist() == folds[60:].tolist()
    counts = Counter(zip(domains.tolist(), folds.tolist(), strict=True))
    assert max(counts.values()) - min(counts.values()) <= 3
    assert folds.tolist() != deal(texts, vectors, domains, 5, seed=1).tolist()


def small(tmp_path: Path, encoder: WordEncoder, served: int = 10, unserved: int = 30) -> Lesson:
    write_instructions(tmp_path / "served.jsonl", asked_of_domains(served))
    rows = [HI | {"instruction": f"pay bill {one}"} for one in range(unserved)]
    path = tmp_path / "unserved.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return prepare([tmp_path / "served.jsonl"], encoder, 3, 0, silent, unserved=path)


def test_a_lesson_has_both_kinds_and_knows_which_is_which(tmp_path: Path, encoder: WordEncoder) -> None:
    lesson, given = small(tmp_path, encoder), asked_of_domains(10)
    assert lesson.texts[: len(given)] == tuple(one.text for one in given)
    assert lesson.domains[: len(given)].tolist() == places([one.domain for one in given]).tolist()
    assert set(lesson.domains[~lesson.served].tolist()) == {NOTHING}
    assert (~lesson.served).sum() == 30
    np.testing.assert_array_equal(lesson.vectors, encoder.encode(lesson.texts))
    remembered = Remembered(encoder, lesson)
    for text in lesson.texts[::7]:
        reading, expected = remembered.read([text])[0], encoder.read([text])[0]
        np.testing.assert_array_equal(reading.vector, expected.vector)
        np.testing.assert_allclose(
            reading.states[:, lesson.after], expected.states[:, lesson.after], atol=1e-3
        )  # 16 bits
    assert lesson.sources[0].name == "served.jsonl"


def test_too_few_of_either_kind_are_refused(tmp_path: Path, encoder: WordEncoder) -> None:
    with pytest.raises(TrainingDataError, match="too few; give at least 20"):
        small(tmp_path, encoder, unserved=5)
    few = [Instruction(f"birds {one}", asked_of_domains(1)[0].domain) for one in range(5)]
    write_instructions(tmp_path / "few.jsonl", few)
    with pytest.raises(TrainingDataError, match="5 instructions that are served"):
        prepare([tmp_path / "few.jsonl"], encoder, 3, 0, silent)


@pytest.mark.parametrize(("layers", "after"), [(1, 0), (2, 1), (6, 4), (12, 8)])
def test_a_branch_leaves_a_model_after_two_thirds_of_its_layers(layers: int, after: int) -> None:
    assert leaves_after(layers) == after
