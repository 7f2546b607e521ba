"""The card of a finished model: what it is, what it was taught with, how good it is, who may use it."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any, Final

import orjson

from api_docs.markdown import table
from finetune.training.devices import GIB
from finetune.training.estimate import Estimate
from finetune.training.rows import Counts, DatasetFolder
from finetune.training.run import Finished, Run, Started

CARD: Final = "README.md"
_PACKAGES: Final = ("callsmith", "torch", "transformers", "trl", "accelerate", "peft", "tokenizers")


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured: `known` by name, from the evaluation of the best checkpoint."""

    finished: Finished
    known: dict[str, float]
    curve: tuple[tuple[int, float, float], ...]  # step, validation loss, share of exact calls

    @classmethod
    def of(cls, run: Run, finished: Finished, wanted: Estimate, exported: dict[str, float]) -> Figures:
        """Read them from the log of steps; `exported` are those of the weights as they are written.

        Speed is that of the middle step, and its share of the peak that the estimate took for the device.
        """
        from finetune.training.callbacks import read_log  # noqa: PLC0415 - heavy

        steps = read_log(run.steps)
        lines = [line for line in steps if "eval_loss" in line]
        best: dict[str, Any] = next((line for line in reversed(lines) if line["step"] == finished.best), {})
        known = {
            name: value
            for name, value in best.items()
            if name == "eval_loss" or name.startswith("eval_exact")
        }
        known |= {f"exported_{name}": value for name, value in exported.items()}
        seconds = median(line["seconds"] for line in steps if "seconds" in line)
        known["seconds_per_step"] = seconds
        known["tokens_per_second"] = wanted.tokens / seconds
        known["share_of_peak"] = wanted.operations / seconds / wanted.peak
        known["peak_memory_gib"] = finished.memory / GIB
        curve = tuple((line["step"], line["eval_loss"], line.get("eval_exact", 0.0)) for line in lines)
        return cls(finished, known, curve)


def write_card(  # noqa: PLR0913, PLR0917 - what it tells of
    folder: Path,
    started: Started,
    dataset: DatasetFolder,
    counts: Counts,
    wanted: Estimate,
    figures: Figures,
) -> None:
    """Write the card into a model's folder."""
    parts = (
        _head(started),
        _what(started, wanted),
        _figures(figures, counts),
        _data(dataset, counts),
        _recipe(started, figures, wanted),
        _licence(started),
    )
    (folder / CARD).write_text("\n".join(parts), encoding="utf-8")


def _head(started: Started) -> str:
    model = started.config.model
    lines = ["---", "library_name: transformers", "pipeline_tag: text-generation", "tags: [callsmith]"]
    if model.base is None:
        lines.append("license: apache-2.0")
    else:
        lines += ["license: other", f"base_model: {orjson.dumps(model.base).decode()}"]
    return "\n".join([*lines, "---", ""])


def _what(started: Started, wanted: Estimate) -> str:
    config = started.config
    origin = (
        "trained from random weights"
        if config.model.base is None
        else f"tuned from `{config.model.base}`"
        + (" by low-rank adapters" if config.train.method == "lora" else "")
    )
    return (
        "# A model that writes API calls from docs\n\n"
        f"A LLaMA of {wanted.parameters:,} parameters, {origin}. It reads an instruction and API docs in "
        "Callsmith's prompt and writes one call. What it writes is a suggestion: Callsmith verifies every "
        "call against its catalogue before it shows it.\n"
    )


def _figures(figures: Figures, counts: Counts) -> str:
    lines = [
        "## Figures\n",
        f"On validation rows, whose APIs are absent from training ({counts.exact} drawn by hash for exact "
        "calls; greedy, unconstrained), of the best checkpoint, "
        f"step {figures.finished.best:,} of {figures.finished.steps:,}:\n",
        *table(
            ("figure", "value"),
            ((name.removeprefix("eval_"), f"{value:.4f}") for name, value in figures.known.items()),
        ),
        "",
        *table(
            ("step", "validation loss", "exact"),
            ((step, f"{loss:.4f}", f"{exact:.1%}") for step, loss, exact in figures.curve),
        ),
        "",
    ]
    return "\n".join(lines)


def _data(dataset: DatasetFolder, counts: Counts) -> str:
    lines = [
        "## Data\n",
        f"{counts.train:,} rows ({counts.tokens:,} tokens), {counts.validation:,} validation rows; "
        f"{counts.train_too_long + counts.validation_too_long:,} were left out for their length.\n",
        *table(
            ("file", "SHA-256"), ((name, f"`{sha256}`") for name, sha256 in sorted(dataset.sha256.items()))
        ),
        "",
        "What the dataset's manifest states:\n",
        _block(dataset.manifest),
    ]
    return "\n".join(lines)


def _recipe(started: Started, figures: Figures, wanted: Estimate) -> str:
    config = started.config.model_dump(mode="json", exclude_none=True)
    machine = f"{platform.machine()}, {wanted.device.name}, {wanted.processes} process(es)"
    lines = [
        "## Recipe\n",
        f"`callsmith finetune train` with this config, seed {started.config.train.seed}, on {machine}; "
        f"{figures.finished.seconds:,.0f} seconds in the process that took the last step; "
        f"{datetime.now(UTC):%Y-%m-%d}. Versions: {', '.join(_versions())}.\n",
        _block(config),
    ]
    return "\n".join(lines)


def _licence(started: Started) -> str:
    said = started.config.model.licence or (
        "See the base's licence, which holds for weights that were made from it."
    )
    return f"## Licence\n\n{said}\n"


def _block(value: Any) -> str:
    return f"```json\n{orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()}\n```\n"


def _versions() -> list[str]:
    found = [f"Python {platform.python_version()}"]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:  # an extra that this training did without
            continue
    return found
