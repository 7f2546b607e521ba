"""Instructions as rows of files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api_docs.domains import Domain
from api_docs.errors import TrainingDataError
from finetune.instructions.instruction import (
    INSTRUCTIONS,
    Instruction,
    Source,
    numbered,
    of_record,
    read_instructions,
    write_instructions,
)

ROW = {
    "instruction": "bees in or out?",
    "domain": "object-detection",
    "voice": "beekeeper",
    "language": "en",
    "hub": None,
}


def written(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    every = [
        Instruction("bees in or out?", Domain.OBJECT_DETECTION, voice="beekeeper"),
        Instruction("把发言转成文字", Domain.AUTOMATIC_SPEECH_RECOGNITION, "zh", "torchhub", "记者"),
        Instruction(
            "sort my mail", Domain.TEXT_CLASSIFICATION, doc_id="huggingface:a/b", source=Source.TEACHER
        ),
    ]
    write_instructions(tmp_path / INSTRUCTIONS, every)
    assert read_instructions(tmp_path) == every
    assert read_instructions(tmp_path / INSTRUCTIONS) == every


def test_a_row_of_the_bank_has_its_five_fields_in_order() -> None:
    assert list(of_record(ROW).record()) == list(ROW)
    assert of_record(ROW).record() == ROW


def test_blank_lines_count_as_lines_and_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n" + json.dumps(ROW) + "\n\n" + json.dumps(ROW) + "\n", encoding="utf-8")
    assert [number for number, _ in numbered(path)] == [2, 4]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"domain": "beekeeping"}, "domain is 'beekeeping'; expected one of text-classification"),
        ({"language": "English"}, "language is 'English'; expected a code of ISO 639-1"),
        ({"hub": "Torch Hub"}, "hub is 'Torch Hub'; expected null, or the name of a hub"),
        ({"voice": 7}, "voice is 7; expected text"),
        ({"instruction": "  "}, "is empty"),
        ({"instruction": "a\x00b"}, "U+0000 at position 1"),
        ({"source": "god"}, "source is 'god'; expected one of bank, teacher, described"),
        ({"licence": "mit"}, "the field 'licence' is unknown"),
    ],
)
def test_a_wrong_field_is_named_with_its_file_and_line(
    change: dict[str, object], said: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "rows.jsonl", ROW, ROW | change)
    with pytest.raises(TrainingDataError, match="rows.jsonl', line 2: ") as caught:
        read_instructions(path)
    assert said in str(caught.value)


def test_a_missing_field_broken_json_and_a_missing_file_are_named(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.jsonl", {name: value for name, value in ROW.items() if name != "hub"})
    with pytest.raises(TrainingDataError, match="line 1: the field 'hub' is missing"):
        read_instructions(path)
    path.write_text("{'no json'}\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match="line 1: "):
        read_instructions(path)
    path.write_text("[]\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match="expected a JSON object, found list"):
        read_instructions(path)
    with pytest.raises(TrainingDataError, match="can't read"):
        read_instructions(tmp_path / "none.jsonl")
