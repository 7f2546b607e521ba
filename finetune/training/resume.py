"""Checkpoints of a training: which are whole, which is the newest, which may go.

The trainer writes many files into `checkpoint-STEP`. When all are there, `whole.json` is written with the
size of each, so a checkpoint whose writer was killed is known by lacking it, or by a file of another length.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

import orjson

from api_docs.files import translated, write_file
from finetune.weights.disk import sync

WHOLE: Final = "whole.json"
_NAME = re.compile(r"checkpoint-(\d+)")


def mark_whole(checkpoint: Path) -> None:
    """State that everything is written, once it will outlast a loss of power.

    Raises:
        StorageError: when the disk is full or read-only.
    """
    with translated(checkpoint):
        files = sorted(path for path in checkpoint.rglob("*") if path.is_file() and path.name != WHOLE)
        for path in (*files, checkpoint):
            sync(path)
    sizes = {str(path.relative_to(checkpoint)): path.stat().st_size for path in files}
    write_file(checkpoint / WHOLE, orjson.dumps({"files": sizes}, option=orjson.OPT_INDENT_2))


def is_whole(checkpoint: Path) -> bool:
    """Whether everything that was written is there, as long as it was."""
    try:
        sizes = orjson.loads((checkpoint / WHOLE).read_bytes())["files"]
        return all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return False


def checkpoint_of(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step is."""
    return folder / f"checkpoint-{step}"


def step_of(checkpoint: Path) -> int:
    """The step that a checkpoint was saved behind."""
    return int(checkpoint.name.rpartition("-")[2])


def steps_of(folder: Path) -> list[int]:
    """The steps of all checkpoints in a folder, whole or not, in order."""
    if not folder.is_dir():
        return []
    return sorted(int(found[1]) for path in folder.iterdir() if (found := _NAME.fullmatch(path.name)))


def newest_whole(folder: Path) -> Path | None:
    """The last checkpoint that can be gone on from."""
    checkpoints = (checkpoint_of(folder, step) for step in reversed(steps_of(folder)))
    return next(filter(is_whole, checkpoints), None)


def remove_broken(folder: Path) -> int:
    """Remove what a killed process left half-written; gives how many checkpoints that were.

    Raises:
        StorageError: when one can't be removed.
    """
    broken = [path for step in steps_of(folder) if not is_whole(path := checkpoint_of(folder, step))]
    for checkpoint in broken:
        with translated(checkpoint):
            shutil.rmtree(checkpoint)
    return len(broken)


def keep_newest(folder: Path, count: int, best: int | None) -> None:
    """Remove all checkpoints but the newest `count`, and that of the step `best`."""
    for step in steps_of(folder)[:-count]:
        if step != best:
            checkpoint = checkpoint_of(folder, step)
            # The mark goes first: a removal that is killed half way must not leave what looks whole.
            (checkpoint / WHOLE).unlink(missing_ok=True)
            shutil.rmtree(checkpoint, ignore_errors=True)
