"""A whole training: what it starts from, an estimate, one or several processes, the finished model.

Whatever it is killed at, the same command with --resume goes on: parts that are whole are kept, and steps go
on behind the newest whole checkpoint.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api_docs.errors import ConfigurationError, TrainingError
from api_docs.files import publish_folder
from finetune.training.card import Figures, write_card
from finetune.training.config import ModelSection, TrainingConfig
from finetune.training.devices import Device, device_at_hand
from finetune.training.estimate import Estimate, Load, estimate, require_memory, told
from finetune.training.export import copy_licences, load_trained, write_model
from finetune.training.processes import run_processes
from finetune.training.resume import checkpoint_of, remove_broken
from finetune.training.rows import Counts, DatasetFolder, open_dataset, read_counts, read_exact, write_rows
from finetune.training.run import (
    Run,
    Started,
    alone,
    forget,
    is_finished,
    last_step,
    make_folders,
    read_finished,
    read_started,
    require_same,
    write_started,
)
from finetune.weights.shapes import LlamaShape, shape_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Report = Callable[[str, int, int], None]
"""Is told (what is being done, done, in all)."""
Say = Callable[[str], None]
"""Is told a line for people."""


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training ended. `folder` is the finished model's; None where it was stopped before its end."""

    folder: Path | None
    steps: int
    best: int | None
    figures: dict[str, float]

    def summary(self) -> dict[str, Any]:
        """For programs."""
        return {
            "model": None if self.folder is None else str(self.folder),
            "steps": self.steps,
            "best_step": self.best,
            "figures": self.figures,
        }


def train(  # noqa: PLR0913 - what a training is told, by name
    config: TrainingConfig,
    data: Path,
    out: Path,
    *,
    resume: bool = False,
    anyway: bool = False,
    report: Report,
    say: Say,
) -> Trained:
    """Train a model as `config` says on the dataset in `data`, into `out`.

    With `anyway` the estimate is printed and not obeyed.

    Raises:
        ConfigurationError: when the device or a package that the config needs is not here.
        TrainingDataError: when the dataset is none, was altered, or is too small.
        NotEnoughMemory: when the estimate says that the device is too small.
        TrainingError: when `out` has another training, or a process of this one died.
        ModelWeightsError: when the base can't be had.
        StorageError: when the disk is full or read-only.
    """
    _require_packages(config)
    run = Run(out)
    dataset = open_dataset(data)
    with alone(run) as lock:
        before = read_started(run)
        if before is not None:
            require_same(run, before, config, dataset.sha256, resume=resume)
        else:
            forget(run)
        make_folders(run)
        device = device_at_hand(config.distributed.device)
        start, counts = _get_ready(config, dataset, run, before, report, say)
        wanted = estimate(config, shape_in(start), device, _load(counts, config))
        for line in (_rows_told(counts, config), *told(wanted)):
            say(line)
        if not anyway:
            require_memory(wanted)
        started = Started(config, dataset.sha256, start.resolve(), on_cpu=device.kind == "cpu")
        write_started(run, started)
        if not is_finished(run):
            if broken := remove_broken(run.checkpoints):
                say(f"removed {broken} half-written checkpoint{'s' if broken > 1 else ''}")
            if not run_processes(run, started, lock, report, say):
                return Trained(None, last_step(run), None, {})
        return finish(run, started, dataset, counts, wanted, say)


def _get_ready(  # noqa: PLR0913, PLR0917 - what it is made of, and whom it tells
    config: TrainingConfig,
    dataset: DatasetFolder,
    run: Run,
    before: Started | None,
    report: Report,
    say: Say,
) -> tuple[Path, Counts]:
    """The folder of the model that is started from, and the rows encoded for it; made where missing."""
    start = get_start(config, dataset, run, report)
    counts = read_counts(run.rows) if before is not None else None
    if counts is None:
        say(f"encoding the rows of {dataset.folder}")
        counts = write_rows(dataset, _tokenizer(start), config.train, run.rows)
    return start, counts


def _require_packages(config: TrainingConfig) -> None:
    """Say what to install before anything is read, rather than when it is imported."""
    wanted = ["accelerate", "datasets", "tensorboard", "trl"]
    if config.train.method == "lora":
        wanted.append("peft")
    if missing := [package for package in wanted if find_spec(package) is None]:
        raise ConfigurationError(
            f"training needs {', '.join(missing)}; install them with: pip install 'callsmith[finetune]'"
        )


def _rows_told(counts: Counts, config: TrainingConfig) -> str:
    left_out = counts.train_too_long + counts.validation_too_long
    packed = f" in {counts.sequences:,} packed sequences" if config.train.packing else ""
    return (
        f"{counts.train:,} rows to learn from{packed}, {counts.tokens:,} tokens, {counts.validation:,} to "
        f"judge by; {left_out:,} left out, longer than {config.train.length:,} tokens"
    )


def _load(counts: Counts, config: TrainingConfig) -> Load:
    epoch = counts.sequences // config.train.batch
    steps = None if config.train.epochs is None else max(1, math.ceil(epoch * config.train.epochs))
    return Load(steps, counts.tokens_per_sequence)


# --- what it starts from ----------------------------------------------------------------------------------


def get_start(config: TrainingConfig, dataset: DatasetFolder, run: Run, report: Report) -> Path:
    """The folder of the model that the training starts from: the base's, or one made from scratch."""
    model = config.model
    if model.base is not None:
        return get_base(model, run, report)
    if not run.start.is_dir():
        _make_from_scratch(config, dataset, run.start)
    return run.start


def get_base(model: ModelSection, run: Run, report: Report) -> Path:
    """The folder of the base: as it is named, else downloaded from the Hugging Face hub."""
    from finetune.weights.prepare import prepare  # noqa: PLC0415 - brings the hub's client

    assert model.base is not None  # noqa: S101 - whoever calls has looked
    token = os.environ.get("HF_TOKEN")
    ready = prepare(model.base, None, run.base, token=token, revision=model.revision, progress=report)
    assert ready is not None  # noqa: S101 - a model is named
    return ready.folder


def _make_from_scratch(config: TrainingConfig, dataset: DatasetFolder, into: Path) -> None:
    import torch  # noqa: PLC0415 - heavy

    from finetune.weights.scratch import random_llama, train_tokenizer  # noqa: PLC0415

    scratch = config.model.scratch
    assert scratch is not None  # noqa: S101 - a config has a base or this
    tokenizer = train_tokenizer(_texts(dataset), scratch.vocabulary, scratch.context)
    model = random_llama(
        scratch.shape(len(tokenizer)),
        scratch.context,
        config.train.seed,
        getattr(torch, config.train.weights),
    )
    publish_folder(into, lambda work: write_model(model, tokenizer, work))


def _texts(dataset: DatasetFolder) -> Iterator[str]:
    """What a tokenizer learns words from: rows to learn from, and no others."""
    for row in dataset.rows("train"):
        yield row.prompt
        yield row.completion


def _tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    from transformers import AutoTokenizer  # noqa: PLC0415 - heavy

    found: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder)
    return found


# --- the finished model -----------------------------------------------------------------------------------


def finish(  # noqa: PLR0913, PLR0917 - what the card tells of
    run: Run, started: Started, dataset: DatasetFolder, counts: Counts, wanted: Estimate, say: Say
) -> Trained:
    """Write the best checkpoint as a model's folder, with a card, all or nothing."""
    finished = read_finished(run)
    assert finished is not None  # noqa: S101 - whoever calls has looked
    tokenizer = _tokenizer(started.start)
    checkpoint = checkpoint_of(run.checkpoints, finished.best)
    model = load_trained(checkpoint, started.start, started.config)
    exported = (
        _exact_exported(model, tokenizer, run, started) if started.config.distributed.processes == 1 else {}
    )
    figures = Figures.of(run, finished, wanted, exported)

    def fill(work: Path) -> None:
        write_model(model, tokenizer, work)
        copy_licences(started.start, work)
        write_card(work, started, dataset, counts, wanted, figures)

    publish_folder(run.model, fill)
    say(f"made {run.model} from step {finished.best:,} of {finished.steps:,}")
    return Trained(run.model, finished.steps, finished.best, figures.known)


def _exact_exported(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, run: Run, started: Started
) -> dict[str, float]:
    """Exact calls of the very weights that are written, which are rounded."""
    from finetune.training.greedy import Asking, exact_of, exact_shares  # noqa: PLC0415 - heavy

    rows = read_exact(run.rows)
    if not rows:
        return {}
    train = started.config.train
    model.eval()  # type: ignore[no-untyped-call]
    model.to("cpu" if started.on_cpu else "cuda")  # type: ignore[arg-type]  # a stub of transformers' own
    exact = exact_of(model, tokenizer, rows, Asking(train.exact_batch, train.exact_tokens))
    model.to("cpu")  # type: ignore[arg-type]
    return exact_shares(rows, exact)


# --- an estimate alone ------------------------------------------------------------------------------------


def estimate_only(config: TrainingConfig, device: Device, data: Path | None) -> Estimate:
    """What a training would need, without starting one: of rows only their number is known.

    Raises:
        TrainingDataError: when `data` is no dataset.
        TrainingError: when the base's shape is not known here.
    """
    steps = None
    if data is not None and config.train.epochs is not None:
        rows = sum(1 for _ in open_dataset(data).rows("train"))
        steps = max(1, math.ceil(rows // config.train.batch * config.train.epochs))
    return estimate(config, stated_shape(config.model), device, Load(steps, float(config.train.length)))


def stated_shape(model: ModelSection) -> LlamaShape:
    """The shape of the model, from the config or from the base's folder.

    Raises:
        ModelWeightsError: when the base's config is no LLaMA's.
        TrainingError: when neither states it.
    """
    if model.scratch is not None:
        return model.scratch.shape()
    if model.base is not None and Path(model.base).is_dir():
        return shape_in(Path(model.base))
    if model.shape is not None:
        return model.shape.shape()
    raise TrainingError(
        f"the shape of {model.base!r} is not known here; state it in a section [model.shape], or name a "
        "folder"
    )
