"""What goes along with a training: a log of every step, progress, an end on request."""

# ruff: noqa: ARG002 - the trainer hands everything to everyone

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import orjson
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from api_docs.files import write_file

Report = Callable[[str, int, int], None]
"""Is told (what is being done, done, in all)."""
Say = Callable[[str], None]
"""Is told a line for people."""

_STEP_FIGURES: Final[tuple[str, ...]] = ("loss", "grad_norm", "learning_rate")


class StopWhenAsked(TrainerCallback):
    """Ends the training behind a step with a checkpoint, once one of the processes is asked to.

    By SIGTERM or SIGINT, or by a file with the name `request`, for who can't reach the processes themselves.
    They learn of it together: one that went on alone would wait for the others for ever.
    """

    def __init__(self, request: Path) -> None:
        self.stopped = False
        self._request = request
        self._asked = False
        self._before: dict[int, Any] = {}

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Listen from now on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(
                ValueError
            ):  # not in the main thread: whoever runs us there handles signals
                self._before[number] = signal.signal(number, self._ask)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Agree with the others whether this was the last step."""
        if self._agreed(args) and state.global_step < state.max_steps:
            self.stopped = True
            control.should_save = control.should_training_stop = True

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Leave signals to whom they belonged."""
        self.deafen()

    def deafen(self) -> None:
        """Stop listening."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _ask(self, *_: object) -> None:
        self._asked = True

    def _agreed(self, args: TrainingArguments) -> bool:
        here = self._asked or self._request.exists()
        if args.world_size == 1:
            return here
        asked = torch.tensor(int(here), device=args.device)
        torch.distributed.all_reduce(asked, op=torch.distributed.ReduceOp.MAX)
        return bool(asked.item())


class StepLog(TrainerCallback):
    """A line of JSON for every step that is logged and every evaluation, whatever was killed in between.

    `seconds` are those of the step alone, up to where its loss is known, without evaluations and saves. A
    training that goes on from a checkpoint writes the steps behind it anew.
    """

    def __init__(self, path: Path, report: Report, say: Say) -> None:
        self._path = path
        self._report = report
        self._say = say
        self._began = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Forget what lies behind the checkpoint that the training goes on from."""
        if state.is_world_process_zero:
            known = [line for line in read_log(self._path) if line["step"] <= state.global_step]
            write_file(self._path, b"".join(orjson.dumps(line) + b"\n" for line in known))
            self._report("training steps", state.global_step, state.max_steps)

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Look at the clock."""
        self._began = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Show how far it is."""
        if state.is_world_process_zero:
            self._report("training steps", state.global_step, state.max_steps)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write down figures of a step or of an evaluation."""
        if not state.is_world_process_zero or logs is None:
            return
        if "loss" in logs:
            figures = {name: logs[name] for name in _STEP_FIGURES if name in logs}
            self._write(state, figures | {"seconds": time.monotonic() - self._began})
        elif "eval_loss" in logs:
            figures = {name: value for name, value in logs.items() if name.startswith("eval_")}
            self._write(state, figures)
            self._say(
                f"step {state.global_step:,}: loss {figures['eval_loss']:.4f}, "
                f"exact {figures.get('eval_exact', 0.0):.1%}"
            )

    def _write(self, state: TrainerState, figures: dict[str, float]) -> None:
        line = {"step": state.global_step, "epoch": state.epoch} | figures
        with self._path.open("ab") as file:
            file.write(orjson.dumps(line) + b"\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a step log; one that a kill cut short is left out."""
    if not path.is_file():
        return []
    lines = []
    for line in path.read_bytes().splitlines():
        with contextlib.suppress(orjson.JSONDecodeError):
            lines.append(orjson.loads(line))
    return lines
