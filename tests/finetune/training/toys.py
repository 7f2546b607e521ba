"""A dataset, a config and a training so small that a test can wait for it."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finetune.training.config import TrainingConfig
from finetune.training.train import Trained, train

ANIMALS = ("heron", "otter", "badger", "swift", "perch", "toad", "viper", "moth", "lynx", "crane")
KINDS = ("right", "distractors", "mutated")


def call_of(name: str) -> str:
    return f"hub.load('https://tfhub.dev/acme/{name}/1')"


def toy_row(number: int, longer: int = 0) -> dict[str, str]:
    """A doc, what is asked, and the call that stands in the doc."""
    drawn = random.Random(number)  # noqa: S311 - the same rows every time
    name = "-".join([*drawn.choices(ANIMALS, k=drawn.randint(1, 3)), str(number)])
    doc = json.dumps({"functionality": "find " + "very " * longer + name, "api_call": call_of(name)})
    return {
        "prompt": f"{doc}\n###USER: find the {name}\n###ASSISTANT: ",
        "completion": call_of(name),
        "kind": KINDS[number % len(KINDS)],
        "doc_id": f"tfhub:{name}",
        "call": call_of(name),
        "domain": "image-classification",
        "hub": "tfhub",
    }


def write_dataset(folder: Path, train_rows: int = 40, validation_rows: int = 8, longer: int = 0) -> Path:
    """A dataset's folder with a manifest; the last `longer` training rows are too long for anything."""
    folder.mkdir(parents=True)
    splits = {
        "train": [toy_row(number) for number in range(train_rows)]
        + [toy_row(10_000 + number, longer=2000) for number in range(longer)],
        "validation": [toy_row(20_000 + number) for number in range(validation_rows)],
        "test": [toy_row(30_000 + number) for number in range(4)],
    }
    files = {}
    for split, rows in splits.items():
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        (folder / f"{split}.jsonl").write_bytes(data)
        files[f"{split}.jsonl"] = {"sha256": hashlib.sha256(data).hexdigest(), "rows": len(rows)}
    (folder / "manifest.json").write_text(json.dumps({"schema_version": 1, "seed": 0, "files": files}))
    return folder


def toy_config(*, processes: int = 1, scratch: dict[str, Any] | None = None, **train: Any) -> TrainingConfig:
    """One layer of 32, six steps; whatever is named is as named."""
    sizes = {"hidden_size": 32, "layers": 1, "heads": 2, "vocabulary": 300, "context": 256}
    stated = {
        "steps": 6,
        "learning_rate": 3e-3,
        "warm_up": 0.2,
        "batch": 4,
        "micro_batch": 2,
        "length": 256,
        "eval_steps": 3,
        "save_steps": 2,
        "exact_rows": 3,
        "exact_batch": 2,
        "exact_tokens": 4,
    }
    return TrainingConfig.model_validate(
        {
            "model": {"scratch": sizes | (scratch or {})},
            "train": stated | train,
            "distributed": {"processes": processes, "device": "cpu"},
        }
    )


def toy_training(
    config: TrainingConfig,
    data: Path,
    out: Path,
    *,
    resume: bool = False,
    report: Callable[[str, int, int], None] = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
) -> Trained:
    """A training of which nothing is shown."""
    return train(config, data, out, resume=resume, anyway=True, report=report, say=say)


def losses(out: Path) -> dict[int, float]:
    """The loss of every step of a training."""
    lines = [json.loads(line) for line in (out / "run/steps.jsonl").read_bytes().splitlines()]
    return {line["step"]: line["loss"] for line in lines if "loss" in line}
