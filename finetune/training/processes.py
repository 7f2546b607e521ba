"""The processes of a training: this one, or several that share the model, on one machine.

Several are started by torchrun and talk over loopback, by gloo on CPUs and NCCL on GPUs.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from api_docs.errors import TrainingError
from finetune.training.config import TrainingConfig
from finetune.training.run import Run, Started, is_finished, last_step

_GRACE: Final = 1800
"""Seconds that processes which are asked to end have for their last checkpoint."""


def run_processes(
    run: Run,
    started: Started,
    lock: int,
    report: Callable[[str, int, int], None],
    say: Callable[[str], None],
) -> bool:
    """Train to the end; false where it was asked to stop. `lock` is a handle that processes hold as they run.

    Raises:
        TrainingError: when a process died.
    """
    run.stop.unlink(missing_ok=True)
    if started.config.distributed.processes == 1:
        from finetune.training.worker import train_process  # noqa: PLC0415 - heavy

        return train_process(run, started, report, say)
    command, told = _command(run, started.config), _environment(started)
    # In a session of its own: Ctrl-C on a terminal reaches this process, and this process asks the others.
    child = subprocess.Popen(command, env=told, pass_fds=(lock,), start_new_session=True)  # noqa: S603
    status = _wait(child, run.stop)
    if is_finished(run):
        return True
    if status == 0:
        return False
    raise TrainingError(
        f"a process of the training ended with status {status} behind step {last_step(run)}; what it said "
        "is above. The same command with --resume goes on"
    )


def _command(run: Run, config: TrainingConfig) -> list[str]:
    """torchrun for the processes of one machine, which find each other on loopback."""
    return [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
        *("--nproc-per-node", str(config.distributed.processes)),
        *("--shutdown-timeout", str(_GRACE)),
        *("-m", "finetune.training.worker", str(run.out)),
    ]


def _environment(started: Started) -> dict[str, str]:
    """What the processes are told; weights are read by one of them only if they know before they read."""
    distributed = started.config.distributed
    threads = max(1, (os.cpu_count() or 1) // distributed.processes)
    told = {
        "OMP_NUM_THREADS": str(threads),
        "ACCELERATE_USE_FSDP": "true",
        "FSDP_VERSION": str(distributed.fsdp_version),
        "FSDP_CPU_RAM_EFFICIENT_LOADING": str(distributed.cpu_ram_efficient_loading).lower(),
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    if started.on_cpu:
        told |= {"ACCELERATE_USE_CPU": "true", "CUDA_VISIBLE_DEVICES": ""}
    return os.environ | told


def _wait(child: subprocess.Popen[bytes], stop: Path) -> int:
    """The status that a child ends with; who is interrupted meanwhile has it save a checkpoint and end first.

    By a file, for torchrun takes signals as failures. Who can't wait for that interrupts once more.
    """
    try:
        return child.wait()
    except BaseException:
        stop.touch()
        try:
            child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise
        raise
