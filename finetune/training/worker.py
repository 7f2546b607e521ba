"""One process of a training: `python -m finetune.training.worker OUT`, started by `processes`.

Several of them find each other through the environment that torchrun sets. What they work with is in the
run's folder already; what they leave there are checkpoints, the log of steps and, at last, `finished.json`.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from api_docs.errors import CallsmithError, TrainingError
from finetune.training.config import TrainingConfig
from finetune.training.resume import checkpoint_of, is_whole, newest_whole
from finetune.training.rows import TRAIN, VALIDATION, load_rows, read_exact
from finetune.training.run import Finished, Run, Started, read_started, write_finished
from service.cli.output import errors, many_progress, printable

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from finetune.training.callbacks import Report, Say


def train_process(run: Run, started: Started, report: Report, say: Say) -> bool:
    """Train on from the newest whole checkpoint, else from the start; false where it was asked to stop.

    Raises:
        TrainingError: when the last step is done and no checkpoint of it is whole.
    """
    os.environ["TENSORBOARD_LOGGING_DIR"] = str(run.tensorboard)
    from transformers import AutoTokenizer  # noqa: PLC0415 - heavy

    from finetune.training.callbacks import StepLog, StopWhenAsked  # noqa: PLC0415
    from finetune.training.trainer import CallTrainer, Material, SaveEvaluated, trainer_arguments  # noqa: PLC0415

    checkpoint = newest_whole(run.checkpoints)
    stop = StopWhenAsked(run.stop)
    # Before the model is read: of processes that have met only one reads it.
    args = trainer_arguments(started.config, run.checkpoints, on_cpu=started.on_cpu)
    trainer = CallTrainer(
        started.config,
        args,
        load_model(started.start, started.config),
        AutoTokenizer.from_pretrained(started.start),
        Material(load_rows(run.rows, TRAIN), load_rows(run.rows, VALIDATION), read_exact(run.rows)),
        callbacks=[SaveEvaluated(), StepLog(run.steps, report, say), stop],
    )
    began = time.monotonic()
    try:
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    finally:
        stop.deafen()
    if stop.stopped:
        return False
    if trainer.is_world_process_zero():
        state = trainer.state
        best = best_checkpoint(run, state.best_global_step, state.global_step)
        seconds = time.monotonic() - began
        write_finished(run, Finished(state.global_step, best, seconds, peak_memory(on_cpu=started.on_cpu)))
    return True


def peak_memory(*, on_cpu: bool) -> int:
    """Bytes that this process had at most: of its GPU, or else of the machine."""
    import torch  # noqa: PLC0415 - heavy

    if not on_cpu:
        return int(torch.cuda.max_memory_allocated())
    in_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return in_kib if sys.platform == "darwin" else in_kib * 1024


def best_checkpoint(run: Run, best: int | None, last: int) -> int:
    """The step of the best checkpoint, or the last where none was evaluated.

    Raises:
        TrainingError: when it is not whole.
    """
    step = last if best is None else best
    if not is_whole(checkpoint_of(run.checkpoints, step)):
        raise TrainingError(
            f"the checkpoint of step {step} in {str(run.checkpoints)!r} is not whole; run the command again "
            "with --resume"
        )
    return step


def load_model(folder: Path, config: TrainingConfig) -> PreTrainedModel:
    """The model that a training starts from, in the type that its weights are kept in.

    Of several processes, one reads the weights where the config says so, and FSDP hands them out.
    """
    import torch  # noqa: PLC0415 - heavy
    from transformers import AutoModelForCausalLM  # noqa: PLC0415
    from transformers.utils.logging import disable_progress_bar  # noqa: PLC0415

    disable_progress_bar()  # type: ignore[no-untyped-call]  # ours shows steps
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        folder, dtype=getattr(torch, config.train.weights), attn_implementation="sdpa"
    )
    return model


def main(out: str) -> None:
    """Run as one of several processes; whether they came to their end is to be seen in the run's folder."""
    run = Run(Path(out))
    started = read_started(run)
    if started is None:
        raise TrainingError(
            f"{str(run.stated)!r} is not there; start trainings with `callsmith finetune train`"
        )
    with many_progress() as report:
        train_process(run, started, report, lambda line: errors().print(line, markup=False))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except CallsmithError as exc:
        sys.exit(f"error: {printable(str(exc))}")
