"""The bank as it is read, and what is set apart of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from api_docs.domains import Domain
from api_docs.errors import EvaluationDataError, TrainingDataError
from evaluation.heldout import read_heldout
from finetune.instructions.bank import bank_files, read_bank, read_rows
from finetune.instructions.hold_out import held_rows, hold_out, quotas
from finetune.instructions.instruction import HELD_OUT, read_instructions
from tests.finetune.instructions.banks import make_bank, row, write_rows

SIZES = {Domain.TRANSLATION: 20, Domain.SUMMARIZATION: 11, Domain.FILL_MASK: 9}


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return make_bank(tmp_path / "bank", SIZES, other=2)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_bank_is_its_domains_and_languages_and_nothing_else(bank: Path) -> None:
    write_rows(bank / "notes.jsonl", [row("no part of it", Domain.TRANSLATION)])
    (bank / "REPORT.md").write_text("# Report", encoding="utf-8")
    assert [path.name for path in bank_files(bank)] == [
        "es.jsonl",
        "fill-mask.jsonl",
        "summarization.jsonl",
        "translation.jsonl",
    ]
    assert Counter(one.domain for one in read_bank(bank)) == {each: size + 2 for each, size in SIZES.items()}


def test_a_row_in_another_domains_file_is_named_with_its_line(bank: Path) -> None:
    with (bank / "translation.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row("shorten it", Domain.SUMMARIZATION)) + "\n")
    with pytest.raises(TrainingDataError, match=r"translation.jsonl', line 21: .*'summarization.jsonl'"):
        read_rows(bank)


def test_a_row_without_a_voice_and_a_folder_without_rows_are_refused(bank: Path, tmp_path: Path) -> None:
    write_rows(bank / "fill-mask.jsonl", [row("a gap", Domain.FILL_MASK, voice=" ")])
    with pytest.raises(TrainingDataError, match="line 1: voice is empty"):
        read_bank(bank)
    with pytest.raises(TrainingDataError, match="holds no instructions"):
        read_bank(tmp_path)


def test_rows_are_set_apart_in_proportion_by_the_smallest_hashes(bank: Path) -> None:
    before = [each for each in read_bank(bank) if each.language == "en"]
    drawing = hold_out(bank, 10)
    assert drawing.held == {Domain.TRANSLATION: 5, Domain.SUMMARIZATION: 3, Domain.FILL_MASK: 2}
    held = {each.instruction.text for each in held_rows(bank)}
    for domain, count in drawing.held.items():
        texts = [each.text for each in before if each.domain is domain]
        by_hash = sorted(texts, key=lambda text: hashlib.sha256(text.encode()).hexdigest())
        assert held & set(texts) == set(by_hash[:count])
    assert {each.text for each in read_bank(bank) if each.language == "en"} == {
        each.text for each in before
    } - held


def test_lines_move_to_the_letter(bank: Path) -> None:
    before = {line for name, data in contents(bank).items() for line in data.splitlines()}
    hold_out(bank, 10)
    after = [line for name, data in contents(bank).items() for line in data.splitlines()]
    assert set(after) == before
    assert len(after) == len(before)


def test_a_second_drawing_changes_nothing(bank: Path) -> None:
    hold_out(bank, 10)
    once = contents(bank)
    drawing = hold_out(bank, 10)
    assert contents(bank) == once
    assert (len(drawing.moved), sum(drawing.held.values())) == (0, 10)


def test_the_drawing_does_not_depend_on_the_order_of_lines(bank: Path, tmp_path: Path) -> None:
    other = make_bank(tmp_path / "other", SIZES)
    for path in bank_files(other):
        path.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True))))
    hold_out(bank, 10)
    hold_out(other, 10)
    assert (bank / HELD_OUT).read_bytes() == (other / HELD_OUT).read_bytes()


def test_rows_set_apart_earlier_count_and_stay(bank: Path) -> None:
    hold_out(bank, 10)
    first = {each.instruction.text for each in held_rows(bank)}
    more = [row(f"more {number}", Domain.FILL_MASK) for number in range(40)]
    with (bank / "fill-mask.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(each) + "\n" for each in more)
    drawing = hold_out(bank, 12)
    second = {each.instruction.text for each in held_rows(bank)}
    assert first < second
    assert sum(drawing.held.values()) == 12
    assert {each.instruction.domain for each in drawing.moved} == {Domain.FILL_MASK}


def test_a_drawing_that_died_half_way_is_mended_by_the_next(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make_bank(bank.parent / "whole", SIZES, other=2)
    hold_out(whole, 10)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr("finetune.instructions.hold_out._take_out", dies)
        with pytest.raises(KeyboardInterrupt):
            hold_out(bank, 10)
    assert len(held_rows(bank)) == 10
    hold_out(bank, 10)
    assert contents(bank) == contents(whole)


def test_no_more_rows_are_set_apart_than_there_are(bank: Path) -> None:
    before = contents(bank)
    with pytest.raises(TrainingDataError, match="41 rows are to be set apart, but .* has 40 in 'en'"):
        hold_out(bank, 41)
    assert contents(bank) == before


def test_quotas_add_up_and_are_in_proportion() -> None:
    counts = {Domain.TRANSLATION: 7, Domain.SUMMARIZATION: 5, Domain.FILL_MASK: 3}
    for wanted in range(16):
        found = quotas(counts, wanted)
        assert sum(found.values()) == wanted
        assert all(abs(found[each] - wanted * count / 15) < 1 for each, count in counts.items())


def test_what_was_set_apart_is_not_read_to_teach_with_under_any_name(bank: Path) -> None:
    hold_out(bank, 10)
    (bank / "link.jsonl").symlink_to(bank / HELD_OUT)
    for name in (HELD_OUT, "link.jsonl"):
        with pytest.raises(TrainingDataError, match="is kept for judging"):
            read_instructions(bank / name)


def test_the_evaluation_reads_what_was_set_apart(bank: Path) -> None:
    hold_out(bank, 10)
    read = read_heldout(bank / HELD_OUT)
    assert {each.text for each in read} == {each.instruction.text for each in held_rows(bank)}
    assert all(each.domain in SIZES and each.voice == "nurse" and each.hub is None for each in read)


def test_the_evaluation_names_a_broken_row_and_a_missing_file(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "held.jsonl", [row("a", Domain.TRANSLATION), {"instruction": "b"}])
    with pytest.raises(EvaluationDataError, match="line 2: KeyError: 'domain'"):
        read_heldout(path)
    with pytest.raises(EvaluationDataError, match="draw the rows with `callsmith finetune bank hold-out`"):
        read_heldout(tmp_path / "none.jsonl")
