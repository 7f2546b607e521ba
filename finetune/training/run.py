"""The folder of one training: what it was started with, and where its parts are.

OUT/
  model/            the finished model, with its card; written last
  run/
    run.json        what the training was started with
    base/           a base that came from the Hugging Face hub
    start/          tokenizer and weights that the training starts from
    rows/           encoded rows, see `rows`
    checkpoints/    see `resume`
    tensorboard/    for TensorBoard
    steps.jsonl     a line a step
    stop            made to have the training end behind the step in hand
    finished.json   which checkpoint is the best, once the last step is done
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import orjson

from api_docs.errors import AlreadyPublishing, TrainingError
from api_docs.files import translated, write_file
from finetune.training.config import TrainingConfig
from finetune.training.resume import checkpoint_of, is_whole, newest_whole, step_of

_SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Run:
    """Paths of a training."""

    out: Path

    @property
    def model(self) -> Path:
        """Where the finished model goes."""
        return self.out / "model"

    @property
    def folder(self) -> Path:
        """All that the training itself needs."""
        return self.out / "run"

    @property
    def stated(self) -> Path:
        """What it was started with."""
        return self.folder / "run.json"

    @property
    def base(self) -> Path:
        """Where a base from the hub is downloaded to."""
        return self.folder / "base"

    @property
    def start(self) -> Path:
        """Weights and tokenizer of a model from scratch, before its first step."""
        return self.folder / "start"

    @property
    def rows(self) -> Path:
        """Encoded rows."""
        return self.folder / "rows"

    @property
    def checkpoints(self) -> Path:
        """Checkpoints."""
        return self.folder / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        """Figures for TensorBoard."""
        return self.folder / "tensorboard"

    @property
    def steps(self) -> Path:
        """A line a step."""
        return self.folder / "steps.jsonl"

    @property
    def stop(self) -> Path:
        """Whoever makes this file has the training end behind the step in hand, with a checkpoint."""
        return self.folder / "stop"

    @property
    def finished(self) -> Path:
        """How the last step was reached."""
        return self.folder / "finished.json"


@dataclass(frozen=True, slots=True)
class Finished:
    """A training that reached its last step; `best` is the step of the checkpoint with the best score."""

    steps: int
    best: int
    seconds: float  # of the process that took the last step, from its first one on
    memory: int  # bytes at its peak: of its GPU, or else of the process


@dataclass(frozen=True, slots=True)
class Started:
    """What a training was started with. `start` is the folder of the model that it starts from."""

    config: TrainingConfig
    dataset: dict[str, str]  # SHA-256 by file name
    start: Path
    on_cpu: bool


def write_started(run: Run, started: Started) -> None:
    """Write down what a training is started with; paths within its folder may move with it."""
    folder, start = run.folder.resolve(), started.start.resolve()
    stated = {
        "schema_version": _SCHEMA,
        "config": started.config.model_dump(mode="json"),
        "dataset": started.dataset,
        "start": str(start.relative_to(folder) if start.is_relative_to(folder) else start),
        "on_cpu": started.on_cpu,
    }
    write_file(run.stated, orjson.dumps(stated, option=orjson.OPT_INDENT_2))


def read_started(run: Run) -> Started | None:
    """What a training was started with; None where none was.

    Raises:
        TrainingError: when it was started by another version of Callsmith, or the file is damaged.
    """
    if not run.stated.is_file():
        return None
    try:
        stated = orjson.loads(run.stated.read_bytes())
        version = stated["schema_version"]
        config = TrainingConfig.model_validate(stated["config"])
        start = run.folder / stated["start"]  # which an absolute path replaces
        found = Started(config, stated["dataset"], start, bool(stated["on_cpu"]))
    except (OSError, KeyError, TypeError, ValueError) as exc:
        raise TrainingError(
            f"{str(run.stated)!r} can't be read: {exc}; remove {str(run.folder)!r}, or choose another --out"
        ) from exc
    if version != _SCHEMA:
        raise TrainingError(
            f"{str(run.stated)!r} has schema version {version!r}, expected {_SCHEMA}; start anew with "
            "another --out"
        )
    return found


def require_same(
    run: Run, before: Started, config: TrainingConfig, dataset: dict[str, str], *, resume: bool
) -> None:
    """Refuse to go on with another training than the one that is there.

    Raises:
        TrainingError: when it is not to be gone on with, or was started with something else.
    """
    if not resume:
        raise TrainingError(
            f"{str(run.folder)!r} has a training already; --resume goes on with it, another --out starts anew"
        )
    same = {
        "config": before.config.fingerprint() == config.fingerprint(),
        "dataset": before.dataset == dataset,
    }
    if changed := [part for part, is_same in same.items() if not is_same]:
        raise TrainingError(
            f"the training in {str(run.folder)!r} was started with another {' and another '.join(changed)}; "
            "name the same, or start anew with another --out"
        )


def write_finished(run: Run, finished: Finished) -> None:
    """Write down that the last step is done."""
    write_file(run.finished, orjson.dumps(asdict(finished)))


def read_finished(run: Run) -> Finished | None:
    """How the training ended; None where it has not."""
    return Finished(**orjson.loads(run.finished.read_bytes())) if run.finished.is_file() else None


def is_finished(run: Run) -> bool:
    """Whether the last step is done, and its best checkpoint still there."""
    finished = read_finished(run)
    return finished is not None and is_whole(checkpoint_of(run.checkpoints, finished.best))


def last_step(run: Run) -> int:
    """The step that a training would go on behind."""
    checkpoint = newest_whole(run.checkpoints)
    return 0 if checkpoint is None else step_of(checkpoint)


@contextlib.contextmanager
def alone(run: Run) -> Iterator[int]:
    """Keep other processes out of a training's folder; yields the handle of the lock, for children to hold.

    The lock goes with the last process that holds the handle: a training whose starter was killed keeps it.

    Raises:
        AlreadyPublishing: when another process trains there.
        StorageError: when the folder can't be written.
    """
    with translated(run.folder):
        run.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(run.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise AlreadyPublishing(
                f"another process trains in {str(run.folder)!r}; wait for it to end, or choose another --out"
            ) from exc
        yield handle
    finally:
        os.close(handle)


def forget(run: Run) -> None:
    """Remove what a training left of which nothing is known any more: its steps are not this one's.

    It was killed before it could say what it was, or somebody removed its folder while it still wrote. A base
    that came from the hub is kept, and so is the lock.

    Raises:
        StorageError: when it can't be removed.
    """
    with translated(run.folder):
        for path in (run.start, run.rows, run.checkpoints, run.tensorboard):
            if path.exists():
                shutil.rmtree(path)
        for path in (run.steps, run.stop, run.finished):
            path.unlink(missing_ok=True)


def make_folders(run: Run) -> None:
    """Have the folders that are written into.

    Raises:
        StorageError: when they can't be made.
    """
    with translated(run.folder):
        for path in (run.folder, run.checkpoints, run.tensorboard):
            path.mkdir(parents=True, exist_ok=True)
