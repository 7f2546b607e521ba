"""A checkpoint counts when it is whole; half of one does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from finetune.training.resume import (
    WHOLE,
    checkpoint_of,
    is_whole,
    keep_newest,
    mark_whole,
    newest_whole,
    remove_broken,
    steps_of,
)


def written(folder: Path, step: int, *, whole: bool = True) -> Path:
    checkpoint = checkpoint_of(folder, step)
    (checkpoint / "pieces").mkdir(parents=True)
    (checkpoint / "model.safetensors").write_bytes(b"w" * 100)
    (checkpoint / "pieces/one.bin").write_bytes(b"p" * 10)
    if whole:
        mark_whole(checkpoint)
    return checkpoint


def test_the_newest_whole_one_is_gone_on_from(tmp_path: Path) -> None:
    assert newest_whole(tmp_path / "none") is None
    for step in (2, 10, 9):
        written(tmp_path, step)
    assert steps_of(tmp_path) == [2, 9, 10]
    assert newest_whole(tmp_path) == checkpoint_of(tmp_path, 10)


@pytest.mark.parametrize("damage", ["no mark", "half a mark", "a file is gone", "a file is shorter"])
def test_half_a_checkpoint_is_passed_over_and_removed(tmp_path: Path, damage: str) -> None:
    good, bad = written(tmp_path, 1), written(tmp_path, 2)
    match damage:
        case "no mark":
            (bad / WHOLE).unlink()
        case "half a mark":
            (bad / WHOLE).write_bytes((bad / WHOLE).read_bytes()[:20])
        case "a file is gone":
            (bad / "pieces/one.bin").unlink()
        case _:
            (bad / "model.safetensors").write_bytes(b"w" * 99)
    assert not is_whole(bad)
    assert newest_whole(tmp_path) == good
    assert remove_broken(tmp_path) == 1
    assert steps_of(tmp_path) == [1]
    assert is_whole(good)


def test_the_newest_and_the_best_stay(tmp_path: Path) -> None:
    for step in range(1, 7):
        written(tmp_path, step)
    keep_newest(tmp_path, 2, best=3)
    assert steps_of(tmp_path) == [3, 5, 6]
    keep_newest(tmp_path, 2, best=None)
    assert steps_of(tmp_path) == [5, 6]


def test_a_removal_that_dies_leaves_nothing_that_looks_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in (1, 2):
        written(tmp_path, step)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shutil.rmtree", dies)
    with pytest.raises(KeyboardInterrupt):
        keep_newest(tmp_path, 1, best=None)
    assert not is_whole(checkpoint_of(tmp_path, 1))
    assert newest_whole(tmp_path) == checkpoint_of(tmp_path, 2)
