"""What is kept for judging is refused, whatever it is called."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from api_docs.domains import Domain
from api_docs.errors import TrainingDataError
from finetune.instructions.bank import BANK
from finetune.instructions.instruction import Instruction, Source, write_instructions
from finetune.instructions.sources import read_sources


def row(text: str, **more: str) -> Instruction:
    return Instruction(text, Domain("translation"), voice="somebody", **more)  # type: ignore[arg-type]


def test_files_and_folders_are_read_with_their_checksums(tmp_path: Path) -> None:
    taught, bank = tmp_path / "taught", tmp_path / "bank"
    write_instructions(taught / "instructions.jsonl", [row("one", doc_id="tfhub:a", source=Source.TEACHER)])
    write_instructions(bank / "translation.jsonl", [row("two"), row("three")])
    found = read_sources([taught, taught / "instructions.jsonl", bank])
    assert [source.name for source in found] == ["instructions.jsonl", "instructions.jsonl", "bank"]
    assert [one.text for source in found for one in source.instructions] == ["one", "one", "two", "three"]
    file = hashlib.sha256((taught / "instructions.jsonl").read_bytes()).hexdigest()
    assert (found[0].sha256, found[1].sha256) == (file, file)
    (bank / "translation.jsonl").write_bytes(
        (bank / "translation.jsonl").read_bytes().replace(b"two", b"too")
    )
    assert read_sources([bank])[0].sha256 != found[2].sha256


def test_what_is_held_out_is_never_opened(tmp_path: Path) -> None:
    bank = tmp_path / "bank"
    write_instructions(bank / "translation.jsonl", [row("two")])
    held = bank / "heldout.jsonl"
    held.write_bytes(b"\xff this would be an error")
    assert [one.text for one in read_sources([bank])[0].instructions] == ["two"]
    link, folder = tmp_path / "innocent.jsonl", tmp_path / "folder"
    link.symlink_to(held)
    folder.mkdir()
    (folder / "instructions.jsonl").symlink_to(held)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "summarization.jsonl").symlink_to(held)
    for path in (held, link, folder, tmp_path / "other"):
        with pytest.raises(TrainingDataError, match="is held out for measuring"):
            read_sources([path])


def test_nothing_under_the_folder_for_measuring_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data" / "rows.jsonl"
    write_instructions(path, [row("one")])
    monkeypatch.setenv("CALLSMITH_DATA", str(tmp_path / "data"))
    with pytest.raises(TrainingDataError, match="lies under CALLSMITH_DATA"):
        read_sources([path])


def test_the_bank_that_ships_can_be_taught_with() -> None:
    (source,) = read_sources([BANK])
    assert source.name == "bank"
    assert len(source.instructions) > 1_000
